"""One programme on one indicator: its panel, its comparison units, and what each estimand says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.estimate import BoolArray
from equity_pipeline.tables.cells import FloatArray
from equity_pipeline.tables.monthly_sums import Monthly
from equity_pipeline.tables.programme_estimate import Effect, effect, level_slope
from equity_pipeline.tables.programme_matching import Matched, matched, prerequisites
from equity_pipeline.tables.programme_panel import (
    Changes,
    Panel,
    changes,
    gap_changes,
    panel,
    slopes,
)
from equity_pipeline.tables.programmes import Programme

ITT, PER_PROTOCOL = "itt", "per_protocol"
ESTIMANDS = (ITT, PER_PROTOCOL)


@dataclass(frozen=True, slots=True)
class Study:
    """A programme's units and all possible comparison units on one indicator.

    Attributes
    ----------
    held
        The panel of all units.
    usable
        Units with rows in enough quarters before and after.
    is_treated
        Units of the programme.
    covariates
        What units were matched on.
    sets
        The matched sets; empty where there is no unit of one kind.
    """

    programme: Programme
    declared: Declaration
    held: Panel
    usable: BoolArray
    is_treated: BoolArray
    covariates: pd.DataFrame
    sets: Matched

    @property
    def n_before(self) -> int:
        """Whole quarters before the start."""
        return int((~self.held.is_after).sum())

    @property
    def n_after(self) -> int:
        """Whole quarters after the start."""
        return int(self.held.is_after.sum())

    def chosen(self, estimand: str, approach: str) -> Matched:
        """Return the sets of an estimand and approach."""
        wanted = set(self.programme.of_approach(approach))
        if estimand == PER_PROTOCOL:
            wanted &= self.programme.active
        return self.sets.kept([one in wanted for one in self.held.units])

    def on_level(self, population: str, held: Matched) -> Effect | None:
        """Return the effect on the value of a population, adjusted for the level before."""
        made = changes(self.held, population, self.declared)
        return effect(made, held, self._slope(made))

    def on_gap(self, held: Matched) -> Effect | None:
        """Return the effect on the gap inside units."""
        made = gap_changes(self.held, self.declared)
        return effect(made, held, self._slope(made))

    def trend_before(self, held: Matched) -> float:
        """Return the p value of equal slopes before the start; NaN where it cannot be told."""
        slope = slopes(self.held)
        weight = np.nan_to_num(self.held.of("all")[1][:, ~self.held.is_after].sum(axis=1))
        made = Changes(np.zeros_like(slope), slope, weight, np.full_like(slope, np.nan))
        found = effect(made, held, 0.0)
        return np.nan if found is None else found.permuted.p_value

    def _slope(self, made: Changes) -> float:
        known = self.usable & np.isfinite(made.change) & (made.weight > 0)
        return level_slope(made, self.is_treated, known)


def study(
    programme: Programme,
    declared: Declaration,
    cells: Monthly,
    facts: pd.DataFrame,
    fewest: int,
) -> Study:
    """Return a programme's study on one indicator.

    Comparison units are all that no programme has enrolled; they are matched on prerequisites
    and on the level before. Units without enough quarters on both sides are left out.
    """
    units = sorted({*programme.units, *(set(cells.units) - programme.elsewhere)})
    held = panel(cells, units, programme.start)
    is_treated = np.isin(np.array(units), programme.units)
    usable = held.followed(fewest)
    before: FloatArray = changes(held, "all", declared).before
    covariates = prerequisites(facts, units, before)
    sets = matched(
        covariates, np.flatnonzero(usable & is_treated), np.flatnonzero(usable & ~is_treated)
    )
    return Study(programme, declared, held, usable, is_treated, covariates, sets)
