"""Margins and linked tables: what the sums of all forms together say of each hidden count."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.bounds import BIG, Flags, Floats, Ints, System
from equity_pipeline.audit.cells import Cells
from equity_pipeline.audit.finding import Finding, Key
from equity_pipeline.audit.holding import (
    EXACT,
    NOTHING,
    OVERLAPS,
    RESTS,
    Elsewhere,
    held_by,
    learnt,
)
from equity_pipeline.audit.readings import (
    BEGUN,
    COMPLEMENT,
    COUNTS,
    DENOMINATOR,
    GAVE_UP,
    NUMERATOR,
    WAITING,
)
from equity_pipeline.audit.release import Limits
from equity_pipeline.audit.search import intervals, too_narrow
from equity_pipeline.audit.solver import Clock, refuted
from equity_pipeline.audit.together import together
from equity_pipeline.audit.within import Within, each_indicator
from equity_pipeline.machine import processors
from equity_pipeline.vocabulary import ALL, TOTAL

ATTACK = "margins"
OF_OUTCOME = (NUMERATOR, COMPLEMENT)
Asked = tuple[Key, str]


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


def narrow_counts(by: Attacker, made: Cells, only: Collection[str] | None = None) -> list[Finding]:
    """Return what the sums tell when these cells are what is known.

    Parameters
    ----------
    by
        The attacker, with the sums, the limits and the clock.
    made
        The cells of the release, or those with what earlier releases tell.
    only
        The indicators that are looked at; None for all.
    """
    found: list[Finding] = []
    held = {one.indicator: one for one in each_indicator(by.sums, made, only)}
    elsewhere = {count: learnt(held.values(), count) for count in (*COUNTS, COMPLEMENT)}
    asked = [
        (one, _with_rests(one, held.get(_whose(one.indicator), one), elsewhere), count)
        for one in held.values()
        for count in one.counts
    ]

    def look(one: Within, outside: Flags, count: str) -> list[Finding]:
        built = _consistent(one, count, outside, elsewhere, by.clock)
        return _of_count(one, count, built, by.release.limits, by.clock)

    with ThreadPoolExecutor(processors()) as pool:  # the solver leaves the others their turn
        looking = [pool.submit(look, *each) for each in asked]
        try:
            for (one, _, count), each in zip(asked, looking, strict=True):
                by.progress(f"{one.indicator} {count}")
                found += each.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return found


def exactly(by: Attacker, asked: Collection[Asked]) -> dict[Asked, tuple[float, float]]:
    """Return between what the sums hold some counts, to the last person.

    Parameters
    ----------
    by
        The attacker.
    asked
        Keys of cells with the name of a count; those that no form tells of are left out.
    """
    found: dict[Asked, tuple[float, float]] = {}
    names = {key.indicator for key, _ in asked}
    held = {one.indicator: one for one in each_indicator(by.sums, by.cells, names)}
    elsewhere = {count: learnt(held.values(), count) for count in (*COUNTS, COMPLEMENT)}
    for one in held.values():
        outside = _with_rests(one, held.get(_whose(one.indicator), one), elsewhere)
        for count in one.counts:
            mine = [key for key, of in asked if of == count and key in one.number]
            if mine:
                built = _consistent(one, count, outside, elsewhere, by.clock)
                at = np.array([one.number[key] for key in mine], np.int64)
                ends = zip(*intervals(built.system, at, by.clock), strict=True)
                found |= {(key, count): end for key, end in zip(mine, ends, strict=True)}
    return found


def _whose(indicator: str) -> str:
    """Return the indicator that counts the people of this one: of those who left, who began."""
    for part in (GAVE_UP, WAITING):
        if indicator.endswith(part.format("")):
            return BEGUN.format(indicator.removesuffix(part.format("")))
    return indicator


def _with_rests(one: Within, people: Within, elsewhere: Mapping[str, Elsewhere]) -> Flags:
    """Return for each sum whether some of its people are seen to be in no part of it."""
    outside = np.zeros(len(one.total), bool)
    if DENOMINATOR not in people.counts:
        return outside
    low, high = people.low[DENOMINATOR], people.high[DENOMINATOR]
    rests: Flags = held_by(people, low, high, elsewhere[DENOMINATOR]) == RESTS
    if people is one:
        return rests
    named = {_of_sum(people, int(number)) for number in np.flatnonzero(rests)}
    return np.array([_of_sum(one, number) in named for number in range(len(outside))], bool)


def _of_sum(one: Within, number: int) -> tuple[str, Key]:
    """Return what adds up, and to what, whatever is counted."""
    return str(one.relation[number]), one.keys[int(one.total[number])]._replace(indicator="")


def _of_count(
    one: Within, count: str, built: _Count, limits: Limits, clock: Clock
) -> list[Finding]:
    limit = limits.count if count in OF_OUTCOME else limits.denominator
    wanted = built.wanted
    narrow = too_narrow(
        built.system, wanted, np.full(len(wanted), float(limit)), limits.count - 1, clock
    )
    found = []
    keys = [_key(one, built, int(cell)) for cell in narrow.cell]
    nobody = {key for key, high in zip(keys, narrow.high, strict=True) if high == 0}
    for key, cell, low, high in zip(keys, narrow.cell, narrow.low, narrow.high, strict=True):
        if low == 0 and built.row[cell] >= 0:
            continue  # that some are in no part is what other sums say: here it may be nobody
        if high > 0 or _tells_of_each(one, key, int(built.row[cell]), count, limits, nobody):
            words = "the published sums hold a hidden count in a narrow interval"
            file = one.files[int(built.who[cell])]
            found.append(Finding(ATTACK, key, count, file, words, float(low), float(high)))
    return found + _of_parts(one, built, count, float(limit))


def _of_parts(one: Within, built: _Count, count: str, limit: float) -> list[Finding]:
    """Return the sums of which the shown parts leave too few: the hidden ones together."""
    found = []
    for row, left in zip(*together(built.system, limit), strict=True):
        number = int(built.number[row])
        key = _of_relation(one, one.keys[int(one.total[number])], number, "hidden parts")
        words = "what is hidden of a published total is together too few"
        file = one.files[int(one.total[number])]
        found.append(Finding(ATTACK, key, count, file, words, float(left), float(left)))
    return found


def _consistent(
    one: Within,
    count: str,
    outside: Flags,
    elsewhere: Mapping[str, Elsewhere],
    clock: Clock,
) -> _Count:
    """Return a system that has a solution.

    Where people are seen to be in no part of a sum, some of these may have the outcome.

    A kind of sum that what is published refutes once is no longer taken to hold to the last
    person; one that has more in its parts than in its total is no sum.
    """
    held = held_by(one, one.low[count], one.high[count], elsewhere[count])
    if count in OF_OUTCOME:
        held = np.where(outside & (held == EXACT), RESTS, held)
    amended = np.full(len(one.total), EXACT)
    while True:
        built = _system(one, count, np.maximum(held, amended))
        if not built.system.n_rows:
            return built
        rest, much = (built.number[rows] for rows in refuted(built.system, clock))
        if not len(rest) and not len(much):
            return built
        same = np.isin(one.kind, one.kind[rest]) & (amended == EXACT)
        amended = np.where(same, RESTS, amended)
        again = np.setdiff1d(rest, np.flatnonzero(same))
        amended[np.isin(one.kind, one.kind[much])] = OVERLAPS
        amended[again] = NOTHING


def _tells_of_each(
    one: Within, key: Key, row: int, count: str, limits: Limits, nobody: Collection[Key]
) -> bool:
    """Return whether a count that is found to be nobody says something of each person there.

    It does in sensitive dimensions, unless it is told of everyone: that says nothing of a group.
    """
    if row >= 0 or key.dimension not in limits.sensitive or count not in OF_OUTCOME:
        return False
    whole = key._replace(dimension=TOTAL, level=ALL)
    everyone = one.number.get(whole)
    return whole not in nobody and (everyone is None or one.high[count][everyone] != 0)


def _key(one: Within, built: _Count, variable: int) -> Key:
    """Return the key of a variable; a rest is named after the sum that it is left of."""
    key, row = one.keys[int(built.who[variable])], int(built.row[variable])
    return key if row < 0 else _of_relation(one, key, row, "rest")


def _of_relation(one: Within, key: Key, row: int, words: str) -> Key:
    """Return the key of something in a sum that has none of its own."""
    relation = str(one.relation[row])
    if relation == "sex":
        return key._replace(sex=f"({words})")
    if relation in one.places:
        return key._replace(place=f"{key.place} ({words} of {relation})")
    return key._replace(dimension=relation, level=f"({words})")


def _system(one: Within, count: str, held: Ints) -> _Count:
    """Return the system of one count, with a variable more for the rest of each open sum."""
    low, size = one.low[count], len(one.keys)
    high = _under_totals(one, low, one.high[count], np.flatnonzero(held == OVERLAPS))
    kept = np.flatnonzero((held == EXACT) | (held == RESTS))
    rests = np.flatnonzero(held == RESTS)
    more = size + np.arange(len(rests))
    order = np.full(len(one.total), -1, np.int64)
    order[kept] = np.arange(len(kept))
    entry = order[one.row] >= 0
    row = np.concatenate([order[kept], order[one.row[entry]], order[rests]])
    column = np.concatenate([one.total[kept], one.cell[entry], more])
    sign = np.concatenate([np.ones(len(kept)), -np.ones(int(entry.sum()) + len(rests))])
    ends = np.append(low, np.zeros(len(rests))), np.append(high, np.full(len(rests), BIG))
    return _Count(
        System(row, column, sign, *ends),
        np.append(np.arange(size), one.total[rests]),
        np.append(np.full(size, -1), rests),
        np.append(np.flatnonzero(high - low > 0), more),
        kept,
    )


def _under_totals(one: Within, low: Floats, high: Floats, rows: Ints) -> Floats:
    """Return upper bounds where persons are counted twice: no part is larger than its total."""
    entry = np.isin(one.row, rows)
    made = high.copy()
    np.minimum.at(made, one.cell[entry], high[one.total[one.row[entry]]])
    return np.maximum(made, low)
