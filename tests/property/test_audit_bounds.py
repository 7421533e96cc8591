"""The intervals that the audit finds are those that trying every table finds."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from equity_pipeline.audit.bounds import BIG, system
from equity_pipeline.audit.search import intervals, too_narrow
from equity_pipeline.audit.solver import Clock

ROWS, COLUMNS, LARGEST = 2, 3, 3
INSIDE = ROWS * COLUMNS
TABLES = st.lists(st.integers(0, LARGEST), min_size=INSIDE, max_size=INSIDE)
PATTERNS = st.lists(st.booleans(), min_size=INSIDE, max_size=INSIDE)


def margins(inside):
    table = np.array(inside).reshape(ROWS, COLUMNS)
    return [*table.sum(axis=1), *table.sum(axis=0)]


def sums():
    rows = [(INSIDE + r, [r * COLUMNS + c for c in range(COLUMNS)]) for r in range(ROWS)]
    columns = [(INSIDE + ROWS + c, [r * COLUMNS + c for r in range(ROWS)]) for c in range(COLUMNS)]
    return rows + columns


def bounded(inside, hidden):
    values = np.array([*inside, *margins(inside)], float)
    unknown = np.array([*hidden, *[False] * (ROWS + COLUMNS)])
    return system(sums(), np.where(unknown, 0, values), np.where(unknown, BIG, values))


def every_table(inside, hidden):
    most = sum(inside)
    places = np.flatnonzero(hidden)
    for tried in product(range(most + 1), repeat=min(len(places), 4)):
        made = np.array(inside)
        made[places] = tried
        if margins(made) == margins(inside):
            yield made


@settings(max_examples=40, deadline=None)
@given(TABLES, PATTERNS.filter(lambda one: 0 < sum(one) <= 4))
def test_the_intervals_are_those_of_every_table_with_the_same_margins(inside, hidden):
    cells = np.flatnonzero(hidden)
    low, high = intervals(bounded(inside, hidden), cells, Clock(20))
    tables = np.array(list(every_table(inside, hidden)))[:, cells]
    assert low.tolist() == tables.min(axis=0).tolist()
    assert high.tolist() == tables.max(axis=0).tolist()


@settings(max_examples=60, deadline=None)
@given(TABLES, PATTERNS.filter(any), st.integers(1, 5))
def test_what_a_witness_clears_and_what_the_exact_interval_clears_are_the_same(
    inside, hidden, width
):
    cells = np.flatnonzero(hidden)
    made = bounded(inside, hidden)
    narrow = too_narrow(made, cells, np.full(len(cells), BIG), width, Clock(20))
    low, high = intervals(made, cells, Clock(20))
    assert narrow.cell.tolist() == cells[high - low < width].tolist()
    truth = np.array(inside)[cells]
    assert ((low <= truth) & (truth <= high)).all()
