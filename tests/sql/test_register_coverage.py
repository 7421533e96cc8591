"""Coverage of registers as landed, and what is read of it for the readiness table."""

from __future__ import annotations

from equity_pipeline.quality.coverage import coverage_of, read_coverage


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
