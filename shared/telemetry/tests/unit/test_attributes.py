"""Which facts make a span findable."""

from __future__ import annotations

from saldo_telemetry.attributes import business_ids

from shared.telemetry.tests.example_spans import ACCOUNT, PAYMENT


def test_ids_of_the_business_become_attributes_and_nothing_else() -> None:
    facts = {
        "payment_id": PAYMENT,
        "account_id": ACCOUNT,
        "invoice_id": None,
        "contact_id": "ada@example.org",
        "subscription_id": ACCOUNT.upper() + "x",
        "email": ACCOUNT,
        "amount": 5,
    }
    assert business_ids(facts) == {"saldo.payment_id": PAYMENT, "saldo.account_id": ACCOUNT}
