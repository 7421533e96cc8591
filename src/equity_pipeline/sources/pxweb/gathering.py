"""A large table asked for in parts, and put together again with every cell once."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import Question, Refused
from equity_pipeline.sources.pxweb.cells import LARGEST_CELLS, code_columns
from equity_pipeline.sources.pxweb.jsonstat import Cube, Dimension
from equity_pipeline.sources.pxweb.selection import Chosen, cells_of, split


class TooLarge(SourceError):
    """The source says that a question has too many cells."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How one table is asked: the question for a choice, its reader, and what "too large" is.

    ``renamed`` holds, for a dimension asked through a code list, the labels of that list: a
    source may answer with other codes than those it listed.
    """

    answers: Answers
    table: str
    question: Callable[[Chosen], Question]
    read: Callable[[Any], Cube]
    is_too_large: Callable[[Refused], bool]
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def part(self, chosen: Chosen) -> Cube:
        """Return the cells of one question.

        Raises
        ------
        TooLarge
            The source wants it smaller, or wanted so when its stored answers were taken.
        SourceError
            The source refuses, or answers with other cells than those asked for.
        """
        try:
            document = self.answers.ask(self.question(chosen))
        except Refused as refusal:
            if not self.is_too_large(refusal):
                raise
            raise TooLarge(refusal.what, where=refusal.where, mend=refusal.mend) from None
        except SourceError as error:
            if not self._was_taken_in_parts(chosen):
                raise
            raise TooLarge(error.what, where=error.where, mend=error.mend) from None
        return self._fitted(self.read(document), chosen)

    def _was_taken_in_parts(self, chosen: Chosen) -> bool:
        while cells_of(chosen) > 1:
            chosen = next(split(chosen, cells_of(chosen) // 2))
            stored = self.answers.latest(self.question(chosen))
            if stored is not None:
                return True
        return False

    def _fitted(self, cube: Cube, chosen: Chosen) -> Cube:
        """Return the cube with the asked dimensions and codes alone, or refuse it."""
        alone = [one for one in cube.fixed if len(one.codes) == 1]
        came = {one.code: one for one in (*cube.dimensions, *alone)}
        strange = [name for name in chosen if name not in came]
        if strange:
            raise self._other(f"without the dimensions {strange}")
        many = [
            one.code for one in cube.dimensions if one.code not in chosen and len(one.codes) > 1
        ]
        if many:
            raise self._other(f"with the dimensions {many} that were not asked for")
        columns: dict[str, Any] = {}
        for name, codes in chosen.items():
            meant = self._meant(came[name], codes)
            columns[name] = _column(cube, came[name], meant)
        columns |= {name: cube.table[name] for name in ("value", "status")}
        fixed = tuple(one for name, one in came.items() if name not in chosen)
        return replace(cube, table=pa.table(columns), fixed=fixed)

    def _meant(self, came: Dimension, asked: Sequence[str]) -> dict[str, str]:
        """Return the asked code of each code that came."""
        if set(came.codes) == set(asked):
            return {code: code for code in came.codes}
        labels = self.renamed.get(came.code)
        same_count = len(came.codes) == len(asked)
        if labels is not None and same_count:
            meant = _by_label(came, asked, labels) or _by_place(came, asked)
            if meant:
                return meant
        raise self._other(f"with other codes of {came.code} than those asked for")

    def _other(self, how: str) -> SourceError:
        return SourceError(
            f"The source answered for table {self.table} {how}.",
            where=f"table {self.table}",
            mend="compare the stored raw answer with the question; the table may just be changing",
        )


def gather(
    asking: Asking, held: Sequence[Dimension], chosen: Chosen, max_cells: float = math.inf
) -> Cube:
    """Return a choice of cells, asked for in as few parts as the limit allows.

    A part that the source finds too large is asked for again in halves, and so are the parts
    after it. Rows come in the order of ``held`` and ``chosen``, whatever order the answers have.

    Raises
    ------
    SourceError
        The source refuses, or a single cell is too large for it.
    """
    if cells_of(chosen) > LARGEST_CELLS:
        raise SourceError(
            f"{cells_of(chosen)} cells of table {asking.table} are more than can be held.",
            where=f"table {asking.table}",
            mend="choose fewer codes, or years one at a time",
        )
    dimensions = tuple(_narrowed(one, chosen[one.code]) for one in held if one.code in chosen)
    ordered = {one.code: chosen[one.code] for one in dimensions}
    cubes = list(_parts(asking, ordered, max_cells))
    return replace(
        cubes[0],
        dimensions=dimensions,
        table=_in_order([cube.table for cube in cubes], ordered),
        notes=tuple(dict.fromkeys(note for cube in cubes for note in cube.notes)),
    )


def _parts(asking: Asking, chosen: Chosen, max_cells: float) -> Iterator[Cube]:
    limit = max_cells
    waiting = deque([chosen])
    while waiting:
        part = waiting.popleft()
        smaller = list(split(part, limit))
        if len(smaller) > 1:
            waiting.extendleft(reversed(smaller))
            continue
        try:
            yield asking.part(part)
        except TooLarge:
            if cells_of(part) == 1:
                raise
            limit = cells_of(part) // 2
            waiting.appendleft(part)


def _in_order(tables: list[pa.Table], chosen: Chosen) -> pa.Table:
    table = pa.concat_tables(tables)
    place = np.zeros(table.num_rows, dtype=np.int64)
    for name, codes in chosen.items():
        found = pc.index_in(table[name], pa.array(codes, pa.string()))
        place = place * len(codes) + found.to_numpy()
    order = np.argsort(place, kind="stable")
    whole = {**code_columns(list(chosen.items()))}
    for name in ("value", "status"):
        whole[name] = table[name].take(pa.array(order)).combine_chunks()
    return pa.table(whole)


def _column(cube: Cube, came: Dimension, meant: Mapping[str, str]) -> Any:
    if came.code not in cube.table.column_names:
        return pa.array([meant[came.codes[0]]] * cube.table.num_rows, pa.string())
    if all(code == asked for code, asked in meant.items()):
        return cube.table[came.code]
    places = pc.index_in(cube.table[came.code], pa.array(list(meant), pa.string()))
    return pa.array(list(meant.values()), pa.string()).take(places.combine_chunks())


def _by_label(
    came: Dimension, asked: Sequence[str], labels: Mapping[str, str]
) -> dict[str, str] | None:
    wanted = {labels[code]: code for code in asked}
    met = {code: wanted.get(label) for code, label in came.categories.items()}
    if len(wanted) < len(asked) or set(met.values()) != set(asked):
        return None
    return {code: asked for code, asked in met.items() if asked is not None}


def _by_place(came: Dimension, asked: Sequence[str]) -> dict[str, str] | None:
    """Match by place, where the codes that both know stand in the same places."""
    both = set(came.codes) & set(asked)
    pairs = dict(zip(came.codes, asked, strict=True))
    is_firm = bool(both) and all(pairs[code] == code for code in both)
    return pairs if is_firm and len(asked) - len(both) == 1 else None


def _narrowed(dimension: Dimension, codes: Sequence[str]) -> Dimension:
    kept = {code: dimension.categories[code] for code in codes}
    return replace(dimension, categories=MappingProxyType(kept))
