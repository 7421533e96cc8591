"""Waits: quantiles, curves with censoring, tests, models at equal need, areas in parts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from equity_pipeline.statistics import waits
from equity_pipeline.statistics.estimate import Estimate
from tests.reference import wait_cases as wc
from tests.reference.vectors import Case

PARTS = {"decile": 10, "quintile": 5, "quartile": 4, "tertile": 3, "tercile": 3}
SEVERAL = "several coefficients have the least loss; the peer's were checked to be among them"


def run(case: Case) -> None:
    told = case.expected
    names = set(told[0] if isinstance(told, list) else told)
    for known, runner in (
        ({"QuantileInGrp"}, _areas),
        ({"r_type"}, _by_type),
        ({"term"}, _model),
        ({"objective"}, _objective),
        ({"chisq"}, _log_rank),
        ({"median", "lower", "upper"}, _order_statistics),
    ):
        if known <= names:
            return runner(case)
    if any(re.fullmatch(r"S\d+|rmst\d*|events|p\d+_lower", name) for name in names):
        return _curve(case)
    return _weighted(case)


def _by_type(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    levels, codes, place = wc.groups(case, given)
    wanted = wc.probabilities(rows.columns)
    made = np.full((len(rows), len(wanted)), np.nan)
    for r_type in rows["r_type"].unique():
        at = (rows["r_type"] == r_type).to_numpy()
        ours = waits.quantiles(
            given[wc.wait(case, given)],
            list(wanted.values()),
            group=codes,
            n_groups=levels,
            r_type=int(r_type),
        )
        made[at] = ours.value[place][at]
    case.keys("r_type")
    for column, name in enumerate(wanted):
        case.agrees(name, made[:, column])


def _order_statistics(case: Case) -> None:
    given = case.frame()
    levels, codes, place = wc.groups(case, given)
    told = re.search(r"qbinom\(\s*([\d.]+)\s*,\s*\w+\s*,\s*([\d.]+)", case.call)
    level = case.param("confidence", "conf_level", default=1 - 2 * float(told[1]) if told else 0.95)
    p = case.param("p", "prob", "probability", default=float(told[2]) if told else 0.5)
    ours = waits.quantiles(
        given[wc.wait(case, given)],
        float(p),
        group=codes,
        n_groups=levels,
        confidence=float(level),
    )
    case.agrees("n", ours.n[place, 0])
    case.agrees("median", ours.value[place, 0])
    case.agrees("lower", ours.lower[place, 0])
    case.agrees("upper", ours.upper[place, 0])


def _weighted(case: Case) -> None:
    given = case.frame()
    levels, codes, place = wc.groups(case, given)
    rule = case.param("qrule", default=wc.told(r"qrule\s*=\s*['\"](\w+)", case.call, "math"))
    wanted = wc.probabilities(case.rows().columns)
    ours = waits.weighted_quantiles(
        given[wc.wait(case, given)],
        list(wanted.values()),
        weight=given[case.column("weight", "weights", frame=given)],
        group=codes,
        n_groups=levels,
        rule={"hf1": "math", "hf2": "school"}.get(rule, rule),
    )
    for column, name in enumerate(wanted):
        case.agrees(name, ours.value[place, column])


def _curve(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    levels, codes, place = wc.groups(case, given)
    time, event, entry = wc.survival(case, given)
    counts = waits.wait_counts(
        given[time],
        wc.seen(given[event]),
        group=codes,
        n_groups=levels,
        entry=None if entry is None else given[entry],
    )
    curve = waits.kaplan_meier(counts, transform=wc.transform(case), confidence=wc.level(case))
    ours = {"n": np.bincount(codes, minlength=levels), "events": counts.seen.sum(axis=-1)}
    for name in rows.columns:
        ours |= _of_curve(case, curve, name)
    for name in rows.columns:
        if name in ours:
            case.agrees(name, np.asarray(ours[name])[place])


def _of_curve(case: Case, curve: waits.WaitCurve, name: str) -> dict[str, np.ndarray]:
    """Return the figures that a column's name asks of a curve: p50, S7, rmst28 and their limits."""
    asked = re.fullmatch(r"(median|p|S|rmst|rmean)(\d*)(?:_(?:se|lower|upper))?", name)
    if asked is None:
        return {}
    kind, number = asked[1], asked[2]
    if kind in ("median", "p"):
        ours = waits.days_until_seen(curve, wc.share(number) if kind == "p" else 0.5)
    elif kind == "S":
        ours = _carried(curve, lambda known: waits.still_waiting(known, float(number)))
    else:
        told = case.param("rmst_at", default=wc.told(r"rmean\s*=\s*(\d+)", case.call, 0))
        within = float(number or told)
        ours = _carried(curve, lambda known: waits.mean_wait(known, within))
    base = kind + number
    parts = {"": ours.value, "_se": ours.standard_error, "_lower": ours.lower, "_upper": ours.upper}
    return {base + end: part.reshape(len(part), -1)[:, 0] for end, part in parts.items()}


def _carried(curve: waits.WaitCurve, figure: Callable[[waits.WaitCurve], Estimate]) -> Estimate:
    """Return a figure; past the last day of anybody, where ours is silent, as the peer has it.

    The peer carries the last share on for as long as it is asked.
    """
    endless = replace(curve, last_day=np.full_like(curve.last_day, np.inf))
    own, theirs = figure(curve), figure(endless)
    parts = ("value", "lower", "upper", "standard_error")
    filled = {
        name: np.where(np.isnan(own.value), getattr(theirs, name), getattr(own, name))
        for name in parts
    }
    return replace(own, **filled)


def _log_rank(case: Case) -> None:
    given = case.frame()
    time, event, _ = wc.survival(case, given)
    group = case.param("group", default=wc.told(r"~\s*(?:factor\()?(\w+)", case.call, ""))
    _, codes = np.unique(given[group].astype(str), return_inverse=True)
    rho = float(case.param("rho", default=wc.told(r"rho\s*=\s*([\d.]+)", case.call, 0)))
    counts = waits.wait_counts(given[time], wc.seen(given[event]), group=codes)
    ours = waits.log_rank(counts, rho=rho)
    case.agrees("chisq", ours.chi2)
    case.agrees("df", ours.df)
    if "p" in case.expected:
        case.agrees("p", ours.p)


def _model(case: Case) -> None:
    if "rq(" in case.call:
        _quantile_regression(case)
    else:
        _cox(case)


def _cox(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    time, event, entry = wc.survival(case, given)
    strata = [name for name in wc.terms(case.call) if name.startswith("strata(")]
    named = [name for name in wc.terms(case.call) if name not in strata]
    design, labels = wc.design(given, named)
    stratum = given[strata[0][7:-1]] if strata else pd.Series(0, index=given.index)
    fit = waits.cox_regression(
        given[time],
        wc.seen(given[event]),
        design,
        entry=None if entry is None else given[entry],
        stratum=np.unique(stratum, return_inverse=True)[1],
        ties=case.param("ties", default=wc.told(r"ties\s*=\s*['\"](\w+)", case.call, "efron")),
        confidence=wc.level(case),
    )
    at = wc.in_order(rows["term"], labels)
    coef, error = fit.coefficients.value[at], fit.coefficients.standard_error[at]
    lower, upper = fit.coefficients.lower[at], fit.coefficients.upper[at]
    ours = {"coef": coef, "se": error, "z": coef / error, "p": 2 * norm.sf(np.abs(coef / error))}
    ours |= {"hr": np.exp(coef), "exp_coef": np.exp(coef)}
    ours |= {"lower": np.exp(lower), "upper": np.exp(upper)}
    ours |= {"hr_lower": np.exp(lower), "hr_upper": np.exp(upper)}
    for name in rows.columns:
        if name in ours:
            case.agrees(name, ours[name])


def _quantile_regression(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    design, labels = wc.design(given, wc.terms(case.call))
    wait, tau = (
        given[wc.response(case.call)].to_numpy(float),
        wc.tau(case, case.call),
    )
    fit = waits.quantile_regression(wait, design, tau=tau)
    at = wc.in_order(rows["term"], ["(Intercept)", *labels])
    theirs, ours = rows["coef"].to_numpy(float), fit.coefficients.value[at]
    limit = case.given["tolerance"]
    for name in set(rows.columns) - {"term", "coef"}:
        case.leaves(name, "ours are Powell's errors, clustered where clusters are told")
    if np.all(np.abs(ours - theirs) <= limit["abs"] + limit["rel"] * np.abs(theirs)):
        return case.agrees("coef", ours)
    # on whole days several solutions are equally good: theirs must cost no more than ours
    beta = np.empty(len(theirs))
    beta[at] = theirs
    left = wait - np.column_stack([np.ones(len(wait)), design]) @ beta
    loss = np.where(left > 0, tau * left, (tau - 1) * left).sum()
    assert not fit.unique
    assert abs(loss / fit.objective - 1) < 1e-9
    return case.agrees("coef", theirs, atol=1.0, loose=SEVERAL)


def _objective(case: Case) -> None:
    given = case.frame()
    told = case.call if "rq(" in case.call and "~" in case.call else wc.sibling(case, "rq(")
    design, _ = wc.design(given, wc.terms(told))
    fit = waits.quantile_regression(given[wc.response(told)], design, tau=wc.tau(case, told))
    case.agrees("objective", fit.objective)


def _areas(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    named = case.param("group", "groups", default=[])
    groups = [named] if isinstance(named, str) else list(named)
    column = case.column("value", "values", frame=given, default="Value")
    keys = [c for c in case.group_columns(given) if c != column]
    case.keys(column)
    given = given.merge(rows[[c for c in rows.columns if c not in given or c in keys]], on=keys)
    assert len(given) == len(rows)
    codes = given.groupby(groups, sort=False).ngroup() if groups else np.zeros(len(given), int)
    value = given[column]
    made = np.zeros(len(given), dtype=np.int64)
    high, parts = _first_is_high(case, given), _parts(case, given)
    for way in np.unique(high):
        for number in np.unique(parts):
            at = (high == way) & (parts == number)
            ours = waits.area_quantiles(
                value, first_is_high=bool(way), parts=int(number), group=codes
            )
            made[at] = ours[at]
    theirs = given["QuantileInGrp"].to_numpy(float)
    assert np.array_equal(np.isnan(theirs), made == 0)
    case.keys(*keys)
    ordered = rows[keys].merge(given.assign(ours=made), on=keys)["ours"]
    case.agrees("QuantileInGrp", np.where(ordered == 0, np.nan, ordered))


def _first_is_high(case: Case, given: pd.DataFrame) -> np.ndarray:
    """The peer turns the ranking round unless high values are good."""
    told = case.param("invert", default=wc.told(r"invert\s*=\s*(T|F)", case.call, None))
    if told is not None:
        return np.full(len(given), str(told).upper().startswith("T"))
    column = next((c for c in given.columns if "polarity" in c.lower()), None)
    if column is None:
        return np.ones(len(given), dtype=bool)
    return ~given[column].astype(str).str.contains("high is good", case=False).to_numpy()


def _parts(case: Case, given: pd.DataFrame) -> np.ndarray:
    told = case.param(
        "nquantiles", "parts", default=wc.told(r"nquantiles\s*=\s*(\d+)", case.call, 0)
    )
    if int(told) or "QuantileNm" not in given:
        return np.full(len(given), int(told) or 10)
    return given["QuantileNm"].str.lower().map(PARTS).to_numpy(dtype=np.int64)
