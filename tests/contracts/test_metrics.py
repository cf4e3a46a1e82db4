"""The table of metrics is complete and true: for what services declare, and for what rules and dashboard ask."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contracts.metrics_table import documented

OBSERVABILITY = Path(__file__).parents[2] / "deploy" / "observability"
SERVICES = ("invoicing", "subscriptions", "payments", "notifications")
DECLARED = f"""
import json
import {", ".join(f"saldo_{service}.bootstrap" for service in SERVICES)}
from saldo_telemetry.metrics import declared
print(json.dumps(declared()))
"""
# Words of PromQL, and labels, that look like a metric's name.
NO_METRIC = re.compile(r'"[^"]*"|\{[^}]*\}|\b(by|without|on|ignoring|group_left)\s*\([^)]*\)|\[[^\]]*\]')
METRIC = re.compile(r"\b[a-z][a-z0-9_]*_[a-z0-9_]+\b(?!\s*\()")


def test_every_metric_that_a_service_declares_stands_in_the_table_and_no_other() -> None:
    # An interpreter of its own: instruments that tests have made do not count.
    said = subprocess.run([sys.executable, "-c", DECLARED], check=True, capture_output=True, text=True, timeout=120)
    declared = {name: tuple(about) for name, about in json.loads(said.stdout).items()}
    assert declared == {row.name: (row.kind, row.unit) for row in documented().values()}


def test_no_attribute_of_a_metric_is_an_id() -> None:
    ids = [
        (row.name, name) for row in documented().values() for name in row.attributes if name.endswith(("_id", ".id"))
    ]
    assert ids == []


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((OBSERVABILITY / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard_queries() -> Iterator[tuple[str, str]]:
    dashboard = json.loads((OBSERVABILITY / "dashboard.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def metrics_in(query: str) -> set[str]:
    return set(METRIC.findall(NO_METRIC.sub(" ", query)))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_asks_only_for_documented_metrics_and_says_what_to_do(rule: dict[str, Any]) -> None:
    known = {name for row in documented().values() for name in row.prometheus_names}
    asked = metrics_in(rule["expr"])
    assert asked and asked <= known
    assert rule["for"] and rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"] and rule["annotations"]["description"]


def test_the_dashboard_asks_only_for_documented_metrics() -> None:
    known = {name for row in documented().values() for name in row.prometheus_names}
    queries = list(dashboard_queries())
    assert len(queries) >= 10
    assert {title: metrics_in(query) - known for title, query in queries if not metrics_in(query) <= known} == {}
    assert [title for title, query in queries if not metrics_in(query)] == []


def test_a_metric_that_does_not_exist_would_be_seen() -> None:
    query = 'sum by (service_name) (rate(billing_commands_totals{saldo_outcome="failed"}[5m])) > 0'
    assert metrics_in(query) == {"billing_commands_totals"}
