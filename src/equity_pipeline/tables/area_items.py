"""The items of the area description, as the vocabulary tells them: what each is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from equity_pipeline.vocabulary import Label, read_words

LISTED, TRAIT, AREA, OVERLAP, UNIT = "listed", "trait", "area", "overlap", "unit"
WORD, INDICATOR, FACTOR, NONE = "word", "indicator", "factor", "none"
# what counts persons, and how the door must see it; indicators are judged as themselves
KIND_OF = {LISTED: "mean", TRAIT: "proportion", OVERLAP: "proportion"}


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its group, what it is made from, its unit, source and words.

    Attributes
    ----------
    told
        The other keys of its line: column, codes, per_listed, weight, indicator, measure, factor.
    """

    id: str
    group: str
    made_from: str
    unit: str
    source: str
    label: Label
    told: Mapping[str, Any]

    @property
    def measured_on(self) -> str:
        """Whether it is known of persons, of areas, or of neither."""
        if self.source == "area" or self.made_from == AREA:
            return "area"
        return "individual" if self.made_from in {TRAIT, LISTED, OVERLAP} else "not_applicable"

    @property
    def judged_as(self) -> str:
        """The id that the disclosure door knows its cells by."""
        return str(self.told["indicator"]) if self.made_from == INDICATOR else self.id


@cache
def area_items() -> Mapping[str, Item]:
    """Return the items in order, by id.

    Examples
    --------
    >>> area_items()["AD_FOREIGN_BORN"].made_from
    'trait'
    """
    entries = read_words()["area_items"]
    return {name: _item(name, entry, order) for order, (name, entry) in enumerate(entries.items())}


def _item(name: str, entry: Mapping[str, Any], order: int) -> Item:
    known = {"group", "from", "unit", "source", "sv", "en"}
    return Item(
        id=name,
        group=entry["group"],
        made_from=entry["from"],
        unit=entry["unit"],
        source=entry["source"],
        label=Label(entry["sv"], entry["en"], order + 1),
        told={key: value for key, value in entry.items() if key not in known},
    )
