"""What a region decides about the table forms: sizes, limits and dates, never code."""

from __future__ import annotations

from pydantic import Field, field_validator

from equity_pipeline.settings.base import Section
from equity_pipeline.settings.series import (
    SeriesBreak,
    UnitCost,
    breaks,
    target_levels,
    unit_costs,
)
from equity_pipeline.vocabulary import vocabulary


class ProgrammeSettings(Section):
    """``[forms.programmes.<id>]``: what is decided about one programme, and what people write.

    ``indicators`` are those it is evaluated on; if none are named, those of its target areas.
    ``targets`` are values of indicators that the units set out to reach. ``reason`` must be
    written when a target is not met; ``continuation`` is how people judge that it should go on.

    Examples
    --------
    >>> ProgrammeSettings(targets={"VT01": 0.85}).reason
    ''
    """

    indicators: tuple[str, ...] = ()
    targets: dict[str, float] = Field(default_factory=dict)
    reason: str = ""
    continuation: str = ""


class FormSettings(Section):
    """``[forms]`` of equity.toml.

    The sizes of a programme's cohort are those of the agreement of 2011, as an example. The focus
    group of a programme is the declared one of ``programme_dimension``; where a fact does not carry
    that dimension, the one of the income of the area.

    Examples
    --------
    >>> FormSettings().cohort_fewest, FormSettings().cohort_most
    (8, 15)
    """

    cohort_fewest: int = Field(8, ge=2)
    cohort_most: int = Field(15, ge=2)
    programme_dimension: str = "income_quintile"
    # the dimension of gaps inside units, and what stands in where persons are not known by it
    within_dimension: str = "income_quintile"
    within_fallback: str = "area_income_quintile"
    # ownership, financing and size are told of this many units or more
    fewest_units: int = Field(5, ge=2)
    # periods before and after the start that a programme needs to be evaluated
    fewest_programme_periods: int = Field(4, ge=2)
    programmes: dict[str, ProgrammeSettings] = Field(default_factory=dict)
    # months that set the centre line of a run chart
    run_chart_base_months: int = Field(12, ge=8)

    @field_validator("programme_dimension")
    @classmethod
    def _has_a_focus(cls, name: str) -> str:
        known = [one.name for one in vocabulary().dimensions.values() if one.focus is not None]
        if name not in known:
            raise ValueError(f"must be a dimension with a declared focus: {', '.join(known)}")
        return name

    # shares of variance between strata from which it is weak, fair, good, very good, excellent
    vpc_limits: tuple[float, float, float, float, float] = (0.01, 0.05, 0.10, 0.20, 0.30)
    # below this share nothing is said of single strata
    vpc_speaks_from: float = Field(0.05, ge=0, le=1)
    # a stratum of fewer persons is in the fit only
    smallest_stratum: int = Field(20, ge=1)
    # the year that trends are told from; None is the first there is, whatever its height
    trend_base_year: int | None = None
    # these three stand in series.toml until a region gives its own
    series_breaks: tuple[SeriesBreak, ...] = Field(default_factory=breaks)
    unit_costs: dict[str, UnitCost] = Field(default_factory=unit_costs)
    target_levels: dict[str, float] = Field(default_factory=target_levels)
    # days from the end of a period until its figures are there
    days_until_known: int = Field(31, ge=0)
