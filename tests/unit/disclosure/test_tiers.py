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


def test_a_unit_has_the_regions_rows_of_its_own_keys_and_nothing_of_another_unit():
    out = through("stratified", T1, named=NAMED, places=("12", *UNITS[:3]))
    own = out.of_units()["a"]["stratified"].data
    keys = own.select(["indicator_id", "geography_code"]).to_pylist()
    places = [tuple(key.values()) for key in keys]
    assert places == [(one, place) for place in ("a", "12") for one in sorted(KINDS)]
    assert set(own["disclosure_tier"].to_pylist()) == {"unit"}
    region = {row["indicator_id"]: row for row in own.to_pylist() if row["geography_code"] == "12"}
    common = told(out.tables["stratified"], "value_crude")
    assert {one: row["value_crude"] for one, row in region.items()} == {
        one: common[one, "12"] for one in KINDS
    }


def test_all_units_at_once_are_what_each_is_alone():
    out = through("unit_variation", T4, named=NAMED)
    assert list(out.of_units()) == ["a", "b", "c", "d"]
    for unit, forms in out.of_units().items():
        assert forms["unit_variation"].data.equals(out.of_unit(unit)["unit_variation"].data)
        assert set(forms["unit_variation"].data["geography_code"].to_pylist()) == {unit}


T9 = {"unit_hsa_id": "", "item_id": "", "n": 103, "value": 0.5, "value_region": 0.4,
      "value_peer_group": 0.45, "percentile_in_region": 60, "peer_group_id": "p",
      "item_group": "care"}  # fmt: skip


def test_what_units_make_together_is_for_each_as_it_is_for_everybody():
    """The costs of four units are hidden; each is given its own back, not what they share."""
    tables, counts = made("unit_variation", T4)
    rows = [
        YEAR | T9 | {"unit_hsa_id": unit, "indicator_id": one, "item_id": one,
                     "value_status": "shown"}
        for one in KINDS
        for unit in UNITS
    ]  # fmt: skip
    tables = {
        "area_description": StratifiedTable.of("area_description", pa.Table.from_pylist(rows))
    }
    named = NamedUnits(NAMED.indicators)
    out = disclose(tables, counts, DisclosurePolicy(), kinds=KINDS, nesting=NESTING, named=named)
    own = {
        row["indicator_id"]: row for row in out.of_unit("a")["area_description"].data.to_pylist()
    }
    assert (own["KO01"]["value"], own["VT01"]["value_peer_group"]) == (0.5, 0.45)
    assert (own["KO01"]["value_peer_group"], own["KO01"]["percentile_in_region"]) == (None, None)


def owners(of_units, indicator="BR14"):
    """Return T1 of four owners in the region, and T4 that tells each unit's."""
    kinds = ("region", "private_corporate", "non_profit", "private_independent")
    base = YEAR | {"indicator_id": indicator, "value_status": "shown", "n_denominator": 103,
                   "n_numerator": 52, "value_crude": 5.0}  # fmt: skip
    t1 = [base | {"geography_level": "region", "geography_code": "12", "strat2_level": "all",
                  "strat2_dimension": "total", "dimension": "provider_type", "level": kind}
          for kind in kinds]  # fmt: skip
    t4 = [base | {"geography_level": "unit", "geography_code": unit, "provider_type": kind}
          for unit, kind in of_units.items()]  # fmt: skip
    cells = [*t1, *(one | {"dimension": "total", "level": "all"} for one in t4)]
    key = ("indicator_id", "period_start", "period_end", "geography_code", "dimension", "level")
    counts = {"n_persons": 103, "n_persons_with": 52, "n_persons_without": 51,
              "strat2_level": "all"}  # fmt: skip
    counted = [{name: one[name] for name in key} | counts for one in cells]
    tables = {
        "stratified": StratifiedTable.of("stratified", pa.Table.from_pylist(t1)),
        "unit_variation": StratifiedTable.of("unit_variation", pa.Table.from_pylist(t4)),
    }
    return tables, PersonCounts.of(pa.Table.from_pylist(counted))


@pytest.mark.parametrize(("of_kind", "told"), [(1, False), (2, False), (3, True)])
def test_prescribing_of_a_kind_of_two_units_tells_each_of_the_other(of_kind, told):
    units = dict.fromkeys("abcdefgh", "region")
    units |= dict.fromkeys(list(units)[:of_kind], "non_profit")
    tables, counts = owners(units)
    nesting = dict.fromkeys(units, ("unit", "12"))
    named = NamedUnits(frozenset({"BR14"}))
    out = disclose(tables, counts, DisclosurePolicy(), kinds=KINDS, nesting=nesting, named=named)
    rows = {one["level"]: one["value_crude"] for one in out.tables["stratified"].data.to_pylist()}
    assert (rows["non_profit"] is not None) == told
    reasons = {(one["dimension"], one["level"]): one["reason"] for one in out.hidden.to_pylist()}
    assert (reasons.get(("provider_type", "non_profit")) == "named_unit") != told


def test_what_units_tell_by_name_is_told_of_their_kind_too():
    tables, counts = owners({"a": "non_profit", "b": "region"}, indicator="VT01")
    out = disclose(tables, counts, DisclosurePolicy(), kinds=KINDS, nesting=NESTING,
                   named=NamedUnits(frozenset({"BR14"})))  # fmt: skip
    rows = {one["level"]: one["value_crude"] for one in out.tables["stratified"].data.to_pylist()}
    assert rows["non_profit"] == 5.0
