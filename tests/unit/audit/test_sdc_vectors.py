"""What other programs are known to protect, or not, is found to be so by our bounds."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from equity_pipeline.audit.bounds import BIG, system
from equity_pipeline.audit.finding import CouldNotJudge
from equity_pipeline.audit.search import intervals, too_narrow
from equity_pipeline.audit.solver import Clock
from tests.beside import absent, beside

SDC = beside("sdc")
pytestmark = pytest.mark.skipif(not SDC.is_dir(), reason=absent("the published test tables", "sdc"))
REGIONS = {
    "Nr": [" 1", " 2", " 3"],
    "Os": [" 4", " 5", " 6", " 7"],
    "Ws": [" 8", " 9", "10"],
    "Zd": ["11", "12"],
    "Total": ["Nr", "Os", "Ws", "Zd", "99"],
}


def told(values, hidden):
    """Return between what each cell lies."""
    known = np.array(values, float)
    return np.where(hidden, 0, known), np.where(hidden, BIG, known)


@pytest.mark.parametrize(("also", "expected"), [((), (47, 47)), ((("x", "d"),), (0, 78))])
def test_a_table_with_two_hidden_in_every_line_gives_one_cell_away_until_one_more_is_hidden(
    also, expected
):
    with (SDC / "sdctable_simpleheuristic.csv").open() as file:
        rows = list(csv.DictReader(file))
    at = {(row["v1"], row["v2"]): number for number, row in enumerate(rows)}
    sums = [(at["tot", b], [at[a, b] for a in "wxyz"]) for b in ("a", "b", "c", "d", "tot")]
    sums += [(at[a, "tot"], [at[a, b] for b in "abcd"]) for a in ("w", "x", "y", "z", "tot")]
    hidden = [row["primary"] == "True" or key in also for key, row in zip(at, rows, strict=True)]
    made = system(sums, *told([row["true_n"] for row in rows], hidden))
    low, high = intervals(made, np.array([at["w", "b"]]), Clock(10))
    assert (low[0], high[0]) == expected


@pytest.mark.parametrize(("also", "expected"), [("", (3, 3)), ("N", (0, 10))])
def test_two_tables_that_are_safe_one_by_one_give_a_count_away_together(also, expected):
    with (SDC / "sdctable_linked_tables.csv").open() as file:
        rows = list(csv.DictReader(file))
    parts: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        for name in {row["county"], row["group"]}:
            parts.setdefault(name, []).append(number)
    counts = [int(row["n"]) for row in rows]
    totals = [sum(counts[one] for one in members) for members in parts.values()]
    hidden = [row["n"] in ("2", "3") or row["region"] == also for row in rows]
    low, high = told(counts + totals, hidden + [False] * len(parts))
    sums = [(len(rows) + number, members) for number, members in enumerate(parts.values())]
    k = next(number for number, row in enumerate(rows) if row["region"] == "K")
    found = intervals(system(sums, low, high), np.array([k]), Clock(10))
    assert (found[0][0], found[1][0]) == expected


def test_without_complementary_suppression_the_small_cells_are_recovered():
    text = (SDC / "tauargus" / "pp.tab").read_text()
    rows = [line.replace('"', "").split(";") for line in text.splitlines()]
    at = {(row[0], row[1]): number for number, row in enumerate(rows)}
    sizes = sorted({size for size, _ in at} - {"Total"})
    sums = [(at["Total", one], [at[size, one] for size in sizes]) for one in {key[1] for key in at}]
    for whole, parts in REGIONS.items():
        sums += [(at[size, whole], [at[size, one] for one in parts]) for size in ("Total", *sizes)]
    hidden = [row[-3] == "U" for row in rows]
    # contributors: the amounts beside them are off by one in the shipped file
    made = system(sums, *told([float(row[3]) for row in rows], hidden))
    low, high = intervals(made, np.flatnonzero(hidden), Clock(30))
    assert low.tolist() == high.tolist() == [6, 1, 1, 2, 1, 1, 1, 1, 29]
    amounts = system(sums, *told([float(row[2].replace(",", ".")) for row in rows], hidden))
    with pytest.raises(CouldNotJudge, match="contradict"):
        intervals(amounts, np.flatnonzero(hidden), Clock(30))


def test_a_table_that_another_program_protects_holds_and_falls_with_one_cell_undone():
    with (SDC / "ssb_gs_z1_maxN3.csv").open() as file:
        rows = list(csv.DictReader(file))
    at = {(row["region"], row["hovedint"]): number for number, row in enumerate(rows)}
    first, second = ({key[place] for key in at} - {"Total"} for place in (0, 1))
    sums = [(at["Total", b], [at[a, b] for a in first]) for b in ("Total", *second)]
    sums += [(at[a, "Total"], [at[a, b] for b in second]) for a in ("Total", *first)]
    values = [float(row["n"]) for row in rows]
    hidden = np.array([row["n_suppressed"] == "True" for row in rows])

    def narrow(undone):
        left = hidden & (np.arange(len(rows)) != undone)
        cells = np.flatnonzero(left)
        limit = np.full(len(cells), BIG)
        found = too_narrow(system(sums, *told(values, left)), cells, limit, 4, Clock(10))
        return len(found.cell)

    assert narrow(undone=-1) == 0
    assert all(narrow(undone=cell) for cell in np.flatnonzero(hidden))
