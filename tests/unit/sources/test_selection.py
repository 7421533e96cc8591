"""Expressions become the codes that the source would take, and parts make a whole."""

from __future__ import annotations

from itertools import product
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.pxweb.jsonstat import Dimension
from equity_pipeline.sources.pxweb.selection import cells_of, expand, resolve, split


def axis(*codes: str, role: str = "", elimination: bool = False) -> Dimension:
    return Dimension(
        "Axis",
        "axis",
        MappingProxyType({code: code for code in codes}),
        extension=MappingProxyType({"elimination": elimination}),
        role=role,
    )


PLAIN = axis("01", "0114", "12", "1280", "1281")
TIME = axis("2020", "2021", "2022", "2023", role="time")


@pytest.mark.parametrize(
    ("dimension", "wanted", "found"),
    [
        (PLAIN, ["12*"], ["12", "1280", "1281"]),
        (PLAIN, ["??"], ["01", "12"]),
        (PLAIN, ["*"], list(PLAIN.codes)),
        (PLAIN, ["1281", "12*"], ["1281", "12", "1280"]),
        (PLAIN, ["top(2)"], ["01", "0114"]),
        (PLAIN, ["TOP(2,1)"], ["0114", "12"]),
        (PLAIN, ["bottom(2)"], ["1280", "1281"]),
        (TIME, ["top(1)"], ["2023"]),
        (TIME, ["top(2,1)"], ["2021", "2022"]),
        (TIME, ["bottom(1)"], ["2020"]),
        (TIME, ["top(9)"], list(TIME.codes)),
        (TIME, ["from(2022)"], ["2022", "2023"]),
        (TIME, ["to(2021)"], ["2020", "2021"]),
        (TIME, ["range(2021,2022)"], ["2021", "2022"]),
        (TIME, ["range(2022, 2021)"], ["2021", "2022"]),
        (axis("top(1)", "a"), ["top(1)"], ["top(1)"]),
        (axis("a*", "ab"), ["a*"], ["a*"]),
        (axis("a[1]", "a1"), ["a[?]"], ["a[1]"]),
        (axis("a,b", "c,d", "e"), ["range(a,b,c,d)"], ["a,b", "c,d"]),
    ],
)
def test_an_expression_gives_the_codes_that_the_source_would(
    dimension: Dimension, wanted: list[str], found: list[str]
) -> None:
    assert expand("T", dimension, wanted) == found


@pytest.mark.parametrize("wanted", [["99"], ["from(1999)"], ["range(2020,1999)"], ["top(0)"], []])
def test_an_expression_that_finds_nothing_is_told(wanted: list[str]) -> None:
    with pytest.raises(SourceError, match="Table T does not have"):
        expand("T", TIME, wanted)


def test_nothing_chosen_is_not_asked_since_the_source_would_choose() -> None:
    with pytest.raises(SourceError, match="Nothing of table T is chosen"):
        resolve("T", [axis("a", "b", elimination=True)], {})


shapes = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@given(shapes, st.integers(1, 60))
def test_parts_hold_every_cell_once_and_keep_under_the_limit(shape: list[int], limit: int) -> None:
    chosen = {f"d{i}": [f"{i}.{j}" for j in range(size)] for i, size in enumerate(shape)}
    parts = list(split(chosen, limit))
    assert all(cells_of(part) <= limit for part in parts)
    cells = [cell for part in parts for cell in product(*(part[name] for name in chosen))]
    assert len(cells) == cells_of(chosen)
    assert set(cells) == set(product(*chosen.values()))
