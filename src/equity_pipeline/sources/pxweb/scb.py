"""Statistics Sweden, PxWebApi v2: limits from its own /config, codes from its own metadata."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pyarrow as pa

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import Question, Refused
from equity_pipeline.sources.asking.pace import Limits
from equity_pipeline.sources.pxweb import jsonstat
from equity_pipeline.sources.pxweb.gathering import Asking, gather
from equity_pipeline.sources.pxweb.jsonstat import Cube, Dimension
from equity_pipeline.sources.pxweb.residents import POPULATION, choice_of_residents, residents
from equity_pipeline.sources.pxweb.selection import Chosen, Selection, resolve

__all__ = ["POPULATION", "CodeList", "Scb"]

Output = Literal["aggregated", "single"]
LANGUAGE = "sv"


@dataclass(frozen=True, slots=True)
class CodeList:
    """A value set or an aggregation: labels by code, and the table's codes behind each."""

    id: str
    label: str
    kind: str
    labels: MappingProxyType[str, str]
    members: MappingProxyType[str, tuple[str, ...]]


@dataclass(slots=True)
class Scb:
    """The tables of Statistics Sweden behind one base address."""

    answers: Answers
    base_url: str
    limits: Limits | None = None
    language: str = LANGUAGE
    _held: dict[str, tuple[Dimension, ...]] = field(default_factory=dict)
    _lists: dict[str, CodeList] = field(default_factory=dict)

    def config(self) -> Limits:
        """Return the limits that the source tells, asked for once, and keep to them.

        Raises
        ------
        SourceError
            If the answer does not tell them: guessing would be impolite.
        """
        if self.limits is None:
            url = f"{self._base}/config"
            told = self.answers.get(url)
            try:
                self.limits = Limits(
                    calls=int(told["maxCallsPerTimeWindow"]),
                    window_seconds=float(told["timeWindow"]),
                    max_cells=int(told["maxDataCells"]),
                )
                self.language = _language(told)
            except (KeyError, TypeError, ValueError):
                raise SourceError(
                    "The source does not tell its limits.",
                    where=url,
                    mend="check that sources.scb.base_url ends where PxWebApi v2 begins (/api/v2)",
                ) from None
            self.answers.client.allow(self.base_url, self.limits)
        return self.limits

    def tables(self, query: str = "", *, past_days: int | None = None) -> list[dict[str, Any]]:
        """Return every table of the listing, page by page to its end, one entry each.

        Raises
        ------
        SourceError
            A page is not a listing, or fewer tables came than the source says it has.
        """
        self.config()
        found: dict[str, dict[str, Any]] = {}
        number: int | None = 1
        total = 0
        while number is not None:
            asked = {"lang": self.language, "query": query, "pastDays": past_days}
            told = {key: value for key, value in asked.items() if value not in ("", None)}
            url = f"{self._base}/tables?{urlencode(told | {'pageNumber': number})}"
            entries, total, number = _page(self.answers.get(url), url, number)
            found.update((one["id"], one) for one in entries)
        if len(found) < total:
            raise SourceError(
                f"The listing gave {len(found)} of {total} tables.",
                where=f"{self._base}/tables",
                mend="ask again: the listing changed while it was read",
            )
        return list(found.values())

    def metadata(self, table: str) -> tuple[Dimension, ...]:
        """Return the dimensions of a table with all their codes, asked for once.

        Raises
        ------
        SourceError
            The source has no such table; says which.
        """
        self.config()
        if table not in self._held:
            document = self._get_of(table, "metadata")
            self._held[table] = jsonstat.dimensions(document)
        return self._held[table]

    def code_list(self, name: str) -> CodeList:
        """Return a value set or aggregation, asked for once.

        Raises
        ------
        SourceError
            The source has no such list, or what it answers is not one.
        """
        self.config()
        if name not in self._lists:
            url = f"{self._base}/codelists/{quote(name)}?lang={self.language}"
            self._lists[name] = _code_list(self.answers.get(url), url)
        return self._lists[name]

    def data(
        self,
        table: str,
        selection: Selection,
        *,
        code_lists: Mapping[str, str] | None = None,
        output: Mapping[str, Output] | None = None,
    ) -> Cube:
        """Return the chosen cells of a table, in as many questions as its limits ask for.

        Parameters
        ----------
        selection
            Codes by dimension, or expressions as ``selection.expand`` takes them. A dimension
            left out is summed away where the table allows it.
        code_lists
            The value set or aggregation that a dimension's codes are taken from.
        output
            ``single`` gives the members of a code list's groups instead of the groups.

        Raises
        ------
        SourceError
            A dimension or code that the table does not have, or a dimension that must be chosen.
        """
        lists = {name: self.code_list(one) for name, one in (code_lists or {}).items()}
        held = tuple(_listed(one, lists.get(one.code)) for one in self.metadata(table))
        chosen = resolve(table, held, selection)
        for name in [name for name in lists if (output or {}).get(name) == "single"]:
            members = lists.pop(name).members
            chosen[name] = [one for code in chosen[name] for one in members[code]]
        own = tuple(_listed(one, lists.get(one.code)) for one in self.metadata(table))
        whole = resolve(table, own, chosen)  # members must be the table's own codes
        return gather(self._asking(table, lists), own, whole, self._most_cells)

    def population(self, table: str, regions: Sequence[str]) -> pa.Table:
        """Return residents by region, ten-year age band and sex at the latest time of a table.

        Columns as in ``POPULATION``; sex is female, male or total. From 2025 the counts carry a
        small noise, so totals are not exactly the sums of their parts.
        """
        held = {one.code: one for one in self.metadata(table)}
        return residents(self.data(table, choice_of_residents(table, held, regions)), held)

    @property
    def _base(self) -> str:
        return self.base_url.rstrip("/")

    @property
    def _most_cells(self) -> float:
        return self.config().max_cells or math.inf

    def _get_of(self, table: str, rest: str) -> Any:
        url = f"{self._base}/tables/{quote(table)}/{rest}?lang={self.language}"
        try:
            return self.answers.get(url)
        except Refused as refusal:
            if refusal.status != 404:
                raise
            raise SourceError(
                f"The source has no table {table}: HTTP 404, {refusal.title}.",
                where=url,
                mend="look the table up in the source's listing and change its id in [sources]: "
                "tables are renamed and replaced",
            ) from None

    def _asking(self, table: str, lists: Mapping[str, CodeList]) -> Asking:
        groups = {
            f"outputValues[{name}]": "aggregated"
            for name, one in lists.items()
            if one.kind.lower() == "aggregation"
        }
        told = {"lang": self.language, "outputFormat": "json-stat2", **groups}
        url = f"{self._base}/tables/{quote(table)}/data?{urlencode(told, safe='[]')}"

        def question(chosen: Chosen) -> Question:
            return Question("POST", url, _body(chosen, lists))

        return Asking(
            answers=self.answers,
            table=table,
            question=question,
            read=jsonstat.read,
            is_too_large=_is_too_large,
            renamed={name: one.labels for name, one in lists.items()},
        )


def _body(chosen: Chosen, lists: Mapping[str, CodeList]) -> bytes:
    selection = [
        {"variableCode": name, "valueCodes": codes}
        | ({"codelist": lists[name].id} if name in lists else {})
        for name, codes in chosen.items()
    ]
    return json.dumps({"selection": selection}, ensure_ascii=False, sort_keys=True).encode()


def _is_too_large(refusal: Refused) -> bool:
    return refusal.status in {400, 403, 413} and "too many" in refusal.title.lower()


def _language(told: Mapping[str, Any]) -> str:
    offered = [one["id"] for one in told.get("languages", []) if isinstance(one, Mapping)]
    if LANGUAGE in offered or not offered:
        return LANGUAGE
    return str(told.get("defaultLanguage", offered[0]))


def _page(told: Any, url: str, number: int) -> tuple[list[dict[str, Any]], int, int | None]:
    """Return the entries of a page, how many there are in all, and the next page's number."""
    try:
        entries, page = told["tables"], told["page"]
        links = {one["rel"]: one["href"] for one in page.get("links") or ()}
        following = parse_qs(urlsplit(links["next"]).query) if "next" in links else {}
        named = {key.lower(): values[0] for key, values in following.items()}
        if "next" in links or number < int(page.get("totalPages", number)):
            after = int(named.get("pagenumber", number + 1))
        else:
            after = number
        if not all(isinstance(one["id"], str) for one in entries):
            raise TypeError
        return entries, int(page.get("totalElements", 0)), after if after > number else None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SourceError(
            "The source's listing of tables cannot be read.", where=url, mend=jsonstat.MEND
        ) from None


def _code_list(told: Any, url: str) -> CodeList:
    try:
        labels = {one["code"]: str(one["label"]) for one in told["values"]}
        members = {
            one["code"]: tuple(str(code) for code in one.get("valueMap") or [one["code"]])
            for one in told["values"]
        }
        if len(labels) < len(told["values"]) or not all(isinstance(one, str) for one in labels):
            raise TypeError
        return CodeList(
            id=str(told["id"]),
            label=str(told.get("label", "")),
            kind=str(told.get("type", "")),
            labels=MappingProxyType(labels),
            members=MappingProxyType(members),
        )
    except (AttributeError, KeyError, TypeError):
        raise SourceError("The answer is not a code list.", where=url, mend=jsonstat.MEND) from None


def _listed(dimension: Dimension, codes: CodeList | None) -> Dimension:
    return dimension if codes is None else replace(dimension, categories=codes.labels)
