"""The guard: form, real date and check digit."""

import pyarrow as pa
import pytest

from equity_pipeline.deliveries.guard import (
    columns_with_personal_numbers,
    hits,
    holds_personal_number,
    personal_numbers,
)


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
