"""The table of who tells and who hears: whole, and in agreement with the topics."""

import pytest
from saldo_contracts import events as e
from saldo_contracts.catalogue import CATALOGUE, HEARS, heard_by, told_by, topic_for, topics_heard_by
from saldo_contracts.event import EVENTS_BY_NAME
from saldo_contracts.topics import CONTACT_OWNERS, SERVICES, USAGE, contacts_topic, public_topic


def test_every_event_has_tellers_a_topic_for_each_and_somebody_who_hears_it() -> None:
    for name, entry in CATALOGUE.items():
        assert entry.event is EVENTS_BY_NAME[name]
        assert entry.tellers and len(entry.tellers) == len(entry.topics)
        assert entry.consumers, name
        assert entry.topics == tuple(topic_for(entry.event, teller) for teller in entry.tellers)


def test_people_travel_on_contacts_topics_and_are_heard_by_two_services() -> None:
    for event in (e.ContactChanged, e.ContactErased):
        entry = CATALOGUE[event.__name__]
        assert entry.topics == tuple(contacts_topic(owner) for owner in CONTACT_OWNERS)
        assert entry.consumers == ("notifications", "portal")


def test_every_service_may_refuse_and_erase_under_its_own_name() -> None:
    for event in (e.AccessDenied, e.DataErased):
        assert CATALOGUE[event.__name__].tellers == SERVICES
        assert topic_for(event, "invoicing") == public_topic("invoicing")


def test_nobody_tells_what_is_anothers() -> None:
    with pytest.raises(KeyError):
        topic_for(e.InvoicePaid, "payments")
    with pytest.raises(KeyError):
        topic_for(e.ContactChanged, "notifications")


def test_portal_hears_every_fact_for_the_audit_view() -> None:
    assert set(heard_by("portal")) == {entry.event for entry in CATALOGUE.values()} - {e.UsageReported}


def test_payments_hears_all_that_changes_what_is_open_and_what_is_live() -> None:
    for event in EVENTS_BY_NAME.values():
        if "live_after" in event.model_fields:
            assert event in HEARS["payments"], event.__name__
    for event in (e.InvoiceIssued, e.PaymentApplied, e.InvoicePaid, e.InvoicePartiallyPaid, e.InvoiceReopened):
        assert event in HEARS["payments"]


def test_subscriptions_hears_all_that_changes_what_is_usable() -> None:
    for event in EVENTS_BY_NAME.values():
        if "qualifying_after" in event.model_fields:
            assert event in HEARS["subscriptions"], event.__name__


def test_every_event_that_touches_an_invoice_after_its_issue_says_what_is_open() -> None:
    for event in EVENTS_BY_NAME.values():
        if event.owner != "invoicing" or "invoice_id" not in event.model_fields:
            continue
        if event not in (e.InvoiceIssued, e.InvoiceDownloaded):  # downloads touch nothing
            assert "open_after" in event.model_fields, event.__name__


def test_told_and_heard_are_two_views_of_one_table() -> None:
    assert e.InvoiceIssued in told_by("invoicing")
    assert e.ContactChanged in told_by("portal") and e.ContactChanged not in told_by("notifications")
    assert USAGE in topics_heard_by("subscriptions") and USAGE not in topics_heard_by("portal")
    assert {topic.name for topic in topics_heard_by("payments")} == {
        "billing.invoicing.v1",
        "billing.portal.v1",
        "billing.subscriptions.v1",
    }
