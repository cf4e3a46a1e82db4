"""What the mail server does wrong, what becomes of the notice, and what its log says."""

from __future__ import annotations

from uuid import uuid4

import pytest
from saldo_contracts.events import NotificationFailed, NotificationSent, PaymentSucceeded
from saldo_contracts.permissions import Permission
from saldo_testkit.harness import Harness
from saldo_testkit.tokens import TokenIssuer

from services.notifications.tests.component.customer import Customer, Person, person
from services.notifications.tests.mail_box import MailBox


@pytest.fixture
async def anna(customer: Customer) -> Person:
    """The one recipient of the customer's mails, known here."""
    one = person()
    await customer.opened(one)
    await customer.introduces(one)
    return one


async def test_a_server_that_says_later_is_asked_again(
    service: Harness, customer: Customer, anna: Person, mail_box: MailBox
) -> None:
    await mail_box.faults(refuse_next=2, refuse_code=451, refuse_to=anna.email)
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    await mail_box.wait_for(anna.email)
    sent = await service.observer.one(NotificationSent, where=customer.owns)
    failures = service.observer.of(NotificationFailed, where=customer.owns)
    assert sent.attempts == 3
    assert [(failed.reason, failed.final, failed.attempts) for failed in failures] == [
        ("recipient_refused", False, 1),
        ("recipient_refused", False, 2),
    ]


async def test_a_server_that_says_later_for_ever_ends_the_notice(
    service: Harness, customer: Customer, anna: Person, mail_box: MailBox
) -> None:
    await mail_box.faults(refuse_next=1_000, refuse_code=451, refuse_to=anna.email)
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    last = await service.observer.one(NotificationFailed, where=lambda told: customer.owns(told) and told.final)
    assert (last.reason, last.attempts) == ("attempts_exhausted", 4)


async def test_a_refusal_for_good_is_final_until_an_agent_sends_it_again(
    service: Harness, customer: Customer, anna: Person, mail_box: MailBox, token_issuer: TokenIssuer
) -> None:
    await mail_box.faults(refuse_next=1, refuse_code=550, refuse_to=anna.email)
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    failed = await service.observer.one(NotificationFailed, where=customer.owns)
    assert (failed.reason, failed.final) == ("recipient_refused", True)
    path = f"/v1/accounts/{customer.account_id}/notices/{failed.notice_id}"
    async with service.client(token_issuer.issue()) as agent:
        shown = (await agent.get(path)).json()
        assert (shown["state"], shown["failure"]) == ("failed", "recipient_refused")
        assert shown["server_answer"] == {"code": 550, "text": "5.1.1 not accepted here"}
        key = {"Idempotency-Key": str(uuid4())}
        first = await agent.post(f"{path}/retry", headers=key)
        repeat = await agent.post(f"{path}/retry", headers=key)
        assert (first.status_code, first.json()["state"]) == (202, "queued")
        assert (repeat.status_code, repeat.json()) == (202, first.json())
        assert repeat.headers["Idempotency-Replayed"] == "true"
    (mail,) = await mail_box.wait_for(anna.email)
    sent = await service.observer.one(NotificationSent, where=customer.owns)
    assert (mail["message_id"], sent.attempts) == (f"<{failed.notice_id}@borealis.example>", 2)


@pytest.mark.parametrize("kept", [True, False])
async def test_a_mail_cut_off_in_the_middle_is_sent_again_under_its_message_id(
    service: Harness,
    customer: Customer,
    anna: Person,
    mail_box: MailBox,
    token_issuer: TokenIssuer,
    kept: bool,
) -> None:
    await mail_box.faults(drop_next=1, drop_keeps=kept)
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    mails = await mail_box.wait_for(anna.email, count=2 if kept else 1)
    sent = await service.observer.one(NotificationSent, where=customer.owns)
    assert {mail["message_id"] for mail in mails} == {f"<{sent.notice_id}@borealis.example>"}
    async with service.client(token_issuer.customer(customer.account_id)) as client:
        (shown,) = (await client.get(f"/v1/accounts/{customer.account_id}/notices")).json()["items"]
    assert (shown["attempts"], shown["doubtful_attempts"], shown["state"]) == (2, 1, "sent")


async def test_a_slow_server_is_waited_for(
    service: Harness, customer: Customer, anna: Person, mail_box: MailBox
) -> None:
    await mail_box.faults(slow_ms=500)
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    await mail_box.wait_for(anna.email)
    assert (await service.observer.one(NotificationSent, where=customer.owns)).attempts == 1


async def test_a_notice_whose_worker_died_is_taken_up_when_its_lease_runs_out(
    service: Harness, customer: Customer, anna: Person, mail_box: MailBox
) -> None:
    await mail_box.faults(refuse_next=1, refuse_code=550, refuse_to=anna.email)
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    failed = await service.observer.one(NotificationFailed, where=customer.owns)
    await service.runtime.database.pool.execute(
        "update notices set state = 'claimed', claim = 1, failure = null, "
        "lease_until = clock_timestamp() - interval '1 second' where notice_id = $1",
        failed.notice_id,
    )
    sent = await service.observer.one(NotificationSent, where=customer.owns)
    assert (sent.notice_id, sent.attempts) == (failed.notice_id, 2)
    assert len(await mail_box.wait_for(anna.email)) == 1


# -- the log over HTTP -----------------------------------------------------------------------------------------------


async def test_the_log_shows_what_was_told_to_whom_with_its_proof_and_no_address(
    service: Harness, customer: Customer, anna: Person, mail_box: MailBox, token_issuer: TokenIssuer
) -> None:
    facts = [await customer.tells(PaymentSucceeded, receipt_contact_id=None) for _ in range(3)]
    await service.observer.expect(NotificationSent, count=3, where=customer.owns)
    mails = {mail["message_id"]: mail for mail in await mail_box.wait_for(anna.email, count=3)}
    read = []
    async with service.client(token_issuer.customer(customer.account_id)) as client:
        query: dict[str, str | int] = {"limit": 2}
        while True:
            answer = await client.get(f"/v1/accounts/{customer.account_id}/notices", params=query)
            assert answer.status_code == 200
            assert "@customer.example" not in answer.text
            assert str(anna.name) not in answer.text
            read += answer.json()["items"]
            if answer.json()["next"] is None:
                break
            query["after"] = answer.json()["next"]
    assert {shown["event_id"] for shown in read} == {fact.id for fact in facts}
    assert len(read) == 3
    for shown in read:
        assert (shown["event_type"], shown["template"]) == ("billing.payment.succeeded.v1", "payment-succeeded")
        assert (shown["contact_id"], shown["state"], shown["channel"]) == (anna.contact_id, "sent", "email")
        assert shown["server_answer"]["code"] == 250
        assert shown["server_answer"]["text"].endswith(f"kept as {mails[shown['message_id']]['id']}")
        assert shown["sent_at"] is not None


async def test_the_log_is_closed_to_others(
    service: Harness, customer: Customer, anna: Person, mail_box: MailBox, token_issuer: TokenIssuer
) -> None:
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    sent = await service.observer.one(NotificationSent, where=customer.owns)
    log = f"/v1/accounts/{customer.account_id}/notices"
    one, retry = f"{log}/{sent.notice_id}", f"{log}/{sent.notice_id}/retry"
    key = {"Idempotency-Key": str(uuid4())}
    async with service.client() as nobody:
        assert (await nobody.get(log)).status_code == 401
    async with service.client(token_issuer.customer(str(uuid4()))) as stranger:
        assert [(await stranger.get(path)).status_code for path in (log, one)] == [404, 404]
        assert (await stranger.post(retry, headers=key)).status_code == 403
    async with service.client(token_issuer.issue(sellers=["aurora"])) as other_sellers_agent:
        assert [(await other_sellers_agent.get(path)).status_code for path in (log, one)] == [404, 404]
        assert (await other_sellers_agent.post(retry, headers=key)).status_code == 404
    async with service.client(token_issuer.issue(permissions=[Permission.QUOTES_VIEW])) as unpermitted:
        assert [(await unpermitted.get(path)).status_code for path in (log, one)] == [403, 403]
    async with service.client(token_issuer.issue()) as agent:
        assert (await agent.get(one)).status_code == 200
        assert (await agent.get(f"{log}/{uuid4()}")).status_code == 404
        assert (await agent.get(f"/v1/accounts/{uuid4()}/notices")).status_code == 404
        assert (await agent.post(retry)).status_code == 400


async def test_a_notice_that_did_not_fail_is_not_sent_again(
    service: Harness, customer: Customer, anna: Person, mail_box: MailBox, token_issuer: TokenIssuer
) -> None:
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    sent = await service.observer.one(NotificationSent, where=customer.owns)
    async with service.client(token_issuer.issue()) as agent:
        refused = await agent.post(
            f"/v1/accounts/{customer.account_id}/notices/{sent.notice_id}/retry",
            headers={"Idempotency-Key": str(uuid4())},
        )
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal-transition")
    assert refused.json()["state"] == "sent"
    await service.settled()
    assert len(await mail_box.now(anna.email)) == 1
