"""The seven stages as plain functions: the flow, the command line and the tests call the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from equity_pipeline.deliveries.land import LoadReport
from equity_pipeline.deliveries.land import load as load_deliveries
from equity_pipeline.disclosure.disclose import Disclosure
from equity_pipeline.disclosure.disclose import disclose as pass_the_door
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.errors import DeliveryRefused, QualityStop
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.pipeline import counting, open_data, publishing, ready
from equity_pipeline.pipeline.beside import beside as read_beside
from equity_pipeline.pipeline.beside import nesting_of
from equity_pipeline.pipeline.definitions import changed_since
from equity_pipeline.pipeline.forming import form_all
from equity_pipeline.settings import Settings
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.estimates import estimate
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.warehouse.build import BuildReport
from equity_pipeline.warehouse.build import build as build_models
from equity_pipeline.warehouse.database import open_person

if TYPE_CHECKING:
    from equity_pipeline.quality.results import GateReport
    from equity_pipeline.sources.open_data import OpenData

Progress = Callable[[str], None] | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the load stage took in: the deliveries, and the hashes of every input of the run."""

    deliveries: LoadReport | None
    inputs: tuple[str, ...]
    revised: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tabulated:
    """The forms before the door, with the person counts that the door needs."""

    tables: dict[str, StratifiedTable]
    counts: PersonCounts
    kinds: dict[str, str]
    sources: tuple[dict[str, str], ...]
    seconds: Mapping[str, float]
    nesting: Mapping[str, tuple[str, str]]


def fetch(settings: Settings, as_of: date) -> OpenData | None:
    """Pull the open sources that the settings enable; raw answers are stored untouched."""
    if not settings.sources.enabled:
        return None
    from equity_pipeline.sources.open_data import fetch as pull

    return pull(
        settings.sources,
        settings.snapshots,
        datetime.now(UTC),
        region=settings.region.code,
        as_of=as_of,
    )


def load(
    settings: Settings, as_of: date, pulled: OpenData | None, progress: Progress = None
) -> Loaded:
    """Load the deliveries and what was pulled; raise if a file was refused.

    Raises
    ------
    DeliveryRefused
        Names every refused file; what was loaded before stands. Or the delivery folder is gone or
        empty: a night without its persons makes no release.
    """
    _stop_without_delivery(settings)
    with open_person(settings) as connection:
        report = load_deliveries(settings, connection, as_of=as_of, progress=progress)
        revised = open_data.store(connection, pulled, as_of)
        inputs = tuple(open_data.inputs(connection, pulled))
    report.raise_if_refused()
    return Loaded(report, inputs, revised)


def check(settings: Settings, as_of: date, progress: Progress = None) -> GateReport:
    """Hold the loaded rows against the suites and gates; raise if a critical check failed.

    Raises
    ------
    QualityStop
        Names every critical check that failed.
    """
    from equity_pipeline.quality.gate import check as hold

    with open_person(settings) as connection:
        report = hold(connection, settings=settings, as_of=as_of, progress=progress)
    report.raise_if_critical()
    return report


def build(settings: Settings, as_of: date, progress: Progress = None) -> BuildReport:
    """Build the warehouse's models from the loaded rows."""
    with open_person(settings) as connection:
        return build_models(connection, settings, as_of=as_of, progress=progress)


def tabulate(
    settings: Settings,
    as_of: date,
    run_id: str,
    gate: GateReport,
    pulled: OpenData | None,
    progress: Progress = None,
    *,
    two_way: bool = True,
) -> Tabulated:
    """Count the cells once, estimate, and project the forms.

    Raises
    ------
    QualityStop
        If nothing that was delivered falls in any period of the run.
    """
    catalogue = chosen(settings)
    counted = counting.count(settings, catalogue, progress, two_way=two_way)
    with open_person(settings) as connection:
        post_hoc = changed_since(connection, catalogue, as_of)
    with open_person(settings, read_only=True) as connection:
        facts = counting.facts(connection, settings)
        published = counting.published(connection, catalogue)
        beside = read_beside(connection)
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
    estimates = estimate(
        lambda one: counted.cells.of("one_way", one),
        catalogue,
        standard_period=facts.base_period,
        progress=progress,
    )
    named = open_data.named(published, pulled)
    given = Given(context, estimates, counted.cells, beside, {}, named, settings.forms)
    formed = form_all(given, progress)
    tables = dict(formed.tables)
    _stop_if_nothing(tables, as_of)
    tables["readiness"] = ready.readiness(
        settings, as_of, context, counted, gate, pulled, published
    )
    tables |= ready.of_files(settings, run_id, gate)
    counting.keep(settings, estimates, tables)
    return Tabulated(
        tables,
        PersonCounts.joined(
            [_person_counts(counted.persons, facts.periods, settings), *formed.persons]
        ),
        _kinds(catalogue, tables["readiness"]) | dict(formed.kinds),
        tuple(open_data.attributions(pulled)),
        formed.seconds,
        nesting_of(beside),
    )


def disclose(settings: Settings, tabulated: Tabulated) -> Disclosure:
    """Pass the forms through the door; nothing else may be published."""
    return pass_the_door(
        tabulated.tables,
        tabulated.counts,
        DisclosurePolicy.of(settings.disclosure),
        kinds=tabulated.kinds,
        nesting=tabulated.nesting,
    )


def publish(
    settings: Settings, as_of: date, run_id: str, disclosed: Disclosure, tabulated: Tabulated
) -> Path:
    """Write the candidate release and return its folder."""
    return publishing.candidate(
        settings, as_of, run_id, disclosed, chosen(settings), tabulated.sources
    )


def chosen(settings: Settings) -> tuple[Declaration, ...]:
    """Return the indicators that the settings ask for; all that are not open data if none."""
    catalogue = load_catalogue(settings.run.declared)
    if settings.run.indicators:
        return catalogue.select(settings.run.indicators)
    return tuple(one for one in catalogue.select() if one.kind != "area_mean")


def _stop_without_delivery(settings: Settings) -> None:
    folder = settings.deliveries.folder
    if folder is None or any(path.is_file() for path in folder.rglob("*")):
        return
    raise DeliveryRefused(
        f"The delivery folder {'is empty' if folder.is_dir() else 'is not there'}.",
        where="deliveries.folder",
        mend="connect the folder, and leave delivered files in it: nothing is loaded twice",
    )


def _kinds(catalogue: Sequence[Declaration], readiness: StratifiedTable) -> dict[str, str]:
    """Return what the door must know of each indicator: calls and published figures hold no person.

    What the readiness table names beside the indicators (public measures, unmeasurable grounds)
    has no persons behind it either.
    """
    named = dict.fromkeys(readiness.data["indicator_id"].to_pylist(), "published")
    own = {one.id: "calls" if one.population_base == "calls" else one.kind for one in catalogue}
    return named | own


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
