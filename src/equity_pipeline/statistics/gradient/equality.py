"""Whether groups have one and the same rank index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2 as chi2_distribution
from scipy.stats import f as f_distribution

from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.gradient.concentration import (
    Normalisation,
    concentration,
    normalised_index,
)
from equity_pipeline.statistics.gradient.ranked import Ranked
from equity_pipeline.statistics.reading import one_of, together


@dataclass(frozen=True, slots=True)
class Equality:
    """Groups' indices beside the first group's, and tests that all are the same.

    Attributes
    ----------
    difference
        Each group's index minus the first group's (K,); the first is 0.
    statistic, freedom, p
        Chi-square of equality, its degrees of freedom and p; for two groups z squared.
    """

    difference: Estimate
    statistic: float
    freedom: int
    p: float


@dataclass(frozen=True, slots=True)
class PooledTest:
    """F test that groups' convenient regressions have one slope."""

    statistic: float
    freedom: tuple[int, int]
    p: float


def equal_indices(
    index: ArrayLike, standard_error: ArrayLike, *, confidence: float = 0.95
) -> Equality:
    """Return the differences of independent groups' indices, and the test that there are none.

    Parameters
    ----------
    index, standard_error
        Indices of the groups (K,), at least two, and their errors above 0, such as a
        concentration index by stratum. No cluster may be in two groups.
    confidence
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    MethodError
        If there are fewer than two groups, or an index or error is missing or not above 0.

    References
    ----------
    Wald A (1943), doi:10.1090/S0002-9947-1943-0012401-3.

    Examples
    --------
    >>> made = equal_indices([-0.03, -0.10], [0.02, 0.02])
    >>> round(made.statistic, 3), made.freedom, round(made.p, 4), made.difference.value.round(3)
    (6.125, 1, 0.0133, array([ 0.  , -0.07]))
    """
    value, error = together(index, standard_error, where="equal_indices")
    require(
        value.ndim == 1 and value.size > 1 and bool((np.isfinite(value) & (error > 0)).all()),
        "Indices or errors of at least two groups are missing.",
        where="equal_indices",
        mend="give the groups that have an index with a standard error",
    )
    precision = 1 / error**2
    middle = float((precision * value).sum() / precision.sum())
    statistic = float((precision * (value - middle) ** 2).sum())
    apart = np.sqrt(error**2 + error[0] ** 2)
    apart[0] = 0.0
    return Equality(
        normal_estimate(
            value - value[0], apart, confidence=confidence, method="difference_of_indices"
        ),
        statistic,
        value.size - 1,
        float(chi2_distribution.sf(statistic, value.size - 1)),
    )


def equal_slopes(
    ranked: Ranked,
    *,
    index: Normalisation = Normalisation.STANDARD,
    bounds: tuple[float, float] | None = None,
) -> PooledTest:
    """Return the F test of one concentration index in all strata, for few people.

    It takes the residuals of the strata's convenient regressions for one normal spread, as
    Chow's test does; :func:`equal_indices` does not, and is for many people.

    Parameters
    ----------
    ranked
        From :func:`ranked_people` or :func:`ranked_cells`, with at least two strata.
    index, bounds
        As in :func:`concentration`.

    Raises
    ------
    MethodError
        If a stratum has no index, or there are too few people.

    References
    ----------
    Chow GC (1960), Econometrica 28:591-605.
    O'Donnell O, O'Neill S, Van Ourti T, Walsh B (2016), Stata Journal 16:112-138.

    Examples
    --------
    >>> from equity_pipeline.statistics.gradient import ranked_people
    >>> two = ranked_people(
    ...     [3, 2, 2, 1, 3, 4, 5, 5], [1, 2, 3, 4, 1, 2, 3, 4],
    ...     stratum=[0, 0, 0, 0, 1, 1, 1, 1], n_strata=2,
    ... )
    >>> test = equal_slopes(two)
    >>> round(test.statistic, 3), test.freedom, round(test.p, 4)
    (32.421, (1, 4), 0.0047)
    """
    index = one_of(index, Normalisation, where="equal_slopes")
    made = concentration(ranked, index=index, bounds=bounds)
    people = float(made.n.sum())
    strata = ranked.n_strata
    require(
        strata > 1 and people > 2 * strata and bool(np.isfinite(made.value).all()),
        "There are too few people, or strata without an index.",
        where="equal_slopes",
        mend="give at least two strata in which the index exists, with three people each",
    )
    width, left = _lines(ranked, index, bounds)
    middle = (width * made.value).sum() / width.sum()
    between = float((width * (made.value - middle) ** 2).sum()) / (strata - 1)
    freedom = (strata - 1, round(people) - 2 * strata)
    statistic = between / (float(left.sum()) / freedom[1])
    return PooledTest(statistic, freedom, float(f_distribution.sf(statistic, *freedom)))


def _lines(
    ranked: Ranked, index: Normalisation, bounds: tuple[float, float] | None
) -> tuple[FloatArray, FloatArray]:
    """Return the rank's sum of squares and the residual one of the convenient lines, (K,)."""
    from_middle = ranked.groups.middle[ranked.groups.of_record] - 0.5
    width = ranked.sums(ranked.weight * from_middle**2)
    mean = ranked.average
    away = ranked.mean - ranked.spread(mean)
    slope = ranked.sums(ranked.weight * away * from_middle) / width
    residual = away - ranked.spread(slope) * from_middle
    left = ranked.sums(ranked.weight * residual**2 + ranked.within)
    # the line is fitted to the outcome times twice the variance of the ranks and this factor
    _, factor, _ = normalised_index(index, mean, mean, bounds)
    return width, left * (2 * width / ranked.total * factor) ** 2
