"""The mailer against a real mail server, also one that misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest
from saldo_local.ports import free_port
from saldo_local.stack import Stack
from saldo_notifications.adapters.smtp_mailer import MAILS_PER_CONNECTION_MAX, SmtpMailer, SmtpServer
from saldo_notifications.application.ports import Mail
from saldo_notifications.domain.answers import Fate, Stage, judge

from services.notifications.tests.mail_box import MailBox
from services.notifications.tests.strict_server import StrictServer

MAIL_TIMEOUT_SECONDS = 15.0


def server_at(host: str, port: int) -> SmtpServer:
    return SmtpServer(
        host=host,
        port=port,
        security="none",
        username=None,
        password=None,
        ca_file=None,
        hello_name="notifications.test",
        timeout_seconds=MAIL_TIMEOUT_SECONDS,
        mail_timeout_seconds=MAIL_TIMEOUT_SECONDS,
        connections_max=2,
    )


def mail(to: str | None = None) -> Mail:
    recipient = to or f"{uuid4()}@customer.example"
    message_id = f"<{uuid4()}@borealis.example>"
    content = f"Message-ID: {message_id}\nTo: {recipient}\nSubject: Invoice\n\n.a line with a dot\nend\n"
    return Mail(message_id, "billing@borealis.example", recipient, content.encode())


@pytest.fixture
async def mailer(mail_sink: Stack) -> AsyncIterator[SmtpMailer]:
    made = SmtpMailer(server_at(mail_sink.smtp_host, mail_sink.smtp_port))
    yield made
    await made.close()


async def test_a_mail_arrives_whole_and_the_answer_is_the_proof(mailer: SmtpMailer, mail_box: MailBox) -> None:
    wanted = mail()
    answer = await mailer.send(wanted)
    (found,) = await mail_box.wait_for(wanted.recipient)
    assert (answer.stage, answer.code) == (Stage.CONTENT, 250)
    assert answer.text.endswith(f"kept as {found['id']}")
    assert (found["message_id"], found["mail_from"]) == (wanted.message_id, wanted.sender)
    assert found["text"].splitlines() == [".a line with a dot", "end"]


@pytest.mark.parametrize(("code", "fate"), [(451, Fate.LATER), (550, Fate.NEVER)])
async def test_a_refused_recipient_is_answered_and_the_next_mail_goes_out_on_the_same_connection(
    mailer: SmtpMailer, mail_box: MailBox, code: int, fate: Fate
) -> None:
    await mail_box.faults(refuse_next=1, refuse_code=code)
    refused, accepted = mail(), mail()
    answer = await mailer.send(refused)
    assert (answer.stage, answer.code, judge(answer).fate) == (Stage.RECIPIENT, code, fate)
    assert (await mailer.send(accepted)).code == 250
    assert await mail_box.now(refused.recipient) == []
    assert len(await mail_box.now(accepted.recipient)) == 1


@pytest.mark.parametrize("kept", [True, False])
async def test_a_connection_cut_after_the_content_is_a_doubt_and_nothing_is_repeated_by_itself(
    mailer: SmtpMailer, mail_box: MailBox, kept: bool
) -> None:
    await mail_box.faults(drop_next=1, drop_keeps=kept)
    wanted = mail()
    answer = await mailer.send(wanted)
    assert (answer.stage, answer.code, answer.in_doubt) == (Stage.CONTENT, None, True)
    assert judge(answer).fate is Fate.LATER
    assert len(await mail_box.now(wanted.recipient)) == int(kept)
    assert (await mailer.send(wanted)).code == 250
    ids = {found["message_id"] for found in await mail_box.now(wanted.recipient)}
    assert ids == {wanted.message_id}


async def test_a_server_that_takes_too_long_is_left_in_doubt_within_the_timeout(
    mail_sink: Stack, mail_box: MailBox
) -> None:
    made = SmtpMailer(replace(server_at(mail_sink.smtp_host, mail_sink.smtp_port), mail_timeout_seconds=2.0))
    await mail_box.faults(slow_ms=20_000)
    answer = await made.send(mail())
    assert (answer.stage, answer.code, answer.in_doubt) == (Stage.CONTENT, None, True)
    await mail_box.faults()
    assert (await made.send(mail())).code == 250
    await made.close()


async def test_no_more_connections_are_open_than_allowed_and_they_are_used_again(server: StrictServer) -> None:
    made = SmtpMailer(replace(server_at(server.host, server.port), connections_max=2))
    answers = await asyncio.gather(*(made.send(mail()) for _ in range(20)))
    assert {answer.code for answer in answers} == {250}
    assert server.connections_most == 2
    assert server.connections == 2
    await made.close()


async def test_a_connection_is_given_up_after_a_hundred_mails(server: StrictServer) -> None:
    made = SmtpMailer(replace(server_at(server.host, server.port), connections_max=1))
    for _ in range(MAILS_PER_CONNECTION_MAX + 1):
        assert (await made.send(mail())).code == 250
    assert server.connections == 2
    await made.close()


async def test_a_connection_that_died_while_idle_is_replaced_without_a_doubt(server: StrictServer) -> None:
    made = SmtpMailer(replace(server_at(server.host, server.port), connections_max=1))
    assert (await made.send(mail())).code == 250
    server.cut_all()
    assert (await made.send(mail())).code == 250
    assert (server.connections, server.mails) == (2, 2)
    await made.close()


async def test_a_server_that_closes_with_421_is_asked_again_on_a_fresh_connection(server: StrictServer) -> None:
    made = SmtpMailer(replace(server_at(server.host, server.port), connections_max=1))
    assert (await made.send(mail())).code == 250
    server.say_goodbye_at_next_sender = True
    assert (await made.send(mail())).code == 250
    assert server.connections == 2
    await made.close()


async def test_a_server_that_is_not_there_pauses_the_mailer_and_a_success_ends_that() -> None:
    made = SmtpMailer(server_at("127.0.0.1", free_port()))
    answer = await made.send(mail())
    assert (answer.stage, answer.code) == (Stage.CONNECT, None)
    assert judge(answer).fate is Fate.LATER
    assert made.paused
    assert await made.greeting(2.0) == "SMTPConnectError"


async def test_the_greeting_says_nothing_is_wrong(mailer: SmtpMailer) -> None:
    assert await mailer.greeting(2.0) is None


# -- STARTTLS and signing in -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signed:
    username: str | None
    password: str | None


async def test_a_mail_goes_over_starttls_after_signing_in(secure_server: StrictServer) -> None:
    made = SmtpMailer(secure(secure_server, Signed("saldo", "secret")))
    wanted = mail()
    assert (await made.send(wanted)).code == 250
    assert secure_server.over_tls == [True]
    assert await made.greeting(2.0) is None
    await made.close()


@pytest.mark.parametrize(
    ("change", "stage"),
    [
        (lambda server: secure(server, Signed("saldo", "wrong")), Stage.CONNECT),
        (lambda server: replace(secure(server, Signed("saldo", "secret")), ca_file=None), Stage.CONNECT),
        (lambda server: secure(server, Signed(None, None)), Stage.SENDER),
    ],
)
async def test_a_door_that_does_not_open_never_ends_a_notice(
    secure_server: StrictServer, change: Callable[[StrictServer], SmtpServer], stage: Stage
) -> None:
    made = SmtpMailer(change(secure_server))
    answer = await made.send(mail())
    assert answer.stage is stage
    assert judge(answer).fate is Fate.LATER
    assert secure_server.mails == 0


async def test_starttls_is_never_skipped(server: StrictServer) -> None:
    made = SmtpMailer(replace(server_at(server.host, server.port), security="starttls"))
    answer = await made.send(mail())
    assert (answer.stage, judge(answer).fate) == (Stage.CONNECT, Fate.LATER)
    assert server.mails == 0


def secure(server: StrictServer, signed: Signed) -> SmtpServer:
    return replace(
        server_at("localhost", server.port),
        security="starttls",
        ca_file=str(server.certificate),
        username=signed.username,
        password=signed.password,
    )
