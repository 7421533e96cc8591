"""T4b: ownership and financing - levels, differences before and after case-mix, gaps inside units.

What units of one kind have in common may come from who chooses them: listing is a choice, and no
case-mix takes that away. Every row points to that note.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.tables.unit_clustering import clustering
from equity_pipeline.tables.unit_facts import UNIT, cells_in, newest_long, unit_facts
from equity_pipeline.vocabulary import ALL, MISSING, TOTAL, vocabulary

FORM = "structure_variation"
STRUCTURES = ("provider_type", "financing_type")
SELECTION_NOTE = "SEL1"
CELL = ["indicator_id", "dimension", "level"]
NEEDS = ("need_b", "need_a")
NUMBERS = (
    "n_listed", "n_denominator", "mean_", "diff_", "within_gap_mean", "unit_icc", "mor", "share_",
)  # fmt: skip


def structure_variation(given: Given) -> Made:
    """Return T4b of the newest long period, a row for each indicator, structure and kind of unit.

    Levels and differences are those of the estimates, with their cluster intervals. A kind with
    fewer units than the configuration asks for has a row without numbers.
    """
    period = newest_long(given)
    held = given.estimates
    held = held[(held["period_code"] == period) & held["dimension"].isin(STRUCTURES)]
    if period is None or held.empty:
        return Made({FORM: StratifiedTable.of(FORM, pd.DataFrame())})
    made = _levels(held)
    made = _with_differences(made, held)
    made = _with_units(made, given)
    made = made.merge(pd.DataFrame(_clustered(given, period, made)), on=CELL[:2], how="left")
    made = _without_few(made, given.options.fewest_units)
    made = made.assign(period_code=period, selection_note_id=SELECTION_NOTE)
    made = given.context.level_words(given.context.complete(made), "level", "level_label")
    made = made.rename(
        columns={
            "dimension": "structure_dimension",
            "declared_reference": "reference_level",
            "level_label_order": "level_order",
        }
    )
    return Made({FORM: StratifiedTable.of(FORM, made)})


def _levels(held: pd.DataFrame) -> pd.DataFrame:
    values = held[(held["measure"] == "value") & (held["strat2_level"] == ALL)]
    crude = values[values["adjustment"] == "crude"]
    made = crude[[*CELL, "value", "n_clusters", "n_denominator"]].rename(
        columns={"value": "mean_value", "n_clusters": "n_units"}
    )
    std = values[values["adjustment"] == "standardised"][[*CELL, "value"]]
    made = made.merge(std.rename(columns={"value": "mean_std"}), on=CELL, how="left")
    return made[made["level"] != MISSING]


def _with_differences(made: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Add the difference to the reference, crude and by the fullest case-mix there is."""
    gaps = held[held["measure"] == "gap_abs"]
    made = made.merge(_named(gaps, "crude", "diff_to_reference"), on=CELL, how="left")
    there = gaps[gaps["adjustment"].isin(NEEDS)].assign(
        order=lambda rows: rows["adjustment"].map(NEEDS.index)
    )
    fullest = there.sort_values("order").drop_duplicates(CELL)
    return made.merge(_named(fullest, None, "diff_after_casemix"), on=CELL, how="left")


def _named(gaps: pd.DataFrame, adjustment: str | None, name: str) -> pd.DataFrame:
    one = gaps if adjustment is None else gaps[gaps["adjustment"] == adjustment]
    ends = {"value": name, "lower": f"{name}_lower", "upper": f"{name}_upper"}
    kept = [*CELL, *ends, *(["need_model"] if adjustment is None else [])]
    return one[kept].rename(columns=ends)


def _with_units(made: pd.DataFrame, given: Given) -> pd.DataFrame:
    """Add what the units of each kind have: people listed, and the mean gap inside them."""
    units = unit_facts(given)
    parts = []
    inside = _inside(given)
    for name in STRUCTURES:
        listed = units.groupby(name)["listed_n"].sum(min_count=1).rename("n_listed")
        one = made[made["dimension"] == name].merge(
            listed.rename_axis("level").reset_index(), on="level", how="left"
        )
        told = inside.merge(units[name].rename("level"), left_on=UNIT, right_index=True)
        kinds = told.groupby(["indicator_id", "level"])
        weighed = kinds[["mass", "weighed"]].sum()
        enough = (weighed["mass"] > 0) & (kinds.size() >= given.options.fewest_units)
        mean = (weighed["weighed"] / weighed["mass"].where(enough)).rename("within_gap_mean")
        parts.append(one.merge(mean.reset_index(), on=["indicator_id", "level"], how="left"))
    return pd.concat(parts, ignore_index=True)


def _inside(given: Given) -> pd.DataFrame:
    """Return the gap inside each unit with its weight: the people it rests on."""
    nothing = pd.DataFrame({"indicator_id": [], UNIT: [], "mass": [], "weighed": []})
    if "unit_variation" not in given.made:
        return nothing.astype({"indicator_id": object, UNIT: object})
    held = given.made["unit_variation"].data.select(
        ["indicator_id", "geography_level", "geography_code", "n_denominator", "within_gap_harm"]
    )
    rows = held.to_pandas()
    rows = rows[(rows["geography_level"] == "unit") & rows["within_gap_harm"].notna()]
    rows = rows.rename(columns={"geography_code": UNIT, "n_denominator": "mass"})
    return pd.DataFrame(rows.assign(weighed=rows["mass"] * rows["within_gap_harm"]))


def _clustered(given: Given, period: str, made: pd.DataFrame) -> Iterator[dict[str, Any]]:
    units = unit_facts(given)
    known = {name: units[name].dropna() for name in STRUCTURES}
    traits = {
        name: {str(unit): str(code) for unit, code in one.items()} for name, one in known.items()
    }
    for indicator in made["indicator_id"].unique():
        cells = cells_in(given.cells.of("one_way", indicator, period_code=period), period, TOTAL)
        found = clustering(cells, given.context.declared[indicator], traits)
        for name in STRUCTURES:
            yield {
                "indicator_id": indicator,
                "dimension": name,
                "unit_icc": found.icc,
                "mor": found.median_ratio,
                "share_between_unit_variance_explained": found.explained[name],
            }


def _without_few(made: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """Return the rows with the numbers of kinds of few units empty, and differences from them."""
    few = made["n_units"] < fewest
    made = made.copy()
    numbers = [one for one in made if str(one).startswith(NUMBERS)]
    made.loc[few, numbers] = np.nan
    references = _references(made[few])
    lost = [
        (i, d) in references for i, d in zip(made["indicator_id"], made["dimension"], strict=True)
    ]
    differences = [one for one in made if str(one).startswith("diff_")]
    made.loc[lost, differences] = np.nan
    made["value_status"] = np.where(
        few, "not_estimated", np.where(made["mean_value"].isna(), "no_population", "shown")
    )
    return made


def _references(few: pd.DataFrame) -> set[tuple[str, str]]:
    known = vocabulary().dimensions
    return {
        (indicator, name)
        for indicator, name, level in zip(
            few["indicator_id"], few["dimension"], few["level"], strict=True
        )
        if level == known[name].reference
    }
