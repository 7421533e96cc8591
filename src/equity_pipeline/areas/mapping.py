"""From one vintage of an area division to another: what became of each area, and how sure that is.

The publisher's log of changes tells codes, not people. So each pair of areas carries how well the
two match, and counts are summed only where the parts make up the whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from equity_pipeline.errors import DeclarationError
from equity_pipeline.vocabulary import vocabulary

BORDER = frozenset({"extended", "extended_to_sea"})
REDUCED = "reduced"
# In these all people of the sources are in the target and nobody else is.
SUMMABLE = frozenset({"exact", "border_only", "merged"})
ONE = 1.0
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the log of changes; the share is of the old area's people, where delivered."""

    area_code_from: str
    area_code_to: str
    change_type: str
    population_share: float | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One area of a vintage and one of another that hold the same people, wholly or partly.

    ``map_weight`` is the share of the people of ``area_code_from`` that live in
    ``area_code_to``; they sum to 1 for each area that is translated.
    """

    area_code_from: str
    area_code_to: str
    mapping_quality: str
    map_weight: float
    weight_source: str

    @property
    def is_summable(self) -> bool:
        """Whether counts of the first area may be summed to make those of the second."""
        return self.mapping_quality in SUMMABLE


def change_type_of(words: str) -> str:
    """Return the code of a kind of change, from the Swedish words of the publisher's log.

    Raises
    ------
    DeclarationError
        If the words are of no known kind.

    Examples
    --------
    >>> change_type_of("Upphör; till nybildad")
    'ceased_to_new'
    """
    for code, label in vocabulary().codes["change_type"].items():
        if label.sv == words.strip():
            return code
    raise DeclarationError(
        "The log of changes tells a kind of change that is not known.",
        where="change_type",
        mend="add the publisher's words to [codes.change_type] of the vocabulary",
    )


def mapped(
    codes_from: Iterable[str],
    codes_to: Iterable[str],
    changes: Iterable[Change],
    *,
    population_to: Mapping[str, int] | None = None,
) -> tuple[Link, ...]:
    """Return how the areas of one vintage go into those of the next, sorted by code.

    Parameters
    ----------
    codes_from, codes_to
        All areas of the two vintages; a code that no change names is the same area.
    changes
        The rows of the log of changes.
    population_to
        People of the later areas, which weigh the parts of an area that was split cleanly.

    Raises
    ------
    DeclarationError
        If a change names an area that its vintage lacks, or an area comes from or goes nowhere.

    Examples
    --------
    >>> log = [Change("A", "B", "ceased_to_new"), Change("A", "C", "ceased_to_new")]
    >>> for link in mapped(["A", "D"], ["B", "C", "D"], log, population_to={"B": 30, "C": 10}):
    ...     print(link.area_code_from, link.area_code_to, link.mapping_quality, link.map_weight)
    A B split 0.75
    A C split 0.25
    D D exact 1.0
    """
    old, new, log = set(codes_from), set(codes_to), tuple(changes)
    pairs = _pairs(old, new, log)
    _everything_goes_somewhere(old, new, pairs)
    judged = _Kinds(pairs, log)
    kinds = {(one, other): judged(one, other) for one, other in pairs}
    weights = _Weights(kinds, log, population_to or {}, judged.leaking)
    return tuple(Link(*pair, kinds[pair], *weights(*pair)) for pair in pairs)


def backwards(
    links: Sequence[Link], *, population_from: Mapping[str, int] | None = None
) -> tuple[Link, ...]:
    """Return the same links the other way: parts of a split area are its parts to be summed.

    ``population_from`` is of the earlier areas, which weigh what a merged area was made of.

    Examples
    --------
    >>> log = [Change("A", "B", "ceased_to_new"), Change("A", "C", "ceased_to_new")]
    >>> back = backwards(mapped(["A"], ["B", "C"], log))
    >>> [(link.area_code_from, link.area_code_to, link.is_summable) for link in back]
    [('B', 'A', True), ('C', 'A', True)]
    """
    turned = {"split": "merged", "merged": "split"}
    kinds = {
        (link.area_code_to, link.area_code_from): turned.get(
            link.mapping_quality, link.mapping_quality
        )
        for link in links
    }
    weights = _Weights(kinds, (), population_from or {}, frozenset())
    return tuple(Link(*pair, kinds[pair], *weights(*pair)) for pair in sorted(kinds))


def _pairs(old: set[str], new: set[str], log: Sequence[Change]) -> list[tuple[str, str]]:
    told = {(one.area_code_from, one.area_code_to) for one in log}
    strange = {one for one, _ in told} - old | {other for _, other in told} - new
    if strange:
        raise DeclarationError(
            f"The log of changes names {len(strange)} areas that their vintage does not have: "
            f"{', '.join(sorted(strange)[:5])}.",
            where="area_change",
            mend="deliver the keys of the two vintages that the log is between",
        )
    return sorted(told | {(code, code) for code in old & new})


def _everything_goes_somewhere(
    old: set[str], new: set[str], pairs: Sequence[tuple[str, str]]
) -> None:
    lost = old - {one for one, _ in pairs} | new - {other for _, other in pairs}
    if lost:
        raise DeclarationError(
            f"{len(lost)} areas stand in one vintage only and in no change: "
            f"{', '.join(sorted(lost)[:5])}.",
            where="area_change",
            mend="deliver the whole log of changes, and whole lists of areas",
        )


class _Kinds:
    """How well two areas match, from how many each is tied to."""

    def __init__(self, pairs: Sequence[tuple[str, str]], log: Sequence[Change]) -> None:
        self.targets: dict[str, list[str]] = defaultdict(list)
        self.sources: dict[str, list[str]] = defaultdict(list)
        for one, other in pairs:
            self.targets[one].append(other)
            self.sources[other].append(one)
        reduced = {one.area_code_from for one in log if one.change_type == REDUCED}
        # An area that gave a part which no row tells of is not known to be whole.
        self.leaking = {one for one in reduced if len(self.targets[one]) == 1}
        self.moved = {
            (one.area_code_from, one.area_code_to) for one in log if one.change_type in BORDER
        }

    def __call__(self, one: str, other: str) -> str:
        targets, sources = self.targets[one], self.sources[other]
        if self.leaking & set(sources):
            return "partial"
        if len(targets) == len(sources) == 1:
            return "border_only" if (one, other) in self.moved else "exact"
        if len(sources) == 1 and all(len(self.sources[part]) == 1 for part in targets):
            return "split"
        if len(targets) == 1 and all(len(self.targets[part]) == 1 for part in sources):
            return "merged"
        return "partial"


class _Weights:
    """Which share of an area's people went to another, and how that is known.

    Delivered shares count when they are there for all targets and sum to 1; people of the parts,
    when the area was split cleanly. Else it is assumed: an area that keeps its code keeps its
    people, and one that ceased leaves as many to each.
    """

    def __init__(
        self,
        kinds: Mapping[tuple[str, str], str],
        log: Sequence[Change],
        population: Mapping[str, int],
        leaking: Collection[str],
    ) -> None:
        self.kinds, self.population, self.leaking = kinds, population, leaking
        self.targets: dict[str, list[str]] = defaultdict(list)
        for one, other in kinds:
            self.targets[one].append(other)
        self.n_sources = Counter(other for _, other in kinds)
        self.delivered = {
            (one.area_code_from, one.area_code_to): one.population_share
            for one in log
            if one.population_share is not None
        }

    def __call__(self, one: str, other: str) -> tuple[float, str]:
        targets = self.targets[one]
        if len(targets) == 1:
            return ONE, "assumed" if self._gave_a_part(one, other) else "whole"
        shares = [self.delivered.get((one, part)) for part in targets]
        known = [share for share in shares if share is not None]
        if len(known) == len(targets) and abs(sum(known) - ONE) <= ROUNDING:
            return self.delivered[one, other] or 0.0, "delivered"
        people = [self.population.get(part, 0) for part in targets]
        if self.kinds[one, other] == "split" and all(people):
            return self.population[other] / sum(people), "population"
        if one in targets:
            return float(one == other), "assumed"
        return ONE / len(targets), "assumed"

    def _gave_a_part(self, one: str, other: str) -> bool:
        alone = self.n_sources[other] == 1
        return one in self.leaking or (alone and self.kinds[one, other] == "partial")
