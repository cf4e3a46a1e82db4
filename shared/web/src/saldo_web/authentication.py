"""Turns a bearer token into the actor who asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import jwt
from saldo_contracts.permissions import Permission
from saldo_work import Actor, ActorKind

from saldo_web.keys import ASYMMETRIC, JwksAddress, JwksFile, Keys
from saldo_web.problems import Problem

LEEWAY_SECONDS: Final = 5  # clocks of our own machines; tokens live five minutes
TOKEN_CHARACTERS_MAX: Final = 16_000
SCOPE_ENTRIES_MAX: Final = 1_000  # sellers, accounts or permissions in one token
REQUIRED_CLAIMS: Final = ("exp", "iat", "iss", "aud", "sub")
ALL_ACCOUNTS: Final = "*"

_KINDS: Final = {kind.value: kind for kind in (ActorKind.CUSTOMER, ActorKind.AGENT, ActorKind.SERVICE)}
_PERMISSIONS: Final = {permission.value: permission for permission in Permission}
_BEARER: Final = re.compile(r"[Bb]earer +([A-Za-z0-9._~+/=-]+)")
_SUBJECT: Final = re.compile(r"[\x21-\x7e]{1,200}")


class Unauthenticated(Problem):
    """The token is missing or does not prove who asks (401)."""

    def __init__(self, reason: str, *, token_sent: bool = True) -> None:
        challenge = 'Bearer realm="saldo"' + (
            f', error="invalid_token", error_description="{reason}"' if token_sent else ""
        )
        code = "token-invalid" if token_sent else "token-missing"
        super().__init__(401, code, reason, headers={"WWW-Authenticate": challenge})


class Authenticator:
    """Verifies the issuer's tokens (RFC 7519, asymmetric algorithms only) and reads the actor from the claims.

    Claims: `sub`; `kind` customer, agent or service; `sellers` a list; `accounts` a list, or "*" for every account of
    the sellers, which a customer cannot have; `permissions` a list, of which unknown ones are ignored, so that an older
    service lives with a newer issuer.
    """

    def __init__(
        self, keys: Keys, *, issuer: str, audience: str = "saldo", leeway_seconds: int = LEEWAY_SECONDS
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._leeway_seconds = leeway_seconds

    @classmethod
    def of(cls, issuer: str, *, jwks_url: str | None = None, jwks_file: Path | None = None) -> Authenticator:
        """As a deployment's settings say: the keys from the file, else from the address, else from the issuer's
        `/.well-known/jwks.json`."""
        keys: Keys
        if jwks_file is not None:
            keys = JwksFile(jwks_file)
        else:
            keys = JwksAddress(jwks_url or f"{issuer.rstrip('/')}/.well-known/jwks.json")
        return cls(keys, issuer=issuer)

    async def authenticate(self, authorization: str | None) -> Actor:
        """The actor of an `Authorization` header.

        Raises `Unauthenticated`, or `Transient` while the issuer's keys cannot be had.
        """
        if authorization is None:
            raise Unauthenticated("A bearer token is needed.", token_sent=False)
        match = _BEARER.fullmatch(authorization.strip())
        if match is None or len(match[1]) > TOKEN_CHARACTERS_MAX:
            raise Unauthenticated("The Authorization header holds no bearer token.")
        return _actor(await self._claims(match[1]))

    async def close(self) -> None:
        """Let go of the keys' connections."""
        await self._keys.close()

    async def _claims(self, token: str) -> Mapping[str, object]:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise Unauthenticated("The token cannot be read.") from None
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in ASYMMETRIC or not isinstance(key_id, str):
            raise Unauthenticated("The token is signed in a way that is not accepted.")
        key = await self._keys.find(key_id)
        if key is None or key.algorithm_name != algorithm:
            raise Unauthenticated("The token is signed with an unknown key.")
        return self._verified(token, key)

    def _verified(self, token: str, key: jwt.PyJWK) -> Mapping[str, object]:
        try:
            claims: Mapping[str, object] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._audience,
                issuer=self._issuer,
                leeway=self._leeway_seconds,
                options={"require": list(REQUIRED_CLAIMS), "strict_aud": False},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("The token has expired.") from None
        except jwt.PyJWTError:
            raise Unauthenticated("The token is not valid here.") from None
        return claims


def _actor(claims: Mapping[str, object]) -> Actor:
    kind, subject = _KINDS.get(str(claims.get("kind"))), claims.get("sub")
    if kind is None or not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise Unauthenticated("The token does not say who asks.")
    accounts = None if claims.get("accounts") == ALL_ACCOUNTS else _entries(claims, "accounts")
    if accounts is None and kind is ActorKind.CUSTOMER:
        raise Unauthenticated("The token reaches further than its kind allows.")
    known = (_PERMISSIONS.get(code) for code in _entries(claims, "permissions"))
    return Actor(
        kind=kind,
        subject=subject,
        sellers=_entries(claims, "sellers"),
        accounts=accounts,
        permissions=frozenset(permission for permission in known if permission is not None),
    )


def _entries(claims: Mapping[str, object], name: str) -> frozenset[str]:
    value = claims.get(name, [])
    if not isinstance(value, list) or len(value) > SCOPE_ENTRIES_MAX or not all(isinstance(v, str) for v in value):
        raise Unauthenticated(f"The token's claim {name} cannot be read.")
    return frozenset(value)
