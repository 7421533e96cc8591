"""Reading lme4's calls: which column is what, and which dummies stand behind its terms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from equity_pipeline.statistics.maihda import RandomIntercept
from tests.reference.vectors import Case, cases, terms

CALLS = r"(?:glmer|lmer|maihda)\(\s*"


@dataclass
class Model:
    """The arrays of a call, with the rows' stratum names."""

    frame: pd.DataFrame
    events: np.ndarray
    trials: np.ndarray
    design: np.ndarray | None
    group: np.ndarray
    names: np.ndarray
    labels: list[str]

    def first_rows(self, strata: Iterable[object]) -> list[int]:
        """Return the first row of each of these strata."""
        place = {name: row for row, name in reversed(list(enumerate(self.names[self.group])))}
        return [place[str(name)] for name in strata]


def siblings(case: Case) -> list[Case]:
    """Return the case, then the others on the same input, which tell what it omits."""
    others = [
        c
        for c in cases()
        if c.measure == case.measure and c.given["input"] == case.given["input"] and c.id != case.id
    ]
    # a fuller formula tells more
    others.sort(key=lambda c: -len(terms(c.call)) if "~" in c.call else 0)
    return [case, *others]


def told(case: Case, *names: str) -> object:
    """Return the first of these arguments that the case or one of its siblings gives."""
    return next((v for c in siblings(case) if (v := c.param(*names)) is not None), None)


def matched(case: Case, pattern: str) -> re.Match[str] | None:
    """Return the first match of a pattern in the case's call or a sibling's."""
    found = (re.search(pattern, c.call) for c in siblings(case))
    return next((match for match in found if match), None)


def nodes_of(source: Case | str) -> int:
    """Return the quadrature nodes that a case, or a key such as ``pcv_agq25``, names; else 1."""
    if isinstance(source, Case):
        given = source.param("nAGQ", "nagq", "nodes")
        if given is not None:
            return int(given)
        found = re.search(r"nAGQ\s*=\s*(\d+)", source.call) or re.search(r"agq(\d+)", source.id)
    else:
        found = re.search(r"agq_?(\d+)", source.lower())
    return int(found.group(1)) if found else 1


def model_of(case: Case, expected: dict | None) -> Model:
    """Return the arrays of a count model; ``expected`` holds the fixed terms, None is no matter."""
    frame = case.frame()
    events, trials = _counts(case, frame)
    return _model(case, frame, events, trials, expected)


def linear_model_of(case: Case, expected: dict | None) -> Model:
    """Return the arrays of a linear model: persons with an outcome."""
    frame = case.frame()
    y = frame[outcome(case, frame)].to_numpy(dtype=float)
    return _model(case, frame, y, np.ones(len(frame)), expected)


def _model(
    case: Case, frame: pd.DataFrame, events: np.ndarray, trials: np.ndarray, expected: dict | None
) -> Model:
    rows = frame[group_column(case, frame)] if has_group(case, frame) else _crossed(case, frame)
    codes, names = pd.factorize(rows.astype(str), sort=True)
    labels = [str(row["term"]) for row in (expected or {}).get("fixed", [])]
    design = design_of(frame, labels) if expected else None
    return Model(frame, events, trials, design, codes.astype(np.int64), np.array(names), labels)


def _counts(case: Case, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    events, trials = told(case, "events", "k"), told(case, "trials", "n", "size")
    call = matched(case, r"cbind\(\s*(\w+)\s*,\s*(\w+)\s*(?:-\s*(\w+)\s*)?\)")
    if call and events not in frame:
        events, trials = call.group(1), call.group(2)
        if not call.group(3):  # cbind(events, others)
            both = frame[[events, trials]].to_numpy(dtype=float)
            return both[:, 0], both.sum(axis=1)
    if events not in frame:
        events = outcome(case, frame)
    if trials not in frame:
        trials = "n" if "n" in frame else None
    k = frame[str(events)].to_numpy(dtype=float)
    return k, np.ones(len(k)) if trials is None else frame[str(trials)].to_numpy(dtype=float)


def outcome(case: Case, frame: pd.DataFrame) -> str:
    """Return the column on the left of the formula."""
    named = told(case, "y", "outcome", "response", "events")
    found = matched(case, CALLS + r"(\w+)\s*~")
    choices = [named, found.group(1) if found else None, "y", "k"]
    return next(str(c) for c in choices if c in frame.columns)


def _group_name(case: Case) -> object:
    found = matched(case, r"\(\s*1\s*\|\s*(\w+)\s*\)")
    return told(case, "group", "stratum", "cluster") or (found.group(1) if found else None)


def has_group(case: Case, frame: pd.DataFrame) -> bool:
    """Whether some column holds the groups (else strata are the crossing of the dimensions)."""
    return _group_name(case) in frame.columns or "stratum" in frame.columns


def group_column(case: Case, frame: pd.DataFrame) -> str:
    """Return the column of the groups."""
    name = _group_name(case)
    return str(name) if name in frame.columns else "stratum"


def _crossed(case: Case, frame: pd.DataFrame) -> pd.Series:
    return frame[dimensions(case, frame)].astype(str).agg("|".join, axis=1)


def dimensions(case: Case, frame: pd.DataFrame) -> list[str]:
    """Return the strata's dimensions: given, in a formula, or those a stratum's name is made of."""
    given = told(case, "dims", "dimensions", "strata_vars")
    if given:
        return [str(name) for name in given]  # type: ignore[attr-defined]
    for other in siblings(case):
        named = [t.removeprefix("factor(").rstrip(")") for t in terms(other.call)]
        if "~" in other.call and named and all(name in frame.columns for name in named):
            return named
    parts = set(str(frame["stratum"].iloc[0]).split("|"))
    return [c for c in frame.columns if c != "stratum" and str(frame[c].iloc[0]) in parts]


def dimension_codes(case: Case, model: Model) -> np.ndarray:
    """Return the rows' codes in every dimension (m, k)."""
    named = dimensions(case, model.frame)
    return np.column_stack([pd.factorize(model.frame[c], sort=True)[0] for c in named])


def design_of(frame: pd.DataFrame, labels: list[str]) -> np.ndarray | None:
    """Return the columns behind R's coefficient names: ``sexM`` is column sex at level M."""
    made = [_term(frame, label) for label in labels if label != "(Intercept)"]
    return np.column_stack(made) if made else None


def _term(frame: pd.DataFrame, label: str) -> np.ndarray:
    if label in frame.columns:
        return frame[label].to_numpy(dtype=float)
    if ":" in label:
        return np.prod([_term(frame, part) for part in label.split(":")], axis=0)
    bare = re.sub(r"^(?:factor|as\.factor)\(([^)]*)\)", r"\1", label)
    for column in sorted(frame.columns, key=len, reverse=True):
        level = bare.removeprefix(column)
        found = frame[column].astype(str) == level
        if bare.startswith(column) and found.any():
            return found.to_numpy(dtype=float)
    power = re.fullmatch(r"I\((\w+)\^(\d+)\)", label)
    if power:
        return frame[power.group(1)].to_numpy(dtype=float) ** int(power.group(2))
    raise AssertionError(f"no column behind the term {label!r}")


STOPS = "lme4's optimiser stops up to 1e-4 standard errors short of Laplace's top"
DIFFERENCES = "lme4 differentiates a Laplace deviance twice whose inner iterations stop at 1e-7"


def near(
    case: Case, path: str, ours: object, *, nodes: int | None, of: object, rtol: float, why: str
) -> None:
    """Compare within the case's tolerance; Laplace's fit, if it must, within ``rtol`` of a size."""
    theirs, mine = case.theirs(path), np.asarray(ours, dtype=float).ravel()
    tolerance = case.given["tolerance"]
    strict = np.allclose(mine, theirs, rtol=tolerance["rel"], atol=tolerance["abs"])
    if strict or nodes != 1:
        case.agrees(path, mine)
    else:
        case.agrees(path, mine, of=of, rtol=rtol, loose=why)


def compare_fixed(
    case: Case, fit: RandomIntercept, model: Model, path: str, nodes: int | None = None
) -> None:
    """Compare coefficients and their errors, by name; ``nodes`` is 1 for Laplace."""
    error = fit.fixed.standard_error
    case.keys(f"{path}fixed.term")
    near(case, f"{path}fixed.coef", fit.fixed.value, nodes=nodes, of=error, rtol=1e-4, why=STOPS)
    near(case, f"{path}fixed.se", error, nodes=nodes, of=error, rtol=3e-4, why=DIFFERENCES)


def compare_effects(
    case: Case,
    fit: RandomIntercept,
    model: Model,
    path: str,
    expected: dict,
    nodes: int | None = None,
) -> None:
    """Compare conditional modes and their deviations, by the stratum's name."""
    for part in ("strata", "ranef"):
        if part not in expected:
            continue
        place = {name: row for row, name in enumerate(model.names)}
        rows = [place[str(r["stratum"])] for r in expected[part]]
        error = fit.effects.standard_error[rows]
        case.keys(f"{path}{part}.stratum")
        u = fit.effects.value[rows]
        near(case, f"{path}{part}.u", u, nodes=nodes, of=error, rtol=1e-4, why=STOPS)
        case.agrees(f"{path}{part}.se", error)
