"""`python -m saldo_local token`: a development token for a person with curl."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from saldo_local.addresses import Addresses, Part
from saldo_local.run_directory import base_directory, running
from saldo_local.tokens import ALL_ACCOUNTS, KEY_FILE, TokenIssuer


def run(options: argparse.Namespace) -> int:
    candidates = [options.run_directory] if options.run_directory else running(base_directory())
    stacks = [path for path in candidates if (path / Part.TOKENS / KEY_FILE).is_file()]
    if len(stacks) != 1:
        found = ", ".join(map(str, stacks)) or "none"
        print(f"Name the stack with --run-directory; running with a token issuer: {found}.", file=sys.stderr)
        return 1
    print(
        _issuer_of(stacks[0]).issue(
            options.subject,
            options.seller,
            account_ids=options.account or ALL_ACCOUNTS,
            permissions=options.permission,
            ttl_seconds=options.ttl_seconds,
            kind=options.kind,
        )
    )
    return 0


def _issuer_of(run_directory: Path) -> TokenIssuer:
    addresses = Addresses.from_json((run_directory / "addresses.json").read_text())
    return TokenIssuer.load(run_directory / Part.TOKENS / KEY_FILE, addresses.issuer)
