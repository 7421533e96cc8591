"""Rows beneath newer ones: good rows of a delivery whose key a newer delivery holds.

They wait in the schema ``beneath``, one table for each of ``raw``. When the newer row goes (its
file is corrected, and the correction leaves it out) the newest of those beneath stands again. So
what stands hangs on what was delivered, not on the order in which it came.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from equity_pipeline.deliveries.schema import count
from equity_pipeline.vocabulary import Entity, vocabulary

SCHEMA = "beneath"
OPEN_DATA = "open_data"  # the layout of what was pulled: replaced by its own answers only
NEWEST_LAST = (
    "delivered_as_of, coalesce(extracted_at, delivered_as_of), coalesce(seen, 0), sha256, load_id"
)


def move(connection: duckdb.DuckDBPyConnection, entity: Entity, fresh: str) -> None:
    """Move the rows that stand under the keys of fresh rows beneath them.

    Parameters
    ----------
    fresh
        A relation with the columns of the key.
    """
    if not count(connection, f"select count(*) from (from raw.{entity.name} limit 1)"):
        return
    key, name = ", ".join(entity.key), entity.name
    keys = f"(select {key} from {fresh})"
    held = f"select held.* from raw.{name} as held semi join {keys} as fresh using ({key})"
    if not count(connection, f"select count(*) from ({held})"):
        return
    connection.execute(
        f"insert into {SCHEMA}.{name} by name {held} "
        f"where load_id not in (select load_id from raw.delivery where layout = '{OPEN_DATA}')"
    )
    same = " and ".join(f"held.{one} = fresh.{one}" for one in entity.key)
    connection.execute(f"delete from raw.{name} as held using {keys} as fresh where {same}")


def forget(
    connection: duckdb.DuckDBPyConnection, load_ids: Iterable[int], entities: Iterable[str]
) -> None:
    """Delete every row of some loads, those that stand and those beneath."""
    for load_id in load_ids:
        for entity in entities:
            for schema in ("raw", SCHEMA):
                connection.execute(f"delete from {schema}.{entity} where load_id = ?", [load_id])


def settle(connection: duckdb.DuckDBPyConnection, entities: Iterable[str] | None = None) -> None:
    """Let the newest row of each key that has rows beneath stand, and no other."""
    for name in vocabulary().entities if entities is None else entities:
        if count(connection, f"select count(*) from (from {SCHEMA}.{name} limit 1)"):
            _settle(connection, vocabulary().entities[name])


def _settle(connection: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    key, name = ", ".join(entity.key), entity.name
    connection.execute(f"""
        create or replace temp table settled as
        with places as (
            select load_id, layout = '{OPEN_DATA}' as is_pulled,
                row_number() over (order by {NEWEST_LAST}) as place
            from raw.delivery
        ),
        keys as (select distinct {key} from {SCHEMA}.{name}),
        candidates as (
            select *, true as stands from raw.{name} semi join keys using ({key})
            union all by name
            select *, false as stands from {SCHEMA}.{name}
        )
        select candidates.*, row_number() over (
            partition by {key} order by is_pulled desc, place desc, row_number
        ) = 1 as is_newest
        from candidates join places using (load_id)
    """)
    if count(connection, "select count(*) from settled where stands <> is_newest"):
        drawn = "select * exclude (stands, is_newest) from settled where"
        same = " and ".join(f"held.{one} = settled.{one}" for one in entity.key)
        connection.execute(f"delete from raw.{name} as held using settled where {same}")
        connection.execute(f"delete from {SCHEMA}.{name}")
        connection.execute(f"insert into raw.{name} by name {drawn} is_newest")
        connection.execute(f"insert into {SCHEMA}.{name} by name {drawn} not is_newest")
    connection.execute("drop table settled")
