"""Puts a mail's words into bytes: headers, plain text and HTML, the same bytes whenever the same notice is written."""

from __future__ import annotations

import re
from base64 import encodebytes
from dataclasses import dataclass
from email.header import Header
from email.policy import compat32
from email.utils import format_datetime, formataddr
from functools import lru_cache

from saldo_notifications.adapters.yaml_sellers import Seller
from saldo_notifications.application.ports import AddressUnusable, Letter, LetterFaulty, Mail

MAIL_BYTES_MAX = 500_000  # ours have ten thousand; above it somebody's data made a template run away
LINE_CHARACTERS_MAX = 76  # beyond it a header may have to be folded
_ADDRESS = re.compile(r"[!#-'*+\-/-9=?A-Z^-~.]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Parts:
    letter: Letter
    seller: Seller
    subject: str
    plain: str
    html: str


def build(parts: Parts) -> Mail:
    """Written line by line, since the standard library's messages cost ten times as much; the tests hold every byte
    against theirs (policy compat32). Raises AddressUnusable."""
    letter, seller = parts.letter, parts.seller
    message_id = message_id_of(letter.notice_id, seller.sender.domain)
    recipient = _recipient(letter.email)
    boundary = f"=_{letter.notice_id}"
    lines = [
        _line("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
        "MIME-Version: 1.0\n",
        _constant_lines(seller.sender.name, seller.sender.address, seller.reply_to),
        _line("To", formataddr((_CONTROLS.sub(" ", letter.name or "").strip(), recipient), charset="utf-8")),
        _line("Subject", _header(parts.subject)),
        _line("Date", format_datetime(letter.written_at)),
        _line("Message-ID", message_id),
        _line("Content-Language", letter.language),
        f"\n--{boundary}\n",
        _text_part(parts.plain, "plain"),
        f"\n--{boundary}\n",
        _text_part(parts.html, "html"),
        f"\n--{boundary}--\n",
    ]
    content = "".join(lines).encode("ascii")
    if len(content) > MAIL_BYTES_MAX:
        raise LetterFaulty(f"{letter.template}: the mail has {len(content)} bytes")
    return Mail(message_id=message_id, sender=seller.sender.address, recipient=recipient, content=content)


def message_id_of(notice_id: str, domain: str) -> str:
    """Derived from the notice, thus from event, contact and template: a repeated mail is recognised by its receiver."""
    return f"<{notice_id}@{domain}>"


@lru_cache(maxsize=64)
def _constant_lines(name: str, address: str, reply_to: str) -> str:
    """The headers that are the same in every mail of a seller."""
    headers = (
        ("From", formataddr((name, address), charset="utf-8")),
        ("Reply-To", reply_to),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834: nobody's out-of-office answers a machine
        ("X-Auto-Response-Suppress", "All"),  # the same for servers that do not read RFC 3834
    )
    return "".join(_line(header, value) for header, value in headers)


def _line(name: str, value: str) -> str:
    """A header as it is sent; a long one is folded as RFC 5322 (2.2.3) wants it, by the standard library."""
    if len(name) + len(value) + len(": ") <= LINE_CHARACTERS_MAX and value.isascii():
        return f"{name}: {value}\n"
    return str(compat32.fold(name, value))


def _recipient(email: str) -> str:
    """The address for SMTP: an international domain in its ASCII form; a local part beyond ASCII is not supported."""
    local, _, domain = email.strip().rpartition("@")
    try:
        address = f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
    except UnicodeError:
        raise AddressUnusable("the recipient's address is none") from None
    if not _ADDRESS.fullmatch(address):
        raise AddressUnusable("the recipient's address is none that mail can be sent to")
    return address


@lru_cache(maxsize=1_024)  # subjects repeat: a price, a number of days
def _header(text: str) -> str:
    clean = _CONTROLS.sub(" ", text).strip()
    return clean if clean.isascii() else Header(clean, "utf-8").encode()


def _text_part(text: str, subtype: str) -> str:
    """UTF-8 in base64: every server carries it, whatever it knows of 8BITMIME."""
    return (
        f'MIME-Version: 1.0\nContent-Type: text/{subtype}; charset="utf-8"\nContent-Transfer-Encoding: base64\n\n'
        + encodebytes(text.encode()).decode("ascii")
    )
