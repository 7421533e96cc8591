"""Nights on a server that is shut down between them: stale for a while, then refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from equity_pipeline.errors import exit_code_of
from equity_pipeline.pipeline import NightReport, night
from equity_pipeline.settings import Settings, load_settings
from tests.beside import absent
from tests.recorded import FIXTURES
from tests.replay import ReplayServer

from .conftest import ROOT

pytestmark = pytest.mark.long

CONFIG = ROOT / "configs" / "skane_open_data.toml"
FIRST, A_MONTH_LATER, TOO_LATE = date(2026, 1, 15), date(2026, 2, 15), date(2027, 2, 20)


@dataclass
class Home:
    """One home for several nights, and what each told on its way."""

    settings: Settings
    told: list[str] = field(default_factory=list)

    def night(self, as_of: date, **sources: bool) -> NightReport:
        self.told.clear()
        held = self.settings.sources.model_copy(update=sources)
        settings = self.settings.model_copy(update={"sources": held})
        return night(settings, as_of=as_of, progress=self.told.append)

    @property
    def current(self) -> Path:
        return self.settings.current.resolve()

    def notes(self, name: str = "kolada") -> list[str]:
        ready = pd.read_parquet(self.settings.current / "readiness.parquet")
        return list(ready.loc[ready["indicator_id"] == name, "obstacle_sv"])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home whose first night had its sources; they are shut down when it is over."""
    if not FIXTURES.is_dir():
        pytest.skip(absent("the recorded answers", "fixtures"))
    with ReplayServer() as server:
        told = server.environment() | {
            "EQUITY_SOURCES__HTTP__ATTEMPTS": "1",
            "EQUITY_RUN__HOME": str(tmp_path_factory.mktemp("stale")),
            "EQUITY_RUN__INDICATORS": '["OD02"]',
            "EQUITY_RELEASE__TIERS": "[]",
        }
        made = Home(load_settings(CONFIG, told).settings)
        assert made.night(FIRST).status == "released"
    assert made.notes() == []
    yield made


def test_a_source_that_is_down_is_used_marked_then_refused_and_the_release_stands(
    home: Home,
) -> None:
    first = home.current
    assert home.night(A_MONTH_LATER).status == "released"
    stale = home.current
    assert stale != first
    assert [line for line in home.told if "stale_since 2026-01-15" in line]
    assert home.notes() == [
        "Kolada kunde inte nås eller tillfrågades inte; svar från 2026-01-15 används."
    ]
    with pytest.raises(ExceptionGroup) as stop:
        home.night(TOO_LATE)
    assert exit_code_of(stop.value) == 11
    assert "older than the 400 days" in str(stop.value.exceptions[0])
    assert home.current == stale


def test_a_replay_at_any_age_says_so_and_gives_the_figures_of_the_first_night(home: Home) -> None:
    figures = pd.read_parquet(home.current / "stratified.parquet").drop(columns="run_id")
    report = home.night(TOO_LATE, replay=True)
    assert report.status == "released"
    assert home.notes()[0].endswith("svar från 2026-01-15 används.")
    again = pd.read_parquet(home.current / "stratified.parquet").drop(columns="run_id")
    pd.testing.assert_frame_equal(again, figures)
