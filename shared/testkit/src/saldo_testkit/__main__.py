"""What can be asked of the test kit from a command line; make calls it."""

import sys

from saldo_testkit import requirements_report


def main(arguments: list[str]) -> int:
    """The first word names the command, the rest are its own."""
    match arguments:
        case ["requirements", *rest]:
            return requirements_report.main(rest)
        case _:
            print("usage: python -m saldo_testkit requirements [REPORT]", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
