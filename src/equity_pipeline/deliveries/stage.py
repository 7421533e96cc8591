"""One parsed file inside a transaction: judged rows, duplicates, surrogates, rows into ``raw``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.deliveries import surrogates
from equity_pipeline.deliveries.casts import judged_sql, typed_name
from equity_pipeline.deliveries.layout import EntityLayout, FileLayout
from equity_pipeline.deliveries.read import ROW, Parsed
from equity_pipeline.deliveries.schema import count, raw_columns
from equity_pipeline.deliveries.verdict import Refusal

TEXT = "delivered_text"
JUDGED = "delivered_rows"
FRESH = "fresh_rows"
SUPERSEDED = "superseded"
BLANKS = " \u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


@dataclass(frozen=True, slots=True)
class Stage:
    """A file on its way in.

    ``delivered_on`` decides which of two deliveries is the newer; no row can tell of what is after
    ``extracted_on``.
    """

    connection: duckdb.DuckDBPyConnection
    layout: FileLayout
    delivered_on: date
    extracted_on: date

    def judge(self, parsed: Parsed, kind: str) -> dict[str, int]:
        """Make the table of typed rows, and return how many rows each reason holds back.

        Raises
        ------
        Refusal
            ``column_empty:<name>`` when a column that must be filled holds nothing.
        """
        refuse_empty_columns(parsed, self.layout)
        self.connection.register(TEXT, trimmed(parsed.table, self.layout.free_texts))
        header = [name for name in parsed.table.column_names if name != ROW]
        select = judged_sql(self.layout, header, kind, TEXT, delivery_day=self.extracted_on)
        self.connection.execute(f"create or replace temp table {JUDGED} as {select}")
        for entity in self.layout.entity:
            if entity.distinct is None and entity.total is None:
                self._mark_duplicates(entity)
                self._mark_superseded(entity)
        rows = self.connection.execute(
            f"select reason, count(*) from {JUDGED} where reason is not null group by 1 order by 1"
        ).fetchall()
        return {str(reason): int(n) for reason, n in rows}

    def insert(self, load_id: int) -> dict[str, int]:
        """Give new persons their keys and put the good rows into ``raw``; return rows by entity.

        A row with a key that is already there replaces it: the newest delivery wins.
        """
        surrogates.give(self.connection, self._persons())
        return {one.entity: self._insert(one, load_id) for one in self.layout.entity}

    def forget(self, load_ids: Iterable[int]) -> None:
        """Delete the rows of earlier loads, in every entity that this file makes."""
        for load_id in load_ids:
            for entity in self.layout.entity:
                self.connection.execute(
                    f"delete from raw.{entity.entity} where load_id = ?", [load_id]
                )

    def close(self) -> None:
        """Drop what was only needed on the way."""
        self.connection.unregister(TEXT)
        for name in (JUDGED, FRESH):
            self.connection.execute(f"drop table if exists {name}")

    def _mark_duplicates(self, entity: EntityLayout) -> None:
        key = ", ".join(_keys(entity))
        whole = ", ".join(self._all_columns())
        self.connection.execute(f"""
            update {JUDGED} set reason = found.reason from (
                with good as (select * from {JUDGED} where reason is null),
                twice as (select {key} from good group by {key} having count(*) > 1),
                numbered as (
                    select {ROW} as place,
                        row_number() over (partition by {key} order by {ROW}) as nth,
                        row_number() over (partition by {whole} order by {ROW}) as nth_same
                    from good semi join twice using ({key})
                )
                select place, case when nth_same > 1 then 'duplicate_row'
                    else 'duplicate_key' end as reason
                from numbered where nth > 1
            ) as found where {JUDGED}.{ROW} = found.place
        """)

    def _mark_superseded(self, entity: EntityLayout) -> None:
        if self._newer_loads():
            self.connection.execute(
                f"update {JUDGED} set reason = '{SUPERSEDED}' "
                f"where reason is null and {self._stands_newer(entity)}"
            )

    def _newer_loads(self) -> list[int]:
        rows = self.connection.execute(
            "select load_id from raw.delivery where delivered_as_of > ?", [self.delivered_on]
        ).fetchall()
        return [int(row[0]) for row in rows]

    def _stands_newer(self, entity: EntityLayout) -> str:
        loads = ", ".join(str(one) for one in self._newer_loads()) or "null"
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
        name, key = entity.entity, entity.described.key
        self.connection.execute(
            f"create or replace temp table {FRESH} as {self._select(entity, load_id)}"
        )
        same = " and ".join(f"held.{column} = {FRESH}.{column}" for column in key)
        self.connection.execute(f"delete from raw.{name} as held using {FRESH} where {same}")
        self.connection.execute(f"insert into raw.{name} by name select * from {FRESH}")
        return count(self.connection, f"select count(*) from {FRESH}")

    def _select(self, entity: EntityLayout, load_id: int) -> str:
        columns = [name for name, _ in raw_columns(entity.described)[:-2]]
        shown = [_drawn(entity, name) for name in columns]
        person = typed_name(entity.entity, "person_id")
        who = f"left join raw.person_surrogate as who on who.person_id = {person}"
        join = who if "person_key" in columns else ""
        chosen = entity.distinct or entity.total
        newer = f"and not {self._stands_newer(entity)}" if chosen else ""
        place = f"min({ROW})" if entity.total else ROW
        grouped = f"group by {', '.join(_keys(entity))}, who.person_key" if entity.total else ""
        return f"""
            select {", ".join(shown)}, cast({load_id} as bigint) as load_id, {place} as row_number
            from {JUDGED} {join} where reason is null {newer} {grouped} {_distinct(entity)}
            order by row_number
        """


def trimmed(table: pa.Table, words: Collection[str] = ()) -> pa.Table:
    """Return a text table without blanks of any kind around its values.

    In the columns of ``words`` tabs and line ends stay, for they are judged there.

    Examples
    --------
    >>> trimmed(pa.table({"a": [" x\u00a0"], ROW: [1]})).to_pylist()
    [{'a': 'x', '__row_number': 1}]
    """
    # Done here and not in SQL, where trim with a list of characters takes most of the time.
    columns = {
        name: column if name == ROW else _trimmed(column, keep_tabs=name in words)
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return pa.table(columns)


def _trimmed(column: pa.ChunkedArray, *, keep_tabs: bool) -> pa.ChunkedArray:
    if keep_tabs:
        return pc.utf8_trim(column, characters=BLANKS)
    return pc.utf8_trim_whitespace(column)


def refuse_empty_columns(parsed: Parsed, layout: FileLayout) -> None:
    """Refuse a file in which a required column, or one declared ``filled``, holds nothing."""
    for entity in layout.entity:
        for column in entity.described.columns:
            rule = entity.rule(column)
            if not rule.filled and column not in entity.described.required:
                continue
            for foreign in rule.foreign(column):
                if foreign in parsed.table.column_names and _is_empty(parsed, foreign, layout):
                    raise Refusal(f"column_empty:{foreign}", rows=parsed.rows_in)


def _is_empty(parsed: Parsed, foreign: str, layout: FileLayout) -> bool:
    values = pc.unique(parsed.table.column(foreign))
    return all(one is None or one.strip() in layout.missing for one in values.to_pylist())


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
