"""The care chains: how many come through each step, and where a difference arises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.figures.cascade import CascadeWords, Stage, cascade
from equity_pipeline.report.figures.steps import Step, steps
from equity_pipeline.report.figures.svg import Told
from equity_pipeline.report.indicator.card import Card, Grid, grid
from equity_pipeline.report.indicator.held import FIRST_ASKED, REGION, SECOND
from equity_pipeline.report.reading import Row, rows_of
from equity_pipeline.report.rendering import common_at_root, write_page
from equity_pipeline.report.speech import HIDDEN, LANGUAGES, Speech, speech
from equity_pipeline.vocabulary import in_sentence, vocabulary

NAME, SHARE = "vardkedjor", "percent"
STEPS = ("step", "n_in", "all", "interval", "so_far", "focus", "reference")
GAPS = ("step", "focus_share", "interval", "reference_share", "contribution", "interval")


@dataclass(frozen=True, slots=True)
class Chain:
    """One care chain of the newest period: its steps for all, and for each group compared."""

    name: str
    whole: list[Row]
    groups: Mapping[str, list[Row]]

    @property
    def asked(self) -> list[Row]:
        """The group of the figure: the first of a fixed order that is shown in any step."""
        shown = [one for one in FIRST_ASKED if any(map(_is_shown, self.groups.get(one, [])))]
        return self.groups[shown[0]] if shown else []


def write_chains(
    tables: Mapping[str, DisclosedTable], facts: PageFacts, folder: Path
) -> list[Path]:
    """Write ``vardkedjor.html`` in both languages; none where no chain was followed."""
    chains = chains_of(tables)
    return [_write(chains, facts, speech(code), folder) for code in LANGUAGES if chains]


def chains_of(tables: Mapping[str, DisclosedTable]) -> list[Chain]:
    """Return the chains of the region's newest long period, by their codes."""
    rows = [row for row in rows_of(tables, "care_chain") if row["geography_level"] == REGION]
    newest = max((row["period_end"] for row in rows), default=None)
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row["step_no"]):
        if row["period_end"] == newest:
            found.setdefault(row["pathway"], []).append(row)
    return [_chain(name, held) for name, held in sorted(found.items())]


def _chain(name: str, rows: Sequence[Row]) -> Chain:
    place = {one: held.label.order for one, held in vocabulary().dimensions.items()}
    groups: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (place.get(row["dimension"], 0), row["step_no"])):
        if row["is_declared_contrast"] and row["dimension"] != SECOND:
            groups.setdefault(row["dimension"], []).append(row)
    return Chain(name, [row for row in rows if row["dimension"] == SECOND], groups)


def _write(chains: Sequence[Chain], facts: PageFacts, spoken: Speech, folder: Path) -> Path:
    values, to = common_at_root(facts, spoken, NAME, folder)
    told = [
        (one.name, _name(one, spoken), _cards(one, spoken), _gaps(one, spoken)) for one in chains
    ]
    return write_page(NAME, to, **values, chains=told)


def _name(one: Chain, spoken: Speech) -> str:
    rows = one.whole or next(iter(one.groups.values()), [])
    return spoken.of(rows[0], "pathway_label") if rows else one.name


def _cards(one: Chain, spoken: Speech) -> list[Card]:
    made = [_cascade(one, spoken), _contributions(one, spoken)]
    return [card for card in made if card is not None]


def _cascade(one: Chain, spoken: Speech) -> Card:
    beside = {row["step_no"]: row for row in one.asked}
    title = _least(one.whole, spoken)
    first = one.asked[0] if one.asked else None
    names = ("", "") if first is None else _names(first, spoken)
    figure = cascade(
        [_stage(row, beside.get(row["step_no"]), spoken) for row in one.whole],
        told=Told(f"{one.name}-chain", title, spoken.say("chain.description")),
        words=CascadeWords(spoken.say("chain.all"), spoken.say("chain.limits"), *names),
    )
    return Card(
        name=f"{one.name}-chain",
        title=title,
        sub=spoken.say("chain.sub"),
        figure=Markup(figure),  # noqa: S704 - our own markup, words escaped
        grid=grid(
            [spoken.say(f"chain.{name}") for name in STEPS[:5]] + [one for one in names if one],
            [_line(row, beside.get(row["step_no"]), spoken, len(names[0])) for row in one.whole],
        ),
    )


def _names(row: Row, spoken: Speech) -> tuple[str, str]:
    return spoken.of(row, "level_label"), spoken.of(row, "reference_label")


def _least(rows: Sequence[Row], spoken: Speech) -> str:
    """Return the finding: the step that the smallest share come through."""
    shown = [(share, row) for row in rows if (share := _told(row, "conditional_rate")) is not None]
    if not shown:
        return spoken.say("chain.nothing")
    share, row = min(shown, key=lambda held: held[0])
    step = spoken.of(row, "step_label")
    return spoken.say("chain.least", step=step, share=spoken.number(share, SHARE))


def _stage(row: Row, beside: Row | None, spoken: Speech) -> Stage:
    share = _told(row, "conditional_rate")
    return Stage(
        label=spoken.of(row, "step_label"),
        said=spoken.number(share, SHARE),
        note=_note(row, spoken),
        share=share,
        lower=_told(row, "conditional_rate_lower"),
        upper=_told(row, "conditional_rate_upper"),
        focus=None if beside is None else _told(beside, "conditional_rate"),
        reference=None if beside is None else _told(beside, "ref_conditional_rate"),
        anew=spoken.say("chain.anew") if row["starts_anew"] and row["step_no"] > 1 else "",
    )


def _note(row: Row, spoken: Speech) -> str:
    came, went = (_told(row, name) for name in ("n_in", "n_out"))
    if came is None or went is None:
        return ""
    words = spoken.say("chain.of", n=spoken.count(went), all=spoken.count(came))
    far = _told(row, "cumulative_rate")
    if far is None or row["starts_anew"]:
        return words
    return f"{words} · {spoken.say('chain.far', share=spoken.number(far, SHARE))}"


def _line(row: Row, beside: Row | None, spoken: Speech, has_groups: int) -> list[str]:
    low, high = (_told(row, f"conditional_rate_{end}") for end in ("lower", "upper"))
    pair = [None if beside is None else _told(beside, one) for one in
            ("conditional_rate", "ref_conditional_rate")]  # fmt: skip
    return [
        spoken.of(row, "step_label"),
        spoken.count(_told(row, "n_in")),
        spoken.number(_told(row, "conditional_rate"), SHARE),
        spoken.interval(low, high, SHARE),
        spoken.number(_told(row, "cumulative_rate"), SHARE),
        *(spoken.number(one, SHARE) for one in (pair if has_groups else [])),
    ]


def _contributions(one: Chain, spoken: Speech) -> Card | None:
    """Return what each step adds to the difference of the group; None where none is shown."""
    rows = one.asked
    found = [_step(row, spoken) for row in rows]
    title = _bottleneck(rows, spoken)
    figure = steps(
        found,
        told=Told(f"{one.name}-gap", title, spoken.say("chain.gap_description")),
        say=lambda x: spoken.plain(x, 2),
    )
    if not figure:
        return None
    focus, reference = _names(rows[0], spoken)
    return Card(
        name=f"{one.name}-gap",
        title=title,
        sub=spoken.say("chain.gap_sub", focus=focus, reference=in_sentence(reference)),
        figure=Markup(figure),  # noqa: S704 - our own markup, words escaped
        grid=grid(
            [spoken.say(f"chain.{name}") for name in ("step", "contribution", "interval")],
            [[step.label, step.said, _limits(row, spoken)] for step, row in
             zip(found, rows, strict=True)],
        ),
        notes=(spoken.say("chain.gap_note"),),
    )  # fmt: skip


def _bottleneck(rows: Sequence[Row], spoken: Speech) -> str:
    narrow = [spoken.of(row, "step_label") for row in rows if row.get("bottleneck_flag") is True]
    if narrow:
        return spoken.say("chain.bottleneck", step="; ".join(narrow))
    is_told = all(row.get("bottleneck_flag") is not None for row in rows)
    return spoken.say("chain.no_bottleneck" if is_told else "chain.plain")


def _step(row: Row, spoken: Speech) -> Step:
    value, low, high = (
        _told(row, f"step_contribution_to_gap{end}") for end in ("", "_lower", "_upper")
    )
    said = HIDDEN if value is None else spoken.plain(value, 2)
    return Step(spoken.of(row, "step_label"), "", value, low, high, said)


def _limits(row: Row, spoken: Speech) -> str:
    low, high = (_told(row, f"step_contribution_to_gap_{end}") for end in ("lower", "upper"))
    if low is None or high is None:
        return ""
    return f"{spoken.plain(low, 2)} {spoken.words['speech']['to']} {spoken.plain(high, 2)}"


def _gaps(one: Chain, spoken: Speech) -> Grid:
    rows: list[list[str]] = []
    for held in one.groups.values():
        focus, reference = _names(held[0], spoken)
        rows.append([f"{focus} – {in_sentence(reference)}"])
        rows += [_gap(row, spoken) for row in held]
    return grid([spoken.say(f"chain.{name}") for name in GAPS], rows)


def _gap(row: Row, spoken: Speech) -> list[str]:
    value = _told(row, "step_contribution_to_gap")
    low, high = (_told(row, f"conditional_rate_{end}") for end in ("lower", "upper"))
    return [
        spoken.of(row, "step_label"),
        spoken.number(_told(row, "conditional_rate"), SHARE),
        spoken.interval(low, high, SHARE),
        spoken.number(_told(row, "ref_conditional_rate"), SHARE),
        HIDDEN if value is None else spoken.plain(value, 2),
        _limits(row, spoken),
    ]


def _is_shown(row: Row) -> bool:
    return _told(row, "conditional_rate") is not None


def _told(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value is None or row["value_status"] != "shown" else float(value)
