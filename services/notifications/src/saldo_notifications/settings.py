"""What a deployment of this service can choose, from environment variables that begin with NOTIFICATIONS_."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict
from saldo_messaging import ProcessSettings

from saldo_notifications.application.claim_notice import DeliveryTerms
from saldo_notifications.domain.retries import RetryPlan

# A minute for a hiccup, then longer and longer up to four days: RFC 5321, 4.5.4.1 asks for four to five.
RETRY_DELAYS_SECONDS = (60.0, 300.0, 900.0, 3_600.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0, 86_400.0, 86_400.0)
LEASE_TIMEOUTS = 3  # mail timeouts in a lease, so that a live delivery is never stolen
CONTACT_WAIT_SECONDS = 86_400.0  # a contact is late by milliseconds; a day lets an outage of its owner pass


class Settings(ProcessSettings):
    """Read once, in bootstrap. All times are machine time."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", frozen=True, hide_input_in_errors=True)

    sellers_path: Path | None = Field(default=None, description="folder of <seller id>.yaml; None: the sample sellers")

    smtp_host: str = "localhost"
    smtp_port: int = Field(default=25, ge=1, le=65_535)
    smtp_security: Literal["none", "starttls", "tls"] = Field(default="starttls", description="none: on loopback only")
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_ca_file: Path | None = Field(default=None, description="PEM; None: the system's authorities")
    smtp_hello_name: str | None = Field(default=None, description="our name in EHLO; None: the host's")
    smtp_reply_timeout_seconds: float = Field(default=30.0, gt=0, description="of one answer of the server")
    smtp_mail_timeout_seconds: float = Field(default=60.0, gt=0, description="of a whole mail, connection included")
    smtp_connections_max: int = Field(default=8, ge=1, le=100, description="a worker's; as many mails at once")

    retry_delays_seconds: tuple[Annotated[float, Field(gt=0)], ...] = RETRY_DELAYS_SECONDS
    contact_wait_seconds: float = Field(default=CONTACT_WAIT_SECONDS, gt=0)

    @model_validator(mode="after")
    def _sign_in_needs_a_password(self) -> Self:
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("smtp_username and smtp_password go together")
        return self

    def delivery_terms(self) -> DeliveryTerms:
        return DeliveryTerms(
            lease=timedelta(seconds=LEASE_TIMEOUTS * self.smtp_mail_timeout_seconds),
            contact_wait=timedelta(seconds=self.contact_wait_seconds),
            retries=RetryPlan(tuple(timedelta(seconds=seconds) for seconds in self.retry_delays_seconds)),
        )
