"""T2: the gap summary, a projection of the estimates with verdict states and multiplicity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equity_pipeline.statistics import gaps, multiplicity
from equity_pipeline.tables.bounds import too_much_missing, with_gap_bounds
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.few_units import few_units, without_few
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.gap_flags import WHOLE, is_second, of_division, reversals, shapes
from equity_pipeline.tables.places import place_contrasts
from equity_pipeline.tables.table import StratifiedTable, conform
from equity_pipeline.vocabulary import ALL, vocabulary

PAIR = [*WHOLE, "level", "reference_level"]
PAIR_MEASURES = ("gap_harm", "ratio", "ratio_unfavourable")
WHOLE_MEASURES = ("sii", "rii", "conc_index", "erreygers_index")
NEEDS = ("need_a", "need_b", "need_c")
POINT_MEASURES = ("mean_diff_from_best", "between_group_sd")


def gap_form(given: Given) -> Made:
    """Return T2 of the region, its municipalities and its units."""
    few = few_units(given.estimates, given.context, given.options.fewest_units)
    return Made({"gap": gap(given.estimates, given.context, place_contrasts(given), few)})


def gap(
    estimates: pd.DataFrame,
    context: FormContext,
    places: pd.DataFrame | None = None,
    few: pd.MultiIndex | None = None,
) -> StratifiedTable:
    """Return T2: one row a focus level and adjustment, with its gap, gradient and evidence state.

    Parameters
    ----------
    estimates
        The long table.
    context
        What stands in every row.
    places
        Declared contrasts within units and municipalities (``places.place_contrasts``).
    few
        Levels of so few units that they have no numbers (``few_units``).
    """
    made = _of_region(estimates, context)
    if few is not None and len(made):
        rest_on_all = (*WHOLE_MEASURES, *POINT_MEASURES, "gradient_shape")
        made = without_few(made, few, "gap", "level", "reference_level", whole=rest_on_all)
    if places is not None and len(places):
        made = pd.concat([made, places], ignore_index=True)
    if made.empty:
        return StratifiedTable("gap", conform("gap", pd.DataFrame()))
    made = _with_declarations(context.located(made), context)
    made = context.complete(made.drop(columns=["unit", "headline"]))
    made = _with_evidence(_with_multiplicity(made), context)
    made["eco_reversal_flag"] = reversals(made)
    made["maup_flag"] = of_division(made)
    made = made[~is_second(made["dimension"])]
    return StratifiedTable("gap", conform("gap", _with_words(made, context)))


def _of_region(estimates: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    pairs = estimates[estimates["measure"] == "gap_abs"]
    if pairs.empty:
        return pd.DataFrame(columns=PAIR)
    kept = [*PAIR, "value", "lower", "upper", "method", "need_model", "p_value", "n_clusters"]
    made = pairs[kept].rename(
        columns={
            "value": "gap_abs",
            "lower": "gap_abs_lower",
            "upper": "gap_abs_upper",
            "method": "ci_method",
        }
    )
    for measure in PAIR_MEASURES:
        made = _joined(made, estimates, measure, PAIR)
    for measure in (*WHOLE_MEASURES, *POINT_MEASURES):
        made = _joined(made, estimates, measure, WHOLE)
    return with_gap_bounds(_with_levels(made, estimates, context), estimates, context)


def _joined(
    made: pd.DataFrame, estimates: pd.DataFrame, measure: str, on: list[str]
) -> pd.DataFrame:
    one = estimates[estimates["measure"] == measure]
    names = {"value": measure, "lower": f"{measure}_lower", "upper": f"{measure}_upper"}
    return made.merge(
        one[[*on, "value", "lower", "upper"]].rename(columns=names), on=on, how="left"
    )


def _with_levels(made: pd.DataFrame, estimates: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    """Add the two groups' values and counts, and the shape of the gradient."""
    values = estimates[(estimates["measure"] == "value") & (estimates["strat2_level"] == ALL)]
    one = values[[*WHOLE, "level", "value", "n_denominator"]]
    made = made.merge(
        one.rename(columns={"value": "focus_value", "n_denominator": "n_focus"}),
        on=[*WHOLE, "level"],
        how="left",
    )
    made = made.merge(
        one.rename(
            columns={
                "level": "reference_level",
                "value": "reference_value",
                "n_denominator": "n_reference",
            }
        ),
        on=[*WHOLE, "reference_level"],
        how="left",
    )
    return made.merge(shapes(values, context), on=WHOLE, how="left")


def _with_declarations(made: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    about = pd.DataFrame(
        [
            {
                "indicator_id": one.id,
                "direction": one.direction,
                "mid": one.mid if one.mid is not None else np.nan,
                "mid_relative": one.mid_relative if one.mid_relative is not None else np.nan,
                "floor": one.floor if one.floor is not None else np.nan,
                "domain": one.domain,
                "unit": one.unit,
                "headline": one.headline_adjustment,
            }
            for one in context.declared.values()
        ]
    )
    made = made.merge(about, on="indicator_id", how="left")
    made["mid"] = made["mid"].fillna(made["mid_relative"] * made["reference_value"].abs())
    of_region = made["geography_level"] == "region"
    made["is_headline"] = of_region & (made["adjustment"] == _headlines(made))
    return made


def _headlines(made: pd.DataFrame) -> pd.Series[str]:
    """Return each row's headline adjustment: the declared one, or the fullest need there is.

    Where a delivery lacks morbidity, an indicator whose need includes it is headed by age and
    sex, and ``need_model`` says so; an adjusted indicator is never headed by its crude value.
    """
    key = list(zip(*(made[name] for name in WHOLE[:3]), strict=True))
    there: dict[tuple[str, ...], set[str]] = {}
    for one, adjustment in zip(key, made["adjustment"], strict=True):
        there.setdefault(one, set()).add(adjustment)
    chosen = []
    for one, declared in zip(key, made["headline"], strict=True):
        weaker = NEEDS[: NEEDS.index(declared) + 1] if declared in NEEDS else (declared,)
        chosen.append(next((need for need in reversed(weaker) if need in there[one]), declared))
    return pd.Series(chosen, index=made.index)


def _with_multiplicity(made: pd.DataFrame) -> pd.DataFrame:
    """Adjust p within domain, dimension and adjustment of a period: the declared family.

    All units, and all municipalities, are a family of their own. A comparison that could not be
    estimated has no p but counts: it was asked.
    """
    made = made.copy()
    whole = made["geography_level"] == "region"
    family = made["domain"] + "/" + made["dimension"] + "/" + made["adjustment"]
    made["test_family"] = family.where(whole, family + "/" + made["geography_level"])
    key = (made["test_family"] + "|" + made["period_code"]).to_numpy(dtype=str)
    adjusted = multiplicity.within_families(made["p_value"].to_numpy(np.float64), key)
    made["p_fdr"] = adjusted.q
    made["n_in_family"] = adjusted.comparisons
    return made


def _with_evidence(made: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    """Set the evidence state from the interval of ``gap_harm`` against the declared limit.

    Where more than a fifth of the people lack the dimension, nothing is judged.
    """
    made = made.copy()
    state = gaps.evidence_state(
        made["gap_harm_lower"].to_numpy(),
        made["gap_harm_upper"].to_numpy(),
        made["mid"].to_numpy(),
    ).astype(object)
    below = made["floor"].notna() & (
        made[["focus_value", "reference_value"]].min(axis=1) < made["floor"]
    )
    state[too_much_missing(made, context).to_numpy()] = "not_assessable"
    state[(made["direction"] == "neutral") | below] = "not_applicable"
    made["evidence_state"] = state
    made["value_status"] = np.where(made["gap_abs"].isna(), "not_estimated", "shown")
    return made


def _with_words(made: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    known = vocabulary()
    made = context.level_words(made, "level", "focus_label")
    made = context.level_words(made, "reference_level", "reference_label")
    words = known.codes["adjustment"]
    made["adjustment_label_sv"] = made["adjustment"].map(lambda code: words[code].sv)
    made["adjustment_label_en"] = made["adjustment"].map(lambda code: words[code].en)
    made["is_declared_contrast"] = made["level"].eq(made["declared_focus"])
    states = known.codes["evidence_state"]
    made["evidence_state_label_sv"] = made["evidence_state"].map(lambda code: states[code].sv)
    clustered = made["gap_abs_lower"].notna() & (made["geography_level"] == "region")
    unit = pd.Series(context.cluster_unit, index=made.index)
    made["cluster_unit"] = unit.where(clustered, None)
    return made.rename(columns={"level": "focus_level"})
