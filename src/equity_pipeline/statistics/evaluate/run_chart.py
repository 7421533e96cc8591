"""Run charts: the median of a base period, and signs that something else than chance moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from equity_pipeline.statistics.estimate import BoolArray, FloatArray, require
from equity_pipeline.statistics.reading import numbers

SHIFT = 6  # points in a row on one side of the centre line
TREND = 5  # points in a row all rising or all falling
CROSSINGS_RISK = 0.05  # so seldom has chance alone fewer crossings


@dataclass(frozen=True, slots=True)
class RunChart:
    """The centre line and what was seen about it, for S series of T points.

    ``in_shift`` and ``in_trend`` (S, T) mark the points of a shift or trend; ``longest_run``,
    ``longest_run_limit``, ``crossings`` and ``crossings_limit`` (S,) hold what was counted and
    what chance seldom passes; ``signal`` (S,) tells whether any of the four rules speaks.
    """

    centre: FloatArray
    in_shift: BoolArray
    in_trend: BoolArray
    longest_run: FloatArray
    longest_run_limit: FloatArray
    crossings: FloatArray
    crossings_limit: FloatArray
    signal: BoolArray


def run_chart(values: ArrayLike, *, base: int, shift: int = SHIFT, trend: int = TREND) -> RunChart:
    """Return the centre line of the base period and the signals of run-chart rules.

    The centre line is the median of the first ``base`` known points and is never moved by the
    machine, however the series goes on. Points on the line neither break nor make a run;
    repeated values neither break nor make a trend.

    Parameters
    ----------
    values
        Points in order of time, (T,) or (S, T); NaN where a month has none.
    base
        Points of the base period, at least 8, chosen beforehand.
    shift, trend
        Points in a row that make a shift, or a trend.

    Raises
    ------
    MethodError
        If the base period is longer than the series or under 8, or a series is empty.

    References
    ----------
    Perla RJ, Provost LP, Murray SK (2011), BMJ Quality & Safety 20:46-51.
    Anhoj J, Olesen AV (2014), PLoS ONE 9:e113825.

    Examples
    --------
    >>> chart = run_chart([5, 6, 4, 5, 7, 5, 4, 6, 7, 8, 7, 8, 9, 8], base=8)
    >>> chart.centre, int(chart.in_shift.sum()), chart.signal
    (array(5.), 7, array(True))
    """
    points = np.atleast_2d(numbers(values, where="run_chart"))
    known = ~np.isnan(points)
    _check(points, known, base, shift, trend)
    centre = np.nanmedian(
        np.where(np.cumsum(known, axis=1) <= base, points, np.nan), axis=1, keepdims=True
    )
    side = np.where(known, np.sign(points - centre), 0)
    useful, crossings, longest = _runs(side)
    # of n useful points chance alone has a longer run, or fewer crossings, one time in twenty
    limit = np.round(np.log2(np.maximum(useful, 1)) + 3)
    fewest = _fewest_crossings(useful)
    in_shift = _long(side, shift)
    in_trend = _long(_steps(points, known), trend - 1, ends=True)
    signal = in_shift.any(axis=1) | in_trend.any(axis=1) | (longest > limit) | (crossings < fewest)
    shape = np.asarray(values).shape[:-1]
    return RunChart(
        centre=centre.reshape(shape),
        in_shift=in_shift.reshape(np.shape(values)),
        in_trend=in_trend.reshape(np.shape(values)),
        longest_run=longest.reshape(shape),
        longest_run_limit=limit.reshape(shape),
        crossings=crossings.reshape(shape),
        crossings_limit=fewest.reshape(shape),
        signal=signal.reshape(shape),
    )


def _check(points: FloatArray, known: BoolArray, base: int, shift: int, trend: int) -> None:
    require(
        points.ndim == 2 and bool((known.sum(axis=1) >= base).all()) and base >= 8,
        "The base period is under 8 points, or longer than a series.",
        where="run_chart",
        mend="give series of at least as many known points as the base period",
    )
    require(
        shift >= 3 and trend >= 3 and not np.isinf(points).any(),
        "A rule asks for under three points in a row, or a point is infinite.",
        where="run_chart",
        mend="use 6 for a shift and 5 for a trend, or longer",
    )


def _steps(points: FloatArray, known: BoolArray) -> FloatArray:
    """Return the sign of the step to each known point from the one before it; 0 where none."""
    before = np.full(points.shape, np.nan)
    last = np.full(len(points), np.nan)
    for t in range(points.shape[1]):
        before[:, t] = last
        last = np.where(known[:, t], points[:, t], last)
    return np.asarray(np.nan_to_num(np.sign(points - before)), dtype=np.float64)


def _runs(side: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return useful points, crossings and the longest run per series; zeros are passed over."""
    size = len(side)
    useful, crossings, longest, length, last = (np.zeros(size) for _ in range(5))
    for now in side.T:
        told = now != 0
        crossed = told & (last != 0) & (now != last)
        length = np.where(told, np.where(crossed, 1, length + 1), length)
        longest = np.maximum(longest, length)
        useful, crossings = useful + told, crossings + crossed
        last = np.where(told, now, last)
    return useful, crossings, longest


def _long(signs: FloatArray, least: int, *, ends: bool = False) -> BoolArray:
    """Return which points lie in a run of at least ``least`` equal signs, zeros passed over.

    With ``ends`` the point that a run of steps starts from belongs to it as well.
    """
    made = np.zeros(signs.shape, dtype=bool)
    for row, series in enumerate(signs):
        places = np.flatnonzero(series)
        if not len(places):
            continue
        cuts = np.flatnonzero(np.diff(series[places])) + 1
        for run in np.split(places, cuts):
            if len(run) >= least:
                made[row, max(run[0] - 1, 0) if ends else run[0] : run[-1] + 1] = True
    return made


def _fewest_crossings(useful: FloatArray) -> FloatArray:
    """Return the 5 % quantile of crossings among n - 1 even chances."""
    chances = np.maximum(useful - 1, 0)
    most = int(chances.max(initial=0))
    k = np.arange(most + 1)
    reached = bdtr(k[np.newaxis], np.maximum(chances, 1)[:, np.newaxis].astype(int), 0.5)
    # beyond all chances the distribution is complete
    complete = np.where(k[np.newaxis] >= chances[:, np.newaxis], 1.0, reached)
    return np.asarray((complete < CROSSINGS_RISK).sum(axis=1), dtype=np.float64)
