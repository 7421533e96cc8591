"""A local server in the documented shape of Socialstyrelsen's database; all figures are drawn."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

TOWNS = {"1280": "Malmö", "1281": "Lund", "1233": "Vellinge"}
MARKS = ("..", "-", "x", ".", None)


@dataclass
class Topic:
    """One topic: its variables in their order, the values of each, and every figure."""

    variables: list[str]
    values: dict[str, list[dict[str, Any]]]
    figures: dict[tuple[str, ...], str | float | None]
    expected: dict[tuple[str, int], tuple[float | None, str]] = field(default_factory=dict)


class Database:
    """Topics behind a real server; ``asked`` holds every address."""

    def __init__(self, server: HTTPServer, topics: dict[str, Topic]) -> None:
        self.server, self.topics = server, topics
        self.asked: list[str] = []
        self.base_url = server.url_for("/api/v1/sv")
        self.size_at_most = 5000
        self.change: dict[str, Any] = {}
        server.expect_request("/api/v1/sv").respond_with_handler(self.answer)
        import re

        server.expect_request(re.compile("/api/v1/sv/.*")).respond_with_handler(self.answer)

    def answer(self, request: Request) -> Response:
        self.asked.append(request.full_path.rstrip("?"))
        parts = request.path.removeprefix("/api/v1/sv").strip("/").split("/")
        if parts == [""]:
            return _json([{"namn": name, "text": name, "info": ""} for name in self.topics])
        topic = self.topics.get(parts[0])
        if topic is None:
            return _web_page()
        if len(parts) == 1:
            return _json([{"namn": name, "text": name, "info": ""} for name in topic.variables])
        if parts[1] == "resultat":
            return self._result(parts[0], topic, parts[2:], request)
        return _json(topic.values[parts[1]]) if parts[1] in topic.values else _web_page()

    def _result(self, name: str, topic: Topic, parts: list[str], request: Request) -> Response:
        asked = dict(zip(parts[::2], (part.split(",") for part in parts[1::2]), strict=True))
        measures = asked["matt"][:1]  # only the first is answered, silently
        found = [
            (key, value)
            for key, value in topic.figures.items()
            if all(
                code in (measures if one == "matt" else asked[one])
                for one, code in zip(topic.variables, key, strict=True)
            )
        ]
        if not found:
            return _web_page()
        if "forts" in request.args:  # what the next page's own address gives
            found = found[: int(0.58 * len(found))]
        size = min(int(request.args.get("per_sida", 1000)), self.size_at_most)
        number, pages = int(request.args.get("sida", 1)), -(-len(found) // size)
        here = f"http://sdb.example{request.path}?per_sida={size}&forts=1&sida={number + 1}"
        page = {
            "data": [
                _row(topic, key, value) for key, value in found[(number - 1) * size : number * size]
            ],
            "amne": name,
            "sida": number,
            "per_sida": size,
            "sidor": pages,
            "nasta_sida": here if number < pages else None,
            "foregaende_sida": None,
        }
        return _json(page | self.change)


def draw(seed: int) -> Topic:
    """A topic with ids, order, codes and writing of its own."""
    random = Random(seed)
    has_codes = random.random() < 0.5
    names = {"00": "Riket", "12": "Skåne län", "13": "Hallands län", **TOWNS, "0180": "Stockholm"}
    ids = random.sample(range(500), len(names))
    regions = [
        {"id": one, "text": text} | ({"kod": code} if has_codes else {})
        for one, (code, text) in zip(ids, names.items(), strict=True)
    ]
    random.shuffle(regions)
    values = {
        "region": regions,
        "ar": [{"id": year, "text": str(year)} for year in range(2012, 2024)],
        "kon": _shuffled(random, {1: "Män", 2: "Kvinnor", 3: "Båda könen"}),
        "alder": _shuffled(random, {random.randint(5, 9): "0-4", 99: "Totalt"}),
        "matt": _shuffled(random, {4: "Antal", 5: "Antal per 100 000 invånare"}),
    }
    variables = random.sample(list(values), len(values))
    topic = Topic(variables, values, {})
    codes = {str(one): code for one, code in zip(ids, names, strict=True)}
    _fill(random, topic, codes)
    return topic


def _fill(random: Random, topic: Topic, codes: dict[str, str]) -> None:
    from itertools import product

    total = next(str(one["id"]) for one in topic.values["alder"] if one["text"] == "Totalt")
    keys = product(*([str(one["id"]) for one in topic.values[name]] for name in topic.variables))
    for key in keys:
        if random.random() < 0.02:
            continue
        told = dict(zip(topic.variables, key, strict=True))
        text, meant = _figure(random)
        topic.figures[key] = text
        wanted = (told["kon"], told["alder"], told["matt"]) == ("3", total, "5")
        if wanted and 2015 <= int(told["ar"]) <= 2022:
            topic.expected[codes[told["region"]], int(told["ar"])] = meant


def _figure(random: Random) -> tuple[str | float | None, tuple[float | None, str]]:
    draw_ = random.random()
    if draw_ < 0.1:
        mark = random.choice(MARKS)
        status = {"..": "suppressed", "x": "suppressed", ".": "not_applicable"}
        return mark, (None, status.get(str(mark), "not_reported"))
    number = round(random.uniform(0, 25_000), random.choice([0, 1, 2]))
    if draw_ < 0.15:
        return number, (number, "shown")
    space = random.choice(["", " ", "\u00a0", "\u202f"])
    text = f"{number:,.2f}".rstrip("0").rstrip(".")
    return text.replace(",", space).replace(".", ","), (number, "shown")


def _shuffled(random: Random, texts: dict[int, str]) -> list[dict[str, Any]]:
    held = [{"id": one, "text": text} for one, text in texts.items()]
    random.shuffle(held)
    return held


def _row(topic: Topic, key: tuple[str, ...], value: object) -> dict[str, Any]:
    told = dict(zip(topic.variables, key, strict=True))
    named = {(one if one == "ar" else f"{one}Id"): int(code) for one, code in told.items()}
    return named | {"varde": value}


def _json(document: object) -> Response:
    return Response(json.dumps(document, ensure_ascii=False), mimetype="application/json")


def _web_page() -> Response:
    return Response("<!DOCTYPE html><html><body>404</body></html>", 404, mimetype="text/html")
