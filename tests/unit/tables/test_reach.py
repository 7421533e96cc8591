"""T11 by hand: who has a need and no contact among everyone listed."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.reach import reach

PERIOD = "r12-2024-12"
KEYS = ["period_code", "dimension", "level", "sex", "age_group", "morbidity", "cluster_key"]
PLACE_KEYS = ["period_code", "geography_level", "geography_code", "dimension", "level", "sex"]
PERSON_KEYS = [*PLACE_KEYS[:-1], "strat2_level", "n_persons", "n_persons_with", "n_persons_without"]


class Held:
    """Cells of several measures by hand: name of the table -> measure -> rows."""

    def __init__(self, **tables):
        self.tables = tables

    def of(self, table, indicator_id, *, period_code=None):
        columns = {
            "one_way": [*KEYS, "n", "d", "s"],
            "by_place": [*PLACE_KEYS, "n", "d", "s"],
            "place_persons": ["indicator_id", *PERSON_KEYS],
        }[table]
        rows = self.tables.get(table, {}).get(indicator_id, [])
        assert period_code == PERIOD
        return pa.Table.from_pandas(
            pd.DataFrame([{"indicator_id": indicator_id, **one} for one in rows], columns=columns),
            preserve_index=False,
        )


def cell(level, n, s, d=None, dimension="income_quintile"):
    return {"period_code": PERIOD, "dimension": dimension, "level": level, "sex": "female",
            "age_group": "30-34", "morbidity": "none", "cluster_key": "A", "n": n,
            "d": float(n if d is None else d), "s": float(s)}  # fmt: skip


def at(kind, code, n, s):
    return {"period_code": PERIOD, "geography_level": kind, "geography_code": code,
            "dimension": "total", "level": "all", "sex": "female", "n": n, "d": float(n),
            "s": float(s)}  # fmt: skip


ONE_WAY = {
    "RE01": [cell("q1", 1000, 400), cell("q5", 1000, 200), cell("all", 2000, 600, None, "total")],
    "TG02": [cell("q1", 400, 40), cell("q5", 200, 5), cell("all", 600, 45, None, "total")],
    "RE02": [cell("q1", 400, 60), cell("q5", 200, 2), cell("all", 600, 62, None, "total")],
    "RE03": [cell("q1", 1000, 300, 375.0), cell("q5", 1000, 200, 125.0)],
}
PLACES = {
    "RE01": [at("unit", "SE-A", 100, 30)],
    "TG02": [at("unit", "SE-A", 30, 6)],
}
PERSONS = {
    "RE01": [
        {"period_code": PERIOD, "geography_level": "unit", "geography_code": "SE-A",
         "dimension": "total", "level": "all", "strat2_level": "all", "n_persons": 100,
         "n_persons_with": 30, "n_persons_without": 70}
    ]
}  # fmt: skip


def given(**tables):
    periods = pd.DataFrame(
        {
            "period_code": [PERIOD, "q-2024-4"],
            "period_kind": ["rolling_12_months", "quarter"],
            "period_start": [date(2024, 1, 1), date(2024, 10, 1)],
            "period_end": [date(2025, 1, 1)] * 2,
            "data_status": ["final"] * 2,
            "area_vintage": ["DESO_2018"] * 2,
        }
    )
    nothing, declared = pd.DataFrame(), {"TG02": load_catalogue()["TG02"]}
    context = FormContext("a", "12", "R", periods, declared, nothing, nothing, PERIOD)
    places = pa.table(
        {"geography_level": ["unit"], "geography_code": ["SE-A"], "geography_name": ["Alfa"],
         "parent_code": ["12"]}
    )  # fmt: skip
    return Given(context, nothing, Held(**tables), {"places": places}, {})


@pytest.fixture(name="made")
def _made():
    return reach(given(one_way=ONE_WAY, by_place=PLACES, place_persons=PERSONS))


def row(made, level, definition="observed", geography="12", dimension="income_quintile"):
    rows = made.tables["reach"].data.to_pylist()
    key = (level, definition, geography, dimension)
    names = ("level", "need_definition", "geography_code", "dimension")
    return next(one for one in rows if tuple(one[name] for name in names) == key)


def test_the_base_is_everyone_listed_and_the_share_is_of_those_with_a_need(made):
    q1 = row(made, "q1")
    assert (q1["n_listed"], q1["n_need"], q1["n_need_no_contact_18m"]) == (1000, 400, 40)
    assert (q1["share"], round(q1["share_lower"], 4), round(q1["share_upper"], 4)) == (
        0.1, 0.0743, 0.1333,
    )  # fmt: skip
    assert q1["language_need_share"] == 0.15


def test_the_diagnosed_stand_beside_what_age_and_sex_would_give(made):
    q1 = row(made, "q1", "expected_model")
    assert (q1["expected_diagnosed"], q1["observed_diagnosed"]) == (375.0, 300)
    assert q1["ratio_obs_exp"] == pytest.approx(0.8)
    assert q1["ratio_obs_exp_lower"] < 0.8 < q1["ratio_obs_exp_upper"] < 1
    assert q1["share"] is None


def test_every_row_says_what_it_cannot_say(made):
    rows = made.tables["reach"].data.to_pylist()
    assert {one["limitation_id"] for one in rows} == {"reach_1", "reach_2"}
    assert all(one["limitation_sv"] and one["limitation_en"] for one in rows)
    assert "kan inte veta" in row(made, "q1")["limitation_sv"]


def test_a_unit_has_its_row_and_its_name(made):
    told = row(made, "all", geography="SE-A", dimension="total")
    assert (told["geography_level"], told["geography_name"]) == ("unit", "Alfa")
    assert (told["n_listed"], told["share"]) == (100, 0.2)
    assert told["language_need_share"] is None


def test_the_persons_of_places_are_told_for_the_door_and_those_of_the_region_are_counted(made):
    behind = made.persons.data.to_pylist()
    assert [(one["indicator_id"], one["geography_code"], one["n_persons"]) for one in behind] == [
        ("RE01", "SE-A", 100)
    ]
    assert made.kinds == {"RE03": "rate"}


def test_a_group_where_nobody_has_a_need_has_no_share():
    cells = {**ONE_WAY, "RE01": [cell("q1", 50, 0)], "TG02": [], "RE02": []}
    told = row(reach(given(one_way=cells)), "q1")
    assert (told["n_need"], told["share"], told["value_status"]) == (0, None, "no_population")


def test_without_contacts_far_enough_back_there_is_no_share_but_the_expected_stand():
    cells = {"RE03": ONE_WAY["RE03"]}
    rows = reach(given(one_way=cells)).tables["reach"].data.to_pylist()
    assert {one["need_definition"] for one in rows} == {"expected_model"}


def test_without_any_long_period_the_table_is_empty():
    held = given(one_way=ONE_WAY)
    quarter = held.context.periods.iloc[1:]
    made = reach(replace(held, context=replace(held.context, periods=quarter)))
    assert made.tables["reach"].data.num_rows == 0


def test_the_bytes_do_not_hang_on_the_order_of_the_cells(made):
    turned = {name: rows[::-1] for name, rows in ONE_WAY.items()}
    again = reach(given(one_way=turned, by_place=PLACES, place_persons=PERSONS))
    assert again.tables["reach"].data.equals(made.tables["reach"].data)
