"""The same rows of every entity arrive alike as text, parquet, workbook, and packed."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equity_pipeline.deliveries.land import load
from equity_pipeline.deliveries.layouts.layout import read_layout
from equity_pipeline.settings import Settings
from equity_pipeline.vocabulary import vocabulary
from tests.good_rows import good_rows

ROOT = Path(__file__).parents[3]
STANDARD = ROOT / "configs" / "layouts" / "standard.toml"
AS_OF = date(2025, 1, 15)
N = 12
STEMS = {"individual_ses": "ses_2024", "listing": "listing_202501", "unit": "unit_202501"}
UNDATED = {"programme", "programme_activity", "success_factors", "report_calendar"}
TO_FOREIGN: dict[str, dict[str, Any]] = {
    "sex": {"female": "K", "male": "M"},
    "income_quintile": {"q1": 1, "q4": 4},
}
ARROW = {"DATE": pa.date32(), "BOOLEAN": pa.bool_(), "DOUBLE": pa.float64(), "BIGINT": pa.int64(),
         "SMALLINT": pa.int16(), "VARCHAR": pa.string()}  # fmt: skip
Rows = list[dict[str, Any]]

DELIVERED = sorted({one.entity for file in read_layout(STANDARD).files for one in file.entity})


def stem(entity: str) -> str:
    return STEMS.get(entity, entity if entity in UNDATED else f"{entity}_2024")


def delivered_rows(entity: str) -> Rows:
    """Rows as a region writes them; optional cells are empty in one row, one column in all."""
    rows = [_foreign(row) for row in good_rows(entity, N)]
    must = _must_be_filled(entity)
    optional = [name for name in rows[0] if name not in must]
    rows[0] |= dict.fromkeys(optional)
    for row in rows:
        row |= dict.fromkeys(optional[-1:])
    return rows


def _must_be_filled(entity: str) -> set[str]:
    layouts = [one for file in read_layout(STANDARD).files for one in file.entity]
    layout = next(one for one in layouts if one.entity == entity)
    named = {name for name, rule in layout.columns.items() if rule.required or rule.filled}
    return named | set(vocabulary().entities[entity].required)


def _foreign(row: dict[str, Any]) -> dict[str, Any]:
    told = {
        name: TO_FOREIGN[name][value] if name in TO_FOREIGN else value
        for name, value in row.items()
        if name != "person_key"
    }
    return ({"person_id": f"P{row['person_key']:05d}"} if "person_key" in row else {}) | told


def as_text(rows: Rows) -> bytes:
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=";", lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return made.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_parquet(rows: Rows) -> bytes:
    columns = {name: pa.array([row[name] for row in rows], _arrow(name, rows)) for name in rows[0]}
    made = io.BytesIO()
    pq.write_table(pa.table(columns), made)
    return made.getvalue()


def _arrow(name: str, rows: Rows) -> pa.DataType:
    if name == "income_quintile":
        return pa.int8()
    kind = vocabulary().column(name).type
    return ARROW["DOUBLE"] if kind.startswith("DECIMAL") else ARROW[kind]


def as_workbook(rows: Rows) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))  # dates become the workbook's own
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


FORMATS: dict[str, Callable[[Rows], bytes]] = {
    "csv": as_text,
    "parquet": as_parquet,
    "xlsx": as_workbook,
}


def packed(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


def landed(tmp_path: Path, entity: str, name: str, content: bytes) -> tuple[str, list[Any]]:
    """Return the verdict and the rows of ``raw``, without the books' columns, in any order."""
    folder = tmp_path / name.replace(".", "_") / "incoming"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content)
    deliveries = {
        "folder": folder,
        "layouts": [STANDARD],
        "owner": "the region",
        "purpose": "tests",
        "legal_basis": "none",
        "settle_seconds": 0,
    }
    settings = Settings.model_validate(
        {"run": {"home": folder.parent / "out"}, "deliveries": deliveries}
    )
    with duckdb.connect() as connection:
        report = load(settings, connection, as_of=AS_OF)
        columns = vocabulary().entities[entity].columns
        shown = ", ".join(f"who.{one}" if one == "person_id" else f"held.{one}" for one in columns)
        who = "left join raw.person_surrogate as who using (person_key)"
        join = who if "person_id" in columns else ""
        rows = connection.execute(f"select {shown} from raw.{entity} as held {join}").fetchall()
    (told,) = report.files
    return f"{told.verdict} {told.reasons}", sorted(rows, key=repr)


@pytest.mark.parametrize("entity", DELIVERED)
def test_every_format_gives_the_same_rows(tmp_path, entity):
    rows = delivered_rows(entity)
    name = stem(entity)
    files = {f"{name}.{suffix}": make(rows) for suffix, make in FORMATS.items()}
    files |= {
        f"{suffix}.zip": packed(f"{name}.{suffix}", files[f"{name}.{suffix}"]) for suffix in FORMATS
    }
    found = {one: landed(tmp_path, entity, one, content) for one, content in files.items()}
    verdict, expected = found[f"{name}.csv"]
    assert (verdict, len(expected)) == ("accept {}", N)
    assert {one: told == (verdict, expected) for one, told in found.items()} == dict.fromkeys(
        found, True
    )


def test_every_delivered_entity_has_a_file_in_the_standard_layout():
    of_open_sources = {
        "area_value",
        "area_interval",
        "area_series",
        "unit_value",
        "register_coverage",
    }
    assert set(DELIVERED) == set(vocabulary().entities) - of_open_sources


def test_of_a_contact_with_a_time_of_day_the_swedish_day_is_kept(tmp_path):
    head = "contact_id;person_id;contact_datetime\n"
    times = ("2024-03-31T23:59:59", "2024-10-27 02:30:00", "2024-02-29")  # the clocks change
    body = "".join(f"C{at};P{at};{moment}\n" for at, moment in enumerate(times))
    content = (head + body).encode()
    verdict, rows = landed(tmp_path, "contact", "contact_datetime_2024.csv", content)
    place = vocabulary().entities["contact"].columns.index("contact_date")
    assert verdict == "accept {}"
    assert [row[place] for row in rows] == [
        date(2024, 3, 31),
        date(2024, 10, 27),
        date(2024, 2, 29),
    ]


def test_education_by_sun_2020_may_stand_in_the_place_of_our_three_levels(tmp_path):
    head = b"person_id;year;sun2020_level1;low_economic_standard;income_quintile\n"
    content = head + b"P1;2023;4;true;2\n"
    verdict, rows = landed(tmp_path, "individual_ses", "ses_sun2020_2023.csv", content)
    held = dict(zip(vocabulary().entities["individual_ses"].columns, rows[0], strict=True))
    assert verdict == "accept {}"
    assert (held["sun2020_level1"], held["low_economic_standard"], held["education"]) == (
        "4", True, None,
    )  # fmt: skip
