"""Funnel limits and flags of PHE, overdispersion of FunnelPlotR, tau2 of metafor."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from equity_pipeline.statistics.estimate import Estimate, critical, divide
from equity_pipeline.statistics.rates import rate
from equity_pipeline.statistics.variation import (
    Overdispersion,
    Scores,
    axis_ends,
    beside,
    count_ratio_scores,
    exact_curve,
    funnel,
    funnel_axis,
    funnel_limits,
    outside,
    overdispersion,
    random_effects,
    scale_error,
    scores,
    spread_limits,
)
from tests.reference.vectors import Case

ABOVE = ("numerator", "observed", "obs", "num", "x", "oi", "events", "ev", "deaths", "cases")
BELOW = ("denominator", "expected", "exp", "den", "n", "ei", "pop", "population")
COVERAGE = {"2": 0.95, "3": 0.998}
TAIL = {0.95: "0.025", 0.998: "0.001"}
# FunnelPlotR writes its normal quantiles with six decimals
COVERED = {"95": (0.95, 1.959964), "99": (0.998, 3.090232)}
NO_FLAG = "Not applicable for events less than 10 for dsrs"


def run(case: Case) -> None:
    rows = case.rows().columns
    if {"phi", "tau2", "rows"} & set(rows):
        _funnelplotr(case)
    elif "significance" in rows:
        _flags(case)
    elif "denominator_derived" in rows:
        _points(case)
    elif any(re.match(r"lower", str(name), re.IGNORECASE) for name in rows):
        _limits(case)
    else:
        _metafor(case)


def _told(case: Case, name: str, default: Any = None) -> Any:
    """Return an argument from the parameters, else from the text of the peer's call."""
    # a full table says "rate (dsr per 100,000)"
    in_rows = re.search(r"\((dsr|crude) per ([\d,]+)\)", str(case.rows().to_dict("records")[0]))
    if in_rows and name in ("rate_type", "multiplier"):
        default = in_rows[1] if name == "rate_type" else in_rows[2].replace(",", "")
    in_call = re.search(rf"\b{name}\s*=\s*(?:'([^']*)'|\"([^\"]*)\"|([\w.+-]+))", case.call)
    found = next(filter(None, in_call.groups()), None) if in_call else None
    return case.param(name, default=default if found is None else found)


def _number(case: Case, name: str, default: float) -> float:
    return float(_told(case, name, default))


def _yes(case: Case, name: str, default: bool) -> bool:
    return str(_told(case, name, default)).upper() in ("TRUE", "T", "1")


def _statistic(case: Case) -> str:
    first = str(case.rows().columns[0]).strip().lower()
    guess = {"population": "proportion", "observed_events": "ratio", "events": "rate"}.get(first)
    told = str(_told(case, "statistic", guess or "proportion"))
    return next(s for s in ("proportion", "ratio", "rate") if s.startswith(told[:4]))


def _columns(case: Case, frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the counts above and below the line: as named, as usually called, or in order."""
    found = []
    for usual in (ABOVE, BELOW):
        named = [_told(case, name) for name in usual[:2]] + [
            column for name in usual for column in frame.columns if column.lower() == name
        ]
        found.append(next((name for name in named if name in frame.columns), None))
    numeric = [c for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c])]
    spare = [name for name in numeric if name not in found and name != _told(case, "rate")]
    above, below = (name if name is not None else spare.pop(0) for name in found)
    return frame[above].astype(float), frame[below].astype(float)


def _rate_data(case: Case, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return events, rates and the person-time that they mean together."""
    named = _told(case, "rate", "rate")
    published = frame[named if named in frame else "rate"].to_numpy(float)
    rest = frame.drop(columns=[named], errors="ignore")
    has_base = any(str(c).lower() in (*BELOW, _told(case, "denominator")) for c in rest)
    above = _columns(case, rest if has_base else rest.assign(denominator=np.nan))
    events, base = (np.asarray(column, dtype=float) for column in above)
    time = divide(_number(case, "multiplier", 1e5) * events, published)
    crude = str(_told(case, "rate_type", "dsr")) == "crude"
    return events, published, np.where(events == 0, base if crude else np.nan, time)


def _limits(case: Case) -> None:
    """PHE's hundred points of a curve."""
    statistic, frame, rows = _statistic(case), case.frame(), case.rows()
    first = str(rows.columns[0])
    drawn = rows[first].to_numpy(float)
    years = _number(case, "years_of_data", 1)
    if statistic == "rate":
        events, _, base = _rate_data(case, frame)
    else:
        events, base = (np.asarray(column) for column in _columns(case, frame))
    held = base[~np.isnan(base)]
    target = events.sum() / held.sum()
    low, high = (years * end for end in axis_ends(held / years))
    if statistic == "rate":
        low, high = np.floor(low * target), np.ceil(high * target)
    # for ratios the peer stops one point short of its axis
    points = len(rows) + (statistic == "ratio")
    case.agrees(first, funnel_axis(max(1, low), high, points=points)[: len(rows)])
    scale = _number(case, "multiplier", 1e5 if statistic == "rate" else 100)
    for name in rows.columns[1:]:
        if str(name).lower() == "baseline":
            case.agrees(name, np.full(len(rows), target * scale))
        elif found := re.match(r"(lower|upper)_?([23])s_?(.*)", str(name), re.IGNORECASE):
            side, sigma, what = (part.lower() for part in found.groups())
            curve = _share_curve if statistic == "proportion" else _count_curve
            options = {
                "target": 1.0 if statistic == "ratio" else target,
                "scale": scale,
                "years": years,
                "ratio_type": _ratio_type(case),
            }
            case.agrees(name, curve(drawn, side, COVERAGE[sigma], what, **options))


def _ratio_type(case: Case) -> str:
    in_rows = re.search(r"\((\w+)\)", str(case.rows().iloc[0].to_dict().get("statistic", "")))
    return str(_told(case, "ratio_type", in_rows.group(1) if in_rows else "isr"))


def _share_curve(
    drawn: np.ndarray,
    side: str,
    covered: float,
    what: str,
    *,
    target: float,
    scale: float,
    **_: Any,
) -> np.ndarray:
    ours = funnel_limits(drawn, target, kind="proportion", form="score", confidence=covered)
    if scale == 100:
        return np.asarray(ours.lower if side == "lower" else ours.upper) * 100
    # the peer cuts the upper limit at 100 on whatever scale
    raw = target + critical(covered) * ours.standard_error
    return np.asarray(ours.lower * scale if side == "lower" else np.minimum(raw * scale, 100))


def _count_curve(
    drawn: np.ndarray,
    side: str,
    covered: float,
    what: str,
    *,
    target: float,
    scale: float,
    years: float,
    ratio_type: str,
) -> np.ndarray:
    curve = exact_curve(drawn, target=target, confidence=covered)
    base = curve.base_lower if side == "lower" else curve.base_upper
    # the peer halves a step until it is 2^-24: between those steps its answer is always the middle
    part = base * target / (1 + drawn + base * target)
    stepped = (np.floor(part * 2**23) + 0.5) / 2**23
    base = (1 + drawn) * stepped / (1 - stepped) / target
    if what.endswith(("exp_events", "1_year")):
        return np.asarray(base / years)
    kind = ratio_type if "limit" in what else what
    if target != 1.0:
        return np.asarray(drawn / base * scale)
    return np.asarray(drawn / base - 1 if kind == "count" else drawn / base * 100)


def _flags(case: Case) -> None:
    statistic, frame = _statistic(case), case.frame()
    case.keys(*case.group_columns(frame.drop(columns="significance", errors="ignore")))
    sides: dict[float, np.ndarray] = {}
    if statistic == "rate":
        events, _, base = _rate_data(case, frame)
    else:
        events, base = (np.asarray(column) for column in _columns(case, frame))
    for covered in TAIL:
        if statistic == "proportion":
            units = funnel(
                events,
                base,
                kind="proportion",
                form="score",
                confidence=covered,
                outer_confidence=1 - 1e-9,
            )
            sides[covered] = units.inner_side
        else:
            target = 1.0 if statistic == "ratio" else events.sum() / np.nansum(base)
            sides[covered] = beside(rate(events, base, confidence=covered), target)
    words = [
        "Not significant" if not inner or np.isnan(inner)
        else f"{'High' if inner > 0 else 'Low'} ({TAIL[0.998 if outer else 0.95]})"
        for inner, outer in zip(sides[0.95], sides[0.998], strict=True)
    ]  # fmt: skip
    if statistic == "rate" and str(_told(case, "rate_type", "dsr")) == "dsr":
        words = [NO_FLAG if few else word for few, word in zip(events < 10, words, strict=True)]
    case.same("significance", words)


def _points(case: Case) -> None:
    frame = case.frame()
    events, published, base = _rate_data(case, frame)
    shown = (events >= 10) | (str(_told(case, "rate_type", "dsr")) == "crude")
    case.keys(*case.group_columns(frame))
    case.agrees(
        "denominator_derived", np.where(shown, base, np.nan) / _number(case, "years_of_data", 1)
    )
    for name in case.rows().columns:
        if str(name).endswith("_chart"):
            case.agrees(name, np.where(shown, published, np.nan))


def _metafor(case: Case) -> None:
    frame = case.frame()
    words: dict[str, Any] = {"log": np.log, "sqrt": np.sqrt, "exp": np.exp}
    words |= {name: frame[name].to_numpy(float) for name in frame.select_dtypes("number")}
    y, v = (
        eval(str(case.param(name, f"{name}i", default=usual)), {"__builtins__": {}}, words)
        for name, usual in (("y", "yi"), ("v", "vi"))
    )
    for key in case.rows().columns:
        what, _, method = str(key).partition("_")
        method = method.lower() if method.lower() in ("dl", "he", "pm", "ml", "reml") else "dl"
        ours = random_effects(y, np.broadcast_to(v, np.shape(y)), tau2=method)
        figures = {
            "q": ours.q, "qe": ours.q, "tau2": ours.tau2, "i2": 100 * ours.i2, "h2": ours.h2,
            "mu": ours.mean.value, "beta": ours.mean.value, "b": ours.mean.value,
            "se": ours.mean.standard_error, "ci.lb": ours.mean.lower, "ci.ub": ours.mean.upper,
        }  # fmt: skip
        if what.lower() in figures:
            case.agrees(key, figures[what.lower()])


def _funnelplotr(case: Case) -> None:
    rows = pd.DataFrame(case.expected["rows"])
    kind = str(_told(case, "data_type", "SR"))
    how = str(_told(case, "sr_method", "SHMI"))
    events, base = _aggregated(case, rows, kind, how)
    units = _scores(events, base, kind, how)
    if (kind, how) == ("SR", "SHMI"):
        # of no event the peer takes the logarithm, ours half an event: both put it lowest
        units = replace(units, z=np.where(events == 0, -np.finfo(float).max, units.z))
    spread = overdispersion(
        units,
        outliers="truncate" if (kind, how) == ("SR", "SHMI") else "winsorise",
        share=_number(case, "trim_by", 0.1),
    )
    drawn = _yes(case, "draw_adjusted", True)
    case.agrees("phi", spread.phi * drawn)
    case.agrees("tau2", spread.tau2 * drawn)
    case.keys("rows.group", "rows.numerator", "rows.denominator", "rows.highlight")
    for name, ours in (("rr", units.value), ("Uzscore", units.z), ("Wuzscore", spread.z_used)):
        if name in rows:
            case.agrees(f"rows.{name}", ours)
            lost = np.isnan(ours) | (ours < np.finfo(float).min / 2)
            assert np.array_equal(lost, rows[name].isna()), f"{name} lacks other units"
    limits = {
        (name, edge): made
        for tag in COVERED
        for name, adjusted in (("", False), ("OD", True))
        for edge, made in _drawn(units, spread, base, kind, how, adjusted, tag).items()
    }
    scale = _number(case, "multiplier", 1)
    for (_, edge), made in limits.items():
        if edge in rows:
            case.agrees(f"rows.{edge}", made * scale)
    _outliers(
        case, rows, units, {edge: made for (_, edge), made in limits.items()}, float(spread.phi)
    )


def _aggregated(
    case: Case, rows: pd.DataFrame, kind: str, how: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the units' counts in the order of the rows, which are summed by group."""
    frame = case.frame()
    names = set(rows["group"].astype(str))
    group = next(c for c in frame if set(frame[c].astype(str)) == names)
    above, below = _columns(case, frame.drop(columns=group))
    summed = pd.DataFrame({"above": above, "below": below}).groupby(frame[group].astype(str)).sum()
    summed = summed.loc[rows["group"].astype(str)]
    if (kind, how) == ("SR", "SHMI") and _yes(case, "SHMI_rounding", True):
        summed["below"] = summed["below"].round(2)
    return summed["above"].to_numpy(), summed["below"].to_numpy()


def _scores(events: np.ndarray, base: np.ndarray, kind: str, how: str) -> Scores:
    if kind == "SR":
        transform = "log" if how == "SHMI" else "sqrt"
        return scores(events, base, kind="ratio", transform=transform, target=1.0)
    if kind == "PR":
        return scores(events, base, kind="proportion", transform="arcsine")
    return count_ratio_scores(events, base)


def _drawn(
    units: Scores,
    spread: Overdispersion,
    base: np.ndarray,
    kind: str,
    how: str,
    adjusted: bool,
    tag: str,
) -> dict[str, np.ndarray]:
    """Return the peer's lower and upper limits, from ours."""
    lower, upper = (f"OD{tag}LCL", f"OD{tag}UCL") if adjusted else (f"LCL{tag}", f"UCL{tag}")
    covered, written = COVERED[tag]
    if kind == "SR" and not adjusted:
        exact = funnel_limits(base, 1.0, kind="ratio", form="garwood", confidence=covered)
        return {lower: exact.lower, upper: exact.upper}
    covered = float(2 * norm.cdf(written) - 1)
    law = "proportion" if kind == "PR" else "ratio"
    # for ratios of counts the peer draws limits as if only the lower count were subject to chance
    error = (
        units.error if kind != "RC" else scale_error(base, 0.25, kind="ratio", transform="log") / 4
    )
    ours = spread_limits(
        units.target,
        error,
        spread,
        kind=law,
        transform=units.transform,
        how="additive" if adjusted else "none",
        confidence=covered,
    )
    return dict(
        zip((lower, upper), _uncut(ours, units, error, spread, adjusted, covered), strict=True)
    )


def _uncut(
    ours: Estimate,
    units: Scores,
    error: np.ndarray,
    spread: Overdispersion,
    adjusted: bool,
    covered: float,
) -> list[np.ndarray]:
    """Return our limits as the peer leaves them.

    It does not bring those of the square root back, and lets those of the arcsine run past the
    ends, where a share below 0 % comes back above it.
    """
    reach = critical(covered) * np.sqrt(error**2 + adjusted * spread.tau2)
    made = []
    for limit, end in ((ours.lower, -reach), (ours.upper, reach)):
        moved = units.target_transformed + end
        if units.transform == "sqrt":
            made.append(np.where(limit > 0, np.sqrt(limit), moved))
        elif units.transform == "arcsine":
            made.append(np.where((limit > 0) & (limit < 1), limit, np.sin(moved) ** 2))
        else:
            made.append(limit)
    return made


def _outliers(
    case: Case, rows: pd.DataFrame, units: Scores, limits: dict[str, np.ndarray], phi: float
) -> None:
    if "outlier" not in rows:
        return
    tag = "95" if str(_told(case, "limit", 99)) == "95" else "99"
    adjusted = _yes(case, "draw_adjusted", True)
    adjusted &= phi > 1 or _yes(case, "draw_unadjusted", False)
    names = (f"OD{tag}LCL", f"OD{tag}UCL") if adjusted else (f"LCL{tag}", f"UCL{tag}")
    lower, upper = (limits[name] for name in names)
    beyond = outside(units.value, Estimate(units.target, lower, upper, np.nan, "the peer's"))
    case.agrees("rows.outlier", np.abs(beyond))
