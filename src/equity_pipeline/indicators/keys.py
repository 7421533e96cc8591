"""The keys of a declaration and their types."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from equity_pipeline.indicators.condition import Condition


class Part(BaseModel):
    """A numerator or denominator: which rows, and the column summed; None counts rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    where: tuple[Condition, ...] = ()
    sum: str | None = None


class Wait(BaseModel):
    """All waits that began, whether they have ended or not: which rows, and where it is told.

    ``days`` is the column with the days that a wait was followed, ``status`` the one that says how
    it ended, in the codes of `wait_status`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    where: tuple[Condition, ...] = ()
    days: str
    status: str


class Keys(BaseModel):
    """Every key a declaration may have; ``id`` and ``domain`` come from the path.

    ``quality_register`` is the code of the register whose coverage the indicator is read against.
    ``role`` is "measure" for what is counted for the tables alone and never published as an
    indicator. ``beside`` names the indicator without which this one misleads, and which is always
    shown with it. ``wait`` says that the indicator is a wait: its median is then told of all who
    began to wait, not of those alone whose wait has ended.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Z]{2}[0-9]{2}$")
    domain: str
    role: Literal["indicator", "measure"] = "indicator"
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    sv: str = Field(min_length=1)
    en: str = Field(min_length=1)
    kind: Literal["proportion", "rate", "mean", "ratio", "area_mean"]
    fact: str
    population_base: Literal["listed", "contacts", "respondents", "calls", "areas"]
    unit: str
    scale: float = Field(1, gt=0)
    direction: Literal["higher", "lower", "neutral", "toward_one"]
    verdict: bool | None = None
    mid: float | None = Field(None, gt=0)
    mid_relative: float | None = Field(None, gt=0, lt=1)
    floor: float | None = None
    adjusters: Literal["A0", "A1", "A2", "A3"]
    need_extra: tuple[str, ...] = ()
    never_adjust: tuple[str, ...] = ()
    model: Literal["gamma", "poisson"] | None = None
    exclude_dimensions: tuple[str, ...] = ()
    minimum_age: int | None = Field(None, ge=0)
    maximum_age: int | None = Field(None, ge=0)
    access_facet: Literal["physical", "administrative", "linguistic"] | None = None
    target_area: tuple[Literal["M1", "M2", "M3", "M4"], ...] = ()
    good_care: str | None = None
    evidence_ref: str | None = None
    beside: str | None = Field(None, pattern=r"^[A-Z]{2}[0-9]{2}$")
    quality_register: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]*$")
    definition_sv: str = Field(min_length=1)
    definition_en: str = Field(min_length=1)
    denominator: Part = Part()
    numerator: Part = Part()
    wait: Wait | None = None
