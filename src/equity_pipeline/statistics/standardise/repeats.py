"""Rates of events that one person may have several of, with the variance over people.

A person's visits come together, so their number varies more than a Poisson count: its variance
is the sum over people of (events of the person)^2, of which the count itself is the special case
of one event each. Person-time that differs between people is for ``rates.ratio_of_sums``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import Estimate, FloatArray, require
from equity_pipeline.statistics.rates import require_events
from equity_pipeline.statistics.reading import together
from equity_pipeline.statistics.standardise.weighted_poisson import RateLimits, weighted_rate


@dataclass(frozen=True, slots=True)
class RepeatEvents:
    """What the repeat events of a stratum add up to; arrays of one shape.

    Attributes
    ----------
    people
        People with at least one event.
    events
        All their events.
    squares
        Sum over people of (events of the person)^2: the variance of ``events``.
    """

    people: FloatArray
    events: FloatArray
    squares: FloatArray


def from_frequencies(people: ArrayLike, frequency: ArrayLike, *, axis: int = -1) -> RepeatEvents:
    """Return the sums of repeat events from how many people had one, two, three ... events.

    Parameters
    ----------
    people
        People per number of events (along ``axis``) and, in the other axes, per stratum, not
        negative. NaN is refused: give 0 where nobody had that many.
    frequency
        Events of each of these people: whole numbers, not negative, one per place on ``axis``.
    axis
        Where the frequencies lie; they are summed over.

    Raises
    ------
    MethodError
        If people are negative, missing or infinite, or a frequency is no whole number from 0.

    Examples
    --------
    >>> visits = from_frequencies([70, 20, 10], [1, 2, 3])
    >>> float(visits.people), float(visits.events), float(visits.squares)
    (100.0, 140.0, 240.0)
    """
    times = np.atleast_1d(together(frequency, where="from_frequencies")[0])
    require(
        (times >= 0) & np.isfinite(times) & (times == np.round(times)) & (times.ndim == 1),
        "A frequency of events is no whole number from 0.",
        where="from_frequencies",
        mend="give the events of each person in the place: 1, 2, 3 ...",
    )
    counted = np.moveaxis(np.atleast_1d(together(people, where="from_frequencies")[0]), axis, -1)
    require(
        counted.shape[-1] == len(times) and bool((counted >= 0).all()),
        "People are negative or missing, or there is not one number of them per frequency.",
        where="from_frequencies",
        mend="give people with one place per frequency along axis, 0 where there is nobody",
    )
    some = np.asarray((counted * (times > 0)).sum(axis=-1))
    return RepeatEvents(some, np.asarray(counted @ times), np.asarray(counted @ times**2))


def repeat_rate(
    events: ArrayLike,
    squares: ArrayLike,
    person_time: ArrayLike,
    *,
    scale: float = 1.0,
    limits: str = RateLimits.DOBSON_FAY_FEUER,
    confidence: float = 0.95,
) -> Estimate:
    """Return crude rates of repeat events per person-time x scale, limits stretched for repeats.

    Parameters
    ----------
    events, squares
        Events, and sums over people of (events of the person)^2, per stratum: see
        :func:`from_frequencies`, or ``s`` and ``ss`` of the cells.
    person_time
        Per stratum, not negative; 0 or NaN gives NaN throughout.
    scale, limits, confidence
        As in ``standardise.direct_rate``.

    Returns
    -------
    Estimate
        The variance is ``squares / person_time^2``. Where everybody has one event the limits
        from 10 events are those of ``rates.rate``. With no events the repeats are not known:
        the limits are those of single events.

    Raises
    ------
    MethodError
        If events or person-time are negative, or squares are not those of whole events.

    References
    ----------
    Stukel TA, Glynn RJ, Fisher ES et al. (1994), Statistics in Medicine 13:1781-1791.
    Dobson AJ et al. (1991), Statistics in Medicine 10:457-462.

    Examples
    --------
    >>> one, several = repeat_rate(140, 140, 1000), repeat_rate(140, 240, 1000)
    >>> round(float(one.lower), 4), round(float(several.lower), 4), round(float(several.upper), 4)
    (0.1178, 0.1109, 0.173)
    """
    x, x2, time = together(events, squares, person_time, where="repeat_rate")
    _require_squares(x, x2, time, where="repeat_rate")
    one = np.newaxis  # the whole is a standard of one stratum
    return weighted_rate(
        x[..., one],
        x2[..., one],
        time[..., one],
        np.ones((*x.shape, 1)),
        scale=scale,
        limits=limits,
        confidence=confidence,
    )


def direct_repeat_rate(
    events: ArrayLike,
    squares: ArrayLike,
    person_time: ArrayLike,
    weights: ArrayLike,
    *,
    scale: float = 1.0,
    axis: int = -1,
    limits: str = RateLimits.DOBSON_FAY_FEUER,
    confidence: float = 0.95,
) -> Estimate:
    """Return directly standardised rates of repeat events, with the variance over people.

    Parameters
    ----------
    events, squares, person_time
        As in :func:`repeat_rate`, per standard stratum (along ``axis``) and per group.
    weights
        Standard population per stratum; need not sum to 1.
    scale, axis, limits, confidence
        As in ``standardise.direct_rate``.

    Returns
    -------
    Estimate
        The variance is ``sum w^2 squares / person_time^2``. The value is that of
        ``standardise.direct_rate``; the limits are wider by as much as people repeat.

    Raises
    ------
    MethodError
        If events or person-time are negative, squares are not those of whole events, or a
        weight is negative or missing, or all are 0.

    References
    ----------
    Dobson AJ et al. (1991), Statistics in Medicine 10:457-462.
    Stukel TA, Glynn RJ, Fisher ES et al. (1994), Statistics in Medicine 13:1781-1791.

    Examples
    --------
    >>> cells = dict(events=[30, 50], squares=[40, 90], person_time=[100, 80], weights=[1, 1])
    >>> std = direct_repeat_rate(**cells, scale=100)
    >>> round(float(std.value), 2), round(float(std.lower), 2), round(float(std.upper), 2)
    (46.25, 33.8, 60.95)
    """
    moved = together(events, squares, person_time, weights, where="direct_repeat_rate")
    x, x2, time, w = (np.moveaxis(array, axis, -1) for array in moved)
    _require_squares(x, x2, time, where="direct_repeat_rate")
    return weighted_rate(x, x2, time, w, scale=scale, limits=limits, confidence=confidence)


def _require_squares(x: FloatArray, x2: FloatArray, time: FloatArray, *, where: str) -> None:
    require_events(x, time, where=where)
    slack = 1e-9 * (1 + np.abs(x))
    require(
        ~((x2 < x - slack) | (x2 > x**2 + slack * (1 + np.abs(x))) | np.isinf(x2)),
        "The squares are not of whole numbers of events: at least them, at most their square.",
        where=where,
        mend="sum (events of the person)^2 over the same people as the events",
    )
