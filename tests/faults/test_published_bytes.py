"""What a published folder does not hold: pseudonyms, keys of persons, paths of the machine."""

from __future__ import annotations

import re
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.audit.release import open_database
from equity_pipeline.settings import RunSettings, Settings
from equity_pipeline.warehouse.database import open_cells, open_to_look
from tests.faults.canary import contents_of
from tests.flows.conftest import ROOT, Night

PSEUDONYM = re.compile(rb"SYN\d{7}")
PERSON_KEY = b"person_key"
OUTSIDE = (
    "select * from read_text('{file}')",
    "select * from read_csv('{file}')",
    "select * from glob('{folder}/*')",
    "attach '{file}' as other",
    "copy (select 1) to '{folder}/told.csv'",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "install httpfs",
    "create table mart.more as select 1",
)


def bytes_of(path: Path) -> Iterator[bytes]:
    for content in contents_of(path):
        yield content.encode("utf-8", "replace") if isinstance(content, str) else content


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.resolve().rglob("*") if path.is_file())


def holding(folder: Path, sought: re.Pattern[bytes]) -> list[str]:
    """Return the files below a folder that hold something, in their bytes or compressed."""
    return [
        path.name
        for path in files(folder)
        if any(sought.search(content) for content in bytes_of(path))
    ]


def paths_of_the_machine(night: Night, *more: Path) -> re.Pattern[bytes]:
    places = {night.config.parent, night.settings.run.home, ROOT, Path(sys.prefix), *more}
    places |= {Path.cwd(), *(Path(one) for one in (socket.gethostname(),) if len(one) > 5)}
    return re.compile(b"|".join(sorted(re.escape(str(one).encode()) for one in places)))


def test_no_published_byte_tells_a_pseudonym_or_the_key_of_a_person(
    small_night: Night, incoming: Path
) -> None:
    assert len(holding(incoming, PSEUDONYM)) > 5  # they are delivered, and would be found
    assert holding(small_night.current, PSEUDONYM) == []
    assert holding(small_night.current, re.compile(PERSON_KEY)) == []


def test_no_published_byte_tells_a_path_or_the_name_of_the_machine(
    small_night: Night, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made_below = tmp_path_factory.getbasetemp().parent  # what is looked at is a copy
    paths = paths_of_the_machine(small_night, made_below)
    logs = small_night.settings.logs
    assert holding(logs, re.compile(b"run_id")) != []  # logs are read as releases are
    assert holding(small_night.current, paths) == []


def test_releases_and_candidates_are_closed_to_others(good: Night) -> None:
    """Also the folders above them, which hold the history of what was released."""
    shelves = good.settings.releases, good.settings.candidates
    whole = [one for shelf in shelves for one in shelf.iterdir() if one.is_dir()]
    held = [path for one in whole for path in one.rglob("*")]
    folders = {*shelves, *whole, *(path for path in held if path.is_dir())}
    assert {mode_of(path) for path in held if path.is_file()} <= {0o600, 0o640}
    assert {mode_of(path) & (stat.S_IRWXO | stat.S_IWGRP) for path in folders} == {0}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere" / "secret.csv"
    path.parent.mkdir()
    path.write_text("name\nsomebody\n", "utf-8")
    return path


@pytest.mark.parametrize("asked", OUTSIDE)
def test_a_reader_of_the_published_database_reaches_no_other_file(
    good: Night, elsewhere: Path, asked: str
) -> None:
    statement = asked.format(file=elsewhere, folder=elsewhere.parent)
    with open_database(good.current / "equity.duckdb") as connection:
        assert connection.execute("select count(*) > 0 from mart.gap").fetchall() == [(True,)]
        with pytest.raises(duckdb.Error):
            connection.execute(statement)
    assert sorted(path.name for path in elsewhere.parent.iterdir()) == [elsewhere.name]


@pytest.mark.parametrize("asked", OUTSIDE[:-1])
def test_nor_does_one_who_looks_into_the_cells(tmp_path: Path, elsewhere: Path, asked: str) -> None:
    settings = Settings(run=RunSettings(home=tmp_path / "home", threads=1))
    with open_cells(settings) as connection:
        connection.execute("create table one_way as select 7 as n")
    with open_to_look(settings, "cells") as connection:
        assert connection.execute("from one_way").fetchall() == [(7,)]
        with pytest.raises(duckdb.Error):
            connection.execute(asked.format(file=elsewhere, folder=elsewhere.parent))


def test_a_plain_connection_would_reach_it(good: Night, elsewhere: Path) -> None:
    """What the settings of ours are for: read-only alone closes nothing."""
    path = str(good.current / "equity.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        [(text,)] = connection.execute(f"select content from read_text('{elsewhere}')").fetchall()
    assert text == "name\nsomebody\n"
