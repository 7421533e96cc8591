"""The concentration index of ordered groups: WHO's, and that of the World Bank's textbook."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.gradient import (
    Normalisation,
    concentration_index,
    erreygers_index,
    scatter_concentration,
)
from tests.reference.vectors import Case

VALUES = ("estimate", "est", "value", "rate", "pct", "mean")
PEOPLE = ("population", "pop", "n", "people", "persons", "weight", "share")
METHODS = {"wagstaff": Normalisation.WAGSTAFF, "erreygers": Normalisation.ERREYGERS}


def run(case: Case) -> None:
    given = _ordered(case)
    value = given[_name(case, given, *VALUES)].to_numpy(dtype=float)
    people = _people(case, given)
    if "measure" in case.rows():
        _rows(case, value, people)
        return
    for name, theirs in case.expected.items():
        index, bounds = _asked(case, str(name), theirs)
        ours = _index(value, people, index, bounds, _confidence(case))
        if not isinstance(theirs, dict):
            # a textbook's index has no error
            case.agrees(name, _known_value(value, people, index, bounds))
            continue
        case.agrees(f"{name}.estimate", ours.value)
        for field, of in (("se", "standard_error"), ("lowerci", "lower"), ("upperci", "upper")):
            if field in theirs:
                case.agrees(f"{name}.{field}", getattr(ours, of))
        # the index with the groups' own covariance is the same; only its error is another
        known = _known_value(value, people, index, bounds)
        assert np.isclose(known, ours.value, rtol=1e-9, atol=1e-12)


def _rows(case: Case, value: np.ndarray, people: np.ndarray) -> None:
    """Compare the peer's frames that stand as rows."""
    rows = case.rows()
    made = []
    for _, row in rows.iterrows():
        index, bounds = _asked(case, str(row.get("method", row["measure"])), dict(row))
        made.append(_index(value, people, index, bounds, _confidence(case)))
    fields = {"estimate": "value", "se": "standard_error", "lowerci": "lower", "upperci": "upper"}
    for field in rows.columns.intersection(list(fields)):
        case.agrees(field, [getattr(one, fields[field]) for one in made])


def _index(
    value: np.ndarray,
    people: np.ndarray,
    index: Normalisation,
    bounds: tuple[float, float] | None,
    confidence: float,
) -> Estimate:
    """Return the index; the peer turns a bounded one without a method to a scale of 0 to 1."""
    if bounds is not None and index in (Normalisation.GENERALISED, Normalisation.STANDARD):
        value, bounds = (value - bounds[0]) / (bounds[1] - bounds[0]), None
    return scatter_concentration(value, people, index=index, bounds=bounds, confidence=confidence)


def _known_value(
    value: np.ndarray,
    people: np.ndarray,
    index: Normalisation,
    bounds: tuple[float, float] | None,
) -> float:
    """Return the index from the functions that take the groups' own covariance."""
    if index is Normalisation.ERREYGERS and bounds is not None:
        return float(erreygers_index(value, people, *bounds).value)
    lowest, highest = bounds if bounds is not None else (0.0, 1.0)
    placed = (value - lowest) / (highest - lowest) if bounds is not None else value
    mean = float(np.average(placed, weights=people))
    relative = float(concentration_index(placed, people).value)
    factor = {Normalisation.GENERALISED: mean, Normalisation.WAGSTAFF: 1 / (1 - mean)}
    return relative * factor.get(index, 1.0)


def _asked(case: Case, name: str, theirs: Any) -> tuple[Normalisation, tuple[float, float] | None]:
    """Return which index a name in the expected figures means, with its bounds."""
    measure = str(theirs.get("measure", name)) if isinstance(theirs, dict) else name
    method = case.param("method")
    told = next((m for m in METHODS if m in name.lower()), None)
    if told is None and isinstance(method, str) and measure != "aci":
        told = method.lower()
    index = METHODS.get(str(told))
    if index is None:
        index = Normalisation.GENERALISED if measure == "aci" else Normalisation.STANDARD
    return index, _bounds(case)


def _bounds(case: Case) -> tuple[float, float] | None:
    limits = case.param("limits", "bounds")
    if limits is not None:
        return float(limits[0]), float(limits[1])
    made = []
    for name in ("lmin", "lmax"):
        found = re.search(rf"{name}\s*=\s*(-?[\d.]+)", case.call)
        told = case.param(name, default=found.group(1) if found else None)
        if told is None:
            return None
        made.append(float(told))
    return made[0], made[1]


def _confidence(case: Case) -> float:
    found = re.search(r"conf\.level\s*=\s*([\d.]+)", case.call)
    told = case.param("conf.level", "conf_level", "confidence")
    return float(told if told is not None else found.group(1) if found else 0.95)


def _people(case: Case, given: pd.DataFrame) -> np.ndarray:
    told = [case.told(n) for n in PEOPLE]
    found = [n for n in (*told, *PEOPLE) if isinstance(n, str) and n in given.columns]
    return given[found[0]].to_numpy(dtype=float) if found else np.ones(len(given))


def _name(case: Case, given: pd.DataFrame, *names: str) -> str:
    """Return the column that an argument names; else the number that is no place or size."""
    told = [case.told(n) for n in names]
    found = [n for n in (*told, *names) if isinstance(n, str) and n in given.columns]
    other = [
        n for n in given.select_dtypes("number") if n not in PEOPLE and n != _order(case, given)
    ]
    return str((found or other)[0])


def _ordered(case: Case) -> pd.DataFrame:
    given = case.frame()
    indicator = case.param("indicator")
    if indicator is not None and "indicator" in given:
        given = given[given["indicator"] == indicator]
    return given.sort_values(_order(case, given), kind="stable")


def _order(case: Case, given: pd.DataFrame) -> str:
    """Return the column that numbers the groups in the order of their ranking."""
    names = ("order", "subgroup_order", "group", "rank")
    told = [case.told(n) for n in names]
    numbers = [
        n
        for n in given.select_dtypes("number")
        if given[n].nunique() > 1 and set(given[n]) == set(range(1, given[n].nunique() + 1))
    ]
    found = [n for n in (*told, *names) if isinstance(n, str) and n in given.columns]
    return str((found or numbers or list(given.columns))[0])
