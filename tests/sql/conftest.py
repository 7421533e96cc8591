"""A warehouse made by hand: rows are put straight into ``raw``, and the models are run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import pytest

from equity_pipeline.deliveries.schema import BOOKS
from equity_pipeline.settings import Settings
from equity_pipeline.vocabulary import vocabulary
from equity_pipeline.warehouse.build import build

AS_OF = date(2025, 1, 15)
YEAR = "r12-2024-12"
PERIODS = {"count": 1, "quarters": 0}


class Warehouse:
    """An in-memory warehouse that takes rows as mappings and gives back rows of a mart."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("create schema raw")
        for name, entity in vocabulary().entities.items():
            columns = [self._column(column) for column in entity.columns]
            columns += ["load_id bigint", "row_number bigint"]
            self.connection.execute(f"create table raw.{name} ({', '.join(columns)})")
        for name, typed in BOOKS.items():
            columns = [" ".join(one) for one in typed]
            self.connection.execute(f"create table raw.{name} ({', '.join(columns)})")
        self.rows = 0

    @staticmethod
    def _column(name: str) -> str:
        if name == "person_id":
            return "person_key bigint"
        return f"{name} {vocabulary().column(name).type}"

    def put(self, entity: str, *rows: Mapping[str, Any], load_id: int = 1) -> None:
        for row in rows:
            self.rows += 1
            full = {**row, "load_id": load_id, "row_number": self.rows}
            marks = ", ".join("?" for _ in full)
            self.connection.execute(
                f"insert into raw.{entity} ({', '.join(full)}) values ({marks})",
                list(full.values()),
            )

    def people(self, *born: int, **more: Any) -> None:
        """Add persons with the keys 1, 2, 3 ..., all listed at one unit for ever."""
        for key, birth_year in enumerate(born, start=1):
            self.put("person", {"person_key": key, "year": 2020, "sex": "female",
                                "birth_year": birth_year, **more})  # fmt: skip
            self.put("listing", {"person_key": key, "unit_hsa_id": "SE-A",
                                 "from_date": date(2019, 1, 1)})  # fmt: skip

    def build(self, as_of: date = AS_OF, **settings: Any) -> None:
        build(self.connection, Settings.model_validate(settings), as_of=as_of)

    def ask(self, query: str) -> list[dict[str, Any]]:
        answer = self.connection.execute(query)
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def one(self, table: str, columns: Sequence[str], **where: Any) -> dict[str, Any]:
        told = " and ".join(f"{name} = '{value}'" for name, value in where.items())
        rows = self.ask(f"select {', '.join(columns)} from {table} where {told}")
        assert len(rows) == 1, f"{len(rows)} rows of {table} where {told}"
        return rows[0]

    def values(self, table: str, column: str, by: str, where: str = "true") -> dict[Any, Any]:
        rows = self.ask(f"select {by} as key, {column} as value from {table} where {where}")
        return {row["key"]: row["value"] for row in rows}


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    yield made
    made.connection.close()


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
