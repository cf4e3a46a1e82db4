"""Which rows wait for a loop; these only look, the claim locks and decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import asyncpg
from saldo_messaging import Database, Step

from saldo_payments.application.begin_charge import BeginCharge
from saldo_payments.application.reconcile_payment import ReconcilePayment
from saldo_payments.application.validate_payment_method import ValidatePaymentMethod

TO_CHARGE_SQL = (
    "select payment_id::text as id, account_id::text, traceparent, tracestate, recorded_at from payments "
    "where status = 'requested' and held_until is null order by recorded_at limit $1"
)
TO_ASK_SQL = (
    "select attempt_id::text as id, payment_id::text, account_id::text, traceparent, tracestate, recorded_at "
    "from payment_attempts where status in ('calling', 'authentication_required', 'in_doubt') "
    "and check_after <= clock_timestamp() order by check_after limit $1"
)
TO_CHECK_SQL = (
    "select payment_method_id::text as id, account_id::text, traceparent, tracestate, recorded_at "
    "from payment_methods where status = 'pending' and (check_after is null or check_after <= clock_timestamp()) "
    "order by check_after nulls first limit $1"
)


class SqlCandidates:
    """Each method is a loop's `candidates`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def to_charge(self, limit: int) -> Sequence[Step]:
        """Requested payments that nothing holds, oldest first."""
        return await self._steps(
            TO_CHARGE_SQL, limit, lambda row: BeginCharge(payment_id=row["id"], account_id=row["account_id"])
        )

    async def to_ask(self, limit: int) -> Sequence[Step]:
        """Attempts whose lease or back-off is over (machine time)."""
        return await self._steps(
            TO_ASK_SQL,
            limit,
            lambda row: ReconcilePayment(
                attempt_id=row["id"], payment_id=row["payment_id"], account_id=row["account_id"]
            ),
        )

    async def to_check(self, limit: int) -> Sequence[Step]:
        """Pending cards, new ones first."""
        return await self._steps(
            TO_CHECK_SQL,
            limit,
            lambda row: ValidatePaymentMethod(payment_method_id=row["id"], account_id=row["account_id"]),
        )

    async def _steps(self, sql: str, limit: int, command: Callable[[asyncpg.Record], object]) -> Sequence[Step]:
        return [
            Step(
                command=command(row),
                cause_id=row["id"],
                traceparent=row["traceparent"],
                tracestate=row["tracestate"],
                stored_at=row["recorded_at"],
            )
            for row in await self._database.pool.fetch(sql, limit)
        ]
