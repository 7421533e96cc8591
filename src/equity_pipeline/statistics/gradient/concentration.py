"""Concentration indices of people or cells, with errors that know what was estimated."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

import numpy as np

from equity_pipeline.statistics.clustered import few_clusters
from equity_pipeline.statistics.estimate import (
    ENOUGH_CLUSTERS,
    Caution,
    Estimate,
    FloatArray,
    divide,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.gradient.rank_error import (
    Influence,
    RankError,
    Robust,
    Spread,
    influence,
    regression,
    squared,
)
from equity_pipeline.statistics.gradient.ranked import Ranked
from equity_pipeline.statistics.reading import one_of

Bounds = tuple[float, float]


class Normalisation(StrEnum):
    """What the generalised index is divided by.

    With A = E[y (2r - 1)], mean m and bounds a and b of what y can be: ``standard`` A / m;
    ``generalised`` A; ``modified`` A / (m - a); ``wagstaff`` A (b - a) / ((b - m) (m - a));
    ``erreygers`` 4 A / (b - a).
    """

    STANDARD = "standard"
    GENERALISED = "generalised"
    MODIFIED = "modified"
    WAGSTAFF = "wagstaff"
    ERREYGERS = "erreygers"


_BOUNDED = (Normalisation.MODIFIED, Normalisation.WAGSTAFF, Normalisation.ERREYGERS)


def concentration(
    ranked: Ranked,
    *,
    index: Normalisation = Normalisation.STANDARD,
    bounds: Bounds | None = None,
    error: RankError = RankError.INFLUENCE,
    robust: Robust = Robust.HC1,
    confidence: float = 0.95,
) -> Estimate:
    """Return the concentration index of each stratum (K,): above 0 = more among the last ranks.

    Parameters
    ----------
    ranked
        From :func:`ranked_people` or :func:`ranked_cells`.
    index
        How the index is normalised; see :class:`Normalisation`.
    bounds
        The least and the greatest outcome that is possible; needed by ``modified`` (whose upper
        bound may be infinite), ``wagstaff`` and ``erreygers``, and by no other.
    error
        What the standard error takes for uncertain; see :class:`RankError`. The whole
        influence is right; the other two are those of the field's packages.
    robust
        How the residuals of the convenient regression are squared (``delta``, ``convenient``):
        ``hc1``, with clusters G / (G - 1) (n - 1) / (n - 2), is Stata's. For ``influence``,
        ``hc0`` leaves out n / (n - 1), with clusters G / (G - 1).
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        ``n`` counts people. NaN where nobody is, or the normalisation divides by 0. With fewer
        than forty clusters the limits are Student's.

    Raises
    ------
    MethodError
        If bounds are missing, not needed or passed by the outcome, or clusters go with an error
        that is not made for them.

    References
    ----------
    Kakwani N, Wagstaff A, van Doorslaer E (1997), Journal of Econometrics 77:87-103.
    Wagstaff A (2005), Health Economics 14:429-432.
    Erreygers G (2009), Journal of Health Economics 28:504-515.
    O'Donnell O, O'Neill S, Van Ourti T, Walsh B (2016), Stata Journal 16:112-138.

    Examples
    --------
    >>> from equity_pipeline.statistics.gradient import ranked_people
    >>> sick = ranked_people([1, 1, 0, 1, 0, 0], rank=[1, 2, 3, 4, 5, 6])
    >>> made = concentration(sick, index=Normalisation.ERREYGERS, bounds=(0, 1))
    >>> made.value.round(4), made.standard_error.round(4), made.method
    (array([-0.7778]), array([0.2811]), 'concentration_erreygers_influence')
    """
    index = one_of(index, Normalisation, where="concentration")
    error = one_of(error, RankError, where="concentration")
    robust = one_of(robust, Robust, where="concentration")
    check_bounds(index, bounds, ranked.mean[ranked.weight > 0], "concentration")
    total, mean = rank_total(ranked), ranked.average
    value, by_total, by_mean = normalised_index(index, total, mean, bounds)
    spread = _spread(ranked, by_total, by_mean, error, robust)
    name = f"concentration_{index}_{_named(error, robust, ranked)}"
    return finished(value, spread, name, confidence)


def rank_total(ranked: Ranked) -> FloatArray:
    """Return E[y (2r - 1)] of each stratum (K,).

    Examples
    --------
    >>> from equity_pipeline.statistics.gradient import ranked_people
    >>> rank_total(ranked_people([0, 1, 1], rank=[1, 2, 3])).round(4)
    array([0.2222])
    """
    twice = 2 * ranked.groups.middle[ranked.groups.of_record] - 1
    away = ranked.mean - ranked.spread(ranked.average)  # the ranks sum to 0: nothing is lost
    return ranked.sums(ranked.weight * away * twice) / ranked.total


def finished(value: FloatArray, spread: Spread, method: str, confidence: float) -> Estimate:
    """Return the estimate with its limits, by Student's t where clusters are few.

    Examples
    --------
    >>> spread = Spread(np.array([0.0004]), np.array([50.0]), None)
    >>> finished(np.array([0.1]), spread, "shown", 0.95).upper.round(4)
    array([0.1392])
    """
    error = np.sqrt(np.where(np.isnan(value), np.nan, spread.variance))
    made = normal_estimate(value, error, confidence=confidence, method=method)
    few = np.zeros(value.shape, dtype=bool)
    if spread.groups is not None:
        few = spread.groups < ENOUGH_CLUSTERS
        freedom = np.where(few, np.maximum(spread.groups - 1, 1), np.inf)
        student = few_clusters(made, freedom, confidence=confidence)
        made = replace(student, method=method + ("_t" if few.any() else ""))
    return replace(made, n=spread.people).warned(Caution.FEW_CLUSTERS, few)


def normalised_index(
    index: Normalisation, total: FloatArray, mean: FloatArray, bounds: Bounds | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the index and its derivatives by the generalised index and by the mean.

    Examples
    --------
    >>> total, mean = np.array([0.2]), np.array([0.5])
    >>> normalised_index(Normalisation.ERREYGERS, total, mean, (0, 1))[0]
    array([0.8])
    """
    lowest, highest = bounds if bounds is not None else (0.0, 1.0)
    one, above, below = np.ones_like(mean), mean - lowest, highest - mean
    if index is Normalisation.GENERALISED:
        return total, one, 0 * one
    if index is Normalisation.ERREYGERS:
        return 4 * total / (highest - lowest), 4 * one / (highest - lowest), 0 * one
    if index is Normalisation.WAGSTAFF:
        factor = divide(highest - lowest, above * below)
        return total * factor, factor, total * factor * (divide(1, below) - divide(1, above))
    size = mean if index is Normalisation.STANDARD else above
    return divide(total, size), divide(1, size), -divide(total, size**2)


def _spread(
    ranked: Ranked, by_total: FloatArray, by_mean: FloatArray, error: RankError, robust: Robust
) -> Spread:
    if error is not RankError.INFLUENCE:
        level = by_mean if error is RankError.DELTA else np.zeros_like(by_mean)
        return regression(ranked, by_total, level, robust)
    groups = ranked.groups
    ends = (2 * groups.lower - 1, 2 * groups.upper - 1)
    moved = influence(ranked, 2 * groups.middle - 1, ends)
    to_mean = ranked.spread(by_mean)
    both = Influence(
        ranked.spread(by_total) * moved.base - to_mean * ranked.spread(ranked.average),
        ranked.spread(by_total) * moved.factor + to_mean,
    )
    return over_people(ranked, both, robust)


def over_people(ranked: Ranked, moved: Influence, robust: Robust) -> Spread:
    """Return the variance of a mean over people of their influence.

    Examples
    --------
    >>> from equity_pipeline.statistics.gradient import ranked_people
    >>> people = ranked_people([0, 1, 1], rank=[1, 2, 3])
    >>> moved = Influence(np.full(3, -2 / 3), np.ones(3))  # a mean about itself
    >>> over_people(people, moved, Robust.HC0).variance.round(4)
    array([0.0741])
    """
    total = ranked.spread(ranked.total)
    plain = Robust.HC0 if robust is Robust.HC0 else Robust.HC1
    return squared(ranked, Influence(moved.base / total, moved.factor / total), plain, columns=1)


def _named(error: RankError, robust: Robust, ranked: Ranked) -> str:
    made = str(error) if error is RankError.INFLUENCE else f"{error}_{robust}"
    return made if ranked.cluster is None else f"{made}_cluster"


def check_bounds(
    index: Normalisation, bounds: Bounds | None, values: FloatArray, where: str
) -> None:
    """Refuse bounds that are missing, not needed, the wrong way round, or passed by a value.

    Examples
    --------
    >>> check_bounds(Normalisation.ERREYGERS, (0, 1), np.array([0.2, 0.9]), "here")
    """
    require(
        (bounds is not None) == (index in _BOUNDED),
        f"The {index} index is made {'with' if index in _BOUNDED else 'without'} bounds.",
        where=where,
        mend="give the least and greatest possible outcome to the indices of bounded outcomes only",
    )
    if bounds is None:
        return
    lowest, highest = bounds
    finite = np.isfinite(lowest) and (np.isfinite(highest) or index is Normalisation.MODIFIED)
    outside = (values < lowest) | (values > highest)
    require(
        finite and lowest < highest and not bool(outside.any()),
        "The bounds are the wrong way round, or outcomes lie outside them.",
        where=where,
        mend="give the least and the greatest outcome that is possible",
    )
