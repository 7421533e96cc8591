"""The connected parts of a linked system: what is solved apart, since nothing binds it together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array, csc_array
from scipy.sparse.csgraph import connected_components

from equity_pipeline.disclosure.linked import Linked
from equity_pipeline.disclosure.rules import Flags, Ints


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the variables with every equation that binds them, each in its own number.

    Attributes
    ----------
    variable
        The variables' numbers in the linked system.
    matrix
        The signs, shape (equations, variables).
    group
        A number that the variables of one connected part share.
    """

    variable: Ints
    matrix: csc_array
    group: Ints


def parts(system: Linked, among: Flags, *, at_most: int = 1500) -> Iterator[Part]:
    """Yield the connected parts of some variables, small ones together up to a size.

    Examples
    --------
    >>> import numpy as np
    >>> none = np.zeros((3, 4))
    >>> two = Linked(np.array([0, 0, 1, 1]), np.arange(4), np.ones(4), none, none, none,
    ...              np.ones(4), 4, 2)
    >>> [one.variable.tolist() for one in parts(two, np.ones(4, bool), at_most=2)]
    [[0, 1], [2, 3]]
    >>> [one.group.tolist() for one in parts(two, np.ones(4, bool))]
    [[0, 0, 1, 1]]
    """
    if not among.any():
        return
    label = labels(system, among)
    chosen = np.flatnonzero(among)
    chosen = chosen[np.lexsort((chosen, label[chosen]))]
    bundle = _bundles(np.bincount(label[chosen]), at_most)[label[chosen]]
    first = np.searchsorted(bundle, np.arange(int(bundle[-1]) + 2))
    place = np.full(system.n_variables, -1)
    place[chosen] = np.arange(len(chosen))
    entry = np.flatnonzero(place[system.variable] >= 0)
    entry = entry[np.argsort(bundle[place[system.variable[entry]]], kind="stable")]
    column = place[system.variable[entry]]
    last = np.searchsorted(bundle[column], np.arange(len(first)))
    for number, (start, end) in enumerate(pairwise(first.tolist())):
        variable, own = chosen[start:end], slice(last[number], last[number + 1])
        rows, row = np.unique(system.equation[entry[own]], return_inverse=True)
        entries = (system.sign[entry[own]], (row, column[own] - start))
        matrix = coo_array(entries, shape=(len(rows), len(variable))).tocsc()
        yield Part(variable, matrix, label[variable] - label[variable[0]])


def labels(system: Linked, among: Flags) -> Ints:
    """Return for each variable the number of its connected part among some, in their order."""
    used = among[system.variable]
    ends = system.equation[used], system.variable[used] + system.n_equations
    size = system.n_equations + system.n_variables
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(size, size))
    _, found = connected_components(graph, directed=False)
    label = np.full(system.n_variables, -1)
    _, label[among] = np.unique(found[system.n_equations :][among], return_inverse=True)
    return label


def _bundles(sizes: Ints, at_most: int) -> Ints:
    """Return the bundle of each part, filled in their order."""
    made, number, held = np.zeros(len(sizes), np.int64), 0, 0
    for one, size in enumerate(sizes.tolist()):
        if held and held + size > at_most:
            number, held = number + 1, 0
        made[one], held = number, held + size
    return made
