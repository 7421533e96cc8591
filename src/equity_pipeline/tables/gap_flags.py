"""What a gap is marked by: its gradient's shape, and whether other ways of measuring turn it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.statistics import gradient
from equity_pipeline.tables.block import TextArray
from equity_pipeline.tables.cells import FloatArray, IntArray
from equity_pipeline.tables.context import Z95, FormContext
from equity_pipeline.vocabulary import MISSING, vocabulary

WHOLE = ["indicator_id", "period_code", "dimension", "adjustment"]
FEWEST_LEVELS = 3
SECOND = "_second"
# the same trait measured on persons and on areas
LEVELS_OF_ONE_TRAIT = {
    "education": "area_education_quintile",
    "income_quintile": "area_income_quintile",
    "employment": "area_employment_quintile",
    "country_of_birth": "area_foreign_born_quintile",
}


def is_second(dimension: pd.Series[str]) -> pd.Series[bool]:
    """Return which rows are of a dimension drawn in the other area division: never shown alone."""
    return dimension.str.endswith(SECOND)


def shapes(values: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    """Return the gradient's shape of every ordered dimension, by indicator, period, adjustment.

    Parameters
    ----------
    values
        The estimates' rows of ``value`` for both sexes together.
    """
    known = vocabulary()
    ordered = [name for name, one in known.dimensions.items() if one.ordered]
    place = {(name, code): i for name in ordered for i, code in enumerate(known.levels(name))}
    held = values[values["dimension"].isin(ordered) & (values["level"] != MISSING)]
    order = [place[key] for key in zip(held["dimension"], held["level"], strict=True)]
    held = held.assign(order=order).sort_values([*WHOLE, "order"])
    number = held.groupby(WHOLE, sort=True).ngroup().to_numpy()
    ends = np.flatnonzero(np.diff(number, append=-1)) + 1
    keys = list(held[WHOLE].iloc[ends - 1].itertuples(index=False, name=None))
    value = held["value"].to_numpy()
    error = (held["upper"] - held["lower"]).to_numpy() / (2 * Z95)
    made = pd.DataFrame(keys, columns=WHOLE).astype("str")
    direction = made["indicator_id"].map({i: d.direction for i, d in context.declared.items()})
    found = _shapes(value, error, np.r_[0, ends[:-1]][: len(ends)], ends, direction.to_numpy())
    return made.assign(gradient_shape=pd.Series(found, dtype="str"))


def _shapes(
    value: FloatArray, error: FloatArray, start: IntArray, end: IntArray, direction: TextArray
) -> TextArray:
    """Return the shape of each run of levels; those of one length and direction at once."""
    made = np.full(len(start), None, object)
    error = np.where(error > 0, error, np.nan)  # without a spread nothing can be judged
    size = end - start
    for length in np.unique(size[size >= FEWEST_LEVELS]):
        for side in dict.fromkeys(direction):
            at = np.flatnonzero((size == length) & (direction == side))
            rows = start[at][:, np.newaxis] + np.arange(length)
            made[at] = gradient.shapes(value[rows], error[rows], direction=side)
    return made


def reversals(made: pd.DataFrame) -> pd.Series[bool]:
    """Flag a trait whose declared contrast has opposite established signs on persons and areas."""
    partner = LEVELS_OF_ONE_TRAIT | {area: one for one, area in LEVELS_OF_ONE_TRAIT.items()}
    excludes = (made["gap_abs_lower"] > 0) | (made["gap_abs_upper"] < 0)
    sign = np.sign(made["gap_abs"]).where(excludes, 0.0)
    own = _of_declared(made, sign, made["dimension"])
    other = _of_declared(made, sign, made["dimension"].map(partner).astype("str"))
    return (own.fillna(0.0) * other.fillna(0.0) < 0).rename("eco_reversal_flag")


def of_division(made: pd.DataFrame) -> pd.Series[Any]:
    """Flag a declared contrast whose sign or evidence changes in the other area division.

    False where both agree; empty where the dimension has no second division, or one of the two
    has no gap.
    """
    sign = np.sign(made["gap_abs"])
    state = pd.Series(pd.factorize(made["evidence_state"])[0], index=made.index).astype(float)
    second = made["dimension"] + SECOND
    pairs = [
        (_of_declared(made, one, made["dimension"]), _of_declared(made, one, second))
        for one in (sign, state.where(sign.notna()))
    ]
    known = pd.concat([one.notna() for pair in pairs for one in pair], axis=1).all(axis=1)
    differs = (pairs[0][0] != pairs[0][1]) | (pairs[1][0] != pairs[1][1])
    return differs.astype(object).where(known, None).rename("maup_flag")


def _of_declared(
    made: pd.DataFrame, number: pd.Series[float], dimension: pd.Series[str]
) -> pd.Series[float]:
    """Return each row's number of the declared contrast of a dimension at its adjustment."""
    declared = made["level"].eq(made["declared_focus"]) & made["reference_level"].eq(
        made["declared_reference"]
    )
    key = ["indicator_id", "period_code", "geography_code", "dimension", "adjustment"]
    told = made.loc[declared, key].assign(number=number[declared])
    asked = made[key].assign(dimension=dimension)
    found = asked.merge(told, on=key, how="left", validate="many_to_one")["number"]
    return pd.Series(found.to_numpy(), index=made.index)
