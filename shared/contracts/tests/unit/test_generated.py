"""What is committed is what the classes say, and the commands notice when it is not."""

from pathlib import Path

import pytest
from saldo_contracts.__main__ import main
from saldo_contracts.generated import GENERATED, files, stale_files, write


def test_what_is_committed_is_fresh() -> None:
    assert stale_files(GENERATED) == []


def test_drawing_twice_gives_the_same_bytes() -> None:
    assert files() == files()


def test_check_names_what_is_missing_changed_and_left_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["--folder", str(tmp_path)]
    assert main(["generate", *folder]) == 0
    assert main(["check", *folder]) == 0
    (tmp_path / "asyncapi.json").write_text("{}")
    (tmp_path / "schemas" / "InvoicePaid.json").unlink()
    (tmp_path / "schemas" / "Yesterday.json").write_text("{}")
    capsys.readouterr()
    assert main(["check", *folder]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "stale: asyncapi.json",
        "stale: schemas/InvoicePaid.json",
        "stale: schemas/Yesterday.json",
    ]
    assert write(tmp_path) == 3
    assert main(["check", *folder]) == 0


def test_compat_compares_with_a_released_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    assert main(["compat", str(tmp_path)]) == 0
    schema = tmp_path / "schemas" / "InvoicePaid.json"
    schema.write_text(schema.read_text().replace('"paid_at"', '"settled_at"'))
    capsys.readouterr()
    assert main(["compat", str(tmp_path)]) == 1
    assert "InvoicePaid.settled_at: field removed" in capsys.readouterr().out


def test_a_folder_without_schemas_is_never_a_pass(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        main(["compat", str(tmp_path)])


def test_the_table_for_people_has_a_row_for_every_event() -> None:
    rows = [line for line in files()["catalogue.md"].splitlines() if line.startswith("| ")]
    assert len(rows) == len([path for path in files() if path.startswith("examples/")]) + 2
