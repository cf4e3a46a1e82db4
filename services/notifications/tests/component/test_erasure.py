"""Somebody asks to be forgotten: the name and the address are gone at once, and nothing is sent there any more."""

from __future__ import annotations

from saldo_contracts.events import NotificationFailed, NotificationSent, PaymentSucceeded
from saldo_testkit.harness import Harness

from services.notifications.tests.component.customer import Customer, Person, person
from services.notifications.tests.mail_box import MailBox

EVERY_TABLE = "select table_name from information_schema.tables where table_schema = 'public'"


async def tables_that_know(service: Harness, one: Person) -> set[str]:
    """Every table in which the name or the address stands in any column."""
    pool = service.runtime.database.pool
    names = [row["table_name"] for row in await pool.fetch(EVERY_TABLE)]
    found = set()
    for name in names:
        sql = f"select exists (select from {name} t where t::text like any($1))"
        if await pool.fetchval(sql, [f"%{one.email}%", f"%{one.name}%"]):
            found.add(name)
    return found


async def test_an_erasure_takes_name_and_address_out_of_the_whole_database(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    anna = person("Annabella Unmistakable")
    await customer.opened(anna)
    await customer.introduces(anna)
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    await service.observer.one(NotificationSent, where=customer.owns)
    await service.settled()
    assert await tables_that_know(service, anna) == {"contacts"}
    await customer.erases(anna)
    await customer.buries(anna)
    await service.settled()
    assert await tables_that_know(service, anna) == set()
    assert await service.runtime.database.pool.fetchval("select count(*) from dead_letters") == 0


async def test_an_older_snapshot_does_not_bring_an_erased_person_back(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    anna = person()
    await customer.opened(anna)
    await customer.erases(anna, version=5)
    await customer.introduces(anna, version=4)
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    failed = await service.observer.one(NotificationFailed, where=customer.owns)
    assert (failed.reason, failed.final) == ("contact_erased", True)
    assert await tables_that_know(service, anna) == set()
    assert await mail_box.now(anna.email) == []


async def test_a_notice_that_was_still_open_is_given_up(
    service: Harness, customer: Customer, mail_box: MailBox
) -> None:
    anna = person()
    await customer.opened(anna)
    await customer.tells(PaymentSucceeded, receipt_contact_id=None)
    await customer.reaches("waiting_for_contact")
    await customer.erases(anna)
    failed = await service.observer.one(NotificationFailed, where=customer.owns)
    assert (failed.reason, failed.final) == ("contact_erased", True)
