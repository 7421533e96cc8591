"""Personal numbers that are delivered are in no byte that a run leaves behind, however it ends.

The only thing that may hold them is the delivery folder itself. Each run is a process of its own;
its words, its whole home, its temporary files and the scheduler's home are searched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.faults.canary import NUMBERS, Canary, number, secret, traces
from tests.flows.conftest import AS_OF, ROOT, Night
from tests.repeats import repeated

PLAIN, COORDINATION = NUMBERS
SPOKEN = f"{PLAIN[:8]}-{PLAIN[8:]}"
KEY = "5ec2e7" * 10 + "abcd"
HEADER = "contact_id;person_id;contact_date;note\n"
LAYOUT = """
name = "identified"
key_file = "keys/pseudonym.key"
[[file]]
pattern = "seen_*"
[[file.ignored]]
name = "note"
reason = "free text is not needed"
[[file.entity]]
entity = "contact"
[file.entity.columns]
person_id = { role = "identity" }
"""
FLOW = """
import json, sys
sys.path.insert(0, "flows")
from nightly import nightly
for config, as_of in json.loads(sys.argv[1]):
    print(nightly(config=config, as_of=as_of, return_state=True).name)
"""
QUOTING = """
import sys
from equity_pipeline.pipeline import stages
from equity_pipeline.warehouse.database import open_person
def broken(settings, *rest):
    with open_person(settings) as connection:
        held = connection.execute("create or replace temp table t as select $1 as n", [sys.argv[1]])
        connection.execute("select strptime(n, '%Y') from t").fetchall()
broken.__name__ = sys.argv[2]
setattr(stages, sys.argv[2], broken)
del sys.argv[1:3]
"""
COMMAND = "from equity_pipeline.cli import main; main()"


@dataclass
class World:
    """A region in which identities are delivered, and everything that its runs have said."""

    root: Path
    said: list[str] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.root / "equity.toml"

    @property
    def incoming(self) -> Path:
        return self.root / "incoming"

    @property
    def environment(self) -> dict[str, str]:
        for name in ("temporary", "prefect"):
            (self.root / name).mkdir(exist_ok=True)
        kept = {one: text for one, text in os.environ.items() if not one.startswith("PREFECT_")}
        return kept | {
            "COLUMNS": "200",
            "TMPDIR": str(self.root / "temporary"),
            "PREFECT_HOME": str(self.root / "prefect"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
            "DO_NOT_TRACK": "1",
        }

    def python(self, code: str, *words: str, code_is: int | None = None) -> str:
        """Run code in a process of its own, and keep what it says."""
        told = subprocess.run(
            [sys.executable, "-c", code, *words],
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=ROOT,
            check=False,
        )
        self.said.append(told.stdout + told.stderr)
        assert code_is in (None, told.returncode), told.stderr[-3000:]
        return told.stdout + told.stderr

    def equity(self, *words: str, code_is: int | None = None, before: str = "") -> str:
        """Run a command of the pipeline."""
        return self.python(
            f"{before}\n{COMMAND}", *words, "--config", str(self.config), code_is=code_is
        )

    def night(self, code_is: int | None = None) -> str:
        return self.equity("run", "--as-of", AS_OF, code_is=code_is)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.incoming / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    def found(self, *more: Canary) -> list[str]:
        """Where numbers (and more) are, apart from the delivery folder and the key's own."""
        sought = [*map(number, NUMBERS), *more]
        said = [f"{one.name} in what was said" for one in sought if one.is_in("\n".join(self.said))]
        folders = [
            path for path in self.root.iterdir() if path.is_dir() and path.name not in LEFT_ASIDE
        ]
        return said + [trace for folder in folders for trace in traces(folder, sought)]


LEFT_ASIDE = {"incoming", "keys"}


def make(root: Path, good: Night, incoming: Path) -> World:
    shutil.copytree(good.config.parent, root, symlinks=True)
    world = World(root)
    world.incoming.mkdir()
    for folder in incoming.iterdir():
        (shutil.copytree if folder.is_dir() else shutil.copy)(folder, world.incoming / folder.name)
    (root / "keys").mkdir()
    (root / "keys" / "pseudonym.key").write_text(KEY)
    (root / "keys" / "pseudonym.key").chmod(0o600)
    (root / "identified.toml").write_text(LAYOUT, "utf-8")
    text = world.config.read_text("utf-8")
    text = text.replace(f'folder = "{incoming}"', 'folder = "incoming"\nsettle_seconds = 0')
    text = text.replace('standard.toml"]', 'standard.toml", "identified.toml"]')
    world.config.write_text(text, "utf-8")
    return world


@pytest.fixture
def world(good: Night, incoming: Path, tmp_path: Path) -> World:
    return make(tmp_path / "world", good, incoming)


@pytest.fixture(scope="session")
def after_good_night(
    good_in_all_tiers: Night, incoming: Path, tmp_path_factory: pytest.TempPathFactory
) -> World:
    """A world after a night in which identities came in every kind of file; no test changes it."""
    world = make(tmp_path_factory.mktemp("canary") / "world", good_in_all_tiers, incoming)
    deliver_identities(world)
    world.said.append(_watched(world))
    return world


def _watched(world: World) -> str:
    """Run a night, and return its words with the arguments and environment of its process."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "run", "--as-of", AS_OF, "--config", str(world.config)],
        stdout=(world.root / "temporary.out").open("w"),
        stderr=subprocess.STDOUT,
        env=world.environment,
        cwd=ROOT,
    )
    seen: set[str] = set()
    while process.poll() is None:
        for name in ("cmdline", "environ"):
            try:
                seen.add(Path(f"/proc/{process.pid}/{name}").read_text("utf-8", "replace"))
            except OSError:
                continue
        time.sleep(0.2)
    said = (world.root / "temporary.out").read_text("utf-8")
    assert process.returncode == 0, said[-3000:]
    return said + "".join(seen)


def deliver_identities(world: World) -> None:
    rows = [(f"A{i}", one, "2024-03-05", "") for i, one in enumerate((SPOKEN, COORDINATION))]
    strange = [f"pnr {SPOKEN} Anna", f"T{PLAIN}", f"{SPOKEN[:-1]}3", f"{PLAIN}7", PLAIN[2:8]]
    rows += [(f"B{i}", one, "2024-03-05", "") for i, one in enumerate(strange)]
    rows += [("C1", SPOKEN, "2024-13-05", "")]
    rows += [(f"G{i}", SPOKEN, "2024-03-06", "") for i in range(40)]
    text = HEADER + "".join(";".join(row) + "\n" for row in rows)
    world.write("seen_ok.csv", text + f"A9;2024-03-05;{SPOKEN}\n" + f"A8;{SPOKEN}\n")
    frame = _frame(f"X{i}" for i in range(3))
    world.write("seen_ok.parquet", _parquet(frame.assign(person_id=[int(PLAIN)] * 3)))
    world.write("seen_whole.parquet", _parquet(frame.assign(person_id=[float(PLAIN)] * 3)))
    world.write("seen_ok.xlsx", _xlsx(_frame(f"Y{i}" for i in range(3))))
    with zipfile.ZipFile(world.incoming / "seen_ok.zip", "w", zipfile.ZIP_DEFLATED) as held:
        held.writestr("seen_zipped.csv", text.replace("G", "Z").replace("A", "Q"))


def _frame(ids: Iterator[str]) -> pd.DataFrame:
    rows = {"contact_id": list(ids), "person_id": SPOKEN, "contact_date": "2024-03-05"}
    return pd.DataFrame(rows | {"note": ""})


def _parquet(frame: pd.DataFrame) -> bytes:
    held = BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), held)
    return held.getvalue()


def _xlsx(frame: pd.DataFrame) -> bytes:
    book, held = openpyxl.Workbook(), BytesIO()
    for row in [list(frame.columns), *frame.to_numpy().tolist()]:
        book.active.append(row)
    book.save(held)
    return held.getvalue()


def refused_files() -> dict[str, str | bytes]:
    """Files that hold numbers where none may be, each of a kind of its own."""
    row = "R{};p1;2024-03-05;{}\n"
    good = HEADER + "".join(row.format(i, "") for i in range(40))
    frame = _frame(f"P{i}" for i in range(3)).assign(person_id="x")
    contact = good.replace("note", "contact_type").replace(";note", "")
    named = HEADER.replace("note", SPOKEN)
    return {
        "seen_text.csv": good + row.format("X", f"see {SPOKEN}, mother {COORDINATION}"),
        f"seen_{SPOKEN}.csv": good,
        f"{PLAIN}/seen_below.csv": good,
        "seen_header.csv": named + good.partition("\n")[2],
        "seen_without_header.csv": f"X1;{SPOKEN};2024-03-05;Anna\n" * 40,
        "seen_open_quote.csv": good + f'X1;p1;2024-03-05;"{SPOKEN}\n',
        "seen_nul.csv": good.encode() + f"X1;{SPOKEN}\0\n".encode(),
        "seen_cp1252.csv": good.encode() + f"X1;Åsa {SPOKEN};2024-03-05;\n".encode("cp1252"),
        "contact_2024.csv": contact + f"X1;p1;2024-03-05;{SPOKEN}\n",
        "contact_2025.csv": good.replace(";note", "") + f"X1;p1;{SPOKEN};2024-03-05;1\n",
        "seen_text.parquet": _parquet(frame.assign(note=[float(PLAIN), None, 1.5])),
        "seen_int.parquet": _parquet(frame.assign(note=[int(PLAIN)] * 3)),
        "seen_bytes.parquet": _parquet(frame.assign(note=[SPOKEN.encode()] * 3)),
        "seen_text.xlsx": _xlsx(frame.assign(note=SPOKEN)),
        "seen_number.xlsx": _xlsx(frame.assign(note=int(PLAIN))),
        "seen_text.zip": _zip(f"seen_{SPOKEN}.csv", good),
        "seen_inside.zip": _zip("seen_z.csv", good + row.format("X", SPOKEN)),
        "unknown.txt": SPOKEN,
    }


def _zip(name: str, content: str) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return held.getvalue()


def test_the_search_finds_a_number_in_every_wrapping(tmp_path: Path) -> None:
    sought = [number(PLAIN)]
    (tmp_path / "in.parquet").write_bytes(_parquet(_frame(f"{i}" for i in range(3))))
    (tmp_path / "in.xlsx").write_bytes(_xlsx(_frame(f"{i}" for i in range(3))))
    with duckdb.connect(str(tmp_path / "in.duckdb")) as connection:
        connection.execute("create table t as select $1 as x from range(9000)", [SPOKEN])
    (tmp_path / "in.bin").write_bytes(b"\0" + SPOKEN.encode("utf-16-be"))
    (tmp_path / f"n{SPOKEN}").write_bytes(b"")
    (tmp_path / "in.int").write_bytes(b"x" + int(PLAIN).to_bytes(8, "little"))
    (tmp_path / "fine").write_bytes(b"19121212-1213")
    found = {trace.partition(" in ")[2] for trace in traces(tmp_path, sought)}
    assert found == {path.name for path in tmp_path.iterdir()} - {"fine"}


def test_a_good_night_keeps_no_number_and_no_key(after_good_night: World) -> None:
    world = after_good_night
    home = world.root / "home" / "internal"
    with duckdb.connect(str(home / "person.duckdb"), read_only=True) as connection:
        verdicts = dict(
            connection.execute(
                "select file_name, verdict from raw.delivery where layout = 'identified'"
            ).fetchall()
        )
        persons = connection.execute(
            "select count(*) from raw.person_surrogate where key_id is not null"
        ).fetchall()
    assert verdicts == {
        "seen_ok.csv": "quarantine",
        "seen_ok.parquet": "accept",
        "seen_whole.parquet": "accept",
        "seen_ok.xlsx": "accept",
        "seen_ok.zip/seen_zipped.csv": "quarantine",
    }
    assert persons == [(2,)]
    assert list((home / "quarantine").iterdir())
    assert world.found(secret(KEY)) == []


def test_refused_files_leave_no_number_in_books_logs_or_words(world: World) -> None:
    refused = refused_files()
    for name, content in refused.items():
        world.write(name, content)
    said = world.night(code_is=16)
    assert said.count("DeliveryRefused (exit 16)") == len(refused)
    assert "personal_number:note" in said and "Anna" not in said
    world.equity("status", "--json")
    world.equity("doctor")
    assert world.found(secret(KEY)) == []


def test_looking_at_a_delivery_before_it_is_sent_tells_no_number(world: World) -> None:
    layout = ("--layout", str(world.root / "identified.toml"), "--as-of", AS_OF)
    deliver_identities(world)
    named = [name for name in refused_files() if not number(PLAIN).is_in(name)]
    for name in named:
        world.write(name, refused_files()[name])
    paths = [str(world.incoming / name) for name in (*named, "seen_ok.csv", "seen_ok.xlsx")]
    world.equity("check-delivery", *paths, *layout, code_is=16)
    world.equity("check-delivery", *paths, *layout, "--json", code_is=16)
    assert "identity_invalid" in world.said[-1]
    assert world.found(secret(KEY)) == []


@pytest.mark.parametrize("stage", ["load", pytest.param("build", marks=pytest.mark.long)])
def test_a_fault_that_quotes_a_value_is_told_without_it(world: World, stage: str) -> None:
    said = world.python(
        QUOTING + COMMAND,
        SPOKEN,
        stage,
        *("run", "--as-of", AS_OF, "--config", str(world.config)),
        code_is=1,
    )
    assert "Something nobody foresaw: InvalidInputException" in said
    assert "broken" in said and "Traceback" not in said
    assert world.found() == []


@pytest.mark.parametrize(
    ("mode", "text", "words"), [(0o644, KEY, "open to others"), (0o600, KEY[:20], "shorter than")]
)
def test_a_key_that_cannot_be_used_is_not_told(world: World, mode, text, words) -> None:
    key = world.root / "keys" / "pseudonym.key"
    key.write_text(text)
    key.chmod(mode)
    world.write("seen_new.csv", HEADER + f"N1;{SPOKEN};2024-03-05;\n" * 3)
    assert words in world.night(code_is=2)
    assert world.found(secret(KEY), secret(KEY[:20])) == []


@pytest.mark.long
def test_the_scheduler_keeps_no_number_of_a_fault_or_a_refused_file(world: World) -> None:
    world.write("seen_text.csv", refused_files()["seen_text.csv"])
    nights = json.dumps([(str(world.config), AS_OF)])
    assert "Failed" in world.python(FLOW, nights, code_is=0)
    (world.incoming / "seen_text.csv").unlink()
    assert "Failed" in world.python(QUOTING + FLOW, SPOKEN, "load", nights, code_is=0)
    database = (world.root / "prefect" / "prefect.db").read_bytes()
    log = world.root / "prefect" / "prefect.db-wal"
    database += log.read_bytes() if log.exists() else b""
    assert b"Something nobody foresaw: InvalidInputException" in database
    assert b"personal_number:note" in database
    assert world.found(secret(KEY)) == []


@pytest.mark.long
def test_a_night_of_the_scheduler_with_identities_keeps_no_number(world: World) -> None:
    deliver_identities(world)
    nights = json.dumps([(str(world.config), AS_OF)])
    assert "Completed" in world.python(FLOW, nights, code_is=0)
    assert world.found(secret(KEY)) == []


@pytest.mark.long
@pytest.mark.parametrize("seconds", repeated([4.0, 8.0, 2.0, 6.0, 12.0], 2))
def test_a_killed_night_leaves_no_number(world: World, seconds: float) -> None:
    deliver_identities(world)
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "run", "--as-of", AS_OF, "--config", str(world.config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=world.environment,
        cwd=ROOT,
    )
    time.sleep(seconds)
    process.kill()
    process.wait()
    left = [one for one in world.found(secret(KEY)) if "internal/staging" not in one]
    assert left == []
    world.night(code_is=0)
    assert world.found(secret(KEY)) == []


@pytest.mark.long
def test_checks_that_fail_on_identified_rows_show_none_of_them(world: World) -> None:
    """Most contacts of the file belong to persons whom nobody delivered: a check says so."""
    rows = "".join(f"K{i};{NUMBERS[i % 2]};2024-03-05;\n" for i in range(60_000))
    world.write("seen_many.csv", HEADER + rows)
    world.night()
    assert world.found(secret(KEY)) == []
