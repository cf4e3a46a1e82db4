"""`python -m saldo_invoicing`: api, worker, serve, migrate, topics, dead-letters, openapi."""

from __future__ import annotations

from typing import NoReturn

import saldo_messaging

from saldo_invoicing.bootstrap import build_from_environment


def main() -> NoReturn:
    """Run the command line of this process."""
    saldo_messaging.main(build_from_environment)


if __name__ == "__main__":
    main()
