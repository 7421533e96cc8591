"""Surrogates: the whole number that stands for a pseudonym everywhere inside."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

JUDGED = "delivered_rows"


def give(connection: duckdb.DuckDBPyConnection, columns: Iterable[str]) -> None:
    """Give every person of the good rows a surrogate who has none yet.

    Parameters
    ----------
    connection
        Inside the transaction of one file, whose judged rows stand in ``delivered_rows``.
    columns
        The quoted columns of those rows that hold pseudonyms.
    """
    for person in columns:
        connection.execute(f"""
            insert into raw.person_surrogate
            select person_id, row_number() over (order by person_id)
                + (select coalesce(max(person_key), 0) from raw.person_surrogate)
            from (select distinct {person} as person_id from {JUDGED}
                  where reason is null and {person} is not null)
            anti join raw.person_surrogate using (person_id)
        """)
