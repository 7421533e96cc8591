"""Run charts of many units at once: months or rolled years, centre lines, limits and signals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.estimate import BoolArray, divide
from equity_pipeline.statistics.evaluate import run_chart
from equity_pipeline.statistics.rates import residual_squares
from equity_pipeline.tables.cells import FloatArray

YEAR = 12
SMALLEST_MONTH = 20  # rows in a month; a series with a smaller one rolls over twelve months
SMALLEST_JUDGED = 5  # rows in a month of the base: with fewer a point says next to nothing
SHIFT = 8
# five rising points come by chance in most series of five years, seven in one of forty
TREND = 7
SIGMAS = 3.0


@dataclass(frozen=True, slots=True)
class Charts:
    """Charts of U units over T months, (U, T) each but ``rolled`` (U,).

    Attributes
    ----------
    value, n
        What is shown: the month, or the twelve months that end with it where ``rolled``.
    centre, lower, upper
        Centre line and three-sigma limits; NaN where the series is too short to judge.
    signal
        ``none``, ``shift``, ``trend``, ``outside``, or None where not judged.
    rolled
        Whether the series is shown by rolled years.
    inside
        Whether the month lies between the first and the last with rows.
    """

    value: FloatArray
    n: FloatArray
    centre: FloatArray
    lower: FloatArray
    upper: FloatArray
    signal: np.ndarray[tuple[int, ...], np.dtype[np.object_]]
    rolled: BoolArray
    inside: BoolArray


def charts(sums: FloatArray, declared: Declaration, base: int) -> Charts:
    """Return the charts of units from their monthly sums, (6, U, T).

    Shifts and trends are looked for in the months themselves, also where rolled years are shown:
    years that overlap move slowly by themselves. The limits carry the base period's own chance.

    References
    ----------
    Perla RJ, Provost LP, Murray SK (2011), BMJ Quality & Safety 20:46-51.
    """
    counted = sums[1] if declared.population_base == "calls" else sums[0]
    inside = _inside(counted > 0)
    rolled = (inside & (counted < SMALLEST_MONTH)).any(axis=1)
    month = divide(sums[2], sums[1])
    shown = np.where(rolled[:, np.newaxis], rolling(sums), sums)
    shown = np.where(_started(inside, rolled), shown, np.nan)
    value = divide(shown[2], shown[1])
    first = np.cumsum(~np.isnan(month), axis=1) <= base
    held = np.where(first & ~np.isnan(month), sums, 0.0).sum(axis=2)
    size = held[1] if declared.population_base == "calls" else held[0]
    judged = ((~np.isnan(month)).sum(axis=1) >= base) & (size >= SMALLEST_JUDGED * base)
    pooled = divide(held[2], held[1])
    median, in_shift, in_trend = _seen(month, judged, base)
    centre = np.where(judged, np.where(rolled, pooled, median), np.nan)[:, np.newaxis]
    spread = row_variance(held, pooled, declared)[:, np.newaxis]
    chance = chance_variance(shown, spread, declared) + chance_variance(
        held[:, :, np.newaxis], spread, declared
    )
    reach = SIGMAS * np.sqrt(chance)
    top = 1.0 if declared.is_proportion else np.inf
    lower, upper = np.maximum(centre - reach, 0), np.minimum(centre + reach, top)
    signal = np.full(month.shape, None, dtype=object)
    known = judged[:, np.newaxis] & ~np.isnan(value)
    signal[known] = "none"
    signal[known & in_trend] = "trend"
    signal[known & in_shift] = "shift"
    signal[known & ((value < lower) | (value > upper))] = "outside"
    n = shown[1] if declared.population_base == "calls" else shown[0]
    scale = declared.scale
    line = np.broadcast_to(centre, month.shape) * scale
    return Charts(value * scale, n, line, lower * scale, upper * scale, signal, rolled, inside)


def rolling(sums: FloatArray) -> FloatArray:
    """Return sums over the twelve months that end with each; NaN before there are twelve.

    Examples
    --------
    >>> rolling(np.ones((1, 1, 13)))[0, 0, 10:]
    array([nan, 12., 12.])
    """
    made = np.full(sums.shape, np.nan)
    if sums.shape[-1] >= YEAR:
        made[..., YEAR - 1 :] = sliding_window_view(sums, YEAR, axis=-1).sum(axis=-1)
    return made


def _seen(
    month: FloatArray, judged: BoolArray, base: int
) -> tuple[FloatArray, BoolArray, BoolArray]:
    """Return the median of the base months, and the months in a shift and in a trend."""
    median, nowhere = np.full(len(month), np.nan), np.zeros(month.shape, bool)
    in_shift, in_trend = nowhere, nowhere.copy()
    if judged.any():
        chart = run_chart(month[judged], base=base, shift=SHIFT, trend=TREND)
        median[judged], in_shift[judged] = chart.centre, chart.in_shift
        in_trend[judged] = chart.in_trend
    return median, in_shift, in_trend


def _inside(some: BoolArray) -> BoolArray:
    since = np.maximum.accumulate(some, axis=1)
    until = np.maximum.accumulate(some[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(since & until)


def _started(inside: BoolArray, rolled: BoolArray) -> BoolArray:
    """Return the months that are shown: of rolled series those with a whole year behind them."""
    whole = np.cumsum(inside, axis=1) >= YEAR
    return np.asarray(inside & (whole | ~rolled[:, np.newaxis]))


def row_variance(held: FloatArray, ratio: FloatArray, declared: Declaration) -> FloatArray:
    """Return the variance of a row: by the law of shares and counts, else of the rows themselves.

    Parameters
    ----------
    held
        Six sums, (6, ...), about whose ``ratio`` the rows of amounts are held.

    Examples
    --------
    >>> from equity_pipeline.indicators.catalogue import load_catalogue
    >>> row_variance(np.ones((6, 1)), np.array([0.2]), load_catalogue()["VT01"]).round(2)
    array([0.16])
    """
    if declared.is_proportion:
        return np.asarray(ratio * (1 - ratio))
    if declared.counts_events:
        return ratio
    known = np.nan_to_num(ratio)
    return divide(residual_squares(known, *held[3:]), held[0])


def chance_variance(shown: FloatArray, spread: FloatArray, declared: Declaration) -> FloatArray:
    """Return the variance by chance of ratios of sums, (6, ...), from the variance of a row."""
    if declared.counts_events:
        return divide(spread, shown[1])
    return divide(spread * shown[0], shown[1] ** 2)
