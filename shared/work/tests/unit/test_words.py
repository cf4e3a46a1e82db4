"""The words of a use case: who may what, and what an error carries."""

from __future__ import annotations

import pytest
from saldo_contracts.permissions import Permission
from saldo_work import Actor, ActorKind, NotFound, NotYetKnown, Refusal, system_actor

ANY = next(iter(Permission))
AGENT = Actor(ActorKind.AGENT, "7f2", sellers=frozenset({"borealis"}), accounts=None, permissions=frozenset({ANY}))
CUSTOMER = Actor(ActorKind.CUSTOMER, "c1", sellers=frozenset({"borealis"}), accounts=frozenset({"a1"}))
RELAYED = Actor(ActorKind.CUSTOMER, "c1", relayed=True)


@pytest.mark.parametrize(
    ("actor", "seller_id", "account_id", "reaches"),
    [
        (AGENT, "borealis", "a1", True),
        (AGENT, "other", "a1", False),
        (CUSTOMER, "borealis", "a1", True),
        (CUSTOMER, "borealis", "a2", False),
        (CUSTOMER, "other", "a1", False),
        (Actor(ActorKind.CUSTOMER, "nobody"), "borealis", "a1", False),
        (RELAYED, "other", "a2", True),
        (system_actor("payments"), "other", "a2", True),
    ],
)
def test_how_far_an_actor_reaches(actor: Actor, seller_id: str, account_id: str, reaches: bool) -> None:
    assert actor.reaches(seller_id=seller_id, account_id=account_id) is reaches


def test_what_an_actor_may() -> None:
    assert AGENT.may(ANY) and not CUSTOMER.may(ANY)
    assert all(system_actor("payments").may(permission) for permission in Permission)


def test_an_actor_is_named_by_kind_and_id() -> None:
    assert (str(AGENT), str(system_actor("payments"))) == ("agent:7f2", "system:payments")


def test_a_refusal_carries_its_facts_and_a_missing_copy_its_name() -> None:
    assert NotFound("there is no x", key="x").facts == {"key": "x"}
    assert isinstance(NotFound("x"), Refusal)
    missing = NotYetKnown("account", "a1")
    assert (missing.what, missing.key, str(missing)) == ("account", "a1", "account a1 is not known here yet")
    assert not isinstance(missing, Refusal)


def test_a_token_that_lists_accounts_names_no_other() -> None:
    customer = Actor(kind=ActorKind.CUSTOMER, subject="c", sellers=frozenset({"aurora"}), accounts=frozenset({"mine"}))
    agent = Actor(kind=ActorKind.AGENT, subject="a", sellers=frozenset({"aurora"}), accounts=None)
    assert (customer.names("mine"), customer.names("other"), agent.names("other")) == (True, False, True)
    assert system_actor("payments").names("other")
