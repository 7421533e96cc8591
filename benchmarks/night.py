"""A whole night by stage: seconds, processor seconds and memory, for regions of growing size.

``python benchmarks/night.py --persons 20000 142000`` makes synthetic regions of so many persons in
a temporary folder (``--folder`` keeps them, and finds them there the next time), runs the night of
each with every indicator and form, and prints what each stage took. 1 420 000 persons are as many
as live in Skåne; they have some 100 million rows in five years, and want 60 GB of disk.

``--then`` runs a second night a month later, to which the contacts of that month are delivered.

Seconds are from the run's own log. Memory is the largest resident memory of the night with all
its processes, looked at four times a second; a stage that is shorter may go unseen.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.synthetic import generate
from equity_pipeline.synthetic.files import manifest, sha256, write_json

ROOT = Path(__file__).resolve().parents[1]
AS_OF, A_MONTH_LATER = "2025-01-15", "2025-02-15"
FIRST_DELIVERY, SECOND_DELIVERY, LAST_YEAR = "202501", "202502", "2024"
BEAT = 0.25  # seconds between two looks at the memory
COMMAND = Path(sys.executable).with_name("equity")
ROW = "{:22}{:>10}{:>8}{:>9}{:>9}"
CONFIG = ROOT / "configs" / "demo.toml"


@dataclass
class Watched:
    """The largest memory and the processor seconds of a process and its children, over time."""

    process: subprocess.Popen[bytes]
    seen: list[tuple[float, float, float]] = field(default_factory=list)
    spent: dict[int, float] = field(default_factory=dict)

    def watch(self) -> None:
        """Look until the process has ended."""
        whole = psutil.Process(self.process.pid)
        while self.process.poll() is None:
            self._look(whole)
            time.sleep(BEAT)

    def _look(self, whole: psutil.Process) -> None:
        held = 0.0
        try:
            for one in (whole, *whole.children(recursive=True)):
                try:
                    held += one.memory_info().rss / 1e6
                    times = one.cpu_times()
                    self.spent[one.pid] = times.user + times.system
                except psutil.NoSuchProcess:
                    continue
        except psutil.NoSuchProcess:
            return
        self.seen.append((time.time(), held, sum(self.spent.values())))

    def between(self, began: float, ended: float) -> tuple[float, float]:
        """Return the processor seconds and the largest memory in MB between two moments."""
        inside = [one for one in self.seen if began <= one[0] <= ended]
        if not inside:
            return 0.0, 0.0
        return inside[-1][2] - inside[0][2], max(held for _, held, _ in inside)


def main() -> None:
    """Make the regions and print a table of stages for each."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--persons", type=int, nargs="+", default=[20_000])
    asked.add_argument("--folder", type=Path, help="where regions and homes are kept")
    asked.add_argument("--threads", type=int, default=2)
    asked.add_argument("--memory-limit", default="4GB", help="of DuckDB in each of its processes")
    asked.add_argument("--periods", type=int, default=5, help="rolling years")
    asked.add_argument("--quarters", type=int, default=4)
    asked.add_argument("--then", action="store_true", help="and a night with one month more")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)
        for persons in given.persons:
            place = _region(folder, persons)
            _print(f"{persons} persons", *_night(place, AS_OF, given))
            if given.then:
                _one_month_more(place)
                _print(f"{persons} persons, one month more", *_night(place, A_MONTH_LATER, given))


def _region(folder: Path, persons: int) -> Path:
    place = (folder / str(persons)).resolve()
    if not (place / "truth.json").exists():
        began = time.perf_counter()
        made = generate(persons, 2024, place)
        rows = sum(made.rows.values())
        print(f"{persons} persons: {rows} rows made in {time.perf_counter() - began:.0f} s")
    return place


def _instead(place: Path, given: argparse.Namespace) -> dict[str, str]:
    """Return what differs from the demonstration's configuration, as environment."""
    return {
        "EQUITY_RUN__HOME": str(place / "home"),
        "EQUITY_RUN__THREADS": str(given.threads),
        "EQUITY_RUN__MEMORY_LIMIT": given.memory_limit,
        "EQUITY_DELIVERIES__FOLDER": str(place / "incoming"),
        "EQUITY_PERIODS__COUNT": str(given.periods),
        "EQUITY_PERIODS__QUARTERS": str(given.quarters),
    }


def _night(
    place: Path, as_of: str, given: argparse.Namespace
) -> tuple[Watched, list[dict[str, object]], float]:
    logs = place / "home" / "logs"
    before = set(logs.glob("run-*.jsonl"))
    began = time.perf_counter()
    command = [str(COMMAND), "run", "--as-of", as_of, "--config", str(CONFIG)]
    with subprocess.Popen(command, env=os.environ | _instead(place, given)) as process:
        watched = Watched(process)
        looking = threading.Thread(target=watched.watch)
        looking.start()
        code = process.wait()
        looking.join()
    if code:
        raise SystemExit(f"The night in {place} ended with {code}: see {logs}")
    took = time.perf_counter() - began
    (log,) = set(logs.glob("run-*.jsonl")) - before
    return watched, [json.loads(line) for line in log.read_text().splitlines()], took


def _print(name: str, watched: Watched, events: list[dict[str, object]], took: float) -> None:
    print(f"\n{name}")
    print(ROW.format("stage", "seconds", "share", "cpu s", "peak MB"))
    began: dict[str, float] = {}
    for one in events:
        at = datetime.fromisoformat(str(one["time"])).timestamp()
        stage = str(one.get("stage", ""))
        if one["event"] == "stage_start":
            began[stage] = at
        elif one["event"] == "stage_end":
            seconds = at - began[stage]
            cpu, peak = watched.between(began[stage], at)
            print(_line(stage, seconds, took, cpu, peak))
        elif one["event"] == "seconds":
            _forms(one)
    cpu, peak = watched.between(0.0, time.time())
    print(_line("the night", took, took, cpu, peak), flush=True)


def _line(name: str, seconds: float, of: float, cpu: float, peak: float) -> str:
    return ROW.format(name, f"{seconds:.1f}", f"{seconds / of:.0%}", f"{cpu:.1f}", f"{peak:.0f}")


def _forms(event: dict[str, object]) -> None:
    held = event["forms"]
    assert isinstance(held, dict)
    spent: defaultdict[str, float] = defaultdict(float, held)
    longest = sorted(spent, key=lambda one: -spent[one])[:8]
    print("  of these: " + ", ".join(f"{one} {spent[one]:.1f}" for one in longest))


def _one_month_more(place: Path) -> None:
    """Deliver the contacts of a month more: those of the last one, 31 days later."""
    old = place / "incoming" / "care" / FIRST_DELIVERY / f"contact_{LAST_YEAR}.parquet"
    folder = place / "incoming" / "care" / SECOND_DELIVERY
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"contact_{SECOND_DELIVERY}.parquet"
    days = [one.name for one in pq.read_schema(old) if pa.types.is_date(one.type)]
    later = ", ".join(f"{one} + 31 as {one}" for one in days)
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * replace ('N' || contact_id as contact_id, {later}) from '{old}'"
            f" where contact_date >= date '{LAST_YEAR}-12-01') to '{new}' (format parquet)"
        )
    listed = {"name": new.name, "rows": pq.read_metadata(new).num_rows, "sha256": sha256(new)}
    write_json(manifest("care", [listed], period=SECOND_DELIVERY), folder / "manifest.json")


if __name__ == "__main__":
    main()
