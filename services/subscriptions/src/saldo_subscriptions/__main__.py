"""python -m saldo_subscriptions {serve|api|worker|migrate|topics|dead-letters|openapi}."""

from __future__ import annotations

import saldo_messaging

from saldo_subscriptions.bootstrap import build_from_environment


def main() -> None:
    """Run the command line."""
    saldo_messaging.main(build_from_environment)


if __name__ == "__main__":
    main()
