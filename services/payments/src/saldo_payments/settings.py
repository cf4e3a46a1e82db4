"""What a deployment of this service can choose, from environment variables that begin with PAYMENTS_."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict
from saldo_messaging import ProcessSettings

from saldo_payments.domain.terms import CollectionTerms

HOUR_SECONDS = 3_600.0
DAY_SECONDS = 24 * HOUR_SECONDS
Seconds = Annotated[float, Field(gt=0)]


class Settings(ProcessSettings):
    """Read once, in bootstrap. Times of collecting are business time, the processor's time limit is machine time."""

    model_config = SettingsConfigDict(env_prefix="PAYMENTS_", frozen=True, hide_input_in_errors=True)

    stripe_api_key: SecretStr
    stripe_api_keys_of_sellers: dict[str, SecretStr] = Field(
        default_factory=dict, description="seller code -> key, where a seller has an account of its own"
    )
    stripe_webhook_secrets: tuple[SecretStr, ...] = Field(
        default=(), description="one for each endpoint registered at the processor; none: every webhook is refused"
    )
    stripe_api_url: str | None = Field(default=None, description="of a stand-in; None: the processor itself")
    processor_timeout_seconds: float = Field(
        default=30.0, gt=0, le=30.0, description="of one call; a claim lasts 90, so a live call is never stolen"
    )
    return_url: str = Field(
        default="https://localhost/payments/return", description="where an issuer's page sends the payer back to"
    )

    card_brands: frozenset[str] = frozenset({"visa", "mastercard", "amex", "discover"})
    cards_max: int = Field(default=4, ge=1, le=50)
    attempts_max: int = Field(default=5, ge=1, le=50)
    attempts_kept_for_payer: int = Field(default=2, ge=0, le=49)
    attempt_window_seconds: Seconds = DAY_SECONDS
    method_rest_seconds: Seconds = HOUR_SECONDS
    retry_schedule_seconds: tuple[Seconds, ...] = (HOUR_SECONDS, DAY_SECONDS, 3 * DAY_SECONDS, 5 * DAY_SECONDS)
    method_decision_within_seconds: Seconds = DAY_SECONDS
    authentication_within_seconds: Seconds = HOUR_SECONDS
    in_doubt_alarm_after_seconds: Seconds = 4 * HOUR_SECONDS

    def terms(self) -> CollectionTerms:
        """The business part of it."""
        return CollectionTerms(
            attempts_max=self.attempts_max,
            attempts_kept_for_payer=self.attempts_kept_for_payer,
            attempt_window=timedelta(seconds=self.attempt_window_seconds),
            method_rest=timedelta(seconds=self.method_rest_seconds),
            retry_schedule=tuple(timedelta(seconds=seconds) for seconds in self.retry_schedule_seconds),
            cards_max=self.cards_max,
            card_brands=self.card_brands,
            decision_within=timedelta(seconds=self.method_decision_within_seconds),
            authentication_within=timedelta(seconds=self.authentication_within_seconds),
            in_doubt_alarm_after=timedelta(seconds=self.in_doubt_alarm_after_seconds),
        )
