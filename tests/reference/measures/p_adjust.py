"""Adjusted p values, and how many comparisons a rate rejects."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from equity_pipeline.statistics import multiplicity
from tests.reference.vectors import Case

METHODS = {
    "bh": multiplicity.benjamini_hochberg,
    "fdr": multiplicity.benjamini_hochberg,
    "by": multiplicity.benjamini_yekutieli,
    "bonferroni": multiplicity.bonferroni,
    "holm": multiplicity.holm,
    "hommel": multiplicity.hommel,
    "hochberg": multiplicity.hochberg,
}


def run(case: Case) -> None:
    frame = case.frame()
    p = frame[_column(case, frame)].to_numpy(dtype=float)
    found = re.search(r"\bn\s*=\s*(\d+)", case.call)
    n = case.param("n", "comparisons", "m", default=int(found.group(1)) if found else None)
    expected = case.expected
    if isinstance(expected, dict) and not any(isinstance(v, list) for v in expected.values()):
        _rejections(case, p, n)
    else:
        _adjusted(case, p, n)


def _column(case: Case, frame: pd.DataFrame) -> str:
    """Return the column of p values: as told, as usually called, or the one between 0 and 1."""
    told = [case.told("p", "p_value"), "p", "p_value", "pvalue", "p.value", "pval"]
    between = [c for c in frame.select_dtypes("number") if frame[c].dropna().between(0, 1).all()]
    return next(c for c in (*told, *between) if isinstance(c, str) and c in frame.columns)


def _adjusted(case: Case, p: np.ndarray, n: int | None) -> None:
    """Compare columns named by their method, or one column whose method is a param."""
    names = list(case.expected if isinstance(case.expected, dict) else case.expected[0])
    case.keys(*(name for name in names if name in case.frame()))
    told = str(case.param("method", default="")).lower()
    for name in names:
        method = METHODS.get(name.lower().removeprefix("p_"))
        if method is None and name in ("adjusted", "p_adjusted", "p.adjust", "q"):
            method = METHODS.get(told)
        if method is not None:
            case.agrees(name, method(p, comparisons=n))
        elif name.lower() == "none":
            case.agrees(name, p)


def _rejections(case: Case, p: np.ndarray, n: int | None) -> None:
    """Compare numbers rejected, named ``rejected_<method>_<rate>`` or with the rate as a param."""
    for key in case.expected:
        found = re.search(r"_(0?\.\d+)$", key)
        rate = float(found.group(1) if found else case.param("q", "rate", "alpha", default=0.05))
        names = [name for name in METHODS if name in key.lower().split("_")]
        method = METHODS[names[0] if names else "bh"]
        case.agrees(key, multiplicity.rejected(method(p, comparisons=n), rate=rate))
