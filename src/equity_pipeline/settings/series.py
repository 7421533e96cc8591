"""Breaks in series, prices of what is counted, and targets: data that a region replaces."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from pydantic import Field

from equity_pipeline.settings.base import Section


class SeriesBreak(Section):
    """A day from which figures mean something else, and the series that it concerns.

    With neither dimensions nor indicators named it concerns every series.
    """

    code: str = Field(pattern=r"^[A-Z0-9_]+$")
    from_date: date
    dimensions: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    source: str = ""

    def concerns(self, indicator_id: str, dimension: str) -> bool:
        """Return whether the series of an indicator and dimension breaks here.

        Examples
        --------
        >>> one = SeriesBreak(code="A", from_date=date(2020, 1, 1), dimensions=("employment",))
        >>> one.concerns("VT01", "employment"), one.concerns("VT01", "sex")
        (True, False)
        """
        everywhere = not (self.dimensions or self.indicators)
        return everywhere or dimension in self.dimensions or indicator_id in self.indicators


class UnitCost(Section):
    """What one of the counted things costs, who says so, and in the prices of which year."""

    sek: float = Field(gt=0)
    source: str = Field(min_length=1)
    price_year: int | None = None


def breaks() -> tuple[SeriesBreak, ...]:
    """Return the breaks that stand in ``series.toml``.

    Examples
    --------
    >>> breaks()[0].code
    'BAS_2020'
    """
    return tuple(SeriesBreak.model_validate(one) for one in _delivered()["series_breaks"])


def unit_costs() -> dict[str, UnitCost]:
    """Return the prices that stand in ``series.toml``, by indicator.

    Examples
    --------
    >>> unit_costs()["TG05"].sek
    930.0
    """
    held = _delivered()["unit_costs"]
    return {one: UnitCost.model_validate(cost) for one, cost in held.items()}


def target_levels() -> dict[str, float]:
    """Return the targets that stand in ``series.toml``, by indicator, on its scale.

    Examples
    --------
    >>> target_levels()["FP01"]
    0.75
    """
    return {one: float(level) for one, level in _delivered()["target_levels"].items()}


@cache
def _delivered() -> Mapping[str, Any]:
    held = resources.files("equity_pipeline.settings").joinpath("series.toml")
    return tomllib.loads(held.read_text("utf-8"))
