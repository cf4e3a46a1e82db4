"""Numbers, days, people and addresses."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saldo_invoicing.adapters.address_fingerprints import AddressFingerprints
from saldo_invoicing.adapters.yaml_tables import YamlSellers, rates_from
from saldo_invoicing.application.people import Person, copies, recipients_of
from saldo_invoicing.domain.contact import RECIPIENTS_MAX, Contact, Origin
from saldo_invoicing.domain.document import DocumentKind, LineKind, kind_of
from saldo_invoicing.domain.due_dates import local_day, start_of, zone
from saldo_invoicing.domain.errors import (
    CurrencyNotSold,
    LanguageNotSpoken,
    NotOnePrimary,
    RecipientTwice,
    TooManyRecipients,
    UnknownTimeZone,
)
from saldo_invoicing.domain.number_series import NumberSeries, account_number, check_digit, has_right_check_digit

from services.invoicing.tests.unit.world import charge


@given(st.integers(min_value=0, max_value=10**12), st.data())
def test_one_mistyped_digit_of_an_account_number_is_always_found(drawn: int, data: st.DataObject) -> None:
    digits = account_number("", drawn)
    assert has_right_check_digit(digits)
    at = data.draw(st.integers(min_value=0, max_value=len(digits) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != digits[at]]))
    assert not has_right_check_digit(digits[:at] + other + digits[at + 1 :])


def test_the_check_digit_is_that_of_iso_7064() -> None:
    assert check_digit("0794") == 5  # the example of ISO/IEC 7064 for MOD 11,10


def test_numbers_are_drawn_without_gaps() -> None:
    series = NumberSeries("aurora/invoice")
    assert [series.draw() for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("name", ["", "Europe", "Mars/Olympus", "../../etc/passwd", "Europe/Berlin\x00"])
def test_a_name_that_is_no_zone(name: str) -> None:
    with pytest.raises(UnknownTimeZone):
        zone(name)


def test_days_are_those_of_the_accounts_zone() -> None:
    moment = datetime(2027, 3, 27, 23, 30, tzinfo=UTC)
    assert local_day(moment, "Europe/Berlin") == date(2027, 3, 28)
    assert local_day(moment, "America/New_York") == date(2027, 3, 27)


def test_a_day_begins_at_its_local_midnight_or_where_that_does_not_exist_right_after_it() -> None:
    assert start_of(date(2027, 3, 29), "Europe/Berlin") == datetime(2027, 3, 28, 22, tzinfo=UTC)
    skipped = start_of(date(2027, 4, 30), "Africa/Cairo")  # Cairo's clocks go from midnight to one that day
    assert local_day(skipped, "Africa/Cairo") == date(2027, 4, 30)


def test_lines_decide_the_kind_of_a_document() -> None:
    one_time = charge(1, kind=LineKind.ONE_TIME)
    assert kind_of([one_time, charge(1)]) is DocumentKind.RECURRING
    assert kind_of([one_time, charge(1), charge(1, first=True)]) is DocumentKind.NEW
    assert kind_of([one_time, charge(1, kind=LineKind.USAGE)]) is DocumentKind.ONE_TIME


def person(n: int, *, primary: bool = False) -> Person:
    return Person(f"person{n}@example.com", primary=primary)


def test_five_people_get_invoices_and_no_sixth() -> None:
    people = [person(0, primary=True), *(person(n) for n in range(1, RECIPIENTS_MAX))]
    recipients, listed = recipients_of(people, (), account_id="a", cause_id="c")
    assert (len(recipients), len(listed), recipients[0].origin) == (5, 5, Origin.PRIMARY)
    with pytest.raises(TooManyRecipients):
        recipients_of([*people, person(9)], (), account_id="a", cause_id="c")


def test_a_list_has_one_primary_and_no_address_twice() -> None:
    with pytest.raises(NotOnePrimary):
        recipients_of([person(1), person(2)], (), account_id="a", cause_id="c")
    with pytest.raises(NotOnePrimary):
        recipients_of([person(1, primary=True), person(2, primary=True)], (), account_id="a", cause_id="c")
    with pytest.raises(RecipientTwice):
        recipients_of([person(1, primary=True), Person(" PERSON1@Example.com")], (), account_id="a", cause_id="c")


def test_an_address_that_is_known_keeps_its_contact() -> None:
    known = Contact("known", "a", "aurora", "Ada", "Person1@example.com", None)
    recipients, _ = recipients_of([person(1, primary=True)], [known], account_id="a", cause_id="c")
    assert recipients[0].contact_id == "known"


def test_a_cc_field_is_separated_by_commas() -> None:
    assert [one.email for one in copies("a@b.c, d@e.f ,,")] == ["a@b.c", "d@e.f"]
    assert copies(None) == ()


def test_a_fingerprint_is_the_same_for_the_same_address_however_it_is_written() -> None:
    hashes = AddressFingerprints(b"k" * 16)
    one = hashes.of(country="DE", region=None, postal_code="10115", city="München", street="Straße 5 a")
    same = hashes.of(country="DE", region=None, postal_code="101 15", city="MÜNCHEN", street="STRASSE 5A")
    other = hashes.of(country="DE", region=None, postal_code="10115", city="München", street="Straße 6 a")
    assert one == same != other
    assert (
        AddressFingerprints(b"l" * 16).of(
            country="DE", region=None, postal_code="10115", city="München", street="Straße 5 a"
        )
        != one
    )
    with pytest.raises(ValueError, match="at least"):
        AddressFingerprints(b"short")


def test_the_sample_tables_are_complete() -> None:
    sellers, rates = YamlSellers(), rates_from()
    aurora, borealis = sellers.of("aurora"), sellers.of("borealis")
    assert rates.rate("aurora", "DE", None, "standard", date(2026, 1, 1)).rate.as_tuple().exponent == -2
    assert rates.rate("borealis", "FR", None, "standard", date(2026, 1, 1)).source
    aurora.speaks("de-AT")
    with pytest.raises(CurrencyNotSold):
        aurora.sells_in("USD")
    with pytest.raises(LanguageNotSpoken):
        aurora.speaks("fr")
    borealis.sells_in("USD")
    assert sellers.find("nobody") is None
    with pytest.raises(LookupError):
        sellers.of("nobody")
