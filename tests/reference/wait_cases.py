"""How the peers' cases on waits name their columns, groups, formulas and options."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pandas as pd

from tests.reference.vectors import Case, columns

RELEVEL = r"relevel\((?:factor\()?(\w+)\)?,\s*(?:ref\s*=\s*)?['\"]?(\w+)['\"]?\)"


def groups(case: Case, given: pd.DataFrame) -> tuple[int, np.ndarray, np.ndarray]:
    """Return how many groups the input has, each row's, and the group of each expected row."""
    rows = case.rows()
    shared = [c for c in rows.columns if c in given.columns]
    case.keys(*shared)
    if not shared:
        return 1, np.zeros(len(given), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    ours, theirs = texts(given[shared]), texts(rows[shared])
    levels, codes = np.unique(ours, return_inverse=True)
    return len(levels), codes, np.searchsorted(levels, theirs)


def texts(frame: pd.DataFrame) -> np.ndarray:
    """Return rows as texts in which 1, 1.0 and "1" are one."""

    def text(value: Any) -> str:
        try:
            return f"{float(value):g}"
        except (TypeError, ValueError):
            return str(value)

    return np.array(["\t".join(map(text, row)) for row in frame.itertuples(index=False)])


def wait(case: Case, given: pd.DataFrame) -> str:
    """Return the column of the waits: as told by the case, or by another case of the measure."""
    told = [case.param("value", "time", "wait", "values")]
    told += re.findall(r"svyquantile\(\s*~\s*(\w+)|Surv\(\s*(\w+)|rq\(\s*(\w+)", case.call)
    told += [survival_names(sibling(case, "Surv("))[-2:][0], "wait_days"]
    flat = [part for name in told for part in (name if isinstance(name, tuple) else (name,))]
    return next(name for name in flat if name in given.columns)


def survival(case: Case, given: pd.DataFrame) -> tuple[str, str, str | None]:
    """Return the columns of the end, whether seen, and the late entry if there is one."""
    named = survival_names(case.call) or survival_names(sibling(case, "Surv("))
    time = case.column("time", frame=given, default=named[-2] if named else "wait_days")
    event = case.column("event", frame=given, default=named[-1] if named else "seen")
    entry = case.param("entry", "start", default=named[0] if len(named) == 3 else None)
    return time, event, entry


def survival_names(call: str) -> list[str]:
    told = re.search(r"Surv\(([^)]*)\)", call)
    return [part.split("=")[-1].strip() for part in told[1].split(",")] if told else [""]


def seen(column: pd.Series) -> np.ndarray:
    """Return 1 for seen, 0 for not; R also takes 2 and 1."""
    coded = column.to_numpy(float)
    return coded - 1 if coded.max() == 2 else coded


def sibling(case: Case, part: str) -> str:
    """Return the call of the first case of the measure that has this part."""
    every = json.loads((case.folder / "expected.json").read_text("utf-8"))["cases"]
    return next((c["call"] for c in every if part in c.get("call", "")), "")


def terms(call: str) -> list[str]:
    """Return the terms of an R formula's right side, whatever brackets stand in them."""
    depth, made = 0, [""]
    for sign in call.split("~", 1)[-1]:
        depth += (sign == "(") - (sign == ")")
        if depth < 0 or (depth == 0 and sign == ","):
            break
        if depth == 0 and sign == "+":
            made.append("")
        else:
            made[-1] += sign
    return [part.strip() for part in made if part.strip() not in ("", "1")]


def design(given: pd.DataFrame, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Return the columns of R terms, ``relevel(factor(x), ref = ...)`` among them."""
    made, labels = [np.empty((len(given), 0))], []
    for name in names:
        told = re.fullmatch(RELEVEL, name)
        if told is None:
            column, label = columns(given, [name])
        else:
            text = texts(given[[told[1]]])
            others = [level for level in np.unique(text) if level != told[2]]
            column = np.column_stack([text == level for level in others]).astype(float)
            label = [f"{name}{level}" for level in others]
        made.append(column)
        labels += label
    return np.hstack(made), labels


def in_order(theirs: pd.Series, ours: list[str]) -> list[int]:
    """Return our places of their terms: by name, else in the order they stand in."""
    plain = [re.sub(r"\s", "", name) for name in ours]
    asked = [re.sub(r"\s", "", name) for name in theirs]
    return (
        [plain.index(name) for name in asked] if set(asked) <= set(plain) else [*range(len(ours))]
    )


def response(call: str) -> str:
    return told(r"rq\(\s*(?:formula\s*=\s*)?(\w+)\s*~", call, "wait_days")


def tau(case: Case, call: str) -> float:
    return float(case.param("tau", default=told(r"tau\s*=\s*([\d.]+)", call, 0.5)))


def level(case: Case) -> float:
    level = case.param("confidence", "conf_int", "conf.int", "conf_level")
    return float(told(r"conf\.int\s*=\s*([\d.]+)", case.call, 0.95) if level is None else level)


def transform(case: Case) -> Any:
    told = case.param("conf_type", "conf.type")
    return told or told(r"conf\.type\s*=\s*['\"]([\w-]+)", case.call, "log")


def told(pattern: str, call: str, otherwise: Any) -> Any:
    found = re.search(pattern, call)
    return found[1] if found else otherwise


def probabilities(names: pd.Index) -> dict[str, float]:
    """Return the probabilities that columns are named by: p50, p2.5, p975."""
    return {name: share(name[1:]) for name in names if re.fullmatch(r"p\d+(?:\.\d+)?", name)}


def share(number: str) -> float:
    """Return a percentage, or with three digits and more one with its decimals, as a share."""
    return float(number) / 100 if float(number) <= 100 else float(f"0.{number}")
