"""The guard: form, real date and check digit."""

import time
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from equity_pipeline.deliveries.identity.guard import SHARE_IN_IDS as SHARE
from equity_pipeline.deliveries.identity.guard import (
    Guard,
    columns_with_personal_numbers,
    hits,
    holds_personal_number,
    judged,
    personal_numbers,
)
from equity_pipeline.deliveries.identity.personal_number import kind_of, kinds_of_digits
from equity_pipeline.deliveries.reading.find import withheld


@pytest.mark.parametrize(
    "text",
    [
        "191212121212",
        "19121212-1212",
        "121212-1212",
        "121212+1212",
        "1212121212",
        "121212 1212",
        "19121212 - 1212",
        "1912-12-12-1212",
        "pnr:19121212-1212, ring",
        "197010632391",
        "１９１２１２１２１２１２",
        "191212\u200b12\u20131212",
        "121212\u20111212",
        "see\t121212\u00a01212\tplease",
        "12345678901 191212121212",
        "19121212  1212",
        "1912-12-12 1212",
        "1912.12.12-1212",
        "12.12.12-1212",
        "1912/12/12-1212",
        "1912 12 12-1212",
        "19 12 12 12-1212",
        "12 12 12-1212",
        "19121212.1212",
        "pnr:19121212-1212.",
        "pnr191212121212x",
        "_191212121212_",
        "19121212-1212-1",
        "121272-1219",
        "19121272-1219",
        "191212121212.0",
        "1.91212121212e+11",
        "1,91212121212E+11",
        "1.212121212E9",
        "١٩١٢١٢١٢١٢١٢",
        "१९१२१२१२-१२१२",
        "191212\u00ad121212",
        "19121212\u20141212",
        "19121212\u22121212",
        "19121212\u00a01212",
        "1912\u202f12\u202f12-1212",
        "1\u200b9121212\u20601212",
        "\u202e191212121212\u202c",
        "\U0001d7cf\U0001d7d71212121212",
        "1912121212\u00b9\u00b2",
        "\u246b\u246b\u246b\u246b\u246b",
    ],
)
def test_every_written_form_of_a_personal_number_is_found(text: str) -> None:
    assert holds_personal_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "191212121213",
        "191213121212",
        "20240230-1234",
        "29872499824296",
        "0.1212121212",
        "SE2321000131-E000000000001",
        "2016-04-29T18:38:08Z",
        "2024-01-15",
        "08-123 456 78",
        "1191212121212",
        "1280C1010",
        "070-123 45 67",
        "+46701234567",
        "2024-01-15 12:30",
        "2024-01-15T12:12:12.121212",
        "2024-01-15T12:30:00+0100",
        "20240115T101112+0109",
        "2024-01-15 - 2024-02-15",
        "20240115-20240215",
        "2024/01/15-2024/02/15",
        "J44.9",
        "1212121212,50",
        "12 121 212,12",
        "556036-0793",
        "550e8400-e29b-41d4-a716-446655440000",
        "ab1212121212" * 3,
    ],
)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert not holds_personal_number(text)


def test_the_number_is_given_as_its_digits() -> None:
    assert list(personal_numbers("a 121212-1212 b 19701063-2391")) == [
        "1212121212",
        "197010632391",
    ]


def test_every_row_is_counted_and_not_only_distinct_values() -> None:
    values = pa.chunked_array([["121212-1212", "121212-1212", "x", None, "y"]])
    assert hits(values) == {"121212-1212": 2}


def test_full_width_digits_in_a_column_are_found() -> None:
    assert sum(hits(pa.chunked_array([["Åsa", "１２１２１２１２１２"]])).values()) == 1


def test_one_hit_is_enough_in_text_and_a_twentieth_is_allowed_among_codes() -> None:
    ids = ["1212121212"] + [f"{i:010d}" for i in range(19)]
    table = pa.table({"code": ids, "note": ids, "pnr": ["1212121212"] * 20})
    found = columns_with_personal_numbers(table, {"code": "code", "pnr": "identity"})
    assert found == ["note"]


def test_more_than_a_twentieth_refuses_a_code_column() -> None:
    ids = ["1212121212"] + [f"{i:010d}" for i in range(18)]
    assert columns_with_personal_numbers(pa.table({"code": ids}), {"code": "code"}) == ["code"]


def test_a_hit_that_is_not_of_the_declared_form_is_no_chance() -> None:
    ids = ["1212121212"] + [f"{i:032x}" for i in range(99)]
    table, roles = pa.table({"code": ids}), {"code": "pseudonym"}
    assert columns_with_personal_numbers(table, roles) == []
    assert columns_with_personal_numbers(table, roles, {"code": "[0-9a-f]{32}"}) == ["code"]
    assert columns_with_personal_numbers(table, roles, {"code": "[0-9a-f]{10,32}"}) == []


def test_a_number_that_is_spread_over_batches_of_a_code_column_is_judged_over_the_whole_file():
    guard = Guard({"code": "code"})
    guard.look(pa.table({"code": ["121212-1212", "121272-1219"]}))
    assert guard.found() == {"coordination_number:code": 1, "personal_number:code": 1}
    for start in range(0, 100, 10):
        guard.look(pa.record_batch({"code": [f"C{i}" for i in range(start, start + 10)]}))
    assert guard.found() == {}


def test_the_reason_tells_coordination_numbers_from_personal_numbers():
    guard = Guard({})
    guard.look(pa.table({"a": ["121212-1212", "x"], "b": ["121272-1219"] * 2, "c": ["x", "y"]}))
    assert guard.found() == {"personal_number:a": 1, "coordination_number:b": 2}


def test_ids_that_begin_with_a_day_are_no_personal_numbers_but_numbers_among_them_are_found():
    ids = [f"2024{1 + i % 9:02d}{10 + i % 18}{i % 10000:04d}" for i in range(3000)]
    roles = {"visit_id": "code"}
    among = ["19121212-1212"] * 200 + ids[:300]
    assert sum(hits(pa.chunked_array([ids])).values()) > SHARE * len(ids)
    assert columns_with_personal_numbers(pa.table({"visit_id": ids}), roles) == []
    assert columns_with_personal_numbers(pa.table({"visit_id": among}), roles) == ["visit_id"]
    assert columns_with_personal_numbers(pa.table({"note": ids}), roles) == ["note"]


def test_a_declared_format_of_date_and_time_is_no_number_but_by_chance():
    times = [f"202401{1 + i % 28:02d}{i % 24:02d}{i % 60:02d}" for i in range(2000)]
    for formats, expected in ((("%Y%m%d%H%M",), {}), ((), {"personal_number:at"})):
        guard = Guard({}, timestamps=formats)
        guard.look(pa.table({"at": times}))
        assert set(guard.found()) == set(expected)
    guard = Guard({}, timestamps=("%Y%m%d%H%M",))
    guard.look(pa.table({"at": [*times, "19121212-1212"]}))
    assert "personal_number:at" in guard.found()


@pytest.mark.parametrize(
    "values",
    [
        pa.array([191212121212, 5], pa.int64()),
        pa.array([191212121212.0, 0.5]),
        pa.array([191212121212.0, None]),
        pa.array(["191212121212", "x"]).dictionary_encode(),
        pa.array(["191212121212", "x"], pa.large_string()),
    ],
    ids=["whole", "float", "gaps", "dictionary", "large"],
)
def test_numbers_in_columns_of_any_type_are_found_before_and_after_they_are_text(values):
    assert columns_with_personal_numbers(pa.table({"n": values}), {}) == ["n"]
    held = BytesIO()
    pq.write_table(pa.table({"n": values}), held)
    text = pq.read_table(BytesIO(held.getvalue())).column("n")
    if not pa.types.is_dictionary(text.type):
        text = text.cast(pa.string())
    assert columns_with_personal_numbers(pa.table({"n": text}), {}) == ["n"]


def test_many_digits_at_once_are_judged_as_one_by_one():
    rng = np.random.default_rng(3)
    days = [20000229, 19000229, 18000229, 20240230, 19121212, 19121272, 18991231, 21000101]
    numbers = [day * 10**4 + int(last) for day in days for last in rng.integers(0, 10**4, 40)]
    numbers += [number % 10**10 for number in numbers] + rng.integers(10**9, 10**10, 3000).tolist()
    cells = [f"{number:010d}" if number < 10**10 else f"{number:012d}" for number in numbers]
    kinds = ("", "personal_number", "coordination_number", None)
    found = [kinds[one] for one in kinds_of_digits(np.array(numbers))]
    assert found == [kind_of(cell) for cell in cells]
    assert {*found} == {*kinds}


def test_cells_with_one_run_of_digits_are_judged_at_once_as_they_are_one_by_one():
    rng = np.random.default_rng(4)
    around = ["{}", "C{}", "{}x", " {}\t", "nr {}.", "A-{}/e", "ab{}cd", "0.{}", "{}.5", "1e{}"]
    around += [
        "é{}",
        "１{}",
        "{}\u00b2",
        "a" * 19 + "{}",
        "f" * 21 + "{}",
        "g" * 22 + "{}",
        "C{}\n",
    ]
    days = [191212121212, 191212721212, 1212121212, 1212721212, 101011234, 23199991231, 2002301234]
    runs = [f"{day + int(last):010d}" for day in days for last in rng.integers(0, 10**4, 20)]
    runs += [f"{day:010d}" for day in days]
    cells = sorted({form.format(run) for form in around for run in runs})
    told = {text: kind for text, _, kind in judged(pc.value_counts(pa.array(cells))) if text}
    alone = {cell: kind_of(cell) for cell in cells}
    assert {text: kind for text, kind in told.items() if kind} == {
        text: kind for text, kind in alone.items() if kind
    }
    of_form = sum(rows for _, rows, _ in judged(pc.value_counts(pa.array(cells))))
    assert of_form == sum(kind is not None for kind in alone.values())
    assert {*alone.values()} == {None, "", "personal_number", "coordination_number"}


def test_a_million_rows_of_ordinary_columns_cost_seconds_and_no_more():
    n = 200_000
    table = pa.table(
        {
            "visit_id": [f"2024010{1 + i % 9}{i:06d}"[:12] for i in range(n)],
            "contact_id": [f"C{1_010_000 + i:010d}" for i in range(n)],
            "day": [f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(n)],
            "note": [f"återbesök om {i % 997} dagar, hosta" for i in range(n)],
        }
    )
    guard, began = Guard({"visit_id": "code", "contact_id": "code"}), time.perf_counter()
    for batch in table.to_batches(65_536):
        guard.look(batch)
    assert guard.found() == {}
    assert time.perf_counter() - began < 10  # a bound on a machine at its worst; 0.1 s is usual


def test_the_name_in_place_of_a_withheld_one_is_no_hash_of_the_number():
    """All ten thousand million numbers are hashed in seconds; what is told must not change."""
    first, second = (withheld(f"seen_{one}.csv") for one in ("19121212-1212", "19811218-9876"))
    assert first == second != withheld("seen_19121212-1212.parquet")
