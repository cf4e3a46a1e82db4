"""The person of a card's billing address: who is told of the card's changes (C-11)."""

from __future__ import annotations

from dataclasses import dataclass, field

from saldo_payments.domain.events import ContactGiven, DomainEvent


@dataclass(slots=True, kw_only=True)
class Contact:
    """Personal data: it goes out on the contacts topic alone, and into no log."""

    contact_id: str
    account_id: str
    seller_id: str
    name: str | None
    email: str
    language: str | None
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def given(
        cls, *, contact_id: str, account_id: str, seller_id: str, name: str | None, email: str, language: str | None
    ) -> Contact:
        """The contact as it was typed with the card."""
        return cls(
            contact_id=contact_id,
            account_id=account_id,
            seller_id=seller_id,
            name=name,
            email=email,
            language=language,
            events=[ContactGiven()],
        )
