"""`python -m saldo_payments serve | api | worker | migrate | topics | dead-letters | openapi`."""

from __future__ import annotations

from typing import NoReturn

import saldo_messaging

from saldo_payments.bootstrap import build_from_environment


def main() -> NoReturn:
    saldo_messaging.main(build_from_environment)


if __name__ == "__main__":
    main()
