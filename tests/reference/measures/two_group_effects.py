"""Two shares or two rates: score, hybrid, exact and Wald limits."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.two_groups.rates import (
    exact_rate_ratio,
    score_rate_difference,
    score_rate_ratio,
)
from equity_pipeline.statistics.two_groups.shares import (
    newcombe,
    score_difference,
    score_odds_ratio,
    score_risk_ratio,
)
from equity_pipeline.statistics.two_groups.table import wald_two_by_two
from tests.reference.vectors import Case

SCORES = ("rr_score", "or_score", "irr_score", "score", "ird")
NAMES = {
    "RR": "risk_ratio",
    "PR": "risk_ratio",
    "OR": "odds_ratio",
    "RD": "risk_difference",
    "AF": "attributable_fraction",
    "AFE": "attributable_fraction",
    "PAR": "population_risk",
    "PAF": "population_fraction",
}


def run(case: Case) -> None:
    expected = case.expected
    if isinstance(expected, dict) and NAMES.keys() & expected.keys():
        _two_by_two(case)
    elif isinstance(expected, list) and any("irr" in name or "ird" in name for name in expected[0]):
        _rates(case)
    else:
        _shares(case)


def _shares(case: Case) -> None:
    x1, n1, x0, n0 = _groups(case, ("event1", "n1", "event0", "n0"), ("a", "n1", "b", "n0"))
    level, bias = _level(case), not re.search(r"bcf\s*=\s*F", case.call)
    centred = not re.search(r"or_bias\s*=\s*F", case.call)
    hybrid = newcombe(x1, n1, x0, n0, confidence=level)
    gap = score_difference(x1, n1, x0, n0, bias_corrected=bias, confidence=level)
    ratio = score_risk_ratio(x1, n1, x0, n0, bias_corrected=bias, confidence=level)
    odds = score_odds_ratio(x1, n1, x0, n0, bias_corrected=bias, centred=centred, confidence=level)
    made = {"mn": gap, "mee": gap, "newcombe": hybrid, "rr_score": ratio, "or_score": odds}
    known = {"rd": gap.value, "rr": ratio.value, "or": odds.value}
    only_limits = {"lower": hybrid.lower, "upper": hybrid.upper}
    _compare(case, known | only_limits | _limits(made))


def _rates(case: Case) -> None:
    x1, t1, x0, t0 = _groups(case, ("event1", "time1", "event0", "time0"), ("x1", "t1", "x0", "t0"))
    level = _level(case)
    gap = score_rate_difference(x1, t1, x0, t0, confidence=level)
    ratio = score_rate_ratio(x1, t1, x0, t0, confidence=level)
    exact = exact_rate_ratio(x1, t1, x0, t0, confidence=level)
    made = {"score": ratio, "irr_score": ratio, "ird": gap, "exact": exact.ratio}
    _compare(case, {"irr": ratio.value, "ird": gap.value, "p": exact.p} | _limits(made))


def _two_by_two(case: Case) -> None:
    x1, n1, x0, n0 = _groups(case, ("event1", "n1", "event0", "n0"), ("a", "n1", "b", "n0"))
    level, at = _level(case), _row(case, x1 / n1, x0 / n0)
    made = wald_two_by_two(
        x1[at], n1[at], x0[at], n0[at], population_spread="independent", confidence=level
    )
    told = re.search(r"units\s*=\s*([0-9.]+)", case.call)
    per = float(case.param("units", default=told.group(1) if told else 1))
    for name in case.expected:
        scale = per if name in ("RD", "PAR") else 1
        ours: Estimate = getattr(made, NAMES[name])
        case.agrees(f"{name}.est", ours.value * scale)
        case.agrees(f"{name}.lower", ours.lower * scale)
        case.agrees(f"{name}.upper", ours.upper * scale)
    _the_population_s_own_limits_are_narrower(x1[at], n1[at], x0[at], n0[at], level)


def _the_population_s_own_limits_are_narrower(
    x1: float, n1: float, x0: float, n0: float, level: float
) -> None:
    """The peer takes the population and its unexposed part for independent samples."""
    wide, ours = (
        wald_two_by_two(x1, n1, x0, n0, population_spread=how, confidence=level).population_risk
        for how in ("independent", "share")
    )
    assert ours.value == wide.value
    assert ours.standard_error < wide.standard_error


def _row(case: Case, risk1: np.ndarray, risk0: np.ndarray) -> int:
    """Return the row of the input that the case speaks of: the one with its risks."""
    told = case.expected
    ratio = told.get("RR", told.get("PR", {})).get("est")
    gap = told.get("RD", {}).get("est")
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs(risk1 / risk0 / ratio - 1) if ratio else np.abs(risk1 - risk0 - gap)
    return int(np.nanargmin(apart))


def _groups(case: Case, told: tuple[str, ...], usual: tuple[str, ...]) -> list[np.ndarray]:
    """Return the four columns of counts in the order of the expected rows."""
    given = case.frame()
    key = next((c for c in case.group_columns(given) if given[c].is_unique), None)
    if key is not None and isinstance(case.expected, list):
        case.keys(key)
        given = given.set_index(key).loc[case.rows()[key]].reset_index()
    return [
        given[case.column(t, frame=given, default=_usual(given, u, at))].to_numpy(float)
        for at, (t, u) in enumerate(zip(told, usual, strict=True))
    ]


def _usual(given: pd.DataFrame, name: str, place: int) -> str:
    """Return the usual name, else the numeric column at that place beside the row's own name."""
    if name in given.columns:
        return name
    return [c for c in given.columns[1:] if pd.api.types.is_numeric_dtype(given[c])][place]


def _level(case: Case) -> float:
    told = re.search(r"(?:conf\.level|level)\s*=\s*([0-9.]+)", case.call)
    level = case.param("confidence", "level", "conf_level", "conf.level")
    return float(level if level is not None else told.group(1) if told else 0.95)


def _limits(made: dict[str, Estimate]) -> dict[str, np.ndarray]:
    lower = {f"{name}_lower": ours.lower for name, ours in made.items()}
    return lower | {f"{name}_upper": ours.upper for name, ours in made.items()}


def _compare(case: Case, ours: dict[str, np.ndarray]) -> None:
    for name in case.rows().columns:
        if name not in ours:
            continue
        mine = np.asarray(ours[name], dtype=float)
        if name.rpartition("_")[0] in SCORES:
            mine = _as_far_as_the_peer_halves(case, name, mine)
        case.agrees(name, mine)


def _as_far_as_the_peer_halves(case: Case, name: str, ours: np.ndarray) -> np.ndarray:
    """Return our limits, moved outwards to the peer's grid where that is coarser than it tells.

    The peer halves an interval of the angle until it is 2^-25 wide, and takes its outer end. Of a
    ratio of thousands that grid shows in the fourth digit.
    """
    theirs, allowed = case.theirs(name), case.given["tolerance"]
    near = np.isclose(ours, theirs, rtol=allowed["rel"], atol=allowed["abs"])
    turn, start = (2, 0.0) if name.startswith("ird") else (4, -1.0)
    steps = (turn / np.pi * np.arctan(ours) + start + 1) * 2**25
    outer = (np.floor(steps) if name.endswith("lower") else np.ceil(steps)) / 2**25
    return np.asarray(
        np.where(near, ours, np.tan((np.round(outer - 1, 10) - start) * np.pi / turn))
    )
