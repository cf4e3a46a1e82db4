"""What every HTTP API shares: problem details, authentication, permissions, idempotency keys, paging, health."""

from saldo_contracts.wire import Amount, Id

from saldo_web.app import create_app
from saldo_web.authentication import Authenticator, Unauthenticated
from saldo_web.health import ReadinessCheck
from saldo_web.idempotency import cause_of, request_key_of, run
from saldo_web.keys import JwksAddress, JwksDocument, JwksFile, Keys
from saldo_web.paging import PageOf, PageRequest, encode_cursor, page, page_request
from saldo_web.problems import Problem
from saldo_web.routing import Authenticates, CurrentActor, OnDenied, Public, SecuredRouter
from saldo_web.sandbox import MovableClock, Quiescence, sandbox_routes
from saldo_web.serving import serve
from saldo_web.signing import TokenSigner
from saldo_web.wire import Day, Int64, Int64Parameter, Moment, PathId, RequestBody, Text

__all__ = [
    "Amount",
    "Authenticates",
    "Authenticator",
    "CurrentActor",
    "Day",
    "Id",
    "Int64",
    "Int64Parameter",
    "JwksAddress",
    "JwksDocument",
    "JwksFile",
    "Keys",
    "Moment",
    "MovableClock",
    "OnDenied",
    "PageOf",
    "PageRequest",
    "PathId",
    "Problem",
    "Public",
    "Quiescence",
    "ReadinessCheck",
    "RequestBody",
    "SecuredRouter",
    "Text",
    "TokenSigner",
    "Unauthenticated",
    "cause_of",
    "create_app",
    "encode_cursor",
    "page",
    "page_request",
    "request_key_of",
    "run",
    "sandbox_routes",
    "serve",
]
