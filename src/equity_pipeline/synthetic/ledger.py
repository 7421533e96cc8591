"""Keeps the true values while the region is made: expectations under the model, not the draws."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from equity_pipeline.synthetic.plants import PLANTS
from equity_pipeline.synthetic.streams import Array, Plan

Means = tuple[float, float]


@cache
def words() -> dict[str, dict[str, Any]]:
    """Return what is said of each truth, by its key in ``truths.toml``.

    Examples
    --------
    >>> words()["VT01"]["focus"]
    'q1'
    """
    folder = resources.files("equity_pipeline.synthetic")
    raw = tomllib.loads(folder.joinpath("truths.toml").read_text("utf-8"))
    told = {}
    for key, entry in raw["truths"].items():
        kept = {name: value for name, value in entry.items() if name != "contrast"}
        told[key] = {"evidence_state": None, **kept, **raw["contrasts"][entry["contrast"]]}
    return told


def crude_means(expected: Array, weight: Array, groups: tuple[Array, Array]) -> Means:
    """Return the weighted mean expectation of focus and reference (flags, length n)."""
    focus, reference = (
        float((expected * weight)[group].sum() / max(float(weight[group].sum()), 1e-12))
        for group in groups
    )
    return focus, reference


def standardised_means(
    expected: Array, weight: Array, groups: tuple[Array, Array], strata: Array
) -> Means:
    """Return both groups' mean expectation over strata, weighted by everybody's weight in them."""
    size = int(strata.max()) + 1
    every = np.bincount(strata, weight, size)
    held = [np.bincount(strata[group], weight[group], size) for group in groups]
    sums = [np.bincount(strata[group], (expected * weight)[group], size) for group in groups]
    both = (held[0] > 0) & (held[1] > 0)
    share = every[both] / every[both].sum()
    focus, reference = (
        float((share * total[both] / number[both]).sum())
        for total, number in zip(sums, held, strict=True)
    )
    return focus, reference


@dataclass(slots=True)
class Ledger:
    """The truths by key; a value for each period is put in as the years are made."""

    plan: Plan
    entries: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def put(
        self, key: str, period: str, value: float, *, adjustment: str = "crude", **more: object
    ) -> None:
        """Note a true value in a period; nothing when its plant is left out."""
        told = words()[key]
        plant = told["plant"]
        if not self.plan.has(plant):
            return
        number = told.get("number", PLANTS[plant])
        start = {
            "id": f"P{number}-{key}-{adjustment}",
            "number": number,
            "name": plant.replace("_", " "),
            **told,
            "adjustment": adjustment,
            **more,
            "by_period": {},
        }
        entry = self.entries.setdefault((key, adjustment), start)
        entry["by_period"][period] = round(float(value), 6) + 0.0  # no minus nought

    def compare(self, key: str, period: str, means: Means, *, adjustment: str = "crude") -> None:
        """Note focus minus reference, or their ratio where the truth is one."""
        focus, reference = means
        is_ratio = words()[key]["measure"] == "ratio"
        value = focus / reference if is_ratio else focus - reference
        self.put(key, period, value, adjustment=adjustment)

    def finished(self) -> list[dict[str, Any]]:
        """Return the truths in the order of their numbers, each with its last period's value."""
        made = []
        for entry in self.entries.values():
            by_period = entry["by_period"]
            last = list(by_period)[-1]
            head = {name: value for name, value in entry.items() if name != "by_period"}
            made.append(
                {
                    **head,
                    "true_value": by_period[last],
                    "period": last,
                    "periods": list(by_period),
                    "by_period": by_period,
                }
            )
        return sorted(made, key=lambda one: (int(one["number"].rstrip("abcd")), one["id"]))


def rolling(year: int) -> str:
    """Return the code of the twelve months that end with a year.

    Examples
    --------
    >>> rolling(2024)
    'r12-2024-12'
    """
    return f"r12-{year}-12"
