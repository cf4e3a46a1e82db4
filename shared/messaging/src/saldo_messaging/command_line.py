"""`python -m saldo_<service>`: the same commands for every service."""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import re
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn
from urllib.parse import urlsplit

import asyncpg
import saldo_telemetry
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from saldo_messaging import failpoints, inbox_check, operator, operator_backlog
from saldo_messaging.service import Runtime, Service, run_process
from saldo_messaging.topics import TopicsDiffer, apply_topics, check_topics, published_by

DATABASE_REFUSALS = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InsufficientPrivilegeError,
)


def main(build: Callable[[], Service], arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line; `build` reads the environment and raises ValueError with a sentence where it is wrong."""
    package = build.__module__.partition(".")[0]
    prefix = f"{package.removeprefix('saldo_').upper()}_"
    asked = _parser(package).parse_args(arguments)
    try:
        failpoints.check()
        service = build()
        _require_address(service.messaging.dsn, f"{prefix}DATABASE_DSN")
    except ValueError as error:
        sys.exit(f"settings: {_in_words(error, prefix)}")
    try:
        sys.exit(asyncio.run(_run(service, asked)))
    except TopicsDiffer as differ:
        sys.exit(f"topics: {differ}")
    except operator.NotPossible as refusal:
        sys.exit(str(refusal))
    except KafkaError as error:
        sys.exit(f"{service.name}: the broker ({prefix}KAFKA_BOOTSTRAP) cannot be used: {error}")
    except asyncpg.UndefinedTableError:
        sys.exit(f"{service.name}: the database has no tables yet; run `migrate` first")
    except DATABASE_REFUSALS as refusal:
        sys.exit(f"{service.name}: the database ({prefix}DATABASE_DSN) refuses us: {refusal}")
    except DBAPIError as wrapped:  # migrations go through SQLAlchemy
        if wrapped.orig is None or not isinstance(wrapped.orig.__cause__, DATABASE_REFUSALS):
            raise
        sys.exit(f"{service.name}: the database ({prefix}DATABASE_DSN) refuses us: {wrapped.orig.__cause__}")
    except OSError as error:
        sys.exit(f"{service.name}: {_unreachable(error, prefix)}")
    except KeyboardInterrupt:
        sys.exit(130)


def _in_words(error: ValueError, prefix: str) -> str:
    """Names each variable as the environment spells it; never quotes a value, which may be a secret."""
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{prefix}{'.'.join(map(str, item['loc'])).upper()} is missing"
            if item["type"] == "missing"
            else f"{prefix}{'.'.join(map(str, item['loc'])).upper()}: {item['msg']}"
            if item["loc"]
            else item["msg"]
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        )
    if unreadable := re.search(r'error parsing value for field "(\w+)"', str(error)):
        return f"{prefix}{unreadable[1].upper()} is not JSON, which a variable with several values must be"
    return str(error)


def _require_address(dsn: str, variable: str) -> None:
    """Raises ValueError before a driver would, in words that do not quote the password."""
    try:
        parts = urlsplit(dsn)
        fits = parts.scheme in ("postgresql", "postgres") and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{variable} is not an address like postgresql://user:password@host:port/database")


def _unreachable(error: OSError, prefix: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"the port ({prefix}API_PORT or {prefix}WORKER_PORT) is taken: {error}"
    if isinstance(error, ConnectionError | TimeoutError) or error.strerror is None or error.errno is None:
        return f"the database ({prefix}DATABASE_DSN) cannot be reached: {error or 'no answer in time'}"
    return str(error)


def _parser(package: str) -> argparse.ArgumentParser:
    name = package.removeprefix("saldo_")
    parser = argparse.ArgumentParser(
        prog=f"python -m {package}",
        description=f"The service {name} of Saldo. Its settings are environment variables that begin with "
        f"{name.upper()}_; the service's README lists them.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="API and worker in one process, for small installations")
    commands.add_parser("api", help="the HTTP API; never touches the broker")
    commands.add_parser("worker", help="listens, relays, runs timers and loops")
    commands.add_parser("migrate", help="bring the database to this version; a second run does nothing")
    commands.add_parser("prepare", help="migrate and topics apply in one go")
    commands.add_parser("openapi", help="print the API's OpenAPI document")
    topics = commands.add_parser("topics", help="the service's own topics")
    topics.add_argument("action", choices=["apply", "check"], help="create the missing ones, or only compare")
    letters = commands.add_parser("dead-letters", help="messages that could not be handled")
    actions = letters.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the open ones, oldest first")
    listing.add_argument("--all", action="store_true", help="closed ones too")
    show = actions.add_parser("show", help="one, with its headers and body")
    show.add_argument("id", type=int)
    retry = actions.add_parser("retry", help="run a key's parked messages again, in order, through the inbox")
    retry.add_argument("id", type=int, nargs="?", help="any dead letter of the key; without it all that are open")
    skip = actions.add_parser("skip", help="give one up, for good")
    skip.add_argument("id", type=int)
    _add_signature(skip)
    timers = commands.add_parser("timers", help="timers whose command failed")
    actions = timers.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="the parked ones with their reason, the longest due first")
    retry = actions.add_parser("retry", help="give parked timers back to the worker")
    retry.add_argument("key", nargs="?", help="a timer's key; without it all that are parked")
    inbox = commands.add_parser("inbox", help="what was told to this service, against what had its effect here")
    inbox.add_argument("action", choices=["check"], help="read all topics heard; ends with 1 where one is missing")
    outbox = commands.add_parser("outbox", help="events that cannot be sent")
    actions = outbox.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="the parked ones with their reason, in their order")
    retry = actions.add_parser("retry", help="give a key's parked events back to the relay")
    retry.add_argument("id", type=int, nargs="?", help="any parked row of the key; without it all that are parked")
    discard = actions.add_parser("discard", help="never send one")
    discard.add_argument("id", type=int)
    _add_signature(discard)
    return parser


def _add_signature(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="why it may be given up")
    parser.add_argument("--actor", required=True, help="who decides, as the audit shall name it")


async def _run(service: Service, asked: argparse.Namespace) -> int:
    match asked.command:
        case "api" | "worker" | "serve":
            return await _serve(service, asked.command)
        case "migrate":
            await _migrate(service)
            print(f"{service.name}: the database is up to date")
        case "topics":
            await _topics(service, asked.action)
        case "prepare":
            await _migrate(service)
            await _topics(service, "apply")
        case "openapi":
            print(json.dumps(_openapi(service), indent=2, sort_keys=True))
        case "inbox":
            return await _check_inbox(service)
        case "dead-letters" | "timers" | "outbox":
            await _operate(service, asked)
    return 0


async def _migrate(service: Service) -> None:
    from saldo_messaging.migrate import migrate_async  # Alembic is a tenth of a start, and a running service needs none

    await migrate_async(service.messaging.dsn, service.migrations)


async def _serve(service: Service, kind: str) -> int:
    telemetry = saldo_telemetry.start(service.name, kind)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for order in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(order, stop.set)
    try:
        await run_process(service, kind, stop)
    finally:
        telemetry.shutdown()
    return 0


async def _topics(service: Service, action: str) -> None:
    settings = service.messaging
    if action == "apply":
        made = await apply_topics(
            settings.kafka_bootstrap, service.name, replication_factor=settings.replication_factor
        )
        print(f"{service.name}: {', '.join(made) if made else 'all topics stand'}")
    else:
        await check_topics(settings.kafka_bootstrap, [topic.name for topic in published_by(service.name)])
        print(f"{service.name}: all topics are as the contracts say")


async def _check_inbox(service: Service) -> int:
    findings = await inbox_check.inspect(service)
    for fault in findings.faults:
        print(fault)
    if not findings.faults:
        print(f"{service.name}: {findings.messages} messages, each applied once, in the order of its key")
    return 1 if findings.faults else 0


def _openapi(service: Service) -> object:
    app = service.api(Runtime(service))
    return app.openapi()  # type: ignore[attr-defined]  # every service's app is FastAPI's, by saldo_web.create_app


async def _operate(service: Service, asked: argparse.Namespace) -> None:
    async with Runtime(service) as runtime:
        match asked.command, asked.action:
            case "dead-letters", "list":
                lines = await operator.listed(runtime, everything=asked.all)
            case "dead-letters", "show":
                lines = await operator.shown(runtime, asked.id)
            case "dead-letters", "retry":
                lines = await operator.retried(runtime, asked.id)
            case "dead-letters", _:
                lines = await operator.skipped(runtime, asked.id, actor=asked.actor, reason=asked.reason)
            case "timers", "list":
                lines = await operator_backlog.timers_listed(runtime)
            case "timers", _:
                lines = await operator_backlog.timers_retried(runtime, asked.key)
            case _, "list":
                lines = await operator_backlog.outbox_listed(runtime)
            case _, "retry":
                lines = await operator_backlog.outbox_retried(runtime, asked.id)
            case _:
                lines = await operator_backlog.outbox_discarded(
                    runtime, asked.id, actor=asked.actor, reason=asked.reason
                )
    print("\n".join(lines))
