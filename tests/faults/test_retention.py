"""What is past its time is in no byte of any file; nothing goes while a run is at work."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import zipfile
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.deliveries.land import load
from equity_pipeline.errors import ConfigurationError, WarehouseError
from equity_pipeline.pipeline import open_data
from equity_pipeline.pipeline.retention import purge
from equity_pipeline.settings import Settings, load_settings
from equity_pipeline.warehouse.access_log import log_of
from equity_pipeline.warehouse.database import Lock, open_cells, open_person

COMMAND = [sys.executable, "-c", "from equity_pipeline.cli import main; main()"]
CANARY, KEPT = "Canary7f3kQzXw", "Stays9m2vBnTy"
LAYOUT = """
name = "small"
[[file]]
pattern = "contact*.csv"
[[file.entity]]
entity = "contact"
[file.entity.columns]
contact_id = { pattern = "[A-Za-z0-9-]+" }
missed = { map = { Ja = "true", Nej = "false" } }
"""
CONFIG = """
[run]
home = "out"
threads = 1
[deliveries]
folder = "in"
layouts = ["small.toml"]
owner = "the region"
purpose = "tests"
legal_basis = "none"
quarantine_limit = 0.5
settle_seconds = 0
[retention]
days = { small = 1000 }
backups = ["backups"]
"""
HEADER = "contact_id;person_id;contact_date;first_contact_date;missed\n"
OLD, NEW, NOW = date(2019, 3, 1), date(2024, 6, 1), date(2024, 12, 1)


def rows(word: str, *, count: int = 40) -> str:
    good = [f"{word}-{n};{word}P{n};2019-02-0{n % 7 + 1};;Nej\n" for n in range(count)]
    return (
        HEADER
        + "".join(good)
        + f"{word}-X;{word}PX;inte en dag;;Nej\n{word}-Y;ALLA;2019-02-02;;Ja\n"
    )


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> Path:
    """An old delivery and a new one, loaded; and copies wherever people put them."""
    root = tmp_path_factory.mktemp("loaded")
    (root / "small.toml").write_text(LAYOUT)
    (root / "equity.toml").write_text(CONFIG)
    held = load_settings(root / "equity.toml", {}).settings
    for folder in ("in", "backups"):
        (root / folder).mkdir()
    for name, word, day in (("contact_old.csv", CANARY, OLD), ("contact_new.csv", KEPT, NEW)):
        (root / "in" / name).write_text(rows(word))
        with open_person(held) as connection:
            assert load(held, connection, as_of=day).rows_loaded == 41
    with open_person(held) as connection:
        connection.execute("create schema mart")
        connection.execute("create table mart.fct_contact as select * from raw.contact")
    with open_cells(held) as connection:
        connection.execute(f"create table one_way as select '{CANARY}' as level")
    shutil.copy(held.person_database, held.internal / "person.duckdb.old")
    shutil.copy(held.person_database, root / "backups" / "monday.duckdb")
    (held.internal / "spill" / "left.tmp").write_text(CANARY)
    return root


@pytest.fixture
def settings(loaded, tmp_path) -> Settings:
    shutil.copytree(loaded, tmp_path, dirs_exist_ok=True)
    return load_settings(tmp_path / "equity.toml", {}).settings


def holding(word: str, folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and word.encode() in path.read_bytes()
    }


def test_after_a_purge_the_value_is_in_no_byte_of_any_file(settings, tmp_path):
    quarantined = "out/internal/quarantine/load_000001.parquet"
    assert holding(CANARY, tmp_path) == {
        "in/contact_old.csv", "backups/monday.duckdb", "out/internal/person.duckdb",
        "out/internal/person.duckdb.old", "out/internal/cells.duckdb", quarantined,
        "out/internal/spill/left.tmp",
    }  # fmt: skip
    gone = purge(settings, as_of=NOW)
    assert holding(CANARY, tmp_path) == set()
    assert asdict(gone) == {
        "deliveries": 1, "rows": 41, "persons": 40, "set_aside": 1, "quarantine_files": 1,
        "delivered_files": 1, "old_databases": 2, "backups": 1, "log_lines": 0, "dry_run": False,
    }  # fmt: skip


def test_what_is_not_past_its_time_stays_whole(settings, tmp_path):
    purge(settings, as_of=NOW)
    assert (tmp_path / "in" / "contact_new.csv").read_text() == rows(KEPT)
    with open_person(settings, read_only=True) as connection:
        counted = connection.execute(
            "select (select count(*) from raw.contact), "
            "(select count(*) from raw.person_surrogate), "
            "(select count(*) from raw.quarantine), "
            "(select count(*) from mart.fct_contact), "
            "(select list(delivery_state order by load_id) from meta.delivery_history)"
        ).fetchall()
    assert counted == [(41, 41, 1, 0, ["purged", "stands"])]
    assert settings.person_database.stat().st_mode & 0o777 == 0o600


def test_a_purged_file_that_comes_again_is_not_loaded_and_goes_with_the_next_purge(
    settings, tmp_path
):
    purge(settings, as_of=NOW)
    (tmp_path / "in" / "contact_again.csv").write_text(rows(CANARY))
    with open_person(settings) as connection:
        assert load(settings, connection, as_of=NOW).rows_loaded == 0
    assert purge(settings, as_of=NOW).delivered_files == 1
    assert holding(CANARY, tmp_path) == set()


def test_a_manifest_that_lists_purged_files_refuses_nothing(settings, tmp_path):
    folder = tmp_path / "in" / "pas" / "201903"
    folder.mkdir(parents=True)
    (folder / "contact_march.csv").write_text(rows(f"{CANARY}M"))
    listed = [{"name": "contact_march.csv"}]
    (folder / "manifest.json").write_text(
        json.dumps({"source": "pas", "period": "201903", "files": listed})
    )
    with open_person(settings) as connection:
        assert load(settings, connection, as_of=NOW).rows_loaded == 41
    assert purge(settings, as_of=NOW).delivered_files == 2
    assert holding(CANARY, tmp_path) == set()
    with open_person(settings) as connection:
        load(settings, connection, as_of=NOW).raise_if_refused()
        (folder / "manifest.json").write_text(
            json.dumps({"source": "pas", "files": [*listed, {"name": "contact_never.csv"}]})
        )
        [refused] = load(settings, connection, as_of=NOW).with_verdict("reject_file")
    assert refused.name == "pas/201903/contact_never.csv"


def test_an_archive_goes_when_all_that_was_packed_in_it_goes(settings, tmp_path):
    for name, words in (("all", (f"{CANARY}A",)), ("half", (f"{CANARY}B", f"{KEPT}B"))):
        with zipfile.ZipFile(tmp_path / "in" / f"{name}.zip", "w") as archive:
            for number, word in enumerate(words):
                archive.writestr(f"contact_{name}_{number}.csv", rows(word))
    with open_person(settings) as connection:
        load(settings, connection, as_of=OLD)
        connection.execute(
            "update raw.delivery set delivered_as_of = $1 where file_name like '%half_1.csv'", [NOW]
        )
    purge(settings, as_of=NOW)
    assert sorted(path.name for path in (tmp_path / "in").glob("*.zip")) == ["half.zip"]


def test_a_purge_makes_another_run(settings):
    def inputs() -> list[str]:
        with open_person(settings) as connection:
            return list(open_data.inputs(connection, None))

    before = inputs()
    purge(settings, as_of=NOW)
    assert len(before) == 2
    assert len(inputs()) == 1


def test_a_delivery_of_exactly_its_days_stays_and_a_day_more_goes(settings):
    last = OLD + timedelta(days=1000)
    assert purge(settings, as_of=last, dry_run=True).deliveries == 0
    assert purge(settings, as_of=last + timedelta(days=1), dry_run=True).deliveries == 1


def test_a_dry_run_says_what_would_go_and_changes_nothing(settings, tmp_path):
    before = holding(CANARY, tmp_path)
    told = purge(settings, as_of=NOW, dry_run=True)
    assert (told.deliveries, told.delivered_files, told.rows) == (1, 1, None)
    assert holding(CANARY, tmp_path) == before


def test_rows_that_were_set_aside_may_go_sooner_than_the_rest(settings, tmp_path):
    kept = settings.retention.model_copy(update={"days": {}, "quarantine_days": 30})
    gone = purge(settings.model_copy(update={"retention": kept}), as_of=NOW)
    assert (gone.deliveries, gone.rows, gone.set_aside, gone.quarantine_files) == (0, 0, 2, 2)
    assert "out/internal/person.duckdb" in holding(CANARY, tmp_path)
    assert not any(settings.quarantine.iterdir())


def test_without_retention_nothing_goes(settings, tmp_path):
    nothing = settings.retention.model_copy(update={"days": {}})
    assert purge(settings.model_copy(update={"retention": nothing}), as_of=NOW).deliveries == 0
    assert "in/contact_old.csv" in holding(CANARY, tmp_path)


def test_a_source_that_is_not_there_is_a_fault_of_the_configuration(settings):
    wrong = settings.retention.model_copy(update={"days": {"smal": 10}})
    with pytest.raises(ConfigurationError, match="smal"):
        purge(settings.model_copy(update={"retention": wrong}), as_of=NOW)


def test_links_in_the_delivery_folder_are_not_followed(settings, tmp_path):
    outside = tmp_path / "elsewhere.csv"
    outside.write_text(rows(CANARY))
    (tmp_path / "in" / "link.csv").symlink_to(outside)
    purge(settings, as_of=NOW)
    assert outside.exists()


def test_a_file_that_cannot_be_removed_is_named_and_no_row_has_gone(
    settings, tmp_path, monkeypatch
):
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "contact_old.csv":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(WarehouseError, match=r"contact_old\.csv"):
        purge(settings, as_of=NOW)
    monkeypatch.undo()
    assert purge(settings, as_of=NOW).rows == 41
    assert holding(CANARY, tmp_path) == set()


def test_a_purge_is_a_line_of_counts_in_the_access_log(settings):
    purge(settings, as_of=NOW)
    line = list(log_of(settings).lines())[-1]
    assert (line["action"], line["gone"]["rows"]) == ("purge", 41)


def command(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    config = settings.run.home.parent / "equity.toml"
    return subprocess.run(
        [*COMMAND, "purge", "--config", str(config), "--as-of", NOW.isoformat(), *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_nothing_goes_while_a_run_is_at_work(settings, tmp_path):
    before = holding(CANARY, tmp_path)
    with Lock(settings.run.home):
        assert command(settings).returncode == 75
    assert holding(CANARY, tmp_path) == before


def test_the_command_says_by_counts_what_has_gone(settings, tmp_path):
    done = command(settings, "--json")
    assert (done.returncode, json.loads(done.stdout)["rows"]) == (0, 41)
    assert holding(CANARY, tmp_path) == set()


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from equity_pipeline.pipeline import rebuilding
from equity_pipeline.pipeline.retention import purge
from equity_pipeline.settings import load_settings
setattr(rebuilding, sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
purge(load_settings(Path(sys.argv[1]), {}).settings, as_of=date(2024, 12, 1))
"""


@pytest.mark.parametrize("place", ["_forget_persons", "_sync"])
def test_a_purge_that_was_killed_leaves_the_old_rows_and_is_done_by_the_next(
    settings, tmp_path, place
):
    config = str(tmp_path / "equity.toml")
    died = subprocess.run([sys.executable, "-c", KILLED, config, place], check=False)
    assert died.returncode == -signal.SIGKILL
    with duckdb.connect(str(settings.person_database), read_only=True) as connection:
        assert connection.execute("select count(*) from raw.contact").fetchall() == [(82,)]
    assert purge(settings, as_of=NOW).rows == 41
    assert holding(CANARY, tmp_path) == set()
    assert [one.name for one in settings.internal.glob("*purging*")] == []
