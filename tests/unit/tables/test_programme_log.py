"""T8d: each unit's beginning, activities and leaving stand in the log, and no cost does."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.disclosure.units import NamedUnits
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.programme_log import programme_log
from equity_pipeline.tables.table import COUNT_SCHEMA, PersonCounts

UNIT = {"approach_code": "telephone", "cost_sek": 185_000.0, "target_area": "M1"}
ENROLLED = [
    {"programme_id": "A", "unit_hsa_id": "U1", "from_date": date(2023, 1, 1), "to_date": None,
     "stop_reason": None, **UNIT},
    {"programme_id": "A", "unit_hsa_id": "U2", "from_date": date(2023, 3, 1),
     "to_date": date(2023, 10, 1), "stop_reason": "Personalbrist", **UNIT},
]  # fmt: skip
TRIED = [
    {"activity_id": "ACT-1", "programme_id": "A", "unit_hsa_id": "U1", "target_area": "M2",
     "from_date": date(2023, 5, 1), "to_date": None, "activity_description": "Tolk bokas"},
    {"activity_id": "ACT-2", "programme_id": "A", "unit_hsa_id": None, "target_area": "M1",
     "from_date": date(2023, 6, 1), "to_date": None, "activity_description": "Brev"},
]  # fmt: skip


@pytest.fixture(name="log")
def _log():
    def make(enrolled=ENROLLED, tried=TRIED):
        none = pd.DataFrame()
        context = FormContext("run-1", "12", "Region", none, {}, none, none, "")
        units = pa.table({"unit_hsa_id": ["U1", "U2"], "unit_name": ["Ett", "Två"]})
        beside = {"programmes": pa.Table.from_pylist(enrolled), "units": units}
        if tried:
            beside["activities"] = pa.Table.from_pylist(tried)
        return programme_log(Given(context, none, None, beside, {})).tables

    return make


def rows(tables):
    return tables["programme_log"].data.to_pylist()


def test_who_began_and_who_left_stand_with_their_day_and_their_reason(log):
    told = {(row["unit_hsa_id"], row["programme_event"]): row for row in rows(log())}
    assert told["U1", "began"]["event_date"] == date(2023, 1, 1)
    assert told["U2", "left"]["event_date"] == date(2023, 10, 1)
    assert told["U2", "left"]["event_words"] == "Personalbrist"
    assert ("U1", "left") not in told and told["U2", "began"]["unit_name"] == "Två"


def test_an_activity_without_a_unit_is_every_units_and_one_with_a_unit_its_own(log):
    tried = [(row["unit_hsa_id"], row["event_id"]) for row in rows(log()) if row["target_area"]]
    assert tried == [("U1", "ACT-1"), ("U1", "ACT-2"), ("U2", "ACT-2")]


def test_nobody_logged_anything_and_still_it_is_told_who_took_part(log):
    assert [row["programme_event"] for row in rows(log(tried=[]))] == ["began", "began", "left"]


def test_no_programme_is_an_empty_log(log):
    none = pa.Table.from_pylist(ENROLLED).slice(0, 0)
    assert log(enrolled=none.to_pylist())["programme_log"].data.num_rows == 0


def test_the_log_tells_no_costs_and_a_unit_with_one_physician_only_itself(log):
    nobody = PersonCounts(pa.Table.from_pylist([], COUNT_SCHEMA))
    named = NamedUnits(units=frozenset({"U2"}))
    made = disclose(log(), nobody, DisclosurePolicy(), kinds={}, named=named)
    told = made.tables["programme_log"].data
    assert set(told["unit_hsa_id"].to_pylist()) == {"U1"}
    assert [name for name in told.column_names if "cost" in name] == []
