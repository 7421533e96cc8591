"""Each tier has what the vocabulary says; a unit alone sees what is its own."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.policy import DisclosurePolicy
from equity_pipeline.disclosure.units import NamedUnits
from equity_pipeline.tables.table import PersonCounts, StratifiedTable

YEAR = {"period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1)}
UNITS = ("a", "b", "c", "d")
NESTING = dict.fromkeys(UNITS, ("unit", "12"))
KINDS = {"VT01": "proportion", "BR14": "rate", "KO01": "amount"}


def made(form, numbers, *, places=UNITS):
    """Return a form with a row for each place and indicator, and the persons of its cells."""
    keys = [
        YEAR
        | {"indicator_id": one, "geography_code": place, "dimension": "total", "level": "all"}
        | {"strat2_level": "all", "strat2_dimension": "total", "value_status": "shown"}
        | {"geography_level": "unit" if place in UNITS else "region"}
        for one in KINDS
        for place in places
    ]
    counts = {"n_persons": 103, "n_persons_with": 52, "n_persons_without": 51}
    tops = {"top_1": 0.1, "top_2": 0.1, "top_unit_1": 0.3, "top_unit_2": 0.2}
    rows = pa.Table.from_pylist([key | numbers for key in keys])
    counted = pa.Table.from_pylist([key | counts | tops for key in keys])
    return {form: StratifiedTable.of(form, rows)}, PersonCounts.of(counted)


def through(form, numbers, *, places=UNITS, **how):
    tables, counts = made(form, numbers, places=places)
    how = {"nesting": NESTING, "kinds": KINDS} | how
    return disclose(tables, counts, DisclosurePolicy(), **how)


def told(table, column):
    rows = table.data.to_pylist()
    return {(one["indicator_id"], one["geography_code"]): one[column] for one in rows}


T1 = {
    "n_persons": 103, "n_denominator": 103, "n_numerator": 52, "value_crude": 0.504854,
    "value_crude_lower": 0.41, "value_crude_upper": 0.6, "value_std": 0.51, "missing_share": 0.1,
    "ci_method": "cluster", "headline_adjustment": "need_a",
}  # fmt: skip


def test_the_open_tier_reckons_shares_from_rounded_counts():
    open_tier = through("stratified", T1, tier="open", places=("12",)).tables["stratified"]
    row = open_tier.data.to_pylist()[2]
    assert (row["indicator_id"], row["n_denominator"], row["n_numerator"]) == ("VT01", 105, 50)
    # 50 of 105, and Wilson's interval of them; 52 of 103 is 0.50
    shares = [row[f"value_crude{end}"] for end in ("", "_lower", "_upper")]
    assert shares == [0.48, 0.38, 0.57]
    assert (row["ci_method"], row["disclosure_tier"]) == ("wilson", "open")


def test_what_is_no_share_of_counts_is_not_in_the_open_tier():
    open_tier = through("stratified", T1, tier="open", places=("12",)).tables["stratified"]
    for row in open_tier.data.to_pylist():
        assert row["value_std"] is None
        assert row["missing_share"] is None
        assert (row["value_crude"] is None) == (row["indicator_id"] != "VT01")


def test_forms_that_rest_on_more_than_counts_are_not_in_the_open_tier():
    assert set(through("unit_variation", T4, tier="open").tables) == set()


def test_the_open_tier_shows_nothing_of_what_is_hidden():
    few = T1 | {"n_denominator": 12, "n_numerator": 6}
    tables, counts = made("stratified", few, places=("12",))
    few_persons = counts.data.set_column(7, "n_persons", pa.array([12, 12, 12], pa.int64()))
    out = disclose(tables, PersonCounts(few_persons), DisclosurePolicy(), tier="open", kinds=KINDS)
    rows = out.tables["stratified"].data.to_pylist()
    assert {row["n_denominator"] for row in rows} == {row["value_crude"] for row in rows} == {None}


T4 = {"n_denominator": 103, "n_numerator": 52, "value_crude": 0.5, "listed_n": 900}
NAMED = NamedUnits(frozenset({"KO01", "BR14"}), frozenset({"d"}))


def test_costs_prescribing_and_units_with_one_physician_are_not_in_the_common_extract():
    out = through("unit_variation", T4, named=NAMED)
    assert set(told(out.tables["unit_variation"], "value_crude")) == {
        ("VT01", "a"), ("VT01", "b"), ("VT01", "c"),
    }  # fmt: skip
    reasons = set(out.hidden["reason"].to_pylist())
    assert "named_unit" in reasons


def test_a_unit_sees_its_own_costs_and_nothing_of_the_others():
    costs = NamedUnits(NAMED.indicators)
    own = through("unit_variation", T4, named=costs).of_unit("a")["unit_variation"]
    assert told(own, "value_crude") == {
        ("VT01", "a"): 0.5, ("BR14", "a"): 0.5, ("KO01", "a"): 0.5,
    }  # fmt: skip
    assert set(own.data["disclosure_tier"].to_pylist()) == {"unit"}


@pytest.mark.parametrize(("units", "seen"), [(("a", "b"), None), (("a", "b", "c"), 0.5)])
def test_a_unit_sees_its_own_only_where_two_others_stay_hidden(units, seen):
    out = through("unit_variation", T4, named=NAMED, places=units)
    assert told(out.of_unit("a")["unit_variation"], "value_crude")["KO01", "a"] == seen


def test_a_region_is_told_what_no_unit_is():
    out = through("stratified", T1, places=("12",), named=NAMED)
    assert told(out.tables["stratified"], "value_crude")["KO01", "12"] is not None


def test_a_total_does_not_tell_of_the_one_unit_that_is_hidden():
    """The one-physician unit is hidden for everybody, so another is hidden to protect it."""
    out = through(
        "unit_variation", T4, named=NamedUnits(units=frozenset({"d"})), places=("12", *UNITS)
    )
    hidden = {(one["indicator_id"], one["geography_code"]) for one in out.hidden.to_pylist()}
    assert all(len({place for id_, place in hidden if id_ == one}) >= 2 for one in KINDS)
