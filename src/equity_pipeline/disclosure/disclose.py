"""The door itself: `disclose` is the only maker of a `DisclosedTable`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equity_pipeline.disclosure.equations import Cell, equations
from equity_pipeline.disclosure.propagate import (
    FILE_FORMS,
    PROPAGATE,
    Verdict,
    Whole,
    cells_of,
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
from equity_pipeline.vocabulary import ALL


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
) -> Disclosure:
    """Return the tables with every cell hidden that could give a person away.

    Parameters
    ----------
    tables
        The forms of one run, by name; all other forms are judged by the cells of ``stratified``.
    counts
        The distinct persons of each cell of ``stratified``.
    policy
        The limits.
    tier
        Who will see it: ``extract``, or ``open`` with coarser numbers.
    kinds
        For each indicator: proportion, rate or mean; or calls, area_mean, published, which are
        exempt since no persons stand behind them.

    Raises
    ------
    DisclosureStop
        If a cell with numbers has no person counts, an indicator no kind, a form no rule, or a
        cell cannot be protected.
    """
    _check(tables, kinds)
    exempt = {one: EXEMPT_KINDS[kind] for one, kind in kinds.items() if kind in EXEMPT_KINDS}
    judged = _judge(tables.get("stratified"), counts, policy, kinds)
    hidden = dict(zip(judged.cells, (judged.reason != SHOWN).tolist(), strict=True))
    verdict = Verdict(hidden, frozenset(exempt), _incomplete(hidden))
    denominators = _denominators(tables.get("stratified"))
    made = {}
    for form, table in tables.items():
        data = PROPAGATE[form](table.data, verdict, policy)
        if form in FILE_FORMS:
            made[form] = DisclosedTable(form, _mark(data, tier), tier, _PASS)
            continue
        kind = [kinds[one] for one in data["indicator_id"].to_pylist()]
        data = rounded(form, data, decimals(kind, *_sizes(form, data, denominators), tier), tier)
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
    unknown = [form for form in tables if form not in PROPAGATE]
    named = {
        one
        for form, table in tables.items()
        if form not in FILE_FORMS
        for one in set(table.data["indicator_id"].to_pylist())
    }
    unkinded = sorted(str(one) for one in named - set(kinds))
    wrong = [f"the form {form!r} has no rule" for form in unknown]
    wrong += [f"the indicator {one} has no kind" for one in unkinded]
    if {"gap", "trend"} & set(tables) and "stratified" not in tables:
        wrong.append("gaps cannot be judged without the stratified table")
    if wrong:
        raise DisclosureStop(
            f"The tables cannot be judged: {'; '.join(wrong)}.",
            where="disclosure/disclose.py",
            mend="give every form its rule and every indicator its kind",
        )


def _judge(
    table: StratifiedTable | None,
    counts: PersonCounts,
    policy: DisclosurePolicy,
    kinds: Mapping[str, str],
) -> _Judged:
    if table is None:
        return _Judged((), np.array([], np.str_))
    cells, numbers = _cells(table, kinds)
    persons = _persons(cells, numbers, counts, policy, kinds)
    reason = too_small(persons, policy)
    primary = reason != SHOWN
    system = equations(cells, persons, policy, published=numbers)
    secondary = protect(primary, persons, system, policy) & ~primary
    return _Judged(cells, np.where(secondary, SECONDARY, reason))


def _cells(
    table: StratifiedTable, kinds: Mapping[str, str]
) -> tuple[list[Cell], NDArray[np.float64]]:
    """Return the distinct cells with persons behind them, in order, with what is published."""
    values = zip(
        *(table.data[n].to_pylist() for n in ("n_denominator", "n_numerator")), strict=True
    )
    found: dict[Cell, tuple[float, float]] = {}
    for cell, pair in zip(cells_of(table.data), values, strict=True):
        if kinds[cell.indicator_id] not in EXEMPT_KINDS:
            first, second = (np.nan if one is None else float(one) for one in pair)
            found.setdefault(cell, (first, second))
    cells = sorted(found)
    return cells, np.array([found[cell] for cell in cells], np.float64).reshape(-1, 2)


def _persons(
    cells: Sequence[Cell],
    numbers: NDArray[np.float64],
    counts: PersonCounts,
    policy: DisclosurePolicy,
    kinds: Mapping[str, str],
) -> Persons:
    values = zip(*(counts.data[name].to_pylist() for name in COUNTS), strict=True)
    pairs = zip(cells_of(counts.data), values, strict=True)
    known = {cell: value for cell, value in pairs if None not in value}
    _check_counted(cells, numbers, known)
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


def _denominators(table: StratifiedTable | None) -> Mapping[Cell, float]:
    if table is None:
        return {}
    values = table.data["n_denominator"].to_pylist()
    pairs = zip(cells_of(table.data), values, strict=True)
    return {cell: float(value) for cell, value in pairs if value is not None}


def _sizes(
    form: str, data: pa.Table, denominators: Mapping[Cell, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the size of each row's value and the smallest denominator behind it."""
    if form == "readiness":
        return np.full(data.num_rows, np.nan), np.full(data.num_rows, np.nan)
    if form == "stratified":
        names, levels = ["value_crude"], ["level"]
    else:
        levels = ["focus_level", "reference_level"]
        names = (
            ["focus_value", "reference_value"] if form == "gap" else ["level_focus", "level_ref"]
        )
    size = np.array([np.asarray(data[name].to_pandas(), np.float64) for name in names])
    n = [[denominators.get(cell, np.nan) for cell in cells_of(data, level=one)] for one in levels]
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
