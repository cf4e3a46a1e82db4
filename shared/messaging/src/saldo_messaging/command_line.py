"""`python -m saldo_<service>`: the same commands for every service."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

import asyncpg
import saldo_telemetry

from saldo_messaging import failpoints, operator, operator_backlog
from saldo_messaging.migrate import migrate_async
from saldo_messaging.service import Runtime, Service, run_process
from saldo_messaging.topics import TopicsDiffer, apply_topics, check_topics, published_by


def main(build: Callable[[], Service], arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line; `build` reads the environment and raises ValueError with a sentence where it is wrong."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    try:
        failpoints.check()
        service = build()
    except ValueError as error:
        sys.exit(f"settings: {error}")
    try:
        sys.exit(asyncio.run(_run(service, asked)))
    except TopicsDiffer as differ:
        sys.exit(f"topics: {differ}")
    except operator.NotPossible as refusal:
        sys.exit(str(refusal))
    except OSError as error:
        sys.exit(f"{service.name}: {error}")
    except asyncpg.UndefinedTableError:
        sys.exit(f"{service.name}: the database has no tables yet; run `migrate` first")
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="saldo-service", description="A service of Saldo.")
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
            await migrate_async(service.messaging.dsn, service.migrations)
            print(f"{service.name}: the database is up to date")
        case "topics":
            await _topics(service, asked.action)
        case "prepare":
            await migrate_async(service.messaging.dsn, service.migrations)
            await _topics(service, "apply")
        case "openapi":
            print(json.dumps(_openapi(service), indent=2, sort_keys=True))
        case "dead-letters" | "timers" | "outbox":
            await _operate(service, asked)
    return 0


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
