"""Every number of every form is rounded to what its denominator bears, or was set beforehand."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from equity_pipeline.disclosure.numbers import sizes
from equity_pipeline.disclosure.propagate import CELL, CONTRAST, STATUS, cells_of, numbers_of
from equity_pipeline.disclosure.rounding import (
    AS_IT_IS,
    OF_FIGURES,
    OF_ONE,
    borne_by,
    decimals,
    rounded,
)
from equity_pipeline.tables.table import schema_of
from equity_pipeline.vocabulary import vocabulary

# what a region or an agreement has decided before anything was counted
SET_BEFOREHAND = {"mid", "target_value", "unit_cost"}
JUDGED = [one.name for one in vocabulary().forms.values()
          if STATUS in one.columns and one.door.by in (CELL, CONTRAST)]  # fmt: skip
# units whose decimals in the vocabulary are few enough for any number of persons
COARSE = {"per cent", "persons", "months", "p", "probability", "rank", "standard deviations",
          "log ratio", "variance"}  # fmt: skip


def floats(form):
    return [one.name for one in schema_of(form) if pa.types.is_floating(one.type)]


def full_precision(form, value):
    """Return one row of a form with every number in full precision."""
    return pa.table({
        one.name: pa.array([value if pa.types.is_floating(one.type) else None], one.type)
        for one in schema_of(form)
    })  # fmt: skip


def places(value):
    """Return how many decimals a value has."""
    return next(n for n in range(-9, 17) if math.isclose(round(value, n), value, rel_tol=1e-13))


@pytest.mark.parametrize("form", vocabulary().forms)
def test_every_number_of_every_form_has_a_rule_of_rounding(form):
    """A new column of a form fails here until it is in the unit, has decimals, or was decided."""
    held, columns = vocabulary().forms[form], vocabulary().columns
    without = [
        name for name in floats(form)
        if name not in held.door.in_unit and columns[name].decimals is None
    ]  # fmt: skip
    assert set(without) <= SET_BEFOREHAND


@pytest.mark.parametrize("form", JUDGED)
def test_every_unit_of_a_number_is_one_that_the_rule_knows(form):
    columns = vocabulary().columns
    units = {columns[name].unit for name in floats(form) if columns[name].decimals is not None}
    assert units <= {*OF_ONE, *OF_FIGURES, *COARSE}


@pytest.mark.parametrize("kind", ["proportion", "rate", "mean", "amount"])
@pytest.mark.parametrize("form", JUDGED)
def test_no_number_of_500_persons_leaves_in_full_precision(form, kind):
    value = 0.123456789012345 if kind == "proportion" else 4321.98765432101
    n, size = np.array([500.0]), np.array([value])
    made = rounded(form, full_precision(form, value), decimals([kind], size, n), n).to_pylist()[0]
    held, columns = vocabulary().forms[form], vocabulary().columns
    for name in floats(form):
        told = made[name]
        if name in SET_BEFOREHAND:
            assert told == value
        elif name in held.door.in_unit:
            # three decimals of a share; four figures of 4321.99
            assert places(told) <= (3 if kind == "proportion" else 0), name
        else:
            assert places(told) <= columns[name].decimals, name
            if columns[name].unit in OF_ONE and name in numbers_of(form):
                assert places(told) <= 3, name


def test_four_thousand_persons_bear_a_decimal_more():
    form, value = "excess_burden", 0.123456789
    for n, paf, sek, level in (
        (3999.0, 0.123, 14830000.0, 0.123),
        (4000.0, 0.1235, 14830000.0, 0.1235),
    ):
        row = full_precision(form, value)
        place = row.schema.get_field_index("excess_sek")
        row = row.set_column(place, "excess_sek", pa.array([14830123.4]))
        many, size = np.array([n]), np.array([value])
        made = rounded(form, row, decimals(["proportion"], size, many), many).to_pylist()[0]
        assert (made["paf"], made["level_value"]) == (paf, level)
        assert made["excess_sek"] == sek


@pytest.mark.parametrize(
    ("form", "focus", "reference"),
    [("gap", "focus_value", "reference_value"), ("trend", "level_focus", "level_ref")],
)
def test_a_group_bears_its_own_decimals_beside_another_and_the_gap_those_of_the_smaller(
    form, focus, reference
):
    row, door, shown = full_precision(form, 0.123456789), vocabulary().forms[form].door, {}
    for name, level, n in (("focus_level", "q1", 5000.0), ("reference_level", "q5", 500.0)):
        place = row.schema.get_field_index(name)
        row = row.set_column(place, name, pa.array([level]))
        shown[cells_of(row, door, level=name)[0]] = (n, 0.0)
    held = sizes(form, row, shown)
    digits = decimals(["proportion"], held.value, held.n)
    own = {name: decimals(["proportion"], *one) for name, one in held.own.items()}
    made = rounded(form, row, digits, held.n, own=own).to_pylist()[0]
    assert (made[focus], made[reference], made["gap_abs"]) == (0.1235, 0.123, 0.123)


def test_sums_of_kronor_have_four_figures_and_five_of_four_thousand():
    sums = np.array([14830123.0, 14830123.0, 945.4, 0.0])
    n = np.array([500.0, 4000.0, 500.0, 500.0])
    assert borne_by("SEK", sums, n).tolist() == [-4, -3, 1, 3]


def test_a_limit_is_rounded_as_the_value_that_it_belongs_to():
    form = "excess_burden"
    row = full_precision(form, 0.5)
    for name, value in (("excess_sek", 14830123.4), ("excess_sek_lower", 987654.3)):
        place = row.schema.get_field_index(name)
        row = row.set_column(place, name, pa.array([value]))
    n = np.array([500.0])
    made = rounded(form, row, decimals(["proportion"], np.array([0.5]), n), n).to_pylist()[0]
    assert (made["excess_sek"], made["excess_sek_lower"]) == (14830000.0, 990000.0)


def test_the_open_tier_has_a_decimal_less():
    value, n = np.array([0.30049]), np.array([500.0])
    assert borne_by("share", value, n).tolist() == [3]
    assert borne_by("share", value, n, "open").tolist() == [2]


def test_a_denominator_that_nobody_knows_counts_as_small():
    assert borne_by("share", np.array([0.3]), np.array([np.nan])).tolist() == [3]


def test_published_figures_keep_what_they_were_published_with():
    """Population statistics of areas are rounded by who published them."""
    value, n = 0.123456, np.array([np.nan])
    digits = decimals(["area_mean"], np.array([value]), n)
    assert digits.tolist() == [AS_IT_IS]
    made = rounded("gap", full_precision("gap", value), digits, n).to_pylist()[0]
    assert made["gap_abs"] == value and made["conc_index"] == 0.1235
    made = rounded("area_classification", full_precision("area_classification", value),
                   np.zeros(1, np.int64)).to_pylist()[0]  # fmt: skip
    assert made["share_low_education"] == 0.1235


def test_a_row_without_a_value_stays_without_one():
    row = full_precision("excess_burden", None)
    n = np.array([500.0])
    made = rounded("excess_burden", row, decimals(["rate"], np.array([np.nan]), n), n)
    assert {one for name in floats("excess_burden") for one in made[name].to_pylist()} == {None}


def test_forms_with_days_in_them_say_which_day():
    """The period of a row is no number and is never rounded."""
    row = full_precision("waits", 0.5)
    place = row.schema.get_field_index("period_start")
    row = row.set_column(place, "period_start", pa.array([date(2024, 1, 1)]))
    made = rounded("waits", row, np.zeros(1, np.int64))
    assert made["period_start"].to_pylist() == [date(2024, 1, 1)]
