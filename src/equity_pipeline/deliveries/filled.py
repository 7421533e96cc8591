"""Columns that must be filled: whether they hold a value anywhere in a file."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.deliveries.layouts.layout import EntityLayout, FileLayout
from equity_pipeline.deliveries.verdict import Refusal


class Filled:
    """Follows which of the columns that must be filled hold a value anywhere in a file."""

    def __init__(self, layout: FileLayout, header: Sequence[str]) -> None:
        self._missing = layout.missing
        self._empty = {
            foreign
            for entity in layout.entity
            if entity.when is None
            for column in entity.described.columns
            if _must_be_filled(entity, column)
            for foreign in entity.rule(column).foreign(column)
            if foreign in header
        } | {one.name for one in layout.checked if one.required and one.name in header}

    def look(self, table: pa.Table) -> None:
        """Take in the next rows."""
        self._empty = {name for name in self._empty if self._is_empty(table.column(name))}

    def refuse_empty(self, rows: int) -> None:
        """Refuse a file in which a required column, or one declared ``filled``, holds nothing."""
        if self._empty:
            raise Refusal(f"column_empty:{min(self._empty)}", rows=rows)

    def _is_empty(self, column: pa.ChunkedArray) -> bool:
        few = column.slice(0, 100)
        return self._holds_nothing(few) and self._holds_nothing(pc.unique(column))

    def _holds_nothing(self, values: pa.ChunkedArray | pa.Array) -> bool:
        return all(one is None or one.strip() in self._missing for one in values.to_pylist())


def _must_be_filled(entity: EntityLayout, column: str) -> bool:
    rule = entity.rule(column)
    return rule.filled or rule.required or column in entity.described.required
