"""A definition that comes after the data is known to, and from which day."""

from __future__ import annotations

from datetime import date

import duckdb

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.pipeline.definitions import changed_since

FIRST, SECOND, THIRD = date(2025, 1, 5), date(2025, 2, 5), date(2025, 3, 5)


def test_a_changed_definition_is_told_from_the_day_it_came_and_every_night_after(tmp_path):
    kept, other = load_catalogue().select(["VT01", "TG07"])
    changed = kept.model_copy(update={"mid": 0.01})
    path = str(tmp_path / "person.duckdb")
    with duckdb.connect(path) as connection:
        assert changed_since(connection, [kept, other], FIRST) == {}
    with duckdb.connect(path) as connection:
        assert changed_since(connection, [changed, other], SECOND) == {"VT01": SECOND}
        assert changed_since(connection, [changed, other], THIRD) == {"VT01": SECOND}


def test_the_definition_that_was_first_is_no_change_when_it_comes_back(tmp_path):
    [kept] = load_catalogue().select(["VT01"])
    changed = kept.model_copy(update={"mid": 0.01})
    with duckdb.connect(str(tmp_path / "person.duckdb")) as connection:
        for one, day in ((kept, FIRST), (changed, SECOND)):
            changed_since(connection, [one], day)
        assert changed_since(connection, [kept], THIRD) == {}
