"""Accounts are opened and changed over HTTP, and told as whole snapshots without personal data."""

from __future__ import annotations

from uuid import uuid4

import pytest
from saldo_contracts.events import (
    AccountOpened,
    BillingProfileUpdated,
    ContactChanged,
    ContactRole,
    InvoiceRecipientsChanged,
    ShippingAddressUpdated,
)
from saldo_contracts.permissions import Permission
from saldo_invoicing.domain.number_series import has_right_check_digit

from services.invoicing.tests.component.billing import Billing, account_body, key

ADDRESS = {"line_1": "Geheimweg 7", "city": "Köln", "postal_code": "50667", "country": "DE"}


async def test_an_account_is_opened_once_and_told_as_a_whole(billing: Billing) -> None:
    one_key = key()
    body = account_body("aurora", "EUR", cc="bert@example.com, cleo@example.com")
    first = await billing.agent.post("/v1/accounts", json=body, headers=one_key)
    second = await billing.agent.post("/v1/accounts", json=body, headers=one_key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    account_id, number = first.json()["account_id"], first.json()["number"]
    assert number[0] == "A" and has_right_check_digit(number[1:])
    opened = await billing.service.observer.one(AccountOpened, where=lambda event: event.account_id == account_id)
    assert (opened.account_version, opened.time_zone, opened.country) == (1, "Europe/Berlin", "DE")
    assert opened.address_fingerprint is not None
    assert opened.recipients is not None and len(opened.recipients) == 3
    contacts = await billing.service.observer.expect(
        ContactChanged, where=lambda event: event.account_id == account_id, count=3
    )
    assert {one.contact_id for one in contacts} == {one.contact_id for one in opened.recipients}
    assert [one.roles for one in contacts if one.email == "ada@example.com"] == [
        (ContactRole.PRIMARY_BILLING, ContactRole.INVOICE_RECIPIENT)
    ]


async def test_names_and_streets_stand_in_no_public_event(billing: Billing) -> None:
    account = await billing.open("aurora", billing_address=ADDRESS)
    await billing.invoice(account, 100)
    for seen in billing.service.observer.seen:
        if seen.topic == "billing.invoicing.v1":
            text = seen.event.to_bytes().decode()
            assert "Geheimweg" not in text and "example.com" not in text and "Ada" not in text


async def test_accounts_that_a_seller_does_not_want_are_refused(billing: Billing) -> None:
    for change, code in (
        ({"currency": "JPY"}, "currency-not-sold"),
        ({"language": "ja"}, "language-not-spoken"),
        ({"time_zone": "Mars/Olympus"}, "unknown-time-zone"),
        ({"cc": "a@x.y,b@x.y,c@x.y,d@x.y,e@x.y"}, "too-many-recipients"),
        ({"cc": "ADA@example.com"}, "recipient-twice"),
    ):
        body = account_body("aurora", "EUR") | change
        answer = await billing.agent.post("/v1/accounts", json=body, headers=key())
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    unknown = await billing.agent.post("/v1/accounts", json=account_body("nobody", "EUR"), headers=key())
    assert unknown.status_code == 404
    assert (await billing.agent.post("/v1/accounts", json=account_body("aurora", "EUR"))).status_code == 400


async def test_nobody_reaches_another_account_or_seller(billing: Billing) -> None:
    account = await billing.open()
    outsider = billing.service.client(billing.tokens.issue(sellers=["aurora"]))
    stranger = billing.service.client(billing.tokens.customer(str(uuid4())))
    path = f"/v1/accounts/{account.account_id}"
    for client in (outsider, stranger):
        for place in ("", "/balance", "/invoices", f"/invoices/{uuid4()}", "/journal", "/payments-due"):
            assert (await client.get(path + place)).status_code == 404
        saved = await client.put(f"{path}/billing-profile", json={"language": "fr"})
        assert saved.status_code == 404
        assert (await client.put(f"{path}/invoice-recipients", json={"recipients": []})).status_code == 404
    opening = await outsider.post("/v1/accounts", json=account_body("borealis", "USD"), headers=key())
    assert opening.status_code == 404
    customer = billing.service.client(billing.tokens.customer(account.account_id))
    assert (await customer.get(path)).json()["number"] == account.number
    assert (await customer.get("/v1/invariants")).status_code == 403


@pytest.mark.requirement("GOTO-25", "GOTO-26")
async def test_an_address_is_added_where_there_is_none_and_edited_where_there_is_one(billing: Billing) -> None:
    account = await billing.open("aurora", billing_address=None)
    path = f"/v1/accounts/{account.account_id}"
    assert (await billing.get(path))["billing_address"] is None
    for line_1 in ("Weg 1", "Weg 2"):
        body = {
            "billing_address": ADDRESS | {"line_1": line_1, "company": "Beispiel GmbH"},
            "billing_contact": {"name": "Bea", "email": "bea@example.com", "language": "de"},
            "cc": "carl@example.com, dora@example.com",
        }
        saved = await billing.agent.put(f"{path}/billing-profile", json=body)
        assert saved.status_code == 200, saved.text
        shown = await billing.get(path)
        assert shown["billing_address"]["line_1"] == line_1
    assert [(one["email"], one["primary"]) for one in shown["recipients"]] == [
        ("bea@example.com", True),
        ("carl@example.com", False),
        ("dora@example.com", False),
    ]
    first, second = await billing.tells(BillingProfileUpdated, account, count=2)
    assert [part.value for part in first.changed] == ["billing_address", "company", "contact"]
    assert [part.value for part in second.changed] == ["billing_address"]
    assert first.account_version < second.account_version
    assert first.address_fingerprint != second.address_fingerprint


@pytest.mark.requirement("GOTO-31")
async def test_a_shipping_address_is_saved_edited_and_removed(billing: Billing) -> None:
    account = await billing.open()
    path = f"/v1/accounts/{account.account_id}"
    assert (await billing.get(path))["shipping_address"] is None
    for address in (ADDRESS, ADDRESS | {"city": "Bonn"}, None, None):
        saved = await billing.agent.put(f"{path}/shipping-address", json={"shipping_address": address})
        assert saved.status_code == 200, saved.text
        shown = (await billing.get(path))["shipping_address"]
        assert (shown and shown["city"]) == (address and address["city"])
    told = await billing.tells(ShippingAddressUpdated, account, count=3)
    assert [(one.present, one.country) for one in told] == [(True, "DE"), (True, "DE"), (False, None)]
    assert "Geheimweg" not in told[0].to_bytes().decode()


@pytest.mark.requirement("GOTO-24")
async def test_the_profile_is_changed_only_with_the_permission(billing: Billing) -> None:
    account = await billing.open()
    path = f"/v1/accounts/{account.account_id}/billing-profile"
    looking = billing.service.client(
        billing.tokens.issue(
            kind="customer",
            sellers=["borealis"],
            accounts=[account.account_id],
            permissions=[Permission.BILLING_INFORMATION_VIEW],
        )
    )
    refused = await looking.put(path, json={"billing_address": ADDRESS})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission-missing")
    shipping = path.replace("billing-profile", "shipping-address")
    assert (await looking.put(shipping, json={"shipping_address": ADDRESS})).status_code == 403
    customer = billing.service.client(billing.tokens.customer(account.account_id))
    contact = {"email": "new@example.com"}
    saved = await customer.put(path, json={"billing_address": ADDRESS, "billing_contact": contact})
    assert saved.status_code == 200
    assert (await customer.put(shipping, json={"shipping_address": ADDRESS})).status_code == 200
    (told,) = await billing.tells(BillingProfileUpdated, account)
    assert told.postal_code == "50667"


@pytest.mark.requirement("GOTO-99", "GOTO-100")
async def test_five_people_get_invoices_and_no_sixth(billing: Billing) -> None:
    account = await billing.open()
    path = f"/v1/accounts/{account.account_id}/invoice-recipients"

    def listed(*names: str) -> dict[str, object]:
        first, *rest = names
        people = [{"email": f"{first}@example.com", "primary": True}]
        return {"recipients": people + [{"email": f"{name}@example.com"} for name in rest]}

    assert (await billing.agent.put(path, json=listed("ada", "b", "c", "d", "e"))).status_code == 200
    sixth = await billing.agent.put(path, json=listed("ada", "b", "c", "d", "e", "f"))
    assert (sixth.status_code, sixth.json()["code"], sixth.json()["recipients_max"]) == (422, "too-many-recipients", 5)
    assert (await billing.agent.put(path, json=listed("f", "ada", "b", "c", "d"))).status_code == 200
    changes = await billing.tells(InvoiceRecipientsChanged, account, count=3)
    assert [len(one.recipients) for one in changes] == [1, 5, 5]
    contacts = await billing.service.observer.expect(
        ContactChanged, where=lambda event: event.account_id == account.account_id and event.email[0] == "e", count=2
    )
    assert [one.roles for one in contacts] == [(ContactRole.INVOICE_RECIPIENT,), ()]
    again = await billing.agent.put(path, json=listed("f", "ada", "b", "c", "d"))
    assert again.status_code == 200
    await billing.service.settled()
    assert len(billing.told(InvoiceRecipientsChanged, account)) == 3


async def test_accounts_are_numbered_without_gaps_though_some_are_refused(billing: Billing) -> None:
    await billing.open()
    await billing.agent.post("/v1/accounts", json=account_body("borealis", "JPY"), headers=key())
    await billing.open()
    await billing.books_are_right()
