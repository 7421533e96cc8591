"""What has become of a gap since it was decided on: then beside the periods that followed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.statistics.estimate import Estimate, student
from equity_pipeline.tables.decision_candidates import errors
from equity_pipeline.tables.decision_power import narrowing_since

DECIDED = ("decided", "ongoing", "closed")
THEN = [
    "then_period_end",
    "gap_then",
    "gap_then_lower",
    "gap_then_upper",
    "then_n_clusters",
    "then_definition_hash",
    "then_adjustment",
]
COLUMNS = ["gap_narrowing", "gap_narrowing_lower", "gap_narrowing_upper", "follow_up"]


def followed_up(register: pd.DataFrame, headlines: pd.DataFrame) -> pd.DataFrame:
    """Return one row a decided case: the gap it was decided on, how much it has narrowed, words.

    Parameters
    ----------
    register
        Versions of cases: case_id, version, status and the columns of ``THEN``.
    headlines
        The headline rows of every period with ``case_id``.

    Notes
    -----
    Then is the version in which a case was first decided. Now is the mean of the whole periods
    that began when the period of then had ended, weighted by their precision.
    """
    decided = register[register["status"].isin(DECIDED)].sort_values(["case_id", "version"])
    first = pd.DataFrame(decided.drop_duplicates("case_id")[["case_id", *THEN]])
    by_case = {str(name): rows for name, rows in headlines.groupby("case_id", sort=False)}
    made = [_one(row, by_case.get(str(row["case_id"]))) for row in first.to_dict("records")]
    told = pd.DataFrame(made, index=first.index, columns=COLUMNS)
    return pd.concat([first, told], axis=1).reset_index(drop=True)


def _one(then: dict[Any, Any], rows: pd.DataFrame | None) -> dict[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys(COLUMNS[:3], np.nan)
    if rows is None or pd.isna(then["gap_then_lower"]):
        return nothing | {"follow_up": "not_estimated"}
    newest = rows.sort_values("period_end").iloc[-1]
    same = (newest["definition_hash"], newest["adjustment"])
    if same != (then["then_definition_hash"], then["then_adjustment"]):
        return nothing | {"follow_up": "not_comparable"}
    later = rows[pd.to_datetime(rows["period_start"]) >= pd.Timestamp(then["then_period_end"])]
    if later.empty:
        return nothing | {"follow_up": "not_yet"}
    return _compared(then, later)


def _compared(then: dict[Any, Any], later: pd.DataFrame) -> dict[str, Any]:
    later = later.assign(freedom=later["n_clusters"].astype(float).sub(1).fillna(np.inf))
    then_n = then["then_n_clusters"]
    freedom = np.inf if pd.isna(then_n) else float(then_n) - 1
    width = float(then["gap_then_upper"]) - float(then["gap_then_lower"])
    error = width / (2 * float(student(0.95, freedom)))
    value, low, high = (np.array(float(then[f"gap_then{end}"])) for end in ("", "_lower", "_upper"))
    held = Estimate(value, low, high, np.array(error), "then")
    made = narrowing_since(
        held,
        later["gap_harm"].to_numpy(dtype=np.float64),
        errors(later),
        min(freedom, float(later["freedom"].min())),
    )
    return {
        "gap_narrowing": float(made.value),
        "gap_narrowing_lower": float(made.lower),
        "gap_narrowing_upper": float(made.upper),
        "follow_up": _state(float(made.lower), float(made.upper)),
    }


def _state(lower: float, upper: float) -> str:
    if np.isnan(lower):
        return "not_estimated"
    if lower > 0:
        return "narrowed"
    return "widened" if upper < 0 else "not_settled"
