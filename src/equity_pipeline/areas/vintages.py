"""What area codes say: kind, municipality, town or country, and which vintage they may be of."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from equity_pipeline.errors import DeclarationError

PATTERNS = {
    "deso": re.compile(r"\d{4}[ABC]\d{4}"),
    "regso": re.compile(r"\d{4}R\d{3}"),
    "municipality": re.compile(r"\d{4}"),
}
LETTERS = {"A": "rural", "B": "town", "C": "central_town"}
# Statistics Sweden describes years to 2023 by the first codes and later ones by those of 2025;
# older years are never recomputed.
FIRST_YEAR_DESCRIBED = {
    "deso": {"DESO_2018": 2010, "DESO_2025": 2024},
    "regso": {"REGSO_2020": 2010, "REGSO_2025": 2024},
}
# Where a table holds codes of both vintages, those of the later one carry its name.
SUFFIX = re.compile(r"_(?:DeSO|RegSO)\d{4}$")


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
    if area_kind not in FIRST_YEAR_DESCRIBED:
        return area_kind.upper()
    first_years = FIRST_YEAR_DESCRIBED[area_kind]
    begun = [vintage for vintage, first in first_years.items() if first <= year]
    if not begun:
        raise DeclarationError(
            f"No vintage of {area_kind} describes {year}.",
            where="vintage",
            mend=f"the first year described is {min(first_years.values())}",
        )
    return max(begun, key=first_years.__getitem__)


def without_suffix(area_code: str) -> str:
    """Return the code alone, without the vintage that the publisher's tables write after it.

    Examples
    --------
    >>> without_suffix("1280C1273_DeSO2025"), without_suffix("1280C1230")
    ('1280C1273', '1280C1230')
    """
    return SUFFIX.sub("", area_code)


def state_of(
    area_code: str, area_kind: str, year: int, known: Mapping[str, Collection[str]]
) -> str:
    """Return whether a code is known in the year: ``known``, ``other_vintage`` or ``unknown``.

    Parameters
    ----------
    known
        The codes of each vintage, by the vintage's label.

    Examples
    --------
    >>> codes = {"DESO_2018": ["1280C1270"], "DESO_2025": ["1280C1271"]}
    >>> state_of("1280C1271", "deso", 2024, codes), state_of("1280C1271", "deso", 2022, codes)
    ('known', 'other_vintage')
    """
    if area_code in known.get(vintage_label(area_kind, year), ()):
        return "known"
    return "other_vintage" if any(area_code in codes for codes in known.values()) else "unknown"
