"""Borders are drawn where a night has kept them, and nobody is asked when a page is written."""

from __future__ import annotations

import json

import pytest

from equity_pipeline.errors import SourceError
from equity_pipeline.pipeline.municipal_borders import municipal_borders
from equity_pipeline.settings import Settings


def square(west: float, south: float) -> dict[str, object]:
    east, north = west + 0.1, south + 0.1
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(west: float, south: float, **told: str) -> dict[str, object]:
    return {"type": "Feature", "properties": told, "geometry": square(west, south)}


@pytest.fixture
def settings(tmp_path):
    def make(**section) -> Settings:
        made = Settings.model_validate(
            {"region": {"code": "12", "name": "Region"}, "run": {"home": str(tmp_path)},
             "sources": {"scb_geometry": {"enabled": True, **section}}}
        )  # fmt: skip
        (made.snapshots / "geometry").mkdir(parents=True, exist_ok=True)
        return made

    return make


def lay(path, *features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def test_the_areas_of_a_municipality_are_one_shape_from_the_coarsest_layer_that_was_kept(settings):
    made = settings(layers=["DeSO_2025", "RegSO_2025"])
    parts = [
        feature(13.0, 55.0, kommunkod="1280"),
        feature(13.1, 55.0, kommunkod="1280"),
        feature(13.0, 55.1, kommunkod="1281"),
    ]
    lay(made.snapshots / "geometry" / "RegSO_2025_12.geojson", *parts)
    lay(made.snapshots / "geometry" / "DeSO_2025_12.geojson", parts[0])
    held = municipal_borders(made)
    assert held is not None and held.source == "SCB"
    assert {code: shape.path.count("M") for code, shape in held.shapes.items()} == {
        "1280": 1, "1281": 1,
    }  # fmt: skip


def test_ones_own_file_comes_first_and_only_the_region_of_it_is_drawn(settings, tmp_path):
    own = lay(tmp_path / "kommuner.geojson", feature(13.0, 55.0, id="1280"),
              feature(18.0, 59.0, id="0180"))  # fmt: skip
    made = settings(municipality_file=str(own))
    lay(made.snapshots / "geometry" / "RegSO_2025_12.geojson", feature(13.0, 55.0, kommunkod="1"))
    held = municipal_borders(made)
    assert held is not None and (list(held.shapes), held.source) == (["1280"], "kommuner")


def test_without_geometry_there_are_no_borders(settings):
    assert municipal_borders(settings()) is None
    assert municipal_borders(settings(enabled=False)) is None


def test_a_file_that_is_no_borders_is_told_and_not_left_out(settings, tmp_path):
    own = lay(tmp_path / "kommuner.geojson", feature(55.0, 13.0, id="1280"))  # axes swapped
    with pytest.raises(SourceError, match="has no borders of 1280 inside Sweden"):
        municipal_borders(settings(municipality_file=str(own)))
