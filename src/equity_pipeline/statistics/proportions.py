"""Shares of people or contacts, with Wilson's interval, the exact one, and that of clusters."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainccinv, betaincinv, stdtrit

from equity_pipeline.statistics.estimate import (
    ENOUGH_CLUSTERS,
    BoolArray,
    Caution,
    Estimate,
    FloatArray,
    critical,
    divide,
    require,
    require_counts,
)
from equity_pipeline.statistics.rates import residual_squares
from equity_pipeline.statistics.reading import together


def proportion(
    events: ArrayLike,
    at_risk: ArrayLike,
    *,
    design_effect: ArrayLike = 1.0,
    confidence: float = 0.95,
) -> Estimate:
    """Return the shares that had the event, with Wilson's interval.

    Parameters
    ----------
    events, at_risk
        Counts per stratum, ``0 <= events <= at_risk``; weighted sums need not be whole.
        ``at_risk`` of 0, or NaN, gives NaN in value and limits.
    design_effect
        How many times larger the variance is than that of a simple sample, above 0: the limits
        are those of ``at_risk / design_effect`` people. From the clusters themselves:
        :func:`clustered_proportion`.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        ``n`` is ``at_risk``; method ``wilson``, or ``wilson_design_effect``. Shares of 0 and 1
        are warned of (``AT_BOUND``): their limits are finite and one-sided.

    Raises
    ------
    MethodError
        If the counts cannot be a share, or a design effect is not above 0.

    References
    ----------
    Wilson EB (1927), doi:10.1080/01621459.1927.10502953.
    Newcombe RG (1998), Statistics in Medicine 17:857-872.
    Kish L (1965), Survey sampling, section 8.2.

    Examples
    --------
    >>> share = proportion(82, 100)
    >>> round(float(share.lower), 3), round(float(share.upper), 3), share.method
    (0.733, 0.883, 'wilson')
    >>> wide = proportion(82, 100, design_effect=2)
    >>> round(float(wide.lower), 3), round(float(wide.upper), 3), wide.method
    (0.692, 0.902, 'wilson_design_effect')
    """
    x, n, effect = together(events, at_risk, design_effect, where="proportion")
    _require_share(x, n, where="proportion")
    require(
        (effect > 0) & np.isfinite(effect),
        "A design effect is missing or not above 0.",
        where="proportion, design_effect",
        mend="give 1 for a simple sample, more where people come in clusters",
    )
    share, size = divide(x, n), n_or_nan(n / effect)
    lower, upper = wilson_limits(share, size, confidence=confidence)
    error = np.sqrt(share * (1 - share) / size)
    method = "wilson" if (effect == 1).all() else "wilson_design_effect"
    made = Estimate(share, lower, upper, error, method, n)
    return made.warned(Caution.AT_BOUND, _at_bound(share))


def exact_proportion(
    events: ArrayLike, at_risk: ArrayLike, *, confidence: float = 0.95
) -> Estimate:
    """Return the shares with Clopper and Pearson's exact interval, at any count.

    The interval covers at least as often as it says, mostly more often; Wilson's
    (:func:`proportion`) is nearer on average and narrower.

    Parameters
    ----------
    events, at_risk, confidence
        As in :func:`proportion`.

    Raises
    ------
    MethodError
        If the counts cannot be a share.

    References
    ----------
    Clopper CJ, Pearson ES (1934), doi:10.1093/biomet/26.4.404.

    Examples
    --------
    >>> share = exact_proportion([0, 82], [10, 100])
    >>> share.lower.round(3), share.upper.round(3)
    (array([0.   , 0.731]), array([0.308, 0.89 ]))
    """
    x, n = together(events, at_risk, where="exact_proportion")
    _require_share(x, n, where="exact_proportion")
    critical(confidence)  # refuses what is no coverage
    tail = (1 - confidence) / 2
    size = n_or_nan(n)
    share = divide(x, size)
    some, left = np.where(x > 0, x, np.nan), np.where(x < n, n - x, np.nan)
    lower = np.where(share == 0, 0.0, betaincinv(some, size - x + 1, tail))
    upper = np.where(share == 1, 1.0, betainccinv(x + 1, left, tail))
    error = np.sqrt(share * (1 - share) / size)
    made = Estimate(share, lower, upper, error, "clopper_pearson", n)
    return made.warned(Caution.AT_BOUND, _at_bound(share))


def clustered_proportion(
    n: ArrayLike,
    d: ArrayLike,
    s: ArrayLike,
    ss: ArrayLike,
    sd: ArrayLike,
    dd: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return the shares of people who come in clusters, with Wilson's limits at the size left.

    The effective size is that of the simple sample with the standard error between clusters,
    at most the number of people, and less for the few clusters that the error is known from.

    Parameters
    ----------
    n, d, s, ss, sd, dd
        Clusters, people, events, and the sums over clusters of events^2, events x people and
        people^2, per stratum.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        ``n`` is the people. Where clusters do not differ at all (0 %, 100 %) each counts as one
        observation, weighted by its size, which is the widest that clusters can make it. NaN
        limits with one cluster; under 40 are warned of (``FEW_CLUSTERS``).

    Raises
    ------
    MethodError
        If there are fewer than no clusters, or the counts cannot be a share.

    References
    ----------
    Korn EL, Graubard BI (1998), Survey Methodology 24:193-201.

    Examples
    --------
    >>> share = clustered_proportion(n=4, d=40, s=20, ss=120, sd=200, dd=400)
    >>> float(share.value), round(float(share.lower), 3), round(float(share.upper), 3)
    (0.5, 0.183, 0.817)
    """
    count, people, events, *squares = together(n, d, s, ss, sd, dd, where="clustered_proportion")
    _require_share(events, people, where="clustered_proportion")
    require(
        ~((count < 0) | np.isinf(count)),
        "There are fewer than no clusters, or infinitely many.",
        where="clustered_proportion",
        mend="give the number of clusters that hold people of the stratum",
    )
    share = divide(events, people)
    known = np.where(count > 1, count, np.nan)
    residual = residual_squares(share, *squares)
    variance = divide(residual * known, (known - 1) * people**2)
    single = divide(people**2, squares[2])
    alike = residual <= 1e-12 * squares[2]  # NaN is not alike: what is missing stays missing
    size = np.where(alike, single, divide(share * (1 - share), np.where(alike, 1, variance)))
    few = (critical(confidence) / stdtrit(known - 1, (1 + confidence) / 2)) ** 2
    lower, upper = wilson_limits(share, np.minimum(size, people) * few, confidence=confidence)
    made = Estimate(share, lower, upper, np.sqrt(variance), "wilson_clustered", people)
    made = made.warned(Caution.FEW_CLUSTERS, count < ENOUGH_CLUSTERS)
    return made.warned(Caution.AT_BOUND, _at_bound(share))


def wilson_limits(
    share: FloatArray, size: FloatArray, *, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return Wilson's limits for shares seen in (effective) samples of these sizes.

    Parameters
    ----------
    share, size
        Shares seen, 0 to 1, and the (effective) sizes of their samples, of one shape.
    confidence
        Coverage of the interval, between 0 and 1.

    References
    ----------
    Wilson EB (1927), doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> low, high = wilson_limits(np.array(0.0), np.array(10.0), confidence=0.95)
    >>> float(low), round(float(high), 4)
    (0.0, 0.2775)
    """
    z = critical(confidence)
    n = n_or_nan(size)
    centre = share + z**2 / (2 * n)
    spread = z * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    scale = 1 + z**2 / n
    # at 0 % and 100 % the exact limit is the value itself: rounding must not push it past
    lower = np.minimum(np.maximum((centre - spread) / scale, 0), share)
    upper = np.maximum(np.minimum((centre + spread) / scale, 1), share)
    return lower, upper


def n_or_nan(size: FloatArray) -> FloatArray:
    """Return sizes with NaN for 0, so that nothing is divided by it.

    Parameters
    ----------
    size
        Sizes of samples, any shape.

    Examples
    --------
    >>> n_or_nan(np.array([0.0, 5.0]))
    array([nan,  5.])
    """
    return np.where(size > 0, size, np.nan)


def _require_share(events: FloatArray, at_risk: FloatArray, *, where: str) -> None:
    require_counts(events, at_risk, where=where)
    require(
        ~np.isinf(at_risk),
        "There are infinitely many people at risk.",
        where=where,
        mend="check the denominator of the indicator",
    )


def _at_bound(share: FloatArray) -> BoolArray:
    return np.asarray((share == 0) | (share == 1))
