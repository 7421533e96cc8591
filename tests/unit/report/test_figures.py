"""Figures are well-formed, speak to screen readers, and stay within their frame."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from equity_pipeline.report.figures import IntervalRow, intervals, note

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    IntervalRow("VT01 Inkomst", "8,3", 2.8, 2.2, 3.4),
    IntervalRow("A <b> & c", "", -5.0, -7.0, -3.0),
]


@pytest.fixture
def figure() -> ET.Element:
    return ET.fromstring(intervals(ROWS, title="Skillnader", description="Med <intervall>"))


def shares(figure: ET.Element, *names: str) -> list[float]:
    found = [element.get(name) for element in figure.iter() for name in names]
    return [float(value[:-1]) for value in found if value and value.endswith("%")]


def test_the_title_and_the_description_name_the_figure(figure):
    parts = {
        part.get("id"): part.text for part in figure if part.tag in {SVG + "title", SVG + "desc"}
    }
    assert list(parts.values()) == ["Skillnader", "Med <intervall>"]
    assert figure.get("aria-labelledby") == " ".join(parts)
    assert figure.get("role") == "img"


def test_labels_are_text_and_never_markup(figure):
    assert "A <b> & c" in [text.text for text in figure.iter(SVG + "text")]


def test_every_mark_lies_within_the_frame(figure):
    assert all(0 <= share <= 100 for share in shares(figure, "x1", "x2", "cx", "x"))


def test_a_point_lies_between_the_ends_of_its_interval(figure):
    lines = [e for e in figure.iter(SVG + "line") if e.get("stroke-width") == "3"]
    for line, point in zip(lines, figure.iter(SVG + "circle"), strict=True):
        lower, value, upper = (
            float(e.get(name)[:-1]) for e, name in ((line, "x1"), (point, "cx"), (line, "x2"))
        )
        assert lower < value < upper


def test_a_gap_to_the_advantage_lies_left_of_zero(figure):
    harm, advantage = (float(point.get("cx")[:-1]) for point in figure.iter(SVG + "circle"))
    zero = next(
        float(e.get("x1")[:-1]) for e in figure.iter(SVG + "line") if e.get("x1") == e.get("x2")
    )
    assert advantage < zero < harm


def test_no_rows_make_no_figure():
    assert intervals([], title="t", description="d") == ""


def test_the_note_has_a_minus_sign_and_not_a_hyphen():
    assert note(-135.2, -166.0, -104.5, "per_1000").replace("\u00a0", " ") == (
        "−135,2 per 1 000 (−166,0 till −104,5)"
    )
