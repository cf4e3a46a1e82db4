"""Settings in, running service out: the only file that sees every room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import saldo_web
from fastapi import FastAPI
from saldo_contracts import events as told
from saldo_contracts.envelope import Envelope
from saldo_contracts.event import Event
from saldo_messaging import Runtime, Service
from saldo_messaging.clocks import MovableClock
from saldo_web import Authenticator, ReadinessCheck, SecuredRouter, sandbox_routes
from saldo_work import Handler

from saldo_subscriptions.adapters.books import SqlBooks
from saldo_subscriptions.adapters.sql_account_reads import SqlAccountReads
from saldo_subscriptions.adapters.yaml_catalogue import SAMPLE_SELLERS, YamlCatalogue
from saldo_subscriptions.application.announcements import announce
from saldo_subscriptions.application.begin_subscription import BeginSubscription, BeginSubscriptionHandler
from saldo_subscriptions.application.customer import CHARGES_TIMER, START_TIMER
from saldo_subscriptions.application.enforce_terms import EnforceTerms, EnforceTermsHandler
from saldo_subscriptions.application.finalize_charges import FinalizeCharges, FinalizeChargesHandler
from saldo_subscriptions.application.late_payment import CANCELLATION_TIMER, SUSPENSION_TIMER
from saldo_subscriptions.application.note_payment_methods import NotePaymentMethods, NotePaymentMethodsHandler
from saldo_subscriptions.application.observe_balance import ObserveBalance, ObserveBalanceHandler
from saldo_subscriptions.application.open_account import OpenAccount, OpenAccountHandler
from saldo_subscriptions.application.override_suspension import OverrideSuspension, OverrideSuspensionHandler
from saldo_subscriptions.application.read_accounts import AccountQueries
from saldo_subscriptions.application.start_subscription import StartSubscription, StartSubscriptionHandler
from saldo_subscriptions.application.update_profile import UpdateProfile, UpdateProfileHandler
from saldo_subscriptions.domain.errors import SubscriptionsError
from saldo_subscriptions.entrypoints import invoicing_events, payments_events, timers
from saldo_subscriptions.entrypoints.http.catalogue import catalogue_routes
from saldo_subscriptions.entrypoints.http.charges import charges_routes
from saldo_subscriptions.entrypoints.http.decisions import decision_routes
from saldo_subscriptions.entrypoints.http.service_state import service_state_routes
from saldo_subscriptions.entrypoints.http.subscriptions import subscription_routes
from saldo_subscriptions.settings import Settings

NAME = "subscriptions"
DESCRIPTION = "What is sold and what it costs: catalogue, subscriptions, charges, suspension and reactivation."


def build_from_environment() -> Service:
    """The service that the environment describes."""
    return build(Settings())  # type: ignore[call-arg]  # the environment gives what is required


def build(settings: Settings) -> Service:
    """Raises ValueError (CatalogueRefused too) for settings that cannot work."""
    catalogue = YamlCatalogue.read(settings.catalogue_path or SAMPLE_SELLERS)

    def api(runtime: Runtime) -> FastAPI:
        queries = AccountQueries(SqlAccountReads(runtime.database.engine), runtime.clock)
        return http_app(
            settings,
            runtime,
            [
                catalogue_routes(catalogue),
                subscription_routes(runtime.commands, queries),
                service_state_routes(runtime.commands, queries),
                charges_routes(queries),
                decision_routes(queries),
            ],
        )

    return Service(
        name=NAME,
        version=version("saldo-subscriptions"),
        migrations="saldo_subscriptions.migrations",
        messaging=settings.messaging(),
        books=SqlBooks,
        announce=announce,
        refusals=(SubscriptionsError,),
        handlers=_handlers(catalogue),
        listens=_listens(),
        timers={
            CHARGES_TIMER: timers.on_billing_date,
            START_TIMER: timers.on_start,
            SUSPENSION_TIMER: timers.on_terms_date,
            CANCELLATION_TIMER: timers.on_terms_date,
        },
        loops=lambda _: [],
        api=api,
        worker_http=lambda runtime: http_app(settings, runtime, []),
        serve_http=saldo_web.serve,
    )


def _handlers(catalogue: YamlCatalogue) -> dict[type, Handler[Any]]:
    """Each handler stands under the class of its own command, which a mapping's type cannot say: hence Any."""
    return {
        OpenAccount: OpenAccountHandler(),
        UpdateProfile: UpdateProfileHandler(catalogue),
        NotePaymentMethods: NotePaymentMethodsHandler(),
        ObserveBalance: ObserveBalanceHandler(catalogue),
        EnforceTerms: EnforceTermsHandler(catalogue),
        StartSubscription: StartSubscriptionHandler(catalogue),
        BeginSubscription: BeginSubscriptionHandler(catalogue),
        FinalizeCharges: FinalizeChargesHandler(catalogue),
        OverrideSuspension: OverrideSuspensionHandler(catalogue),
    }


def _listens() -> dict[type[Event], Callable[[Any, Envelope], object | None]]:
    """Each translator reads its own event only; invoicing's balance says all that its single facts say (C-24)."""
    return {
        told.AccountOpened: invoicing_events.on_account_opened,
        told.BillingProfileUpdated: invoicing_events.on_billing_profile_updated,
        told.BalanceChanged: invoicing_events.on_balance_changed,
        told.PaymentMethodValidated: payments_events.on_payment_methods_changed,
        told.PaymentMethodRejected: payments_events.on_payment_methods_changed,
        told.PaymentMethodUpdated: payments_events.on_payment_methods_changed,
        told.PaymentMethodRemoved: payments_events.on_payment_methods_changed,
        told.PaymentMethodExpired: payments_events.on_payment_methods_changed,
    }


def http_app(settings: Settings, runtime: Runtime, routers: Sequence[SecuredRouter]) -> FastAPI:
    """The app of one process: its routers, health, and the sandbox doors where business time can be moved."""
    sandbox = [sandbox_routes(runtime.clock, runtime)] if isinstance(runtime.clock, MovableClock) else []
    return saldo_web.create_app(
        service=NAME,
        title="Saldo subscriptions",
        version=version("saldo-subscriptions"),
        description=DESCRIPTION,
        problems={},
        authenticator=Authenticator.of(
            settings.token_issuer, jwks_url=settings.token_jwks_url, jwks_file=settings.token_jwks_file
        ),
        readiness=[ReadinessCheck(name, check) for name, check in runtime.readiness().items()],
        routers=[*routers, *sandbox],
    )
