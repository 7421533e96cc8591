"""Borders from a local WFS that answers as SCB's does, and from a file of the user's own."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest
from werkzeug import Request, Response

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings.workbooks import ScbGeometrySettings
from equity_pipeline.sources.geometry import Wfs, pull, read_polygons
from equity_pipeline.sources.part import entity_schema
from tests.workbooks import asking

URN = "urn:ogc:def:crs:EPSG::4326"
EXCEPTION = (
    '<?xml version="1.0"?><ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows">'
    "<ows:Exception exceptionCode='InvalidParameterValue'><ows:ExceptionText>"
    "Feature type stat:DeSO_2030 unknown</ows:ExceptionText></ows:Exception></ows:ExceptionReport>"
)


def square(x=13.0, y=55.6, size=0.01):
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


class Geodata:
    """Answers GetFeature page by page, sorted by code, out of the features it holds."""

    def __init__(self, features, *, crs=URN, matched=None):
        self.features, self.crs, self.matched = features, crs, matched
        self.asked: list[dict[str, list[str]]] = []

    def __call__(self, request: Request) -> Response:
        asked = parse_qs(request.query_string.decode())
        self.asked.append(asked)
        start, most = int(asked["startIndex"][0]), int(asked["maxFeatures"][0])
        key = asked["sortBy"][0]
        ordered = sorted(self.features, key=lambda one: one["properties"][key])
        page = ordered[start : start + most]
        told = {
            "type": "FeatureCollection",
            "features": page,
            "totalFeatures": self.matched or len(ordered),
            "numberMatched": self.matched or len(ordered),
            "numberReturned": len(page),
            "crs": self.crs and {"type": "name", "properties": {"name": self.crs}},
        }
        return Response(json.dumps(told), content_type="application/json;charset=UTF-8")


@pytest.fixture
def recorded(fixtures):
    """The recorded features without geometry, as the service gave them."""
    return json.loads((fixtures / "scb_wfs" / "deso2025_features_nogeom.json").read_text("utf-8"))


def with_borders(recorded):
    return [one | {"geometry": square(13.0 + n / 10)} for n, one in enumerate(recorded["features"])]


def wfs(tmp_path, httpserver, service, **given):
    httpserver.expect_request("/wfs").respond_with_handler(service)
    answers = asking(tmp_path, "scb_geometry")
    return Wfs(answers, httpserver.url_for("/wfs"), given.pop("page_size", 2), **given)


def test_all_pages_of_a_region_are_asked_for_in_order_of_code(tmp_path, httpserver, recorded):
    service = Geodata(with_borders(recorded))
    layer = wfs(tmp_path, httpserver, service).layer("DeSO_2025", "12")
    assert [one["properties"]["desokod"] for one in layer.features] == [
        "1280C1070",
        "1280C2390",
        "1291C1010",
    ]
    assert layer.has_polygons
    assert layer.crs == "EPSG:4326"
    assert [one["startIndex"] for one in service.asked] == [["0"], ["2"]]
    assert service.asked[0] == {
        "service": ["WFS"],
        "version": ["1.1.0"],
        "request": ["GetFeature"],
        "typeName": ["stat:DeSO_2025"],
        "outputFormat": ["application/json"],
        "CQL_FILTER": ["lanskod='12'"],
        "srsName": ["EPSG:4326"],
        "sortBy": ["desokod"],
        "maxFeatures": ["2"],
        "startIndex": ["0"],
    }


def test_the_recorded_answer_without_borders_is_read_and_promises_no_map(
    tmp_path, httpserver, recorded
):
    service = Geodata(recorded["features"], crs=None)
    layer = wfs(tmp_path, httpserver, service).layer("DeSO_2025", "12")
    assert len(layer.features) == 3
    assert (layer.has_polygons, layer.crs) == (False, None)


def test_pages_that_do_not_add_up_are_refused(tmp_path, httpserver, recorded):
    service = Geodata(with_borders(recorded), matched=recorded["numberMatched"])
    with pytest.raises(SourceError, match="gave 3 of 6160 areas"):
        wfs(tmp_path, httpserver, service).layer("DeSO_2025", "12")


def test_an_area_that_comes_twice_is_refused(tmp_path, httpserver, recorded):
    one = with_borders(recorded)[0]
    with pytest.raises(SourceError, match="twice"):
        wfs(tmp_path, httpserver, Geodata([one, one])).layer("DeSO_2025", "12")


def test_areas_outside_the_region_are_refused(tmp_path, httpserver, recorded):
    with pytest.raises(SourceError, match="outside region 01"):
        wfs(tmp_path, httpserver, Geodata(with_borders(recorded))).layer("DeSO_2025", "01")


@pytest.mark.parametrize(
    ("geometry", "crs", "words"),
    [
        (square(55.6, 13.0), URN, "axes may be swapped"),
        (square(379844.0, 6156729.0, 100), URN, "axes may be swapped"),
        (square(), "urn:ogc:def:crs:EPSG::3857", "unknown system"),
        (square(), None, "unknown system"),
        ({"type": "Point", "coordinates": [13.0, 55.6]}, URN, "outside Sweden"),
    ],
)
def test_borders_that_may_lie_elsewhere_are_refused(
    tmp_path, httpserver, recorded, geometry, crs, words
):
    one = recorded["features"][0] | {"geometry": geometry}
    with pytest.raises(SourceError, match=words):
        wfs(tmp_path, httpserver, Geodata([one], crs=crs)).layer("DeSO_2025", "12")


def test_borders_in_sweref_are_taken_as_such(tmp_path, httpserver, recorded):
    one = recorded["features"][0] | {"geometry": square(379844.0, 6156729.0, 100)}
    service = Geodata([one], crs="urn:ogc:def:crs:EPSG::3006")
    layer = wfs(tmp_path, httpserver, service, crs="EPSG:3006").layer("DeSO_2025", "12")
    assert layer.crs == "EPSG:3006"


def test_an_exception_of_the_service_with_status_200_is_an_error_in_its_own_words(
    tmp_path, httpserver
):
    httpserver.expect_request("/wfs").respond_with_data(EXCEPTION, content_type="application/xml")
    geodata = Wfs(asking(tmp_path, "scb_geometry"), httpserver.url_for("/wfs"))
    with pytest.raises(SourceError, match="stat:DeSO_2030 unknown"):
        geodata.layer("DeSO_2025", "12")


@pytest.mark.parametrize("told", ['{"type": "Feature"}', "[]", '{"type": "FeatureCollection"}'])
def test_what_is_no_collection_is_refused(tmp_path, httpserver, told):
    httpserver.expect_request("/wfs").respond_with_data(told, content_type="application/json")
    geodata = Wfs(asking(tmp_path, "scb_geometry"), httpserver.url_for("/wfs"))
    with pytest.raises(SourceError, match="no collection"):
        geodata.layer("DeSO_2025", "12")


def test_a_layer_that_is_not_known_is_refused_before_it_is_asked_for(tmp_path, httpserver):
    with pytest.raises(ConfigurationError, match="DeSO_2030"):
        Wfs(asking(tmp_path, "scb_geometry"), httpserver.url_for("/wfs")).layer("DeSO_2030", "12")


def settings(httpserver, **given):
    return ScbGeometrySettings(base_url=httpserver.url_for("/wfs"), layers=("DeSO_2025",), **given)


def test_borders_are_kept_as_geojson_beside_the_answers_with_their_system(
    tmp_path, httpserver, recorded
):
    httpserver.expect_request("/wfs").respond_with_handler(Geodata(with_borders(recorded)))
    answers = asking(tmp_path, "scb_geometry")
    part = pull(answers, settings(httpserver), "12")
    assert part.tables["geometry"].to_pylist() == [
        {
            "layer": "DeSO_2025",
            "crs": "EPSG:4326",
            "n_areas": 3,
            "n_with_borders": 3,
            "file": "DeSO_2025_12.geojson",
        }
    ]
    kept = json.loads((tmp_path / "geometry" / "DeSO_2025_12.geojson").read_text("utf-8"))
    assert kept["crs"]["properties"]["name"] == URN
    assert kept["features"][0]["properties"] == {
        "desokod": "1280C1070",
        "regsokod": "1280R055",
        "kommunkod": "1280",
        "lanskod": "12",
        "version": "2025_v2",
        "referensdatum": "20250101",
    }
    assert kept["features"][0]["geometry"] == square(13.0)
    assert "area_key" not in part.tables


def test_without_borders_there_is_no_file_and_it_is_told(tmp_path, httpserver, recorded):
    httpserver.expect_request("/wfs").respond_with_handler(Geodata(recorded["features"], crs=None))
    part = pull(asking(tmp_path, "scb_geometry"), settings(httpserver), "12")
    (row,) = part.tables["geometry"].to_pylist()
    assert (row["file"], row["n_areas"], row["n_with_borders"]) == (None, 3, 0)
    assert not (tmp_path / "geometry").exists()


def test_the_areas_are_keys_where_the_settings_say_so(tmp_path, httpserver, recorded):
    httpserver.expect_request("/wfs").respond_with_handler(Geodata(recorded["features"], crs=None))
    part = pull(asking(tmp_path, "scb_geometry"), settings(httpserver, as_keys=True), "12")
    assert part.tables["area_key"].schema == entity_schema("area_key")
    assert part.tables["area_key"].to_pylist()[0] == {
        "vintage": "DESO_2025",
        "deso_code": "1280C1070",
        "regso_code": "1280R055",
        "municipality_code": "1280",
    }


def test_the_users_own_municipalities_are_read_by_code(fixtures, tmp_path, httpserver, recorded):
    path = fixtures / "geojson" / "skane_municipalities.geojson"
    held = read_polygons(path)
    assert len(held) == 33
    assert held["1280"]["type"] in {"Polygon", "MultiPolygon"}
    httpserver.expect_request("/wfs").respond_with_handler(Geodata(with_borders(recorded)))
    chosen = settings(httpserver, municipality_file=path)
    part = pull(asking(tmp_path, "scb_geometry"), chosen, "12")
    assert part.tables["geometry"].to_pylist()[1]["n_with_borders"] == 33


@pytest.mark.parametrize(
    "features",
    [
        [{"properties": {"id": "128"}, "geometry": square()}],
        [{"properties": {"id": "1280"}, "geometry": None}],
        [{"properties": {"id": "1280"}, "geometry": square(55.6, 13.0)}],
        [{"properties": {"id": "1280"}, "geometry": square()}] * 2,
        [{"geometry": square()}],
    ],
)
def test_a_file_of_municipalities_that_cannot_be_drawn_is_refused(tmp_path, features):
    path = tmp_path / "kommuner.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    with pytest.raises(SourceError, match="The file of municipalities"):
        read_polygons(path)


def test_a_file_that_is_no_geojson_is_refused(tmp_path):
    path = tmp_path / "kommuner.geojson"
    path.write_text("kommun;yta\n", "utf-8")
    with pytest.raises(SourceError, match="no GeoJSON"):
        read_polygons(path)
