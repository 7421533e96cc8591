"""T1: the stratified table, a projection of the estimates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equity_pipeline.tables.bounds import missing_share, with_value_bounds
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.few_units import few_units, without_few
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.gap_flags import is_second
from equity_pipeline.tables.places import PLACE, persons_of, place_values
from equity_pipeline.tables.table import StratifiedTable, conform
from equity_pipeline.vocabulary import ALL, TOTAL, vocabulary

CELL = ["indicator_id", "period_code", "dimension", "level", "strat2_level"]
BOUNDS = ("lower", "upper")
VALUE_OF = {
    "crude": "value_crude",
    "standardised": "value_std",
    "need_a": "value_need_a",
    "need_b": "value_need_b",
    "need_c": "value_need_c",
}


def stratified_form(given: Given) -> Made:
    """Return T1 of the region and its places, with the persons behind the places' rows."""
    places = place_values(given)
    few = few_units(given.estimates, given.context, given.options.fewest_units)
    table = stratified(given.estimates, given.context, given.published, places, few)
    return Made({"stratified": table}, persons_of(places, given))


def stratified(
    estimates: pd.DataFrame,
    context: FormContext,
    published: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
    few: pd.MultiIndex | None = None,
) -> StratifiedTable:
    """Return T1: one row a group, with the crude, standardised and need-adjusted values.

    Parameters
    ----------
    estimates
        The long table.
    context
        What stands in every row.
    published
        Values that others published for whole areas (municipalities, the country), in the columns
        ``indicator_id, period_code, geography_level, geography_code, geography_name, value`` and
        the ``value_lower, value_upper`` that they gave, if any: shown beside, never estimated.
    places
        Rows of municipalities, areas and units (``places.place_values``).
    few
        Levels of so few units that they have no numbers (``few_units``).
    """
    values = estimates[(estimates["measure"] == "value") & ~is_second(estimates["dimension"])]
    made = values[values["adjustment"] == "crude"][
        [*CELL, "n_denominator", "n_numerator", "method", "n_clusters"]
    ].rename(columns={"method": "ci_method"})
    for adjustment, column in VALUE_OF.items():
        one = values[values["adjustment"] == adjustment]
        made = made.merge(
            one[[*CELL, "value", "lower", "upper"]].rename(
                columns={
                    "value": column,
                    "lower": f"{column}_lower",
                    "upper": f"{column}_upper",
                }
            ),
            on=CELL,
            how="left",
            validate="one_to_one",
        )
    made = made.merge(_need_models(values), on=CELL, how="left")
    made = made.merge(context.persons[[*CELL, "n_persons"]], on=CELL, how="left")
    made = made.merge(missing_share(context), on=CELL[:3], how="left")
    if published is not None and len(published):
        own = made[~_is_published(made, published, context.region_code)]
        made = pd.concat([own, _published(published)], ignore_index=True)
    if places is not None and len(places):
        made = pd.concat([made, places], ignore_index=True)
    return StratifiedTable("stratified", conform("stratified", _finish(made, context, few)))


def _need_models(values: pd.DataFrame) -> pd.DataFrame:
    """Return what each cell's need models hold, each said once."""
    need = values[values["adjustment"].isin(["need_a", "need_b", "need_c"])]
    told = need[[*CELL, "adjustment", "need_model"]].drop_duplicates([*CELL, "need_model"])
    words = told[told["need_model"] != ""].pivot(
        index=CELL, columns="adjustment", values="need_model"
    )
    said = pd.Series("", index=words.index)
    for column in words:
        more = words[column].fillna("")
        said = said + ("; " + more).where((said != "") & (more != ""), more)
    return said.rename("need_model").reset_index()


def _is_published(made: pd.DataFrame, published: pd.DataFrame, region_code: str) -> pd.Series[bool]:
    """Return which totals the publisher gives for the whole region: its figure then stands."""
    whole = published[published["geography_code"] == region_code]
    given = set(zip(whole["indicator_id"], whole["period_code"], strict=True))
    key = zip(made["indicator_id"], made["period_code"], made["dimension"], strict=True)
    held = [name == TOTAL and (one, period) in given for one, period, name in key]
    return pd.Series(held, index=made.index, dtype=bool)


def _published(published: pd.DataFrame) -> pd.DataFrame:
    words = {"value": "value_crude"} | {f"value_{end}": f"value_crude_{end}" for end in BOUNDS}
    return published.rename(columns=words).assign(
        dimension=TOTAL, level=ALL, strat2_level=ALL, ci_method="published"
    )


def _finish(
    made: pd.DataFrame, context: FormContext, few: pd.MultiIndex | None = None
) -> pd.DataFrame:
    made = with_value_bounds(context.located(made), context, [*CELL, *PLACE])
    made = context.level_words(context.complete(made), "level", "level_label")
    made = made.rename(columns={"level_label_order": "level_order"})
    sexes = vocabulary().codes["sex"]
    made["strat2_dimension"] = made["strat2_level"].map(
        lambda code: TOTAL if code == ALL else "sex"
    )
    words = {ALL: vocabulary().label("total", ALL), **sexes}
    made["strat2_label_sv"] = made["strat2_level"].map(lambda code: words[code].sv)
    made["strat2_label_en"] = made["strat2_level"].map(lambda code: words[code].en)
    nobody = made["value_crude"].isna()
    if few is not None:
        made = without_few(made, few, "stratified", "level")
    made["value_status"] = np.where(made["value_crude"].notna(), "shown", "not_estimated")
    made.loc[nobody, "value_status"] = "no_population"
    standard = f"region_{context.region_code}_{context.base_period}"
    of_places = made["geography_level"] != "region"
    told = of_places.map({True: f"{standard}_sex", False: standard})
    made["standard_population"] = told.where(made["value_std"].notna(), None)
    keys = zip(made["indicator_id"], made["period_code"], made["dimension"], strict=True)
    made["area_class_variant"] = [_variant(*key, context) for key in keys]
    unit = pd.Series(context.cluster_unit, index=made.index)
    made["cluster_unit"] = unit.where(made["n_clusters"] > 1, None)
    return made


def _variant(indicator: str, period: str, dimension: str, context: FormContext) -> str | None:
    if dimension != "area_class":
        return None
    return "four_criteria" if (indicator, period) in context.four_criteria else "five_criteria"
