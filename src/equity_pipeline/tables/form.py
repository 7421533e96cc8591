"""What a table form is made from, and what it hands over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import pandas as pd
import pyarrow as pa

from equity_pipeline.errors import MethodError
from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.table import PersonCounts, StratifiedTable


class Cells(Protocol):
    """Gives the counted cells of one indicator."""

    def of(self, table: str, indicator_id: str, *, period_code: str | None = None) -> pa.Table:
        """Return the rows of a table of cells for one indicator, in the same order every time.

        Of one period only, if it is named. Rows of ``one_way`` stand as they were counted, those
        of every other table are ordered by all of its keys.
        """


@dataclass(frozen=True, slots=True)
class Given:
    """All that a form may be made from; nothing in it is about one person.

    Attributes
    ----------
    context
        The run, its region, periods and declarations.
    estimates
        The long table of estimates.
    cells
        The counted cells, an indicator at a time.
    beside
        What the warehouse knows of units, areas and programmes, by name.
    made
        The forms made before this one.
    published
        Values that others published for whole areas.
    options
        What the configuration says of the forms.
    """

    context: FormContext
    estimates: pd.DataFrame
    cells: Cells
    beside: Mapping[str, pa.Table]
    made: Mapping[str, StratifiedTable]
    published: pd.DataFrame | None = None
    options: FormSettings = field(default_factory=FormSettings)

    def with_made(self, estimates: pd.DataFrame, made: Mapping[str, StratifiedTable]) -> Given:
        """Return the same with estimates, and forms that were made before."""
        return replace(self, estimates=estimates, made=made)

    def rows(self, name: str) -> pd.DataFrame:
        """Return what the warehouse knows under a name, as a frame.

        Raises
        ------
        MethodError
            If nothing of that name was read for the forms.
        """
        try:
            held = self.beside[name]
        except KeyError:
            raise MethodError(
                f"The forms were given no table {name!r}.",
                where="pipeline/beside.py",
                mend=f"read it there; there are: {', '.join(sorted(self.beside)) or 'none'}",
            ) from None
        return pd.DataFrame(held.to_pandas())


@dataclass(frozen=True, slots=True)
class Made:
    """What a form hands over: its tables, the persons behind their cells, and kinds of measures.

    Attributes
    ----------
    tables
        Tables by form.
    persons
        The distinct persons of every cell that no other form has counted already.
    kinds
        For measures that are no indicators (``items``, steps): proportion, rate, mean, published.
    """

    tables: Mapping[str, StratifiedTable]
    persons: PersonCounts | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)


FormMaker = Callable[[Given], Made]
