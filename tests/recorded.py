"""Recorded answers of Kolada v3 and SCB's PxWebApi v2, cut to what is asked and never made up."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.beside import beside

FIXTURES = beside("fixtures")
IDS_AT_MOST = 25


class Refusal(Exception):
    """A status and a body that the recorded server would answer with."""

    def __init__(self, status: int, body: object) -> None:
        self.status, self.body = status, body


class KoladaAnswers:
    """Kolada v3 from the recorded rows."""

    def __init__(self, fixtures: Path) -> None:
        kpis, units, data = _kolada(fixtures)
        self.kpis = [dict(row) for row in kpis]
        self.units = [dict(row) for row in units]
        self.data = [row | {"values": [dict(one) for one in row["values"]]} for row in data]
        self.groups = _json(fixtures / "kolada_v3" / "municipality_groups_skane_sample.json")[
            "values"
        ]
        # what no recording holds: a test lays out its own
        self.kpi_groups: list[dict[str, Any]] = []
        self.ous: list[dict[str, Any]] = []
        self.changed: list[dict[str, Any]] = []
        self.lists = {
            "kpi": self.kpis,
            "municipality": self.units,
            "municipality_groups": self.groups,
            "kpi_groups": self.kpi_groups,
        }

    def rows(self, path: str, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        parts = path.strip("/").split("/")
        if parts[0] in {"data", "oudata"} and len(parts) != 7:
            raise Refusal(400, {"title": "Two of three is not what we ask"})
        if len(parts) == 1 and parts[0] in self.lists:
            return list(self.lists[parts[0]])
        if parts == ["ou"]:
            towns = _ids(query["municipality"][0])
            return [row for row in self.ous if row["municipality"] in towns]
        if parts[0] == "kpi" and len(parts) == 2:
            return [row for row in self.kpis if row["id"] in _ids(parts[1])]
        if parts[1::2] in (["kpi", "municipality", "year"], ["kpi", "ou", "year"]):
            held = self.changed if "from_date" in query else self.data
            return [_v3(row) for row in held if _is_asked(row, *map(_ids, parts[2::2]))]
        raise Refusal(404, {"title": "Not Found"})


class ScbAnswers:
    """PxWebApi v2 from the recorded table."""

    def __init__(self, fixtures: Path, *, max_cells: int | None, calls: int | None) -> None:
        folder = fixtures / "pxweb_v2_scb"
        self.errors = fixtures / "errors_from_source" / "pxweb_v2"
        self.config = _json(folder / "config.json")
        self.config["maxDataCells"] = max_cells or self.config["maxDataCells"]
        self.config["maxCallsPerTimeWindow"] = calls or self.config["maxCallsPerTimeWindow"]
        self.metadata = _json(folder / "TAB6471_metadata.json")
        self.recorded = _json(folder / "TAB6471_data.json")

    def answer(self, path: str, body: bytes) -> object:
        parts = path.strip("/").split("/")
        if parts == ["config"]:
            return self.config
        if parts[:1] != ["tables"] or len(parts) != 3 or parts[1] != "TAB6471":
            raise self._refusal("404_nonexistent_table")
        if parts[2] == "metadata":
            return self.metadata
        return self._data(json.loads(body)["selection"]) if body else self.recorded

    def _data(self, selection: list[dict[str, Any]]) -> object:
        asked = {one["variableCode"]: one["valueCodes"] for one in selection}
        known = self.metadata["dimension"]
        summed = {
            name: self.recorded["dimension"][name]["extension"].get("eliminationValueCode")
            for name in self.metadata["id"]
            if name not in asked
        }
        if asked.keys() - known.keys():
            raise self._refusal("400_nonexistent_variable")
        cells = 1
        for name in self.metadata["id"]:
            if name not in asked and not known[name]["extension"]["elimination"]:
                raise self._refusal("400_missing_selection")
            codes = asked.get(name) or [summed[name]]
            if set(codes) - known[name]["category"]["index"].keys():
                raise self._refusal("400_nonexistent_value")
            cells *= len(codes)
        if cells > self.config["maxDataCells"]:
            raise self._refusal("400_too_many_cells")
        return self._cut(asked | {name: [code] for name, code in summed.items()}, summed)

    def _cut(self, asked: dict[str, list[str]], summed: dict[str, str]) -> object:
        dimension, places = {}, [0]
        for name, size in zip(self.recorded["id"], self.recorded["size"], strict=True):
            category = self.recorded["dimension"][name]["category"]
            if set(asked[name]) - category["index"].keys():
                raise Refusal(501, {"title": f"Not in the recording: {name}", "status": 501})
            held = [category["index"][code] for code in asked[name]]
            places = [place * size + one for place in places for one in held]
            dimension[name] = self.recorded["dimension"][name] | {
                "category": category | {"index": {c: i for i, c in enumerate(asked[name])}}
            }
        value = [self.recorded["value"][place] for place in places]
        names = [name for name in self.recorded["id"] if name not in summed]
        return self.recorded | {
            "id": names,
            "size": [len(asked[name]) for name in names],
            "dimension": {name: dimension[name] for name in names},
            "value": value,
        }

    def _refusal(self, name: str) -> Refusal:
        return Refusal(int(name[:3]), _json(self.errors / f"{name}.json"))


@cache
def _kolada(fixtures: Path) -> tuple[list[Any], list[Any], list[Any]]:
    v3 = fixtures / "kolada_v3"
    files = sorted((fixtures / "kolada_v2_reenveloped").glob("data_*.json"))
    return (
        [row for page in (1, 2) for row in _json(v3 / f"kpi_page{page}.json")["values"]],
        _json(v3 / "municipality.json")["values"],
        [row for file in files for row in _json(file)["values"]],
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _ids(text: str) -> set[str]:
    ids = text.split(",")
    if len(ids) > IDS_AT_MOST:
        raise Refusal(400, {"title": "Too many ids"})
    return set(ids)


def _is_asked(row: dict[str, Any], kpis: set[str], areas: set[str], years: set[str]) -> bool:
    return (
        row["kpi"] in kpis
        and row.get("municipality", row.get("ou")) in areas
        and str(row["period"]) in years
    )


def _v3(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"values": [{"isdeleted": False} | value for value in row["values"]]}
