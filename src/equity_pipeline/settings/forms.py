"""What a region decides about the table forms: sizes, limits and dates, never code."""

from __future__ import annotations

from pydantic import Field

from equity_pipeline.settings.base import Section


class FormSettings(Section):
    """``[forms]`` of equity.toml.

    The sizes of a programme's cohort are those of the agreement of 2011, as an example.

    Examples
    --------
    >>> FormSettings().cohort_fewest, FormSettings().cohort_most
    (8, 15)
    """

    cohort_fewest: int = Field(8, ge=2)
    cohort_most: int = Field(15, ge=2)
