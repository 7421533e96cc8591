"""A table has exactly its form's columns, and one row a key."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.tables.table import PersonCounts, StratifiedTable, conform, schema_of
from equity_pipeline.vocabulary import vocabulary


@pytest.mark.parametrize("form", sorted(vocabulary().forms))
def test_any_rows_take_the_shape_of_a_form(form):
    held = vocabulary()
    key = next(one for one in held.forms[form].key if held.column(one).type == "VARCHAR")
    made = conform(form, pd.DataFrame({key: ["b", "a"], "not_in_any_form": [1, 2]}))
    assert made.schema == schema_of(form)
    assert made[key].to_pylist() == ["a", "b"]
    assert StratifiedTable(form, made).form == form


def test_not_a_number_and_none_are_both_empty():
    frame = pd.DataFrame(
        {"indicator_id": ["a", "b"], "n_focus": [np.nan, 7.0], "focus_level": [None, "q1"]}
    )
    made = conform("gap", frame)
    assert made["n_focus"].to_pylist() == [None, 7]
    assert made["focus_level"].to_pylist() == [None, "q1"]


def test_every_column_that_cannot_be_read_is_named_without_its_values():
    with pytest.raises(MethodError) as caught:
        conform("gap", pa.table({"n_focus": ["secret"], "gap_abs": ["secret"]}))
    assert "n_focus" in str(caught.value) and "gap_abs" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_table_of_another_shape_is_refused_with_every_difference():
    whole = conform("gap", pa.table({"indicator_id": ["a"]}))
    wrong = whole.drop_columns(["sii"]).append_column("more", pa.array([1]))
    with pytest.raises(MethodError, match="sii: is absent; more: does not belong"):
        StratifiedTable("gap", wrong)
    with pytest.raises(MethodError, match="another order"):
        StratifiedTable("gap", whole.select(whole.column_names[::-1]))
    typed = whole.set_column(
        whole.schema.get_field_index("n_focus"), "n_focus", pa.array([1.0], pa.float64())
    )
    with pytest.raises(MethodError, match="n_focus: is double, must be int64"):
        StratifiedTable("gap", typed)


def test_a_repeated_key_is_refused():
    with pytest.raises(MethodError, match="1 rows of 'gap' repeat the key"):
        StratifiedTable.of("gap", pa.table({"indicator_id": ["a", "a"]}))


def test_counts_take_periods_by_code():
    rows = pd.DataFrame(
        {"indicator_id": ["VT01"], "period_code": ["q"], "dimension": ["sex"], "level": ["female"],
         "strat2": ["all"], "n_persons": [9.0], "n_persons_with": [4], "n_persons_without": [5]}
    )  # fmt: skip
    periods = {"q": (date(2024, 1, 1), date(2024, 4, 1))}
    made = PersonCounts.of(rows, periods=periods, geography_code="12").data.to_pylist()[0]
    assert (made["period_start"], made["n_persons"]) == (date(2024, 1, 1), 9)
    with pytest.raises(MethodError, match="period_start: is absent"):
        PersonCounts.of(rows)
