"""The seven stages as plain functions: the flow, the command line and the tests call the same.

Each reads in the rooms that it needs when it is called: most processes run only some of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from equity_pipeline import clock
from equity_pipeline.errors import DeliveryRefused
from equity_pipeline.indicators.asked import PARTS
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.indicators.nested import nested
from equity_pipeline.pipeline.tabulated import Tabulated
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.database import open_person

if TYPE_CHECKING:
    from equity_pipeline.deliveries.land import LoadReport
    from equity_pipeline.disclosure.disclose import Disclosure
    from equity_pipeline.quality.results import GateReport
    from equity_pipeline.sources.open_data import OpenData
    from equity_pipeline.warehouse.build import BuildReport

Progress = Callable[[str], None] | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the load stage took in: the deliveries, and the hashes of every input of the run."""

    deliveries: LoadReport | None
    inputs: tuple[str, ...]
    revised: tuple[str, ...] = ()


def fetch(settings: Settings, as_of: date) -> OpenData | None:
    """Pull the open sources that the settings enable; raw answers are stored untouched."""
    if not settings.sources.enabled:
        return None
    from equity_pipeline.sources.open_data import fetch as pull

    return pull(
        settings.sources,
        settings.snapshots,
        clock.now(),
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
    from equity_pipeline.deliveries.land import load as load_deliveries
    from equity_pipeline.pipeline import open_data

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
    from equity_pipeline.warehouse.build import build as build_models

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
    parts: frozenset[str] = PARTS,
) -> Tabulated:
    """Count the cells once, estimate, and project the forms.

    Of ``parts`` a night counts all; forms made from those left out have no rows of them.

    Raises
    ------
    QualityStop
        If nothing that was delivered falls in any period of the run.
    """
    from equity_pipeline.pipeline.tabulating import tabulate as make

    return make(
        settings,
        chosen(settings),
        measured(settings),
        as_of,
        run_id,
        gate,
        pulled,
        progress,
        parts=parts,
    )


def disclose(settings: Settings, tabulated: Tabulated) -> Disclosure:
    """Pass the forms through the door; nothing else may be published."""
    from equity_pipeline.disclosure.disclose import disclose as pass_the_door
    from equity_pipeline.disclosure.rules import DisclosurePolicy

    return pass_the_door(
        tabulated.tables,
        tabulated.counts,
        DisclosurePolicy.of(settings.disclosure),
        kinds=tabulated.kinds,
        nesting=tabulated.nesting,
        of_kinds=tabulated.of_kinds,
        named=tabulated.named,
        earlier=tabulated.earlier,
        nested=nested((*chosen(settings), *measured(settings))),
    )


def publish(
    settings: Settings, as_of: date, run_id: str, disclosed: Disclosure, tabulated: Tabulated
) -> Path:
    """Write the candidate release and return its folder."""
    from equity_pipeline.pipeline.publishing import candidate

    return candidate(settings, as_of, run_id, disclosed, chosen(settings), tabulated.sources)


def chosen(settings: Settings) -> tuple[Declaration, ...]:
    """Return the indicators that the settings ask for; all that are not open data if none."""
    catalogue = load_catalogue(settings.run.declared)
    if settings.run.indicators:
        named = catalogue.select(settings.run.indicators)
        return tuple(one for one in named if not one.is_measure)
    return tuple(one for one in catalogue.select() if one.kind != "area_mean")


def measured(settings: Settings) -> tuple[Declaration, ...]:
    """Return what is counted beside the indicators for single forms: steps of chains, reach.

    A run that names its indicators has those measures that it names too.
    """
    catalogue = load_catalogue(settings.run.declared)
    if settings.run.indicators:
        named = catalogue.select(settings.run.indicators)
        return tuple(one for one in named if one.is_measure)
    return catalogue.measures()


def _stop_without_delivery(settings: Settings) -> None:
    folder = settings.deliveries.folder
    if folder is None or any(path.is_file() for path in folder.rglob("*")):
        return
    raise DeliveryRefused(
        f"The delivery folder {'is empty' if folder.is_dir() else 'is not there'}.",
        where="deliveries.folder",
        mend="connect the folder, and leave delivered files in it: nothing is loaded twice",
    )
