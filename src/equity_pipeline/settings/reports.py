"""When the region reports back: dates that somebody decided, with the agreement of 2011 beside."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from equity_pipeline.settings.base import Section


class ReportDate(Section):
    """One report that is due: to whom and when, and the day it was handed over.

    Examples
    --------
    >>> ReportDate(report_id="delrapport-1", due_date="2012-05-31").delivered_date is None
    True
    """

    report_id: str = Field(min_length=1)
    due_date: date
    recipient: str = "Hälso- och sjukvårdsnämnden"
    report_type: Literal["interim", "final", "follow_up_report"] = "interim"
    data_cutoff: date | None = None
    delivered_date: date | None = None


class ReportSettings(Section):
    """``[reports]`` of equity.toml.

    ``next_report_back`` is the day of the next report to the board; until somebody has decided it
    each run says so. ``dates`` are further reports: the agreement of 2011 had four, 2012-05-31,
    2012-10-15, 2013-10-15 and 2014-05-31.

    Examples
    --------
    >>> ReportSettings().next_report_back is None
    True
    """

    next_report_back: date | None = None
    recipient: str = "Hälso- och sjukvårdsnämnden"
    dates: tuple[ReportDate, ...] = ()
