"""Puts a mail's words into bytes: headers, plain text and HTML, the same bytes whenever the same notice is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.charset import BASE64, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr
from functools import lru_cache

from saldo_notifications.adapters.yaml_sellers import Seller
from saldo_notifications.application.ports import AddressUnusable, Letter, LetterFaulty, Mail

MAIL_BYTES_MAX = 500_000  # ours have ten thousand; above it somebody's data made a template run away
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
    """Policy compat32: a third of the time that `EmailMessage` takes. Raises AddressUnusable."""
    letter, seller = parts.letter, parts.seller
    message_id = message_id_of(letter.notice_id, seller.sender.domain)
    recipient = _recipient(letter.email)
    message = MIMEMultipart("alternative", boundary=f"=_{letter.notice_id}", policy=compat32)
    for name, value in _constant_headers(seller):
        message[name] = value
    message["To"] = formataddr((_CONTROLS.sub(" ", letter.name or "").strip(), recipient), charset="utf-8")
    message["Subject"] = _header(parts.subject)
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = message_id
    message["Content-Language"] = letter.language
    message.attach(_text_part(parts.plain, "plain"))
    message.attach(_text_part(parts.html, "html"))
    content = message.as_bytes()
    if len(content) > MAIL_BYTES_MAX:
        raise LetterFaulty(f"{letter.template}: the mail has {len(content)} bytes")
    return Mail(message_id=message_id, sender=seller.sender.address, recipient=recipient, content=content)


def message_id_of(notice_id: str, domain: str) -> str:
    """Derived from the notice, thus from event, contact and template: a repeated mail is recognised by its receiver."""
    return f"<{notice_id}@{domain}>"


@lru_cache(maxsize=64)
def _constant_headers_of(name: str, address: str, reply_to: str) -> tuple[tuple[str, str], ...]:
    return (
        ("From", formataddr((name, address), charset="utf-8")),
        ("Reply-To", reply_to),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834: nobody's out-of-office answers a machine
        ("X-Auto-Response-Suppress", "All"),  # the same for servers that do not read RFC 3834
    )


def _constant_headers(seller: Seller) -> tuple[tuple[str, str], ...]:
    return _constant_headers_of(seller.sender.name, seller.sender.address, seller.reply_to)


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


def _header(text: str) -> str:
    clean = _CONTROLS.sub(" ", text).strip()
    return clean if clean.isascii() else Header(clean, "utf-8").encode()


_UTF8 = Charset("utf-8")
_UTF8.body_encoding = BASE64  # every server carries it, whatever it knows of 8BITMIME


def _text_part(text: str, subtype: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", subtype, policy=compat32)
    part.set_payload(text, _UTF8)
    return part
