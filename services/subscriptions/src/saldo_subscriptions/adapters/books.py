"""What subscriptions stores, in lock order: an account and its standing before everything that hangs on them."""

from __future__ import annotations

from saldo_messaging import Group, SqlUnitOfWork, Stored

from saldo_subscriptions.adapters import tables
from saldo_subscriptions.domain.account import Account
from saldo_subscriptions.domain.charge_line import ChargeLine
from saldo_subscriptions.domain.charges import Charges
from saldo_subscriptions.domain.order import Order
from saldo_subscriptions.domain.override import Override
from saldo_subscriptions.domain.standing import Standing
from saldo_subscriptions.domain.subscription import LIVE, Subscription


class SqlBooks(SqlUnitOfWork):
    """Declaration order is lock order and flush order."""

    accounts = Stored(Account, tables.accounts, key="account_id")
    standings = Stored(Standing, tables.standings, key="account_id")
    orders = Stored(Order, tables.orders, key="order_id")
    subscriptions = Stored(
        Subscription,
        tables.subscriptions,
        key="subscription_id",
        groups={
            "live_of_account": Group(
                "account_id",
                where=tables.subscriptions.c.status.in_([status.value for status in LIVE]),
                holds=lambda subscription: subscription.live,
            )
        },
    )
    charges = Stored(Charges, tables.charges, key="charges_id", append_only=True)
    lines = Stored(ChargeLine, tables.charge_lines, key="line_id", append_only=True)
    overrides = Stored(Override, tables.overrides, key="override_id", append_only=True)
