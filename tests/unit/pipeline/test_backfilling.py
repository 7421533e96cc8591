"""The nights of past months run in order, each once, and go on where they were cut off."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from equity_pipeline.errors import ConfigurationError, QualityStop
from equity_pipeline.pipeline import backfilling
from equity_pipeline.pipeline.backfilling import backfill
from equity_pipeline.pipeline.identity import code_version
from equity_pipeline.pipeline.night import NightReport
from equity_pipeline.pipeline.run_log import RunLog
from equity_pipeline.settings import Settings


class Nights:
    """Stands in the place of a night: writes its log as one does, and may fail on a day."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.fails_on: str | None = None

    def __call__(self, settings: Settings, *, as_of: date, **_: object) -> NightReport:
        means = {"code": code_version(), "configuration": settings.digest()}
        with RunLog(settings.logs, as_of=as_of, **means) as log:
            log.path.rename(settings.logs / f"run-{as_of:%Y%m%d}T{len(self.ran):06}-1.jsonl")
            self.ran.append(as_of.isoformat())
            if as_of.isoformat() == self.fails_on:
                raise QualityStop("Rows are missing.")
        release = settings.releases / f"{as_of:%Y-%m}"
        release.mkdir(parents=True, exist_ok=True)
        run = {"run": {"as_of": as_of.isoformat(), **means}}
        (release / "datapackage.json").write_text(json.dumps(run))
        settings.current.unlink(missing_ok=True)
        settings.current.symlink_to(release)
        return NightReport("released", f"run-{as_of}", as_of, 1.0, "", (), release.name, None,
                           {}, (), ())  # fmt: skip


@pytest.fixture
def nights(monkeypatch: pytest.MonkeyPatch) -> Nights:
    made = Nights()
    monkeypatch.setattr(backfilling, "night", made)
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"run": {"home": tmp_path}})


def test_each_month_is_reported_in_the_month_after_over_the_turn_of_the_year(nights, settings):
    made = backfill(settings, "2023-11", "2024-02")
    assert nights.ran == ["2023-12-10", "2024-01-10", "2024-02-10", "2024-03-10"]
    assert [(one.month, one.status) for one in made][:1] == [("2023-11", "released")]


def test_what_was_cut_off_goes_on_with_the_month_that_failed(nights, settings):
    nights.fails_on = "2024-02-10"
    with pytest.raises(QualityStop):
        backfill(settings, "2023-12", "2024-03")
    assert nights.ran == ["2024-01-10", "2024-02-10"]
    nights.fails_on = None
    made = backfill(settings, "2023-12", "2024-03")
    assert nights.ran[2:] == ["2024-02-10", "2024-03-10", "2024-04-10"]
    assert [one.status for one in made] == ["done_before", "released", "released", "released"]


def test_other_settings_are_other_nights(nights, settings):
    backfill(settings, "2024-01", "2024-01")
    areas = settings.areas.model_copy(update={"worst_share": 0.1})
    manual = settings.release.model_copy(update={"policy": "manual"})
    other = settings.model_copy(update={"areas": areas, "release": manual})
    assert [one.status for one in backfill(other, "2024-01", "2024-01")] == ["released"]


def test_an_earlier_month_never_takes_the_place_of_what_readers_have(nights, settings):
    backfill(settings, "2024-01", "2024-01")
    with pytest.raises(ConfigurationError, match="Readers have a release as of 2024-02-10"):
        backfill(settings, "2023-06", "2023-12")
    assert nights.ran == ["2024-02-10"]


@pytest.mark.parametrize(
    ("first", "last", "day"),
    [("2024-02", "2024-01", 10), ("2024-13", "2024-14", 10), ("2024-1", "2024-2", 10),
     ("2024-01", "2024-02", 31)],
)  # fmt: skip
def test_months_that_are_none_are_refused_before_anything_runs(first, last, day, nights, settings):
    with pytest.raises(ConfigurationError):
        backfill(settings, first, last, day=day)
    assert nights.ran == []
