"""Categories of a dimension found by code, else by the words of their labels; and its total."""

from __future__ import annotations

from collections.abc import Sequence

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.pxweb.jsonstat import Dimension

TOTAL_CODES = frozenset({"totsa", "tot", "totalt", "total", "1+2"})
TOTAL_WORDS = ("total", "samtliga", "båda könen")


def one_category(table: str, dimension: Dimension, wanted: Sequence[str]) -> str:
    """Return the code of the first of ``wanted`` that is met: a code, else words of a label.

    Raises
    ------
    SourceError
        None is met, or the words fit more than one label.
    """
    for one in wanted:
        met = _met(dimension, one)
        if len(met) == 1:
            return met[0]
        if met:
            raise _unmet(table, dimension, f"{one!r} fits {len(met)} categories")
    raise _unmet(table, dimension, f"nothing is called {', '.join(map(repr, wanted))}")


def some_categories(table: str, dimension: Dimension, wanted: Sequence[str]) -> list[str]:
    """Return the codes of all of ``wanted``; each is a code, else words of one label or more.

    Raises
    ------
    SourceError
        One of them is not met.
    """
    found: dict[str, None] = {}
    for one in wanted:
        met = _met(dimension, one)
        if not met:
            raise _unmet(table, dimension, f"nothing is called {one!r}")
        found.update(dict.fromkeys(met))
    return list(found)


def total_of(dimension: Dimension) -> str | None:
    """Return the code of the dimension's total, or None where no category is one.

    Examples
    --------
    >>> from types import MappingProxyType
    >>> sexes = MappingProxyType({"TotSa": "totalt", "1": "män", "2": "kvinnor"})
    >>> total_of(Dimension("Kon", "kön", sexes))
    'TotSa'
    """
    told = dimension.extension.get("eliminationValueCode")
    if told in dimension.categories:
        return str(told)
    by_code = [code for code in dimension.codes if code.casefold() in TOTAL_CODES]
    labels = dimension.categories.items()
    by_word = [code for code, label in labels if label.casefold().startswith(TOTAL_WORDS)]
    for found in (by_code, by_word):
        if len(found) == 1:
            return found[0]
    return None


def choice_of_total(table: str, dimension: Dimension) -> str | None:
    """Return the category to ask for where none is named; None where the source sums by itself.

    Raises
    ------
    SourceError
        The dimension has no total and must be chosen.
    """
    total = total_of(dimension)
    if total is not None:
        return total
    if len(dimension.codes) == 1:
        return dimension.codes[0]
    if dimension.extension.get("elimination"):
        return None
    raise _unmet(table, dimension, "no category is the total")


def _met(dimension: Dimension, wanted: str) -> list[str]:
    if wanted in dimension.categories:
        return [wanted]
    word = wanted.casefold()
    labels = {code: label.casefold() for code, label in dimension.categories.items()}
    for is_met in (word.__eq__, lambda label: label.startswith(word), lambda label: word in label):
        met = [code for code, label in labels.items() if is_met(label)]
        if met:
            return met
    return []


def _unmet(table: str, dimension: Dimension, what: str) -> SourceError:
    shown = [f"{code} ({label})" for code, label in dimension.categories.items()][:8]
    more = " ..." if len(dimension.codes) > len(shown) else ""
    return SourceError(
        f"In {dimension.code} of table {table}, {what}.",
        where=f"table {table}, dimension {dimension.code}",
        mend=f"name one in [sources] among {', '.join(shown)}{more}",
    )
