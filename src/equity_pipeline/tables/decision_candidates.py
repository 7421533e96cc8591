"""Which differences the machine nominates for people to judge: one row a declared contrast."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.estimate import student
from equity_pipeline.statistics.multiplicity import Selection, select_beyond
from equity_pipeline.vocabulary import LONG_PERIODS, vocabulary

CASE = ["indicator_id", "geography_code", "dimension", "focus_level", "reference_level"]
NEEDS = ("need_a", "need_b", "need_c")
IMPORTANT = "established_important"
WITHOUT_VERDICT = ("not_estimated", "not_applicable", "not_assessable")
MOST_MISSING = 0.20
# another rule for the same areas is a sensitivity, not a case of its own
FAMILIES = ("individual", "area", "structural")
SOCIOECONOMIC = ("education", "income_quintile", "economic_standard", "employment")
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]


def nominated(
    gaps: pd.DataFrame,
    readiness: pd.DataFrame | None,
    declared: Mapping[str, Declaration],
    region_code: str,
) -> pd.DataFrame:
    """Return one row a case: the headline gap of the newest period with ``auto_grade``.

    Indicators without a good side have no case. Beside the grade stand the interval that allows
    for the pick and among how many it was made, under how many need models and for how many
    periods the gap is beyond its limit, and ``error`` and ``freedom`` of the gap.

    Parameters
    ----------
    gaps
        T2 as a frame.
    readiness
        T0 as a frame; None if it was not made: then nothing is held back on its account.
    declared
        The declarations by id.
    region_code
        The region, whose own rows are judged.

    Notes
    -----
    Candidate B is established beyond its limit under the headline model, and stays beyond it when
    picked among all declared comparisons (false coverage rate). Candidate A is so under every
    need model and in two consecutive periods, on the same side; areas never reach it, nor does
    any case of a region without socioeconomics of its own. A definition changed after data were
    seen is watched at most.
    """
    long = declared_rows(gaps, declared, region_code)
    newest = long["period_end"] == long.groupby("indicator_id")["period_end"].transform("max")
    made = pd.DataFrame(long[newest & long["is_headline"]]).reset_index(drop=True)
    if made.empty:
        return made.assign(auto_grade=[], error=[], freedom=[])
    made["freedom"] = made["n_clusters"].astype(float).sub(1).fillna(np.inf)
    made["error"] = errors(made)
    picks = _picks(made)
    made["gap_picked_lower"] = picks.estimate.lower
    made["gap_picked_upper"] = picks.estimate.upper
    made["n_comparisons"] = int((~made["evidence_state"].isin(WITHOUT_VERDICT)).sum())
    made["n_picked"] = int(picks.selected.sum())
    made["is_picked"] = picks.selected
    made = _with_history(made, long)
    made["worse_off_level"] = np.where(
        made["gap_harm"] > 0, made["focus_level"], made["reference_level"]
    )
    made.loc[made["gap_harm"].isna(), "worse_off_level"] = None
    made["auto_grade"] = _grades(made, picks.selected, _held_back(made, readiness), gaps)
    return made


def errors(rows: pd.DataFrame) -> FloatArray:
    """Return the standard error of each row's ``gap_harm``, from its interval and ``freedom``."""
    width = (rows["gap_harm_upper"] - rows["gap_harm_lower"]).to_numpy(dtype=np.float64)
    return np.asarray(width / (2 * student(0.95, rows["freedom"].to_numpy(dtype=np.float64))))


def declared_rows(
    gaps: pd.DataFrame, declared: Mapping[str, Declaration], region_code: str
) -> pd.DataFrame:
    """Return the rows of T2 that cases are made of: declared contrasts of the region, all years."""
    judged = {one.id for one in declared.values() if one.enters_verdicts}
    known = vocabulary().dimensions
    kept = (
        gaps["is_declared_contrast"].fillna(False).astype(bool)
        & gaps["period_kind"].isin(LONG_PERIODS)
        & gaps["indicator_id"].isin(judged)
        & gaps["dimension"].map(lambda name: known[name].family in FAMILIES)
        & (gaps["geography_code"] == region_code)
    )
    made = pd.DataFrame(gaps[kept])
    made["is_headline"] = made["is_headline"].fillna(False).astype(bool)
    for name in ("gap_harm", "gap_harm_lower", "gap_harm_upper", "mid"):
        made[name] = made[name].astype(float)
    return made


def _picks(made: pd.DataFrame) -> Selection:
    """Return which cases stay beyond their limit when picked among all that can be judged."""
    judged = ~made["evidence_state"].isin(WITHOUT_VERDICT).to_numpy()
    return select_beyond(
        np.where(judged, made["gap_harm"], np.nan),
        np.where(judged, made["error"], np.nan),
        made["mid"].fillna(0).to_numpy(dtype=np.float64),
        freedom=made["freedom"].to_numpy(dtype=np.float64),
    )


def _with_history(made: pd.DataFrame, long: pd.DataFrame) -> pd.DataFrame:
    """Add under how many need models the gap was tried, and for how long it has stood."""
    held = _by_period(long)
    made = made.copy()
    found = held.reindex(pd.MultiIndex.from_frame(made[[*CASE, "period_end"]]))
    made["n_need_models"] = found["n_needs"].fillna(0).astype(int).to_numpy()
    made["n_periods_established"] = _runs(made, held, "headline_side")
    made["n_periods_all"] = _runs(made, held, "every_side")
    return made


def _by_period(long: pd.DataFrame) -> pd.DataFrame:
    """Return a row a case and period: its side where established under headline, under every."""
    key = [*CASE, "period_end"]
    side = np.where(long["evidence_state"] == IMPORTANT, np.sign(long["gap_harm"]), 0.0)
    is_need = long["adjustment"].isin(NEEDS)
    beforehand = np.where(long["definition_status"] == "post_hoc", 0.0, side)
    is_tried = is_need | long["is_headline"]
    told = long[key].assign(
        headline_side=np.where(long["is_headline"], side, np.nan),
        least=np.where(is_tried, beforehand, np.nan),
        most=np.where(is_tried, beforehand, np.nan),
        n_needs=is_need & (long["evidence_state"] != "not_estimated"),
        period_start=long["period_start"],
    )
    held = told.groupby(key, sort=False).agg(
        headline_side=("headline_side", "max"),
        least=("least", "min"),
        most=("most", "max"),
        n_needs=("n_needs", "sum"),
        period_start=("period_start", "first"),
    )
    agree = (held["least"] == held["most"]) & (held["n_needs"] > 0)
    held["every_side"] = held["least"].where(agree, 0.0)
    return held


def _runs(made: pd.DataFrame, held: pd.DataFrame, column: str) -> list[int]:
    """Return for each case how many periods without a break it has stood on its newest side."""
    sides: dict[tuple[object, ...], float] = dict(zip(held.index, held[column], strict=True))
    starts: dict[tuple[object, ...], object] = dict(
        zip(held.index, held["period_start"], strict=True)
    )
    runs = []
    for row in made[[*CASE, "period_end"]].itertuples(index=False, name=None):
        key, side, n = tuple(row), sides.get(tuple(row), 0.0), 0
        while side and sides.get(key, 0.0) == side:
            n += 1
            key = (*key[:-1], starts[key])
        runs.append(n)
    return runs


def _held_back(made: pd.DataFrame, readiness: pd.DataFrame | None) -> BoolArray:
    """Return which cases cannot be assessed: red readiness, or too much missing."""
    if readiness is None:
        return np.zeros(len(made), dtype=bool)
    missing = 1 - readiness["completeness"].astype(float)
    stopped = readiness[(readiness["readiness"] == "red") | (missing > MOST_MISSING)]
    pairs = set(zip(stopped["indicator_id"], stopped["dimension"], strict=True))
    cases = zip(made["indicator_id"], made["dimension"], strict=True)
    return np.fromiter((case in pairs for case in cases), dtype=bool, count=len(made))


def _grades(
    made: pd.DataFrame, picked: BoolArray, held_back: BoolArray, gaps: pd.DataFrame
) -> npt.NDArray[np.object_]:
    state = made["evidence_state"]
    at_most_b = made["ses_measurement_level"].eq("area") | _is_area_mode(gaps)
    post_hoc = made["definition_status"].eq("post_hoc")
    important = state.eq(IMPORTANT) & picked & ~post_hoc
    cases = [
        ("not_assessable", state.isin(WITHOUT_VERDICT) | state.isna() | held_back),
        ("candidate_a", important & (made["n_periods_all"] >= 2) & ~at_most_b),
        ("candidate_b", important),
        ("watch", state.isin([IMPORTANT, "established_size_unclear"])),
    ]
    names = [np.full(len(made), name, dtype=object) for name, _ in cases]
    return np.select([case.to_numpy(dtype=bool) for _, case in cases], names, "no_candidate")


def _is_area_mode(gaps: pd.DataFrame) -> bool:
    """Return whether nobody's own socioeconomics are known: then areas stand for persons."""
    known = gaps["dimension"].isin(SOCIOECONOMIC) & gaps["gap_abs"].notna()
    return not bool(known.any())


def case_id(row: Mapping[str, object]) -> str:
    """Return the lasting name of a case.

    Examples
    --------
    >>> case_id({"indicator_id": "VT01", "dimension": "income_quintile", "focus_level": "q1",
    ...          "population_base": "contacts"})
    'VT01/income_quintile/q1/contacts'
    """
    parts = ("indicator_id", "dimension", "focus_level", "population_base")
    return "/".join(str(row[name]) for name in parts)


def grade_words(language: str) -> dict[str, str]:
    """Return the words of each automatic grade, ``sv`` or ``en``.

    Examples
    --------
    >>> grade_words("en")["no_candidate"]
    'No candidate'
    """
    held = vocabulary().codes["auto_grade"]
    return {code: getattr(label, language) for code, label in held.items()}
