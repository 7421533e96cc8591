"""What the pages of programmes and of care chains are held against, from the parquet files."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.flows import same_on_pages as pages
from tests.flows.page_tables import Lines, Page
from tests.flows.same_numbers import Held

ALL, ITT = "all", "itt"
SMALLEST_P = 0.001
LEVELS = {
    "before": "pre_pilot", "after": "post_pilot", "before_there": "pre_comp",
    "after_there": "post_comp", "did": "did",
}  # fmt: skip
ALIKE = {
    "mean_here": "mean_treated", "mean_there": "mean_comparison", "smd": "smd",
    "smd_before": "smd_before_matching",
}  # fmt: skip
OF_CHAIN = ["label", "n_in", "all", "interval", "so_far", "focus", "reference"]
OF_STEP = ["label", "gap", "gap_interval"]
OF_GROUPS = ["label", "focus", "interval", "reference", "gap", "gap_interval"]
BESIDE = ("interval", "p", "apart", "limits", "gap_interval", "per_effect", *ALIKE)
HEADING = re.compile(r"<h2[^>]*>(.*?)</h2>", re.S)
KPI = re.compile(r'<dt>([^<]*)</dt><dd class="n">([^<]*)</dd>')
ENTRY = re.compile(r'<li><a href="[^"]*">([^<]*)</a><p class="small">([^<]*)</p></li>')
PER = re.compile(r"per\s[\d\s,]+")  # what a rate is counted per is no value
Row = dict[str, Any]


def of_programme(path: Path, release: pages.Release, page: Page, held: Held) -> None:
    """Compare the page of a programme, or of one of its measures, with T8 and its companions."""
    name, _, indicator = path.stem.removeprefix("program-").partition("-")
    rows = _of(release, "programme_effect", programme_id=name)
    if indicator:
        of_one = [row for row in rows if row["indicator_id"] == indicator]
        _of_measure(release, page, of_one, held)
        _of_balance(release, page, (name, indicator), held)
        _of_charts(page, _of(release, "run_chart", indicator_id=indicator), held)
    else:
        _of_whole(page, rows, held)
        _of_members(page, _of(release, "programme_log", programme_id=name), held)


def of_chains(path: Path, release: pages.Release, page: Page, held: Held) -> None:
    """Compare the page of the care chains with T12."""
    rows = pages.read(release.folder, "care_chain")
    rows = rows[(rows["geography_level"] == "region")
                & (rows["period_end"] == rows["period_end"].max())]  # fmt: skip
    for name, of_one in rows.groupby("pathway"):
        steps = [_as_shown(row) for row in of_one.to_dict("records")]
        compared = [row for row in steps if row["is_declared_contrast"]]
        for head, *lines in page.lines(f"{name}-chain"):
            asked = [row for row in compared if _names(row, page.language) == head[5:]]
            beside = [_beside(row, asked, page.language) for row in steps]
            told = [one for one in beside if one is not None]
            _compare(page, f"{name}-chain", OF_CHAIN[: len(head)], lines, told, held)
        for _, *parts in page.lines(f"{name}-gap"):
            _compare(page, f"{name}-gap", OF_STEP, parts,
                       [_step(row, page.language) for row in asked], held)  # fmt: skip
        for _, *lines in page.lines(f"{name}-groups"):
            told = [_step(row, page.language) for row in compared]
            named = [[one.lower() for one in line] if len(line) == 1 else line for line in lines]
            _compare(page, f"{name}-groups", OF_GROUPS, named, told, held)


def _of_whole(page: Page, rows: Sequence[Row], held: Held) -> None:
    costs = [row for row in _whole(rows) if row["strand"] == "health_economics"]
    whole = [row for row in _whole(rows) if row["strand"] == "outcome"]
    process = [row for row in rows if row["strand"] == "process"]
    told = [_effect(row) | {"label": _named(row, page.language)} for row in whole]
    _hold(page, "effects", told, held)
    _hold(page, "costs", [_cost(row, page.language) for row in costs], held)
    said = [one | {"said": _known([*one["did"], *one["interval"]])} for one in told]
    found = [[PER.sub("", html.unescape(one)) for one in line] for line in ENTRY.findall(page.text)]
    _compare(page, "measures", ["label", "said"], [*_as_numbers(page, found)], said, held)
    spent = [row["programme_cost_sek"] for row in rows if row["programme_cost_sek"] is not None]
    compared = [one for row in rows if (one := row["n_comparison_units"]) is not None]
    words, about = page.words["programme"], whole[0]
    counts = {
        words["kpi_active"]: [about["n_units_active"], about["n_units_enrolled"]],
        words["kpi_compared"]: [max(compared, default=None)],
        words["kpi_tried"]: [process[0]["n_activities"] if process else None],
        words["kpi_cost"]: [max(spent, default=None)],
    }
    told = [{"label": label, "number": numbers, "hidden": False, "scale": 1.0}
            for label, numbers in counts.items()]  # fmt: skip
    found = [[html.unescape(one) for one in line] for line in KPI.findall(page.text)]
    _compare(page, "kpis", ["label", "number"], [*_as_numbers(page, found)], told, held)


def _of_members(page: Page, own: Sequence[Row], held: Held) -> None:
    days = {(row["unit_name"], row["programme_event"]): row["event_date"] for row in own}
    told = [
        {
            "label": name,
            "hidden": False,
            "scale": 1.0,
            "began_head": _day(days.get((name, "began"))),
            "left_head": _day(days.get((name, "left"))),
        }
        for name in {row["unit_name"] for row in own}
    ]
    _hold(page, "who", told, held)


def _of_measure(release: pages.Release, page: Page, rows: Sequence[Row], held: Held) -> None:
    populations, ways, approaches = (
        release.labels(one, page.language)
        for one in ("programme_population", "estimand", "approach_code")
    )
    headline = [row for row in rows if row["strand"] == "outcome"]
    told = [_effect(row) | {"label": populations[row["programme_population"]]}
            for row in headline if row["estimand"] == ITT]  # fmt: skip
    _hold(page, "change", told, held)
    told = []
    for row in headline:
        approach = row["approach_code"]
        named = approaches.get(approach, approach)
        told.append(
            _effect(row)
            | {
                "label": f"{named} / {ways[row['estimand']]}",
                "units_head": [row["n_units_compared"]],
                "apart": [row["effect_heterogeneity"]],
                "scales": {"units_head": 1.0, "p": 1.0},
            }
        )
    for head, *lines in page.lines("ways"):
        keys = ["label", *page.keys(head, "programme")[2:]]
        joined = [[f"{line[0]} / {line[1]}", *line[2:]] for line in lines]
        _compare(page, "ways", keys, [*_as_numbers(page, joined)], told, held)


def _of_balance(release: pages.Release, page: Page, of_one: tuple[str, str], held: Held) -> None:
    programme, indicator = of_one
    rows = _of(release, "programme_balance", programme_id=programme, indicator_id=indicator)
    names = release.labels("covariate", page.language)
    told = [
        {"label": names[row["covariate"]], "hidden": row["value_status"] == "suppressed",
         "scale": 1.0, **{key: [row[name]] for key, name in ALIKE.items()}}
        for row in rows
    ]  # fmt: skip
    _hold(page, "balance", told, held)


def _of_charts(page: Page, rows: Sequence[Row], held: Held) -> None:
    words = page.words["programme"]
    keys = {words[f"run_{one}"]: one for one in ("month", "value", "n", "limits")}
    for card in (one for one in page.cards if one.startswith("unit-")):
        found = HEADING.search(page.cards[card])
        assert found is not None, card
        own = [row for row in rows if row["unit_name"] == html.unescape(found[1])]
        told = [
            {"label": f"{row['month']:%Y-%m}", "hidden": row["value_status"] == "suppressed",
             "scale": pages.scale_of(row), "scales": {"n": 1.0}, "value": [row["value"]],
             "n": [row["n"]], "limits": [row["lcl"], row["ucl"]]}
            for row in own
        ]  # fmt: skip
        for head, *lines in page.lines(card):
            named = ["label", *(keys.get(one, "") for one in head[1:])]
            _compare(page, card, named, [*_as_numbers(page, lines)], told, held)


def _compare(
    page: Page, card: str, keys: Sequence[str], lines: Lines, told: Sequence[Row], held: Held
) -> None:
    """Compare lines; beside a hidden value its limits and the like may be left out."""
    told = [row | {key: None for key in BESIDE if None in (row.get(key) or ())} for row in told]
    pages.hold(page, card, keys, lines, told, held)


def _hold(page: Page, card: str, told: Sequence[Row], held: Held) -> None:
    for head, *lines in page.lines(card):
        keys = ["label", *page.keys(head, "programme")[1:]]
        _compare(page, card, keys, [*_as_numbers(page, lines)], told, held)


def _as_numbers(page: Page, lines: Lines) -> Iterator[list[str]]:
    """Yield lines without the words that stand where a number cannot be told."""
    words = page.words["programme"]
    lacking = {words["not_judged"], words["none"], words["remains"]}
    lacking |= {said for key, said in words.items() if key.startswith("why_")}
    for first, *others in lines:
        yield [first, *("" if one in lacking else one for one in others)]


def _of(release: pages.Release, form: str, **chosen: str) -> list[Row]:
    """Return the rows of a form with these values."""
    rows = pages.read(release.folder, form)
    for name, value in chosen.items():
        rows = rows[rows[name] == value]
    return [_as_shown(row) for row in rows.to_dict("records")]


def _as_shown(row: Row) -> Row:
    """Return a row without the numbers that its status says are not shown."""
    if row["value_status"] == "shown":
        return row
    return {name: None if isinstance(value, float) and not name.startswith("n_units") else value
            for name, value in row.items()}  # fmt: skip


def _known(values: Sequence[float | None]) -> list[float | None]:
    return [one for one in values if one is not None and one == one] or [None]


def _whole(rows: Iterable[Row]) -> list[Row]:
    """Return of each strand and indicator the row of all that began, of all approaches if told."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = row["strand"], row["indicator_id"]
        if row["estimand"] == ITT and row["programme_population"] == ALL and (
            key not in found or row["approach_code"] == ALL
        ):  # fmt: skip
            found[key] = row
    return [*found.values()]


def _effect(row: Row) -> Row:
    p = row["p_permutation"]
    return {
        "hidden": row["value_status"] == "suppressed",
        "scale": pages.scale_of(row),
        "scales": {"p": 1.0},
        **{key: [row[name]] for key, name in LEVELS.items()},
        "interval": [row["did_lower"], row["did_upper"]],
        "p": [p if p is None else max(p, SMALLEST_P)],  # a smaller one is told as smaller
    }


def _cost(row: Row, language: str) -> Row:
    price = [row["icer"], row["icer_lower"], row["icer_upper"]]
    return {
        "label": _named(row, language),
        "hidden": row["value_status"] == "suppressed",
        "scale": pages.scale_of(row),
        "scales": {"per_person": 1.0, "per_effect": 1.0},
        "per_person": [row["delta_cost_per_person"]],
        "improved": [row["delta_effect"]],
        "interval": [row["delta_effect_lower"], row["delta_effect_upper"]],
        "per_effect": _known(price),
    }


def _beside(row: Row, asked: Sequence[Row], language: str) -> Row | None:
    """Return a step of all together, with the two groups of the figure beside it."""
    if row["dimension"] != "total":
        return None
    group = [one for one in asked if one["step_no"] == row["step_no"]]
    of_group = _step(group[0], language) if group else {}
    return {
        "label": row[f"step_label_{language}"],
        "hidden": row["value_status"] == "suppressed",
        "hidden_keys": {key for key in ("focus", "reference") if of_group.get("hidden")},
        "scale": 100.0,
        "scales": {"n_in": 1.0},
        "n_in": [row["n_in"]],
        "all": [row["conditional_rate"]],
        "interval": [row["conditional_rate_lower"], row["conditional_rate_upper"]],
        "so_far": [row["cumulative_rate"]],
        **{key: of_group[key] for key in ("focus", "reference") if of_group},
    }


def _step(row: Row, language: str) -> Row:
    name = "step_contribution_to_gap"
    limits = [row[f"{name}_lower"], row[f"{name}_upper"]]
    focus, reference = _names(row, language)
    return {
        "label": row[f"step_label_{language}"],
        "dimension": f"{focus} – {reference}".lower(),
        "hidden": row["value_status"] == "suppressed",
        "scale": 100.0,
        "scales": {"gap": 1.0, "gap_interval": 1.0},
        "focus": [row["conditional_rate"]],
        "reference": [row["ref_conditional_rate"]],
        "interval": [row["conditional_rate_lower"], row["conditional_rate_upper"]],
        "gap": [row[name]],
        "gap_interval": limits,
    }


def _names(row: Row, language: str) -> list[str]:
    return [row[f"level_label_{language}"], row[f"reference_label_{language}"]]


def _named(row: Row, language: str) -> str:
    return f"{row['indicator_id']} {row[f'indicator_name_{language}']}"


def _day(day: Any) -> list[float] | None:
    """Return a day as the three numbers that its digits read as."""
    return None if day is None else [day.year, -day.month, -day.day]
