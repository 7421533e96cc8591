"""What follows from counts that values give away: those that the sums then leave for others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.bounds import Floats
from equity_pipeline.audit.finding import Finding, Key
from equity_pipeline.audit.margins import narrow_counts
from equity_pipeline.audit.readings import DENOMINATOR, KNOWN, NUMERATOR

COUNTS = (NUMERATOR, DENOMINATOR)
ATTACK = "value_in_sum"
WORDS = "a value gives a hidden count away, and the published sums another by it"


def follow(by: Attacker, counts: Mapping[Key, tuple[Floats, Floats]]) -> list[Finding]:
    """Return the hidden counts that follow when what values give away is taken as known.

    A count that was hidden to protect another may be large: that it follows is a leak only for
    the other. What a sum leaves for people in no cell is not taken from values: they are near the
    counts behind them, and a few persons' difference would be a rest that nobody is in.

    Parameters
    ----------
    by
        The attacker.
    counts
        For each cell the numerators and denominators that its values can be made of.

    Raises
    ------
    CouldNotJudge
        If the time is up, or the published sums contradict each other.
    """
    made = by.cells
    known = {name: (made.low[name].copy(), made.high[name].copy()) for name in COUNTS}
    of = set()
    keys = [Key(*key) for key in made.keys[list(Key._fields)].itertuples(index=False, name=None)]
    for number, key in enumerate(keys):
        if key not in counts:
            continue
        for name, told in zip(COUNTS, counts[key], strict=True):
            low, high = known[name]
            if np.isnan(low[number]) and told.max() - told.min() < by.release.limits.count - 1:
                low[number], high[number] = told.min(), told.max()
                of.add(key.indicator)
    if not of:
        return []
    lows = {**made.low, **{name: ends[0] for name, ends in known.items()}}
    highs = {**made.high, **{name: ends[1] for name, ends in known.items()}}
    cells = {key for key in keys if KNOWN not in key}
    followed = narrow_counts(by, replace(made, low=lows, high=highs), of)
    found = [one for one in followed if one.key in cells]
    alone = {(one.key, one.column) for one in (narrow_counts(by, made, of) if found else ())}
    return [
        replace(one, attack=ATTACK, found=WORDS)
        for one in found
        if (one.key, one.column) not in alone
    ]
