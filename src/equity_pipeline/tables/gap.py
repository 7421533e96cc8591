"""T2: the gap summary, a projection of the estimates with verdict states and multiplicity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equity_pipeline.statistics import gaps, gradient, multiplicity
from equity_pipeline.tables.context import Z95, FormContext
from equity_pipeline.tables.table import StratifiedTable, conform
from equity_pipeline.vocabulary import ALL, MISSING, vocabulary

WHOLE = ["indicator_id", "period_code", "dimension", "adjustment"]
PAIR = [*WHOLE, "level", "reference_level"]
PAIR_MEASURES = ("gap_harm", "ratio", "ratio_unfavourable")
WHOLE_MEASURES = ("sii", "rii", "conc_index", "erreygers_index")
NEEDS = ("need_a", "need_b", "need_c")
POINT_MEASURES = ("mean_diff_from_best", "between_group_sd")
# the same trait measured on persons and on areas
LEVELS_OF_ONE_TRAIT = {
    "education": "area_education_quintile",
    "income_quintile": "area_income_quintile",
    "employment": "area_employment_quintile",
    "country_of_birth": "area_foreign_born_quintile",
}


def gap(estimates: pd.DataFrame, context: FormContext) -> StratifiedTable:
    """Return T2: one row a focus level and adjustment, with its gap, gradient and evidence state.

    Parameters
    ----------
    estimates
        The long table.
    context
        What stands in every row.
    """
    pairs = estimates[estimates["measure"] == "gap_abs"]
    if pairs.empty:
        return StratifiedTable("gap", conform("gap", pd.DataFrame()))
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
    made = _with_levels(made, estimates, context)
    made = _with_declarations(made, context)
    made = context.complete(made.drop(columns=["unit", "headline"]))
    made = _with_multiplicity(made)
    made = _with_evidence(made)
    made["eco_reversal_flag"] = _reversals(made)
    return StratifiedTable("gap", conform("gap", _with_words(made, context)))


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
    return made.merge(_shapes(values, context), on=WHOLE, how="left")


def _shapes(values: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    known = vocabulary()
    ordered = values[
        values["dimension"].map(lambda name: known.dimensions[name].ordered)
        & (values["level"] != MISSING)
    ]
    rows = []
    for key, group in ordered.groupby(WHOLE, sort=False):
        codes = list(known.levels(str(key[2])))
        order = np.argsort([codes.index(code) for code in group["level"]])
        group = group.iloc[order]
        error = (group["upper"] - group["lower"]).to_numpy() / (2 * Z95)
        direction = context.declared[str(key[0])].direction
        found = gradient.shape(group["value"].to_numpy(), error, direction=direction)
        rows.append([*key, None if found is None else str(found)])
    return pd.DataFrame(rows, columns=[*WHOLE, "gradient_shape"])


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
    made["is_headline"] = made["adjustment"] == _headlines(made)
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

    A comparison that could not be estimated has no p but counts: it was asked.
    """
    made = made.copy()
    made["test_family"] = made["domain"] + "/" + made["dimension"] + "/" + made["adjustment"]
    family = (made["test_family"] + "|" + made["period_code"]).to_numpy(dtype=str)
    adjusted = multiplicity.within_families(made["p_value"].to_numpy(np.float64), family)
    made["p_fdr"] = adjusted.q
    made["n_in_family"] = adjusted.comparisons
    return made


def _with_evidence(made: pd.DataFrame) -> pd.DataFrame:
    """Set the evidence state from the interval of ``gap_harm`` against the declared limit."""
    made = made.copy()
    state = gaps.evidence_state(
        made["gap_harm_lower"].to_numpy(),
        made["gap_harm_upper"].to_numpy(),
        made["mid"].to_numpy(),
    ).astype(object)
    below = made["floor"].notna() & (
        made[["focus_value", "reference_value"]].min(axis=1) < made["floor"]
    )
    state[(made["direction"] == "neutral") | below] = "not_applicable"
    made["evidence_state"] = state
    made["value_status"] = np.where(made["gap_abs"].isna(), "not_estimated", "shown")
    return made


def _reversals(made: pd.DataFrame) -> pd.Series:
    """Flag a trait whose declared contrast has opposite established signs on persons and areas."""
    excludes = (made["gap_abs_lower"] > 0) | (made["gap_abs_upper"] < 0)
    sign = np.sign(made["gap_abs"]).where(excludes, 0.0)
    declared = made["level"].eq(made["declared_focus"]) & made["reference_level"].eq(
        made["declared_reference"]
    )
    key = made["indicator_id"] + "|" + made["period_code"] + "|" + made["adjustment"]
    by_trait: dict[tuple[str, str], float] = dict(
        zip(
            zip(made.loc[declared, "dimension"], key[declared], strict=True),
            sign[declared],
            strict=True,
        )
    )
    partner = LEVELS_OF_ONE_TRAIT | {area: one for one, area in LEVELS_OF_ONE_TRAIT.items()}
    flags = [
        by_trait.get((name, at), 0.0) * by_trait.get((partner.get(name, ""), at), 0.0) < 0
        for name, at in zip(made["dimension"], key, strict=True)
    ]
    return pd.Series(flags, index=made.index)


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
    made["cluster_unit"] = [
        context.cluster_unit if known_limits else None
        for known_limits in made["gap_abs_lower"].notna()
    ]
    return made.rename(columns={"level": "focus_level"})
