"""A file passes the door in batches: what comes out does not depend on where it is cut."""

import datetime as dt
import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equity_pipeline.cli import console
from equity_pipeline.deliveries.land import load
from equity_pipeline.deliveries.layouts.layout import FileLayout
from equity_pipeline.deliveries.passage import Step
from equity_pipeline.deliveries.reading import archive, typed_files
from equity_pipeline.deliveries.reading.batch import ROW, trimmed
from equity_pipeline.deliveries.reading.find import Delivered
from equity_pipeline.deliveries.reading.read import parse
from equity_pipeline.deliveries.verdict import Refusal

HEADER = "contact_id;person_id;contact_date;first_contact_date;missed;note\n"
TODAY = dt.date(2025, 1, 15)
LAYOUT = FileLayout.model_validate(
    {
        "pattern": "*",
        "entity": [{"entity": "telephony"}],
        "ignored": [{"name": "note", "reason": "not needed"}],
    }
)
CALLS = "unit_hsa_id;call_month;calls_incoming;calls_answered_same_day;note\n"


def _row(i: int, note: str = "") -> str:
    return f"C{i};p{i % 40:03d};2024-03-05;2024-03-01;Nej;{note}"


def _awkward(ends: str = "\n") -> str:
    """Rows of every kind: quoted, ragged, blank, padded, doubled, with a wrong date."""
    rows = [_row(i) for i in range(400)]
    rows[7] = _row(7, '"a;""b""\nc"')
    rows[50] = "C50;p1"
    rows[51] = ""
    rows[90] = _row(90, "Åsa \u00a0")
    rows[120] = _row(119)
    rows[200] = "C200;p2;2024-02-28;2024-03-01;Nej;"
    rows[201] = " C201 ;\tp2;2024-03-05;;Ja;"
    rows[300] = _row(300, '"only ""quotes"""')
    rows[301] = "C301;p1;2024-13-05;;Nej;;;"
    rows[302] = _row(302, '5" screen')
    return (HEADER + "\n".join(rows) + "\n").replace("\n", ends)


def _all(delivery) -> list[list[tuple]]:
    tables = ("contact", "quarantine", "person_surrogate", "delivery")
    held = [delivery.rows(f"select * from raw.{name} order by all") for name in tables]
    (kept,) = delivery.settings.quarantine.iterdir()
    return [*held, pq.read_table(kept).to_pylist()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, list]:
    return {}


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("block", [1_000, 64_000, 16_000_000])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_blocks_and_threads_change_no_row(delivery, whole, ends, block, threads) -> None:
    delivery.values["block_bytes"] = block
    delivery.connection.execute(f"set threads = {threads}")
    delivery.connection.execute("set preserve_insertion_order = false")
    delivery.write("contact.csv", _awkward(ends))
    report = delivery.load()
    assert dict(report.reasons) == {"duplicate_row": 1, "ragged": 2, "wait_negative": 1}
    assert (report.rows_in, report.rows_loaded) == (399, 395)
    assert whole.setdefault(ends, _all(delivery)) == _all(delivery)


@pytest.mark.parametrize("block", [1_000, 16_000_000])
def test_row_numbers_are_those_of_the_file(delivery, block) -> None:
    delivery.values["block_bytes"] = block
    delivery.write("contact.csv", _awkward())
    delivery.load()
    places = dict(delivery.rows("select row_number, reason from raw.quarantine"))
    assert places == {
        51: "ragged",
        121: "duplicate_row",
        201: "wait_negative",
        302: "ragged",
    }
    found = delivery.rows("select row_number from raw.contact where contact_id = 'C201'")
    assert found == [(202,)]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_no_cut_anywhere_parts_a_quoted_field(tmp_path, ends) -> None:
    text = CALLS + 'U1;2024-01-01;1;1;"a;""b""\nc\n"\n"U;2";2024-01-01;1;1;x\nU3;2024-01-01;1;1;\n'
    path = tmp_path / "a.csv"
    path.write_bytes(text.replace("\n", ends).encode())
    whole = next(parse(path, LAYOUT, path.name).batches()).table.to_pylist()
    assert [row["unit_hsa_id"] for row in whole] == ["U1", "U;2", "U3"]
    for block in range(1, 60):
        batches = parse(path, LAYOUT, path.name, block_bytes=block).batches()
        assert [row for one in batches for row in one.table.to_pylist()] == whole


def test_a_quote_in_the_middle_of_a_field_is_a_sign_like_any_other(tmp_path) -> None:
    rows = [f'U{i};2024-01-01;1;1;5" screen\n' for i in range(50)]
    path = tmp_path / "a.csv"
    path.write_text(CALLS + "".join(rows), "utf-8")
    for block in (100, 1_000_000):
        batches = list(parse(path, LAYOUT, path.name, block_bytes=block).batches())
        notes = [note for one in batches for note in one.table.column("note").to_pylist()]
        assert notes == ['5" screen'] * 50


@pytest.mark.parametrize("block", [64, 1_000_000])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ((CALLS + "U1;2024-01-01;1;1;\n" * 9).replace("\n", "\r"), "header_unrecognised"),
        (CALLS + "U1;2024-01-01;1;1;\rU2;2024-01-01;1;1;\n", "line_ends"),
        (CALLS + "U1;2024-01-01;1;1;\n" * 99 + 'U1;2024-01-01;1;1;"open\n' * 3, "quote_malformed"),
        (CALLS + "U1;2024-01-01;1;1;\n" * 99 + 'U1;2024-01-01;1;1;"open\n', "quote_unclosed"),
        (CALLS + "U1;2024-01-01;1;1;" + "x" * 3_000_000 + "\n", "record_too_long"),
        (CALLS + 'U1;2024-01-01;1;1;"' + "x" * 3_000_000 + "\n", "quote_unclosed"),
    ],
    ids=["cr only", "lone cr", "open twice", "open", "long", "long and open"],
)
def test_what_would_become_one_giant_row_is_refused(tmp_path, text, reason, block) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    with pytest.raises(Refusal) as caught:
        list(parse(path, LAYOUT, path.name, block_bytes=block).batches())
    assert caught.value.reason in (reason, "line_ends")


@pytest.mark.parametrize("block", [*range(1, 9), 1_000_000])
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("Åsa".encode("cp1252"), "encoding"),
        ("Ã…sa".encode(), "mojibake"),
        ("Åsa".encode()[:1], "encoding"),
        (b"a\x00b", "nul_byte"),
    ],
)
def test_the_gate_sees_what_a_block_cuts_through(tmp_path, data, reason, block) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((CALLS + "U1;2024-01-01;10;9;").encode() + data)
    with pytest.raises(Refusal) as caught:
        parse(path, LAYOUT, path.name, block_bytes=block)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "start",
    [b"%PDF-1.7", b"\xd0\xcf\x11\xe0", b"PK\x05\x06", b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"],
)
def test_other_formats_under_the_name_of_text_are_refused(tmp_path, start) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(start + CALLS.encode())
    with pytest.raises(Refusal) as caught:
        parse(path, LAYOUT, path.name)
    assert caught.value.reason in ("not_csv", "encoding")


def test_a_header_without_rows_is_refused(delivery) -> None:
    delivery.write("contact.csv", HEADER + "\n\n")
    assert list(delivery.load().files[0].reasons) == ["no_rows"]


def test_blanks_are_taken_away_only_where_there_are_some() -> None:
    for text in (" x", "x\t", "\u00a0x", "x\u2003", "\u3000x"):
        alone = pa.table({"a": ["y", text], ROW: [1, 2]})
        assert trimmed(alone).column("a").to_pylist() == ["y", "x"]
    texts = ["x", " x\u00a0", "x\u2003", "a b", "", None]
    table = pa.table({"a": texts, "b": ["y"] * 6, ROW: list(range(6))})
    made = trimmed(table.slice(1))
    assert made.column("a").to_pylist() == ["x", "x", "a b", "", None]
    assert made.column("b") == table.slice(1).column("b")


def test_a_personal_number_late_in_a_file_refuses_all_that_went_before(delivery) -> None:
    delivery.values["block_bytes"] = 1_000
    rows = "".join(_row(i) + "\n" for i in range(300))
    delivery.write("contact.csv", HEADER + rows + _row(900, "19121212-1212") + "\n")
    (file,) = delivery.load().files
    assert (file.rows_refused, "personal_number:note" in file.reasons) == (301, True)
    for table in ("contact", "person_surrogate", "quarantine"):
        assert delivery.rows(f"select count(*) from raw.{table}") == [(0,)]


def test_nothing_is_left_in_the_staging_folder_and_leftovers_go(delivery) -> None:
    staging = delivery.settings.internal / "staging"
    staging.mkdir(parents=True)
    (staging / "left").write_text("of a run that was cut off")
    with zipfile.ZipFile(delivery.folder / "sent.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("contact_a.csv", HEADER + _row(1) + "\n")
        packed.writestr("contact_b.csv", HEADER + _row(2) + "\n")
    assert [file.verdict for file in delivery.load().files] == ["accept", "accept"]
    assert list(staging.iterdir()) == []
    assert staging.stat().st_mode & 0o777 == 0o700


def test_an_archive_that_lies_about_a_size_is_refused(delivery) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("contact.csv", HEADER + "".join(_row(i) + "\n" for i in range(200)))
    size = len(HEADER + "".join(_row(i) + "\n" for i in range(200)))
    lying = held.getvalue().replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != held.getvalue()
    delivery.write("sent.zip", lying)
    assert next(iter(delivery.load().files[0].reasons)).startswith("archive_")
    assert delivery.rows("select count(*) from raw.contact") == [(0,)]


@pytest.mark.parametrize("name", ["inner.zip", "contact.csv.gz", "all.tar"])
def test_an_archive_in_an_archive_is_not_opened(delivery, name) -> None:
    with zipfile.ZipFile(delivery.folder / "sent.zip", "w") as packed:
        packed.writestr(name, b"anything")
    assert list(delivery.load().files[0].reasons) == ["archive_nested"]


def test_an_archive_of_very_many_files_is_refused(delivery, monkeypatch) -> None:
    monkeypatch.setattr(archive, "MOST_ENTRIES", 3)
    with zipfile.ZipFile(delivery.folder / "sent.zip", "w") as packed:
        for i in range(4):
            packed.writestr(f"contact_{i}.csv", HEADER)
    assert list(delivery.load().files[0].reasons) == ["archive_ratio"]


def test_a_list_of_files_too_long_for_memory_is_not_read(delivery, monkeypatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_LIST", 50)
    with zipfile.ZipFile(delivery.folder / "sent.zip", "w") as packed:
        packed.writestr("contact.csv", HEADER + _row(1))
    assert list(delivery.load().files[0].reasons) == ["archive_ratio"]


def test_a_file_that_is_still_written_waits_or_is_refused(delivery) -> None:
    delivery.values["settle_seconds"] = 0.3
    path = delivery.folder / "contact.csv"
    slow = (
        "import sys, time\n"
        f"held = open({str(path)!r}, 'w')\n"
        f"held.write({HEADER!r})\n"
        "for i in range(int(sys.argv[1])):\n"
        "    held.write(f'C{i};p1;2024-03-05;2024-03-01;Nej;\\n'); held.flush(); time.sleep(0.1)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", slow, "60"])
    while not path.exists() or not path.stat().st_size:
        time.sleep(0.01)
    first = delivery.load()
    assert list(first.files[0].reasons) == ["still_written"]
    writer.wait()
    again = delivery.load()
    assert (again.files[0].verdict, again.rows_loaded) == ("accept", 60)


def test_a_file_larger_than_the_settings_allow_is_not_opened(delivery) -> None:
    delivery.values["largest_file_bytes"] = 10
    delivery.contacts(3)
    assert list(delivery.load().files[0].reasons) == ["too_large"]


def test_a_file_that_another_process_changes_while_it_is_read_is_refused(
    delivery, monkeypatch
) -> None:
    path = delivery.contacts(3)
    checked = Delivered.check_rows
    change = (
        "import sys, pathlib; file = pathlib.Path(sys.argv[1]); "
        "file.write_text(file.read_text().replace('C1;', 'C9;'))"
    )

    def written_meanwhile(file: Delivered, rows: int) -> None:
        subprocess.run([sys.executable, "-c", change, str(path)], check=True)
        checked(file, rows)

    monkeypatch.setattr(Delivered, "check_rows", written_meanwhile)
    assert list(delivery.load().files[0].reasons) == ["changed_while_read"]
    assert delivery.rows("select count(*) from raw.contact") == [(0,)]


def test_the_books_tell_the_month_that_a_file_is_for(delivery) -> None:
    delivery.contacts(2, name="pas/202402/contact_a.csv")
    delivery.contacts(2, name="pas/spring/contact_b.csv")
    delivery.write("named/contact_c.csv", HEADER + _row(900) + "\n")
    held = {"files": [{"name": "contact_c.csv"}], "period": "202403"}
    delivery.write("named/manifest.json", json.dumps(held))
    delivery.load()
    found = delivery.rows("select file_name, period from raw.delivery where rows_loaded > 0")
    assert dict(found)["pas/202402/contact_a.csv"] == "202402"
    assert dict(found)["named/contact_c.csv"] == "202403"
    assert set(dict(found).values()) <= {"202402", "202403", None}


def test_parquet_is_read_group_by_group_with_its_rows_numbered(tmp_path) -> None:
    rows = 1_000
    columns = {
        "unit_hsa_id": [f"U{i}" for i in range(rows)],
        "call_month": pa.array([dt.datetime(2024, 1, 1)] * rows, pa.timestamp("us")),
        "calls_incoming": [float(i) if i % 3 else None for i in range(rows)],
        "calls_answered_same_day": list(range(rows)),
    }
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=170)
    batches = list(parse(path, LAYOUT, path.name, block_bytes=16_000).batches())
    table = pa.concat_tables(one.table for one in batches)
    assert len(batches) >= 10
    assert table.column(ROW).to_pylist() == list(range(1, rows + 1))
    assert table.column("calls_incoming").to_pylist()[:3] == [None, "1", "2"]
    assert set(table.column("call_month").to_pylist()) == {"2024-01-01"}


def test_a_moment_anywhere_in_a_column_makes_none_of_it_days(tmp_path) -> None:
    moments = [dt.datetime(2024, 1, 1)] * 500 + [dt.datetime(2024, 1, 1, 22, 30)]
    table = {
        "unit_hsa_id": ["U1"] * 501,
        "call_month": pa.array(moments, pa.timestamp("us")),
        "calls_incoming": [1] * 501,
        "calls_answered_same_day": [1] * 501,
    }
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(table), path)
    first = next(iter(parse(path, LAYOUT, path.name, block_bytes=160).batches()))
    assert first.table.column("call_month").to_pylist() == ["2024-01-01T00:00:00"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (pa.array([197010632391.0]), "197010632391"),
        (pa.array([1e17]), "1e+17"),
        (pa.array([0.1], pa.float32()), "0.1"),
        (
            pa.array([dt.datetime(2024, 1, 1, 23)], pa.timestamp("us", "UTC")),
            "2024-01-01T23:00:00Z",
        ),
        (
            pa.array([dt.datetime(2024, 1, 1, 23)], pa.timestamp("us", "Europe/Stockholm")),
            "2024-01-02T00:00:00+0100",
        ),
    ],
)
def test_no_number_or_moment_of_parquet_is_guessed(tmp_path, value, text) -> None:
    columns = {"unit_hsa_id": value, "call_month": ["2024-01-01"], "calls_incoming": [1]}
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns | {"calls_answered_same_day": [1]}), path)
    (batch,) = parse(path, LAYOUT, path.name).batches()
    assert batch.table.column("unit_hsa_id").to_pylist() == [text]


def test_parquet_of_few_bytes_and_very_many_rows_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(typed_files, "MOST_ROWS_PER_BYTE", 10)
    many = {name: pa.array(["x"] * 300_000) for name in CALLS.split(";")[:4]}
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(many), path)
    with pytest.raises(Refusal, match="too_large"):
        parse(path, LAYOUT, path.name)


def _workbook(path: Path, *rows: list) -> None:
    book = openpyxl.Workbook()
    book.active.append(CALLS.strip().split(";"))
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_rows_of_a_workbook_keep_their_place_and_their_width(tmp_path) -> None:
    path = tmp_path / "a.xlsx"
    day = dt.datetime(2024, 1, 1)
    _workbook(path, ["U1", day, 1, 1], [], ["U2", day, 1e17, 1, "x", "more"], ["U3", day, 2.5, 1])
    batches = list(parse(path, LAYOUT, path.name, block_bytes=160).batches())
    table = pa.concat_tables(one.table for one in batches)
    assert table.select(["unit_hsa_id", "calls_incoming", ROW]).to_pylist() == [
        {"unit_hsa_id": "U1", "calls_incoming": "1", ROW: 1},
        {"unit_hsa_id": "U3", "calls_incoming": "2.5", ROW: 4},
    ]
    assert [number for one in batches for number, _ in one.ragged] == [3]


def test_a_bar_stands_beside_what_knows_its_share(monkeypatch) -> None:
    shown = io.StringIO()
    watched = console.Console(file=shown, force_terminal=True, width=120)
    monkeypatch.setattr(console, "err", watched)
    with console.working("night") as detail:
        detail(Step.of("contact.csv", 1_200_000, 0.25))
        watched.print(console._shown("night", Step.of("contact.csv", 1_200_000, 0.25)))
    assert "contact.csv: 1 200 000 rows, 25 %" in shown.getvalue()
    assert "━" in shown.getvalue()


def test_progress_tells_file_rows_and_share(delivery, monkeypatch) -> None:
    monkeypatch.setattr("equity_pipeline.deliveries.passage.TOLD_EVERY", -1)
    delivery.values["block_bytes"] = 1_000
    delivery.contacts(200)
    told: list[str] = []
    load(delivery.settings, delivery.connection, as_of=TODAY, progress=told.append)
    shares = [one.share for one in told if isinstance(one, Step)]
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert told[-1] == "contact.csv: accept, 200 rows"


HOSTILE = """
import sys
from datetime import date
from pathlib import Path
import duckdb
from equity_pipeline.deliveries.land import load
from equity_pipeline.settings import Settings
root = Path(sys.argv[1])
held = {"folder": root / "incoming", "layouts": [root / "small.toml"]}
held |= {"owner": "the region", "purpose": "tests", "legal_basis": "none"}
settings = Settings.model_validate({"run": {"home": root / "out"}, "deliveries": held})
with duckdb.connect() as connection:
    report = load(settings, connection, as_of=date(2025, 1, 15))
print([next(iter(file.reasons)) for file in report.files])
held = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(held["VmHWM"].split()[0]) // 1000)  # not ru_maxrss, which begins with the parent's
"""


def _in_its_own_process(delivery) -> tuple[str, int]:
    assert delivery.settings
    words = [sys.executable, "-c", HOSTILE, str(delivery.root)]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
    return told[-2], int(told[-1])


def _many(path: Path, start: str, line: str, megabytes: int = 250) -> None:
    with path.open("w") as held:
        held.write(start)
        for _ in range(megabytes):
            held.write(line * (1_000_000 // len(line)))


@pytest.mark.long
@pytest.mark.parametrize(
    ("start", "line", "reason"),
    [
        (HEADER, "x", "record_too_long"),
        (HEADER + 'C1;p1;2024-03-05;;Nej;"open\n', "C2;p2;2024-03-05;;Nej;\n", "quote_unclosed"),
        ("", "x;", "header_unrecognised"),
        (HEADER, "C1;p1;2024-03-05\n", "quarantine_share"),
    ],
    ids=["one line", "open quote", "no header", "all ragged"],
)
def test_hostile_files_fit_in_half_a_gigabyte(delivery, start, line, reason) -> None:
    size = 20 if reason == "quarantine_share" else 250
    _many(delivery.folder / "contact.csv", start, line, size)
    reasons, peak = _in_its_own_process(delivery)
    assert reason in reasons or "record_too_long" in reasons
    assert peak < 500
