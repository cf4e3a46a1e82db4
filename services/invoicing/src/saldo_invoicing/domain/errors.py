"""Rules that said no to somebody who asked, and faults that stop a message because money hangs on it."""

from __future__ import annotations

from datetime import date


class InvoicingError(Exception):
    """Base of the refusals: recorded as the answer of their cause; public attributes travel to the caller."""


class BooksFault(Exception):
    """What no healthy house sends: never acknowledged, the message waits as a dead letter until somebody looks.

    A payment in another currency or a credit of a line that does not exist must not be dropped like a refused wish.
    """


class IllegalTransition(BooksFault):
    """A state machine was asked for a step that its table does not have."""

    def __init__(self, machine: str, state: str, trigger: str) -> None:
        super().__init__(f"{machine} in {state} does not know {trigger}")
        self.machine = machine
        self.state = state
        self.trigger = trigger


class CurrencyNotSold(InvoicingError):
    """The seller does not sell in this currency."""

    def __init__(self, seller_id: str, currency: str) -> None:
        super().__init__(f"{seller_id} does not sell in {currency}")
        self.seller_id = seller_id
        self.currency = currency


class CurrencyDiffers(BooksFault):
    """An amount came in another currency than the account's, which it keeps for life."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"the account is kept in {expected}, not in {found}")
        self.expected = expected
        self.found = found


class LanguageNotSpoken(InvoicingError):
    """The seller issues no documents in this language."""

    def __init__(self, seller_id: str, language: str) -> None:
        super().__init__(f"{seller_id} issues no documents in {language}")
        self.seller_id = seller_id
        self.language = language


class UnknownTimeZone(InvoicingError):
    """The name is no zone of the IANA database."""

    def __init__(self, time_zone: str) -> None:
        super().__init__(f"{time_zone!r} is no IANA time zone")
        self.time_zone = time_zone


class TooManyRecipients(InvoicingError):
    """More distinct addresses than an account may have invoices sent to (GOTO-98, C-07)."""

    def __init__(self, recipients_max: int) -> None:
        super().__init__(f"invoices go to at most {recipients_max} addresses")
        self.recipients_max = recipients_max


class RecipientTwice(InvoicingError):
    """The same address stands twice in a list of recipients."""

    def __init__(self) -> None:
        super().__init__("an address stands twice in the list of recipients")


class NotOnePrimary(InvoicingError):
    """A list of recipients has exactly one primary (C-07)."""

    def __init__(self, primaries: int) -> None:
        super().__init__(f"a list of recipients has exactly one primary, not {primaries}")
        self.primaries = primaries


class CreditExceedsLine(BooksFault):
    """The credits of a line would be more than the line itself."""

    def __init__(self, line_id: str) -> None:
        super().__init__("a line cannot be credited by more than it cost")
        self.line_id = line_id


class UnknownLine(BooksFault):
    """The document has no such line."""

    def __init__(self, line_id: str) -> None:
        super().__init__("the document has no such line")
        self.line_id = line_id


class ReversalExceedsPayment(BooksFault):
    """More would be taken back than the payment still brought."""

    def __init__(self, payment_id: str) -> None:
        super().__init__("more would be taken back than the payment brought")
        self.payment_id = payment_id


class RateMissing(BooksFault):
    """No tax rate for a document's lines; rates are never guessed, so the document waits for the table (C-31)."""

    def __init__(self, seller_id: str, country: str | None, region: str | None, category: str, on: date) -> None:
        place = "no billing country" if country is None else country + (f"-{region}" if region else "")
        super().__init__(f"rate missing: {seller_id}, {place}, {category}, {on.isoformat()}")
