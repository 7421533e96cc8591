"""Slope and relative index of inequality: of groups as PHE and WHO have them, and of people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.glm import GlmFit, sandwich
from equity_pipeline.statistics.gradient import (
    ModelIndex,
    Robust,
    Scale,
    error_from_limits,
    fitted_ends,
    model_index,
    ridits,
    scatter_slope_index,
)
from equity_pipeline.statistics.inequality import simulated
from equity_pipeline.statistics.need import Family
from equity_pipeline.statistics.proportions import proportion
from equity_pipeline.statistics.rates import rate
from tests.reference.r_glm import as_r, healthequal_slope
from tests.reference.vectors import Case, columns, terms

SIMULATED = "limits simulated by the peer"
DRAWS = 100_000
POPULATION = ("population", "Population", "pop", "denominator", "n", "people", "persons", "d")
EVENTS = ("events", "x", "numerator", "count", "Count", "k")
KINDS = {"0": "normal", "1": "rate", "2": "proportion"}
SCALES = {"rate": Scale.LOG, "proportion": Scale.LOGIT}
LIMIT = re.compile(r"(sii|rii)_(lower|upper)_?(\d*)[._]?(\d*)_?(?:cl)?$")


def run(case: Case) -> None:
    text = f"{case.peer} {case.call}".lower()
    if "block" in case.rows().columns:
        _sheet(case)
    elif "phe_sii" in text or "pheindicator" in text:
        _phe(case)
    elif "healthequal" in text:
        _who(case)
    elif "comparisons" in text or "marginaleffects" in text:
        _marginal(case)
    else:
        _coefficients(case)


@dataclass(frozen=True)
class Groups:
    """The groups of one area, and how its index is asked for."""

    value: np.ndarray
    people: np.ndarray
    covariance: np.ndarray | None
    scale: Scale
    own: Scale
    multiplier: float

    def index(self, confidence: float) -> dict[str, Estimate]:
        """Return the indices; a negative multiplier turns the relative index over."""
        ends = fitted_ends(
            self.value, self.people, self.covariance, scale=self.scale, confidence=confidence
        )
        by = self.multiplier
        limits = sorted((float(ends.sii.lower * by), float(ends.sii.upper * by)))
        sii = Estimate(ends.sii.value * by, *limits, ends.sii.standard_error, ends.sii.method)
        rii = ends.rii
        if by < 0:
            rii = replace(rii, value=1 / rii.value, lower=1 / rii.upper, upper=1 / rii.lower)
        return {"sii": sii, "rii": rii, "intercept": ends.first}

    def drawn(self, name: str, side: str, confidence: float) -> float:
        """Return a limit as the peer has it: a percentile of draws on the values' own scale."""
        assert self.covariance is not None
        error = np.sqrt(np.diag(self.covariance)) / self.own.slope(self.value)

        def measure(place: np.ndarray) -> np.ndarray:
            ends = fitted_ends(self.own.back(place), self.people, scale=self.scale)
            ratio = ends.last.value / ends.first.value
            return ends.sii.value if name == "sii" else ratio

        places = self.own.of(self.value)
        made = simulated(
            measure, places, self.people, error, draws=DRAWS, seed=2024, confidence=confidence
        )
        pair = [float(made.lower), float(made.upper)]
        if name == "sii":
            pair = [by * self.multiplier for by in pair]
        elif self.multiplier < 0:
            pair = [1 / by for by in pair]
        return min(pair) if side == "lower" else max(pair)


def _phe(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    by = case.group_columns(given)
    case.keys("multiplier", *by)
    if rows.columns.str.contains("_mad").any():
        case.leaves("*_mad*", "how far the peer's own simulations lie apart")
    every = []
    for _, row in rows.iterrows():
        keep = np.logical_and.reduce(
            [given[n] == row[n] for n in by] or [np.ones(len(given), bool)]
        )
        every.append(_groups(case, given[keep], row))
    _compare(case, every, rows)


def _groups(case: Case, given: pd.DataFrame, row: pd.Series) -> Groups:
    given = given.sort_values(_order(case, given), kind="stable")
    kind = str(_told(case, "value_type", row.get("indicator_type", "0")))
    kind = KINDS.get(kind, kind)
    people = _numbers(case, given, *POPULATION)
    value = _numbers(case, given, "value", "estimate")
    lower, upper = (
        _numbers(case, given, f"{side}_cl", side, f"{side}cl", f"{side}CL")
        for side in ("lower", "upper")
    )
    if value is None or "events" in case.params:
        # a rate or share that the peer's other functions made first
        made = _counted(_numbers(case, given, *EVENTS), people, kind, case)
        value = made.value
        lower = made.lower if lower is None else lower
        upper = made.upper if upper is None else upper
    error = _numbers(case, given, "se", "standard_error", "StandardError")
    transform = str(_told(case, "transform", row.get("transform", "none"))).lower()
    on = transform in ("true", "t", "log", "logit")
    scale = SCALES.get(kind, Scale.IDENTITY)
    return Groups(
        value=value,
        people=people,
        covariance=_covariance(value, error, lower, upper, scale),
        scale=scale if on else Scale.IDENTITY,
        own=scale,
        multiplier=float(row.get("multiplier", _called_multiplier(case))),
    )


def _called_multiplier(case: Case) -> float:
    """Return the multiplier that phe_sii itself is called with, not that of the rates before."""
    found = re.search(r"phe_sii\([^()]*\bmultiplier\s*=\s*(-?[\d.]+)", case.call)
    return float(found.group(1)) if found else 1.0


def _counted(events: np.ndarray, people: np.ndarray, kind: str, case: Case) -> Estimate:
    if kind == "rate":
        return rate(events, people, scale=float(case.param("multiplier", default=1)))
    return proportion(events, people)


def _covariance(
    value: np.ndarray,
    error: np.ndarray | None,
    lower: np.ndarray | None,
    upper: np.ndarray | None,
    scale: Scale,
) -> np.ndarray | None:
    """Return the groups' covariance; the peer's own errors are on the log and logit scale."""
    if error is not None:
        return np.diag((error * scale.slope(value)) ** 2)
    if lower is None or upper is None:
        return None
    return np.diag(error_from_limits(value, lower, upper, scale=scale) ** 2)


def _compare(case: Case, every: Sequence[Groups], rows: pd.DataFrame) -> None:
    """Compare values exactly, and limits at the confidence that their names or rows tell."""
    told = [_confidence(row) for _, row in rows.iterrows()]
    at = [groups.index(level) for groups, level in zip(every, told, strict=True)]
    for name in ("sii", "rii", "intercept"):
        if name in rows:
            case.agrees(
                name, [_asked(i[name].value, r) for i, r in zip(at, rows[name], strict=True)]
            )
    share = 0.05 if "0.05 relative" in case.note else None
    for column in rows.columns:
        found = LIMIT.match(column)
        if found is None:
            continue
        name, side, whole, part = found.groups()
        levels = [float(f"0.{whole}{part}")] * len(every) if whole else told
        made = [g.index(level)[name] for g, level in zip(every, levels, strict=True)]
        other = column.replace(side, {"lower": "upper", "upper": "lower"}[side])
        width = (rows[column].astype(float) - rows[other].astype(float)).abs()
        theirs = rows[column].astype(float)
        ours = np.array([_asked(getattr(m, side), t) for m, t in zip(made, theirs, strict=True)])
        allowed = 0.02 * width if share is None else share * theirs.abs()
        # where draws are skewed, ours are drawn too
        for at in np.flatnonzero(np.abs(ours - theirs) > allowed):
            ours[at] = every[at].drawn(name, side, levels[at])
        if share is not None:
            case.agrees(column, ours, rtol=share, loose=SIMULATED)
        else:
            case.agrees(column, ours, rtol=0.02, of=width, loose=SIMULATED)


def _asked(ours: object, theirs: object) -> float:
    return float("nan") if pd.isna(theirs) else float(ours)  # type: ignore[arg-type]


def _confidence(row: pd.Series) -> float:
    """Return the first coverage that a row tells: ``95%``, ``c(95, 99)``, ``with 98% CI``."""
    described = re.search(
        r"(\d+(?:\.\d+)?)\s*% ?ci", str(row.get("description", "")), re.IGNORECASE
    )
    found = described or re.search(
        r"\d+(?:\.\d+)?", str(row.get("CI_confidence", row.get("confidence", "95")))
    )
    number = float(found.group(1 if described else 0)) if found else 95.0
    return number / 100 if number > 1 else number


def _sheet(case: Case) -> None:
    """Compare PHE's worksheet: a block is an area, its options stand in the description."""
    given, rows = case.frame(), case.rows()
    case.keys("block", "value_type", "confidence")
    every = []
    for _, row in rows.iterrows():
        block = given[given["block"] == row["block"]]
        # one block is followed by rows that the peer must refuse: only the first ranking counts
        opens = (block["Quantile"].diff() <= 0).cumsum()
        block = block[opens == 0]
        kind, said = KINDS[str(row["value_type"])], str(row["description"])
        value = block["Value"].fillna(block["Count"] / block["Population"]).to_numpy()
        scale = SCALES.get(kind, Scale.IDENTITY)
        limits = block["LowerCL"].to_numpy(), block["UpperCL"].to_numpy()
        every.append(
            Groups(
                value=value,
                people=block["Population"].to_numpy(dtype=float),
                covariance=_covariance(value, None, *limits, scale),
                scale=scale if "transform" in said else Scale.IDENTITY,
                own=scale,
                multiplier=_sheet_multiplier(said),
            )
        )
    _compare(case, every, rows)


def _sheet_multiplier(said: str) -> float:
    found = re.search(r"multiplier \(x\s*(-?\d+(?:\.\d+)?)\)", said)
    if found:
        return float(found.group(1))
    return -1.0 if "negative multiplier" in said else 1.0


def _who(case: Case) -> None:
    """Compare WHO's indices of groups: the scatter about a line, the population counted twice.

    The peer guesses the scale of the values from the largest (a known fault), leaves the error of
    the slope index on the scale of 0 to 1 (another), and gives that of the ratio's logarithm.
    """
    given = case.frame()
    given = given.sort_values(_order(case, given), kind="stable")
    value = _who_value(case, given)
    people = _numbers(case, given, *POPULATION)
    people = np.ones(len(value)) if people is None else np.ceil(people)
    asked = str(_told(case, "linear", "lin" in str(case.param("model", default=""))))
    linear = asked.lower() in ("true", "t")
    confidence = float(_told(case, "conf.level", 0.95))
    unit = min(10.0 ** max(np.ceil(np.log10(value.max()) - 1e-12), 0), 1e6)
    unit = {10.0: 100.0}.get(unit, unit)
    shares = value / unit
    if linear:
        made = scatter_slope_index(value, people, confidence=confidence)
    else:
        shares = np.round(shares * people) / people
        made = scatter_slope_index(
            shares, people, scale=Scale.LOGIT, weight=people**2, confidence=confidence
        )
    ours = healthequal_slope(made, shares, people, scale=unit, confidence=confidence, linear=linear)
    if "measure" in case.rows():
        # the peer's frames as rows
        rows = case.rows()
        for field in rows.columns.intersection(list(ours["sii"])):
            case.agrees(field, [ours[str(name)][field] for name in rows["measure"]])
        return
    for name in ours.keys() & case.expected.keys():
        for field in ours[name].keys() & case.expected[name].keys():
            case.agrees(f"{name}.{field}", ours[name][field])


def _who_value(case: Case, given: pd.DataFrame) -> np.ndarray:
    """Return the estimates, which an argument may give as a column times a number."""
    texts = [
        str(case.params[n]) for n in ("est", "estimate", "percent", "value") if n in case.params
    ]
    texts += re.findall(r"est\s*=\s*([^,)]+)", case.call)
    for text in texts:
        name, _, factor = text.partition("*")
        if name.strip() in given.columns:
            return given[name.strip()].to_numpy(dtype=float) * float(factor or 1)
    made = _numbers(case, given, "estimate", "est", "value", "pct")
    assert made is not None, f"{case}: no estimates among {list(given.columns)}"
    return made


# people


def _coefficients(case: Case) -> None:
    """Compare models of people by name: what they fit, and whether need is in them."""
    given, rows = case.frame(), case.rows()
    rank = _people_rank(case, given)
    outcome = _outcome(case, given)
    need = columns(given, _need_terms(case, given, rank, outcome))[0]
    y, ranks = given[outcome].to_numpy(dtype=float), given[rank].to_numpy(dtype=float)
    made: dict[str, list[float]] = {name: [] for name in rows.columns}
    for model in rows["model"]:
        used = need if "adj" in model else need[:, :0]
        family = _family(model)
        plain = _fitted(y, ranks, used, family, Robust.HC0)
        fit = as_r(np.column_stack([np.ones(len(y)), ranks, used]), y, family)
        made["coef"].append(float(plain.coefficient.value))
        made.setdefault("exp_coef", []).append(float(np.exp(plain.coefficient.value)))
        for name, robust in (("hc0", Robust.HC0), ("hc1", Robust.HC1), ("model", Robust.MODEL)):
            theirs = _error(fit, robust)
            ours = float(_fitted(y, ranks, used, family, robust).coefficient.standard_error)
            # ours is the settled fit's; the peer's is within what its early stop leaves open
            assert abs(ours / theirs - 1) < 1e-4
            made.setdefault(f"se_{name}", []).append(theirs)
        for name in ("hc2", "hc3", "cluster"):
            if f"se_{name}" in rows:
                group = given[_text(given)] if name == "cluster" else None
                rule = "hc1" if name == "cluster" else name
                v = sandwich(fit, small_sample=rule, cluster=group)  # type: ignore[arg-type]
                made[f"se_{name}"].append(float(np.sqrt(v[1, 1])))
    for name in rows.columns.drop("model"):
        case.agrees(name, made[name])


def _marginal(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    rank = _people_rank(case, given)
    outcome = _outcome(case, given)
    need = columns(given, _need_terms(case, given, rank, outcome))[0]
    y, ranks = given[outcome].to_numpy(dtype=float), given[rank].to_numpy(dtype=float)
    found: dict[str, list[float]] = {"estimate": [], "se": [], "lower": [], "upper": []}
    for _, row in rows.iterrows():
        what, model = str(row["what"]), str(row["model"])
        hc = re.search(r"hc[01]", what.lower())
        used = need if "adj" in model or "adj" not in "".join(rows["model"]) else need[:, :0]
        confidence = float(case.param("conf_level", "confidence", default=0.95))
        made = _fitted(
            y, ranks, used, _family(model), Robust(hc.group()) if hc else Robust.MODEL, confidence
        )
        log = "ln" in what or "log" in what
        one = made.rii if "ratio" in what else made.sii
        by = float(one.value) if log else 1.0
        found["estimate"].append(float(np.log(one.value) if log else one.value))
        found["se"].append(float(one.standard_error) / by)
        for side in ("lower", "upper"):
            limit = float(getattr(one, side))
            found[side].append(np.log(limit) if log else limit)
    for name, ours in found.items():
        if name in rows:
            case.agrees(name, ours)


def _fitted(
    y: np.ndarray,
    rank: np.ndarray,
    need: np.ndarray,
    family: Family,
    error: Robust,
    confidence: float = 0.95,
) -> ModelIndex:
    """Return the index at the need as it is, which the peer does not take for a sample."""
    return model_index(
        y,
        np.ones(len(y)),
        rank,
        need,
        family=family,
        error=error,
        sampled_need=False,
        confidence=confidence,
    )


def _error(fit: GlmFit, robust: Robust) -> float:
    if robust is Robust.MODEL:
        return float(np.sqrt(fit.covariance[1, 1]))
    rule = "none" if robust is Robust.HC0 else "hc1"
    return float(np.sqrt(sandwich(fit, small_sample=rule)[1, 1]))  # type: ignore[arg-type]


def _family(model: str) -> Family:
    named = {"logit": Family.BINOMIAL, "binom": Family.BINOMIAL, "pois": Family.POISSON}
    named |= {"gamma": Family.GAMMA}
    found = [family for part, family in named.items() if part in model.lower()]
    return found[0] if found else Family.GAUSSIAN


def _text(given: pd.DataFrame) -> str:
    """Return the column of clusters: one of the usual names, or the first of text."""
    usual = [n for n in ("cluster", "unit", "psu", "practice") if n in given.columns]
    return str((usual or list(given.select_dtypes(exclude="number").columns))[0])


def _people_rank(case: Case, given: pd.DataFrame) -> str:
    """Return the column of ranks; makes it from a level's place in the people if there is none."""
    for name in (
        case.param("rank"),
        *re.findall(r"variables\s*=\s*list\((\w+)", case.call),
        "rank",
    ):
        if isinstance(name, str) and name in given.columns:
            return name
    inside = [
        name
        for name in given.select_dtypes("number")
        if given[name].between(0, 1, inclusive="neither").all() and given[name].nunique() > 2
    ]
    if inside:
        return inside[0]
    told = re.findall(r"rank of (\w+)", str(case.param("rank", default="")))
    level = given[told[0]] if told else given[_order(case, given)]
    sizes = level.value_counts().sort_index()
    given["rank"] = level.map(dict(zip(sizes.index, ridits(sizes), strict=True)))
    return "rank"


def _outcome(case: Case, given: pd.DataFrame) -> str:
    told = case.param("outcome")
    if isinstance(told, str) and told in given.columns:
        return told
    for name in re.findall(r"(\w+)\s*~", case.call):
        if name in given.columns:
            return str(name)
    binary = [n for n in given.select_dtypes("number") if set(given[n]) == {0, 1}]
    return "bad_outcome" if "bad_outcome" in given.columns else binary[0]


def _need_terms(case: Case, given: pd.DataFrame, rank: str, outcome: str) -> list[str]:
    """Return the need columns of the formula, or all that are neither rank nor outcome."""
    formula = re.search(r"~\s*([^;]+)", case.call)
    if formula:
        named = terms(formula.group(0).replace("(+", "+").replace(")", ""))
        found = [t for t in named if re.sub(r"\W.*|^(factor|I)\(", "", t) in given.columns]
        if len(found) > 1:
            return [t for t in found if t != rank]
    levels = {rank, outcome, *re.findall(r"rank of (\w+)", str(case.param("rank", default="")))}
    graded = {n for n in given if len(given[[n, rank]].drop_duplicates()) == given[n].nunique()}
    graded = {n for n in graded if given[n].nunique() == given[rank].nunique()}
    return [n for n in given.columns if n not in levels | graded]


# columns


def _told(case: Case, name: str, default: object) -> object:
    """Return an argument from the params, else from the call's text."""
    if name in case.params:
        return case.params[name]
    found = re.search(rf"\b{re.escape(name)}\s*=\s*([\w.]+)", case.call)
    return found.group(1) if found else default


def _numbers(case: Case, given: pd.DataFrame, *names: str) -> np.ndarray | None:
    """Return the column that one of these arguments names, or that has one of the names."""
    told = [_told(case, name, None) for name in names]
    # one population serves all cases on an input; their values differ
    told += [case.told(name) for name in names if name in POPULATION]
    found = [n for n in (*told, *names) if isinstance(n, str) and n in given.columns]
    return given[found[0]].to_numpy(dtype=float) if found else None


def _order(case: Case, given: pd.DataFrame) -> str:
    """Return the column that numbers the groups in the order of their ranking."""
    usual = ("quantile", "subgroup_order", "order", "group")
    told = [case.told(n) or _told(case, n, None) for n in usual]
    called = [n for n in (*told, *re.findall(r"\w+", case.call)) if n in given.columns]
    numbers = [
        name
        for name in given.select_dtypes("number")
        if given[name].nunique() > 1
        and set(given[name]) == set(range(1, given[name].nunique() + 1))
    ]
    named = [name for name in called if name in numbers]
    return (named or numbers or [str(given.columns[0])])[0]
