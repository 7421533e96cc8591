"""The page of methods in each language: measures, need, certainty, disclosure, limits, versions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.indicator.card import Grid, grid
from equity_pipeline.report.methods.declared import declared_by_domain
from equity_pipeline.report.methods.measures import measures
from equity_pipeline.report.methods.rules import hidden_rules
from equity_pipeline.report.rendering import common_at_root, write_page
from equity_pipeline.report.speech import LANGUAGES, Speech, speech
from equity_pipeline.settings import DisclosureSettings
from equity_pipeline.vocabulary import in_sentence, vocabulary

NAME = "metod"
SENSITIVITY = "area_sensitivity"  # dimensions that only show what another border rule would give
TOTAL = "total"
SAID_OF_LIMITS = ("why_not", "areas", "individual", "recorded", "units")


@dataclass(frozen=True, slots=True)
class Made:
    """What stands behind a release: its version, its day, the rules it was hidden by, its sources.

    ``sources`` have ``title`` and, where known, ``path`` and ``licence``.
    """

    code: str
    configuration: str
    as_of: str
    disclosure: DisclosureSettings
    sources: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page: its words, and a table if it has one."""

    name: str
    title: str
    words: list[str]
    table: Grid | None = None


def write_methods(
    catalogue: Iterable[Declaration],
    made: Made,
    facts: PageFacts,
    folder: Path,
    described: Collection[str] = (),
) -> list[Path]:
    """Write ``metod.html`` in each language and return the paths.

    Parameters
    ----------
    catalogue
        The indicators of the release, as declared.
    made
        What stands behind the release.
    facts, folder
        What every page says of itself, and where it is written.
    described
        The indicators that have a page of their own, which is then linked to.
    """
    declared = list(catalogue)
    written = []
    for spoken in map(speech, LANGUAGES):
        values, to = common_at_root(facts, spoken, NAME, folder)
        values |= {
            "before": [_groups(spoken), _need(spoken), _certainty(spoken)],
            "after": [_limits(spoken), _sources(made, spoken), _versions(made, facts, spoken)],
            "measures": measures(spoken),
            "rules": hidden_rules(made.disclosure, spoken),
            "attacked": spoken.say(f"methods.audit_{made.disclosure.audit}"),
            "domains": declared_by_domain(declared, spoken),
            "described": frozenset(described),
        }
        written.append(write_page(NAME, to, **values))
    return written


def _section(name: str, words: Sequence[str], spoken: Speech, table: Grid | None = None) -> Section:
    return Section(name, spoken.say(f"methods.{name}"), list(words), table)


def _head(spoken: Speech, *names: str) -> list[str]:
    return [spoken.say(f"methods.{one}") for one in names]


def _groups(spoken: Speech) -> Section:
    rows = [
        [
            spoken.word(one.label),
            _contrast(name, one.focus, one.reference, spoken),
            spoken.label("ses_measurement_level", one.level),
        ]
        for name, one in vocabulary().dimensions.items()
        if name != TOTAL and one.family != SENSITIVITY
    ]
    table = grid(_head(spoken, "division", "contrast", "measured_on"), rows)
    return _section("groups", [spoken.say("methods.groups_lead")], spoken, table)


def _contrast(dimension: str, focus: str | None, reference: str | None, spoken: Speech) -> str:
    if focus is None or reference is None:
        return spoken.say("methods.no_contrast")
    labels = [spoken.word(vocabulary().level_label(dimension, one)) for one in (focus, reference)]
    return f"{labels[0]} – {in_sentence(labels[1])}"


def _need(spoken: Speech) -> Section:
    rows = [
        [_begun(spoken.word(label)), spoken.say(f"methods.{code}_holds")]
        for code, label in vocabulary().codes["adjustment"].items()
    ]
    table = grid(_head(spoken, "adjustment", "holds"), rows)
    words = [spoken.say(f"methods.need_{one}") for one in ("lead", "never")]
    return _section("need", words, spoken, table)


def _certainty(spoken: Speech) -> Section:
    mid = spoken.say("methods.example_limit")
    rows = [
        [
            spoken.word(label),
            spoken.say(f"methods.when_{code}"),
            spoken.say(f"verdict.{code}", mid=mid).replace(f" ({mid})", ""),
        ]
        for code, label in vocabulary().codes["evidence_state"].items()
    ]
    table = grid(_head(spoken, "state", "when", "sentence"), rows)
    words = [spoken.say("methods.certainty_lead"), spoken.say("methods.many")]
    return _section("certainty", words, spoken, table)


def _limits(spoken: Speech) -> Section:
    unknown = vocabulary().not_measurable.values()
    absent = ", ".join(in_sentence(spoken.word(one)) for one in unknown)
    words = [spoken.say(f"methods.{one}") for one in SAID_OF_LIMITS]
    return _section("limits", [*words, spoken.say("methods.absent", names=absent)], spoken)


def _sources(made: Made, spoken: Speech) -> Section:
    lead = spoken.say("methods.sources_lead")
    if not made.sources:
        return _section("sources", [lead, spoken.say("methods.sources_none")], spoken)
    rows = [[one.get("title", ""), one.get("licence", "")] for one in made.sources]
    table = grid(_head(spoken, "source", "licence"), rows)
    return _section("sources", [lead, spoken.say("methods.sources_open")], spoken, table)


def _versions(made: Made, facts: PageFacts, spoken: Speech) -> Section:
    told = {
        "region": facts.region,
        "run": facts.run_id,
        "as_of": made.as_of,
        "code": made.code,
        "configuration": made.configuration,
    }
    table = grid(["", ""], [[spoken.say(f"methods.{key}"), words] for key, words in told.items()])
    words = [spoken.say("methods.versions_lead"), spoken.say("methods.more")]
    return _section("versions", words, spoken, table)


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]
