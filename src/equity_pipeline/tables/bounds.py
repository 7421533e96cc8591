"""How far a result could move by what is not known: people without the dimension, or unmeasured.

Where a tenth to a fifth of the people lack the dimension, the gap is given its best and worst
case: those of them with a bad result all in the focus group and those with a good one all in the
reference group, and the other way round. An indicator that is always read beside another, of
which only some were measured, has the cases that all unmeasured, or none, had a bad result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.tables.context import FormContext
from equity_pipeline.vocabulary import ALL, MISSING

SOME_MISSING, MOST_MISSING = 0.10, 0.20
BOUNDS = ("gap_harm_best", "gap_harm_worst")
WHOLE = ["indicator_id", "period_code", "dimension"]
SIDED = ("higher", "lower")


def missing_share(context: FormContext) -> pd.DataFrame:
    """Return the share without the dimension, by indicator, period and dimension."""
    missing = context.missing
    share = (missing["n_missing"] / missing["n_all"]).where(missing["n_all"] > 0)
    return missing[WHOLE].assign(missing_share=share.astype(float))


def partners(declared: Mapping[str, Declaration]) -> dict[str, str]:
    """Return for each share of those measured the indicator that says how many were."""
    return {
        one.id: beside.id
        for one in declared.values()
        if (beside := declared.get(one.beside or "")) is not None
        and one.is_proportion
        and beside.is_proportion
        and one.fact == beside.fact
        and one.direction in SIDED
    }


def with_value_bounds(made: pd.DataFrame, context: FormContext, key: list[str]) -> pd.DataFrame:
    """Return T1's rows with the best and worst value that the unmeasured leave possible.

    Parameters
    ----------
    made
        Rows with ``n_denominator``, ``n_numerator`` and the key.
    key
        What names a row, the indicator first.
    """
    partner = partners(context.declared)
    made = made.assign(bounds_indicator_id=_texts(made["indicator_id"], partner))
    beside = made[[*key, "n_denominator"]].rename(
        columns={"indicator_id": "bounds_indicator_id", "n_denominator": "n_beside"}
    )
    made = made.merge(beside, on=["bounds_indicator_id", *key[1:]], how="left")
    unknown = (made["n_beside"] - made["n_denominator"]).where(lambda n: n >= 0)
    every = made["n_denominator"] + unknown
    low, high = made["n_numerator"] / every, (made["n_numerator"] + unknown) / every
    higher = _directions(made, context) == "higher"
    made["value_best"], made["value_worst"] = high.where(higher, low), low.where(higher, high)
    made.loc[made["value_best"].isna(), "bounds_indicator_id"] = None
    return made.drop(columns="n_beside")


def with_gap_bounds(
    made: pd.DataFrame, estimates: pd.DataFrame, context: FormContext
) -> pd.DataFrame:
    """Return T2's rows with the best and worst crude gap, and which cells these rest on too.

    ``bounds_from`` is ``not_measured`` or ``missing_level``; adjusted rows have no bounds.
    """
    values = estimates[
        (estimates["measure"] == "value")
        & (estimates["strat2_level"] == ALL)
        & (estimates["adjustment"] == "crude")
    ]
    crude = (made["adjustment"] == "crude").to_numpy()
    unmeasured = _of_unmeasured(made[crude], values, context)
    missing = _of_missing(made[crude], values, context)
    chosen = unmeasured.where(unmeasured[BOUNDS[0]].notna(), missing)
    return made.join(chosen)


def _texts(column: pd.Series[str], words: Mapping[str, str]) -> pd.Series[str]:
    """Return the words of a column, as text also where there is none at all."""
    return column.map(words).astype("str")


def _directions(made: pd.DataFrame, context: FormContext) -> pd.Series[str]:
    return made["indicator_id"].map({one.id: one.direction for one in context.declared.values()})


def _counts(
    rows: pd.DataFrame, values: pd.DataFrame, level: str | pd.Series[str], indicator: pd.Series[str]
) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return denominators and numerators of a level beside each row."""
    key = [*WHOLE, "level"]
    asked = rows[WHOLE].assign(indicator_id=indicator, level=level)
    sums = values["n_numerator"].fillna(values["value"] * values["n_denominator"])
    told = values[key].assign(d=values["n_denominator"], s=sums)
    found = asked.merge(told, on=key, how="left")
    d, s = (pd.Series(found[name].to_numpy(dtype=float), index=rows.index) for name in "ds")
    return d, s


def _told(
    rows: pd.DataFrame,
    context: FormContext,
    high: pd.Series[float],
    low: pd.Series[float],
    words: dict[str, Any],
) -> pd.DataFrame:
    """Return best and worst harm from the largest and smallest focus less reference."""
    higher = _directions(rows, context) == "higher"
    best, worst = (-high).where(higher, low), (-low).where(higher, high)
    made = pd.DataFrame({BOUNDS[0]: best, BOUNDS[1]: worst}).assign(**words)
    sided = _directions(rows, context).isin(SIDED)
    return made.where(sided & best.notna(), None)


def _of_unmeasured(rows: pd.DataFrame, values: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    partner = _texts(rows["indicator_id"], partners(context.declared))
    ends = []
    for level in (rows["level"], rows["reference_level"]):
        d, s = _counts(rows, values, level, rows["indicator_id"])
        every, _ = _counts(rows, values, level, partner)
        unknown = (every - d).where(every >= d)
        ends.append((s / every, (s + unknown) / every))
    (focus_low, focus_high), (low, high) = ends
    words: dict[str, Any] = {
        "bounds_from": "not_measured",
        "bounds_indicator_id": partner,
        "bounds_level": rows["level"],
    }
    return _told(rows, context, focus_high - low, focus_low - high, words)


def _of_missing(rows: pd.DataFrame, values: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    share = _share(rows, context)
    asked = (share >= SOME_MISSING) & (share <= MOST_MISSING)
    shares = rows["indicator_id"].map({i: d.is_proportion for i, d in context.declared.items()})
    means = rows["indicator_id"].map(
        {i: d.kind == "mean" and d.denominator.sum is None for i, d in context.declared.items()}
    )
    own = rows["indicator_id"]
    focus, reference, missing = (
        _counts(rows, values, level, own)
        for level in (rows["level"], rows["reference_level"], MISSING)
    )
    high, low = _shares(focus, reference, missing)
    widest, narrowest = _means(focus, reference, missing)
    high, low = high.where(shares, widest), low.where(shares, narrowest)
    able = asked & (shares | means)
    words: dict[str, Any] = {
        "bounds_from": "missing_level",
        "bounds_indicator_id": own,
        "bounds_level": MISSING,
    }
    return _told(rows, context, high.where(able), low.where(able), words)


Counts = tuple["pd.Series[float]", "pd.Series[float]"]


def _shares(focus: Counts, reference: Counts, missing: Counts) -> Counts:
    """Return the largest and smallest focus less reference: events to one, others to the other."""
    (d1, s1), (d0, s0), (d, s) = focus, reference, missing
    high = (s1 + s) / (d1 + s) - s0 / (d0 + d - s)
    low = s1 / (d1 + d - s) - (s0 + s) / (d0 + s)
    return high, low


def _means(focus: Counts, reference: Counts, missing: Counts) -> Counts:
    """Return them for means, of which only the sum is known: all missing in one of the groups."""
    (d1, s1), (d0, s0), (d, s) = focus, reference, missing
    cases = np.stack(
        [s1 / d1 - s0 / d0, (s1 + s) / (d1 + d) - s0 / d0, s1 / d1 - (s0 + s) / (d0 + d)]
    )
    return tuple(pd.Series(x, index=d1.index) for x in (cases.max(axis=0), cases.min(axis=0)))  # type: ignore[return-value]


def _share(rows: pd.DataFrame, context: FormContext) -> pd.Series[float]:
    found = rows[WHOLE].merge(missing_share(context), on=WHOLE, how="left")
    return pd.Series(found["missing_share"].to_numpy(dtype=float), index=rows.index)


def too_much_missing(rows: pd.DataFrame, context: FormContext) -> pd.Series[bool]:
    """Return which rows are of a dimension that more than a fifth lack: nothing is judged."""
    return _share(rows, context) > MOST_MISSING
