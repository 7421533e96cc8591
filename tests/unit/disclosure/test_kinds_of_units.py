"""Who can add up the units of an owner is not told what one of them hides."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from equity_pipeline.disclosure.cell import Cell, kinds_of_units
from equity_pipeline.disclosure.equations import equations
from equity_pipeline.disclosure.policy import DisclosurePolicy
from equity_pipeline.disclosure.rules import Persons
from equity_pipeline.disclosure.suppress import protected

DAY = date(2024, 1, 1)
UNITS = {"U1": ("private", 12), "U2": ("region", 40), "U3": ("region", 300), "U4": ("private", 260)}
KINDS = {code: {"provider_type": kind} for code, (kind, _) in UNITS.items()}
NESTING = dict.fromkeys(UNITS, ("unit", "12"))


def cell(code: str, dimension: str = "total", level: str = "all") -> Cell:
    return Cell("VT01", DAY, DAY, code, dimension, level, "all")


def hidden(of_kinds: dict[str, dict[str, str]]) -> set[Cell]:
    sizes = {cell(code): n for code, (_, n) in UNITS.items()}
    sizes |= {cell("12"): 612}
    sizes |= {cell("12", "provider_type", "private"): 272}
    sizes |= {cell("12", "provider_type", "region"): 340}
    cells = sorted(sizes)
    n = np.array([sizes[one] for one in cells])
    persons = Persons(n, n, n, *(np.zeros(len(n), bool),) * 3)
    policy = DisclosurePolicy()
    system = equations(cells, persons, policy, nesting=NESTING, of_kinds=of_kinds)
    flags = protected(n < 20, persons, system, policy).hidden
    return {one for one, is_hidden in zip(cells, flags, strict=True) if is_hidden}


def test_the_other_unit_of_the_owner_is_hidden_beside_a_small_one():
    assert hidden(KINDS) == {cell("U1"), cell("U4")}


def test_without_the_owners_another_unit_would_have_been_enough():
    assert hidden({}) == {cell("U1"), cell("U2")}


@pytest.mark.parametrize("column", ["provider_type", "financing_type"])
def test_kinds_are_read_from_what_is_told_of_units_by_name(column):
    told = {
        "geography_level": ["region", "unit", "unit", "unit"],
        "geography_code": ["12", "U1", "U1", "U2"],
        column: [None, "region", "region", None],
        "value_crude": [1.0, 2.0, 3.0, 4.0],
    }
    assert kinds_of_units([pa.table(told), pa.table({"month": [1]})]) == {
        "U1": {column: "region"},
        "U2": {},
    }
