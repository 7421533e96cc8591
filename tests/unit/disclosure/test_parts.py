"""The parts of a linked system are the system: nothing lost, nothing bound that is not."""

from __future__ import annotations

import numpy as np
import pytest

from equity_pipeline.disclosure.linked import Linked
from equity_pipeline.disclosure.parts import labels, parts

N_VARIABLES, N_EQUATIONS = 60, 25


def _system(seed: int) -> tuple[Linked, np.ndarray]:
    """Return a system at random, and some of its variables."""
    chance = np.random.default_rng(seed)
    dense = np.where(
        chance.random((N_EQUATIONS, N_VARIABLES)) < 0.05, chance.choice([-1.0, 1.0]), 0.0
    )
    equation, variable = np.nonzero(dense)
    mixed = chance.permutation(len(equation))  # entries stand in no order
    equation, variable = equation[mixed], variable[mixed]
    nothing = np.zeros((3, N_VARIABLES))
    made = Linked(
        equation,
        variable,
        dense[equation, variable],
        nothing,
        nothing,
        nothing,
        np.ones(N_VARIABLES),
        N_VARIABLES,
        N_EQUATIONS,
    )
    return made, chance.random(N_VARIABLES) < 0.7


@pytest.mark.parametrize("at_most", [1, 10, 1500])
@pytest.mark.parametrize("seed", range(5))
def test_the_parts_put_together_are_the_system(seed: int, at_most: int) -> None:
    system, among = _system(seed)
    dense = np.zeros((N_EQUATIONS, N_VARIABLES))
    dense[system.equation, system.variable] = system.sign
    seen: list[int] = []
    for part in parts(system, among, at_most=at_most):
        seen += part.variable.tolist()
        own = dense[:, part.variable]
        bound = own[np.abs(own).sum(axis=1) > 0]
        np.testing.assert_array_equal(part.matrix.toarray(), bound)
        outside = np.setdiff1d(np.flatnonzero(among), part.variable)
        both = (np.abs(own).sum(axis=1) > 0) & (np.abs(dense[:, outside]).sum(axis=1) > 0)
        assert not both.any(), "an equation binds a part to another"
        label = labels(system, among)[part.variable]
        np.testing.assert_array_equal(part.group, label - label[0])
        assert at_most > 1 or len(set(part.group.tolist())) == 1
    assert sorted(seen) == np.flatnonzero(among).tolist()


def test_nothing_has_no_parts() -> None:
    system, _ = _system(0)
    assert not [*parts(system, np.zeros(N_VARIABLES, bool))]
