"""The register of table forms: each is made once a night, in this order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from equity_pipeline.tables.area_description import area_description
from equity_pipeline.tables.area_priority import classes, priority
from equity_pipeline.tables.care_chain import care_chain
from equity_pipeline.tables.decision_register import decisions
from equity_pipeline.tables.follow_up_coverage import follow_up_coverage
from equity_pipeline.tables.form import FormMaker, Given, Made
from equity_pipeline.tables.gap import gap_form
from equity_pipeline.tables.maihda import intersections
from equity_pipeline.tables.newest import newest
from equity_pipeline.tables.programme_effect import programme_effect
from equity_pipeline.tables.programme_log import programme_log
from equity_pipeline.tables.reach import reach
from equity_pipeline.tables.report_due import calendar
from equity_pipeline.tables.run_chart import run_charts
from equity_pipeline.tables.stratified import stratified_form
from equity_pipeline.tables.structure_variation import structure_variation
from equity_pipeline.tables.trend import trend
from equity_pipeline.tables.unit_variation import unit_variation
from equity_pipeline.tables.waits import waits


def _trend(given: Given) -> Made:
    before = given.made["gap"], given.made["stratified"]
    return Made({"trend": trend(*before, given.context, given.options)})


#: what is made -> its maker; a form may read every one before it
FORMS: Mapping[str, FormMaker] = MappingProxyType(
    {
        "stratified": stratified_form,
        "gap": gap_form,
        "waits": waits,
        "maihda_model": intersections,
        "unit_variation": unit_variation,
        "structure_variation": structure_variation,
        "trend": _trend,
        "decomposition": newest,
        "programme_effect": programme_effect,
        "programme_log": programme_log,
        "run_chart": run_charts,
        "area_description": area_description,
        "area_priority": priority,
        "area_classification": classes,
        "reach": reach,
        "care_chain": care_chain,
        "decision_register": decisions,
        "report_due": calendar,
        "coverage": follow_up_coverage,
    }
)

ALWAYS = {"stratified", "gap"}


def chosen_forms(wanted: Collection[str]) -> Mapping[str, FormMaker]:
    """Return the makers of the wanted forms, all if none is wanted, in the register's order.

    Examples
    --------
    >>> list(chosen_forms(["trend"]))
    ['stratified', 'gap', 'trend']
    """
    return {name: made for name, made in FORMS.items() if not wanted or name in ALWAYS | {*wanted}}
