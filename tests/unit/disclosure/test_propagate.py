"""A number that a hidden cell can be computed from is hidden with it, in every form."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.tables.table import StratifiedTable

KINDS = {"VT01": "proportion"}
LEVELS = ("pre_secondary", "upper_secondary", "post_secondary")


def gap_row(focus, reference="post_secondary", dimension="education", year=2024):
    return {
        "indicator_id": "VT01",
        "period_start": date(year, 1, 1), "period_end": date(year + 1, 1, 1),
        "geography_code": "12", "dimension": dimension, "focus_level": focus,
        "reference_level": reference, "adjustment": "crude", "value_status": "shown",
    }  # fmt: skip


def gaps(*rows):
    numbers = {"focus_value": 0.5123, "reference_value": 0.6, "n_focus": 100, "n_reference": 900,
               "gap_abs": -0.0877, "gap_harm": 0.0877, "sii": 0.1, "rii": 1.2, "p_value": 0.01,
               "evidence_state": "uncertain", "test_family": "waiting"}  # fmt: skip
    return StratifiedTable.of("gap", pa.Table.from_pylist([row | numbers for row in rows]))


def stratified(made, given, *, small=False, years=(2024,)):
    cells = []
    for year in years:
        period = (date(year, 1, 1), date(year + 1, 1, 1))
        sizes = (12, 100, 200) if small and year == years[-1] else (120, 100, 200)
        cells.append(given("total", "all", sum(sizes), sum(sizes) // 2, period=period))
        cells += [given("education", level, n, n // 2, period=period)
                  for level, n in zip(LEVELS, sizes, strict=True)]  # fmt: skip
        cells += [given("sex", s, sum(sizes) // 2, sum(sizes) // 4, period=period)
                  for s in ("female", "male")]  # fmt: skip
    return made(cells)


def through(one, **tables):
    every = {"stratified": one.table, **tables}
    return disclose(every, one.counts, DisclosurePolicy(), kinds=KINDS).tables


def test_a_gap_of_a_hidden_level_is_empty_with_its_evidence(made, given):
    one = stratified(made, given, small=True)
    row = through(one, gap=gaps(gap_row("pre_secondary")))["gap"].data.to_pylist()[0]
    assert row["value_status"] == "suppressed" and row["test_family"] == "waiting"
    told = set(row) - {c for c in row if row[c] is None}
    assert not told & {"focus_value", "n_focus", "gap_abs", "gap_harm", "sii", "p_value",
                       "evidence_state"}  # fmt: skip


def test_a_shown_gap_loses_its_slope_index_when_any_level_is_hidden(made, given):
    cells = [given("total", "all", 520, 260)]
    cells += [given("income_quintile", level, n, n // 2) for level, n in
              (("q1", 150), ("q2", 10), ("q3", 60), ("q4", 100), ("q5", 200))]  # fmt: skip
    both = gaps(gap_row("q1", "q5", "income_quintile"))
    row = through(made(cells), gap=both)["gap"].data.to_pylist()[0]
    assert row["value_status"] == "shown" and row["gap_harm"] == 0.088
    assert (row["sii"], row["rii"]) == (None, None)
    whole = through(stratified(made, given), gap=gaps(gap_row("pre_secondary")))
    assert whole["gap"].data["sii"].to_pylist() == [0.1]


def test_a_gap_between_the_sexes_follows_the_cells_of_the_sexes(made, given):
    cells = [given("total", "all", 110, 55), given("sex", "female", 98, 49),
             given("sex", "male", 12, 6)]  # fmt: skip
    sexes = gaps(gap_row("female", "male", "sex"))
    assert through(made(cells), gap=sexes)["gap"].data["gap_abs"].to_pylist() == [None]
    assert through(stratified(made, given), gap=sexes)["gap"].data["gap_abs"].null_count == 0


def test_a_gap_of_a_level_that_was_never_judged_is_not_shown(made, given):
    row = gaps(gap_row("pre_secondary", dimension="area_class"))
    out = through(stratified(made, given), gap=row)
    assert out["gap"].data["value_status"].to_pylist() == ["suppressed"]


def test_a_trend_with_a_hidden_period_has_no_slope(made, given):
    rows = [gap_row("pre_secondary", year=year) for year in (2023, 2024)]
    more = {"gap_harm": 0.05, "level_all": 0.5, "slope_abs_per_year": 0.01,
            "gap_direction": "widening", "n_periods": 2}  # fmt: skip
    trend = StratifiedTable.of("trend", pa.Table.from_pylist([row | more for row in rows]))
    out = through(stratified(made, given, small=True, years=(2023, 2024)), trend=trend)
    data = out["trend"].data
    assert data["gap_harm"].to_pylist() == [0.05, None]
    assert data["slope_abs_per_year"].to_pylist() == [None, None]
    assert data["gap_direction"].to_pylist() == [None, None]
    kept = through(stratified(made, given, years=(2023, 2024)), trend=trend)["trend"].data
    assert kept["slope_abs_per_year"].to_pylist() == [0.01, 0.01]


def test_the_share_of_missing_is_hidden_where_its_level_is(made, given):
    cells = [given("total", "all", 306, 153), given("education", "missing", 6, 3),
             given("education", "pre_secondary", 100, 50),
             given("education", "post_secondary", 200, 100)]  # fmt: skip
    one = made(cells)
    share = pa.array([0.0196] * 4)
    place = one.table.data.schema.get_field_index("missing_share")
    data = one.table.data.set_column(place, "missing_share", share)
    one = one._replace(table=StratifiedTable("stratified", data))
    rows = through(one)["stratified"].data.to_pylist()
    assert {r["missing_share"] for r in rows if r["dimension"] == "education"} == {None}


def test_readiness_does_not_show_counts_of_one_to_four(made, given):
    rows = [{"indicator_id": "VT01", "dimension": d, "source_file": "a", "value_status": "shown",
             "readiness": "red", "n_source": n, "n_linked": n, "completeness": 0.5}
            for d, n in (("sex", 3), ("education", 5))]  # fmt: skip
    table = StratifiedTable.of("readiness", pa.Table.from_pylist(rows))
    data = through(stratified(made, given), readiness=table)["readiness"].data
    assert data["n_source"].to_pylist() == [5, None]
    assert data["completeness"].to_pylist() == [0.5, None]
    assert data["readiness"].to_pylist() == ["red", "red"]


def test_the_gap_within_a_unit_goes_where_one_of_its_groups_is_hidden_there(made, given):
    sizes = {"q1": 12, "q5": 100}
    cells = [given("total", "all", 400, 200), given("total", "all", 300, 150, place="U1")]
    cells += [given("income_quintile", q, n, n // 2, place="U1") for q, n in sizes.items()]
    row = {
        "indicator_id": "VT01", "period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1),
        "geography_level": "unit", "geography_code": "U1", "value_status": "shown",
        "n_denominator": 300, "value_crude": 0.5, "within_dimension": "income_quintile",
        "within_focus_level": "q1", "within_reference_level": "q5", "within_gap_harm": 0.1,
    }  # fmt: skip
    table = StratifiedTable.of("unit_variation", pa.Table.from_pylist([row]))
    told = through(made(cells), unit_variation=table)["unit_variation"].data.to_pylist()[0]
    assert (told["value_crude"], told["within_gap_harm"]) == (0.5, None)
    cells[2] = given("income_quintile", "q1", 120, 60, place="U1")
    told = through(made(cells), unit_variation=table)["unit_variation"].data.to_pylist()[0]
    assert (told["value_crude"], told["within_gap_harm"]) == (0.5, 0.1)
