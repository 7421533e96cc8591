"""What indicators tell of each other: the same people under several names, and some among others.

Two indicators that count the same people in every cell that both show are one table to a reader:
what one hides the other may show, and the sums of all then leave the small cell. Where all people
of one are among those of another, as the release's list of indicators says, the larger less the
smaller is people too. And shares of the same people that make a whole leave the one not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.bounds import Floats, Ints
from equity_pipeline.audit.cells import Cells
from equity_pipeline.audit.finding import Finding, Key
from equity_pipeline.audit.margins import narrow_counts
from equity_pipeline.audit.readings import BEGUN, COUNTS, DENOMINATOR, KEY, PERSONS
from equity_pipeline.audit.release import Limits
from equity_pipeline.audit.source import Source
from equity_pipeline.vocabulary import vocabulary

NESTED, SAME, WHOLE = "nested_population", "same_population", "share_of_whole"
PLACE = KEY[1:]
ENOUGH = 20  # cells that two indicators tell alike before they are taken for the same people
NONE = -1


class People:
    """What is told of each indicator, by cell: rows are indicators, columns are cells.

    Parameters
    ----------
    made
        The cells of a release.
    told
        A count of each; NaN where it is not told.
    """

    def __init__(self, made: Cells, told: Floats) -> None:
        self.row, names = pd.factorize(made.keys["indicator"].astype(object), sort=True)
        self.column = made.keys.groupby(PLACE, dropna=False).ngroup().to_numpy(np.int64)
        self.names = [str(name) for name in names]
        shape = len(self.names), int(self.column.max(initial=NONE)) + 1
        self.cell: Ints = np.full(shape, NONE, np.int64)
        self.cell[self.row, self.column] = np.arange(len(told))
        self.n: Floats = np.full(shape, np.nan)
        self.n[self.row, self.column] = told

    def groups(self) -> Iterator[list[int]]:
        """Yield the indicators, two and more, that tell the same of all cells which both tell."""
        group = np.arange(len(self.names))
        for one, other in combinations(range(len(self.names)), 2):
            if self._are_same(one, other):
                first, second = sorted((group[one], group[other]))
                group[group == second] = first
        for number in np.flatnonzero(np.bincount(group, minlength=1) > 1):
            yield np.flatnonzero(group == number).tolist()

    def _are_same(self, one: int, other: int) -> bool:
        known = np.isfinite(self.n[[one, other]])
        both = known.all(axis=0)
        n_both = int(both.sum())
        enough = n_both >= ENOUGH and 2 * n_both >= known.sum(axis=1).min()
        return bool(enough and (self.n[one, both] == self.n[other, both]).all())


def attack(by: Attacker) -> list[Finding]:
    """Return what indicators tell of each other although neither tells it alone.

    Raises
    ------
    CouldNotJudge
        If the time is up, or the published sums contradict each other.
    """
    if by.cells.rounded:
        return []  # the difference of rounded counts is no count of persons
    found = [one for source in by.release.sources for one in _of_wholes(source, by.release.limits)]
    people = _told(by.cells)
    found += [*_nested(by, people)]
    return [*found, *_same(by, people)]


def _told(made: Cells) -> People:
    persons = made.people()
    exact = np.isnan(made.low[PERSONS]) | (made.low[PERSONS] == made.high[PERSONS])
    return People(made, np.where(exact & ~made.exempt, persons, np.nan))


def _nested(by: Attacker, people: People) -> Iterator[Finding]:
    """Yield cells that a larger population, less them, makes a count of few."""
    contacts = People(by.cells, np.where(by.cells.exempt, np.nan, by.cells.low[DENOMINATOR]))
    rows = {name: number for number, name in enumerate(people.names)}
    waits = {(name, BEGUN.format(name)) for name in rows}  # who was seen is among who began
    for inner, outer in sorted({*by.release.nested, *waits}):
        if not {inner, outer} <= rows.keys():
            continue
        for count, held in ((PERSONS, people), (DENOMINATOR, contacts)):
            left = held.n[rows[outer]] - held.n[rows[inner]]
            if np.nanmin(left, initial=0) < 0:
                continue  # they are seen not to be among the others
            for place in np.flatnonzero((left > 0) & (left < by.release.limits.count)):
                cell = int(held.cell[rows[inner], place])
                key = by.cells.key(cell)
                words = f"its people are among those of {outer}, which tells of a few more"
                file, size = str(by.cells.file.iloc[cell]), float(left[place])
                yield Finding(NESTED, key, count, file, words, size, size)


def _same(by: Attacker, people: People) -> Iterator[Finding]:
    """Yield what the sums tell when several indicators of the same people are read as one."""
    groups = [*people.groups()]
    if not groups:
        return
    made, names = _as_one(by.cells, people, groups)
    words = "indicators of the same people hide different cells, and their sums leave a few"
    for one in narrow_counts(replace(by, given=made), made, names):
        yield replace(one, attack=SAME, found=words)


def _as_one(made: Cells, people: People, groups: list[list[int]]) -> tuple[Cells, set[str]]:
    """Return the people of each group as those of one indicator, and these indicators' names.

    Where members tell differently nothing is taken as told.
    """
    tables = []
    for group in groups:
        known, at = people.n[group], people.cell[group]
        there = np.flatnonzero((at != NONE).any(axis=0))
        first = at[(at != NONE).argmax(axis=0), np.arange(at.shape[1])][there]
        low, high = np.fmin.reduce(known)[there], np.fmax.reduce(known)[there]
        table = made.keys.iloc[first].assign(
            indicator="+".join(people.names[one] for one in group),
            n=np.where(low == high, low, np.nan),
            file=made.file.to_numpy()[first],
            hidden=np.asarray(np.isnan(known).all(axis=0))[there],
        )
        tables.append(table)
    table = pd.concat(tables, ignore_index=True)
    nothing = np.full(len(table), np.nan)
    told = {name: table["n"].to_numpy(float) if name == DENOMINATOR else nothing for name in COUNTS}
    as_one = replace(
        made,
        keys=table[list(made.keys.columns)],
        low=told,
        high=told,
        hidden=table["hidden"].to_numpy(bool),
        file=table["file"],
        exempt=np.zeros(len(table), bool),
    )
    return as_one, set(table["indicator"])


def _of_wholes(source: Source, limits: Limits) -> Iterator[Finding]:
    """Yield the share that all others of the same people leave, where it is of few of them."""
    names = {"item_id", "value", "n"}
    for parts in vocabulary().forms[source.form].door.wholes:
        if not names <= set(source.data.column_names):
            continue
        frame = source.data.to_pandas()
        frame = frame[frame["item_id"].isin(parts)]
        place = [name for name in vocabulary().forms[source.form].key if name in frame.columns]
        for _, held in frame.groupby([name for name in place if name != "item_id"], dropna=False):
            yield from _left_share(source, held, len(parts), limits)


def _left_share(
    source: Source, held: pd.DataFrame, n_parts: int, limits: Limits
) -> Iterator[Finding]:
    hidden = held["value"].isna()
    if len(held) != n_parts or hidden.sum() != 1 or not held["n"].notna().any():
        return
    told, n = held.loc[~hidden, "value"].astype(float), float(held["n"].max())
    half = 0.5 * len(told) * 10.0 ** -max(_decimals(one) for one in told)
    rest = 1 - told.sum()
    low = max(float(np.ceil(n * (rest - half) - 1e-6)), 0.0)
    high = float(np.floor(n * (rest + half) + 1e-6))
    if high - low < limits.count - 1 and low < limits.count and high > 0:
        row = held[hidden].iloc[0]
        place = str(row.get("unit_hsa_id", row.get("geography_code", "")))
        key = Key(str(row["item_id"]), str(row["period_start"]), str(row["period_end"]), place)
        words = "shares that make a whole leave one that is hidden"
        yield Finding(WHOLE, key, "numerator", source.file, words, low, high)


def _decimals(value: float) -> int:
    return len(f"{value:.12f}".rstrip("0").partition(".")[2])
