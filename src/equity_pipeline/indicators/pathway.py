"""Care chains as data: a file a pathway, each step a measure among those through the step before.

The denominator of a step is all earlier steps together, so no step can be declared on another
base than the one before; where a chain must begin anew, the file says so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.indicators.rules import MEASURES
from equity_pipeline.vocabulary import Label

Conditions = list[dict[str, Any]]
LISTED: dict[str, Any] = {"column": "is_listed", "op": "is true"}
KNOWN = "is not null"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its place in the chain, its words, and the measure it is counted by.

    ``segment`` counts how often the chain has begun anew.
    """

    number: int
    segment: int
    starts_anew: bool
    label: Label
    measure: Declaration


@dataclass(frozen=True, slots=True)
class Pathway:
    """A care chain: its code, its words and its steps in order."""

    code: str
    label: Label
    steps: tuple[Step, ...]


@cache
def pathways() -> Mapping[str, Pathway]:
    """Return every care chain by code.

    Examples
    --------
    >>> [step.label.en for step in pathways()["diabetes"].steps][:2]
    ['HbA1c measured among the diagnosed', 'Blood pressure measured']
    """
    folder = resources.files("equity_pipeline.indicators") / "pathways"
    found = {}
    for order, one in enumerate(sorted(folder.iterdir(), key=lambda path: path.name), start=1):
        if one.name.endswith(".toml"):
            code = one.name.removesuffix(".toml")
            found[code] = pathway(code, tomllib.loads(one.read_text("utf-8")), order)
    return MappingProxyType(found)


def pathway(code: str, told: Mapping[str, Any], order: int = 1) -> Pathway:
    """Return the chain that a file tells, its measures made.

    Parameters
    ----------
    code
        The name of the file.
    told
        Its content: letters of the ids, version, words and steps.

    Raises
    ------
    pydantic.ValidationError
        If a step is no condition on a column of the vocabulary.

    Examples
    --------
    >>> step = {"sv": "A", "en": "A", "starts_anew": [{"column": "has_copd", "op": "is true"}],
    ...         "then": [{"column": "has_spirometry", "op": "is true"}]}
    >>> told = {"letters": "XX", "version": "1.0.0", "sv": "K", "en": "C", "steps": [step]}
    >>> pathway("x", told).steps[0].measure.id
    'XX01'
    """
    label = Label(told["sv"], told["en"], order)
    return Pathway(code, label, tuple(_steps(told)))


def pathway_measures() -> tuple[Declaration, ...]:
    """Return the measure of every step of every chain."""
    return tuple(step.measure for one in pathways().values() for step in one.steps)


def _steps(told: Mapping[str, Any]) -> Iterator[Step]:
    through: Conditions = []
    segment = 0
    for number, step in enumerate(told["steps"], start=1):
        anew = "starts_anew" in step
        if anew:
            segment += 1
            through = [LISTED, *step["starts_anew"]]
        among = [*through, *_known(step["then"], through)]
        measure = Declaration.model_validate(_measure(told, step, number, among))
        yield Step(number, segment, anew, Label(step["sv"], step["en"], number), measure)
        through = [*among, *step["then"]]


def _known(then: Sequence[Mapping[str, Any]], through: Conditions) -> Conditions:
    """Return that the columns of a step were delivered; what asks for that itself needs no more."""
    asked = [{"column": one["column"], "op": KNOWN} for one in then if one["op"] != KNOWN]
    return [one for one in asked if one not in through]


def _measure(
    told: Mapping[str, Any], step: Mapping[str, Any], number: int, among: Conditions
) -> dict[str, Any]:
    expected = step.get("expected")
    kind = "proportion" if expected is None else "ratio"
    return {
        "id": f"{told['letters']}{number:02d}",
        "domain": MEASURES,
        "role": "measure",
        "version": told["version"],
        "sv": f"{told['sv']}, steg {number}: {step['sv']}",
        "en": f"{told['en']}, step {number}: {step['en']}",
        "kind": kind,
        "fact": "fct_person",
        "population_base": "listed",
        "unit": "percent" if expected is None else "ratio",
        "direction": "higher" if expected is None else "neutral",
        "adjusters": "A1",
        "minimum_age": told.get("minimum_age"),
        "evidence_ref": told.get("evidence_ref"),
        "definition_sv": f"{step['sv']}, bland dem som gått igenom kedjans tidigare steg.",
        "definition_en": f"{step['en']}, of those who came through the earlier steps.",
        "denominator": {"where": among} | ({"sum": expected} if expected else {}),
        "numerator": {"where": list(step["then"])},
    }
