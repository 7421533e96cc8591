"""The indicators as they are declared, by domain, for the page of methods."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.report.speech import Speech
from equity_pipeline.vocabulary import vocabulary


@dataclass(frozen=True, slots=True)
class Declared:
    """One indicator in words: what is counted, what counts as need, and which limit matters."""

    id: str
    name: str
    definition: str
    adjustment: str
    limit: str
    version: str
    digest: str


def declared_by_domain(
    catalogue: Iterable[Declaration], spoken: Speech
) -> dict[str, list[Declared]]:
    """Return the indicators by the name of their domain, in the order of the dictionary.

    Examples
    --------
    >>> from equity_pipeline.indicators.catalogue import load_catalogue
    >>> from equity_pipeline.report.speech import speech
    >>> held = declared_by_domain(load_catalogue().select(["VT01"]), speech("en"))
    >>> held["Waiting times"][0].limit.split()
    ['3.0', 'percentage', 'points']
    """
    domains = vocabulary().domains
    made: dict[str, list[Declared]] = {}
    for one in sorted(catalogue, key=lambda one: (domains[one.domain][1].order, one.id)):
        made.setdefault(spoken.word(domains[one.domain][1]), []).append(_declared(one, spoken))
    return made


def _declared(one: Declaration, spoken: Speech) -> Declared:
    is_swedish = spoken.code == "sv"
    return Declared(
        one.id,
        one.sv if is_swedish else one.en,
        one.definition_sv if is_swedish else one.definition_en,
        spoken.label("adjustment", one.headline_adjustment),
        _limit(one, spoken),
        one.version,
        one.definition_hash,
    )


def _limit(one: Declaration, spoken: Speech) -> str:
    if one.mid is not None:
        return spoken.number(one.mid, one.unit, is_gap=True)
    share = spoken.number(one.mid_relative, "percent")
    return spoken.say("methods.relative_limit", share=share)
