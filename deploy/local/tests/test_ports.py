"""Ports are given to one asker at a time, also where many processes ask at once."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from saldo_local.ports import LOOPBACK, PORT_FIRST, PORT_LAST, free_port

ASKERS = 8
PORTS_EACH = 50
ASK = f"from saldo_local.ports import free_port; print(*(free_port() for _ in range({PORTS_EACH})))"


def test_processes_that_ask_at_once_never_get_the_same_port() -> None:
    askers = [subprocess.Popen([sys.executable, "-c", ASK], stdout=subprocess.PIPE, text=True) for _ in range(ASKERS)]
    given = Counter(int(port) for asker in askers for port in asker.communicate(timeout=60)[0].split())
    assert len(given) == ASKERS * PORTS_EACH
    assert set(given.values()) == {1}
    assert all(PORT_FIRST <= port <= PORT_LAST for port in given)


def test_a_port_that_somebody_has_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # a count of its own
    first = free_port()
    with socket.socket() as taken:
        with suppress(OSError):  # an error says that somebody has it already
            taken.bind((LOOPBACK, first + 1))
        assert free_port() > first + 1
