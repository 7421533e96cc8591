"""An agency with invented tables behind PxWeb v1 and PxWebApi v2, as its server's source answers.

Everything a caller must not rely on differs with the seed: host, base path, page size, limits, the
order of dimensions and codes in an answer, values as list or object. Faults as in ``tests.replay``.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from itertools import product
from threading import Lock, Thread
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.recorded import Refusal
from tests.replay import Fault, _Handler

Value = float | str | None


@dataclass
class Axis:
    """A dimension: its codes with labels, its role, and whether and how it is summed away."""

    code: str
    labels: dict[str, str]
    role: str = ""
    elimination: bool = False
    total: str | None = None
    lists: dict[str, dict[str, tuple[str, list[str]]]] = field(default_factory=dict)


@dataclass
class Table:
    """A table: its axes, and a value (or sign) for every cell."""

    id: str
    label: str
    axes: list[Axis]
    value: Callable[[Mapping[str, str]], Value]
    notes: list[str] = field(default_factory=list)

    def axis(self, code: str) -> Axis:
        return next(one for one in self.axes if one.code == code)

    def cells(self, chosen: Mapping[str, Sequence[str]]) -> Iterator[tuple[dict[str, str], Value]]:
        """The direct computation that results are held against."""
        for codes in product(*chosen.values()):
            key = dict(zip(chosen, codes, strict=True))
            yield key, self.value(key)


def refusal(status: int, title: str) -> Refusal:
    return Refusal(status, {"type": "Parameter error", "title": title, "status": status})


class Agency:
    """The tables on a local port; ``with Agency(tables) as agency``."""

    def __init__(
        self,
        tables: Sequence[Table],
        *,
        seed: int = 0,
        max_cells: int = 1000,
        told_cells: int | None = None,
        page_size: int = 7,
    ) -> None:
        self.rng = random.Random(seed)
        self.tables = {one.id: one for one in tables}
        self.max_cells = max_cells
        self.told_cells = told_cells or max_cells
        self.page_size = page_size
        self.base = "/" + "/".join(self.rng.choice(["px", "öppna", "a", "v2"]) for _ in range(3))
        self.calls, self.window = self.rng.randint(500, 900), 1
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.times: list[float] = []
        self._lock = Lock()
        handler = type("Handler", (_Handler,), {"replay": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self.v1, self.v2 = f"{self.url}{self.base}/v1", f"{self.url}{self.base}/v2"

    def __enter__(self) -> Self:
        self._http.daemon_threads = True
        Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def fail(self, *faults: Fault) -> None:
        self.faults.extend(faults)

    def posts(self) -> list[Any]:
        return [json.loads(body) for method, _, body, _ in self.requests if method == "POST"]

    @staticmethod
    def size_of(body: Any) -> int:
        """The number of cells that a posted question asks for, in either generation."""
        if "query" in body:
            return math.prod(len(one["selection"]["values"]) for one in body["query"])
        return math.prod(len(one["valueCodes"]) for one in body["selection"])

    def take_fault(self, path: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.times > 0 and path.startswith(fault.path):
                    fault.times -= 1
                    return fault
        return None

    def answer(self, target: str, body: bytes) -> tuple[int, object]:
        parts = urlsplit(target)
        path = unquote(parts.path).removeprefix(self.base)
        query = parse_qs(parts.query, keep_blank_values=True)
        try:
            if path.startswith("/v2"):
                return 200, self._v2(path.removeprefix("/v2").strip("/").split("/"), query, body)
            if path.startswith("/v1"):
                return 200, self._v1(path.removeprefix("/v1").strip("/"), query, body)
            raise refusal(404, "Not Found")
        except Refusal as told:
            return told.status, told.body

    # --- PxWebApi v2 ---

    def _v2(self, parts: list[str], query: dict[str, list[str]], body: bytes) -> object:
        if parts == ["config"]:
            return {
                "languages": [{"id": "sv", "label": "Svenska"}],
                "maxDataCells": self.told_cells,
                "maxCallsPerTimeWindow": self.calls,
                "timeWindow": self.window,
            }
        if parts == ["tables"]:
            return self._listing(query)
        if parts[0] == "codelists":
            return self._code_list(parts[1])
        table = self._table(parts[1])
        if parts[2:] == ["metadata"]:
            return self._described(table, {one.code: list(one.labels) for one in table.axes}, [])
        if not body:
            raise refusal(501, "the default selection is not of this test")
        return self._data_v2(table, json.loads(body)["selection"])

    def _listing(self, query: dict[str, list[str]]) -> object:
        words = query.get("query", [""])[0].casefold()
        found = [one for one in self.tables.values() if words in one.label.casefold()]
        number = int(query.get("pageNumber", ["1"])[0])
        pages = max(1, math.ceil(len(found) / self.page_size))
        if not 1 <= number <= pages:
            raise refusal(404, "Non-existent page")
        start = (number - 1) * self.page_size
        links = [
            {"rel": rel, "href": f"https://elsewhere.invalid/tables/?pageNumber={page}"}
            for rel, page in (("next", number + 1), ("last", pages))
            if page <= pages and number < pages
        ]
        return {
            "tables": [
                {"id": one.id, "label": one.label} for one in found[start : start + self.page_size]
            ],
            "page": {
                "pageNumber": number,
                "pageSize": self.page_size,
                "totalElements": len(found),
                "totalPages": pages,
                "links": links,
            },
        }

    def _code_list(self, name: str) -> object:
        for table in self.tables.values():
            for axis in table.axes:
                if name in axis.lists:
                    values = [
                        {"code": code, "label": label, "valueMap": members}
                        for code, (label, members) in axis.lists[name].items()
                    ]
                    return {"id": name, "label": name, "type": "Aggregation", "values": values}
        raise refusal(404, "Non-existent codelist")

    def _data_v2(self, table: Table, selection: list[dict[str, Any]]) -> object:
        if not selection:
            raise refusal(400, "Missing selection for mandantory variable")
        asked: dict[str, list[str]] = {}
        groups: dict[str, dict[str, tuple[str, list[str]]]] = {}
        for one in selection:
            name = one["variableCode"]
            if name not in {axis.code for axis in table.axes}:
                raise refusal(400, "Non-existent variable")
            asked[name] = list(one["valueCodes"])
            if one.get("codelist"):
                groups[name] = table.axis(name).lists[one["codelist"]]
        return self._answer(table, asked, groups, too_large=(400, "Too many cells selected"))

    # --- PxWeb v1 ---

    def _v1(self, path: str, query: dict[str, list[str]], body: bytes) -> object:
        if "config" in query:
            return {
                "maxValues": self.told_cells,
                "maxCells": self.told_cells,
                "maxCalls": self.calls,
                "timeWindow": self.window,
                "CORS": True,
            }
        if path in {"", "mapp"}:
            return [
                {"id": one.id, "type": "t", "text": one.label, "updated": "2026-01-01T08:00:00"}
                for one in self.tables.values()
            ]
        table = self._table(path.removeprefix("mapp/"))
        if not body:
            return {"title": table.label, "variables": [_variable(one) for one in table.axes]}
        return self._data_v1(table, json.loads(body))

    def _data_v1(self, table: Table, document: dict[str, Any]) -> object:
        asked: dict[str, list[str]] = {}
        groups: dict[str, dict[str, tuple[str, list[str]]]] = {}
        for one in document["query"]:
            name, chosen = one["code"], one["selection"]
            if name not in {axis.code for axis in table.axes}:
                raise Refusal(400, {"error": "Parameter error"})
            asked[name] = list(chosen["values"])
            if chosen["filter"] != "item":
                groups[name] = table.axis(name).lists[chosen["filter"].replace(":", "_")]
        answer = self._answer(table, asked, groups, too_large=(403, "Too many values selected"))
        kind = document["response"]["format"]
        if kind == "json-stat2":
            return answer
        return _version_1(answer) if kind == "json-stat" else _plain(answer)

    # --- both ---

    def _table(self, name: str) -> Table:
        if name not in self.tables:
            raise refusal(404, "Non-existent table")
        return self.tables[name]

    def _answer(
        self,
        table: Table,
        asked: dict[str, list[str]],
        groups: dict[str, dict[str, tuple[str, list[str]]]],
        too_large: tuple[int, str],
    ) -> dict[str, Any]:
        for axis in table.axes:
            if axis.code not in asked and not axis.elimination:
                raise refusal(400, "Missing selection for mandantory variable")
            known = groups.get(axis.code, axis.labels)
            if set(asked.get(axis.code, ())) - set(known):
                raise refusal(400, "Non-existent value")
        if math.prod(len(codes) for codes in asked.values()) > self.max_cells:
            status, title = too_large
            body = {"error": title} if status == 403 else {"title": title, "status": status}
            raise Refusal(status, body)
        names = self.rng.sample(list(asked), len(asked))
        held = {name: self.rng.sample(asked[name], len(asked[name])) for name in names}
        values = [
            _summed(table, dict(zip(names, codes, strict=True)), groups)
            for codes in product(*held.values())
        ]
        return self._described(table, held, values, groups)

    def _described(
        self,
        table: Table,
        held: Mapping[str, list[str]],
        values: list[Value],
        groups: Mapping[str, dict[str, tuple[str, list[str]]]] | None = None,
    ) -> dict[str, Any]:
        dimension = {}
        for name, codes in held.items():
            axis = table.axis(name)
            labels = dict(axis.labels)
            renamed = {code: code for code in codes}
            for code, (label, _) in (groups or {}).get(name, {}).items():
                labels[code.lstrip("¤")] = label
                renamed[code] = code.lstrip("¤")  # the data call some groups otherwise
            shown = [renamed[code] for code in codes]
            index: Any = {code: place for place, code in enumerate(shown)}
            dimension[name] = {
                "label": name.lower(),
                "category": {
                    "index": index if self.rng.random() < 0.5 else shown,
                    "label": {code: labels[code] for code in shown},
                },
                "extension": {"elimination": axis.elimination}
                | ({"eliminationValueCode": axis.total} if axis.total else {}),
            }
        numbers = [value if isinstance(value, float) else None for value in values]
        signs = {str(i): value for i, value in enumerate(values) if isinstance(value, str)}
        is_sparse = values and self.rng.random() < 0.5
        roles = [name for name in held if table.axis(name).role == "time"]
        return {
            "version": "2.0",
            "class": "dataset",
            "label": table.label,
            "note": table.notes,
            "role": {"time": roles},
            "id": list(held),
            "size": [len(codes) for codes in held.values()],
            "dimension": dimension,
            "value": {str(i): n for i, n in enumerate(numbers) if n is not None}
            if is_sparse
            else numbers,
        } | ({"status": signs} if signs else {})


def _summed(
    table: Table,
    key: Mapping[str, str],
    groups: Mapping[str, dict[str, tuple[str, list[str]]]],
) -> Value:
    axes = []
    for axis in table.axes:
        if axis.code in groups:
            axes.append(groups[axis.code][key[axis.code]][1])
        elif axis.code in key:
            axes.append([key[axis.code]])
        else:
            axes.append([axis.total] if axis.total else list(axis.labels))
    names = [axis.code for axis in table.axes]
    values = [table.value(dict(zip(names, codes, strict=True))) for codes in product(*axes)]
    return values[0] if len(values) == 1 else float(sum(v for v in values if isinstance(v, float)))


def _variable(axis: Axis) -> dict[str, Any]:
    told: dict[str, Any] = {
        "code": axis.code,
        "text": axis.code.lower(),
        "values": list(axis.labels),
        "valueTexts": list(axis.labels.values()),
    }
    told |= {"elimination": True} if axis.elimination else {}
    return told | ({"time": True} if axis.role == "time" else {})


def _version_1(answer: dict[str, Any]) -> dict[str, Any]:
    inside = {key: answer[key] for key in ("id", "size", "role")}
    rest = {key: value for key, value in answer.items() if key not in {*inside, "class", "version"}}
    return {"dataset": rest | {"dimension": answer["dimension"] | inside}}


def _plain(answer: dict[str, Any]) -> dict[str, Any]:
    names = answer["id"]
    time = answer["role"]["time"]
    held = []
    for name in names:
        index = answer["dimension"][name]["category"]["index"]
        held.append(sorted(index, key=index.get) if isinstance(index, dict) else index)
    values, signs = answer["value"], answer.get("status", {})
    rows = []
    for place, key in enumerate(product(*held)):
        value = values.get(str(place)) if isinstance(values, dict) else values[place]
        told = signs.get(str(place), "..") if value is None else str(value)
        rows.append({"key": list(key), "values": [told]})
    return {
        "columns": [
            {"code": name, "text": name, "type": "t" if name in time else "d"} for name in names
        ]
        + [{"code": "N1", "text": "Antal", "type": "c"}],
        "comments": [],
        "data": rows,
        "metadata": [{"label": answer["label"], "updated": "2026-01-01"}],
    }
