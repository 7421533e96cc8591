"""Values beside hidden counts: rates, intervals, full precision, sums beside means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.bounds import Floats
from equity_pipeline.audit.finding import CouldNotJudge, Finding, Key
from equity_pipeline.audit.implied import follow
from equity_pipeline.audit.intervals import (
    INVERTED,
    LARGEST,
    NOT_OF_COUNTS,
    Method,
    behind,
    newcombe_beside,
)
from equity_pipeline.audit.readings import (
    COMPLEMENT,
    DENOMINATOR,
    KEY,
    NUMERATOR,
    SHARES,
    frame_of,
)
from equity_pipeline.audit.release import Limits
from equity_pipeline.audit.shown import FACTORS, Value, beside_hidden, from_gaps
from equity_pipeline.audit.source import Source
from equity_pipeline.vocabulary import vocabulary

RATE, INTERVAL, PRECISION, MEAN = "rate_by_population", "interval", "full_precision", "sum_by_mean"
CENSORED = ("kaplan_meier_log-log",)  # some leave: what its interval says of counts is near them
FULL = 6  # decimals that no rounding of ours leaves
# a sum, the same by head, and by how many heads
BY_HEAD: Mapping[str, tuple[tuple[str, str, float], ...]] = {
    "excess_burden": (("excess_cases", "excess_per_1000", 1000.0),),
}


def attack(by: Attacker) -> list[Finding]:
    """Return the counts that follow from values although they are hidden themselves.

    Raises
    ------
    CouldNotJudge
        If an interval stands beside hidden counts by a method that no inversion is known of.
    """
    told = [(one, *counts_behind(one)) for one in (*beside_hidden(by), *from_gaps(by))]
    found = [leak for one in told for leak in _narrow(*one, by.release.limits)]
    found += [one for source in by.release.sources for one in _by_head(by, source)]
    exact = {one.key: (n, d) for one, _, n, d in told if len(n) and one.method not in CENSORED}
    return [*found, *follow(by, exact)]


def counts_behind(one: Value) -> tuple[str, Floats, Floats]:
    """Return the attack, and the numerators and denominators that a value can be made of.

    Raises
    ------
    CouldNotJudge
        If its interval is by a method that no inversion is known of.
    """
    nothing = np.zeros(0)
    known, full = np.isfinite(one.known), one.decimals >= FULL
    methods = _methods(one)
    ends = one.limits if methods else None
    if not known and ends is None and not full:
        return "", nothing, nothing
    tried = np.array([one.known]) if known else np.arange(1.0, LARGEST + 1)
    off = one.beside[0] / one.beside[1] if one.beside else 0.0
    factor = FACTORS.get(one.unit, 1.0)
    n, d = behind(one.value + off, ends, methods, one.half, tried, factor)
    if not known and ends is None and len(d):
        smallest = d == d.min()
        n, d = n[smallest], d[smallest]
    return INTERVAL if ends is not None else PRECISION if not known else RATE, n, d


def _methods(one: Value) -> tuple[Method, ...]:
    if one.beside is not None:
        return (newcombe_beside(*one.beside),) if one.method == "newcombe" else ()
    if one.limits is not None and one.method not in INVERTED and one.method not in NOT_OF_COUNTS:
        raise CouldNotJudge(
            f"No way is known to turn the interval method {one.method!r} round.",
            where=f"{one.file}: {one.key.words()}",
            mend="add the method to audit/intervals.py",
        )
    return INVERTED.get(one.method, ())


def _narrow(one: Value, name: str, n: Floats, d: Floats, limits: Limits) -> Iterator[Finding]:
    if not len(n):
        return
    told = {NUMERATOR: (n, limits.count), DENOMINATOR: (d, limits.denominator)}
    if one.unit in SHARES:
        told[COMPLEMENT] = (d - n, limits.count)
    for count, (values, limit) in told.items():
        low, high = float(values.min()), float(values.max())
        if high - low < limits.count - 1 and low < limit and high > 0:
            words = "a hidden count follows from a published value"
            yield Finding(name, one.key, count, one.file, words, low, high)


def _by_head(by: Attacker, source: Source) -> Iterator[Finding]:
    """Yield the persons behind a sum that is told in all and by head."""
    names, limits = source.data.column_names, by.release.limits
    for total, head, factor in BY_HEAD.get(source.form, ()):
        if not {total, head} <= set(names):
            continue
        frame = frame_of(source, vocabulary().forms[source.form].door.cell, {})
        told = np.append(by.cells.low[DENOMINATOR], np.nan)  # the last is of what is no cell
        known = np.isfinite(told[by.numbers.of(frame)])
        sums = source.data[total].to_pandas().astype(float)
        heads = source.data[head].to_pandas().astype(float)
        persons = (sums / heads * factor).where(~known & (heads != 0))
        for number in np.flatnonzero((persons.round() > 0) & (persons < limits.denominator)):
            size = float(round(persons.iloc[number]))
            words = "a sum over its mean tells of how many it is"
            key = Key(*(str(one) for one in frame[KEY].iloc[int(number)]))
            yield Finding(MEAN, key, DENOMINATOR, source.file, words, size, size)
