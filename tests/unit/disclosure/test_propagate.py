"""A number that a hidden cell can be computed from is hidden with it, in every form."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest

from equity_pipeline.disclosure import propagate
from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.vocabulary import vocabulary

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
            "gap_direction": "widening", "n_periods": 2, "driver": "focus_worsens",
            "driver_label_sv": "a", "driver_label_en": "a", "levelling_down": False,
            "change_from_base": 0.01, "change_from_base_lower": 0.0}  # fmt: skip
    trend = StratifiedTable.of("trend", pa.Table.from_pylist([row | more for row in rows]))
    out = through(stratified(made, given, small=True, years=(2023, 2024)), trend=trend)
    data = out["trend"].data
    assert data["gap_harm"].to_pylist() == [0.05, None]
    assert data["slope_abs_per_year"].to_pylist() == [None, None]
    assert data["gap_direction"].to_pylist() == [None, None]
    told = ("driver", "driver_label_sv", "driver_label_en", "levelling_down", "change_from_base",
            "change_from_base_lower")  # fmt: skip
    assert {one for name in told for one in data[name].to_pylist()} == {None}
    kept = through(stratified(made, given, years=(2023, 2024)), trend=trend)["trend"].data
    assert kept["slope_abs_per_year"].to_pylist() == [0.01, 0.01]
    assert kept["driver"].to_pylist() == ["focus_worsens"] * 2
    assert kept["levelling_down"].to_pylist() == [False] * 2


HISTORY = {
    "auto_grade": "candidate_a", "auto_grade_label_sv": "a", "auto_grade_label_en": "a",
    "n_periods_established": 2, "importance_duration": 1, "importance_class": "large",
    "gap_then": 0.09, "gap_then_lower": 0.08, "gap_then_upper": 0.1, "gap_narrowing": 0.01,
    "gap_narrowing_lower": 0.0, "gap_narrowing_upper": 0.02, "follow_up": "not_settled",
    "follow_up_label_sv": "a", "follow_up_label_en": "a",
}  # fmt: skip


def decided(**more):
    row = gap_row("pre_secondary", year=2024) | {"case_id": "a", "version": 0, "grade": "A"}
    rows = [row | HISTORY | {"gap_harm": 0.05} | more]
    return StratifiedTable.of("decision_register", pa.Table.from_pylist(rows))


def with_hidden(made, given, year, *, months=12):
    """Return the cells of three years, in one of which few have a short education."""
    cells = []
    for start in (2022, 2023, 2024):
        end = date(start + 1, 1, 1) if months == 12 or start != year else date(start, 4, 1)
        period = (date(start, 1, 1), end)
        sizes = (12, 100, 200) if start == year else (120, 100, 200)
        cells.append(given("total", "all", sum(sizes), sum(sizes) // 2, period=period))
        cells += [given("education", level, n, n // 2, period=period)
                  for level, n in zip(LEVELS, sizes, strict=True)]  # fmt: skip
    return made(cells)


def test_a_case_tells_nothing_of_its_history_where_another_period_is_hidden(made, given):
    out = through(with_hidden(made, given, 2022), decision_register=decided())
    row = out["decision_register"].data.to_pylist()[0]
    assert {row[name] for name in HISTORY} == {None}
    assert (row["gap_harm"], row["value_status"], row["grade"]) == (0.05, "shown", "A")


def test_a_case_keeps_its_history_where_every_period_of_it_is_shown(made, given):
    for one in (with_hidden(made, given, None), with_hidden(made, given, 2022, months=3)):
        row = through(one, decision_register=decided())["decision_register"].data.to_pylist()[0]
        assert row | HISTORY == row  # a hidden quarter is no period of a case of years


def test_a_stratified_row_loses_what_rests_on_another_cell_that_is_hidden(made, given, monkeypatch):
    """T1 is held to the cells that its door names beside its own."""
    held = vocabulary()
    form = held.forms["stratified"]
    cell = {"dimension": "=education", "level": "=pre_secondary"}
    door = replace(form.door, also=((("value_need_a",), cell),))
    forms = held.forms | {"stratified": replace(form, door=door)}
    monkeypatch.setattr(propagate, "vocabulary", lambda: replace(held, forms=forms))
    for small, expected in ((True, None), (False, 0.5)):
        one = stratified(made, given, small=small)
        place = one.table.data.schema.get_field_index("value_need_a")
        values = pa.array([0.5] * one.table.data.num_rows)
        data = one.table.data.set_column(place, "value_need_a", values)
        one = one._replace(table=StratifiedTable("stratified", data))
        rows = through(one)["stratified"].data.to_pylist()
        [total] = [row for row in rows if (row["dimension"], row["level"]) == ("total", "all")]
        assert (total["value_crude"], total["value_need_a"]) == (0.5, expected)


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
             "readiness": "red", "n_source": n, "n_linked": n, "completeness": 1.0}
            for d, n in (("sex", 3), ("education", 5))]  # fmt: skip
    table = StratifiedTable.of("readiness", pa.Table.from_pylist(rows))
    data = through(stratified(made, given), readiness=table)["readiness"].data
    assert data["n_source"].to_pylist() == [5, None]
    assert data["completeness"].to_pylist() == [1.0, None]
    assert data["readiness"].to_pylist() == ["red", "red"]


def delivered(made, given, **numbers):
    """Return a row of T0 after the door."""
    row = {"indicator_id": "VT01", "dimension": "education", "source_file": "a",
           "value_status": "shown", "readiness": "green", "n_source": 2000, "n_linked": 2000,
           "linkage_rate": 1.0, "completeness": 0.5, "completeness_gap": 0.1}  # fmt: skip
    table = StratifiedTable.of("readiness", pa.Table.from_pylist([row | numbers]))
    return through(stratified(made, given), readiness=table)["readiness"].data.to_pylist()[0]


@pytest.mark.parametrize(
    ("lacking", "told"), [(0, 1.0), (1, None), (19, None), (20, 0.99), (1000, 0.5)]
)
def test_readiness_does_not_tell_of_how_few_persons_something_is_lacking(
    made, given, lacking, told
):
    row = delivered(made, given, completeness=1 - lacking / 2000)
    assert row["completeness"] == told
    assert (row["completeness_gap"] is None) == (told is None)
    assert (row["n_linked"], row["linkage_rate"], row["readiness"]) == (2000, 1.0, "green")


@pytest.mark.parametrize(("linked", "told"), [(1997, None), (1950, 0.98)])
def test_nor_how_few_rows_belong_to_nobody(made, given, linked, told):
    row = delivered(made, given, n_linked=linked, linkage_rate=linked / 2000)
    assert row["linkage_rate"] == told
    assert (row["n_linked"] is None) == (told is None)


def test_of_four_thousand_rows_a_share_is_told_in_tenths_of_a_per_cent(made, given):
    for n, told in ((3999, 0.88), (4000, 0.877)):
        row = delivered(made, given, n_source=n, n_linked=n, completeness=0.8766)
        assert row["completeness"] == told


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


# --- an attacker on the area description: units U1..U6, two groups, a share of each unit ---------

UNITS = {"U1": (200, 60), "U2": (200, 90), "U3": (200, 40), "U4": (12, 4), "U5": (200, 100),
         "U6": (15, 6)}  # fmt: skip
GROUPS = {"U1": "a", "U2": "a", "U3": "b", "U4": "b", "U5": "b", "U6": "c"}
AREAS = {"item_id": "AD_ALONE_65", "indicator_id": "AD_ALONE_65", "value_status": "shown"}


def described():
    """Return T9 of one item, with what units of a group have in common and each one's place."""
    share = {unit: with_it / n for unit, (n, with_it) in UNITS.items()}
    places = sorted(share, key=lambda unit: share[unit])
    rows = []
    for unit, (n, _) in UNITS.items():
        group = [UNITS[one] for one in UNITS if GROUPS[one] == GROUPS[unit]]
        rows.append(AREAS | {
            "unit_hsa_id": unit, "year": 2024, "period_start": date(2024, 1, 1),
            "period_end": date(2025, 1, 1), "peer_group_id": GROUPS[unit], "value": share[unit],
            "n": n, "value_region": sum(w for _, w in UNITS.values()) / 827,
            "value_peer_group": sum(w for _, w in group) / sum(n for n, _ in group),
            "percentile_in_region": 100 * (places.index(unit) + 0.5) / len(places),
        })  # fmt: skip
    return StratifiedTable.of("area_description", pa.Table.from_pylist(rows))


def shown_area():
    counts = [
        {"indicator_id": "AD_ALONE_65", "period_start": date(2024, 1, 1),
         "period_end": date(2025, 1, 1), "geography_code": unit, "dimension": "total",
         "level": "all", "strat2_level": "all", "n_persons": n, "n_persons_with": w,
         "n_persons_without": n - w}
        for unit, (n, w) in UNITS.items()
    ]  # fmt: skip
    out = disclose(
        {"area_description": described()}, PersonCounts.of(pa.Table.from_pylist(counts)),
        DisclosurePolicy(), kinds={"AD_ALONE_65": "proportion"},
    )  # fmt: skip
    return {row["unit_hsa_id"]: row for row in out.tables["area_description"].data.to_pylist()}


def test_beside_a_hidden_unit_the_others_of_its_group_are_shown():
    rows = shown_area()
    assert [unit for unit, row in rows.items() if row["value"] is None] == ["U4", "U6"]
    assert rows["U3"]["value"] == 0.2 and rows["U3"]["n"] == 200
    assert rows["U1"]["value_peer_group"] == 0.375  # nobody of this group is hidden


def test_no_hidden_unit_can_be_had_from_what_units_have_in_common_less_the_others():
    """Three of a group in common, two of them shown: the third would be 12 x what is left."""
    rows = shown_area()
    together = (200 + 12 + 200) * (40 + 4 + 100) / 412
    assert together - 40 - 100 == 4  # so much would be known
    for hidden in ("U4", "U6"):
        same = [row for unit, row in rows.items() if GROUPS[unit] == GROUPS[hidden]]
        assert {row["value_peer_group"] for row in same} == {None}


def test_no_hidden_unit_lies_in_a_gap_of_the_others_places():
    """U4 is the third of six: told of the others, its share would lie between 30 and 40 %."""
    assert {row["percentile_in_region"] for row in shown_area().values()} == {None}
