"""Draw, check and compare what is generated from the contracts: `python -m saldo_contracts generate|check|compat`."""

import argparse
import sys
from pathlib import Path

from saldo_contracts.compatibility import breaking_changes
from saldo_contracts.generated import GENERATED, stale_files, write


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when all is well, 1 with one line for each thing that is not."""
    asked = _parser().parse_args(arguments)
    if asked.verb == "generate":
        print(f"{write(asked.folder)} files written")
        return 0
    if asked.verb == "check":
        faults = [f"stale: {path}" for path in stale_files(asked.folder)]
    else:
        faults = breaking_changes(asked.released)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m saldo_contracts", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, meaning in (
        ("generate", "write schemas, examples, AsyncAPI and the table of events"),
        ("check", "exit 1 and name every file that is not what the classes say"),
    ):
        verbs.add_parser(verb, help=meaning).add_argument("--folder", type=Path, default=GENERATED)
    compat = verbs.add_parser("compat", help="exit 1 and name every difference that breaks readers or writers")
    compat.add_argument("released", type=Path, help="the generated folder of a released version")
    return parser


if __name__ == "__main__":
    sys.exit(main())
