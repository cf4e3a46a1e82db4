"""The simulator's doors: Stripe's API, the challenge page, and the simulator's own under /simulator/."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from saldo_local.processor import challenge, disputes, refunds
from saldo_local.processor.cards import BEHAVIOURS, CARDS
from saldo_local.processor.clock import MovesBackwards
from saldo_local.processor.desk import Desk
from saldo_local.processor.faults import Fault, Kind, WrongFault
from saldo_local.processor.ledger import ledger
from saldo_local.processor.records import Charge, PaymentIntent, PaymentMethod
from saldo_local.processor.wire import Body, Form, Refused

OVERRIDABLE = ("behaviour", "decline_code", "next", "exp_month", "exp_year")
UNTIL_CLEARED = -1


def application(desk: Desk) -> Starlette:
    own = OwnDoors(desk)
    methods = ["GET", "POST", "DELETE", "PUT", "PATCH"]
    return Starlette(
        routes=[
            Route("/v1/{path:path}", own.preflight, methods=["OPTIONS"]),
            Route("/v1/{path:path}", desk.answer, methods=methods),
            Route("/challenge/{id}", own.guarded(own.challenge), methods=["GET", "POST"]),
            Route("/simulator/clock", own.guarded(own.clock), methods=["GET", "PUT"]),
            Route("/simulator/quiescence", own.guarded(own.quiescence)),
            Route("/simulator/faults", own.guarded(own.faults), methods=["GET", "PUT", "POST", "DELETE"]),
            Route("/simulator/ledger", own.guarded(own.ledger)),
            Route("/simulator/cards", own.guarded(own.cards)),
            Route(
                "/simulator/payment-methods/{id}/behaviour",
                own.guarded(own.behaviour),
                methods=["GET", "PUT", "DELETE"],
            ),
            Route("/simulator/disputes", own.guarded(own.open_dispute), methods=["POST"]),
            Route("/simulator/disputes/{id}/close", own.guarded(own.close_dispute), methods=["POST"]),
            Route("/simulator/refunds/{id}/settle", own.guarded(own.settle_refund), methods=["POST"]),
        ]
    )


class OwnDoors:
    """Not Stripe's: JSON in, JSON out, no key, because they exist only in a simulator on loopback."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def guarded(self, door: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                return await door(request)
            except Refused as refused:
                return JSONResponse({"error": refused.error}, refused.status)
            except (ValueError, TypeError, KeyError) as error:
                return JSONResponse({"error": {"message": str(error)}}, 400)
            finally:
                self._desk.postman.bell.set()

        return answer

    async def preflight(self, request: Request) -> Response:
        """A browser asks before it sends a card to another origin."""
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Version",
        }
        return Response(status_code=204, headers=headers)

    async def clock(self, request: Request) -> Response:
        if request.method == "PUT":
            moment = datetime.fromisoformat((await _json(request))["now"])
            if moment.tzinfo is None:
                raise ValueError("now needs a time zone")
            try:
                await self._desk.clock.move_to(moment)
            except MovesBackwards as error:
                return JSONResponse({"error": {"message": str(error)}}, 409)
        return JSONResponse({"now": self._desk.clock.now().isoformat()})

    async def quiescence(self, request: Request) -> Response:
        """Quiet when two answers in a row are equal and `quiet` is true. `next_due_at` waits for the clock."""
        desk = self._desk
        waiting, due = desk.postman.waiting(), desk.postman.next_due()
        return JSONResponse(
            {
                "now": desk.clock.now().isoformat(),
                "begun": desk.begun,
                "finished": desk.finished,
                "webhooks_waiting": waiting,
                "next_due_at": None
                if due is None
                else datetime.fromtimestamp(due, desk.clock.now().tzinfo).isoformat(),
                "quiet": desk.begun == desk.finished and not waiting,
            }
        )

    async def faults(self, request: Request) -> Response:
        """PUT {"faults": [...]} replaces all, POST {...} adds one, DELETE ends all; the answer lists those in force."""
        desk, now = self._desk, self._desk.clock.now()
        try:
            if request.method == "PUT":
                wanted = (await _json(request))["faults"]
                desk.faults.replace([Fault.from_json(one, now) for one in wanted])
            elif request.method == "POST":
                desk.faults.add(Fault.from_json(await _json(request), now))
            elif request.method == "DELETE":
                desk.faults.replace([])
        except WrongFault as error:
            return JSONResponse({"error": {"message": str(error)}, "kinds": [*Kind]}, 400)
        await desk.clock.wake()
        return JSONResponse({"faults": [fault.as_json() for fault in desk.faults.in_force(now)]})

    async def ledger(self, request: Request) -> Response:
        return JSONResponse(ledger(self._desk.store))

    async def cards(self, request: Request) -> Response:
        """The test cards: name, number, what they do."""
        return JSONResponse(
            [{"name": f"pm_card_{name}", "number": card.number, "does": card.behaviour} for name, card in CARDS.items()]
        )

    async def behaviour(self, request: Request) -> Response:
        """PUT {"behaviour": "insufficient_funds", "next": 2}: this method does that from now on, `next` times (-1, the
        default: until cleared by DELETE). `exp_month` and `exp_year` change the card's date."""
        call = self._desk.call()
        with self._desk.store.transaction():
            method = call.the(PaymentMethod, request.path_params["id"])
            if request.method == "PUT":
                _override(method, await _json(request))
            elif request.method == "DELETE":
                method.override, method.override_next = "", 0
            call.store.put(method)
        does = method.override if method.override_next else method.behaviour
        return JSONResponse({"id": method.id, "behaviour": does, "next": method.override_next})

    async def open_dispute(self, request: Request) -> Response:
        """{"payment_intent": "pi_...", "reason": "fraudulent"}"""
        wanted = await _json(request)
        call = self._desk.call()
        with self._desk.store.transaction():
            intent = call.the(PaymentIntent, wanted["payment_intent"])
            charge = call.the(Charge, intent.latest_charge)
            return JSONResponse(disputes.open_dispute(call, charge, wanted.get("reason", "fraudulent")))

    async def close_dispute(self, request: Request) -> Response:
        """{"status": "won" | "lost"}"""
        wanted = await _json(request)
        with self._desk.store.transaction():
            return JSONResponse(disputes.close(self._desk.call(), request.path_params["id"], wanted["status"]))

    async def settle_refund(self, request: Request) -> Response:
        """{"status": "succeeded" | "failed"}"""
        succeeded = (await _json(request))["status"] == "succeeded"
        with self._desk.store.transaction():
            body = refunds.settle_pending(self._desk.call(), request.path_params["id"], succeeded=succeeded)
        return JSONResponse(body)

    async def challenge(self, request: Request) -> Response:
        """GET shows the page; POST outcome=approve|fail decides, and goes back to where the holder came from."""
        posted = request.method == "POST"
        form = Form.parse((await request.body()).decode() if posted else request.url.query)
        call = self._desk.call(form)
        intent = challenge.open_intent(call, request.path_params["id"], form.text("client_secret"))
        if not posted:
            return HTMLResponse(challenge.page(intent))
        with self._desk.store.transaction():
            outcome = form.required("outcome")
            if outcome not in ("approve", "fail"):
                raise Refused("outcome is approve or fail", param="outcome")
            succeeded = challenge.settle(call, intent, "approve" if outcome == "approve" else "fail")
        back = challenge.way_back(intent, succeeded=succeeded)
        return RedirectResponse(back, 303) if back else HTMLResponse(challenge.page(intent))


async def _json(request: Request) -> dict[str, str]:
    value = json.loads(await request.body())
    if not isinstance(value, dict):
        raise TypeError("a JSON object is wanted")
    return value


def _override(method: PaymentMethod, wanted: dict[str, str]) -> None:
    body: Body = dict(wanted)
    if unknown := body.keys() - set(OVERRIDABLE):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(OVERRIDABLE)}")
    if name := body.get("behaviour") or body.get("decline_code"):
        if name not in BEHAVIOURS:
            raise ValueError(f"behaviour is one of {', '.join(BEHAVIOURS)}")
        method.override, method.override_next = str(name), int(str(body.get("next", UNTIL_CLEARED)))
    method.exp_month = int(str(body.get("exp_month", method.exp_month)))
    method.exp_year = int(str(body.get("exp_year", method.exp_year)))
