"""Margins and linked tables: what the sums of all forms together say of each hidden count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.bounds import BIG, Floats, Ints, System
from equity_pipeline.audit.cells import (
    COMPLEMENT,
    COUNTS,
    DENOMINATOR,
    KEY,
    NUMERATOR,
    PERSONS,
    SHARES,
    Cells,
    bounds_of,
)
from equity_pipeline.audit.finding import Finding, Key
from equity_pipeline.audit.holding import EXACT, NOTHING, OVERLAPS, RESTS, held_by
from equity_pipeline.audit.release import Limits
from equity_pipeline.audit.search import too_narrow
from equity_pipeline.audit.solver import Clock, refuted
from equity_pipeline.audit.sums import Sums, sums
from equity_pipeline.vocabulary import ALL, TOTAL

ATTACK = "margins"


@dataclass(frozen=True, slots=True)
class _Count:
    """One count of one indicator: the system, who each of its variables is, what is not told."""

    system: System
    who: Ints
    row: Ints
    wanted: Ints
    number: Ints


def attack(by: Attacker) -> list[Finding]:
    """Return the hidden or implied counts that the sums of a release hold too narrowly.

    Raises
    ------
    CouldNotJudge
        If the time is up, or the published sums contradict each other.
    """
    return narrow_counts(by, by.cells)


def narrow_counts(by: Attacker, made: Cells) -> list[Finding]:
    """Return what the sums tell when these cells are what is known.

    Parameters
    ----------
    by
        The attacker, with the limits and the clock.
    made
        The cells of the release, or those with what earlier releases tell.
    """
    linked = sums(made, by.release)
    widened = _widened(made, len(linked.keys))
    found: list[Finding] = []
    for indicator, numbers in _indicators(linked, made):
        for count in _counts(widened, numbers):
            by.progress(f"{indicator} {count}")
            found += _of_count(linked, widened, numbers, count, by.release.limits, by.clock)
    return found


def _widened(made: Cells, size: int) -> Cells:
    """Return the cells with those that are implied behind them, of which nothing is told."""
    more = size - len(made.hidden)
    nothing = np.full(more, np.nan)
    file = made.file.iloc[0] if len(made.file) else ""
    return Cells(
        made.keys,
        {name: np.concatenate([made.low[name], nothing]) for name in COUNTS},
        {name: np.concatenate([made.high[name], nothing]) for name in COUNTS},
        np.concatenate([made.hidden, np.zeros(more, bool)]),
        made.rounded,
        pd.concat([made.file, pd.Series([file] * more, dtype=object)], ignore_index=True),
        np.concatenate([made.exempt, np.zeros(more, bool)]),
    )


def _indicators(linked: Sums, made: Cells) -> Iterator[tuple[str, Ints]]:
    exempt = set(made.keys.loc[made.exempt, "indicator"])
    grouped = linked.keys.groupby("indicator", sort=True).indices
    for indicator, numbers in grouped.items():
        if indicator not in exempt:
            yield str(indicator), np.asarray(numbers, np.int64)


def _counts(made: Cells, numbers: Ints) -> list[str]:
    """Return which counts of an indicator say something of their own."""
    told = {name: made.low[name][numbers] for name in COUNTS}
    found = [DENOMINATOR] if np.isfinite(told[DENOMINATOR]).any() else []
    persons = told[PERSONS]
    other = persons != told[DENOMINATOR]
    if (np.isfinite(persons) & other).any():
        found.append(PERSONS)
    if np.isfinite(told[NUMERATOR]).any():
        found.append(NUMERATOR)
        inside = numbers[numbers < len(made.keys)]
        if made.keys["unit"].iloc[inside].isin(SHARES).all():
            found.append(COMPLEMENT)
    return found


def _of_count(
    linked: Sums, made: Cells, numbers: Ints, count: str, limits: Limits, clock: Clock
) -> list[Finding]:
    built = _consistent(linked, made, numbers, count, clock)
    limit = limits.count if count in (NUMERATOR, COMPLEMENT) else limits.denominator
    wanted = built.wanted
    narrow = too_narrow(
        built.system, wanted, np.full(len(wanted), float(limit)), limits.count - 1, clock
    )
    found = []
    for cell, low, high in zip(narrow.cell, narrow.low, narrow.high, strict=True):
        key = _key(linked, built, int(cell))
        if high > 0 or _tells_of_each(linked, made, built, int(cell), count, limits):
            words = "the published sums hold a hidden count in a narrow interval"
            file = str(made.file.iloc[built.who[cell]])
            found.append(Finding(ATTACK, key, count, file, words, float(low), float(high)))
    return found


def _consistent(linked: Sums, made: Cells, numbers: Ints, count: str, clock: Clock) -> _Count:
    """Return a system that has a solution.

    A kind of sum that what is published refutes once is no longer taken to hold to the last
    person; one that has more in its parts than in its total is no sum.
    """
    amended = np.full(len(linked.total), EXACT)
    while True:
        built = _system(linked, made, numbers, count, amended)
        if not built.system.n_rows:
            return built
        rest, much = (built.number[rows] for rows in refuted(built.system, clock))
        if not len(rest) and not len(much):
            return built
        same = np.isin(linked.kind, linked.kind[rest]) & (amended == EXACT)
        amended = np.where(same, RESTS, amended)
        again = np.setdiff1d(rest, np.flatnonzero(same))
        amended[np.isin(linked.kind, linked.kind[much])] = OVERLAPS
        amended[again] = NOTHING


def _tells_of_each(
    linked: Sums, made: Cells, built: _Count, variable: int, count: str, limits: Limits
) -> bool:
    """Return whether a count that is found to be nobody says something of each person there.

    It does in sensitive dimensions, unless it is told of everyone: that says nothing of a group.
    """
    key = _key(linked, built, variable)
    if built.row[variable] >= 0 or key.dimension not in limits.sensitive:
        return False
    keys = linked.keys
    same = (keys[KEY] == key._replace(dimension=TOTAL, level=ALL)).all(axis=1).to_numpy()
    _, high = bounds_of(made, count)
    return count in (NUMERATOR, COMPLEMENT) and not bool((high[same] == 0).any())


def _key(linked: Sums, built: _Count, variable: int) -> Key:
    """Return the key of a variable; a rest is named after the sum that it is left of."""
    key = Key(*linked.keys.loc[built.who[variable], KEY])
    row = built.row[variable]
    if row < 0:
        return key
    relation = str(linked.relation[row])
    if relation == "sex":
        return key._replace(sex="(rest)")
    if relation in set(linked.keys["kind"]):
        return key._replace(place=f"{key.place} (rest of {relation})")
    return key._replace(dimension=relation, level="(rest)")


def _system(linked: Sums, made: Cells, numbers: Ints, count: str, amended: Ints) -> _Count:
    """Return the system of one count, with a variable more for the rest of each open sum."""
    low, high = bounds_of(made, count)
    inside = np.zeros(len(linked.keys), bool)
    inside[numbers] = True
    rows = np.flatnonzero(inside[linked.total])
    held = held_by(linked, low, high, rows, rounded=made.rounded)
    held = np.maximum(held, amended[rows])
    high = _under_totals(linked, low, high, rows[held == OVERLAPS])
    kept = rows[(held == EXACT) | (held == RESTS)]
    rests = rows[held == RESTS]
    place = np.full(len(linked.keys), -1, np.int64)
    place[numbers] = np.arange(len(numbers))
    order = np.full(len(linked.total), -1, np.int64)
    order[kept] = np.arange(len(kept))
    entry = order[linked.row] >= 0
    row = np.concatenate([order[kept], order[linked.row[entry]], order[rests]])
    column = np.concatenate(
        [
            place[linked.total[kept]],
            place[linked.cell[entry]],
            len(numbers) + np.arange(len(rests)),
        ]
    )
    sign = np.concatenate([np.ones(len(kept)), -np.ones(int(entry.sum()) + len(rests))])
    own_low, own_high = low[numbers], high[numbers]
    unknown = own_high - own_low > 0
    wanted = np.concatenate([np.flatnonzero(unknown), len(numbers) + np.arange(len(rests))])
    return _Count(
        System(
            row,
            column,
            sign,
            np.concatenate([own_low, np.zeros(len(rests))]),
            np.concatenate([own_high, np.full(len(rests), BIG)]),
        ),
        np.concatenate([numbers, linked.total[rests]]),
        np.concatenate([np.full(len(numbers), -1), rests]),
        wanted,
        kept,
    )


def _under_totals(linked: Sums, low: Floats, high: Floats, rows: Ints) -> Floats:
    """Return upper bounds where persons are counted twice: no part is larger than its total."""
    entry = np.isin(linked.row, rows)
    made = high.copy()
    np.minimum.at(made, linked.cell[entry], high[linked.total[linked.row[entry]]])
    return np.maximum(made, low)
