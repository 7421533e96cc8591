"""PxWeb v1: how most agencies still serve their tables, and Statistics Sweden's way back."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import Question, Refused
from equity_pipeline.sources.asking.pace import CAREFUL, Limits
from equity_pipeline.sources.pxweb import jsonstat, pxjson
from equity_pipeline.sources.pxweb.gathering import Asking, gather
from equity_pipeline.sources.pxweb.jsonstat import MEND, Cube, Dimension
from equity_pipeline.sources.pxweb.selection import Chosen, Selection, resolve

Format = Literal["json-stat2", "json-stat", "json"]
READERS: Mapping[str, Callable[[Any], Cube]] = MappingProxyType(
    {"json-stat2": jsonstat.read, "json-stat": jsonstat.read, "json": pxjson.read}
)
GROUPED = ("agg:", "vs:")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a folder: a table (``t``) or a folder below (``l``)."""

    id: str
    kind: str
    text: str
    updated: str = ""


@dataclass(frozen=True, slots=True)
class Grouped:
    """Codes of an aggregation (``agg:<id>``) or value set (``vs:<id>``).

    PxWeb v1 does not list them, so they are asked for as they stand here.
    """

    filter: str
    codes: tuple[str, ...]


@dataclass(slots=True)
class PxWebV1:
    """One agency's tables behind one base address, such as ``.../api/v1/sv/database``.

    ``format`` is what data are asked for in: json-stat2 where the agency has it.
    """

    answers: Answers
    base_url: str
    format: Format = "json-stat2"
    limits: Limits | None = None
    _held: dict[str, tuple[Dimension, ...]] = field(default_factory=dict)

    def config(self) -> Limits:
        """Return the limits that the agency tells, asked for once, and keep to them.

        An agency that tells none is asked at a careful pace, and for less when it refuses.
        """
        if self.limits is None:
            self.limits = self._told_limits()
            self.answers.client.allow(self.base_url, self.limits)
        return self.limits

    def folder(self, path: str = "") -> tuple[Entry, ...]:
        """Return the tables and folders of a folder.

        Raises
        ------
        SourceError
            The source has no such folder, or the path is that of a table.
        """
        url = self._url(path)
        told = self._named(path, lambda: self.answers.get(url))
        try:
            return tuple(
                Entry(one["id"], one["type"], str(one["text"]), str(one.get("updated", "")))
                for one in told
            )
        except (AttributeError, KeyError, TypeError):
            raise SourceError("The answer is not a folder.", where=url, mend=MEND) from None

    def metadata(self, table: str) -> tuple[Dimension, ...]:
        """Return the variables of a table with all their codes, asked for once.

        Raises
        ------
        SourceError
            The source has no such table; says which.
        """
        self.config()
        if table not in self._held:
            url = self._url(table)
            told = self._named(table, lambda: self.answers.get(url))
            self._held[table] = _variables(told, url)
        return self._held[table]

    def data(self, table: str, selection: Mapping[str, Sequence[str] | Grouped]) -> Cube:
        """Return the chosen cells of a table, in as many questions as its limits ask for.

        Parameters
        ----------
        selection
            Codes by variable, expressions as ``selection.expand`` takes them, or ``Grouped``
            codes. A variable left out is summed away where the table allows it.

        Raises
        ------
        SourceError
            A variable or code that the table does not have, or a variable that must be chosen.
        """
        grouped = {name: one for name, one in selection.items() if isinstance(one, Grouped)}
        held = tuple(_regrouped(one, grouped.get(one.code)) for one in self.metadata(table))
        plain: Selection = {
            name: one.codes if isinstance(one, Grouped) else one for name, one in selection.items()
        }
        chosen = resolve(table, held, plain)
        asking = self._asking(table, grouped)
        most = self.config().max_cells or math.inf
        return self._named(table, lambda: gather(asking, held, chosen, most))

    def _told_limits(self) -> Limits:
        try:
            told = self.answers.get(f"{self._url()}?config")
            cells = told.get("maxCells") or told.get("maxValues")
            return Limits(
                calls=int(told["maxCalls"]),
                window_seconds=float(told["timeWindow"]),
                max_cells=int(cells) if cells else None,
            )
        except (SourceError, AttributeError, KeyError, TypeError, ValueError):
            return CAREFUL  # a source that is out of reach says so at the next question

    def _asking(self, table: str, grouped: Mapping[str, Grouped]) -> Asking:
        url = self._url(table)

        def question(chosen: Chosen) -> Question:
            return Question("POST", url, _body(chosen, grouped, self.format))

        return Asking(
            answers=self.answers,
            table=table,
            question=question,
            read=READERS[self.format],
            is_too_large=_is_too_large,
            renamed={name: dict.fromkeys(one.codes, "") for name, one in grouped.items()},
        )

    def _named(self, table: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except Refused as refusal:
            if refusal.status != 404:
                raise
            raise SourceError(
                f"The source has no table or folder {table!r}: HTTP 404.",
                where=refusal.where,
                mend="look it up in the source's folders and change its path in [sources]: "
                "tables are moved and renamed",
            ) from None

    def _url(self, path: str = "") -> str:
        base = self.base_url.rstrip("/")
        return f"{base}/{quote(path.strip('/'))}" if path else base


def _variables(told: Any, url: str) -> tuple[Dimension, ...]:
    try:
        made = tuple(_variable(one) for one in told["variables"])
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SourceError("The answer does not describe a table.", where=url, mend=MEND) from None
    return made


def _variable(told: Mapping[str, Any]) -> Dimension:
    codes, texts = told["values"], told.get("valueTexts") or told["values"]
    categories = {str(code): str(text) for code, text in zip(codes, texts, strict=True)}
    if len(categories) < len(codes):
        raise ValueError("a code stands twice")
    return Dimension(
        code=str(told["code"]),
        label=str(told.get("text", told["code"])),
        categories=MappingProxyType(categories),
        extension=MappingProxyType({"elimination": bool(told.get("elimination", False))}),
        role="time" if told.get("time") else "",
    )


def _regrouped(variable: Dimension, grouped: Grouped | None) -> Dimension:
    if grouped is None:
        return variable
    if not grouped.filter.startswith(GROUPED):
        raise SourceError(
            f"{grouped.filter!r} is not an aggregation or value set.",
            where=f"variable {variable.code}",
            mend="begin it with agg: or vs:",
        )
    categories = {code: code for code in grouped.codes}
    return replace(variable, categories=MappingProxyType(categories))


def _body(chosen: Chosen, grouped: Mapping[str, Grouped], kind: str) -> bytes:
    query = [
        {
            "code": name,
            "selection": {
                "filter": grouped[name].filter if name in grouped else "item",
                "values": codes,
            },
        }
        for name, codes in chosen.items()
    ]
    asked = {"query": query, "response": {"format": kind}}
    return json.dumps(asked, ensure_ascii=False, sort_keys=True).encode()


def _is_too_large(refusal: Refused) -> bool:
    """Return whether 403 means too many values; a web page of a firewall does not."""
    if refusal.status == 403:
        return refusal.title != "a web page"
    return refusal.status in {400, 413} and "too many" in refusal.title.lower()
