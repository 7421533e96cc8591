"""Borders: SCB's open geodata by WFS, and municipalities from a file of the user's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings.workbooks import ScbGeometrySettings
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.snapshot import write_whole
from equity_pipeline.sources.part import Part, entity_schema

SOURCE = "scb_geometry"
LAYERS = {
    "DeSO_2018": "desokod",
    "DeSO_2025": "desokod",
    "RegSO_2020": "regsokod",
    "RegSO_2025": "regsokod",
}
ATTRIBUTES = (
    "desokod",
    "regsokod",
    "regsonamn",
    "kommunkod",
    "lanskod",
    "version",
    "referensdatum",
)
# West, south, east, north: where Sweden lies. Axes that are swapped fall outside.
BOUNDS = {"EPSG:4326": (10.0, 55.0, 25.0, 69.5), "EPSG:3006": (250e3, 6.1e6, 930e3, 7.7e6)}
POLYGONS = frozenset({"Polygon", "MultiPolygon"})
_CRS = re.compile(r"EPSG:{1,2}(\d+)$")


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as it came: its features sorted by code, and the system of its coordinates.

    ``crs`` is None where no feature has a geometry: polygons are never taken for granted.
    """

    name: str
    features: tuple[Mapping[str, Any], ...]
    crs: str | None

    @property
    def has_polygons(self) -> bool:
        """Return whether every area has its borders."""
        return bool(self.features) and all(one["geometry"] for one in self.features)


@dataclass(frozen=True, slots=True)
class Wfs:
    """A web feature service behind one base address."""

    answers: Answers
    base_url: str
    page_size: int = 1000
    crs: str = "EPSG:4326"

    def layer(self, name: str, region: str) -> Layer:
        """Return all features of a layer in a region, asked for page by page in order of code.

        Raises
        ------
        SourceError
            The service tells an exception, the pages do not add up to what it says it has, an
            area comes twice, lies in another region, or has coordinates outside Sweden.
        """
        code = _code_of(name)
        features: list[Mapping[str, Any]] = []
        matched, crs = None, None
        while matched is None or len(features) < matched:
            url = self._url(name, code, region, len(features))
            page = self.answers.get(url)
            found, total, told = _page(page, url)
            if matched is not None and total != matched:
                raise _amiss(f"says {total} areas match, and said {matched} before", url)
            matched, crs = total, crs or told
            if not found and len(features) < matched:
                raise _amiss(f"gave {len(features)} of {matched} areas", url)
            features.extend(found)
        return _checked(name, code, region, features, crs)

    def _url(self, name: str, code: str, region: str, start: int) -> str:
        asked = {
            "service": "WFS",
            "version": "1.1.0",
            "request": "GetFeature",
            "typeName": f"stat:{name}",
            "outputFormat": "application/json",
            "CQL_FILTER": f"lanskod='{region}'",
            "srsName": self.crs,
            "sortBy": code,
            "maxFeatures": self.page_size,
            "startIndex": start,
        }
        return f"{self.base_url}?{urlencode(asked)}"


def pull(answers: Answers, settings: ScbGeometrySettings, region: str) -> Part:
    """Return which borders of a region there are; the borders themselves are kept as files.

    Each layer with borders lies as ``<layer>_<region>.geojson`` in the folder ``geometry`` beside
    the raw answers. The table ``geometry`` names each file, its system of coordinates and how
    many areas have borders; a layer without borders has a row without a file. Where the settings
    say so, the areas are told as ``area_key`` too.

    Raises
    ------
    SourceError
        As for ``Wfs.layer``; or the municipalities' file is not as it must be.
    """
    wfs = Wfs(answers, settings.base_url, settings.page_size, settings.crs)
    layers = [wfs.layer(name, region) for name in settings.layers]
    rows = [_kept(one, answers.store.folder, region) for one in layers]
    if settings.municipality_file is not None:
        answers.file(settings.municipality_file)
        held = read_polygons(settings.municipality_file, settings.municipality_property)
        rows.append(_described("municipality", "EPSG:4326", len(held), len(held), None))
    tables = {"geometry": pa.Table.from_pylist(rows, GEOMETRY)}
    if settings.as_keys:
        keys = [key for one in layers for key in _keys(one)]
        tables["area_key"] = pa.Table.from_pylist(keys, entity_schema("area_key"))
    return Part(tables)


GEOMETRY = pa.schema(
    [
        ("layer", pa.string()),
        ("crs", pa.string()),
        ("n_areas", pa.int64()),
        ("n_with_borders", pa.int64()),
        ("file", pa.string()),
    ]
)


def read_polygons(path: Path, code_property: str = "id") -> dict[str, Mapping[str, Any]]:
    """Return the borders of municipalities by code, from a GeoJSON file in degrees.

    Raises
    ------
    SourceError
        The file is no GeoJSON of polygons, has a code that is none or comes twice, or has
        coordinates outside Sweden.
    """
    try:
        document = json.loads(path.read_text("utf-8-sig"))
        features = document["features"]
        told = _crs(document) or "EPSG:4326"  # what GeoJSON is in when it does not say
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise _unfit("is no GeoJSON", path) from None
    held: dict[str, Mapping[str, Any]] = {}
    for one in features:
        code = str((one.get("properties") or {}).get(code_property, ""))
        if not re.fullmatch(r"\d{4}", code) or code in held:
            raise _unfit(f"has {code or 'no code'!r} twice or where a code must be", path)
        geometry = one.get("geometry") or {}
        if geometry.get("type") not in POLYGONS or not _inside(geometry, told):
            raise _unfit(f"has no borders of {code} inside Sweden", path)
        held[code] = geometry
    return held


def _page(document: Any, url: str) -> tuple[list[Mapping[str, Any]], int, str | None]:
    is_collection = isinstance(document, dict) and document.get("type") == "FeatureCollection"
    if not is_collection or not isinstance(document.get("features"), list):
        raise _amiss("gave no collection of areas", url)
    matched = document.get("numberMatched", document.get("totalFeatures"))
    returned = document.get("numberReturned", len(document["features"]))
    if not isinstance(matched, int) or returned != len(document["features"]):
        raise _amiss("does not tell how many areas it has, or tells another number", url)
    return document["features"], matched, _crs(document)


def _checked(
    name: str, code: str, region: str, features: list[Mapping[str, Any]], crs: str | None
) -> Layer:
    by_code = {str(one["properties"].get(code, "")): one for one in features}
    where = f"layer {name}"
    if len(by_code) != len(features) or "" in by_code:
        raise _amiss("gave an area twice, or one without its code", where)
    if any(one["properties"].get("lanskod") != region for one in features):
        raise _amiss(f"gave areas outside region {region}", where)
    with_borders = [one for one in features if one.get("geometry")]
    if with_borders and crs not in BOUNDS:
        raise _amiss(f"gave borders in an unknown system of coordinates ({crs})", where)
    for one in with_borders:
        if one["geometry"].get("type") not in POLYGONS or not _inside(one["geometry"], crs or ""):
            raise _amiss("gave borders outside Sweden: its axes may be swapped", where)
    ordered = tuple({"geometry": None, **by_code[key]} for key in sorted(by_code))
    return Layer(name, ordered, crs if with_borders else None)


def _crs(document: Mapping[str, Any]) -> str | None:
    told = ((document.get("crs") or {}).get("properties") or {}).get("name", "")
    if str(told).endswith("CRS84"):
        return "EPSG:4326"
    match = _CRS.search(str(told))
    return f"EPSG:{match[1]}" if match else (str(told) or None)


def _inside(geometry: Mapping[str, Any], crs: str) -> bool:
    west, south, east, north = BOUNDS.get(crs, (0.0, 0.0, 0.0, 0.0))
    points = list(_points(geometry.get("coordinates")))
    return bool(points) and all(west <= x <= east and south <= y <= north for x, y in points)


def _points(held: Any) -> Iterator[tuple[float, float]]:
    if isinstance(held, list) and len(held) >= 2 and isinstance(held[0], int | float):
        yield held[0], held[1]
    elif isinstance(held, list):
        for one in held:
            yield from _points(one)


def _kept(layer: Layer, folder: Path, region: str) -> dict[str, Any]:
    n = sum(bool(one["geometry"]) for one in layer.features)
    if not layer.has_polygons:
        return _described(layer.name, layer.crs, len(layer.features), n, None)
    path = folder / "geometry" / f"{layer.name}_{region}.geojson"
    path.parent.mkdir(parents=True, exist_ok=True)
    urn = f"urn:ogc:def:crs:{(layer.crs or '').replace(':', '::')}"
    document = {
        "type": "FeatureCollection",
        "name": layer.name,
        "crs": {"type": "name", "properties": {"name": urn}},
        "features": [_shown(one) for one in layer.features],
    }
    write_whole(path, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
    return _described(layer.name, layer.crs, len(layer.features), n, path.name)


def _shown(one: Mapping[str, Any]) -> dict[str, Any]:
    held = {name: one["properties"][name] for name in ATTRIBUTES if name in one["properties"]}
    return {"type": "Feature", "properties": held, "geometry": one["geometry"]}


def _described(
    layer: str, crs: str | None, n: int, borders: int, file: str | None
) -> dict[str, Any]:
    return {"layer": layer, "crs": crs, "n_areas": n, "n_with_borders": borders, "file": file}


def _keys(layer: Layer) -> Iterator[dict[str, Any]]:
    if LAYERS[layer.name] == "desokod":
        for one in layer.features:
            told = one["properties"]
            yield {
                "vintage": layer.name.upper(),
                "deso_code": told["desokod"],
                "regso_code": told.get("regsokod"),
                "municipality_code": told["kommunkod"],
            }


def _code_of(name: str) -> str:
    if name not in LAYERS:
        raise ConfigurationError(
            f"There is no layer {name!r}.",
            where="sources.scb_geometry.layers",
            mend=f"choose among {', '.join(LAYERS)}",
        )
    return LAYERS[name]


def _amiss(what: str, where: str) -> SourceError:
    return SourceError(
        f"The geodata service {what}.", where=where, mend="run again; if it stays so, ask SCB"
    )


def _unfit(what: str, path: Path) -> SourceError:
    return SourceError(
        f"The file of municipalities {what}.",
        where=path.name,
        mend="give a GeoJSON FeatureCollection of polygons in degrees, with the four-digit code in "
        "the property that sources.scb_geometry.municipality_property names",
    )
