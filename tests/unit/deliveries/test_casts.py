"""Foreign text becomes our values, or the row says why it does not."""

import datetime as dt
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from equity_pipeline.deliveries.layouts.casts import judged_sql
from equity_pipeline.deliveries.layouts.layout import FileLayout
from equity_pipeline.deliveries.reading.read import ROW
from equity_pipeline.deliveries.stage import trimmed

DELIVERY_DAY = dt.date(2024, 6, 1)


def _judge(
    columns: dict[str, Any], rows: dict[str, list[str | None]], entity: str = "contact", **more: Any
) -> tuple[dict[str, Any], str | None]:
    """Return the typed columns and the reason of the first row."""
    declared = {"pattern": "*", "entity": [{"entity": entity, "columns": columns}]} | more
    layout = FileLayout.model_validate(declared)
    table = pa.table(
        {name: pa.array(values, pa.string()) for name, values in rows.items()} | {ROW: [1]}
    )
    with duckdb.connect() as connection:
        connection.register("text", trimmed(table))
        query = judged_sql(layout, list(rows), "csv", "text", delivery_day=DELIVERY_DAY)
        made = connection.sql(query).to_arrow_table().to_pylist()[0]
    values = {name.partition(".")[2]: value for name, value in made.items() if "." in name}
    return values, made["reason"]


GOOD = {"contact_id": ["C1"], "person_id": ["p1"], "contact_date": ["2024-03-05"]}


def _value(
    column: str, rule: dict[str, Any], rows: dict[str, list[str | None]], **more: Any
) -> Any:
    values, reason = _judge({column: rule}, GOOD | rows, **more)
    return values[column] if reason is None else reason


def test_a_same_named_column_is_taken_and_an_absent_one_is_empty() -> None:
    values, reason = _judge({}, GOOD)
    assert (values["contact_date"], values["missed"], reason) == (dt.date(2024, 3, 5), None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29", dt.date(2024, 2, 29)),
        (" 2024-02-29\u00a0", dt.date(2024, 2, 29)),
        ("2025-02-29", "date_invalid:target_date"),
        ("24-02-29", "date_format:target_date"),
        ("2024-2-9", "date_format:target_date"),
        ("45351", "date_format:target_date"),
        ("2024-02-29T00:00:00Z", "date_has_time:target_date"),
        ("2024-02-29 ", dt.date(2024, 2, 29)),
        ("", None),
        ("NULL", "date_format:target_date"),
    ],
)
def test_only_a_declared_date_is_a_date(text: str, expected: Any) -> None:
    assert _value("target_date", {}, {"target_date": [text]}) == expected


def test_only_what_is_declared_as_missing_is_missing() -> None:
    rows = {"area_code": ["None"]}
    assert _value("area_code", {}, rows) == "None"
    assert _value("area_code", {}, rows, missing=["", "None"]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("FALSE", False), ("1", "boolean_invalid:missed"), (None, None)],
)
def test_a_truth_value_is_true_or_false(text: str | None, expected: Any) -> None:
    assert _value("missed", {}, {"missed": [text]}) == expected


def test_a_value_outside_the_map_is_an_unknown_code() -> None:
    rule = {"from": "no", "map": {"Yes": "true"}}
    assert _value("missed", rule, {"no": ["Yes"]}) is True
    assert _value("missed", rule, {"no": ["Maybe"]}) == "code_unknown:no"


def test_a_code_outside_the_vocabulary_is_unknown() -> None:
    rows = {"person_id": ["p1"], "year": ["2024"], "sex": ["2"], "birth_year": ["1980"]}
    assert _judge({}, rows, "person")[1] == "code_unknown:sex"


AREA = {"area_code": ["A"], "area_kind": ["regso"], "vintage": ["v"], "year": ["2024"]}


@pytest.mark.parametrize(
    ("decimal", "text", "expected"),
    [
        (".", "0.5", 0.5),
        (",", "0,5", 0.5),
        (",", "0.5", "number_format:median_income_sek"),
        (".", "1,234.5", "number_format:median_income_sek"),
        (".", "inf", "number_format:median_income_sek"),
        (".", "NaN", "number_format:median_income_sek"),
        (".", "1e5", "number_format:median_income_sek"),
        (".", "-1", "out_of_range:median_income_sek"),
    ],
)
def test_a_number_is_written_with_the_declared_sign(decimal: str, text: str, expected: Any) -> None:
    rows = AREA | {"population": ["10"], "median_income_sek": [text]}
    columns = {"median_income_sek": {"min": 0}}
    values, reason = _judge(columns, rows, "area", decimal=decimal)
    assert (reason or values["median_income_sek"]) == expected


@pytest.mark.parametrize("text", ["45.5", "4 5", "1e2"])
def test_a_count_is_a_whole_number(text: str) -> None:
    assert _judge({}, AREA | {"population": [text]}, "area")[1] == "number_format:population"


def test_a_count_too_large_for_its_column_is_out_of_range() -> None:
    rows = AREA | {"population": ["9" * 20]}
    assert _judge({}, rows, "area")[1] == "out_of_range:population"


def test_an_empty_required_column_holds_the_row_back() -> None:
    assert _judge({}, GOOD | {"person_id": [" "]})[1] == "required_missing:person_id"


def test_a_pattern_is_held_against_the_whole_value() -> None:
    rule = {"pattern": "C[0-9]"}
    assert _value("contact_id", rule, {}) == "C1"
    assert _value("contact_id", rule, {"contact_id": ["C12"]}) == "pattern:contact_id"


def test_the_date_of_a_timestamp_depends_on_the_declared_zone() -> None:
    rows = {"at": ["2026-09-30T22:30:00Z"]}
    stamps = {"timestamps": ["%Y-%m-%dT%H:%M:%SZ"]}
    written = {"date_of": {"from": "at", "written_in": "UTC", "time_zone": "UTC"}}
    local = {"date_of": {"from": "at", "written_in": "UTC", "time_zone": "Europe/Stockholm"}}
    assert _value("target_date", written, rows, **stamps) == dt.date(2026, 9, 30)
    assert _value("target_date", local, rows, **stamps) == dt.date(2026, 10, 1)


def _derived(
    rule: dict[str, Any], rows: dict[str, list[str | None]], entity: str, column: str
) -> Any:
    base: dict[str, list[str | None]] = {
        "person_id": ["p1"],
        "year": ["2024"],
        "sex": ["female"],
        "birth_year": ["1980"],
    }
    values, reason = _judge({column: rule}, base | rows, entity)
    return reason or values[column]


@pytest.mark.parametrize(
    ("column", "rule", "rows", "expected"),
    [
        ("year", {"year_of": "at"}, {"at": ["2023-12-31"]}, 2023),
        ("year", {"year_of": "at"}, {"at": ["31/12/2023"]}, "date_format:at"),
        (
            "chronic_conditions",
            {"days_between": {"from": "a", "to": "b"}},
            {"a": ["2024-02-28"], "b": ["2024-03-01"]},
            2,
        ),
        (
            "birth_year",
            {"birth_year_from_age": {"age": "age", "at": "at"}},
            {"age": ["40"], "at": ["2024-01-01"]},
            1984,
        ),
        (
            "birth_year",
            {"birth_year_from_age": {"age": "age", "at": "at"}},
            {"age": ["40.5"], "at": ["2024-01-01"]},
            "number_format:age",
        ),
        ("chronic_conditions", {"count_positive": ["a", "b"]}, {"a": ["1"], "b": ["3"]}, 2),
        ("chronic_conditions", {"count_positive": ["a", "b"]}, {"a": ["1"], "b": [""]}, None),
        ("lives_alone", {"any_positive": ["a", "b"]}, {"a": ["0"], "b": ["2"]}, True),
        ("lives_alone", {"any_positive": ["a"]}, {"a": ["x"]}, "number_format:a"),
        ("lives_alone", {"negate": "a"}, {"a": ["true"]}, False),
        ("area_code", {"concat": ["a", "b"], "separator": "-"}, {"a": ["12"], "b": ["7"]}, "12-7"),
        ("area_code", {"constant": "all", "reason": "one area"}, {}, "all"),
        (
            "disability_proxy",
            {"any_positive": ["a"], "map": {"true": "disability", "false": "none"}},
            {"a": ["4"]},
            "disability",
        ),
    ],
)
def test_a_derived_value_is_made_of_its_columns(
    column: str, rule: dict[str, Any], rows: dict[str, list[str | None]], expected: Any
) -> None:
    assert _derived(rule, rows, "person", column) == expected


def test_a_row_rule_comes_before_any_reason_of_a_column() -> None:
    rule = [{"reason": "age_out_of_range", "from": "age", "min": 0, "max": 110}]
    rows = GOOD | {"age": ["111"], "target_date": ["x"]}
    assert _judge({}, rows, rule=rule)[1] == "age_out_of_range"
    assert _judge({}, rows | {"age": ["110"]}, rule=rule)[1] == "date_format:target_date"


def test_foreign_names_cannot_reach_the_database() -> None:
    name = 'a" from text; drop table text; --'
    assert _value("area_code", {"from": name}, {name: ["it's"]}) == "it's"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 234,5", 1234.5),
        ("1\u00a0234\u202f567", 1234567.0),
        ("12 34", "number_format:median_income_sek"),
        ("1 2345", "number_format:median_income_sek"),
        ("1.234,5", "number_format:median_income_sek"),
        ("1e308", "number_format:median_income_sek"),
        ("9" * 400, "out_of_range:median_income_sek"),
    ],
)
def test_thousands_are_set_apart_with_the_declared_signs_in_threes(
    text: str, expected: Any
) -> None:
    rows = AREA | {"population": ["10"], "median_income_sek": [text]}
    signs = [" ", "\u00a0", "\u202f"]
    values, reason = _judge({}, rows, "area", decimal=",", thousands=signs)
    assert (reason or values["median_income_sek"]) == expected


def test_without_declared_signs_no_thousands_are_set_apart() -> None:
    rows = AREA | {"population": ["1 000"]}
    assert _judge({}, rows, "area")[1] == "number_format:population"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2024-06-01", None),
        ("2024-06-02", "date_future:contact_date"),
        ("2000-01-01", None),
        ("1999-12-31", "date_before_earliest:contact_date"),
        ("0001-01-01", "date_before_earliest:contact_date"),
    ],
)
def test_a_date_lies_between_the_earliest_and_the_day_of_the_delivery(text, reason) -> None:
    rule = {"min": dt.date(2000, 1, 1), "max": "delivery_day"}
    assert _judge({"contact_date": rule}, GOOD | {"contact_date": [text]})[1] == reason


def test_a_fixed_last_day_is_no_day_of_delivery() -> None:
    rule = {"max": dt.date(2024, 1, 1)}
    assert _judge({"contact_date": rule}, GOOD)[1] == "date_after_latest:contact_date"


@pytest.mark.parametrize(("area", "reason"), [("1280A0010", None), ("0180A0010", "mismatch")])
def test_a_code_begins_with_another(area: str, reason: str | None) -> None:
    rule = [{"reason": "mismatch", "whole": "person.area_code", "begins_with": TOWN}]
    rows = PERSON | {"area_code": [area], "municipality_code": ["1280"]}
    assert _judge({}, rows, "person", rule=rule)[1] == reason


TOWN = "person.municipality_code"
PERSON = {"person_id": ["p1"], "year": ["2024"], "sex": ["female"], "birth_year": ["1980"]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Öron, näsa & hals <Berga>", None),
        ("x" * 120, None),
        ("x" * 121, "text_too_long:area_code"),
        ("a\u200bb", "control_character:area_code"),
        ("a\ufffdb", "replacement_char:area_code"),
        ("=1+1", "formula:area_code"),
        ("\t=1+1", "formula:area_code"),
        ("<script>", "markup:area_code"),
        ("{{ x }}", "markup:area_code"),
    ],
)
def test_a_free_text_of_any_layout_is_a_name_and_nothing_else(text, reason) -> None:
    assert _judge({}, GOOD | {"area_code": [text]})[1] == reason


def test_a_layout_can_let_any_text_or_a_longer_one_in() -> None:
    rows = GOOD | {"area_code": ["=" + "x" * 200]}
    assert _judge({"area_code": {"any_text": "shown nowhere"}}, rows)[1] is None
    longer = {"area_code": {"max_length": 300}}
    assert _judge(longer, GOOD | {"area_code": ["x" * 200]})[1] is None


def test_a_code_without_a_pattern_has_no_unseen_characters_but_any_sign() -> None:
    assert _judge({}, GOOD | {"unit_hsa_id": ["+a=="]})[1] is None
    hidden = _judge({}, GOOD | {"unit_hsa_id": ["SE\u200b1"]})[1]
    assert hidden == "control_character:unit_hsa_id"


def test_a_row_of_column_names_is_a_header_in_the_middle() -> None:
    assert _judge({}, {name: [name] for name in GOOD})[1] == "header_row"


def test_a_diagnosis_is_the_same_with_and_without_its_dot() -> None:
    rows = {"contact_id": ["C1"], "position": ["1"], "person_id": ["p1"], "icd10se": ["e11.9"]}
    rows |= {"diagnosis_date": ["2024-03-05"], "care_level": ["PV"]}
    rule = {"icd10se": {"transform": "icd10", "pattern": "[A-Z][0-9]{2}[0-9A-Z]{0,4}"}}
    values, reason = _judge(rule, rows, "diagnosis")
    assert (values["icd10se"], reason) == ("E119", None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("40", None),
        ("131", "out_of_range:age"),
        ("x", "number_format:age"),
        ("", "required_missing:age"),
    ],
)
def test_a_column_that_is_not_kept_can_be_judged(text: str, reason: str | None) -> None:
    age = {"name": "age", "type": "INTEGER", "max": 130, "required": True, "reason": "not kept"}
    values, found = _judge({}, GOOD | {"age": [text]}, checked=[age])
    assert found == reason
    assert "age" not in values


def test_a_month_is_its_first_day() -> None:
    rule = {"target_date": {"month_of": "contact_date"}}
    assert _judge(rule, GOOD)[0]["target_date"] == dt.date(2024, 3, 1)
