"""Standard errors of rank indices: from the convenient regression, or from every influence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.gradient.ranked import Ranked


class RankError(StrEnum):
    """What a standard error of a rank index takes for uncertain.

    ``influence``: the outcomes, their mean and the ranks (the whole sample); ``delta``: outcomes
    and mean; ``convenient``: outcomes alone, as the convenient regression has it.
    """

    INFLUENCE = "influence"
    DELTA = "delta"
    CONVENIENT = "convenient"


class Robust(StrEnum):
    """How the residuals of the convenient regression are squared: evenly, or each its own."""

    MODEL = "model"
    HC0 = "hc0"
    HC1 = "hc1"
    HC2 = "hc2"
    HC3 = "hc3"


@dataclass(frozen=True, slots=True)
class Influence:
    """How a person with outcome y moves a total: ``base + factor * y``, per record (m,)."""

    base: FloatArray
    factor: FloatArray


@dataclass(frozen=True, slots=True)
class Spread:
    """Variances (K,) with the observations and, with clusters, the clusters behind them."""

    variance: FloatArray
    people: FloatArray
    groups: FloatArray | None


def squared(ranked: Ranked, moved: Influence, robust: Robust, *, columns: int) -> Spread:
    """Return the variance of the sum over people of their influence, (K,).

    Examples
    --------
    >>> from equity_pipeline.statistics.gradient import ranked_people
    >>> people = ranked_people([0, 1, 1], rank=[1, 2, 3])
    >>> moved = Influence(np.full(3, -2 / 3), np.ones(3))  # a mean about itself
    >>> squared(people, moved, Robust.HC0, columns=1).variance.round(4)
    array([0.6667])
    """
    people = ranked.sums(ranked.people)
    at_mean = moved.base + moved.factor * ranked.mean
    if ranked.cluster is not None:
        total, groups = _by_cluster(ranked, ranked.weight * at_mean)
        factor = _clustered(people, groups, columns, robust)
        return Spread(total * factor, people, groups)
    each = ranked.square * at_mean**2 + ranked.within_square * moved.factor**2
    return Spread(ranked.sums(each) * _plain(people, columns, robust), people, None)


def _by_cluster(ranked: Ranked, numbers: FloatArray) -> tuple[FloatArray, FloatArray]:
    assert ranked.cluster is not None
    width = int(ranked.cluster.max()) + 1
    place = ranked.cluster + ranked.stratum * width
    size = width * ranked.n_strata
    sums = np.bincount(place, numbers, size).reshape(-1, width)
    held = np.bincount(place, ranked.weight, size).reshape(-1, width) > 0
    return (sums**2).sum(axis=1), held.sum(axis=1).astype(np.float64)


def _clustered(people: FloatArray, groups: FloatArray, columns: int, robust: Robust) -> FloatArray:
    require(
        robust in (Robust.HC0, Robust.HC1),
        f"{robust} is no error for clusters.",
        where="rank index",
        mend="give hc0 or hc1 with clusters",
    )
    if robust is Robust.HC0:
        return np.ones_like(groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        made = groups / (groups - 1)
        if columns > 1:
            made = made * (people - 1) / (people - columns)
    return np.where(groups > 1, made, np.nan)


def _plain(people: FloatArray, columns: int, robust: Robust) -> FloatArray:
    if robust is not Robust.HC1:
        return np.ones_like(people)
    return np.where(
        people > columns, people / np.where(people > columns, people - columns, 1), np.nan
    )


def regression(ranked: Ranked, slope: FloatArray, level: FloatArray, robust: Robust) -> Spread:
    """Return the variance of ``slope`` and ``level`` derivatives through the convenient line.

    Parameters
    ----------
    ranked
        The people.
    slope, level
        Derivatives of the index by ``E[y (2r - 1)]`` and by the mean of y, (K,).
    robust
        How residuals are squared; clusters are summed first.

    Examples
    --------
    >>> from equity_pipeline.statistics.gradient import ranked_people
    >>> people = ranked_people([0, 1, 1], rank=[1, 2, 3])
    >>> regression(people, np.ones(1), np.zeros(1), Robust.MODEL).variance.round(4)
    array([0.0165])
    """
    from_middle = ranked.groups.middle[ranked.groups.of_record] - 0.5
    total = ranked.total
    width = ranked.sums(ranked.weight * from_middle**2)
    width = np.where(width > 0, width, np.nan)
    steep = ranked.sums(ranked.weight * ranked.mean * from_middle) / width
    line = ranked.spread(ranked.average) + ranked.spread(steep) * from_middle
    q = (2 * from_middle * ranked.spread(slope) + ranked.spread(level)) / ranked.spread(total)
    if robust is Robust.MODEL and ranked.cluster is None:
        return _model(ranked, q, line)
    leverage = from_middle**2 / ranked.spread(width) + 1 / ranked.spread(total)
    own = _leverage(ranked, leverage, robust)
    return squared(ranked, Influence(-q * own * line, q * own), robust, columns=2)


def _leverage(ranked: Ranked, leverage: FloatArray, robust: Robust) -> FloatArray:
    """Return what a residual is multiplied with for the leverage of one person's weight."""
    if robust not in (Robust.HC2, Robust.HC3):
        return np.ones_like(leverage)
    weight = np.where(ranked.weight > 0, ranked.weight, 1)
    room = 1 - leverage * ranked.square / weight
    power = 0.5 if robust is Robust.HC2 else 1.0
    return np.where(room > 0, np.where(room > 0, room, 1) ** -power, np.nan)


def _model(ranked: Ranked, q: FloatArray, line: FloatArray) -> Spread:
    people = ranked.sums(ranked.people)
    left = ranked.sums(ranked.weight * (ranked.mean - line) ** 2 + ranked.within)
    dispersion = np.where(people > 2, left / np.where(people > 2, people - 2, 1), np.nan)
    return Spread(dispersion * ranked.sums(ranked.weight * q**2), people, None)


def influence(ranked: Ranked, weigh: FloatArray, bend: tuple[FloatArray, FloatArray]) -> Influence:
    """Return how people move ``E[y k(rank)]``, the ranks of the others among it.

    Parameters
    ----------
    ranked
        The people.
    weigh
        The mean of k over each rank group, (g,).
    bend
        k itself at the lower and the upper end of each rank group, (g,) each.

    Examples
    --------
    >>> from equity_pipeline.statistics.gradient import ranked_people
    >>> people = ranked_people([0, 1, 1], rank=[1, 2, 3])
    >>> groups = people.groups
    >>> ends = (2 * groups.lower - 1, 2 * groups.upper - 1)
    >>> influence(people, 2 * groups.middle - 1, ends).base.round(4)
    array([ 0.2222, -0.1111, -0.7778])
    """
    groups = ranked.groups
    size = len(groups.share)
    mass = np.bincount(groups.of_record, ranked.weight, size)
    sums = np.bincount(groups.of_record, ranked.weight * ranked.mean, size)
    mean = sums / np.where(mass > 0, mass, 1)
    # strata without people have no ranks, and must not spoil the sums of the others
    at_lower, at_upper = (np.where(mass > 0, mean * end, 0) for end in bend)
    # a person more in a group lifts the upper end of it, and both ends of all groups above
    lifted = np.cumsum((at_upper - at_lower)[::-1])[::-1]
    above = np.searchsorted(groups.stratum, np.arange(ranked.n_strata), side="right")
    after = np.concatenate([lifted, [0.0]])[above][groups.stratum]
    base = (lifted - after + at_lower - mean * weigh)[groups.of_record]
    factor = weigh[groups.of_record]
    centre = ranked.sums(ranked.weight * (base + factor * ranked.mean)) / ranked.total
    return Influence(base - ranked.spread(centre), factor)
