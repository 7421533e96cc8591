"""Workbooks of a source: fetched from their addresses, or found in the folder that feeds it."""

from __future__ import annotations

from pathlib import Path
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings import OpenSource
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import UNREACHABLE_MEND, Question, Unreachable
from equity_pipeline.sources.workbooks.workbook import Sheet, read_workbook

Workbooks = list[tuple[str, tuple[Sheet, ...]]]


def workbooks(answers: Answers, settings: OpenSource, urls: tuple[str, ...]) -> Workbooks:
    """Return the name and the sheets of every workbook of a source, in the order of their names.

    Raises
    ------
    ConfigurationError
        Neither addresses nor a folder are given, or the folder is not there.
    SourceError
        A workbook cannot be fetched or read, or the folder holds none.
    """
    if settings.folder is not None:
        return [
            (_name(path), read_workbook(answers.file(path), path.name))
            for path in _found(settings.folder, answers.source)
        ]
    if not urls:
        raise ConfigurationError(
            "The source has neither addresses nor a folder.",
            where=f"sources.{answers.source}",
            mend=f"set sources.{answers.source}.urls or sources.{answers.source}.folder",
        )
    return [(name_in(url), read_workbook(answers.content(url, _whole), url)) for url in urls]


def name_in(url: str) -> str:
    """Return the name of the file that an address ends with.

    Examples
    --------
    >>> name_in("https://example.org/a/v%C3%A4ntetider%202024.xlsx?lang=sv")
    'väntetider 2024.xlsx'
    """
    return normalize("NFC", unquote(urlsplit(url).path.rsplit("/", 1)[-1]))


def _whole(content: bytes, question: Question) -> None:
    try:
        read_workbook(content, question.url)
    except SourceError as fault:
        raise Unreachable(fault.what, where=question.where, mend=UNREACHABLE_MEND) from None


def _found(folder: Path, source: str) -> list[Path]:
    if not folder.is_dir():
        raise ConfigurationError(
            "The folder of the source is not there.",
            where=f"sources.{source}.folder",
            mend="make it, or correct the path",
        )
    shown = [one for one in folder.iterdir() if not one.name.startswith((".", "~$"))]
    old = sorted(one.name for one in shown if one.suffix.lower() in {".xls", ".xlsb", ".ods"})
    if old:
        raise SourceError(
            f"{source}: the folder holds workbooks of a kind that is not read: {', '.join(old)}.",
            where=f"sources.{source}.folder",
            mend="open each and save it as .xlsx",
        )
    found = sorted(
        (one for one in shown if one.suffix.lower() in {".xlsx", ".xlsm"}), key=lambda p: p.name
    )
    if not found:
        raise SourceError(
            f"{source}: the folder holds no workbook.",
            where=f"sources.{source}.folder",
            mend="lay the publisher's .xlsx files there",
        )
    return found


def _name(path: Path) -> str:
    return normalize("NFC", path.name)
