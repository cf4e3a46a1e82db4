"""Orders to die at a named point: readable when wrong, and free when absent."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from saldo_messaging import failpoints
from saldo_messaging.command_line import main
from saldo_messaging.failpoints import POINTS, Failpoints


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        ("relay.befor-send=kill@1:/x", "no point 'relay.befor-send'; known points: dead-letters.before-answer"),
        ("relay.before-send", "cannot read 'relay.before-send'; it is written point=kill@3:/path/of/the/proof"),
        ("relay.before-send=sleep@1:/x", "cannot read"),
        ("relay.before-send=kill@0:/x", "cannot read"),
        ("relay.before-send=kill@one:/x", "cannot read"),
        ("relay.before-send=kill@1:", "cannot read"),
    ],
)
def test_a_wrong_order_says_what_is_wrong(orders: str, said: str) -> None:
    with pytest.raises(ValueError, match="SALDO_FAILPOINTS") as refused:
        Failpoints(orders)
    assert said in str(refused.value)


def test_a_wrong_order_ends_a_process_at_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(failpoints.VARIABLE, "nonsense")
    monkeypatch.setattr(failpoints, "_failpoints", None)
    with pytest.raises(SystemExit) as ended:
        main(lambda: pytest.fail("must not be built"), ("worker",))
    assert "settings: SALDO_FAILPOINTS" in str(ended.value.code)


def test_passages_are_counted_by_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    died: list[int] = []
    monkeypatch.setattr("os.kill", lambda pid, signal: died.append(signal))
    proof = tmp_path / "proof"
    points = Failpoints(f"relay.before-send=kill@2:{proof},runner.before-commit=kill@9:{proof}")
    for name in sorted(POINTS):
        points.hit(name, "")
    assert not died and not proof.exists()
    points.hit("relay.before-send", "")
    assert died and proof.read_text() == "relay.before-send"


def test_an_order_may_be_for_one_part_alone_and_may_freeze(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[signal.Signals] = []
    monkeypatch.setattr("os.kill", lambda pid, number: sent.append(number))
    points = Failpoints(f"loop.before-call#reconciliation=stop@1:{tmp_path / 'proof'}")
    points.hit("loop.before-call", "collection")
    assert not sent
    points.hit("loop.before-call", "reconciliation")
    assert sent == [signal.SIGSTOP]
