"""A warehouse made by hand: rows are put straight into ``raw``, and the models are run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import duckdb
import pytest

from equity_pipeline.deliveries.schema import BOOKS
from equity_pipeline.settings import Settings
from equity_pipeline.vocabulary import vocabulary
from equity_pipeline.warehouse.build import build, build_one
from equity_pipeline.warehouse.models import Model, discover, tables_read

AS_OF = date(2025, 1, 15)
YEAR = "r12-2024-12"
PERIODS = {"count": 1, "quarters": 0}


class Warehouse:
    """An in-memory warehouse that takes rows as mappings and gives back rows of a mart.

    A build promises every model, and one is made when a question reads it: a mart of areas
    rests on a dozen models, and to plan all of them takes most of a second. Whoever takes the
    connection finds them all made.
    """

    def __init__(self) -> None:
        self._connection = duckdb.connect()
        self._promised: dict[str, Model] = {}
        self._rows_built = 0
        self._connection.execute("create schema raw")
        for name, entity in vocabulary().entities.items():
            columns = [self._column(column) for column in entity.columns]
            columns += ["load_id bigint", "row_number bigint"]
            self._connection.execute(f"create table raw.{name} ({', '.join(columns)})")
        for name, typed in BOOKS.items():
            columns = [" ".join(one) for one in typed]
            self._connection.execute(f"create table raw.{name} ({', '.join(columns)})")
        self.rows = 0

    @staticmethod
    def _column(name: str) -> str:
        if name == "person_id":
            return "person_key bigint"
        return f"{name} {vocabulary().column(name).type}"

    def put(self, entity: str, *rows: Mapping[str, Any], load_id: int = 1) -> None:
        full = []
        for row in rows:
            self.rows += 1
            full.append({**row, "load_id": load_id, "row_number": self.rows})
        for names, alike in groupby(full, key=tuple):
            values = [list(row.values()) for row in alike]
            marks = ", ".join([f"({', '.join('?' for _ in names)})"] * len(values))
            self._connection.execute(
                f"insert into raw.{entity} ({', '.join(names)}) values {marks}",
                [value for row in values for value in row],
            )

    def people(self, *born: int, **more: Any) -> None:
        """Add persons with the keys 1, 2, 3 ..., all listed at one unit for ever."""
        keys = range(1, len(born) + 1)
        self.put("person", *[{"person_key": key, "year": 2020, "sex": "female",
                              "birth_year": birth_year, **more}
                             for key, birth_year in zip(keys, born, strict=True)])  # fmt: skip
        self.put("listing", *[{"person_key": key, "unit_hsa_id": "SE-A",
                               "from_date": date(2019, 1, 1)} for key in keys])  # fmt: skip

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The database, with every model that was promised."""
        self._make(self._promised)
        return self._connection

    def build(self, as_of: date = AS_OF, **settings: Any) -> None:
        build(self._connection, Settings.model_validate(settings), as_of=as_of, models=())
        self._promised = {model.table: model for model in discover()}
        self._rows_built = self.rows

    def _make(self, tables: Iterable[str]) -> None:
        """Make those of the tables that are promised, each after those that it reads."""
        wanted, left = set[str](), [*tables]
        while left:
            if (table := left.pop()) in self._promised and table not in wanted:
                wanted.add(table)
                left.extend(self._promised[table].reads)
        assert not wanted or self.rows == self._rows_built, "rows came after the build: build again"
        for model in [one for name, one in self._promised.items() if name in wanted]:
            build_one(self._connection, self._promised.pop(model.table))

    def ask(self, query: str) -> list[dict[str, Any]]:
        read = tables_read(query)
        of_models = all(name.startswith(("raw.", "staging.", "intermediate.", "mart."))
                        for name in read)  # fmt: skip
        self._make(read if of_models else self._promised)
        answer = self._connection.execute(query)
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def one(self, table: str, columns: Sequence[str], **where: Any) -> dict[str, Any]:
        told = " and ".join(f"{name} = '{value}'" for name, value in where.items())
        rows = self.ask(f"select {', '.join(columns)} from {table} where {told}")
        assert len(rows) == 1, f"{len(rows)} rows of {table} where {told}"
        return rows[0]

    def close(self) -> None:
        self._connection.close()

    def values(self, table: str, column: str, by: str, where: str = "true") -> dict[Any, Any]:
        rows = self.ask(f"select {by} as key, {column} as value from {table} where {where}")
        return {row["key"]: row["value"] for row in rows}


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    yield made
    made.close()


@pytest.fixture
def region(warehouse: Warehouse) -> Warehouse:
    """One person in a known place, listed at one unit: the ground that tests put things on."""
    warehouse.put(
        "person",
        {
            "person_key": 1,
            "year": 2022,
            "sex": "female",
            "birth_year": 1960,
            "area_code": "1280C1010",
            "municipality_code": "1280",
            "country_of_birth": "sweden",
            "needs_interpreter": False,
        },
    )
    warehouse.put(
        "unit",
        {
            "unit_hsa_id": "SE-A",
            "from_date": date(2019, 1, 1),
            "provider_type": "region",
            "financing_type": "choice_system",
            "municipality_code": "1280",
            "area_code": "1280C1010",
        },
    )
    warehouse.put(
        "listing",
        {
            "person_key": 1,
            "unit_hsa_id": "SE-A",
            "from_date": date(2019, 1, 1),
            "named_physician": True,
        },
    )
    warehouse.put("contact", contact("start", 1, date(2019, 1, 7)))
    return warehouse


def contact(contact_id: str, person_key: int, day: date, **more: Any) -> dict[str, Any]:
    """Return a contact that took place, a physician's visit unless told otherwise."""
    return {
        "contact_id": contact_id, "person_key": person_key, "unit_hsa_id": "SE-A",
        "contact_date": day, "profession": "physician", "contact_form": "visit",
        "visit_type": "return", "guarantee_covered": True, "missed": False, "cancelled": False,
        "interpreter": False, **more,
    }  # fmt: skip


def diagnosis(person_key: int, code: str, day: date, position: int = 1) -> dict[str, Any]:
    return {
        "contact_id": f"OV-{person_key}-{code}-{day}", "position": position,
        "person_key": person_key, "icd10se": code, "diagnosis_date": day, "care_level": "OV",
    }  # fmt: skip


def person(warehouse, *columns, key=1, period=YEAR):
    return warehouse.one("mart.fct_person", columns, person_key=key, period_code=period)


def facts(warehouse, *columns):
    """Return facts of every person, one after the other, as tuples (or bare, if one)."""
    warehouse.build(periods=PERIODS)
    rows = warehouse.ask(
        f"select {', '.join(columns)} from mart.fct_person where period_code = '{YEAR}' "
        "order by person_key"
    )
    return [tuple(row.values()) if len(columns) > 1 else row[columns[0]] for row in rows]


def ask_of_each(warehouse, cases, entity, row, *columns):
    """Give each case (delivered ..., expected) a person of its own; return found and expected."""
    warehouse.people(*[1960] * len(cases))
    for key, (*delivered, _) in enumerate(cases, start=1):
        warehouse.put(entity, {"person_key": key, **row(key, *delivered)})
    return facts(warehouse, *columns), [expected for *_, expected in cases]
