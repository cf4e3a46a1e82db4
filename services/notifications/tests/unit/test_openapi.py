"""The API's document is what stands beside the service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from saldo_messaging import Runtime
from saldo_notifications.bootstrap import build
from saldo_notifications.settings import Settings

COMMITTED = Path(__file__).parents[2] / "openapi.json"


@pytest.fixture
def settings() -> Settings:
    return Settings(
        database_dsn=SecretStr("postgresql://nobody@127.0.0.1:1/none"),
        kafka_bootstrap="127.0.0.1:1",
        token_issuer="http://127.0.0.1:1",
    )


async def test_the_committed_document_is_fresh(settings: Settings) -> None:
    service = build(settings)
    app = service.api(Runtime(service))
    assert isinstance(app, FastAPI)
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == app.openapi()


def test_a_user_without_a_password_is_refused_at_start(settings: Settings) -> None:
    facts = settings.model_dump() | {"smtp_username": "saldo"}
    with pytest.raises(ValueError, match="go together"):
        Settings(**facts)


def test_the_lease_outlasts_every_delivery(settings: Settings) -> None:
    assert settings.delivery_terms().lease.total_seconds() >= 3 * settings.smtp_mail_timeout_seconds
