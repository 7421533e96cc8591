"""Calls of the statistics of variation between units."""

from __future__ import annotations

from equity_pipeline.statistics import rates, variation
from tests.property.calls import (
    COUNT,
    ERROR,
    ESTIMATE,
    EVENTS,
    POSITIVE,
    SHARE,
    VALUE,
    Call,
)

UNITS = {"observed": COUNT([30, 18, 12, 24]), "expected": COUNT([20, 22, 20, 19])}
SHARES = {"events": EVENTS([10, 25, 30, 12]), "at_risk": COUNT([50, 60, 50, 40])}
FUNNEL = {"events": EVENTS([1290, 2592, 480]), "base": COUNT([1500, 3200, 600])}
MEANS = {
    "value": VALUE([0.1, 0.3, 0.35, 0.65]),
    "variance": POSITIVE([0.03, 0.03, 0.05, 0.01], nan="refused"),
}
SCORES = variation.scores(
    [30, 18, 12, 40], [20, 20, 20, 20], kind="ratio", transform="log", target=1
)
SPREAD = variation.overdispersion(SCORES, outliers="keep")
FITTED = variation.poisson_gamma([30, 18, 12, 24, 4], [20, 20, 20, 20, 5])
LIMITS = variation.funnel_limits([100, 100], 0.5, kind="proportion")

CALLS = [
    Call(variation.axis_ends, {"base": POSITIVE([62, 596], nan="refused")}),
    Call(variation.funnel_axis, {
        "first": POSITIVE(1, nan="refused", also=["huge", "part"]),
        "last": POSITIVE(1000, nan="refused", also=["part"], legal=["huge"]),
        "points": 8,
    }),
    Call(variation.beside, {
        "interval": ESTIMATE(rates.rate([80, 150], 100)), "target": VALUE([1.0, 1.0]),
    }),
    Call(variation.outside, {"value": VALUE([0.3, 0.5]), "limits": LIMITS}),
    Call(variation.beta_binomial, SHARES, leading=True),
    Call(variation.beta_binomial, SHARES | {"fit": "moments"}, leading=True, label=" moments"),
    Call(variation.chance_band, {
        "expected": COUNT([20.0, 22, 18, 20]), "measure": "diehr", "draws": 100, "seed": 1,
        "scale": POSITIVE(10.0, nan="refused"), "share": 0.2,
    }, drawn=True),
    Call(variation.clayton_kaldor, UNITS, leading=True),
    Call(variation.poisson_gamma, UNITS | {
        "prior_mean": POSITIVE(1.0, nan="refused"),
    }, leading=True),
    Call(variation.marshall, {
        "events": COUNT([30, 18, 12, 24]), "base": COUNT([20, 22, 20, 19]),
    }, leading=True),
    Call(variation.poisson_gamma_error, UNITS, leading=True),
    Call(variation.posterior_quotient, {
        "fitted": FITTED, "form": "extremes", "draws": 100, "seed": 1,
    }),
    Call(variation.count_ratio_scores, {
        "counts": COUNT([40, 10, 25]), "base_counts": COUNT([30, 31, 29]),
        "target": POSITIVE(0.9, nan="refused"),
    }, leading=True),
    Call(variation.design_effect, {
        "n": COUNT([100, 110, 90]), "icc": VALUE(0.02, also=["huge"]),
    }),
    Call(variation.exact_curve, {
        "events": COUNT([1, 10, 100], also=["part"]), "target": POSITIVE(1.0, nan="refused"),
    }),
    Call(variation.funnel, FUNNEL | {
        "target": SHARE(0.8, nan="refused"), "kind": "proportion", "form": "score",
    }, leading=True),
    Call(variation.funnel, FUNNEL | {
        "events": COUNT([1290, 2592, 480]), "kind": "rate",
    }, leading=True, keeps=("inner", "outer"), label=" rate"),
    Call(variation.funnel_limits, {
        "base": COUNT([100, 400]), "target": SHARE(0.5), "kind": "proportion",
    }),
    Call(variation.overdispersed_funnel, FUNNEL | {
        "events": COUNT([1290, 2592, 480]), "kind": "ratio", "transform": "sqrt",
        "outliers": "winsorise", "target": POSITIVE(1.0, nan="refused"), "share": 0.1,
    }, leading=True, keeps=("inner", "outer")),
    Call(variation.overdispersion, {"units": SCORES, "outliers": "keep"}),
    Call(variation.scores, FUNNEL | {
        "events": COUNT([1290, 2592, 480]), "kind": "ratio", "transform": "log",
        "target": POSITIVE(1.0, nan="refused"),
    }, leading=True),
    Call(variation.scores, FUNNEL | {
        "kind": "proportion", "transform": "arcsine",
    }, leading=True, label=" arcsine"),
    Call(variation.scale_error, {
        "base": COUNT([25, 100]), "target": POSITIVE(1.0), "kind": "ratio", "transform": "sqrt",
    }),
    Call(variation.spread_limits, {
        "target": POSITIVE(1.0), "error": ERROR([0.2, 0.1]), "spread": SPREAD, "kind": "ratio",
        "transform": "log",
    }),
    Call(variation.intraclass_correlation, {
        "n": COUNT([3, 3, 3], nan="refused"), "s": VALUE([6, 15, 24], nan="refused"),
        "ss": COUNT([14, 77, 194], nan="refused"),
    }, leading=True, one="refused"),
    Call(variation.intraclass_correlation_binary, {
        "events": EVENTS([10, 25, 30, 12], nan="refused"),
        "at_risk": COUNT([50, 60, 50, 40], nan="refused"),
    }, leading=True, one="refused"),
    Call(variation.latent_vpc, {"variance": COUNT([0.1, 0.25])}, leading=True),
    Call(variation.median_mean_ratio, {"variance": COUNT([0.1, 0.25])}, leading=True),
    Call(variation.median_odds_ratio, {"variance": COUNT([0.1, 0.25])}, leading=True),
    Call(variation.median_rate_ratio, {"variance": COUNT([0.1, 0.25])}, leading=True),
    Call(variation.normal_normal, MEANS, leading=True, one="refused"),
    Call(variation.random_effects, MEANS, leading=True, one="refused"),
    Call(variation.spread_interval, MEANS, leading=True, one="refused"),
    Call(variation.quotient, {"values": COUNT([0.5, 0.8, 1.2, 2.0]), "form": "extremes"},
         leading=True),
    Call(variation.quotient, {
        "values": COUNT([0.5, 0.8, 1.2, 2.0]), "form": "shares",
        "share": POSITIVE(0.3, nan="refused", also=["huge"]),
    }, leading=True, label=" shares"),
    Call(variation.systematic_variation, UNITS | {"scale": POSITIVE(10.0, nan="refused")},
         leading=True),
]  # fmt: skip
