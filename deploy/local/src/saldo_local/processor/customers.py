"""Customers: whom payment methods are kept for."""

from __future__ import annotations

from saldo_local.processor.call import PAGING, Call
from saldo_local.processor.living_customer import living
from saldo_local.processor.payment_methods import attach_to, detach_all, resolve
from saldo_local.processor.records import Customer
from saldo_local.processor.wire import Body, merged, new_id

FIELDS = ("email", "name", "description", "metadata", "address", "phone", "preferred_locales", "shipping")


def create(call: Call) -> Body:
    form = call.form.only((*FIELDS, "payment_method", "invoice_settings"))
    customer = Customer(new_id("cus"), call.now())
    _fill(customer, call)
    if form.text("payment_method"):
        call.store.put(customer)
        attach_to(call, resolve(call, form.text("payment_method")), customer.id)
    body = call.keep(customer)
    call.announce("customer.created", customer)
    return body


def retrieve(call: Call, identifier: str) -> Body:
    customer = call.the(Customer, identifier)
    return {"id": identifier, "object": "customer", "deleted": True} if customer.deleted else call.show(customer)


def update(call: Call, identifier: str) -> Body:
    call.form.only((*FIELDS, "invoice_settings"))
    customer = living(call, identifier, "id")
    _fill(customer, call)
    return call.keep(customer)


def delete(call: Call, identifier: str) -> Body:
    """Its payment methods can no longer be charged."""
    customer = living(call, identifier, "id")
    detach_all(call, customer.id)
    customer.deleted = True
    call.store.put(customer)
    call.announce("customer.deleted", customer)
    return {"id": identifier, "object": "customer", "deleted": True}


def listed(call: Call) -> Body:
    call.form.only((*PAGING, "email"))
    return call.listed(Customer, "/v1/customers")


def _fill(customer: Customer, call: Call) -> None:
    form = call.form
    customer.email = form.text("email", customer.email)
    customer.name = form.text("name", customer.name)
    customer.description = form.text("description", customer.description)
    customer.metadata = merged(customer.metadata, form.mapping("metadata"))
