"""What is handed to single units: their own folders, held against what everybody is given.

Whoever is handed a unit's folder has the release too. All folders together are more than any reader
has: only where that many tell something is each folder held against the release alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.audit.copies import rests
from equity_pipeline.audit.release import UNITS, Release
from equity_pipeline.audit.source import Source

TIER, INDICATOR = "disclosure_tier", "indicator_id"


@dataclass(frozen=True, slots=True)
class Handed:
    """What the folders of units tell beyond the release that they are handed out with.

    Attributes
    ----------
    release
        What everybody has.
    more
        For each unit the rows that the release does not have.
    previous
        The same of each earlier release.
    """

    release: Release
    more: Mapping[str, Sequence[Source]]
    previous: Sequence[Handed]

    @classmethod
    def of(cls, release: Release) -> Handed:
        """Return what a release hands to its units; all folders are looked through once."""
        more: dict[str, list[Source]] = {}
        for one in _beyond(release):
            more.setdefault(one.file.split("/")[1], []).append(one)
        return cls(release, more, [cls.of(one) for one in release.previous])

    @property
    def units(self) -> Sequence[str]:
        """Return the units that are handed a folder."""
        return [one.folder.name for one in self.release.units]

    def beside(self, units: Collection[str]) -> Release | None:
        """Return the release with what some units are handed; None if that is nothing more.

        Only indicators of which they tell more are in it: no sum reaches from one into another.
        """
        more = [one for unit in units for one in self.more.get(unit, ())]
        if not more:
            return None
        of = set().union(*(_indicators(one) for one in more))
        before = tuple(
            one.beside(units) or replace(one.release, units=(), parts=()) for one in self.previous
        )
        told = [*_only(self.release.sources, of), *more]
        return replace(self.release, sources=tuple(told), previous=before, parts=(), units=())


def _beyond(release: Release) -> Iterator[Source]:
    """Yield the rows of units that the release does not have, but for the name of the tier."""
    for form in sorted({one.form for unit in release.units for one in unit.sources}):
        told = [one.data for one in release.of(form)]
        mine = [_named(unit, one) for unit in release.units for one in unit.of(form)]
        if not told or any(one.data.schema != _without_tier(told[0]).schema for one in mine):
            yield from mine
        else:
            yield from rests(mine, _without_tier(pa.concat_tables(told)))


def _named(unit: Release, one: Source) -> Source:
    name = f"{UNITS}/{unit.folder.name}/{one.file}"
    return Source(one.form, name, _without_tier(one.data))


def _without_tier(rows: pa.Table) -> pa.Table:
    return rows.drop_columns([TIER]) if TIER in rows.column_names else rows


def _indicators(one: Source) -> set[str]:
    if INDICATOR not in one.data.column_names:
        return set()
    return set(pc.unique(one.data[INDICATOR]).to_pylist())


def _only(sources: Iterable[Source], of: set[str]) -> Iterator[Source]:
    for one in sources:
        if INDICATOR in one.data.column_names:
            rows = one.data.filter(pc.is_in(one.data[INDICATOR], pa.array(sorted(of))))
            yield replace(one, data=_without_tier(rows))
