"""A week of scheduled nights in one home: what is delivered, who is told, and a clock to turn.

The region, its deliveries and the open source are invented. Nights and the watch of six o'clock are
the project's own flows, each day in a process of its own, beside a real server of Prefect.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pytest_httpserver import HTTPServer

from equity_pipeline import clock
from equity_pipeline.settings import Settings, load_settings
from tests.faults.conftest import COMMAND, Place
from tests.faults.small_disk import on_small_disk
from tests.flows.conftest import LITTLE, ROOT, said, write_config
from tests.flows.test_any_order import content as rows_of
from tests.listeners import read
from tests.prefect_server import BOUND_SECONDS, Prefect, wait
from tests.statistics_database import TOWNS, Database, draw

NEEDED = ("person_2023", "person_2024", "ses_2023", "ses_2024", "area_2023", "area_2024",
          "listing_", "unit_", "contact_2024")  # fmt: skip
TOPIC, SOURCE = "diagnoserislutenvard", "socialstyrelsen"
MORE = """
[operation]
tell = ["custom-webhook/equity", "e-mail/equity"]

[deliveries.max_age_days]
contact = 69

[sources.http]
attempts = 1

[sources.{source}]
enabled = true
base_url = "{url}"
municipalities = {{ {towns} }}

[[sources.{source}.tables]]
measure = "SOS_SLUTENVARD"
topic = "{topic}"
matt = "Antal per 100 000 invånare"
choose = {{ kon = "Båda könen", alder = "Totalt" }}
"""
DAY = """
import json, os, sys
sys.path.insert(0, "flows")
from late import late
from nightly import nightly
config, asked = sys.argv[1:]
for name, moment in json.loads(asked):
    os.environ["EQUITY_CLOCK"] = moment
    {"late": late, "nightly": nightly}[name](config=config, return_state=True)
"""
CELLS = """
select schema_name || '.' || table_name from duckdb_tables()
where (schema_name, table_name) not in (
    select (schema_name, table_name) from duckdb_columns() where column_name = 'person_key')
order by all
"""


@dataclass
class Inbox:
    """The folder of deliveries, and how many rows each delivered file told of."""

    folder: Path
    year: pa.Table
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """How many rows have been delivered so far."""
        return sum(self.rows.values())

    def month(self, month: str, *, bad: int = 0, missed: int = 0) -> pa.Table:
        """The contacts of a month: some with a code that there is none of, some that are missed."""
        held = self.year.filter(pc.equal(_month(self.year), month)).to_pylist()
        for row in held[:bad]:
            row["profession"] = "99"
        for row in held[bad : bad + missed]:
            row["missed"] = True
        return pa.Table.from_pylist(held, schema=self.year.schema)

    def send(self, name: str, table: pa.Table, at: str, *, harmed: bool = False) -> None:
        """Deliver a file with its manifest; if harmed, bytes of it are lost on the way."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)
        whole = path.read_bytes()
        told = {"name": path.name, "rows": table.num_rows, "sha256": sha256(whole).hexdigest()}
        manifest = {"period": "202503", "extracted_at": at, "files": [told]}
        path.with_name("manifest.json").write_text(json.dumps(manifest), "utf-8")
        if harmed:
            half = len(whole) // 2
            path.write_bytes(whole[:half] + bytes(99) + whole[half + 99 :])
        self.rows[f"{name} {at}"] = table.num_rows


def _month(table: pa.Table) -> Any:
    return pc.strftime(table["contact_date"], format="%Y-%m")


def first_deliveries(incoming: Path, folder: Path, held_back: tuple[str, ...]) -> Inbox:
    """What came before the week: all that is needed but the contacts of some months."""
    shutil.copytree(incoming, folder)
    inbox = Inbox(folder, pq.read_table(next(folder.rglob("contact_2024.parquet"))))
    for manifest in [*folder.rglob("manifest.json")]:
        told = json.loads(manifest.read_text("utf-8"))
        kept = [one for one in told["files"] if one["name"].startswith(NEEDED)]
        for path in manifest.parent.iterdir():
            if path != manifest and path.name not in {one["name"] for one in kept}:
                path.unlink()
        for one in kept:
            path = manifest.with_name(one["name"])
            if one["name"].startswith("contact_"):
                late = pc.is_in(_month(inbox.year), value_set=pa.array(held_back))
                table = inbox.year.filter(pc.invert(late))
                pq.write_table(table, path)
                one |= {"rows": table.num_rows, "sha256": sha256(path.read_bytes()).hexdigest()}
            inbox.rows[str(path)] = one["rows"]
        manifest.write_text(json.dumps(told | {"files": kept}), "utf-8")
    return inbox


class Source:
    """An open source on a port of this machine that can be shut and opened again."""

    name = SOURCE

    def __init__(self) -> None:
        self.topic = draw(1)
        self.open()

    def open(self) -> None:
        """Answer on the port that was answered on before, if there was one."""
        self.server = HTTPServer("127.0.0.1", getattr(self, "port", 0))
        self.server.start()
        self.port = self.server.port
        self.url = Database(self.server, {TOPIC: self.topic}).base_url

    def shut(self) -> None:
        """Leave the port, so that whoever asks is refused."""
        self.server.clear()
        self.server.stop()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be gone while a block runs."""
        self.shut()
        try:
            yield
        finally:
            self.open()


def home(folder: Path, inbox: Inbox, source: Source) -> Path:
    """Write the configuration of a home that reads the deliveries and asks the source."""
    config = write_config(folder, inbox.folder, **LITTLE)
    towns = ", ".join(f'{code} = "{name}"' for code, name in TOWNS.items())
    more = MORE.format(source=SOURCE, url=source.url, towns=towns, topic=TOPIC)
    config.write_text(config.read_text("utf-8") + more, "utf-8")
    return config


@dataclass
class Week:
    """The nights of one home, and everything that was told in them."""

    place: Place
    server: Prefect
    posted: list[dict[str, Any]]
    letters: list[Message]

    @classmethod
    def of(
        cls, config: Path, server: Prefect, posted: list[dict[str, Any]], letters: list[Message]
    ) -> Week:
        """The week of a configuration, told of by a hook and letters."""
        return cls(Place(config, load_settings(config).settings), server, posted, letters)

    @property
    def settings(self) -> Settings:
        """The settings of the home."""
        return self.place.settings

    @property
    def config(self) -> Path:
        """The configuration of the home."""
        return self.place.config

    def day(self, *asked: tuple[str, str], room: int | None = None) -> list[dict[str, str]]:
        """Run flows at their moments in a process of its own; return what was told by both ways.

        Parameters
        ----------
        asked
            ``nightly`` or ``late``, and the moment with its zone.
        room
            How many bytes are left on the disk of internal data; as many as there are if None.
        """
        words = self._words(*asked)
        if room is None:
            self.server.call(*words)
        else:
            told = on_small_disk(self.settings.internal, room, ["sh", "-c", IN, str(ROOT), *words],
                                 **self.server.environment)  # fmt: skip
            assert told.returncode == 0, told.stderr[-3000:]
        return self.told()

    def killed(self, moment: str, stage: str) -> int:
        """Begin a night at a moment, kill it with all that it started when a stage has begun."""
        before = set(self._logs())
        night = subprocess.Popen(
            self._words(("nightly", moment)),
            cwd=ROOT,
            env=self.server.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

        def begun() -> bool | None:
            new = set(self._logs()) - before
            wanted = f'"event": "stage_start", "stage": "{stage}"'
            return any(wanted in log.read_text("utf-8") for log in new) or None

        try:
            wait(begun, f"the night has come to {stage}", BOUND_SECONDS)
        finally:
            os.killpg(night.pid, signal.SIGKILL)
        return night.wait()

    def told(self) -> list[dict[str, str]]:
        """What those on duty were told since the last look: the same by webhook and by letter."""
        letters = [read(one) for one in self.letters]
        assert [one["subject"] for one in letters] == [one["subject"] for one in self.posted]
        for letter, post in zip(letters, self.posted, strict=True):
            assert letter["body"].split() == post["body"].split()
        told = [dict(one) for one in self.posted]
        self.posted.clear()
        self.letters.clear()
        return told

    def alarm(self, moment: str) -> tuple[int, str]:
        """The exit code and the words of `equity status --alarm` at a moment."""
        ended = self.place.call("status", "--alarm", EQUITY_CLOCK=moment)
        return ended.returncode, ended.stdout

    def status(self, moment: str) -> dict[str, Any]:
        """What `equity status --json` says at a moment."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(clock.VARIABLE, moment)
            told: dict[str, Any] = json.loads(said("status", "--json", "--config", self.config))
        return told

    def account(self) -> tuple[int, int, int]:
        """Delivered rows in, quarantined and refused: none is in that is not accounted for."""
        with duckdb.connect(str(self.settings.person_database), read_only=True) as connection:
            [row] = connection.execute(
                "select sum(rows_in)::int, sum(rows_loaded)::int, sum(rows_quarantined)::int, "
                "sum(rows_refused)::int from raw.delivery where layout <> 'open_data'"
            ).fetchall()
        assert row[0] == sum(row[1:])
        return row[0], row[2], row[3]

    def _words(self, *asked: tuple[str, str]) -> list[str]:
        return [sys.executable, "-c", DAY, str(self.config), json.dumps(asked)]

    def _logs(self) -> list[Path]:
        return sorted(self.settings.logs.glob("run-*.jsonl"))


IN = 'cd "$0" && exec "$@"'


def clean_night(config: Path, moment: str) -> subprocess.CompletedProcess[str]:
    """Run a night of a home at a moment with the command, as cron does."""
    return subprocess.run(
        [*COMMAND, "run", "--config", str(config)],
        env=os.environ | {"EQUITY_CLOCK": moment},
        capture_output=True,
        text=True,
        check=False,
    )


def content(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """What a home holds, whatever the numbers of persons and loads: rows of persons, and cells."""
    found = rows_of(settings.person_database)
    with duckdb.connect(str(settings.internal / "cells.duckdb"), read_only=True) as connection:
        for (name,) in connection.execute(CELLS).fetchall():
            found[name] = connection.execute(f"select * from {name} order by all").fetchall()
    return found
