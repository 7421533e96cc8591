"""The rule of one column: where its values come from, and what they must be like."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from typing import Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, model_validator

DIRECTIVES = {"Y": r"\d{4}", "m": r"\d{2}", "d": r"\d{2}", "H": r"\d{2}", "M": r"\d{2}"} | {
    "S": r"\d{2}",
    "f": r"\d{1,6}",
}
Role = Literal["pseudonym", "identity", "code"]
Transform = Literal["icd10"]
Limit = float | date
DELIVERY_DAY = "delivery_day"
LONGEST_TEXT = 120  # characters; a name is shorter, what is longer is a note about somebody


class Declared(BaseModel):
    """Anything read from a layout file: frozen, and no key that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Ignored(Declared):
    """Foreign names that are left aside, with the reason; ``role`` as of a column that is taken."""

    name: str | None = None
    names: tuple[str, ...] = ()
    reason: str = Field(min_length=1)
    role: Role | None = None

    @model_validator(mode="after")
    def _named(self) -> Ignored:
        if (self.name is None) == (not self.names):
            raise ValueError("give either name or names")
        return self

    @property
    def all(self) -> tuple[str, ...]:
        """Every name."""
        return self.names if self.name is None else (self.name,)


class Beside(Declared):
    """A table that is delivered beside a file, and the columns of it that the file's SQL reads."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    columns: tuple[str, ...] = Field(min_length=1)


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


class Conditions(Declared):
    """What the values of a column must be like."""

    pattern: str | None = None
    transform: Transform | None = None
    min: Limit | None = None
    max: Limit | Literal["delivery_day"] | None = None
    max_length: int = Field(LONGEST_TEXT, ge=1)
    any_text: str | None = Field(None, min_length=1)
    required: bool = False

    @model_validator(mode="after")
    def _pattern_is_one(self) -> Conditions:
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error:
                raise ValueError("the pattern is not a regular expression") from None
        return self


class Checked(Conditions):
    """A foreign column that is judged but not kept, with the reason why it is not."""

    name: str
    reason: str = Field(min_length=1)
    type: Literal["VARCHAR", "DATE", "BOOLEAN", "INTEGER", "DOUBLE"] = "VARCHAR"
    codes: tuple[str, ...] = ()


class ColumnRule(Conditions):
    """Where one of our columns comes from, and what its values must be like."""

    source: str | None = Field(None, alias="from")
    constant: str | None = None
    date_of: DateOf | None = None
    year_of: str | None = None
    month_of: str | None = None
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
    filled: bool = False
    single: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnRule:
        if len(self.origins) > 1:
            raise ValueError(f"takes its value from more than one place: {list(self.origins)}")
        if self.constant is not None and not self.reason:
            raise ValueError("a constant needs a reason")
        return self

    @cached_property
    def origins(self) -> tuple[str, ...]:
        """The kinds of origin that are set; none means the foreign column of the same name."""
        names = ("source", "constant", "date_of", "year_of", "month_of", "days_between")
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
            "month_of": (self.month_of or "",),
            "days_between": _pair(self.days_between, "start", "end"),
            "birth_year_from_age": _pair(self.birth_year_from_age, "age", "at"),
            "any_positive": self.any_positive or (),
            "count_positive": self.count_positive or (),
            "negate": (self.negate or "",),
            "concat": self.concat or (),
        }
        return found[kind]


class RowRule(Declared):
    """What two columns of a row, or a number in it, must obey.

    A row is quarantined when ``later`` is before ``earlier``, when ``whole`` does not begin with
    ``begins_with``, or when the number ``from`` is out of bounds. Columns are named
    ``entity.column``, or ``checked.column`` for one that is not kept.
    """

    reason: str = Field(pattern=r"^[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*)?$")
    about: str = ""
    earlier: str | None = None
    later: str | None = None
    whole: str | None = None
    begins_with: str | None = None
    source: str | None = Field(None, alias="from")
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> RowRule:
        dates = self.earlier is not None and self.later is not None
        bounds = self.source is not None and (self.min is not None or self.max is not None)
        prefix = self.whole is not None and self.begins_with is not None
        if dates + bounds + prefix != 1:
            raise ValueError(
                "give one of: earlier and later; whole and begins_with; from with min or max"
            )
        return self

    @property
    def references(self) -> tuple[str, ...]:
        """The columns that the rule compares."""
        named = (self.earlier, self.later, self.whole, self.begins_with)
        return tuple(one for one in named if one is not None)


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
