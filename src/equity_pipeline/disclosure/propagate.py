"""What must be empty in each form once it is known which cells are hidden."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.rules import DisclosurePolicy, Flags
from equity_pipeline.disclosure.sums import DAYS_IN_A_MONTH
from equity_pipeline.vocabulary import ALL, MISSING, TOTAL, Door, vocabulary

SUPPRESSED = "suppressed"
STATUS = "value_status"
CELL, CONTRAST, ROWS, NOBODY = "cell", "contrast", "rows", "nobody"
CONTRASTED = ("focus", "reference")
PLAIN = Door()


class Whole(NamedTuple):
    """A dimension of an indicator in a period and place."""

    indicator_id: str
    period_start: object
    period_end: object
    geography_code: str
    dimension: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which cells are hidden, seen from the other forms.

    Attributes
    ----------
    hidden
        For each judged cell, whether it is hidden.
    exempt
        Indicators that no persons stand behind.
    incomplete
        Dimensions in which at least one level is hidden.
    """

    hidden: Mapping[Cell, bool]
    exempt: Collection[str]
    incomplete: Collection[Whole]

    def hides(self, cell: Cell) -> bool:
        """Return whether a level may not be shown; what was not judged may not."""
        if cell.indicator_id in self.exempt:
            return False
        if cell.level == ALL:
            cell = cell.of_all_levels()
        return self.hidden.get(cell.canonical(), True)


def numbers_of(form: str) -> tuple[str, ...]:
    """Return the columns of a form that are empty in a hidden row.

    Examples
    --------
    >>> numbers_of("stratified")[:3]
    ('n_persons', 'n_denominator', 'n_numerator')
    """
    held = vocabulary().forms[form]
    after = held.columns[held.columns.index(STATUS) + 1 :]
    return tuple(name for name in after if name not in held.door.kept)


def words_of(column: pa.ChunkedArray) -> list[Any]:
    """Return a column's values, each made once: quicker where few values repeat.

    Examples
    --------
    >>> words_of(pa.chunked_array([["a", "b"], ["a", None]]))
    ['a', 'b', 'a', None]
    """
    coded = column.combine_chunks().dictionary_encode()
    words = [*coded.dictionary.to_pylist(), None]
    return [words[code] for code in coded.indices.fill_null(len(words) - 1).to_pylist()]


def cells_of(data: pa.Table, door: Door = PLAIN, *, level: str | None = None) -> list[Cell]:
    """Return the canonical cell of each row.

    Parameters
    ----------
    door
        Says where a part of the key stands under another name, or what it always is.
    level
        The column that holds the level, whatever the door says.
    """
    named = {"strat2_level": "strat2_level" if "strat2_level" in data.column_names else f"={ALL}"}
    named |= {**door.cell, **({"level": level} if level else {})}
    columns = [_part(data, named.get(part, part)) for part in Cell._fields]
    return [Cell(*key).canonical() for key in zip(*columns, strict=True)]


def _part(data: pa.Table, name: str) -> list[Any]:
    return [name[1:]] * data.num_rows if name.startswith("=") else words_of(data[name])


def wholes_of(data: pa.Table) -> list[Whole]:
    """Return the dimension that each row belongs to."""
    columns = [words_of(data[name]) for name in Whole._fields]
    return [Whole(*key) for key in zip(*columns, strict=True)]


def emptied(data: pa.Table, columns: Iterable[str], where: Flags) -> pa.Table:
    """Return the table with columns NULL where a flag stands.

    Examples
    --------
    >>> emptied(pa.table({"a": [1, 2]}), ["a"], np.array([True, False]))["a"].to_pylist()
    [None, 2]
    """
    for name in columns:
        place, field = data.schema.get_field_index(name), data.schema.field(name)
        made = pc.if_else(pa.array(where, pa.bool_()), pa.scalar(None, field.type), data[name])
        data = data.set_column(place, field, made)
    return data


def suppressed(form: str, data: pa.Table, where: Flags) -> pa.Table:
    """Return the table with all numbers of some rows NULL and their status ``suppressed``."""
    data = emptied(data, numbers_of(form), where)
    status = np.where(where, SUPPRESSED, np.array(data[STATUS].to_pylist(), dtype=object))
    place = data.schema.get_field_index(STATUS)
    return data.set_column(place, data.schema.field(STATUS), pa.array(status, pa.string()))


def stratified(data: pa.Table, verdict: Verdict, policy: DisclosurePolicy) -> pa.Table:
    """Return T1 with hidden cells empty, and no share of missing where its level is hidden."""
    del policy
    cells = cells_of(data)
    data = suppressed("stratified", data, _flags(verdict.hides(cell) for cell in cells))
    unshown = _flags(
        cell.indicator_id not in verdict.exempt and verdict.hides(_missing(whole))
        for cell, whole in zip(cells, wholes_of(data), strict=True)
    )
    some = _flags(bool(share) for share in data["missing_share"].to_pylist())
    data = emptied(data, ["missing_share"], unshown & some)
    return _without_others(data, vocabulary().forms["stratified"].door, verdict)


def trend(data: pa.Table, verdict: Verdict, policy: DisclosurePolicy) -> pa.Table:
    """Return T5 without hidden periods, nor slopes that used one."""
    del policy
    data = by_cells("trend", data, verdict)
    whole = [cell._replace(dimension=TOTAL, level=ALL) for cell in _all_cells(data)]
    return emptied(data, ["level_all"], _flags(verdict.hides(cell) for cell in whole))


def _is_of_persons(entity: str) -> bool:
    held = vocabulary().entities.get(entity)
    return held is None or bool({"person_id", "response_id"} & set(held.columns))


def rows_of_files(form: str, data: pa.Table, policy: DisclosurePolicy) -> pa.Table:
    """Return a form that counts rows of files: too few rows of persons are not told."""
    counts = [data[name].to_pylist() for name in vocabulary().forms[form].door.counts]
    few = np.zeros(data.num_rows, bool)
    for counted in counts:
        few |= _flags(n is not None and 0 < n < policy.smallest_count for n in counted)
    if "entity" in data.column_names:
        below = policy.smallest_denominator
        some = _flags(n is not None and 0 < n < below for n in counts[0])
        few = some & _flags(_is_of_persons(one) for one in data["entity"].to_pylist())
    return _without_the_lacking(suppressed(form, data, few), form, policy)


def _without_the_lacking(data: pa.Table, form: str, policy: DisclosurePolicy) -> pa.Table:
    """Return the rows without a share that tells of how few persons something is lacking."""
    for columns, share, of in vocabulary().forms[form].door.lacking:
        whole, part = (np.asarray(data[one].to_pandas(), np.float64) for one in (of, share))
        lacking = np.round(whole * (1 - part))
        data = emptied(data, columns, (lacking > 0) & (lacking < policy.smallest_denominator))
    return data


def by_cells(form: str, data: pa.Table, verdict: Verdict) -> pa.Table:
    """Return a form without the rows of hidden cells, nor what any of their levels would tell.

    How each row is judged stands with the form in the vocabulary.
    """
    door = vocabulary().forms[form].door
    if door.by == CONTRAST:
        where = _either_level(data, verdict, door)
    else:
        where = _flags(verdict.hides(cell) for cell in cells_of(data, door))
    if door.together:
        where = _together(data, door.together, where)
    data = suppressed(form, data, where)
    if door.of_all_levels:
        incomplete = _flags(whole in verdict.incomplete for whole in wholes_of(data))
        data = emptied(data, door.of_all_levels, incomplete)
    if door.of_all_periods:
        data = emptied(data, door.of_all_periods, where | _broken(data, verdict, door))
    for columns, names in door.shared:
        data = emptied(data, columns, _together(data, names, where))
    return _without_others(data, door, verdict)


def _without_others(data: pa.Table, door: Door, verdict: Verdict) -> pa.Table:
    """Return the table without what rests on hidden cells of other rows."""
    for columns, key in door.also:
        where = _flags(verdict.hides(cell) for cell in cells_of(data, Door(cell=key)))
        data = emptied(data, columns, where)
    return data


def _together(data: pa.Table, names: Sequence[str], where: Flags) -> Flags:
    key = list(zip(*(words_of(data[name]) for name in names), strict=True))
    hidden = {one for one, flag in zip(key, where, strict=True) if flag}
    return _flags(one in hidden for one in key)


# forms that need more than their door says
OWN: Mapping[str, Callable[[pa.Table, Verdict, DisclosurePolicy], pa.Table]] = MappingProxyType(
    {"stratified": stratified, "trend": trend}
)


def propagate(form: str, data: pa.Table, verdict: Verdict, policy: DisclosurePolicy) -> pa.Table:
    """Return a form with everything empty that a hidden cell could be computed from."""
    if form in OWN:
        return OWN[form](data, verdict, policy)
    by = vocabulary().forms[form].door.by
    if by == ROWS:
        return rows_of_files(form, data, policy)
    return data if by == NOBODY else by_cells(form, data, verdict)


def _missing(whole: Whole) -> Cell:
    return Cell(*whole, MISSING, ALL)  # type: ignore[arg-type]


def _all_cells(data: pa.Table) -> Iterator[Cell]:
    yield from (Cell(*whole, ALL, ALL) for whole in wholes_of(data))  # type: ignore[arg-type]


def _either_level(data: pa.Table, verdict: Verdict, door: Door = PLAIN) -> Flags:
    focus, reference = (cells_of(data, door, level=f"{one}_level") for one in CONTRASTED)
    return _flags(
        verdict.hides(one) or verdict.hides(other)
        for one, other in zip(focus, reference, strict=True)
    )


def _broken(data: pa.Table, verdict: Verdict, door: Door) -> Flags:
    """Return which contrasts have a period as long as their own in which a level is hidden."""
    focus, reference = (cells_of(data, door, level=f"{one}_level") for one in CONTRASTED)
    hidden = {_at_any_time(cell) for cell in {*verdict.hidden, *focus, *reference}
              if verdict.hides(cell)}  # fmt: skip
    return _flags(
        _at_any_time(one) in hidden or _at_any_time(other) in hidden
        for one, other in zip(focus, reference, strict=True)
    )


def _at_any_time(cell: Cell) -> tuple[object, ...]:
    """Return the key of a cell with the length of its period, in months, for when it was."""
    days = (cell.period_end - cell.period_start).days
    return (cell.indicator_id, round(days / DAYS_IN_A_MONTH), *cell[3:])


def _flags(values: Iterable[bool]) -> Flags:
    return np.fromiter(values, bool)
