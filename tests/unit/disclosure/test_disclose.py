"""What comes through the door, and what no one can take around it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import date
from itertools import pairwise

import pyarrow as pa
import pytest

from equity_pipeline.disclosure.disclose import DisclosedTable, Disclosure, disclose
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.errors import DisclosureStop
from equity_pipeline.tables.table import StratifiedTable

KINDS = {"VT01": "proportion"}
QUARTERS = [date(2024, month, 1) for month in (1, 4, 7, 10)] + [date(2025, 1, 1)]


def through(made, *, kinds=KINDS, policy=None, tier="extract", **more) -> Disclosure:
    tables = {"stratified": made.table, **more}
    return disclose(tables, made.counts, policy or DisclosurePolicy(), kinds=kinds, tier=tier)


def hidden(out: Disclosure) -> list[tuple[str, str]]:
    rows = out.tables["stratified"].data.to_pylist()
    return [(r["level"], r["strat2_level"]) for r in rows if r["value_status"] == "suppressed"]


def reasons_of(out: Disclosure) -> dict[str, str]:
    return {row["level"]: row["reason"] for row in out.hidden.to_pylist()}


def education(given, *numbers):
    levels = ("pre_secondary", "upper_secondary", "post_secondary", "missing")
    cells = [given("education", level, *pair) for level, pair in zip(levels, numbers, strict=False)]
    return [given("total", "all", *(sum(x) for x in zip(*numbers, strict=True))), *cells]


def test_no_one_but_the_door_makes_a_disclosed_table(made, given):
    table = made([given("total", "all", 100, 50)]).table
    with pytest.raises(DisclosureStop, match="around the disclosure door"):
        DisclosedTable("stratified", table.data, "extract", object())  # type: ignore[arg-type]
    shown = through(made([given("total", "all", 100, 50)])).tables["stratified"]
    with pytest.raises((DisclosureStop, ValueError, TypeError)):
        dataclasses.replace(shown, data=table.data)


def test_a_type_checker_refuses_a_writer_that_is_given_an_undisclosed_table(tmp_path):
    code = tmp_path / "around.py"
    code.write_text(
        "from pathlib import Path\n"
        "from equity_pipeline.extracts.parquet import write_parquet\n"
        "from equity_pipeline.tables.table import StratifiedTable\n"
        "from equity_pipeline.disclosure.disclose import DisclosedTable\n"
        "def leak(table: StratifiedTable) -> None:\n"
        "    write_parquet(table, Path('x'))\n"
        "    DisclosedTable(table.form, table.data, 'extract', None)\n"
    )
    # the types in question are ours: to read those of others takes ten times as long
    others = "numpy.*,pandas.*,scipy.*,pyarrow.*,pydantic.*,duckdb.*,openpyxl.*,xlsxwriter.*"
    config = tmp_path / "mypy.ini"
    config.write_text(
        "[mypy]\nstrict = true\nignore_missing_imports = true\nfollow_imports_for_stubs = true\n"
        f"[mypy-{others}]\nfollow_imports = skip\n"
    )
    command = [
        sys.executable, "-m", "mypy", "--config-file", str(config), "--cache-dir", str(tmp_path),
        str(code),
    ]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert 'Argument 1 to "write_parquet" has incompatible type "StratifiedTable"' in told
    assert 'Argument 4 to "DisclosedTable" has incompatible type "None"' in told


def test_a_hidden_row_stays_with_its_labels_and_without_any_number(made, given):
    out = through(made(education(given, (12, 6), (100, 50), (200, 90))))
    row = next(
        r for r in out.tables["stratified"].data.to_pylist() if r["level"] == "pre_secondary"
    )
    assert row["value_status"] == "suppressed" and row["dimension"] == "education"
    assert [row[c] for c in ("n_persons", "n_denominator", "n_numerator", "value_crude")] == [
        None
    ] * 4
    assert row["headline_adjustment"] == "need_a" and row["disclosure_tier"] == "extract"


def test_a_large_table_is_shown_whole(made, given):
    out = through(made(education(given, (120, 60), (100, 50), (200, 90))))
    assert hidden(out) == [] and (out.n_primary, out.n_secondary) == (0, 0)


def test_one_hidden_level_takes_the_smallest_other_with_it_and_never_the_total(made, given):
    sizes = {"0-17": 12, "18-44": 200, "45-64": 100}
    cells = [given("age_band", level, n, n // 2) for level, n in sizes.items()]
    out = through(made([given("total", "all", 312, 156), *cells]))
    assert hidden(out) == [("0-17", "all"), ("45-64", "all")]
    assert out.hidden["reason"].to_pylist() == ["small_denominator", "secondary"]


def test_a_level_of_the_declared_contrast_is_spared_where_another_can_protect(made, given):
    out = through(made(education(given, (12, 6), (200, 90), (100, 50))))
    assert hidden(out) == [("pre_secondary", "all"), ("upper_secondary", "all")]
    out = through(made(education(given, (120, 60), (12, 6), (100, 50))))
    assert hidden(out) == [("post_secondary", "all"), ("upper_secondary", "all")]
    out = through(made(education(given, (310, 60), (3_640, 900), (200, 50), (12, 6))))
    assert hidden(out) == [("missing", "all"), ("upper_secondary", "all")]  # however large


def test_a_small_level_of_a_place_takes_a_rectangle_with_it(made, given):
    sizes = {"q1": 12, "q2": 100, "q3": 110, "q4": 120, "q5": 130}
    cells = []
    for place, factor in (("U1", 1), ("U2", 3), ("U3", 4), ("12", 8)):
        n = {level: size * factor for level, size in sizes.items()}
        cells.append(given("total", "all", sum(n.values()), sum(n.values()) // 2, place=place))
        cells += [given("income_quintile", q, n[q], n[q] // 2, place=place) for q in sizes]
    one = made(cells)
    out = disclose({"stratified": one.table}, one.counts, DisclosurePolicy(),
                   kinds={"VT01": "proportion"}, nesting=NESTING)  # fmt: skip
    rows = out.tables["stratified"].data.to_pylist()
    told = {(r["geography_code"], r["level"]) for r in rows if r["value_status"] == "suppressed"}
    # a rectangle: each level and each place has two that are hidden, or none
    assert told == {(place, q) for place in ("U1", "U2") for q in ("q1", "q2")}


def test_missing_is_a_level_of_the_sum(made, given):
    out = through(made(education(given, (120, 60), (100, 50), (200, 90), (7, 3))))
    assert hidden(out) == [("missing", "all"), ("upper_secondary", "all")]


def test_hidden_levels_whose_sum_is_small_take_more_with_them(made, given):
    out = through(made(education(given, (5, 2), (100, 50), (200, 90), (6, 3))))
    assert hidden(out) == [("missing", "all"), ("pre_secondary", "all"), ("upper_secondary", "all")]


def test_those_outside_a_dimension_are_not_given_away_by_the_rest(made, given):
    cells = education(given, (120, 60), (100, 50), (200, 90))
    cells[0] = given("total", "all", 423, 201)
    assert hidden(through(made(cells))) == [("upper_secondary", "all")]


def test_a_small_sex_takes_the_other_and_the_same_sexes_elsewhere(made, given):
    cells = [given("total", "all", 400, 200)]
    cells += [given("sex", s, n, n // 2) for s, n in (("female", 210), ("male", 190))]
    for level, women, men in (
        ("pre_secondary", 12, 88),
        ("upper_secondary", 98, 52),
        ("post_secondary", 100, 50),
    ):
        cells.append(given("education", level, women + men, (women + men) // 2))
        cells.append(given("education", level, women, women // 2, sex="female"))
        cells.append(given("education", level, men, men // 2, sex="male"))
    assert hidden(through(made(cells))) == [
        ("pre_secondary", "female"),
        ("pre_secondary", "male"),
        ("upper_secondary", "female"),
        ("upper_secondary", "male"),
    ]


def test_a_small_quarter_takes_another_quarter_but_not_the_year(made, given):
    sizes = (12, 100, 90, 110)
    spans = list(pairwise(QUARTERS))
    cells = [given("total", "all", 312, 156)]
    cells += [
        given("total", "all", n, n // 2, period=span) for n, span in zip(sizes, spans, strict=True)
    ]
    out = through(made(cells))
    starts = out.hidden["period_start"].to_pylist()
    assert starts == [date(2024, 1, 1), date(2024, 7, 1)]
    assert out.hidden["period_end"].to_pylist() == [date(2024, 4, 1), date(2024, 10, 1)]


def test_zero_and_all_of_a_sensitive_dimension_are_hidden(made, given):
    levels = (("sweden", 300, 150), ("outside_europe", 60, 60), ("eu_efta", 50, 0))
    cells = [given("country_of_birth", level, *rest) for level, *rest in levels]
    out = through(made([given("total", "all", 410, 210), *cells]))
    reasons = reasons_of(out)
    assert reasons["outside_europe"] == reasons["eu_efta"] == "sensitive_extreme"


def test_a_share_of_nobody_or_of_everybody_is_hidden_in_every_dimension(made, given):
    """0 % and 100 % say of each person what they say of all; a region may decide otherwise."""
    levels = (("resource_weak", 300, 150), ("mixed", 60, 60), ("other", 50, 0))
    cells = [given("total", "all", 410, 210)]
    cells += [given("area_class", level, *rest) for level, *rest in levels]
    out = through(made(cells))
    assert reasons_of(out) == {"mixed": "sensitive_extreme", "other": "sensitive_extreme"}
    told = DisclosurePolicy(hide_extreme_shares=False)
    assert hidden(through(made(cells), policy=told)) == []


def test_nobody_with_an_event_is_told_outside_the_sensitive_dimensions(made, given):
    """A count of nobody is no share: it is hidden where the group is sensitive, and only there."""
    for dimension, why in (("area_class", {}), ("country_of_birth", "sensitive_extreme")):
        cells = [given("total", "all", 360, 150), given(dimension, "a", 300, 150),
                 given(dimension, "b", 60, 0)]  # fmt: skip
        reasons = reasons_of(through(made(cells), kinds={"VT01": "rate"}))
        assert (reasons.get("b") if why else reasons) == why


def test_a_cell_with_nobody_in_it_says_so(made, given):
    cells = [given("total", "all", 300, 150), given("area_class", "a", 300, 150),
             given("area_class", "b", 0, 0)]  # fmt: skip
    assert hidden(through(made(cells))) == []


def test_means_look_at_the_denominator_only_and_rates_not_at_those_without(made, given):
    cells = education(given, (120, 118), (100, 98), (200, 4))
    assert hidden(through(made(cells), kinds={"VT01": "mean"})) == []
    rate = through(made(cells), kinds={"VT01": "rate"})
    assert reasons_of(rate) == {
        "post_secondary": "small_count",
        "upper_secondary": "secondary",
    }


def test_calls_have_no_persons_and_the_result_says_so(made, given):
    out = through(made([given("total", "all", 3, 1)]), kinds={"VT01": "calls"})
    assert hidden(out) == [] and "telephone calls" in out.exempt["VT01"]


def test_a_cell_that_nobody_counted_stops_the_door(made, given):
    few = made([given("total", "all", 100, 50)])
    more = made([given("total", "all", 100, 50), given("sex", "female", 60, 30)])
    with pytest.raises(DisclosureStop, match="nobody counted"):
        disclose({"stratified": more.table}, few.counts, DisclosurePolicy(), kinds=KINDS)


def test_an_indicator_without_kind_stops_the_door(made, given):
    with pytest.raises(DisclosureStop, match="VT01 has no kind"):
        through(made([given("total", "all", 100, 50)]), kinds={})


def test_published_shares_have_three_decimals_below_4000_and_four_from_there(made, given):
    cells = [
        given("total", "all", 6000, 1234),
        given("sex", "male", 3999, 1000),
        given("sex", "female", 2001, 234),
    ]
    rows = through(made(cells)).tables["stratified"].data.to_pylist()
    assert {r["level"]: r["value_crude"] for r in rows} == {
        "all": 0.2057,
        "male": 0.25,
        "female": 0.117,
    }


def test_the_open_tier_rounds_counts_to_fives_and_shares_to_whole_per_cent(made, given):
    out = through(made([given("total", "all", 333, 101)]), tier="open")
    row = out.tables["stratified"].data.to_pylist()[0]
    assert (row["n_denominator"], row["n_numerator"], row["value_crude"]) == (335, 100, 0.3)
    assert row["disclosure_tier"] == "open"


def test_the_same_tables_are_hidden_the_same_way_twice(made, given):
    cells = education(given, (12, 6), (100, 50), (100, 40), (100, 30))
    first, second = through(made(cells)), through(made(cells[::-1]))
    assert first.hidden.equals(second.hidden)
    assert first.tables["stratified"].data.equals(second.tables["stratified"].data)


def test_undisclosed_values_are_not_touched(made, given):
    one = made(education(given, (12, 6), (100, 50), (200, 90)))
    before = one.table.data
    through(one)
    assert one.table.data.equals(before)
    assert isinstance(one.table, StratifiedTable) and isinstance(before, pa.Table)


NESTING = {"U1": ("unit", "12"), "U2": ("unit", "12"), "U3": ("unit", "12"),
           "1280": ("municipality", "12"), "1281": ("municipality", "12"),
           "1280R1": ("regso", "1280"), "1280R2": ("regso", "1280")}  # fmt: skip


def shown_places(one, nesting):
    out = disclose({"stratified": one.table}, one.counts, DisclosurePolicy(),
                   kinds={"VT01": "proportion"}, nesting=nesting)  # fmt: skip
    rows = out.tables["stratified"].data.to_pylist()
    return {row["geography_code"] for row in rows if row["value_status"] == "shown"}


def test_a_small_unit_is_not_computed_from_the_region_and_the_other_units(made, given):
    sizes = {"12": 300, "U1": 12, "U2": 100, "U3": 188}
    one = made([given("total", "all", n, n // 2, place=place) for place, n in sizes.items()])
    assert shown_places(one, NESTING) == {"12", "U3"}
    assert shown_places(one, {}) == {"12", "U2", "U3"}  # so it is the nesting that hides U2


def test_a_small_area_is_not_computed_from_its_municipality(made, given):
    sizes = {"12": 500, "1280": 300, "1281": 200, "1280R1": 12, "1280R2": 288}
    one = made([given("total", "all", n, n // 2, place=place) for place, n in sizes.items()])
    assert shown_places(one, NESTING) == {"12", "1280", "1281"}


def test_areas_of_a_municipality_that_is_not_told_of_are_held_against_the_region(made, given):
    sizes = {"12": 300, "1280R1": 12, "1280R2": 288}
    one = made([given("total", "all", n, n // 2, place=place) for place, n in sizes.items()])
    assert shown_places(one, NESTING) == {"12"}
