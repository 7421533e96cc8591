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


def deliver(warehouse, load_id, extracted, months, *, entity="contact", replaced_by=None):
    """Put a load into the books: its day, and by month the content of its rows."""
    columns = "load_id, verdict, delivered_as_of, extracted_at, replaced_by"
    warehouse.connection.execute(
        f"insert into raw.delivery ({columns}) values (?, 'accept', ?, ?, ?)",
        [load_id, extracted, extracted, replaced_by],
    )
    for month, content in months.items():
        warehouse.connection.execute(
            "insert into raw.delivery_month values (?, ?, ?, 9, ?)",
            [load_id, entity, f"{month}-01", content],
        )


YEARS = {"r12-2022-12": "final", "r12-2023-12": "final", "r12-2024-12": "preliminary"}


def statuses(warehouse):
    warehouse.build(periods={"count": 3, "quarters": 0})
    return warehouse.values("mart.dim_period", "data_status", by="period_code")


def test_whole_years_that_are_delivered_on_one_day_are_not_late(warehouse):
    deliver(warehouse, 1, date(2025, 1, 10), {"2023-06": "a", "2023-12": "b"})
    deliver(warehouse, 2, date(2025, 1, 10), {"2022-06": "c", "2022-12": "d"})
    deliver(warehouse, 3, date(2025, 1, 10), {"2024-06": "e", "2024-12": "f"})
    assert statuses(warehouse) == YEARS


def test_months_delivered_one_after_the_other_are_not_late(warehouse):
    deliver(warehouse, 1, date(2024, 1, 5), {"2023-12": "a"})
    deliver(warehouse, 2, date(2024, 2, 5), {"2024-01": "b"})
    deliver(warehouse, 3, date(2025, 1, 5), {"2024-12": "c"})
    assert statuses(warehouse) == YEARS


def test_rows_that_come_after_the_end_of_a_period_was_delivered_revise_it(warehouse):
    deliver(warehouse, 1, date(2024, 1, 5), {"2023-12": "a"})
    deliver(warehouse, 2, date(2024, 2, 5), {"2023-11": "late", "2024-01": "b"})
    deliver(warehouse, 3, date(2025, 1, 5), {"2024-12": "c"})
    assert statuses(warehouse) == YEARS | {"r12-2023-12": "revised"}


def test_an_extract_before_the_end_of_a_period_does_not_cover_it(warehouse):
    deliver(warehouse, 1, date(2023, 12, 20), {"2023-12": "half", "2024-01": "booked"})
    deliver(warehouse, 2, date(2024, 1, 5), {"2023-12": "whole"})
    assert statuses(warehouse) == YEARS


def test_a_file_that_repeats_a_month_unchanged_revises_nothing_and_a_changed_one_does(warehouse):
    deliver(warehouse, 1, date(2024, 1, 5), {"2023-12": "a"}, replaced_by=2)
    deliver(warehouse, 2, date(2024, 2, 5), {"2023-12": "a", "2024-01": "b"}, replaced_by=3)
    assert statuses(warehouse) == YEARS
    deliver(warehouse, 3, date(2024, 3, 5), {"2023-12": "other", "2024-01": "b"})
    assert statuses(warehouse) == YEARS | {"r12-2023-12": "revised"}


def test_a_month_that_a_correction_leaves_out_revises_its_period(warehouse):
    deliver(warehouse, 1, date(2024, 1, 5), {"2023-11": "a", "2023-12": "b"}, replaced_by=2)
    deliver(warehouse, 2, date(2024, 1, 9), {"2023-12": "b"})
    assert statuses(warehouse) == YEARS | {"r12-2023-12": "revised"}


def test_an_entity_is_held_against_its_own_deliveries_only(warehouse):
    deliver(warehouse, 1, date(2024, 1, 5), {"2023-12": "a"})
    deliver(warehouse, 2, date(2024, 2, 20), {"2023-12": "b"}, entity="telephony")
    assert statuses(warehouse) == YEARS
