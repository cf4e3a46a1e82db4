"""The settings that every service's processes share, read from the environment under the service's own prefix."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from saldo_messaging.settings import MessagingSettings


class ProcessSettings(BaseSettings):
    """A service's `Settings` subclass it and set
    `model_config = SettingsConfigDict(env_prefix="PAYMENTS_", frozen=True)`.

    A missing or wrong variable raises pydantic's ValidationError (a ValueError) naming it, never with its value.
    """

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    database_dsn: SecretStr = Field(description="postgresql://user:password@host:port/database")
    kafka_bootstrap: str = Field(description="host:port, of several nodes separated by commas")
    kafka_profile: Literal["embedded", "apache"] = "apache"
    kafka_replication_factor: int = Field(default=3, ge=1, description="of topics that `topics apply` creates")
    clock: Literal["system", "movable"] = Field(default="system", description="movable: a sandbox with /v1/clock")
    replica: str = Field(default="0", description="tells replicas apart; stable over restarts")
    http_host: str = "127.0.0.1"
    api_port: int = Field(default=0, ge=0, le=65_535)
    worker_port: int = Field(default=0, ge=0, le=65_535)
    inbox_retention_days: int | None = Field(default=None, ge=1, description="None: a cause is never forgotten")
    token_issuer: str = Field(description="the `iss` of accepted tokens")
    token_jwks_url: str | None = None
    token_jwks_file: Path | None = None

    def messaging(self) -> MessagingSettings:
        """What messaging needs of it."""
        return MessagingSettings(
            dsn=self.database_dsn.get_secret_value(),
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
