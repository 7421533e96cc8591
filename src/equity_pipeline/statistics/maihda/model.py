"""The intersectional analysis of strata: null and additive model on the same counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from equity_pipeline.statistics.estimate import Estimate, FloatArray, require
from equity_pipeline.statistics.maihda.assemble import estimate, through
from equity_pipeline.statistics.maihda.bootstrap import pcv_bootstrap
from equity_pipeline.statistics.maihda.counts import NODES, random_intercept_counts
from equity_pipeline.statistics.maihda.linear import random_intercept_linear
from equity_pipeline.statistics.maihda.measures import auc, pcv
from equity_pipeline.statistics.maihda.result import FitMethod, RandomIntercept, Reading
from equity_pipeline.statistics.maihda.strata import Strata, read_strata
from equity_pipeline.statistics.multiplicity import benjamini_hochberg
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.reading import codes, numbers, one_of
from equity_pipeline.statistics.variation.clustering import median_odds_ratio

IntArray = NDArray[np.int64]
NONE = estimate(np.nan, np.nan, np.nan, np.nan, "not_defined")


@dataclass(frozen=True, slots=True)
class Maihda:
    """What strata say: how much they separate people, and how much of it is more than additive.

    Attributes
    ----------
    family, fit_method
        The outcome's kind and the likelihood of the two models.
    strata
        Codes of the strata (G, k), in the order of everything that is told per stratum.
    n
        People (or person-time) of each stratum.
    null, additive
        The model of the strata alone, and that with main effects of every dimension.
    terms
        Dimension number and level code of each main effect (q, 2), after the intercept.
    vpc_null, vpc_additive
        Share of the variance that lies between strata.
    pcv
        Share of the variance between strata that main effects account for, by maximum likelihood.
    mor_null, mor_additive
        Median odds ratio; NaN unless the outcome is a share.
    auc_null, auc_additive, auc_fixed
        Accuracy by people of the null model's risks, of the additive model's, and of its main
        effects alone; NaN unless the outcome is a share.
    predicted, predicted_fixed
        Each stratum's mean by the additive model, with and without its interaction effect.
    interactions
        Interaction effects on the link scale: what is left of strata beyond main effects.
    interactions_response
        ``predicted - predicted_fixed``, with limits of the interaction alone.
    p, q
        Of each interaction: two-sided p, and its false discovery rate among all strata.
    reading
        What the additive model leaves to say.
    """

    family: Family
    fit_method: FitMethod
    strata: IntArray
    n: FloatArray
    null: RandomIntercept
    additive: RandomIntercept
    terms: IntArray
    vpc_null: Estimate
    vpc_additive: Estimate
    pcv: Estimate
    mor_null: Estimate
    mor_additive: Estimate
    auc_null: Estimate
    auc_additive: Estimate
    auc_fixed: Estimate
    predicted: Estimate
    predicted_fixed: Estimate
    interactions: Estimate
    interactions_response: Estimate
    p: FloatArray
    q: FloatArray
    reading: Reading


def maihda(
    events: ArrayLike,
    trials: ArrayLike,
    dims: ArrayLike,
    *,
    family: Family = Family.BINOMIAL,
    squares: ArrayLike | None = None,
    nodes: int = NODES,
    reml: bool = False,
    draws: int = 0,
    seed: int = 0,
    confidence: float = 0.95,
) -> Maihda:
    """Return the multilevel analysis of individual heterogeneity on counted strata.

    Rows are people, cells or strata; they are summed to strata, on which the null and the additive
    model are fitted. It takes as long for a million people as for a thousand.

    Parameters
    ----------
    events, trials
        Events and people (binomial), events and person-time (Poisson), or sum of the outcome and
        people (Gaussian) of each row (m,); rows without people are left out.
    dims
        Code of each row in every dimension, whole numbers of shape (m, k); the lowest code of a
        dimension is the level that others are compared with.
    family
        Binomial, Poisson or Gaussian.
    squares
        Sum of squares of the outcome of each row: needed for Gaussian, refused otherwise.
    nodes
        Quadrature nodes of the count models; 1 is Laplace's approximation.
    reml
        Gaussian only: whether the models shown are fitted by REML. The PCV is from maximum
        likelihood all the same, since REML variances of two models do not compare.
    draws, seed
        Draws of a parametric bootstrap from the additive model for the limits of the PCV, and its
        seed; with 0 draws the limits are made of the variances' profile limits.
    confidence
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    MethodError
        If counts are impossible, a dimension has one level, main effects are as many as strata or
        cannot be told apart, or a level has no events (or only events).

    References
    ----------
    Evans CR, Williams DR, Onnela JP, Subramanian SV (2018), doi:10.1016/j.socscimed.2017.11.011;
    Merlo J (2018), doi:10.1016/j.socscimed.2017.12.026; Evans CR, Leckie G, Subramanian SV, Bell A,
    Merlo J (2024), doi:10.1016/j.ssmph.2024.101664.

    Examples
    --------
    >>> dims = np.array([(a, b, c) for a in range(2) for b in range(3) for c in range(3)])
    >>> people = np.full(18, 200)
    >>> events = 60 + dims @ [10, 12, -9] + np.tile([4, -6, 2], 6)
    >>> result = maihda(events, people, dims)
    >>> float(result.vpc_null.value.round(4)), float(result.pcv.value.round(2)), result.reading.name
    (0.0245, 1.0, 'NO_INTERACTION')
    """
    family = one_of(family, Family, where="maihda, family")
    y, n, squared, strata = _summed(events, trials, dims, squares, family)

    def fitted(design: FloatArray | None, restricted: bool) -> RandomIntercept:
        group = np.arange(len(n))
        if family is Family.GAUSSIAN:
            return random_intercept_linear(
                y, squared, n, design, group, reml=restricted, confidence=confidence
            )
        return random_intercept_counts(
            y, n, design, group, family=family, nodes=nodes, confidence=confidence
        )

    require(
        not reml or family is Family.GAUSSIAN,
        "REML is for the Gaussian family.", where="maihda", mend="leave reml out",
    )  # fmt: skip
    null, additive = fitted(None, reml), fitted(strata.main_effects, reml)
    pair = (fitted(None, False), fitted(strata.main_effects, False)) if reml else (null, additive)
    change = pcv(*pair)
    if draws:
        change = pcv_bootstrap(
            *pair, n=n, design=strata.main_effects, nodes=nodes, draws=draws, seed=seed,
            confidence=confidence,
        )  # fmt: skip
    return _told(y, n, strata, null, additive, change, confidence)


def _summed(
    events: ArrayLike, trials: ArrayLike, dims: ArrayLike, squares: ArrayLike | None, family: Family
) -> tuple[FloatArray, FloatArray, FloatArray, Strata]:
    y, n = numbers(events, where="maihda, events"), numbers(trials, where="maihda, trials")
    require(
        family is not Family.GAMMA and (squares is not None) == (family is Family.GAUSSIAN),
        "Sums of squares and family do not go together.", where="maihda",
        mend="give squares with Family.GAUSSIAN only; costs: log_normal_two_part",
    )  # fmt: skip
    more = np.zeros_like(y) if squares is None else numbers(squares, where="maihda, squares")
    places = codes(dims, where="maihda, dims")
    require(
        y.ndim == 1 and y.shape == n.shape == more.shape == places.shape[:1],
        "The rows' arrays have different lengths.", where="maihda",
        mend="give 1-d arrays of one length m, and dims of shape (m, k)",
    )  # fmt: skip
    share = family is Family.BINOMIAL
    require(
        np.isfinite([y, n, more]).all() and (n >= 0).all() and not y[n == 0].any()
        and not (share and ((y < 0) | (y > n * (1 + 1e-9))).any()),
        "Counts are missing or impossible.", where="maihda",
        mend="give finite counts, 0 <= events <= trials, and no events where there are no people",
    )  # fmt: skip
    used = n > 0
    strata = read_strata(places[used])
    return (
        strata.summed(y[used]), strata.summed(n[used]), strata.summed(more[used]), strata,
    )  # fmt: skip


def _told(
    y: FloatArray,
    n: FloatArray,
    strata: Strata,
    null: RandomIntercept,
    additive: RandomIntercept,
    change: Estimate,
    confidence: float,
) -> Maihda:
    share = null.family is Family.BINOMIAL

    def area(score: FloatArray) -> Estimate:
        return auc(score, y, n, confidence=confidence) if share else NONE

    effects = additive.effects
    p = _two_sided(effects)
    return Maihda(
        family=null.family,
        fit_method=null.fit_method,
        strata=strata.codes,
        n=n,
        null=null,
        additive=additive,
        terms=strata.terms,
        vpc_null=null.vpc,
        vpc_additive=additive.vpc,
        pcv=change,
        mor_null=through(null.variance, median_odds_ratio) if share else NONE,
        mor_additive=through(additive.variance, median_odds_ratio) if share else NONE,
        auc_null=area(null.fitted.value),
        auc_additive=area(additive.fitted.value),
        auc_fixed=area(additive.fitted_fixed.value),
        predicted=additive.fitted,
        predicted_fixed=additive.fitted_fixed,
        interactions=effects,
        interactions_response=_on_response(additive),
        p=p,
        q=benjamini_hochberg(p),
        reading=Reading.NO_INTERACTION if additive.at_bound else Reading.VARIANCE_LEFT,
    )


def _two_sided(effects: Estimate) -> FloatArray:
    """Return p of each effect; 1 where the variance, and so every effect, is 0."""
    error = np.where(effects.standard_error > 0, effects.standard_error, 1.0)
    return np.asarray(2 * ndtr(-np.abs(effects.value) / error))


def _on_response(additive: RandomIntercept) -> Estimate:
    """Return the interactions as differences of means, around each stratum's fixed part."""
    family, u = additive.family, additive.effects
    home = family.link(additive.fitted_fixed.value)
    value, lower, upper = (
        family.mean(home + a) - additive.fitted_fixed.value for a in (u.value, u.lower, u.upper)
    )
    error = family.slope(additive.fitted.value) * u.standard_error
    return replace(u, value=value, lower=lower, upper=upper, standard_error=error)
