"""Cells are read from one open file, and from the new one when another was put in its place."""

import duckdb
import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.cells import count_cells
from equity_pipeline.pipeline.counting import CountedCells
from equity_pipeline.settings import RunSettings, Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(run=RunSettings(home=tmp_path))


def count(settings, persons):
    with duckdb.connect() as connection:
        connection.execute("create schema mart")
        connection.execute(
            "create table mart.fct_person as select 'r12-2024-12' as period_code,"
            " key as person_key, 'female' as sex, true as is_listed,"
            f" key % 2 = 0 as has_named_physician from range({persons}) as v(key)"
        )
        chosen = load_catalogue().select(["TG07"])
        count_cells(connection, settings.cells_database, chosen)


def test_the_cells_of_a_new_file_are_read_after_the_old_one_was_closed(settings):
    count(settings, 10)
    cells = CountedCells(settings)
    first = cells.of("one_way", "TG07")
    cells.close()
    count(settings, 30)
    again = cells.of("one_way", "TG07")
    cells.close()
    totals = [
        sum(row["n"] for row in one.to_pylist() if row["dimension"] == "total")
        for one in (first, again)
    ]
    assert totals == [10, 30]


def test_the_file_is_opened_once_for_many_questions(settings, monkeypatch):
    count(settings, 10)
    cells = CountedCells(settings)
    cells.of("one_way", "TG07")
    monkeypatch.setattr("equity_pipeline.pipeline.counting.open_cells", None)
    assert cells.of("persons", "TG07").num_rows > 0
    cells.close()
