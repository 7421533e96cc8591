"""Order statistics: the smallest, the largest and the quantiles are single persons' values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.bounds import Floats
from equity_pipeline.audit.finding import Finding, Key
from equity_pipeline.audit.readings import KEY, frames_of
from equity_pipeline.audit.source import Source
from equity_pipeline.vocabulary import vocabulary

ATTACK = "order_statistic"
EXTREMES = ("min", "max", "minimum", "maximum", "lowest", "highest")
# persons behind a quantile: so many that no one of them is it
NEEDED: Mapping[str, int] = {
    "median": 20, "p50": 20, "p10": 50, "p90": 50, "p25": 50, "p75": 50, "p5": 100, "p95": 100,
}  # fmt: skip
OF_PERSONS = ("days", "months", "years", "minutes", "sek", "visits", "indicator")


def attack(by: Attacker) -> list[Finding]:
    """Return extremes that are told at all, and quantiles of too few persons."""
    return [one for source in by.release.sources for one in _of_source(by, source)]


def _of_source(by: Attacker, source: Source) -> Iterator[Finding]:
    columns = vocabulary().columns
    for name in source.data.column_names:
        unit = columns[name].unit if name in columns else OF_PERSONS[0]
        words = set(name.split("_"))
        if unit not in OF_PERSONS or not words & {*EXTREMES, *NEEDED}:
            continue
        told = source.data[name].is_valid().to_numpy()
        if not words & set(EXTREMES):
            told &= ~(_persons(by, source) >= max(NEEDED.get(word, 0) for word in words))
        for number in np.flatnonzero(told):
            said = "an extreme, or a quantile of few persons, is the value of one of them"
            yield Finding(ATTACK, _key(source, int(number)), name, source.file, said)


def _persons(by: Attacker, source: Source) -> Floats:
    """Return the persons behind each row, the fewest where a form tells of several cells."""
    known = np.append(by.cells.people(), np.nan)  # the last is of what is no cell
    found = np.full(source.data.num_rows, np.nan)
    for frame in frames_of(source):
        found = np.fmin(found, known[by.numbers.of(frame)])
    return found


def _key(source: Source, number: int) -> Key:
    for frame in frames_of(source):
        return Key(*(str(one) for one in frame[KEY].iloc[number]))
    return Key()
