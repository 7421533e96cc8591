"""What a pair of models says of strata: shares of variance, change of it, and accuracy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    critical,
    divide,
    logit_estimate,
    require,
)
from equity_pipeline.statistics.maihda.assemble import estimate
from equity_pipeline.statistics.maihda.result import FitMethod, RandomIntercept
from equity_pipeline.statistics.reading import together


def vpc_linear(variance: ArrayLike, residual: ArrayLike) -> FloatArray:
    """Return the share of a continuous outcome's variance that lies between strata.

    Parameters
    ----------
    variance, residual
        Variance between strata and of people within them, not negative; NaN passes through, and
        the share is NaN where both are 0.

    Raises
    ------
    MethodError
        If a variance is negative.

    References
    ----------
    Goldstein H, Browne W, Rasbash J (2002), doi:10.1207/S15328031US0104_02.

    Examples
    --------
    >>> vpc_linear([1.1026705528, 0.0], [12.3315473174, 1.0]).round(6)
    array([0.082079, 0.      ])
    """
    between, within = together(variance, residual, where="vpc_linear")
    _require_variances(between, within, where="vpc_linear")
    return divide(between, between + within)


def vpc_count(variance: ArrayLike, mean: ArrayLike, overdispersion: ArrayLike = 0) -> FloatArray:
    """Return the share of a count's variance that lies between strata, exact for a log link.

    Parameters
    ----------
    variance
        Variance between strata of the log rate.
    mean
        Mean count of a person over all strata, ``exp(fixed part + variance / 2)``: the share
        grows with it, since a person's own count varies by chance.
    overdispersion
        Of a person's count given the stratum, as in the negative binomial: its variance is
        ``m + overdispersion * m^2``; 0 is Poisson.

    Raises
    ------
    MethodError
        If a number is negative.

    References
    ----------
    Stryhn H, Sanchez J, Morley P, Booker C, Dohoo IR (2006), ISVEE 11; Leckie G, Browne WJ,
    Goldstein H, Merlo J, Austin PC (2020), doi:10.1037/met0000265.

    Examples
    --------
    >>> vpc_count([0.0, 0.1, 0.1], [3.0, 3.0, 30.0]).round(4)
    array([0.    , 0.2398, 0.7593])
    """
    between, centre, own = together(variance, mean, overdispersion, where="vpc_count")
    _require_variances(between, centre, own, where="vpc_count")
    # all over mean * exp(variance), which alone may be larger than numbers hold
    above = centre * -np.expm1(-between)
    return divide(above, above + np.exp(-between) + own * centre)


def pcv(null: RandomIntercept, additive: RandomIntercept) -> Estimate:
    """Return the share of the variance between strata that main effects account for.

    ``1 - variance(additive) / variance(null)``, with limits that combine the two variances' own
    profile-likelihood limits (MOVER). It describes; it can be below 0, and is 1 where the additive
    model reaches no variance, with a lower limit still.

    Parameters
    ----------
    null, additive
        The two models of the same strata, fitted by the same likelihood, which is never REML's.

    Raises
    ------
    MethodError
        If one was fitted by REML, or the two differently.

    References
    ----------
    Merlo J et al. (2005), doi:10.1136/jech.2004.023929; Donner A, Zou GY (2012),
    doi:10.1177/0962280210383347.

    Examples
    --------
    >>> from equity_pipeline.statistics.maihda.counts import random_intercept_counts
    >>> events, people = [12, 30, 9, 41, 20, 25], [100] * 6
    >>> null = random_intercept_counts(events, people, None, range(6))
    >>> sex = np.array([[0], [1], [0], [1], [0], [1]])
    >>> share = pcv(null, random_intercept_counts(events, people, sex, range(6)))
    >>> float(share.value.round(3)), float(share.lower.round(3)), float(share.upper.round(3))
    (0.848, -2.992, 1.0)
    """
    methods = {null.fit_method, additive.fit_method}
    require(
        FitMethod.LMM_REML not in methods,
        "Variances of models fitted by REML do not compare when fixed effects differ.",
        where="pcv",
        mend="fit both models by maximum likelihood",
    )
    require(
        len(methods) == 1 and np.array_equal(null.groups, additive.groups),
        "The two models were not fitted alike, or not on the same strata.",
        where="pcv",
        mend="fit both models on the same strata in the same way",
    )
    before, after = null.variance, additive.variance
    value = 1 - divide(after.value, before.value)
    lower, upper = 1 - _ratio_limit(before, after, upper=True), 1 - _ratio_limit(before, after)
    method = f"ml_mover_{before.method}"
    made = estimate(value, lower, upper, np.nan, method, n=before.n).where(before.value > 0)
    return made.warned(Caution.AT_BOUND, (before.value == 0) | (after.value == 0))


def _ratio_limit(below: Estimate, above: Estimate, *, upper: bool = False) -> FloatArray:
    """Return a limit of above / below, NaN where there is none."""
    a, b = above.value, below.value
    end, other = (above.upper, below.lower) if upper else (above.lower, below.upper)
    inside = (a * b) ** 2 - end * other * (2 * a - end) * (2 * b - other)
    root = np.sqrt(np.maximum(inside, 0)) * (1 if upper else -1)
    return divide(a * b + root, other * (2 * b - other))


def auc(
    score: ArrayLike, events: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95
) -> Estimate:
    """Return how often a person with the event has a higher score than one without, by people.

    Strata count by their people: every person has the stratum's score, and ties count half. The
    error is DeLong's; it takes the scores as given.

    Parameters
    ----------
    score
        Predicted risk of each stratum (G,), on any rising scale.
    events, trials
        Events and people of each stratum (G,).
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        Limits on the logit scale. Where no pair or every pair is told apart, the limits are those
        of as many independent pairs as the smaller side has people. NaN without either side.

    Raises
    ------
    MethodError
        If counts are impossible or scores missing.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL (1988), doi:10.2307/2531595.

    Examples
    --------
    >>> area = auc([0.1, 0.2, 0.3], [10, 20, 30], [100, 100, 100])
    >>> float(area.value.round(4)), float(area.standard_error.round(4))
    (0.6389, 0.0364)
    """
    s, e, n = together(score, events, trials, where="auc")
    require(
        s.ndim == 1 and np.isfinite([s, e, n]).all() and ((e >= 0) & (e <= n)).all(),
        "Scores are missing, or counts impossible.",
        where="auc",
        mend="give a score, events and people for each stratum, 0 <= events <= people",
    )
    _, place = np.unique(s, return_inverse=True)
    cases, others = np.bincount(place, e), np.bincount(place, n - e)
    E, F = cases.sum(), others.sum()
    if E == 0 or F == 0:
        return estimate(np.nan, np.nan, np.nan, np.nan, "delong", n=n.sum())
    beaten = (np.cumsum(others) - others / 2) / F
    beating = 1 - (np.cumsum(cases) - cases / 2) / E
    area = float(cases @ beaten / E)
    spread = (cases @ (beaten - area) ** 2) / (E * max(E - 1, 1))
    spread += (others @ (beating - area) ** 2) / (F * max(F - 1, 1))
    made = logit_estimate(area, np.sqrt(spread), confidence=confidence, method="delong")
    if 0 < area < 1:
        return replace(made, n=np.full_like(made.value, n.sum()))
    return _extreme(area, float(min(E, F)), float(n.sum()), confidence)


def _extreme(area: float, pairs: float, people: float, confidence: float) -> Estimate:
    critical(confidence)
    reach = ((1 - confidence) / 2) ** (1 / pairs)
    lower, upper = (reach, 1.0) if area == 1 else (0.0, 1 - reach)
    made = estimate(area, lower, upper, 0.0, "exact_pairs", n=people)
    return made.warned(Caution.AT_BOUND)


def _require_variances(*values: FloatArray, where: str) -> None:
    require(
        not any((value < 0).any() for value in values),
        "A variance or mean is negative.",
        where=where,
        mend="give variances (not standard deviations), means and overdispersion of 0 or more",
    )
