"""Earlier releases: what two nights tell together, and what only one of them hides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.bounds import Flags, Floats, Ints
from equity_pipeline.audit.cells import Cells, bounds_of, cells
from equity_pipeline.audit.finding import Finding
from equity_pipeline.audit.margins import narrow_counts
from equity_pipeline.audit.readings import COMPLEMENT, COUNTS, DENOMINATOR, KEY, NUMERATOR, SHARES

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
    old = before.keys[KEY].assign(at=np.arange(len(before.keys)))
    return now.keys[KEY].merge(old, "left", KEY)["at"].fillna(-1).to_numpy(np.int64)


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
    """Return what the sums tell when what one release hides is taken from the other."""
    now = by.cells
    same = _same_data(now, before, place)
    known = {name: _of_before(before.low[name], place) for name in COUNTS}
    more = {name: np.isnan(now.low[name]) & np.isfinite(known[name]) & same for name in COUNTS}
    if not any(flags.any() for flags in more.values()):
        return []
    high = {name: _of_before(before.high[name], place) for name in COUNTS}
    both = replace(
        now,
        low={name: np.where(more[name], known[name], now.low[name]) for name in COUNTS},
        high={name: np.where(more[name], high[name], now.high[name]) for name in COUNTS},
    )
    of = set(now.keys.loc[np.any([*more.values()], axis=0), "indicator"])
    alone = {(one.key, one.column) for one in narrow_counts(by, now, of)}
    found = [one for one in narrow_counts(by, both, of) if (one.key, one.column) not in alone]
    words = "this release and an earlier one of the same data hide different cells"
    told = [replace(one, attack=TOGETHER, found=words) for one in found]
    return [*told, *_shown_before(by, both, more)]


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
