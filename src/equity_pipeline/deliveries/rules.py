"""The rule of one column: where its values come from, and what they must be like."""

from __future__ import annotations

import re
from typing import Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, model_validator

DIRECTIVES = {"Y": r"\d{4}", "m": r"\d{2}", "d": r"\d{2}", "H": r"\d{2}", "M": r"\d{2}"} | {
    "S": r"\d{2}",
    "f": r"\d{1,6}",
}
Role = Literal["pseudonym", "identity", "code"]


class Declared(BaseModel):
    """Anything read from a layout file: frozen, and no key that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Named(Declared):
    """A foreign name that is left aside, with the reason."""

    name: str
    reason: str = Field(min_length=1)


class DateOf(Declared):
    """The calendar date of a timestamp: the zone it is written in and the zone it is read in."""

    source: str = Field(alias="from")
    written_in: str
    time_zone: str

    @model_validator(mode="after")
    def _zones(self) -> DateOf:
        unknown = sorted({self.written_in, self.time_zone} - available_timezones())
        if unknown:
            raise ValueError(f"no such time zone: {unknown}")
        return self


class Between(Declared):
    """Whole days from one date to another."""

    start: str = Field(alias="from")
    end: str = Field(alias="to")


class AgeAt(Declared):
    """An age in whole years and the date at which it was that."""

    age: str
    at: str


class ColumnRule(Declared):
    """Where one of our columns comes from, and what its values must be like."""

    source: str | None = Field(None, alias="from")
    constant: str | None = None
    date_of: DateOf | None = None
    year_of: str | None = None
    days_between: Between | None = None
    birth_year_from_age: AgeAt | None = None
    any_positive: tuple[str, ...] | None = None
    count_positive: tuple[str, ...] | None = None
    negate: str | None = None
    concat: tuple[str, ...] | None = None
    separator: str = ""
    reason: str | None = None
    map: dict[str, str] = Field(default_factory=dict)
    role: Role | None = None
    pattern: str | None = None
    min: float | None = None
    max: float | None = None
    filled: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnRule:
        if len(self.origins) > 1:
            raise ValueError(f"takes its value from more than one place: {list(self.origins)}")
        if self.constant is not None and not self.reason:
            raise ValueError("a constant needs a reason")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error:
                raise ValueError("the pattern is not a regular expression") from None
        return self

    @property
    def origins(self) -> tuple[str, ...]:
        """The kinds of origin that are set; none means the foreign column of the same name."""
        names = ("source", "constant", "date_of", "year_of", "days_between")
        more = ("birth_year_from_age", "any_positive", "count_positive", "negate", "concat")
        return tuple(name for name in names + more if getattr(self, name) is not None)

    def foreign(self, name: str) -> tuple[str, ...]:
        """Return the foreign columns that the value is made of; ``name`` is our column."""
        kind = self.origins[0] if self.origins else "same"
        found: dict[str, tuple[str, ...]] = {
            "same": (name,),
            "source": (self.source or "",),
            "constant": (),
            "date_of": (self.date_of.source,) if self.date_of else (),
            "year_of": (self.year_of or "",),
            "days_between": _pair(self.days_between, "start", "end"),
            "birth_year_from_age": _pair(self.birth_year_from_age, "age", "at"),
            "any_positive": self.any_positive or (),
            "count_positive": self.count_positive or (),
            "negate": (self.negate or "",),
            "concat": self.concat or (),
        }
        return found[kind]


SAME = ColumnRule()


def shape_of(given: str) -> str:
    """Return the regular expression of a date format: every field at its full width.

    Examples
    --------
    >>> shape_of("%Y-%m-%dT%H")
    '\\\\d{4}\\\\-\\\\d{2}\\\\-\\\\d{2}T\\\\d{2}'
    """
    parts = re.split(r"%(.)", given)
    unknown = sorted(set(parts[1::2]) - set(DIRECTIVES))
    if unknown or not {"Y", "m", "d"} <= set(parts[1::2]):
        raise ValueError(f"date format {given!r}: uses %Y %m %d and, for times, %H %M %S %f")
    return "".join(
        DIRECTIVES[part] if place % 2 else re.escape(part) for place, part in enumerate(parts)
    )


def _pair(held: BaseModel | None, first: str, second: str) -> tuple[str, ...]:
    return (getattr(held, first), getattr(held, second)) if held else ()
