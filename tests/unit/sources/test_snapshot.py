"""Raw answers on disk."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.asking.client import Question
from equity_pipeline.sources.asking.snapshot import Snapshot, SnapshotStore

NIGHT = datetime(2026, 1, 10, 4, tzinfo=UTC)
ASKED = Question("POST", "https://example.org/data", b'{"a": 1}')


def keep(
    store: SnapshotStore,
    content: bytes,
    *,
    when: datetime = NIGHT,
    question: Question = ASKED,
) -> Snapshot:
    return store.keep(question, content, source="scb", licence="CC0 1.0", fetched_at=when)


def files(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_the_bytes_are_untouched_and_the_card_says_where_they_came_from(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf{"b": 2,\r\n "a": 1}'
    kept = keep(SnapshotStore(tmp_path), content)
    assert kept.path.read_bytes() == content
    card = json.loads(next(tmp_path.rglob("*.json")).read_text("utf-8"))
    assert card["url"] == "https://example.org/data"
    assert card["method"] == "POST"
    assert card["licence"] == "CC0 1.0"
    assert card["fetched_at"] == "2026-01-10T04:00:00+00:00"
    assert card["sha256"] == kept.sha256


def test_the_same_bytes_are_stored_once(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    keep(store, b"{}")
    keep(store, b"{}", when=NIGHT + timedelta(days=1))
    keep(store, b"{}", question=Question("GET", "https://example.org/other"))
    assert len(list(tmp_path.rglob("*.raw"))) == 1


def test_names_of_files_depend_on_question_and_bytes_alone(tmp_path: Path) -> None:
    keep(SnapshotStore(tmp_path / "a"), b"{}")
    keep(SnapshotStore(tmp_path / "b"), b"{}", when=NIGHT + timedelta(days=3))
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_revised_answer_stands_beside_the_old_one_and_is_the_latest(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    old = keep(store, b'{"value": 1}')
    new = keep(store, b'{"value": 2}', when=NIGHT + timedelta(days=1))
    assert store.latest(ASKED, source="scb") == new
    assert old.read() == b'{"value": 1}'


def test_another_body_is_another_question(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    keep(store, b"{}")
    assert store.latest(Question("POST", ASKED.url, b"{}"), source="scb") is None


def test_a_changed_file_is_never_read_as_the_answer(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    kept = keep(store, b'{"value": 1}')
    kept.path.write_bytes(b'{"value": 9}')
    with pytest.raises(SourceError, match="gone or has been changed"):
        kept.read()
    assert store.latest(ASKED, source="scb") is None


def test_a_changed_file_is_mended_when_the_answer_comes_again(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    keep(store, b'{"value": 1}').path.write_bytes(b"")
    assert keep(store, b'{"value": 1}').read() == b'{"value": 1}'


def test_a_card_cut_short_by_a_crash_hides_no_whole_one(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    kept = keep(store, b"{}")
    card = next(tmp_path.rglob("*.json"))
    card.with_name("0.json").write_text('{"source": "scb"')
    assert store.latest(ASKED, source="scb") == kept


def test_nothing_half_written_is_left_behind(tmp_path: Path) -> None:
    keep(SnapshotStore(tmp_path), b"{}")
    assert not [name for name in files(tmp_path) if name.endswith(".part")]


def test_the_age_of_an_answer_is_counted_in_days_from_the_date_of_its_run(tmp_path: Path) -> None:
    kept = keep(SnapshotStore(tmp_path), b"{}")
    assert kept.age_days(NIGHT.date()) == 0
    assert kept.age_days((NIGHT + timedelta(days=30)).date()) == 30
    store = SnapshotStore(tmp_path / "told")
    told = store.keep(
        ASKED, b"{}", source="scb", licence="CC0", fetched_at=NIGHT, as_of=date(2025, 12, 31)
    )
    assert told.age_days(NIGHT.date()) == 10
    assert store.latest(ASKED, source="scb") == told


def test_a_card_without_the_date_of_its_run_is_as_old_as_its_clock_says(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    keep(store, b"{}")
    card = next(tmp_path.rglob("*.json"))
    held = json.loads(card.read_text("utf-8"))
    del held["as_of"]
    card.write_text(json.dumps(held), "utf-8")
    found = store.latest(ASKED, source="scb")
    assert found is not None and found.as_of == NIGHT.date()
