"""Warnings of a file: what is taken in, but should be looked at."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from equity_pipeline.deliveries.layouts.layout import EntityLayout, FileLayout
from equity_pipeline.deliveries.layouts.quoting import typed_name


def conflicts(
    connection: duckdb.DuckDBPyConnection, layout: FileLayout, judged: str
) -> dict[str, int]:
    """Return, for each column declared ``single``, how many keys have several values of it.

    Parameters
    ----------
    judged
        The relation of typed rows with their ``reason``; only good rows count.
    """
    found = {}
    for entity, column in _single(layout):
        names = ["person_id" if one == "person_key" else one for one in entity.described.key]
        keys = ", ".join(typed_name(entity.entity, name) for name in names)
        value = typed_name(entity.entity, column)
        rows = connection.execute(
            f"select count(*) from (select 1 from {judged} where reason is null "
            f"group by {keys} having min({value}) <> max({value}))"
        ).fetchall()
        if rows[0][0]:
            found[f"{column}_conflict"] = int(rows[0][0])
    return found


def _single(layout: FileLayout) -> Iterator[tuple[EntityLayout, str]]:
    for entity in layout.entity:
        yield from ((entity, name) for name, rule in entity.columns.items() if rule.single)
