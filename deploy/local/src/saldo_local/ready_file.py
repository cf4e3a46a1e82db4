"""How a server that chose its own port tells its keeper and its reader where it is."""

from __future__ import annotations

import json
from pathlib import Path


def tell_ready(ready_file: Path | None, **facts: str | int) -> None:
    """The file appears whole or not at all; the same facts go to standard output for people."""
    for name, value in facts.items():
        print(f"{name}: {value}", flush=True)
    if ready_file is not None:
        newborn = ready_file.with_suffix(".new")
        newborn.touch(mode=0o600)
        newborn.write_text(json.dumps(facts))
        newborn.rename(ready_file)
