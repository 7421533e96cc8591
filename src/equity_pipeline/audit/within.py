"""The cells and sums of one indicator, in numbers of their own: no sum reaches into another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equity_pipeline.audit.bounds import BIG, Flags, Floats, Ints
from equity_pipeline.audit.cells import Cells, bounds_of
from equity_pipeline.audit.finding import Key
from equity_pipeline.audit.readings import (
    COMPLEMENT,
    COUNTS,
    DENOMINATOR,
    KEY,
    NUMERATOR,
    PERSONS,
    SHARES,
)
from equity_pipeline.audit.sums import Sums


@dataclass(frozen=True)
class Within:
    """What is told of one indicator, and what adds up to what.

    Attributes
    ----------
    keys
        Who each cell is, those of the release first, then those that are only implied.
    files
        Where each is told.
    low, high
        For each count between what it lies, by cell.
    counts
        The counts that say something of their own.
    places
        The kinds of places there are.
    total, relation, kind, complete
        For each sum the number of its total, what adds up, the number of its kind, and whether it
        has as many parts as any of its kind.
    row, cell
        One entry a part: its sum and its number.
    rounded
        Whether the counts were rounded.
    """

    keys: Sequence[Key]
    files: Sequence[str]
    low: Mapping[str, Floats]
    high: Mapping[str, Floats]
    counts: tuple[str, ...]
    places: Collection[str]
    total: Ints
    relation: NDArray[np.object_]
    kind: Ints
    complete: Flags
    row: Ints
    cell: Ints
    rounded: bool

    @property
    def indicator(self) -> str:
        """Return the indicator."""
        return self.keys[0].indicator

    @cached_property
    def number(self) -> Mapping[Key, int]:
        """Return the number of each key."""
        return {key: number for number, key in enumerate(self.keys)}


def each_indicator(
    linked: Sums, made: Cells, only: Collection[str] | None = None
) -> Iterator[Within]:
    """Yield what is told of each indicator that counts persons, in order.

    Parameters
    ----------
    linked
        The sums over all cells.
    made
        The cells, the implied ones not among them.
    only
        The indicators that are asked for; None for all.
    """
    exempt = set(made.keys.loc[made.exempt, "indicator"])
    code, names = pd.factorize(linked.keys["indicator"].astype(object), sort=True)
    told = _Told(linked, made, code)
    for number, name in enumerate(names):
        if name not in exempt and (only is None or name in only):
            yield told.of(number)


class _Told:
    """Everything that is told, with the indicator of each cell, sum and entry."""

    def __init__(self, linked: Sums, made: Cells, code: Ints) -> None:
        self.linked, self.made, self.code = linked, made, code
        columns = (linked.keys[name].tolist() for name in KEY)
        self.keys = [Key(*key) for key in zip(*columns, strict=True)]
        more = len(self.keys) - len(made.keys)
        files = made.file.tolist()
        self.files = files + files[:1] * more
        self.places = linked.keys["kind"].to_numpy(object)
        self.shares = np.append(made.keys["unit"].isin(SHARES).to_numpy(), np.ones(more, bool))
        nothing, top = np.zeros(more), np.full(more, BIG)
        bounds = {count: bounds_of(made, count) for count in (*COUNTS, COMPLEMENT)}
        self.low = {one: np.append(low, nothing) for one, (low, _) in bounds.items()}
        self.high = {one: np.append(high, top) for one, (_, high) in bounds.items()}
        self.told = {one: np.append(made.low[one], np.full(more, np.nan)) for one in COUNTS}
        self.kind = pd.factorize(linked.kind)[0]
        self.complete = _complete(linked)
        self.place = np.zeros(len(code), np.int64)  # of each cell within its indicator

    def of(self, number: int) -> Within:
        """Return what is told of one indicator."""
        linked, cells = self.linked, np.flatnonzero(self.code == number)
        self.place[cells] = np.arange(len(cells))
        mine = self.code[linked.total] == number
        order = np.cumsum(mine) - 1
        entry = mine[linked.row]
        return Within(
            [self.keys[one] for one in cells],
            [self.files[one] for one in cells],
            {count: low[cells] for count, low in self.low.items()},
            {count: high[cells] for count, high in self.high.items()},
            tuple(self._counts(cells)),
            frozenset(self.places[cells]),
            self.place[linked.total[mine]],
            linked.relation[mine],
            self.kind[mine],
            self.complete[mine],
            order[linked.row[entry]],
            self.place[linked.cell[entry]],
            self.made.rounded,
        )

    def _counts(self, cells: Ints) -> Iterator[str]:
        """Yield which counts of an indicator say something of their own."""
        told = {name: self.told[name][cells] for name in COUNTS}
        if np.isfinite(told[DENOMINATOR]).any():
            yield DENOMINATOR
        other = told[PERSONS] != told[DENOMINATOR]
        if (np.isfinite(told[PERSONS]) & other).any():
            yield PERSONS
        if np.isfinite(told[NUMERATOR]).any():
            yield NUMERATOR
            if self.shares[cells].all():
                yield COMPLEMENT


def _complete(linked: Sums) -> Flags:
    """Return which sums have as many parts as any of their kind.

    Levels of a dimension are counted over all places of the indicator: where some have one more,
    as those whose level nobody knows, the others lack it.
    """
    n_parts = np.bincount(linked.row, minlength=len(linked.total))
    of_levels = np.isin(linked.relation.astype(str), linked.keys["dimension"].unique().astype(str))
    indicator = linked.keys["indicator"].to_numpy(object)[linked.total]
    dimension, level = (
        linked.keys[name].to_numpy(object)[linked.total] for name in ("dimension", "level")
    )
    table = pd.DataFrame(
        {
            "kind": np.where(of_levels, indicator + "|" + linked.relation, linked.kind),
            "dimension": dimension,
            "level": np.where(dimension == linked.relation, level, ""),
            "n": n_parts,
        }
    )
    most = table.groupby(["kind", "dimension", "level"])["n"].transform("max")
    return np.asarray(n_parts == most.to_numpy(), bool)
