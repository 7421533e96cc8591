"""Directly standardised rates: Dobson, Fay and Feuer, and events that one person repeats."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.standardise.directly import ESP2013, direct_rate
from equity_pipeline.statistics.standardise.repeats import direct_repeat_rate
from tests.reference.peer_tables import (
    arguments,
    keys_of,
    places,
    roles,
    scale_of,
    told,
    with_limits,
)
from tests.reference.vectors import Case

COUNT = ("count", "x", "events", "obs", "numerator")
POPULATION = ("pop", "n", "person_time", "py", "population", "denominator")
STANDARD = ("stdpop", "esp2013", "standard", "std", "weight", "weights")
FREQUENCY = ("eventfreq", "event_freq", "eventfrequency", "freq", "frequency")


def run(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    keys = keys_of(case, given, rows)
    where = places(given, rows, keys)
    names = arguments(case.call)[1]
    wanted = [COUNT, POPULATION]
    standard = case.param("stdpop", default=names.get("stdpop"))
    in_frame = standard in given or any(name in given for name in STANDARD)
    own = in_frame or "esp" not in str(standard).lower()
    if own:
        wanted.append(STANDARD)
    repeats = _repeats(case, rows, given)
    columns = roles(case, given, [*keys, *([repeats] if repeats else [])], *wanted)
    if not own:
        given = given.assign(stdpop=_esp2013(given, where))
        columns.append("stdpop")
    cells = [_strata(given.iloc[at], columns, repeats, keys) for at in where]
    scale = scale_of(case, rows, 100_000.0)
    says = f"{case.param('method', default='')} {case.call}".lower()
    kind = "fay_feuer" if re.search(r"fay|gamma|ageadjust|epitools", says) else "dobson"

    def ours(confidence: float) -> Estimate:
        made = [_rate(cell, kind, confidence) for cell in cells]
        parts = ([getattr(m, a) for m in made] for a in ("value", "lower", "upper"))
        return Estimate(*map(np.array, parts), np.array([m.standard_error for m in made]), kind)

    events, people = (np.array([cell[name].sum() for cell in cells]) for name in ("x", "n"))
    values, crude = ours(0.95).value * scale, events / people * scale
    told(case, rows, total_count=events, total_pop=people, crude=crude, crude__rate=crude)
    told(case, rows, value=values, dsr=values, adj__rate=values, rate=values, estimate=values)
    told(case, rows, vardsr=ours(0.95).standard_error ** 2)
    with_limits(case, rows, ours, scale)


def _rate(cell: pd.DataFrame, limits: str, confidence: float) -> Estimate:
    x, squares, n, w = (cell[name].to_numpy(dtype=float) for name in ("x", "squares", "n", "w"))
    if np.array_equal(x, squares):
        return direct_rate(x, n, w, limits=limits, confidence=confidence)
    return direct_repeat_rate(x, squares, n, w, limits=limits, confidence=confidence)


def _repeats(case: Case, rows: pd.DataFrame, given: pd.DataFrame) -> str | None:
    """Return the column of event frequencies, if the peer was told that events repeat."""
    names = arguments(case.call)[1]
    independent = case.param("independent_events", default=names.get("independent_events", True))
    adjusted = "method" in rows and rows["method"].astype(str).str.contains("non-independent").any()
    if str(independent).upper() in ("TRUE", "T") and not adjusted:
        return None
    options = [case.param("eventfreq"), names.get("eventfreq"), *FREQUENCY]
    return next(c for c in options if isinstance(c, str) and c in given)


def _strata(
    given: pd.DataFrame, columns: list[str], repeats: str | None, keys: list[str]
) -> pd.DataFrame:
    """Return events, their squares, people and weights per standard stratum of one group."""
    count, people, standard = columns
    times = given[repeats] if repeats else 1
    x = given[count].fillna(0)
    made = pd.DataFrame({"x": x * times, "squares": x * times**2})
    made = made.assign(n=given[people], w=given[standard])
    if repeats is None:
        return made
    strata = [c for c in given.columns if c not in (*columns, repeats, *keys)]
    sums = {"x": "sum", "squares": "sum", "n": "first", "w": "first"}
    return made.groupby([given[c] for c in strata], sort=False).agg(sums)


def _esp2013(given: pd.DataFrame, where: list[np.ndarray]) -> np.ndarray:
    """The European standard by position: 18 groups, or 19 with the last cut at 90."""
    weights = list(ESP2013.values())
    length = len(where[0])
    weights = weights if length == len(weights) else [*weights[:-1], 1500, 1000]
    made = np.empty(len(given))
    for at in where:
        made[at] = weights
    return made
