"""The translations of the texts: one gettext catalogue a language; English is what the templates say themselves."""

from __future__ import annotations

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE_LANGUAGE = "en"


def texts() -> Traversable:
    """The folder with the templates and the catalogues."""
    return files(__package__) / "texts"


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """Every language that there are texts in: the source's and one for each catalogue."""
    return (SOURCE_LANGUAGE, *sorted(folder.name for folder in (texts() / "locale").iterdir() if folder.is_dir()))


@lru_cache(maxsize=16)
def translations(language: str) -> NullTranslations:
    """The catalogue of a language, compiled in memory from its .po file: no binary stands in the repository."""
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    source = texts() / "locale" / language / "LC_MESSAGES" / "mails.po"
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source.read_bytes()), locale=language, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)
