"""Lands what was pulled from open sources beside the deliveries: a line in the books for each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pyarrow as pa

from equity_pipeline.deliveries.books import next_load_id, transaction
from equity_pipeline.quality.material import OpenNote
from equity_pipeline.vocabulary import vocabulary

if TYPE_CHECKING:
    from equity_pipeline.sources.catalogue import Source
    from equity_pipeline.sources.open_data import OpenData
    from equity_pipeline.sources.part import Part

LAYOUT = "open_data"
WITHDRAWN = "withdrawn"  # a line that no later one is held against
ANSWERS = """
create table if not exists raw.open_answer (
    load_id bigint, source varchar, vintage bigint, url varchar, method varchar,
    body_sha256 varchar, sha256 varchar, fetched_at varchar, licence varchar
)
"""


@dataclass(frozen=True, slots=True)
class Line:
    """The line in the books that a source's rows stand from."""

    load_id: int
    sha256: str
    asked: str
    vintage: int


def store(
    connection: duckdb.DuckDBPyConnection, pulled: OpenData | None, as_of: date
) -> tuple[str, ...]:
    """Replace each source's rows by what it answers now; return what was revised, in words.

    A source's rows are replaced by its own answers only, and the same answers change nothing. An
    answer that the source has revised silently is a new vintage: the books keep the hashes of
    every one. A source that is no longer pulled is taken out. All in one transaction.

    Parameters
    ----------
    connection
        The person database with its schema ``raw``.
    pulled
        What the fetch stage returned; None when no open source is enabled.
    as_of
        The date of the run.
    """
    held = pulled.parts if pulled is not None else {}
    parts = {_about(name).shown: part for name, part in held.items()}
    told = []
    with transaction(connection):
        connection.execute(ANSWERS)
        standing = lines(connection)
        for name in sorted(standing.keys() - parts.keys()):
            _take_out(connection, name)
            _withdraw(connection, name)
        for name, part in sorted(parts.items()):
            revised = _land(connection, name, part, standing.get(name), as_of)
            told += [revised] if revised else []
    return tuple(told)


def lines(connection: duckdb.DuckDBPyConnection) -> dict[str, Line]:
    """Return the line that stands for each open source, by the name that readers know."""
    rows = connection.execute(
        "select file_name, max(load_id), arg_max(sha256, load_id), "
        "arg_max(layout_digest, load_id), count(*) "
        "from raw.delivery where layout = $1 and verdict <> $2 group by file_name",
        [LAYOUT, WITHDRAWN],
    ).fetchall()
    return {name: Line(*held) for name, *held in rows}


def inputs(connection: duckdb.DuckDBPyConnection, pulled: OpenData | None) -> Iterator[str]:
    """Yield what the run rests on: hash, age and standing of deliveries, and what was pulled.

    The order in which deliveries came and their names do not count, but for what follows from
    them: whether a newer file of the same name stands in the place of a delivery.
    """
    rows = connection.execute(
        "select sha256, min(delivered_as_of), min(extracted_at), bool_and(replaced_by is not null) "
        "from raw.delivery where verdict not in ('reject_file', 'purged') and layout <> $1 "
        "group by sha256 order by sha256",
        [LAYOUT],
    ).fetchall()
    for sha256, day, moment, is_replaced in rows:
        yield f"{sha256} of {day}, {moment}{', replaced' if is_replaced else ''}"
    yield from (line.sha256 for _, line in sorted(lines(connection).items()))
    for name, since in stood_in(pulled).items():
        yield f"{name} stale since {since}"


def stood_in(pulled: OpenData | None) -> dict[str, date]:
    """Return the sources that stored answers stood in for, with the date of the oldest of them."""
    parts: Mapping[str, Part] = pulled.parts if pulled is not None else {}
    return {
        name: min(one.as_of for one in part.stale)
        for name, part in sorted(parts.items())
        if part.stale
    }


def notes(pulled: OpenData | None) -> Iterator[OpenNote]:
    """Yield what T0 must say of the open sources: what is lacking, and what is not fresh."""
    parts: Mapping[str, Part] = pulled.parts if pulled is not None else {}
    for name, part in parts.items():
        for one in part.missing:
            yield OpenNote(one.kpi, one.sv, one.en, _about(name).shown)
    for name, since in stood_in(pulled).items():
        shown = _about(name).shown
        yield OpenNote(
            name,
            f"{shown} kunde inte nås eller tillfrågades inte; svar från {since} används.",
            f"{shown} was out of reach or was not asked; answers of {since} are used.",
            shown,
        )


def attributions(pulled: OpenData | None) -> Iterator[dict[str, str]]:
    """Yield the sources that a release must name, with licence and hashes."""
    for one in pulled.snapshots if pulled is not None else ():
        about = _about(one.source)
        yield {
            "title": about.publisher,
            "path": one.url,
            "licence": about.licence,
            "attribution": about.attribution_sv,
            "sha256": one.sha256,
        }


def named(published: pd.DataFrame, pulled: OpenData | None) -> pd.DataFrame:
    """Return published values with the name of each area."""
    names = pulled.names if pulled is not None else {}
    return published.assign(
        geography_name=[names.get(code, code) for code in published["geography_code"]]
    )


def digest_of(part: Part) -> str:
    """Return the hash of a part's answers and of the rows that were made of them."""
    told = hashlib.sha256()
    for sha256 in sorted({one.sha256 for one in part.snapshots}):
        told.update(sha256.encode())
    for entity, table in sorted(_entities(part).items()):
        told.update(entity.encode())
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table.combine_chunks())
        told.update(sink.getvalue())
    return told.hexdigest()


def _land(
    connection: duckdb.DuckDBPyConnection, name: str, part: Part, held: Line | None, as_of: date
) -> str | None:
    digest = digest_of(part)
    on = min((one.as_of for one in part.stale), default=as_of)
    if held is not None and held.asked != part.asked:
        _withdraw(connection, name)  # other settings give other rows: no fall of the source's own
        _take_out(connection, name)
        held = None
    if held is not None and held.sha256 == digest:
        connection.execute(
            "update raw.delivery set delivered_as_of = $1 where load_id = $2", [on, held.load_id]
        )
        return None
    load_id, vintage = next_load_id(connection), held.vintage + 1 if held else 1
    _take_out(connection, name)
    n_rows = sum(_put(connection, load_id, *one) for one in sorted(_entities(part).items()))
    _write(connection, name, part, Line(load_id, digest, part.asked, vintage), on, n_rows)
    return f"{name} has revised its answers: vintage {vintage}" if held else None


def _entities(part: Part) -> dict[str, pa.Table]:
    return {name: table for name, table in part.tables.items() if name in vocabulary().entities}


def _put(
    connection: duckdb.DuckDBPyConnection, load_id: int, entity: str, pulled_rows: pa.Table
) -> int:
    columns = ", ".join(vocabulary().entities[entity].columns)
    connection.register("pulled_rows", pulled_rows)
    connection.execute(
        f"insert into raw.{entity} ({columns}, load_id, row_number) "
        f"select {columns}, {load_id}, row_number() over () from pulled_rows"
    )
    connection.unregister("pulled_rows")
    return int(pulled_rows.num_rows)


def _take_out(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    old = "load_id in (select load_id from raw.delivery where layout = $1 and file_name = $2)"
    for entity, held in vocabulary().entities.items():
        if "person_id" not in held.columns:
            connection.execute(f"delete from raw.{entity} where {old}", [LAYOUT, name])


def _withdraw(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(
        "update raw.delivery set verdict = $1 where layout = $2 and file_name = $3",
        [WITHDRAWN, LAYOUT, name],
    )


def _write(
    connection: duckdb.DuckDBPyConnection, name: str, part: Part, line: Line, on: date, n_rows: int
) -> None:
    # whatever the date of the run, what came last is what stands
    connection.execute(
        "update raw.delivery set delivered_as_of = least(delivered_as_of, $1) "
        "where layout = $2 and file_name = $3",
        [on, LAYOUT, name],
    )
    connection.execute(
        "insert into raw.delivery by name select $1::bigint as load_id, $2 as file_name, "
        "$3 as sha256, $4 as layout, $5 as entity_names, $6::date as delivered_as_of, "
        "$7::bigint as rows_in, $7::bigint as rows_loaded, 0::bigint as rows_quarantined, "
        "0::bigint as rows_refused, 'accept' as verdict, '{}' as reasons, $8 as layout_digest",
        [
            *(line.load_id, name, line.sha256, LAYOUT, ",".join(sorted(_entities(part)))),
            *(on, n_rows, part.asked),
        ],
    )
    for one in part.snapshots:
        connection.execute(
            "insert into raw.open_answer values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(line.load_id, one.source, line.vintage, one.url, one.method, one.body_sha256),
                *(one.sha256, one.fetched_at.isoformat(), one.licence),
            ],
        )


def _about(name: str) -> Source:
    # here, since the room of sources brings the client and the readers of workbooks with it
    from equity_pipeline.sources.catalogue import source

    return source(name)
