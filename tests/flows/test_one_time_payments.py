"""A payment of any amount, now, by a card that nobody keeps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from saldo_contracts.events import (
    BalanceChanged,
    BalanceCleared,
    InvoiceIssued,
    InvoicePaid,
    InvoicePartiallyPaid,
    NotificationSent,
    PaymentApplied,
    PaymentAuthenticated,
    PaymentAuthenticationRequired,
    PaymentFailed,
    PaymentInitiated,
    PaymentMethodSubmitted,
    PaymentSucceeded,
)
from saldo_local.suite import Shape
from saldo_testkit.recorder import recorder

from tests.flows.billing import Billing
from tests.flows.customer import Customer, Refused

CARD_NUMBER = "5200828282828210"
SECURITY_CODE = "8317"
ASKS_THE_HOLDER = "pm_card_authenticationRequired"
DECLINED = "pm_card_chargeDeclined"


@pytest.fixture(scope="module")
def shape() -> Shape:
    """A Wednesday in April."""
    return Shape(clock_starts_at=datetime(2026, 4, 1, 9, tzinfo=UTC), split=False)


async def _who_owes_60(billing: Billing, name: str) -> Customer:
    customer = await billing.open_account(name)
    await customer.add_card()
    await customer.autopay(enabled=False)
    await customer.subscribe("connect-monthly")
    return customer


@pytest.mark.requirement("IBM-02", "IBM-16", "SL-17", "SL-26", "SL-36")
async def test_any_amount_is_accepted_and_a_surplus_pays_the_next_invoice(billing: Billing) -> None:
    fay = await _who_owes_60(billing, "Fay")
    paid_in_part = (PaymentInitiated, PaymentSucceeded, PaymentApplied, InvoicePartiallyPaid, BalanceChanged)
    async with fay.expect(*paid_in_part), fay.expect(PaymentSucceeded, NotificationSent):
        await fay.pay("45.50")
    assert await fay.owed() == fay.money("14.50")
    for amount in ("0.00", "-1.00", "39.50"):  # C-08: more than is owed needs a confirmation
        with pytest.raises(Refused):
            await fay.pay(amount)
    async with fay.expect(
        PaymentInitiated, PaymentSucceeded, PaymentApplied, InvoicePaid, BalanceChanged, BalanceCleared
    ):
        await fay.pay("39.50", surplus_confirmed=True)
    assert fay.told(PaymentApplied)[-1].surplus.minor_units == 25_00
    assert (await fay.owed(), await fay.credit()) == (fay.money("-25.00"), fay.money("25.00"))
    async with fay.expect(InvoiceIssued):
        await billing.clock.forward(days=31)
    issued = fay.told(InvoiceIssued)[-1]
    assert (issued.total.minor_units, issued.open_amount.minor_units) == (60_00, 35_00)
    assert (await fay.owed(), await fay.credit()) == (fay.money("35.00"), fay.money("0.00"))


@pytest.mark.requirement("IBM-03", "IBM-17")
async def test_what_was_typed_for_a_one_time_payment_is_kept_nowhere(billing: Billing) -> None:
    gina = await _who_owes_60(billing, "Gina")
    before = await gina.methods()
    recorder.arranged()
    token = await billing.processor.tokenize(CARD_NUMBER, security_code=SECURITY_CODE)
    payment_id = await gina.pay("60.00", card=token)
    assert (await gina.payment(payment_id))["status"] == "succeeded"
    assert await gina.methods() == before
    assert not [one for one in gina.told(PaymentMethodSubmitted) if one.method.last_four == CARD_NUMBER[-4:]]
    for secret in (CARD_NUMBER, token):
        assert secret.encode() not in b"".join(_bytes_of(record) for record in billing.witness.raw)
        assert await _places_in_databases(billing, secret) == []
        assert not [name for name, one in billing.suite.processes.items() if secret in one.log.read_text()]


@pytest.mark.requirement("IBM-06", "IBM-20")
async def test_the_balance_moves_only_after_the_payment_was_accepted(billing: Billing) -> None:
    jana = await _who_owes_60(billing, "Jana")
    async with jana.expect(PaymentInitiated, PaymentAuthenticationRequired):
        payment_id = await jana.pay("50.00", card=ASKS_THE_HOLDER)
    pending = await jana.payment(payment_id)
    assert (pending["status"], await jana.owed()) == ("authentication_required", jana.money("60.00"))
    async with jana.expect(
        PaymentAuthenticated, PaymentSucceeded, PaymentApplied, InvoicePartiallyPaid, BalanceChanged
    ):
        await billing.processor.approve(pending["next_action_url"])
    assert await jana.owed() == jana.money("10.00")
    async with jana.expect(PaymentInitiated, PaymentFailed), jana.expect(PaymentFailed, NotificationSent):
        await jana.pay("10.00", card=DECLINED)
    assert await jana.owed() == jana.money("10.00")
    assert len(jana.told(PaymentApplied)) == 1


def _bytes_of(record: Any) -> bytes:
    return (record.value or b"") + b"".join(value or b"" for _, value in record.headers)


async def _places_in_databases(billing: Billing, text: str) -> list[str]:
    """Every table of every service that holds the text in any column of any row."""
    found = []
    for service, database in billing.suite.databases.items():
        connection = await asyncpg.connect(database.dsn)
        try:
            tables = await connection.fetch(
                "select format('%I.%I', schemaname, tablename) as name from pg_tables "
                "where schemaname not in ('pg_catalog', 'information_schema')"
            )
            assert tables, f"{service} has no tables"
            for table in tables:
                query = f"select 1 from {table['name']} as t where strpos(t::text, $1) > 0 limit 1"
                if await connection.fetchval(query, text):
                    found.append(f"{service} {table['name']}")
        finally:
            await connection.close()
    return found
