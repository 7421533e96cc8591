"""The largest contributors of a cell are those of a plain sort over the rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.cells import Asked, count_cells

Read = Callable[[str], list[tuple[object, ...]]]
LARGEST = "top_1, top_2, top_unit_1, top_unit_2"
PERIODS = Asked(long_periods=("r12-2024-12",))

# person, sex, unit, kronor: 1 000 in all, 800 of them at unit a
COSTS = (
    "(1, 'female', 'a', 600), (2, 'male', 'a', 200), (3, 'male', 'b', 150), (4, 'male', 'b', 50)"
)
# person, unit, days: the first person waited twice
WAITS = "(1, 'a', 6), (1, 'b', 4), (2, 'b', 7), (3, 'b', 3), (4, 'a', null)"


@pytest.fixture
def costs(tmp_path: Path) -> Read:
    """Count the cost of four persons, one row each."""
    return counted(
        tmp_path,
        "KO01",
        "create table mart.fct_person as select 'r12-2024-12' as period_code, key as person_key,"
        " unit as cluster_key, unit as unit_hsa_id, '1280' as municipality_code, sex,"
        " '45-64' as age_band, '60-64' as age_group, 'none' as morbidity, 'q1' as income_quintile,"
        " true as is_listed, 1.0::decimal(5, 2) as person_years,"
        " sek::decimal(12, 2) as primary_care_cost_sek"
        f" from (values {COSTS}) v(key, sex, unit, sek)",
    )


@pytest.fixture
def waits(tmp_path: Path) -> Read:
    """Count the waits of three persons, one of whom has two."""
    return counted(
        tmp_path,
        "VT03",
        "create table mart.fct_contact as select 'r12-2024-12' as period_code, key as person_key,"
        " unit as cluster_key, unit as unit_hsa_id, 'female' as sex, '60-64' as age_group,"
        " 'none' as morbidity, 'q1' as income_quintile, 'new' as visit_type, true as licensed,"
        " true as guarantee_covered, false as patient_chosen_wait, false as cancelled,"
        f" days as wait_days, days as waited_days, 'completed' as wait_status"
        f" from (values {WAITS}) v(key, unit, days)",
    )


def counted(folder: Path, indicator: str, rows: str) -> Read:
    with duckdb.connect() as connection:
        connection.execute("create schema mart")
        connection.execute(rows)
        chosen = load_catalogue().select([indicator])
        count_cells(connection, folder / "cells.duckdb", chosen, asked=PERIODS)

    def read(query: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(folder / "cells.duckdb")) as cells:
            return cells.execute(query).fetchall()

    return read


def test_of_a_sum_the_two_largest_persons_and_units_are_known(costs: Read) -> None:
    found = costs(
        f"select {LARGEST} from persons where dimension = 'total' and strat2_level = 'all'"
    )
    assert found == [(0.6, 0.2, 0.8, 0.2)]


def test_each_sex_has_its_own_largest(costs: Read) -> None:
    found = costs(
        f"select strat2_level, {LARGEST} from persons"
        " where dimension = 'income_quintile' and strat2_level <> 'all' order by all"
    )
    assert found == [("female", 1.0, 0.0, 1.0, 0.0), ("male", 0.5, 0.375, 0.5, 0.5)]


def test_the_contacts_of_a_person_are_one_contribution(waits: Read) -> None:
    found = waits(
        f"select {LARGEST} from persons where dimension = 'total' and strat2_level = 'all'"
    )
    assert found == [(0.5, 0.35, 0.7, 0.3)]


def test_places_and_strata_have_their_largest_too(costs: Read) -> None:
    where = "dimension = 'total' and strat2_level = 'all'"
    assert costs(
        f"select geography_code, {LARGEST} from place_persons where {where} order by all"
    ) == [
        ("1280", 0.6, 0.2, 0.8, 0.2),
        ("a", 0.75, 0.25, 1.0, 0.0),
        ("b", 0.75, 0.25, 1.0, 0.0),
    ]
    assert costs(f"select sex, {LARGEST} from strata order by all") == [
        ("female", 1.0, 0.0, 1.0, 0.0),
        ("male", 0.5, 0.375, 0.5, 0.5),
    ]


def test_what_only_counts_has_no_largest(tmp_path: Path) -> None:
    read = counted(
        tmp_path,
        "TG07",
        "create table mart.fct_person as select 'r12-2024-12' as period_code, key as person_key,"
        " unit as cluster_key, unit as unit_hsa_id, sex, '60-64' as age_group,"
        " 'none' as morbidity, true as is_listed, true as has_named_physician"
        f" from (values {COSTS}) v(key, sex, unit, sek)",
    )
    assert set(read(f"select {LARGEST} from persons")) == {(None, None, None, None)}
