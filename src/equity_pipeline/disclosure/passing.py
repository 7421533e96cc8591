"""What has passed the door: a `DisclosedTable`, and how each tier's tables are made of one verdict.

What is hidden is judged once, for everybody. A tier takes of it what the vocabulary gives it; a
unit has beside that what is told of it in its own extract alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import InitVar, dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.numbers import Pair, indicators, sizes
from equity_pipeline.disclosure.propagate import (
    CELL,
    CONTRAST,
    Verdict,
    cells_of,
    emptied,
    propagate,
)
from equity_pipeline.disclosure.quantiles import without_few
from equity_pipeline.disclosure.rounding import Tier, decimals, rounded
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.disclosure.tiers import has_form, narrowed, referred_to
from equity_pipeline.disclosure.uncounted import without_counts
from equity_pipeline.disclosure.units import NamedUnits, by_unit, given_back, units_named
from equity_pipeline.errors import DisclosureStop
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import vocabulary

OPEN: Tier = "open"
OF_UNIT: Tier = "unit"
Tables = Mapping[str, "DisclosedTable"]


class _Pass:
    """What the door alone holds."""


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
class Judged:
    """Why each cell is hidden, and how many persons are in it.

    Attributes
    ----------
    cells, reason
        The cells that were judged, and why each is hidden; empty where it is shown.
    persons
        How many persons are in each.
    pattern
        What is shown and hidden, for the next release of these periods.
    withheld
        Indicator and first day of each table that could not be protected or judged in time.
    uncounted
        Cells of means that are told without how many persons they are of.
    """

    cells: Sequence[Cell]
    reason: NDArray[np.str_]
    persons: Mapping[Cell, int]
    pattern: pa.Table
    withheld: tuple[tuple[str, str], ...]
    uncounted: Collection[Cell] = frozenset()


@dataclass(frozen=True)
class Passing:
    """The forms of a run with what was judged of their cells: each tier is made from it."""

    tables: Mapping[str, StratifiedTable]
    shown: Mapping[Cell, Pair]
    judged: Judged
    policy: DisclosurePolicy
    kinds: Mapping[str, str]
    verdict: Verdict
    named: NamedUnits

    def of(self, tier: Tier) -> Tables:
        """Return the forms that a tier has, without what is told of a unit to itself alone."""
        made = {
            form: self._passed(form, data, tier)
            for form, data in self._of_everybody.items()
            if has_form(tier, form)
        }
        return MappingProxyType(made)

    def of_units(self, common: Tables) -> Mapping[str, Tables]:
        """Return for each unit its own rows, with the region's rows that they are read against.

        Parameters
        ----------
        common
            The tables that everybody sees: the region's rows are taken from them.

        Notes
        -----
        What several units make together is for each of them as it is for everybody.
        """
        verdict = self._seen_by_owners()
        made: dict[str, dict[str, DisclosedTable]] = {}
        for form in (one for one in self.tables if has_form(OF_UNIT, one)):
            for unit, rows in self._by_unit(form, verdict, common).items():
                table = DisclosedTable(form, _mark(rows, OF_UNIT), OF_UNIT, _PASS)
                made.setdefault(unit, {})[form] = table
        return MappingProxyType({unit: MappingProxyType(made[unit]) for unit in sorted(made)})

    @cached_property
    def _of_everybody(self) -> Mapping[str, pa.Table]:
        """Every form with what is hidden empty, before a tier takes of it what it has."""
        return {
            form: self._emptied(form, table.data, self.verdict)
            for form, table in self.tables.items()
        }

    def _by_unit(self, form: str, verdict: Verdict, common: Tables) -> Mapping[str, pa.Table]:
        units = units_named(self.tables[form].data)
        of_some = np.array([bool(one) for one in units], bool)
        if not of_some.any():
            return {}
        own = self._own(form, self.tables[form].data.filter(of_some), verdict)
        own = self._told(form, own, OF_UNIT)
        names = [one for one in units if one]
        if form in vocabulary().tiers[OF_UNIT].reference and form in common:
            found, of_whom = referred_to(form, own, names, common[form].data)
            own, names = pa.concat_tables([own, found]), [*names, *of_whom]
        return by_unit(own, names)

    def _seen_by_owners(self) -> Verdict:
        given = given_back(self.judged.cells, self.judged.reason.tolist())
        hidden = {**self.verdict.hidden, **dict.fromkeys(given, False)}
        return replace(self.verdict, hidden=hidden)

    def _own(self, form: str, data: pa.Table, verdict: Verdict) -> pa.Table:
        """Return rows of units with what each is given back of its own."""
        own = self._emptied(form, data, verdict)
        together = [name for names, _ in vocabulary().forms[form].door.shared for name in names]
        if not together:
            return own
        common = self._emptied(form, data, self.verdict)
        for name in together:
            own = emptied(own, [name], pc.is_null(common[name]).to_numpy())
        return own

    def _emptied(self, form: str, data: pa.Table, verdict: Verdict) -> pa.Table:
        data = propagate(form, data, verdict, self.policy)
        door, untold = vocabulary().forms[form].door, self.judged.uncounted
        if door.medians or door.tails:  # a quantile of nobody knows how many is not told
            told = ((cell, cell not in untold) for cell in cells_of(data, door))
            n = [self.judged.persons.get(cell, 0) if counted else 0 for cell, counted in told]
            data = without_few(form, data, np.array(n, np.int64), self.policy)
        return without_counts(form, data, untold)

    def _passed(self, form: str, data: pa.Table, tier: Tier) -> DisclosedTable:
        data = self._told(form, self.named.common(data), tier)
        return DisclosedTable(form, _mark(data, tier), tier, _PASS)

    def _told(self, form: str, data: pa.Table, tier: Tier) -> pa.Table:
        """Return rows as rounded as the tier tells them, with what it has of the form."""
        door = vocabulary().forms[form].door
        if door.by not in (CELL, CONTRAST):
            # a share of rows beside their number tells how many lack something: in whole per cent
            n = np.asarray(data[door.counts[0]].to_pandas(), np.float64) if door.counts else None
            digits = np.zeros(data.num_rows, np.int64)
            return narrowed(tier, form, rounded(form, data, digits, n, OPEN))
        kind = [self.kinds[one] for one in indicators(form, data)]
        held = sizes(form, data, self.shown)
        digits = decimals(kind, held.value, held.n, tier)
        own = {name: decimals(kind, *of_one, tier) for name, of_one in held.own.items()}
        return narrowed(tier, form, rounded(form, data, digits, held.n, tier, own), kind)


def _mark(data: pa.Table, tier: Tier) -> pa.Table:
    place = data.schema.get_field_index("disclosure_tier")
    mark = pa.array([tier] * data.num_rows, pa.string())
    return data.set_column(place, data.schema.field("disclosure_tier"), mark).combine_chunks()
