"""Lands what was pulled from open sources beside the deliveries, hash and row counts included."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from equity_pipeline.sources.catalogue import source
from equity_pipeline.vocabulary import vocabulary

if TYPE_CHECKING:
    from equity_pipeline.sources.open_data import OpenData

ENTITIES = ("area", "area_value")
LAYOUT = "open_data"


def store(connection: duckdb.DuckDBPyConnection, pulled: OpenData | None, as_of: date) -> None:
    """Replace the open data's rows in one transaction; the same answers change nothing.

    Parameters
    ----------
    connection
        The person database with its schema ``raw``.
    pulled
        What the fetch stage returned; None when no open source is enabled.
    as_of
        The date of the run.
    """
    if pulled is None:
        return
    digest = _digest(pulled)
    [(known,)] = connection.execute(
        "select count(*) from raw.delivery where layout = $1 and sha256 = $2", [LAYOUT, digest]
    ).fetchall()
    if known:
        return
    connection.execute("begin")
    try:
        _replace(connection, pulled, digest, as_of)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _digest(pulled: OpenData) -> str:
    told = sorted(one.sha256 for one in pulled.snapshots)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _replace(
    connection: duckdb.DuckDBPyConnection, pulled: OpenData, digest: str, as_of: date
) -> None:
    [(load_id,)] = connection.execute(
        "select coalesce(max(load_id), 0) + 1 from raw.delivery"
    ).fetchall()
    old = "load_id in (select load_id from raw.delivery where layout = $1)"
    n_rows = 0
    for entity in ENTITIES:
        connection.execute(f"delete from raw.{entity} where {old}", [LAYOUT])
        pulled_rows = getattr(pulled, entity)
        columns = ", ".join(vocabulary().entities[entity].columns)
        connection.register("pulled_rows", pulled_rows)
        connection.execute(
            f"insert into raw.{entity} ({columns}, load_id, row_number) "
            f"select {columns}, {load_id}, row_number() over () from pulled_rows"
        )
        connection.unregister("pulled_rows")
        n_rows += pulled_rows.num_rows
    connection.execute(
        "insert into raw.delivery by name select $1::bigint as load_id, $2 as file_name, "
        "$3 as sha256, $4 as layout, $5 as entity_names, $6::date as delivered_as_of, "
        "$7::bigint as rows_in, $7::bigint as rows_loaded, 0::bigint as rows_quarantined, "
        "0::bigint as rows_refused, 'accept' as verdict, '{}' as reasons",
        [load_id, "Kolada", digest, LAYOUT, ",".join(ENTITIES), as_of, n_rows],
    )


def attributions(pulled: OpenData | None) -> Iterator[dict[str, str]]:
    """Yield the sources that a release must name, with licence and hashes."""
    for one in pulled.snapshots if pulled is not None else ():
        about = source(one.source)
        yield {
            "title": about.publisher,
            "path": one.url,
            "licence": about.licence,
            "attribution": about.attribution_sv,
            "sha256": one.sha256,
        }


def named(published: pd.DataFrame, pulled: OpenData | None) -> pd.DataFrame:
    """Return published values with the name of each area."""
    names = {unit.code: unit.title for unit in (pulled.units if pulled is not None else ())}
    return published.assign(
        geography_name=[names.get(code, code) for code in published["geography_code"]]
    )
