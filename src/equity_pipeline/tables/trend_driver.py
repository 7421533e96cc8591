"""Which group moves a gap, and whether it narrows because the better-off group gets worse."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.statistics.trend import GapDirection, slope
from equity_pipeline.tables.cells import FloatArray

BoolArray = NDArray[np.bool_]
Words = NDArray[np.object_]

# a group that moves less than this part of what the other does stands still beside it
STANDS_STILL = 0.25
BY_CHANCE = 1.959964
MOVED = (GapDirection.NARROWING.value, GapDirection.WIDENING.value)
DRIVERS = {
    (1, 0): ("focus_improves", "focus_improves"),
    (-1, 0): ("focus_worsens", "focus_worsens"),
    (0, 1): ("reference_improves", "reference_improves"),
    (0, -1): ("reference_worsens", "reference_worsens"),
    (1, -1): ("both", "both"),
    (-1, 1): ("both_apart", "both_apart"),
    # first where the focus group's change is the better of the two
    (1, 1): ("focus_improves_faster", "reference_improves_faster"),
    (-1, -1): ("reference_worsens_faster", "focus_worsens_faster"),
}


def improvement(levels: FloatArray, times: FloatArray, direction: Words) -> FloatArray:
    """Return how much better each series of levels gets per year; NaN without a good side.

    Parameters
    ----------
    levels, times
        (S, T), NaN where there is no period.
    direction
        Which values are the good ones, (S,): higher, lower or toward_one.
    """
    side = direction[:, np.newaxis]
    good = np.where(side == "toward_one", -np.abs(levels - 1), levels)
    sign = np.select([direction == "lower", direction == "neutral"], [-1.0, np.nan], 1.0)
    return np.asarray(sign * slope(good, None, times).value)


def drivers(
    focus: FloatArray, reference: FloatArray, moved: Words, errors: tuple[FloatArray, FloatArray]
) -> Words:
    """Return which group moves each gap that narrows or widens; None of the others.

    A group stands still where it moves little beside the other, or no more than by chance; where
    neither moves more than that, each is what it seems.

    Parameters
    ----------
    focus, reference
        How much better the groups get per year, (S,).
    moved
        Where the gaps are going, (S,).
    errors
        Standard errors of the two, (S,) each.

    Examples
    --------
    >>> change, error = np.array([0.0, 0.02]), np.full(2, 0.001)
    >>> going = np.array(["narrowing", "widening"], object)
    >>> drivers(change, np.array([-0.02, 0.03]), going, (error, error)).tolist()
    ['reference_worsens', 'reference_improves_faster']
    """
    both = np.stack([focus, reference])
    least = STANDS_STILL * np.fmax(np.abs(focus), np.abs(reference))
    by_chance = np.abs(both) <= BY_CHANCE * np.nan_to_num(np.stack(errors))
    by_chance &= ~by_chance.all(axis=0)
    sides = np.where((np.abs(both) > least) & ~by_chance, np.sign(both), 0.0)
    made = np.full(len(focus), None, dtype=object)
    told = np.isin(moved, MOVED) & np.isfinite(both).all(axis=0)
    for (own, other), (better, worse) in DRIVERS.items():
        here = told & (sides[0] == own) & (sides[1] == other)
        made[here] = np.where(focus > reference, better, worse)[here]
    return made


def levels_down(driver: Words, moved: Words, gap: FloatArray) -> Words:
    """Return whether each gap narrows for the better-off group getting worse; None if not known.

    Parameters
    ----------
    driver, moved
        Which group moves, and where the gap is going, (S,).
    gap
        Its mean, above 0 where the focus group is worse off.

    Examples
    --------
    >>> one = np.array(["reference_worsens"], object)
    >>> levels_down(one, np.array(["narrowing"], object), np.array([0.02])).tolist()
    [True]
    """
    named = zip(driver, moved, np.where(gap > 0, "reference", "focus"), strict=True)
    made = [
        None
        if one is None
        else going == GapDirection.NARROWING.value and one.startswith(f"{better}_worsens")
        for one, going, better in named
    ]
    return np.array(made, dtype=object)
