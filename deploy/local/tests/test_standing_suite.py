"""What `make up` says at its end can be pasted and clicked."""

from __future__ import annotations

from saldo_local.standing_suite import greeting


def test_the_greeting_leads_to_the_traces_and_to_a_first_request() -> None:
    said = greeting(
        {
            "invoicing-api": "http://127.0.0.1:1001",
            "traces": "http://127.0.0.1:1002/",
            "logs": "run/logs",
        }
    )
    lines = [line.strip() for line in said.splitlines()]
    assert "http://127.0.0.1:1002/" in lines
    assert any(line.startswith("curl -s http://127.0.0.1:1001/v1/accounts ") for line in lines)
    assert any("--run-directory run " in line for line in lines)
