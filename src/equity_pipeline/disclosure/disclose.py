"""The door itself: `disclose` is the only maker of a `DisclosedTable`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field, replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equity_pipeline.disclosure.behind import check_counted, persons_of
from equity_pipeline.disclosure.cell import FLAT, Cell, Nesting, UnitKinds, kinds_of_units
from equity_pipeline.disclosure.equations import equations
from equity_pipeline.disclosure.hide import hidden_rows, hide
from equity_pipeline.disclosure.numbers import UNKNOWN, Pair, indicators, published, sizes
from equity_pipeline.disclosure.propagate import (
    CELL,
    CONTRAST,
    Verdict,
    Whole,
    cells_of,
    propagate,
)
from equity_pipeline.disclosure.quantiles import without_few
from equity_pipeline.disclosure.rounding import Tier, decimals, rounded
from equity_pipeline.disclosure.rules import (
    EXEMPT_KINDS,
    NAMED_UNIT,
    SECONDARY,
    SHOWN,
    DisclosurePolicy,
    check_kind,
    too_small,
)
from equity_pipeline.disclosure.tiers import has_form, narrowed
from equity_pipeline.disclosure.units import NamedUnits, given_back, of_unit
from equity_pipeline.errors import DisclosureStop
from equity_pipeline.tables.table import COUNTS, LARGEST, PersonCounts, StratifiedTable
from equity_pipeline.vocabulary import ALL, vocabulary

NOBODY_NAMED = NamedUnits()


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
    pattern
        What is shown and hidden, for the next release of these periods; internal.
    withheld
        Indicator and first day of each table that could not be protected or judged in time.
    """

    tables: Mapping[str, DisclosedTable]
    hidden: pa.Table
    n_primary: int
    n_secondary: int
    exempt: Mapping[str, str]
    pattern: pa.Table
    withheld: tuple[tuple[str, str], ...]
    passing: _Passing = field(repr=False, compare=False)

    def of_unit(self, unit: str) -> Mapping[str, DisclosedTable]:
        """Return a unit's own extract: the rows that name it, with what is told of it alone."""
        return self.passing.of("unit", unit)


@dataclass(frozen=True, slots=True)
class _Judged:
    cells: Sequence[Cell]
    reason: NDArray[np.str_]
    persons: Mapping[Cell, int]
    pattern: pa.Table
    withheld: tuple[tuple[str, str], ...]


def disclose(
    tables: Mapping[str, StratifiedTable],
    counts: PersonCounts,
    policy: DisclosurePolicy,
    *,
    tier: Tier = "extract",
    kinds: Mapping[str, str],
    nesting: Nesting = FLAT,
    named: NamedUnits = NOBODY_NAMED,
    earlier: pa.Table | None = None,
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
        Who will see it: ``extract``, or ``open`` with what rests on rounded counts alone.
    kinds
        For each indicator: proportion, rate, mean or amount (a sum of kronor or days over
        persons); or calls, area_mean, published, which are exempt since no persons stand behind
        them.
    nesting
        For the code of each place: what kind of place it is, and the code of the larger one.
    named
        What is not told of units by name.
    earlier
        Patterns of what was released of these periods before: what it hid stays hidden.

    Raises
    ------
    DisclosureStop
        If a cell with numbers has no person counts, a sum no largest contributors, an indicator no
        kind, a form no rule, or a cell cannot be protected.
    """
    _check(tables, kinds)
    exempt = {one: EXEMPT_KINDS[kind] for one, kind in kinds.items() if kind in EXEMPT_KINDS}
    shown = published(tables, exempt)
    of_kinds = kinds_of_units(one.data for one in tables.values())
    judged = _judge(shown, counts, policy, kinds, (nesting, of_kinds), named, earlier)
    hidden = dict(zip(judged.cells, (judged.reason != SHOWN).tolist(), strict=True))
    verdict = Verdict(hidden, frozenset(exempt), _incomplete(hidden))
    passing = _Passing(tables, shown, judged, policy, kinds, verdict, named)
    secondary = int((judged.reason == SECONDARY).sum())
    return Disclosure(
        tables=passing.of(tier),
        hidden=hidden_rows(judged.cells, judged.reason),
        pattern=judged.pattern,
        withheld=judged.withheld,
        n_primary=int((judged.reason != SHOWN).sum()) - secondary,
        n_secondary=secondary,
        exempt=MappingProxyType(exempt),
        passing=passing,
    )


@dataclass(frozen=True, slots=True)
class _Passing:
    """The forms of a run with what was judged of their cells: each tier is made from it."""

    tables: Mapping[str, StratifiedTable]
    shown: Mapping[Cell, Pair]
    judged: _Judged
    policy: DisclosurePolicy
    kinds: Mapping[str, str]
    verdict: Verdict
    named: NamedUnits

    def of(self, tier: Tier, unit: str = "") -> Mapping[str, DisclosedTable]:
        """Return the forms that a tier has; of one unit only those that name it."""
        forms = [form for form in self.tables if has_form(tier, form)]
        if unit:
            forms = [form for form in forms if of_unit(self.tables[form].data, unit).num_rows]
        verdict = self._seen_by(unit) if unit else self.verdict
        made = {form: self._made(form, verdict, tier, unit) for form in forms}
        return MappingProxyType(made)

    def _made(self, form: str, verdict: Verdict, tier: Tier, unit: str) -> DisclosedTable:
        data = propagate(form, self.tables[form].data, verdict, self.policy)
        door, kind = vocabulary().forms[form].door, []
        if door.medians or door.tails:
            n = [self.judged.persons.get(cell, 0) for cell in cells_of(data, door)]
            data = without_few(form, data, np.array(n, np.int64), self.policy)
        data = of_unit(data, unit) if unit else self.named.common(data)
        if door.by in (CELL, CONTRAST):
            kind = [self.kinds[one] for one in indicators(form, data)]
        digits = np.zeros(data.num_rows, np.int64)
        if door.in_unit:
            digits = decimals(kind, *sizes(form, data, self.shown), tier)
        data = narrowed(tier, form, rounded(form, data, digits), kind)
        return DisclosedTable(form, _mark(data, tier), tier, _PASS)

    def _seen_by(self, unit: str) -> Verdict:
        own = given_back(self.judged.cells, self.judged.reason.tolist(), unit)
        hidden = {**self.verdict.hidden, **dict.fromkeys(own, False)}
        return replace(self.verdict, hidden=hidden)


def _check(tables: Mapping[str, StratifiedTable], kinds: Mapping[str, str]) -> None:
    for kind in kinds.values():
        check_kind(kind)
    named = {
        one
        for form, table in tables.items()
        if vocabulary().forms[form].door.by in (CELL, CONTRAST)
        for one in set(indicators(form, table.data))
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


def _judge(
    shown: Mapping[Cell, Pair],
    counts: PersonCounts,
    policy: DisclosurePolicy,
    kinds: Mapping[str, str],
    places: tuple[Nesting, UnitKinds],
    named: NamedUnits,
    earlier: pa.Table | None,
) -> _Judged:
    nesting, of_kinds = places
    told = (*COUNTS, *LARGEST)
    values = zip(*(counts.data[name].to_pylist() for name in told), strict=True)
    pairs = zip(cells_of(counts.data), values, strict=True)
    known = {cell: value for cell, value in pairs if None not in value[:3]}
    cells = sorted({*shown, *(one for one in known if _has_persons(one, kinds))})
    numbers = np.array([shown.get(cell, UNKNOWN) for cell in cells], np.float64).reshape(-1, 2)
    check_counted(cells, numbers, known)
    withheld = named.withheld(cells, nesting)
    of_region = np.array([cell.indicator_id in named.indicators for cell in cells], bool)
    of_region &= ~withheld
    persons = persons_of(cells, known, policy, kinds, of_region)
    reason = too_small(persons, policy)
    reason = np.where(withheld & (persons.n > 0) & (reason == SHOWN), NAMED_UNIT, reason)
    system = equations(
        cells, persons, policy, published=numbers, nesting=nesting, of_kinds=of_kinds
    )
    made = hide(cells, persons, reason, system, policy, earlier=earlier)
    counted = dict(zip(cells, persons.n.tolist(), strict=True))
    return _Judged(cells, made.reason, counted, made.pattern, made.withheld)


def _has_persons(cell: Cell, kinds: Mapping[str, str]) -> bool:
    return kinds.get(cell.indicator_id, "published") not in EXEMPT_KINDS


def _incomplete(hidden: Mapping[Cell, bool]) -> frozenset[Whole]:
    made = set()
    for cell, is_hidden in hidden.items():
        if is_hidden and cell.strat2_level == ALL:
            made.add(Whole(*cell[:5]))
        elif is_hidden and cell.level == ALL:
            made.add(Whole(*cell[:4], "sex"))
    return frozenset(made)


def _mark(data: pa.Table, tier: Tier) -> pa.Table:
    place = data.schema.get_field_index("disclosure_tier")
    mark = pa.array([tier] * data.num_rows, pa.string())
    return data.set_column(place, data.schema.field("disclosure_tier"), mark).combine_chunks()
