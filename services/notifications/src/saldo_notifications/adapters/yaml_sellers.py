"""What each seller's messages look like: its name, sender, languages, colours, pages and footer, from YAML files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FALLBACK_LANGUAGE = "en"  # the language that the templates themselves are written in


class SellerFaulty(ValueError):
    """A seller's file cannot be used; said at start, not with the first mail."""


class Sender(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\r\n]+$")]
    address: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$")]

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


class Pages(BaseModel):
    """Where a mail's button leads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    invoices: Annotated[str, Field(pattern="^https?://")]
    payment_methods: Annotated[str, Field(pattern="^https?://")]
    support: Annotated[str, Field(pattern="^https?://")]


class Seller(BaseModel):
    """A brand; `footer` gives its lines by language, at least in its own one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100)]
    language: Annotated[str, Field(pattern="^[a-z]{2}$")]
    sender: Sender
    reply_to: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$")]
    accent_colour: Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]
    pages: Pages
    footer: Mapping[str, tuple[str, ...]]

    def footer_in(self, language: str) -> tuple[str, ...]:
        """Lines in that language, else in the seller's own."""
        return self.footer.get(language) or self.footer[self.language]


class YamlSellers:
    """Every `<seller id>.yaml` of a folder, read once; `languages` are those that there are texts in."""

    def __init__(self, folder: Path | None, *, languages: Collection[str]) -> None:
        """None: the sample sellers of the package. Raises SellerFaulty."""
        place: Traversable = folder or files(__package__) / "sellers"
        self._languages = frozenset(languages)
        self._sellers = {
            file.name.removesuffix(".yaml"): _read(file) for file in place.iterdir() if file.name.endswith(".yaml")
        }
        for seller_id, seller in self._sellers.items():
            if seller.language not in self._languages or seller.language not in seller.footer:
                raise SellerFaulty(f"{seller_id}: no texts or no footer in its own language {seller.language}")

    def seller(self, seller_id: str) -> Seller:
        """Raises KeyError for a seller that this deployment does not serve."""
        return self._sellers[seller_id]

    def language(self, seller_id: str, *wishes: str | None) -> str:
        """See `Sellers.language`; a region is kept (de-AT), because dates and amounts follow it."""
        for wish in wishes:
            if wish is not None and wish.partition("-")[0] in self._languages:
                return wish
        seller = self._sellers.get(seller_id)
        return FALLBACK_LANGUAGE if seller is None else seller.language


def _read(file: Traversable) -> Seller:
    try:
        return Seller.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as fault:
        raise SellerFaulty(f"{file.name}: {fault}") from fault
