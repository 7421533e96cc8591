"""A kind of units of which there are fewer than five has rows and no numbers, in T1 and in T2."""

from __future__ import annotations

from dataclasses import replace

import pytest

from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.tables.few_units import few_units
from equity_pipeline.tables.gap import gap_form
from equity_pipeline.tables.stratified import stratified_form
from tests.formed import given_of, spread

KINDS = {"region": 8, "private_corporate": 6, "non_profit": 4}


def cells():
    """Return people of three kinds of units: eight, six and four units."""
    made, first = [], 0
    for kind, units in KINDS.items():
        for one in spread(kind, 100 * units, 50 * units, units=units, dimension="provider_type"):
            number = first + int(one["cluster_key"][1:])
            made.append(one | {"cluster_key": f"U{number}"})
        first += units
    total = [one | {"dimension": "total", "level": "all"} for one in made]
    return [*made, *total]


def rows(maker, form, given):
    return maker(given).tables[form].data.to_pylist()


def of_kind(rows, kind, name="level"):
    return [one for one in rows if one[name] == kind and one["dimension"] == "provider_type"]


@pytest.fixture(name="given", scope="module")
def _given():
    return given_of(cells())


def test_a_kind_of_four_units_has_a_row_without_numbers(given):
    made = rows(stratified_form, "stratified", given)
    [few] = of_kind(made, "non_profit")[:1]
    assert few["value_status"] == "not_estimated"
    assert {few[name] for name in ("n_denominator", "n_numerator", "value_crude", "value_std")} == {
        None
    }
    for kind in ("region", "private_corporate"):
        assert {one["value_status"] for one in of_kind(made, kind)} == {"shown"}


def test_a_gap_to_or_from_a_kind_of_four_units_is_not_estimated(given):
    made = rows(gap_form, "gap", given)
    few = of_kind(made, "non_profit", "focus_level")
    assert few and {one["value_status"] for one in few} == {"not_estimated"}
    assert {one["evidence_state"] for one in few} == {"not_estimated"}
    told = ("gap_abs", "ratio", "focus_value", "reference_value", "n_focus", "p_value")
    assert {one[name] for one in few for name in told} == {None}
    [large] = [
        one for one in of_kind(made, "private_corporate", "focus_level")
        if one["adjustment"] == "crude" and one["reference_level"] == "region"
    ]  # fmt: skip
    assert large["value_status"] == "shown" and large["gap_abs"] is not None


def test_what_rests_on_all_kinds_is_not_told_where_one_has_few_units(given):
    made = [one for one in rows(gap_form, "gap", given) if one["dimension"] == "provider_type"]
    assert {one["between_group_sd"] for one in made} == {None}
    assert {one["mean_diff_from_best"] for one in made} == {None}
    every = replace(given, options=FormSettings(fewest_units=2))
    made = [one for one in rows(gap_form, "gap", every) if one["dimension"] == "provider_type"]
    assert None not in {one["between_group_sd"] for one in made if one["adjustment"] == "crude"}


def test_the_configuration_says_how_many_units_are_few(given):
    assert few_units(given.estimates, given.context, 5).get_level_values("level").tolist() == [
        "non_profit"
    ]
    assert few_units(given.estimates, given.context, 2).empty
    assert set(few_units(given.estimates, given.context, 8).get_level_values("level")) == {
        "non_profit", "private_corporate",
    }  # fmt: skip


def test_groups_of_people_are_not_counted_by_units(given):
    of_people = given.estimates.assign(dimension="education")
    assert few_units(of_people, given.context, 20).empty


def test_where_errors_cluster_on_areas_units_are_not_counted(given):
    context = replace(given.context, cluster_unit="area_code")
    assert few_units(given.estimates, context, 20).empty
