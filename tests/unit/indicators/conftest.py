"""A small mart, made by hand of a seeded draw, and the declarations that are counted from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.cells import Asked, CellReport, count_cells
from equity_pipeline.vocabulary import vocabulary

DIMENSIONS = {
    name: one
    for name, one in vocabulary().dimensions.items()
    if name != "total" and not name.endswith("_cumulative")
}
AREA = [name for name, one in DIMENSIONS.items() if one.family == "area"]
PERSON_MEASURES = {
    "person_years": "decimal(9,6)",
    "n_antibiotic_dispensings": "bigint",
    "primary_care_cost_sek": "decimal(18,2)",
    "avoidable_admission_cost_sek": "decimal(18,2)",
}


def strata(rng: np.random.Generator, n: int) -> dict[str, object]:
    """Return the stratifiers and need columns of a fact; education has gaps, area_type nothing."""
    made: dict[str, object] = {}
    for name in DIMENSIONS:
        made[name] = rng.choice(np.array(list(vocabulary().levels(name)), dtype=object), n)
    made["education"] = np.where(rng.random(n) < 0.2, None, made["education"])
    made["area_type"] = np.full(n, None)
    made["age_group"] = rng.choice(np.array(["20-24", "60-64", "85+"], dtype=object), n)
    made["morbidity"] = rng.choice(np.array(["none", "one"], dtype=object), n)
    made["cluster_key"] = rng.choice(np.array(["unit-a", "unit-b", "unit-c"], dtype=object), n)
    places = np.random.default_rng(n)  # a draw of its own, so that the others stay as they are
    made["municipality_code"] = places.choice(np.array(["1280", "1281"], dtype=object), n)
    made["area_code"] = places.choice(np.array(["1280R001", "1281R002", None], dtype=object), n)
    made["unit_hsa_id"] = made["cluster_key"]
    return made


def persons(rng: np.random.Generator) -> pd.DataFrame:
    """Two periods of 150 persons."""
    frames = []
    for period in ("r12-2023-12", "r12-2024-12"):
        n = 150
        frame = pd.DataFrame(strata(rng, n))
        frame["period_code"] = period
        frame["person_key"] = np.arange(1, n + 1)
        frame["age"] = rng.integers(0, 95, n)
        frame["is_listed"] = True
        frame["has_named_physician"] = rng.choice(np.array([True, False, None], dtype=object), n)
        frame["person_years"] = rng.choice([1.0, 0.496578, 0.25], n)
        frame["n_antibiotic_dispensings"] = rng.poisson(0.4, n)
        frame["primary_care_cost_sek"] = np.round(rng.gamma(1.5, 3000, n), 2)
        frame["avoidable_admission_cost_sek"] = np.round(rng.gamma(1.5, 30000, n), 2)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def contacts(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Several contacts a person; the unit, and with it provider type, differs between them."""
    own = ["sex", "age_band", "education", "income_quintile", "period_code", "person_key"]
    frame = people.sample(500, replace=True, random_state=7).reset_index(drop=True)
    frame["provider_type"] = rng.choice(np.array(["region", "non_profit"], dtype=object), 500)
    frame["contact_id"] = [f"c{i}" for i in range(500)]
    places = np.random.default_rng(501)
    frame["unit_hsa_id"] = places.choice(np.array(["unit-a", "unit-b"], dtype=object), 500)
    year = frame["period_code"].str[4:8].astype(int)
    frame["counted_date"] = [date(one, 1 + i % 5, 1 + i % 28) for i, one in enumerate(year)]
    frame["wait_days"] = pd.array(rng.integers(0, 12, 500), dtype="Int64")
    frame.loc[::9, "wait_days"] = pd.NA
    ended = frame["wait_days"].notna()
    places_in_turn = np.arange(500) % 2 == 0
    frame["wait_status"] = np.where(
        ended, "assessed", np.where(places_in_turn, "waiting", "gave_up")
    )
    frame["waited_days"] = frame["wait_days"].where(ended, pd.NA)
    frame.loc[~ended & places_in_turn, "waited_days"] = 40  # of the others nobody knows the day
    frame["is_assessed_within_3_days"] = (frame["wait_days"] <= 3).fillna(False).astype(bool)
    for name in ("licensed", "guarantee_covered"):
        frame[name] = rng.random(500) < 0.9
    frame["patient_chosen_wait"] = rng.choice(np.array([True, False, None], dtype=object), 500)
    frame["cancelled"] = rng.random(500) < 0.1
    frame["visit_type"] = rng.choice(np.array(["new", "return"], dtype=object), 500)
    stay = [one for one in frame.columns if one not in {"age", "is_listed"}]
    assert set(own) <= set(stay)
    return frame[stay]


def telephony(rng: np.random.Generator) -> pd.DataFrame:
    """Calls by unit: only structural and area dimensions."""
    frame = pd.DataFrame(strata(rng, 12))
    for name, one in DIMENSIONS.items():
        if one.family == "individual":
            frame[name] = None
    frame["age_group"] = frame["morbidity"] = None
    frame["period_code"] = "r12-2024-12"
    frame["person_key"] = pd.array([pd.NA] * 12, dtype="Int64")
    frame["calls_incoming"] = rng.integers(100, 999, 12)
    frame["calls_answered_same_day"] = frame["calls_incoming"] - rng.integers(0, 90, 12)
    frame["calls_abandoned"] = 0
    return frame


def telephony_months() -> pd.DataFrame:
    """Calls of three units in two months, one of them before the year that is counted."""
    months = [date(2023, 12, 1), date(2024, 1, 1)]
    return pd.DataFrame(
        [
            {
                "unit_hsa_id": unit,
                "call_month": month,
                "calls_incoming": 100 + 10 * i + j,
                "calls_answered_same_day": 90 + i,
                "calls_abandoned": 0,
            }
            for i, unit in enumerate(["unit-a", "unit-b", "unit-c"])
            for j, month in enumerate(months)
        ]
    )


def survey(rng: np.random.Generator) -> pd.DataFrame:
    """Answers of people whom nobody knows."""
    frame = pd.DataFrame(strata(rng, 80))
    frame["period_code"] = "r12-2024-12"
    frame["person_key"] = pd.array([pd.NA] * 80, dtype="Int64")
    frame["response_id"] = [f"r{i // 2}" for i in range(80)]
    frame["survey_dimension"] = ["accessibility", "information"] * 40
    frame["is_positive"] = rng.random(80) < 0.8
    return frame


def area_values(rng: np.random.Generator) -> pd.DataFrame:
    """Two measures of ten municipalities; one area dimension in a cumulative variant as well."""
    frame = pd.DataFrame({name: strata(rng, 20)[name] for name in AREA})
    frame["area_income_quintile_cumulative"] = frame["area_income_quintile"]
    frame["area_type"] = None
    frame["period_code"] = "year-2020"
    frame["source"] = "kolada"
    frame["measure_code"] = ["N00001", "N00002"] * 10
    frame["cluster_key"] = frame["area_code"] = [f"12{i // 2:02d}" for i in range(20)]
    frame["population"] = rng.integers(7000, 350_000, 20)
    frame["value"] = np.round(rng.normal(25, 5, 20), 2)
    frame["weighted_value"] = frame["value"] * frame["population"]
    return frame


@pytest.fixture(scope="session")
def frames() -> dict[str, pd.DataFrame]:
    """The facts as frames, for the counting that the cells are held against."""
    rng = np.random.default_rng(20241231)
    people = persons(rng)
    return {
        "fct_person": people,
        "fct_contact": contacts(rng, people),
        "fct_telephony": telephony(rng),
        "fct_telephony_month": telephony_months(),
        "fct_survey": survey(rng),
        "fct_area_value": area_values(rng),
    }


def build(frames: dict[str, pd.DataFrame]) -> duckdb.DuckDBPyConnection:
    """Return a database in memory with the facts in schema ``mart``."""
    connection = duckdb.connect()
    connection.execute("create schema mart")
    for name, frame in frames.items():
        texts = [_column(one, frame[one]) for one in frame.columns]
        connection.register("given", frame)
        connection.execute(f"create table mart.{name} as select {', '.join(texts)} from given")
        connection.unregister("given")
    return connection


@pytest.fixture(scope="session")
def mart(frames: dict[str, pd.DataFrame]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The facts, for tests that only read them."""
    with build(frames) as connection:
        yield connection


@pytest.fixture
def own_mart(frames: dict[str, pd.DataFrame]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The facts, for a test that changes them."""
    with build(frames) as connection:
        yield connection


def _column(name: str, values: pd.Series) -> str:
    if name in PERSON_MEASURES:
        return f"{name}::{PERSON_MEASURES[name]} as {name}"
    return f"{name}::varchar as {name}" if values.isna().all() and name != "person_key" else name


@dataclass
class Counted:
    """Cells counted from a mart: what was reported, and a way to read them."""

    report: CellReport
    path: Path

    def read(self, query: str) -> pd.DataFrame:
        """Return the answer to a query on the cells."""
        with duckdb.connect(str(self.path), read_only=True) as cells:
            return cells.execute(query).df()


Counter = Callable[..., Counted]
NOTHING_MORE = Asked()


@pytest.fixture
def counted(mart: duckdb.DuckDBPyConnection, tmp_path: Path) -> Counter:
    """Count indicators by id; ``extra`` declares more, ``source`` replaces the shared mart."""

    def count(
        *ids: str,
        dimensions: tuple[str, ...] = (),
        extra: tuple[Path, ...] = (),
        two_way: bool = False,
        asked: Asked = NOTHING_MORE,
        source: duckdb.DuckDBPyConnection = mart,
    ) -> Counted:
        path = tmp_path / "cells.duckdb"
        chosen = load_catalogue(extra).select(ids)
        report = count_cells(source, path, chosen, dimensions, asked=asked, two_way=two_way)
        return Counted(report, path)

    return count
