"""The mail sink keeps what it is given, shows it, and misbehaves as told."""

from __future__ import annotations

import asyncio
import smtplib
import uuid
from collections.abc import Iterator
from email.message import EmailMessage

import httpx2
import pytest
from saldo_local.stack import Stack


@pytest.fixture
def sink(stack: Stack) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=stack.mail_api_url) as client:
        yield client
        client.put("/faults", json={}).raise_for_status()


@pytest.fixture
def address() -> str:
    return f"ada-{uuid.uuid4().hex[:8]}@example.org"


def mail_to(address: str, subject: str = "Ihre Rechnung über 12,00 €") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "billing@example.com", address, subject
    mail["Message-ID"] = f"<{uuid.uuid4()}@example.com>"
    mail.set_content("Grüße, plain")
    mail.add_alternative("<p>Grüße, <b>html</b></p>", subtype="html")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="invoice.pdf")
    return mail


def send(stack: Stack, *mails: EmailMessage) -> None:
    with smtplib.SMTP(stack.smtp_host, stack.smtp_port, timeout=10) as smtp:
        for mail in mails:
            smtp.send_message(mail)


def received(sink: httpx2.Client, to: str, **query: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = sink.get("/messages", params={"to": to, **query}).json()["messages"]
    return found


def test_a_mail_is_kept_with_all_its_parts(stack: Stack, sink: httpx2.Client, address: str) -> None:
    mail = mail_to(address)
    send(stack, mail)
    [kept] = received(sink, address.upper())
    assert (kept["mail_from"], kept["rcpt_to"]) == ("billing@example.com", [address])
    assert (kept["message_id"], kept["subject"]) == (mail["Message-ID"], "Ihre Rechnung über 12,00 €")
    assert kept["text"] == "Grüße, plain\n"
    assert kept["html"] == "<p>Grüße, <b>html</b></p>\n"
    assert kept["attachments"] == [{"filename": "invoice.pdf", "content_type": "application/pdf", "size_bytes": 8}]
    page = sink.get(f"/messages/{kept['id']}.html")
    assert "<b>html</b>" in page.text
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert sink.get(f"/messages/{kept['id']}").json()["raw"].startswith("From: billing@example.com")
    assert sink.get(f"/messages/{kept['id']}/attachments/0").content == b"%PDF-1.7"
    assert "Ihre Rechnung über 12,00 €" in sink.get("/").text


def test_mails_come_in_order_of_arrival_and_from_an_id_on(stack: Stack, sink: httpx2.Client, address: str) -> None:
    send(stack, mail_to(address, "first"), mail_to(address, "second"))
    first, second = received(sink, address)
    assert (first["subject"], second["subject"]) == ("first", "second")
    assert received(sink, address, since_id=str(first["id"])) == [second]


async def test_a_reader_can_wait_for_a_mail(stack: Stack, address: str) -> None:
    async with httpx2.AsyncClient(base_url=stack.mail_api_url) as client:
        waiting = asyncio.create_task(client.get("/messages", params={"to": address, "wait_seconds": "20"}))
        await asyncio.to_thread(send, stack, mail_to(address))
        assert len((await waiting).json()["messages"]) == 1


def test_the_next_recipients_are_refused_with_the_code_asked_for(
    stack: Stack, sink: httpx2.Client, address: str
) -> None:
    sink.put("/faults", json={"refuse_next": 1, "refuse_code": 550, "refuse_to": address}).raise_for_status()
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(stack, mail_to(address))
    assert refused.value.recipients[address][0] == 550
    send(stack, mail_to(address))
    assert len(received(sink, address)) == 1


def test_a_greylisted_sender_is_taken_at_the_second_try(stack: Stack, sink: httpx2.Client, address: str) -> None:
    sink.put("/faults", json={"greylist": True}).raise_for_status()
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(stack, mail_to(address))
    assert refused.value.recipients[address][0] == 451
    send(stack, mail_to(address))
    assert len(received(sink, address)) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_a_connection_cut_in_mid_data_leaves_the_sender_in_doubt(
    stack: Stack, sink: httpx2.Client, address: str, kept: bool
) -> None:
    sink.put("/faults", json={"drop_next": 1, "drop_keeps": kept}).raise_for_status()
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(stack, mail_to(address))
    assert len(received(sink, address)) == int(kept)


def test_a_slow_sink_outlasts_an_impatient_sender(stack: Stack, sink: httpx2.Client, address: str) -> None:
    sink.put("/faults", json={"slow_ms": 60_000}).raise_for_status()
    smtp = smtplib.SMTP(stack.smtp_host, stack.smtp_port, timeout=0.3)
    with pytest.raises((smtplib.SMTPServerDisconnected, TimeoutError), match="timed out"):
        smtp.send_message(mail_to(address))
    smtp.close()


def test_an_unknown_fault_is_refused_by_name(sink: httpx2.Client) -> None:
    answer = sink.put("/faults", json={"refuse_everything": True})
    assert (answer.status_code, answer.text) == (400, "unknown fault 'refuse_everything'")


def test_forgetting_all_keeps_counting(stack: Stack, sink: httpx2.Client, address: str) -> None:
    send(stack, mail_to(address))
    [before] = received(sink, address)
    assert sink.delete("/messages").status_code == 204
    assert received(sink, address) == []
    send(stack, mail_to(address))
    [after] = received(sink, address)
    assert int(str(after["id"])) > int(str(before["id"]))
