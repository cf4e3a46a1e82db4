"""What a deployment of this service can choose, from environment variables that begin with SUBSCRIPTIONS_."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from saldo_messaging import ProcessSettings


class Settings(ProcessSettings):
    """Read once, in bootstrap."""

    model_config = SettingsConfigDict(env_prefix="SUBSCRIPTIONS_", frozen=True, hide_input_in_errors=True)

    catalogue_path: Path | None = Field(default=None, description="folder of sellers' files; None: the sample sellers")
