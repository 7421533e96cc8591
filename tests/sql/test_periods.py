from __future__ import annotations

from datetime import date

CODES = (
    "select period_code, period_start, period_end, data_status from mart.dim_period order by 3, 1"
)


def test_rolling_years_end_with_the_last_whole_month_before_the_run(warehouse):
    warehouse.build(as_of=date(2024, 3, 1), periods={"count": 2, "quarters": 0})
    assert warehouse.ask(CODES) == [
        {"period_code": "r12-2023-02", "period_start": date(2022, 3, 1),
         "period_end": date(2023, 3, 1), "data_status": "final"},
        {"period_code": "r12-2024-02", "period_start": date(2023, 3, 1),
         "period_end": date(2024, 3, 1), "data_status": "preliminary"},
    ]  # fmt: skip


def test_the_sample_has_five_calendar_years_and_the_four_quarters_of_the_last(warehouse):
    warehouse.build()
    assert {row["period_code"] for row in warehouse.ask(CODES)} == {
        "r12-2020-12", "r12-2021-12", "r12-2022-12", "r12-2023-12", "r12-2024-12",
        "q-2024-1", "q-2024-2", "q-2024-3", "q-2024-4",
    }  # fmt: skip


def test_a_whole_delivery_runs_from_its_first_contact_to_the_day_after_its_last(warehouse):
    for number, day in enumerate((date(2016, 6, 8), date(2016, 4, 29))):
        warehouse.put("contact", {"contact_id": str(number), "contact_date": day})
    warehouse.build(periods={"kind": "whole_delivery"})
    assert warehouse.ask("select period_start, period_end from mart.dim_period") == [
        {"period_start": date(2016, 4, 29), "period_end": date(2016, 6, 9)}
    ]


def test_years_of_area_values_are_periods_of_their_own_and_count_no_persons(region):
    region.put("area_value", {"source": "kolada", "measure_code": "N1", "area_code": "1280",
                              "area_kind": "municipality", "year": 2022, "value": 1.0})  # fmt: skip
    region.build(periods={"count": 1, "quarters": 0})
    assert set(region.values("mart.dim_period", "period_kind", by="period_code")) == {
        "y-2022", "r12-2024-12",
    }  # fmt: skip
    assert set(region.values("mart.fct_person", "1", by="period_code")) == {"r12-2024-12"}
