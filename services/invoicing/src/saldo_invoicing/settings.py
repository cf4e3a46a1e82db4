"""What a deployment of invoicing can choose, from environment variables that begin with INVOICING_."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict
from saldo_messaging.process_settings import ProcessSettings


class Settings(ProcessSettings):
    """Read once, in bootstrap."""

    model_config = SettingsConfigDict(env_prefix="INVOICING_", frozen=True, hide_input_in_errors=True)

    address_fingerprint_key: SecretStr = Field(
        min_length=16, description="Shared with payments, which compares the fingerprints of card addresses (GOTO-27)."
    )
    sellers_file: Path | None = Field(default=None, description="YAML; None: the sample sellers")
    tax_rates_file: Path | None = Field(default=None, description="YAML; None: the sample sellers' rates")
