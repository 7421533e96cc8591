"""Calls of the statistics of waits and of programmes."""

from __future__ import annotations

import numpy as np

from equity_pipeline.statistics import evaluate, waits
from tests.property.calls import (
    CODE,
    COUNT,
    COVARIANCE,
    DESIGN,
    ERROR,
    FLAG,
    NAMES,
    NUMBER,
    OUTCOME,
    POSITIVE,
    SHARE,
    VALUE,
    WEIGHT,
    Call,
)

CURVE = waits.kaplan_meier(
    waits.WaitCounts([3, 7, 14], seen=[[20, 30, 10], [5, 15, 25]], censored=[[0, 5, 15]] * 2)
)
COUNTS = waits.WaitCounts([3, 7, 14], seen=[[20, 30, 10], [5, 15, 25]], censored=[[0, 5, 15]] * 2)
ROWS = {
    "days": COUNT([2, 3, 5, 7, 9, 4], nan="refused"), "seen": FLAG([1, 1, 0, 1, 1, 1]),
    "count": COUNT([1, 2, 1, 1, 2, 1], nan="refused", also=["part"]),
    "entry": COUNT([0.0, 1, 0, 2, 0, 1], nan="legal", also=["huge"]),
}  # fmt: skip
LEVEL = {"level": CODE([1, 0, 1, 1, 0, 0]), "n_levels": 2, "reference": NUMBER(0)}
NEED = DESIGN([[0.0], [1], [1], [0], [1], [0]])
DAYS = COUNT([3, 5, 9, 4, 8, 20], nan="refused")
PROBABILITY = SHARE([0.5, 0.25], rows=None, nan="refused")
PANEL = {
    "y": OUTCOME([0.75, 0.76, 0.81, 0.84, 0.81, 0.82, 0.82, 0.86]),
    "weight": POSITIVE([1.0, 2, 1, 2, 1, 2, 1, 2], nan="refused"),
}  # fmt: skip
UNITS = NAMES(list("abababab"))
DESIGN_OF_SERIES = evaluate.segments(range(8), 4)
WILD = [[1, u < 5, t, (u < 5) * t] for u in range(10) for t in (0, 1)]
WILD_Y = [
    0.8 + 0.01 * u + 0.002 * (u % 3) * t + 0.05 * (u < 5) * t for u in range(10) for t in (0, 1)
]

CALLS = [
    Call(waits.WaitCounts, {
        "days": COUNT([3, 7, 14], nan="refused", also=["huge"], legal=["zeros"]),
        "seen": COUNT([20, 30, 10], nan="refused"), "censored": COUNT([1, 5, 15], nan="refused"),
        "entered": COUNT([2, 1, 0], nan="refused", also=["huge"]),
    }, ordered=True),
    Call(waits.wait_counts, ROWS | {"group": CODE([0, 0, 1, 1, 0, 1]), "n_groups": 2,
         "count": COUNT([1, 2, 1, 1, 2, 1], nan="refused")}),
    Call(waits.area_quantiles, {
        "value": VALUE([5, 1, 3, 2, 4, 6]), "first_is_high": True, "parts": 2,
        "group": CODE([0, 0, 0, 1, 1, 1]), "n_groups": 2,
    }),
    Call(waits.cox_regression, ROWS | {
        "design": NEED, "stratum": CODE([0, 0, 0, 1, 1, 1], legal=["huge"]),
    }),
    Call(waits.hazard_ratios, ROWS | LEVEL | {"need": NEED}),
    Call(waits.quantile_gaps, {
        "days": DAYS, "count": COUNT([1, 2, 1, 1, 2, 1], nan="refused"),
    } | LEVEL | {"cluster": CODE([0, 1, 2, 0, 1, 2], legal=["huge"])}),
    Call(waits.quantile_regression, {
        "days": DAYS, "design": DESIGN([[0.0], [0], [0], [1], [1], [1]]),
        "tau": POSITIVE(0.4, nan="refused", also=["huge"]),
        "count": COUNT([1, 2, 1, 1, 2, 1], nan="refused"),
        "cluster": CODE([0, 1, 2, 0, 1, 2], legal=["huge"]),
    }),
    Call(waits.quantiles, {
        "days": DAYS, "probability": PROBABILITY,
        "count": COUNT([1, 2, 1, 1, 2, 1], nan="refused", also=["part"]),
        "group": CODE([0, 0, 1, 1, 0, 1]), "n_groups": 2,
    }),
    Call(waits.weighted_quantiles, {
        "days": DAYS, "probability": PROBABILITY,
        "weight": COUNT([2, 1.5, 0.5, 1, 2, 1], nan="refused"),
        "group": CODE([0, 0, 1, 1, 0, 1]), "n_groups": 2,
    }),
    Call(waits.kaplan_meier, {"counts": COUNTS}),
    Call(waits.log_rank, {"counts": COUNTS, "rho": VALUE(1.0, nan="refused")}),
    Call(waits.days_until_seen, {"curve": CURVE, "probability": PROBABILITY}),
    Call(waits.still_waiting, {
        "curve": CURVE, "days": COUNT([0, 7], nan="refused"),
    }),
    Call(waits.seen_within, {
        "curve": CURVE, "days": COUNT([0, 7], nan="refused"),
    }),
    Call(waits.mean_wait, {"curve": CURVE, "within": POSITIVE(10.0, nan="refused")}),
    Call(evaluate.cost_per_effect, {
        "cost": VALUE([185, 20]), "effect": VALUE([0.044, 0.01]),
        "cost_error": ERROR([40, 30], nan="refused"),
        "effect_error": ERROR([0.01, 0.02], nan="refused"),
        "correlation": VALUE([0.1, 0.2], nan="refused", also=["huge"]),
    }, leading=True),
    Call(evaluate.count_series, {
        "events": COUNT([100, 104, 99, 103, 80, 79, 82, 81], nan="refused"),
        "design": DESIGN(DESIGN_OF_SERIES), "person_time": POSITIVE([1000.0] * 8, nan="refused"),
    }),
    Call(evaluate.value_series, {
        "values": OUTCOME([1, 2, 3, 4, 3, 4, 5, 7]), "design": DESIGN(DESIGN_OF_SERIES), "lag": 1,
    }, ordered=True),
    Call(evaluate.remembering_series, {
        "values": OUTCOME([0.1, 0.9, 2.2, 3.1, 3.8, 4.9, 6.1, 7.2]),
        "design": DESIGN(DESIGN_OF_SERIES),
    }, ordered=True),
    Call(evaluate.difference_in_differences, PANEL | {
        "treated": FLAG([1, 1, 1, 1, 0, 0, 0, 0]), "post": FLAG([0, 0, 1, 1, 0, 0, 1, 1]),
        "cluster": NAMES(list("ababcdcd")),
    }, one="refused"),
    Call(evaluate.two_way_effects, {
        "y": OUTCOME([1.0, 2.0, 3.0, 3.0, 1.0, 1.5]), "exposed": FLAG([0, 1, 0, 0, 0, 0]),
        "unit": NAMES(list("aabbcc")), "period": NAMES([1, 2, 1, 2, 1, 2]),
        "cluster": NAMES(list("aabbcc")), "weight": POSITIVE([1.0, 2, 1, 2, 1, 2], nan="refused"),
    }, one="refused"),
    Call(evaluate.difference_of_changes, {
        "before1": VALUE([0.756, 0.7]), "after1": VALUE([0.812, 0.8]),
        "before0": VALUE([0.814, 0.7]), "after0": VALUE([0.826, 0.75]),
        "standard_errors": ERROR(np.full((2, 4), 0.01), rows=0),
    }),
    Call(evaluate.equity_weighted_effect, {
        "effects": VALUE([0.06, 0.02, 0.03]),
        "covariance": COVARIANCE(np.eye(3) * 1e-4 + 1e-6), "shares": WEIGHT([1, 2, 1]),
        "weights": WEIGHT([2, 1, 1]),
    }, leading=True),
    Call(evaluate.harmonics, {
        "month": VALUE([3, 6, 9]), "pairs": 1, "period": POSITIVE(12.0, nan="refused"),
    }),
    Call(evaluate.segments, {
        "time": VALUE([1, 2, 3, 4, 5], nan="refused"), "start": VALUE(3.0, nan="refused"),
    }),
    Call(evaluate.permutation_test, {
        "change": OUTCOME([0.06, 0.05, 0.07, 0.06, 0.01, 0.00, 0.02, 0.01]),
        "treated": FLAG([True] * 4 + [False] * 4), "block": NAMES(list("aabbaabb")),
        "weight": POSITIVE([1.0, 2, 1, 2, 1, 2, 1, 2], nan="refused"),
    }, one="refused", endless=True),
    Call(evaluate.run_chart, {
        "values": VALUE([5, 6, 4, 5, 7, 5, 4, 6, 7, 8, 7, 8, 9, 8]), "base": 8,
    }, ordered=True, leading=True),
    Call(evaluate.wild_cluster_bootstrap, {
        "y": OUTCOME(WILD_Y), "design": DESIGN(np.array(WILD, dtype=float)), "place": NUMBER(3),
        "cluster": NAMES([u for u in range(10) for _ in (0, 1)]),
    }, one="refused", endless=True),
]  # fmt: skip
