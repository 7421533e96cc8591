"""Rows that are set aside: counted and hashed in ``raw``, themselves only in the protected area."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.deliveries.casts import literal, quoted
from equity_pipeline.deliveries.read import ROW, Parsed
from equity_pipeline.deliveries.stage import JUDGED, TEXT

RAGGED = "ragged"
SCHEMA = pa.schema(
    {"load_id": pa.int64(), "row_number": pa.int64(), "reason": pa.string(), "row": pa.string()}
)


def private_folder(folder: Path) -> Path:
    """Return a folder that only its owner may enter, made if it is not there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def store(
    connection: duckdb.DuckDBPyConnection, parsed: Parsed, load_id: int, folder: Path
) -> Path | None:
    """Set the bad rows of a load aside, and return the file that holds them (mode 0600).

    ``raw.quarantine`` gets load, row number, reason and a hash; the row itself stands as JSON in
    a parquet file below ``folder``. None when every row was good.
    """
    rows = [*_judged(connection, parsed), *_ragged(parsed)]
    if not rows:
        return None
    numbers, reasons, texts = zip(*sorted(rows), strict=True)
    table = pa.table([[load_id] * len(rows), numbers, reasons, texts], schema=SCHEMA)
    hashes = pa.array([hashlib.sha256(text.encode()).hexdigest() for text in texts])
    held = table.drop_columns(["row"]).append_column("row_hash", hashes)
    connection.register("held_back", held)
    connection.execute("insert into raw.quarantine by name select * from held_back")
    connection.unregister("held_back")
    return _write(table, private_folder(folder) / f"load_{load_id:06d}.parquet")


def share_refuses(bad: int, rows: int, limit: float) -> bool:
    """Return whether so many bad rows refuse the whole file; exactly the limit does not.

    Examples
    --------
    >>> share_refuses(4, 20, 0.2), share_refuses(5, 20, 0.2), share_refuses(3, 15, 0.2)
    (False, True, False)
    """
    return bad / rows > limit or bad == rows


def _judged(
    connection: duckdb.DuckDBPyConnection, parsed: Parsed
) -> Iterable[tuple[int, str, str]]:
    names = [name for name in parsed.table.column_names if name != ROW]
    fields = ", ".join(f"{literal(name)}: text.{quoted(name)}" for name in names)
    return connection.execute(f"""
        select {ROW}, bad.reason, cast(to_json({{{fields}}}) as varchar)
        from {JUDGED} as bad join {TEXT} as text using ({ROW})
        where bad.reason is not null
    """).fetchall()


def _ragged(parsed: Parsed) -> Iterable[tuple[int, str, str]]:
    for number, fields in parsed.ragged:
        yield number, RAGGED, json.dumps(fields, ensure_ascii=False)


def _write(table: pa.Table, path: Path) -> Path:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as held:
        os.fchmod(held.fileno(), 0o600)
        pq.write_table(table, held)
        held.flush()
        os.fsync(held.fileno())
    return path
