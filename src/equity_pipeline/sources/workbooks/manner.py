"""How a publisher writes its workbooks, as declared in the settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from equity_pipeline.sources.workbooks.figures import Scale, Unreadable, Writing
from equity_pipeline.sources.workbooks.headings import plain
from equity_pipeline.sources.workbooks.periods import month_after, month_of, year_of
from equity_pipeline.sources.workbooks.places import Gazetteer


@dataclass(frozen=True, slots=True)
class Edition:
    """A way of measuring from a year on: its name in the measure codes, and its scale."""

    first_year: int
    version: str
    scale: Scale | None


@dataclass(frozen=True, slots=True)
class Manner:
    """How a publisher's workbooks are written; nothing of it is guessed from a file.

    Parameters
    ----------
    words
        Headings by field: place, unit_code, municipality, period, sex, n, measure, value and the
        filters profession, contact_form and ownership.
    measures
        Headings, or contents of the column of measures, by measure code.
    editions
        Scales by year, oldest first; an edition with a version marks the measure codes.
    sexes, parts
        Texts by ``sex_group``, and the parts of the filters that are taken, by their code.
    whole
        Words of a filter or of sex that stand for everybody.
    counts
        Measure codes that are counts and no shares.
    """

    words: Mapping[str, Sequence[str]]
    measures: Mapping[str, Sequence[str]]
    editions: Sequence[Edition]
    gazetteer: Gazetteer
    writing: Writing
    is_yearly: bool = False
    year: int | None = None
    sexes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    whole: Sequence[str] = ()
    counts: frozenset[str] = frozenset()

    def edition(self, first: dt.date) -> Edition:
        """Return the edition that holds for a period."""
        held = [one for one in self.editions if one.first_year <= first.year]
        if not held:
            raise Unreadable("before_first_edition")
        return held[-1]

    def period_of(self, value: object) -> dt.date | None:
        """Return the first day of a period."""
        if not self.is_yearly:
            return month_of(value)
        year = year_of(value)
        return None if year is None else dt.date(year, 1, 1)

    def period_end(self, first: dt.date) -> dt.date:
        """Return the day after a period."""
        return dt.date(first.year + 1, 1, 1) if self.is_yearly else month_after(first)

    def measure_called(self, text: str) -> str | None:
        """Return the code of the measure that a text names, None where it names none."""
        key = plain(text)
        for code, words in self.measures.items():
            if key and key in {plain(word) for word in words}:
                return code
        return None
