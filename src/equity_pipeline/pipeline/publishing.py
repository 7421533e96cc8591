"""Fills a candidate release: extracts, database, page, description, changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equity_pipeline.disclosure.disclose import Disclosure
from equity_pipeline.extracts.database import build_database
from equity_pipeline.extracts.failpoint import failpoint
from equity_pipeline.extracts.manifest import write_changes, write_datapackage
from equity_pipeline.extracts.parquet import write_parquet
from equity_pipeline.extracts.places import UNITS
from equity_pipeline.extracts.release import build_candidate
from equity_pipeline.extracts.tiers import write_beside
from equity_pipeline.extracts.units import unit_folder
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.pipeline.identity import code_version
from equity_pipeline.pipeline.municipal_borders import municipal_borders
from equity_pipeline.report.accessibility.page import write_accessibility
from equity_pipeline.report.chain_page import write_chains
from equity_pipeline.report.decisions_page import write_decisions
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.indicator.page import write_indicators
from equity_pipeline.report.methods.page import Made, write_methods
from equity_pipeline.report.pages import write_index
from equity_pipeline.report.programme.page import write_programmes
from equity_pipeline.report.quality_page import write_quality
from equity_pipeline.report.unit.own import write_own_pages
from equity_pipeline.report.unit.page import write_units
from equity_pipeline.settings import Settings


def candidate(
    settings: Settings,
    as_of: date,
    run_id: str,
    disclosed: Disclosure,
    catalogue: Sequence[Declaration],
    sources: Sequence[dict[str, str]],
) -> Path:
    """Build ``candidates/<run_id>`` from disclosed tables and return it."""
    facts = {
        "run_id": run_id,
        "as_of": as_of.isoformat(),
        "code": code_version(),
        "configuration": settings.digest(),
        "region_code": settings.region.code,
        "region_name": settings.region.name,
        "synthetic": settings.region.synthetic,
        "hidden_small": disclosed.n_primary,
        "hidden_to_protect": disclosed.n_secondary,
        "withheld": "; ".join(f"{one} from {first}" for one, first in disclosed.withheld),
        "disclosure": settings.disclosure.reason,
        "smallest_count": settings.disclosure.smallest_count,
        "smallest_denominator": settings.disclosure.smallest_denominator,
        "sensitive_dimensions": ",".join(settings.disclosure.sensitive_dimensions),
    }

    def fill(folder: Path) -> None:
        for table in disclosed.tables.values():
            write_parquet(table, folder)
            failpoint("publish:between_files")
        failpoint("publish:before_database")
        build_database(disclosed.tables, _rows(settings, catalogue), facts, folder)
        page = _page(settings, run_id, disclosed)
        laid = municipal_borders(settings)
        described = write_indicators(disclosed.tables, catalogue, page, folder, laid)
        write_units(disclosed.tables, catalogue, page, folder)
        write_chains(disclosed.tables, page, folder)
        write_programmes(disclosed.tables, catalogue, page, folder)
        write_decisions(disclosed.tables, page, folder)
        write_index(disclosed.tables, page, folder, described)
        write_quality(disclosed.tables, page, folder)
        write_methods(catalogue, _made(settings, facts, sources), page, folder, described)
        day, code = str(facts["as_of"]), str(facts["code"])
        write_accessibility(settings.accessibility, page, folder, as_of=day, code=code)
        previous = settings.current.resolve() if settings.current.exists() else None
        units = write_beside(
            disclosed,
            folder,
            facts,
            tiers=settings.release.tiers,
            sources=sources,
            previous=previous,
        )
        own = {unit: unit_folder(folder / UNITS, unit) for unit in units}
        write_own_pages(units, disclosed.tables, catalogue, page, own)
        write_datapackage(folder, facts, sources=sources)
        write_changes(folder, previous, facts)

    return build_candidate(settings, run_id, fill)


def _rows(settings: Settings, catalogue: Sequence[Declaration]) -> pa.Table:
    chosen = {one.id for one in catalogue}
    rows = load_catalogue(settings.run.declared).table()
    return pa.Table.from_pylist([row for row in rows if row["id"] in chosen])


def _page(settings: Settings, run_id: str, disclosed: Disclosure) -> PageFacts:
    return PageFacts(
        region=settings.region.name,
        run_id=run_id,
        synthetic=settings.region.synthetic,
        disclosure_reason=settings.disclosure.reason,
        n_hidden=disclosed.n_primary + disclosed.n_secondary,
        region_code=settings.region.code,
        smallest_denominator=settings.disclosure.smallest_denominator,
        smallest_count=settings.disclosure.smallest_count,
    )


def _made(
    settings: Settings, facts: Mapping[str, object], sources: Sequence[dict[str, str]]
) -> Made:
    return Made(
        code=str(facts["code"]),
        configuration=str(facts["configuration"]),
        as_of=str(facts["as_of"]),
        disclosure=settings.disclosure,
        sources=sources,
    )
