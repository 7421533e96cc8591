"""T9b and T9c by hand: a municipality of two areas that differ, and one of two alike."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.tables.area_priority import classes, priority
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.form import Given

PERIOD = "r12-2024-12"
PLACE = ["geography_level", "geography_code"]
AREAS = {"A1": (300, 500), "A2": (100, 500), "B1": (400, 500), "B2": (400, 500)}


class Held:
    """Cells of places by hand: the same share in each, of persons who are counted once."""

    def __init__(self, areas):
        self.areas = areas

    def rows(self):
        yield from (("regso", code, s, n) for code, (s, n) in self.areas.items())
        for name in sorted({code[0] for code in self.areas}):
            held = [one for code, one in self.areas.items() if code[0] == name]
            yield "municipality", name, sum(s for s, _ in held), sum(n for _, n in held)
        yield "unit", "SE-A", 1, 100

    def of(self, table, indicator_id, *, period_code=None):
        assert period_code == PERIOD
        frame = pd.DataFrame(self.rows(), columns=[*PLACE, "s", "n"])
        frame = frame.assign(period_code=PERIOD, dimension="total", level="all")
        if table == "by_place":
            return pa.Table.from_pandas(frame.assign(d=frame["n"].astype(float)))
        return pa.Table.from_pandas(
            frame.assign(
                strat2_level="all",
                n_persons=frame["n"],
                n_persons_with=frame["s"],
                n_persons_without=frame["n"] - frame["s"],
            ).drop(columns=["s", "n"])
        )


def given(areas=AREAS, *indicators, beside=None):
    catalogue, nothing = load_catalogue(), pd.DataFrame()
    periods = pd.DataFrame(
        {
            "period_code": [PERIOD],
            "period_kind": ["rolling_12_months"],
            "period_start": [date(2024, 1, 1)],
            "period_end": [date(2025, 1, 1)],
            "data_status": ["final"],
            "area_vintage": ["DESO_2018"],
        }
    )
    declared = {one: catalogue[one] for one in indicators or ("TG07",)}
    context = FormContext("a", "12", "R", periods, declared, nothing, nothing, PERIOD)
    places = pa.Table.from_pylist(
        [
            {"geography_level": "regso", "geography_code": one, "geography_name": one,
             "parent_code": one[0]}
            for one in areas
        ]
    )  # fmt: skip
    return Given(context, nothing, Held(areas), {"places": places, **(beside or {})}, {})


def row(made, code):
    rows = made.tables["area_priority"].data.to_pylist()
    return next(one for one in rows if one["geography_code"] == code)


def test_an_area_below_the_others_and_one_uneven_within_itself_have_flags_of_their_own():
    made = priority(given())
    low = row(made, "A")
    assert (low["low_result_flag"], low["high_variation_flag"]) == (True, True)
    assert (low["value"], low["reference_value"]) == (0.4, 0.6)
    assert (low["shortfall"], low["spread"]) == (pytest.approx(0.2), pytest.approx(0.28, abs=0.01))
    assert low["n_large_parts"] == 2
    even = row(made, "B")
    assert (even["low_result_flag"], even["high_variation_flag"]) == (False, False)


def test_an_area_without_parts_has_a_result_and_no_spread():
    told = row(priority(given()), "A2")
    assert (told["geography_level"], told["low_result_flag"]) == ("regso", True)
    assert (told["spread"], told["high_variation_flag"]) == (None, None)


def test_the_better_side_is_the_indicators_own():
    low = row(priority(given(AREAS, "TG02")), "A")  # need without contact: fewer is better
    assert (low["low_result_flag"], low["shortfall"]) == (False, pytest.approx(-0.2))


def test_no_spread_is_told_that_a_hidden_area_could_be_computed_from():
    areas = {**AREAS, "A2": (3, 500)}
    told = row(priority(given(areas)), "A")
    assert (told["spread"], told["spread_p"], told["high_variation_flag"]) == (None, None, None)
    assert told["low_result_flag"] is True


def test_units_are_no_areas_and_what_has_no_good_side_has_no_priority():
    made = priority(given()).tables["area_priority"].data
    assert "unit" not in made["geography_level"].to_pylist()
    assert priority(given(AREAS, "TG01")).tables["area_priority"].data.num_rows == 0


def test_the_class_of_an_area_is_told_with_its_criteria():
    held = pa.Table.from_pylist(
        [
            {"area_code": "1280R001", "vintage": "DESO_2018", "year": 2023, "area_kind": "regso",
             "is_low_education": True, "is_low_income": True, "is_low_employment": True,
             "is_high_foreign_born": True, "is_high_ill_health": True, "n_criteria_met": 5,
             "area_class": "resource_weak", "area_class_four_criteria": "resource_weak"},
            {"area_code": "1280R002", "vintage": "DESO_2018", "year": 2023, "area_kind": "regso",
             "is_low_education": None, "area_class": "missing"},
        ]
    )  # fmt: skip
    made = classes(given(beside={"area_classes": held})).tables["area_classification"].data
    first, second = made.to_pylist()
    assert (first["n_criteria_met"], first["area_class"], first["value_status"]) == (
        5, "resource_weak", "shown",
    )  # fmt: skip
    assert first["area_class_label_sv"] == "områden med socioekonomiska utmaningar"
    assert second["value_status"] == "not_reported"
