"""Socialstyrelsen's statistical database: topics, variables, values, and results page by page."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import Refused

MEASURE, YEAR = "matt", "ar"
NOT_FOUND = 404
MOST_PAGES = 10_000
SHOWN = 12
FORMAT_MEND = (
    "check that sources.socialstyrelsen.base_url ends in /api/v1/sv; the source may have changed "
    "its format"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a variable: its id in this topic, its code where it has one, and its text."""

    id: str
    code: str
    text: str


@dataclass(slots=True)
class Socialstyrelsen:
    """The database behind one base address."""

    answers: Answers
    base_url: str
    rows_a_page: int = 5000

    def topics(self) -> tuple[str, ...]:
        """Return the names of all topics."""
        return tuple(str(one["namn"]) for one in self._list(""))

    def variables(self, topic: str) -> tuple[str, ...]:
        """Return the variables of a topic, in its own order.

        Raises
        ------
        SourceError
            There is no such topic; the source tells it with a web page and status 404.
        """
        try:
            return tuple(str(one["namn"]) for one in self._list(quote(topic)))
        except Refused as refusal:
            if refusal.status != NOT_FOUND:
                raise
            raise SourceError(
                f"Socialstyrelsen has no topic {topic!r}.",
                where=refusal.where,
                mend=f"name one of {', '.join(self.topics())} in sources.socialstyrelsen.tables",
            ) from None

    def values(self, topic: str, variable: str) -> tuple[Choice, ...]:
        """Return the values of a variable: ids hold for this topic alone."""
        held = self._list(f"{quote(topic)}/{quote(variable)}")
        return tuple(
            Choice(str(one["id"]), str(one.get("kod") or ""), str(one.get("text") or "").strip())
            for one in held
        )

    def results(
        self, topic: str, selection: Mapping[str, Sequence[str]]
    ) -> list[dict[str, str | float | None]]:
        """Return the rows of one question: ids by variable, and ``varde`` as it stands.

        Every page is asked for by its number at our own address, and held against what it should
        be: what the source itself calls the next page loses rows.

        Parameters
        ----------
        selection
            Ids by variable, every variable of the topic; exactly one ``matt``.

        Raises
        ------
        SourceError
            More than one measure is asked for, or the pages do not hold what they say.
        """
        if len(selection[MEASURE]) != 1:
            raise SourceError(
                "One question may ask for one measure only: the source gives no more.",
                where=f"socialstyrelsen/{topic}",
                mend="ask once for each measure",
            )
        path = "/".join(
            f"{quote(name)}/{','.join(map(quote, ids))}" for name, ids in selection.items()
        )
        url = self._address(f"{quote(topic)}/resultat/{path}")
        return _once(self._pages(url, selection), url)

    def _pages(
        self, url: str, selection: Mapping[str, Sequence[str]]
    ) -> Iterator[dict[str, str | float | None]]:
        number, pages = 1, 1
        while number <= pages:
            page = self.answers.get_or_none(f"{url}?per_sida={self.rows_a_page}&sida={number}")
            if page is None and number == 1:
                return  # the topic and every id are known: there is no figure for them
            told = _told(page, url)
            if number > 1 and told.pages != pages:
                raise broken(url, "the number of pages changes between pages")
            pages = told.pages
            if told.number != number or pages > MOST_PAGES:
                raise broken(url, f"page {number} of {pages} says that it is page {told.number}")
            if number < pages and len(told.rows) != told.size:
                raise broken(url, f"page {number} has {len(told.rows)} rows, not {told.size}")
            if told.has_next != (number < pages):
                raise broken(url, f"page {number} of {pages} tells otherwise of a next page")
            for row in told.rows:
                yield _row(row, selection, url)
            number += 1

    def _list(self, path: str) -> list[Mapping[str, Any]]:
        url = self._address(path)
        held = self.answers.get(url)
        if not isinstance(held, list) or not all(isinstance(one, Mapping) for one in held):
            raise broken(url, "a list of names was expected")
        if any("namn" not in one and "id" not in one for one in held):
            raise broken(url, "an entry has neither name nor id")
        return held

    def _address(self, path: str) -> str:
        return f"{self.base_url.rstrip('/')}/{path}".rstrip("/")


def chosen(choices: Sequence[Choice], wanted: str, *, where: str) -> Choice:
    """Return the value that is named by its code, or else by its text.

    Raises
    ------
    SourceError
        No value, or more than one, has that name.

    Examples
    --------
    >>> both = Choice("3", "", "Båda könen")
    >>> chosen([both, Choice("1", "", "Män")], "båda könen", where="kon").id
    '3'
    """
    found = [one for one in choices if one.code and same(one.code, wanted)]
    found = found or [one for one in choices if same(one.text, wanted)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.text for one in choices[:SHOWN])
    raise SourceError(
        f"{'Several values are' if found else 'No value is'} called {wanted!r}.",
        where=where,
        mend=f"name one by its code or text, such as {known}",
    )


def same(one: str, other: str) -> bool:
    """Return whether two names are one, whatever their case, form of letters and spaces."""
    return _plain(one) == _plain(other)


def broken(where: str, why: str) -> SourceError:
    """Return the error of an answer that cannot be used."""
    return SourceError(
        f"Socialstyrelsen's answer cannot be used: {why}.", where=where, mend=FORMAT_MEND
    )


@dataclass(frozen=True, slots=True)
class _Page:
    rows: list[Mapping[str, Any]]
    number: int
    size: int
    pages: int
    has_next: bool


def _told(page: object, url: str) -> _Page:
    held = page if isinstance(page, Mapping) else {}
    rows = held.get("data")
    numbers = [held.get(name) for name in ("sida", "per_sida", "sidor")]
    if not isinstance(rows, list) or not all(str(one).isdecimal() for one in numbers):
        raise broken(url, "the envelope is not data, sida, per_sida, sidor")
    number, size, pages = (int(str(one)) for one in numbers)
    return _Page(rows, number, size, pages, bool(held.get("nasta_sida")))


def _row(
    row: Mapping[str, Any], selection: Mapping[str, Sequence[str]], url: str
) -> dict[str, str | float | None]:
    held = {str(key).casefold(): value for key, value in row.items()}
    made: dict[str, str | float | None] = {}
    for name, ids in selection.items():
        told = held.get(f"{name.casefold()}id", held.get(name.casefold()))
        if told is None:
            raise broken(url, f"a row has no {name}")
        if str(told) not in ids:
            raise broken(url, f"a row is of another {name} than was asked for")
        made[name] = str(told)
    if "varde" not in held:
        raise broken(url, "a row has no varde")
    value = held["varde"]
    made["varde"] = value if value is None or isinstance(value, int | float) else str(value)
    return made


def _once(
    rows: Iterator[dict[str, str | float | None]], url: str
) -> list[dict[str, str | float | None]]:
    found, seen = [], set()
    for row in rows:
        key: Hashable = tuple(value for name, value in row.items() if name != "varde")
        if key in seen:
            raise broken(url, "it gave a row twice: its pages do not hold together")
        seen.add(key)
        found.append(row)
    return found


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
