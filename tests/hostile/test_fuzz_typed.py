"""Damaged parquet files and workbooks: a verdict for each, whatever their types and bytes are."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .judging import ROOT, Judged, check_by, numbers_in
from .more import NUMBER

STANDARD = ROOT / "configs" / "layouts" / "standard.toml"
N = 10
DAYS = [dt.date(2026, 9, 1 + place) for place in range(N)]
MOMENTS = [dt.datetime(2026, 9, 1 + place) for place in range(N)]
PLAIN: dict[str, Any] = {
    "contact_id": pa.array([f"C{place:06d}" for place in range(N)]),
    "person_id": pa.array([f"P{place:06d}" for place in range(N)]),
    "contact_date": pa.array(DAYS),
}
VALUE = re.compile("[CP]00000[0-9]|2026-09-")


def _dates(kind: pa.DataType) -> pa.Array:
    return pa.array(MOMENTS).cast(kind) if pa.types.is_timestamp(kind) else pa.array(DAYS, kind)


def _with(name: str, column: pa.Array) -> pa.Table:
    return pa.table(PLAIN | {name: column})


def _dated(column: pa.Array) -> pa.Table:
    return _with("contact_date", column)


NOON = [one.replace(hour=12) for one in MOMENTS]
AMOUNTS = [decimal.Decimal(20260901 + place) for place in range(N)]
KEPT = {
    "date64": _dated(_dates(pa.date64())),
    "timestamp_ms": _dated(_dates(pa.timestamp("ms"))),
    "timestamp_ns": _dated(_dates(pa.timestamp("ns"))),
    "text": _dated(pa.array([str(day) for day in DAYS])),
    "large_text": _dated(pa.array([str(day) for day in DAYS], pa.large_string())),
    "dictionary": _with("contact_id", PLAIN["contact_id"].dictionary_encode()),
    "dictionary_of_days": _dated(PLAIN["contact_date"].dictionary_encode()),
    "null_column": _with("booked_date", pa.nulls(N)),
    "other_order": pa.table(dict(reversed(PLAIN.items()))),
}
ASIDE = {  # rows that are set aside: all of them, so that the file is refused, and one of ten
    "timestamp_utc": _dated(_dates(pa.timestamp("us", "UTC"))),
    "timestamp_stockholm": _dated(_dates(pa.timestamp("us", "Europe/Stockholm"))),
    "noon": _dated(pa.array(NOON)),
    "whole_numbers": _dated(pa.array([20260901 + place for place in range(N)])),
    "largest_numbers": _dated(pa.array([2**63 - 1 - place for place in range(N)])),
    "unsigned": _dated(pa.array([2**64 - 1 - place for place in range(N)], pa.uint64())),
    "floats": _dated(pa.array([46000.5 + place for place in range(N)])),
    "no_numbers": _dated(pa.array([float("nan"), float("inf"), -float("inf")] * 3 + [1e308])),
    "decimals": _dated(pa.array(AMOUNTS, pa.decimal128(38, 4))),
    "wide_decimals": _dated(pa.array(AMOUNTS, pa.decimal256(76, 10))),
    "half_floats": _dated(pa.array(range(N), pa.int64()).cast(pa.float16())),
    "booleans": _dated(pa.array([True] * N)),
    "far_years": _dated(pa.array([2**40 + place for place in range(N)], pa.timestamp("s"))),
    "far_days": _dated(pa.array([2**30 + place for place in range(N)], pa.date32())),
    "null_ids": _with("contact_id", pa.nulls(N)),
    "huge_text": _with("contact_id", pa.array(["x" * 2_000_000] * N)),
    "control_signs": _with("contact_id", pa.array([f"C\0\n{place}" for place in range(N)])),
}
REFUSED = {
    "list": _dated(pa.array([[day] for day in DAYS])),
    "struct": _dated(pa.array([{"a": 1}] * N)),
    "map": _dated(pa.array([[("a", 1)]] * N, pa.map_(pa.string(), pa.int64()))),
    "binary": _dated(pa.array([b"\xff"] * N)),
    "duration": _dated(pa.array([dt.timedelta(1)] * N)),
    "time": _dated(pa.array([dt.time(1)] * N)),
    "same_name": pa.table([*PLAIN.values(), PLAIN["person_id"]], [*PLAIN, "contact_id"]),
    "no_rows": pa.table(PLAIN).slice(0, 0),
    "no_columns": pa.table({}),
    "column_missing": pa.table(PLAIN).drop_columns(["person_id"]),
    "capitals": pa.table(PLAIN).rename_columns([name.upper() for name in PLAIN]),
    "personal_numbers": _with("contact_id", pa.array([NUMBER] * N)),
    "numbers_as_numbers": _with("contact_id", pa.array([int(NUMBER)] * N)),
    "numbers_as_floats": _with("contact_id", pa.array([float(NUMBER)] * N)),
    "numbers_as_decimals": _with(
        "contact_id", pa.array([decimal.Decimal(NUMBER)] * N, pa.decimal128(20, 2))
    ),
    "numbers_in_dictionary": _with("contact_id", pa.array([NUMBER] * N).dictionary_encode()),
    "number_as_name": pa.table(PLAIN | {NUMBER: PLAIN["person_id"]}),
}


def _as_parquet(table: pa.Table) -> bytes:
    made = io.BytesIO()
    pq.write_table(table, made)
    return made.getvalue()


def _as_workbook(table: pa.Table) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(table.column_names)
    for row in table.to_pylist():
        sheet.append(list(row.values()))
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _judged(files: dict[str, bytes], folder: Path) -> tuple[dict[str, Judged], str]:
    paths = [folder / f"contact_2026_{name}" for name in files]
    for path, data in zip(paths, files.values(), strict=True):
        path.write_bytes(data)
    judged, told = check_by(STANDARD, paths)
    assert len(judged) == len(files)
    assert not VALUE.findall(told)
    assert not numbers_in(told)
    return dict(zip(files, judged, strict=True)), told


def _all(tables: dict[str, pa.Table], folder: Path) -> dict[str, Judged]:
    return _judged({f"{name}.parquet": _as_parquet(one) for name, one in tables.items()}, folder)[0]


def test_every_type_that_holds_the_values_is_taken(tmp_path) -> None:
    found = _all(KEPT, tmp_path)
    assert {name: (one.verdict, one.rows_loaded) for name, one in found.items()} == dict.fromkeys(
        found, ("accept", N)
    )


def test_values_of_another_type_are_set_aside_or_refused_and_never_guessed(tmp_path) -> None:
    found = _all(ASIDE | REFUSED, tmp_path)
    assert {name: (one.verdict, one.rows_loaded) for name, one in found.items()} == dict.fromkeys(
        found, ("reject_file", 0)
    )
    counted = {name: one.rows_in for name, one in found.items() if name.split(".")[0] in ASIDE}
    assert counted == dict.fromkeys(counted, N)


def _hurt(data: bytes, draw: random.Random) -> bytes:
    for _ in range(draw.choice((1, 2, 8, 40))):
        at = draw.randrange(len(data))
        more = draw.randbytes(draw.choice((0, 1, 1, 4)))
        data = data[:at] + more + data[at + draw.choice((len(more), len(more), 1, 50)) :] or b"P"
    return data


@pytest.mark.parametrize("made", [_as_parquet, _as_workbook], ids=["parquet", "xlsx"])
def test_hurt_bytes_end_in_a_verdict(made: Callable[[pa.Table], bytes], tmp_path) -> None:
    draw, whole = random.Random(20261101), made(pa.table(PLAIN))
    suffix = "parquet" if made is _as_parquet else "xlsx"
    files = {f"{place:03d}.{suffix}": _hurt(whole, draw) for place in range(80)}
    found, _ = _judged(files, tmp_path)
    assert {one.verdict for one in found.values()} <= {"accept", "quarantine", "reject_file"}
    loaded = [one for one in found.values() if one.verdict != "reject_file"]
    assert all(one.rows_in == one.rows_loaded + one.rows_quarantined for one in loaded)
    assert all(one.rows_in is not None and one.rows_in > 0 for one in loaded)
