"""Which gaps of a release are picked out: declared, headline, beyond their limit when picked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from equity_pipeline.statistics.estimate import student
from equity_pipeline.statistics.multiplicity import select_beyond
from equity_pipeline.vocabulary import LONG_PERIODS

CONTRAST = [
    "indicator_id", "period_end", "geography_code", "dimension", "focus_level", "reference_level",
    "adjustment",
]  # fmt: skip
WITHOUT_VERDICT = ("not_estimated", "not_applicable", "not_assessable")


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
    """Return those of them that can have a verdict."""
    found = asked(gaps)
    return found[~found["evidence_state"].isin(WITHOUT_VERDICT)]


@dataclass(frozen=True, slots=True)
class Picks:
    """What was picked out, and of how many.

    Attributes
    ----------
    n_comparisons, n_picked
        How many comparisons the pick was made among, and how many were picked.
    shown
        The rows picked that may be shown, the furthest beyond its limit first; ``size`` says how
        many times the limit the near end of the interval is that allows for the pick.
    """

    n_comparisons: int
    n_picked: int
    shown: pd.DataFrame


def picks(gaps: pd.DataFrame, cases: pd.DataFrame | None = None) -> Picks:
    """Return the gaps that stay beyond their limit when picked among all declared comparisons.

    The register of cases has picked them before anything was hidden, and says of how many: no
    page counts again what is left. Only where no register was made are they picked here.

    Parameters
    ----------
    gaps
        The newest rows of the gap table.
    cases
        The register of cases, None if it was not made.
    """
    told = None if cases is None else cases[cases["version"].eq(0)]
    if told is None or told["n_comparisons"].isna().all():
        found = picked(gaps)
        return Picks(len(judged(gaps)), len(found), found)
    wider = told[told["is_picked"].fillna(False).astype(bool)]
    wider = wider[[*CONTRAST, "gap_picked_lower", "gap_picked_upper"]]
    shown = asked(gaps).merge(wider, on=CONTRAST, validate="one_to_one")
    near = np.fmin(shown["gap_picked_lower"].abs(), shown["gap_picked_upper"].abs())
    shown = shown.assign(size=near / shown["mid"])
    return Picks(
        int(told["n_comparisons"].max()),
        int(told["n_picked"].max()),
        shown.sort_values("size", ascending=False, kind="stable"),
    )


def picked(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return the gaps that stay beyond their limit when picked, the furthest beyond it first.

    Each comparison is tested against its minimum important difference; a step-up over all of them
    picks those whose false discovery rate is at most one in twenty, and the interval of each is
    widened for having been picked (false coverage rate). ``size`` says how many times the limit
    the near end of that interval is.

    References
    ----------
    Benjamini Y, Yekutieli D (2005), doi:10.1198/016214504000001907.
    """
    compared = judged(gaps)
    if compared.empty:
        return compared.assign(size=[])
    freedom = compared["n_clusters"].astype(float).sub(1).fillna(np.inf).to_numpy()
    width = (compared["gap_harm_upper"] - compared["gap_harm_lower"]).to_numpy(dtype=float)
    found = select_beyond(
        compared["gap_harm"].to_numpy(dtype=float),
        width / (2 * student(0.95, freedom)),
        compared["mid"].to_numpy(dtype=float),
        freedom=freedom,
    )
    wider = found.estimate
    nearest = np.fmin(np.abs(wider.lower), np.abs(wider.upper)) / compared["mid"].to_numpy()
    made = compared.assign(size=nearest)[found.selected]
    return made.sort_values("size", ascending=False, kind="stable")
