"""A year less its shown quarters is told, unless a reader sees that quarters do not sum up."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.equations import equations
from equity_pipeline.disclosure.rules import DisclosurePolicy, Persons
from equity_pipeline.disclosure.suppress import protected

ENDS = [date(2024, 1, 1), date(2024, 4, 1), date(2024, 7, 1), date(2024, 10, 1), date(2025, 1, 1)]
SPANS = [(ENDS[0], ENDS[-1]), *pairwise(ENDS)]
# of the year and its quarters; the quarters of all sum to one less than their year
EVENTS = {"all": (29, 11, 4, 7, 6), "pre_secondary": (8, 5, 1, 1, 1)}
N = {"all": (909, 858, 866, 882, 902), "pre_secondary": (310, 292, 295, 298, 308)}


def hidden(*, second_quarter: int) -> set[tuple[str, int]]:
    keys = [(level, at) for level in EVENTS for at in range(len(SPANS))]
    cells = [
        Cell("BR06", *SPANS[at], "12", "total" if level == "all" else "education", level, "all")
        for level, at in keys
    ]
    events = np.array([EVENTS[level][at] for level, at in keys])
    events[keys.index(("all", 2))] = second_quarter
    n = np.array([N[level][at] for level, at in keys])
    yes, no = np.ones(len(keys), bool), np.zeros(len(keys), bool)
    persons = Persons(n, events, n - events, yes, no, no)
    policy, small = DisclosurePolicy(), events < 5
    published = np.array([n, events], float).T
    system = equations(cells, persons, policy, published=published, small=small)
    flags = protected(small, persons, system, policy).hidden
    return {key for key, flag in zip(keys, flags.tolist(), strict=True) if flag}


@pytest.mark.parametrize("second_quarter", [4, 6])
def test_what_three_hidden_quarters_are_together_is_told_only_by_who_sees_the_fourth(
    second_quarter,
):
    """Where the total's second quarter is shown a reader sees that quarters do not sum up."""
    made = hidden(second_quarter=second_quarter)
    assert {("pre_secondary", at) for at in (2, 3, 4)} <= made
    beside = made & {("pre_secondary", 0), ("pre_secondary", 1)}
    assert bool(beside) == (second_quarter == 4)


MONTHS = [date(2024, month, 1) for month in (1, 2, 3, 4)]
UNITS = {"U1": (90, 12, 70), "U2": (60, 50, 55)}
NESTING = dict.fromkeys(UNITS, ("unit", "12"))


def of_units(region_told: bool) -> set[tuple[str, int]]:
    """Return which months of units are hidden where the region is told of the quarter, or not."""
    cells = {
        Cell("TG05", *span, code, "total", "all", "all"): n
        for code, months in UNITS.items()
        for span, n in zip(pairwise(MONTHS), months, strict=True)
    }
    if region_told:
        cells[Cell("TG05", MONTHS[0], MONTHS[-1], "12", "total", "all", "all")] = 337
    names, n = list(cells), np.array(list(cells.values()))
    persons = Persons(n, n, n, *(np.zeros(len(n), bool),) * 3)
    policy = DisclosurePolicy()
    system = equations(names, persons, policy, nesting=NESTING)
    flags = protected(n < 20, persons, system, policy).hidden
    return {(names[at][3], names[at][1].month) for at in np.flatnonzero(flags)}


def test_a_month_is_the_region_s_quarter_less_all_other_months_of_its_units():
    assert of_units(region_told=False) == {("U1", 2)}
    assert len(of_units(region_told=True)) == 2
