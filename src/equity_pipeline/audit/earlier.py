"""Earlier releases: what two nights tell together, and what only one of them hides."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.bounds import Flags, Floats, Ints
from equity_pipeline.audit.cells import Cells, bounds_of, cells
from equity_pipeline.audit.finding import Finding
from equity_pipeline.audit.margins import narrow_counts
from equity_pipeline.audit.readings import (
    COMPLEMENT,
    COUNTS,
    DENOMINATOR,
    NUMERATOR,
    SHARES,
    Numbers,
)

DIFFERENCE, TOGETHER = "differencing", "earlier_release"
DATA = ["indicator", "period_start", "period_end"]


def attack(by: Attacker) -> list[Finding]:
    """Return what each earlier release tells when it is held against this one.

    Raises
    ------
    CouldNotJudge
        If the time is up, or the published sums contradict each other.
    """
    found: list[Finding] = []
    for release in by.release.previous:
        before = cells(release)
        place = _place(by.cells, before)
        found += _differences(by, before, place)
        found += _together(by, before, place)
    return found


def _place(now: Cells, before: Cells) -> Ints:
    """Return for each cell of now where it stands in the release before; -1 where it does not."""
    return Numbers(before.keys).of(now.keys)


def _of_before(values: Floats, place: Ints) -> Floats:
    found = np.append(values, np.nan)
    return found[place]


def _differences(by: Attacker, before: Cells, place: Ints) -> Iterator[Finding]:
    now, limit = by.cells, by.release.limits.count
    if now.rounded or before.rounded:
        return
    shares = now.keys["unit"].isin(SHARES).to_numpy()
    for count in (*COUNTS, COMPLEMENT):
        told = [_count(now, count), _of_before(_count(before, count), place)]
        between = np.abs(told[0] - told[1])
        few: Flags = (between > 0) & (between < limit) & ~now.exempt
        if count == COMPLEMENT:
            few &= shares
        for number in np.flatnonzero(few):
            words = "the difference to an earlier release is of a few persons"
            size = float(between[number])
            file = str(now.file.iloc[number])
            yield Finding(DIFFERENCE, now.key(int(number)), count, file, words, size, size)


def _count(made: Cells, count: str) -> Floats:
    if count == COMPLEMENT:
        return made.low[DENOMINATOR] - made.low[NUMERATOR]
    return made.low[count]


def _together(by: Attacker, before: Cells, place: Ints) -> list[Finding]:
    """Return what the sums tell when both releases are read as one.

    What one hides is taken from the other, and what only the earlier tells of, such as the year
    that some of the quarters of now are part of, stands beside what is told now.
    """
    now = by.cells
    same = _same_data(now, before, place)
    known = {name: _of_before(before.low[name], place) for name in COUNTS}
    more = {name: np.isnan(now.low[name]) & np.isfinite(known[name]) & same for name in COUNTS}
    of = set(now.keys.loc[np.any([*more.values()], axis=0), "indicator"])
    gone = _gone(now, before, place, same)
    of |= set(before.keys.loc[gone, "indicator"])
    if not of:
        return []
    high = {name: _of_before(before.high[name], place) for name in COUNTS}
    both = replace(
        now,
        low={name: np.where(more[name], known[name], now.low[name]) for name in COUNTS},
        high={name: np.where(more[name], high[name], now.high[name]) for name in COUNTS},
    )
    only_before = before.of(gone)
    found = _narrow(by, both.beside(only_before), of)
    of = {one.key.indicator for one in found}
    old = {(one.key, one.column) for one in _narrow(by, now, of)} if found else set()
    if found and len(only_before.keys):  # what the earlier one tells by itself of what is gone
        past = {only_before.key(number) for number in range(len(only_before.keys))}
        old |= {(one.key, one.column) for one in _narrow(by, before, of) if one.key in past}
    words = "this release and an earlier one tell it together"
    told = [
        replace(one, attack=TOGETHER, found=words)
        for one in found
        if (one.key, one.column) not in old
    ]
    return [*told, *_shown_before(by, both, more)]


def _narrow(by: Attacker, known: Cells, of: Collection[str]) -> list[Finding]:
    """Return what sums tell of some indicators when these cells are known."""
    mine = known.of(known.keys["indicator"].isin(of).to_numpy())
    return narrow_counts(replace(by, given=mine), mine)


def _gone(now: Cells, before: Cells, place: Ints, same: Flags) -> Flags:
    """Return the cells that only the release before tells of, and that may tell of one of now.

    They are of indicators of which both hide a cell, and of which nothing that both tell differs.
    """
    if now.rounded or before.rounded:
        return np.zeros(len(before.keys), bool)
    here = place >= 0
    both_hide = np.isnan(now.low[NUMERATOR][here]) & np.isnan(before.low[NUMERATOR][place[here]])
    shared = now.keys[here]
    of = set(shared.loc[both_hide, "indicator"]) - set(shared.loc[~same[here], "indicator"])
    told_now = np.isin(np.arange(len(before.keys)), place)
    return before.keys["indicator"].isin(of).to_numpy() & ~told_now & ~before.exempt


def _shown_before(by: Attacker, both: Cells, more: dict[str, Flags]) -> Iterator[Finding]:
    limits = by.release.limits
    for count, flags in more.items():
        limit = limits.count if count == NUMERATOR else limits.denominator
        low, high = bounds_of(both, count)
        for number in np.flatnonzero(flags & (high > 0) & (low < limit)):
            words = "an earlier release of the same data shows what this one hides"
            ends = float(low[number]), float(high[number])
            file = str(both.file.iloc[number])
            yield Finding(TOGETHER, both.key(int(number)), count, file, words, *ends)


def _same_data(now: Cells, before: Cells, place: Ints) -> Flags:
    """Return the cells of indicators and periods in which nothing that both tell differs."""
    differs = np.zeros(len(place), bool)
    for name in COUNTS:
        old = _of_before(before.low[name], place)
        differs |= np.isfinite(old) & np.isfinite(now.low[name]) & (old != now.low[name])
    table = pd.DataFrame(now.keys[DATA]).assign(differs=differs)
    return ~table.groupby(DATA)["differs"].transform("any").to_numpy(bool)
