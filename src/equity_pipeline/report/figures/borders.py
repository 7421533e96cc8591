"""Borders as a figure can draw them: areas put together, laid flat, and no finer than is seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Any

from equity_pipeline.report.figures.svg import WIDTH

Point = tuple[float, float]
Ring = list[Point]
HEIGHT = 430.0
FINEST = 0.45  # of the figure's units: what is finer no screen shows
DEGREES = 180.0  # coordinates beyond it are metres


@dataclass(frozen=True, slots=True)
class Shape:
    """One area as drawn: its outline as a path, where its name has room, and how much."""

    path: str
    middle: Point
    room: float


@dataclass(frozen=True, slots=True)
class Borders:
    """The areas of a region by code, how high the figure is, and whose borders they are."""

    shapes: Mapping[str, Shape]
    height: float
    source: str


def borders(areas: Iterable[tuple[str, Mapping[str, Any]]], source: str) -> Borders | None:
    """Return the borders of areas; those with the same code become one. None without any.

    Parameters
    ----------
    areas
        Code and GeoJSON geometry (Polygon or MultiPolygon), in degrees or in metres.
    source
        Whose borders they are.

    Examples
    --------
    >>> west = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
    >>> east = {"type": "Polygon", "coordinates": [[[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]]}
    >>> made = borders([("a", west), ("a", east)], "SCB")
    >>> made.shapes["a"].path.count("M"), made.shapes["a"].path.count("L")
    (1, 3)
    """
    held: dict[str, list[Ring]] = {}
    for code, geometry in areas:
        held.setdefault(code, []).extend(_rings(geometry))
    outlines = {code: _together(rings) for code, rings in held.items()}
    points = [point for rings in outlines.values() for ring in rings for point in ring]
    if not points:
        return None
    flat = _Flat.of(points)
    drawn = {code: [flat.ring(ring) for ring in rings] for code, rings in outlines.items()}
    shapes = {code: _shape(rings) for code, rings in sorted(drawn.items())}
    return Borders(shapes, flat.height, source)


@dataclass(frozen=True, slots=True)
class _Flat:
    """Lays coordinates in the figure: north up, a degree of longitude as long as it is there."""

    west: float
    north: float
    across: float
    up: float
    height: float

    @classmethod
    def of(cls, points: Sequence[Point]) -> _Flat:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        in_degrees = max(map(abs, (*xs, *ys))) <= DEGREES
        narrow = cos(radians((min(ys) + max(ys)) / 2)) if in_degrees else 1.0
        wide, high = (max(xs) - min(xs)) * narrow or 1.0, max(ys) - min(ys) or 1.0
        size = min((WIDTH - 4) / wide, HEIGHT / high)
        left = (WIDTH - wide * size) / 2
        return cls(min(xs) - left / (size * narrow), max(ys), size * narrow, size, high * size + 4)

    def ring(self, ring: Ring) -> Ring:
        return simplified(
            [((x - self.west) * self.across, (self.north - y) * self.up + 2) for x, y in ring]
        )


def _rings(geometry: Mapping[str, Any]) -> list[Ring]:
    """Return all rings, outer ones turning left and holes right, without their last point."""
    held = geometry["coordinates"]
    polygons = [held] if geometry["type"] == "Polygon" else held
    return [
        _turned([(float(p[0]), float(p[1])) for p in ring[:-1]], is_hole=at > 0)
        for polygon in polygons
        for at, ring in enumerate(polygon)
    ]


def _turned(ring: Ring, *, is_hole: bool) -> Ring:
    return ring[::-1] if (_area(ring) < 0) != is_hole else ring


def _area(ring: Ring) -> float:
    return sum(
        x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], *ring[:1]], strict=True)
    )


def _together(rings: Sequence[Ring]) -> list[Ring]:
    """Return the outline of rings: an edge that two of them share lies inside and goes."""
    edges: dict[tuple[Point, Point], None] = {}
    for ring in rings:
        for edge in zip(ring, [*ring[1:], *ring[:1]], strict=True):
            if edge[::-1] in edges:
                del edges[edge[::-1]]
            else:
                edges[edge] = None
    return _chained(edges)


def _chained(edges: Iterable[tuple[Point, Point]]) -> list[Ring]:
    """Return the rings that edges make; what does not close is closed where it ends."""
    after: dict[Point, list[Point]] = {}
    for start, end in edges:
        after.setdefault(start, []).append(end)
    found: list[Ring] = []
    while after:
        start = next(iter(after))
        ring, here = [start], _next(after, start)
        while here is not None and here != start:
            ring.append(here)
            here = _next(after, here)
        if len(ring) > 2:
            found.append(ring)
    return found


def _next(after: dict[Point, list[Point]], here: Point) -> Point | None:
    if here not in after:
        return None
    ends = after[here]
    end = ends.pop()
    if not ends:
        del after[here]
    return end


def simplified(ring: Ring) -> Ring:
    """Return a ring without the points that nobody would see are gone (Douglas-Peucker).

    Examples
    --------
    >>> simplified([(0, 0), (5, 0.1), (10, 0), (10, 10), (0, 10)])
    [(0, 0), (10, 0), (10, 10), (0, 10)]
    """
    if len(ring) < 4:
        return ring
    far = max(range(len(ring)), key=lambda at: hypot(ring[at][0] - ring[0][0],
                                                     ring[at][1] - ring[0][1]))  # fmt: skip
    return _kept(ring[: far + 1])[:-1] + _kept([*ring[far:], ring[0]])[:-1]


def _kept(line: Ring) -> Ring:
    keep = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        off = [(_off(line[at], line[first], line[last]), at) for at in range(first + 1, last)]
        if off and max(off)[0] > FINEST:
            middle = max(off)[1]
            keep.add(middle)
            spans += [(first, middle), (middle, last)]
    return [line[at] for at in sorted(keep)]


def _off(point: Point, first: Point, last: Point) -> float:
    """Return how far a point lies from the line between two others."""
    (x, y), (x1, y1), (x2, y2) = point, first, last
    length = hypot(x2 - x1, y2 - y1)
    if length == 0:
        return hypot(x - x1, y - y1)
    return abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length


def _shape(rings: Sequence[Ring]) -> Shape:
    path = "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in rings if len(ring) > 2
    )
    largest = max(rings, key=lambda ring: abs(_area(ring)))
    middle = _middle(largest)
    return Shape(path, middle, _room(largest, middle[1]))


def _middle(ring: Ring) -> Point:
    """Return the middle of a ring's area."""
    twice = _area(ring)
    if not twice:
        return ring[0]
    pairs = list(zip(ring, [*ring[1:], *ring[:1]], strict=True))
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs)
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs)
    return x / (3 * twice), y / (3 * twice)


def _room(ring: Ring, y: float) -> float:
    """Return how wide a ring is where its name would stand."""
    crossed = [
        x1 + (y - y1) * (x2 - x1) / (y2 - y1)
        for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], *ring[:1]], strict=True)
        if (y1 <= y) != (y2 <= y)
    ]
    return max(crossed) - min(crossed) if crossed else 0.0
