"""Interrupted time series and difference-in-differences, beside R's glm, sandwich and nlme."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from equity_pipeline.statistics.evaluate import (
    count_series,
    difference_in_differences,
    remembering_series,
    two_way_effects,
    value_series,
)
from equity_pipeline.statistics.need import Family
from tests.reference.r_glm import ENDS_AT, SETTLED, Stopped, stopped
from tests.reference.vectors import Case, columns, terms


def run(case: Case) -> None:
    given = case.frame()
    if "~" in case.call and ":" in _formula(case):
        _two_way(case, given)
    elif "~" in case.call and "*" in _formula(case):
        _two_by_two(case, given)
    elif "gls" in case.call:
        _remembering(case, given)
    elif "NeweyWest" in case.call:
        _newey_west(case, given)
    else:
        _counts(case, given)


def _counts(case: Case, given: pd.DataFrame) -> None:
    """A call without a formula is that of its neighbours: the terms stand in its answer."""
    base = "coef." if isinstance(case.expected, dict) else ""
    offset = case.param("offset", default=_from_source(case, r"offset\(((?:log\()?\w+)"))
    events = given[_from_source(case, r"glm\((\w+)\s*~")].to_numpy(dtype=float)
    design = _design(given, case.rows("coef" if base else "")["term"])
    time = given[re.search(r"(\w+)\)?$", offset).group(1)].to_numpy(dtype=float)
    quasi = "quasi" in case.call
    made = count_series(events, design, person_time=time, overdispersed=quasi)
    case.agrees(f"{base}coef", made.coefficients.value)
    early, settled = (
        stopped(design, events, Family.POISSON, offset=np.log(time), ends_at=at)
        for at in (ENDS_AT, SETTLED)
    )
    dispersion = made.dispersion * early.dispersion / settled.dispersion
    variance = np.diag(made.covariance) * _spread(early) / _spread(settled)
    variance *= dispersion / made.dispersion if quasi else 1
    case.agrees(f"{base}se", np.sqrt(variance))
    if base:
        case.agrees("dispersion", dispersion)


def _spread(fit: Stopped) -> np.ndarray:
    return np.diag(np.linalg.inv(fit.information))


def _newey_west(case: Case, given: pd.DataFrame) -> None:
    lag = int(case.param("lag", default=3))
    assert not case.param("prewhite", default=False), "prewhitened errors are not made"
    design = _design(given, case.rows()["term"])
    adjust = bool(case.param("adjust", default=True))
    made = value_series(given[_response(case)], design, lag=lag, small_sample=adjust)
    case.agrees("coef", made.coefficients.value)
    case.agrees("se_nw*", made.coefficients.standard_error)


def _remembering(case: Case, given: pd.DataFrame) -> None:
    design = _design(given, case.rows("coef")["term"])
    plain = case.param("method", default="ML" if "'ML'" in case.call else "REML") == "ML"
    when = re.search(r"form\s*=\s*~\s*(\w+)", case.call)
    time = given[when.group(1)] if when and when.group(1) in given else None
    made = remembering_series(given[_response(case)], design, time=time, restricted=not plain)
    case.agrees("phi", made.memory)
    case.agrees("coef.coef", made.coefficients.value)
    case.agrees("coef.se", made.coefficients.standard_error)


def _two_by_two(case: Case, given: pd.DataFrame) -> None:
    treated, post = (part.strip() for part in _formula(case).split("*"))
    cluster = given[case.column("cluster", frame=given, default="unit")]
    one = difference_in_differences(given[_response(case)], given[treated], given[post], cluster)
    case.agrees("estimate", one.clustered.value)
    case.agrees("se_ols", one.independent.standard_error)
    case.agrees("se_hc1", one.robust.standard_error)
    case.agrees("se_cluster_hc1", one.clustered.standard_error)


def _two_way(case: Case, given: pd.DataFrame) -> None:
    product, *factors = terms(case.call)
    exposed = np.prod([given[name.strip()] for name in product.split(":")], axis=0)
    unit, period = (given[re.search(r"\((\w+)\)", factor).group(1)] for factor in factors)
    cluster = given[case.column("cluster", frame=given, default="unit")]
    for tag, small in (("hc1", True), ("hc0", False)):
        one = two_way_effects(
            given[_response(case)], exposed, unit, period, cluster=cluster, small_sample=small
        )
        case.agrees("estimate", one.clustered.value)
        case.agrees(f"se_cluster_{tag}", one.clustered.standard_error)


def _formula(case: Case) -> str:
    found = re.search(r"~\s*([^;,]*?)\)\s*(?:;|,|$)", case.call)
    return found.group(1) if found else ""


def _response(case: Case) -> str:
    return _from_source(case, r"(?<!g)lm\((\w+)\s*~")


def _from_source(case: Case, pattern: str) -> str:
    """Return what the case's own call says, else the first call of its measure that says it."""
    source = (case.folder / "SOURCE.md").read_text("utf-8")
    own = re.search(pattern, case.call) or re.search(pattern, source)
    assert own, f"{case}: no call says {pattern}"
    return own.group(1)


def _design(given: pd.DataFrame, names: pd.Series) -> np.ndarray:
    """Return the design of these terms of an answer, the intercept first."""
    others = [name for name in names if name != "(Intercept)"]
    return np.column_stack([np.ones(len(given)), columns(given, others)[0]])
