"""The register of open sources: a line for each, from the name of its settings to its pull."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from equity_pipeline.settings import ScbSettings
from equity_pipeline.sources import area_tables, geometry, socialstyrelsen_areas
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.part import Part
from equity_pipeline.sources.pxweb import folkhalsomyndigheten, scb_areas
from equity_pipeline.sources.pxweb.scb import Scb
from equity_pipeline.sources.workbooks import patientenkat, quality_registers, scb_keys, vantetider

Pull = Callable[[Answers, Any, str], Part]


def _scb(answers: Answers, settings: ScbSettings, region: str) -> Part:
    scb = Scb(answers, settings.base_url)
    return Part({"population": scb.population(settings.population_table, [region])})


# name of the section in [sources] and of the entry in the catalogue: (answers, settings, region)
PULLS: Mapping[str, Pull] = MappingProxyType(
    {
        "scb": _scb,
        "kolada": area_tables.pull,
        "scb_areas": scb_areas.pull,
        "folkhalsomyndigheten": folkhalsomyndigheten.pull,
        "socialstyrelsen": socialstyrelsen_areas.pull,
        "scb_keys": scb_keys.pull,
        "scb_geometry": geometry.pull,
        "vantetider": vantetider.pull,
        "patientenkat": patientenkat.pull,
        "quality_registers": quality_registers.pull,
    }
)
