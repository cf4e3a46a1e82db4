"""What invoicing hears from subscriptions: finished charges, and credits for days without access."""

from __future__ import annotations

from saldo_contracts.envelope import Envelope
from saldo_contracts.events import ChargeLine, ChargesFinalized, SubscriptionDowngraded

from saldo_invoicing.application.credit_charges import ChargeCredit, CreditCharges
from saldo_invoicing.application.issue_invoice import IssueInvoice
from saldo_invoicing.domain.document import Charge, LineKind, Span
from saldo_invoicing.domain.events import CreditReason


def on_charges_finalized(event: ChargesFinalized, _: Envelope) -> IssueInvoice:
    """One document for one finalisation."""
    return IssueInvoice(
        account_id=event.account_id,
        seller_id=event.seller_id,
        charges_id=event.charges_id,
        currency=event.currency,
        charges=tuple(_charge(line) for line in event.lines),
    )


def on_subscription_downgraded(event: SubscriptionDowngraded, envelope: Envelope) -> CreditCharges | None:
    """Credit notes for the days without access; none where nothing is credited."""
    if not event.credits:
        return None
    return CreditCharges(
        account_id=event.account_id,
        seller_id=event.seller_id,
        fact_id=envelope.id,
        currency=event.credits[0].net_amount.currency,
        reason=CreditReason.NON_PAYMENT_DOWNGRADE.value,
        credits=tuple(
            ChargeCredit(credit.charges_id, credit.line_id, credit.net_amount.minor_units) for credit in event.credits
        ),
    )


def _charge(line: ChargeLine) -> Charge:
    period = line.service_period
    return Charge(
        line_id=line.line_id,
        kind=LineKind(line.kind.value),
        description_key=line.description_key,
        net_minor_units=line.amount.minor_units,
        tax_category=line.tax_category.value,
        description_arguments=line.description_arguments,
        quantity=line.quantity,
        unit_price=line.unit_price,
        service_period=Span(period.starts_on, period.ends_before) if period else None,
        subscription_id=line.subscription_id,
        hardware=line.hardware,
        first_of_series=line.first_of_series,
    )
