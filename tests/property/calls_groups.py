"""Calls of the statistics over groups: gradients, inequality, multiplicity, parts of a gap."""

from __future__ import annotations

import numpy as np

from equity_pipeline.statistics import decompose, gradient, inequality, multiplicity
from equity_pipeline.statistics.estimate import FloatArray
from equity_pipeline.statistics.gradient.shape import shapes
from equity_pipeline.statistics.need import Family
from tests.property.calls import (
    CODE,
    COUNT,
    COVARIANCE,
    DESIGN,
    ERROR,
    EVENTS,
    FLAG,
    NAMES,
    OUTCOME,
    PLACE,
    POSITIVE,
    RANK,
    SHARE,
    VALUE,
    WEIGHT,
    Call,
)

LEVELS = np.array([0.79, 0.82, 0.85, 0.87])
SIZES = np.array([42, 41, 40, 38])
SPREAD = np.diag([4e-4, 3e-4, 2e-4, 3e-4]) + 1e-5
ORDERED = {
    "values": VALUE(LEVELS), "shares": WEIGHT(SIZES), "covariance": COVARIANCE(SPREAD),
}  # fmt: skip
WHO = {"values": VALUE(LEVELS), "shares": WEIGHT(SIZES), "errors": ERROR([0.01, 0.02, 0.01, 0.03])}
POSITIVE_WHO = WHO | {"values": VALUE(LEVELS, also=["minus"])}
TOLD = {"direction": "higher", "ordered": True}
PEOPLE = {
    "value": OUTCOME([3, 2, 2, 1, 3, 4, 5, 5]), "rank": OUTCOME([1, 2, 3, 4, 1, 2, 3, 4]),
}  # fmt: skip
RANKED = gradient.ranked_people(
    [3, 2, 2, 1, 3, 4, 5, 5], [1, 2, 3, 4, 1, 2, 3, 4],
    stratum=[0, 0, 0, 0, 1, 1, 1, 1], n_strata=2,
)  # fmt: skip
INCOMES = {
    "values": COUNT([1.0, 2.0, 3.0, 4.0, 2.5], nan="refused"),
    "weights": WEIGHT([1.0, 2.0, 1.0, 3.0, 1.0]),
}
SPLIT = INCOMES | {"groups": NAMES(["a", "a", "b", "b", "a"])}
CELLS = {
    "people": COUNT([[500, 300, 200], [200, 300, 500]], nan="refused"),
    "value": SHARE([[0.7, 0.8, 0.86], [0.76, 0.84, 0.89]], nan="refused"),
}
FACTORS = {
    "people": COUNT([[[900, 300], [500, 500]], [[600, 150], [900, 350]]], nan="refused"),
    "value": VALUE([[[0.78, 0.70], [0.82, 0.76]], [[0.86, 0.80], [0.90, 0.85]]], nan="refused"),
    "variance": ERROR(np.full((2, 2, 2), 1e-4), nan="refused"),
}
TWOFOLD = {
    "y": OUTCOME([1, 2, 4, 2, 3, 7, 4, 5]), "X": DESIGN([[0], [1], [2], [0], [1], [3], [2], [1]]),
    "focus": FLAG([0, 0, 0, 1, 1, 1, 0, 1]),
    "people": COUNT([2, 3, 2, 3, 2, 3, 2, 3], nan="refused"),
    "weight": POSITIVE([1.0, 2, 1, 2, 1, 2, 1, 2], nan="refused"),
    "cluster": NAMES(["a", "b", "c", "d", "a", "b", "c", "d"]),
}  # fmt: skip


def bgv(values: FloatArray) -> FloatArray:
    """Return the variance of the groups' values, for bands of noise."""
    return values.var(axis=-1)


NOISE = {
    "measure": bgv, "values": VALUE(LEVELS), "shares": WEIGHT(SIZES),
    "errors": ERROR([0.01, 0.02, 0.01, 0.03]), "draws": 100, "seed": 1,
}  # fmt: skip
ADJUSTED = {"p": SHARE([0.001, 0.008, 0.039, 0.5])}

CALLS = [
    Call(gradient.ridits, {"shares": WEIGHT(SIZES)}, ordered=True, leading=True),
    Call(gradient.normalised, {"shares": WEIGHT(SIZES)}, leading=True),
    Call(gradient.slope_index, ORDERED, ordered=True, leading=True),
    Call(gradient.concentration_index, ORDERED, ordered=True, leading=True),
    Call(gradient.erreygers_index, ORDERED | {
        "lower_bound": VALUE(0.0, nan="refused"), "upper_bound": VALUE(1.0, nan="refused"),
        "values": VALUE(LEVELS, also=["huge", "minus"]),
    }, ordered=True, leading=True),
    Call(gradient.fitted_ends, ORDERED | {
        "values": SHARE(LEVELS), "scale": gradient.Scale.LOGIT,
    }, ordered=True, leading=True),
    Call(gradient.fitted_ends, ORDERED, ordered=True, leading=True, label=" identity"),
    Call(gradient.lack_of_fit, ORDERED, ordered=True, leading=True, one="refused"),
    Call(gradient.scatter_concentration, {
        "values": VALUE(LEVELS), "shares": WEIGHT(SIZES),
    }, ordered=True, leading=True),
    Call(gradient.scatter_slope_index, {
        "values": VALUE(LEVELS), "shares": WEIGHT(SIZES), "weight": WEIGHT(SIZES**2),
    }, ordered=True, leading=True),
    Call(gradient.shape, {
        "values": VALUE(LEVELS), "standard_error": POSITIVE([0.006, 0.006, 0.007, 0.008]),
    }, ordered=True),
    Call(shapes, {
        "values": VALUE(LEVELS), "standard_error": POSITIVE([0.006, 0.006, 0.007, 0.008]),
    }, ordered=True),
    Call(gradient.error_from_limits, {
        "values": VALUE([0.36, 0.5]), "lower": VALUE([0.33, 0.4]), "upper": VALUE([0.39, 0.6]),
        "scale": gradient.Scale.LOGIT,
    }, leading=True),
    Call(gradient.equal_indices, {
        "index": VALUE([-0.03, -0.10, 0.02], nan="refused"),
        "standard_error": POSITIVE([0.02, 0.02, 0.03], nan="refused"),
    }, one="refused", ordered=True),
    Call(gradient.equal_slopes, {"ranked": RANKED}),
    Call(gradient.concentration, {"ranked": RANKED}),
    Call(gradient.extended_concentration, {
        "ranked": RANKED, "aversion": POSITIVE(2.5, nan="refused"),
    }),
    Call(gradient.symmetric_concentration, {
        "ranked": RANKED, "sensitivity": POSITIVE(2.5, nan="refused"),
    }),
    Call(gradient.fractional_ranks, {
        "rank": OUTCOME([300, 100, 300, 200]), "weight": WEIGHT([1.0, 2.0, 1.0, 1.0]),
        "stratum": CODE([0, 0, 1, 1]), "n_strata": 2,
    }),
    Call(gradient.ranked_people, PEOPLE | {
        "weight": WEIGHT([1.0, 2, 1, 2, 1, 2, 1, 2]), "cluster": NAMES(list("abababab")),
        "stratum": CODE([0, 0, 0, 0, 1, 1, 1, 1]), "n_strata": 2,
    }),
    Call(gradient.ranked_cells, {
        "n": WEIGHT([2, 3, 4, 2]), "total": OUTCOME([1, 3, 4, 1]), "squares": OUTCOME([1, 3, 6, 1]),
        "rank": OUTCOME([1, 2, 3, 4]), "cluster": NAMES(list("abab")),
    }),
    Call(gradient.model_index, {
        "s": EVENTS([30, 25, 20, 12, 28, 22], nan="refused"),
        "d": COUNT([100, 100, 100, 100, 90, 90], nan="refused"),
        "rank": RANK([0.125, 0.375, 0.625, 0.875, 0.125, 0.625]),
        "need": DESIGN([[0.0], [1], [0], [1], [1], [0]]), "family": Family.BINOMIAL,
        "cluster": NAMES(list("abcabc")),
    }),
    Call(gradient.model_index, {
        "s": OUTCOME([30, 25, 20, 12, 28, 22]), "d": COUNT([10, 9, 8, 10, 9, 9], nan="refused"),
        "rank": RANK([0.125, 0.375, 0.625, 0.875, 0.125, 0.625]), "family": Family.GAUSSIAN,
        "squares": COUNT([110, 90, 60, 30, 99, 70], nan="refused"),
    }, label=" gaussian"),
    Call(inequality.attributable_risk, WHO | TOLD, ordered=True, leading=True, one="refused"),
    Call(inequality.attributable_fraction, WHO | TOLD, ordered=True, leading=True, one="refused"),
    Call(inequality.attributable_risk, {
        "values": SHARE(LEVELS), "shares": WEIGHT(SIZES), "limits": "table",
        "unit": POSITIVE(1.0, nan="refused"), "direction": "higher", "ordered": False,
    }, leading=True, one="refused", label=" table"),
    Call(inequality.best, {"values": VALUE(LEVELS), "direction": "higher"}, leading=True),
    Call(inequality.between_group_deviation, WHO, leading=True, one="refused"),
    Call(inequality.between_group_variance, WHO, leading=True, one="refused"),
    Call(inequality.between_group_sd, {
        "values": VALUE(LEVELS), "shares": WEIGHT(SIZES),
    }, leading=True),
    Call(inequality.coefficient_of_variation, WHO, leading=True, one="refused"),
    Call(inequality.cochran_armitage, {
        "events": EVENTS([10, 20, 30]), "at_risk": COUNT([100, 90, 110]),
        "scores": VALUE([1, 2, 4], nan="refused"),
    }, leading=True),
    Call(inequality.heterogeneity_chi2, {
        "events": EVENTS([10, 20, 30]), "at_risk": COUNT([100, 90, 110]),
    }, leading=True),
    Call(inequality.difference_from_best, WHO | {"direction": "higher", "weighted": True},
         leading=True, one="refused"),
    Call(inequality.difference_from_mean, WHO | {
        "weighted": False, "average": VALUE(0.83, nan="refused"),
    }, leading=True, one="refused"),
    Call(inequality.difference_from_reference, WHO | {"reference": PLACE(2), "weighted": True},
         leading=True, one="refused"),
    Call(inequality.index_of_disparity, WHO | {
        "weighted": False, "average": VALUE(0.83, nan="refused"),
    }, leading=True, one="refused"),
    Call(inequality.excess_cases, {
        "values": VALUE(LEVELS), "sizes": COUNT(SIZES), "direction": "higher",
    }, leading=True),
    Call(inequality.mean_difference_from_best, {
        "values": VALUE(LEVELS), "shares": WEIGHT(SIZES), "direction": "higher",
    }, leading=True),
    Call(inequality.population_attributable, {
        "values": VALUE(LEVELS), "shares": WEIGHT(SIZES), "direction": "higher",
    }, leading=True),
    Call(inequality.group_difference, WHO | TOLD, ordered=True, leading=True, one="refused"),
    Call(inequality.group_ratio, WHO | TOLD, ordered=True, leading=True, one="refused"),
    Call(inequality.group_difference, WHO | {
        "direction": "higher", "ordered": False, "reference": PLACE(3),
    }, leading=True, one="refused", label=" reference"),
    Call(inequality.theil_index, POSITIVE_WHO, leading=True, one="refused"),
    Call(inequality.mean_log_deviation, POSITIVE_WHO, leading=True, one="refused"),
    Call(inequality.noise_corrected_variance, WHO, leading=True, one="refused"),
    Call(inequality.variance_noise, WHO, leading=True, one="refused"),
    Call(inequality.noise_band, NOISE, drawn=True, one="refused"),
    Call(inequality.simulated, NOISE, drawn=True, one="refused"),
    Call(inequality.who_measures, POSITIVE_WHO | TOLD, ordered=True, leading=True, one="refused"),
    Call(inequality.gini, INCOMES),
    Call(inequality.theil, INCOMES | {"zeros": "drop"}),
    Call(inequality.mean_log, INCOMES | {"zeros": "drop"}),
    Call(inequality.split_gini, SPLIT),
    Call(inequality.split_theil, SPLIT | {"zeros": "drop"}),
    Call(inequality.split_mld, SPLIT | {"zeros": "drop"}),
    Call(inequality.split_sums, {
        "n": POSITIVE([2, 2], nan="refused"), "total": POSITIVE([3, 7], nan="refused"),
        "log_sum": VALUE(np.log([2, 12]), nan="refused"),
        "value_log_sum": VALUE([2 * np.log(2), 3 * np.log(3) + 4 * np.log(4)], nan="refused"),
    }),
    *(
        Call(adjust, ADJUSTED)
        for adjust in (
            multiplicity.benjamini_hochberg, multiplicity.benjamini_yekutieli,
            multiplicity.bonferroni, multiplicity.hochberg, multiplicity.holm,
            multiplicity.hommel,
        )
    ),
    Call(multiplicity.fcr_confidence, {
        "m_selected": COUNT(10, nan="refused", also=["huge", "part"]),
        "m_total": COUNT(100, nan="refused", also=["zeros", "part"]),
    }),
    Call(multiplicity.rejected, {
        "adjusted": SHARE([0.003, 0.016, 0.05, 0.6]), "rate": SHARE(0.05, nan="refused"),
    }),
    Call(multiplicity.select_beyond, {
        "value": VALUE([0.10, 0.05, 0.01, -0.09]),
        "standard_error": ERROR([0.01, 0.02, 0.01, 0.01]),
        "limit": COUNT([0.03, 0.03, 0.03, 0.03], nan="refused"),
        "freedom": VALUE([10, 20, 30, 40], legal=["inf"]), "rate": SHARE(0.05, nan="refused"),
    }, leading=True, own=True),
    Call(multiplicity.within_families, {
        "p": SHARE([0.01, 0.04, 0.03, 0.2]), "family": NAMES(["a", "a", "b", "b"]),
        "declared": COUNT([3, 3, 2, 2], nan="refused", also=["huge", "part"]),
    }),
    Call(decompose.kitagawa, CELLS, leading=True),
    Call(decompose.kitagawa, CELLS | {
        "value": VALUE(CELLS["value"].value, nan="refused"),
        "variance": ERROR(np.full((2, 3), 1e-4), nan="refused"),
    }, leading=True, label=" variance"),
    Call(decompose.between_within_units, CELLS, leading=True),
    Call(decompose.das_gupta, FACTORS | {"factors": 2}, leading=True),
    Call(decompose.sequential_standardisation, FACTORS | {
        "order": (0, 1), "target": WEIGHT([[900.0, 300], [500, 500]]),
    }),
    Call(decompose.shapley_standardisation, FACTORS | {
        "factors": 2, "target": WEIGHT([[900.0, 300], [500, 500]]),
    }),
    Call(decompose.threefold, TWOFOLD, one="refused"),
    Call(decompose.twofold, TWOFOLD | {"reference": 0.5}, one="refused"),
    Call(decompose.nonlinear_twofold, {
        "y": SHARE([0.2, 0.5, 0.3, 0.7], nan="refused"), "X": DESIGN([[0], [1], [0], [1]]),
        "focus": FLAG([0, 0, 1, 1]), "people": COUNT([50, 50, 20, 80], nan="refused"),
        "family": Family.BINOMIAL, "reference": 0.0,
    }, one="refused"),
    Call(decompose.nonlinear_twofold, {
        "y": COUNT([1.2, 2.5, 0.3, 3.7, 2.0, 2.2], nan="refused"),
        "X": DESIGN([[0], [1], [0], [1], [1], [0]]), "focus": FLAG([0, 0, 1, 1, 0, 1]),
        "people": COUNT([50, 50, 20, 80, 10, 20], nan="refused"),
        "square": COUNT([150, 500, 20, 1500, 90, 190], nan="refused"),
        "family": Family.POISSON, "reference": decompose.Reference.POOLED,
    }, one="refused", label=" poisson"),
    Call(decompose.wagstaff, {
        "y": OUTCOME([1, 2, 2, 5, 3]), "rank": OUTCOME([1, 2, 3, 4, 5]),
        "determinants": DESIGN([[0], [1], [0], [1], [1]]),
        "people": COUNT([1, 2, 1, 3, 2], nan="refused"),
        "weight": POSITIVE([1.0, 2, 1, 1, 2], nan="refused"), "cluster": NAMES(list("abcab")),
    }, one="refused"),
]  # fmt: skip
