"""Rows that are set aside: counted and hashed in ``raw``, themselves only in the protected area."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.deliveries.layouts.casts import LEFT_ASIDE
from equity_pipeline.deliveries.layouts.quoting import literal, quoted
from equity_pipeline.deliveries.reading.batch import RAGGED, ROW, Batch
from equity_pipeline.deliveries.reading.spool import private_folder
from equity_pipeline.deliveries.stage import JUDGED, SUPERSEDED

__all__ = ["RAGGED", "at_fault", "share_refuses", "store"]

SCHEMA = pa.schema(
    {"load_id": pa.int64(), "row_number": pa.int64(), "reason": pa.string(), "row": pa.string()}
)


def store(
    connection: duckdb.DuckDBPyConnection, batches: Iterable[Batch], load_id: int, folder: Path
) -> Path:
    """Set the bad rows of a load aside, and return the file that holds them (mode 0600).

    Rows that the layout leaves aside are counted as such and stand nowhere here.
    ``raw.quarantine`` gets load, row number, reason and a hash; the row itself stands as JSON in
    a parquet file below ``folder``. The file is read once more, batch by batch, for its text.
    """
    path = private_folder(folder) / f"load_{load_id:06d}.parquet"
    bad = _Bad(connection)
    try:
        with _writer(path) as writer:
            for batch in batches:
                held = bad.rows(batch, load_id)
                if held.num_rows:
                    writer.write_table(held)
                    _count(connection, held)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def at_fault(reason: str) -> bool:
    """Return whether rows of a reason are faulty: not those that are older or not ours.

    Examples
    --------
    >>> at_fault("ragged"), at_fault("superseded"), at_fault("left_aside:emergency_visit")
    (True, False, False)
    """
    return reason != SUPERSEDED and not reason.startswith(f"{LEFT_ASIDE}:")


def share_refuses(bad: int, rows: int, limit: float) -> bool:
    """Return whether so many bad rows refuse the whole file; exactly the limit does not.

    Examples
    --------
    >>> share_refuses(4, 20, 0.2), share_refuses(5, 20, 0.2), share_refuses(0, 0, 0.2)
    (False, True, False)
    """
    return bad > 0 and (bad / rows > limit or bad == rows)


class _Bad:
    """The judged rows with a reason, by their place in the file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        found = connection.sql(
            f"select {ROW}, reason from {JUDGED} where reason is not null "
            f"and not starts_with(reason, '{LEFT_ASIDE}:') order by 1"
        ).to_arrow_table()
        self._reasons = found.column("reason").combine_chunks()
        self._places = found.column(ROW).to_numpy()

    def rows(self, batch: Batch, load_id: int) -> pa.Table:
        """Return the bad rows of a batch as they are set aside, in the file's order."""
        judged = self._judged(batch.table)
        numbers = [number for number, _ in batch.ragged]
        texts = [json.dumps(fields, ensure_ascii=False) for _, fields in batch.ragged]
        ragged = pa.table(
            [numbers, [RAGGED] * len(texts), texts], schema=pa.schema(list(SCHEMA)[1:])
        )
        rows = pa.concat_tables([judged, ragged]).sort_by("row_number")
        loads = pa.array(np.full(rows.num_rows, load_id, np.int64))
        return rows.add_column(0, SCHEMA.field("load_id"), loads)

    def _judged(self, table: pa.Table) -> pa.Table:
        places = table.column(ROW).to_numpy()
        first, last = (places[0], places[-1]) if len(places) else (1, 0)
        start, end = np.searchsorted(self._places, [first, last + 1])
        bad = np.isin(places, self._places[start:end])
        text = table.filter(pa.array(bad))
        made = [_as_json(self._connection, text)] if text.num_rows else [pa.array([], pa.string())]
        reasons = self._reasons.slice(start, end - start)
        return pa.table([text.column(ROW), reasons, *made], schema=pa.schema(list(SCHEMA)[1:]))


def _as_json(connection: duckdb.DuckDBPyConnection, text: pa.Table) -> pa.ChunkedArray:
    names = [name for name in text.column_names if name != ROW]
    fields = ", ".join(f"{literal(name)}: {quoted(name)}" for name in names)
    connection.register("bad_text", text)
    made = connection.sql(
        f"select cast(to_json({{{fields}}}) as varchar) as row from bad_text order by {ROW}"
    ).to_arrow_table()
    connection.unregister("bad_text")
    return made.column("row")


def _count(connection: duckdb.DuckDBPyConnection, held: pa.Table) -> None:
    texts = held.column("row").to_pylist()
    hashes = pa.array([hashlib.sha256(text.encode()).hexdigest() for text in texts])
    connection.register("held_back", held.drop_columns(["row"]).append_column("row_hash", hashes))
    connection.execute("insert into raw.quarantine by name select * from held_back")
    connection.unregister("held_back")


@contextmanager
def _writer(path: Path) -> Iterator[pq.ParquetWriter]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as held:
        os.fchmod(held.fileno(), 0o600)
        with pq.ParquetWriter(held, SCHEMA) as writer:
            yield writer
        held.flush()
        os.fsync(held.fileno())
