"""Reads the identities of delivered files again, so that persons become known by a new key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import duckdb

from equity_pipeline.deliveries import books
from equity_pipeline.deliveries.identity import surrogates
from equity_pipeline.deliveries.identity.keys import Keys
from equity_pipeline.deliveries.identity.pseudonymise import Pseudonymiser
from equity_pipeline.deliveries.layouts.layout import Layout, find_layout
from equity_pipeline.deliveries.reading.batch import trimmed
from equity_pipeline.deliveries.reading.find import Reading, find_paths, open_delivery
from equity_pipeline.deliveries.reading.read import Parsed, parse
from equity_pipeline.deliveries.verdict import Refusal
from equity_pipeline.settings import Settings


def rederive(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    layouts: Sequence[Layout],
    keys: Keys,
    *,
    as_of: date,
) -> tuple[int, int]:
    """Read the identity columns in the delivery folder again; return files and persons moved.

    Nothing is loaded: only persons who are in the database under the key before are moved, and
    a file that cannot be read is left aside, as it was when it was delivered. Each file is one
    transaction.
    """
    files = persons = 0
    for parsed, columns in _with_identities(settings, layouts):
        maker = Pseudonymiser(keys, as_of=as_of)
        with books.transaction(connection):
            moved = _move(connection, parsed, columns, maker)
        files, persons = files + 1, persons + moved
    return files, persons


def _move(
    connection: duckdb.DuckDBPyConnection,
    parsed: Parsed,
    columns: Sequence[str],
    maker: Pseudonymiser,
) -> int:
    persons = 0
    try:
        for batch in parsed.batches():
            table = trimmed(batch.table)
            for name in columns:
                maker.column(table.column(name))
            persons += surrogates.rekey(connection, maker.moved(), maker.key_id)
    except Refusal:  # further down it is not what the gate saw; what was read above holds
        return persons
    return persons


def _with_identities(
    settings: Settings, layouts: Sequence[Layout]
) -> Iterator[tuple[Parsed, list[str]]]:
    folder = settings.deliveries.folder
    if folder is None:
        return
    reading = Reading(settings.internal / "staging")
    for path in find_paths(folder, layouts):
        try:
            for file in open_delivery(path, folder, reading):
                declared = find_layout(layouts, file.name)
                if declared is None:
                    continue
                roles = declared[1].roles()
                columns = [name for name, role in roles.items() if role == "identity"]
                if columns:
                    parsed = parse(file.content, declared[1], file.name)
                    yield parsed, [name for name in columns if name in parsed.header]
        except Refusal:
            continue
