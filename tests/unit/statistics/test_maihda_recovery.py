"""The intersectional analysis finds what was planted in a region of 162 strata.

40 000 people; main effects on the logit scale: sex 0.10, and for each level age -0.05, education
0.18, income 0.15, country of birth -0.20; intercept 1.4; interaction with deviation 0.12. Over
strata that makes a VPC of .0243 (null) and .0044 (additive), and a PCV of .824. Maximum likelihood
takes the main effects' freedom from the additive variance, so that its PCV lies a little higher:
.857 in the mean of thirty earlier runs, whose deviation of the PCV was .053.
"""

from __future__ import annotations

import numpy as np
import pytest

from equity_pipeline.statistics.maihda import maihda

STRATA = np.stack(np.meshgrid(*[np.arange(k) for k in (2, 3, 3, 3, 3)], indexing="ij"), -1)
DIMS = STRATA.reshape(-1, 5)
MAIN = np.array([0.10, -0.05, 0.18, 0.15, -0.20])


def run(seed: int) -> list[float]:
    """Return VPC of the null and additive model, and PCV, of one drawn region."""
    random = np.random.default_rng(seed)
    risk = 1 / (1 + np.exp(-(1.4 + DIMS @ MAIN + random.normal(0, 0.12, 162))))
    people = random.multinomial(40_000, np.full(162, 1 / 162))
    result = maihda(random.binomial(people, risk), people, DIMS)
    return [float(e.value) for e in (result.vpc_null, result.vpc_additive, result.pcv)]


def test_the_planted_truth_is_what_it_is_said_to_be() -> None:
    between = (DIMS @ MAIN).var() + 0.0144
    assert between / (between + np.pi**2 / 3) == pytest.approx(0.0243, abs=5e-5)
    assert 1 - 0.0144 / between == pytest.approx(0.824, abs=5e-4)


def test_one_region_gives_back_what_was_planted() -> None:
    vpc_null, vpc_additive, pcv = run(2024)
    assert vpc_null == pytest.approx(0.0243, abs=0.009)
    assert vpc_additive == pytest.approx(0.0044, abs=0.004)
    assert pcv == pytest.approx(0.824, abs=0.16)


@pytest.mark.long
def test_thirty_regions_give_it_back_on_average() -> None:
    runs = np.array([run(seed) for seed in range(2024, 2054)])
    mean, spread = runs.mean(axis=0), runs.std(axis=0, ddof=1)
    # both means are of thirty runs: three errors of their difference
    within = 3 * np.array([spread[0], spread[1], 0.053]) * np.sqrt(2 / 30)
    assert (np.abs(mean - [0.0233, 0.0034, 0.857]) < within).all()
    assert spread[2] == pytest.approx(0.053, abs=0.02)
