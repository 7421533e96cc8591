"""Poisson and Gamma random intercepts of care units."""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
from scipy.special import gammaln, xlogy

from equity_pipeline.statistics.maihda import (
    RandomIntercept,
    random_intercept_counts,
    random_intercept_gamma,
)
from equity_pipeline.statistics.need import Family
from tests.reference.gamma_of_lme4 import Fitted, fitted
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
GAMMA_CRITERION = (
    "lme4's criterion for Gamma penalises effects on another scale than it has them on: its "
    "figure is that of its criterion, ours that of the likelihood"
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
    place = {name: row for row, name in enumerate(model.names)}
    rows = [place[str(r["stratum"])] for r in expected["ranef"]]
    error = _expected_errors(fit)[rows] * np.sqrt(scale)
    theirs = _Theirs(case, fit, model, scale)
    for name in expected:
        if name == "sigma2":
            theirs.beside(name, scale, "sigma2")
        elif name.startswith("var"):
            theirs.beside(name, fit.variance.value * scale, "variance")
    case.keys("fixed.term", "ranef.stratum")
    theirs.beside("fixed.coef", fit.fixed.value, "fixed")
    case.leaves("fixed.se", GAMMA_ERRORS)
    theirs.beside("ranef.se", error, "errors", rows)
    effects = fit.effects.value[rows]
    if (np.abs(effects - case.theirs("ranef.u")) <= 0.1 * error).all():
        case.agrees("ranef.u", effects, of=error, rtol=0.1, loose=GAMMA_MODES)
    else:
        theirs.beside("ranef.u", effects, "effects", rows)


class _Theirs:
    """Figures of lme4's own criterion, sought only where ours are not within the tolerance."""

    def __init__(self, case: Case, fit: RandomIntercept, model: Model, scale: float) -> None:
        self.case, self.fit, self.model, self.scale = case, fit, model, scale

    @cached_property
    def fitted(self) -> Fitted:
        y = self.model.events
        ones = np.ones((len(y), 1))
        design = ones if self.model.design is None else np.hstack([ones, self.model.design])
        spread = float(np.sqrt(self.fit.variance.value / self.scale))
        return fitted(y, design, self.model.group, spread, self.fit.fixed.value)

    def beside(
        self, path: str, ours: object, part: str, rows: list[int] | slice = slice(None)
    ) -> None:
        """Compare ours; where the peer's criterion moved its figures, show that it did."""
        theirs, allowed = self.case.theirs(path), self.case.given["tolerance"]
        limits = {"rtol": allowed["rel"], "atol": allowed["abs"]}
        if np.allclose(np.asarray(ours, dtype=float).ravel(), theirs, **limits):
            self.case.agrees(path, ours)
            return
        moved = np.atleast_1d(getattr(self.fitted, part))[rows]
        np.testing.assert_allclose(moved, theirs, **limits, err_msg=f"{self.case}: {path}")
        self.case.leaves(path, GAMMA_CRITERION)


def _residual_variance(fit: RandomIntercept, y: np.ndarray) -> float:
    """Return lme4's: Pearson's sum over people, with the units' standardised effects squared."""
    effects = (fit.effects.value**2).sum() / float(fit.variance.value)
    return float((((y / fit.fitted.value - 1) ** 2).sum() + effects) / len(y))


def _expected_errors(fit: RandomIntercept) -> np.ndarray:
    """Return the effects' conditional deviations with the expected curvature that lme4 takes."""
    variance = float(fit.variance.value)
    told = fit.effects.n / float(fit.residual_variance.value)
    return np.sqrt(variance / (1 + variance * told))
