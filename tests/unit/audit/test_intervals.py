"""The interval of each method that tables publish is turned round, in every form that has it."""

from __future__ import annotations

import pytest

from equity_pipeline.vocabulary import vocabulary
from tests.unit.audit.conftest import RECTANGLE, TRUTH, cell, rows_of

SMALL = ("pre_secondary", "male")
# with the level hidden for both sexes together too: nothing but the planted value tells of it
LEVELS = frozenset((level, "all") for level in ("pre_secondary", "upper_secondary"))
HIDDEN = RECTANGLE | LEVELS


def leaks(verdict):
    """Return the attack and the interval of each leak of a numerator."""
    return {
        (one.attack, one.key.level, one.low, one.high)
        for one in verdict.findings
        if one.column == "numerator"
    }


def row_of(form, level, **told):
    """Return a row of another form than T1, with the columns that it has."""
    columns = vocabulary().forms[form].columns
    row = {name: value for name, value in cell(level, "all", None, None).items() if name in columns}
    return row | told


# 3 of 19 by each method, in the form that publishes it; no count of it is told anywhere
WILSON = {"": 0.158, "_lower": 0.055, "_upper": 0.376}
KAPLAN_MEIER = {"": 0.1579, "_lower": 0.0538, "_upper": 0.4135}


def shown(column, ends):
    return {column + end: value for end, value in ends.items()}


PLANTED = {
    "stratified, wilson": ("stratified", shown("value_crude", WILSON) | {"ci_method": "wilson"}),
    "reach": ("reach", shown("share", WILSON)),
    "care_chain": ("care_chain", shown("conditional_rate", WILSON)),
    "waits, kaplan_meier": (
        "waits", shown("share_within_3", KAPLAN_MEIER) | {"wait_method": "kaplan_meier_log-log"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_the_interval_of_a_share_gives_the_count_in_every_form_that_publishes_one(judged, name):
    form, told = PLANTED[name]
    planted = row_of(form, "pre_secondary", value_status="shown", **told)
    rows = rows_of(HIDDEN)
    forms = {"stratified": [*rows, planted]} if form == "stratified" else {form: [planted]}
    found = leaks(judged(**{"stratified": rows, **forms}))
    assert ("interval", "pre_secondary", 3, 3) in found


@pytest.mark.parametrize(
    ("form", "unit", "value", "lower", "upper"),
    [
        ("unit_variation", "percent", 0.158, 0.055, 0.376),
        ("unit_variation", "per_1000", 60.0, 12.37, 175.35),
        ("area_priority", "percent", 0.158, 0.055, 0.376),
    ],
)
def test_where_a_form_does_not_name_the_method_that_of_the_unit_is_turned_round(
    judged, form, unit, value, lower, upper
):
    column = "value" if form == "area_priority" else "value_crude"
    told = shown(column, {"": value, "_lower": lower, "_upper": upper})
    row = row_of(form, "all", value_status="shown", unit_of_measure=unit, **told)
    row = {key: value for key, value in row.items() if key not in ("n", "n_denominator")}
    more = {"geography_level": "unit", "geography_code": "S1"}
    place = cell("all", "all", 50 if unit == "per_1000" else None, None) | more
    known = rows_of(HIDDEN, unit_of_measure=unit)
    found = leaks(
        judged(stratified=[*known, place | {"unit_of_measure": unit}], **{form: [row | more]})
    )
    assert ("interval", "all", 3, 3) in found


@pytest.mark.parametrize(
    ("method", "ends", "attack"),
    [
        ("newcombe", {"": -0.3621, "_lower": -0.4816, "_upper": -0.1358}, "interval"),
        ("difference_t", {"": -0.3621, "_lower": -0.5, "_upper": -0.2}, None),
    ],
)
def test_the_limits_of_a_difference_give_the_count_where_its_reference_is_told(
    judged, method, ends, attack
):
    """3 of 19 against 130 of 250."""
    gap = row_of("gap", "pre_secondary", value_status="shown", adjustment="crude", ci_method=method)
    gap |= {"dimension": "education", "focus_level": "pre_secondary"}
    gap |= {"reference_level": "post_secondary"} | shown("gap_abs", ends)
    found = leaks(judged(stratified=rows_of(HIDDEN), gap=[gap]))
    assert (attack is None and not found) or any(
        (one[0], one[1]) == (attack, "pre_secondary") and one[2] <= 3 <= one[3] for one in found
    )


def test_a_value_that_gives_a_large_count_away_gives_the_small_one_beside_it(judged):
    """Of the women 50 have it, which hides that 3 of the men do; a share of the women is left."""
    women = ("pre_secondary", "female")
    rows = [row for row in rows_of() if (row["level"], row["strat2_level"]) != women]
    women_told = cell(*women, TRUTH[women][0], None) | {"value_crude": 0.8333}
    found = leaks(judged(stratified=[*rows, women_told]))
    assert ("value_in_sum", "pre_secondary", 3, 3) in found
    without = cell(*women, TRUTH[women][0], None)
    assert leaks(judged(stratified=[*rows, without])) == set()
