"""python -m saldo_local: the embedded stack, whole or part by part, and the whole suite on it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from saldo_local.addresses import Part
from saldo_local.kafka_choice import EMBEDDED, KafkaChoice


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m saldo_local", description="Saldo's embedded stack.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _describe_stack(commands.add_parser("stack", help="start everything and wait for Ctrl-C"))
    _describe_mail_sink(commands.add_parser("mail-sink", help="take mails, deliver none"))
    _describe_processor(commands.add_parser("processor", help="simulate a card processor that speaks Stripe's format"))
    _describe_issuer(commands.add_parser("issuer", help="serve the public key of development tokens"))
    _describe_token(commands.add_parser("token", help="print a development token of a running stack"))
    _describe_suite(commands)
    kafka = commands.add_parser("kafka", help="copy Apache Kafka's jars with Maven, for SALDO_KAFKA=apache")
    kafka.set_defaults(run=_kafka)
    _describe_keeper(commands.add_parser("keeper", help="(used by Stack) keep the parts of one stack"))
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code


def _describe_stack(parser: argparse.ArgumentParser) -> None:
    parser.description = "Starts the parts on free loopback ports, prints their addresses, ends them on Ctrl-C."
    parser.add_argument("--part", action="append", choices=[*Part], help="only this part; may be given again")
    parser.add_argument("--json", action="store_true", help="print the addresses as one line of JSON")
    parser.set_defaults(run=_stack)


def _describe_mail_sink(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="directory of its SQLite file")
    parser.add_argument("--smtp-port", type=int, default=0, help="0 draws a free one")
    parser.add_argument("--http-port", type=int, default=0, help="0 draws a free one")
    parser.add_argument("--ready-file", type=Path, help="written with its addresses when it is ready")
    parser.set_defaults(run=_mail_sink)


def _describe_processor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="directory of its SQLite file")
    parser.add_argument("--port", type=int, default=0, help="0 draws a free one")
    parser.add_argument("--api-key", help="the only key it accepts; drawn where not given")
    parser.add_argument("--webhook-secret", help="what every webhook endpoint signs with; drawn where not given")
    parser.add_argument("--ready-file", type=Path, help="written with its addresses when it is ready")
    parser.set_defaults(run=_processor)


def _describe_issuer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="directory of its key pair; made where missing")
    parser.add_argument("--port", type=int, default=0, help="0 draws a free one")
    parser.add_argument("--ready-file", type=Path, help="written with its addresses when it is ready")
    parser.set_defaults(run=_issuer)


def _describe_token(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", help="who acts")
    parser.add_argument("--seller", action="append", default=[], help="seller id; may be given again")
    parser.add_argument("--account", action="append", help="account id; may be given again; default: all")
    parser.add_argument("--permission", action="append", default=[], help="may be given again")
    parser.add_argument("--ttl-seconds", type=int, default=3600)
    parser.add_argument("--kind", choices=["customer", "agent", "service"], default="customer")
    parser.add_argument("--run-directory", type=Path, help="of the stack; not needed where only one runs")
    parser.set_defaults(run=_token)


def _describe_keeper(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("parts", nargs="*", choices=[*Part, []])
    parser.add_argument("--kafka", type=KafkaChoice.of, default=EMBEDDED)
    parser.set_defaults(run=_keeper)


def _describe_suite(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    commands.add_parser("demo", help="start everything, tell the story of two accounts, stop").set_defaults(run=_demo)
    commands.add_parser("up", help="start everything and leave it running").set_defaults(run=_up)
    commands.add_parser("down", help="stop what `up` started").set_defaults(run=_down)
    commands.add_parser("hold", help="(used by up) keep the suite").set_defaults(run=_hold)
    commands.add_parser("invariants", help="hold every invariant against what `up` left standing").set_defaults(
        run=_invariants
    )
    openapi = commands.add_parser("openapi", help="the services' OpenAPI documents")
    openapi.add_argument("action", choices=["write", "check"])
    openapi.add_argument("--root", type=Path, default=Path.cwd(), help="of the repository")
    openapi.set_defaults(run=_openapi)


def _demo(options: argparse.Namespace) -> int:
    from saldo_local.demo.main import run

    return run()


def _up(options: argparse.Namespace) -> int:
    from saldo_local import standing_suite

    return standing_suite.up()


def _down(options: argparse.Namespace) -> int:
    from saldo_local import standing_suite

    return standing_suite.down()


def _hold(options: argparse.Namespace) -> int:
    from saldo_local import standing_suite

    return standing_suite.hold()


def _invariants(options: argparse.Namespace) -> int:
    from saldo_local.invariants.command import run

    return run()


def _openapi(options: argparse.Namespace) -> int:
    from saldo_local import openapi_documents

    return openapi_documents.run(options.action, options.root)


def _stack(options: argparse.Namespace) -> int:
    from saldo_local.stack_command import run

    return run(options.part, as_json=options.json)


def _mail_sink(options: argparse.Namespace) -> int:
    from saldo_local.mail_sink.serve import serve

    asyncio.run(
        serve(options.data, smtp_port=options.smtp_port, http_port=options.http_port, ready_file=options.ready_file)
    )
    return 0


def _processor(options: argparse.Namespace) -> int:
    from saldo_local.processor.serve import serve

    asyncio.run(
        serve(
            options.data,
            port=options.port,
            api_key=options.api_key,
            webhook_secret=options.webhook_secret,
            ready_file=options.ready_file,
        )
    )
    return 0


def _issuer(options: argparse.Namespace) -> int:
    from saldo_local.token_issuer import serve

    serve(options.data, port=options.port, ready_file=options.ready_file)
    return 0


def _token(options: argparse.Namespace) -> int:
    from saldo_local.token_command import run

    return run(options)


def _kafka(options: argparse.Namespace) -> int:
    from saldo_local.apache_jars import fetch

    return fetch()


def _keeper(options: argparse.Namespace) -> int:
    from saldo_local.keeper import main as keep

    return keep(options.parts, options.kafka)


if __name__ == "__main__":
    sys.exit(main())
