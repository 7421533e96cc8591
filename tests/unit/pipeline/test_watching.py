"""How the nights go, told from their logs: what stands, what is late or stale, what comes next."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from equity_pipeline.cli import app
from equity_pipeline.errors import ConfigurationError, exit_code_of
from equity_pipeline.pipeline import past_runs, schedule
from equity_pipeline.pipeline.watching import failed, watch
from equity_pipeline.settings import Settings, load_settings

NIGHT = "2025-01-15T03:00:00"  # 04:00 in Stockholm


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings.model_validate({"run": {"home": tmp_path}, "region": {"name": "Region Norr"}})


def ran(home: Settings, start: str, *events: dict[str, object], torn: str = "") -> None:
    """Write the log of a run that began at a moment and wrote these events, a minute apart."""
    home.logs.mkdir(exist_ok=True)
    began = moment(start)
    lines = [
        json.dumps({"time": (began + timedelta(minutes=n)).isoformat(), "run_id": "a"} | event)
        for n, event in enumerate(({"event": "start"}, *events))
    ]
    path = home.logs / f"run-{began:%Y%m%dT%H%M%S}-1.jsonl"
    path.write_text("\n".join(lines) + "\n" + torn)


END: dict[str, object] = {"event": "end", "exit_code": 0}
FAULT: dict[str, object] = {"event": "failed", "exit_code": 16, "words": "A file was refused."}


@pytest.mark.parametrize(
    ("now", "late"),
    [
        ("2025-01-15T03:01", False),  # still at work
        ("2025-01-16T02:30", False),  # the next is not due yet
        ("2025-01-16T04:59", False),  # due at 04:00, and has until 06:00
        ("2025-01-16T05:00", True),
        ("2025-01-17T02:00", True),  # nobody has mended it all day
    ],
)
def test_a_night_is_late_from_six_until_one_has_ended_well(home, now, late):
    ran(home, NIGHT, END)
    assert watch(home, moment(now)).is_late is late


def test_a_night_that_failed_is_late_at_six_and_its_fault_is_told(home):
    ran(home, "2025-01-14T03:00:00", END)
    ran(home, NIGHT, FAULT)
    assert not watch(home, moment("2025-01-15T04:00")).is_late
    seen = watch(home, moment("2025-01-15T05:00"))
    assert seen.is_late
    assert seen.subject == "Region Norr: No good night since 2025-01-15 04:00"
    assert seen.body.splitlines() == [
        "There is no release yet.",
        "Last good night: 2025-01-14 03:01 UTC.",
        "Last run: 2025-01-15T03:01:00 failed. A file was refused.",
        "Next: `equity status`, then `equity doctor`.",
    ]


def test_a_run_in_the_morning_that_ends_well_mends_it(home):
    ran(home, NIGHT, FAULT)
    ran(home, "2025-01-15T07:30:00", END)
    assert not watch(home, moment("2025-01-15T08:00")).is_late


def test_a_night_that_was_killed_is_no_good_night(home):
    ran(home, NIGHT, {"event": "stage_start", "stage": "load"}, torn='{"time": "2025-01-15T03:0')
    seen = watch(home, moment("2025-01-15T05:30"))
    assert seen.is_late and seen.last_run == "2025-01-15T03:01:00 stage_start"


def test_a_run_that_could_write_nothing_is_told_by_when_it_began(home):
    ran(home, "2025-01-14T03:00:00", END)
    (home.logs / "run-20250115T030000-7.jsonl").write_text('{"time": "2025-01')
    (home.logs / "run-19990101T000000-1.jsonl").write_text("{}\n")
    assert watch(home, moment("2025-01-15T05:30")).last_run == "2025-01-15T03:00:00 wrote nothing"


def test_where_nothing_has_run_a_night_is_late_and_nothing_is_made_up(home):
    seen = watch(home, moment("2025-01-15T05:30"))
    assert (seen.is_late, seen.last_good, seen.last_run) == (True, None, None)
    assert "No good night." in seen.body


def test_a_failure_says_what_failed_and_what_still_stands(home):
    (home.releases / "2024-12").mkdir(parents=True)
    home.current.symlink_to(home.releases / "2024-12")
    subject, body = failed(home, "A file was refused.")
    assert subject == "Region Norr: the night failed"
    assert body.startswith("A file was refused.\n\nThe release 2024-12 still stands")


def test_stale_sources_are_those_of_the_last_night_that_asked(home):
    assert past_runs.stale_sources(home) == {}
    ran(home, "2025-01-14T03:00:00", {"event": "sources", "stale": {"Kolada": "2024-12-30"}}, END)
    ran(home, NIGHT, FAULT)  # stopped before it asked
    assert past_runs.stale_sources(home) == {"Kolada": "2024-12-30"}
    ran(home, "2025-01-16T03:00:00", {"event": "sources", "stale": {}}, END)
    assert past_runs.stale_sources(home) == {}


@pytest.mark.parametrize("first", ["2025-03-28", "2025-10-24", "2024-02-27", "2024-12-29"])
def test_each_day_has_one_night_at_four_also_when_clocks_change(home, first):
    began = moment(f"{first}T00:00")
    hours = [began + timedelta(hours=hour) for hour in range(5 * 24)]
    nights = sorted({schedule.next_due(home, one) for one in hours})
    days = [date.fromisoformat(first) + timedelta(days=n) for n in range(6)]
    assert [one.date() for one in nights] == days[: len(nights)] and len(nights) >= 5
    assert {f"{one:%H:%M}" for one in nights} == {"04:00"}
    for one in hours:
        last, coming = schedule.last_due(home, one), schedule.next_due(home, one)
        assert last <= one < coming
        assert (coming.date() - last.date()).days == 1


def test_the_hours_are_settings_and_must_come_in_order(tmp_path):
    config = tmp_path / "equity.toml"
    config.write_text("[operation]\nnight = 01:30:00\nlate = 05:00:00\n")
    held = load_settings(config).settings
    due = schedule.next_due(held, moment("2025-01-15T12:00"))
    assert due.isoformat() == "2025-01-16T01:30:00+01:00"
    assert held.digest() == Settings().digest()
    config.write_text("[operation]\nnight = 06:00:00\n")
    with pytest.raises(ConfigurationError, match=r"operation\.late must be after operation\.night"):
        load_settings(config)


def test_the_alarm_is_a_command_that_ends_1_when_a_night_is_late(home):
    words = ["status", "--alarm", "--out", str(home.run.home)]
    ended = CliRunner().invoke(app, words)
    assert exit_code_of(ended.exception) == 1
    assert "No good night since" in ended.stdout and "There is no release yet." in ended.stdout
    ran(home, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}", END)
    ended = CliRunner().invoke(app, words)
    assert (ended.exit_code, "has ended well" in ended.stdout) == (0, True)
