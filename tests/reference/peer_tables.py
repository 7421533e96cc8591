"""How peers write tables of estimates: their calls, limits, scales, and which row is which."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tests.reference.vectors import Case

ECHOED = ("confidence", "conf.level", "conf_level", "multiplier", "refvalue", "scale")
_LOWER = re.compile(
    r"^(?:ci[._]?)?(?:lower|conf[._]?low|low|lcl|lci)(\d*)[._]?(\d*)(?:[._]?(?:cl|ci))?$"
)
_OTHER_SIDE = (("lower", "upper"), ("low", "high"), ("low", "upp"), ("lcl", "ucl"), ("lci", "uci"))


@dataclass(frozen=True)
class Limits:
    """The columns of one pair of limits, and the coverage of each row."""

    lower: str
    upper: str
    confidence: np.ndarray


def limits(case: Case, rows: pd.DataFrame) -> list[Limits]:
    """Return every pair of limits that the expected rows have, with its coverage."""
    made = []
    for name in rows.columns:
        found = _LOWER.match(name.lower())
        if found:
            digits = "".join(found.groups())
            level = float(f"0.{digits}") if digits else coverage(case, rows)
            upper = next(
                other
                for a, b in _OTHER_SIDE
                if (other := re.sub(a, b, name, flags=re.I)) in rows and other != name
            )
            made.append(Limits(name, upper, np.broadcast_to(level, len(rows))))
    return made


def coverage(case: Case, rows: pd.DataFrame) -> np.ndarray:
    """Return the coverage of limits whose name does not say it: of the row, the call, or 95 %."""
    for name in ("confidence", "conf.level", "conf_level"):
        if name in rows:
            return np.array([_level(value) for value in rows[name]])
    told = case.param("confidence", "conf.level", "conf_level", "level")
    if told is None:
        named = arguments(case.call)[1]
        told = named.get("confidence", named.get("conf.level", 0.95))
    return np.array([_level(told[0] if isinstance(told, list) else told)])


def _level(told: Any) -> float:
    number = float(re.sub(r"^c\(|,.*|[%)\s]", "", str(told)))
    return number / 100 if number > 1 else number


def with_limits(case: Case, rows: pd.DataFrame, make: Any, scale: Any = 1.0) -> None:
    """Compare limits with ``make(confidence)``, an estimate with one value for each row."""
    for pair in limits(case, rows):
        lower, upper = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        for level in np.unique(pair.confidence):
            here = pair.confidence == level
            made = make(float(level))
            lower[here] = np.broadcast_to(made.lower * scale, len(rows))[here]
            upper[here] = np.broadcast_to(made.upper * scale, len(rows))[here]
        case.agrees(pair.lower, lower)
        case.agrees(pair.upper, upper)


def told(case: Case, rows: pd.DataFrame, **ours: Any) -> None:
    """Compare each of these with the expected column of that name, where there is one.

    A double underscore in a name stands for a dot.
    """
    for name, mine in ours.items():
        column = name.replace("__", ".")
        if column in rows and pd.to_numeric(rows[column], errors="coerce").notna().any():
            case.agrees(column, np.broadcast_to(mine, len(rows)))


def echoed(case: Case, rows: pd.DataFrame, *counts: tuple[Sequence[str], np.ndarray]) -> None:
    """Compare the columns that repeat the counts under the peer's own names."""
    for names, mine in counts:
        told(case, rows, **{c: mine for c in rows.columns if c.lower() in names})


def arguments(call: str) -> tuple[list[str], dict[str, str]]:
    """Return the arguments of the outermost R call: those without a name, and those with one.

    >>> arguments("calculate_dsr(group_by(d, g), count, pop, stdpop=std, confidence=c(.95,.998))")
    (['group_by(d, g)', 'count', 'pop'], {'stdpop': 'std', 'confidence': 'c(.95,.998)'})
    """
    inside = re.search(r"\w[\w.:]*\((.*)\)", call, flags=re.S)
    plain: list[str] = []
    named: dict[str, str] = {}
    for part in _split(inside.group(1)) if inside else []:
        name = re.match(r"^([\w.]+)\s*=(?!=)\s*(.*)$", part, flags=re.S)
        if name:
            named[name.group(1)] = name.group(2).strip().strip("'\"")
        elif part:
            plain.append(part)
    return plain, named


def _split(text: str) -> Iterator[str]:
    depth, part = 0, ""
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        if depth < 0:
            break
        if sign == "," and depth == 0:
            yield part.strip()
            part = ""
        else:
            part += sign
    yield part.strip()


def roles(
    case: Case, frame: pd.DataFrame, keys: Sequence[str], *wanted: tuple[str, ...]
) -> list[str]:
    """Return the input columns of these roles, each given by the names it may have.

    Looked for in the params, the call's named and unnamed arguments, those of the other cases on
    the same input, the names themselves; what is left are the last numeric columns in their order.
    """
    found: list[str | None] = []
    for place, names in enumerate(wanted):
        options = [c for one in case.beside() for c in _told(one, frame, names, place, len(wanted))]
        options += [*names, *(c for c in frame.columns if c.lower() in names)]
        chosen = (c for c in options if isinstance(c, str) and c in frame and c not in found)
        found.append(next(chosen, None))
    missing = [place for place, name in enumerate(found) if name is None]
    numeric = [c for c in numbers(frame) if c not in found]
    free = [c for c in numeric if c not in keys]
    free = free if len(free) >= len(missing) else numeric  # the rows echo the counts themselves
    left = free[len(free) - len(missing) :]
    for place, name in zip(missing, left, strict=True):
        found[place] = name
    return [str(name) for name in found]


def _told(
    case: Case, frame: pd.DataFrame, names: tuple[str, ...], place: int, of: int
) -> list[object]:
    """Return what a case's params, and its call's arguments by name and by place, may mean."""
    plain, named = arguments(case.call)
    unnamed = [name for name in plain if name in frame.columns]
    at_place = [unnamed[place]] if len(unnamed) == of else []
    return [*map(case.param, names), *map(named.get, names), *at_place]


def numbers(frame: pd.DataFrame) -> list[str]:
    """Return the numeric columns that are no argument of the call."""
    return [c for c in frame.select_dtypes("number").columns if c not in ECHOED]


def keys_of(case: Case, frame: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """Return the columns that say which row it is, and name them as such."""
    keys = [c for c in rows.columns if c in frame.columns]
    case.keys(*keys, *ECHOED)
    return keys


def places(
    frame: pd.DataFrame, rows: pd.DataFrame, keys: Sequence[str], values: Sequence[str] = ()
) -> list[np.ndarray]:
    """Return, for each expected row, the input rows that it is about.

    Rows that echo the ``values`` columns are about one input row, unless they are sums of it.
    """
    if len(rows) == len(frame) and all(_alike(rows[k], frame[k]) for k in keys):
        return [np.array([place]) for place in range(len(rows))]
    if any(k in values for k in keys):
        ours, theirs = _labels(frame, keys), _labels(rows, keys)
        if set(theirs) <= set(ours):
            return [np.flatnonzero(ours == label)[:1] for label in theirs]
        keys = [k for k in keys if k not in values]
    if not keys and len(rows) == 1:
        return [np.arange(len(frame))]
    ours, theirs = _labels(frame, keys), _labels(rows, keys)
    found = [np.flatnonzero(ours == label) for label in theirs]
    assert all(len(place) for place in found), f"no input for some rows by {list(keys)}"
    return found


def _alike(one: pd.Series, other: pd.Series) -> bool:
    return [_text(a) for a in one] == [_text(b) for b in other]


def _labels(frame: pd.DataFrame, keys: Sequence[str]) -> np.ndarray:
    made = ["|".join(_text(v) for v in row) for row in frame[list(keys)].itertuples(index=False)]
    return np.array(made)


def _text(value: Any) -> str:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return "" if np.isnan(number) else f"{number:.12g}"


def scale_of(case: Case, rows: pd.DataFrame, default: float) -> np.ndarray:
    """Return what each row's value was multiplied by."""
    if "multiplier" in rows:
        return rows["multiplier"].to_numpy(dtype=float)
    texts = rows["statistic"].astype(str) if "statistic" in rows else pd.Series([""] * len(rows))
    named = arguments(case.call)[1]
    of_call = next(
        (named[name] for name in ("multiplier", "refvalue", "mult") if name in named), None
    )
    per = re.search(r"per ([\d,]+)", case.call)
    of_call = per.group(1).replace(",", "") if of_call is None and per else of_call
    whole = case.param("multiplier", "refvalue", "scale", default=of_call)
    return np.array([_scale(text, whole, default) for text in texts])


def _scale(text: str, whole: Any, default: float) -> float:
    number = re.search(r"(?:per|of|x)\s+([\d,.]+(?:e\+?\d+)?)\s*$", text)
    if number:
        return float(number.group(1).replace(",", ""))
    if text.lower().startswith("percent"):
        return 100.0
    return default if whole is None else float(whole)
