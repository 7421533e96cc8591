"""Places: municipalities, RegSO-like and DeSO-like areas with a hidden disadvantage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.synthetic.facts import municipalities
from equity_pipeline.synthetic.streams import Array, Plan, largest_remainder

LETTERS = ("A", "B", "C")
URBAN_RURAL = ("rural", "town", "central_town")
SPLIT_EVERY = 25  # every 25th DeSO is divided in the division of 2025


@dataclass(frozen=True, slots=True)
class Geography:
    """Areas as arrays: RegSO (R) and DeSO (D); ``*_of`` point upwards by index."""

    regso_codes: tuple[str, ...]
    regso_municipality: Array
    regso_disadvantage: Array
    regso_weight: Array
    regso_letter: Array
    deso_codes: tuple[str, ...]
    deso_regso: Array
    deso_is_split: Array

    def deso_codes_2025(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the codes of the first and second half of each DeSO in the division of 2025."""
        pairs = [
            (f"{code[:-1]}1", f"{code[:-1]}2") if split else (code, code)
            for code, split in zip(self.deso_codes, self.deso_is_split, strict=True)
        ]
        return tuple(first for first, _ in pairs), tuple(second for _, second in pairs)


def number_of_regso(persons: int) -> int:
    """Return how many RegSO-like areas a region of this size has: 60 to 465.

    Examples
    --------
    >>> number_of_regso(20_000), number_of_regso(1_414_324)
    (60, 465)
    """
    return int(min(465, max(42, round(60 * (persons / 20_000) ** 0.481))))


def _letters(municipality: Array, rank: Array, size: Array) -> Array:
    """Centre first, then towns, countryside last; a single-area municipality is a town."""
    share = (rank + 0.5) / size[municipality]
    letter = np.where(share < 0.55, 2, np.where(share < 0.8, 1, 0))
    alone = np.where(municipality % 2 == 0, 1, 0)
    return np.where(size[municipality] == 1, alone, letter)


def make_geography(plan: Plan) -> Geography:
    """Return the areas of a region of the plan's size."""
    facts = municipalities()
    population = np.array([one.population for one in facts], dtype=float)
    per = 1 + largest_remainder(population, number_of_regso(plan.persons) - len(facts))
    owner = np.repeat(np.arange(len(facts)), per)
    rank = np.arange(owner.size) - (np.cumsum(per) - per)[owner]
    weight = plan.stream("regso", "weight").uniform(0.7, 1.3, owner.size)
    hidden = plan.stream("regso", "disadvantage").normal(0, 0.9, owner.size)
    mean = np.bincount(owner, hidden * weight) / np.bincount(owner, weight)
    letter = _letters(owner, rank, per)
    n_deso = 1 + plan.stream("deso", "number").integers(0, 2, owner.size)
    deso_regso = np.repeat(np.arange(owner.size), n_deso)
    return Geography(
        regso_codes=tuple(f"{facts[m].code}R{r + 1:03d}" for m, r in zip(owner, rank, strict=True)),
        regso_municipality=owner,
        regso_disadvantage=hidden - mean[owner],
        regso_weight=weight,
        regso_letter=letter,
        deso_codes=_deso_codes(owner[deso_regso], letter[deso_regso]),
        deso_regso=deso_regso,
        deso_is_split=np.arange(deso_regso.size) % SPLIT_EVERY == SPLIT_EVERY // 2,
    )


def _deso_codes(municipality: Array, letter: Array) -> tuple[str, ...]:
    facts = municipalities()
    serial: dict[tuple[int, int], int] = {}
    codes = []
    for key in zip(municipality.tolist(), letter.tolist(), strict=True):
        serial[key] = serial.get(key, 0) + 1
        codes.append(f"{facts[key[0]].code}{LETTERS[key[1]]}{serial[key]:03d}0")
    return tuple(codes)
