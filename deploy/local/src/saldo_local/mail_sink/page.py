"""The mail sink's page for people: what came in, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from saldo_local.mail_sink.store import Mail, attachments_of

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .6rem; vertical-align: top; }
tr { border-bottom: 1px solid #d5dae0; } time { white-space: nowrap; color: #57606a; } a { color: #0b57a4; }
"""


def overview(mails: Sequence[Mail], total: int) -> str:
    rows = "".join(_row(mail) for mail in mails)
    shown = f"{total} mails, the newest {len(mails)} shown." if total > len(mails) else f"{total} mails."
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mail sink</title>
<meta http-equiv="refresh" content="5"><style>{STYLE}</style></head><body><h1>Mail sink</h1>
<p>Nothing that arrives here is delivered. {shown}</p>
<table><thead><tr><th scope="col">Received</th><th scope="col">To</th><th scope="col">Subject</th>
<th scope="col">Also as</th></tr></thead><tbody>{rows}</tbody></table></body></html>"""


def plain_text(text: str) -> str:
    return f'<!doctype html><meta charset="utf-8"><title>Plain text</title><pre>{escape(text)}</pre>'


def _row(mail: Mail) -> str:
    message = mail.message()
    subject = escape(str(message.get("Subject", "")) or "(no subject)")
    address = f"/messages/{mail.id}"
    attachments = "".join(
        f', <a href="{address}/attachments/{number}">{escape(part.filename)}</a>'
        for number, part in enumerate(attachments_of(message))
    )
    return (
        f'<tr><td><time datetime="{mail.received_at}">{mail.received_at[:19].replace("T", " ")}</time></td>'
        f'<td>{escape(", ".join(mail.rcpt_to))}</td><td><a href="{address}.html">{subject}</a></td>'
        f'<td><a href="{address}">JSON</a>, <a href="{address}.eml">source</a>{attachments}</td></tr>'
    )
