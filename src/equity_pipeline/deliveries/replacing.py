"""What a delivered file replaces, and what replaces it, when it is there under a further name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import duckdb

from equity_pipeline.deliveries import beneath, books
from equity_pipeline.deliveries.order import Rank, is_dated, rank_of
from equity_pipeline.deliveries.reading.find import Delivered
from equity_pipeline.vocabulary import vocabulary


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a file among the loads: what it replaces, and what is newer.

    ``is_late`` is one that a newer file of its series was delivered before.
    """

    rank: Rank
    replaced: tuple[int, ...]
    newer: tuple[int, ...]
    is_late: bool


def rank_among(lines: list[books.Line], file: Delivered, *, as_of: date, night: int) -> Rank:
    """Return the rank of a file: that of its bytes, if they came before and were older then."""
    known = [line.rank for line in lines if line.sha256 == file.sha256]
    if known and not is_dated(file):
        return min(known)
    names = [(line.file_name, line.rank) for line in lines]
    return min([*known, rank_of(file, as_of=as_of, night=night, before=names)])


def place_of(rank: Rank, file: Delivered, lines: list[books.Line]) -> Place:
    """Return what a file replaces among the loads, and what is newer than it."""
    same = books.of_the_same(lines, file)
    newer = tuple(line.load_id for line in lines if line.rank > rank)
    is_late = any(line.load_id in newer for line in same)
    return Place(rank, () if is_late else tuple(one.load_id for one in same), newer, is_late)


def came_again(
    connection: duckdb.DuckDBPyConnection, file: Delivered, known: Rank, rank: Rank
) -> None:
    """Write down that bytes which are loaded came once more, and what follows from it.

    No row is read, and mostly nothing follows. Under a new name they may be what a correction of
    that name corrects; under an older date they may be older than what they had replaced.
    """
    with books.transaction(connection):
        is_new = books.name(connection, file)
        if rank < known:
            books.make_older(connection, rank)
        if is_new or rank < known:
            follow(connection, vocabulary().entities)


def follow(connection: duckdb.DuckDBPyConnection, entities: Iterable[str]) -> None:
    """Let the books and the rows follow from which deliveries are known by now.

    Parameters
    ----------
    connection
        Inside a transaction.
    entities
        Those that the loads in question have rows of.
    """
    entities = list(entities)
    replaced, freed = books.find_replaced(connection)
    beneath.forget(connection, replaced, entities)
    if freed:
        books.read_again(connection, freed)
    beneath.settle(connection, entities)
