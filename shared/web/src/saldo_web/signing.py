"""Signs the tokens that the authenticator verifies: what an issuer, a demonstration and a test need."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from saldo_work import Actor, ActorKind

from saldo_web.authentication import ALL_ACCOUNTS

TOKEN_SECONDS: Final = 300  # what a caller may do is read from the token, so a withdrawn permission lasts no longer
ALGORITHM: Final = "ES256"


class TokenSigner:
    """One issuer with one key."""

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey,
        *,
        issuer: str,
        key_id: str,
        audience: str = "saldo",
        machine_time: Callable[[], float] = time.time,
    ) -> None:
        self._key = key
        self._issuer = issuer
        self._key_id = key_id
        self._audience = audience
        self._machine_time = machine_time

    @classmethod
    def with_new_key(cls, *, issuer: str, key_id: str = "1") -> TokenSigner:
        """A signer with a key that lives in this process alone."""
        return cls(ec.generate_private_key(ec.SECP256R1()), issuer=issuer, key_id=key_id)

    @property
    def document(self) -> dict[str, object]:
        """The JWKS document with the public key, to be published or given to `JwksDocument`."""
        key: dict[str, object] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**key, "kid": self._key_id, "use": "sig", "alg": ALGORITHM}]}

    def token(self, actor: Actor, *, seconds: int = TOKEN_SECONDS) -> str:
        """A token that the authenticator reads as this actor; raises ValueError for a SYSTEM actor, who needs none."""
        if actor.kind is ActorKind.SYSTEM:
            raise ValueError("a service acting by itself has no token")
        now = int(self._machine_time())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": actor.subject,
            "iat": now,
            "exp": now + seconds,
            "kind": actor.kind.value,
            "sellers": sorted(actor.sellers),
            "accounts": ALL_ACCOUNTS if actor.accounts is None else sorted(actor.accounts),
            "permissions": sorted(permission.value for permission in actor.permissions),
        }
        return jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self._key_id})

    def authorization(self, actor: Actor) -> str:
        """The `Authorization` header of a request by this actor."""
        return f"Bearer {self.token(actor)}"
