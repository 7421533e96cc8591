"""What rests on few units is told in no form, whichever maker made it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest

from equity_pipeline.pipeline.forming import form_all
from equity_pipeline.tables.few_units import few_units
from equity_pipeline.tables.form import Made
from equity_pipeline.tables.of_few_units import without_few_units
from equity_pipeline.tables.structure_variation import structure_variation
from equity_pipeline.tables.table import StratifiedTable
from tests.formed import cell, given_of, spread

KINDS = {"region": 8, "private_corporate": 6, "non_profit": 2}
YEAR = {"period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1)}


def cells():
    """Return people of three kinds of units: eight, six and two units."""
    made, first = [], 0
    for kind, units in KINDS.items():
        of_kind = spread(kind, 100 * units, 50 * units, units=units, dimension="provider_type")
        made += [
            one | {"cluster_key": f"U{first + int(one['cluster_key'][1:])}"} for one in of_kind
        ]
        first += units
    return made


@pytest.fixture(name="given", scope="module")
def _given():
    # a step of a chain has cells and no estimates
    chain = [one | {"indicator_id": "CD01"} for one in cells()]
    return replace(
        given_of(cells()), cells=type(given_of(cells()).cells)({"one_way": [*cells(), *chain]})
    )


def through(given, form, *rows, indicator="VT01"):
    known = {"indicator_id": indicator, "dimension": "provider_type", "value_status": "shown"}
    table = StratifiedTable.of(form, pa.Table.from_pylist([known | YEAR | one for one in rows]))
    few = few_units(given.estimates, given.context, given.options.fewest_units)
    return without_few_units(table, given, few).data.to_pylist()


def waits(kind, **more):
    numbers = {"n_waits": 500, "median_days": 3.0, "share_within_3": 0.5, "wait_method": "km"}
    return {"geography_level": "region", "geography_code": "12", "level": kind, **numbers, **more}


def test_a_median_wait_at_two_units_is_not_told(given):
    few, many = through(given, "waits", waits("non_profit"), waits("region"))
    assert few["value_status"] == "not_estimated"
    assert {few[name] for name in ("n_waits", "median_days", "share_within_3")} == {None}
    assert (few["wait_method"], many["value_status"], many["median_days"]) == ("km", "shown", 3.0)


def test_groups_of_people_are_told_of_any_number_of_units(given):
    [row] = through(given, "waits", waits("non_profit", dimension="education"))
    assert row["median_days"] == 3.0


def test_nobody_counts_units_where_errors_do_not_cluster_on_them(given):
    areas = replace(given, context=replace(given.context, cluster_unit="area_code"))
    [row] = through(areas, "waits", waits("non_profit"))
    assert row["median_days"] == 3.0


def burden(level, scenario, compared):
    return {
        "geography_code": "12", "level": level, "adjustment": "crude",
        "reference_scenario": scenario, "scenario_level": compared, "n": 400,
        "excess_cases": 30.0, "scenario_value": 0.5, "ci_method": "cluster",
    }  # fmt: skip


def test_an_excess_of_few_units_cannot_be_had_from_that_of_all_less_the_others(given):
    rows = through(
        given,
        "excess_burden",
        burden("region", "reference_group", "private_corporate"),
        burden("non_profit", "reference_group", "private_corporate"),
        burden("all", "reference_group", "private_corporate"),
        burden("region", "best_group", "non_profit"),  # the value of the few is what it is beyond
    )
    told = {(one["level"], one["reference_scenario"]): one["excess_cases"] for one in rows}
    assert told == {
        ("region", "reference_group"): 30.0,
        ("non_profit", "reference_group"): None,
        ("all", "reference_group"): None,
        ("region", "best_group"): None,
    }
    assert {one["ci_method"] for one in rows} == {"cluster"}


def test_units_behind_a_step_of_a_care_chain_are_counted_in_its_own_cells(given):
    rows = [
        {"pathway": "diabetes", "geography_code": "12", "level": level, "step_no": step, "n_in": 50,
         "reference_level": reference, "conditional_rate": 0.5, "ref_conditional_rate": 0.6,
         "step_contribution_to_gap": 0.2, "indicator_id_before": "CD01"}
        for step, level, reference in (
            (1, "non_profit", "region"), (1, "region", "private_corporate"),
            (2, "region", "non_profit"),
        )
    ]  # fmt: skip
    few, whole, beside_few = through(given, "care_chain", *rows, indicator="CD01")
    assert (few["value_status"], few["n_in"], few["conditional_rate"]) == (
        "not_estimated", None, None,
    )  # fmt: skip
    assert (whole["conditional_rate"], whole["ref_conditional_rate"]) == (0.5, 0.6)
    assert (beside_few["value_status"], beside_few["conditional_rate"]) == ("shown", 0.5)
    assert (beside_few["ref_conditional_rate"], beside_few["step_contribution_to_gap"]) == (
        None, None,
    )  # fmt: skip


def contrast(component, units, **more):
    return {
        "geography_code": "12", "dimension": "education", "focus_level": "pre_secondary",
        "reference_level": "post_secondary", "adjustment": "crude", "component_order": 1,
        "component": component, "contribution": 0.1, "n_clusters": units, **more,
    }  # fmt: skip


def test_what_lies_between_and_within_units_is_told_of_five_units_or_more(given):
    of_four, of_five = (
        through(given, "decomposition", contrast("between_units", units),
                contrast("within_units", units), contrast("need", units))
        for units in (4, 5)
    )  # fmt: skip
    assert {one["component"]: (one["contribution"], one["value_status"]) for one in of_four} == {
        "between_units": (None, "not_estimated"), "within_units": (None, "not_estimated"),
        "need": (0.1, "shown"),
    }  # fmt: skip
    assert {one["n_clusters"] for one in of_four} == {4}
    assert [one["contribution"] for one in of_five] == [0.1] * 3


def test_parts_of_a_gap_to_a_kind_of_few_units_are_not_told(given):
    row = contrast("need", 9, dimension="provider_type", focus_level="private_corporate")
    few, many = (
        through(given, "decomposition", row | {"reference_level": kind})[0]
        for kind in ("non_profit", "region")
    )
    assert (few["contribution"], few["value_status"]) == (None, "not_estimated")
    assert (many["contribution"], many["value_status"]) == (0.1, "shown")


@pytest.mark.parametrize(("inside", "told"), [(4, None), (5, 0.1)])
def test_the_mean_gap_inside_units_needs_five_units_with_such_a_gap(inside, told):
    """Eight units are the region's; a gap inside is known of some of them only."""
    given = given_of(
        [*cells(), *(one | {"dimension": "total", "level": "all"} for one in cells())],
        units={f"U{n}": {"provider_type": "region" if n < 8 else "non_profit",
                         "financing_type": "choice_system", "unit_name": f"U{n}",
                         "listed_n": 100} for n in range(16)},
    )  # fmt: skip
    rows = [
        {"indicator_id": "VT01", **YEAR, "geography_level": "unit", "geography_code": f"U{n}",
         "value_status": "shown", "n_denominator": 100, "within_gap_harm": 0.1}
        for n in range(inside)
    ]  # fmt: skip
    inside_units = StratifiedTable.of("unit_variation", pa.Table.from_pylist(rows))
    made = structure_variation(replace(given, made={"unit_variation": inside_units}))
    [region] = [one for one in made.tables["structure_variation"].data.to_pylist()
                if one["level"] == "region"]  # fmt: skip
    assert region["n_units"] == 8
    assert (
        region["within_gap_mean"] == pytest.approx(told)
        if told
        else (region["within_gap_mean"] is None)
    )


def test_every_form_of_a_night_is_held_to_the_rule(given):
    rows = [waits("non_profit"), waits("region")]
    known = {"indicator_id": "VT01", "dimension": "provider_type", "value_status": "shown"} | YEAR
    table = StratifiedTable.of("waits", pa.Table.from_pylist([known | one for one in rows]))
    formed = form_all(given, register={"waits": lambda _: Made({"waits": table})})
    assert [one["n_waits"] for one in formed.tables["waits"].data.to_pylist()] == [None, 500]


def test_a_unit_that_has_nobody_of_a_kind_is_not_counted(given):
    """Six units of which two have people at the step: those two would be told of."""
    chain = [one | {"indicator_id": "CD01", "n": 0 if one["cluster_key"] > "U2" else 50}
             for one in cells() if one["level"] == "region"]  # fmt: skip
    held = replace(given, cells=type(given.cells)({"one_way": [*chain, cell("x", "U1", 1, 1)]}))
    row = {"pathway": "diabetes", "geography_code": "12", "level": "region", "step_no": 1,
           "n_in": 50, "reference_level": "private_corporate"}  # fmt: skip
    [told] = through(held, "care_chain", row, indicator="CD01")
    assert told["n_in"] is None
