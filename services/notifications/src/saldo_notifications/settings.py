"""What a deployment of this service can choose, from environment variables that begin with NOTIFICATIONS_."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from saldo_messaging import MessagingSettings

from saldo_notifications.application.claim_notice import DeliveryTerms
from saldo_notifications.domain.retries import RetryPlan

# A minute for a hiccup, then longer and longer up to four days: RFC 5321, 4.5.4.1 asks for four to five.
RETRY_DELAYS_SECONDS = (60.0, 300.0, 900.0, 3_600.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0, 86_400.0, 86_400.0)
LEASE_TIMEOUTS = 3  # mail timeouts in a lease, so that a live delivery is never stolen
CONTACT_WAIT_SECONDS = 86_400.0  # a contact is late by milliseconds; a day lets an outage of its owner pass


class Settings(BaseSettings):
    """Read once, in bootstrap."""

    model_config = SettingsConfigDict(
        env_prefix="NOTIFICATIONS_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    dsn: str = "postgresql://localhost/notifications"
    kafka_bootstrap: str = "localhost:9092"
    kafka_profile: Literal["embedded", "apache"] = "apache"
    kafka_replication_factor: Annotated[int, Field(ge=1)] = 3
    clock: Literal["system", "movable"] = "system"
    replica: str = "0"
    http_host: str = "127.0.0.1"
    api_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    worker_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    inbox_retention_days: Annotated[int, Field(ge=1)] | None = None

    issuer: str = "http://localhost/issuer"
    audience: str = "saldo"
    jwks_url: str | None = None
    jwks_path: Path | None = None

    sellers_path: Path | None = None

    smtp_host: str = "localhost"
    smtp_port: Annotated[int, Field(ge=1, le=65_535)] = 25
    smtp_security: Literal["none", "starttls", "tls"] = "starttls"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_ca_file: Path | None = None
    smtp_hello_name: str | None = None
    smtp_reply_timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    smtp_mail_timeout_seconds: Annotated[float, Field(gt=0)] = 60.0
    smtp_connections_max: Annotated[int, Field(ge=1, le=100)] = 8

    retry_delays_seconds: tuple[Annotated[float, Field(gt=0)], ...] = RETRY_DELAYS_SECONDS
    contact_wait_seconds: Annotated[float, Field(gt=0)] = CONTACT_WAIT_SECONDS

    @model_validator(mode="after")
    def _sign_in_needs_a_password(self) -> Self:
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("smtp_username and smtp_password go together")
        return self

    def messaging(self) -> MessagingSettings:
        return MessagingSettings(
            dsn=self.dsn,
            kafka_bootstrap=self.kafka_bootstrap,
            kafka_profile=self.kafka_profile,
            clock=self.clock,
            replica=self.replica,
            http_host=self.http_host,
            api_port=self.api_port,
            worker_port=self.worker_port,
            inbox_retention_days=self.inbox_retention_days,
            replication_factor=self.kafka_replication_factor,
        )

    def delivery_terms(self) -> DeliveryTerms:
        return DeliveryTerms(
            lease=timedelta(seconds=LEASE_TIMEOUTS * self.smtp_mail_timeout_seconds),
            contact_wait=timedelta(seconds=self.contact_wait_seconds),
            retries=RetryPlan(tuple(timedelta(seconds=seconds) for seconds in self.retry_delays_seconds)),
        )
