"""The field's words: reads the files beside it, the one dictionary of columns, codes and forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from equity_pipeline.errors import DeclarationError
from equity_pipeline.vocabulary import reading
from equity_pipeline.vocabulary.entries import (
    Column,
    Dimension,
    Door,
    Entity,
    Form,
    Label,
    OwnToUnits,
    Reckoned,
    Tier,
    TierForm,
)
from equity_pipeline.vocabulary.reading import read_words

__all__ = [
    "ALL",
    "LONG_PERIODS",
    "MISSING",
    "STRATA",
    "TOTAL",
    "Column",
    "Dimension",
    "Door",
    "Entity",
    "Form",
    "Label",
    "OwnToUnits",
    "Reckoned",
    "Tier",
    "TierForm",
    "Vocabulary",
    "in_sentence",
    "read_words",
    "vocabulary",
]

MISSING = "missing"
TOTAL = "total"
STRATA = "strata"  # levels of several dimensions: those of whom one is missing are in none
ALL = "all"
# the periods that stand for a whole year or delivery; the others are parts of one
LONG_PERIODS = ("rolling_12_months", "year", "whole_delivery")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything in the dictionary, by name."""

    columns: MappingProxyType[str, Column]
    codes: MappingProxyType[str, MappingProxyType[str, Label]]
    dimensions: MappingProxyType[str, Dimension]
    entities: MappingProxyType[str, Entity]
    forms: MappingProxyType[str, Form]
    domains: MappingProxyType[str, tuple[str, Label]]
    exit_codes: MappingProxyType[int, Label]
    not_measurable: MappingProxyType[str, Label]
    forbidden: MappingProxyType[str, Label]
    never_adjust: frozenset[str]
    tiers: MappingProxyType[str, Tier]
    own_to_units: OwnToUnits

    def misspoken(self, text: str) -> list[str]:
        """Return what a Swedish text says that the pipeline never says, with what to write.

        Examples
        --------
        >>> vocabulary().misspoken("Skillnaden beror på inkomst")
        ['"beror på": skriv: samvarierar med']
        """
        said = text.lower()
        return [f'"{word}": {why.sv}' for word, why in self.forbidden.items() if word in said]

    def column(self, name: str) -> Column:
        """Return a column, or say that the dictionary does not know it."""
        try:
            return self.columns[name]
        except KeyError:
            raise DeclarationError(
                f"The vocabulary does not know the column {name!r}.",
                where="vocabulary/columns.toml",
                mend="add the column with its type, unit and both labels",
            ) from None

    def label(self, codes: str, code: str) -> Label:
        """Return the words of one code, or say that its list does not hold it."""
        try:
            return self.codes[codes][code]
        except KeyError:
            raise DeclarationError(
                f"The code list {codes!r} has no code {code!r}.",
                where="vocabulary/codes.toml",
                mend="add the code, or map the delivered value in the layout",
            ) from None

    def levels(self, dimension: str) -> MappingProxyType[str, Label]:
        """Return the levels of a dimension with their words, in order."""
        return self.codes[self.dimensions[dimension].codes]

    def level_label(self, dimension: str, level: str, *, of_units: bool = False) -> Label:
        """Return the words for a level, with the level of measurement spoken out.

        Areas are never persons: a level of an area dimension reads "Boende i områden ...", and
        where answers or calls are known by their unit only, "Enheter i områden ...".

        Examples
        --------
        >>> vocabulary().level_label("area_income_quintile", "q1").sv
        'Boende i områden i den mest utsatta femtedelen'
        >>> vocabulary().level_label("area_income_quintile", "q1", of_units=True).sv
        'Enheter i områden i den mest utsatta femtedelen'
        >>> vocabulary().level_label("income_quintile", "q1").sv
        'Lägsta inkomstfemtedelen'
        """
        chosen = self.dimensions[dimension]
        word = self.label(chosen.codes, level)
        if chosen.level != "area":
            return word
        sv, en = ("Enheter i", "Units in") if of_units else ("Boende i", "Residents of")
        return Label(f"{sv} {in_sentence(word.sv)}", f"{en} {in_sentence(word.en)}", word.order)


def in_sentence(text: str) -> str:
    """Return a label as it stands inside a sentence: names and abbreviations keep their letters.

    Examples
    --------
    >>> in_sentence("Födda i Sverige"), in_sentence("Områdestyp (SCB)")
    ('födda i Sverige', 'områdestyp (SCB)')
    """
    return text[:1].lower() + text[1:]


@cache
def vocabulary() -> Vocabulary:
    """Return the dictionary, read once.

    Examples
    --------
    >>> vocabulary().dimensions["income_quintile"].reference
    'q5'
    >>> vocabulary().columns["gap_harm_lower"].type
    'DOUBLE'
    """
    raw = read_words()
    codes = {
        name: MappingProxyType({code: reading.label(words) for code, words in entries.items()})
        for name, entries in raw["codes"].items()
    }
    made: dict[str, Mapping[Any, Any]] = {
        "columns": reading.columns(raw["columns"]),
        "codes": codes,
        "dimensions": {n: reading.dimension(n, e) for n, e in raw["dimensions"].items()},
        "entities": {n: reading.entity(n, e) for n, e in raw["entities"].items()},
        "forms": {n: reading.form(n, e, raw["common"]) for n, e in raw["forms"].items()},
        "domains": {n: (e["prefix"], reading.label(e)) for n, e in raw["domains"].items()},
        "exit_codes": {int(n): reading.label(e) for n, e in raw["exit_codes"].items()},
        "forbidden": {n: reading.label(e) for n, e in raw["forbidden"].items()},
        "not_measurable": {n: reading.label(e) for n, e in raw["not_measurable"].items()},
        "tiers": {n: reading.tier(n, e) for n, e in raw["tiers"].items()},
    }
    return Vocabulary(
        **{name: MappingProxyType(held) for name, held in made.items()},
        never_adjust=frozenset(raw["never_adjust"]["words"]),
        own_to_units=reading.own_to_units(raw["own_to_units"]),
    )
