"""From small cells to everything that is hidden, with the reason of each and what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.dominance import Floats
from equity_pipeline.disclosure.equations import Equations
from equity_pipeline.disclosure.pattern import PATTERN, against, pattern
from equity_pipeline.disclosure.rules import (
    HIDDEN_BEFORE,
    MOVED_A_LITTLE,
    NESTED,
    SECONDARY,
    SHOWN,
    WITHHELD,
    DisclosurePolicy,
    Flags,
    Persons,
)
from equity_pipeline.disclosure.suppress import SECONDS_AT_MOST, protected

NEVER_RELEASED = PATTERN.empty_table()


@dataclass(frozen=True, slots=True)
class Hidden:
    """Why each cell is hidden.

    Attributes
    ----------
    reason
        For each cell; empty where it is shown.
    pattern
        What is shown and hidden, for the next release of the same period, and why.
    withheld
        Indicator and first day of each table that could not be protected or judged in time.
    """

    reason: NDArray[np.str_]
    pattern: pa.Table
    withheld: tuple[tuple[str, str], ...]


def hide(
    cells: Sequence[Cell],
    persons: Persons,
    small: NDArray[np.str_],
    system: Equations,
    policy: DisclosurePolicy,
    *,
    earlier: pa.Table | None = None,
    together: Flags | None = None,
    near: Flags | None = None,
    published: Floats | None = None,
    seconds: float = SECONDS_AT_MOST,
) -> Hidden:
    """Return all that must be hidden.

    Parameters
    ----------
    cells, persons, system
        The cells, who is in them, and what adds up to what.
    small
        Why a cell is hidden on its own account; empty where it is not.
    policy
        The limits.
    earlier
        Patterns of what was released of these periods before.
    together
        Cells hidden for the sake of another indicator of the same people.
    near
        Cells that a larger population, less them, would make a count of few persons.
    published
        The denominator and the numerator that the forms tell of each cell (cells, 2).
    seconds
        Time for the solver.

    Examples
    --------
    >>> from datetime import date
    >>> from equity_pipeline.disclosure.equations import equations
    >>> day, n = date(2024, 1, 1), np.array([90, 12, 78])
    >>> cells = [Cell("VT01", day, day, "12", "total", "all", s) for s in ("all", "female", "male")]
    >>> persons = Persons(n, n, n, *(np.zeros(3, bool),) * 3)
    >>> system = equations(cells, persons, DisclosurePolicy())
    >>> small = np.array(["", "small_denominator", ""])
    >>> hide(cells, persons, small, system, DisclosurePolicy()).reason.tolist()
    ['', 'small_denominator', 'secondary']
    """
    before = NEVER_RELEASED if earlier is None else earlier
    asked = against(before, cells, persons, policy, published)
    nobody = np.zeros(len(cells), bool)
    together, near = (nobody if one is None else one for one in (together, near))
    made = protected(
        small != SHOWN,
        persons,
        system,
        policy,
        before=asked.hidden | together,
        moved=asked.moved | asked.leaned_on | near,
        known=asked.known,
        seconds=seconds,
    )
    reason = small
    for why, where in (
        (NESTED, near),
        (MOVED_A_LITTLE, asked.moved),
        (HIDDEN_BEFORE, asked.hidden),
        (WITHHELD, made.withheld),
        (SECONDARY, made.hidden),
    ):
        reason = np.where(where & (reason == SHOWN), why, reason)
    tables = sorted(
        {(cells[one][0], str(cells[one][1])) for one in np.flatnonzero(made.withheld).tolist()}
    )
    kept = pattern(cells, persons, made.hidden, published)
    kept = kept.append_column("hidden_reason", pa.array(reason, mask=reason == SHOWN))
    return Hidden(reason, kept, tuple(tables))


def hidden_rows(cells: Sequence[Cell], reason: NDArray[np.str_]) -> pa.Table:
    """Return a row each hidden cell with its reason; for the internal database only.

    Examples
    --------
    >>> from datetime import date
    >>> day = date(2024, 1, 1)
    >>> cells = [Cell("VT01", day, day, "12", "total", "all", sex) for sex in ("all", "female")]
    >>> hidden_rows(cells, np.array(["", "secondary"]))["reason"].to_pylist()
    ['secondary']
    """
    rows = [(*cell, str(why)) for cell, why in zip(cells, reason, strict=True) if why]
    fields = [PATTERN.field(name) for name in Cell._fields]
    schema = pa.schema([*fields, ("reason", pa.string())])
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
