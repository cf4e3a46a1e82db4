"""The use cases on a unit of work in memory."""

from __future__ import annotations

from datetime import timedelta

import pytest
from saldo_contracts.events import (
    InvoiceIssued,
    NotificationFailed,
    NotificationSent,
    PaymentMethodValidated,
    PaymentSucceeded,
)
from saldo_contracts.examples import example_of
from saldo_notifications.application.address_notice import AddressNotice, AddressNoticeHandler
from saldo_notifications.application.announcements import announce
from saldo_notifications.application.claim_notice import ClaimNotice, ClaimNoticeHandler, DeliveryTerms
from saldo_notifications.application.compose_notices import ComposeNotices, ComposeNoticesHandler
from saldo_notifications.application.deliver_notice import DeliverNotice
from saldo_notifications.application.erase_contact import EraseContact, EraseContactHandler
from saldo_notifications.application.ports import AddressUnusable, Letter, LetterFaulty, Mail
from saldo_notifications.application.record_account import (
    RecordAccount,
    RecordAccountHandler,
    RecordRecipients,
    RecordRecipientsHandler,
)
from saldo_notifications.application.record_contact import RecordContact, RecordContactHandler
from saldo_notifications.application.retry_notice import RetryNotice, RetryNoticeHandler
from saldo_notifications.application.settle_notice import SettleNotice, SettleNoticeHandler
from saldo_notifications.application.take_up_waiting_notice import TakeUpWaitingNotice, TakeUpWaitingNoticeHandler
from saldo_notifications.domain.account import Account
from saldo_notifications.domain.answers import Failure, ServerAnswer, Stage
from saldo_notifications.domain.contact import Contact
from saldo_notifications.domain.errors import IllegalTransition, NotDueYet
from saldo_notifications.domain.notice import Notice, NoticeState, notice_id
from saldo_notifications.domain.retries import RetryPlan
from saldo_work import Answer, Cause, NotFound, NotYetKnown

from services.notifications.tests.unit.fake_work import (
    BUSINESS_NOW,
    MACHINE_NOW,
    TRACEPARENT,
    FakeWork,
    MachineClock,
    agent,
)

ACCOUNT = "0190b0a0-0000-7000-8000-00000000000a"
ANNA = "0190b0a0-0000-7000-8000-0000000000a1"
BEN = "0190b0a0-0000-7000-8000-0000000000b2"
EVENT = "0190b0a0-0000-7000-8000-0000000000e1"
TERMS = DeliveryTerms(
    lease=timedelta(minutes=3), contact_wait=timedelta(hours=1), retries=RetryPlan((timedelta(minutes=1),))
)


class Sellers:
    """English is the seller's language, and there are texts in German and English."""

    def language(self, seller_id: str, *wishes: str | None) -> str:
        return next((wish for wish in wishes if wish is not None and wish[:2] in ("de", "en")), "en")


async def opened(work: FakeWork, *recipients: str, owner: str | None = None, language: str = "en") -> None:
    await RecordAccountHandler().handle(
        RecordAccount(ACCOUNT, "borealis", "B-1001", language, "Europe/Berlin", owner, 1), work
    )
    if recipients:
        pairs = tuple((contact, number == 0) for number, contact in enumerate(recipients))
        await RecordRecipientsHandler().handle(RecordRecipients(ACCOUNT, pairs, 2), work)


async def introduced(work: FakeWork, contact: str, *, version: int = 1, **changed: str | None) -> None:
    facts: dict[str, str | None] = {"email": f"{contact}@c.example", "name": "Anna", "language": None, **changed}
    assert facts["email"] is not None
    await RecordContactHandler().handle(
        RecordContact(contact, ACCOUNT, "borealis", facts["email"], facts["name"], facts["language"], version), work
    )


async def erased(work: FakeWork, contact: str, *, version: int = 9) -> None:
    await EraseContactHandler().handle(EraseContact(contact, ACCOUNT, "borealis", version, BUSINESS_NOW), work)


async def told(
    work: FakeWork, kind: type = PaymentSucceeded, *, contact: str | None = None, event: str = EVENT
) -> list[Notice]:
    command = ComposeNotices(event, kind.type_, ACCOUNT, contact, example_of(kind).to_bytes().decode())  # type: ignore[attr-defined]
    await ComposeNoticesHandler(machine=MachineClock(), contact_wait=TERMS.contact_wait).handle(command, work)
    return sorted(work.notices(), key=lambda notice: notice.contact_id or "")


async def claimed(work: FakeWork, notice: Notice, machine: MachineClock | None = None) -> Answer:
    handler = ClaimNoticeHandler(machine=machine or MachineClock(), sellers=Sellers(), terms=TERMS)
    assert notice.contact_id is not None
    return await handler.handle(ClaimNotice(notice.notice_id, notice.contact_id), work)


def retrying(machine: MachineClock | None = None) -> RetryNoticeHandler:
    return RetryNoticeHandler(machine=machine or MachineClock(), contact_wait=TERMS.contact_wait)


def only(work: FakeWork) -> Notice:
    (notice,) = work.notices()
    return notice


# -- copies ----------------------------------------------------------------------------------------------------------


async def test_an_older_profile_or_list_changes_nothing() -> None:
    work = FakeWork()
    await opened(work, ANNA)
    await RecordAccountHandler().handle(RecordAccount(ACCOUNT, "borealis", "B-9", "de", "UTC", BEN, 1), work)
    await RecordRecipientsHandler().handle(RecordRecipients(ACCOUNT, ((BEN, True),), 2), work)
    account = work.rows[Account, ACCOUNT]
    assert (account.number, account.invoice_recipients()) == ("B-1001", (ANNA,))


async def test_a_newer_profile_keeps_the_list_and_a_newer_list_the_profile() -> None:
    work = FakeWork()
    await opened(work, ANNA)
    await RecordAccountHandler().handle(RecordAccount(ACCOUNT, "borealis", "B-1001", "de", "UTC", BEN, 3), work)
    await RecordRecipientsHandler().handle(RecordRecipients(ACCOUNT, ((BEN, True), (ANNA, False)), 4), work)
    account = work.rows[Account, ACCOUNT]
    assert (account.language, account.invoice_recipients(), account.primary()) == ("de", (BEN, ANNA), (BEN,))


async def test_a_list_waits_for_its_account() -> None:
    with pytest.raises(NotYetKnown):
        await RecordRecipientsHandler().handle(RecordRecipients(ACCOUNT, ((ANNA, True),), 2), FakeWork())


async def test_an_older_snapshot_of_a_contact_changes_nothing() -> None:
    work = FakeWork()
    await introduced(work, ANNA, version=2, email="new@c.example")
    await introduced(work, ANNA, version=1, email="old@c.example")
    assert work.rows[Contact, ANNA].email == "new@c.example"


async def test_an_erased_contact_does_not_come_back() -> None:
    work = FakeWork()
    await introduced(work, ANNA)
    await erased(work, ANNA, version=5)
    await introduced(work, ANNA, version=7)
    contact = work.rows[Contact, ANNA]
    assert (contact.email, contact.name, contact.language, contact.erased) == (None, None, None, True)


async def test_an_erasure_that_comes_first_keeps_the_contact_out() -> None:
    work = FakeWork()
    await erased(work, ANNA)
    await introduced(work, ANNA)
    assert work.rows[Contact, ANNA].email is None


# -- composing -------------------------------------------------------------------------------------------------------


async def test_each_recipient_gets_a_notice_that_holds_the_fact_the_account_and_the_trace() -> None:
    work = FakeWork()
    await opened(work, ANNA, BEN, language="de")
    first, second = await told(work, InvoiceIssued)
    assert [first.contact_id, second.contact_id] == [ANNA, BEN]
    assert first.notice_id == notice_id(EVENT, ANNA, template="invoice-issued")
    assert first.facts == example_of(InvoiceIssued).to_bytes().decode()
    assert (first.account_number, first.account_language, first.time_zone) == ("B-1001", "de", "Europe/Berlin")
    assert (first.traceparent, first.composed_at, first.recorded_at) == (TRACEPARENT, BUSINESS_NOW, MACHINE_NOW)
    assert (first.state, first.next_try_at) == (NoticeState.QUEUED, MACHINE_NOW)


async def test_the_contact_that_the_event_names_is_told_and_not_the_owner() -> None:
    work = FakeWork()
    await opened(work, ANNA, owner=ANNA)
    (notice,) = await told(work, PaymentMethodValidated, contact=BEN)
    assert notice.contact_id == BEN


async def test_a_payment_names_its_receipts_contact_or_nobody() -> None:
    work = FakeWork()
    await opened(work, ANNA)
    assert [notice.contact_id for notice in await told(work, contact=BEN)] == [BEN]
    work = FakeWork()
    await opened(work, ANNA)
    assert [notice.contact_id for notice in await told(work)] == [ANNA]


async def test_a_fact_that_comes_before_the_recipients_waits_and_each_of_them_is_told_when_they_come() -> None:
    work, machine = FakeWork(), MachineClock()
    await opened(work)
    (waiting,) = await told(work, InvoiceIssued)
    assert (waiting.state, waiting.contact_id) == (NoticeState.WAITING_FOR_CONTACT, None)
    address = AddressNotice(waiting.notice_id, EVENT, ACCOUNT)
    with pytest.raises(NotDueYet):
        await AddressNoticeHandler(machine).handle(address, work)
    await RecordRecipientsHandler().handle(RecordRecipients(ACCOUNT, ((ANNA, True), (BEN, False)), 2), work)
    await AddressNoticeHandler(machine).handle(address, work)
    notices = work.notices()
    assert {notice.contact_id for notice in notices} == {ANNA, BEN}
    assert {notice.state for notice in notices} == {NoticeState.QUEUED}
    assert {notice.notice_id for notice in notices} == {
        notice_id(EVENT, contact, template="invoice-issued") for contact in (ANNA, BEN)
    }
    assert {(notice.version, notice.traceparent) for notice in notices} == {(1, TRACEPARENT)}


async def test_recipients_that_never_come_end_the_notice_and_an_agent_lets_it_wait_anew() -> None:
    work, machine = FakeWork(), MachineClock()
    await opened(work)
    (waiting,) = await told(work, InvoiceIssued)
    machine.advance(hours=1)
    await AddressNoticeHandler(machine).handle(AddressNotice(waiting.notice_id, EVENT, ACCOUNT), work)
    assert (only(work).state, only(work).failure) == (NoticeState.FAILED, Failure.CONTACT_UNKNOWN)
    (event,) = announce(only(work), work.told[-1])
    assert isinstance(event, NotificationFailed)
    assert (event.contact_id, event.final) == (None, True)
    work.cause = Cause("request-1", agent())
    retry = retrying(machine)
    answer = await retry.handle(RetryNotice(ACCOUNT, waiting.notice_id), work)
    assert answer is not None
    assert answer["state"] == "waiting_for_contact"
    await RecordRecipientsHandler().handle(RecordRecipients(ACCOUNT, ((ANNA, True),), 2), work)
    await AddressNoticeHandler(machine).handle(AddressNotice(waiting.notice_id, EVENT, ACCOUNT), work)
    assert (only(work).contact_id, only(work).state) == (ANNA, NoticeState.QUEUED)


async def test_a_fact_waits_for_its_accounts_copy() -> None:
    with pytest.raises(NotYetKnown):
        await told(FakeWork())


async def test_a_repeat_of_a_fact_makes_no_second_notice_and_does_not_touch_the_first() -> None:
    work = FakeWork()
    await opened(work, ANNA)
    (first,) = await told(work)
    (again,) = await told(work)
    assert (again.notice_id, again.version) == (first.notice_id, first.version)


# -- delivering ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contact", "account", "used"),
    [("de-AT", "en", "de-AT"), (None, "de", "de"), ("fr", "de", "de"), ("fr", "it", "en")],
)
async def test_the_language_is_the_recipients_then_the_accounts_then_the_sellers(
    contact: str | None, account: str, used: str
) -> None:
    work = FakeWork()
    await opened(work, ANNA, language=account)
    await introduced(work, ANNA, language=contact)
    (notice,) = await told(work)
    answer = await claimed(work, notice)
    assert answer is not None
    assert (answer["language"], only(work).language) == (used, used)


async def test_a_claim_answers_all_that_a_letter_needs() -> None:
    work = FakeWork()
    await opened(work, ANNA)
    await introduced(work, ANNA)
    (notice,) = await told(work)
    letters, mailer = Letters(), Mailer(ServerAnswer(Stage.CONTENT, 250, "kept for anna@c.example"))
    settle = await DeliverNotice(letters=letters, mailer=mailer)(await claimed(work, notice))
    assert settle == SettleNotice(notice.notice_id, 1, "content", 250, "kept for <address>")
    assert letters.written == [
        Letter(
            notice_id=notice.notice_id,
            seller_id="borealis",
            event_type=PaymentSucceeded.type_,
            facts=notice.facts,
            template="payment-succeeded",
            language="en",
            account_number="B-1001",
            time_zone="Europe/Berlin",
            name="Anna",
            email=f"{ANNA}@c.example",
            written_at=MACHINE_NOW,
        )
    ]


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (LetterFaulty("x: UndefinedError"), Failure.TEMPLATE_FAULTY),
        (AddressUnusable("none"), Failure.RECIPIENT_REFUSED),
    ],
)
async def test_a_letter_that_cannot_be_written_or_addressed_never_reaches_the_server(
    fault: Exception, failure: Failure
) -> None:
    work = FakeWork()
    await opened(work, ANNA)
    await introduced(work, ANNA)
    (notice,) = await told(work)
    mailer = Mailer(ServerAnswer(Stage.CONTENT, 250, ""))
    settle = await DeliverNotice(letters=Letters(fault), mailer=mailer)(await claimed(work, notice))
    assert mailer.sent == []
    assert settle is not None
    await SettleNoticeHandler(machine=MachineClock(), retries=TERMS.retries).handle(settle, work)
    assert (only(work).state, only(work).failure) == (NoticeState.FAILED, failure)


async def test_nothing_is_delivered_where_the_claim_found_nothing() -> None:
    mailer = Mailer(ServerAnswer(Stage.CONTENT, 250, ""))
    assert await DeliverNotice(letters=Letters(), mailer=mailer)(None) is None
    assert mailer.sent == []


async def test_a_claimed_notice_is_not_claimed_twice() -> None:
    work = FakeWork()
    await opened(work, ANNA)
    await introduced(work, ANNA)
    (notice,) = await told(work)
    await claimed(work, notice)
    with pytest.raises(NotDueYet):
        await claimed(work, notice)


# -- waiting for a contact -------------------------------------------------------------------------------------------


async def test_a_notice_without_its_contact_waits_and_is_released_by_the_contact() -> None:
    work, machine = FakeWork(), MachineClock()
    await opened(work, ANNA)
    (notice,) = await told(work)
    assert await claimed(work, notice, machine) is None
    assert only(work).state is NoticeState.WAITING_FOR_CONTACT
    take_up = TakeUpWaitingNoticeHandler(machine)
    with pytest.raises(NotDueYet):
        await take_up.handle(TakeUpWaitingNotice(notice.notice_id, ANNA), work)
    await introduced(work, ANNA)
    await take_up.handle(TakeUpWaitingNotice(notice.notice_id, ANNA), work)
    assert only(work).state is NoticeState.QUEUED
    assert await claimed(work, notice, machine) is not None


async def test_a_notice_whose_contact_never_comes_fails_at_its_limit() -> None:
    work, machine = FakeWork(), MachineClock()
    await opened(work, ANNA)
    (notice,) = await told(work)
    await claimed(work, notice, machine)
    machine.advance(hours=1)
    await TakeUpWaitingNoticeHandler(machine).handle(TakeUpWaitingNotice(notice.notice_id, ANNA), work)
    assert (only(work).state, only(work).failure) == (NoticeState.FAILED, Failure.CONTACT_UNKNOWN)


# -- erasure ---------------------------------------------------------------------------------------------------------


async def test_an_erasure_gives_up_every_open_notice_of_the_person_and_no_other() -> None:
    work = FakeWork()
    await opened(work, ANNA, BEN)
    await introduced(work, ANNA)
    await introduced(work, BEN)
    annas, bens = await told(work, InvoiceIssued)
    await erased(work, ANNA)
    assert work.rows[Notice, annas.notice_id].failure is Failure.CONTACT_ERASED
    assert work.rows[Notice, bens.notice_id].state is NoticeState.QUEUED


async def test_a_fact_told_after_the_erasure_is_logged_and_not_sent() -> None:
    work = FakeWork()
    await opened(work, ANNA)
    await erased(work, ANNA)
    (notice,) = await told(work)
    assert await claimed(work, notice) is None
    assert (only(work).state, only(work).failure) == (NoticeState.FAILED, Failure.CONTACT_ERASED)


# -- settling and retrying -------------------------------------------------------------------------------------------


async def test_what_came_of_a_notice_is_told_with_ids_only() -> None:
    work = FakeWork()
    await opened(work, ANNA)
    await introduced(work, ANNA)
    (notice,) = await told(work)
    await claimed(work, notice)
    settle = SettleNotice(notice.notice_id, 1, "recipient", 451, "later")
    await SettleNoticeHandler(machine=MachineClock(), retries=TERMS.retries).handle(settle, work)
    (failed,) = work.told
    (event,) = announce(only(work), failed)
    assert isinstance(event, NotificationFailed)
    assert (event.final, event.reason, event.attempts, event.contact_id) == (False, "recipient_refused", 1, ANNA)
    assert event.next_try_at is not None
    assert event.next_try_at >= MACHINE_NOW + timedelta(minutes=1)
    assert b"@" not in event.to_bytes()


async def test_an_agent_sends_a_failed_notice_again_and_it_is_told_as_sent() -> None:
    work = FakeWork()
    await opened(work, ANNA)
    await introduced(work, ANNA)
    (notice,) = await told(work)
    settling = SettleNoticeHandler(machine=MachineClock(), retries=TERMS.retries)
    await claimed(work, notice)
    await settling.handle(SettleNotice(notice.notice_id, 1, "recipient", 550, "never"), work)
    work.cause = Cause("request-1", agent())
    answer = await retrying().handle(RetryNotice(ACCOUNT, notice.notice_id), work)
    assert answer is not None
    assert answer["state"] == "queued"
    await claimed(work, notice)
    await settling.handle(SettleNotice(notice.notice_id, 2, "content", 250, "kept"), work)
    (event,) = announce(only(work), work.told[-1])
    assert isinstance(event, NotificationSent)
    assert (event.attempts, event.sent_at) == (2, BUSINESS_NOW)


async def test_a_notice_that_has_not_failed_is_not_retried() -> None:
    work = FakeWork()
    await opened(work, ANNA)
    (notice,) = await told(work)
    work.cause = Cause("request-1", agent())
    with pytest.raises(IllegalTransition):
        await retrying().handle(RetryNotice(ACCOUNT, notice.notice_id), work)


async def test_a_notice_of_another_account_or_seller_is_not_there() -> None:
    work = FakeWork()
    await opened(work, ANNA)
    (notice,) = await told(work)
    handler = retrying()
    work.cause = Cause("request-1", agent())
    with pytest.raises(NotFound):
        await handler.handle(RetryNotice(BEN, notice.notice_id), work)
    work.cause = Cause("request-2", agent(sellers=frozenset({"aurora"})))
    with pytest.raises(NotFound):
        await handler.handle(RetryNotice(ACCOUNT, notice.notice_id), work)


class Letters:
    """Remembers what it wrote."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.written: list[Letter] = []
        self._fault = fault

    def write(self, letter: Letter) -> Mail:
        if self._fault is not None:
            raise self._fault
        self.written.append(letter)
        return Mail("<id@borealis.example>", "billing@borealis.example", letter.email, b"")


class Mailer:
    """Answers always the same."""

    def __init__(self, answer: ServerAnswer) -> None:
        self.sent: list[Mail] = []
        self._answer = answer

    async def send(self, mail: Mail) -> ServerAnswer:
        self.sent.append(mail)
        return self._answer
