"""From cells to every table form: the cells are counted once, estimated, and projected."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from equity_pipeline.disclosure.rules import AMOUNT, MEAN, RATE
from equity_pipeline.errors import QualityStop
from equity_pipeline.indicators.asked import PARTS
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.pipeline import counting, open_data, ready
from equity_pipeline.pipeline.beside import beside as read_beside
from equity_pipeline.pipeline.beside import kinds_of, nesting_of
from equity_pipeline.pipeline.definitions import changed_since
from equity_pipeline.pipeline.forming import form_all
from equity_pipeline.pipeline.own_to_units import named_units
from equity_pipeline.pipeline.reporting_back import beside_decisions
from equity_pipeline.pipeline.tabulated import Tabulated
from equity_pipeline.settings import Settings
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.estimates import estimate
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.register import chosen_forms
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.warehouse.database import open_person

if TYPE_CHECKING:
    from equity_pipeline.quality.results import GateReport
    from equity_pipeline.sources.open_data import OpenData


def tabulate(
    settings: Settings,
    catalogue: Sequence[Declaration],
    measures: Sequence[Declaration],
    as_of: date,
    run_id: str,
    gate: GateReport,
    pulled: OpenData | None,
    progress: Callable[[str], None] | None = None,
    *,
    parts: frozenset[str] = PARTS,
) -> Tabulated:
    """Count the cells once, estimate, and project the forms.

    Parameters
    ----------
    catalogue
        The indicators of the run.
    measures
        What is counted beside them for single forms: steps of chains, reach.
    parts
        What is counted beside the region's own sums: forms made from the rest have no rows of it.

    Raises
    ------
    QualityStop
        If nothing that was delivered falls in any period of the run.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "cells"):
        counted = counting.count(settings, [*catalogue, *measures], progress, parts=parts)
    given, published = _given(settings, catalogue, counted, as_of, run_id, pulled)
    readiness = ready.readiness(settings, as_of, given.context, counted, gate, pulled, published)
    first = {"readiness": readiness} | ready.of_files(settings, run_id, gate)
    with _timed(seconds, "estimates"):
        estimates = estimate(
            lambda one: counted.cells.of("one_way", one),
            catalogue,
            standard_period=given.context.base_period,
            progress=progress,
        )
    formed = form_all(
        given.with_made(estimates, first), progress, register=chosen_forms(settings.run.forms)
    )
    tables = dict(formed.tables)
    _stop_if_nothing(tables, as_of)
    counted.cells.close()
    counting.keep(settings, estimates, tables)
    counts = _person_counts(counted.persons, given.context.periods, settings)
    return Tabulated(
        tables,
        PersonCounts.joined([counts, *formed.persons]),
        _kinds([*catalogue, *measures], readiness) | dict(formed.kinds),
        tuple(open_data.attributions(pulled)),
        seconds | dict(formed.seconds),
        nesting_of(given.beside),
        named_units([*catalogue, *measures], given.beside["unit_physicians"]),
        of_kinds=kinds_of(given.beside),
    )


def _given(
    settings: Settings,
    catalogue: Sequence[Declaration],
    counted: counting.Counted,
    as_of: date,
    run_id: str,
    pulled: OpenData | None,
) -> tuple[Given, pd.DataFrame]:
    """Return what the forms are made from but for the estimates, and the published values."""
    with open_person(settings) as connection:
        post_hoc = changed_since(connection, catalogue, as_of)
    with open_person(settings, read_only=True) as connection:
        facts = counting.facts(connection, settings)
        published = counting.published(connection, catalogue)
        beside = read_beside(connection) | beside_decisions(settings, connection, as_of)
        ill_health = counting.of_ill_health(connection, catalogue)
    context = FormContext(
        run_id=run_id,
        region_code=settings.region.code,
        region_name=settings.region.name,
        periods=facts.periods,
        declared={one.id: one for one in catalogue},
        persons=counted.persons,
        missing=counted.missing,
        base_period=facts.base_period,
        cluster_unit=facts.cluster_unit,
        four_criteria=ill_health,
        post_hoc=post_hoc,
    )
    named = open_data.named(published, pulled)
    given = Given(context, pd.DataFrame(), counted.cells, beside, {}, named, settings.forms)
    return given, published


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - began


def _kinds(counted: Sequence[Declaration], readiness: StratifiedTable) -> dict[str, str]:
    """Return what the door must know of each indicator: calls and published figures hold no person.

    What the readiness table names beside the indicators (public measures, unmeasurable grounds)
    has no persons behind it either.
    """
    named = dict.fromkeys(readiness.data["indicator_id"].to_pylist(), "published")
    return named | {one.id: kind_of(one) for one in counted}


def kind_of(one: Declaration) -> str:
    """Return what the door must know of an indicator: a sum over persons can tell of the largest.

    Examples
    --------
    >>> from equity_pipeline.indicators.catalogue import load_catalogue
    >>> catalogue = load_catalogue()
    >>> kind_of(catalogue["VT01"]), kind_of(catalogue["BR14"]), kind_of(catalogue["KO01"])
    ('proportion', 'rate', 'amount')
    """
    if one.population_base == "calls":
        return "calls"
    kind: str = one.kind
    if kind == "ratio":
        kind = RATE if one.counts_events else MEAN
    return AMOUNT if kind == MEAN and one.numerator.sum is not None else kind


def _stop_if_nothing(tables: dict[str, StratifiedTable], as_of: date) -> None:
    # an empty release would take the place of a good one
    if not tables["stratified"].data.num_rows:
        raise QualityStop(
            f"Nothing that was delivered falls in the periods of a run for {as_of}.",
            where="the newest periods before --as-of",
            mend="deliver the newest months, or give the --as-of that the deliveries are for",
        )


def _person_counts(
    persons: pd.DataFrame, periods: pd.DataFrame, settings: Settings
) -> PersonCounts:
    spans: dict[str, tuple[date, date]] = {
        code: (start, end)
        for code, start, end in zip(
            periods["period_code"], periods["period_start"], periods["period_end"], strict=True
        )
    }
    return PersonCounts.of(
        pa.Table.from_pandas(persons, preserve_index=False),
        periods=spans,
        geography_code=settings.region.code,
    )
