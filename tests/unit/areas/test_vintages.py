from __future__ import annotations

import pytest

from equity_pipeline.areas.vintages import (
    is_code,
    municipality_of,
    urban_rural_of,
    vintage_label,
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
