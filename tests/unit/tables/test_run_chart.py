"""T8b: a seeded shift is seen, small months roll over a year, activities stand by their month."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.run_chart import run_charts
from equity_pipeline.tables.spc_limits import charts


def months(unit, events, n=50, *, indicator="VT01", first=(2023, 1)):
    rows = []
    for i, s in enumerate(events):
        year, month = divmod(first[0] * 12 + first[1] - 1 + i, 12)
        rows.append(
            {
                "indicator_id": indicator, "month": date(year, month + 1, 1), "unit_hsa_id": unit,
                "population": "others", "n": n, "d": float(n), "s": float(s), "ss": float(s),
                "sd": float(s), "dd": float(n), "n_persons": n - 1, "n_persons_with": int(s),
                "n_persons_without": n - 1 - int(s),
            }
        )  # fmt: skip
    return rows


def of_years(unit, persons, *, first=(2023, 12)):
    """Return the persons of the twelve months that end with each, all with and half without."""
    return [
        {
            "indicator_id": "VT01", "month": date(first[0] + (first[1] - 1 + i) // 12,
            (first[1] - 1 + i) % 12 + 1, 1), "unit_hsa_id": unit, "n_persons": n,
            "n_persons_with": n, "n_persons_without": n // 2,
        }
        for i, n in enumerate(persons)
    ]  # fmt: skip


class Held:
    def __init__(self, **tables):
        self.tables = tables

    def of(self, table, indicator_id, *, period_code=None):
        del period_code
        rows = [one for one in self.tables.get(table, ()) if one["indicator_id"] == indicator_id]
        return pa.Table.from_pylist(rows)


@pytest.fixture(name="made")
def _made(tabled, cells):
    def make(*rows, data_status="final", rolled_persons=(), **beside):
        _, context = tabled(cells("VT01", "sex", {"female": 0.5, "male": 0.5}))
        context = replace(context, periods=context.periods.assign(data_status=data_status))
        told = {"units": pa.table({"unit_hsa_id": ["A"], "unit_name": ["Name"]}), **beside}
        empty = pd.DataFrame()
        held = Held(monthly=rows, rolled_persons=rolled_persons)
        return run_charts(Given(context, empty, held, told, {}))

    return make


def frame(made):
    return made.tables["run_chart"].data.to_pandas()


STEADY = [30, 32, 29, 31, 28, 33, 30, 31, 29, 32, 30, 28]


def test_a_seeded_shift_of_eight_months_is_a_shift_and_seven_are_none(made):
    eight = frame(made(*months("A", STEADY + [34] * 8 + [28, 27])))
    seven = frame(made(*months("A", STEADY + [34] * 7 + [28, 27])))
    assert (eight["spc_signal"] == "shift").sum() == 8
    assert set(eight["spc_signal"][:12]) == {"none"}
    assert "shift" not in set(seven["spc_signal"])


def test_a_month_far_from_the_line_is_outside_and_seven_rising_months_are_a_trend(made):
    out = frame(made(*months("A", [*STEADY, 10])))
    assert out["spc_signal"].tolist() == ["none"] * 12 + ["outside"]
    rising = frame(made(*months("A", [*STEADY, 27, 28, 29, 30, 31, 32, 33])))
    assert (rising["spc_signal"] == "trend").sum() == 7


def test_limits_are_three_sigmas_of_the_month_and_of_the_base(made):
    row = frame(made(*months("A", [25] * 13))).iloc[-1]
    reach = 3 * np.sqrt(0.25 / 50 + 0.25 / 600)
    assert (row["centre_line"], row["value"], row["n"]) == (0.5, 0.5, 50)
    assert (row["lcl"], row["ucl"]) == pytest.approx((0.5 - reach, 0.5 + reach))


def test_a_series_with_a_small_month_is_shown_by_rolled_years(made):
    rows = months("A", STEADY) + months("A", [9] * 6, n=19, first=(2024, 1))
    table = made(*rows, rolled_persons=of_years("A", range(300, 307)))
    held = frame(table)
    assert set(held["window_months"]) == {12}
    assert held["value_status"].tolist() == ["not_estimated"] * 11 + ["shown"] * 7
    last = held.iloc[-1]
    assert (last["period_start"], last["period_end"]) == (date(2023, 7, 1), date(2024, 7, 1))
    assert last["n"] == 6 * 50 + 6 * 19
    assert last["value"] == pytest.approx((sum(STEADY[6:]) + 54) / 414)
    counted = table.persons.data.to_pandas()
    assert counted["n_persons"].tolist() == [300, 301, 302, 303, 304, 305, 306]
    assert counted["n_persons_without"].tolist() == [150, 150, 151, 151, 152, 152, 153]


def test_a_year_of_small_months_is_shown_where_its_persons_are_many_enough(made):
    """Four a month, each a person of their own: 48 in a year, though no month has twenty."""
    rows = months("A", [2] * 24, n=4)
    table = made(*rows, rolled_persons=of_years("A", [48] * 13))
    told = disclose(
        {"run_chart": table.tables["run_chart"]}, table.persons, DisclosurePolicy(),
        kinds={"VT01": "proportion"},
    ).tables["run_chart"].data.to_pandas()  # fmt: skip
    assert told["value_status"].tolist() == ["not_estimated"] * 11 + ["shown"] * 13


def test_a_year_of_few_who_come_often_is_hidden(made):
    rows = months("A", [10] * 24, n=19)
    table = made(*rows, rolled_persons=of_years("A", [19] * 13))
    told = disclose(
        {"run_chart": table.tables["run_chart"]}, table.persons, DisclosurePolicy(),
        kinds={"VT01": "proportion"},
    ).tables["run_chart"].data.to_pandas()  # fmt: skip
    assert "shown" not in set(told["value_status"])


def test_a_year_overlapping_itself_is_no_shift(made):
    """Years of a steady unit lie on one side for months: only the months themselves are judged."""
    rng = np.random.default_rng(3)
    rows = months("A", rng.binomial(18, 0.6, 60), n=18)
    assert "shift" not in set(frame(made(*rows))["spc_signal"].dropna())


def test_a_short_series_has_values_and_no_verdict(made):
    held = frame(made(*months("A", [30] * 5)))
    assert held["value"].notna().all()
    assert held["spc_signal"].isna().all() and held["centre_line"].isna().all()


def test_months_of_fewer_than_five_say_too_little_to_judge(made):
    held = frame(made(*months("A", [1, 3, 2, 4] * 6, n=4)))
    assert held["value"].notna().sum() == 13
    assert held["spc_signal"].isna().all()


def test_months_after_the_last_closed_year_are_preliminary(made):
    held = frame(made(*months("A", [30] * 14, first=(2024, 1)))).set_index("month")
    assert held.loc[date(2024, 12, 1), "data_status"] == "final"
    assert held.loc[date(2025, 1, 1), "data_status"] == "preliminary"


def test_without_a_closed_year_every_month_is_preliminary(made):
    rows = frame(made(*months("A", STEADY), data_status="preliminary"))
    assert set(rows["data_status"]) == {"preliminary"}


def test_activities_stand_by_the_month_in_which_they_began(made):
    activities = pa.table(
        {
            "activity_id": ["ACT-2", "ACT-1", "ACT-3"],
            "programme_id": ["P", "P", "P"],
            "unit_hsa_id": ["A", "A", None],
            "from_date": [date(2023, 3, 20), date(2023, 3, 1), date(2023, 5, 1)],
        }
    )
    programmes = pa.table({"programme_id": ["P"], "unit_hsa_id": ["A"]})
    held = frame(made(*months("A", [30] * 6), activities=activities, programmes=programmes))
    told = held.set_index("month")[["activity_id", "activity_start"]].dropna()
    assert told.loc[date(2023, 3, 1)].tolist() == ["ACT-1; ACT-2", date(2023, 3, 1)]
    assert told.loc[date(2023, 5, 1), "activity_id"] == "ACT-3"
    assert len(told) == 2


def test_a_month_without_anybody_is_a_row_and_units_begin_with_their_first(made):
    rows = months("A", [30] * 2) + months("A", [30], first=(2023, 4)) + months("B", [30])
    held = frame(made(*rows)).set_index(["unit_hsa_id", "month"])
    assert len(held) == 5
    assert held.loc[("A", date(2023, 3, 1)), "value_status"] == "not_estimated"  # rolled: under 20


def test_false_alarms_are_few_in_steady_units():
    from equity_pipeline.indicators.catalogue import load_catalogue

    rng = np.random.default_rng(7)
    events = rng.binomial(60, 0.7, (400, 60)).astype(float)
    n = np.full_like(events, 60.0)
    made = charts(np.stack([n, n, events, events, events, n]), load_catalogue()["VT01"], 12)
    told = np.array([[one == kind for one in made.signal.ravel()] for kind in ("outside", "trend")])
    assert told.mean(axis=1).tolist() == pytest.approx([0.003, 0.003], abs=0.004)


def test_nothing_counted_by_month_gives_an_empty_form(made):
    table = made()
    assert table.tables["run_chart"].data.num_rows == 0 and table.persons is None
