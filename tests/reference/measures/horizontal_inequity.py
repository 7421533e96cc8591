"""Horizontal inequity and Wagstaff's decomposition.

The peer breaks ties of income by the order of the file; ours share their mid-rank, which is
within the case's tolerance.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.statistics.decompose import wagstaff
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.gradient import (
    Normalisation,
    RankError,
    Robust,
    concentration,
    ranked_people,
)
from equity_pipeline.statistics.horizontal.expected import read_need_model
from equity_pipeline.statistics.horizontal.index import horizontal_inequity_need_fixed
from equity_pipeline.statistics.refits import Model
from tests.reference.vectors import Case, columns
from tests.reference.vectors import terms as formula_terms

MODELS = {
    "lm": Model.LINEAR,
    "ols": Model.LINEAR,
    "linear": Model.LINEAR,
    "gaussian": Model.LINEAR,
    "poisson": Model.POISSON,
    "quasipoisson": Model.POISSON,
    "nb": Model.NEGATIVE_BINOMIAL,
    "glm.nb": Model.NEGATIVE_BINOMIAL,
    "negbin": Model.NEGATIVE_BINOMIAL,
    "negative_binomial": Model.NEGATIVE_BINOMIAL,
    "logit": Model.LOGIT,
    "logistic": Model.LOGIT,
    "binomial": Model.LOGIT,
    "quasibinomial": Model.LOGIT,
    "probit": Model.PROBIT,
    "gamma": Model.GAMMA,
}
ERRORS = {"linreg_delta": RankError.DELTA, "linreg_convenience": RankError.CONVENIENT}
INDICES = {
    "CI": Normalisation.STANDARD,
    "CIg": Normalisation.GENERALISED,
    "CIc": Normalisation.ERREYGERS,
    "CIw": Normalisation.WAGSTAFF,
}


def run(case: Case) -> None:
    if isinstance(case.expected, dict) and "terms" in case.expected:
        _decomposition(case)
    else:
        _standardised(case)


def _standardised(case: Case) -> None:
    frame = case.frame()
    made = [_row(case, frame, row) for row in case.rows().to_dict("records")]
    for name in dict.fromkeys(key for row in made for key in row):
        if any(f for f in case.rows()[name]):
            case.agrees(name, [row[name] for row in made])
    case.keys("outcome", "model")


def _row(case: Case, frame: pd.DataFrame, row: dict[str, Any]) -> dict[str, float]:
    """Return ours for each figure of an expected row."""
    y = frame[row.get("outcome") or case.param("outcome", "y")].to_numpy(float)
    rank = frame[case.column("rank", "ineqvar", "ranker", frame=frame)].to_numpy(float)
    weight = _weight(case, frame)
    need, others = (_columns(case, frame, name) for name in ("need", "non_need"))
    model = MODELS[str(row.get("model") or case.param("model")).lower()]
    made = horizontal_inequity_need_fixed(
        y,
        rank,
        need,
        others,
        model=model,
        weight=weight,
        error=ERRORS.get(_option(case, "method") or "linreg_delta", RankError.DELTA),
        robust=_robust(case),
    )
    index = INDICES[_option(case, "type") or "CI"]
    parts = {"ci": made.index, "ci_need": made.need, "hi_standardised": made.standardised}
    if index is not Normalisation.STANDARD:
        parts = _otherwise(case, index, y, made.expected, rank, weight)
    ours = {name: part.value.item() for name, part in parts.items()}
    ours |= {f"{name}_se": part.standard_error.item() for name, part in parts.items()}
    ours["hi_difference"] = ours["ci"] - ours["ci_need"]
    if "theta" in row:
        known = read_need_model(y, rank, need, others, None, weight, None, model)
        ours["theta"] = float(known.fitted(known.rows.mass[np.newaxis]).size[0])
    ours["mean"] = ours["mu"] = float(np.average(y, weights=weight))
    return {name: ours[name] for name in row if name in ours}


def _otherwise(
    case: Case,
    index: Normalisation,
    y: np.ndarray,
    expected: np.ndarray,
    rank: np.ndarray,
    weight: np.ndarray | None,
) -> dict[str, Estimate]:
    """Return the peer's other indices: the relative one times what turns it into them."""
    level = np.average(expected, weights=weight)
    error = ERRORS.get(_option(case, "method") or "linreg_delta", RankError.DELTA)
    made = {"ci": y, "ci_need": expected, "hi_standardised": y - expected + level}
    found = {}
    for name, value in made.items():
        people = ranked_people(value, rank, weight=weight)
        mean = float(people.average[0])
        times = {
            Normalisation.GENERALISED: mean,
            Normalisation.ERREYGERS: 4 * mean / np.ptp(value),
            Normalisation.WAGSTAFF: 1 / (1 - mean),
        }[index]
        one = concentration(people, error=error, robust=_robust(case))
        found[name] = replace(
            one, value=one.value * times, standard_error=one.standard_error * abs(times)
        )
    return found


def _decomposition(case: Case) -> None:
    frame = case.frame()
    terms = case.rows("terms")
    outcome = _outcome(case, frame)
    weight = _weight(case, frame)
    found = re.search(r"contribution\(.*\)?\s*,\s*(?:\w+\$)?([\w.]+)\s*(?:,|\))", case.call)
    default = found.group(1) if found else None
    default = default if default in frame else _sibling(case, "rank")
    ranked = case.column("rank", "ranker", frame=frame, default=default)
    X = _determinants(case, frame, [str(term) for term in terms["term"]])
    kind = _option(case, "type") or "CI"
    y = frame[outcome].to_numpy(float)
    rank = frame[ranked].to_numpy(float)
    made = wagstaff(_decomposed(case, y, rank, X, weight), rank, X, weight=weight)
    case.agrees("overall_ci", made.overall.value)
    case.agrees("residual", made.residual.value)
    assert kind == "CI", f"{case}: the peer's {kind} takes each term's own bounds"
    ours = {
        "elasticity": made.elasticity.value,
        "ci": made.index.value,
        "contribution": made.contribution.value,
        "pct": 100 * made.share.value,
        "beta": made.coefficients.value,
        "coefficient": made.coefficients.value,
    }
    for name in terms.columns:
        if name in ours:
            case.agrees(f"terms.{name}", ours[name])
    whole = float(made.residual.value + made.contribution.value.sum())
    assert abs(whole - float(made.overall.value)) < 1e-12


def _determinants(case: Case, frame: pd.DataFrame, named: list[str]) -> np.ndarray:
    """Return the columns of the expected terms: of the input, or made by the peer's formula."""
    if all(_term(name, frame).partition("^")[0] in frame for name in named):
        return columns(frame, [_term(name, frame) for name in named])[0]
    X, labels = columns(frame, [_term(name, frame) for name in formula_terms(case.call)])
    return X[:, [labels.index(name) for name in named]]


def _decomposed(
    case: Case, y: np.ndarray, rank: np.ndarray, X: np.ndarray, weight: np.ndarray | None
) -> np.ndarray:
    """Return the outcome, or for the peer's ``glm`` its linear predictor, which it decomposes."""
    told = f"{case.param('model', default='')} {case.call}".lower()
    names = [name for name in re.findall(r"[\w.]+", told) if name in MODELS]
    if "glm" not in told or not names or MODELS[names[-1]] is Model.LINEAR:
        return y
    nothing = np.empty((len(y), 0))
    known = read_need_model(y, rank, X, nothing, None, weight, None, MODELS[names[-1]])
    return (known.X @ known.fitted(known.rows.mass[np.newaxis]).beta[0])[known.rows.back]


def _columns(case: Case, frame: pd.DataFrame, name: str) -> np.ndarray:
    told = case.param(name, name.replace("_", ""), default=[])
    named = [told] if isinstance(told, str) else list(told)
    return columns(frame, [_term(one, frame) for one in named])[0]


def _term(name: str, frame: pd.DataFrame) -> str:
    """Return a term without the escapes that R puts around names and powers."""
    bare = name.strip("`")
    inner = re.fullmatch(r"I\((.*)\)", bare)
    return bare if bare in frame or not inner else inner.group(1).replace(" ", "")


def _outcome(case: Case, frame: pd.DataFrame) -> str:
    told = [case.param("outcome", "y"), *re.findall(r"([\w.]+)\s*~", case.call)]
    told += re.findall(r"[\w.]+", str(case.param("model", default="")))[::-1]
    return next(str(name) for name in told if name in frame.columns)


def _weight(case: Case, frame: pd.DataFrame) -> np.ndarray | None:
    name = case.param("weights", "weight", "wt")
    return frame[name].to_numpy(float) if name in frame.columns else None


def _option(case: Case, name: str) -> str | None:
    told = case.param(name)
    found = re.search(rf"\b{name}\s*=\s*['\"](\w+)['\"]", case.call)
    return str(told) if told is not None else (found.group(1) if found else None)


def _robust(case: Case) -> Robust:
    is_robust = re.search(r"robust_se\s*=\s*T", case.call) or case.param("robust_se", "robust")
    if not is_robust or str(is_robust).lower() in ("false", "none"):
        return Robust.MODEL
    return Robust((_option(case, "rse_type") or "HC3").lower())


def _sibling(case: Case, name: str) -> str | None:
    beside = json.loads((case.folder / "expected.json").read_text("utf-8"))["cases"]
    return next((c["params"][name] for c in beside if name in (c.get("params") or {})), None)
