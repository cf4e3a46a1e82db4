"""Development tokens are signed like production's and can be checked by anybody with the public key."""

from __future__ import annotations

import json
import subprocess
import sys

import jwt
import pytest
from saldo_local.stack import Stack


def claims_of(stack: Stack, token: str) -> dict[str, object]:
    keys = jwt.PyJWKSet.from_json(stack.jwks_path.read_text())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, object] = jwt.decode(
        token,
        key,
        algorithms=["ES256"],
        audience="saldo",
        issuer=stack.issuer,
        options={"require": ["exp", "jti", "iat"]},
    )
    return claims


def test_a_token_says_who_may_do_what_where(stack: Stack) -> None:
    token = stack.tokens.issue(
        "ada", ["seller-1"], account_ids=["account-1"], permissions=["payment_methods:manage"], kind="customer"
    )
    claims = claims_of(stack, token)
    assert (claims["sub"], claims["kind"]) == ("ada", "customer")
    assert (claims["sellers"], claims["accounts"]) == (["seller-1"], ["account-1"])
    assert claims["permissions"] == ["payment_methods:manage"]
    assert int(str(claims["exp"])) - int(str(claims["iat"])) == 300


def test_an_agent_may_act_for_all_accounts(stack: Stack) -> None:
    assert claims_of(stack, stack.tokens.issue("bob", ["s"], kind="agent"))["accounts"] == "*"


def test_the_served_keys_are_those_in_the_file(stack: Stack) -> None:
    client = jwt.PyJWKClient(stack.jwks_url)
    token = stack.tokens.issue("ada", ["seller-1"])
    assert client.get_signing_key_from_jwt(token).key_id == jwt.get_unverified_header(token)["kid"]
    assert all("d" not in key for key in json.loads(stack.jwks_path.read_text())["keys"])


def test_a_token_can_be_made_that_has_expired(stack: Stack) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        claims_of(stack, stack.tokens.issue("ada", ["seller-1"], ttl_seconds=-1))


def test_the_command_prints_a_token_of_a_running_stack(stack: Stack) -> None:
    words = [sys.executable, "-m", "saldo_local", "token", "ada", "--seller", "s", "--permission", "refunds:issue"]
    words += ["--kind", "agent", "--run-directory", str(stack.run_directory)]
    printed = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    assert claims_of(stack, printed)["permissions"] == ["refunds:issue"]
