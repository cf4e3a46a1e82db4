"""The customer that a request names, as long as it was not deleted."""

from __future__ import annotations

from saldo_local.processor.call import Call
from saldo_local.processor.records import Customer


def living(call: Call, identifier: str, param: str = "customer") -> Customer:
    """Raises Refused for one that does not exist or was deleted."""
    customer = call.the(Customer, identifier, param)
    if customer.deleted:
        call.the(Customer, "", param)
    return customer
