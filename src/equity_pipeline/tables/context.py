"""What every form needs to know beside the estimates, and the columns that all forms share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.vocabulary import Label, vocabulary

Z95 = 1.959964  # half the width of a 95 % interval, in standard errors
# their area is that of the unit that answered, not of a home
KNOWN_BY_UNIT = {"respondents", "calls"}


@dataclass(frozen=True, slots=True)
class FormContext:
    """The run, its region, periods and declarations.

    Attributes
    ----------
    periods
        One row a period: period_code, period_kind, period_start, period_end, data_status,
        area_vintage.
    persons
        ``cells.persons``: distinct persons for every published cell.
    missing
        ``cells.missing``: how many lack the dimension.
    base_period
        The period whose population is the standard.
    four_criteria
        Indicators and periods in which they are themselves the ill health of the area classes:
        those are divided by the class without it.
    post_hoc
        Indicators whose definition was changed after data were seen, and the day: periods that
        began before it stand under a definition that was set after the fact.
    """

    run_id: str
    region_code: str
    region_name: str
    periods: pd.DataFrame
    declared: Mapping[str, Declaration]
    persons: pd.DataFrame
    missing: pd.DataFrame
    base_period: str
    cluster_unit: str = "unit_hsa_id"
    four_criteria: Collection[tuple[str, str]] = ()
    post_hoc: Mapping[str, date] = field(default_factory=dict)

    def complete(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with run, period, indicator, geography and dimension words added."""
        made = frame.merge(self.periods, on="period_code", how="left", validate="many_to_one")
        made = made.merge(self._indicators(), on="indicator_id", how="left")
        made = made.merge(_dimensions(), on="dimension", how="left")
        changed = made["indicator_id"].map(self.post_hoc)
        is_after = pd.to_datetime(made["period_start"]) < pd.to_datetime(changed)
        made["definition_status"] = np.where(is_after, "post_hoc", "pre_specified")
        made["run_id"] = self.run_id
        made["disclosure_tier"] = "internal"
        return self.located(made)

    def located(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with the region as the place of every row that names no other."""
        region = {
            "geography_level": "region",
            "geography_code": self.region_code,
            "geography_name": self.region_name,
        }
        return frame.assign(
            **{
                name: frame[name].fillna(value) if name in frame else value
                for name, value in region.items()
            }
        )

    def _indicators(self) -> pd.DataFrame:
        return pd.DataFrame(
            [
                {
                    "indicator_id": one.id,
                    "indicator_name_sv": one.sv,
                    "indicator_name_en": one.en,
                    "indicator_version": one.indicator_version,
                    "definition_hash": one.definition_hash,
                    "unit_of_measure": one.unit,
                    "headline_adjustment": one.headline_adjustment,
                }
                for one in self.declared.values()
            ]
        )

    def level_words(self, frame: pd.DataFrame, level: str, prefix: str) -> pd.DataFrame:
        """Return the frame with ``<prefix>_sv``, ``<prefix>_en`` and ``<prefix>_order``."""
        known = vocabulary()
        words: dict[tuple[str, str, bool], Label] = {
            (dimension, code, of_units): known.level_label(dimension, code, of_units=of_units)
            for dimension in frame["dimension"].unique()
            for code in known.levels(dimension)
            for of_units in (False, True)
        }
        bases = frame["indicator_id"].map(
            {one.id: one.population_base in KNOWN_BY_UNIT for one in self.declared.values()}
        )
        keys = list(zip(frame["dimension"], frame[level], bases, strict=True))
        made = frame.copy()
        made[f"{prefix}_sv"] = [words[key].sv for key in keys]
        made[f"{prefix}_en"] = [words[key].en for key in keys]
        made[f"{prefix}_order"] = [words[key].order for key in keys]
        return made


def _dimensions() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "dimension": one.name,
                "dimension_label_sv": one.label.sv,
                "dimension_label_en": one.label.en,
                "ses_measurement_level": one.level,
                "focus_rule": one.focus_rule,
                "declared_focus": one.focus,
                "declared_reference": one.reference,
            }
            for one in vocabulary().dimensions.values()
        ]
    )
