"""Cards charged and kept by Stripe; the attempt's id is the idempotency key of its one charge.

What became of an attempt that nobody answered is found out in this order, and why:

1. By the intent's id where it is known: the intent itself is read, never stale.
2. By searching for the attempt's id in the metadata. Only a find counts: the index lags behind by up to a minute,
   longer in an outage, so finding nothing proves nothing. What is found is read again by its id: the index may be old.
3. By sending the very same request under the same key. Stripe answers a known key with its first answer and charges
   nothing; a key that never arrived is charged now, once, which is what was promised. It forgets keys after 24 hours,
   so this ends well before; from then on only a find or an operator ends the doubt. A second key is never used.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import Any

import stripe
from saldo_telemetry import logger

from saldo_payments.adapters import stripe_answers as answers
from saldo_payments.adapters.stripe_connection import StripeClients
from saldo_payments.application.ports import CardCheckRequest, CardProcessor, ChargeRequest, MachineTime
from saldo_payments.domain.card_check import CardCheckOutcome
from saldo_payments.domain.charge_outcome import Answer, ChargeOutcome

KEY_REPLAYED_WITHIN = timedelta(hours=22)  # Stripe keeps a key for at least 24 h; two are left for clocks that differ
EXPANDED = ["payment_method"]  # its card's brand and last four digits come with the intent

_log = logger(__name__)


class StripeProcessor(CardProcessor):
    """`return_url` is where the issuer's page sends the payer back to."""

    def __init__(self, clients: StripeClients, machine: MachineTime, *, return_url: str) -> None:
        self._clients = clients
        self._machine = machine
        self._return_url = return_url

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """See `CardProcessor.charge`."""
        intents = self._clients.of(request.seller_id).v1.payment_intents
        asked: Any = self._charge_fields(request)
        return await _charged(
            intents.create_async(asked, {"idempotency_key": request.attempt_id}), request, said_no_is_final=True
        )

    async def look_up(self, request: ChargeRequest) -> ChargeOutcome:
        """See `CardProcessor.look_up` and the order at the head of this module."""
        reference = request.reference or await self._search(request)
        if reference is None:
            outcome = await self._replay(request)
            if outcome.answer is not Answer.AUTHENTICATION_REQUIRED or outcome.reference is None:
                return outcome
            reference = outcome.reference  # a replayed answer is as old as the first one
        return await self._read(request, reference)

    async def call_off(self, request: ChargeRequest) -> ChargeOutcome:
        """See `CardProcessor.call_off`; a charge that went through meanwhile cannot be cancelled: it is read."""
        if request.reference is None:
            return await self.look_up(request)
        intents = self._clients.of(request.seller_id).v1.payment_intents
        outcome = await _charged(
            intents.cancel_async(request.reference, {"cancellation_reason": "abandoned"}),
            request,
            said_no_is_final=False,
        )
        return outcome if outcome.answer is not Answer.UNKNOWN else await self._read(request, request.reference)

    async def keep_card(self, request: CardCheckRequest) -> CardCheckOutcome:
        """See `CardProcessor.keep_card`."""
        client = self._clients.of(request.seller_id)
        customer = request.customer
        try:
            if request.reference is not None:
                found = await client.v1.setup_intents.retrieve_async(request.reference, {"expand": EXPANDED})
                return answers.check_outcome(_plain(found), customer)
            if customer is None:
                customer = await self._new_customer(client, request)
            asked: Any = self._check_fields(request, customer)
            made = await client.v1.setup_intents.create_async(asked, {"idempotency_key": request.payment_method_id})
            return answers.check_outcome(_plain(made), customer)
        except (stripe.CardError, stripe.InvalidRequestError) as error:
            return answers.rejected(_error_of(error), request.reference)
        except stripe.StripeError as error:
            _say_unknown(error, payment_method_id=request.payment_method_id)
            return CardCheckOutcome(answer=answers.UNKNOWN_CHECK.answer, customer=customer)

    @staticmethod
    async def _new_customer(client: stripe.StripeClient, request: CardCheckRequest) -> str:
        customer = await client.v1.customers.create_async(
            {"metadata": {"account_id": request.account_id, "seller_id": request.seller_id}},
            {"idempotency_key": f"customer/{request.account_id}"},
        )
        return str(customer.id)

    async def _replay(self, request: ChargeRequest) -> ChargeOutcome:
        young = self._machine.now() - request.first_asked_at < KEY_REPLAYED_WITHIN
        if not young or request.token is None:
            return answers.UNKNOWN_CHARGE
        return await self.charge(request)

    async def _search(self, request: ChargeRequest) -> str | None:
        intents = self._clients.of(request.seller_id).v1.payment_intents
        try:
            found = await intents.search_async({"query": f"metadata['attempt_id']:'{request.attempt_id}'", "limit": 1})
        except stripe.StripeError as error:
            _say_unknown(error, attempt_id=request.attempt_id)
            return None
        return str(found.data[0].id) if found.data else None

    async def _read(self, request: ChargeRequest, reference: str) -> ChargeOutcome:
        intents = self._clients.of(request.seller_id).v1.payment_intents
        return await _charged(intents.retrieve_async(reference, {"expand": EXPANDED}), request, said_no_is_final=False)

    def _charge_fields(self, request: ChargeRequest) -> Mapping[str, object]:
        """Equal for equal requests: the key is refused with other fields than the first time."""
        fields: dict[str, object] = {
            "amount": request.amount.minor_units,
            "currency": request.amount.currency.code.lower(),
            "payment_method": request.token,
            "payment_method_types": ["card"],
            "confirm": True,
            "metadata": {
                "attempt_id": request.attempt_id,
                "payment_id": request.payment_id,
                "account_id": request.account_id,
            },
            "expand": EXPANDED,
        }
        if request.customer is not None:
            fields["customer"] = request.customer
        if request.customer_present:
            fields["return_url"] = self._return_url
        else:
            fields["off_session"] = True
        if request.strong_authentication:
            fields["payment_method_options"] = {"card": {"request_three_d_secure": "any"}}
        return fields

    def _check_fields(self, request: CardCheckRequest, customer: str) -> Mapping[str, object]:
        fields: dict[str, object] = {
            "customer": customer,
            "payment_method": request.token,
            "payment_method_types": ["card"],
            "confirm": True,
            "usage": "off_session",
            "return_url": self._return_url,
            "metadata": {"payment_method_id": request.payment_method_id, "account_id": request.account_id},
            "expand": EXPANDED,
        }
        if request.strong_authentication:
            fields["payment_method_options"] = {"card": {"request_three_d_secure": "any"}}
        return fields


async def _charged(
    call: Awaitable[stripe.PaymentIntent], request: ChargeRequest, *, said_no_is_final: bool
) -> ChargeOutcome:
    """The outcome of a call about an intent. `said_no_is_final`: an invalid request is one that charges nothing."""
    try:
        return answers.charge_outcome(_plain(await call))
    except stripe.CardError as error:
        return answers.declined(_error_of(error), request.reference)
    except stripe.InvalidRequestError as error:
        if said_no_is_final and error.code != "idempotency_key_in_use":
            return answers.declined(_error_of(error), request.reference)
        _say_unknown(error, attempt_id=request.attempt_id)
    except stripe.StripeError as error:
        _say_unknown(error, attempt_id=request.attempt_id)
    return answers.UNKNOWN_CHARGE


def _plain(answer: stripe.StripeObject) -> answers.Object:
    plain: answers.Object = answer.to_dict()
    return plain


def _error_of(error: stripe.StripeError) -> answers.Object:
    body = error.json_body
    return answers.part(body, "error") if isinstance(body, Mapping) else {}


def _say_unknown(error: stripe.StripeError, **ids: str) -> None:
    """The kind of error and our ids only: what the processor sends back may hold what was sent to it."""
    _log.warning("the processor did not say", error=type(error).__name__, status=error.http_status, **ids)
