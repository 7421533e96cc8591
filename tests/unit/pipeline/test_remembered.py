"""What is released is held against the next release, and what never was is not."""

from __future__ import annotations

import json
import stat
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from equity_pipeline.disclosure.pattern import PATTERN
from equity_pipeline.extracts import history
from equity_pipeline.pipeline import remembered
from equity_pipeline.settings import DisclosureSettings, Settings

DAY = date(2024, 1, 1)


def at(home: Path) -> Settings:
    return Settings.model_validate({"run": {"home": str(home)}})


def pattern(n: int) -> pa.Table:
    key = ("VT01", DAY, date(2025, 1, 1), "12", "total", "all", "all")
    return pa.Table.from_pylist(
        [dict(zip(PATTERN.names, (*key, False, n, 0, n, n, 0), strict=True))], PATTERN
    )


def release(settings: Settings, name: str, run_id: str) -> None:
    folder = settings.releases / name
    folder.mkdir(parents=True)
    (folder / "datapackage.json").write_text(json.dumps({"run": {"run_id": run_id}}))
    history.append(settings.releases, "promote", name)


def test_only_what_was_released_is_held_against_the_next(tmp_path):
    settings = at(tmp_path)
    assert remembered.released(settings, "c").num_rows == 0
    for run_id, n in (("a", 40), ("b", 50), ("c", 60)):
        remembered.keep(settings, run_id, pattern(n))
    release(settings, "2024-12", "a")
    release(settings, "2024-12-r2", "c")
    assert remembered.released(settings, "d")["n"].to_pylist() == [40, 60]
    assert remembered.released(settings, "c")["n"].to_pylist() == [40]


def test_what_is_remembered_is_for_its_owner_alone(tmp_path):
    settings = at(tmp_path)
    remembered.keep(settings, "a", pattern(40))
    kept = settings.internal / "patterns" / "a.parquet"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def hidden_cells() -> pa.Table:
    """Return what a run shows and hides: all persons, and two cells hidden for two reasons."""
    reasons = {"all": None, "female": "small_count", "male": "secondary"}
    key = ("VT01", DAY, date(2025, 1, 1), "12", "total", "all")
    rows = [
        dict(zip(PATTERN.names, (*key, sex, bool(why), *(None,) * 5), strict=True))
        for sex, why in reasons.items()
    ]
    made = pa.Table.from_pylist(rows, PATTERN)
    return made.append_column("hidden_reason", pa.array(reasons.values(), pa.string()))


def test_why_a_cell_is_hidden_stands_beside_the_cells_in_words(tmp_path):
    settings = at(tmp_path)
    ours = DisclosureSettings(reasons={"secondary": "Bestämt i nämnden."})
    settings = settings.model_copy(update={"disclosure": ours})
    settings.internal.mkdir(parents=True)
    with duckdb.connect(str(settings.cells_database)) as connection:
        connection.execute("create table persons as select 1 as n")
    remembered.keep(settings, "a", hidden_cells())
    with duckdb.connect(str(settings.cells_database), read_only=True) as connection:
        told = connection.execute(
            "select strat2_level, hidden_reason, hidden_reason_sv, hidden_reason_en from hidden"
        ).fetchall()
        assert connection.execute("select n from persons").fetchall() == [(1,)]
    assert sorted(told) == [
        ("female", "small_count", "1-4 personer med, eller utan, utfallet kan röja enskilda.",
         "1-4 persons with, or without, the outcome can give single ones away."),
        ("male", "secondary", "Bestämt i nämnden.",
         "Hidden since another cell could be reckoned otherwise."),
    ]  # fmt: skip
    assert stat.S_IMODE(settings.cells_database.stat().st_mode) == 0o640


def test_what_was_hidden_before_is_read_without_its_reason(tmp_path):
    settings = at(tmp_path)
    remembered.keep(settings, "a", hidden_cells())
    release(settings, "2024-12", "a")
    held = remembered.released(settings, "b")
    assert held.column_names == PATTERN.names
    assert held["is_hidden"].to_pylist().count(True) == 2


def test_a_pattern_kept_before_published_counts_were_is_read_without_them(tmp_path):
    settings = at(tmp_path)
    remembered.keep(settings, "a", pattern(40).drop_columns(["denominator", "numerator"]))
    release(settings, "2024-12", "a")
    held = remembered.released(settings, "b")
    assert held.schema == PATTERN
    assert held["denominator"].to_pylist() == [None]
