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

from saldo_notifications.adapters.books import SqlBooks
from saldo_notifications.adapters.catalogues import languages
from saldo_notifications.adapters.jinja_letters import JinjaLetters
from saldo_notifications.adapters.machine_clock import SystemMachineClock
from saldo_notifications.adapters.smtp_mailer import SmtpMailer, SmtpServer
from saldo_notifications.adapters.sql_backlog import SqlBacklog
from saldo_notifications.adapters.sql_candidates import SqlCandidates
from saldo_notifications.adapters.sql_notice_log import SqlNoticeLog
from saldo_notifications.adapters.yaml_sellers import YamlSellers
from saldo_notifications.application.address_notice import AddressNotice, AddressNoticeHandler
from saldo_notifications.application.announcements import announce
from saldo_notifications.application.claim_notice import ClaimNotice, ClaimNoticeHandler
from saldo_notifications.application.compose_notices import ComposeNotices, ComposeNoticesHandler
from saldo_notifications.application.deliver_notice import DeliverNotice
from saldo_notifications.application.erase_contact import EraseContact, EraseContactHandler
from saldo_notifications.application.ports import Mailer
from saldo_notifications.application.read_notices import ReadNotices
from saldo_notifications.application.record_account import (
    RecordAccount,
    RecordAccountHandler,
    RecordRecipients,
    RecordRecipientsHandler,
)
from saldo_notifications.application.record_contact import RecordContact, RecordContactHandler
from saldo_notifications.application.retry_notice import RetryNotice, RetryNoticeHandler
from saldo_notifications.application.settle_notice import SettleNotice, SettleNoticeHandler
from saldo_notifications.application.take_up_waiting_notice import TakeUpWaitingNotice, TakeUpWaitingNoticeHandler
from saldo_notifications.domain.errors import NotificationsError
from saldo_notifications.entrypoints import (
    contacts_events,
    invoicing_events,
    payments_events,
    portal_events,
    subscriptions_events,
)
from saldo_notifications.entrypoints.delivery_loop import delivery_loop
from saldo_notifications.entrypoints.http.mail_server import Greeting, mail_server_routes
from saldo_notifications.entrypoints.http.notices import notice_routes
from saldo_notifications.entrypoints.waiting_loop import waiting_loop
from saldo_notifications.settings import Settings

NAME = "notifications"
DESCRIPTION = "The delivery log: which fact was told to whom, and the mail server's answer as the proof."


def build_from_environment() -> Service:
    return build(Settings())  # type: ignore[call-arg]  # the environment gives what is required


def build(settings: Settings, *, mailer: Mailer | None = None) -> Service:
    """Raises ValueError (SellerFaulty too) for settings that cannot work.

    `mailer` takes the mails instead of the mail server, for what measures the service without one.
    """
    sellers = YamlSellers(settings.sellers_path, languages=languages())
    smtp = SmtpMailer(smtp_server(settings))
    greeting = Greeting(smtp.greeting)

    def loops(runtime: Runtime) -> Sequence[ClaimLoop]:
        candidates = SqlCandidates(runtime.database)
        deliver = DeliverNotice(letters=JinjaLetters(sellers), mailer=mailer or smtp)
        return [
            delivery_loop(candidates.due, deliver, mail_server=smtp, connections_max=settings.smtp_connections_max),
            waiting_loop(candidates.released),
        ]

    def api(runtime: Runtime) -> FastAPI:
        notices = ReadNotices(SqlNoticeLog(runtime.database, sellers))
        return http_app(settings, runtime, [notice_routes(runtime.commands, notices), mail_server_routes(greeting)])

    def worker_http(runtime: Runtime) -> FastAPI:
        return http_app(settings, runtime, [mail_server_routes(greeting)])

    return Service(
        name=NAME,
        version=version("saldo-notifications"),
        migrations="saldo_notifications.migrations",
        messaging=settings.messaging(),
        books=SqlBooks,
        announce=announce,
        refusals=(NotificationsError,),
        handlers=_handlers(settings, sellers),
        listens={
            **contacts_events.LISTENS,
            **invoicing_events.LISTENS,
            **payments_events.LISTENS,
            **subscriptions_events.LISTENS,
            **portal_events.LISTENS,
        },
        timers={},
        loops=loops,
        api=api,
        worker_http=worker_http,
        serve_http=saldo_web.serve,
        backlog=lambda runtime: [SqlBacklog(runtime.database).read],
    )


def _handlers(settings: Settings, sellers: YamlSellers) -> dict[type, Handler[Any]]:
    """Each handler stands under the class of its own command, which a mapping's type cannot say: hence Any."""
    machine = SystemMachineClock()
    terms = settings.delivery_terms()
    return {
        RecordAccount: RecordAccountHandler(),
        RecordRecipients: RecordRecipientsHandler(),
        RecordContact: RecordContactHandler(),
        EraseContact: EraseContactHandler(),
        ComposeNotices: ComposeNoticesHandler(machine=machine, contact_wait=terms.contact_wait),
        AddressNotice: AddressNoticeHandler(machine),
        ClaimNotice: ClaimNoticeHandler(machine=machine, sellers=sellers, terms=terms),
        SettleNotice: SettleNoticeHandler(machine=machine, retries=terms.retries),
        TakeUpWaitingNotice: TakeUpWaitingNoticeHandler(machine),
        RetryNotice: RetryNoticeHandler(machine=machine, contact_wait=terms.contact_wait),
    }


def http_app(settings: Settings, runtime: Runtime, routers: Sequence[SecuredRouter]) -> FastAPI:
    """The mail server is not among the checks: while it is away, notices wait and the rest of the service goes on."""
    sandbox = [sandbox_routes(runtime.clock, runtime)] if isinstance(runtime.clock, MovableClock) else []
    return saldo_web.create_app(
        service=NAME,
        title="Saldo notifications",
        version=version("saldo-notifications"),
        description=DESCRIPTION,
        problems={},
        authenticator=Authenticator.of(
            settings.token_issuer, jwks_url=settings.token_jwks_url, jwks_file=settings.token_jwks_file
        ),
        readiness=[ReadinessCheck(name, check) for name, check in runtime.readiness().items()],
        routers=[*routers, *sandbox],
    )


def smtp_server(settings: Settings) -> SmtpServer:
    password = settings.smtp_password
    return SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=None if password is None else password.get_secret_value(),
        ca_file=None if settings.smtp_ca_file is None else str(settings.smtp_ca_file),
        hello_name=settings.smtp_hello_name,
        timeout_seconds=settings.smtp_reply_timeout_seconds,
        mail_timeout_seconds=settings.smtp_mail_timeout_seconds,
        connections_max=settings.smtp_connections_max,
    )
