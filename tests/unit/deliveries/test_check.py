"""A check says what the door would do, and leaves nothing behind."""

import os
import signal
import stat
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from equity_pipeline.cli.app import app
from equity_pipeline.deliveries import check
from equity_pipeline.deliveries.layouts.shipped import shipped
from equity_pipeline.errors import ConfigurationError
from equity_pipeline.settings import Settings
from tests.hostile.more import changed, rows, written

DAY = date(2026, 11, 1)
VISITS = written(rows()).encode()
IDENTITY = """
name = "small"
key_file = "nowhere/pseudonym.key"
[[file]]
pattern = "*.csv"
[[file.entity]]
entity = "contact"
[file.entity.columns]
person_id = { from = "personnr", role = "identity" }
"""
PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
from equity_pipeline.deliveries.check import private_folder
with private_folder() as folder:
    (folder / "person.duckdb").write_text("rows")
    print(folder, flush=True)
    time.sleep(60)
"""


def _write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def _check(*paths: Path) -> list[check.Checked]:
    return check.check(paths, shipped("flat_visits"), as_of=DAY, settings=Settings())


def test_one_file_stands_alone_and_as_a_list_of_one(tmp_path) -> None:
    told = check.summary(_check(_write(tmp_path, "a.csv", VISITS)))
    (file,) = told.pop("files")
    assert file.pop("file") == "a.csv"
    assert told.pop("exit_code") == 0
    assert told == file
    assert (file["verdict"], file["rows_in"], file["rows_loaded"]) == ("accept", 20, 20)


def test_of_several_files_totals_and_the_worst_verdict_are_told(tmp_path) -> None:
    bad = changed({0: {"sex": "X"}})
    paths = [_write(tmp_path, n, data) for n, data in (("a.csv", VISITS), ("b.csv", bad))]
    told = check.summary(_check(*paths))
    assert (told["verdict"], told["rows_in"], told["rows_quarantined"]) == ("quarantine", 40, 1)
    assert told["reasons"] == {"code_unknown:sex": 1}
    assert [one["file"] for one in told["files"]] == ["a.csv", "b.csv"]


def test_the_same_bytes_again_are_no_fault(tmp_path) -> None:
    paths = [_write(tmp_path, name, VISITS) for name in ("a.csv", "b.csv")]
    first, again = _check(*paths)
    assert (again.verdict, again.rows_in, again.rows_refused) == ("reject_file", 20, 20)
    assert again.reasons == {"already_loaded": 20}
    assert check.exit_code([first, again]) == 0


def test_rows_that_nobody_can_count_are_not_counted(tmp_path) -> None:
    packed = _write(tmp_path, "a.csv", b"\x1f\x8b" + b"x" * 99)
    told = check.summary(_check(packed))
    assert (told["rows_in"], told["rows_refused"], told["exit_code"]) == (None, None, 16)


def test_identities_are_checked_with_a_key_that_is_thrown_away(tmp_path) -> None:
    layout = _write(tmp_path, "small.toml", IDENTITY.encode())
    text = "contact_id;personnr;contact_date\nC1;191212121212;2024-01-01\n"
    path = _write(tmp_path, "a.csv", text.encode())
    chosen = check.layout_named(str(layout), Settings())
    (file,) = check.check([path], chosen, as_of=DAY, settings=Settings())
    assert (file.verdict, file.rows_loaded) == ("accept", 1)
    assert not (tmp_path / "nowhere").exists()


def test_the_folder_is_private_and_gone_afterwards() -> None:
    with check.private_folder() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_folder_is_gone_also_when_the_check_is_told_to_stop(number, tmp_path) -> None:
    environment = dict(os.environ) | {"TMPDIR": str(tmp_path)}
    arguments = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert folder.is_dir()
        time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(timeout=20) != 0
    assert list(tmp_path.iterdir()) == []


def test_a_fault_in_the_middle_leaves_nothing_behind(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(ConfigurationError, match="does not exist"):
        _check(tmp_path / "nothing.csv")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(check, "take", broken)
    path = _write(tmp_path, "a.csv", VISITS)
    with pytest.raises(RuntimeError):
        _check(path)
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (VISITS, 0, "would be loaded"),
        (changed({0: {"sex": "X"}}), 0, "use a code of the agreed list"),
        (VISITS.replace(b"unit_name", b"enhet"), 16, "column_undeclared:enhet"),
    ],
)
def test_people_are_told_the_verdict_and_how_to_mend_it(tmp_path, data, code, said) -> None:
    path = _write(tmp_path, "a.csv", data)
    options = ["--layout", "flat_visits", "--as-of", DAY.isoformat()]
    result = CliRunner().invoke(app, ["check-delivery", str(path), *options])
    assert result.exit_code == code
    assert said in result.output.replace("\n", " ")


def test_a_layout_is_found_by_path_by_configuration_and_by_name(tmp_path) -> None:
    path = _write(tmp_path, "small.toml", IDENTITY.encode())
    configured = Settings.model_validate({"deliveries": {"layouts": [path]}})
    assert check.layout_named(str(path), Settings()).name == "small"
    assert check.layout_named("small", configured).name == "small"
    assert check.layout_named("standard", configured).name == "standard"
    with pytest.raises(ConfigurationError, match="flat_visits"):
        check.layout_named("small", Settings())
