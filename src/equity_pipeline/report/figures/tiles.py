"""A map of equal tiles: each municipality a square where a reader would look for it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from equity_pipeline.report.figures.axis import Mark, Say, key
from equity_pipeline.report.figures.scales import known, ticks
from equity_pipeline.report.figures.svg import INK, Told, frame, text

TILE, GAP = 55.8, 1.3
SHADES = ("#eef3f7", "#c9dbe8", "#94b8d1", "#4f86ad", "#0b4f7d")
ON_SHADES = (INK, INK, INK, "#000", "#fff")
UNKNOWN = "#fff"


@dataclass(frozen=True, slots=True)
class Tile:
    """One municipality: where it stands, and its name in lines that fit a tile."""

    code: str
    column: int
    row: int
    lines: tuple[str, ...]
    name: str


@cache
def layout(region: str) -> tuple[Tile, ...]:
    """Return the tiles of a region, none where nobody has laid them out.

    Examples
    --------
    >>> len(layout("12")), layout("12")[0].name, layout("99")
    (33, 'Båstad', ())
    """
    source = files("equity_pipeline.report.figures").joinpath("tiles.toml")
    held = tomllib.loads(source.read_text("utf-8")).get(region, {})
    return tuple(
        Tile(code, column, row, tuple(name.split("|")), name.replace("-|", "").replace("|", " "))
        for code, (column, row, name) in held.items()
    )


def tile_map(
    region: str, values: Mapping[str, float | None], *, told: Told, say: Say, hidden: str
) -> str:
    """Return the map with the number in each tile, shaded in equal steps of the value.

    Parameters
    ----------
    region
        Code of the region. One that is not laid out, or no shown value: no figure.
    values
        By code of municipality; None is written as ``..`` on white.
    say
        Writes a number.
    hidden
        What the white tiles are, for the key.

    Examples
    --------
    >>> tile_map("12", {}, told=Told("m", "t", "d"), say=str, hidden="-")
    ''
    """
    tiles = layout(region)
    shown = known(values.get(one.code) for one in tiles)
    if not tiles or not shown:
        return ""
    bounds = shade_bounds(shown)
    drawn = [_tile(one, values.get(one.code), bounds, say) for one in tiles]
    bottom = (max(one.row for one in tiles) + 1) * (TILE + GAP)
    entries = [(_swatch(SHADES[at]), words) for at, words in enumerate(classes(bounds, say))]
    if len(shown) < len(tiles):
        entries.append((_swatch(UNKNOWN), hidden))
    explained, height = key(entries, bottom + 4)
    return frame(told, height, [*drawn, explained])


def shade_bounds(shown: list[float]) -> list[float]:
    """Return the round numbers between the shades of a map, evenly spaced.

    Examples
    --------
    >>> shade_bounds([0.71, 0.89])
    [0.75, 0.8, 0.85]
    """
    low, high = min(shown), max(shown)
    found = [at for at in ticks(low, high, most=4) if low < at < high]
    return found[: len(SHADES) - 1]


def classes(bounds: list[float], say: Say) -> list[str]:
    """Return what each shade of a map stands for.

    Examples
    --------
    >>> classes([1.0, 2.0], "{:.0f}".format)
    ['< 1', '1–2', '≥ 2']
    """
    if not bounds:
        return [""]
    between = [f"{say(a)}–{say(b)}" for a, b in pairwise(bounds)]
    return [f"< {say(bounds[0])}", *between, f"≥ {say(bounds[-1])}"]


def _tile(one: Tile, value: float | None, bounds: list[float], say: Say) -> str:
    x, y = one.column * (TILE + GAP), one.row * (TILE + GAP)
    middle = x + TILE / 2
    if value is None or not known([value]):
        fill, ink, words = UNKNOWN, INK, ".."
    else:
        shade = sum(value >= bound for bound in bounds)
        fill, ink, words = SHADES[shade], ON_SHADES[shade], say(value)
    top = y + (17 if len(one.lines) == 2 else 23)
    parts = [
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{TILE:.2f}" height="{TILE:.2f}" fill="{fill}" '
        'stroke="#8a97a1"/>'
    ]
    parts += [
        text(middle, top + 12 * at, line, anchor="middle", fill=ink, css="s")
        for at, line in enumerate(one.lines)
    ]
    parts.append(text(middle, y + 46, words, anchor="middle", fill=ink, css="b"))
    return "".join(parts)


def _swatch(fill: str) -> Mark:
    def draw(x: float, y: float) -> str:
        return (
            f'<rect x="{x - 12:.2f}" y="{y - 6:.2f}" width="24" height="12" fill="{fill}" '
            'stroke="#8a97a1"/>'
        )

    return draw
