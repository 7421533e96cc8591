"""Logistic random intercepts on counted strata, their shares of variance and their accuracy."""

from __future__ import annotations

import re

import numpy as np

from equity_pipeline.statistics.maihda import auc, maihda, random_intercept_counts
from equity_pipeline.statistics.variation.clustering import median_odds_ratio
from tests.reference.mixed_models import (
    Model,
    compare_effects,
    compare_fixed,
    dimension_codes,
    model_of,
    nodes_of,
)
from tests.reference.vectors import Case

INTERVALS = "the peer's limits are bootstrapped without a seed"
CROSSED = "shares of the peer's crossed-dimensions mode, another model"


def run(case: Case) -> None:
    expected = case.expected
    if any(isinstance(part, dict) and "fixed" in part for part in expected.values()):
        for name, part in expected.items():
            _fit(case, part, f"{name}.", nodes_of(name))
    elif "fixed" in expected:
        _fit(case, expected, "", nodes_of(case))
    elif any(name.startswith("pcv_") for name in expected):
        for name in expected:
            case.agrees(name, _pair(case, nodes_of(name)).pcv.value)
    else:
        _glance(case)


def _fit(case: Case, expected: dict, path: str, nodes: int) -> None:
    model = model_of(case, expected)
    fit = random_intercept_counts(
        model.events, model.trials, model.design, model.group, nodes=nodes
    )
    for name in expected:
        if name.startswith("var"):
            case.agrees(path + name, fit.variance.value)
    compare_fixed(case, fit, model, path, nodes)
    compare_effects(case, fit, model, path, expected, nodes)
    figures = {
        "vpc_latent": fit.vpc.value,
        "mor": median_odds_ratio(fit.variance.value),
        "n_strata": len(fit.groups),
        "auc": auc(fit.fitted.value, model.events, model.trials).value,
        "auc_fixed": auc(fit.fitted_fixed.value, model.events, model.trials).value,
    }
    for name in figures.keys() & expected.keys():
        case.agrees(path + name, figures[name])
    if "strata" in expected:
        first = model.first_rows(r["stratum"] for r in expected["strata"])
        case.agrees(f"{path}strata.prob", fit.fitted.value[first])
        case.agrees(f"{path}strata.prob_fixed", fit.fitted_fixed.value[first])


def _pair(case: Case, nodes: int):
    model: Model = model_of(case, None)
    return maihda(model.events, model.trials, dimension_codes(case, model), nodes=nodes)


def _glance(case: Case) -> None:
    """Compare with the MAIHDA package's one row, which is lme4's Laplace."""
    given = re.search(r"nAGQ\s*=\s*(\d+)", case.call)
    ours = _pair(case, int(given.group(1)) if given else 1)
    figures = {
        "vpc": ours.vpc_null.value,
        "pcv": ours.pcv.value,
        "auc": ours.auc_null.value,
        "auc.adjusted": ours.auc_additive.value,
        "mor": ours.mor_null.value,
        "n_strata": len(ours.n),
        "nobs": ours.n.sum(),
    }
    for name, value in figures.items():
        if case.expected.get(name) is not None:
            case.agrees(name, np.asarray(value))
    for name in case.expected:
        if name.endswith((".conf.low", ".conf.high")):
            case.leaves(name, INTERVALS)
        elif name.endswith(".share"):
            case.leaves(name, CROSSED)
