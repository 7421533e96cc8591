"""T3: how much crossed groups separate people, and which differ beyond their main effects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from scipy.stats import rankdata

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.tables.blocks import stacked
from equity_pipeline.tables.cells import FloatArray, IntArray
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.maihda_fit import Fitted, family_of, fit
from equity_pipeline.tables.newest import newest_periods
from equity_pipeline.tables.strata import KEYS, Crossed, crossed
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.vocabulary import ALL, MISSING, STRATA, vocabulary

NOT_CROSSED = "none"
CLASSES = ("none", "weak", "fair", "good", "very_good", "excellent")


def intersections(given: Given) -> Made:
    """Return T3: the model of each indicator, its strata, and the persons in each of them.

    Parameters
    ----------
    given
        Cells of ``strata``; limits of the classes and the smallest stratum.

    Notes
    -----
    Strata of few persons are in the fit, and the door hides them. An interaction is told only
    where its interval excludes 0, and nothing is said of single strata where the strata hold less
    than ``vpc_speaks_from`` of the variance.
    """
    models: list[dict[str, Any]] = []
    strata: list[dict[str, Any]] = []
    counted: list[dict[str, Any]] = []
    for declared, period in newest_periods(given):
        about = {"indicator_id": declared.id, "period_code": period}
        if declared.kind == "area_mean":
            models.append(about | _reasoned("published_only", "not_applicable"))
            continue
        held = crossed(given.cells.of("strata", declared.id, period_code=period))
        about |= _definition(held)
        found = fit(held, declared, smallest=given.options.smallest_stratum)
        if isinstance(found, str):
            status = "not_applicable" if found == "no_strata" else "not_estimated"
            models.append(about | _reasoned(found, status))
            continue
        models.append(about | _model(held, found, given.options))
        strata.append(about | _strata(held, found, declared, given.options))
        counted += [about | _counted(held), about | _counted_together(held)]
    return Made(
        {
            "maihda_model": _table("maihda_model", models, "value_status", given.context),
            "maihda_strata": _table("maihda_strata", strata, "stratum_id", given.context),
        },
        persons=_persons(counted, given.context),
    )


def _definition(held: Crossed) -> dict[str, Any]:
    """Return what is crossed; areas are told as areas."""
    words = vocabulary().column
    is_area = "area_class" in held.dimensions
    said = {
        f"strata_definition_{tongue}": " × ".join(
            getattr(words(name).label, tongue).lower() for name in held.dimensions
        )
        for tongue in ("sv", "en")
    }
    return said | {
        "strata_definition": "+".join(held.dimensions) or NOT_CROSSED,
        "ses_measurement_level": "area" if is_area else "individual",
    }


def _reasoned(reason: str, status: str) -> dict[str, Any]:
    words = vocabulary().codes["not_estimated_reason"][reason]
    return {
        "strata_definition": NOT_CROSSED,
        "value_status": [status],
        "not_estimated_reason": reason,
        "not_estimated_sv": words.sv,
        "not_estimated_en": words.en,
    }


def _model(held: Crossed, found: Fitted, options: FormSettings) -> dict[str, Any]:
    model, persons = found.model, held.persons[0]
    nothing = model.null.at_bound
    accuracy = np.nan if nothing else float(model.auc_null.value)
    bound = "null" if nothing else "additive" if model.additive.at_bound else None
    label, *reach = _classes(found, options)
    words = vocabulary().codes
    # what is read of a share is said with its uncertainty
    readings = [words["vpc_reading"][label], words["vpc_certainty"][_certainty(reach)]]
    made: dict[str, Any] = {
        "value_status": ["shown"],
        "n_persons": persons.sum(),
        "n_left_out": held.left_out[0],
        "n_strata": len(persons),
        "n_strata_under_20": (persons < options.smallest_stratum).sum(),
        "vpc_label": label,
        "vpc_label_sv": words["vpc_label"][label].sv,
        "vpc_label_en": words["vpc_label"][label].en,
        "auc_null": accuracy,
        "auc_age_sex": found.auc_age_sex,
        "delta_auc": accuracy - found.auc_age_sex,
        "mor_null": np.nan if nothing else float(model.mor_null.value),
        "boundary_flag": bound is not None,
        "boundary_sv": words["boundary"][bound].sv if bound else None,
        "boundary_en": words["boundary"][bound].en if bound else None,
        "fit_method": model.fit_method.value,
        "converged": True,
        "reading_sv": " ".join(one.sv for one in readings),
        "reading_en": " ".join(one.en for one in readings),
    }
    # at the bound a 0 would read as "there is none": limits stand, values do not
    for name, one, is_told in (
        ("sigma2_null", model.null.variance, not nothing),
        ("vpc_null", model.vpc_null, not nothing),
        ("sigma2_main", model.additive.variance, bound is None),
        ("vpc_main", model.vpc_additive, bound is None),
        ("pcv", model.pcv, bound is None),
    ):
        made |= _with_limits(name, one, is_told)
    return made


def _classes(found: Fitted, options: FormSettings) -> list[str]:
    """Return the class of the share of variance between strata, and those of its limits."""
    share = found.model.vpc_null
    value = 0.0 if found.model.null.at_bound else float(share.value)
    ends = (value, float(share.lower), float(share.upper))
    return [CLASSES[int(np.searchsorted(options.vpc_limits, one, side="right"))] for one in ends]


def _certainty(reach: list[str]) -> str:
    return "certain" if reach[0] == reach[1] else "uncertain"


def _speaks(found: Fitted, options: FormSettings) -> bool:
    """Whether single strata may be spoken of: they hold enough variance, and certainly some."""
    if found.model.null.at_bound:
        return False
    share = found.model.vpc_null
    return bool(share.value >= options.vpc_speaks_from and share.lower > 0)


def _with_limits(name: str, one: Estimate, is_told: bool) -> dict[str, float]:
    return {
        name: float(one.value) if is_told else np.nan,
        f"{name}_lower": float(one.lower),
        f"{name}_upper": float(one.upper),
    }


def _strata(
    held: Crossed, found: Fitted, declared: Declaration, options: FormSettings
) -> dict[str, Any]:
    effect = found.interaction
    is_told = (effect.lower > 0) | (effect.upper < 0)
    flag = np.where(is_told, np.where(effect.value > 0, "positive", "negative"), "none")
    speaks = _speaks(found, options)
    n, _, s, *_ = held.sums
    is_counted = declared.is_proportion or family_of(declared).value == "poisson"
    lower, upper = _places(found.total)
    return {
        **{name: held.levels[name].to_numpy() for name in KEYS},
        "stratum_id": held.ids,
        "stratum_label_sv": held.words("sv"),
        "stratum_label_en": held.words("en"),
        "narrative_allowed": speaks,
        "value_status": "shown",
        "n": n.round(),
        "n_events": s.round() if is_counted else np.nan,
        "raw_rate": found.value,
        "pred_total": found.total.value,
        "pred_total_lower": found.total.lower,
        "pred_total_upper": found.total.upper,
        "pred_main_only": found.main.value,
        "interaction_effect": np.where(is_told, effect.value, np.nan),
        "interaction_effect_lower": np.where(is_told, effect.lower, np.nan),
        "interaction_effect_upper": np.where(is_told, effect.upper, np.nan),
        "interaction_flag": flag,
        "rank_total": rankdata(found.total.value),
        "rank_lower": lower,
        "rank_upper": upper,
        "stratum_reading_sv": _readings(flag, "sv", speaks),
        "stratum_reading_en": _readings(flag, "en", speaks),
    }


def _counted(held: Crossed) -> dict[str, Any]:
    """Return the persons of each stratum."""
    return {"level": held.ids} | _behind(held.persons, held.largest)


def _counted_together(held: Crossed) -> dict[str, Any]:
    """Return the persons of all strata, and those who are in none: the model tells of both."""
    persons = np.stack([held.persons.sum(axis=1), held.left_out], axis=1)
    return {"level": [ALL, MISSING]} | _behind(persons, held.largest_of_all)


def _behind(persons: IntArray, largest: FloatArray) -> dict[str, Any]:
    names = ("n_persons", "n_persons_with", "n_persons_without", "top_1", "top_2")
    return dict(zip(names, [*persons, *largest], strict=True))


def _places(total: Estimate) -> tuple[FloatArray, FloatArray]:
    """Return the places that the intervals allow: those surely below, and all but those above."""
    below = (total.upper[np.newaxis] < total.lower[:, np.newaxis]).sum(axis=1)
    above = (total.lower[np.newaxis] > total.upper[:, np.newaxis]).sum(axis=1)
    return below + 1.0, len(below) - above.astype(np.float64)


def _readings(flag: np.ndarray[Any, Any], tongue: str, speaks: bool) -> list[str | None]:
    words: Mapping[str, str] = {
        code: getattr(one, tongue) for code, one in vocabulary().codes["stratum_reading"].items()
    }
    return [words.get(str(one)) if speaks else None for one in flag]


def _table(
    form: str, blocks: list[dict[str, Any]], by: str, context: FormContext
) -> StratifiedTable:
    made = stacked(blocks, by=by)
    if made.empty:
        return StratifiedTable.of(form, made)
    level = made.pop("ses_measurement_level") if "ses_measurement_level" in made else None
    done = context.complete(made.assign(dimension=STRATA)).drop(columns="ses_measurement_level")
    done["ses_measurement_level"] = "not_applicable" if level is None else level.to_numpy()
    done["ses_measurement_level"] = done["ses_measurement_level"].fillna("not_applicable")
    return StratifiedTable.of(form, done)


def _persons(counted: list[dict[str, Any]], context: FormContext) -> PersonCounts | None:
    if not counted:
        return None
    held = stacked(counted, by="level").assign(dimension=STRATA, strat2_level=ALL)
    return PersonCounts.of(held, periods=dict(_spans(context)), geography_code=context.region_code)


def _spans(context: FormContext) -> Iterator[tuple[str, tuple[Any, Any]]]:
    columns = ("period_code", "period_start", "period_end")
    for code, start, end in zip(*(context.periods[one] for one in columns), strict=True):
        yield str(code), (start, end)
