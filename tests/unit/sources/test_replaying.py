"""Sources fed from stored answers: the same tables byte for byte, and nobody is asked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from equity_pipeline.errors import SourceError, exit_code_of
from equity_pipeline.pipeline.open_data import digest_of
from equity_pipeline.settings import SourceSettings, load_settings
from equity_pipeline.sources import OpenData, fetch
from tests.replay import ReplayServer

CONFIG = Path(__file__).resolve().parents[3] / "configs" / "skane_open_data.toml"
NIGHT = datetime(2026, 6, 20, 4, tzinfo=UTC)
LATER = datetime(2026, 6, 21, 4, tzinfo=UTC)


class Night:
    """A night that was pulled from a server which is gone, and where its answers lie."""

    def __init__(self, replay: ReplayServer, store: Path) -> None:
        self.environment = replay.environment()
        self.store = store
        self.pulled = fetch(self.settings(), store, NIGHT)

    def settings(self, **told: Any) -> SourceSettings:
        return load_settings(CONFIG, self.environment).settings.sources.model_copy(update=told)


@pytest.fixture
def night(fixtures: Path, tmp_path: Path) -> Iterator[Night]:
    with ReplayServer(fixtures=fixtures) as server:
        made = Night(server, tmp_path / "store")
    yield made  # the server is down from here on


def bytes_of(pulled: OpenData) -> dict[str, bytes]:
    return {name: stream(table) for name, table in sorted(pulled.tables.items())}


def stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("told", [{"offline": True}, {"replay": True}], ids=["offline", "replay"])
def test_a_night_from_its_stored_answers_is_the_same_byte_for_byte(
    night: Night, told: dict[str, bool]
) -> None:
    again = fetch(night.settings(**told), night.store, LATER)
    assert bytes_of(again) == bytes_of(night.pulled)
    assert again.missing == night.pulled.missing
    for name, part in again.parts.items():
        assert digest_of(part) == digest_of(night.pulled.parts[name])
    assert {one.source for one in again.stale} == {"kolada", "scb"}


def test_offline_asks_nobody_although_the_sources_stand(
    replay: ReplayServer, tmp_path: Path
) -> None:
    night = Night(replay, tmp_path)
    replay.requests.clear()
    fetch(night.settings(offline=True), tmp_path, LATER)
    fetch(night.settings(replay=True), tmp_path, LATER)
    assert replay.requests == []


def test_offline_keeps_to_the_age_that_is_allowed_and_a_replay_takes_any(night: Night) -> None:
    on_the_day, too_late = date(2027, 7, 25), date(2027, 7, 26)  # 400 and 401 days
    fetch(night.settings(offline=True), night.store, LATER, as_of=on_the_day)
    with pytest.raises(ExceptionGroup) as stop:
        fetch(night.settings(offline=True), night.store, LATER, as_of=too_late)
    assert exit_code_of(stop.value) == 11
    assert "older than the 400 days" in str(stop.value.exceptions[0])
    replayed = fetch(night.settings(replay=True), night.store, LATER, as_of=too_late)
    assert bytes_of(replayed) == bytes_of(night.pulled)


def test_a_question_that_was_never_answered_is_told_with_how_to_feed_it(
    night: Night, tmp_path: Path
) -> None:
    with pytest.raises(ExceptionGroup) as stop:
        fetch(night.settings(offline=True), tmp_path / "empty", LATER)
    assert all("folder" in str(one) for one in stop.value.exceptions)


def fed(night: Night, folder: Path) -> SourceSettings:
    """Kolada from files carried in on a stick; SCB switched off."""
    shutil.copytree(night.store, folder)
    held = night.settings()
    kolada = held.kolada.model_copy(update={"folder": folder})
    return held.model_copy(
        update={"kolada": kolada, "scb": held.scb.model_copy(update={"enabled": False})}
    )


def test_a_source_is_fed_from_a_folder_and_its_answers_are_kept_with_the_nights_own(
    night: Night, tmp_path: Path
) -> None:
    settings = fed(night, tmp_path / "stick")
    before = sorted(path.name for path in (tmp_path / "stick").rglob("*"))
    pulled = fetch(settings, tmp_path / "own", LATER)
    assert stream(pulled.area) == stream(night.pulled.area)
    assert stream(pulled.area_value) == stream(night.pulled.area_value)
    assert {one.as_of for one in pulled.stale} == {NIGHT.date()}
    assert sorted(path.name for path in (tmp_path / "stick").rglob("*")) == before
    kept = {path.name for path in (tmp_path / "own").rglob("*.raw")}
    assert kept == {path.name for path in (tmp_path / "stick" / "kolada").rglob("*.raw")}


def test_a_file_of_the_folder_that_was_changed_is_not_used(night: Night, tmp_path: Path) -> None:
    settings = fed(night, tmp_path / "stick")
    for path in (tmp_path / "stick" / "kolada").glob("*.raw"):
        path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(SourceError, match="No earlier answer"):
        fetch(settings, tmp_path / "own", LATER)


def test_the_newest_stored_answer_is_the_one_that_is_replayed(
    replay: ReplayServer, tmp_path: Path
) -> None:
    night = Night(replay, tmp_path)
    for row in replay.kolada.data:
        if (row["kpi"], row["municipality"], row["period"]) == ("N00957", "1280", 2022):
            row["values"] = [one | {"value": 1.25} for one in row["values"]]
    revised = fetch(night.settings(), tmp_path, LATER)
    assert bytes_of(revised) != bytes_of(night.pulled)
    again = fetch(night.settings(replay=True), tmp_path, LATER)
    assert bytes_of(again) == bytes_of(revised)
