"""Key files: who may read them, where they may lie, and how one follows another."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from equity_pipeline.deliveries.identity import surrogates
from equity_pipeline.deliveries.identity.keys import (
    Keys,
    destroy_previous,
    key_of,
    next_path,
    previous_path,
    read_key,
    read_keys,
    replace_key,
)
from equity_pipeline.deliveries.identity.pseudonymise import Pseudonymiser
from equity_pipeline.deliveries.identity.rotation import Rotation, recorded
from equity_pipeline.deliveries.schema import create_raw_schema
from equity_pipeline.errors import ConfigurationError

DAY = date(2025, 1, 15)
NUMBERS = ["19121212-1212", "19701063-2391", "19121272-1219"]


def key_file(folder: Path, text: str = "k" * 64) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pseudonym.key"
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return key_file(tmp_path / "keys")


@pytest.fixture
def rotation(tmp_path: Path, key: Path):
    with duckdb.connect(str(tmp_path / "person.duckdb")) as connection:
        create_raw_schema(connection)
        yield Rotation(connection, key, DAY)


def persons(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, str]]:
    rows = connection.execute("select person_id, person_key, key_id from raw.person_surrogate")
    return {person: (number, key_id) for person, number, key_id in rows.fetchall()}


def deliver(rotation: Rotation, numbers: list[str]) -> None:
    """What a load does with the identities of a file."""
    maker = Pseudonymiser(rotation.keys(), as_of=DAY)
    rows = pa.table({"person_id": maker.column(pa.array(numbers))})
    surrogates.rekey(rotation.connection, maker.moved(), maker.key_id)
    rotation.connection.register("rows", rows)
    rotation.connection.execute(
        "create or replace temp table delivered_rows as select *, null as reason from rows"
    )
    surrogates.give(rotation.connection, ["person_id"], key_id=maker.key_id)


def test_the_id_of_a_key_is_no_pseudonym_and_shows_nothing_of_it(key: Path) -> None:
    held = key_of(read_key(key))
    assert len(held.key_id) == 12
    assert "k" * 8 not in repr(held) + repr(Keys(held))
    assert held.key_id != key_of(b"k" * 63 + b"l").key_id


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_key_in_a_version_controlled_tree_is_refused(tmp_path: Path, kind: str) -> None:
    path = key_file(tmp_path / "work" / "deep" / "keys")
    marker = tmp_path / "work" / ".git"
    marker.mkdir() if kind == "folder" else marker.write_text("gitdir: elsewhere")
    with pytest.raises(ConfigurationError, match=r"version-controlled[\s\S]*To mend"):
        read_key(path)


def test_a_link_does_not_hide_where_a_key_lies(tmp_path: Path) -> None:
    path = key_file(tmp_path / "work")
    (tmp_path / "work" / ".git").mkdir()
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(ConfigurationError, match="version-controlled"):
        read_key(link)


def test_a_key_among_deliveries_or_results_is_refused(tmp_path: Path) -> None:
    path = key_file(tmp_path / "in" / "below")
    assert read_key(path, outside=[tmp_path / "out"])
    with pytest.raises(ConfigurationError, match="delivered to"):
        read_key(path, outside=[tmp_path / "out", tmp_path / "in"])


def test_another_users_key_is_refused(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: key.stat().st_uid + 1)
    with pytest.raises(ConfigurationError, match="another user"):
        read_key(key)


def test_a_key_that_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        read_key(tmp_path)


def test_a_new_key_takes_the_place_and_the_old_one_serves_on(key: Path) -> None:
    old = key_of(read_key(key))
    keys = replace_key(key)
    assert keys.previous == old != keys.current
    assert read_keys(key) == keys
    assert previous_path(key).stat().st_mode & 0o777 == key.stat().st_mode & 0o777 == 0o600
    assert not next_path(key).exists()
    with pytest.raises(ConfigurationError, match="begun and not ended"):
        replace_key(key)


def test_a_destroyed_key_is_gone_and_the_one_in_use_stays(key: Path) -> None:
    keys = replace_key(key)
    assert destroy_previous(key)
    assert not destroy_previous(key)
    assert read_keys(key) == Keys(keys.current)
    assert [path.name for path in key.parent.iterdir()] == [key.name]


def test_the_second_name_of_a_key_in_use_is_taken_away_without_harm(key: Path) -> None:
    os.link(key, previous_path(key))
    assert read_keys(key).previous is None
    destroy_previous(key)
    assert read_key(key) == b"k" * 64


CUT = """
import os, pathlib, signal, sys
from equity_pipeline.deliveries.identity import keys
steps = [0]
def cut(real):
    def step(*given, **named):
        steps[0] += 1
        if steps[0] == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)
    return step
os.fsync, os.link = cut(os.fsync), cut(os.link)
pathlib.Path.replace, pathlib.Path.unlink = cut(pathlib.Path.replace), cut(pathlib.Path.unlink)
path = pathlib.Path(sys.argv[1])
keys.replace_key(path) if sys.argv[3] == "replace" else keys.destroy_previous(path)
"""


def cut_off(key: Path, step: int, what: str) -> int:
    command = [sys.executable, "-c", CUT, str(key), str(step), what]
    return subprocess.run(command, check=False).returncode


@pytest.mark.parametrize("step", range(1, 7))
def test_a_rotation_that_is_killed_at_any_step_is_finished_by_the_next(key, step) -> None:
    old = key_of(read_key(key))
    assert cut_off(key, step, "replace") == -9 or step == 6
    assert old in (read_keys(key).current, read_keys(key).previous)
    keys = read_keys(key) if read_keys(key).previous else replace_key(key)
    assert keys.previous == old
    assert {path.name for path in key.parent.iterdir()} == {key.name, previous_path(key).name}


@pytest.mark.parametrize("step", range(1, 7))
def test_a_destruction_that_is_killed_at_any_step_is_finished_by_the_next(key, step) -> None:
    keys = replace_key(key)
    assert cut_off(key, step, "destroy") == -9
    assert read_keys(key).current == keys.current
    destroy_previous(key)
    assert read_keys(key) == Keys(keys.current)
    assert [path.name for path in key.parent.iterdir()] == [key.name]


def test_two_keys_give_other_pseudonyms_and_the_same_persons(rotation) -> None:
    deliver(rotation, NUMBERS)
    before = persons(rotation.connection)
    held = rotation.begin()
    assert (held.left, held.persons) == (3, {held.previous_key_id: 3})
    deliver(rotation, [*NUMBERS[:2], "19550505-5558"])
    after = persons(rotation.connection)
    kept = {number for number, key_id in after.values() if key_id == held.key_id}
    assert len(after) == 4 and len(kept) == 3
    assert {number for number, _ in before.values()} < {number for number, _ in after.values()}
    assert len(before.keys() & after.keys()) == 1  # whom nobody delivered again
    assert rotation.standing().left == 1


def test_the_old_key_stays_until_the_exact_number_of_those_left_is_said(rotation, key) -> None:
    deliver(rotation, NUMBERS)
    held = rotation.begin()
    deliver(rotation, NUMBERS[:1])
    for wrong in (0, 1, 3):
        with pytest.raises(ConfigurationError, match="2 persons are known only"):
            rotation.finish(forget=wrong)
    assert previous_path(key).exists()
    assert rotation.finish(forget=2).left == 2
    assert not previous_path(key).exists()
    assert rotation.standing().persons == {held.key_id: 1, held.previous_key_id: 2}
    assert [(one["event"], one["persons_left"]) for one in recorded(rotation.connection)] == [
        ("begun", 3),
        ("finished", 2),
    ]


def test_nothing_is_finished_that_has_not_begun(rotation) -> None:
    with pytest.raises(ConfigurationError, match="No rotation"):
        rotation.finish()
    assert recorded(rotation.connection) == []


def test_what_was_cut_off_between_files_and_database_is_recorded_by_the_next(rotation, key) -> None:
    deliver(rotation, NUMBERS[:1])
    keys = replace_key(key)  # killed before the record was written
    with pytest.raises(ConfigurationError, match="begun and not ended"):
        rotation.begin()
    deliver(rotation, NUMBERS[:1])
    rotation.finish()
    told = recorded(rotation.connection)
    assert [one["event"] for one in told] == ["begun", "finished"]
    assert {(one["from_key_id"], one["to_key_id"]) for one in told} == {
        (keys.previous.key_id, keys.current.key_id)
    }
    assert told[1]["persons_moved"] == 1


def test_who_is_known_by_both_keys_is_left_as_it_is(rotation) -> None:
    deliver(rotation, NUMBERS[:1])
    old = rotation.keys()
    rotation.begin()
    both = rotation.keys()
    maker = Pseudonymiser(both, as_of=DAY)
    new = maker.column(pa.array(NUMBERS[:1])).to_pylist()[0]
    rotation.connection.execute(
        "insert into raw.person_surrogate values (?, 99, ?)", [new, both.current.key_id]
    )
    assert surrogates.rekey(rotation.connection, maker.moved(), maker.key_id) == 0
    assert rotation.standing().persons == {both.current.key_id: 1, old.current.key_id: 1}
