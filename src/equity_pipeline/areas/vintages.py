"""What area codes say: kind, municipality, town or country, and which vintage they may be of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from equity_pipeline.errors import DeclarationError

PATTERNS = {
    "deso": re.compile(r"\d{4}[ABC]\d{4}"),
    "regso": re.compile(r"\d{4}R\d{3}"),
    "municipality": re.compile(r"\d{4}"),
}
LETTERS = {"A": "rural", "B": "town", "C": "central_town"}
# Statistics Sweden describes years to 2023 by the codes of 2018 and later ones by those of 2025;
# older years are never recomputed.
FIRST_YEAR_DESCRIBED = {2018: 2010, 2025: 2024}


def is_code(area_code: str, area_kind: str) -> bool:
    """Return whether a code is formed as codes of its kind are; other kinds take any code.

    Examples
    --------
    >>> is_code("1280C1230", "deso"), is_code("1280D1230", "deso"), is_code("1280R012", "regso")
    (True, False, True)
    """
    pattern = PATTERNS.get(area_kind)
    return bool(area_code) if pattern is None else pattern.fullmatch(area_code) is not None


def malformed(area_codes: Iterable[str], area_kind: str) -> tuple[str, ...]:
    """Return the codes, sorted, that are not formed as codes of the kind are.

    Examples
    --------
    >>> malformed(["1280", "128", "1281"], "municipality")
    ('128',)
    """
    return tuple(sorted({code for code in area_codes if not is_code(code, area_kind)}))


def municipality_of(area_code: str) -> str:
    """Return the municipality that a DeSO, RegSO or municipality code lies in.

    Raises
    ------
    DeclarationError
        If the code is of none of these kinds.

    Examples
    --------
    >>> municipality_of("1280C1230")
    '1280'
    """
    if not any(pattern.fullmatch(area_code) for pattern in PATTERNS.values()):
        raise DeclarationError(
            f"The code {area_code!r} is not one of DeSO, RegSO or a municipality.",
            where="area_code",
            mend="deliver municipality_code beside codes of other kinds",
        )
    return area_code[:4]


def urban_rural_of(deso_code: str) -> str:
    """Return rural, town or central_town, which the letter of a DeSO code says.

    Examples
    --------
    >>> urban_rural_of("1280C1230")
    'central_town'
    """
    if not is_code(deso_code, "deso"):
        raise DeclarationError(
            f"The code {deso_code!r} is not a DeSO code.",
            where="area_code",
            mend="a DeSO code is four digits, A, B or C, and four digits",
        )
    return LETTERS[deso_code[4]]


def vintage_label(area_kind: str, year: int) -> str:
    """Return the vintage of the division that describes a year, as ``DESO_2018``.

    Raises
    ------
    DeclarationError
        If no vintage of the division describes that year.

    Examples
    --------
    >>> vintage_label("deso", 2023), vintage_label("regso", 2024)
    ('DESO_2018', 'REGSO_2025')
    >>> vintage_label("municipality", 2024)
    'MUNICIPALITY'
    """
    if area_kind not in ("deso", "regso"):
        return area_kind.upper()
    begun = [vintage for vintage, first in FIRST_YEAR_DESCRIBED.items() if first <= year]
    if not begun:
        raise DeclarationError(
            f"No vintage of {area_kind} describes {year}.",
            where="vintage",
            mend=f"the first year described is {min(FIRST_YEAR_DESCRIBED.values())}",
        )
    return f"{area_kind.upper()}_{max(begun)}"
