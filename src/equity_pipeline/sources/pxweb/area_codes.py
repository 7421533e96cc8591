"""Codes of areas as Statistics Sweden's tables hold them: kind, vintage, and years described."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Older years are never recomputed: codes of 2018 and 2020 to 2023, codes of 2025 from 2024.
FIRST_YEAR_OF_2025 = 2024
DESO = re.compile(r"(\d{4}[ABC]\d{4})(?:_DeSO(\d{4}))?")
REGSO = re.compile(r"(\d{4}R\d{3})(?:_RegSO(\d{4}))?")
MUNICIPALITY = re.compile(r"\d{4}")
SETTLEMENTS = {"A": "rural", "B": "town", "C": "central_town"}


@dataclass(frozen=True, slots=True)
class AreaCode:
    """A code of a table: what it is called there, and kind, bare code and vintage.

    Examples
    --------
    >>> area_code("1280C1230_DeSO2025")
    AreaCode(asked='1280C1230_DeSO2025', kind='deso', code='1280C1230', vintage='DESO_2025')
    """

    asked: str
    kind: str
    code: str
    vintage: str

    def describes(self, year: int) -> bool:
        """Return whether figures of a year are given under this code.

        Examples
        --------
        >>> area_code("1280C1230").describes(2024), area_code("1280").describes(2024)
        (False, True)
        """
        if self.kind == "municipality":
            return True
        return self.vintage.endswith("2025") == (year >= FIRST_YEAR_OF_2025)

    @property
    def urban_rural(self) -> str | None:
        """Return what the letter of a DeSO says."""
        return SETTLEMENTS[self.code[4]] if self.kind == "deso" else None


def area_code(code: str) -> AreaCode | None:
    """Return what a table's code says; None for counties, the country and other codes."""
    deso, regso = DESO.fullmatch(code), REGSO.fullmatch(code)
    if deso:
        return AreaCode(code, "deso", deso[1], f"DESO_{deso[2] or 2018}")
    if regso:
        return AreaCode(code, "regso", regso[1], f"REGSO_{regso[2] or 2020}")
    if MUNICIPALITY.fullmatch(code):
        return AreaCode(code, "municipality", code, "KOMMUN")
    return None


def areas_of(codes: Iterable[str], region: str, kinds: Iterable[str]) -> list[AreaCode]:
    """Return the areas of a region, of some kinds, that a table has codes for."""
    wanted = set(kinds)
    found = (area_code(code) for code in codes if code.startswith(region))
    return [one for one in found if one is not None and one.kind in wanted]
