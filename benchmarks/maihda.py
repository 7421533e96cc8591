"""Null and additive model on counted strata, beside statsmodels' mixed logit, in one run.

``python benchmarks/maihda.py`` prints a table. Ours is maximum likelihood by adaptive quadrature
with profile-likelihood limits, AUC and all that `maihda()` tells. `BinomialBayesMixedGLM.fit_vb`
is the nearest that statsmodels has: a variational posterior of one model without limits of the
variance; it takes outcomes of 0 and 1 only, so that the cells are written out to people for it.
The two answer alike, not the same: equality is checked of our 11 nodes against our 25.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy import sparse

from equity_pipeline.statistics.maihda import Maihda, maihda

SEED = 2024
INTERACTION = 0.12
SAME = 1e-6  # relative, of the variances with 11 and with 25 nodes

# name: levels of the dimensions, strata that have people, people
REGIONS = {
    "253 strata, 6 000 people": ((2, 3, 3, 3, 5), 253, 6_000),
    "715 strata, 40 000 people": ((2, 3, 5, 5, 5), 715, 40_000),
    "162 strata, 40 000 people": ((2, 3, 3, 3, 3), 162, 40_000),
}


def region(levels: tuple[int, ...], strata: int, people: int) -> tuple[np.ndarray, ...]:
    """Return events, people and codes of strata, seeded."""
    random = np.random.default_rng(SEED)
    dims = np.stack(np.meshgrid(*map(np.arange, levels), indexing="ij"), -1).reshape(-1, 5)
    dims = dims[np.sort(random.permutation(len(dims))[:strata])]
    n = 1 + random.multinomial(people - strata, random.dirichlet(np.ones(strata)))
    eta = 0.4 + dims @ [0.10, -0.05, 0.18, 0.15, -0.20]
    eta += random.normal(0, INTERACTION, strata)
    return random.binomial(n, 1 / (1 + np.exp(-eta))), n, dims


def fastest(call: Callable[[], object], times: int) -> tuple[float, float]:
    """Return seconds of the first call and of the fastest."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return taken[0], min(taken)


def statsmodels_pair(events: np.ndarray, n: np.ndarray, dims: np.ndarray) -> tuple[float, list]:
    """Return seconds and the two variances of statsmodels' fit_vb on the same people."""
    from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM

    stratum = np.repeat(np.arange(len(n)), n)
    outcome = np.concatenate([np.arange(m) < k for m, k in zip(n, events, strict=True)])
    member = sparse.csr_matrix((np.ones(len(stratum)), (np.arange(len(stratum)), stratum)))
    dummies = [dims[:, [d]] == np.unique(dims[:, d])[1:] for d in range(dims.shape[1])]
    designs = [np.ones((len(n), 1)), np.hstack([np.ones((len(n), 1)), *dummies])]
    variances, start = [], time.perf_counter()
    for X in designs:
        np.random.seed(SEED)
        model = BinomialBayesMixedGLM(
            outcome.astype(float), X[stratum], member, np.zeros(len(n), dtype=int)
        )
        variances.append(float(np.exp(2 * model.fit_vb().vcp_mean[0])))
    return time.perf_counter() - start, variances


def same(one: Maihda, other: Maihda) -> bool:
    """Whether both variances are the same for practical purposes."""
    pairs = [
        (a.variance.value, b.variance.value)
        for a, b in ((one.null, other.null), (one.additive, other.additive))
    ]
    return all(abs(a - b) <= SAME * max(a, 1e-3) for a, b in pairs)


def main() -> int:
    """Print the table; 1 if 11 and 25 nodes differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-statsmodels", action="store_true", help="time ours alone")
    beside = not parser.parse_args().without_statsmodels
    head = f"{'null + additive':27}{'first':>9}{'best of 5':>11}{'var null':>11}{'var add.':>11}"
    print(head + f"{'11 = 25':>9}{'fit_vb':>9}{'null':>9}{'add.':>9}{'ratio':>8}")
    failed = False
    for name, (levels, strata, people) in REGIONS.items():
        events, n, dims = region(levels, strata, people)
        first, best = fastest(lambda e=events, m=n, d=dims: maihda(e, m, d), 5)
        ours, many = maihda(events, n, dims), maihda(events, n, dims, nodes=25)
        equal = same(ours, many)
        failed |= not equal
        line = f"{name:27}{first * 1e3:7.0f}ms{best * 1e3:9.0f}ms"
        line += (
            f"{float(ours.null.variance.value):11.6f}{float(ours.additive.variance.value):11.6f}"
        )
        line += f"{'yes' if equal else 'NO':>9}"
        if beside:
            taken, (null, additive) = statsmodels_pair(events, n, dims)
            line += f"{taken:8.1f}s{null:9.4f}{additive:9.4f}{taken / best:7.0f}x"
        print(line, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
