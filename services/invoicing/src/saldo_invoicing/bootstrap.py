"""Puts invoicing together: settings in, running service out; the only file that sees every room."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import saldo_web
from fastapi import FastAPI
from saldo_contracts import events
from saldo_messaging import Runtime, Service
from saldo_work import Handler

from saldo_invoicing.adapters.address_fingerprints import AddressFingerprints
from saldo_invoicing.adapters.books import SqlBooks
from saldo_invoicing.adapters.sql_accounts import SqlAccountReads
from saldo_invoicing.adapters.sql_invariants import SqlInvariants
from saldo_invoicing.adapters.sql_invoices import SqlInvoiceReads
from saldo_invoicing.adapters.sql_journal import SqlJournalReads
from saldo_invoicing.adapters.yaml_tables import YamlSellers, rates_from
from saldo_invoicing.application import announcements
from saldo_invoicing.application.apply_payment import ApplyPayment, ApplyPaymentHandler
from saldo_invoicing.application.books import OVERDUE_TIMER
from saldo_invoicing.application.credit_charges import CreditCharges, CreditChargesHandler
from saldo_invoicing.application.issue_invoice import IssueInvoice, IssueInvoiceHandler
from saldo_invoicing.application.mark_overdue import MarkOverdue, MarkOverdueHandler
from saldo_invoicing.application.open_account import OpenAccount, OpenAccountHandler
from saldo_invoicing.application.read_books import Books
from saldo_invoicing.application.replace_invoice_recipients import (
    ReplaceInvoiceRecipients,
    ReplaceInvoiceRecipientsHandler,
)
from saldo_invoicing.application.reverse_payment import ReversePayment, ReversePaymentHandler
from saldo_invoicing.application.save_shipping_address import SaveShippingAddress, SaveShippingAddressHandler
from saldo_invoicing.application.update_billing_profile import UpdateBillingProfile, UpdateBillingProfileHandler
from saldo_invoicing.domain.errors import InvoicingError
from saldo_invoicing.entrypoints import overdue_timers, payments_events, subscriptions_events
from saldo_invoicing.entrypoints.http import api
from saldo_invoicing.settings import Settings

NAME = "invoicing"


def build(settings: Settings) -> Service:
    """The service of these settings; raises ValueError where a table or a key is wrong."""

    def http_api(runtime: Runtime) -> FastAPI:
        database = runtime.database
        books = Books(
            SqlAccountReads(database), SqlInvoiceReads(database), SqlJournalReads(database), SqlInvariants(database)
        )
        return api.app(runtime, books, _authenticator(settings), version=version("saldo-invoicing"))

    def worker_http(runtime: Runtime) -> FastAPI:
        return api.worker_app(runtime, _authenticator(settings), version=version("saldo-invoicing"))

    return Service(
        name=NAME,
        version=version("saldo-invoicing"),
        migrations="saldo_invoicing.migrations",
        messaging=settings.messaging(),
        books=SqlBooks,
        announce=announcements.announce,
        refusals=(InvoicingError,),
        handlers=_handlers(settings),
        listens=_listens(),
        timers={OVERDUE_TIMER: overdue_timers.on_overdue},
        loops=lambda _: [],
        api=http_api,
        worker_http=worker_http,
        serve_http=saldo_web.serve,
    )


def build_from_environment() -> Service:
    """The service of this process's environment; raises ValueError naming what is wrong there."""
    return build(Settings())  # type: ignore[call-arg]  # the environment gives them


def _handlers(settings: Settings) -> dict[type, Handler[Any]]:
    sellers = YamlSellers(settings.sellers_file)
    rates = rates_from(settings.tax_rates_file)
    fingerprints = AddressFingerprints(settings.address_fingerprint_key.get_secret_value().encode())
    return {
        OpenAccount: OpenAccountHandler(sellers, fingerprints),
        UpdateBillingProfile: UpdateBillingProfileHandler(sellers, fingerprints),
        ReplaceInvoiceRecipients: ReplaceInvoiceRecipientsHandler(),
        SaveShippingAddress: SaveShippingAddressHandler(),
        IssueInvoice: IssueInvoiceHandler(sellers, rates),
        ApplyPayment: ApplyPaymentHandler(),
        ReversePayment: ReversePaymentHandler(sellers),
        CreditCharges: CreditChargesHandler(sellers),
        MarkOverdue: MarkOverdueHandler(sellers),
    }


def _listens() -> dict[type[events.Event], Callable[..., object | None]]:
    return {
        events.ChargesFinalized: subscriptions_events.on_charges_finalized,
        events.SubscriptionDowngraded: subscriptions_events.on_subscription_downgraded,
        events.PaymentSucceeded: payments_events.on_payment_succeeded,
        events.OfflinePaymentRecorded: payments_events.on_offline_payment_recorded,
        events.PaymentReversed: payments_events.on_payment_reversed,
    }


def _authenticator(settings: Settings) -> saldo_web.Authenticator:
    return saldo_web.Authenticator.of(
        settings.token_issuer, jwks_url=settings.token_jwks_url, jwks_file=settings.token_jwks_file
    )
