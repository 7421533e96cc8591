"""An indicator as exact integer columns of a coded fact, and the sums that cells are made of.

Every measure is a whole number: decimals are shifted by their places, and shifted back in double
precision once the sums are made. Whole numbers add up the same in any order, so the cells do not
depend on how many threads counted them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from equity_pipeline.errors import WarehouseError
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.indicators.explain import inside, numerator

SUMS = ("d", "s", "ss", "sd", "dd")
PLACES_OF_FLOATS = 6
WIDEST_PRODUCT = 9  # digits whose square surely fits 64 bits


@dataclass(frozen=True, slots=True)
class Measure:
    """What one indicator adds per row: ``y`` to the numerator, ``t`` to the denominator.

    ``t`` is None where rows are counted; ``y_places`` and ``t_places`` are the decimals shifted.
    """

    id: str
    y: str
    t: str | None
    y_places: int
    t_places: int
    binary: bool
    excluded: tuple[str, ...]

    def columns(self) -> Iterator[str]:
        """Yield the columns of the coded fact; NULL outside the denominator."""
        yield f"{self.y} as {self.id}_y"
        if self.t is not None:
            yield f"{self.t} as {self.id}_t"

    def sums(self) -> Iterator[str]:
        """Yield the aggregates that the sums are derived from, no more than are needed."""
        y, t = f"{self.id}_y", f"{self.id}_t"
        yield f"count({y}) as {self.id}_n"
        yield f"sum({y}) as {self.id}_s"
        if not self.binary:
            yield f"sum({y} * {y}) as {self.id}_ss"
            yield f"count(*) filter (where {y} > 0) as {self.id}_w"
        if self.t is not None:
            yield f"sum({t}) as {self.id}_d"
            yield f"sum({y} * {t}) as {self.id}_sd"
            yield f"sum({t} * {t}) as {self.id}_dd"

    def six(self) -> str:
        """Return n, d, s, ss, sd, dd as text over the aggregates, shifted back to their units."""
        held = {name: f"{self.id}_{name}" for name in SUMS}
        if self.t is None:
            held |= {"d": f"{self.id}_n", "dd": f"{self.id}_n", "sd": f"{self.id}_s"}
        if self.binary:
            held["ss"] = f"{self.id}_s"
        y, t = self.y_places, self.t_places
        places = {"d": t, "s": y, "ss": 2 * y, "sd": y + t, "dd": 2 * t}
        told = [f"{held[name]}::double / 1e{places[name]} as {name}" for name in SUMS]
        return ", ".join([f"{self.id}_n as n", *told])

    @property
    def with_outcome(self) -> str:
        """The aggregate that counts rows with something in the numerator."""
        return f"{self.id}_s" if self.binary else f"{self.id}_w"


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
    >>> list(made.sums())
    ['count(tg07_y) as tg07_n', 'sum(tg07_y) as tg07_s']
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
    )


def lacking(declaration: Declaration, types: Mapping[str, str]) -> Iterator[WarehouseError]:
    """Yield an error for each column that the declaration names and the fact does not have."""
    parts = (declaration.denominator, declaration.numerator)
    named = [one.column for part in parts for one in part.where]
    named += [part.sum for part in parts if part.sum]
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
