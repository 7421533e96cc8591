"""Surrogates: the whole number that stands for a pseudonym everywhere inside.

A surrogate is never published and nothing is ordered or drawn by it: it depends on the order in
which files were delivered, which no published byte may.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from equity_pipeline.deliveries.schema import count

JUDGED = "delivered_rows"
SUPERSEDED = "superseded"
MOVED = "moved_pseudonyms"


def give(
    connection: duckdb.DuckDBPyConnection, columns: Iterable[str], *, key_id: str | None = None
) -> None:
    """Give every person of the good rows a surrogate who has none yet, also of superseded ones.

    Parameters
    ----------
    connection
        Inside the transaction of one file, whose judged rows stand in ``delivered_rows``.
    columns
        The quoted columns of those rows that hold pseudonyms.
    key_id
        The id of the key that the pseudonyms were made with; None if they were delivered.
    """
    for person in columns:
        connection.execute(
            f"""
            insert into raw.person_surrogate by name
            select person_id, row_number() over (order by person_id)
                + (select coalesce(max(person_key), 0) from raw.person_surrogate) as person_key,
                $1::varchar as key_id
            from (select distinct {person} as person_id from {JUDGED}
                  where (reason is null or reason = '{SUPERSEDED}') and {person} is not null)
            anti join raw.person_surrogate using (person_id)
            """,
            [key_id],
        )


def rekey(connection: duckdb.DuckDBPyConnection, moved: pa.Table, key_id: str) -> int:
    """Let persons known by an old pseudonym be known by the new one, and return how many.

    The surrogate stays, so nothing else in the database changes. Who is known by both is left.

    Parameters
    ----------
    moved
        Pairs of ``person_id_before`` and ``person_id``, as a pseudonymiser tells them.
    key_id
        The id of the key of the new pseudonyms.
    """
    if not moved.num_rows:
        return 0
    connection.register(MOVED, moved)
    known = f"""
        select distinct pair.person_id_before, pair.person_id from {MOVED} as pair
        semi join raw.person_surrogate as old on old.person_id = pair.person_id_before
        anti join raw.person_surrogate as new on new.person_id = pair.person_id
    """
    persons = count(connection, f"select count(*) from ({known})")
    connection.execute(
        f"""
        update raw.person_surrogate set person_id = known.person_id, key_id = $1
        from ({known}) as known where person_surrogate.person_id = known.person_id_before
        """,
        [key_id],
    )
    connection.unregister(MOVED)
    return persons


def persons_by_key(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return how many persons are known by pseudonyms of each key; delivered ones are left out."""
    rows = connection.execute(
        "select key_id, count(*) from raw.person_surrogate where key_id is not null "
        "group by key_id order by key_id"
    ).fetchall()
    return {str(key_id): int(n) for key_id, n in rows}
