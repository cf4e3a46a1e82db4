"""On a machine without any pip, uv comes from the configured index, and only with the pinned hash."""

import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy import fetch_uv

PROGRAM = b"#!/bin/sh\necho uv 1.2.3\n"


def wheel() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("uv-1.2.3.data/scripts/uv", PROGRAM)
    return content.getvalue()


@dataclass(frozen=True)
class Index:
    """A package index on loopback with one wheel."""

    address: str
    sha256: str


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    content = wheel()
    name = "uv-1.2.3-py3-none-this_machine.whl"
    pages = {"/uv/": f'<a href="../files/{name}#sha256=x">{name}</a>'.encode(), f"/files/{name}": content}

    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            self.send_response(200 if page else 404)
            self.end_headers()
            self.wfile.write(page or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    for variable in fetch_uv.INDEX_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(fetch_uv, "fits_this_machine", lambda name: name.endswith("this_machine.whl"))
    yield Index(f"http://127.0.0.1:{server.server_port}", hashlib.sha256(content).hexdigest())
    server.shutdown()
    thread.join()
    server.server_close()


def pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sha256: str) -> None:
    pins = tmp_path / "uv.txt"
    pins.write_text(f"uv==1.2.3 \\\n    --hash=sha256:{sha256}\n")
    monkeypatch.setattr(fetch_uv, "PINS", pins)


def test_the_pinned_uv_is_fetched(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(tmp_path, monkeypatch, index.sha256)
    monkeypatch.setenv("PIP_INDEX_URL", index.address)
    fetch_uv.fetch(tmp_path / "tools")
    program = tmp_path / "tools" / "bin" / "uv"
    assert program.read_bytes() == PROGRAM
    assert program.stat().st_mode & 0o111


def test_the_index_may_stand_in_pips_configuration(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(tmp_path, monkeypatch, index.sha256)
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {index.address}/\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    fetch_uv.fetch(tmp_path / "tools")
    assert (tmp_path / "tools" / "bin" / "uv").exists()


def test_another_file_than_the_pinned_one_is_refused(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(tmp_path, monkeypatch, "0" * 64)
    monkeypatch.setenv("PIP_INDEX_URL", index.address)
    with pytest.raises(SystemExit, match="not the pinned one"):
        fetch_uv.fetch(tmp_path / "tools")
    assert not (tmp_path / "tools").exists()


def test_the_pins_of_this_checkout_can_be_read(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.rootpath / "deploy" / "uv.txt" == fetch_uv.PINS
    assert "uv==" in fetch_uv.PINS.read_text()
