"""A year less its shown quarters is told, unless a reader sees that quarters do not sum up."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.equations import equations
from equity_pipeline.disclosure.hide import Hidden, hide
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


QUARTERS = [date(2024, 1, 1), date(2024, 4, 1), date(2024, 7, 1), date(2024, 10, 1),
            date(2025, 1, 1), date(2025, 4, 1)]  # fmt: skip
MISSED = (3, 21, 40, 55, 60)  # in each quarter, of everybody


def released(first: int, earlier: pa.Table | None) -> Hidden:
    """Protect a year and its four quarters, the first of them so many after the first of all."""
    ends = QUARTERS[first : first + 5]
    spans = [(ends[0], ends[-1]), *pairwise(ends)]
    cells = [Cell("TG05", *span, "12", "total", "all", "all") for span in spans]
    events = np.array([sum(MISSED[first : first + 4]), *MISSED[first : first + 4]])
    n = np.array([3600, 900, 900, 900, 900])
    yes, no = np.ones(5, bool), np.zeros(5, bool)
    persons, policy = Persons(n, events, n - events, yes, yes, no), DisclosurePolicy()
    small = np.where(events < 5, "small_count", "")
    published = np.array([n, events], float).T
    system = equations(cells, persons, policy, published=published, small=events < 5)
    return hide(cells, persons, small, system, policy, earlier=earlier)


def quarters(made: Hidden) -> set[int]:
    """Return the months in which a hidden quarter begins; 0 is the year."""
    told = made.pattern.filter(made.pattern["is_hidden"])
    spans = zip(told["period_start"].to_pylist(), told["period_end"].to_pylist(), strict=True)
    return {12 * (a.year - 2024) + a.month if (b - a).days < 100 else 0 for a, b in spans}


def test_a_quarter_that_protects_another_in_a_year_before_cannot_be_computed_in_the_next_window():
    """Else the year of the next window gives it, and with it the small one of the year before."""
    first = released(0, None)
    assert {1} < quarters(first) and 0 not in quarters(first)
    (beside,) = quarters(first) - {1}
    assert quarters(released(1, None)) == set()
    again = quarters(released(1, first.pattern.drop_columns("hidden_reason")))
    assert beside in again and len(again) > 1
    shown_before = {4, 7, 10} - {beside}
    assert again - shown_before - {beside}  # what readers have seen protects nothing


def test_the_same_window_released_again_hides_nothing_more():
    first = released(0, None)
    again = released(0, first.pattern.drop_columns("hidden_reason"))
    assert quarters(again) == quarters(first)


def told_again(contacts: int, *, before: float = 3100) -> set[str]:
    """Release the contacts of 900 persons twice, and return why they are hidden the second time."""
    cells = [Cell("TG05", QUARTERS[0], QUARTERS[-2], "12", "total", "all", "all")]
    n, no = np.array([900]), np.zeros(1, bool)
    persons, policy = Persons(n, n * 0, n, ~no, no, no), DisclosurePolicy()
    system = equations(cells, persons, policy)

    def made(denominator: float, earlier: pa.Table | None) -> Hidden:
        published = np.array([[denominator, np.nan]])
        return hide(cells, persons, np.array([""]), system, policy, earlier=earlier,
                    published=published)  # fmt: skip

    first = made(before, None).pattern.drop_columns("hidden_reason")
    return {str(one) for one in made(contacts, first).reason}


@pytest.mark.parametrize(("more", "why"), [(0, ""), (1, "moved_a_little"), (5, "")])
def test_a_few_contacts_more_of_the_same_persons_are_not_told_by_difference(more: int, why: str):
    assert told_again(3100 + more) == {why}


def test_contacts_that_no_earlier_release_told_have_no_difference():
    assert told_again(3100, before=np.nan) == {""}
