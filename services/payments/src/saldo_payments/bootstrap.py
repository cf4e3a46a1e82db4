"""Settings in, running service out: the only file that sees every room."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import saldo_web
from fastapi import FastAPI
from saldo_messaging import ClaimLoop, Runtime, Service
from saldo_messaging.clocks import MovableClock
from saldo_web import Authenticator, ReadinessCheck, SecuredRouter, sandbox_routes
from saldo_work import Handler

from saldo_payments.adapters.books import SqlBooks
from saldo_payments.adapters.machine_clock import SystemMachineTime
from saldo_payments.adapters.sql_backlog import SqlBacklog
from saldo_payments.adapters.sql_candidates import SqlCandidates
from saldo_payments.adapters.sql_readings import SqlReadings
from saldo_payments.adapters.stripe_connection import StripeClients
from saldo_payments.adapters.stripe_processor import StripeProcessor
from saldo_payments.adapters.stripe_webhooks import StripeWebhooks
from saldo_payments.adapters.telemetry_alarms import TelemetryAlarms
from saldo_payments.application.abandon_authentication import AbandonAuthentication, AbandonAuthenticationHandler
from saldo_payments.application.alarm_in_doubt import AlarmInDoubt, AlarmInDoubtHandler
from saldo_payments.application.alarm_undecided_method import AlarmUndecidedMethod, AlarmUndecidedMethodHandler
from saldo_payments.application.announcements import announce
from saldo_payments.application.autopay import Autopay
from saldo_payments.application.begin_charge import BeginCharge, BeginChargeHandler
from saldo_payments.application.choose_default import ChooseDefault, ChooseDefaultHandler
from saldo_payments.application.copy_account import CopyAccount, CopyAccountHandler
from saldo_payments.application.copy_invoices import (
    CopyInvoice,
    CopyInvoiceHandler,
    CopyOpenAmounts,
    CopyOpenAmountsHandler,
)
from saldo_payments.application.copy_live_subscriptions import CopyLiveSubscriptions, CopyLiveSubscriptionsHandler
from saldo_payments.application.make_one_time_payment import MakeOneTimePayment, MakeOneTimePaymentHandler
from saldo_payments.application.ports import CardProcessor
from saldo_payments.application.read_payments import ReadPayments
from saldo_payments.application.recheck_payment_method import RecheckPaymentMethod, RecheckPaymentMethodHandler
from saldo_payments.application.reconcile_payment import ReconcilePayment, ReconcilePaymentHandler
from saldo_payments.application.remove_payment_method import RemovePaymentMethod, RemovePaymentMethodHandler
from saldo_payments.application.request_payment import RequestPayment, RequestPaymentHandler
from saldo_payments.application.resolve_payment import ResolvePayment, ResolvePaymentHandler
from saldo_payments.application.retry_payment import RetryPayment, RetryPaymentHandler
from saldo_payments.application.settle_charge import SettleCharge, SettleChargeHandler
from saldo_payments.application.settle_validation import SettleValidation, SettleValidationHandler
from saldo_payments.application.settlement import Settlement
from saldo_payments.application.submit_payment_method import SubmitPaymentMethod, SubmitPaymentMethodHandler
from saldo_payments.application.switch_autopay import SwitchAutopay, SwitchAutopayHandler
from saldo_payments.application.validate_payment_method import ValidatePaymentMethod, ValidatePaymentMethodHandler
from saldo_payments.domain.errors import PaymentsError
from saldo_payments.entrypoints import invoicing_events, subscriptions_events
from saldo_payments.entrypoints.collection_loop import collection_loop
from saldo_payments.entrypoints.http.autopay import autopay_routes
from saldo_payments.entrypoints.http.payment_methods import payment_method_routes
from saldo_payments.entrypoints.http.payments import payment_routes
from saldo_payments.entrypoints.http.resolutions import resolution_routes
from saldo_payments.entrypoints.http.webhooks import webhook_routes
from saldo_payments.entrypoints.reconciliation_loop import reconciliation_loop
from saldo_payments.entrypoints.timers import TIMERS
from saldo_payments.entrypoints.validation_loop import validation_loop
from saldo_payments.settings import Settings

NAME = "payments"
DESCRIPTION = "How money is collected: payment methods, autopay, one-time payments and how they ended."
PROBLEMS = {
    "amount-not-positive": 422,
    "wrong-currency": 422,
    "one-way-to-pay": 422,
    "brand-not-accepted": 422,
}


def build_from_environment() -> Service:
    return build(Settings())  # type: ignore[call-arg]  # the environment gives what is required


def build(settings: Settings, *, processor: CardProcessor | None = None) -> Service:
    """`processor` is given by tests that need another than Stripe's."""
    machine = SystemMachineTime()

    def loops(runtime: Runtime) -> Sequence[ClaimLoop]:
        candidates = SqlCandidates(runtime.database)
        cards = processor or stripe_processor(settings)
        return [
            validation_loop(candidates.to_check, cards),
            collection_loop(candidates.to_charge, cards),
            reconciliation_loop(candidates.to_ask, cards),
        ]

    def api(runtime: Runtime) -> FastAPI:
        terms, commands = settings.terms(), runtime.commands
        reads = ReadPayments(SqlReadings(runtime.database), runtime.clock, terms=terms)
        mail = StripeWebhooks([secret.get_secret_value() for secret in settings.stripe_webhook_secrets])
        routers = [
            payment_method_routes(commands, reads, terms),
            autopay_routes(commands, reads),
            payment_routes(commands, reads),
            resolution_routes(commands, reads),
            webhook_routes(commands, mail),
        ]
        return http_app(settings, runtime, routers)

    return Service(
        name=NAME,
        version=version("saldo-payments"),
        migrations="saldo_payments.migrations",
        messaging=settings.messaging(),
        books=SqlBooks,
        announce=announce,
        refusals=(PaymentsError,),
        handlers=_handlers(settings, machine),
        listens={**invoicing_events.LISTENS, **subscriptions_events.LISTENS},
        timers=TIMERS,
        loops=loops,
        api=api,
        worker_http=lambda runtime: http_app(settings, runtime, []),
        serve_http=saldo_web.serve,
        backlog=lambda runtime: [SqlBacklog(runtime.database).read],
    )


def _handlers(settings: Settings, machine: SystemMachineTime) -> dict[type, Handler[Any]]:
    """Each handler stands under the class of its own command, which a mapping's type cannot say: hence Any."""
    terms, alarms = settings.terms(), TelemetryAlarms()
    autopay, settlement = Autopay(terms, machine), Settlement(terms, machine)
    return {
        CopyAccount: CopyAccountHandler(),
        CopyInvoice: CopyInvoiceHandler(),
        CopyOpenAmounts: CopyOpenAmountsHandler(),
        CopyLiveSubscriptions: CopyLiveSubscriptionsHandler(),
        SubmitPaymentMethod: SubmitPaymentMethodHandler(terms, machine),
        ValidatePaymentMethod: ValidatePaymentMethodHandler(machine),
        SettleValidation: SettleValidationHandler(terms, machine, autopay=autopay),
        RecheckPaymentMethod: RecheckPaymentMethodHandler(machine),
        AlarmUndecidedMethod: AlarmUndecidedMethodHandler(alarms),
        ChooseDefault: ChooseDefaultHandler(),
        RemovePaymentMethod: RemovePaymentMethodHandler(),
        SwitchAutopay: SwitchAutopayHandler(),
        RequestPayment: RequestPaymentHandler(autopay),
        MakeOneTimePayment: MakeOneTimePaymentHandler(terms, machine),
        BeginCharge: BeginChargeHandler(terms, machine),
        SettleCharge: SettleChargeHandler(settlement, alarms),
        ReconcilePayment: ReconcilePaymentHandler(machine),
        RetryPayment: RetryPaymentHandler(),
        AbandonAuthentication: AbandonAuthenticationHandler(machine),
        AlarmInDoubt: AlarmInDoubtHandler(alarms),
        ResolvePayment: ResolvePaymentHandler(settlement),
    }


def stripe_processor(settings: Settings) -> StripeProcessor:
    """The adapter with every seller's credentials."""
    clients = StripeClients(
        settings.stripe_api_key.get_secret_value(),
        keys_of_sellers={seller: key.get_secret_value() for seller, key in settings.stripe_api_keys_of_sellers.items()},
        base_address=settings.stripe_api_url,
        timeout_seconds=settings.processor_timeout_seconds,
    )
    return StripeProcessor(clients, SystemMachineTime(), return_url=settings.return_url)


def http_app(settings: Settings, runtime: Runtime, routers: Sequence[SecuredRouter]) -> FastAPI:
    """The processor is not among the checks: while it is away, payments wait and the rest of the service goes on."""
    sandbox = [sandbox_routes(runtime.clock, runtime)] if isinstance(runtime.clock, MovableClock) else []
    return saldo_web.create_app(
        service=NAME,
        title="Saldo payments",
        version=version("saldo-payments"),
        description=DESCRIPTION,
        problems=PROBLEMS,
        authenticator=Authenticator.of(
            settings.token_issuer, jwks_url=settings.token_jwks_url, jwks_file=settings.token_jwks_file
        ),
        readiness=[ReadinessCheck(name, check) for name, check in runtime.readiness().items()],
        routers=[*routers, *sandbox],
    )
