"""What the declarations say of personal data: the record of processing, and the annex to a DPIA."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from equity_pipeline.deliveries.declared import check_declared
from equity_pipeline.deliveries.layouts.layout import FileLayout, Layout, read_layout
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.pipeline.encryption import volume_of
from equity_pipeline.pipeline.identity import code_version
from equity_pipeline.pipeline.safeguards import measures, risks
from equity_pipeline.settings import Settings
from equity_pipeline.vocabulary import Entity, vocabulary
from equity_pipeline.warehouse.models import discover

# of a person, and neither health nor care: who they are, how they live, where they are listed
NOT_CARE = ("person", "individual_ses", "listing")
HEALTH_COLUMNS = ("chronic_conditions", "disability_proxy", "sickness_compensation", "lss")
MUST_BE_SAID = ("controller", "contact", "data_protection_officer")


def processing_record(settings: Settings) -> dict[str, Any]:
    """Return the record of processing activities (GDPR, article 30) as it is declared.

    One processing for each source; ``missing`` names what only the region can say and has not.

    Raises
    ------
    ConfigurationError
        If a source lacks purpose, legal basis or owner.
    """
    layouts = [read_layout(path) for path in settings.deliveries.layouts]
    check_declared(settings, [one.name for one in layouts])
    said = settings.record
    return {
        "controller": said.controller,
        "contact": said.contact,
        "data_protection_officer": said.data_protection_officer,
        "processors": list(said.processors),
        "transfers": said.transfers,
        "region": settings.region.name,
        "synthetic": settings.region.synthetic,
        "code": code_version(),
        "processings": [_processing(settings, one) for one in layouts],
        "open_sources": list(settings.sources.enabled),
        "measures": [*measures(settings), *said.measures],
        "missing": list(_missing(settings, layouts)),
    }


def dpia_annex(settings: Settings) -> dict[str, Any]:
    """Return the facts that an impact assessment (article 35) rests on; people judge the risks.

    Beside the record: what each indicator reads, which columns may be delivered that nothing reads,
    and for each risk what stands against it here, with the limits that are set.

    Raises
    ------
    ConfigurationError
        As for :func:`processing_record`.
    """
    record = processing_record(settings)
    indicators = [_indicator(settings, one) for one in _chosen(settings)]
    delivered = {
        (data["entity"], column["name"])
        for one in record["processings"]
        for data in one["data"]
        if data["of_persons"]
        for column in data["columns"]
    }
    read = {column for one in indicators for column in one["columns"]} | _always_read()
    return {
        "record": record,
        "indicators": indicators,
        "unread": sorted(f"{entity}.{name}" for entity, name in delivered if name not in read),
        "risks": risks(settings),
        "volume": volume_of(settings.internal).seal,
    }


def _processing(settings: Settings, layout: Layout) -> dict[str, Any]:
    held = settings.deliveries.record_of(layout.name)
    days = settings.retention.days.get(layout.name)
    data = [_data(settings, entity, names) for entity, names in _entities(layout).items()]
    return {
        "source": layout.name,
        "purpose": held.purpose,
        "legal_basis": held.legal_basis,
        "owner": held.owner,
        "persons": list(held.persons),
        "recipients": list(held.recipients or settings.record.recipients),
        "identity": "identity" if layout.key_file else "pseudonym",
        "retention_days": days,
        "quarantine_days": settings.retention.quarantine_days or days,
        "data": data,
    }


def _entities(layout: Layout) -> dict[str, list[str]]:
    """Return what a layout can take, by entity: named columns, or all of the entity's."""
    found: dict[str, list[str]] = {}
    for file in layout.files:
        for one in file.entity:
            names = found.setdefault(one.entity, [])
            names += [name for name in _taken(file, one.entity) if name not in names]
    return found


def _taken(file: FileLayout, entity: str) -> tuple[str, ...]:
    every = vocabulary().entities[entity].columns
    if not (file.closed or file.only):
        return every
    named = next(one.columns for one in file.entity if one.entity == entity)
    return tuple(name for name in every if name in named)


def _data(settings: Settings, name: str, columns: list[str]) -> dict[str, Any]:
    entity = vocabulary().entities[name]
    return {
        "entity": name,
        "sv": entity.label.sv,
        "en": entity.label.en,
        "of_persons": _of_persons(entity),
        "columns": [_column(settings, entity, column) for column in columns],
    }


def _column(settings: Settings, entity: Entity, name: str) -> dict[str, Any]:
    known = vocabulary().columns.get(name)
    is_care = _of_persons(entity) and entity.name not in NOT_CARE
    return {
        "name": name,
        "sv": known.label.sv if known else name,
        "health": is_care or name in HEALTH_COLUMNS,
        "sensitive": name in settings.disclosure.sensitive_dimensions,
    }


def _of_persons(entity: Entity) -> bool:
    return "person_id" in entity.columns


def _missing(settings: Settings, layouts: list[Layout]) -> Iterator[str]:
    yield from (f"record.{key}" for key in MUST_BE_SAID if not getattr(settings.record, key))
    for one in layouts:
        held = settings.deliveries.record_of(one.name)
        if not held.persons:
            yield f"deliveries.sources.{one.name}.persons"
        if not (held.recipients or settings.record.recipients):
            yield f"deliveries.sources.{one.name}.recipients"
        if one.name not in settings.retention.days:
            yield f"retention.days.{one.name}"


def _chosen(settings: Settings) -> list[Declaration]:
    catalogue = load_catalogue(settings.run.declared)
    named = catalogue.select(settings.run.indicators) if settings.run.indicators else None
    return [one for one in named or catalogue.select() if one.kind != "area_mean"]


def _indicator(settings: Settings, one: Declaration) -> dict[str, Any]:
    held = settings.deliveries
    sums = [part.sum for part in (one.denominator, one.numerator) if part.sum]
    asked = [held_.column for part in (one.denominator, one.numerator) for held_ in part.where]
    return {
        "indicator_id": one.id,
        "sv": one.sv,
        "version": one.indicator_version,
        "purpose": f"{held.purpose.strip()}: {one.definition_sv}",
        "legal_basis": held.legal_basis or _of_sources(settings, "legal_basis"),
        "owner": held.owner or _of_sources(settings, "owner"),
        "evidence": one.evidence_ref or "",
        "fact": one.fact,
        "columns": list(dict.fromkeys([*asked, *sums, *one.need_extra])),
    }


def _of_sources(settings: Settings, key: str) -> str:
    names = (read_layout(Path(path)).name for path in settings.deliveries.layouts)
    said = (str(getattr(settings.deliveries.record_of(name), key)) for name in names)
    return "; ".join(dict.fromkeys(said))


def _always_read() -> set[str]:
    """Return the columns that the models of the warehouse name after they are taken in."""
    made = " ".join(one.sql for one in discover() if one.schema != "staging")
    keys = {column for one in vocabulary().entities.values() for column in one.key}
    return set(re.findall(r"[a-z_0-9]+", made)) | keys | {"person_id"}
