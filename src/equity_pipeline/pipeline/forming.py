"""Makes the table forms of the register one after another, each from cells and estimates."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from equity_pipeline.tables.few_units import few_units
from equity_pipeline.tables.form import FormMaker, Given
from equity_pipeline.tables.of_few_units import without_few_units
from equity_pipeline.tables.register import FORMS
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.tables.wording import check_words


@dataclass(frozen=True, slots=True)
class Formed:
    """The forms of a night with the persons behind their cells, kinds of measures, and seconds."""

    tables: Mapping[str, StratifiedTable]
    persons: tuple[PersonCounts, ...]
    kinds: Mapping[str, str]
    seconds: Mapping[str, float]


def form_all(
    given: Given,
    progress: Callable[[str], None] | None = None,
    *,
    register: Mapping[str, FormMaker] = FORMS,
) -> Formed:
    """Return every form of the register.

    Parameters
    ----------
    given
        What the forms are made from.
    progress
        Told the name of each form before it is made.
    """
    tables: dict[str, StratifiedTable] = dict(given.made)
    persons: list[PersonCounts] = []
    kinds: dict[str, str] = {}
    seconds: dict[str, float] = {}
    few = few_units(given.estimates, given.context, given.options.fewest_units)
    for name, make in register.items():
        if progress is not None:
            progress(name)
        began = time.perf_counter()
        made = make(replace(given, made=tables))
        for form, table in made.tables.items():
            check_words(form, table)
            tables[form] = without_few_units(table, given, few)
        kinds |= made.kinds
        if made.persons is not None:
            persons.append(made.persons)
        seconds[name] = time.perf_counter() - began
    return Formed(tables, tuple(persons), kinds, seconds)
