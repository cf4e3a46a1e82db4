"""Who asks: only tokens of the issuer, for us, unexpired, asymmetric, are believed."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from saldo_contracts.permissions import Permission
from saldo_web import Authenticator, JwksAddress, JwksDocument, JwksFile, TokenSigner, Unauthenticated
from saldo_web.keys import COOL_DOWN_SECONDS, REFRESH_SECONDS, STALE_MAX_SECONDS, read_keys
from saldo_work import Actor, ActorKind, Transient

ISSUER = "https://issuer.example"
KEY = ec.generate_private_key(ec.SECP256R1())
SIGNER = TokenSigner(KEY, issuer=ISSUER, key_id="1")


def claims(**changes: object) -> dict[str, object]:
    now = int(time.time())
    plain: dict[str, object] = {
        "iss": ISSUER, "aud": "saldo", "sub": "u1", "iat": now, "exp": now + 300, "kind": "customer",
        "sellers": ["s1"], "accounts": ["a1"], "permissions": ["payment_methods:view"],
    }  # fmt: skip
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def signed(**changes: object) -> str:
    return jwt.encode(claims(**changes), KEY, "ES256", headers={"kid": "1"})


def part(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


async def asks(token: str) -> Actor:
    return await Authenticator(JwksDocument(SIGNER.document), issuer=ISSUER).authenticate(f"Bearer {token}")


async def refusal(token: str) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as caught:
        await asks(token)
    return caught.value


async def test_a_good_token_names_the_actor() -> None:
    assert await asks(signed()) == Actor(
        ActorKind.CUSTOMER, "u1", frozenset({"s1"}), frozenset({"a1"}), frozenset({Permission.PAYMENT_METHODS_VIEW})
    )


async def test_what_the_signer_signs_the_authenticator_reads() -> None:
    agent = Actor(ActorKind.AGENT, "a", frozenset({"s"}), None, frozenset({Permission.REFUNDS_ISSUE}))
    assert await asks(SIGNER.token(agent)) == agent


def test_a_service_acting_by_itself_gets_no_token() -> None:
    with pytest.raises(ValueError, match="no token"):
        SIGNER.token(Actor(ActorKind.SYSTEM, "payments"))


async def test_unknown_permissions_are_ignored() -> None:
    actor = await asks(signed(permissions=["time:travel", "quotes:view"]))
    assert actor.permissions == {Permission.QUOTES_VIEW}


async def test_no_token_and_no_bearer_are_refused_with_a_challenge() -> None:
    authenticator = Authenticator(JwksDocument(SIGNER.document), issuer=ISSUER)
    with pytest.raises(Unauthenticated) as missing:
        await authenticator.authenticate(None)
    assert (missing.value.status, missing.value.code) == (401, "token-missing")
    assert missing.value.headers["WWW-Authenticate"] == 'Bearer realm="saldo"'
    for header in ("Basic dTpw", "Bearer", "Bearer  ", "Bearer a b", "Bearer " + "a" * 20_000):
        with pytest.raises(Unauthenticated) as bad:
            await authenticator.authenticate(header)
        assert bad.value.code == "token-invalid"


async def test_algorithm_none_is_refused() -> None:
    token = f"{part({'alg': 'none', 'kid': '1'})}.{part(claims())}."
    assert "not accepted" in (await refusal(token)).detail


async def test_a_public_key_used_as_a_shared_secret_is_refused() -> None:
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    body = f"{part({'alg': 'HS256', 'kid': '1'})}.{part(claims())}"
    digest = hmac.new(public, body.encode(), hashlib.sha256).digest()
    token = f"{body}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
    assert "not accepted" in (await refusal(token)).detail


async def test_another_algorithm_than_the_keys_is_refused() -> None:
    other = rsa.generate_private_key(65537, 2048)
    token = jwt.encode(claims(), other, "RS256", headers={"kid": "1"})
    assert "unknown key" in (await refusal(token)).detail


async def test_a_foreign_signature_is_refused() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    await refusal(jwt.encode(claims(), other, "ES256", headers={"kid": "1"}))


async def test_a_changed_payload_is_refused() -> None:
    head, _, signature = signed().split(".")
    await refusal(f"{head}.{part(claims(sub='u2'))}.{signature}")


async def test_an_expired_token_is_refused_beyond_the_leeway() -> None:
    now = int(time.time())
    assert (await asks(signed(exp=now - 2))).subject == "u1"
    assert "expired" in (await refusal(signed(exp=now - 60))).detail


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"}, {"aud": None}, {"iss": "https://evil.example"}, {"iss": None}, {"exp": None}, {"iat": None},
        {"sub": None}, {"sub": ""}, {"sub": "a b"}, {"sub": "a\nb"}, {"kind": None}, {"kind": "system"},
        {"kind": ["agent"]},
        {"accounts": "*"}, {"accounts": "a1"}, {"accounts": [1]}, {"sellers": "s"}, {"sellers": {"a": 1}},
        {"permissions": "refunds:issue"}, {"sellers": ["s"] * 1001}, {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600}, {"exp": "tomorrow"},
    ],
)  # fmt: skip
async def test_a_token_that_says_too_little_or_something_else_is_refused(changes: dict[str, object]) -> None:
    error = await refusal(signed(**changes))
    assert error.status == 401
    assert 'error="invalid_token"' in error.headers["WWW-Authenticate"]


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c", "...", "eyJhbGciOiJFUzI1NiJ9.e30.x"])
async def test_an_unreadable_token_is_refused(token: str) -> None:
    await refusal(token)


def test_keys_for_encryption_shared_keys_and_broken_keys_are_passed_over() -> None:
    good = SIGNER.document["keys"]
    assert isinstance(good, list)
    found = read_keys(
        {
            "keys": [
                *good,
                {**good[0], "kid": "2", "use": "enc"},
                {"kty": "oct", "kid": "3", "k": "c2VjcmV0", "alg": "HS256"},
                {"kty": "EC", "kid": "4"},
                {"kty": "EC", "kid": "5", "crv": 5, "x": 1, "y": None},
                {"kty": "RSA", "kid": "6", "n": 5, "e": []},
                {"kty": "RSA", "kid": "7", "n": "!", "e": "AQAB"},
                {"kty": 5, "kid": "8"},
                {"kty": "RSA"},
                "key",
            ]
        }
    )
    assert set(found) == {"1"}


@pytest.mark.parametrize("document", [{}, [], {"keys": {}}, {"keys": [{}] * 101}, None])
def test_what_is_no_jwks_document_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="JWKS"):
        read_keys(document)


@dataclass
class Issuer:
    """An issuer behind HTTP whose keys and health the test decides, and machine time with it."""

    document: dict[str, object] = field(default_factory=lambda: SIGNER.document)
    healthy: bool = True
    fetches: int = 0
    seconds: float = 1000.0
    gate: asyncio.Event | None = None

    async def answer(self, _: httpx2.Request) -> httpx2.Response:
        self.fetches += 1
        if self.gate is not None:
            await self.gate.wait()
        return httpx2.Response(200, json=self.document) if self.healthy else httpx2.Response(500)

    def keys(self) -> JwksAddress:
        transport = httpx2.MockTransport(self.answer)
        return JwksAddress("https://issuer.example/jwks", transport=transport, machine_seconds=lambda: self.seconds)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_keys_are_fetched_once_and_kept() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    found = await asyncio.gather(*(keys.find("1") for _ in range(20)))
    assert all(found)
    assert issuer.fetches == 1
    await keys.close()


async def test_an_unknown_key_is_looked_for_again_after_the_cool_down() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    assert await keys.find("1")
    issuer.document = TokenSigner(KEY, issuer=ISSUER, key_id="2").document
    assert await keys.find("2") is None  # within the cool-down nobody is asked
    assert issuer.fetches == 1
    issuer.seconds += COOL_DOWN_SECONDS
    assert await keys.find("2")
    assert issuer.fetches == 2
    assert await keys.find("1") is None  # withdrawn
    await keys.close()


async def test_a_known_key_never_waits_for_a_load() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    assert await keys.find("1")
    issuer.gate = asyncio.Event()
    issuer.seconds += COOL_DOWN_SECONDS
    waiting = asyncio.create_task(keys.find("invented"))
    await settle()
    assert issuer.fetches == 2
    assert await asyncio.wait_for(keys.find("1"), 1)
    issuer.gate.set()
    assert await waiting is None
    await keys.close()


async def test_old_keys_are_renewed_beside_the_requests_and_survive_an_outage_for_an_hour() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    assert await keys.find("1")
    issuer.healthy = False
    issuer.seconds += REFRESH_SECONDS + 1
    assert await keys.find("1")
    await settle()
    assert issuer.fetches == 2
    issuer.seconds += STALE_MAX_SECONDS
    with pytest.raises(Transient):
        await keys.find("1")
    issuer.healthy = True
    issuer.seconds += COOL_DOWN_SECONDS
    assert await keys.find("1")
    await keys.close()


async def test_without_keys_it_is_nobodys_fault() -> None:
    issuer = Issuer(healthy=False)
    authenticator = Authenticator(issuer.keys(), issuer=ISSUER)
    with pytest.raises(Transient):
        await authenticator.authenticate(f"Bearer {signed()}")
    await authenticator.close()
    await authenticator.close()


async def test_a_document_that_is_too_large_or_no_json_is_not_believed() -> None:
    issuer = Issuer(document={"keys": [], "padding": "x" * 300_000})
    keys = issuer.keys()
    with pytest.raises(Transient):
        await keys.find("1")
    await keys.close()


async def test_keys_in_a_file_are_read_again_when_they_change(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    seconds = [0.0]
    keys = JwksFile(file, machine_seconds=lambda: seconds[0])
    with pytest.raises(Transient):
        await keys.find("1")
    file.write_text(json.dumps(SIGNER.document))
    seconds[0] += COOL_DOWN_SECONDS
    assert await keys.find("1")
    await keys.close()
