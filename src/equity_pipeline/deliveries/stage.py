"""One parsed file inside a transaction: judged rows, duplicates, surrogates, rows into ``raw``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from equity_pipeline.deliveries import beneath
from equity_pipeline.deliveries.identity import surrogates
from equity_pipeline.deliveries.layouts.casts import judged_sql, taken_name, typed_name
from equity_pipeline.deliveries.layouts.layout import EntityLayout, FileLayout
from equity_pipeline.deliveries.reading.batch import ROW, Batch, Stream, trimmed
from equity_pipeline.deliveries.schema import count, raw_columns

TEXT = "delivered_text"
JUDGED = "delivered_rows"
FRESH = "fresh_rows"
SUPERSEDED = "superseded"

__all__ = ["FRESH", "JUDGED", "SUPERSEDED", "TEXT", "Stage", "trimmed"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A file on its way in.

    ``newer`` are the loads that are newer by the order of deliveries; no row can tell of what is
    after ``extracted_on``.
    """

    connection: duckdb.DuckDBPyConnection
    layout: FileLayout
    newer: tuple[int, ...]
    extracted_on: date

    def judge(self, batches: Iterable[Batch], header: Sequence[str], kind: str) -> None:
        """Make the table of typed rows from the batches of a file, in one statement.

        Raises
        ------
        Refusal
            What the batches raise on their way.
        """
        stream = Stream(batches, header)
        self.connection.register(TEXT, stream.reader)
        select = judged_sql(self.layout, header, kind, TEXT, delivery_day=self.extracted_on)
        try:
            self.connection.execute(f"create or replace temp table {JUDGED} as {select}")
        except duckdb.Error:
            if stream.fault is None:
                raise
        finally:
            stream.close()
        if stream.fault is not None:
            raise stream.fault

    def reasons(
        self, *, key_id: str | None = None, moved: pa.Table | None = None
    ) -> dict[str, int]:
        """Return how many rows each reason holds back, after those that the whole file shows.

        Persons who are known by an earlier key's pseudonym (``moved``) are known by the new one
        from here on, so that what stands of them is found.
        """
        if moved is not None and key_id is not None:
            surrogates.rekey(self.connection, moved, key_id)
        for entity in self.layout.entity:
            if entity.distinct is None and entity.total is None:
                self._mark_duplicates(entity)
                self._mark_superseded(entity)
        rows = self.connection.execute(
            f"select reason, count(*) from {JUDGED} where reason is not null group by 1 order by 1"
        ).fetchall()
        return {str(reason): int(n) for reason, n in rows}

    def insert(self, load_id: int, *, key_id: str | None = None) -> dict[str, int]:
        """Give new persons their keys and put the good rows into ``raw``; return rows by entity.

        Of the rows of a key the one of the newest delivery stands; the others wait beneath it.
        """
        surrogates.give(self.connection, self._persons(), key_id=key_id)
        return {one.entity: self._insert(one, load_id) for one in self.layout.entity}

    def forget(self, load_ids: Iterable[int]) -> None:
        """Delete the rows of earlier loads, in every entity that this file makes."""
        beneath.forget(self.connection, load_ids, [one.entity for one in self.layout.entity])

    def tell_months(self, load_id: int) -> None:
        """Write down how many good rows of each entity fell in which month, and their hash.

        The books keep this also of what is replaced later, or was replaced before it came: by it
        a period is told to be revised. The order of the rows and who the persons are do not count.
        """
        for entity in self.layout.entity:
            event, name = entity.described.event, entity.entity
            month = f"date_trunc('month', {typed_name(name, event)})::date" if event else "null"
            told = [one for one in entity.described.columns if one != "person_id"]
            content = ", ".join(typed_name(name, one) for one in told)
            self.connection.execute(
                "insert into raw.delivery_month "
                f"select {load_id}, '{name}', {month}, count(*), bit_xor(hash({content}))::varchar "
                f"from {JUDGED} where {_whole(entity)} group by all"
            )

    def close(self) -> None:
        """Drop what was only needed on the way."""
        self.connection.unregister(TEXT)
        for name in (JUDGED, FRESH):
            self.connection.execute(f"drop table if exists {name}")

    def _has_duplicates(self, entity: EntityLayout) -> bool:
        # Few files hold a key twice; two keys of one hash only cost the search for them.
        key = ", ".join(_keys(entity))
        unequal = f"select count(*) - count(distinct hash({key})) from {JUDGED}"
        return count(self.connection, f"{unequal} where {_good(entity)}") > 0

    def _mark_duplicates(self, entity: EntityLayout) -> None:
        if not self._has_duplicates(entity):
            return
        key = ", ".join(_keys(entity))
        whole = ", ".join(self._all_columns())
        self.connection.execute(f"""
            update {JUDGED} set reason = found.reason from (
                with good as (select * from {JUDGED} where {_good(entity)}),
                twice as (select {key} from good group by {key} having count(*) > 1),
                numbered as (
                    select {ROW} as place,
                        row_number() over (partition by {key} order by {whole}, {ROW}) as nth,
                        row_number() over (partition by {whole} order by {ROW}) as nth_same
                    from good semi join twice using ({key})
                )
                select place, case when nth_same > 1 then 'duplicate_row'
                    else 'duplicate_key' end as reason
                from numbered where nth > 1
            ) as found where {JUDGED}.{ROW} = found.place
        """)

    def _mark_superseded(self, entity: EntityLayout) -> None:
        if self.newer:
            self.connection.execute(
                f"update {JUDGED} set reason = '{SUPERSEDED}' "
                f"where {_good(entity)} and {self._stands_newer(entity)}"
            )

    def _stands_newer(self, entity: EntityLayout) -> str:
        loads = ", ".join(str(one) for one in self.newer) or "null"
        same = " and ".join(
            f"held.{name} = {typed}" if name != "person_key" else f"who.person_id = {typed}"
            for name, typed in zip(entity.described.key, _keys(entity), strict=True)
        )
        who = "left join raw.person_surrogate as who using (person_key)"
        join = who if "person_key" in entity.described.key else ""
        return (
            f"exists (select 1 from raw.{entity.entity} as held {join} "
            f"where held.load_id in ({loads}) and {same})"
        )

    def _all_columns(self) -> list[str]:
        return [
            typed_name(one.entity, column)
            for one in self.layout.entity
            for column in one.described.columns
        ]

    def _persons(self) -> list[str]:
        return [
            typed_name(one.entity, "person_id")
            for one in self.layout.entity
            if "person_id" in one.described.columns
        ]

    def _insert(self, entity: EntityLayout, load_id: int) -> int:
        name = entity.entity
        select = f"({self._select(entity, load_id, _good(entity))})"
        if entity.distinct or entity.total:
            # What is chosen or added up is made once; other rows go straight in, however many.
            self.connection.execute(f"create or replace temp table {FRESH} as from {select}")
            select = FRESH
            self._put_beneath(entity)
        elif self.newer:
            older = self._select(entity, load_id, _superseded(entity))
            self.connection.execute(f"insert into {beneath.SCHEMA}.{name} by name {older}")
        beneath.move(self.connection, entity.described, select)
        made = self.connection.execute(f"insert into raw.{name} by name select * from {select}")
        return int(made.fetchall()[0][0])

    def _put_beneath(self, entity: EntityLayout) -> None:
        """Move the chosen rows whose key a newer load holds from the fresh ones beneath them."""
        if not self.newer:
            return
        key, name = ", ".join(entity.described.key), entity.entity
        loads = ", ".join(str(one) for one in self.newer)
        newer = f"({key}) in (select ({key}) from raw.{name} where load_id in ({loads}))"
        self.connection.execute(
            f"insert into {beneath.SCHEMA}.{name} by name select * from {FRESH} where {newer}"
        )
        self.connection.execute(f"delete from {FRESH} where {newer}")

    def _select(self, entity: EntityLayout, load_id: int, condition: str) -> str:
        columns = [name for name, _ in raw_columns(entity.described)[:-2]]
        shown = [_drawn(entity, name) for name in columns]
        person = typed_name(entity.entity, "person_id")
        who = f"left join raw.person_surrogate as who on who.person_id = {person}"
        join = who if "person_key" in columns else ""
        place = f"min({ROW})" if entity.total else ROW
        grouped = f"group by {', '.join(_keys(entity))}, who.person_key" if entity.total else ""
        return f"""
            select {", ".join(shown)}, cast({load_id} as bigint) as load_id, {place} as row_number
            from {JUDGED} {join} where {condition} {grouped} {_distinct(entity)}
        """


def _good(entity: EntityLayout) -> str:
    """The condition on judged rows that an entity is made of."""
    return f"reason is null and {taken_name(entity)}" if entity.when else "reason is null"


def _superseded(entity: EntityLayout) -> str:
    """The condition on judged rows that are good, but for a newer delivery of their key."""
    of = f" and {taken_name(entity)}" if entity.when else ""
    return f"reason = '{SUPERSEDED}'{of}"


def _whole(entity: EntityLayout) -> str:
    """The condition on all good rows, whatever was delivered before."""
    return f"({_good(entity)} or {_superseded(entity)})"


def _drawn(entity: EntityLayout, name: str) -> str:
    """A column of the rows of a key: as it is, or over all of them where they are added up."""
    if name == "person_key":
        return "who.person_key"
    typed = typed_name(entity.entity, name)
    if entity.total is None or name in entity.described.key:
        return f"{typed} as {name}"
    return f"{'sum' if name == entity.total else 'min'}({typed}) as {name}"


def _keys(entity: EntityLayout) -> list[str]:
    names = ["person_id" if name == "person_key" else name for name in entity.described.key]
    return [typed_name(entity.entity, name) for name in names]


def _distinct(entity: EntityLayout) -> str:
    if entity.distinct is None or entity.distinct_by is None:
        return ""
    way = "desc" if entity.distinct == "latest" else "asc"
    # Ties are broken by content, so that the order of the rows in the file decides nothing.
    content = ", ".join(typed_name(entity.entity, name) for name in entity.described.columns)
    by = typed_name(*entity.distinct_by.split(".", 1))
    key = ", ".join(_keys(entity))
    return (
        f"qualify row_number() over (partition by {key} order by {by} {way}, {content}, {ROW}) = 1"
    )
