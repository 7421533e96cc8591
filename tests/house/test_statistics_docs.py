"""Every public statistic tells its source, what it refuses, and shows numbers that are run."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pytest

from equity_pipeline.cli.methods_page import Statistic, modules, statistics_of
from tests.property.calls import public, register

# tools of the trade, without a formula that anybody wrote first
PLAIN = ("estimate",)
EVERY = [
    one
    for module in modules()
    if module.__name__.rpartition(".")[2] not in PLAIN
    for one in statistics_of(module)
]
PUBLIC = public()
WITHOUT_SOURCE = {
    "gradient.grouped.normalised": "shares of a sum",
    "gradient.ranked.ranked_cells": "reads people for the indices, which have their sources",
    "gradient.ranked.ranked_people": "reads people for the indices, which have their sources",
    "gradient.shape.shape": "our own rule, told in full",
    "gradient.shape.shapes": "our own rule, told in full",
    "inequality.groups.best": "the highest or lowest value",
    "inequality.groups.excess_cases": "people times a difference",
    "judgement.evidence_state": "our own rule, told in full",
    "judgement.harm": "a change of sign",
    "multiplicity.adjust.rejected": "counts",
    "need.adjusters.need_set": "a list of names",
    "need.adjusters.refuse_adjusters": "a list of names",
    "proportions.n_or_nan": "keeps from dividing by 0",
    "quintiles.weighted_quintile": "sorts areas",
    "rates.require_events": "refuses",
    "reweighted.independent": "a rank of columns",
    "reweighted.information": "a product of matrices",
    "standardise.indirect.reference_rates": "events over time",
    "standardise.repeats.from_frequencies": "sums",
    "standardise.weights.own_region": "shares of a sum",
    "trend.direction": "our own rule, told in full",
    "variation.axis.axis_ends": "the ends of a drawing",
    "variation.axis.funnel_axis": "the points of a drawing",
    "variation.funnel.beside": "compares",
    "variation.funnel.outside": "compares",
    "waits.counts.wait_counts": "counts",
    "waits.groups.area_quantiles": "sorts areas",
}


def _name(one: Statistic) -> str:
    return f"{one.module.removeprefix('equity_pipeline.statistics.')}.{one.name}"


def _tells(function: Callable[..., object], section: str) -> bool:
    """Return whether a docstring has a section, or says that another one's holds here."""
    text = inspect.getdoc(function) or ""
    word = {"Raises": "errors"}.get(section, section.lower())
    like = re.search(rf"\b{word}\b[^.]*\bas in\b", " ".join(text.split()), re.IGNORECASE)
    return f"{section}\n---" in text or like is not None


def _refuses(function: Callable[..., object]) -> bool:
    arguments = [
        one
        for call in register()
        if call.function is function and not call.part
        for one in call.arguments.values()
    ]
    return any(one.refused or one.nan == "refused" for one in arguments)


@pytest.mark.parametrize("one", EVERY, ids=_name)
def test_a_public_statistic_has_a_sentence_and_an_example_that_runs(one: Statistic) -> None:
    assert one.summary.endswith("."), "the first line says what you get"
    assert ">>> " in one.sections.get("Examples", ""), "show real numbers"


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_statistic_tells_its_parameters_and_what_it_refuses(name: str) -> None:
    assert _tells(PUBLIC[name], "Parameters"), "bounds, shapes and units"
    assert _tells(PUBLIC[name], "Raises") or not _refuses(PUBLIC[name]), "it refuses bad numbers"


@pytest.mark.parametrize("name", PUBLIC)
def test_a_formula_tells_who_wrote_it(name: str) -> None:
    assert _tells(PUBLIC[name], "References") is (name not in WITHOUT_SOURCE)


def test_the_list_of_what_has_no_source_names_public_statistics_only() -> None:
    assert set(WITHOUT_SOURCE) <= set(PUBLIC)
