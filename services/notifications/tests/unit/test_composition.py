"""Every event of the house is decided once, and what is decided can be done."""

from __future__ import annotations

from typing import get_args

import pytest
from saldo_contracts.catalogue import HEARS
from saldo_contracts.events import EVENTS, DeclineReason, Event, LicenceAssigned, PaymentFailed
from saldo_contracts.examples import example_envelope, example_of
from saldo_notifications.adapters.catalogues import texts
from saldo_notifications.application.composition import (
    COMPOSITION,
    TELLING,
    Nobody,
    Planned,
    Tell,
    To,
    named_contact,
)
from saldo_notifications.bootstrap import NAME
from saldo_notifications.domain.account import Account, Recipient
from saldo_notifications.entrypoints.telling import tell

NOT_TEMPLATES = {"greeting", "words"}
ASKS_FOR_A_CONTACT = (To.CONTACT, To.CONTACT_OR_RECIPIENTS, To.CONTACT_OR_PRIMARY)


def test_every_event_of_the_catalogue_is_in_the_table_once() -> None:
    assert set(COMPOSITION) == set(EVENTS.values())


def test_what_we_tell_of_the_catalogue_says_we_hear() -> None:
    told = {kind for kind, rule in COMPOSITION.items() if isinstance(rule, Tell | Planned)}
    assert told <= HEARS[NAME]


def test_silence_has_a_reason() -> None:
    assert all(rule.because.strip() for rule in COMPOSITION.values() if isinstance(rule, Nobody))


def test_templates_are_written_for_exactly_what_is_told() -> None:
    written = {file.name.removesuffix(".jinja") for file in (texts() / "mails").iterdir()} - NOT_TEMPLATES
    assert written == {rule.template for _, rule in TELLING.values()}
    planned = [rule.template for rule in COMPOSITION.values() if isinstance(rule, Planned)]
    assert not written.intersection(planned)
    assert len(planned) == len(set(planned))


@pytest.mark.parametrize("kind", [kind for kind, rule in COMPOSITION.items() if isinstance(rule, Tell | Planned)])
def test_a_rule_that_asks_for_a_contact_finds_it_in_its_event(kind: type[Event]) -> None:
    rule = COMPOSITION[kind]
    assert isinstance(rule, Tell | Planned)
    if rule.to in ASKS_FOR_A_CONTACT:
        field = kind.model_fields[rule.contact if isinstance(rule, Tell) else "contact_id"]
        named_always = type(None) not in get_args(field.annotation)
        assert named_always == (rule.to is To.CONTACT)


@pytest.mark.parametrize("kind", [kind for kind, _ in TELLING.values()])
def test_every_told_event_becomes_a_command(kind: type[Event]) -> None:
    event, envelope = example_of(kind), example_envelope(kind)
    command = tell(event, envelope)
    assert command is not None
    assert (command.event_id, command.event_type) == (envelope.id, kind.type_)
    assert kind.from_bytes(command.facts.encode()) == event
    assert command.contact_id == named_contact(TELLING[kind.type_][1], event)


def test_a_payment_that_nobody_owed_any_more_is_no_news() -> None:
    ended = example_of(PaymentFailed).model_copy(update={"reason": DeclineReason.NO_LONGER_OWED})
    assert tell(ended, example_envelope(PaymentFailed)) is None


def test_a_planned_mail_is_not_heard_yet() -> None:
    assert isinstance(COMPOSITION[LicenceAssigned], Planned)
    assert LicenceAssigned.type_ not in TELLING


def account(*recipients: Recipient, billing_contact_id: str | None = None) -> Account:
    return Account("a", "borealis", "B-1", "en", "UTC", billing_contact_id, 1, recipients)


def test_the_invoice_recipients_are_the_list_and_without_one_the_profiles_contact() -> None:
    assert account(Recipient("r1", True), Recipient("r2", False)).invoice_recipients() == ("r1", "r2")
    assert account(Recipient("r1", True), Recipient("r1", False)).invoice_recipients() == ("r1",)
    assert account(billing_contact_id="c").invoice_recipients() == ("c",)
    assert account().invoice_recipients() == ()


def test_who_answers_for_the_account_is_the_profiles_contact_else_the_primary_recipient() -> None:
    assert account(Recipient("r1", False), Recipient("r2", True)).primary() == ("r2",)
    assert account(Recipient("r2", True), billing_contact_id="c").primary() == ("c",)
    assert account(Recipient("r1", False), Recipient("r2", False)).primary() == ("r1",)
    assert account().primary() == ()
