"""What is released is held against the next release, and what never was is not."""

from __future__ import annotations

import json
import stat
from datetime import date
from pathlib import Path

import pyarrow as pa

from equity_pipeline.disclosure.pattern import PATTERN
from equity_pipeline.extracts import history
from equity_pipeline.pipeline import remembered
from equity_pipeline.settings import Settings

DAY = date(2024, 1, 1)


def at(home: Path) -> Settings:
    return Settings.model_validate({"run": {"home": str(home)}})


def pattern(n: int) -> pa.Table:
    key = ("VT01", DAY, date(2025, 1, 1), "12", "total", "all", "all")
    return pa.Table.from_pylist(
        [dict(zip(PATTERN.names, (*key, False, n, 0, n), strict=True))], PATTERN
    )


def release(settings: Settings, name: str, run_id: str) -> None:
    folder = settings.releases / name
    folder.mkdir(parents=True)
    (folder / "datapackage.json").write_text(json.dumps({"run_id": run_id}))
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
