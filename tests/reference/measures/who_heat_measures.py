"""The summary measures of WHO's equity toolkit, all from one call of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.statistics import inequality
from equity_pipeline.statistics.estimate import Caution, Estimate, critical
from equity_pipeline.statistics.gradient import (
    Normalisation,
    Scale,
    scatter_concentration,
    scatter_slope_index,
)
from tests.reference.r_glm import healthequal_slope
from tests.reference.vectors import Case

FAR = "a percentile of a hundred draws of the peer: its own note compares the estimate only"
SIMULATED = "limits simulated by the peer"
# its derivatives of the fitted ends are difference quotients over 1e-8, so errors of sii and rii
# are known to a millionth, as the peer's own measure (sii_rii) says
QUOTIENT = "the peer's error is a difference quotient"
OURS = {"parisk": "par", "covar": "cov"}
# the peer draws 100 times, so its percentiles are known to about a fifth of the interval's width
DRAWN_SHARE = 0.4


@dataclass(frozen=True)
class Given:
    """The groups as the peer was given them, in their order, those without an estimate gone."""

    values: np.ndarray
    people: np.ndarray
    errors: np.ndarray | None
    average: float | None
    direction: str
    ordered: bool
    reference: int | None
    scale: float
    confidence: float


def run(case: Case) -> None:
    given = _given(case)
    share = bool((given.values >= 0).all() and (given.values <= given.scale).all())
    made = _made(given, given.values, share)
    if (given.values == 0).any():
        # the peer puts a millionth in the place of 0, whose logarithm it needs
        above = _made(given, np.where(given.values == 0, 1e-6, given.values), share)
        made |= {name: above[name] for name in ("ti", "mld")}
    for key, row in case.expected.items():
        name = str(row.get("measure", key))
        name = OURS.get(name, name)
        if name in ("aci", "rci", "sii", "rii"):
            _compare(case, key, row, *_scattered(case, name, given))
            continue
        _compare(case, key, row, *_as_the_peer(name, made[name], given, share))


def _made(given: Given, values: np.ndarray, share: bool) -> dict[str, Estimate]:
    return inequality.who_measures(
        values,
        given.people,
        given.errors,
        direction=given.direction,
        ordered=given.ordered,
        reference=given.reference,
        average=given.average,
        attributable="table" if share else "errors",
        unit=given.scale,
        confidence=given.confidence,
    ).published()


Told = tuple[Estimate, dict[str, object], str]


def _compare(
    case: Case, key: str, row: dict[str, Any], made: Estimate, other: Any, why: str
) -> None:
    """Compare one measure; ``other`` holds what the peer puts in another way than we do."""
    ours = {
        "estimate": made.value,
        "se": made.standard_error,
        "lowerci": made.lower,
        "upperci": made.upper,
    } | other
    width = abs(float(row.get("upperci") or 0) - float(row.get("lowerci") or 0))
    for name, figure in ours.items():
        if row.get(name, "absent") == "absent":
            continue
        if figure is None:
            case.leaves(f"{key}.{name}", why)
        elif row.get("estimate") is None and np.isnan(float(figure)):
            case.leaves(f"{key}.{name}", "an error of what the peer could not estimate")
        elif why == SIMULATED and name.endswith("ci"):
            if abs(float(figure) - float(row[name] or np.nan)) > DRAWN_SHARE * width:
                case.leaves(f"{key}.{name}", FAR)
                continue
            case.agrees(f"{key}.{name}", figure, rtol=DRAWN_SHARE, of=width, loose=SIMULATED)
        elif why == QUOTIENT and name != "estimate":
            case.agrees(f"{key}.{name}", figure, rtol=1e-6, loose=QUOTIENT)
        else:
            case.agrees(f"{key}.{name}", figure)


def _as_the_peer(name: str, made: Estimate, given: Given, share: bool) -> Told:
    """Return ours, and what the peer's known faults make of ours.

    Its errors of fractions and of Theil's indices are on the scale of 1, but are taken off and
    added to per cent and thousandths; limits of a variance may be below 0; an attributable risk
    that is set to 0 has its limits about that 0.
    """
    z = critical(given.confidence)
    value, error = float(made.value), float(made.standard_error)
    if name == "r":
        return made, {"se": error / value}, ""
    if name in ("par", "paf") and not share:
        nothing = dict.fromkeys(("se", "lowerci", "upperci"))
        return made, nothing, "the values are no shares of the people that the peer's table counts"
    if name in ("par", "paf") and (given.values == 0).any() and given.direction == "lower":
        nothing = dict.fromkeys(("se", "lowerci", "upperci"))
        return made, nothing, "the peer is sure of a best group that has no events"
    if name in ("ti", "mld") and np.isclose(error, _remaining(given), rtol=1e-9):
        nothing = dict.fromkeys(("se", "lowerci", "upperci"))
        return made, nothing, "of groups nearly alike ours keeps the noise that remains, theirs not"
    if name in ("paf", "ti", "mld"):
        error /= inequality.PUBLISHED_TIMES[name]
        return made, {"se": error, "lowerci": value - z * error, "upperci": value + z * error}, ""
    if name == "bgv" or (name == "par" and Caution.AT_BOUND in made.warnings):
        return made, {"lowerci": value - z * error, "upperci": value + z * error}, ""
    if name[:2] in ("md", "id") or name in ("bgsd", "cov"):
        return made, _drawn(name, given), SIMULATED
    return made, {}, ""


def _remaining(given: Given) -> float:
    """Return what is left of the error of Theil's indices, as published, where groups are alike."""
    if given.errors is None:
        return np.nan
    p, v = given.people / given.people.sum(), given.errors**2
    pv, mean = p**2 * v, float(np.average(given.values, weights=given.people))
    trace = pv.sum() ** 2 - (pv**2).sum() + ((p * (1 - p)) ** 2 * v**2).sum()
    return float(np.sqrt(2 * trace) / (2 * mean**2)) * inequality.PUBLISHED_TIMES["ti"]


def _drawn(name: str, given: Given) -> dict[str, object]:
    """Return percentile limits of seeded draws, as the peer makes them with another generator."""
    if given.errors is None:
        return {}

    def measure(values: np.ndarray) -> np.ndarray:
        return np.asarray(_values(name, given)(values).value)

    most = 100 if given.scale == 100 else np.inf
    drawn = inequality.simulated(
        measure,
        given.values,
        given.people,
        given.errors,
        draws=4000,
        seed=2024,
        bounds=(0, most),
        confidence=given.confidence,
    )
    times = inequality.PUBLISHED_TIMES.get(name, 1)
    return {"lowerci": times * drawn.lower, "upperci": times * drawn.upper}


def _values(name: str, given: Given) -> Callable[[np.ndarray], Estimate]:
    """Return the function of ours that gives a measure whose limits the peer draws."""
    n, weighted = given.people, name.endswith("w")
    known = None if weighted else given.average
    return {
        "bgsd": lambda y: inequality.between_group_deviation(y, n),
        "cov": lambda y: inequality.coefficient_of_variation(y, n),
        "idis": lambda y: inequality.index_of_disparity(y, n, weighted=weighted, average=known),
        "mdb": lambda y: inequality.difference_from_best(
            y, n, direction=given.direction, weighted=weighted
        ),
        "mdm": lambda y: inequality.difference_from_mean(y, n, weighted=weighted, average=known),
        "mdr": lambda y: inequality.difference_from_reference(
            y, n, reference=given.reference, weighted=weighted
        ),
    }[name.rstrip("uw")]


def _scattered(case: Case, name: str, given: Given) -> Told:
    """Return the peer's indices of ordered groups, whose errors come from their scatter.

    The error of the slope index stays on the scale of 1, that of the ratio is of its logarithm.
    """
    y, n, confidence = given.values, given.people, given.confidence
    if name in ("aci", "rci"):
        index = Normalisation.GENERALISED if name == "aci" else Normalisation.STANDARD
        return scatter_concentration(y, n, index=index, confidence=confidence), {}, ""
    people, unit = np.ceil(n), _guessed(case, y, given.scale)
    linear = str(_told(case, "linear", default="F")).upper()[0] == "T"
    shares = y / unit
    if linear:
        fitted = scatter_slope_index(y, people, confidence=confidence)
    else:
        shares = np.round(shares * people) / people
        fitted = scatter_slope_index(
            shares, people, scale=Scale.LOGIT, weight=people**2, confidence=confidence
        )
    ours = healthequal_slope(
        fitted, shares, people, scale=unit, confidence=confidence, linear=linear
    )
    return (fitted.sii if name == "sii" else fitted.rii), ours[name], QUOTIENT


def _guessed(case: Case, values: np.ndarray, scale: float) -> float:
    """Return the scale that the peer takes: told, or guessed from the largest value."""
    if "scaleval" in case.call or "scaleval" in case.params:
        return scale
    return next((u for u in (1.0, 1e2, 1e3, 1e4, 1e5) if values.max() <= u), 1e6)


# what the peer was given


def _given(case: Case) -> Given:
    frame = case.frame()
    value = _column(case, frame, "estimate", "est", "value")
    assert value is not None, f"{case}: no estimates among {list(frame.columns)}"
    frame = frame[frame[value].notna()]
    ordered = _flag(case, frame, "ordered_dimension", "ordered", default="sii" in case.expected)
    order = _column(case, frame, "subgroup_order", "order")
    if ordered and order is not None:
        frame = frame.sort_values(order, kind="stable")
    told = _column(case, frame, "se", "standard_error", "error")
    people = _column(case, frame, "population", "pop", "n", "size")
    assert people is not None, f"{case}: no population among {list(frame.columns)}"
    average = _column(case, frame, "setting_average", "average")
    good = _flag(case, frame, "favourable_indicator", "favourable", "favorable", default=True)
    scale = _column(case, frame, "indicator_scale", "scaleval", "scale")
    return Given(
        values=frame[value].to_numpy(dtype=float),
        people=frame[people].to_numpy(dtype=float),
        errors=None if told is None else frame[told].to_numpy(dtype=float),
        average=None if average is None else float(frame[average].iloc[0]),
        direction="higher" if good else "lower",
        ordered=ordered,
        reference=_reference(case, frame),
        scale=float(frame[scale].iloc[0] if scale else _told(case, "scaleval", default=100)),
        confidence=float(_told(case, "conf.level", "conf_level", "confidence", default=0.95)),
    )


def _reference(case: Case, frame: pd.DataFrame) -> int | None:
    flags = _column(case, frame, "reference_subgroup", "reference", "ref")
    marked = frame[flags].to_numpy() == 1 if flags else np.zeros(len(frame), dtype=bool)
    told = case.param("reference_subgroup", "reference")
    if not marked.any() and told is not None and told not in frame.columns:
        marked = (frame == told).any(axis=1).to_numpy()
    return int(marked.argmax()) if marked.any() else None


def _flag(case: Case, frame: pd.DataFrame, *names: str, default: bool) -> bool:
    column = _column(case, frame, *names)
    told = frame[column].iloc[0] if column else _told(case, *names, default=default)
    return str(told).upper() in ("1", "1.0", "TRUE", "T")


def _column(case: Case, frame: pd.DataFrame, *names: str) -> str | None:
    """Return the column that a param, the call (``name = column``) or its own name tells."""
    told = [str(case.param(name)) for name in names if name in case.params]
    told += [m for name in names for m in re.findall(rf"\b{name}\s*=\s*([\w.]+)", case.call)]
    return next((name for name in (*told, *names) if name in frame.columns), None)


def _told(case: Case, *names: str, default: object) -> Any:
    """Return an argument from the params, or from the text of the peer's call."""
    found = case.param(*names)
    if found is not None:
        return found
    pattern = rf"\b({'|'.join(map(re.escape, names))})\s*=\s*([\w.]+)"
    match = re.search(pattern, case.call)
    return match.group(2) if match else default
