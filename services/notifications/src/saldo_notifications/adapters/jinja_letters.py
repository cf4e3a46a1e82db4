"""Writes mails: a template and a fact become subject, plain text and HTML in the reader's language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from textwrap import fill
from typing import Literal, TypeAlias

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template, TemplateError, pass_context
from jinja2.ext import InternationalizationExtension
from jinja2.runtime import Context
from markupsafe import Markup
from saldo_contracts.events import EVENTS, UnreadableBody
from saldo_contracts.wire import Amount

from saldo_notifications.adapters import formats
from saldo_notifications.adapters.catalogues import translations
from saldo_notifications.adapters.mime_mail import Parts, build
from saldo_notifications.adapters.yaml_sellers import Seller, YamlSellers
from saldo_notifications.application.ports import Letter, LetterFaulty, Mail

Form: TypeAlias = Literal["html", "plain"]
WORDS_MAX = 1_000  # texts of a language; there are some hundred
LINE_CHARACTERS = 72  # of a plain text, so that a reply can quote it within RFC 5322's 78
_BLANK_LINES = re.compile(r"\n{3,}")
WORDS_FAULTS = (TemplateError, LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Text:
    subject: str
    plain: str
    html: str


class JinjaLetters:
    """Each mail is said once, in `texts/mails`; two layouts make HTML and plain text of it."""

    def __init__(self, sellers: YamlSellers) -> None:
        self._sellers = sellers

    def write(self, letter: Letter) -> Mail:
        """See `Letters.write`."""
        try:
            seller = self._sellers.seller(letter.seller_id)
        except KeyError:
            raise LetterFaulty(f"seller {letter.seller_id} has no brand here") from None
        text = self.text(letter, seller)
        return build(Parts(letter=letter, seller=seller, subject=text.subject, plain=text.plain, html=text.html))

    def text(self, letter: Letter, seller: Seller) -> Text:
        """The words of the mail. Raises LetterFaulty, which names the template and the kind of fault alone."""
        try:
            return _text(letter, seller)
        except UnreadableBody as fault:
            raise LetterFaulty(f"{letter.template}: {fault.reason}") from None
        except WORDS_FAULTS as fault:
            raise LetterFaulty(f"{letter.template}: {type(fault).__name__}") from fault


def _text(letter: Letter, seller: Seller) -> Text:
    language = letter.language.partition("-")[0]
    facts: dict[str, object] = {
        "event": EVENTS[letter.event_type].from_bytes(letter.facts.encode()),
        "name": " ".join((letter.name or "").split()),
        "account_number": letter.account_number,
        "time_zone": letter.time_zone,
        "language": letter.language,
        "seller": seller,
        "footer": seller.footer_in(language),
    }
    plain = _template(language, "plain", letter.template)
    facts["subject"] = " ".join("".join(plain.blocks["subject"](plain.new_context(facts))).split())
    html = _template(language, "html", letter.template)
    return Text(
        subject=str(facts["subject"]),
        plain=_BLANK_LINES.sub("\n\n", plain.render(facts)),
        html=html.render(facts),
    )


def _template(language: str, form: Form, name: str) -> Template:
    return environment(language, form).get_template(f"{name}.jinja")


@lru_cache(maxsize=32)
def environment(language: str, form: Form) -> Environment:
    """The templates of one language in one form; the form's own layout is found before the mails."""
    made = Environment(
        loader=_loader(form),
        autoescape=form == "html",  # noqa: S701  a plain text must not be escaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=[InternationalizationExtension],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.newstyle_gettext = True  # type: ignore[attr-defined]  # the extension's own switch
    made.globals.update(_words_of(language, markup=form == "html"))
    made.filters.update(money=_money, day=_day, moment=_moment, fold=_fold)
    return made


def _words_of(language: str, *, markup: bool) -> dict[str, object]:
    """What `trans` and `_` call. The extension's own functions look their text up and mark it at each
    of a mail's twenty calls, at three times the cost."""
    catalogue = translations(language)

    @lru_cache(maxsize=WORDS_MAX)
    def said(text: str) -> str:
        return Markup(catalogue.gettext(text)) if markup else catalogue.gettext(text)  # noqa: S704  # our own texts

    def gettext(text: str, **facts: object) -> str:
        words = said(text)
        return words % facts if facts or "%" in words else words

    def ngettext(singular: str, plural: str, number: int, **facts: object) -> str:
        words = catalogue.ngettext(singular, plural, number)
        return (Markup(words) if markup else words) % {"num": number, **facts}  # noqa: S704  # our own texts

    return {"_": gettext, "gettext": gettext, "ngettext": ngettext}


def _loader(form: Form) -> ChoiceLoader:
    folder = f"{__package__.rpartition('.')[2]}/texts"
    package = __package__.partition(".")[0]
    return ChoiceLoader([PackageLoader(package, f"{folder}/{form}"), PackageLoader(package, f"{folder}/mails")])


def _fact(context: Context, name: str) -> str:
    return str(context.resolve(name))


@pass_context
def _money(context: Context, amount: Amount) -> str:
    return formats.money(amount, _fact(context, "language"))


@pass_context
def _day(context: Context, value: date) -> str:
    return formats.day(value, _fact(context, "language"))


@pass_context
def _moment(context: Context, value: datetime) -> str:
    return formats.moment(value, _fact(context, "language"), time_zone=_fact(context, "time_zone"))


def _fold(text: str) -> str:
    return fill(" ".join(text.split(" ")).strip(), LINE_CHARACTERS, break_long_words=False, break_on_hyphens=False)
