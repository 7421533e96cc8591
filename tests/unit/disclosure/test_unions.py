"""Small cells of one equation are protected together, and with those who are in no level."""

from __future__ import annotations

from datetime import date

import numpy as np

from equity_pipeline.disclosure.attacker import clock
from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.equations import equations
from equity_pipeline.disclosure.interval import check
from equity_pipeline.disclosure.linked import linked
from equity_pipeline.disclosure.rules import DisclosurePolicy, Persons
from equity_pipeline.disclosure.suppress import protected

DAY = date(2024, 7, 1)
SEXES = ("all", "female", "male")
# of 1 413 men 12 lack a standard and 3 are in no level: 15 together, by what the others leave
COUNTED = {
    ("total", "all"): (2800, 1387, 1413),
    ("economic_standard", "low"): (481, 245, 236),
    ("economic_standard", "missing"): (30, 18, 12),
    ("economic_standard", "not_low"): (2283, 1121, 1162),
}


def released() -> tuple[list[Cell], Persons]:
    cells = {
        Cell("FP04", DAY, DAY, "12", dimension, level, sex): n
        for (dimension, level), counts in COUNTED.items()
        for sex, n in zip(SEXES, counts, strict=True)
    }
    n = np.array(list(cells.values()))
    return list(cells), Persons(n, 0 * n, n, *(np.zeros(len(n), bool),) * 3)


def test_what_the_others_leave_of_a_total_is_not_told_where_it_is_too_few():
    cells, persons = released()
    policy = DisclosurePolicy()
    system = equations(cells, persons, policy)
    small = persons.n < policy.smallest_denominator
    whole = linked(small, persons, system, policy)
    alone = check(whole, small, clock(60)).lacks
    assert alone[len(cells) :].sum() == 2  # the women and the men who are left over
    made = protected(small, persons, system, policy)
    assert not made.withheld.any()
    assert not check(whole, made.hidden, clock(60)).lacks.any()
    hidden = {cells[one][4:] for one in np.flatnonzero(made.hidden & ~small)}
    assert hidden - {("economic_standard", "missing", "all")}


def of_two_groups(women: int, men: tuple[int, int]) -> tuple[set[tuple[str, ...]], bool]:
    """Return what is hidden where a sensitive group has so many, and whether all is withheld."""
    some, rest = men
    counted = {
        ("total", "all"): (500 + women + some + rest, 500 + women, some + rest),
        ("disability_proxy", "disability"): (women + some, women, some),
        ("disability_proxy", "none"): (500 + rest, 500, rest),
    }
    cells = {
        Cell("FP02", DAY, DAY, "12", dimension, level, sex): n
        for (dimension, level), counts in counted.items()
        for sex, n in zip(SEXES, counts, strict=True)
    }
    n = np.array(list(cells.values()))
    sensitive = np.array([cell.dimension != "total" for cell in cells])
    persons = Persons(n, n // 2, n - n // 2, *(np.ones(len(n), bool),) * 2, sensitive)
    policy = DisclosurePolicy()
    made = protected(n < 20, persons, equations(list(cells), persons, policy), policy)
    names = list(cells)
    return {names[one][4:] for one in np.flatnonzero(made.hidden)}, bool(made.withheld.any())


def test_that_nobody_of_a_sensitive_group_was_there_is_hidden_with_room():
    hidden, withheld = of_two_groups(300, (0, 400))
    assert not withheld
    assert {
        ("disability_proxy", "disability", "male"),
        ("disability_proxy", "none", "male"),
    } < hidden


def test_where_nobody_is_asked_nothing_is_told_of_any_group():
    hidden, withheld = of_two_groups(300, (0, 0))
    assert not withheld
    assert {key[2] for key in hidden} == {"male"}


def test_a_level_of_whom_nobody_has_the_outcome_does_not_cover_a_small_one():
    """What the others leave of the total would be the four of the oldest."""
    counted = {"all": (759, 23), "18-44": (55, 0), "45-64": (280, 10), "65-79": (288, 9)}
    counted["80+"] = (136, 4)
    cells = [
        Cell("BR06", DAY, DAY, "12", "total" if level == "all" else "age_band", level, "all")
        for level in counted
    ]
    n, with_it = (np.array(one) for one in zip(*counted.values(), strict=True))
    yes, no = np.ones(len(n), bool), np.zeros(len(n), bool)
    persons = Persons(n, with_it, n - with_it, yes, yes, no)
    policy = DisclosurePolicy()
    made = protected(cells_of_few(persons), persons, equations(cells, persons, policy), policy)
    assert not made.withheld.any()
    assert with_it[made.hidden & (np.arange(len(n)) > 0)].sum() >= 5 or made.hidden[0]


def cells_of_few(persons: Persons) -> np.ndarray:
    return (persons.n_with > 0) & (persons.n_with < 5)


def test_that_nobody_is_in_a_sensitive_group_is_not_told_by_sexes_that_lack_it():
    """Neither sex has a row of it; what the other level has of each sex is then not all."""
    counted = {("total", "all"): (65, 30, 35), ("disability_proxy", "none"): (65, 30, 35)}
    cells = {
        Cell("CC07", DAY, DAY, "12", dimension, level, sex): n
        for (dimension, level), counts in counted.items()
        for sex, n in zip(SEXES, counts, strict=True)
    }
    nobody = Cell("CC07", DAY, DAY, "12", "disability_proxy", "disability", "all")
    names = [*cells, nobody]
    n = np.array([*cells.values(), 0])
    sensitive = np.array([cell.dimension != "total" for cell in names])
    persons = Persons(n, n // 2, n - n // 2, *(np.ones(len(n), bool),) * 2, sensitive)
    policy = DisclosurePolicy()
    made = protected(n < 20, persons, equations(names, persons, policy), policy)
    assert not made.withheld.any()
    assert {names[one][5] for one in np.flatnonzero(made.hidden)} == {"disability", "none"}
