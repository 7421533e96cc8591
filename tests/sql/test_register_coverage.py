"""Coverage of registers as landed, and what is read of it for the readiness table."""

from __future__ import annotations

from datetime import date

from equity_pipeline.quality.coverage import coverage_of, read_coverage

from .conftest import PERIODS, diagnosis


def put(warehouse, place, share, *, code="12", year=2023, group=("total", "all"), load_id=1):
    warehouse.put(
        "register_coverage",
        {
            "register_code": "lvr",
            "year": year,
            "geography_level": place,
            "geography_code": code,
            "dimension": group[0],
            "level": group[1],
            "coverage": share,
            "value_status": "shown",
        },
        load_id=load_id,
    )


def test_of_two_loads_the_last_holds_and_only_the_regions_places_are_read(warehouse):
    put(warehouse, "region", 0.30)
    put(warehouse, "region", 0.32, load_id=2)
    put(warehouse, "region", 0.90, code="13")
    put(warehouse, "country", 0.60, code="00")
    put(warehouse, "region", 0.25, group=("education", "pre_secondary"))
    warehouse.build(region={"code": "12"})
    held = coverage_of(read_coverage(warehouse.connection, "12"))["lvr"]
    assert held.total == 0.32
    assert held.levels == {"education": {"pre_secondary": 0.25}}


def registered(key, code="LVR", day=date(2024, 6, 1)):
    return {"person_key": key, "register_code": code, "inclusion_date": day}


def with_copd(warehouse, n):
    warehouse.people(*[1960] * n)
    warehouse.put("diagnosis", *[diagnosis(key, "J44", date(2024, 3, 1)) for key in
                                 range(1, n + 1)])  # fmt: skip


def schooled(warehouse, education, keys):
    warehouse.put("individual_ses", *[{"person_key": key, "year": 2022, "education": education}
                                      for key in keys])  # fmt: skip


def test_a_register_that_tells_nothing_is_counted_against_those_with_its_disease(warehouse):
    with_copd(warehouse, 400)
    schooled(warehouse, "pre_secondary", range(1, 201))
    schooled(warehouse, "post_secondary", range(201, 401))
    warehouse.put("quality_register", *[registered(key) for key in range(1, 41)])
    warehouse.put("quality_register", *[registered(key) for key in range(201, 281)])
    warehouse.put("quality_register", registered(300, day=date(2025, 1, 1)))  # after the period
    warehouse.build(periods=PERIODS)
    held = coverage_of(read_coverage(warehouse.connection, "12"))["lvr"]
    assert (held.year, held.total) == (2024, 0.3)
    assert held.levels["education"] == {"pre_secondary": 0.2, "post_secondary": 0.4}
    assert held.extremes("education") == ("pre_secondary", "post_secondary", 0.2)


def test_a_share_that_stands_for_few_persons_is_not_told(warehouse):
    with_copd(warehouse, 309)
    schooled(warehouse, "pre_secondary", range(1, 100))  # 99: fewer than a hundred
    schooled(warehouse, "post_secondary", range(100, 310))  # of whom four are in the register
    warehouse.put(
        "quality_register", *[registered(key) for key in [*range(1, 50), *range(100, 104)]]
    )
    warehouse.build(periods=PERIODS)
    held = coverage_of(read_coverage(warehouse.connection, "12"))["lvr"]
    assert "education" not in held.levels


def test_what_the_register_tells_of_itself_goes_before_what_is_counted(warehouse):
    with_copd(warehouse, 200)
    warehouse.put("quality_register", *[registered(key) for key in range(1, 101)])
    put(warehouse, "region", 0.30)
    warehouse.build(region={"code": "12"}, periods=PERIODS)
    assert coverage_of(read_coverage(warehouse.connection, "12"))["lvr"].total == 0.30
