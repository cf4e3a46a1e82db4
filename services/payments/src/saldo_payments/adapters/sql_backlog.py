"""How many payments wait for the card processor or for an answer, told as gauges; each is found by an index."""

from __future__ import annotations

from typing import Final

from saldo_messaging import Database, Readings
from saldo_telemetry import gauge

# Machine time: business time may stand still while a payment waits. The conditions are those of the partial indexes.
TO_CHARGE_COUNT_SQL: Final = (
    "select count(*), coalesce(extract(epoch from clock_timestamp() - min(recorded_at))::float8, 0) "
    "from payments where status = 'requested' and held_until is null"
)
IN_DOUBT_COUNT_SQL: Final = (
    "select count(*), coalesce(extract(epoch from clock_timestamp() - min(recorded_at))::float8, 0) "
    "from payment_attempts where status in ('calling', 'authentication_required', 'in_doubt') and status = 'in_doubt'"
)

TO_CHARGE: Final = gauge("billing.payments.to_charge", "{payment}", "Payments requested and held back by nothing")
TO_CHARGE_AGE: Final = gauge("billing.payments.to_charge_age", "s", "Age of the oldest of them")
IN_DOUBT: Final = gauge("billing.payments.in_doubt", "{payment}", "Payments whose outcome nobody knows")
IN_DOUBT_AGE: Final = gauge("billing.payments.in_doubt_age", "s", "Since the oldest of them was tried")


class SqlBacklog:
    """`read` is a `ReadBacklog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> Readings:
        """Counts, and ages in seconds of machine time."""
        pool = self._database.pool
        to_charge, to_charge_age = await pool.fetchrow(TO_CHARGE_COUNT_SQL) or (0, 0)
        in_doubt, in_doubt_age = await pool.fetchrow(IN_DOUBT_COUNT_SQL) or (0, 0)
        return {
            TO_CHARGE: to_charge,
            TO_CHARGE_AGE: to_charge_age,
            IN_DOUBT: in_doubt,
            IN_DOUBT_AGE: in_doubt_age,
        }
