"""What one open source gave: tables of our entities, what they lack, and the raw answers behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from equity_pipeline.sources.asking.snapshot import Snapshot
from equity_pipeline.sources.kolada import Kpi, Unit
from equity_pipeline.sources.missing import Missing
from equity_pipeline.vocabulary import vocabulary

ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "SMALLINT": pa.int16(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
}


@dataclass(frozen=True, slots=True)
class Part:
    """What one open source gave for one region.

    Attributes
    ----------
    tables
        By entity of the vocabulary, with the columns of ``entity_schema``; a table under another
        name is given on and not landed.
    missing
        What the answers lack, found from them.
    names
        The name of each area, by its code.
    kpis, units
        The measures as their catalogue describes them; the areas that were asked for.
    snapshots
        The raw answers that were used; filled in by the one who gathers.
    asked
        The hash of the settings that it was pulled with.
    """

    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    kpis: Mapping[str, Kpi] = field(default_factory=dict)
    units: tuple[Unit, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    asked: str = ""

    @property
    def stale(self) -> tuple[Snapshot, ...]:
        """Return the stored answers that stood in for a source out of reach."""
        return tuple(one for one in self.snapshots if one.stale_since is not None)


def entity_schema(name: str) -> pa.Schema:
    """Return an entity of the vocabulary as an Arrow schema.

    Examples
    --------
    >>> entity_schema("area_value").names
    ['source', 'measure_code', 'area_code', 'area_kind', 'year', 'value', 'value_status']
    """
    words = vocabulary()
    columns = words.entities[name].columns
    return pa.schema([(column, ARROW_TYPES[words.column(column).type]) for column in columns])
