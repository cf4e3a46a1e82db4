"""A mail server in this process that counts its connections and can ask for TLS and a password."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


@dataclass(slots=True)
class StrictServer:
    """aiosmtpd calls its handler methods by name."""

    host: str = HOST
    port: int = 0
    certificate: Path | None = None
    connections: int = 0
    connections_most: int = 0
    mails: int = 0
    over_tls: list[bool] = field(default_factory=list)
    say_goodbye_at_next_sender: bool = False
    _open: set[SMTP] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Listens on `port`, on a free one where that is 0."""
        self._server = await asyncio.get_running_loop().create_server(lambda: self._session(tls), HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.cut_all()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def cut_all(self) -> None:
        """Every connection dies without a word."""
        for session in self._open:
            if isinstance(session.transport, asyncio.Transport):
                session.transport.abort()

    def _session(self, tls: ssl.SSLContext | None) -> SMTP:
        server = self

        class Counted(SMTP):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                if self not in server._open:
                    server.connections += 1
                    server._open.add(self)
                    server.connections_most = max(server.connections_most, len(server._open))
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                server._open.discard(self)
                super().connection_lost(error)

        return Counted(
            self,
            hostname="strict.test",
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=tls is not None,
            authenticator=_sign_in if tls is not None else None,
        )

    async def handle_MAIL(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.say_goodbye_at_next_sender:
            self.say_goodbye_at_next_sender = False
            return "421 4.3.2 closing"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails += 1
        self.over_tls.append(session.ssl is not None)
        return "250 2.0.0 kept"


def _sign_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"saldo", b"secret")
    return AuthResult(success=right, handled=False)


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost that vouches for itself, and the server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address(HOST))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "server.pem", folder / "server.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, private)
    return pem, context
