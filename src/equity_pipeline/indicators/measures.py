"""An indicator as exact integer columns of a coded fact, and the sums that cells are made of.

Every measure is a whole number: decimals are shifted by their places, and shifted back in double
precision once the sums are made. Whole numbers add up the same in any order, so the cells do not
depend on how many threads counted them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from equity_pipeline.errors import WarehouseError
from equity_pipeline.indicators.condition import all_of
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.indicators.explain import inside, numerator

PLACES_OF_FLOATS = 6
WIDEST_PRODUCT = 9  # digits whose square surely fits 64 bits


@dataclass(frozen=True, slots=True)
class Measure:
    """What one indicator adds per row: ``y`` to the numerator, ``t`` to the denominator.

    ``t`` is None where rows are counted; ``y_places`` and ``t_places`` are the decimals shifted.
    Indicators with the same ``t`` share its column and its sums. ``wait`` holds the texts of days
    and end of an indicator that is a wait.
    """

    id: str
    y: str
    t: str | None
    y_places: int
    t_places: int
    binary: bool
    excluded: tuple[str, ...]
    wait: tuple[str, str] | None = None

    @property
    def over(self) -> str:
        """The name of the column of ``t``: the same for the same text."""
        return f"t_{sha256((self.t or '').encode()).hexdigest()[:8]}"

    def columns(self) -> Iterator[tuple[str, str]]:
        """Yield the columns of the coded fact, name and text; NULL outside the denominator."""
        yield f"{self.id}_y", self.y
        if self.t is not None:
            yield self.over, self.t
        if self.wait is not None:
            yield from zip((f"{self.id}_days", f"{self.id}_end"), self.wait, strict=True)

    def sums(self) -> Iterator[tuple[str, str]]:
        """Yield the whole sums, name and aggregate, no more than the cells are derived from."""
        y, t = f"{self.id}_y", self.over
        yield f"{self.id}_n", f"count({y})"
        yield f"{self.id}_s", f"sum({y})"
        if not self.binary:
            yield f"{self.id}_ss", f"sum({y} * {y})"
            yield self.with_outcome, f"count_if({y} > 0)"
        if self.t is not None:
            yield f"{self.id}_sd", f"sum({y} * {t})"
            yield f"{t}_d", f"sum({t})"
            yield f"{t}_dd", f"sum({t} * {t})"

    def stored(self) -> Iterator[tuple[str, str, str]]:
        """Yield what a table of cells holds of sums: column, type, and text over whole sums."""
        yield f"{self.id}_n", "bigint", f"{self.id}_n"
        if self.binary:
            yield f"{self.id}_s", "bigint", f"{self.id}_s::bigint"
        else:
            yield _shifted(f"{self.id}_s", self.y_places)
            yield _shifted(f"{self.id}_ss", 2 * self.y_places)
            yield self.with_outcome, "bigint", self.with_outcome
        if self.t is not None:
            yield _shifted(f"{self.id}_sd", self.y_places + self.t_places)
            yield _shifted(f"{self.over}_d", self.t_places)
            yield _shifted(f"{self.over}_dd", 2 * self.t_places)

    @property
    def with_outcome(self) -> str:
        """The name of the sum that counts rows with something in the numerator."""
        return f"{self.id}_s" if self.binary else f"{self.id}_c"

    def persons(self) -> tuple[str, ...]:
        """Return the three counts of persons as text over what is stored."""
        with_outcome = f"{self.id}_w"
        return (
            f"case when {with_outcome} is not null then {self.id}_p end as n_persons",
            f"{with_outcome} as n_persons_with",
            f"{self.id}_o as n_persons_without",
        )

    def largest(self) -> tuple[str, str, str, str]:
        """Return the columns with the shares of the two largest persons, and of units."""
        return f"{self.id}_t1", f"{self.id}_t2", f"{self.id}_u1", f"{self.id}_u2"

    def told_of_largest(self) -> tuple[str, ...]:
        """Return the largest contributors as text over what is stored; none of what is counted."""
        names = ("top_1", "top_2", "top_unit_1", "top_unit_2")
        held = ("null::double",) * len(names) if self.binary else self.largest()
        return tuple(f"{text} as {name}" for text, name in zip(held, names, strict=True))

    def six(self) -> tuple[str, ...]:
        """Return n, d, s, ss, sd, dd as text over what is stored."""
        n, s = f"{self.id}_n", f"{self.id}_s"
        held = {"d": n, "s": s, "ss": s if self.binary else f"{self.id}_ss", "sd": s, "dd": n}
        if self.t is not None:
            held |= {"d": f"{self.over}_d", "sd": f"{self.id}_sd", "dd": f"{self.over}_dd"}
        return (f"{n} as n", *(f"{text}::double as {name}" for name, text in held.items()))


def amounts(measures: Iterable[Measure]) -> list[Measure]:
    """Return the measures that sum an amount of each person, not whether something is so."""
    return [one for one in measures if not one.binary]


def merged(pairs: Iterable[tuple[str, str]]) -> str:
    """Return named columns as the text of a SELECT, what several share only once.

    Examples
    --------
    >>> merged([("n", "count(y)"), ("d", "sum(t)"), ("d", "sum(t)")])
    'count(y) as n, sum(t) as d'
    """
    return ", ".join(f"{text} as {name}" for name, text in dict(pairs).items())


def _shifted(name: str, places: int) -> tuple[str, str, str]:
    return name, "double", f"{name}::double / 1e{places}"


def measure(declaration: Declaration, types: Mapping[str, str]) -> Measure:
    """Return an indicator's measure on a fact with these column types.

    Parameters
    ----------
    types
        DuckDB type of each column of the fact.

    Examples
    --------
    >>> from equity_pipeline.indicators.catalogue import load_catalogue
    >>> made = measure(load_catalogue()["TG07"], {})
    >>> merged(made.sums())
    'count(tg07_y) as tg07_n, sum(tg07_y) as tg07_s'
    """
    summed, over = declaration.numerator.sum, declaration.denominator.sum
    y_text, y_places = _whole(summed, types) if summed else (None, 0)
    t_text, t_places = _whole(over, types) if over else (None, 0)
    added = numerator(declaration, y_text)
    kind = "" if summed else "::utinyint"
    return Measure(
        id=declaration.id.lower(),
        y=_within(declaration, f"({added}){kind}"),
        t=None if t_text is None else _within(declaration, t_text),
        y_places=y_places,
        t_places=t_places,
        binary=summed is None,
        excluded=declaration.exclude_dimensions,
        wait=_wait(declaration),
    )


def lacking(declaration: Declaration, types: Mapping[str, str]) -> Iterator[WarehouseError]:
    """Yield an error for each column that the declaration names and the fact does not have."""
    parts = (declaration.denominator, declaration.numerator)
    named = [one.column for part in parts for one in part.where]
    named += [part.sum for part in parts if part.sum]
    if declaration.wait is not None:
        named += [one.column for one in declaration.wait.where]
        named += [declaration.wait.days, declaration.wait.status]
    aged = declaration.minimum_age is not None or declaration.maximum_age is not None
    for column in dict.fromkeys(named + (["age"] if aged else [])):
        if column not in types:
            yield WarehouseError(
                f"mart.{declaration.fact} has no column {column}, which {declaration.id} needs.",
                where=f"sql/marts/{declaration.fact}.sql",
                mend="make the column in the model, or declare the indicator on one that exists",
            )


def _within(declaration: Declaration, text: str) -> str:
    conditions = inside(declaration)
    return f"case when {' and '.join(conditions)} then {text} end" if conditions else text


def _wait(declaration: Declaration) -> tuple[str, str] | None:
    """Return the days that a wait was followed and how it ended, NULL in rows that are no wait.

    Somebody who gave up on a day that nobody knows is last known to wait on the first.
    """
    wait = declaration.wait
    if wait is None:
        return None
    days = f"coalesce({wait.days}, 0)"
    began = " and ".join([*all_of(wait.where), f"{wait.status} is not null", f"{days} >= 0"])
    return f"case when {began} then {days} end", f"case when {began} then {wait.status} end"


def _whole(column: str, types: Mapping[str, str]) -> tuple[str, int]:
    """Return a column as a whole number, and how many decimals were shifted."""
    kind = types[column]
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind)
    if decimal:
        width, places = int(decimal[1]), int(decimal[2])
        whole = "bigint" if width <= WIDEST_PRODUCT else "hugeint"
        return f"({column} * {10**places})::{whole}", places
    if kind in {"DOUBLE", "FLOAT"}:
        return f"round({column} * 1e{PLACES_OF_FLOATS})::hugeint", PLACES_OF_FLOATS
    return f"{column}::bigint", 0
