"""Tokens for tests: a key of the test's own, its public half in a JWKS file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from saldo_contracts.permissions import Permission

ISSUER = "https://issuer.test"
ALGORITHM = "ES256"
LIFETIME = timedelta(minutes=5)


class TokenIssuer:
    """Issues tokens as the embedded stack does; `jwks_file` goes into the service's settings."""

    def __init__(self, folder: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.issuer = ISSUER
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
        self.jwks_file = folder / "jwks.json"
        self.jwks_file.write_text(json.dumps({"keys": [public | {"kid": "test", "alg": ALGORITHM, "use": "sig"}]}))

    def issue(
        self,
        *,
        subject: str | None = None,
        kind: str = "agent",
        sellers: Iterable[str] = ("aurora", "borealis"),
        accounts: Iterable[str] | str = "*",
        permissions: Iterable[Permission] = tuple(Permission),
    ) -> str:
        """A bearer token; without arguments an agent who may do everything for the two sample sellers."""
        now = datetime.now(UTC)
        claims = {
            "iss": self.issuer,
            "aud": "saldo",
            "sub": subject or str(uuid4()),
            "iat": now,
            "exp": now + LIFETIME,
            "kind": kind,
            "sellers": list(sellers),
            "accounts": accounts if isinstance(accounts, str) else list(accounts),
            "permissions": [permission.value for permission in permissions],
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": "test"})

    def customer(self, account_id: str, *, seller: str = "borealis") -> str:
        """A customer who may do all that members may on this one account."""
        from saldo_contracts.permissions import MEMBER_PERMISSIONS

        return self.issue(kind="customer", sellers=[seller], accounts=[account_id], permissions=MEMBER_PERMISSIONS)
