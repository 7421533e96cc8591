"""Waits in whole calendar days, and how each ends: assessed, given up, by death, or not yet."""

from __future__ import annotations

from datetime import date

from .conftest import PERIODS, contact

# sought, assessed, days: spring and autumn time, leap years, week 53, turns of the year
WAITS = [
    (date(2024, 3, 30), date(2024, 4, 1), 2),  # the clocks go forward on 31 March
    (date(2024, 3, 31), date(2024, 3, 31), 0),
    (date(2024, 10, 26), date(2024, 10, 29), 3),  # and back on 27 October
    (date(2024, 10, 27), date(2024, 10, 28), 1),
    (date(2024, 2, 28), date(2024, 3, 1), 2),  # 29 February
    (date(2024, 2, 29), date(2024, 3, 4), 4),
    (date(2024, 1, 1), date(2024, 12, 31), 365),  # a year of 366 days
    (date(2024, 12, 30), date(2025, 1, 2), 3),  # week 1 of 2025 begins in 2024
    (date(2024, 6, 1), date(2024, 6, 1), 0),
]
OLDER = [
    (date(2020, 12, 28), date(2021, 1, 4), 7),  # week 53 of 2020
    (date(2020, 12, 31), date(2021, 1, 3), 3),
    (date(2020, 1, 1), date(2020, 12, 31), 365),
]


def wait(contact_id, sought, assessed=None, **more):
    return contact(
        contact_id, more.pop("person_key", 1), more.pop("booked_for", assessed or sought),
        first_contact_date=sought, assessment_date=assessed, visit_type="new", **more,
    )  # fmt: skip


def waits(warehouse, *columns, as_of=date(2025, 1, 15), **periods):
    warehouse.build(as_of=as_of, periods=periods or PERIODS)
    rows = warehouse.ask(f"select contact_id, {', '.join(columns)} from mart.fct_contact")
    return {row.pop("contact_id"): tuple(row.values()) for row in rows}


def test_a_wait_is_counted_in_calendar_days(region):
    region.put("contact", *[wait(f"{sought} {end}", sought, end) for sought, end, _ in WAITS])
    found = waits(region, "wait_days", "waited_days", "is_assessed_within_3_days", "wait_status")
    assert found == {
        f"{sought} {end}": (days, days, days <= 3, "assessed") for sought, end, days in WAITS
    }


def test_a_wait_is_counted_in_calendar_days_in_a_year_with_a_week_53(region):
    region.put("contact", *[wait(f"{sought} {end}", sought, end) for sought, end, _ in OLDER])
    found = waits(region, "wait_days", as_of=date(2021, 1, 15), count=1, quarters=0)
    assert found == {f"{sought} {end}": (days,) for sought, end, days in OLDER}


def test_every_wait_ends_in_one_way_and_is_followed_until_then(region):
    region.put("person", {"person_key": 2, "year": 2023, "sex": "male", "birth_year": 1950,
                          "death_date": date(2024, 12, 20)})  # fmt: skip
    sought = date(2024, 12, 1)
    region.put(
        "contact",
        wait("assessed", sought, date(2024, 12, 3)),
        wait("booked ahead", sought, booked_for=date(2025, 3, 1)),
        wait("no day yet", sought),
        wait("gave up", sought, cancelled=True, cancelled_date=date(2024, 12, 11)),
        wait("gave up, day unknown", sought, cancelled=True),
        wait("died", sought, person_key=2),
        wait("died after assessment", sought, date(2024, 12, 5), person_key=2),
        contact("no wait", 1, sought),
    )
    found = waits(region, "wait_status", "waited_days", "wait_days", "is_waiting",
                  "is_assessed_within_3_days", "cancelled")  # fmt: skip
    assert found == {
        "assessed": ("assessed", 2, 2, False, True, False),
        "booked ahead": ("waiting", 45, None, True, False, False),
        "no day yet": ("waiting", 45, None, True, False, False),
        "gave up": ("gave_up", 10, None, False, False, True),
        "gave up, day unknown": ("gave_up", None, None, False, False, True),
        "died": ("died", 19, None, False, False, False),
        "died after assessment": ("assessed", 4, 4, False, False, False),
        "no wait": (None, None, None, False, None, False),
    }


def test_whoever_dies_before_the_three_days_are_over_is_not_decided(region):
    region.put("person", {"person_key": 2, "year": 2023, "sex": "male", "birth_year": 1950,
                          "death_date": date(2024, 12, 4)})  # fmt: skip
    region.put(
        "contact",
        wait("three days", date(2024, 12, 1), person_key=2),
        wait("four days", date(2024, 11, 30), person_key=2),
    )
    assert waits(region, "is_assessed_within_3_days") == {
        "three days": (None,),
        "four days": (False,),
    }


def test_a_death_after_the_day_of_the_run_has_not_happened_yet(region):
    region.put("person", {"person_key": 2, "year": 2023, "sex": "male", "birth_year": 1950,
                          "death_date": date(2025, 1, 16)})  # fmt: skip
    region.put("contact", wait("w", date(2024, 12, 1), person_key=2))
    assert waits(region, "wait_status", "waited_days") == {"w": ("waiting", 45)}


def test_those_who_wait_and_those_who_gave_up_are_counted_in_the_period_they_sought_care(region):
    region.put("contact", wait("before", date(2023, 12, 31)), wait("within", date(2024, 1, 1)),
               wait("gave up", date(2024, 12, 31), cancelled=True,
                    cancelled_date=date(2025, 1, 3)))  # fmt: skip
    assert waits(region, "wait_status") == {"within": ("waiting",), "gave up": ("gave_up",)}
