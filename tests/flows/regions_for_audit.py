"""Small synthesised regions that go through the stages to a candidate, as cheaply as can be.

Each differs in seed, in size and in what is counted; in some the units are of very unequal size,
so that a few have a handful of people.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pyarrow as pa

from equity_pipeline.disclosure.disclose import Disclosure
from equity_pipeline.disclosure.rules import SECONDARY, SHOWN
from equity_pipeline.pipeline import stages
from equity_pipeline.pipeline.tabulating import Tabulated
from equity_pipeline.quality.results import GateReport
from equity_pipeline.settings import Settings
from equity_pipeline.synthetic import generate, world
from equity_pipeline.synthetic.areas import Geography
from equity_pipeline.synthetic.streams import Plan
from equity_pipeline.synthetic.units import Units, make_units
from tests.flows.planted import AS_OF, deliver_only, parts_of, settings_for

RUN = "audited"
LARGE = 100  # a denominator of so many is large
LISTED = ("TG07", "TG10", "VT01")
CHAIN = tuple(f"CC0{step}" for step in range(1, 9))
CASCADE = tuple(f"CD0{step}" for step in range(1, 5))
BY_UNIT = {"geography_level": "unit", "dimension": "area_income_quintile", "strat2_level": "all"}
KEY = ["indicator_id", "period_start", "period_end", "geography_code", "dimension", "level"]
KEY += ["strat2_level"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a region is like, and what is asked of it.

    Attributes
    ----------
    persons, seed
        Its size and its draws.
    indicators
        What is counted.
    forms
        The forms beside levels and gaps; all if none is named.
    spread
        How unequal the units are: the deviation of the logarithm of their size; 0 as generated.
    """

    persons: int
    seed: int
    indicators: tuple[str, ...] = LISTED
    forms: tuple[str, ...] = ()
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Made:
    """A region before the door, and its settings."""

    settings: Settings
    tabulated: Tabulated

    @property
    def folder(self) -> Path:
        """Return where the region lies."""
        return self.settings.run.home


SMALL_FORMS = ("trend", "run_chart", "unit_variation", "decomposition")
REGIONS: Mapping[str, Shape] = {
    "every form": Shape(5_000, 31, ("VT03", "TG05", "BR08", *CHAIN, *CASCADE)),
    "every form, tiny units": Shape(6_000, 32, ("VT01", "UP07", "BR01", "BR14"), spread=1.5),
    "tiny units": Shape(5_000, 33, spread=2.0),
    "tiny units, rare events": Shape(8_000, 34, ("TG02", "BR06", "BR19"), SMALL_FORMS, 1.5),
    "listed": Shape(5_000, 35),
    "costs": Shape(7_000, 36, ("KO01", "KO02", "FP01"), SMALL_FORMS),
    "waits": Shape(9_000, 37, ("VT03", "VT01"), ("waits", "run_chart")),
    "one disease": Shape(12_000, 38, ("BR02", "BR03", "BR10", "BR11"), SMALL_FORMS),
    "as large as the sample": Shape(20_000, 39, LISTED, ("run_chart", "trend")),
    "larger": Shape(40_000, 40, LISTED, ("unit_variation",)),
}


def made(shape: Shape, out: Path) -> Made:
    """Return a region of that shape before the door; what it was made of is taken away."""
    return built(loaded(shape, out))


def loaded(shape: Shape, out: Path) -> Settings:
    """Generate a region and load what its indicators look back on."""
    with patch.object(world, "make_units", _of_spread(shape.spread)):
        generate(shape.persons, shape.seed, out)
    asked = shape.forms or ("programme_effect",)
    deliver_only(out / "incoming", parts_of(shape.indicators, asked), 1)
    settings = settings_for(out, tuple(sorted(shape.indicators)), 1, shape.forms)
    stages.load(settings, AS_OF, None)
    shutil.rmtree(out / "incoming")
    return settings


def built(settings: Settings) -> Made:
    """Return what is loaded as forms before the door."""
    stages.build(settings, AS_OF)
    return Made(settings, stages.tabulate(settings, AS_OF, RUN, GateReport(), None))


def _of_spread(spread: float) -> Callable[[Plan, Geography], Units]:
    """Return what makes units of sizes that are spread so."""

    def spread_out(plan: Plan, geography: Geography) -> Units:
        units = make_units(plan, geography)
        draws = plan.stream("units", "size").normal(0, spread, units.size)
        return replace(units, size_weight=np.exp(draws))

    return spread_out if spread else make_units


@dataclass(frozen=True, slots=True)
class Visible:
    """Of a region's units by fifth of area income, those with a large denominator.

    Attributes
    ----------
    large
        How many cells of units by indicator and fifth there are; what is told of each unit to
        itself alone is not counted.
    shown
        How many of them are shown.
    small
        How many are hidden on their own account: few have, or have not, what is counted.
    lone
        How many units have one fifth that is hidden on its own account while all others are
        large: one of these must go, whatever the door does.
    """

    large: int
    shown: int
    small: int
    lone: int

    def __add__(self, other: Visible) -> Visible:
        return Visible(
            self.large + other.large,
            self.shown + other.shown,
            self.small + other.small,
            self.lone + other.lone,
        )


def visible(tabulated: Tabulated, disclosed: Disclosure) -> Visible:
    """Return how many large cells of units by fifth of area income stay visible."""
    before = _by_unit(tabulated.tables["stratified"].data)
    after = _by_unit(disclosed.tables["stratified"].data)
    reasons = disclosed.hidden.to_pandas(date_as_object=True)[[*KEY, "reason"]]
    rows = before[[*KEY, "n_denominator", "n_persons"]].merge(
        after[[*KEY, "value_status"]], on=KEY, validate="1:1"
    )
    rows = rows[rows["n_persons"] > 0].merge(reasons, "left", on=KEY, validate="1:1")
    own = ~rows["reason"].fillna(SHOWN).isin((SHOWN, SECONDARY))
    large = rows["n_denominator"] >= LARGE
    rows = rows.assign(own=own, large=large, middling=~own & ~large)
    units = rows.groupby(["indicator_id", "period_start", "geography_code"])
    lone = (units["own"].sum() == 1) & ~units["middling"].any() & (units["large"].sum() > 0)
    return Visible(
        large=int(large.sum()),
        shown=int((large & (rows["value_status"] == "shown")).sum()),
        small=int((large & own).sum()),
        lone=int(lone.sum()),
    )


def _by_unit(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas(date_as_object=True)
    for column, value in BY_UNIT.items():
        frame = frame[frame[column] == value]
    return frame
