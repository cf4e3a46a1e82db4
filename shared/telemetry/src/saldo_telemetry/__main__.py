"""`python -m saldo_telemetry receiver`: the trace reader as a process of its own."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

DEFAULT_PORT = 4318  # OTLP/HTTP's registered port


def main(arguments: list[str]) -> int:
    """Run until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m saldo_telemetry")
    commands = parser.add_subparsers(dest="command", required=True)
    receiver = commands.add_parser("receiver", help="receive spans over OTLP/HTTP and show traces (loopback only)")
    receiver.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 lets the system choose")
    receiver.add_argument("--file", type=Path, required=True, help="the SQLite file that keeps the spans")
    chosen = parser.parse_args(arguments)
    try:
        from saldo_telemetry.receiver import Receiver
    except ModuleNotFoundError as missing:
        sys.exit(f"{missing.name} is missing: the pages of the trace reader need saldo-telemetry[receiver]")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with Receiver(chosen.file, port=chosen.port) as running:
        print(f"traces: {running.address}/", flush=True)
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
