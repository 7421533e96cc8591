"""Each figure's marks stand where the numbers say, its words keep apart, and nothing breaks it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from equity_pipeline.report.figures.borders import Borders, borders
from equity_pipeline.report.figures.cascade import CascadeWords, Stage, cascade
from equity_pipeline.report.figures.change import Change, ChangeWords, change
from equity_pipeline.report.figures.choropleth import choropleth
from equity_pipeline.report.figures.effects import Effect, EffectWords, effects
from equity_pipeline.report.figures.equiplot import Strip, equiplot
from equity_pipeline.report.figures.funnel import FunnelWords, Unit, funnel
from equity_pipeline.report.figures.gradient import Level, Slope, gradient
from equity_pipeline.report.figures.labels import kept_inside, spread, width, wrapped
from equity_pipeline.report.figures.pyramid import Band, pyramid
from equity_pipeline.report.figures.run_chart import Month, RunWords, run_chart
from equity_pipeline.report.figures.scales import padded, ticks
from equity_pipeline.report.figures.spine import SpineWords, Vertebra, spine
from equity_pipeline.report.figures.steps import Step, steps
from equity_pipeline.report.figures.svg import WIDTH, Told
from equity_pipeline.report.figures.tiles import layout, tile_map
from equity_pipeline.report.figures.trend import Moment, trend

SVG = "{http://www.w3.org/2000/svg}"
TOLD = Told("f", "Fynd <1>", "Vad som ritas & hur")
WORDS = FunnelWords("över", "under", "inom", "yttre", "inre", "regionen", "underlag")
FIVE = [
    Level(f"grupp {at}", value, value - 0.01, value + 0.01, f"{value:.2f}")
    for at, value in enumerate((0.80, 0.82, 0.84, 0.86, 0.90))
]


def say(value: float) -> str:
    return f"{value:g}"


def drawn_gradient(values: list[float | None]) -> str:
    return gradient([Level("g", one) for one in values], told=TOLD, say=say)


def drawn_equiplot(values: list[float | None]) -> str:
    groups = tuple((f"g{at}", one) for at, one in enumerate(values))
    strip = Strip("Titel", "avstånd", groups, ("g0", f"g{len(values) - 1}"))
    return equiplot([strip], told=TOLD, say=say, shapes=("a", "b", "c"))


def drawn_trend(values: list[float | None]) -> str:
    rows = [Moment(str(2020 + at), one, one, one, one, one) for at, one in enumerate(values)]
    return trend(rows, told=TOLD, say=say, say_gap=say, names=("a", "b"), gap_name="c")


def drawn_funnel(values: list[float | None]) -> str:
    units = [
        Unit(10.0 + at, one, (one - 1, one + 1), (one - 2, one + 2), at % 3 - 1)
        for at, one in enumerate(values)
        if one is not None and math.isfinite(one)
    ]
    return funnel(units, told=TOLD, say=say, say_size=say, whole=None, words=WORDS)


def drawn_steps(values: list[float | None]) -> str:
    rows = [Step("steg", "not", one, one, one, "1") for one in values]
    return steps(rows, told=TOLD, say=say)


def drawn_map(values: list[float | None]) -> str:
    held = {tile.code: one for tile, one in zip(layout("12"), values, strict=False)}
    return tile_map("12", held, told=TOLD, say=say, hidden="..")


def drawn_spine(values: list[float | None]) -> str:
    rows = [Vertebra("Uppgift", "1", "bredvid", one, one, one, None) for one in values]
    return spine(rows, told=TOLD, words=SpineWords("a", "b", "c", "d", "e"))


def drawn_run_chart(values: list[float | None]) -> str:
    signals = ("", "shift", "trend", "outside")
    months = [
        Month(f"2023-{at + 1:02d}", one, one, one, one, signals[at % 4], str(at))
        for at, one in enumerate(values)
    ]
    words = RunWords("a", "b", "c", "d", "e", "f", "g")
    events = {"2023-01": "började", "2023-02": "slutade"}
    return run_chart(months, told=TOLD, say=say, words=words, events=events)


def drawn_effects(values: list[float | None]) -> str:
    rows = [Effect("mått", "tal", one, one, one) for one in values]
    return effects(rows, told=TOLD, words=EffectWords("sämre", "bättre", "a", "b", "c", "d"))


def drawn_change(values: list[float | None]) -> str:
    rows = [Change("grupp", "not", (one, one), (one, one)) for one in values]
    return change(rows, told=TOLD, say=say, words=ChangeWords("a", "b", "c", "d"))


def drawn_cascade(values: list[float | None]) -> str:
    shares = [None if one is None else abs(one) for one in values]
    rows = [Stage("steg", "1", "not", one, one, one, one, one, "börjar om") for one in shares]
    return cascade(rows, told=TOLD, words=CascadeWords("a", "b", "c", "d"))


def square(west: float, south: float) -> dict[str, object]:
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1]]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def laid(*codes: str) -> Borders:
    held = borders(((code, square(at % 3, at // 3)) for at, code in enumerate(codes)), "SCB")
    assert held is not None
    return held


def drawn_choropleth(values: list[float | None]) -> str:
    held = {f"{at:04d}": one for at, one in enumerate(values)}
    if not held:
        return ""
    return choropleth(
        laid(*held), held, dict.fromkeys(held, "Namn"), told=TOLD, say=say, hidden=".."
    )


def drawn_pyramid(values: list[float | None]) -> str:
    shares = [None if one is None else abs(one) for one in values]
    rows = [Band(f"{at} år", one, one, "12,3 %", "..") for at, one in enumerate(shares)]
    return pyramid(rows, told=TOLD, names=("enheten", "regionen"))


DRAW: list[Callable[[list[float | None]], str]] = [
    drawn_gradient, drawn_equiplot, drawn_trend, drawn_funnel, drawn_steps, drawn_map,
    drawn_spine, drawn_run_chart, drawn_effects, drawn_change, drawn_cascade,
    drawn_choropleth, drawn_pyramid,
]  # fmt: skip


def tree(markup: str) -> ET.Element:
    return ET.fromstring(markup)


def numbers(figure: ET.Element) -> list[float]:
    found: list[float] = []
    for one in figure.iter():
        for name, value in one.attrib.items():
            if name in {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy"}:
                found.append(float(value))
            if name == "points":
                found += [float(part) for part in re.split(r"[ ,]", value)]
    return found


def texts(figure: ET.Element) -> list[tuple[float, float, float, str]]:
    """Left and right edge, baseline and words of each text, by the widths reckoned with."""
    found = []
    for one in figure.iter(SVG + "text"):
        size = 10.5 if one.get("class") == "s" else 12.0
        wide = width(one.text or "", size=size, bold="b" in (one.get("class") or "").split())
        x = float(one.get("x", "0"))
        left = {"middle": x - wide / 2, "end": x - wide}.get(one.get("text-anchor", ""), x)
        found.append((left, left + wide, float(one.get("y", "0")), one.text or ""))
    return found


@pytest.mark.parametrize("draw", DRAW)
@pytest.mark.parametrize("values", [[], [None, None, None], [float("nan")] * 4])
def test_without_a_shown_number_there_is_no_figure(draw, values):
    assert draw(values) == ""


@pytest.mark.parametrize("draw", DRAW)
@pytest.mark.parametrize(
    "values",
    [
        [0.8, 0.9, 0.85, 0.7],
        [-3.0, -1.0, -2.5, -2.0],
        [1e12, 2e12, 3.5e12, 1e3],
        [1e-9, 2e-9, 4e-9, 3e-9],
        [5.0, 5.0, 5.0, 5.0],
        [0.0, 0.0, 0.0, 0.0],
        [0.4, None, 0.6, 0.5, 0.45],
    ],
)
def test_any_numbers_stand_inside_the_frame_and_no_text_is_cut(draw, values):
    figure = tree(draw(values))
    height = float(figure.get("viewBox", "").split()[3])
    assert all(
        math.isfinite(one) and -3 <= one <= max(WIDTH, height) + 3 for one in numbers(figure)
    )
    assert [t for t in texts(figure) if t[0] < -0.5 or t[1] > WIDTH + 0.5 or t[2] > height] == []


@pytest.mark.parametrize("draw", DRAW)
def test_a_figure_names_itself_with_ids_that_begin_with_its_own_name(draw):
    figure = tree(draw([0.8, 0.9, 0.85, 0.7]))
    named = {one.get("id"): one.text for one in figure if one.get("id")}
    assert named == {"f-t": "Fynd <1>", "f-d": "Vad som ritas & hur"}
    assert figure.get("aria-labelledby") == "f-t f-d"


@pytest.mark.parametrize("draw", DRAW)
def test_nothing_is_styled_in_place_so_that_the_page_can_forbid_it(draw):
    markup = draw([0.8, 0.9, 0.85, 0.7])
    assert "style" not in markup and "href" not in markup and "<script" not in markup


def test_the_marks_of_a_gradient_stand_at_their_values():
    figure = tree(gradient(FIVE, told=TOLD, say=say))
    circles = [float(one.get("cy")) for one in figure.iter(SVG + "circle")]
    steps_down = [a - b for a, b in pairwise(circles)]
    assert steps_down[1] == pytest.approx(steps_down[0], abs=0.02)
    assert steps_down[2] == pytest.approx(2 * steps_down[0], abs=0.04)


def test_a_hidden_level_keeps_its_place_and_has_no_mark():
    levels = [FIVE[0], Level("dold", None), FIVE[2]]
    figure = tree(gradient(levels, told=TOLD, say=say))
    assert len(list(figure.iter(SVG + "circle"))) == 1
    assert [words for *_, words in texts(figure) if words == ".."] == [".."]


def test_the_slope_runs_from_its_first_to_its_last_value_across_the_plot():
    slope = Slope(0.80, 0.90, "linje")
    markup = gradient(FIVE, told=TOLD, say=say, slope=slope)
    lines = [e for e in tree(markup).iter(SVG + "line") if e.get("stroke-dasharray") == "2 3"]
    assert float(lines[0].get("x2")) == WIDTH
    assert float(lines[0].get("y1")) > float(lines[0].get("y2"))


def test_one_level_alone_is_a_gradient_of_one_mark():
    assert gradient(FIVE[:1], told=TOLD, say=say).count("<polygon") == 1


def test_the_marks_of_an_equiplot_stand_at_their_values_and_two_groups_are_named():
    strip = Strip("Utbildning", "", (("a", 0.0), ("b", 5.0), ("c", 10.0)), ("a", "c"))
    figure = tree(equiplot([strip], told=TOLD, say=say, shapes=("1", "2", "3"), span=(0.0, 10.0)))
    circle = next(figure.iter(SVG + "circle"))
    assert float(circle.get("cx")) == WIDTH - 8
    assert [words for *_, words in texts(figure) if words in {"a", "b", "c"}] == ["a", "c"]


def test_groups_with_nearly_the_same_value_are_named_on_two_lines():
    groups = (("Födda utanför Europa", 5.0), ("Födda i Sverige", 5.01))
    strip = Strip("Födelseland", "", groups, (groups[0][0], groups[1][0]))
    figure = tree(equiplot([strip], told=TOLD, say=say, shapes=("", "", ""), span=(0.0, 10.0)))
    held = {words: y for _, _, y, words in texts(figure)}
    assert held["Födda i Sverige"] != held["Födda utanför Europa"]


def test_a_dimension_with_one_shown_group_is_left_out():
    assert drawn_equiplot([0.5, None]) == ""


def test_a_period_that_is_not_shown_breaks_the_lines():
    whole, broken = (
        drawn_trend(values).count("<polyline")
        for values in ([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, None, 4.0, 5.0])
    )
    assert (whole, broken) == (3, 6)


def test_one_period_is_no_trend():
    assert drawn_trend([1.0]) == ""


def test_a_unit_above_the_limit_points_up_and_one_below_points_down():
    figure = tree(drawn_funnel([1.0, 2.0, 3.0]))
    shapes = [one.get("points") for one in figure.iter(SVG + "polygon")][:2]
    tips = []
    for points in shapes:
        ys = [float(pair.split(",")[1]) for pair in points.split()]
        tips.append("up" if sorted(ys)[1] - sorted(ys)[0] > 1 else "down")
    assert sorted(tips) == ["down", "up"]


def test_a_larger_unit_stands_farther_to_the_right():
    figure = tree(drawn_funnel([1.0] * 9))
    places = [float(one.get("cx")) for one in figure.iter(SVG + "circle")][:3]
    assert places == sorted(places) and len(set(places)) == 3


def test_the_bars_of_the_steps_are_as_long_as_their_numbers():
    rows = [Step("a", "", 10.0, said="10"), Step("b", "", 5.0, said="5")]
    long, half = (
        float(one.get("width")) for one in tree(steps(rows, told=TOLD, say=say)).iter(SVG + "rect")
    )
    assert half == pytest.approx(long / 2, abs=0.01)


def test_a_negative_step_runs_to_the_left_of_zero():
    rows = [Step("a", "", 10.0), Step("b", "", -5.0)]
    first, second = tree(steps(rows, told=TOLD, say=say)).iter(SVG + "rect")
    end = float(second.get("x")) + float(second.get("width"))
    assert end == pytest.approx(float(first.get("x")), abs=0.02)


def test_the_map_has_the_33_municipalities_each_in_its_own_place():
    tiles = layout("12")
    assert len({tile.code for tile in tiles}) == len({(t.column, t.row) for t in tiles}) == 33
    assert {t.name for t in tiles} >= {"Östra Göinge", "Helsingborg", "Malmö"}


def test_the_name_of_every_municipality_fits_its_tile():
    assert [t.name for t in layout("12") if max(width(w, size=10.5) for w in t.lines) > 55.8] == []


def test_a_hidden_municipality_is_two_dots_on_white():
    markup = tile_map("12", {"1280": 0.5, "1281": None}, told=TOLD, say=say, hidden="visas inte")
    assert markup.count(">..<") == 32 and ">visas inte<" in markup


def test_a_region_that_nobody_has_laid_out_has_no_map():
    assert tile_map("99", {"1280": 0.5}, told=TOLD, say=say, hidden="") == ""


@pytest.mark.parametrize("draw", DRAW)
def test_no_two_texts_of_a_figure_lie_upon_each_other(draw):
    held = texts(tree(draw([0.801, 0.902, 0.853, 0.714])))
    upon = [
        (a[3], b[3])
        for at, a in enumerate(held)
        for b in held[at + 1 :]
        if abs(a[2] - b[2]) < 9 and a[0] < b[1] - 1 and b[0] < a[1] - 1
    ]
    assert upon == []


def test_labels_are_moved_apart_as_little_as_needed_and_share_a_short_axis():
    assert spread([10, 12, 50], 10, low=0, high=100) == [6.0, 16.0, 50.0]
    assert spread([1, 2], 10, low=0, high=100) == [0, 10]
    assert spread([5, 5, 5], 50, low=0, high=60) == [0, 30, 60]
    assert spread([], 5, low=0, high=1) == []


def test_words_are_broken_between_words_and_kept_inside():
    assert wrapped("ett ord i taget", 1) == ["ett", "ord", "i", "taget"]
    assert kept_inside(0, 100) == 50


def test_ticks_are_round_even_and_within_the_range():
    assert ticks(0.0, 1.0) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    for low, high in ((0.0, 7e9), (-1e-7, 3e-7), (82.1, 88.9), (-5.0, -1.0)):
        found = ticks(low, high)
        room = (high - low) * 1e-9
        assert 2 <= len(found) <= 6
        assert low - room <= found[0] and found[-1] <= high + room
    assert ticks(2.0, 2.0) == [2.0]


def test_a_range_of_one_number_has_room_on_both_sides():
    low, high = padded([0.0])
    assert low < 0 < high


def test_a_month_that_is_not_shown_breaks_the_line_of_a_run_chart():
    whole, broken = (
        drawn_run_chart(values).count("<polyline")
        for values in ([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, None, 4.0, 5.0])
    )
    assert (whole, broken) == (4, 8)


def test_each_rule_of_a_run_chart_has_its_own_shape_and_the_side_of_the_line():
    words = RunWords("", "", "", "", "", "", "")
    months = [Month("2023-01", 1.0, 2.0, 1.5, 2.5, "outside"), Month("2023-02", 2.0, 2.0)]
    figure = tree(run_chart(months, told=TOLD, say=say, words=words, events={}))
    tip = [float(p.split(",")[1]) for p in next(figure.iter(SVG + "polygon")).get("points").split()]
    assert sorted(tip)[2] - sorted(tip)[1] > 1  # one corner lies below the two others


def test_an_event_stands_at_its_month_and_in_its_own_words():
    words = RunWords("", "", "", "", "", "", "")
    months = [Month(f"2023-{at:02d}", float(at)) for at in (1, 2, 3)]
    figure = tree(run_chart(months, told=TOLD, say=say, words=words, events={"2023-03": "slutade"}))
    marks = [one for one in figure.iter(SVG + "line") if one.get("stroke-dasharray") == "6 2"]
    assert [one.get("x1") for one in marks] == ["394"]
    assert "slutade" in [words for *_, words in texts(figure)]


def test_an_effect_better_than_zero_points_up_and_one_that_holds_zero_is_a_circle():
    words = EffectWords("", "", "", "", "", "")
    rows = [Effect("a", "", 2.0, 1.0, 3.0), Effect("b", "", 0.5, -1.0, 2.0)]
    figure = tree(effects(rows, told=TOLD, words=words))
    assert [len(list(figure.iter(SVG + name))) for name in ("polygon", "circle")] == [2, 2]


def test_one_great_effect_stays_within_the_figure_and_leaves_the_limit_to_be_seen():
    words = EffectWords("", "", "", "", "", "")
    figure = tree(effects([Effect("a", "", 500.0, 400.0, 600.0)], told=TOLD, words=words))
    field = next(figure.iter(SVG + "rect"))
    assert float(field.get("width")) > 45


def test_a_step_of_a_chain_is_as_long_as_the_share_that_comes_through():
    rows = [Stage("a", "", "", 1.0), Stage("b", "", "", 0.5), Stage("c", "..", "", None)]
    figure = tree(cascade(rows, told=TOLD, words=CascadeWords("", "", "", "")))
    filled = [float(one.get("width")) for one in figure.iter(SVG + "rect")
              if one.get("fill") == "#b4c0ca" and one.get("height") == "14"]  # fmt: skip
    assert filled[1] == pytest.approx(filled[0] / 2, abs=0.02) and len(filled) == 2


def test_before_is_hollow_and_after_is_filled_at_their_values():
    rows = [Change("a", "", (1.0, 3.0), (2.0, 2.0))]
    figure = tree(change(rows, told=TOLD, say=say, words=ChangeWords("", "", "", "")))
    hollow = [one for one in figure.iter(SVG + "polygon") if one.get("fill") == "#fff"]
    assert len(hollow) == 1


def test_two_areas_of_one_municipality_have_no_border_between_them():
    one, two = laid("1280", "1280"), laid("1280", "1281")
    assert one.shapes["1280"].path.count("M") == 1
    assert one.shapes["1280"].path.count("L") == 3  # the corners of one rectangle
    assert len(two.shapes) == 2


def test_a_hole_stays_a_hole_and_an_island_stays_its_own():
    sea = [[4, 0], [5, 0], [5, 1], [4, 1], [4, 0]]
    land = [[0, 0], [3, 0], [3, 3], [0, 3], [0, 0]]
    lake = [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]
    held = borders([("1", {"type": "MultiPolygon", "coordinates": [[land, lake], [sea]]})], "SCB")
    assert held is not None and held.shapes["1"].path.count("M") == 3


def test_north_is_up_and_metres_are_drawn_as_degrees_are():
    held = borders([("a", square(0, 0)), ("b", square(0, 1))], "SCB")
    assert held is not None and held.shapes["b"].middle[1] < held.shapes["a"].middle[1]
    big = {"type": "Polygon", "coordinates": [[[4e5, 6.1e6], [5e5, 6.1e6], [5e5, 6.2e6],
                                               [4e5, 6.2e6], [4e5, 6.1e6]]]}  # fmt: skip
    metres = borders([("a", big)], "SCB")
    assert metres is not None and 390 < metres.shapes["a"].room < 401


def test_a_hidden_municipality_is_hatched_on_the_map_and_in_its_key():
    held = {"1280": 0.5, "1281": None}
    words = {"told": TOLD, "say": say, "hidden": "visas inte"}
    markup = choropleth(laid(*held), held, {}, **words)
    assert markup.count('fill="url(#f-hatch)"') == 2 and ">visas inte<" in markup
    assert choropleth(laid("1"), {"1": 0.5}, {}, **words).count("url(#f-hatch)") == 0


def test_a_name_without_room_in_its_area_is_not_written():
    held = {"1280": 0.5, "1281": 0.6}
    names = {"1280": "Ö", "1281": "Ett mycket långt namn som ingen kommun har i sin egen ruta"}
    markup = choropleth(laid(*held), held, names, told=TOLD, say=say, hidden="")
    assert ">Ö<" in markup and "Ett mycket" not in markup


def test_the_bars_of_a_pyramid_grow_to_both_sides_on_one_scale_and_the_oldest_is_on_top():
    bands = [Band("unga", 0.4, 0.2, "40", "20"), Band("gamla", 0.1, None, "10", "..")]
    figure = tree(pyramid(bands, told=TOLD, names=("a", "b")))
    bars = [(float(one.get("x")), float(one.get("width"))) for one in figure.iter(SVG + "rect")]
    old_here, old_there, young_here, young_there = bars
    assert young_here[1] == pytest.approx(2 * young_there[1], abs=0.02)
    assert old_here[1] == pytest.approx(young_here[1] / 4, abs=0.02) and old_there[1] == 0
    assert young_here[0] + young_here[1] < young_there[0]
