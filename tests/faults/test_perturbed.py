"""Published populations carry noise: parts do not add up, and nobody is alarmed."""

from __future__ import annotations

import random

from equity_pipeline.quality.areas_built import area_checks, read_areas_built
from tests.sql.conftest import Warehouse, warehouse

__all__ = ["warehouse"]

NOISE = 4  # persons that a published cell may be off, either way
PERIODS = {"count": 1, "quarters": 0}


def region(chance: random.Random) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Municipalities of 4 to 60 small areas, each published with a noise of its own."""
    parts, wholes = [], []
    for place in range(33):
        code, sizes = (
            f"12{place:02}",
            [chance.randint(700, 2700) for _ in range(4 + 56 * place // 32)],
        )
        for number, size in enumerate(sizes):
            parts.append({
                "area_code": f"{code}C{1000 + number}", "area_kind": "deso", "year": 2025,
                "vintage": "DESO_2025", "municipality_code": code, "regso_code": f"{code}R001",
                "population": size + chance.randint(-NOISE, NOISE),
            })  # fmt: skip
        wholes.append({
            "area_code": code, "area_kind": "municipality", "year": 2025, "vintage": "KOMMUN",
            "population": sum(sizes) + chance.randint(-NOISE, NOISE),
        })  # fmt: skip
    return parts, wholes


def sums(held: Warehouse) -> tuple[bool, str]:
    [check] = [
        one for one in area_checks(read_areas_built(held.connection)) if one.check == "area_sums"
    ]
    assert check.severity == "warning"  # whatever it finds, it stops no night
    return check.passed, check.detail


def test_noise_in_every_cell_raises_no_alarm_and_totals_are_those_of_the_municipality(warehouse):
    parts, wholes = region(random.Random(2025))
    warehouse.put("area", *parts, *wholes)
    warehouse.build(periods=PERIODS)
    found = warehouse.ask("select population_difference as d from mart.area_additivity "
                          "where area_kind = 'municipality'")  # fmt: skip
    assert sum(one["d"] != 0 for one in found) > 25  # hardly any adds up
    assert sums(warehouse) == (True, f"0 of {len(found)} areas differ from the sum of their parts")
    told = warehouse.values(
        "mart.dim_area", "population", "area_code", "area_kind = 'municipality'"
    )
    assert told == {one["area_code"]: one["population"] for one in wholes}


def test_an_area_that_is_lost_is_told_among_all_that_noise(warehouse):
    parts, wholes = region(random.Random(2025))
    warehouse.put("area", *parts[1:], *wholes)
    warehouse.build(periods=PERIODS)
    passed, words = sums(warehouse)
    assert not passed and words.startswith("1 of ")
