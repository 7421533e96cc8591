"""Poisson and Gamma random intercepts of care units."""

from __future__ import annotations

import re

import numpy as np
from scipy.special import gammaln, xlogy

from equity_pipeline.statistics.maihda import (
    RandomIntercept,
    random_intercept_counts,
    random_intercept_gamma,
)
from equity_pipeline.statistics.need import Family
from tests.reference.mixed_models import (
    Model,
    compare_effects,
    compare_fixed,
    linear_model_of,
    matched,
    nodes_of,
    told,
)
from tests.reference.vectors import Case

GAMMA_ERRORS = (
    "lme4 takes second differences of a Gamma deviance that scales residuals but not unit effects; "
    "its errors are those neither of its own deviance nor of the likelihood"
)
GAMMA_MODES = "lme4's fit is not the likelihood's: a tenth of its own error of the effect"


def run(case: Case) -> None:
    if "sigma2" in case.expected or re.search(r"[Gg]amma", case.call + case.id):
        _gamma(case)
    else:
        _poisson(case)


def _exposure(case: Case, model: Model) -> np.ndarray:
    found = matched(case, r"offset\(\s*log\(\s*(\w+)\s*\)\s*\)")
    name = told(case, "offset", "exposure", "person_time", "py") or (found and found.group(1))
    return model.frame[str(name)].to_numpy(dtype=float) if name else np.ones(len(model.events))


def _poisson(case: Case) -> None:
    expected, nodes = case.expected, nodes_of(case)
    model = linear_model_of(case, expected)
    exposure = _exposure(case, model)
    fit = random_intercept_counts(
        model.events, exposure, model.design, model.group, family=Family.POISSON, nodes=nodes
    )
    for name in expected:
        if name.startswith("var"):
            case.agrees(name, fit.variance.value)
    compare_fixed(case, fit, model, "", nodes)
    compare_effects(case, fit, model, "", expected, nodes)
    if "loglik" in expected:
        # with more than one node lme4 leaves out the likelihood of the saturated model
        y = model.events
        saturated = float((xlogy(y, y) - y - gammaln(y + 1)).sum()) if nodes > 1 else 0.0
        case.agrees("loglik", fit.loglik - saturated)


def _gamma(case: Case) -> None:
    """Compare with lme4, which multiplies the units' variance by its residual variance."""
    expected, nodes = case.expected, nodes_of(case)
    model = linear_model_of(case, expected)
    y = model.events
    fit = random_intercept_gamma(
        y, np.ones(len(y)), np.log(y), model.design, model.group, nodes=nodes
    )
    scale = _residual_variance(fit, y)
    for name in expected:
        if name == "sigma2":
            case.agrees(name, scale)
        elif name.startswith("var"):
            case.agrees(name, fit.variance.value * scale)
    case.keys("fixed.term")
    case.agrees("fixed.coef", fit.fixed.value)
    case.leaves("fixed.se", GAMMA_ERRORS)
    place = {name: row for row, name in enumerate(model.names)}
    rows = [place[str(r["stratum"])] for r in expected["ranef"]]
    case.keys("ranef.stratum")
    error = _expected_errors(fit)[rows]
    error *= np.sqrt(scale)
    case.agrees("ranef.u", fit.effects.value[rows], of=error, rtol=0.1, loose=GAMMA_MODES)
    case.agrees("ranef.se", error)


def _residual_variance(fit: RandomIntercept, y: np.ndarray) -> float:
    """Return lme4's: Pearson's sum over people, with the units' standardised effects squared."""
    effects = (fit.effects.value**2).sum() / float(fit.variance.value)
    return float((((y / fit.fitted.value - 1) ** 2).sum() + effects) / len(y))


def _expected_errors(fit: RandomIntercept) -> np.ndarray:
    """Return the effects' conditional deviations with the expected curvature that lme4 takes."""
    variance = float(fit.variance.value)
    told = fit.effects.n / float(fit.residual_variance.value)
    return np.sqrt(variance / (1 + variance * told))
