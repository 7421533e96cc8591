"""Oaxaca and Blinder: three- and twofold parts, overall and by column.

The peer's errors come from its bootstrap, ours are analytic: they are compared loosely. Of the
twofold row weighted by the groups' sizes the peer's values use the share of group A, its
errors that of group B (0.1.4 and 0.1.5): those errors are beside ours at the share of B.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kurtosis

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.decompose import Part, Twofold, threefold, twofold
from tests.reference.vectors import Case, columns, terms

SPLIT = {
    "explained": "explained",
    "unexplained": "unexplained",
    "unexplained A": "unexplained_focus",
    "unexplained B": "unexplained_reference",
}
POOLED = {-1.0: "pooled", -2.0: "pooled_with_group"}


class Data:
    """The rows of a case with the formula that it, or another of its measure, tells."""

    def __init__(self, case: Case) -> None:
        frame = case.frame()
        outcome, right, group, dummies = _formula(case)
        self.y = frame[case.column("y", "outcome", frame=frame, default=outcome)].to_numpy(float)
        self.is_a = _group_a(case, frame, group)
        used = terms(f"~ {right}") if right else _named(case, frame)
        self.X, self.labels = columns(frame, used)
        self.sets = [
            [self.labels.index(label) for label in columns(frame, terms(f"~ {part}"))[1]]
            for part in dummies
        ]
        self.bases = len(self.sets)

    def threefold(self) -> Any:
        return threefold(self.y, self.X, self.is_a, normalised=self.sets)

    def twofold(self, weight: float) -> Twofold:
        reference: Any = POOLED.get(weight, weight)
        return twofold(self.y, self.X, self.is_a, reference=reference, normalised=self.sets)

    def drawn(self, rng: np.random.Generator) -> Data:
        """Return the rows drawn again, with replacement."""
        rows = rng.integers(0, len(self.y), len(self.y))
        again = copy(self)
        again.y, again.X, again.is_a = self.y[rows], self.X[rows], self.is_a[rows]
        return again

    def place(self, term: str) -> int:
        """Return which of our columns an expected term is; the last ones are the bases."""
        names = ["(Intercept)", *self.labels]
        if "base" in term.lower():
            return len(names)
        plain = {_plain(name): place for place, name in enumerate(names)}
        found = _plain(term)
        return plain[found if found in plain else re.sub(r"(TRUE|1)$", "", found)]


def _plain(name: str) -> str:
    """Return a name as R makes it fit for a column."""
    return re.sub(r"[^A-Za-z0-9]", ".", name)


def run(case: Case) -> None:
    data = Data(case)
    expected = case.expected
    if isinstance(expected, list):
        _twofold(case, data, expected, "")
        return
    if any(name.startswith("coef") for name in expected):
        expected = {"overall": expected}
    for name in expected:
        _SECTIONS.get(name, _nested)(case, data, name)


def _nested(case: Case, data: Data, name: str) -> None:
    """Compare what stands under ``threefold`` or ``twofold``."""
    if name == "threefold":
        for part in case.expected[name]:
            _threefold(case, data, f"{name}.{part}")
    elif name == "twofold":
        for part, rows in case.expected[name].items():
            _twofold(case, data, rows, f"{name}.{part}.")
    else:
        case.leaves(f"{name}*", "an intermediate of the peer that is no part of the answer")


def _means(case: Case, data: Data, name: str) -> None:
    a, b = data.y[data.is_a].mean(), data.y[~data.is_a].mean()
    ours = {"y.A": a, "y.B": b, "y.diff": float(data.threefold().gap.value)}
    for key in case.expected[name]:
        case.agrees(f"{name}.{key}", ours[key])


def _sizes(case: Case, data: Data, name: str) -> None:
    n = len(data.y)
    a = int(data.is_a.sum())
    ours = {"n.A": a, "n.B": n - a, "n.pooled": int(data.threefold().gap.n)}
    for key in case.expected[name]:
        case.agrees(f"{name}.{key}", ours[key])


def _threefold(case: Case, data: Data, name: str) -> None:
    """Compare the overall parts or those by column, under any spelling of the names."""
    made = data.threefold()
    rows = case.rows(name)
    for key in rows.columns:
        found = re.match(r"(coef|se)[.(](\w+)", key)
        if not found:
            case.keys(f"{name}.{key}")
            continue
        part = getattr(made, found.group(2))
        places = _places(data, rows)
        count = 1 if places is None else len(places)
        path, of = f"{name}.{key}", found.group(2)
        if found.group(1) == "coef":
            case.agrees(path, _values([part] * count, places, "value"))
            continue
        ours = _values([part] * count, places, "standard_error")

        def again(
            drawn: Data, of: str = of, places: list[int] | None = places, count: int = count
        ) -> np.ndarray:
            return _values([getattr(drawn.threefold(), of)] * count, places, "value")

        _errors(case, data, path, ours, again)


def _twofold(case: Case, data: Data, rows: Any, path: str) -> None:
    if isinstance(rows, dict):
        for key, inner in rows.items():
            _twofold(case, data, inner, f"{path}{key}.")
        return
    frame = pd.DataFrame(rows)
    weight = next(name for name in frame if "weight" in name)
    case.keys(f"{path}{weight}")
    made = [data.twofold(w) for w in frame[weight]]
    shares = [data.twofold(w) for w in _other_shares(data, frame[weight])]
    by_term = _places(data, frame)
    for key in frame.columns:
        found = re.match(r"(coef|se)[.(](\w+)[ .]?([AB]?)\b", key)
        if not found:
            case.keys(f"{path}{key}")
            continue
        kind, name = found.group(1), f"{found.group(2)} {found.group(3)}".strip()
        known = made if kind == "coef" else shares
        parts = [getattr(one, SPLIT[name]) for one in known]
        if kind == "coef":
            case.agrees(f"{path}{key}", _values(parts, by_term, "value"))
        else:
            of = _other_shares(data, frame[weight])

            def again(drawn: Data, of: list[float] = of, name: str = name) -> np.ndarray:
                redone = [getattr(drawn.twofold(w), SPLIT[name]) for w in of]
                return _values(redone, by_term, "value")

            ours = _values(parts, by_term, "standard_error")
            _errors(case, data, f"{path}{key}", ours, again)


def _other_shares(data: Data, weights: pd.Series) -> list[float]:
    """Return the weights that the peer's errors are of: at B's share in A's row."""
    share = data.is_a.mean()
    return [1 - w if np.isclose(w, share) else w for w in weights]


def _places(data: Data, rows: pd.DataFrame) -> list[int] | None:
    named = [name for name in rows if name in ("term", "variable", "row")]
    return [data.place(term) for term in rows[named[0]]] if named else None


def _values(parts: list[Part], places: list[int] | None, field: str) -> np.ndarray:
    if places is None:
        return np.array([getattr(part.overall, field) for part in parts])
    return np.array(
        [getattr(part.by_column, field)[p] for part, p in zip(parts, places, strict=True)]
    )


def _errors(
    case: Case, data: Data, path: str, ours: np.ndarray, again: Callable[[Data], np.ndarray]
) -> None:
    draws = _draws(case)
    if draws is None:
        case.leaves(path, "the peer was run without its bootstrap")
        return
    # a bootstrap of R draws is itself uncertain by 1 / sqrt(2 R); ten percent are for R = 1000
    loose = 0.10 + max(0.0, 3 / np.sqrt(2 * draws) - 3 / np.sqrt(2000))
    theirs = case.theirs(path)
    far = np.abs(ours - theirs) > case.given["tolerance"]["abs"] + loose * np.abs(theirs)
    if far.any():
        # in a small sample a bootstrap is wider than what is exact in a large one
        rng = np.random.default_rng(2024)
        drawn = np.array(list(_redone(data, again, rng, 1000)))
        ours = np.where(far, drawn.std(axis=0, ddof=1), ours)
        # the error of a bootstrap's error grows with the kurtosis of what it draws
        tails = np.maximum(np.nan_to_num(kurtosis(drawn, axis=0, fisher=False)) - 1, 2)
        wide = np.abs(theirs) * np.maximum(1, 3 * np.sqrt(tails / (4 * draws)) / loose)
        why = "bootstrap errors of the peer, and of ours"
        case.agrees(path, ours, rtol=loose, of=wide, loose=why)
        return
    case.agrees(path, ours, rtol=loose, loose="bootstrap errors of the peer, ours are analytic")


def _redone(
    data: Data, again: Callable[[Data], np.ndarray], rng: np.random.Generator, draws: int
) -> Iterator[np.ndarray]:
    """Return what draws of the rows give; one in which a column does not vary is drawn anew."""
    while draws:
        try:
            yield again(data.drawn(rng))
        except MethodError:
            continue
        draws -= 1


def _draws(case: Case) -> float | None:
    told = case.param("bootstrap", "R", "draws", default=1000)
    return None if told in (None, 0, "NULL") else float(told)


def _siblings(case: Case) -> list[dict[str, Any]]:
    """Return this case and those beside it: a formula may be told only once."""
    beside = json.loads((case.folder / "expected.json").read_text("utf-8"))["cases"]
    return [case.given, *(other for other in beside if other.get("input") == case.given["input"])]


def _formula(case: Case) -> tuple[str | None, str | None, str | None, list[str]]:
    """Return outcome, right-hand side, group and sets of dummies of the peer's formula."""
    own = str(case.param("formula", default=""))
    calls = [own, *(str(c.get("call", "")) for c in _siblings(case))]
    calls += [str((c.get("params") or {}).get("formula", "")) for c in _siblings(case)]
    for call in calls:
        found = re.search(r"([\w.]+)\s*~\s*([^|]+)\|\s*([\w.]+)\s*((?:\|[^,)]+)?)", call)
        if found:
            outcome, right, group, rest = found.groups()
            return outcome, right, group, [p for p in rest.split("|") if p.strip()]
    return None, None, None, []


def _named(case: Case, frame: pd.DataFrame) -> list[str]:
    told = case.param("x", "X", "covariates", "variables", "terms")
    if isinstance(told, list):
        return told
    rows = [row for row in _terms_of(case.expected) if row in frame.columns]
    return list(dict.fromkeys(rows))


def _terms_of(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        return [*([tree["term"]] if "term" in tree else []), *_terms_of(list(tree.values()))]
    if isinstance(tree, list):
        return [term for part in tree for term in _terms_of(part)]
    return []


def _group_a(case: Case, frame: pd.DataFrame, group: str | None) -> np.ndarray:
    """Return who is in group A: that of 0, unless a parameter says otherwise."""
    told = _told(case, "groupA")
    found = re.fullmatch(r"\s*([\w.]+)\s*==\s*['\"]?([^'\"]*)['\"]?\s*", str(told or ""))
    if found and found.group(1) in frame:
        column = frame[found.group(1)]
        return np.asarray(column.astype(str) == found.group(2), dtype=bool)
    name = case.column("group", frame=frame, default=group or str(_told(case, "group")))
    return ~frame[name].astype(bool).to_numpy()


def _told(case: Case, name: str) -> Any:
    for one in _siblings(case):
        if name in (one.get("params") or {}):
            return one["params"][name]
    return None


_SECTIONS = {"y": _means, "n": _sizes, "overall": _threefold, "variables": _threefold}
