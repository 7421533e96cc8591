"""Which cells of a table are asked for: expressions turned into codes, and parts under a limit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.pxweb.jsonstat import Dimension

Selection = Mapping[str, Sequence[str]]
Chosen = dict[str, list[str]]
ENDS = re.compile(r"(top|bottom)\((\d+)(?:,\s*(\d+))?\)", re.IGNORECASE)
SPAN = re.compile(r"(from|to|range)\((.+)\)", re.IGNORECASE)


def resolve(table: str, held: Sequence[Dimension], selection: Selection) -> Chosen:
    """Return a selection with every expression turned into the table's codes.

    A dimension left out is summed away by the source where the table allows it. Something must
    be chosen: without any selection a source answers with a subset of its own making.

    Raises
    ------
    SourceError
        Names what the table does not have, or the dimension that must be chosen.
    """
    known = {one.code: one for one in held}
    strange = sorted(selection.keys() - known.keys())
    if strange:
        raise unknown(table, f"the dimensions {strange}", tuple(known))
    chosen: Chosen = {}
    for name, dimension in known.items():
        if name in selection:
            chosen[name] = expand(table, dimension, selection[name])
        elif not dimension.extension.get("elimination"):
            raise SourceError(
                f"The dimension {name} of table {table} must be chosen.",
                where=f"table {table}",
                mend=f"choose among {', '.join(dimension.codes[:5])} ...",
            )
    if not chosen:
        raise SourceError(
            f"Nothing of table {table} is chosen.",
            where=f"table {table}",
            mend=f"choose codes of {', '.join(known)}: without a choice the source makes its own",
        )
    return chosen


def expand(table: str, dimension: Dimension, wanted: Sequence[str]) -> list[str]:
    """Return codes for codes and expressions, once each, in the order asked for.

    ``*`` and ``?`` stand for signs; ``top(n)`` for the first n codes, or the latest n of a time
    dimension, ``bottom(n)`` for the other end; ``from(a)``, ``to(b)``, ``range(a,b)`` for codes in
    the table's order. A code that looks like an expression is taken as the code.

    Raises
    ------
    SourceError
        An expression finds nothing, or is asked for no code at all.

    Examples
    --------
    >>> from types import MappingProxyType
    >>> years = MappingProxyType({"2021": "2021", "2022": "2022", "2023": "2023"})
    >>> tid = Dimension("Tid", "år", years, role="time")
    >>> expand("T", tid, ["top(1)"]), expand("T", tid, ["to(2022)"]), expand("T", tid, ["202?"])
    (['2023'], ['2021', '2022'], ['2021', '2022', '2023'])
    """
    found: dict[str, None] = {}
    for one in wanted:
        hits = [one] if one in dimension.categories else _hits(dimension, one)
        if not hits:
            raise unknown(table, f"the code {one!r} in {dimension.code}", dimension.codes)
        found.update(dict.fromkeys(hits))
    if not found:
        raise unknown(table, f"anything to choose in {dimension.code}", dimension.codes)
    return list(found)


def cells_of(chosen: Mapping[str, Sequence[str]]) -> int:
    """Return the number of cells of a choice.

    Examples
    --------
    >>> cells_of({"a": ["1", "2", "3"], "b": ["x", "y"]})
    6
    """
    return math.prod(len(codes) for codes in chosen.values())


def split(chosen: Mapping[str, list[str]], max_cells: float) -> Iterator[Chosen]:
    """Yield parts of a selection, each of at most ``max_cells`` cells, together the whole.

    Examples
    --------
    >>> list(split({"a": ["1", "2", "3"], "b": ["x", "y"]}, 4))
    [{'a': ['1', '2'], 'b': ['x', 'y']}, {'a': ['3'], 'b': ['x', 'y']}]
    """
    cells = cells_of(chosen)
    longest = max(chosen, key=lambda name: len(chosen[name]))
    codes = chosen[longest]
    if cells <= max_cells or len(codes) == 1:
        yield dict(chosen)
        return
    size = max(1, math.ceil(len(codes) / math.ceil(cells / max(max_cells, 1))))
    for start in range(0, len(codes), size):
        yield from split({**chosen, longest: codes[start : start + size]}, max_cells)


def unknown(table: str, what: str, known: Sequence[str]) -> SourceError:
    """Return the error that says what a table lacks and what it has."""
    return SourceError(
        f"Table {table} does not have {what}.",
        where=f"table {table}",
        mend=f"it has {', '.join(known[:8])}{' ...' if len(known) > 8 else ''}",
    )


def _hits(dimension: Dimension, expression: str) -> list[str]:
    codes = dimension.codes
    end = ENDS.fullmatch(expression)
    if end:
        is_last = (end[1].lower() == "top") == (dimension.role == "time")
        return _at_end(codes, int(end[2]), int(end[3] or 0), is_last=is_last)
    span = SPAN.fullmatch(expression)
    if span:
        return _between(codes, span[1].lower(), span[2])
    pattern = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in expression)
    return [code for code in codes if re.fullmatch(pattern, code, re.DOTALL)]


def _at_end(codes: Sequence[str], count: int, offset: int, *, is_last: bool) -> list[str]:
    if is_last:
        stop = len(codes) - offset
        return list(codes[max(0, stop - count) : max(0, stop)])
    return list(codes[offset : offset + count])


def _between(codes: Sequence[str], kind: str, told: str) -> list[str]:
    places = {code: place for place, code in enumerate(codes)}
    if kind != "range":
        if told not in places:
            return []
        place = places[told]
        return list(codes[place:] if kind == "from" else codes[: place + 1])
    for comma in (match.start() for match in re.finditer(",", told)):  # a code may hold a comma
        ends = told[:comma].strip(), told[comma + 1 :].strip()
        if ends[0] in places and ends[1] in places:
            first, last = sorted(places[end] for end in ends)
            return list(codes[first : last + 1])
    return []
