"""Comparable units: alike in area and size, or in area, or all."""

import pandas as pd

from equity_pipeline.tables.peers import peers


def units(*groups):
    rows = [(area, size) for area, size, n in groups for _ in range(n)]
    return pd.DataFrame(rows, columns=["area_class", "unit_size"])


def test_peers_share_the_class_of_area_and_the_third_of_sizes():
    made = peers(units(("other", "small", 5), ("other", "large", 6), ("resource_weak", "small", 5)))
    assert made.value_counts().to_dict() == {
        "other:small": 5, "other:large": 6, "resource_weak:small": 5,
    }  # fmt: skip


def test_a_group_too_small_is_held_beside_its_class_of_area():
    made = peers(units(("other", "small", 5), ("partly", "small", 3), ("partly", "large", 4)))
    assert made.tolist() == ["other:small"] * 5 + ["partly:any_size"] * 7


def test_units_of_a_rare_area_are_held_beside_all():
    made = peers(units(("other", "small", 9), ("resource_weak", "small", 2)))
    assert made.tolist()[9:] == ["all", "all"]


def test_units_in_places_that_nobody_described_are_a_group_of_their_own():
    made = peers(units((None, "small", 5), ("other", None, 5)))
    assert made.tolist() == ["missing:small"] * 5 + ["other:missing"] * 5


def test_no_unit_gives_no_group():
    assert peers(units()).empty
