"""The door itself: `disclose` is the only maker of a `DisclosedTable`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from equity_pipeline.disclosure.behind import check_counted, persons_of
from equity_pipeline.disclosure.cell import (
    FLAT,
    NO_KINDS,
    Cell,
    Nesting,
    UnitKinds,
    kinds_of_units,
)
from equity_pipeline.disclosure.equations import equations
from equity_pipeline.disclosure.hide import hidden_rows, hide
from equity_pipeline.disclosure.numbers import UNKNOWN, Pair, indicators, published
from equity_pipeline.disclosure.passing import DisclosedTable, Judged, Passing
from equity_pipeline.disclosure.populations import (
    Pairs,
    begun_and_seen,
    beside_the_only_one,
    hidden_together,
    too_near,
    uncounted,
)
from equity_pipeline.disclosure.propagate import CELL, CONTRAST, Verdict, Whole, cells_of
from equity_pipeline.disclosure.rounding import Tier
from equity_pipeline.disclosure.rules import (
    EXEMPT_KINDS,
    NAMED_UNIT,
    SECONDARY,
    SHOWN,
    DisclosurePolicy,
    check_kind,
    too_small,
)
from equity_pipeline.disclosure.units import NamedUnits
from equity_pipeline.errors import DisclosureStop
from equity_pipeline.tables.table import COUNTS, LARGEST, PersonCounts, StratifiedTable
from equity_pipeline.vocabulary import ALL, vocabulary

__all__ = ["DisclosedTable", "Disclosure", "disclose"]

NOBODY_NAMED = NamedUnits()


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
    passing: Passing = field(repr=False, compare=False)

    def of(self, tier: Tier) -> Mapping[str, DisclosedTable]:
        """Return what another tier has of the same forms, hidden by the same verdict."""
        return self.passing.of(tier)

    def of_units(self) -> Mapping[str, Mapping[str, DisclosedTable]]:
        """Return each unit's own extract: its rows, with what is told of it to itself alone.

        Beside them stand the region's rows that they are read against, as the vocabulary says.
        """
        return self.passing.of_units(self.tables)

    def of_unit(self, unit: str) -> Mapping[str, DisclosedTable]:
        """Return the own extract of one unit; empty if nothing names it."""
        return self.of_units().get(unit, {})


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
    nested: Pairs = (),
    of_kinds: UnitKinds = NO_KINDS,
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
    nested
        Pairs of indicators: the people of the first are, as declared, among those of the second.
    of_kinds
        For the code of each unit its ownership and financing, which no form need tell.

    Raises
    ------
    DisclosureStop
        If a cell with numbers has no person counts, a sum no largest contributors, an indicator no
        kind, a form no rule, or a cell cannot be protected.
    """
    _check(tables, kinds)
    exempt = {one: EXEMPT_KINDS[kind] for one, kind in kinds.items() if kind in EXEMPT_KINDS}
    shown = published(tables, exempt)
    of_kinds = {**of_kinds, **kinds_of_units(one.data for one in tables.values())}
    judged = _judge(shown, counts, policy, kinds, (nesting, of_kinds), named, earlier, nested)
    hidden = dict(zip(judged.cells, (judged.reason != SHOWN).tolist(), strict=True))
    verdict = Verdict(hidden, frozenset(exempt), _incomplete(hidden))
    passing = Passing(tables, shown, judged, policy, kinds, verdict, named)
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
    nested: Pairs,
) -> Judged:
    nesting, of_kinds = places
    told = (*COUNTS, *LARGEST)
    values = zip(*(counts.data[name].to_pylist() for name in told), strict=True)
    pairs = zip(cells_of(counts.data), values, strict=True)
    known = {cell: value for cell, value in pairs if None not in value[:3]}
    cells = sorted({*shown, *(one for one in known if _has_persons(one, kinds))})
    numbers = np.array([shown.get(cell, UNKNOWN) for cell in cells], np.float64).reshape(-1, 2)
    check_counted(cells, numbers, known)
    withheld = named.withheld(cells, nesting, of_kinds)
    of_region = np.array([cell.indicator_id in named.indicators for cell in cells], bool)
    of_region &= ~withheld
    persons = persons_of(cells, known, policy, kinds, of_region)
    reason = too_small(persons, policy)
    reason = np.where(withheld & (persons.n > 0) & (reason == SHOWN), NAMED_UNIT, reason)
    adding = partial(equations, policy=policy, nesting=nesting, of_kinds=of_kinds)
    near = too_near(cells, persons, reason, numbers, nested, policy)
    wholes = [one for form in vocabulary().forms.values() for one in form.door.wholes]
    together = hidden_together(cells, persons, policy, adding)
    together |= beside_the_only_one(cells, persons, reason, wholes)
    made = hide(
        cells,
        persons,
        reason,
        adding(cells, persons, published=numbers, small=reason != SHOWN),
        policy,
        earlier=earlier,
        together=together,
        near=(near & persons.counts_with) | begun_and_seen(cells, persons, reason, policy),
        published=numbers,
    )
    near &= ~persons.counts_with  # a mean says nothing of how many it is of
    untold = uncounted(cells, persons, near, made.reason != SHOWN, policy, adding)
    counted = dict(zip(cells, persons.n.tolist(), strict=True))
    return Judged(cells, made.reason, counted, made.pattern, made.withheld, untold)


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
