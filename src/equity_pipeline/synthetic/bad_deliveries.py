"""Small faulty deliveries, each in a folder of its own, to show what the doors do."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from equity_pipeline.synthetic.files import manifest, sha256, write_json

# The Swedish Tax Agency's own test number: it belongs to nobody.
TEST_NUMBER = "191212121212"
Rows = list[list[str]]
ROWS = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """A faulty delivery: which file, of which period, and what must happen to it."""

    name: str
    stem: str
    period: str
    what: str
    expected: str
    exit_code: int
    spoil: Callable[[Rows], Rows]


def _without_third_column(rows: Rows) -> Rows:
    return [row[:2] + row[3:] for row in rows]


def _with_wrong_sex(rows: Rows) -> Rows:
    return [rows[0], *([*row[:2], "X", *row[3:]] for row in rows[1:])]


def _with_personal_number(rows: Rows) -> Rows:
    place = rows[0].index("stop_reason")
    marked = [*rows[1]]
    marked[place] = f"Samtal med {TEST_NUMBER}"
    return [rows[0], marked, *rows[2:]]


FAULTS = (
    Fault("missing-column", "person_2025", "202601", "the required column sex is missing",
          "refused", 16, _without_third_column),
    Fault("wrong-code", "person_2025", "202601", "every row has a sex that no code list knows",
          "refused", 16, _with_wrong_sex),
    Fault("empty-file", "person_2025", "202601", "a header and no rows", "refused", 16,
          lambda rows: rows[:1]),
    Fault("personal-number", "programme", "202601",
          "a personal number (a published test number) stands in a free text", "refused", 16,
          _with_personal_number),
    Fault("duplicates", "person_2025", "202601", "ten rows stand twice", "quarantine", 0,
          lambda rows: rows + rows[1:11]),
    Fault("late", "telephony_2020", "202301", "rows of an older period that are already loaded",
          "quarantine", 0, lambda rows: rows),
)  # fmt: skip


def _persons() -> Rows:
    head = ["person_id", "year", "sex", "birth_year", "country_of_birth", "municipality_code"]
    body = [
        [f"SYN{one:07d}", "2025", "KM"[one % 2], str(1940 + one), "sweden", "1280"]
        for one in range(1, ROWS + 1)
    ]
    return [head, *body]


def _programme(incoming: Path) -> Rows:
    path = next(incoming.glob("care/*/programme.csv"))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def _source_rows(stem: str, incoming: Path, late: Rows) -> Rows:
    if stem == "programme":
        return _programme(incoming)
    return late if stem.startswith("telephony") else _persons()


def write_bad_deliveries(folder: Path, incoming: Path, late: Rows) -> None:
    """Write the faulty deliveries; ``late`` are telephony rows (with header) already delivered."""
    told = []
    for fault in FAULTS:
        held = folder / fault.name / "care" / fault.period
        held.mkdir(parents=True, exist_ok=True)
        path = held / f"{fault.stem}.csv"
        rows = fault.spoil(_source_rows(fault.stem, incoming, late))
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";", lineterminator="\n").writerows(rows)
        files = [{"name": path.name, "rows": len(rows) - 1, "sha256": sha256(path)}]
        write_json(manifest("care", list(files), period=fault.period), held / "manifest.json")
        told.append(
            {
                "name": fault.name,
                "file": path.relative_to(folder).as_posix(),
                "what": fault.what,
                "expected": fault.expected,
                "exit_code": fault.exit_code,
            }
        )
    write_json({"bad_deliveries": told}, folder / "manifest.json")
