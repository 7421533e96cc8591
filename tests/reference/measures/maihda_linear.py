"""Linear random intercepts by ML and REML, on people summed to strata where that is possible."""

from __future__ import annotations

import re

import numpy as np
import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.maihda import Maihda, maihda, pcv, random_intercept_linear
from equity_pipeline.statistics.need import Family
from tests.reference.mixed_models import (
    compare_effects,
    compare_fixed,
    dimension_codes,
    linear_model_of,
)
from tests.reference.vectors import Case

INTERVALS = "the peer's limits are bootstrapped without a seed"
CROSSED = "shares of the peer's crossed-dimensions mode, another model"


def run(case: Case) -> None:
    if "fixed" in case.expected:
        _fit(case)
    elif any(name.startswith("pcv_") for name in case.expected):
        _change(case)
    else:
        _glance(case)


def _is_reml(case: Case) -> bool:
    """Whether the case is by REML, which is lmer's default."""
    told = case.param("method", "REML", "reml", default=case.expected.get("reml"))
    if told is None:
        found = re.search(r"REML\s*=\s*(\w+)", case.call)
        told = found.group(1) if found else True
    return str(told).upper() in ("REML", "TRUE", "T", "1")


def _fit(case: Case) -> None:
    expected = case.expected
    model = linear_model_of(case, expected)
    ones = np.ones(len(model.events))
    fit = random_intercept_linear(
        model.events, model.events**2, ones, model.design, model.group, reml=_is_reml(case)
    )
    figures = {
        "var_residual": fit.residual_variance.value,
        "vpc": fit.vpc.value,
        "loglik": fit.loglik,
        "n": len(ones),
        "n_strata": len(fit.groups),
    }
    for name in expected:
        if name in figures:
            case.agrees(name, figures[name])
        elif name.startswith("var"):
            case.agrees(name, fit.variance.value)
    compare_fixed(case, fit, model, "")
    compare_effects(case, fit, model, "", expected)
    if "strata" in expected:
        first = model.first_rows(r["stratum"] for r in expected["strata"])
        case.agrees("strata.predicted", fit.fitted.value[first])
        sizes = np.bincount(model.group)
        case.agrees("strata.n", sizes[model.group[first]])


def _pair(case: Case, *, reml: bool) -> Maihda:
    model = linear_model_of(case, None)
    y = model.events
    return maihda(
        y,
        np.ones(len(y)),
        dimension_codes(case, model),
        family=Family.GAUSSIAN,
        squares=y**2,
        reml=reml,
    )


def _change(case: Case) -> None:
    """Compare the PCV; the peer's from REML is only reached past our own refusal."""
    if "pcv_ml" in case.expected:
        case.agrees("pcv_ml", _pair(case, reml=False).pcv.value)
    if "pcv_reml" in case.expected:
        ours = _pair(case, reml=True)
        with pytest.raises(MethodError):
            pcv(ours.null, ours.additive)
        share = 1 - ours.additive.variance.value / ours.null.variance.value
        case.agrees("pcv_reml", share)


def _glance(case: Case) -> None:
    ours = _pair(case, reml=True)
    figures = {
        "vpc": ours.vpc_null.value,
        "pcv": ours.pcv.value,
        "n_strata": len(ours.n),
        "nobs": ours.n.sum(),
    }
    for name, value in figures.items():
        if case.expected.get(name) is not None:
            case.agrees(name, value)
    for name in case.expected:
        if name.endswith((".conf.low", ".conf.high")):
            case.leaves(name, INTERVALS)
        elif name.endswith(".share"):
            case.leaves(name, CROSSED)
