"""The rules that a declaration must keep, each told in words when it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from equity_pipeline.indicators.keys import Keys
from equity_pipeline.indicators.never import forbidden
from equity_pipeline.vocabulary import vocabulary

FACT_OF_BASE = {
    "listed": "fct_person",
    "contacts": "fct_contact",
    "respondents": "fct_survey",
    "calls": "fct_telephony",
    "areas": "fct_area_value",
}
SCALE_OF_UNIT = {
    "percent": 1,
    "index": 1,
    "ratio": 1,
    "per_100": 100,
    "per_1000": 1000,
    "sek_per_1000": 1000,
    "per_100000": 100_000,
}
CODE_LIST_OF_UNITS = "unit_of_measure"
CODE_LIST_OF_ENDS = "wait_status"
# where measures are declared; no domain, so nothing of it is ever published as one
MEASURES = "_measures"


def raw_faults(raw: dict[str, Any]) -> list[str]:
    """Return what is wrong with the adjusters before their code is even read."""
    given = raw.get("adjusters")
    names = [given] if isinstance(given, str) else list(given or ())
    return list(_never([str(one) for one in names], raw.get("never_adjust", ())))


def faults(keys: Keys) -> list[str]:
    """Return every rule that the declaration breaks, in words; empty when it breaks none."""
    return [fault for rule in RULES for fault in rule(keys)]


def _place(keys: Keys) -> Iterator[str]:
    domains = vocabulary().domains
    if (keys.role == "measure") != (keys.domain == MEASURES):
        yield f'what is declared in {MEASURES}/ has role = "measure", and nothing else has'
    elif keys.role == "measure":
        if keys.id[:2] in {prefix for prefix, _ in domains.values()}:
            yield f"{keys.id!r} would be an indicator of a domain; a measure has its own letters"
    elif keys.domain not in domains:
        yield f"the vocabulary knows no domain {keys.domain!r}; it knows {', '.join(domains)}"
    elif not keys.id.startswith(domains[keys.domain][0]):
        yield f"ids of {keys.domain} begin with {domains[keys.domain][0]}, not {keys.id!r}"


def _population(keys: Keys) -> Iterator[str]:
    right = FACT_OF_BASE[keys.population_base]
    if keys.fact != right:
        yield f"population_base {keys.population_base!r} is counted from {right}, not {keys.fact}"
    aged = keys.minimum_age is not None or keys.maximum_age is not None
    if aged and keys.fact != "fct_person":
        yield "minimum_age and maximum_age need the fact fct_person"
    if None not in (keys.minimum_age, keys.maximum_age) and _crossed(keys):
        yield "minimum_age is above maximum_age"


def _crossed(keys: Keys) -> bool:
    return (keys.minimum_age or 0) > (keys.maximum_age or 0)


def _limit(keys: Keys) -> Iterator[str]:
    if keys.role == "measure":
        return  # no gap of it is judged
    if (keys.mid is None) == (keys.mid_relative is None):
        yield "one of mid and mid_relative is needed: the limit is set before data are seen"


def _unit(keys: Keys) -> Iterator[str]:
    if keys.unit not in vocabulary().codes[CODE_LIST_OF_UNITS]:
        yield f"the vocabulary knows no unit {keys.unit!r}"
    right = SCALE_OF_UNIT.get(keys.unit)
    if keys.kind != "area_mean" and right is not None and keys.scale != right:
        yield f"unit {keys.unit!r} goes with scale = {right}, not {keys.scale:g}"


def _verdict(keys: Keys) -> Iterator[str]:
    if keys.direction == "neutral" and keys.verdict:
        yield "a neutral indicator has no good side and enters no verdict"
    if keys.direction == "toward_one" and keys.kind != "ratio":
        yield "direction 'toward_one' is for a ratio of observed to expected"
    if keys.beside == keys.id:
        yield "an indicator is not shown beside itself"


def _need(keys: Keys) -> Iterator[str]:
    yield from _never(list(keys.need_extra), keys.never_adjust)
    if keys.need_extra and keys.adjusters != "A3":
        yield "need_extra is the disease-specific need of A3"
    yield from _unknown(keys.need_extra)


def _columns(keys: Keys) -> Iterator[str]:
    sums = (keys.denominator.sum, keys.numerator.sum)
    yield from _unknown(tuple(one for one in sums if one))
    for name in keys.exclude_dimensions:
        if name.removesuffix("_cumulative") not in vocabulary().dimensions:
            yield f"the vocabulary knows no dimension {name!r}"


def _shape(keys: Keys) -> Iterator[str]:
    summed, over = keys.numerator.sum is not None, keys.denominator.sum is not None
    if keys.kind == "mean" and not summed:
        yield "a mean needs numerator.sum"
    if keys.kind == "area_mean" and not (summed and over):
        yield "an area mean needs numerator.sum and denominator.sum"
    if keys.kind == "area_mean" and keys.population_base != "areas":
        yield "an area mean has population_base 'areas'"
    if keys.kind == "proportion" and summed != over:
        yield "a proportion sums both numerator and denominator, or neither"
    if keys.kind == "proportion" and not summed and not keys.numerator.where:
        yield "a proportion needs numerator.where"


def _wait(keys: Keys) -> Iterator[str]:
    if keys.wait is None:
        return
    known = vocabulary().columns
    if keys.kind != "mean" or keys.role == "measure":
        yield "a wait is an indicator of the kind 'mean': its days are added up"
    yield from _unknown((keys.wait.days, keys.wait.status))
    days, status = known.get(keys.wait.days), known.get(keys.wait.status)
    if days is not None and days.unit != "days":
        yield f"wait.days is a column of days, and {keys.wait.days} is not"
    if status is not None and status.codes != CODE_LIST_OF_ENDS:
        yield f"wait.status is a column of codes {CODE_LIST_OF_ENDS}, and {keys.wait.status} is not"


def _ratio(keys: Keys) -> Iterator[str]:
    if keys.kind != "ratio":
        return
    if keys.denominator.sum is None:
        yield "a ratio needs denominator.sum, the column with the expected number"
    if keys.unit != "ratio":
        yield "a ratio of observed to expected has the unit 'ratio'"
    if keys.numerator.sum is None and not keys.numerator.where:
        yield "a ratio needs numerator.sum or numerator.where"


def _never(names: list[str], also: tuple[str, ...] | list[str]) -> Iterator[str]:
    barred = [name for name in names if forbidden(name, also)]
    if barred:
        yield f"never a need adjuster, it would remove the inequity: {', '.join(barred)}"


def _words(keys: Keys) -> Iterator[str]:
    for name in ("sv", "definition_sv"):
        yield from (f"{name} says {one}" for one in vocabulary().misspoken(getattr(keys, name)))


def _unknown(names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if name not in vocabulary().columns:
            yield f"the vocabulary does not know the column {name!r}"


RULES: tuple[Callable[[Keys], Iterator[str]], ...] = (
    _place, _population, _limit, _unit, _verdict, _need, _columns, _shape, _ratio, _wait,
    _words,
)  # fmt: skip
