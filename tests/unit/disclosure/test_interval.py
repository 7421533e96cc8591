"""What can be derived of hidden cells, on tables whose answers other programs have published."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from equity_pipeline.disclosure.attacker import clock
from equity_pipeline.disclosure.interval import check, intervals
from equity_pipeline.disclosure.linked import KNOWN_DENOMINATOR, WITH, WITHOUT, Linked, linked
from equity_pipeline.disclosure.suppress import protected
from tests.beside import absent, beside
from tests.crossed import FIVE, TOTAL, Crossed, crossed, fewest, summed

VECTORS = beside("sdc")
here = pytest.mark.skipif(not VECTORS.is_dir(), reason=absent("the published test tables", "sdc"))
THREE = {"A": 2, "B": 2, "I": 8, "J": 8, "K": 3, "L": 3, "M": 3, "N": 7}


def rows(name: str) -> list[dict[str, str]]:
    with (VECTORS / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def derived(table: Crossed, hidden: np.ndarray) -> dict[object, tuple[int, int]]:
    """Return the smallest and largest value that each hidden cell can have."""
    system = linked(hidden, table.persons, table.system, FIVE)
    lower, upper = intervals(system, hidden, clock(60))
    return {
        key: (round(n + lower[WITHOUT, at]), round(n + upper[WITHOUT, at]))
        for at, (key, n) in enumerate(zip(table.keys, table.persons.n, strict=True))
        if hidden[at]
    }


def lacking(table: Crossed, primary: np.ndarray, hidden: np.ndarray) -> set[object]:
    system = linked(primary, table.persons, table.system, FIVE)
    return table.shown_by(check(system, hidden, clock(60)).lacks[: system.n_cells])


@here
def test_two_hidden_in_every_line_and_yet_47_is_computed_exactly():
    given = rows("sdctable_simpleheuristic.csv")
    inner = {(r["v1"], r["v2"]): int(r["true_n"]) for r in given if TOTAL not in (r["v1"], r["v2"])}
    table = crossed(inner)
    small = [(r["v1"], r["v2"]) for r in given if r["primary"] == "True"]
    assert derived(table, table.hides(*small))["w", "b"] == (47, 47)
    assert derived(table, table.hides(*small, ("x", "d")))["w", "b"] == (0, 78)
    made = protected(table.hides(*small), table.persons, table.system, FIVE).hidden
    low, high = derived(table, made)["w", "b"]
    assert (made.sum(), high - low >= 4) == (10, True)  # none more than the fewest that do


def regions() -> Crossed:
    county = {"county-1": "ABIJ", "county-2": "KLMN"}
    size = {"small": "ABIJKN", "BIG": "LM"}
    totals = {name: sum(THREE[one] for one in of) for name, of in (county | size).items()}
    sums = [(name, list(of)) for name, of in (county | size).items()]
    return summed(THREE | totals, sums)


def test_two_tables_safe_one_by_one_give_3_away_together():
    table = regions()
    assert derived(table, table.hides(*"ABKLM"))["K"] == (3, 3)
    assert derived(table, table.hides(*"ABKLMN"))["K"] == (0, 10)


def test_linked_tables_are_protected_together():
    table = regions()
    small = table.hides(*"ABKLM")
    assert "K" in lacking(table, small, small)
    made = protected(small, table.persons, table.system, FIVE)
    assert lacking(table, small, made.hidden) == set()
    assert not made.withheld.any()


@here
def test_a_table_that_another_program_protected_is_found_protected():
    given = rows("ssb_gs_z1_maxN3.csv")
    word = {"Total": TOTAL}
    key = [
        (word.get(r["region"], r["region"]), word.get(r["hovedint"], r["hovedint"])) for r in given
    ]
    inner = {k: round(float(r["n"])) for k, r in zip(key, given, strict=True) if TOTAL not in k}
    table = crossed(inner)

    def flagged(column: str) -> np.ndarray:
        told = {k for k, r in zip(key, given, strict=True) if r[column] == "True"}
        return table.hides(*told)

    assert (flagged("primary").sum(), flagged("n_suppressed").sum()) == (3, 6)
    assert lacking(table, flagged("primary"), flagged("n_suppressed")) == set()
    assert len(lacking(table, flagged("primary"), flagged("primary"))) == 3


@here
def test_the_smallest_benchmark_gets_the_three_cells_of_its_optimum():
    given = rows("sdctable_microdata1.csv")
    pairs = [(r["region"], r["gender"]) for r in given]
    table = crossed({pair: pairs.count(pair) for pair in sorted(set(pairs))})
    small = table.hides(("A", "female"))
    made = protected(small, table.persons, table.system, FIVE).hidden
    assert made.sum() == fewest(table, small, 4) == 4
    assert lacking(table, small, made) == set()


def random_table(seed: int) -> Crossed:
    random = np.random.default_rng(seed)
    counts = random.negative_binomial(0.9, 0.04, (4, 5)) + 1
    return crossed({(f"r{i}", f"c{j}"): int(n) for (i, j), n in np.ndenumerate(counts)})


def test_hidden_are_at_most_half_as_many_again_as_the_exact_optimum():
    ours = best = 0
    for seed in range(12):
        table = random_table(seed)
        small = table.persons.n < 5
        hidden = protected(small, table.persons, table.system, FIVE).hidden
        assert lacking(table, small, hidden) == set()
        if small.any():
            ours += (hidden & ~small).sum()
            best += fewest(table, small, 4) - small.sum()
    assert best <= ours <= 1.5 * best


def test_undoing_a_complementary_suppression_is_seen():
    """Every cell of a small table that is hidden only to protect another, shown again."""
    undone = seen = 0
    for seed in range(40):
        table = random_table(seed)
        small = table.persons.n < 5
        hidden = protected(small, table.persons, table.system, FIVE).hidden
        for one in np.flatnonzero(hidden & ~small):
            without = hidden.copy()
            without[one] = False
            truth = derived(table, without)
            narrow = {
                key
                for key, (low, high) in truth.items()
                if high - low < 4 and small[table.keys.index(key)]
            }
            undone += 1
            seen += bool(narrow)
            assert lacking(table, small, without) == narrow
    assert undone >= 50
    assert seen >= 0.8 * undone  # the others were hidden for a cell that a later one protects too


def test_a_known_denominator_leaves_less_room():
    """Of ten persons nobody can be thought to have more than ten with the outcome."""
    matrix = np.zeros(2, int), np.arange(2), np.ones(2)
    down = np.array([[2.0, 9.0]] * 3)
    up = np.array([[1.0, 5.0], [np.inf, np.inf], [np.inf, np.inf]])
    pair = Linked(*matrix, down, up, np.zeros((3, 2)), np.ones(2), 2, 1)
    lower, upper = intervals(pair, np.ones(2, bool), clock(9))
    assert (lower[KNOWN_DENOMINATOR, 0], upper[KNOWN_DENOMINATOR, 0]) == (-2, 1)
    assert (lower[WITH, 0], upper[WITH, 0]) == (-2, 9)


def test_without_time_everything_linked_is_withheld():
    table = random_table(1)
    small = table.persons.n < 5
    made = protected(small, table.persons, table.system, FIVE, seconds=0)
    assert made.withheld.all()
    assert made.hidden.all()


def test_what_nothing_protects_is_withheld():
    """A sum of two where the other cell has nobody to give."""
    table = summed({"all": 3, "a": 3, "b": 0}, [("all", ["a", "b"])])
    small = table.hides("a")
    made = protected(small, table.persons, table.system, FIVE)
    assert made.hidden[:2].all()
    assert lacking(table, small, made.hidden) == set()
