"""What must always hold of funnels, overdispersion, systematic variation and shrinkage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equity_pipeline.statistics.variation import (
    beta_binomial,
    clayton_kaldor,
    exact_curve,
    funnel,
    funnel_limits,
    intraclass_correlation,
    latent_vpc,
    marshall,
    median_odds_ratio,
    normal_normal,
    overdispersed_funnel,
    overdispersion,
    poisson_gamma,
    poisson_gamma_error,
    quotient,
    random_effects,
    scores,
    spread_interval,
    systematic_variation,
)

few = settings(max_examples=30, deadline=None)
seeds = st.integers(0, 10_000)


def drawn(seed: int, units: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return observed and expected events and people of units that differ truly."""
    rng = np.random.default_rng(seed)
    expected = rng.uniform(2, 60, units)
    observed = rng.poisson(expected * rng.gamma(8, 1 / 8, units))
    return observed, expected, np.maximum(rng.integers(60, 200, units), observed)


@few
@given(
    base=st.integers(1, 2000),
    target=st.floats(0.01, 0.99),
    form=st.sampled_from(["exact", "interpolated", "score", "garwood"]),
    kind=st.sampled_from(["proportion", "ratio"]),
)
def test_limits_hold_the_target_and_outer_ones_hold_the_inner(base, target, form, kind) -> None:
    kind = "ratio" if form == "garwood" else kind
    inner = funnel_limits(base, target, kind=kind, form=form)
    outer = funnel_limits(base, target, kind=kind, form=form, confidence=0.998)
    slack = 1 / base  # steps may lie on the target's side by less than one event
    assert inner.lower <= target + slack
    assert inner.upper >= target - slack
    assert outer.lower <= inner.lower
    assert outer.upper >= inner.upper
    assert outer.lower >= 0
    assert kind == "ratio" or outer.upper <= 1


@few
@given(seed=seeds)
def test_the_order_of_units_does_not_matter(seed) -> None:
    observed, expected, people = drawn(seed)
    order = np.random.default_rng(seed).permutation(len(observed))
    mixed = observed[order], expected[order]
    one = overdispersed_funnel(
        observed, expected, kind="ratio", transform="sqrt", outliers="winsorise"
    )
    two = overdispersed_funnel(*mixed, kind="ratio", transform="sqrt", outliers="winsorise")
    np.testing.assert_allclose(one.funnel.inner.lower[order], two.funnel.inner.lower)
    assert one.spread.tau2 == pytest.approx(two.spread.tau2)
    assert systematic_variation(observed, expected).raw == pytest.approx(
        systematic_variation(*mixed).raw
    )
    for fit in (poisson_gamma, marshall):
        np.testing.assert_allclose(
            fit(observed, expected).shrunken.value[order], fit(*mixed).shrunken.value, rtol=1e-6
        )
    shares = beta_binomial(observed, people).shrunken.value[order]
    np.testing.assert_allclose(
        shares, beta_binomial(observed[order], people[order]).shrunken.value, rtol=1e-5
    )


@few
@given(seed=seeds)
def test_having_and_not_having_the_event_are_mirror_images(seed) -> None:
    observed, _, people = drawn(seed)
    for form in ("exact", "score"):  # drawn between events, limits lean to one side
        one = funnel(observed, people, kind="proportion", form=form)
        two = funnel(people - observed, people, kind="proportion", form=form)
        np.testing.assert_allclose(one.inner.lower, 1 - two.inner.upper, atol=1e-9)
    shares = {"kind": "proportion", "transform": "arcsine"}
    one, two = scores(observed, people, **shares), scores(people - observed, people, **shares)
    np.testing.assert_allclose(one.z, -two.z, atol=1e-9)
    assert overdispersion(one, outliers="winsorise").tau2 == pytest.approx(
        overdispersion(two, outliers="winsorise").tau2
    )
    one, two = beta_binomial(observed, people), beta_binomial(people - observed, people)
    np.testing.assert_allclose(one.shrunken.value, 1 - two.shrunken.value, rtol=1e-5)


@few
@given(seed=seeds, outliers=st.sampled_from(["keep", "winsorise", "truncate"]))
def test_allowing_for_overdispersion_never_narrows_a_funnel(seed, outliers) -> None:
    observed, expected, _ = drawn(seed)
    made = {
        how: overdispersed_funnel(
            observed, expected, kind="ratio", transform="log", outliers=outliers, how=how
        ).funnel.inner
        for how in ("none", "additive", "multiplicative")
    }
    for how in ("additive", "multiplicative"):
        assert np.all(made[how].lower <= made["none"].lower)
        assert np.all(made[how].upper >= made["none"].upper)
        assert np.all(made[how].lower <= made[how].value)


@few
@given(seed=seeds)
def test_pulling_in_the_outermost_units_never_adds_to_the_dispersion(seed) -> None:
    observed, expected, _ = drawn(seed)
    # about 0 a pulled-in score may pass it, so take scores about the units' own middle
    units = scores(observed, expected, kind="ratio", transform="sqrt")
    kept = overdispersion(units, outliers="keep").z_used
    pulled = overdispersion(units, outliers="winsorise").z_used
    assert np.ptp(pulled) <= np.ptp(kept)
    assert pulled.std() <= kept.std() + 1e-12


@few
@given(seed=seeds, name=st.sampled_from(["dl", "he", "pm", "ml", "reml"]))
def test_the_spread_moves_with_the_scale_and_not_with_the_place(seed, name) -> None:
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.01, 0.2, 10)
    y = rng.normal(0, np.sqrt(v + 0.1))
    one, placed, scaled = (
        random_effects(a * y + b, a**2 * v, tau2=name) for a, b in ((1, 0), (1, 5), (3, 0))
    )
    assert placed.tau2 == pytest.approx(one.tau2, abs=1e-9)
    assert scaled.tau2 == pytest.approx(9 * one.tau2, abs=1e-8)
    assert placed.mean.value == pytest.approx(one.mean.value + 5)
    assert 0 <= one.i2 <= 1


@few
@given(seed=seeds)
def test_the_interval_of_the_spread_holds_its_value(seed) -> None:
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.01, 0.2, 10)
    made = spread_interval(rng.normal(0, np.sqrt(v + 0.1 * (seed % 3))), v)
    assert 0 <= made.lower <= made.value <= made.upper


@few
@given(seed=seeds)
def test_shrunken_values_lie_between_the_own_value_and_the_mean(seed) -> None:
    observed, expected, people = drawn(seed)
    fits = [f(observed, expected) for f in (poisson_gamma, clayton_kaldor, marshall)]
    fits += [beta_binomial(observed, people, fit=f) for f in ("ml", "moments")]
    for made in fits:
        if np.isnan(made.prior_mean):
            continue
        ends = np.sort([made.own, np.broadcast_to(made.prior_mean, made.own.shape)], axis=0)
        assert np.all(made.shrunken.value >= ends[0] - 1e-12)
        assert np.all(made.shrunken.value <= ends[1] + 1e-12)
        assert np.all((made.factor >= 0) & (made.factor <= 1))
        if made.prior_variance > 0:
            assert np.all(made.shrunken.lower < made.shrunken.value)
            assert np.all(made.shrunken.value < made.shrunken.upper)
    by_error = normal_normal(observed / expected, 1 / expected)
    assert np.all(by_error.shrunken.lower < by_error.shrunken.upper)
    assert np.all(poisson_gamma_error(observed, expected).mse >= 0)


@few
@given(seed=seeds)
def test_larger_units_keep_more_of_their_own_value(seed) -> None:
    observed, expected, _ = drawn(seed)
    made = poisson_gamma(observed, expected)
    assert np.all(np.diff(made.factor[np.argsort(expected)]) >= 0)


@few
@given(seed=seeds, share=st.floats(0.05, 0.45))
def test_quotients_do_not_change_with_the_unit_and_are_at_least_one(seed, share) -> None:
    values = np.random.default_rng(seed).gamma(4, 1, 15)
    for form in ("extremes", "percentiles", "shares"):
        one = quotient(values, form=form, share=share)
        assert one >= 1
        assert quotient(100 * values, form=form, share=share) == pytest.approx(one)
    assert quotient(values, form="extremes") >= quotient(values, form="shares", share=share)


@few
@given(seed=seeds)
def test_shrinking_brings_the_ends_closer(seed) -> None:
    observed, expected, _ = drawn(seed)
    made = poisson_gamma(observed + 1, expected)
    raw, shrunken = (quotient(v, form="extremes") for v in (made.own, made.shrunken.value))
    assert shrunken <= raw + 1e-12


@few
@given(variance=st.lists(st.floats(0, 5), min_size=2, max_size=2).map(sorted))
def test_share_and_median_ratio_grow_with_the_variance(variance) -> None:
    assert np.all(np.diff(latent_vpc(variance)) >= 0)
    assert np.all(np.diff(median_odds_ratio(variance)) >= 0)


@few
@given(seed=seeds, scale=st.floats(0.1, 10), place=st.floats(-5, 5))
def test_the_correlation_does_not_change_with_scale_or_place(seed, scale, place) -> None:
    rng = np.random.default_rng(seed)
    rows = [rng.normal(rng.normal(), 1, size) for size in rng.integers(2, 9, 8)]
    one, two = (
        intraclass_correlation(
            [len(r) for r in rows],
            [(a * r + b).sum() for r in rows],
            [((a * r + b) ** 2).sum() for r in rows],
        )
        for a, b in ((1, 0), (scale, place))
    )
    assert two.value == pytest.approx(one.value, abs=1e-6)
    assert one.lower <= one.value <= one.upper


@few
@given(events=st.integers(1, 500), target=st.floats(0.1, 10))
def test_the_exact_curve_opens_about_its_target(events, target) -> None:
    curve = exact_curve(events, target=target)
    assert curve.lower < target < curve.upper
    wide = exact_curve(events, target=target, confidence=0.998)
    assert wide.lower < curve.lower
    assert wide.upper > curve.upper


def test_groups_on_a_leading_axis_are_as_groups_alone() -> None:
    observed, expected, people = (
        np.stack(part) for part in zip(*map(drawn, range(5)), strict=True)
    )
    together = [
        overdispersed_funnel(
            observed, expected, kind="ratio", transform="log", outliers="truncate", tau2="reml"
        ).funnel.outer.upper,
        poisson_gamma(observed, expected).shrunken.value,
        clayton_kaldor(observed, expected).shrunken.value,
        poisson_gamma_error(observed, expected).mse,
        beta_binomial(observed, people).shrunken.lower,
        intraclass_correlation(people, observed, observed).upper,
        systematic_variation(observed, expected).scv.upper,
    ]
    for k in range(5):
        o, e, n = observed[k], expected[k], people[k]
        alone = [
            overdispersed_funnel(
                o, e, kind="ratio", transform="log", outliers="truncate", tau2="reml"
            ).funnel.outer.upper,
            poisson_gamma(o, e).shrunken.value,
            clayton_kaldor(o, e).shrunken.value,
            poisson_gamma_error(o, e).mse,
            beta_binomial(o, n).shrunken.lower,
            intraclass_correlation(n, o, o).upper,
            systematic_variation(o, e).scv.upper,
        ]
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_allclose(one, all_of_them[k], rtol=1e-6)
