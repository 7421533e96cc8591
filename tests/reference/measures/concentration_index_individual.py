"""The concentration index of people: rineq's, and Stata's conindex."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.gradient import (
    Normalisation,
    Ranked,
    RankError,
    Robust,
    concentration,
    equal_indices,
    equal_slopes,
    extended_concentration,
    fractional_ranks,
    ranked_people,
    symmetric_concentration,
)
from tests.reference.vectors import Case

RINEQ = {
    "CI": Normalisation.STANDARD,
    "CIg": Normalisation.GENERALISED,
    "CIc": Normalisation.ERREYGERS,
    "CIw": Normalisation.WAGSTAFF,
}
WEIGHTS = ("weight", "weights", "wt", "sampweight", "w")
CLUSTERS = ("cluster", "unit", "psu", "PSU", "practice", "centre", "clinic")
GROUPS = ("compare", "by", "group", "sex", "urban")
FIGURES = ("id", "estimate", "se", "n", "N", "F", "z", "p", "p_F", "p_z", "diff", "diff_se")
UNBOUNDED = (Normalisation.STANDARD, Normalisation.GENERALISED)
TESTS = {"f": "f", "ftest": "f", "p_f": "p_f", "pf": "p_f", "z": "z", "p_z": "p_z", "pz": "p_z"}
TESTS |= {"diff": "diff", "difference": "diff", "diff_se": "diff_se", "diffse": "diff_se"}
NAMED = {
    "standard": Normalisation.STANDARD,
    "generali": Normalisation.GENERALISED,
    "modified": Normalisation.MODIFIED,
    "wagstaff": Normalisation.WAGSTAFF,
    "erreygers": Normalisation.ERREYGERS,
}


def run(case: Case) -> None:
    if "conindex" in case.peer.lower() or "conindex" in case.call:
        _conindex(case)
    else:
        _rineq(case)


# rineq


def _rineq(case: Case) -> None:
    """Compare each row; a row tells type, method, weights and robust errors, or the defaults."""
    given, rows = case.frame(), case.rows()
    made = [_rineq_row(case, given, row) for _, row in rows.iterrows()]
    case.agrees("estimate", [value for value, _ in made])
    case.agrees("se", [error for _, error in made])


def _rineq_row(case: Case, given: pd.DataFrame, row: pd.Series) -> tuple[float, float]:
    index = RINEQ[str(row.get("type", case.param("type", default="CI")))]
    method = str(row.get("method", case.param("method", default="linreg_delta")))
    y = given[str(row.get("outcome", case.param("outcome")))].to_numpy(dtype=float)
    rank = given[_rank(case, given)]
    weighted = row.get("weighted", False) in (True, "true", "TRUE", 1)
    weight = given[_column(case, given, WEIGHTS)].to_numpy(dtype=float) if weighted else None
    people = ranked_people(y, rank, weight=weight)
    value = float(concentration(people, index=index, bounds=_seen(y, index)).value[0])
    # the peer makes every error that of the relative index, times what turns it into the other
    times = abs(value / float(concentration(people).value[0]))
    if method == "cov_convenience":
        # what the peer gives for an error is the spread of the ranks (a known fault)
        spread = np.cov(fractional_ranks(rank, weight), aweights=weight)
        return value, times * float(np.sqrt(spread))
    if method == "direct":
        return value, times * _kakwani(people, y, rank.to_numpy(), weighted=weighted)
    kind = RankError.DELTA if method == "linreg_delta" else RankError.CONVENIENT
    # and with the variance of a sample of ranks
    times *= len(y) / (len(y) - 1)
    errors = [
        times * float(concentration(people, error=kind, robust=squared).standard_error[0])
        for squared in _squared(case, row)
    ]
    return value, min(errors, key=lambda error: abs(error - float(row["se"])))


def _squared(case: Case, row: pd.Series) -> list[Robust]:
    """Return how residuals are squared; a case that does not tell may mean any the peer has."""
    told = str(row.get("robust", row.get("rse_type", case.param("rse_type")))).lower()
    if told in ("none", "false"):
        return [Robust.MODEL] if "robust" in row or "rse_type" in row else list(Robust)
    return [Robust(told)] if told in list(Robust) else [Robust.HC3]


def _kakwani(people: Ranked, y: np.ndarray, rank: np.ndarray, *, weighted: bool) -> float:
    """Return the error of the direct formula, which is our whole influence without weights.

    With weights the peer passes over them (its manual says so): that fault is made here.
    """
    if not weighted:
        whole = concentration(people, error=RankError.INFLUENCE, robust=Robust.HC0)
        return float(whole.standard_error[0])
    order = np.argsort(rank, kind="stable")
    ranks = people.groups.middle[people.groups.of_record][order]
    index, mean = float(concentration(people).value[0]), float(people.average[0])
    curve = np.cumsum(y[order]) / y.sum()
    before = np.concatenate([[0.0], curve[:-1]])
    a = y[order] / mean * (2 * ranks - 1 - index) + 2 - before - curve
    return float(np.sqrt((np.mean(a**2) - (1 + index) ** 2) / len(y)))


def _seen(y: np.ndarray, index: Normalisation) -> tuple[float, float] | None:
    """Return the bounds that the peer takes: the range seen, or 0 to 1 for Wagstaff's index."""
    if index is Normalisation.ERREYGERS:
        return float(y.min()), float(y.max())
    return (0.0, 1.0) if index is Normalisation.WAGSTAFF else None


# conindex


def _conindex(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    made = [_conindex_row(case, given, row) for _, row in rows.iterrows()]
    if "estimate" in rows:
        case.agrees("estimate", [float(one.value[0]) for one in made])
    if "se" in rows:
        case.agrees("se", [float(one.standard_error[0]) for one in made])
    case.keys("n", "N", "limits", "v", "beta")
    for field, ours in _compared(case, given, rows).items():
        case.agrees(field, ours)


def _compared(case: Case, given: pd.DataFrame, rows: pd.DataFrame) -> dict[str, list[float]]:
    """Return the tests that groups have one index, for the rows and fields that give them."""
    fields = [name for name in rows if name.lower() in TESTS]
    found: dict[str, list[float]] = {name: [] for name in fields}
    for _, row in rows.iterrows() if fields else ():
        asked, index, bounds = _asked(row), _index(row), _limits(case, row)
        y = given[_conindex_outcome(case, given, row, asked)].to_numpy(dtype=float)
        names, place = np.unique(given[_column(case, given, GROUPS)], return_inverse=True)
        people = _people(case, given, y, asked, place, len(names))
        bounds = None if index in UNBOUNDED else bounds
        options = {"error": RankError.CONVENIENT, "robust": _robust(people, asked)}
        each = concentration(people, index=index, bounds=bounds, **options)
        apart = equal_indices(each.value, each.standard_error)
        pooled = equal_slopes(people, index=index, bounds=bounds)
        difference = apart.difference
        numbers = {
            "f": pooled.statistic,
            "p_f": pooled.p,
            "diff": difference.value[1],
            "diff_se": difference.standard_error[1],
            "z": difference.value[1] / difference.standard_error[1],
            "p_z": apart.p,
        }
        for name in fields:
            found[name].append(_nan(row[name]) + numbers[TESTS[name.lower()]])
    return found


def _nan(theirs: object) -> float:
    return 0.0 if _is(theirs) else float("nan")


def _conindex_row(case: Case, given: pd.DataFrame, row: pd.Series) -> Estimate:
    """Return the index that a row's name and columns ask for."""
    return _conindex_of(case, given, row, _conindex_outcome(case, given, row, _asked(row)))


def _conindex_of(case: Case, given: pd.DataFrame, row: pd.Series, outcome: str) -> Estimate:
    asked, y = _asked(row), given[outcome].to_numpy(dtype=float)
    people = _people(case, given, y, asked)
    absolute = "generali" in asked
    if "symmetric" in asked or _is(row.get("beta")):
        weight = _sensitivity(asked, "symmetric", row.get("beta"))
        return symmetric_concentration(people, sensitivity=weight, generalised=absolute)
    if "extended" in asked or _is(row.get("v")):
        weight = _sensitivity(asked, "extended", row.get("v"))
        return extended_concentration(people, aversion=weight, generalised=absolute)
    index = _index(row)
    robust = _robust(people, asked)
    made = [
        concentration(people, index=index, bounds=bounds, error=RankError.CONVENIENT, robust=robust)
        for bounds in ([None] if index in UNBOUNDED else _possible_limits(case, row, y))
    ]
    if index is Normalisation.MODIFIED:
        made = [_lessened_twice(one, people, _limits(case, row)[0]) for one in made]
    return min(made, key=lambda one: abs(float(one.value[0]) - float(row["estimate"])))


def _lessened_twice(made: Estimate, people: Ranked, lowest: float) -> Estimate:
    """Return the modified index as the peer has it: the mean over its least value once more."""
    mean = float(people.average[0])
    factor = mean / (mean - lowest)
    return replace(made, value=made.value * factor, standard_error=made.standard_error * factor)


def _sensitivity(asked: str, index: str, told: object) -> float:
    """Return the weight of ranks: in the row's own field, behind its letter, or behind the name."""
    if _is(told):
        return float(told)  # type: ignore[arg-type]
    number = r"_?=?(\d+(?:\.\d+)?)(?=_|$)"
    found = re.search(r"(?:^|_)(?:v|nu|beta|b)" + number, asked) or re.search(index + number, asked)
    assert found, f"{asked} tells no weight"
    return float(found.group(1))


def _possible_limits(case: Case, row: pd.Series, y: np.ndarray) -> list[tuple[float, float]]:
    """Return the limits that are told, or 0 to 1, or all that outcomes beyond 1 may have."""
    if _told_limits(case, row) or (y.min() >= 0 and y.max() <= 1):
        return [_limits(case, row)]
    round_one = 10.0 ** np.ceil(np.log10(max(y.max(), 1.0)))
    pairs = [(y.min(), y.max()), (0.0, y.max()), (0.0, round_one)]
    return [(float(low), float(high)) for low, high in pairs if low <= y.min()]


def _robust(people: Ranked, asked: str) -> Robust:
    clustered = people.cluster is not None
    return Robust.HC1 if clustered or "robust" in asked or "hc1" in asked else Robust.MODEL


def _index(row: pd.Series) -> Normalisation:
    asked = _asked(row)
    return next((i for part, i in NAMED.items() if part in asked), Normalisation.STANDARD)


def _asked(row: pd.Series) -> str:
    """Return all that a row says of itself: its id, and its other fields that are no figures."""
    told = [f"{k}{'' if v is True else v}" for k, v in row.items() if k not in FIGURES and _is(v)]
    return "_".join([str(row.get("id", "")), *told]).lower()


def _is(value: object) -> bool:
    return not (value is None or value is False or (isinstance(value, float) and np.isnan(value)))


def _people(
    case: Case,
    given: pd.DataFrame,
    y: np.ndarray,
    asked: str,
    stratum: np.ndarray | None = None,
    n_strata: int = 1,
) -> Ranked:
    return ranked_people(
        y,
        y if "gini" in asked else given[_rank(case, given)],
        weight=given[_column(case, given, WEIGHTS)] if "weight" in asked else None,
        cluster=given[_column(case, given, CLUSTERS)] if "cluster" in asked else None,
        stratum=stratum,
        n_strata=n_strata,
    )


def _conindex_outcome(case: Case, given: pd.DataFrame, row: pd.Series, asked: str) -> str:
    """Return the outcome: a column of the row, or the one that the row's name speaks of."""
    told = row.get("outcome", case.param("outcome"))
    if isinstance(told, str) and told in given.columns:
        return told
    given_names = {_rank(case, given), *WEIGHTS, *CLUSTERS}
    given_names |= {str(case.params[n]) for n in (*WEIGHTS, *CLUSTERS) if n in case.params}
    numbers = given.select_dtypes("number").columns.difference(list(given_names))
    named = [c for c in numbers if c.lower() in asked]
    if named:
        return max(named, key=len)
    binary = [c for c in numbers if set(given[c]) == {0, 1}]
    bounded = _index(row) not in UNBOUNDED and bool(_told_limits(case, row))
    fits = [c for c in numbers if not bounded or given[c].between(*_limits(case, row)).all()]
    possible = binary if "bin" in asked and binary else fits

    def apart(name: str) -> float:
        made = _conindex_of(case, given, row, name)
        return abs(float(made.value[0]) - float(row["estimate"]))

    # a name that no column has: the outcome whose index is nearest is the one that is meant
    return str(min(possible, key=apart))


def _told_limits(case: Case, row: pd.Series) -> list[float]:
    """Return what the row, the case or its call tells of limits: none, the lower, or both."""
    told = row.get("limits", case.param("limits", "bounds"))
    found = re.search(r"limits\s*=\s*c\(([^)]*)\)", case.call)
    if not _is(told):
        told = found.group(1).split(",") if found else []
    return [float(one) for one in (told if isinstance(told, (list, tuple)) else [told])]


def _limits(case: Case, row: pd.Series) -> tuple[float, float]:
    told = _told_limits(case, row) or [0.0, 1.0]
    return told[0], (told[1] if len(told) > 1 else np.inf)


def _rank(case: Case, given: pd.DataFrame) -> str:
    found = re.search(r"(?:ineqvar|rankvar)\s*=\s*['\"]?(\w+)", case.call)
    told = case.param("rank", "rankvar", "ineqvar", default=found.group(1) if found else None)
    for name in (told, "income", "rank", "ses", "wealth"):
        if isinstance(name, str) and name in given.columns:
            return name
    return str(given.select_dtypes("number").columns[0])


def _column(case: Case, given: pd.DataFrame, names: tuple[str, ...]) -> str:
    """Return the column an argument names, or one of the names, or the only text column."""
    told = [case.param(name) for name in names]
    texts = list(given.select_dtypes(exclude="number").columns)
    found = [n for n in (*told, *names, *texts) if isinstance(n, str) and n in given.columns]
    return found[0]
