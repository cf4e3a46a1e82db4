"""The mail sink's page for people: what came in, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from saldo_local.mail_sink.store import Mail, attachments_of

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #6b7280; --link: #0b57a4; }
@media (prefers-color-scheme: dark) { :root { --soft: #9aa4b2; --link: #8ab8ff; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.25rem; font-weight: 600; } .wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .6rem; vertical-align: top; } th { color: var(--soft); font-weight: 500; }
tr { border-bottom: 1px solid var(--line); } tbody tr:hover { background: #8881; }
time, td.also { white-space: nowrap; color: var(--soft); } a { color: var(--link); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.5 ui-monospace, monospace; }
"""


def overview(mails: Sequence[Mail], total: int) -> str:
    rows = "".join(_row(mail) for mail in mails)
    rows = rows or '<tr><td colspan="4">No mail has arrived yet.</td></tr>'
    count = "1 mail" if total == 1 else f"{total} mails"
    shown = f"{count}, the newest {len(mails)} shown." if total > len(mails) else f"{count}."
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Mail sink</title>
<meta http-equiv="refresh" content="5"><style>{STYLE}</style></head><body><h1>Mail sink</h1>
<p>Nothing that arrives here is delivered. {shown}</p>
<div class="wide"><table><thead><tr><th scope="col">Received (UTC)</th><th scope="col">To</th>
<th scope="col">Subject</th><th scope="col">Also as</th></tr></thead><tbody>{rows}</tbody></table></div>
</body></html>"""


def plain_text(text: str) -> str:
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
    return (
        f'<!doctype html><html lang="en"><head>{head}<title>Plain text</title></head><pre>{escape(text)}</pre></html>'
    )


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
        f'<td class="also"><a href="{address}">JSON</a>, <a href="{address}.eml">source</a>{attachments}</td></tr>'
    )
