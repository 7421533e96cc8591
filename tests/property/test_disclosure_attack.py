"""What an attacker who knows what adds up to what can compute from a published table: nothing."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equity_pipeline.disclosure import disclose as door
from equity_pipeline.disclosure import hide
from equity_pipeline.disclosure.attacker import clock
from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.equations import Equations, equations
from equity_pipeline.disclosure.interval import check, intervals
from equity_pipeline.disclosure.linked import WITH, WITHOUT, linked
from equity_pipeline.disclosure.rules import DisclosurePolicy, Persons, too_small
from equity_pipeline.disclosure.suppress import Protected, protected
from equity_pipeline.tables.table import PersonCounts, StratifiedTable

YEAR = (date(2024, 1, 1), date(2025, 1, 1))
QUARTERS = list(pairwise([date(2024, month, 1) for month in (1, 4, 7, 10)] + [YEAR[1]]))
LEVELS = {
    "education": ("pre_secondary", "upper_secondary", "post_secondary", "missing"),
    "country_of_birth": ("sweden", "nordic", "outside_europe"),
    "income_quintile": ("q1", "q2", "q3", "q4", "q5"),
}
PARTIAL = "income_quintile"  # the young are outside it


def people(seed: int, n: int) -> dict[str, np.ndarray]:
    """Persons with one contact each: sex, quarter, outcome and a level of each dimension."""
    random = np.random.default_rng(seed)
    made = {
        "sex": random.choice(["female", "male"], n),
        "quarter": random.integers(0, 4, n),
        "with": random.random(n) < random.uniform(0.02, 0.98),
    }
    for dimension, levels in LEVELS.items():
        made[dimension] = random.choice(levels, n, p=random.dirichlet(np.full(len(levels), 0.8)))
    made[PARTIAL] = np.where(random.random(n) < random.choice([0.02, 0.3]), "", made[PARTIAL])
    return made


def cells(who: dict[str, np.ndarray]) -> dict[tuple, tuple[int, int]]:
    """Count every cell: key -> persons, persons with the outcome."""
    everyone = np.ones(len(who["sex"]), bool)
    groups = [("total", "all", everyone)]
    groups += [("sex", level, who["sex"] == level) for level in ("female", "male")]
    groups += [(d, level, who[d] == level) for d, levels in LEVELS.items() for level in levels]
    periods = [(YEAR, everyone)]
    periods += [(span, who["quarter"] == number) for number, span in enumerate(QUARTERS)]
    made = {}
    for period, when in periods:
        for dimension, level, where in groups:
            for sex in ("all",) if dimension == "sex" else ("all", "female", "male"):
                chosen = when & where & ((sex == "all") | (who["sex"] == sex))
                if chosen.any():
                    key = (*period, dimension, level, sex)
                    made[key] = (int(chosen.sum()), int((chosen & who["with"]).sum()))
    return made


def rows_of(counted: dict[tuple, tuple[int, int]]) -> list[dict]:
    return [
        {"indicator_id": "VT01", "period_start": start, "period_end": end, "geography_code": "12",
         "dimension": dimension, "level": level, "strat2_level": sex, "value_status": "shown",
         "strat2_dimension": "total" if sex == "all" else "sex", "n_denominator": n,
         "n_numerator": w, "n_persons": n, "n_persons_with": w, "n_persons_without": n - w}
        for (start, end, dimension, level, sex), (n, w) in counted.items()
    ]  # fmt: skip


def published(counted: dict[tuple, tuple[int, int]]) -> list[dict]:
    data = pa.Table.from_pylist(rows_of(counted))
    tables = {"stratified": StratifiedTable.of("stratified", data)}
    out = door.disclose(
        tables, PersonCounts.of(data), DisclosurePolicy(), kinds={"VT01": "proportion"}
    )
    return out.tables["stratified"].data.to_pylist()


def attack(rows: list[dict]) -> set[tuple]:
    """Solve everything that adds up for the unknown cells; return those with one solution.

    Reads the published rows only. A person outside a dimension is an unknown of its own.
    """
    unknown = {same(row): row["n_denominator"] is None for row in rows}
    sums: dict[tuple, list[tuple]] = defaultdict(list)
    for start, end, dimension, level, sex in unknown:
        if sex != "all":
            sums["sexes", start, end, dimension, level].append((start, end, dimension, level, sex))
        if dimension != "total":
            sums["levels", start, end, dimension, sex].append((start, end, dimension, level, sex))
        if (start, end) != YEAR:
            sums["quarters", dimension, level, sex].append((start, end, dimension, level, sex))
    whole = {
        "sexes": lambda start, end, dimension, level: (start, end, dimension, level, "all"),
        "levels": lambda start, end, dimension, sex: (start, end, "total", "all", sex),
        "quarters": lambda dimension, level, sex: (*YEAR, dimension, level, sex),
    }
    lines = []
    for (kind, *rest), members in sums.items():
        outside = [("outside", *rest)] if kind == "levels" and PARTIAL in rest else []
        line = dict.fromkeys([*members, *outside], 1) | {whole[kind](*rest): -1}
        lines.append({k: s for k, s in line.items() if unknown.get(k, k[0] == "outside")})
    return fixed([line for line in lines if line])


def same(row: dict) -> tuple:
    """Return the one key of a cell: the sexes of all are the levels of the dimension sex."""
    period = row["period_start"], row["period_end"]
    if row["dimension"] == "sex":
        return (*period, "total", "all", row["level"])
    return (*period, row["dimension"], row["level"], row["strat2_level"])


def fixed(lines: list[dict[tuple, int]]) -> set[tuple]:
    """Return the unknowns that cannot change while every line's signed sum stays as it is."""
    names = sorted({one for line in lines for one in line}, key=str)
    if not names:
        return set()
    matrix = np.array([[line.get(name, 0) for name in names] for line in lines], float)
    _, sizes, right = np.linalg.svd(matrix)
    free = right[(sizes > 1e-9).sum() :]
    loose = np.abs(free).max(axis=0) if len(free) else np.zeros(len(names))
    return {name for name, much in zip(names, loose, strict=True) if much < 1e-9}


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(40, 900))
@settings(max_examples=40, deadline=None)
def test_no_hidden_cell_can_be_computed_from_those_shown(seed, n):
    found = attack(published(cells(people(seed, n))))
    assert {one for one in found if one[0] != "outside"} == set()


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(40, 900))
@settings(max_examples=25, deadline=None)
def test_those_outside_a_dimension_are_given_away_only_where_they_are_many(seed, n):
    who = people(seed, n)
    for one in attack(published(cells(who))):
        start, end, _, sex = one[1:]
        when = np.isin(
            who["quarter"], [i for i, q in enumerate(QUARTERS) if q[0] >= start and q[1] <= end]
        )
        where = when & (who[PARTIAL] == "") & ((sex == "all") | (who["sex"] == sex))
        assert where.sum() == 0 or where.sum() >= 20


def test_without_the_complementary_step_the_same_attack_succeeds(monkeypatch):
    def nothing_else(primary, *_, **__):
        return Protected(primary, np.zeros_like(primary))

    monkeypatch.setattr(hide, "protected", nothing_else)
    found = [attack(published(cells(people(seed, 400)))) for seed in range(20)]
    assert sum(1 for one in found if any(key[0] != "outside" for key in one)) >= 15


def test_solving_together_finds_what_no_single_sum_gives_away():
    """Every line has two unknowns or more, and yet the last of the third has one value only."""
    lines = [["a", "b"], ["c", "d"], ["a", "c", "e"], ["b", "d"]]
    assert fixed([{(name,): 1 for name in line} for line in lines]) == {("e",)}
    cells = np.array(["abcde".index(name) for line in lines for name in line])
    number = np.repeat(np.arange(4), [len(line) for line in lines])
    none, yes = np.zeros(4, bool), np.ones(4, bool)
    rest = [np.zeros(4, np.int64)] * 3
    of_cells = np.zeros(5, np.int64), np.zeros(5, bool), np.full(5, np.inf)
    no = np.zeros(9, bool)
    system = Equations(number, cells, no, yes, none, *rest, none, none, np.full(4, -1), *of_cells)
    n = np.array([30, 30, 30, 30, 3])
    persons = Persons(n, 0 * n, n, *(np.zeros(5, bool),) * 3)
    whole = linked(n < 20, persons, system, DisclosurePolicy())
    assert check(whole, np.ones(5, bool), clock(60)).lacks.tolist() == [False] * 4 + [True]


@pytest.mark.parametrize("seed", range(3))
def test_most_of_a_large_table_stays_visible(seed):
    rows = published(cells(people(seed, 60_000)))
    shown = sum(row["n_denominator"] is not None for row in rows) / len(rows)
    assert shown > 0.85


def told(
    who: dict[str, np.ndarray], earlier: pa.Table | None = None
) -> tuple[list[dict], door.Disclosure]:
    """Pass persons through the door after an earlier release."""
    data = pa.Table.from_pylist(rows_of(cells(who)))
    out = door.disclose(
        {"stratified": StratifiedTable.of("stratified", data)}, PersonCounts.of(data),
        DisclosurePolicy(), kinds={"VT01": "proportion"}, earlier=earlier,
    )  # fmt: skip
    return out.tables["stratified"].data.to_pylist(), out


@pytest.mark.parametrize("seed", range(4))
def test_one_new_person_overnight_shows_nothing_between_two_releases(seed):
    who = people(seed, 6000)
    before, first = told({name: values[:-1] for name, values in who.items()})
    after, second = told(who, first.pattern)
    old = {same(row): row for row in before}
    for row in after:
        was = old[same(row)]
        if row["n_denominator"] is None or was["n_denominator"] is None:
            assert row["n_denominator"] is None  # what was hidden stays hidden
            continue
        for name in ("n_denominator", "n_numerator"):
            assert not 0 < abs(row[name] - was[name]) < 5
    moved = [why for why in second.hidden["reason"].to_pylist() if why == "moved_a_little"]
    assert moved
    assert second.withheld == ()


def test_released_again_unchanged_the_same_is_shown():
    who = people(3, 2000)
    before, first = told(who)
    after, second = told(who, first.pattern)
    assert after == before
    patterns = (one.pattern.drop_columns(["hidden_reason"]) for one in (first, second))
    assert next(patterns).equals(next(patterns))  # the reason is now that it was hidden before


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(100, 600))
@settings(max_examples=5, deadline=None)
def test_no_small_count_has_an_interval_narrower_than_the_protection(seed, n):
    """The attacker's integer bounds of every hidden cell, with all equations together."""
    who = people(seed, n)
    counted = cells(who)
    keys = [Cell("VT01", start, end, "12", dimension, level, sex).canonical()
            for start, end, dimension, level, sex in counted]  # fmt: skip
    order = sorted(range(len(keys)), key=keys.__getitem__)
    keys = [keys[at] for at in order]
    n_all, n_with = np.array([list(counted.values())[at] for at in order]).T
    sensitive = np.array([key.dimension == "country_of_birth" for key in keys])
    yes = np.ones(len(keys), bool)
    persons = Persons(n_all, n_with, n_all - n_with, yes, yes, sensitive)
    policy = DisclosurePolicy()
    small = too_small(persons, policy) != ""
    system = equations(keys, persons, policy)
    made = protected(small, persons, system, policy)
    assert not made.withheld.any()
    whole = linked(small, persons, system, policy)
    few = (n_with > 0) & (n_with < 5) | (n_all > n_with) & (n_all - n_with < 5)
    few &= np.random.default_rng(seed).random(len(few)) < 0.2  # a solution each takes its time
    lower, upper = intervals(whole, made.hidden, clock(60), asked=few)
    for counts, number in ((n_with, WITH), (n_all - n_with, WITHOUT)):
        one_to_four = few & (counts > 0) & (counts < 5)
        width = (upper - lower)[number, : len(keys)]
        assert (width[one_to_four] >= 4).all()
    assert made.hidden[small].all()
