"""Every mail in every language: its words, its numbers, and that nobody can write into it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from io import BytesIO

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as some
from saldo_contracts.events import (
    AdviceKey,
    DeclineReason,
    Event,
    InvoiceIssued,
    MethodKind,
    MethodRejectionReason,
    MethodSummary,
    PaymentFailed,
    PaymentMethodRejected,
    PaymentMethodValidated,
    PaymentSucceeded,
    ServiceReactivated,
    ServiceSuspended,
    SuspensionReason,
)
from saldo_contracts.events.invoicing import Collection
from saldo_contracts.examples import example_of
from saldo_contracts.wire import Amount
from saldo_money.currency import CURRENCY_CODES, Currency
from saldo_notifications.adapters import formats
from saldo_notifications.adapters.catalogues import SOURCE_LANGUAGE, languages, texts
from saldo_notifications.adapters.jinja_letters import JinjaLetters, Text
from saldo_notifications.adapters.yaml_sellers import SellerFaulty, YamlSellers
from saldo_notifications.application.composition import TELLING
from saldo_notifications.application.ports import AddressUnusable, Letter, LetterFaulty

SELLERS = YamlSellers(None, languages=languages())
LETTERS = JinjaLetters(SELLERS)
NOTICE = "0190b0a0-0000-7000-8000-0000000000ff"
WRITTEN_AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
TRANSLATED = [language for language in languages() if language != SOURCE_LANGUAGE]
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def letter(
    event: Event,
    *,
    language: str = "en",
    name: str | None = "Anna Schmidt",
    email: str = "anna@customer.example",
    seller_id: str = "borealis",
    zone: str = "Europe/Berlin",
) -> Letter:
    _, rule = TELLING[event.type_]
    return Letter(
        notice_id=NOTICE,
        seller_id=seller_id,
        event_type=event.type_,
        facts=event.to_bytes().decode(),
        template=rule.template,
        language=language,
        account_number="B-1001",
        time_zone=zone,
        name=name,
        email=email,
        written_at=WRITTEN_AT,
    )


def text(event: Event, *, language: str = "en", name: str | None = "Anna Schmidt", zone: str = "Europe/Berlin") -> Text:
    written = LETTERS.text(letter(event, language=language, name=name, zone=zone), SELLERS.seller("borealis"))
    return Text(subject=_plain(written.subject), plain=_plain(written.plain), html=_plain(written.html))


def _plain(value: str) -> str:
    """The spaces that keep a number together look like any other to a reader."""
    return value.replace("\u00a0", " ").replace("\u202f", " ")


def mail(wanted: Letter) -> EmailMessage:
    return message_from_bytes(LETTERS.write(wanted).content, policy=default)


# -- the words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", [kind for kind, _ in TELLING.values()])
@pytest.mark.parametrize("name", ["Anna Schmidt", None])
def test_every_mail_has_a_subject_and_both_forms(kind: type[Event], language: str, name: str | None) -> None:
    written = text(example_of(kind), language=language, name=name)
    assert written.subject
    for body in (written.plain, written.html):
        assert "B-1001" in body
        assert ("Anna Schmidt" in body) == (name is not None)
        assert "None" not in body
    assert "<" not in written.plain
    assert f'<html lang="{language}">' in written.html
    assert max(len(line) for line in written.plain.splitlines() if "http" not in line) <= 80


@pytest.mark.parametrize(
    ("language", "name", "greeting"),
    [
        ("en", "Anna", "Hello Anna,"),
        ("en", None, "Hello,"),
        ("de", "Anna", "Guten Tag Anna,"),
        ("de", " ", "Guten Tag,"),
    ],
)
def test_a_missing_name_leaves_a_greeting(language: str, name: str | None, greeting: str) -> None:
    assert f"\n{greeting}\n" in text(example_of(PaymentSucceeded), language=language, name=name).plain


def test_the_confirmation_says_how_much_came_how_and_when() -> None:
    english, german = (text(example_of(PaymentSucceeded), language=language) for language in ("en", "de"))
    assert english.subject == "Payment received: €122.00"
    assert "Paid with: Visa ending in 4242" in english.plain
    assert "Received: March 1, 2026, 10:30 AM GMT+01:00" in english.plain
    assert german.subject == "Zahlung erhalten: 122,00 €"
    assert "Bezahlt mit: Visa mit den Endziffern 4242" in german.plain
    assert "Eingegangen: 1. März 2026, 10:30 MEZ" in german.plain


def test_a_failed_payment_gives_reason_advice_and_the_next_automatic_try() -> None:
    failed = example_of(PaymentFailed).model_copy(
        update={
            "reason": DeclineReason.ADDRESS_MISMATCH,
            "advice": AdviceKey.CHECK_NAME_AND_ADDRESS,
            "next_automatic_try_at": datetime(2026, 7, 2, 9, 30, tzinfo=UTC),
            "retry_not_before": None,
        }
    )
    folded = " ".join(text(failed).plain.split())
    assert "The address does not agree with the one that the issuer holds for the card." in folded
    assert "Please check that name and address agree" in folded
    assert "We will try again by ourselves on July 2, 2026, 11:30 AM GMT+02:00." in folded
    last = failed.model_copy(update={"next_automatic_try_at": None})
    assert "We will not try again by ourselves" in " ".join(text(last).plain.split())
    assert "Wir versuchen es nicht von uns aus noch einmal" in " ".join(text(last, language="de").plain.split())


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("reason", DeclineReason)
def test_every_reason_of_a_decline_has_its_words(reason: DeclineReason, language: str) -> None:
    assert text(example_of(PaymentFailed).model_copy(update={"reason": reason}), language=language)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("advice", AdviceKey)
def test_every_advice_has_its_words(advice: AdviceKey, language: str) -> None:
    assert text(example_of(PaymentFailed).model_copy(update={"advice": advice}), language=language)


@pytest.mark.parametrize("reason", MethodRejectionReason)
def test_every_reason_of_a_rejection_has_its_words(reason: MethodRejectionReason) -> None:
    rejected = example_of(PaymentMethodRejected).model_copy(update={"reason": reason, "limit": None})
    assert "limit is" not in text(rejected).plain


@pytest.mark.parametrize(
    ("kind", "brand", "last_four", "words"),
    [
        (MethodKind.CARD, "visa", "4242", "Visa ending in 4242"),
        (MethodKind.CARD, "amex", None, "American Express"),
        (MethodKind.CARD, "unionpay", "0005", "Unionpay ending in 0005"),
        (MethodKind.BANK_ACCOUNT, None, "1234", "bank account ending in 1234"),
        (MethodKind.CONNECTED_ACCOUNT, "paypal", None, "PayPal"),
        (MethodKind.CONNECTED_ACCOUNT, None, None, "connected account"),
        (MethodKind.BANK_TRANSFER, None, None, "bank transfer"),
        (MethodKind.CHEQUE, None, None, "cheque"),
    ],
)
def test_a_method_is_called_what_people_call_it(
    kind: MethodKind, brand: str | None, last_four: str | None, words: str
) -> None:
    used = MethodSummary(kind=kind, brand=brand, last_four=last_four)
    paid = example_of(PaymentSucceeded).model_copy(update={"method": used})
    assert f"Paid with: {words}\n" in text(paid).plain


@pytest.mark.parametrize(
    ("open_units", "collection", "words"),
    [
        (12_200, Collection.AUTOMATIC, "We will charge your payment method."),
        (12_200, Collection.BY_TRANSFER, "Please transfer the open amount by March 15, 2026."),
        (0, Collection.BY_TRANSFER, "Your credit covers this invoice; there is nothing you have to do."),
    ],
)
def test_an_invoice_says_what_is_to_be_done(open_units: int, collection: Collection, words: str) -> None:
    open_amount = Amount(minor_units=open_units, currency="EUR")
    issued = example_of(InvoiceIssued).model_copy(update={"open_amount": open_amount, "collection": collection})
    assert words in text(issued).plain


def test_a_suspension_says_what_is_overdue_and_when_it_ends() -> None:
    suspended = example_of(ServiceSuspended)
    assert "Because €122.00 is overdue" in text(suspended).plain
    by_agent = suspended.model_copy(
        update={"reason": SuspensionReason.AGENT, "cancels_on": None, "oldest_overdue_due_date": None}
    )
    assert "Please contact our support." in text(by_agent).plain
    assert "subscriptions end" not in text(by_agent).plain


def test_optional_facts_may_be_missing() -> None:
    assert text(example_of(PaymentFailed).model_copy(update={"method": None, "retry_not_before": None}))
    validated = example_of(PaymentMethodValidated)
    differs = validated.model_copy(update={"address_matches": False, "is_default": False})
    assert "differs from the billing address" in text(differs).plain
    assert "differs" not in text(validated.model_copy(update={"address_matches": None})).plain
    assert text(example_of(ServiceReactivated))


# -- the translations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_is_complete_and_names_the_same_placeholders(language: str) -> None:
    options = {"**.jinja": {"trimmed": "true"}}
    found = extract_from_dir(str(texts()), [("**.jinja", "jinja2")], options)
    wanted = {message for _, _, message, _, _ in found}
    source = texts() / "locale" / language / "LC_MESSAGES" / "mails.po"
    catalogue = {
        message.id: message for message in read_po(BytesIO(source.read_bytes()), locale=language) if message.id
    }
    assert set(catalogue) == wanted
    for said, message in catalogue.items():
        assert isinstance(said, str)
        assert isinstance(message.string, str)
        assert message.string
        assert not message.fuzzy
        assert sorted(PLACEHOLDER.findall(message.string)) == sorted(PLACEHOLDER.findall(said))


def test_every_seller_can_write_in_every_language() -> None:
    for seller_id in ("aurora", "borealis"):
        assert all(SELLERS.seller(seller_id).footer_in(language) for language in languages())


def test_a_sellers_file_that_cannot_work_is_refused_at_start(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("sellers")
    (folder / "nova.yaml").write_text("name: Nova\nlanguage: en\n")
    with pytest.raises(SellerFaulty, match=r"nova\.yaml"):
        YamlSellers(folder, languages=languages())


# -- amounts and times -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "currency", "language", "shown"),
    [
        (123_456, "EUR", "en", "€1,234.56"),
        (123_456, "EUR", "de", "1.234,56 €"),
        (123_456, "USD", "de", "1.234,56 $"),
        (-50, "EUR", "en", "-€0.50"),
        (1_234, "JPY", "en", "¥1,234"),
        (1_005, "KWD", "en", "KWD 1.005"),
        (1_005, "IQD", "en", "IQD 1.005"),
        (100, "EUR", "de-AT", "€ 1,00"),
        (100, "EUR", "en-ZZ", "€1.00"),
    ],
)
def test_amounts_follow_language_and_region(units: int, currency: str, language: str, shown: str) -> None:
    assert _plain(formats.money(Amount(minor_units=units, currency=currency), language)) == shown


@given(
    units=some.integers(min_value=0, max_value=10**15),
    currency=some.sampled_from(sorted(CURRENCY_CODES)),
    language=some.sampled_from(["en", "de", "de-AT", "fr", "pt", "es", "it", "ja"]),
)
def test_no_amount_is_ever_rounded(units: int, currency: str, language: str) -> None:
    digits = re.sub(r"\D", "", formats.money(Amount(minor_units=units, currency=currency), language))
    assert Decimal(digits) == units
    assert len(digits) > Currency(currency).exponent


def test_a_moment_is_local_and_names_its_zone() -> None:
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert _plain(formats.moment(at, "de", time_zone="Europe/Berlin")) == "2. Juli 2026, 00:30 MESZ"
    assert _plain(formats.moment(at, "en", time_zone="UTC")) == "July 1, 2026, 10:30 PM UTC"
    assert _plain(formats.moment(at, "en", time_zone="Not/AZone")) == "July 1, 2026, 10:30 PM UTC"
    assert formats.day(date(2026, 3, 4), "de") == "4. März 2026"


# -- the bytes -------------------------------------------------------------------------------------------------------


def test_the_same_letter_gives_the_same_bytes() -> None:
    wanted = letter(example_of(PaymentSucceeded))
    assert LETTERS.write(wanted) == LETTERS.write(wanted)


def test_a_mail_has_both_forms_plain_first_and_says_that_a_machine_sent_it() -> None:
    wanted = letter(example_of(InvoiceIssued), language="de", seller_id="aurora", name="Jürgen Öl")
    message = mail(wanted)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert "Ihre neue Rechnung" in message.iter_parts().__next__().get_content()
    assert message["Message-ID"] == f"<{NOTICE}@aurora.example>"
    assert message["From"] == "Aurora <billing@aurora.example>"
    assert message["To"] == "Jürgen Öl <anna@customer.example>"
    assert (message["Auto-Submitted"], message["Content-Language"]) == ("auto-generated", "de")
    assert message["Date"].datetime == WRITTEN_AT
    assert all(len(line) <= 998 for line in LETTERS.write(wanted).content.splitlines())


def test_a_name_cannot_add_headers_or_markup() -> None:
    wanted = letter(
        example_of(PaymentSucceeded), name='Eve\r\nBcc: all@evil.example\r\n\r\n<script>alert("x")</script>'
    )
    message = mail(wanted)
    assert message["Bcc"] is None
    assert message["To"].addresses[0].addr_spec == "anna@customer.example"
    plain, html = (part.get_content() for part in message.iter_parts())
    assert "<script>" in plain
    assert "<script>" not in html


def test_a_fact_cannot_add_headers() -> None:
    issued = example_of(InvoiceIssued).model_copy(update={"number": "R1\r\nBcc: all@evil.example"})
    assert mail(letter(issued))["Bcc"] is None


@pytest.mark.parametrize(
    "email", ["nobody", "a@", "@b.example", "a b@c.example", "<a@b.example>", "ä@b.example", "a@b\r\nc"]
)
def test_an_address_that_is_none_is_said_without_repeating_it(email: str) -> None:
    with pytest.raises(AddressUnusable) as fault:
        LETTERS.write(letter(example_of(PaymentSucceeded), email=email))
    assert email not in str(fault.value)


def test_an_international_domain_is_sent_in_its_ascii_form() -> None:
    assert LETTERS.write(letter(example_of(PaymentSucceeded), email="a@öl.example")).recipient == "a@xn--l-0ga.example"


def test_a_fact_that_does_not_fit_its_template_is_a_faulty_letter_without_its_values() -> None:
    wanted = letter(example_of(PaymentSucceeded))
    broken = Letter(**{**{f: getattr(wanted, f) for f in Letter.__dataclass_fields__}, "facts": '{"amount": "secret"}'})
    with pytest.raises(LetterFaulty) as fault:
        LETTERS.write(broken)
    assert "secret" not in str(fault.value)


def test_a_seller_that_is_not_served_here_is_a_faulty_letter() -> None:
    with pytest.raises(LetterFaulty):
        LETTERS.write(letter(example_of(PaymentSucceeded), seller_id="nova"))
