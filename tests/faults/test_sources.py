"""Open sources that are slow, broken, silent or gone: a clear end, or a marked stand-in."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from equity_pipeline.errors import SourceError, exit_code_of
from equity_pipeline.settings import HttpSettings, SourceSettings, load_settings
from equity_pipeline.sources import OpenData, fetch
from equity_pipeline.sources.asking.client import PoliteClient
from tests.replay import Fault, ReplayServer, broken, hung_up, slow, too_many, web_page

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "configs" / "skane_open_data.toml"
NIGHT = datetime(2026, 6, 20, 4, tzinfo=UTC)
FOREVER = 10_000


def sources(replay: ReplayServer) -> SourceSettings:
    return load_settings(CONFIG, replay.environment()).settings.sources


def pull(replay: ReplayServer, store: Path, when: datetime = NIGHT) -> OpenData:
    """The open data, with waits skipped and two attempts."""
    http = HttpSettings(attempts=2, timeout_seconds=2)
    with PoliteClient(http, sleep=lambda _: None) as client:
        return fetch(sources(replay), store, when, client=client)


@pytest.mark.parametrize(
    "fault",
    [broken(), broken(502), too_many("1"), hung_up()],
    ids=["503", "502", "429", "hung up"],
)
def test_a_passing_fault_changes_no_value(
    replay: ReplayServer, tmp_path: Path, fault: Fault
) -> None:
    untroubled = pull(replay, tmp_path / "a")
    replay.fail(replace(fault, path="/v3/"), replace(fault, path="/api/"))
    troubled = pull(replay, tmp_path / "b")
    assert troubled.area == untroubled.area
    assert troubled.area_value == untroubled.area_value
    assert troubled.population == untroubled.population
    assert troubled.stale == ()


def test_a_slow_answer_is_given_up_and_asked_again(replay: ReplayServer, tmp_path: Path) -> None:
    replay.fail(slow(3.0, path="/v3/municipality"))
    began = time.monotonic()
    data = pull(replay, tmp_path)
    assert data.area.num_rows == 264
    assert time.monotonic() - began >= 2.0
    asked = [target for _, target, _, _ in replay.requests if target == "/v3/municipality"]
    assert len(asked) == 2


@pytest.mark.parametrize(
    "fault",
    [broken(times=FOREVER), hung_up(times=FOREVER), web_page(times=FOREVER)],
    ids=["503", "hung up", "web page"],
)
def test_a_source_that_is_gone_stands_in_from_the_store_and_is_marked(
    replay: ReplayServer, tmp_path: Path, fault: Fault
) -> None:
    before = pull(replay, tmp_path)
    replay.fail(replace(fault, path="/v3/"))
    after = pull(replay, tmp_path, NIGHT + timedelta(days=30))
    assert after.area == before.area
    assert after.missing == before.missing
    assert {one.source for one in after.stale} == {"kolada"}
    assert {one.stale_since for one in after.stale} == {NIGHT}


def test_a_truncated_answer_never_replaces_a_whole_one(
    replay: ReplayServer, tmp_path: Path
) -> None:
    before = pull(replay, tmp_path)
    replay.fail(Fault(200, {"Content-Type": "application/json"}, b'{"values": [{"kp', path="/v3/"))
    after = pull(replay, tmp_path, NIGHT + timedelta(days=1))
    assert after.area == before.area
    assert len(after.stale) == 1


def test_a_stored_answer_that_is_too_old_is_not_used(replay: ReplayServer, tmp_path: Path) -> None:
    pull(replay, tmp_path)
    replay.fail(broken(times=FOREVER, path="/v3/"))
    with pytest.raises(SourceError, match="older than the 400 days") as stop:
        pull(replay, tmp_path, NIGHT + timedelta(days=401))
    assert exit_code_of(stop.value) == 11


def test_a_source_that_was_never_reached_ends_in_exit_11_with_what_where_and_how_to_mend(
    replay: ReplayServer, tmp_path: Path
) -> None:
    replay.fail(broken(times=FOREVER, path="/api/"))
    with pytest.raises(SourceError, match="No earlier answer to this question is stored") as stop:
        pull(replay, tmp_path)
    assert exit_code_of(stop.value) == 11
    assert stop.value.where == f"GET {replay.scb_url}/config"
    assert "base_url" in stop.value.mend


def test_two_sources_that_are_gone_are_told_together(replay: ReplayServer, tmp_path: Path) -> None:
    replay.fail(broken(times=FOREVER))
    with pytest.raises(ExceptionGroup) as stop:
        pull(replay, tmp_path)
    assert [str(one)[:6] for one in stop.value.exceptions] == ["kolada", "scb: T"]
    assert exit_code_of(stop.value) == 11


def test_a_port_where_nobody_listens_ends_in_exit_11(fixtures: Path, tmp_path: Path) -> None:
    with ReplayServer(fixtures=fixtures) as gone:
        pass
    with pytest.raises(ExceptionGroup) as stop:
        pull(gone, tmp_path)
    assert exit_code_of(stop.value) == 11


def test_a_source_that_is_down_is_given_up_once_and_not_at_every_question(
    replay: ReplayServer, tmp_path: Path
) -> None:
    pull(replay, tmp_path)
    replay.requests.clear()
    replay.fail(broken(times=FOREVER))
    pull(replay, tmp_path, NIGHT + timedelta(days=1))
    assert len(replay.requests) == 2 * 2  # two hosts, two attempts each


def test_a_question_that_is_refused_is_not_answered_from_the_store(
    replay: ReplayServer, tmp_path: Path
) -> None:
    pull(replay, tmp_path)
    replay.fail(Fault(404, {}, b'{"title": "Non-existent table"}', path="/api/v2/tables"))
    with pytest.raises(SourceError, match="Non-existent table"):
        pull(replay, tmp_path)


def test_a_silent_revision_is_kept_beside_the_first_answer(
    replay: ReplayServer, tmp_path: Path
) -> None:
    pull(replay, tmp_path)
    before = set(tmp_path.rglob("*.raw"))
    replay.kolada.data[0]["values"][0]["value"] += 1.0
    pull(replay, tmp_path, NIGHT + timedelta(days=1))
    after = set(tmp_path.rglob("*.raw"))
    assert before < after
    assert len(after - before) == 1


def test_the_replay_server_can_be_tried_by_hand(fixtures: Path) -> None:
    command = [sys.executable, "-m", "tests.replay", "--port", "0"]
    clean = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    with subprocess.Popen(
        command, cwd=ROOT, env=clean, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline().strip() for _ in range(2)]
            held = dict(line.removeprefix("export ").split("=", 1) for line in lines)
            told = httpx.get(held["EQUITY_SOURCES__SCB__BASE_URL"] + "/config", trust_env=False)
            assert told.json()["maxDataCells"] == 150_000
        finally:
            process.terminate()
