"""Which gaps of a release are picked out: declared, headline, beyond their limit when picked."""

from __future__ import annotations

from statistics import NormalDist

import pandas as pd

from equity_pipeline.statistics.multiplicity import fcr_confidence
from equity_pipeline.vocabulary import LONG_PERIODS

WITHOUT_VERDICT = ("not_estimated", "not_applicable")


def latest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the newest long period of each indicator, with its flags as booleans."""
    long = rows[rows["period_kind"].isin(LONG_PERIODS)]
    newest = long.groupby("indicator_id")["period_end"].transform("max")
    flags = [name for name in ("is_headline", "is_declared_contrast") if name in long]
    return long[long["period_end"] == newest].astype(dict.fromkeys(flags, bool))


def asked(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return the comparisons that were declared beforehand and are shown."""
    return gaps[
        gaps["is_headline"] & gaps["is_declared_contrast"] & (gaps["value_status"] == "shown")
    ]


def judged(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return those of them that can have a verdict: the comparisons that picks are made among."""
    found = asked(gaps)
    return found[~found["evidence_state"].isin(WITHOUT_VERDICT)]


def picked(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return the gaps that stay beyond their limit when picked, the furthest beyond it first.

    The interval of each is widened for having been picked among many (false coverage rate): a gap
    stays only if the wider interval still lies beyond the minimum important difference.

    References
    ----------
    Benjamini Y, Yekutieli D (2005), doi:10.1198/016214504000001907.
    """
    compared = judged(gaps)
    found = compared[compared["evidence_state"] == "established_important"]
    if found.empty:
        return found.assign(size=[])
    wider = _wider(len(found), len(compared))
    half = (found["gap_harm_upper"] - found["gap_harm_lower"]) / 2 * wider
    nearest = found["gap_harm"].abs() - half
    found = found.assign(size=nearest / found["mid"])
    return found[found["size"] >= 1].sort_values("size", ascending=False)


def _wider(selected: int, total: int) -> float:
    confidence = float(fcr_confidence(selected, total, confidence=0.95))
    return NormalDist().inv_cdf(0.5 + confidence / 2) / NormalDist().inv_cdf(0.975)
