"""T5: slopes between breaks, who moves a gap, and a base year that nobody picked."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.settings.series import SeriesBreak
from equity_pipeline.statistics.estimate import student
from equity_pipeline.statistics.trend import slope
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.tables.trend import trend
from equity_pipeline.vocabulary import vocabulary
from tests.formed import given_of, spread

YEARS = (2019, 2020, 2021, 2022, 2023)


def rows(focus, reference, *, indicator="VT01", dimension="income_quintile", n=100_000,
         levels=("q1", "q5"), years=YEARS, **more):  # fmt: skip
    return [
        row
        for year, *pair in zip(years, focus, reference, strict=True)
        for level, share in zip(levels, pair, strict=True)
        for row in spread(
            level, n, round(n * share), indicator_id=indicator, dimension=dimension,
            period_code=f"r12-{year}-12", **more,
        )
    ]  # fmt: skip


def made(held, options=None, vintages=None):
    given = given_of(held, forms=True)
    gaps = given.made["gap"]
    if vintages is not None:
        frame = gaps.data.to_pandas()
        frame["area_vintage"] = [vintages[day.year] for day in frame["period_start"]]
        gaps = StratifiedTable.of("gap", frame)
    done = trend(gaps, given.made["stratified"], given.context, options)
    return done.data.to_pandas()


def broken(found):
    return found["series_break"].astype(object).where(found["series_break"].notna(), None).tolist()


def moving(start, per_year):
    return [start + per_year * at for at in range(len(YEARS))]


DRIVEN = [
    ("focus_improves", "narrowing", 0.02, 0.0, False),
    ("focus_improves_faster", "narrowing", 0.03, 0.01, False),
    ("both", "narrowing", 0.01, -0.01, False),
    ("reference_worsens", "narrowing", 0.0, -0.02, True),
    ("reference_worsens_faster", "narrowing", -0.01, -0.03, True),
    ("focus_worsens", "widening", -0.02, 0.0, False),
    ("focus_worsens_faster", "widening", -0.03, -0.01, False),
    ("both_apart", "widening", -0.01, 0.01, False),
    ("reference_improves", "widening", 0.0, 0.02, False),
    ("reference_improves_faster", "widening", 0.01, 0.03, False),
]


@pytest.mark.parametrize(("driver", "direction", "focus", "reference", "down"), DRIVEN)
def test_the_group_that_moves_is_named(driver, direction, focus, reference, down):
    found = made(rows(moving(0.5, focus), moving(0.75, reference)))
    assert set(found["driver"]) == {driver}
    assert set(found["gap_direction"]) == {direction}
    assert set(found["levelling_down"]) == {down}
    assert found["driver_label_sv"].iloc[0] == vocabulary().codes["driver"][driver].sv


def test_where_less_is_better_getting_more_is_getting_worse():
    found = made(
        [
            row
            for age in ("30-34", "70-74")
            for row in rows(moving(0.3, 0.0), moving(0.1, 0.02), indicator="BR07", age_group=age)
        ]
    )
    assert set(found["driver"]) == {"reference_worsens"}
    assert found["levelling_down"].all()


def test_the_driver_of_every_kind_is_tried():
    assert {one[0] for one in DRIVEN} == set(vocabulary().codes["driver"])


def test_a_group_that_moves_by_chance_stands_still_beside_one_that_moves():
    small, falling = [0.60, 0.60, 0.60, 0.65, 0.65], moving(0.9, -0.04)
    few = [row for row in rows(small, falling, n=100) if row["level"] == "q1"]
    many = rows(small, falling)
    assert set(made(many)["driver"]) == {"both"}
    beside = [row for row in many if row["level"] == "q5"]
    assert set(made([*few, *beside])["driver"]) == {"reference_worsens"}


def test_nobody_is_named_while_it_is_not_known_where_the_gap_goes():
    found = made(rows([0.5, 0.45, 0.55, 0.5, 0.525], [0.7] * 5, n=400))
    assert set(found["gap_direction"]) == {"uncertain"}
    assert found["driver"].isna().all()
    assert found["levelling_down"].isna().all()


def test_a_gap_that_stays_is_unchanged_and_nobody_moves_it():
    found = made(rows([0.6] * 5, [0.7] * 5))
    assert set(found["gap_direction"]) == {"unchanged"}
    assert found["driver"].isna().all()


def test_errors_are_taken_back_with_students_t_and_not_with_the_normal():
    held = rows([0.5, 0.51, 0.52], [0.7] * 3, n=2000, years=YEARS[:3])
    given = given_of(held, forms=True)
    frame = given.made["gap"].data.to_pandas()
    frame = frame[frame["is_headline"]].sort_values("period_end")
    half = (frame["gap_harm_upper"] - frame["gap_harm_lower"]).to_numpy() / 2
    days = pd.to_datetime(frame["period_end"])
    years = ((days - days.min()).dt.days / 365.25).to_numpy()
    made_so = slope(frame["gap_harm"].to_numpy(), (half / student(0.95, 9)) ** 2, years)
    found = trend(given.made["gap"], given.made["stratified"], given.context).data.to_pandas()
    for end in ("lower", "upper"):
        limit = found[f"slope_abs_per_year_{end}"].iloc[0]
        assert limit == pytest.approx(float(getattr(made_so, end)), abs=1e-12)


def test_no_slope_is_drawn_across_a_declared_break():
    bas = SeriesBreak(code="BAS_2020", from_date=date(2021, 1, 1), dimensions=("income_quintile",))
    focus = [0.60, 0.58, 0.70, 0.68, 0.66]
    found = made(rows(focus, [0.8] * 5), FormSettings(series_breaks=(bas,)))
    assert broken(found) == [None, None, "BAS_2020", None, None]
    assert found["segment"].tolist() == [1, 1, 2, 2, 2]
    assert found["n_periods"].tolist() == [2, 2, 3, 3, 3]
    assert found["slope_abs_per_year"].isna().tolist() == [True, True, False, False, False]
    assert found["slope_abs_per_year"].iloc[-1] == pytest.approx(0.02, abs=1e-4)
    assert found["gap_direction"].tolist() == ["uncertain"] * 2 + ["widening"] * 3
    assert found["change_from_base"].isna().tolist() == [True, False, True, True, True]


def test_a_period_on_both_sides_of_a_break_stands_alone():
    middle = SeriesBreak(code="PVQ_REV_2021", from_date=date(2021, 7, 1), indicators=("VT01",))
    found = made(rows(moving(0.6, 0.01), [0.8] * 5), FormSettings(series_breaks=(middle,)))
    assert found["segment"].tolist() == [1, 1, 2, 3, 3]
    assert broken(found) == [None, None, "PVQ_REV_2021", "PVQ_REV_2021", None]
    assert found["slope_abs_per_year"].isna().all()


def test_a_break_concerns_only_the_series_that_it_names():
    other = SeriesBreak(code="X", from_date=date(2021, 1, 1), dimensions=("employment",))
    found = made(rows(moving(0.6, 0.01), [0.8] * 5), FormSettings(series_breaks=(other,)))
    assert found["series_break"].isna().all()
    assert set(found["n_periods"]) == {5}


def test_a_new_area_division_breaks_series_of_areas_and_no_others():
    vintages = {year: "DESO_2018" if year < 2021 else "DESO_2025" for year in YEARS}
    both = [
        *rows(moving(0.6, 0.01), [0.8] * 5),
        *rows(moving(0.6, 0.01), [0.8] * 5, dimension="area_income_quintile"),
    ]
    found = made(both, vintages=vintages)
    areas = found[found["dimension"] == "area_income_quintile"]
    persons = found[found["dimension"] == "income_quintile"]
    assert broken(areas) == [None, None, "DESO_2025", None, None]
    assert persons["series_break"].isna().all()
    assert set(persons["n_periods"]) == {5}


def test_the_base_year_is_the_first_there_is_or_the_one_that_was_decided():
    held = rows(moving(0.6, 0.01), [0.8] * 5)
    first = made(held)
    assert set(first["base_year"]) == {2019}
    assert np.isnan(first["change_from_base"].iloc[0])
    assert first["change_from_base"].iloc[-1] == pytest.approx(-0.04)
    assert (
        first["change_from_base_lower"].iloc[-1]
        < -0.04
        < (first["change_from_base_upper"].iloc[-1])
    )
    decided = made(held, FormSettings(trend_base_year=2021))
    assert set(decided["base_year"]) == {2021}
    assert decided["change_from_base"].iloc[-1] == pytest.approx(-0.02)
    assert made(held, FormSettings(trend_base_year=2010))["change_from_base"].isna().all()


def test_absolute_and_relative_gaps_may_move_apart_and_it_is_said():
    # the gap narrows by a third while the ratio of not being assessed grows
    found = made(rows([0.80, 0.83, 0.86, 0.89, 0.92], [0.86, 0.89, 0.91, 0.93, 0.96]))
    assert (found["slope_abs_per_year"] < 0).all()
    assert (found["slope_rel_per_year"] > 0).all()
    assert not found["abs_rel_agree"].any()
    together = made(rows(moving(0.6, 0.02), [0.8] * 5))
    assert together["abs_rel_agree"].all()
    assert together["gap_rel_unfavourable"].iloc[0] == pytest.approx(2.0)


def test_an_indicator_without_a_good_side_has_no_harm_and_no_driver():
    found = made(rows(moving(0.5, 0.02), [0.8] * 5, indicator="KO01"))
    assert found["gap_harm"].isna().all()
    assert found["slope_abs_per_year"].notna().all()
    assert found["driver"].isna().all()


def test_published_figures_have_a_slope_without_limits_and_no_direction():
    given = given_of(rows(moving(0.6, 0.02), [0.8] * 5), forms=True)
    frame = given.made["gap"].data.to_pandas()
    limits = [name for name in frame if name.endswith(("_lower", "_upper"))]
    frame[limits] = np.nan
    gaps = StratifiedTable.of("gap", frame)
    found = trend(gaps, given.made["stratified"], given.context).data.to_pandas()
    assert found["slope_abs_per_year"].iloc[0] == pytest.approx(-0.02, abs=1e-4)
    assert found["slope_abs_per_year_lower"].isna().all()
    assert set(found["gap_direction"]) == {"uncertain"}
    assert found["driver"].isna().all()


def test_two_years_are_no_trend():
    found = made(rows([0.5, 0.6], [0.8] * 2, years=YEARS[:2]))
    assert found["slope_abs_per_year"].isna().all()
    assert found["driver"].isna().all()


def test_the_level_of_all_stands_beside_the_two_groups():
    whole = [row | {"dimension": "total", "level": "all"} for row in rows([0.5] * 5, [0.8] * 5)]
    found = made([*rows([0.5] * 5, [0.8] * 5), *whole])
    assert found["level_all"].tolist() == pytest.approx([0.65] * 5)


def test_the_order_of_the_rows_does_not_matter():
    held = rows(moving(0.6, 0.01), [0.8] * 5)
    given = given_of(held, forms=True)
    gaps = given.made["gap"].data
    turned = StratifiedTable("gap", gaps.take(pa.array(range(gaps.num_rows)[::-1])))
    once, again = (
        trend(one, given.made["stratified"], replace(given.context)).data
        for one in (given.made["gap"], turned)
    )
    assert once.equals(again)
