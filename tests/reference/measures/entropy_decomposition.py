"""Inequality between people, weighted or not, and its parts within and between groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.statistics.inequality import (
    Split,
    Weights,
    Zeros,
    gini,
    mean_log,
    split_gini,
    split_mld,
    split_theil,
    theil,
)
from tests.reference.vectors import Case

SPLITS = {"mld": split_mld, "gini": split_gini, "theil": split_theil}
FIELDS = {
    "mean_group": "mean",
    "share_groups": "share",
    "share_income_groups": "value_share",
    "n_group_unweighted": "rows",
    "n_group_weighted": "weight",
}


def run(case: Case) -> None:
    frame = case.frame()
    value = frame[case.column("value", "x", "cost", "income", frame=frame)]
    weight = _optional(case, frame, "weight", "weights", "w")
    group = _optional(case, frame, "group", "z", "groups")
    _compare(case, (), case.expected, value, weight, group)


def _compare(
    case: Case,
    at: tuple[str, ...],
    tree: dict[str, Any],
    value: pd.Series,
    weight: pd.Series | None,
    group: pd.Series | None,
) -> None:
    """Compare indices where they stand, and decompositions, which have their parts' names."""
    for key, expected in tree.items():
        parts = expected if isinstance(expected, dict) else {}
        name = next((name for name in SPLITS if f"{name}_decomp" in parts), None)
        if name is not None:
            assert group is not None, f"{case}: the params name no group"
            told = weight if _is_weighted(expected) else None
            _split(case, (*at, key), expected, name, value, group, told)
        elif isinstance(expected, dict):
            _compare(case, (*at, key), expected, value, weight, group)
        else:
            said = ".".join((*at, key))
            case.agrees(said, _index(said, value, weight))


def _split(
    case: Case,
    at: tuple[str, ...],
    expected: dict[str, Any],
    name: str,
    value: pd.Series,
    group: pd.Series,
    weight: pd.Series | None,
) -> None:
    """Compare one decomposition; the peer leaves out zeros and what is missing."""
    known = value.notna() & group.notna()
    told = (value[known], group[known], None if weight is None else weight[known])
    split = split_gini(*told) if name == "gini" else SPLITS[name](*told, zeros=Zeros.DROP)
    made = _named(name, split)
    groups = [f"{g:g}" if isinstance(g, float) else str(g) for g in split.groups.tolist()]
    for path, leaf in _leaves(expected, ()):
        if path == ("note",):
            assert str(leaf).split()[0] == str(split.left_out)
            continue
        figure = made.get(path[-1])
        if figure is None or figure.ndim:
            figure = made[path[-2]][groups.index(path[-1])]
        case.agrees(".".join((*at, *path)), figure)


def _named(name: str, split: Split) -> dict[str, np.ndarray]:
    """Return our parts by the peer's names; those of groups are arrays."""
    parts = ("total", "within", "between", "overlap")
    made = {f"{name}_{part}": np.asarray(getattr(split, part)) for part in parts}
    made |= {f"{name}_group": split.index, f"{name}_group_contribution": split.contribution}
    made |= {theirs: getattr(split, ours) for theirs, ours in FIELDS.items()}
    made["mean_total"] = np.asarray((split.mean * split.share).sum())
    made["n_unweighted"] = np.asarray(split.rows.sum())
    made["n_weighted"] = np.asarray(split.weight.sum())
    return made


def _index(key: str, value: pd.Series, weight: pd.Series | None) -> np.ndarray:
    weighted = weight if "weighted" in key or "wtd" in key else None
    known = value.notna()
    w = None if weighted is None else weighted[known]
    one: Callable[..., object] = next(f for n, f in INDICES.items() if n in key)
    return one(value[known], w).value  # type: ignore[attr-defined, no-any-return]


INDICES = {
    "theil": lambda y, w: theil(y, w, zeros=Zeros.DROP, weights_are=Weights.SAMPLING),
    "mld": lambda y, w: mean_log(y, w, zeros=Zeros.DROP, weights_are=Weights.SAMPLING),
    "gini": lambda y, w: gini(y, w, weights_are=Weights.SAMPLING),
}


def _is_weighted(expected: dict[str, Any]) -> bool:
    """Whether the peer's numbers of cases say that it was given weights."""
    numbers = expected.get("number_cases", {})
    return bool(numbers.get("n_weighted") != numbers.get("n_unweighted"))


def _optional(case: Case, frame: pd.DataFrame, *names: str) -> pd.Series | None:
    told = case.param(*names)
    found = [name for name in (told, *names) if isinstance(name, str) and name in frame]
    return frame[found[0]] if found else None


def _leaves(tree: object, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], object]]:
    if isinstance(tree, dict):
        return [found for key, value in tree.items() for found in _leaves(value, (*path, key))]
    return [(path, tree)]
