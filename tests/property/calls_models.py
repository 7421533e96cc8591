"""Calls of the statistics that fit a model: need, strata, horizontal inequity."""

from __future__ import annotations

import numpy as np

from equity_pipeline.statistics import glm, horizontal, maihda, need, reweighted
from equity_pipeline.statistics.need import Family
from equity_pipeline.statistics.need.many import marginal_standardisations
from equity_pipeline.statistics.refits import Model
from tests.property.calls import (
    CODE,
    COUNT,
    COVARIANCE,
    DESIGN,
    EVENTS,
    NAMES,
    NUMBER,
    OUTCOME,
    PLACE,
    POSITIVE,
    SHARE,
    VALUE,
    WEIGHT,
    Call,
)

LEVELS = {
    "value": VALUE([0.2, 0.3, 0.35]), "covariance": COVARIANCE(np.eye(3) * 0.0025 + 1e-4),
}  # fmt: skip
CELLS = {
    "s": EVENTS([2, 6, 4, 5, 3, 7, 3, 6], nan="refused"),
    "d": COUNT([10, 11, 10, 12, 9, 10, 10, 10], nan="refused"),
    "level": CODE([0, 0, 1, 1, 0, 0, 1, 1]),
    "design": DESIGN([[0.0], [1], [0], [1], [1], [0], [1], [0]]),
    "cluster": CODE([0, 1, 0, 1, 2, 2, 3, 3], legal=["huge", "minus"]),
    "n_levels": 2,
    "family": Family.BINOMIAL,
}
UNITS = {name: one for name, one in CELLS.items() if name != "cluster"} | {
    "unit": CODE([0, 1, 0, 1, 2, 2, 3, 3], legal=["huge", "minus"]),
    "level": CODE([0, 0, 1, 1, 0, 1, 1, 0]), "family": Family.GAUSSIAN, "reference": NUMBER(0),
    "s": OUTCOME([2, 6, 4, 5, 3, 7, 3, 6]),
}  # fmt: skip
GROUPS = CODE([0, 1, 2, 3, 0, 1, 2, 3], legal=["huge", "minus"])
COUNTED = {
    "events": EVENTS([12, 30, 9, 41, 10, 28, 14, 30], nan="refused"),
    "size": POSITIVE([100, 90, 100, 100, 80, 100, 90, 90], nan="refused"),
    "design": DESIGN([[0.0], [1], [0], [1], [1], [0], [1], [0]]), "group": GROUPS,
}  # fmt: skip
SEX = np.array([[0], [1], [0], [1], [0], [1]])
SIX = ([12, 30, 9, 41, 20, 25], [100] * 6)
NULL = maihda.random_intercept_counts(*SIX, None, range(6))
ADDITIVE = maihda.random_intercept_counts(*SIX, SEX, range(6))
TOTALS, PEOPLE = np.array([510.0, 690, 640, 830, 720, 905]), np.full(6, 100.0)
LINEAR = [
    maihda.random_intercept_linear(TOTALS, TOTALS**2 / 100 + 200, PEOPLE, X, range(6))
    for X in (None, SEX)
]
DIMS = np.array([(a, b) for a in range(2) for b in range(3)])
AMOUNTS = np.array([[3.0, 9, 4, 12], [8, 30, 11, 25], [5, 6, 15, 9]])
COST = np.array([12.0, 5.0, 9.0, 30.0, 22.0, 41.0, 8.0, 3.0, 14.0])
INEQUITY = {
    "y": OUTCOME([1, 2, 2, 4, 3, 5, 4]), "rank": OUTCOME([1, 2, 3, 4, 5, 6, 7]),
    "need": DESIGN([[0.0], [1], [0], [1], [0], [1], [1]]),
    "non_need": DESIGN([[0.0], [1], [1], [0], [0], [1], [2]]), "model": Model.LINEAR,
    "people": COUNT([1, 2, 1, 2, 1, 1, 2], nan="refused"),
    "weight": POSITIVE([1.0, 1, 2, 2, 1, 1, 1], nan="refused"),
    "cluster": NAMES(list("abcdefg")),
}  # fmt: skip

CALLS = [
    Call(glm.fit_glm, {
        "y": SHARE([0.2, 0.5, 0.4, 0.3], nan="refused"),
        "design": DESIGN([[1.0, 0], [1, 1], [1, 0], [1, 1]]), "family": Family.BINOMIAL,
        "weight": WEIGHT([10, 12, 9, 10], legal=["zeros"]), "offset": OUTCOME([0.0, 0.1, 0.0, 0.1]),
    }),
    Call(glm.fit_glm, {
        "y": POSITIVE([2.0, 5.0, 4.0, 3.0], nan="refused"),
        "design": DESIGN([[1.0, 0], [1, 1], [1, 0], [1, 1]]), "family": Family.GAMMA,
    }, label=" gamma"),
    Call(glm.fit_glm, {
        "y": COUNT([2.0, 5.0, 4.0, 3.0], nan="refused"),
        "design": DESIGN([[1.0, 0], [1, 1], [1, 0], [1, 1]]), "family": Family.POISSON,
    }, label=" poisson"),
    Call(glm.sandwich, {
        "fit": glm.fit_glm(
            [1.0, 2, 4, 3], [[1, 0], [1, 0], [1, 1], [1, 1]], family=Family.GAUSSIAN,
        ),
        "cluster": NAMES(["a", "b", "a", "b"]),
    }, ordered=True),
    Call(glm.sandwich, {
        "fit": glm.fit_glm(
            [1.0, 2, 4, 3], [[1, 0], [1, 0], [1, 1], [1, 1]], family=Family.GAUSSIAN,
            weight=[2, 3, 2, 3],
        ),
        "within": COUNT([1.0, 2.0, 1.0, 0.5], nan="refused"),
    }, ordered=True, label=" within"),
    Call(reweighted.independent, {"X": DESIGN([[1.0, 0.0], [1.0, 1.0]])}, part=True),
    Call(reweighted.information, {
        "X": DESIGN([[1.0, 0.0], [1.0, 1.0]]), "weight": COUNT([1.0, 2.0]),
    }, part=True),
    Call(reweighted.reweighted, {
        "y": COUNT([1.0, 3.0, 2.0], nan="legal"), "X": DESIGN(np.ones((3, 1)), nan="legal"),
        "w": COUNT([1.0, 1, 2], nan="legal"), "fixed": OUTCOME([0.0, 0.1, 0.0], nan="legal"),
        "family": Family.POISSON,
    }, part=True),
    Call(need.marginal_standardisation, CELLS | {
        "weight": WEIGHT([10, 11, 10, 12, 9, 10, 10, 10], legal=["zeros"]),
    }),
    Call(need.marginal_standardisation, CELLS | {
        "family": Family.GAUSSIAN, "s": OUTCOME([2, 6, 4, 5, 3, 7, 3, 6]),
        "variance": need.Variance.ROWS,
        "within": COUNT([1.0, 2, 1, 2, 1, 2, 1, 2], nan="refused"),
    }, label=" rows"),
    Call(marginal_standardisations, CELLS | {
        "model": CODE([0, 0, 0, 0, 1, 1, 1, 1]), "design": (), "strata": ("education", "sex"),
    }),
    Call(need.need_model, CELLS),
    Call(need.calibration, CELLS | {"bands": 2}),
    Call(need.interactions, CELLS | {"names": ["sick"], "rule": need.InteractionRule()}),
    Call(need.within_units, UNITS),
    Call(need.contrast, LEVELS | {"focus": PLACE([0, 1]), "reference": PLACE([2, 2])}),
    Call(need.wald_equal, LEVELS, leading=True),
    Call(need.wald_zero, LEVELS | {
        "test": need.WaldTest.F, "n_clusters": COUNT(20, nan="refused"),
    }, leading=True),
    Call(need.age_spline, {
        "age_midpoint": VALUE([2.5, 47.5, 87.5]),
        "knots": VALUE([10, 45, 80], rows=None, nan="refused", also=["huge"]),
    }),
    Call(need.need_set, {"names": ["age", "sex"], "stratum": "sex"}),
    Call(need.refuse_adjusters, {"names": ["age", "sex"]}),
    Call(need.NeedVariable, {
        "name": "age", "code": CODE([0, 1, 1]), "basis": DESIGN([[40.0], [70.0]], rows=None),
    }, keeps=("basis",)),
    Call(maihda.random_intercept_counts, COUNTED),
    Call(maihda.random_intercept_counts, COUNTED | {
        "family": Family.POISSON, "events": COUNT([12, 30, 9, 41, 10, 28, 14, 30], nan="refused"),
    }, label=" poisson"),
    Call(maihda.random_intercept_linear, {
        "total": OUTCOME([5.1, 4.8, 5.9, 7.2, 6.9, 6.1, 4.0, 4.4]),
        "squares": COUNT(np.array([5.1, 4.8, 5.9, 7.2, 6.9, 6.1, 4.0, 4.4]) ** 2, nan="refused"),
        "n": POSITIVE(np.ones(8), nan="refused"),
        "design": DESIGN([[0.0], [1], [0], [1], [1], [0], [1], [0]]), "group": GROUPS,
    }),
    Call(maihda.random_intercept_gamma, {
        "total": POSITIVE(COST, nan="refused"), "n": POSITIVE(np.ones(9), nan="refused"),
        "log_total": OUTCOME(np.log(COST)), "design": None,
        "group": CODE(np.repeat([0, 1, 2], 3), legal=["huge", "minus"]),
    }),
    Call(maihda.log_normal_two_part, {
        "positives": EVENTS([4, 4, 4], nan="refused"), "n": COUNT([9, 5, 8], nan="refused"),
        "log_total": OUTCOME(np.log(AMOUNTS).sum(axis=1)),
        "log_squares": COUNT((np.log(AMOUNTS) ** 2).sum(axis=1), nan="refused"), "design": None,
        "group": CODE([0, 1, 2], legal=["huge", "minus"]),
    }),
    Call(maihda.maihda, {
        "events": EVENTS([60, 84, 57, 71, 88, 70], nan="refused"),
        "trials": COUNT([200, 210, 190, 200, 205, 195], nan="refused"),
        "dims": CODE(DIMS, rows=0, legal=["huge", "minus"]),
    }),
    Call(maihda.pcv, {"null": NULL, "additive": ADDITIVE}),
    Call(maihda.pcv_bootstrap, {
        "null": LINEAR[0], "additive": LINEAR[1], "n": POSITIVE(PEOPLE, nan="refused"),
        "design": DESIGN(SEX.astype(float)), "nodes": 1, "draws": 20, "seed": 1,
    }, drawn=True, ordered=True),
    Call(maihda.auc, {
        "score": OUTCOME([0.1, 0.2, 0.3]), "events": EVENTS([10, 20, 30], nan="refused"),
        "trials": COUNT([100, 90, 110], nan="refused"),
    }),
    Call(maihda.vpc_count, {
        "variance": COUNT([0.2, 0.1]), "mean": COUNT([3.0, 30.0]),
        "overdispersion": COUNT([0.0, 0.1]),
    }, leading=True),
    Call(maihda.vpc_linear, {"variance": COUNT([1.1, 0.5]), "residual": COUNT([12.3, 1.0])},
         leading=True),
    Call(horizontal.horizontal_inequity, INEQUITY | {"draws": 100, "seed": 7}, drawn=True,
         one="refused"),
    Call(horizontal.horizontal_inequity_need_fixed, INEQUITY, one="refused"),
    Call(horizontal.horizontal_inequity_need_fixed, INEQUITY | {
        "y": COUNT([1, 2, 2, 4, 3, 5, 4], nan="refused"), "model": Model.POISSON,
    }, one="refused", label=" poisson"),
]  # fmt: skip
