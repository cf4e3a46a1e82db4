"""The card processor as its operator sees it: what was really charged, and the troubles it can be given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx2

GOOD_CARD = "pm_card_visa"
OTHER_GOOD_CARD = "pm_card_mastercard"
EMPTY_CARD = "pm_card_chargeCustomerFail"  # can be stored, and declines every charge


@dataclass(frozen=True, slots=True)
class Charge:
    """Money the processor took."""

    payment_id: str
    attempt_id: str
    account_id: str
    minor_units: int
    currency: str
    idempotency_key: str


class Processor:
    """The simulator's own doors, and what a payer's browser asks of the processor; the services know none of them."""

    def __init__(self, url: str, api_key: str) -> None:
        headers = {"Authorization": f"Bearer {api_key}"}
        self._client = httpx2.AsyncClient(base_url=url, headers=headers, timeout=30.0)

    async def close(self) -> None:
        await self._client.aclose()

    async def charges(self, *, account_id: str | None = None) -> Sequence[Charge]:
        """Oldest first, whoever knows of them."""
        answer = await self._client.get("/simulator/ledger")
        answer.raise_for_status()
        charges = [_charge(one) for one in answer.json()["charges"]]
        return [charge for charge in charges if account_id in (None, charge.account_id)]

    async def trouble(self, *faults: Mapping[str, object]) -> None:
        """These faults and no others are in force from now on; none ends them all."""
        answer = await self._client.put("/simulator/faults", json={"faults": [dict(fault) for fault in faults]})
        assert answer.status_code == httpx2.codes.OK, answer.text

    async def tokenize(self, number: str, *, security_code: str) -> str:
        """What the payment page does with typed details: they go to the processor, and a token comes back."""
        card = {"number": number, "cvc": security_code, "exp_month": "12", "exp_year": "2034"}
        form = {"type": "card", **{f"card[{name}]": value for name, value in card.items()}}
        answer = await self._client.post("/v1/payment_methods", data=form)
        assert answer.status_code == httpx2.codes.OK, answer.text
        return str(answer.json()["id"])

    async def approve(self, page: str) -> None:
        """The cardholder passes the issuer's prompts on the page that the payment named."""
        answer = await self._client.post(page, data={**dict(httpx2.URL(page).params), "outcome": "approve"})
        assert answer.status_code < httpx2.codes.BAD_REQUEST, answer.text


def _charge(one: dict[str, object]) -> Charge:
    metadata = one["metadata"]
    assert isinstance(metadata, dict)
    return Charge(
        payment_id=metadata.get("payment_id", ""),
        attempt_id=metadata.get("attempt_id", ""),
        account_id=metadata.get("account_id", ""),
        minor_units=int(str(one["amount_captured"])),
        currency=str(one["currency"]).upper(),
        idempotency_key=str(one["idempotency_key"]),
    )
