"""The gate refuses what is not as declared; what passes is read as text."""

import datetime as dt
import io
import re
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equity_pipeline.deliveries.layouts.layout import FileLayout
from equity_pipeline.deliveries.reading.formulas import has_formula_without_value
from equity_pipeline.deliveries.reading.read import ROW, parse
from equity_pipeline.deliveries.verdict import Refusal

LAYOUT = FileLayout.model_validate(
    {
        "pattern": "*",
        "entity": [{"entity": "telephony"}],
        "ignored": [{"name": "note", "reason": "not needed"}],
    }
)
HEADER = "unit_hsa_id;call_month;calls_incoming;calls_answered_same_day;note\n"
ROWS = "U1;2024-01-01;10;9;Åsa\nU2;2024-01-01;20;8;\n"


@dataclass(frozen=True)
class Whole:
    """All batches of a file, put together."""

    table: pa.Table
    ragged: tuple[tuple[int, tuple[str, ...]], ...]
    rows_in: int


def _parse(data: bytes, layout: FileLayout, name: str, block_bytes: int = 2**24) -> Whole:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "delivered"
        path.write_bytes(data)
        batches = list(parse(path, layout, name, block_bytes=block_bytes).batches())
    ragged = tuple(row for batch in batches for row in batch.ragged)
    table = pa.concat_tables(batch.table for batch in batches)
    return Whole(table, ragged, sum(batch.rows for batch in batches))


def _refused(data: bytes, name: str = "a.csv") -> dict[str, int]:
    with pytest.raises(Refusal) as caught:
        _parse(data, LAYOUT, name)
    return caught.value.reasons


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"),
        (b" \n\n", "empty_file"),
        ((HEADER + ROWS).encode("cp1252"), "encoding"),
        ((HEADER + ROWS).encode("utf-16"), "encoding"),
        ((HEADER + ROWS.replace("Åsa", "Ã…sa")).encode(), "mojibake"),
        ((HEADER + ROWS).encode() + b"\x00", "nul_byte"),
        (b"\x1f\x8b\x08" + HEADER.encode(), "not_csv"),
        (b"<!DOCTYPE html><html>", "not_csv"),
        ((HEADER + ROWS).replace(";", "\t").encode(), "header_unrecognised"),
        (ROWS.encode(), "header_unrecognised"),
        (("sep=;\n" + HEADER + ROWS).encode(), "header_unrecognised"),
        ((HEADER.replace("note", "call_month") + ROWS).encode(), "header_duplicate"),
        ((HEADER.replace("note", "comment") + ROWS).encode(), "column_undeclared:comment"),
        ((HEADER.replace("note", "19121212-1212") + ROWS).encode(), "column_undeclared:number 5"),
        ((HEADER.replace("call_month", "month") + ROWS).encode(), "column_missing:call_month"),
        ((HEADER + 'U1;2024-01-01;10;9;"open\n' + ROWS).encode(), "quote_unclosed"),
        ((HEADER + 'U1;2024-01-01;10;9;"a"b\n').encode(), "quote_malformed"),
    ],
)
def test_a_file_that_is_not_as_declared_is_refused(data: bytes, reason: str) -> None:
    assert reason in _refused(data)


def test_an_unknown_format_is_refused() -> None:
    assert "format_unknown" in _refused(b"x", "a.dat")


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    parsed = _parse(b"\xef\xbb\xbf" + (HEADER + ROWS).encode(), LAYOUT, "a.csv")
    assert parsed.table.column_names[0] == "unit_hsa_id"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_and_columns_in_another_order_change_nothing(end: str) -> None:
    text = (
        "note;calls_incoming;unit_hsa_id;calls_answered_same_day;call_month\n;1;U1;1;2024-01-01\n"
    )
    parsed = _parse(text.replace("\n", end).encode(), LAYOUT, "a.csv")
    assert parsed.table.select(["unit_hsa_id", "call_month"]).to_pylist() == [
        {"unit_hsa_id": "U1", "call_month": "2024-01-01"}
    ]


def test_ragged_rows_are_set_apart_with_their_place_in_the_file() -> None:
    parsed = _parse((HEADER + "U1;2024-01-01\n" + ROWS + "a;b;c;d;e;f\n").encode(), LAYOUT, "a.csv")
    assert [number for number, _ in parsed.ragged] == [1, 4]
    assert parsed.table.column(ROW).to_pylist() == [2, 3]
    assert parsed.rows_in == 4


def test_quotes_hold_delimiters_line_ends_and_quotes() -> None:
    parsed = _parse((HEADER + 'U1;2024-01-01;1;1;"a;""b""\nc"\n').encode(), LAYOUT, "a.csv")
    assert parsed.table.column("note").to_pylist() == ['a;"b"\nc']


def _parquet(columns: dict[str, object]) -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.table(columns), held)
    return held.getvalue()


TYPED = {
    "unit_hsa_id": pa.array(["U1", "U2"]).dictionary_encode(),
    "call_month": pa.array([dt.datetime(2024, 1, 1), None], pa.timestamp("ns")),
    "calls_incoming": pa.array([10.0, None]),
    "calls_answered_same_day": pa.array([9, 8], pa.int32()),
}


def test_parquet_becomes_the_text_that_a_csv_would_hold() -> None:
    parsed = _parse(_parquet(TYPED), LAYOUT, "a.parquet")
    assert parsed.table.drop_columns([ROW]).to_pylist() == [
        {
            "unit_hsa_id": "U1",
            "call_month": "2024-01-01",
            "calls_incoming": "10",
            "calls_answered_same_day": "9",
        },
        {
            "unit_hsa_id": "U2",
            "call_month": None,
            "calls_incoming": None,
            "calls_answered_same_day": "8",
        },
    ]


def test_a_timestamp_keeps_its_time_so_that_it_is_no_date() -> None:
    moment = pa.array([dt.datetime(2024, 1, 1, 22, 30)] * 2, pa.timestamp("us"))
    parsed = _parse(_parquet(TYPED | {"call_month": moment}), LAYOUT, "a.parquet")
    assert parsed.table.column("call_month")[0].as_py() == "2024-01-01T22:30:00"


def test_parquet_that_is_none_or_is_nested_is_refused() -> None:
    assert "not_parquet" in _refused(b"PAR1 and nothing more", "a.parquet")
    nested = TYPED | {"note": pa.array([["a"], ["b"]])}
    assert "column_type" in _refused(_parquet(nested), "a.parquet")


def test_a_workbook_becomes_the_text_that_a_csv_would_hold() -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADER.strip().split(";"))
    book.active.append(["U1", dt.datetime(2024, 1, 1), 10, 9.0, None])
    held = io.BytesIO()
    book.save(held)
    parsed = _parse(held.getvalue(), LAYOUT, "a.xlsx")
    assert list(parsed.table.to_pylist()[0].values()) == ["U1", "2024-01-01", "10", "9", "", 1]


def _sheet_with(cell: str) -> bytes:
    """Return a workbook whose last cell is written as it is given."""
    book = openpyxl.Workbook()
    book.active.append(HEADER.strip().split(";"))
    book.active.append(["U1", dt.datetime(2024, 1, 1), 10, 9, "=1+1"])
    held, made = io.BytesIO(), io.BytesIO()
    book.save(held)
    with zipfile.ZipFile(held) as given, zipfile.ZipFile(made, "w") as taken:
        for one in given.namelist():
            text = given.read(one)
            if one.endswith("sheet1.xml"):
                text, n = re.subn(rb'<c r="E2".*?</c>', cell.encode(), text)
                assert n == 1
            taken.writestr(one, text)
    return made.getvalue()


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="E2"><f>1+1</f><v></v></c>',
        '<c r="E2"><f>1+1</f><v /></c>',
        '<c r="E2" s="1"><f>1+1</f></c>',
        '<c r="E2"><f t="shared" si="0"/></c>',
        '<c r="E2"><f>IF(A2&lt;&gt;"",1,2)</f>\n</c>',
    ],
)
def test_a_formula_that_was_never_calculated_is_no_empty_cell(cell: str) -> None:
    assert _refused(_sheet_with(cell), "a.xlsx") == {"formula_without_value": 1}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="E2"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="E2" t="str"><f>""</f><v></v></c>', ""),
        ('<c r="E2"/>', ""),
        ('<c r="E2" t="str"><f>"a"</f><v>a</v></c>', "a"),
    ],
)
def test_a_formula_with_its_value_is_its_value(cell: str, text: str) -> None:
    parsed = _parse(_sheet_with(cell), LAYOUT, "a.xlsx")
    assert list(parsed.table.to_pylist()[0].values())[-2] == text


def test_a_formula_is_found_in_a_sheet_of_any_length() -> None:
    filled = b"".join(b'<c r="A%d"><v>1</v></c>' % n for n in range(100_000))
    bare, last = b'<c r="B1"><f>1+1</f></c>', b'<c r="B2"/>'
    for cut in range(0, len(bare), 3):
        sheet = filled[: 2**20 - cut] + b">" + bare + last
        assert has_formula_without_value(io.BytesIO(sheet))
    assert not has_formula_without_value(io.BytesIO(filled + last))


def test_a_workbook_that_is_none_is_refused() -> None:
    assert "not_xlsx" in _refused(b"PK\x03\x04 broken", "a.xlsx")
