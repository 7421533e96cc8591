"""T12: where in a chain of care a group falls behind, step by step among those who came so far."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equity_pipeline.errors import MethodError
from equity_pipeline.indicators.pathway import Pathway, Step, pathways
from equity_pipeline.tables.cells import slices
from equity_pipeline.tables.chain_steps import step_rows
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.sums import REGION, newest_long_period, whole, with_words
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import TOTAL, vocabulary

FORM = "care_chain"
GROUP = ["pathway", "dimension", "level"]
PART = [*GROUP, "segment_no"]
FAMILIES = {"individual", "area", "structural"}
# a count of persons over an expected number: the door must look at who is with and without
KIND_OF_EXPECTED = "rate"
ADDS_UP = 1e-9


def care_chain(given: Given) -> Made:
    """Return T12 of the newest long period: every chain by the dimensions with a contrast.

    Parameters
    ----------
    given
        One-way cells of the measures of every pathway.

    Raises
    ------
    MethodError
        If steps are not counted among those through the step before: contributions would not add
        up to the log ratio of the whole part.

    Notes
    -----
    The contribution of a step is the log of the reference's rate over the group's own: above zero
    the group loses more there. Contributions add up to the log ratio of all who came through. The
    bottleneck is the step with the largest contribution, and only if its interval excludes zero;
    a chain has at most one a group. No contribution says why.
    """
    kinds = {
        step.measure.id: KIND_OF_EXPECTED
        for chain in pathways().values()
        for step in chain.steps
        if step.measure.kind == "ratio"
    }
    period = newest_long_period(given.context)
    blocks = [] if period is None else [_chain(given, one, period) for one in pathways().values()]
    blocks = [one for one in blocks if len(one)]
    if not blocks:
        return Made({FORM: StratifiedTable.of(FORM, pd.DataFrame())}, None, kinds)
    rows = _flagged(_summed(pd.concat(blocks, ignore_index=True)))
    return Made({FORM: StratifiedTable.of(FORM, _worded(rows, given))}, None, kinds)


def shown_dimensions() -> tuple[str, ...]:
    """Return the total and the dimensions with a contrast declared before data, in order.

    Examples
    --------
    >>> shown_dimensions()[:3]
    ('total', 'sex', 'education')
    """
    return tuple(
        one.name
        for one in vocabulary().dimensions.values()
        if one.name == TOTAL or (one.family in FAMILIES and one.reference is not None)
    )


def _chain(given: Given, chain: Pathway, period: str) -> pd.DataFrame:
    """Return the steps of a chain, also those that nobody delivered the data of."""
    held = [_step(given, step, period) for step in chain.steps]
    found = [one for one in held if len(one)]
    if not found:
        return pd.DataFrame()
    made = pd.concat(found, ignore_index=True)
    groups = made[["dimension", "level", "reference_level"]].drop_duplicates(["dimension", "level"])
    grid = groups.merge(_steps(chain), how="cross")
    made = grid.merge(
        made.drop(columns="reference_level"), on=["dimension", "level", "step_no"], how="left"
    )
    delivered = made["step_no"].isin(set(pd.concat(found)["step_no"]))
    missing = np.where(delivered, "no_population", "not_reported")
    made["value_status"] = np.where(made["n_in"] > 0, "shown", missing)
    return made.assign(
        pathway=chain.code,
        pathway_label_sv=chain.label.sv,
        pathway_label_en=chain.label.en,
        period_code=period,
    )


def _steps(chain: Pathway) -> pd.DataFrame:
    before = [chain.steps[0], *chain.steps[:-1]]
    return pd.DataFrame(
        [
            {
                "step_no": step.number,
                "segment_no": step.segment,
                "starts_anew": step.starts_anew,
                "step_label_sv": step.label.sv,
                "step_label_en": step.label.en,
                "indicator_id": step.measure.id,
                "indicator_id_before": (step if step.starts_anew else last).measure.id,
            }
            for step, last in zip(chain.steps, before, strict=True)
        ]
    )


def _step(given: Given, step: Step, period: str) -> pd.DataFrame:
    shown = set(shown_dimensions())
    cells = slices(given.cells.of("one_way", step.measure.id, period_code=period))
    blocks = [
        step_rows(one, is_share=step.measure.is_proportion)
        for one in cells
        if one.dimension in shown
    ]
    if not blocks:
        return pd.DataFrame()
    return pd.concat(blocks, ignore_index=True).assign(step_no=step.number)


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the share that has come so far, having checked that parts add up."""
    made = rows.sort_values([*GROUP, "step_no"], ignore_index=True)
    made["cumulative_rate"] = made.groupby(PART)["conditional_rate"].cumprod()
    first = made.groupby(PART)["n_in"].transform("first")
    through = made["n_out"] / first.where(first > 0)
    off = (made["cumulative_rate"] - through).abs() > ADDS_UP * np.maximum(1, through)
    if off.any():
        raise MethodError(
            "Steps of a care chain are counted on other people than those through the step before: "
            + ", ".join(sorted(set(made.loc[off, "indicator_id"])))
            + ".",
            where="indicators/pathways",
            mend="let a step that begins with others say starts_anew",
        )
    return made


def _flagged(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the bottleneck of each group: of all steps, the largest contribution.

    Where no side was declared the worse off beforehand, contributions count either way.
    """
    rules = {one.name: one.focus_rule for one in vocabulary().dimensions.values()}
    two_sided = rows["dimension"].map(rules) == "two_sided"
    value = rows["step_contribution_to_gap"]
    size = value.where(~two_sided, value.abs())
    lower, upper = rows["step_contribution_to_gap_lower"], rows["step_contribution_to_gap_upper"]
    clear = (lower > 0) | (two_sided & (upper < 0))
    largest = size == size.groupby([rows[name] for name in GROUP]).transform("max")
    flag = (largest & clear).astype(object)
    return rows.assign(bottleneck_flag=flag.where(value.notna(), None))


def _worded(rows: pd.DataFrame, given: Given) -> pd.DataFrame:
    known = vocabulary()
    made = rows.assign(
        geography_level=REGION,
        geography_code=given.context.region_code,
        n_in=whole(rows["n_in"]),  # an expected number is no whole one
        n_out=whole(rows["n_out"]),
    )
    made = given.context.complete(with_words(made, given))
    pairs = list(zip(made["dimension"], made["reference_level"], strict=True))
    words = [known.level_label(*pair) if isinstance(pair[1], str) else None for pair in pairs]
    made["reference_label_sv"] = [one.sv if one else None for one in words]
    made["reference_label_en"] = [one.en if one else None for one in words]
    made["is_declared_contrast"] = (made["level"] == made["declared_focus"]) & (
        made["reference_level"] == made["declared_reference"]
    )
    return made
