"""Costs in two parts: the share of people with any cost, and what those people cost.

Zeros are one part of the answer and are never dropped: every function counts everybody, and the
mean over all is the share times the mean among those with a cost, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    divide,
    log_estimate,
    require,
    require_counts,
)
from equity_pipeline.statistics.proportions import proportion
from equity_pipeline.statistics.reading import together


class CostMean(StrEnum):
    """How the mean among people with a cost is made.

    ``direct`` is their sum over their number. ``smearing`` takes the mean logarithm back to the
    cost scale with one factor for all strata (Duan): steadier in small strata, right where the
    logarithms scatter alike in all of them. With a single stratum the two are the same.
    """

    DIRECT = "direct"
    SMEARING = "smearing"


@dataclass(frozen=True, slots=True)
class TwoPartCost:
    """Costs per stratum in two parts; ``overall.value = share.value * among.value``.

    Attributes
    ----------
    share
        Of people with any cost, with Wilson's limits.
    among
        Mean cost of the people with a cost; limits on the log scale.
    overall
        Mean cost of everybody; delta-method limits on the log scale. 0 with NaN limits where
        nobody had a cost: nothing then tells how dear one would have been.
    smearing
        The factor from the geometric to the arithmetic mean; one for all strata under
        ``smearing``, each stratum's own under ``direct``.
    """

    share: Estimate
    among: Estimate
    overall: Estimate
    smearing: FloatArray


@dataclass(frozen=True, slots=True)
class _Positive:
    """The people with a cost: number, sums, mean logarithm, and squares about the means."""

    n: FloatArray
    mean: FloatArray
    mean_log: FloatArray
    about: FloatArray
    about_log: FloatArray


def two_part_cost(
    n: ArrayLike,
    n_positive: ArrayLike,
    s: ArrayLike,
    ss: ArrayLike,
    sum_log: ArrayLike,
    sum_log_squared: ArrayLike,
    *,
    mean: str = CostMean.DIRECT,
    axis: int = -1,
    confidence: float = 0.95,
) -> TwoPartCost:
    """Return the share with any cost, the mean among them, and the mean over everybody.

    Parameters
    ----------
    n, n_positive
        People, and people with a cost above 0, per stratum: ``0 <= n_positive <= n``. ``n`` of 0
        gives NaN throughout.
    s, ss
        Sums of costs and of squared costs.
    sum_log, sum_log_squared
        Sums over those with a cost of ln(cost) and its square.
    mean
        ``direct`` or ``smearing``: see :class:`CostMean`.
    axis
        Along which strata share one smearing factor.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    TwoPartCost
        Limits are NaN where the spread is not known: one person with a cost (warned of as
        ``FEW_PEOPLE``), or all with the same cost. Under ``smearing`` the spread of logarithms
        is that of all strata together; the error of the factor takes them as normal for the one
        sum that cells do not hold (cost x its logarithm).

    Raises
    ------
    MethodError
        If counts or sums contradict each other, or there is no such way to the mean.

    References
    ----------
    Duan N (1983), Journal of the American Statistical Association 78:605-610,
    doi:10.1080/01621459.1983.10478017.
    Duan N, Manning WG, Morris CN, Newhouse JP (1983), Journal of Business and Economic
    Statistics 1:115-126.

    Examples
    --------
    >>> cost = np.array([0.0, 0.0, 100.0, 300.0, 800.0])
    >>> logs = np.log(cost[2:])
    >>> made = two_part_cost(5, 3, cost.sum(), (cost**2).sum(), logs.sum(), (logs**2).sum())
    >>> float(made.share.value), float(made.among.value), round(float(made.overall.value), 9)
    (0.6, 400.0, 240.0)
    """
    people, some, *sums = together(
        n, n_positive, s, ss, sum_log, sum_log_squared, where="two_part_cost"
    )
    _require_cells(people, some, *sums)
    share = proportion(some, people, confidence=confidence)
    positive = _positive(some, *sums)
    if _way(mean) is CostMean.SMEARING:
        value, relative, factor = _smeared(positive, axis)
    else:
        value, factor = positive.mean, positive.mean / np.exp(positive.mean_log)
        freedom = np.where(some > 1, some - 1, np.nan)
        relative = divide(np.sqrt(positive.about / (freedom * some)), value)
    relative = np.where(relative > 0, relative, np.nan)
    among = log_estimate(value, value * relative, confidence=confidence, method=f"mean_{mean}")
    among = replace(among, n=some).warned(Caution.FEW_PEOPLE, some == 1)
    return TwoPartCost(share, among, _overall(share, among, people, confidence), factor)


def _overall(share: Estimate, among: Estimate, n: FloatArray, confidence: float) -> Estimate:
    value = np.where(share.value == 0, 0.0, share.value * among.value)
    relative = np.hypot(
        divide(share.standard_error, share.value), divide(among.standard_error, among.value)
    )
    made = log_estimate(value, value * relative, confidence=confidence, method="two_part_delta")
    made = replace(made, n=n).warned(Caution.FEW_PEOPLE, among.n == 1)
    return made.warned(Caution.AT_BOUND, value == 0)


def _smeared(positive: _Positive, axis: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return means by one smearing factor, their relative errors, and the factor."""
    back = np.exp(positive.mean_log)
    # each stratum's own factor, 0 where it has nobody or a sum is missing
    known = ~np.isnan(positive.mean + positive.about + positive.mean_log + positive.about_log)
    own = np.where(known, positive.mean / back, 0.0)
    n, about = np.where(own > 0, positive.n, 0.0), np.where(known, positive.about / back**2, 0.0)

    def over(values: FloatArray) -> FloatArray:
        return np.asarray(values.sum(axis=axis, keepdims=True))

    everybody, strata = over(n), over((n > 0).astype(np.float64))
    factor = divide(over(n * own), everybody)
    spread = divide(over(np.where(known, positive.about_log, 0.0)), everybody)
    # of the logarithms' own means, and of the factor, whose residuals they share
    of_factor = divide(over(about - n * own**2 * spread), (everybody * factor) ** 2)
    variance = divide(spread, n) + of_factor
    freedom = np.where(everybody > strata, everybody - strata, np.nan)
    relative = np.sqrt(np.maximum(variance * everybody / freedom, 0))
    return np.where(known, back * factor, np.nan), relative, np.where(known, factor, np.nan)


def _positive(
    n: FloatArray, s: FloatArray, ss: FloatArray, sum_log: FloatArray, sum_log2: FloatArray
) -> _Positive:
    average, mean_log = divide(s, n), divide(sum_log, n)
    about, about_log = np.maximum(ss - s * average, 0), sum_log2 - sum_log * mean_log
    # what rounding alone leaves of equal costs is no spread
    about = np.where(about > 1e-13 * ss, about, about * 0)
    about_log = np.where(about_log > 1e-13 * sum_log2, about_log, about_log * 0)
    return _Positive(n, average, mean_log, about, about_log)


def _require_cells(
    people: FloatArray,
    some: FloatArray,
    s: FloatArray,
    ss: FloatArray,
    sum_log: FloatArray,
    sum_log2: FloatArray,
) -> None:
    require_counts(some, people, where="two_part_cost")
    empty = some == 0
    sums = np.abs(np.stack([s, ss, sum_log, sum_log2]))
    require(
        ~(np.isinf(sums).any(axis=0) | np.isinf(people) | (empty & (sums > 0).any(axis=0))),
        "A sum is infinite, or there are costs where nobody has a cost.",
        where="two_part_cost",
        mend="sum costs and their logarithms over the people with a cost above 0",
    )
    slack = 1 + 1e-9
    agree = (s > 0) & (s**2 <= some * ss * slack) & (ss <= s**2 * slack)
    # the geometric mean is never above the arithmetic one
    agree &= sum_log**2 <= some * sum_log2 * slack + 1e-9
    agree &= sum_log <= some * (np.log(np.where(s > 0, divide(s, some), 1.0)) + 1e-9)
    unknown = np.isnan(some) | np.isnan(sums).any(axis=0)
    require(
        agree | empty | unknown,
        "Sums of costs, squares and logarithms cannot be of the same people.",
        where="two_part_cost",
        mend="take natural logarithms, and sum all four over the people with a cost above 0",
    )


def _way(mean: str) -> CostMean:
    try:
        return CostMean(mean)
    except ValueError:
        raise MethodError(
            f"{mean!r} is no way to the mean among people with a cost.",
            where="two_part_cost, mean",
            mend="choose one of " + ", ".join(CostMean),
        ) from None
