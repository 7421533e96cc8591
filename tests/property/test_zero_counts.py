"""Nobody, everybody, one person: limits that are finite and wide, or missing and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from equity_pipeline.statistics import (
    costs,
    gaps,
    maihda,
    need,
    proportions,
    rates,
    standardise,
    two_groups,
    variation,
    waits,
)
from equity_pipeline.statistics.estimate import Caution, Estimate
from tests.property.corruption import quietly

# events and people of one group
ONE = {"nobody": (0, 20), "everybody": (20, 20), "one_without": (0, 1), "one_with": (1, 1)}
# of two groups
TWO = {
    "nobody": (0, 20, 0, 30),
    "everybody": (20, 20, 30, 30),
    "nobody_here": (0, 20, 5, 30),
    "nobody_there": (5, 20, 0, 30),
    "everybody_here": (20, 20, 5, 30),
    "opposed": (20, 20, 0, 30),
    "one_each": (0, 1, 1, 1),
}
Function = Callable[..., object]

OF_SHARES: dict[str, Function] = {
    "proportion": proportions.proportion,
    "design_effect": lambda x, n: proportions.proportion(x, n, design_effect=2.0),
    "exact_proportion": proportions.exact_proportion,
    "clustered_proportion": lambda x, n: proportions.clustered_proportion(
        4, 4 * n, 4 * x, 4 * x**2, 4 * x * n, 4 * n**2
    ),
    "direct_proportion": lambda x, n: standardise.direct_proportion([x, x], [n, n], [1, 2]),
    "share_with_costs": lambda x, n: costs.two_part_cost(n, x, x, x, 0, 0).share,
    "seen_within": lambda x, n: waits.seen_within(
        waits.kaplan_meier(waits.WaitCounts([3, 7], seen=[x, 0], censored=[0, n - x])), 3
    ),
    "auc": lambda x, n: maihda.auc([0.1, 0.2], [x, x], [n, n]),
    "beta_binomial": lambda x, n: variation.beta_binomial([x, x], [n, n]).shrunken,
    "intraclass": lambda x, n: variation.intraclass_correlation_binary([x, x], [n, n]),
    "funnel": lambda x, n: variation.funnel([x, x], [n, n], kind="proportion", target=0.5).inner,
    "need_adjusted": lambda x, n: need.need_model(
        [x, 2], [n, 5], [0, 1], [[0.0], [1.0]], [0, 1], n_levels=2, family=need.Family.BINOMIAL
    ),
}
OF_RATES: dict[str, Function] = {
    "rate": rates.rate,
    "exact_rate": rates.exact_rate,
    "ratio_of_sums": lambda x, t: rates.ratio_of_sums(t, t, x, x, x, t),
    "direct_rate": lambda x, t: standardise.direct_rate([x, 0], [t, t], [1, 2]),
    "dobson": lambda x, t: standardise.direct_rate([x, 0], [t, t], [1, 2], limits="dobson"),
    "direct_mean": lambda x, t: standardise.direct_mean(
        [t, t], [t, t], [x, x], [x, x], [x, x], [t, t], [1, 2]
    ),
    "repeat_rate": lambda x, t: standardise.repeat_rate(x, x, t),
    "direct_repeat_rate": lambda x, t: standardise.direct_repeat_rate(
        [x, 0], [x, 0], [t, t], [1, 2]
    ),
    "indirect_ratio": standardise.indirect_ratio,
    "indirect_rate": lambda x, e: standardise.indirect_rate(x, e, 0.1),
    "poisson_gamma": lambda x, e: variation.poisson_gamma([x, x, 3], [e, e, 3]).shrunken,
    "clayton_kaldor": lambda x, e: variation.clayton_kaldor([x, x, 3], [e, e, 3]).shrunken,
    "marshall": lambda x, e: variation.marshall([x, x, 3], [e, e, 3]).shrunken,
    "funnel": lambda x, e: variation.funnel([x, 3], [e, 3], kind="ratio", target=1).inner,
}
OF_TWO_SHARES: dict[str, Function] = {
    "newcombe": gaps.newcombe,
    "katz": gaps.risk_ratio,
    "score_difference": two_groups.score_difference,
    "score_risk_ratio": two_groups.score_risk_ratio,
    "score_odds_ratio": two_groups.score_odds_ratio,
    "wald": two_groups.wald_two_by_two,
}
OF_TWO_RATES: dict[str, Function] = {
    "score_rate_difference": two_groups.score_rate_difference,
    "score_rate_ratio": two_groups.score_rate_ratio,
    "exact_rate_ratio": lambda *told: two_groups.exact_rate_ratio(*told).ratio,
}
# documented as such: where these know no spread there are no limits, and no caution either
NO_LIMITS = {"katz", "wald", "ratio_of_sums", "direct_mean", "need_adjusted"}


def _estimates(result: object) -> Iterator[Estimate]:
    if isinstance(result, Estimate):
        yield result
    elif is_dataclass(result):
        for one in fields(result):
            yield from _estimates(getattr(result, one.name))
    elif isinstance(result, Mapping):
        for one in result.values():
            yield from _estimates(one)


def _cases() -> Iterator[tuple[str, str, Function, tuple[int, ...]]]:
    for functions, counts in (
        (OF_SHARES, ONE), (OF_RATES, ONE), (OF_TWO_SHARES, TWO), (OF_TWO_RATES, TWO),
    ):  # fmt: skip
        for name, function in functions.items():
            for edge, told in counts.items():
                yield name, edge, function, told


@pytest.mark.parametrize(("name", "edge", "function", "told"), _cases())
def test_limits_are_wide_and_finite_or_missing_and_told(
    name: str, edge: str, function: Function, told: tuple[int, ...]
) -> None:
    made = quietly(lambda: function(*told))  # type: ignore[arg-type, return-value]
    assert not isinstance(made, Exception), repr(made)
    for one in _estimates(made):
        assert not np.isinf([one.value, one.lower, one.upper]).any()
        known = ~np.isnan(one.lower) & ~np.isnan(one.upper)
        assert (one.lower[known] < one.upper[known]).all(), f"no width: {one}"
        lacking = ~known & ~np.isnan(one.value)
        cautious = np.zeros(one.value.shape, dtype=bool)
        for concerned in one.warnings.values():
            cautious |= concerned
        assert name in NO_LIMITS or (cautious | ~lacking).all(), f"nothing told: {one}"


def test_a_share_at_its_edge_is_told_as_such() -> None:
    assert Caution.AT_BOUND in proportions.proportion(0, 20).warnings
