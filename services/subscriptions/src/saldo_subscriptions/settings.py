"""What a deployment of this service can choose, from environment variables that begin with SUBSCRIPTIONS_."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from saldo_messaging import MessagingSettings


class Settings(BaseSettings):
    """Read once, in bootstrap. `catalogue_path` is a folder of sellers' files; None means the two sample sellers."""

    model_config = SettingsConfigDict(
        env_prefix="SUBSCRIPTIONS_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    dsn: str = "postgresql://localhost/subscriptions"
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

    catalogue_path: Path | None = None

    def messaging(self) -> MessagingSettings:
        """Messaging's part of it."""
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
