"""Takes a request of Stripe's API from its key to its answer, once per idempotency key, with the faults in force."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from saldo_local.processor.call import Call
from saldo_local.processor.clock import MovableClock
from saldo_local.processor.faults import SILENCES, Fault, Faults, Kind
from saldo_local.processor.protocol import HangUp
from saldo_local.processor.rendering import expand
from saldo_local.processor.routes import Api
from saldo_local.processor.store import Answer, Store
from saldo_local.processor.webhooks import Postman
from saldo_local.processor.wire import Body, CardRefused, Form, Refused, new_id

SILENCE_CHECK_SECONDS = 0.2
REFUSED_BEFORE = (Kind.ERROR_500, Kind.ERROR_429, Kind.NO_ANSWER_BEFORE_CHARGING, Kind.SILENT)
PUBLISHABLE_DOORS = frozenset({("POST", "/v1/payment_methods")})  # what a browser may do with the publishable key


@dataclass(slots=True)
class Desk:
    """`begun` and `finished` count requests, for those who wait for quiet; one that met silence has finished."""

    store: Store
    clock: MovableClock
    faults: Faults
    postman: Postman
    api: Api
    api_key: str
    base_url: str
    begun: int = 0
    finished: int = 0
    _keys_at_work: set[str] = field(default_factory=set)

    @property
    def publishable_key(self) -> str:
        return "pk" + self.api_key.removeprefix("sk")

    def call(self, form: Form | None = None, *, request_id: str = "", idempotency_key: str = "") -> Call:
        return Call(self.store, self.clock, self.base_url, form or Form(), request_id, idempotency_key)

    async def answer(self, request: Request) -> Response:
        self.begun += 1
        request_id = new_id("req")
        try:
            return await self._answer(request, request_id)
        except Refused as refused:
            return _response(refused.status, {"error": refused.error}, request_id)
        finally:
            self.finished += 1
            self.postman.bell.set()

    async def _answer(self, request: Request, request_id: str) -> Response:
        method, path = request.method, request.url.path.rstrip("/")
        self._authenticate(request, method, path)
        text = request.url.query if method in ("GET", "DELETE") else (await request.body()).decode()
        form = Form.parse(text)
        key = request.headers.get("Idempotency-Key", "") if method == "POST" else ""
        fault = self.faults.for_request(self.clock.now(), method, path=path, form=form)
        if fault is not None and fault.kind in REFUSED_BEFORE:
            return await self._not_carried_out(fault, request, request_id)
        fingerprint = hashlib.sha256(f"{method} {path} {json.dumps(form.tree, sort_keys=True)}".encode()).hexdigest()
        if key and key in self._keys_at_work:
            raise _key_in_use(key)
        if key and (kept := self.store.answer(key)):
            return await self._spoil(fault, request, _replayed(key, kept, fingerprint))
        if key:
            self._keys_at_work.add(key)
        try:
            if fault is not None and fault.kind is Kind.SLOW:
                await asyncio.sleep(fault.ms / 1000)
            call = self.call(form, request_id=request_id, idempotency_key=key)
            response = self._carry_out(call, method, path=path, fingerprint=fingerprint)
        finally:
            self._keys_at_work.discard(key)
        return await self._spoil(fault, request, response)

    def _authenticate(self, request: Request, method: str, path: str) -> None:
        given = _key_of(request.headers.get("Authorization", ""))
        if hmac.compare_digest(given.encode(), self.api_key.encode()):
            return
        if (method, path) in PUBLISHABLE_DOORS and hmac.compare_digest(given.encode(), self.publishable_key.encode()):
            return
        shown = f"{given[:7]}{'*' * max(0, len(given) - 7)}" if given else "(none)"
        raise Refused(f"Invalid API Key provided: {shown}", status=401)

    def _carry_out(self, call: Call, method: str, *, path: str, fingerprint: str) -> Response:
        """One transaction; a refused card is an outcome and stays, a refused request changes nothing."""
        use = self.api.use(method, path)
        with self.store.transaction():
            try:
                body = expand(use(call), call.form.items("expand"), store=self.store, base_url=self.base_url)
                status = 200
            except CardRefused as refused:
                status, body = (
                    402,
                    {"error": {**refused.error, "request_log_url": f"{self.base_url}/{call.request_id}"}},
                )
            if call.idempotency_key:
                kept = Answer(fingerprint, call.request_id, status, json.dumps(body))
                self.store.keep_answer(call.idempotency_key, kept)
        return _response(status, body, call.request_id, key=call.idempotency_key)

    async def _not_carried_out(self, fault: Fault, request: Request, request_id: str) -> Response:
        if fault.kind is Kind.ERROR_500:
            return _unavailable(request_id)
        if fault.kind is Kind.ERROR_429:
            error: Body = {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests."}
            return _response(429, {"error": error}, request_id)
        return await self._keep_quiet(fault, request)

    async def _spoil(self, fault: Fault | None, request: Request, response: Response) -> Response:
        """What was done is done; the client may not learn of it."""
        match fault and fault.kind:
            case Kind.NO_ANSWER_AFTER_CHARGING:
                return HangUp()
            case Kind.SILENT_AFTER_CHARGING if fault is not None:
                return await self._keep_quiet(fault, request)
            case Kind.ERROR_500_AFTER_CHARGING:
                return _unavailable(response.headers["Request-Id"])
            case Kind.SEARCH_FINDS_NOTHING:
                nothing: Body = {"object": "search_result", "has_more": False, "next_page": None, "data": []}
                return _response(200, {**nothing, "url": request.url.path}, response.headers["Request-Id"])
        return response

    async def _keep_quiet(self, fault: Fault, request: Request) -> Response:
        """Until the silence ends or the client leaves; quiet for all who wait for quiet."""
        self.finished += 1
        while fault.kind in SILENCES and fault in self.faults.in_force(self.clock.now()):
            if await request.is_disconnected():
                break
            try:
                async with asyncio.timeout(SILENCE_CHECK_SECONDS):
                    await self.clock.moved()
            except TimeoutError:
                continue
        self.begun += 1
        return HangUp()


def _replayed(key: str, kept: Answer, fingerprint: str) -> Response:
    if kept.fingerprint != fingerprint:
        raise Refused(
            "Keys for idempotent requests can only be used with the same parameters they were first used with.",
            kind="idempotency_error",
        )
    response = _response(kept.status, json.loads(kept.body), new_id("req"), key=key)
    response.headers["Idempotent-Replayed"] = "true"
    response.headers["Original-Request"] = kept.request_id
    return response


def _key_in_use(key: str) -> Refused:
    message = f"There is currently another in-progress request using this Idempotent Key ({key})."
    return Refused(message, status=409, code="idempotency_key_in_use", kind="idempotency_error")


def _unavailable(request_id: str) -> Response:
    return _response(500, {"error": {"type": "api_error", "message": "An unknown error occurred."}}, request_id)


def _response(status: int, body: Body, request_id: str, *, key: str = "") -> Response:
    response = Response(json.dumps(body), status, media_type="application/json")
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = "2026-10-28.endive"
    response.headers["Access-Control-Allow-Origin"] = "*"
    if key:
        response.headers["Idempotency-Key"] = key
    return response


def _key_of(authorization: str) -> str:
    """`Bearer sk_...` or Basic with the key as user name."""
    scheme, _, credential = authorization.partition(" ")
    if scheme.lower() != "basic":
        return credential
    try:
        return base64.b64decode(credential).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
