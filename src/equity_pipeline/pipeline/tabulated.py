"""The forms before the door: what the stage that makes them hands to the one that protects them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from equity_pipeline.disclosure.pattern import PATTERN
from equity_pipeline.disclosure.units import NamedUnits
from equity_pipeline.tables.table import PersonCounts, StratifiedTable


@dataclass(frozen=True, slots=True)
class Tabulated:
    """The forms before the door, with all that the door needs to judge them.

    Attributes
    ----------
    counts
        Distinct persons of every cell.
    kinds
        What each indicator, item and step is: proportion, rate, mean, or without persons.
    sources
        Open sources with licence and attribution.
    seconds
        How long cells, estimates and each form took.
    nesting
        For the code of each place: what kind of place it is, and the code of the larger one.
    named
        What is told of a named unit in its own extract only.
    earlier
        What was shown and hidden in releases of these periods before.
    of_kinds
        For the code of each unit its ownership and financing.
    """

    tables: dict[str, StratifiedTable]
    counts: PersonCounts
    kinds: dict[str, str]
    sources: tuple[dict[str, str], ...]
    seconds: Mapping[str, float]
    nesting: Mapping[str, tuple[str, str]]
    named: NamedUnits = field(default_factory=NamedUnits)
    earlier: pa.Table = field(default_factory=PATTERN.empty_table)
    of_kinds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
