"""Fetches the pinned uv where no pip is to be found, from the package index this machine is configured for.

Standard library only. The index is what PIP_INDEX_URL, UV_DEFAULT_INDEX, UV_INDEX_URL or a pip.conf names; none is
named here. The file must have one of the hashes in deploy/uv.txt. Usage: python deploy/fetch_uv.py .tools
"""

import configparser
import hashlib
import html.parser
import io
import os
import pathlib
import platform
import re
import ssl
import sys
import urllib.parse
import urllib.request
import zipfile

PINS = pathlib.Path(__file__).with_name("uv.txt")
INDEX_VARIABLES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
TIMEOUT_SECONDS = 120  # a wheel of 20 MB through a slow mirror


class Links(html.parser.HTMLParser):
    """The addresses on a page of the index (PEP 503)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._page = page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href")
        if tag == "a" and address:
            self.found.append(urllib.parse.urljoin(self._page, address))


def configured_index() -> str | None:
    """The first index that the environment or pip's configuration names."""
    for variable in INDEX_VARIABLES:
        if os.environ.get(variable):
            return os.environ[variable]
    home = pathlib.Path(os.environ.get("HOME") or "/")
    files = [pathlib.Path(os.environ[name]) for name in ("PIP_CONFIG_FILE",) if os.environ.get(name)]
    files += [home / ".config/pip/pip.conf", home / ".pip/pip.conf", pathlib.Path(sys.prefix) / "pip.conf"]
    files += [pathlib.Path("/etc/xdg/pip/pip.conf"), pathlib.Path("/etc/pip.conf")]
    for file in files:
        settings = configparser.RawConfigParser()
        settings.read(file, encoding="utf-8")
        if settings.has_option("global", "index-url"):
            return settings.get("global", "index-url")
    return None


def fits_this_machine(wheel: str) -> bool:
    """Whether a wheel's platform tag is ours; uv's wheels are made for the oldest system of their kind."""
    machine = platform.machine().lower()
    kind = {"Darwin": "macosx", "Windows": "win"}.get(platform.system())
    if kind is None:
        kind = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    return wheel.endswith(".whl") and kind in wheel and f"_{machine}." in wheel


def get(address: str) -> bytes:
    authorities = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE"))
    if not address.startswith(("https://", "http://")):
        raise SystemExit(f"not an address of a package index: {address}")
    with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS, context=authorities) as answer:  # noqa: S310
        content: bytes = answer.read()
    return content


def fetch(target: pathlib.Path) -> None:
    """Writes target/bin/uv; raises SystemExit with a sentence when it cannot be had."""
    pins = PINS.read_text(encoding="utf-8")
    version = re.search(r"^uv==(\S+)", pins, re.MULTILINE)
    index = configured_index()
    if version is None or index is None:
        raise SystemExit("no package index is configured (PIP_INDEX_URL or pip.conf)")
    page = index.rstrip("/") + "/uv/"
    links = Links(page)
    links.feed(get(page).decode("utf-8"))
    wheels = [
        link
        for link in links.found
        if f"/uv-{version[1]}-" in urllib.parse.urlsplit(link).path
        and fits_this_machine(urllib.parse.urlsplit(link).path)
    ]
    if not wheels:
        raise SystemExit(f"the configured package index has no uv {version[1]} for this machine")
    wheel = get(urllib.parse.urldefrag(wheels[0]).url)
    if f"sha256:{hashlib.sha256(wheel).hexdigest()}" not in pins:
        raise SystemExit("the uv that the package index sent is not the pinned one")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        program = archive.read(f"uv-{version[1]}.data/scripts/uv")
    (target / "bin").mkdir(parents=True, exist_ok=True)
    (target / "bin" / "uv").write_bytes(program)
    (target / "bin" / "uv").chmod(0o755)


if __name__ == "__main__":
    try:
        fetch(pathlib.Path(sys.argv[1]))
    except OSError as error:
        sys.exit(f"the configured package index does not answer: {error}")
