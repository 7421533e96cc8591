"""The borders of the region's municipalities, where geometry has been fetched or laid in a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from equity_pipeline.report.figures.borders import Borders, borders
from equity_pipeline.settings import Settings
from equity_pipeline.settings.workbooks import ScbGeometrySettings

SCB = "SCB"
COARSEST_FIRST = ("RegSO_2025", "RegSO_2020", "DeSO_2025", "DeSO_2018")


def municipal_borders(settings: Settings) -> Borders | None:
    """Return the borders of the region's municipalities; None where none were fetched.

    They come from the user's own file, else from the coarsest layer of SCB's that a night has
    kept: the areas of a municipality are put together.

    Raises
    ------
    SourceError
        The file of municipalities is not as it must be.
    """
    section = settings.sources.scb_geometry
    if not section.enabled:
        return None
    if section.municipality_file is not None:
        from equity_pipeline.sources.geometry import read_polygons  # reads JSON, asks nobody

        held = read_polygons(section.municipality_file, section.municipality_property)
        return borders(_inside(held, settings.region.code), section.municipality_file.stem)
    return borders(_kept(section, settings), SCB)


def _inside(
    held: Mapping[str, Mapping[str, Any]], region: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from ((code, one) for code, one in held.items() if code.startswith(region))


def _kept(
    section: ScbGeometrySettings, settings: Settings
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for layer in (one for one in COARSEST_FIRST if one in section.layers):
        path = settings.snapshots / "geometry" / f"{layer}_{settings.region.code}.geojson"
        if path.is_file():
            for one in json.loads(path.read_text("utf-8"))["features"]:
                yield str(one["properties"]["kommunkod"]), one["geometry"]
            return
