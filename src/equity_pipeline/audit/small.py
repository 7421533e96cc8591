"""What stands openly: numbers in hidden rows, small counts, small complements, nobody, all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.bounds import Flags
from equity_pipeline.audit.cells import bounds_of
from equity_pipeline.audit.finding import Finding, Key
from equity_pipeline.audit.readings import (
    COMPLEMENT,
    DENOMINATOR,
    NUMERATOR,
    PERSONS,
    SHARES,
    SUPPRESSED,
    frames_of,
)
from equity_pipeline.audit.source import Source
from equity_pipeline.vocabulary import vocabulary

UNDER_FLAG, SMALL, NONE_OR_ALL, FEW_ROWS = "under_flag", "small", "none_or_all", "few_rows"
STATUS = "value_status"


def attack(by: Attacker) -> list[Finding]:
    """Return what a release shows although it may not."""
    found = [one for source in by.release.sources for one in _under_flag(source)]
    found += [one for source in by.release.sources for one in _few_rows(by, source)]
    return [*found, *_small(by), *_none_or_all(by)]


def _under_flag(source: Source) -> Iterator[Finding]:
    form, names = vocabulary().forms[source.form], source.data.column_names
    if STATUS not in names or STATUS not in form.columns:
        return
    after = form.columns[form.columns.index(STATUS) + 1 :]
    flagged = pc.equal(source.data[STATUS], SUPPRESSED)
    for name in (one for one in after if one in names and one not in form.door.kept):
        told = pc.and_(flagged, pc.is_valid(source.data[name])).to_pandas()
        for number in np.flatnonzero(told.fillna(False)):
            words = "a row that is marked as hidden still holds a number"
            yield Finding(UNDER_FLAG, _key(source, int(number)), name, source.file, words)


def _key(source: Source, number: int) -> Key:
    """Return the key of a row, as far as its form has one."""
    for frame in frames_of(source):
        return Key(*(str(one) for one in frame[list(Key._fields)].iloc[number]))
    form = vocabulary().forms[source.form]
    row = source.data.slice(number, 1).select(
        [name for name in form.key if name in source.data.column_names]
    )
    words = " ".join(str(value) for value in row.to_pylist()[0].values())
    return Key(indicator=words)


def _few_rows(by: Attacker, source: Source) -> Iterator[Finding]:
    form = vocabulary().forms[source.form]
    if form.door.by != "rows":
        return
    for name in set(form.door.counts) & set(source.data.column_names):
        values = source.data[name].to_pandas()
        for number in np.flatnonzero((values > 0) & (values < by.release.limits.count)):
            words = "a count of rows is small enough to tell of single persons"
            yield Finding(FEW_ROWS, _key(source, int(number)), name, source.file, words)


def _small(by: Attacker) -> Iterator[Finding]:
    made, limits = by.cells, by.release.limits
    shares = made.keys["unit"].isin(SHARES).to_numpy()
    for count in (DENOMINATOR, PERSONS, NUMERATOR, COMPLEMENT):
        of_persons = count in (DENOMINATOR, PERSONS)
        limit = limits.denominator if of_persons else limits.count
        low, high = bounds_of(made, count)
        small = _told(by, count) & (low > 0) & (high < limit)
        if count == COMPLEMENT:
            small &= shares
        words = "a count that is smaller than may be shown is published"
        yield from _of_cells(by, small, SMALL, count, words)


def _none_or_all(by: Attacker) -> Iterator[Finding]:
    made = by.cells
    sensitive = made.keys["dimension"].isin(by.release.limits.sensitive).to_numpy()
    shares = made.keys["unit"].isin(SHARES).to_numpy()
    for count in (NUMERATOR, COMPLEMENT):
        _, high = bounds_of(made, count)
        told = _told(by, count) & sensitive & (high == 0)
        if count == COMPLEMENT:
            told &= shares
        words = "that nobody, or everybody, has the outcome tells it of each person there"
        yield from _of_cells(by, told, NONE_OR_ALL, count, words)


def _told(by: Attacker, count: str) -> Flags:
    """Return which cells with persons behind them have the count published."""
    made = by.cells
    names = (DENOMINATOR, NUMERATOR) if count == COMPLEMENT else (count,)
    told = np.all([np.isfinite(made.low[name]) for name in names], axis=0)
    return np.asarray(told & ~made.exempt, bool)


def _of_cells(by: Attacker, which: Flags, attack: str, count: str, words: str) -> Iterator[Finding]:
    low, high = bounds_of(by.cells, count)
    for number in np.flatnonzero(which):
        file = str(by.cells.file.iloc[number])
        ends = float(low[number]), float(high[number])
        yield Finding(attack, by.cells.key(int(number)), count, file, words, *ends)
