"""Means, geometric means of positives, and differences of means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.statistics.means import difference_of_means, geometric_mean, mean
from tests.reference.peer_tables import (
    arguments,
    keys_of,
    places,
    roles,
    scale_of,
    told,
    with_limits,
)
from tests.reference.vectors import Case

VALUE = ("value", "values", "x", "y", "cost")
ENDS = ("lower", "upper")
MEANS = ("value", "mean", "estimate", "gm", "geometric_mean", "geomean")


def run(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    if {"df", "p", "diff"} & set(rows.columns):
        return _differences(case, given, rows)
    keys = keys_of(case, given, rows)
    where = places(given, rows, keys)
    column = _value(case, given, keys)
    groups = [given[column].to_numpy(dtype=float)[at] for at in where]
    groups = [values[~np.isnan(values)] for values in groups]
    geometric = "log" in case.call or {"gm", "geometric_mean", "geomean"} & set(rows.columns)
    everybody = np.array([len(values) for values in groups])
    if geometric or case.param("positive_only"):
        groups = [values[values > 0] for values in groups]
    make: Callable[..., Any] = geometric_mean if geometric else mean
    sums = _sums([np.log(values) for values in groups] if geometric else groups)
    scale = scale_of(case, rows, 1.0) if "multiplier" in rows else 1.0

    def ours(confidence: float) -> Any:
        made = make(*sums, confidence=confidence)
        # of values that are all alike ours tells no limits, the peer is certain
        sure = (made.standard_error == 0) & (sums[0] > 1)
        limits = {name: np.where(sure, made.value, getattr(made, name)) for name in ENDS}
        return replace(made, **limits)

    n, error = sums[0], ours(0.95).standard_error
    told(case, rows, **dict.fromkeys(MEANS, ours(0.95).value * scale))
    told(case, rows, value_sum=[values.sum() for values in groups], value_count=n, n=n)
    told(case, rows, stdev=error * np.sqrt(n), sd=error * np.sqrt(n), se=error)
    told(case, rows, n_positive=n, n_zero=everybody - n, share_positive=n / everybody)
    with_limits(case, rows, ours, scale)
    return None


def _differences(case: Case, given: pd.DataFrame, rows: pd.DataFrame) -> None:
    """Group minus reference, for each pair that the rows name."""
    ref, group = _pair(rows)
    case.keys(ref, group)
    label = case.param("group", "by", default=None)
    if label not in given:
        label = next(c for c in given if set(rows[ref]) | set(rows[group]) <= set(given[c]))
    value = given[_value(case, given, [label])].to_numpy(dtype=float)
    sums = {}
    for name in {*rows[ref], *rows[group]}:
        here = value[(given[label] == name).to_numpy()]
        sums[name] = _sums([here[~np.isnan(here)]])[:, 0]
    first, second = (np.array([sums[k] for k in rows[side]]).T for side in (group, ref))
    names = arguments(case.call)[1]
    pooled = str(case.param("var.equal", "var_equal", default=names.get("var.equal", False)))
    equal = pooled.upper() in ("TRUE", "T")

    def ours(confidence: float) -> Any:
        return difference_of_means(*first, *second, equal_variances=equal, confidence=confidence)

    made = ours(0.95)
    gap, error = made.difference.value, made.difference.standard_error
    told(case, rows, diff=gap, difference=gap, estimate=gap, se=error, stderr=error, t=gap / error)
    told(case, rows, df=made.df, p=made.p, p_value=made.p, p__value=made.p)
    with_limits(case, rows, lambda c: ours(c).difference)


def _pair(rows: pd.DataFrame) -> tuple[str, str]:
    for ref, group in (("ref", "group"), ("reference", "group"), ("ref", "focus"), ("b", "a")):
        if ref in rows and group in rows:
            return ref, group
    return str(rows.columns[0]), str(rows.columns[1])


def _value(case: Case, given: pd.DataFrame, keys: list[str]) -> str:
    told_so = case.param("value", "x", "outcome")
    if told_so in given:
        return str(told_so)
    named_in_call = [c for c in given if c not in keys and c in case.call]
    return named_in_call[0] if named_in_call else roles(case, given, keys, VALUE)[0]


def _sums(groups: list[np.ndarray]) -> np.ndarray:
    return np.array([[len(v), v.sum(), (v**2).sum()] for v in groups]).T
