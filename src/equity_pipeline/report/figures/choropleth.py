"""A map of the municipalities as they lie, shaded in equal steps of the value."""

from __future__ import annotations

from collections.abc import Mapping

from equity_pipeline.report.figures.axis import Mark, Say, key
from equity_pipeline.report.figures.borders import Borders, Shape
from equity_pipeline.report.figures.labels import width
from equity_pipeline.report.figures.scales import known
from equity_pipeline.report.figures.svg import INK, Told, frame, text
from equity_pipeline.report.figures.tiles import SHADES, classes, shade_bounds

EDGE = "#5d6b75"
SMALL = 10.5


def choropleth(
    held: Borders,
    values: Mapping[str, float | None],
    names: Mapping[str, str],
    *,
    told: Told,
    say: Say,
    hidden: str,
) -> str:
    """Return the map; an area without a value that is shown is hatched.

    Parameters
    ----------
    held
        The borders by code; areas that have none are not drawn.
    values, names
        By code. No shown value: no figure. A name stands where it has room.
    hidden
        What the hatched areas are, for the key.

    Examples
    --------
    >>> choropleth(Borders({}, 1, ""), {}, {}, told=Told("m", "t", "d"), say=str, hidden="")
    ''
    """
    drawn = {code: shape for code, shape in held.shapes.items() if code in values}
    shown = known(values[code] for code in drawn)
    if not shown:
        return ""
    bounds = shade_bounds(shown)
    hatch = f"url(#{told.name}-hatch)"
    fills = {code: _fill(values[code], bounds, hatch) for code in drawn}
    entries = [(_swatch(SHADES[at]), words) for at, words in enumerate(classes(bounds, say))]
    if len(shown) < len(drawn):
        entries.append((_swatch(hatch), hidden))
    explained, height = key(entries, held.height + 6)
    return frame(
        told,
        height,
        [
            _hatch(f"{told.name}-hatch"),
            *(_area(shape, fills[code]) for code, shape in drawn.items()),
            *_names(drawn, names),
            explained,
        ],
    )


def _fill(value: float | None, bounds: list[float], hatch: str) -> str:
    if value is None or not known([value]):
        return hatch
    return SHADES[sum(value >= bound for bound in bounds)]


def _hatch(name: str) -> str:
    return (
        f'<defs><pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="5" height="5" fill="#fff"/>'
        f'<rect width="1.2" height="5" fill="{EDGE}"/></pattern></defs>'
    )


def _area(shape: Shape, fill: str) -> str:
    return (
        f'<path d="{shape.path}" fill="{fill}" fill-rule="evenodd" stroke="{EDGE}" '
        'stroke-width="0.8" stroke-linejoin="round"/>'
    )


def _names(drawn: Mapping[str, Shape], names: Mapping[str, str]) -> list[str]:
    """Return the names that fit into their areas, the widest area first, none upon another."""
    parts: list[str] = []
    taken: list[tuple[float, float, float]] = []
    for code, shape in sorted(drawn.items(), key=lambda one: -one[1].room):
        words = names.get(code, "")
        half, (x, y) = width(words, size=SMALL) / 2, shape.middle
        is_free = all(abs(y - b) > 12 or abs(x - a) > half + c + 3 for a, b, c in taken)
        if words and is_free and 2 * half <= shape.room:
            taken.append((x, y, half))
            parts.append(text(x, y + 4, words, anchor="middle", css="s h", fill=INK))
    return parts


def _swatch(fill: str) -> Mark:
    def draw(x: float, y: float) -> str:
        return (
            f'<rect x="{x - 12:.2f}" y="{y - 6:.2f}" width="24" height="12" fill="{fill}" '
            f'stroke="{EDGE}"/>'
        )

    return draw
