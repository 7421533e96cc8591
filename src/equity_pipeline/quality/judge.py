"""The colour of an indicator by a dimension, and every obstacle in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from equity_pipeline.quality.areas_built import area_obstacles
from equity_pipeline.quality.coverage import RegisterCoverage
from equity_pipeline.quality.material import Pair
from equity_pipeline.quality.missing import Completeness
from equity_pipeline.quality.origins import AREA_COUNTERPART
from equity_pipeline.quality.texts import (
    CAUTION_FROM,
    NOTE_FROM,
    STOP_ABOVE,
    sentence,
    shares,
)
from equity_pipeline.vocabulary import Label, in_sentence, vocabulary

GREEN, YELLOW, RED = "green", "yellow", "red"
GOOD_LINKAGE = 0.95
UNEVEN_FROM = 0.05
REGISTER_BIAS_ABOVE = 0.10

Obstacle = tuple[str, Label]


def judge(pair: Pair) -> tuple[str, list[Label]]:
    """Return the colour - the worst that anything gives - and every obstacle in words."""
    blocked = _blocked(pair)
    if blocked is not None:
        return RED, [blocked]
    told = [
        *_region(pair),
        *_missing(pair.counted),
        *_contrast(pair),
        *_register(pair),
        *_delivery(pair),
        *_areas(pair),
        *_gate(pair),
    ]
    colours = [colour for colour, _ in told]
    worst = next((colour for colour in (RED, YELLOW) if colour in colours), GREEN)
    return worst, [label for _, label in told]


def status(pair: Pair) -> str:
    """Return the code of what the dimension rests on."""
    if pair.without_persons:
        return "not_measurable"
    if pair.indicator.fact == "fct_area_value" or pair.dimension.family == "area":
        return "area_data"
    if pair.is_absent and _has_area(pair):
        return "area_data"
    if pair.indicator.fact == "fct_survey":
        return "survey"
    return "proxy" if pair.dimension.name == "disability_proxy" else "individual_data"


def _blocked(pair: Pair) -> Label | None:
    """Return why nothing can be reported at all, if so."""
    if pair.without_persons:
        return sentence(pair.without_persons)
    missing = [name for name in pair.own_entities if name not in pair.loads]
    if missing:
        words = [vocabulary().entities[name].label for name in missing]
        return sentence(
            "entity_missing",
            {"entity": ", ".join(in_sentence(word.sv) for word in words)},
            {"entity": ", ".join(in_sentence(word.en) for word in words)},
        )
    if pair.is_for_regions_only:
        return None if pair.is_total else sentence("regions_only")
    if pair.is_never_crossed:
        return _about(pair, "not_crossed")
    if pair.is_absent:
        return _about(pair, "area_instead" if _has_area(pair) else "not_delivered")
    return None if pair.counted and pair.counted.n else sentence("no_rows")


def _about(pair: Pair, name: str) -> Label:
    label = pair.dimension.label
    return sentence(
        name, {"dimension": in_sentence(label.sv)}, {"dimension": in_sentence(label.en)}
    )


def _has_area(pair: Pair) -> bool:
    counterpart = AREA_COUNTERPART.get(pair.dimension.name)
    absent = (pair.indicator.fact, counterpart) in pair.material.absent
    return counterpart is not None and not absent


def missing_obstacle(share: float) -> Obstacle | None:
    """Return what a share of missing information gives: nothing, a note, caution or a stop.

    Examples
    --------
    >>> [found and found[0] for found in map(missing_obstacle, (0.04, 0.05, 0.10, 0.20, 0.21))]
    [None, 'green', 'yellow', 'yellow', 'red']
    """
    if share < NOTE_FROM:
        return None
    if share < CAUTION_FROM:
        return GREEN, sentence("missing_note", *shares(share))
    if share <= STOP_ABOVE:
        return YELLOW, sentence("missing_caution", *shares(share))
    return RED, sentence("missing_stop", *shares(share))


def _contrast(pair: Pair) -> Iterator[Obstacle]:
    """Yield that a declared focus or reference has nobody whom the indicator counts."""
    counted, dimension = pair.counted, pair.dimension
    if counted is None or not counted.levels:
        return
    for level in (dimension.focus, dimension.reference):
        if level is not None and level not in counted.levels:
            word = vocabulary().level_label(dimension.name, level)
            sv, en = {"level": in_sentence(word.sv)}, {"level": in_sentence(word.en)}
            yield YELLOW, sentence("no_contrast", sv, en)


def _missing(counted: Completeness | None) -> Iterator[Obstacle]:
    if counted is None or counted.missing_share is None:
        return
    found = missing_obstacle(counted.missing_share)
    if found is not None:
        yield found
    if counted.focus is None or counted.reference is None:
        return
    gap = counted.reference - counted.focus
    if gap >= UNEVEN_FROM:
        points = f"{100 * gap:.1f}"
        sv, en = {"points": points.replace(".", ",")}, {"points": points}
        yield GREEN, sentence("missing_uneven", sv, en)


def _region(pair: Pair) -> Iterator[Obstacle]:
    if pair.is_for_regions_only:
        yield GREEN, sentence("regions_shown")


def _register(pair: Pair) -> Iterator[Obstacle]:
    """Yield how much of what it should hold the indicator's register holds, and of whom less."""
    if pair.register is None:
        return
    held = pair.coverage
    if held is None or held.total is None:
        yield YELLOW, sentence("register_not_told")
    elif held.total < 1 - NOTE_FROM:
        colour = GREEN if held.total >= 1 - CAUTION_FROM else YELLOW
        yield colour, sentence("register_coverage", *shares(held.total))
    if held is not None:
        yield from _register_bias(pair, held)


def _register_bias(pair: Pair, held: RegisterCoverage) -> Iterator[Obstacle]:
    apart = held.extremes(pair.dimension.name)
    if apart is None:
        if pair.dimension.family == "individual" and not pair.is_total:
            yield GREEN, _about(pair, "register_no_groups")
        return
    low, high, gap = apart
    if gap > REGISTER_BIAS_ABOVE:
        by_level = held.levels[pair.dimension.name]
        yield YELLOW, sentence("register_bias", *_extremes(pair, low, high, by_level))


def _extremes(
    pair: Pair, low: str, high: str, by_level: Mapping[str, float]
) -> tuple[dict[str, str], dict[str, str]]:
    words = {name: vocabulary().level_label(pair.dimension.name, name) for name in (low, high)}
    sv: dict[str, str] = {}
    en: dict[str, str] = {}
    for place, name in (("low", low), ("high", high)):
        said_sv, said_en = shares(by_level[name])
        sv |= {place: in_sentence(words[name].sv), f"{place}_share": said_sv["share"]}
        en |= {place: in_sentence(words[name].en), f"{place}_share": said_en["share"]}
    return sv, en


def _delivery(pair: Pair) -> Iterator[Obstacle]:
    if pair.linkage is not None and pair.linkage < GOOD_LINKAGE:
        yield YELLOW, sentence("linkage", *shares(1 - pair.linkage))
    if pair.age_days is not None and pair.age_days > pair.material.stale_after_days:
        yield YELLOW, sentence("old", {"days": str(pair.age_days)})


def _areas(pair: Pair) -> Iterator[Obstacle]:
    if pair.dimension.family == "area":
        yield from area_obstacles(pair.material.areas, pair.indicator.fact, pair.dimension.name)


def _gate(pair: Pair) -> Iterator[Obstacle]:
    critical, warning = pair.failed("critical"), pair.failed("warning")
    if critical:
        yield RED, sentence("gate_critical", {"count": str(critical)})
    if warning:
        yield GREEN, sentence("gate_warning", {"count": str(warning)})
