"""Units before and after the start of a programme: whole quarters, values, changes, gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.estimate import BoolArray, divide
from equity_pipeline.tables.cells import FloatArray, IntArray
from equity_pipeline.tables.monthly_sums import MONTHS_IN_A_QUARTER, Monthly
from equity_pipeline.tables.spc_limits import chance_variance, row_variance

FOCUS, OTHERS, UNKNOWN = range(3)
PLACES = {"all": (FOCUS, OTHERS, UNKNOWN), "focus_group": (FOCUS,), "others": (OTHERS,)}


@dataclass(frozen=True, slots=True)
class Panel:
    """Sums of U units by population and whole quarters, counted from the start.

    Attributes
    ----------
    units
        The units, in order.
    sums
        (6, 3, U, Q): six sums, population, unit, quarter.
    quarter
        Number of each quarter, (Q,): below 0 before the start.
    first, last
        Numbers of the first month, and of the month after the last.
    start
        Number of the month of the start.
    """

    units: tuple[str, ...]
    sums: FloatArray
    quarter: IntArray
    first: int
    last: int
    start: int

    @property
    def is_after(self) -> BoolArray:
        """Which quarters lie after the start."""
        return np.asarray(self.quarter >= 0)

    def of(self, population: str) -> FloatArray:
        """Return the sums of a population, (6, U, Q)."""
        return np.asarray(self.sums[:, list(PLACES[population])].sum(axis=1))

    def followed(self, fewest: int) -> BoolArray:
        """Return which units have rows in at least so many quarters before, and after."""
        some = self.of("all")[1] > 0
        before, after = some[:, ~self.is_after].sum(axis=1), some[:, self.is_after].sum(axis=1)
        return np.asarray((before >= fewest) & (after >= fewest))


def panel(held: Monthly, units: list[str], start: int) -> Panel:
    """Return the whole quarters of some units before and after a start."""
    sums = held.of(units)
    quarter = (held.months - start) // MONTHS_IN_A_QUARTER
    found, size = np.unique(quarter, return_counts=True)
    whole = found[size == MONTHS_IN_A_QUARTER]
    made = (
        np.stack([sums[..., quarter == one].sum(axis=-1) for one in whole], axis=-1)
        if len(whole)
        else np.zeros((*sums.shape[:-1], 0))
    )
    first = start + MONTHS_IN_A_QUARTER * int(whole.min(initial=0))
    last = start + MONTHS_IN_A_QUARTER * (int(whole.max(initial=-1)) + 1)
    return Panel(tuple(units), made, whole, first, last, start)


@dataclass(frozen=True, slots=True)
class Changes:
    """Values of U units before and after, on the natural scale; NaN where a side has no rows.

    ``weight`` is the information that chance leaves in the change; ``variance`` its own chance.
    """

    before: FloatArray
    after: FloatArray
    weight: FloatArray
    variance: FloatArray

    @property
    def change(self) -> FloatArray:
        """After less before."""
        return np.asarray(self.after - self.before)


def changes(held: Panel, population: str, declared: Declaration) -> Changes:
    """Return the values of a population of each unit, before and after."""
    sums = held.of(population)
    sides = [sums[..., ~held.is_after].sum(axis=-1), sums[..., held.is_after].sum(axis=-1)]
    both = sides[0] + sides[1]
    ratio = divide(both[2].sum(), both[1].sum())
    spread = row_variance(both.sum(axis=1)[:, np.newaxis], np.atleast_1d(ratio), declared)
    variance = sum(chance_variance(one, spread, declared) for one in sides)
    before, after = (divide(one[2], one[1]) for one in sides)
    harmonic = divide(1.0, divide(1.0, sides[0][1]) + divide(1.0, sides[1][1]))
    return Changes(before, after, np.nan_to_num(harmonic), np.asarray(variance))


def gap_changes(held: Panel, declared: Declaration) -> Changes:
    """Return the gap to the harm of the focus group inside each unit, before and after."""
    focus, others = (changes(held, one, declared) for one in ("focus_group", "others"))
    return Changes(
        _harm(focus.before, others.before, declared),
        _harm(focus.after, others.after, declared),
        np.nan_to_num(divide(1.0, divide(1.0, focus.weight) + divide(1.0, others.weight))),
        focus.variance + others.variance,
    )


def slopes(held: Panel) -> FloatArray:
    """Return the slope of each unit over the quarters before the start, by weighted squares."""
    sums = held.of("all")[..., ~held.is_after]
    weight = sums[1]
    value = np.nan_to_num(divide(sums[2], sums[1]))
    time = np.broadcast_to(held.quarter[~held.is_after].astype(np.float64), weight.shape)
    total = weight.sum(axis=1, keepdims=True)
    apart = time - divide((weight * time).sum(axis=1, keepdims=True), total)
    return divide((weight * apart * value).sum(axis=1), (weight * apart**2).sum(axis=1))


def _harm(focus: FloatArray, others: FloatArray, declared: Declaration) -> FloatArray:
    if declared.direction == "higher":
        return np.asarray(others - focus)
    if declared.direction == "lower":
        return np.asarray(focus - others)
    if declared.direction == "toward_one":
        return np.asarray(np.abs(focus - 1) - np.abs(others - 1))
    return np.full_like(focus, np.nan)
