"""Published figures of 2022 for the 33 municipalities of Skåne: the calibration."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Municipality:
    """One municipality: shares are percent, income is SEK, sickness is days per person."""

    code: str
    name: str
    population: int
    pre_secondary: float
    post_secondary: float
    median_income: float
    employed: float
    foreign_born: float
    foreign_born_ex_eu: float
    low_standard: float
    sickness_days: float


def _read() -> dict[str, object]:
    folder = resources.files("equity_pipeline.synthetic")
    return tomllib.loads(folder.joinpath("facts.toml").read_text("utf-8"))


@cache
def municipalities() -> tuple[Municipality, ...]:
    """Return the municipalities in the order of their codes.

    Examples
    --------
    >>> len(municipalities()), municipalities()[0].code
    (33, '1214')
    """
    rows = _read()["municipality"]
    assert isinstance(rows, list)
    return tuple(Municipality(**row) for row in rows)


@cache
def low_standard_limit() -> float:
    """Return the income (SEK) under which economic standard is low: 60 % of the country's median.

    Examples
    --------
    >>> low_standard_limit()
    167520.0
    """
    country = _read()["country"]
    assert isinstance(country, dict)
    return round(0.6 * float(country["median_income"]), 1)
