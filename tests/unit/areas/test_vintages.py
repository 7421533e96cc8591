from __future__ import annotations

import pytest

from equity_pipeline.areas.vintages import (
    is_code,
    municipality_of,
    state_of,
    urban_rural_of,
    vintage_label,
    without_suffix,
)
from equity_pipeline.errors import DeclarationError


@pytest.mark.parametrize(
    ("code", "kind", "is_one"),
    [
        ("1280A0010", "deso", True),
        ("1280D0010", "deso", False),
        ("1280A001", "deso", False),
        ("1280a0010", "deso", False),
        ("1280R001", "regso", True),
        ("1280A0010", "regso", False),
        ("1280", "municipality", True),
        ("128", "municipality", False),
        ("JARDIM CAMBURI", "neighbourhood", True),
        ("", "neighbourhood", False),
    ],
)
def test_a_code_is_formed_as_codes_of_its_kind(code, kind, is_one):
    assert is_code(code, kind) is is_one


def test_the_letter_of_a_deso_tells_town_and_country():
    codes = ("1280A0010", "1280B0010", "1280C0010")
    assert [urban_rural_of(code) for code in codes] == ["rural", "town", "central_town"]


def test_years_from_2024_are_described_by_the_areas_of_2025():
    assert [vintage_label("deso", year) for year in (2010, 2023, 2024)] == [
        "DESO_2018", "DESO_2018", "DESO_2025",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "ask", [lambda: vintage_label("deso", 2009), lambda: municipality_of("HILL")]
)
def test_what_a_code_cannot_say_is_refused(ask):
    with pytest.raises(DeclarationError):
        ask()


def test_the_name_of_the_vintage_is_no_part_of_a_code():
    codes = ("1280C1273_DeSO2025", "1280R012_RegSO2025", "1280C1230", "1280")
    assert [without_suffix(code) for code in codes] == [
        "1280C1273", "1280R012", "1280C1230", "1280",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "year", "state"),
    [
        ("1280C1270", 2023, "known"),
        ("1280C1270", 2024, "other_vintage"),
        ("1280C1273", 2023, "other_vintage"),
        ("1280C1273", 2024, "known"),
        ("1280C1010", 2023, "known"),
        ("1280C1010", 2024, "known"),
        ("1280C9999", 2024, "unknown"),
    ],
)
def test_a_code_of_the_wrong_vintage_for_its_year_is_told_from_an_unknown_one(code, year, state):
    known = {"DESO_2018": {"1280C1270", "1280C1010"}, "DESO_2025": {"1280C1273", "1280C1010"}}
    assert state_of(code, "deso", year, known) == state
