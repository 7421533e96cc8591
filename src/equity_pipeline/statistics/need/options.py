"""The choices behind a need-adjusted value's standard error, each with its peer's name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from equity_pipeline.statistics.estimate import require
from equity_pipeline.statistics.reading import one_of


class Variance(StrEnum):
    """Whose chance the standard error speaks of.

    CLUSTER takes clusters (units) as independent, ROWS each cell (the persons, where a cell is a
    person), MODEL trusts the family's own variance.
    """

    CLUSTER = "cluster"
    ROWS = "rows"
    MODEL = "model"


class SmallSample(StrEnum):
    """What makes up for the residuals' being smaller than the errors.

    With g independent groups (clusters or rows), n rows and k coefficients: NONE nothing (HC0),
    GROUPS g / (g - 1), HC1 n / (n - k) of rows and g / (g - 1) x (n - 1) / (n - k) of clusters,
    HC2 and HC3 each row's leverage (rows only).
    """

    NONE = "none"
    GROUPS = "groups"
    HC1 = "hc1"
    HC2 = "hc2"
    HC3 = "hc3"

    @property
    def leverage_power(self) -> float:
        """The power of ``1 - leverage`` that residuals are divided by."""
        return {SmallSample.HC2: 0.5, SmallSample.HC3: 1.0}.get(self, 0.0)


class Covariates(StrEnum):
    """Whether the population's need is a sample of its kind or given.

    SAMPLED adds the variance of the mean prediction over people; FIXED is the delta method alone.
    """

    SAMPLED = "sampled"
    FIXED = "fixed"


class Dispersion(StrEnum):
    """What a model-based variance is multiplied by.

    USUAL is 1 for shares and Pearson's for the rest, FAMILY 1 for shares and counts and Pearson's
    for the rest, PEARSON Pearson's for all (quasi-likelihood).
    """

    USUAL = "usual"
    FAMILY = "family"
    PEARSON = "pearson"


class Information(StrEnum):
    """The matrix in the sandwich: as OBSERVED or as EXPECTED; they differ for GAMMA only."""

    OBSERVED = "observed"
    EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class Spread:
    """All choices of a standard error together; the defaults are the house's."""

    variance: Variance = Variance.CLUSTER
    small_sample: SmallSample = SmallSample.GROUPS
    covariates: Covariates = Covariates.SAMPLED
    dispersion: Dispersion = Dispersion.USUAL
    information: Information = Information.OBSERVED

    def __post_init__(self) -> None:
        known = (Variance, SmallSample, Covariates, Dispersion, Information)
        for one, choices in zip(fields(self), known, strict=True):
            chosen = one_of(getattr(self, one.name), choices, where=one.name)
            object.__setattr__(self, one.name, chosen)
        require(
            self.variance is Variance.ROWS or not self.small_sample.leverage_power,
            f"{self.small_sample} weighs single rows; the variance is by {self.variance}.",
            where="small_sample",
            mend="take variance=Variance.ROWS, or another small_sample",
        )

    def factor(self, groups: float, rows: float, coefficients: int) -> float:
        """Return what squared influences are multiplied by; NaN without freedom."""
        by_groups = groups / (groups - 1) if groups > 1 else float("nan")
        free = rows - coefficients
        if self.small_sample is SmallSample.GROUPS:
            return by_groups
        if self.small_sample is not SmallSample.HC1:
            return 1.0
        if free <= 0:
            return float("nan")
        if self.variance is Variance.ROWS:
            return rows / free
        return by_groups * (rows - 1) / free
