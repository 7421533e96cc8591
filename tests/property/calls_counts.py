"""Calls of the statistics of counts and sums: shares, rates, means, standards, two groups."""

from __future__ import annotations

import numpy as np

from equity_pipeline.statistics import (
    burden,
    clustered,
    continuity,
    costs,
    equivalence,
    gaps,
    judgement,
    means,
    proportions,
    quintiles,
    rates,
    standardise,
    trend,
    two_groups,
)
from equity_pipeline.statistics.clustered_tables import ratios_by_level
from equity_pipeline.statistics.estimate import Estimate
from tests.property.calls import (
    CODE,
    COUNT,
    COVARIANCE,
    ERROR,
    ESTIMATE,
    EVENTS,
    PLACE,
    POSITIVE,
    SHARE,
    VALUE,
    WEIGHT,
    Call,
)

GAP = Estimate([0.1, -0.2], [0.05, -0.3], [0.15, -0.1], [0.025, 0.05], "difference")
LEVELS = np.array([0.79, 0.82, 0.89])
SPREAD = np.diag([4e-4, 3e-4, 2e-4]) + 1e-5


def _sums(clusters: tuple[list[float], ...]) -> dict[str, object]:
    """Sums over people (or clusters) with amounts y and time t, one stratum for each."""
    told: dict[str, list[float]] = {name: [] for name in ("n", "d", "s", "ss", "sd", "dd")}
    for amounts in clusters:
        y = np.array(amounts)
        t = np.array([2.0, 3.0, 2.0, 4.0])[: len(y)]
        sums = (len(y), t.sum(), y.sum(), (y * y).sum(), (y * t).sum(), (t * t).sum())
        for name, number in zip(told, sums, strict=True):
            told[name].append(float(number))
    kinds = {"n": COUNT, "d": COUNT, "s": VALUE, "ss": COUNT, "sd": VALUE, "dd": COUNT}
    return {name: kinds[name](values) for name, values in told.items()}


AMOUNTS = _sums(([1.0, 2.0, 0.0, 3.0], [2.0, 1.0, 1.0, 4.0], [0.0, 2.0, 2.0, 2.0]))
SHARES_OF_CLUSTERS = AMOUNTS | {"s": EVENTS([6.0, 8.0, 6.0])}
COSTS = np.array([[0.0, 100.0, 300.0, 800.0], [0.0, 0.0, 50.0, 70.0], [20.0, 30.0, 5.0, 0.0]])
LOGS = np.log(np.where(COSTS > 0, COSTS, 1))
TWO = {
    "events1": EVENTS([56, 5, 9]),
    "n1": COUNT([70, 20, 11]),
    "events0": EVENTS([48, 3, 8]),
    "n0": COUNT([80, 20, 12]),
}
TWO_TIMES = {
    "events1": COUNT([7, 20, 3]),
    "time1": COUNT([120, 500, 40]),
    "events0": COUNT([3, 14, 5]),
    "time0": COUNT([200, 610, 55]),
}
BURDEN = {
    "values": VALUE(LEVELS, also=["huge"]),
    "sizes": WEIGHT([4200, 4100, 3800]),
    "direction": "higher",
    "covariance": COVARIANCE(SPREAD),
    "ceiling": VALUE(1.0, nan="refused"),
}
SCALE = POSITIVE(100.0, nan="refused")
STANDARD = WEIGHT([0.42, 0.32, 0.26])
REPEATS = {
    "events": COUNT([30, 50, 12]),
    "squares": COUNT([40, 90, 20]),
    "person_time": COUNT([100, 80, 40]),
}

CALLS = [
    Call(proportions.proportion, {
        "events": EVENTS([82, 3, 10]), "at_risk": COUNT([100, 40, 20]),
        "design_effect": POSITIVE([1.5, 2.0, 1.2], nan="refused"),
    }, leading=True),
    Call(proportions.exact_proportion, {
        "events": EVENTS([82, 3, 10]), "at_risk": COUNT([100, 40, 20]),
    }, leading=True),
    Call(proportions.clustered_proportion, SHARES_OF_CLUSTERS, leading=True),
    Call(proportions.wilson_limits, {
        "share": SHARE([0.8, 0.3]), "size": COUNT([100.0, 40.0]), "confidence": 0.95,
    }, part=True),
    Call(proportions.n_or_nan, {"size": COUNT([5.0, 3.0])}, part=True),
    Call(rates.rate, {
        "events": COUNT([5, 65, 12]), "person_time": COUNT([100, 80, 50]), "scale": SCALE,
    }, leading=True),
    Call(rates.exact_rate, {
        "events": COUNT([5, 65, 12]), "person_time": COUNT([100, 80, 50]), "scale": SCALE,
    }, leading=True),
    Call(rates.require_events, {
        "events": COUNT([5.0, 65.0]), "person_time": COUNT([100.0, 80.0]), "where": "here",
    }, part=True),
    *(
        Call(limits, {"events": COUNT([9.0, 20.0]), "confidence": 0.95}, part=True)
        for limits in (rates.poisson_limits, rates.byar_limits, rates.garwood_limits)
    ),
    Call(rates.ratio_of_sums, AMOUNTS | {"scale": SCALE}, leading=True),
    Call(rates.residual_squares, {
        "ratio": VALUE([2.0, 1.0]), "ss": COUNT([24.0, 9.0]), "sd": VALUE([8.0, 4.0]),
        "dd": COUNT([4.0, 4.0]),
    }, part=True),
    Call(means.mean, {
        "n": COUNT([5, 4, 3]), "s": VALUE([35, 20, 12]), "ss": COUNT([285, 110, 50]),
    }, leading=True),
    Call(means.geometric_mean, {
        "n": COUNT([5, 4, 3]), "sum_log": VALUE([15, 12, 6]),
        "sum_log_squared": COUNT([50, 38, 13]),
    }, leading=True),
    Call(means.difference_of_means, {
        "n": COUNT([5, 4, 3]), "s": VALUE([35, 20, 12]), "ss": COUNT([285, 110, 50]),
        "n0": COUNT([4, 5, 6]), "s0": VALUE([20, 35, 12]), "ss0": COUNT([110, 285, 50]),
    }, leading=True),
    Call(costs.two_part_cost, {
        "n": COUNT([4, 4, 4]), "n_positive": EVENTS([3, 2, 3]), "s": COUNT(COSTS.sum(axis=1)),
        "ss": COUNT((COSTS**2).sum(axis=1)), "sum_log": VALUE(LOGS.sum(axis=1)),
        "sum_log_squared": COUNT((LOGS**2).sum(axis=1)),
    }, leading=True),
    Call(costs.two_part_cost, {
        "n": COUNT([4, 4, 4]), "n_positive": EVENTS([3, 2, 3]), "s": COUNT(COSTS.sum(axis=1)),
        "ss": COUNT((COSTS**2).sum(axis=1)), "sum_log": VALUE(LOGS.sum(axis=1)),
        "sum_log_squared": COUNT((LOGS**2).sum(axis=1)), "mean": "smearing",
    }, leading=True, label=" smearing"),
    Call(continuity.continuity_index, {
        "visits": COUNT([[3, 1, 0, 0], [2, 2, 0, 0]], nan="refused", also=["part"]),
    }, leading=True),
    Call(standardise.direct, {
        "value": VALUE([[0.1, 0.3, 0.2], [0.2, 0.4, 0.1]]),
        "variance": ERROR([[4e-4, 9e-4, 1e-4], [4e-4, 9e-4, 1e-4]]), "weights": STANDARD,
        "events": COUNT([[10, 30, 20], [20, 40, 10]]),
    }, leading=True),
    Call(standardise.direct_proportion, {
        "s": EVENTS([1800, 960, 510]), "d": COUNT([2400, 1200, 600]), "weights": STANDARD,
    }, leading=True),
    Call(standardise.direct_rate, {
        "s": COUNT([[30, 50, 9], [4, 1, 2]]), "d": COUNT([[100, 80, 50], [50, 40, 30]]),
        "weights": STANDARD, "scale": SCALE,
    }, leading=True, keeps=("n",)),
    Call(standardise.direct_mean, AMOUNTS | {"weights": STANDARD, "scale": SCALE},
         leading=True, keeps=("n",)),
    Call(standardise.from_frequencies, {
        "people": COUNT([70, 20, 10], nan="refused"),
        "frequency": COUNT([1, 2, 3], nan="refused", also=["part"]),
    }),
    Call(standardise.repeat_rate, REPEATS | {"scale": SCALE}, leading=True, keeps=("n",)),
    Call(standardise.direct_repeat_rate, REPEATS | {"weights": STANDARD, "scale": SCALE},
         leading=True, keeps=("n",)),
    Call(standardise.reference_rates, {
        "events": COUNT([10, 30, 5]), "person_time": COUNT([1000, 900, 100]),
    }, leading=True),
    Call(standardise.expected_events, {
        "person_time": COUNT([[100, 200, 50], [300, 10, 20]]),
        "reference_rate": COUNT([0.01, 0.03, 0.02]),
    }, leading=True),
    Call(standardise.indirect_ratio, {
        "observed": COUNT([20, 60, 9]), "expected": COUNT([30, 50, 10]),
        "offset": COUNT([2, 3, 1], nan="refused", also=["huge"]), "scale": SCALE,
    }, leading=True),
    Call(standardise.indirect_rate, {
        "observed": COUNT([20, 60, 9]), "expected": COUNT([30, 50, 10]),
        "reference_rate": COUNT([0.02, 0.02, 0.02]),
        "offset": COUNT([2, 3, 1], nan="refused", also=["huge"]), "scale": SCALE,
    }, leading=True),
    Call(equivalence.equivalence, {
        "difference": VALUE([0.005, 0.02, -0.01]), "standard_error": ERROR([0.01, 0.02, 0.01]),
        "mid": POSITIVE([0.03, 0.03, 0.02], nan="refused"),
        "alpha": POSITIVE(0.05, nan="refused", also=["huge"]),
        "df": POSITIVE([20, 30, 40], legal=["inf"]),
    }, leading=True),
    Call(gaps.difference, {
        "value": VALUE(LEVELS), "covariance": COVARIANCE(SPREAD),
        "focus": PLACE([0, 1]), "reference": PLACE([2, 2]),
    }),
    Call(gaps.ratio, {
        "value": VALUE(LEVELS), "covariance": COVARIANCE(SPREAD),
        "focus": PLACE([0, 1]), "reference": PLACE([2, 2]),
    }),
    Call(gaps.newcombe, TWO, leading=True),
    Call(gaps.risk_ratio, TWO, leading=True),
    Call(gaps.wald_p, {
        "value": VALUE([1.96, 0.5]), "standard_error": ERROR([1.0, 2.0]),
    }, leading=True),
    Call(two_groups.score_difference, TWO, leading=True),
    Call(two_groups.score_risk_ratio, TWO, leading=True),
    Call(two_groups.score_odds_ratio, TWO, leading=True),
    Call(two_groups.wald_two_by_two, TWO, leading=True),
    Call(two_groups.score_rate_difference, TWO_TIMES | {"scale": SCALE}, leading=True),
    Call(two_groups.score_rate_ratio, TWO_TIMES, leading=True),
    Call(two_groups.exact_rate_ratio, TWO_TIMES | {
        "events1": COUNT([7, 20, 3], also=["part"]), "events0": COUNT([3, 14, 5], also=["part"]),
        "assumed": POSITIVE(1.0, nan="refused"),
    }, leading=True),
    Call(trend.line, {
        "values": VALUE([7.0, 7.6, 8.4, 9.1]), "variances": POSITIVE([0.1, 0.2, 0.1, 0.2]),
        "times": VALUE([2019, 2020, 2021, 2022]),
    }, leading=True),
    Call(trend.slope, {
        "values": VALUE([7.0, 7.6, 8.4, 9.1]), "variances": None,
        "times": VALUE([2019, 2020, 2021, 2022]),
    }, leading=True),
    Call(trend.direction, {
        "slope_lower": VALUE([0.5, -0.9, 0.1]), "slope_upper": VALUE([1.0, -0.1, 0.3]),
        "tolerance": COUNT([0.15, 0.15, 0.15]), "level": VALUE([1.0, 1.0, -1.0]),
    }, leading=True),
    Call(judgement.harm, {"gap_abs": ESTIMATE(GAP), "direction": "higher"}),
    Call(judgement.harm, {
        "gap_abs": ESTIMATE(GAP), "direction": "toward_one",
        "focus": ESTIMATE(Estimate([1.2, 0.8], 0.7, 1.3, 0.05, "ratio")),
        "reference": ESTIMATE(Estimate([1.1, 1.0], 0.9, 1.2, 0.05, "ratio")),
    }, label=" toward_one"),
    Call(judgement.evidence_state, {
        "lower": VALUE([0.0841, -0.02]), "upper": VALUE([0.1158, 0.06]),
        "mid": COUNT([0.03, 0.03]),
    }, leading=True),
    Call(quintiles.weighted_quintile, {
        "value": VALUE([5, 1, 3, 2, 4, 6]), "weight": COUNT([100, 120, 90, 80, 100, 60]),
        "worst_is_low": True,
    }),
    Call(burden.burden_at_best, BURDEN, leading=True),
    Call(burden.burden_at_group, BURDEN | {"reference": PLACE(1)}, leading=True),
    Call(burden.burden_at_target, BURDEN | {"target": VALUE(0.9, nan="refused", also=["huge"])},
         leading=True),
    Call(clustered.ratio_by_level, {
        "s": COUNT([8.0, 9.0, 4.0, 5.0]), "d": COUNT([10.0, 10.0, 9.0, 9.0]),
        "level": CODE([0, 1, 0, 1]), "cluster": CODE([0, 0, 1, 1]), "n_levels": 2,
        "stratum": CODE([0, 0, 1, 1]), "weights": WEIGHT([0.4, 0.6], rows=None),
    }, part=True),
    Call(ratios_by_level, {
        "s": COUNT([8.0, 9.0, 4.0, 5.0]), "d": COUNT([10.0, 10.0, 9.0, 9.0]),
        "table": CODE([0, 0, 1, 1]), "level": CODE([0, 1, 0, 1]), "cluster": CODE([0, 1, 0, 1]),
        "shape": (2, 2),
    }, part=True),
    Call(clustered.few_events, {
        "covariance": COVARIANCE(np.eye(2) * 0.01, nan="legal"), "events": COUNT([3.0, 50.0]),
        "at_risk": COUNT([8.0, 90.0]), "bounded": True,
    }, part=True),
    Call(clustered.few_clusters, {
        "estimate": ESTIMATE(GAP), "degrees_of_freedom": POSITIVE([4.0, 10.0]),
    }, part=True),
    Call(clustered.t_p, {
        "estimate": ESTIMATE(GAP), "degrees_of_freedom": POSITIVE([4.0, 10.0]),
    }, part=True),
    Call(standardise.esp2013, {
        "first_ages": COUNT([0, 20, 65], nan="refused", also=["part", "huge"], rows=None),
    }, ordered=True),
    Call(standardise.own_region, {
        "people": WEIGHT([[30, 10], [10, 50]]),
    }),
]  # fmt: skip
