"""The door itself: `disclose` is the only maker of a `DisclosedTable`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import InitVar, dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equity_pipeline.disclosure.cell import FLAT, Cell, Nesting
from equity_pipeline.disclosure.equations import equations
from equity_pipeline.disclosure.propagate import (
    CELL,
    CONTRAST,
    Verdict,
    Whole,
    cells_of,
    propagate,
)
from equity_pipeline.disclosure.rounding import Tier, decimals, rounded
from equity_pipeline.disclosure.rules import (
    EXEMPT_KINDS,
    MEAN,
    PROPORTION,
    SECONDARY,
    SHOWN,
    DisclosurePolicy,
    Persons,
    check_kind,
    too_small,
)
from equity_pipeline.disclosure.suppress import protect
from equity_pipeline.errors import DisclosureStop
from equity_pipeline.tables.table import COUNTS, PersonCounts, StratifiedTable
from equity_pipeline.vocabulary import ALL, vocabulary

Pair = tuple[float, float]
UNKNOWN: Pair = (np.nan, np.nan)


class _Pass:
    """What `disclose` alone holds."""


_PASS = _Pass()


@dataclass(frozen=True, slots=True)
class DisclosedTable:
    """A table that may leave the house. Only `disclose` makes one.

    Attributes
    ----------
    form
        A form of the vocabulary.
    data
        The form's columns; hidden rows stay, their numbers are NULL.
    tier
        Who it was made for.
    """

    form: str
    data: pa.Table
    tier: Tier
    held: InitVar[_Pass]

    def __post_init__(self, held: _Pass) -> None:
        if held is not _PASS:
            raise DisclosureStop(
                "A table was taken around the disclosure door.",
                where=f"table {self.form!r}",
                mend="give the table to disclose(), which alone makes a DisclosedTable",
            )


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What came through the door and what stayed behind.

    Attributes
    ----------
    tables
        The tables that may be published, by form.
    hidden
        A row each hidden cell of T1 with its reason; for the internal database only.
    n_primary, n_secondary
        Cells hidden on their own account, and to protect another.
    exempt
        Indicators that no persons stand behind, with the reason in words.
    """

    tables: Mapping[str, DisclosedTable]
    hidden: pa.Table
    n_primary: int
    n_secondary: int
    exempt: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Judged:
    cells: Sequence[Cell]
    reason: NDArray[np.str_]


def disclose(
    tables: Mapping[str, StratifiedTable],
    counts: PersonCounts,
    policy: DisclosurePolicy,
    *,
    tier: Tier = "extract",
    kinds: Mapping[str, str],
    nesting: Nesting = FLAT,
) -> Disclosure:
    """Return the tables with every cell hidden that could give a person away.

    Parameters
    ----------
    tables
        The forms of one run, by name; each is judged by cells as it says in the vocabulary.
    counts
        The distinct persons of each cell of all forms.
    policy
        The limits.
    tier
        Who will see it: ``extract``, or ``open`` with coarser numbers.
    kinds
        For each indicator: proportion, rate or mean; or calls, area_mean, published, which are
        exempt since no persons stand behind them.
    nesting
        For the code of each place: what kind of place it is, and the code of the larger one.

    Raises
    ------
    DisclosureStop
        If a cell with numbers has no person counts, an indicator no kind, a form no rule, or a
        cell cannot be protected.
    """
    _check(tables, kinds)
    exempt = {one: EXEMPT_KINDS[kind] for one, kind in kinds.items() if kind in EXEMPT_KINDS}
    shown = _published(tables, exempt)
    judged = _judge(shown, counts, policy, kinds, nesting)
    hidden = dict(zip(judged.cells, (judged.reason != SHOWN).tolist(), strict=True))
    verdict = Verdict(hidden, frozenset(exempt), _incomplete(hidden))
    made = {}
    for form, table in tables.items():
        data = propagate(form, table.data, verdict, policy)
        if vocabulary().forms[form].door.in_unit:
            kind = [kinds[one] for one in _indicators(form, data)]
            data = rounded(form, data, decimals(kind, *_sizes(form, data, shown), tier), tier)
        else:
            data = rounded(form, data, np.zeros(data.num_rows, np.int64), tier)
        made[form] = DisclosedTable(form, _mark(data, tier), tier, _PASS)
    secondary = int((judged.reason == SECONDARY).sum())
    return Disclosure(
        tables=MappingProxyType(made),
        hidden=_hidden_rows(judged),
        n_primary=int((judged.reason != SHOWN).sum()) - secondary,
        n_secondary=secondary,
        exempt=MappingProxyType(exempt),
    )


def _check(tables: Mapping[str, StratifiedTable], kinds: Mapping[str, str]) -> None:
    for kind in kinds.values():
        check_kind(kind)
    named = {
        one
        for form, table in tables.items()
        if vocabulary().forms[form].door.by in (CELL, CONTRAST)
        for one in set(_indicators(form, table.data))
    }
    unkinded = sorted(str(one) for one in named - set(kinds))
    wrong = [f"the indicator {one} has no kind" for one in unkinded]
    if {"gap", "trend"} & set(tables) and "stratified" not in tables:
        wrong.append("gaps cannot be judged without the stratified table")
    if wrong:
        raise DisclosureStop(
            f"The tables cannot be judged: {'; '.join(wrong)}.",
            where="disclosure/disclose.py",
            mend="give every indicator and measure its kind",
        )


def _indicators(form: str, data: pa.Table) -> list[str]:
    """Return what each row of a form measures: an indicator, an item or a step."""
    name = vocabulary().forms[form].door.cell.get("indicator_id", "indicator_id")
    return [str(one) for one in data[name].to_pylist()]


def _judge(
    shown: Mapping[Cell, Pair],
    counts: PersonCounts,
    policy: DisclosurePolicy,
    kinds: Mapping[str, str],
    nesting: Nesting,
) -> _Judged:
    values = zip(*(counts.data[name].to_pylist() for name in COUNTS), strict=True)
    pairs = zip(cells_of(counts.data), values, strict=True)
    known = {cell: value for cell, value in pairs if None not in value}
    cells = sorted({*shown, *(one for one in known if _has_persons(one, kinds))})
    numbers = np.array([shown.get(cell, UNKNOWN) for cell in cells], np.float64).reshape(-1, 2)
    _check_counted(cells, numbers, known)
    persons = _persons(cells, known, policy, kinds)
    reason = too_small(persons, policy)
    primary = reason != SHOWN
    system = equations(cells, persons, policy, published=numbers, nesting=nesting)
    secondary = protect(primary, persons, system, policy) & ~primary
    return _Judged(cells, np.where(secondary, SECONDARY, reason))


def _has_persons(cell: Cell, kinds: Mapping[str, str]) -> bool:
    return kinds.get(cell.indicator_id, "published") not in EXEMPT_KINDS


def _published(tables: Mapping[str, StratifiedTable], exempt: Collection[str]) -> dict[Cell, Pair]:
    """Return the counts that the forms show of each cell with persons behind it."""
    found: dict[Cell, Pair] = {}
    for form, table in tables.items():
        door = vocabulary().forms[form].door
        if door.by != CELL or not door.counts:
            continue
        columns = [table.data[name].to_pylist() for name in door.counts]
        for cell, pair in zip(cells_of(table.data, door), zip(*columns, strict=True), strict=True):
            if cell.indicator_id not in exempt:
                known = [np.nan if one is None else float(one) for one in pair]
                found.setdefault(cell, (known[0], known[1] if len(known) > 1 else np.nan))
    return found


def _persons(
    cells: Sequence[Cell],
    known: Mapping[Cell, Sequence[int]],
    policy: DisclosurePolicy,
    kinds: Mapping[str, str],
) -> Persons:
    held = np.array([known.get(cell, (0, 0, 0)) for cell in cells], np.int64).reshape(-1, 3)
    kind = np.array([kinds[cell.indicator_id] for cell in cells], np.str_)
    sensitive = np.array([cell.dimension in policy.sensitive_dimensions for cell in cells], bool)
    return Persons(held[:, 0], held[:, 1], held[:, 2], kind != MEAN, kind == PROPORTION, sensitive)


def _check_counted(
    cells: Sequence[Cell], numbers: NDArray[np.float64], known: Mapping[Cell, object]
) -> None:
    some = np.nan_to_num(numbers[:, 0]) > 0
    lacking = [cell for cell, has in zip(cells, some, strict=True) if has and cell not in known]
    if lacking:
        raise DisclosureStop(
            f"{len(lacking)} cells have numbers but nobody counted the persons behind them.",
            where=", ".join(sorted({f"{one.indicator_id}/{one.dimension}" for one in lacking})),
            mend="count distinct persons for each indicator, period, dimension, level and sex",
        )


def _incomplete(hidden: Mapping[Cell, bool]) -> frozenset[Whole]:
    made = set()
    for cell, is_hidden in hidden.items():
        if is_hidden and cell.strat2_level == ALL:
            made.add(Whole(*cell[:5]))
        elif is_hidden and cell.level == ALL:
            made.add(Whole(*cell[:4], "sex"))
    return frozenset(made)


def _sizes(
    form: str, data: pa.Table, shown: Mapping[Cell, Pair]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the size of each row's value and the smallest denominator behind it."""
    door = vocabulary().forms[form].door
    names = door.sized_by or door.in_unit[:1]
    levels = ("focus_level", "reference_level") if door.by == CONTRAST else (None,)
    size = np.array([np.asarray(data[name].to_pandas(), np.float64) for name in names])
    n = [
        [shown.get(cell, UNKNOWN)[0] for cell in cells_of(data, door, level=one)] for one in levels
    ]
    return np.fmax.reduce(np.abs(size)), np.array(n, np.float64).min(axis=0)


def _mark(data: pa.Table, tier: Tier) -> pa.Table:
    place = data.schema.get_field_index("disclosure_tier")
    mark = pa.array([tier] * data.num_rows, pa.string())
    return data.set_column(place, data.schema.field("disclosure_tier"), mark).combine_chunks()


def _hidden_rows(judged: _Judged) -> pa.Table:
    rows = [(*c, str(why)) for c, why in zip(judged.cells, judged.reason, strict=True) if why]
    schema = pa.schema(
        [
            (name, pa.date32() if name.startswith("period_") else pa.string())
            for name in (*Cell._fields, "reason")
        ]
    )
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
