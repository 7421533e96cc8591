"""How many physicians a unit has is seen in its contacts, or else in its posts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.pipeline.own_to_units import named_units

from .conftest import PERIODS


def meets(warehouse, number, unit, physician, day=date(2024, 5, 6)):
    warehouse.put("contact", {"contact_id": f"c{number}", "person_key": number, "unit_hsa_id": unit,
                              "physician_key": physician, "contact_date": day,
                              "profession": "physician"})  # fmt: skip


def units(warehouse, posts):
    for unit, fte in posts.items():
        warehouse.put("unit", {"unit_hsa_id": unit, "from_date": date(2019, 1, 1),
                               "physician_fte": fte})  # fmt: skip


def test_units_of_one_physician_are_found_and_those_nobody_knows_are_told(warehouse):
    units(warehouse, {"SE-A": Decimal("3.5"), "SE-B": Decimal("1.0"), "SE-C": Decimal("1.0"),
                      "SE-D": None, "SE-E": Decimal("2.0")})  # fmt: skip
    warehouse.put("person", {"person_key": 1, "year": 2023, "sex": "female", "birth_year": 1950})
    meets(warehouse, 1, "SE-A", "p1")  # posts for more, but one physician is met
    meets(warehouse, 2, "SE-A", "p1")
    meets(warehouse, 3, "SE-A", "p2", day=date(2022, 5, 6))  # before the newest year
    meets(warehouse, 4, "SE-B", "p3")
    meets(warehouse, 5, "SE-B", "p4")
    warehouse.build(periods=PERIODS)
    table = (
        warehouse.connection.cursor().sql("from mart.unit_physicians order by all").to_arrow_table()
    )
    rows = {one["unit_hsa_id"]: one["n_physicians"] for one in table.to_pylist()}
    assert rows == {"SE-A": 1, "SE-B": 2, "SE-C": None, "SE-D": None, "SE-E": None}
    made = named_units((), table)
    assert made.units == {"SE-A", "SE-C"}
    assert made.unknown == {"SE-D"}


def test_costs_and_what_is_made_of_dispensed_drugs_are_a_units_own(warehouse):
    warehouse.build(periods=PERIODS)
    table = warehouse.connection.cursor().sql("from mart.unit_physicians").to_arrow_table()
    made = named_units(load_catalogue().select(["KO01", "BR10", "BR14", "VT01", "TG08"]), table)
    assert made.indicators == {"KO01", "BR10", "BR14"}
