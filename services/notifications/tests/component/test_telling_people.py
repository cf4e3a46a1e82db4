"""A fact arrives, a mail is in its recipients' boxes, and the house is told that it was sent."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from saldo_contracts.events import (
    InvoiceIssued,
    InvoiceOverdue,
    NotificationFailed,
    NotificationSent,
    PaymentFailed,
    PaymentMethodRejected,
    PaymentMethodValidated,
    PaymentSucceeded,
    ServiceReactivated,
    ServiceSuspended,
)
from saldo_testkit.harness import Harness

from services.notifications.tests.component.customer import Customer, person
from services.notifications.tests.mail_box import MailBox


async def test_a_payment_is_confirmed_to_every_invoice_recipient(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    anna, ben = person("Anna Schmidt", "de"), person("Ben", None)
    await customer.opened(anna, ben, language="en")
    await customer.introduces(anna)
    await customer.introduces(ben, owner="portal")
    fact = await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    (german,) = await mail_box.wait_for(anna.email)
    (english,) = await mail_box.wait_for(ben.email)
    assert german["subject"] == "Zahlung erhalten: 122,00 €"
    assert english["subject"] == "Payment received: €122.00"
    assert german["mail_from"] == "billing@borealis.example"
    assert "Guten Tag Anna Schmidt," in german["text"]
    assert "Guten Tag Anna Schmidt," in german["html"]
    told = await service.observer.expect(NotificationSent, count=2, where=customer.owns)
    assert {sent.contact_id for sent in told} == {anna.contact_id, ben.contact_id}
    assert {(sent.event_id, sent.template) for sent in told} == {(fact.id, "payment-succeeded")}
    assert {f"<{sent.notice_id}@borealis.example>" for sent in told} == {german["message_id"], english["message_id"]}


async def test_what_is_told_of_a_notice_holds_ids_only(service: Harness, customer: Customer, mail_box: MailBox) -> None:
    anna = person()
    await customer.opened(anna)
    await customer.introduces(anna)
    fact = await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    await service.observer.one(NotificationSent, where=customer.owns)
    (seen,) = [one for one in service.observer.seen if one.envelope.causation_id == fact.id]
    assert seen.topic == "billing.notifications.v1"
    body = seen.event.to_bytes().decode()
    assert anna.email not in body
    assert str(anna.name) not in body


@pytest.mark.requirement("IBM-12", "IBM-25")
async def test_a_method_is_confirmed_to_its_billing_contact_even_when_that_is_not_the_owner(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    owner, finance = person("The Owner"), person("Finance")
    await customer.opened(owner, owner=owner)
    await customer.introduces(owner)
    await customer.introduces(finance, owner="payments")
    await customer.tells(PaymentMethodValidated, contact_id=finance.contact_id)
    (mail,) = await mail_box.wait_for(finance.email)
    assert mail["subject"] == "Your payment method is confirmed"
    sent = await service.observer.one(NotificationSent, where=customer.owns)
    assert sent.contact_id == finance.contact_id
    await service.settled()
    assert await mail_box.now(owner.email) == []


@pytest.mark.requirement("SL-25")
async def test_every_change_of_a_methods_status_is_mailed_to_its_contact_once(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    owner, finance = person("The Owner"), person("Finance")
    await customer.opened(owner, owner=owner)
    await customer.introduces(owner)
    await customer.introduces(finance, owner="payments")
    await customer.tells(PaymentMethodValidated, contact_id=finance.contact_id)
    await customer.tells(PaymentMethodRejected, contact_id=finance.contact_id)
    mails = await mail_box.wait_for(finance.email, count=2)
    assert {mail["subject"] for mail in mails} == {
        "Your payment method is confirmed",
        "Your payment method could not be confirmed",
    }
    await service.observer.expect(NotificationSent, count=2, where=customer.owns)
    await service.settled()
    assert len(await mail_box.now(finance.email)) == 2
    assert await mail_box.now(owner.email) == []


async def test_one_invoice_gives_exactly_five_mails_and_none_to_a_removed_recipient(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    people = [person(f"Recipient {number}") for number in range(6)]
    await customer.opened(*people[:5])
    for one in people:
        await customer.introduces(one)
    await customer.recipients(people[5], *people[:4], version=3)
    await customer.tells(InvoiceIssued)
    await service.observer.expect(NotificationSent, count=5, where=customer.owns)
    await service.settled()
    counts = [len(await mail_box.now(one.email)) for one in people]
    assert counts == [1, 1, 1, 1, 0, 1]


async def test_a_declined_payment_an_overdue_invoice_and_the_services_are_told_in_the_sellers_name(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    german = replace(customer, seller_id="aurora")
    anna = person("Anna", None)
    await german.opened(anna, language="fr")
    await german.introduces(anna)
    await german.tells(PaymentFailed, contact_id=None)
    await german.tells(InvoiceOverdue)
    await german.tells(ServiceSuspended)
    await german.tells(ServiceReactivated)
    mails = await mail_box.wait_for(anna.email, count=4)
    assert {mail["subject"] for mail in mails} == {
        "Zahlung über 122,00 € fehlgeschlagen",
        "Rechnung INV-2026-000007 ist überfällig",
        "Ihre Dienste sind gesperrt",
        "Ihre Dienste stehen wieder bereit",
    }
    assert {mail["mail_from"] for mail in mails} == {"billing@aurora.example"}


async def test_duplicates_of_a_fact_give_one_mail(service: Harness, customer: Customer, mail_box: MailBox) -> None:
    anna = person()
    await customer.opened(anna)
    await customer.introduces(anna)
    await customer.tells(PaymentSucceeded, receipt_contact_id=None, times=3)
    await mail_box.wait_for(anna.email)
    await service.settled()
    assert len(await mail_box.now(anna.email)) == 1
    await service.observer.one(NotificationSent, where=customer.owns)


async def test_a_fact_that_comes_before_its_contact_waits_for_it(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    anna = person()
    await customer.opened(anna)
    await service.settled()  # two streams: told later, the recipients would be what the notice waits for
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    await customer.reaches("waiting_for_contact")
    await customer.introduces(anna)
    (mail,) = await mail_box.wait_for(anna.email)
    sent = await service.observer.one(NotificationSent, where=customer.owns)
    assert (mail["message_id"], sent.attempts) == (f"<{sent.notice_id}@borealis.example>", 1)


async def test_a_fact_that_comes_before_the_accounts_recipients_waits_for_them(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    anna, ben = person(), person("Ben")
    await customer.opened()
    await customer.introduces(anna)
    await customer.introduces(ben)
    await customer.tells(InvoiceIssued)
    await customer.reaches("waiting_for_contact")
    await customer.recipients(anna, ben, version=2)
    sent = await service.observer.expect(NotificationSent, count=2, where=customer.owns)
    assert {told.contact_id for told in sent} == {anna.contact_id, ben.contact_id}
    assert [len(await mail_box.now(one.email)) for one in (anna, ben)] == [1, 1]


async def test_a_fact_that_comes_before_its_account_waits_for_it(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    anna = person()
    await customer.introduces(anna)
    await customer.tells(PaymentSucceeded, receipt_contact_id=anna.contact_id)
    await customer.opened()
    await mail_box.wait_for(anna.email)
    assert await service.observer.one(NotificationSent, where=customer.owns)


async def test_a_contact_that_never_comes_ends_the_notice_at_its_limit(service: Harness, customer: Customer) -> None:
    anna = person()
    await customer.opened(anna)
    await service.settled()  # two streams: told later, the recipients would be what the notice waits for
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    await customer.reaches("waiting_for_contact")
    await service.runtime.database.pool.execute(
        "update notices set wait_until = clock_timestamp() - interval '1 second' where account_id = $1",
        customer.account_id,
    )
    failed = await service.observer.one(NotificationFailed, where=customer.owns)
    assert (failed.reason, failed.final, failed.next_try_at) == ("contact_unknown", True, None)


async def test_a_newer_address_is_used_and_an_older_one_that_comes_late_is_not(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    old = person()
    new = replace(old, email=f"new-{old.email}")
    await customer.opened(old)
    await customer.introduces(new, version=2)
    await customer.introduces(old, version=1)
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    await mail_box.wait_for(new.email)
    await service.settled()
    assert await mail_box.now(old.email) == []


async def test_a_type_that_nobody_knows_yet_is_stepped_over(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    anna = person()
    await customer.opened(anna)
    await customer.introduces(anna)
    await customer.tells_unknown("billing.payment.blessed.v1")
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    await mail_box.wait_for(anna.email)
    letters = await service.runtime.database.pool.fetchval("select count(*) from dead_letters")
    assert letters == 0


async def test_a_payment_with_a_contact_of_its_own_is_confirmed_there(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    anna, payer = person(), person("The Payer")
    await customer.opened(anna)
    await customer.introduces(anna)
    await customer.introduces(payer, owner="payments")
    await customer.tells(PaymentSucceeded, receipt_contact_id=payer.contact_id, payment_id=str(uuid4()))
    await mail_box.wait_for(payer.email)
    await service.settled()
    assert await mail_box.now(anna.email) == []
