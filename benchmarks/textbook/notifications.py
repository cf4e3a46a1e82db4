"""notifications, textbook: a mail is written, the mail server answers in process: `python -m ... DSN BOOTSTRAP`."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import uuid4

from jinja2 import Environment

from benchmarks.textbook import words
from benchmarks.textbook.house import House, house, run
from benchmarks.textbook.models import Notice, Recipient

TEXT = Environment(autoescape=False).from_string(  # noqa: S701  # plain text
    "Dear {{ name }},\n\nwe have received {{ amount }} {{ currency }}. Thank you.\n\nReference {{ payment_id }}\n"
)
PAGE = Environment(autoescape=True).from_string(
    "<html><body><p>Dear {{ name }},</p><p>we have received {{ amount }} {{ currency }}. Thank you.</p>"
    "<p>Reference {{ payment_id }}</p></body></html>"
)


def mail(recipient: Recipient, event: words.PaymentSucceeded) -> bytes:
    """A finished mail, text and page."""
    facts = {
        "name": recipient.name,
        "amount": f"{event.amount.minor_units / 100:.2f}",
        "currency": event.amount.currency,
        "payment_id": event.payment_id,
    }
    message = EmailMessage()
    message["From"], message["To"] = "billing@example.org", recipient.email
    message["Subject"] = "We received your payment"
    message.set_content(TEXT.render(facts))
    message.add_alternative(PAGE.render(facts), subtype="html")
    return bytes(message)


def subscribe(own: House) -> None:
    """A notice, a mail, and the word that it was sent."""

    @own.hears(words.PAYMENT_SUCCEEDED)
    async def on_payment_succeeded(event: words.PaymentSucceeded) -> None:
        notice_id = str(uuid4())
        async with own.sessions() as session, session.begin():
            recipient = await session.get_one(Recipient, event.account_id)
            session.add(
                Notice(notice_id=notice_id, account_id=event.account_id, payment_id=event.payment_id, state="queued")
            )
        mail(recipient, event)  # here the mail server has taken it
        now = datetime.now(UTC)
        async with own.sessions() as session, session.begin():
            notice = await session.get_one(Notice, notice_id, with_for_update=True)
            notice.state, notice.sent_at = "sent", now
        sent = words.NotificationSent(account_id=event.account_id, notice_id=notice_id, sent_at=now)
        await own.tell(words.NOTIFICATION_SENT, sent, event.account_id)


async def main(dsn: str, bootstrap: str) -> None:
    own = house("textbook-notifications", dsn, bootstrap)
    subscribe(own)
    await run(own)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
