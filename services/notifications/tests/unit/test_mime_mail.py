"""The bytes of a mail are those that the standard library would write, whatever the words."""

from __future__ import annotations

from datetime import UTC, datetime
from email.charset import BASE64, Charset
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr

import pytest
from hypothesis import given
from hypothesis import strategies as some
from saldo_notifications.adapters import mime_mail
from saldo_notifications.adapters.catalogues import languages
from saldo_notifications.adapters.jinja_letters import environment
from saldo_notifications.adapters.yaml_sellers import YamlSellers
from saldo_notifications.application.ports import Letter

SELLERS = YamlSellers(None, languages=languages())
WORDS = some.text(max_size=120)
UTF8 = Charset("utf-8")
UTF8.body_encoding = BASE64


def parts(*, name: str | None, subject: str, plain: str, html: str, seller_id: str = "borealis") -> mime_mail.Parts:
    letter = Letter(
        notice_id="0190b0a0-0000-7000-8000-0000000000ff",
        seller_id=seller_id,
        event_type="billing.payment.succeeded.v1",
        facts="{}",
        template="payment-succeeded",
        language="de-AT",
        account_number="B00000015",
        time_zone="UTC",
        name=name,
        email="anna@customer.example",
        written_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    )
    return mime_mail.Parts(letter=letter, seller=SELLERS.seller(seller_id), subject=subject, plain=plain, html=html)


def by_the_standard_library(given_parts: mime_mail.Parts) -> bytes:
    letter, seller = given_parts.letter, given_parts.seller
    message = MIMEMultipart("alternative", boundary=f"=_{letter.notice_id}", policy=compat32)
    message["From"] = formataddr((seller.sender.name, seller.sender.address), charset="utf-8")
    message["Reply-To"] = seller.reply_to
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    clean = mime_mail._CONTROLS.sub(" ", letter.name or "").strip()
    message["To"] = formataddr((clean, letter.email), charset="utf-8")
    message["Subject"] = mime_mail._header(given_parts.subject)
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = mime_mail.message_id_of(letter.notice_id, seller.sender.domain)
    message["Content-Language"] = letter.language
    for text, subtype in ((given_parts.plain, "plain"), (given_parts.html, "html")):
        part = MIMENonMultipart("text", subtype, policy=compat32)
        part.set_payload(text, UTF8)
        message.attach(part)
    return message.as_bytes()


@given(name=some.none() | WORDS, subject=WORDS, plain=WORDS, html=WORDS)
def test_any_words_make_the_bytes_of_the_standard_library(
    name: str | None, subject: str, plain: str, html: str
) -> None:
    written = parts(name=name, subject=subject, plain=plain, html=html)
    assert mime_mail.build(written).content == by_the_standard_library(written)


@pytest.mark.parametrize("length", [60, 66, 67, 68, 69, 75, 76, 200])
@pytest.mark.parametrize("seller_id", ["borealis", "aurora"])
def test_a_long_header_is_folded_as_the_standard_library_folds_it(length: int, seller_id: str) -> None:
    for subject in ("x" * length, "w " * (length // 2)):
        written = parts(name="Anna", subject=subject, plain="hi", html="<p>hi</p>", seller_id=seller_id)
        assert mime_mail.build(written).content == by_the_standard_library(written)


@pytest.mark.parametrize(
    ("form", "said"), [("html", "100 % of &lt;b&gt; and plain"), ("plain", "100 % of <b> and plain")]
)
def test_a_fact_in_a_text_is_escaped_in_html_and_a_percent_sign_stays_one(form: str, said: str) -> None:
    template = environment("de", form).from_string(
        "{% trans what=what %}100 % of {{ what }}{% endtrans %} and {{ _('plain') }}"
    )
    assert template.render(what="<b>") == said
