"""A clock that moves on, back or an hour while a night runs changes no date of the run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from equity_pipeline import clock
from equity_pipeline.pipeline import night
from equity_pipeline.settings import Settings, as_of_or_today
from tests.faults.conftest import Place
from tests.flows.conftest import AS_OF


def at(monkeypatch: pytest.MonkeyPatch, *moments: str) -> None:
    """Let the clock show these moments one after the other, and then the last."""
    left = [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in moments]

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return (left.pop(0) if len(left) > 1 else left[0]).astimezone(tz)

    monkeypatch.setattr(clock, "datetime", Clock)


@pytest.mark.parametrize(
    "later",
    ["2025-01-16T02:00", "2025-01-13T12:00"],
    ids=["over midnight", "set back two days"],
)
def test_a_night_is_of_the_day_on_which_it_began(later, place: Place, monkeypatch):
    """The same day makes the same run: it finds that nothing is new, whatever the clock says."""
    at(monkeypatch, f"{AS_OF}T22:59:59", later)  # one second to midnight in Stockholm
    report = night(place.settings)
    assert (report.status, report.as_of) == ("nothing_new", date.fromisoformat(AS_OF))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2025-01-15T22:59", "2025-01-15"),
        ("2025-01-15T23:00", "2025-01-16"),
        ("2025-07-15T21:59", "2025-07-15"),
        ("2025-07-15T22:00", "2025-07-16"),
        ("2025-03-30T00:59", "2025-03-30"),  # the clocks go forward at 02:00
        ("2025-03-30T01:00", "2025-03-30"),
        ("2025-10-25T22:00", "2025-10-26"),
        ("2025-10-26T00:30", "2025-10-26"),  # 02:30 comes twice
        ("2025-10-26T01:30", "2025-10-26"),
        ("2024-12-31T23:00", "2025-01-01"),
        ("2024-02-28T23:30", "2024-02-29"),
    ],
)
def test_the_day_of_a_run_is_that_of_the_region_s_clock(moment, day, monkeypatch):
    at(monkeypatch, moment)
    assert as_of_or_today(None, Settings()) == date.fromisoformat(day)


def test_a_clock_that_is_set_begins_at_its_moment_and_goes_on(monkeypatch):
    """The night in which the hour from two to three is not: three follows two by a second."""
    moment = datetime(2025, 3, 30, 0, 59, 59, tzinfo=UTC)
    monkeypatch.setenv(clock.VARIABLE, "2025-03-30T01:59:59+01:00")
    first, then = clock.now(), clock.now()
    assert moment <= first < then < moment + timedelta(minutes=5)


@pytest.mark.parametrize("given", ["tomorrow", "2025-03-30", "2025-03-30T04:00:00"])
def test_a_clock_that_is_set_to_no_moment_with_its_zone_is_refused(given, small):
    ended = small.call("run", **{clock.VARIABLE: given})
    assert ended.returncode == 2
    assert f"'{given}' is no moment with its zone." in ended.stderr
    assert small.settings.logs.exists() is False
