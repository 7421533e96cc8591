"""Pages of Kolada v3: every row of an answer once, wherever its next page says it lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.asking.answers import Answers

FORMAT_MEND = "check that sources.kolada.base_url ends in /v3; Kolada may have changed its format"
VERSION = "/v3/"


def rows(answers: Answers, url: str, base_url: str = "") -> Iterator[Mapping[str, Any]]:
    """Yield the rows of all pages, following ``next_url`` until there is none.

    A page is always asked for at our own address: the source may name itself otherwise than the
    mirror or proxy that leads there. Null, empty and absent ``next_url`` all mean the last page.

    Raises
    ------
    SourceError
        The envelope is not that of v3, leads to another host or in a circle, gives a page twice,
        or ends before as many rows as it counted have come.
    """
    seen: set[str] = set()
    received, counted = 0, 0
    before: object = None
    following: str | None = url
    while following is not None:
        if following in seen:
            raise broken(url, "its pages lead in a circle")
        seen.add(following)
        page = answers.get(following)
        held = page.get("values") if isinstance(page, Mapping) else None
        if not isinstance(held, list) or ("next_page" in page and "next_url" not in page):
            raise broken(url, "the envelope is not that of v3 (values, count, next_url)")
        if held and held == before:
            raise broken(url, "it gives the same page again under the next address")
        before = held
        yield from held
        received += len(held)
        counted = max(counted, _count(page, url))
        following = _next(following, page.get("next_url"), base_url)
    if received < counted:
        raise broken(url, f"it counted {counted} rows and gave {received}")


def batches(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield runs of at most ``size`` items.

    Examples
    --------
    >>> [len(run) for run in batches(["x"] * 60, 25)]
    [25, 25, 10]
    """
    for start in range(0, len(items), size):
        yield items[start : start + size]


def broken(where: str, why: str) -> SourceError:
    """Return the error of an answer that cannot be used."""
    return SourceError(f"Kolada's answer cannot be used: {why}.", where=where, mend=FORMAT_MEND)


def _next(current: str, told: object, base_url: str) -> str | None:
    if not told:
        return None
    here, there = urlsplit(current), urlsplit(urljoin(current, str(told).strip()))
    base = urlsplit(base_url).path.rstrip("/") + "/"
    if _is_same_host(here, there) and there.path.startswith(base):
        path = there.path
    elif _resource(there.path, base) == _resource(here.path, base):
        path = here.path
    elif VERSION in there.path and base_url:
        path = base + there.path.rpartition(VERSION)[2]
    elif _is_same_host(here, there):
        path = there.path
    else:
        raise broken(current, f"its next page lies on another host, {there.hostname}")
    return here._replace(path=path, query=there.query).geturl()


def _is_same_host(here: SplitResult, there: SplitResult) -> bool:
    return (there.hostname, there.port or here.port) == (here.hostname, here.port)


def _resource(path: str, base: str) -> str:
    if path.startswith(base) and base != "/":
        return path.removeprefix(base).strip("/")
    return path.rpartition(VERSION)[2].strip("/")


def _count(page: Mapping[str, Any], url: str) -> int:
    told = page.get("count") or 0
    if not isinstance(told, int):
        raise broken(url, "its count is not a number")
    return told
