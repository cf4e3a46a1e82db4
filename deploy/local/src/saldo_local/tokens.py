"""Development tokens: signed like production's, by a key pair that lives as long as the stack."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal, cast

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

KEY_FILE = "signing_key.pem"
JWKS_FILE = "jwks.json"
JWKS_ROUTE = "/.well-known/jwks.json"
AUDIENCE = "saldo"
ALGORITHM = "ES256"
KEY_ID = "saldo-local-1"
TTL_SECONDS_DEFAULT = (
    300  # what a production issuer should give; long enough for a person, short enough to expire in tests
)
ALL_ACCOUNTS: Literal["*"] = "*"


class Kind(StrEnum):
    """Who acts: a customer's person, a seller's agent, or another system."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Signs with ES256; `issuer` is the `iss` claim and the address that serves the public key."""

    issuer: str
    key: ec.EllipticCurvePrivateKey

    @staticmethod
    def load(key_file: Path, issuer: str) -> TokenIssuer:
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        return TokenIssuer(issuer, cast(ec.EllipticCurvePrivateKey, key))

    def issue(
        self,
        subject: str,
        seller_ids: Sequence[str],
        *,
        account_ids: Sequence[str] | Literal["*"] = ALL_ACCOUNTS,
        permissions: Sequence[str] = (),
        ttl_seconds: int = TTL_SECONDS_DEFAULT,
        kind: Kind | str = Kind.CUSTOMER,
    ) -> str:
        """A JWT with iss, aud, sub, iat, exp, jti, kind, sellers, accounts (a list or "*"), permissions.

        Times are machine time. A negative `ttl_seconds` makes an expired token, for tests of refusal.
        """
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": min(now, now + ttl_seconds),
            "exp": now + ttl_seconds,
            "jti": str(uuid.uuid4()),
            "kind": Kind(kind).value,
            "sellers": list(seller_ids),
            "accounts": ALL_ACCOUNTS if account_ids == ALL_ACCOUNTS else list(account_ids),
            "permissions": list(permissions),
        }
        return jwt.encode(claims, self.key, algorithm=ALGORITHM, headers={"kid": KEY_ID})


def make_key(key_file: Path) -> None:
    """Readable by its owner alone, from its first byte on."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key_file.touch(mode=0o600)
    key_file.write_bytes(pem)


def public_keys(key: ec.EllipticCurvePrivateKey) -> str:
    """RFC 7517 key set with the one public key."""
    public = json.loads(ECAlgorithm(ECAlgorithm.SHA256).to_jwk(key.public_key()))
    return json.dumps({"keys": [{**public, "kid": KEY_ID, "alg": ALGORITHM, "use": "sig"}]})
