"""Every planted truth is found in the tables, and is not found where it was not planted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from equity_pipeline.errors import DeliveryRefused
from equity_pipeline.pipeline import stages
from equity_pipeline.synthetic import ALL_PLANTS, generate
from tests.flows.claims import CLAIMS
from tests.flows.judging import BESIDE, Truths, judge, levelling_down, silence
from tests.flows.judging_forms import Told, judge_forms, register_change, silent_strata
from tests.flows.planted import (
    AS_OF,
    COUNTED,
    NEEDS,
    NEEDS_OF_FORMS,
    Region,
    make,
    settings_for,
)
from tests.repeats import ALL, repeated

pytestmark = pytest.mark.long

SEEDS = (101, 102, 103, 104)
SMALL, LARGE = 20_000, 100_000
MORE_SEEDS = repeated((302, 303, 304), 1)
JUDGED = tuple(sorted({*CLAIMS, *BESIDE}))
SCARCE = {"interpreter_few"}  # a share of the people: too few in a small region alone
FAINT = {"hba1c_high": ("BR07",)}  # in one region, however large, its absence may be chance

# plants that forms after T2 are judged on too, and of which indicators and steps of care chains
COPD, DIABETES = (
    tuple(one for one in NEEDS_OF_FORMS if one.startswith(letters)) for letters in ("CC", "CD")
)
FORMS = ("trend", "decomposition", "care_chain")
IN_FORMS = {
    "copd_spirometry": COPD,
    "cost_by_need": ("KO02",),
    "hba1c_not_measured": DIABETES,
    "income_waiting": ("VT01",),
    "vaccination_between_units": ("FP01",),
}
FORMS_OVER_YEARS = ("trend", "maihda_model", "programme_effect")
COUNTED_OVER_YEARS = frozenset({"strata", "months"})
OVER_YEARS = {
    "area_figures": ("VT01",),
    "blood_pressure_levelling_down": ("BR11",),
    "missed_interaction": ("TG05",),
    "programme_effect": ("VT01",),
}

# what a plant is judged on; by size: a region in which its absence cannot be mistaken for chance
SEEN_IN_SMALL = {
    "antibiotics_reversal": ("BR14",),
    "cost_by_need": ("KO01", "KO02"),
    "education_missing": ("TG07",),
    "income_waiting": ("VT01", "VT03"),
    "interpreter_few": ("TG03",),
    "named_physician_equal": ("TG07",),
    "no_contact_by_age": ("TG02",),
}
SEEN_IN_LARGE = {
    "avoidable_by_need": ("BR19",),
    "copd_spirometry": ("BR02", *COPD),
    "hba1c_not_measured": ("BR08", *DIABETES),
    "provider_antibiotics": ("BR14",),
    "provider_casemix": ("BR19",),
    "survey_opposite": ("UP07",),
    "vaccination_between_units": ("FP01",),
}
JUDGED_IN_LARGE = {**SEEN_IN_LARGE, **FAINT}


def apart(seen: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return for each plant those that a region can lack together with it, itself among them.

    No two of them are judged on the same indicator: what is said of one is not for the other.
    """
    groups: list[list[str]] = []
    for plant, asked in seen.items():
        for group in groups:
            if not {*asked} & {one for other in group for one in seen[other]}:
                group.append(plant)
                break
        else:
            groups.append([plant])
    return {plant: tuple(group) for group in groups for plant in group}


def asked_of(plants: Iterable[str], seen: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the indicators that some plants are judged on."""
    return sorted({one for plant in plants for one in seen[plant]})


def forms_of(plant: str, regions: Sequence[Region], truths: Sequence[Truths]) -> list[str]:
    """Return what forms after T2 say otherwise than was planted, where they speak of the plant."""
    told = [Told.of(one) for one in regions]
    return judge_forms(plant, told, truths) if plant in IN_FORMS else []


@pytest.fixture(scope="session")
def regions(tmp_path_factory: pytest.TempPathFactory) -> list[Region]:
    asked = {*NEEDS, *(one for held in IN_FORMS.values() for one in held)}
    return [
        make(
            tmp_path_factory.mktemp("planted") / "region",
            SMALL,
            seed,
            indicators=asked,
            forms=FORMS,
        )
        for seed in SEEDS
    ]


@pytest.mark.parametrize("plant", JUDGED)
def test_what_was_planted_is_found_in_every_region(plant: str, regions: list[Region]) -> None:
    truths = [one.truths for one in regions]
    assert judge(plant, regions, truths) + forms_of(plant, regions, truths) == []


def test_dimensions_without_a_plant_stay_silent(regions: list[Region]) -> None:
    assert silence(regions) == []


@pytest.fixture(scope="session")
def without(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Region]:
    """Return the twin of the first region without some plants, made once."""

    @cache
    def made(plants: tuple[str, ...]) -> Region:
        return make(
            tmp_path_factory.mktemp("without") / "region",
            SMALL,
            SEEDS[0],
            indicators=asked_of(plants, SEEN_IN_SMALL),
            plants=ALL_PLANTS - {*plants},
            forms=FORMS,
        )

    return made


@pytest.mark.parametrize("plant", SEEN_IN_SMALL)
def test_a_truth_is_not_found_where_it_was_not_planted(
    plant: str, regions: list[Region], without: Callable[..., Region]
) -> None:
    held, bare = regions[0], without(apart(SEEN_IN_SMALL)[plant])
    assert judge(plant, [held], [held.truths]) == []
    assert judge(plant, [bare], [held.truths]) != []
    if plant in IN_FORMS:
        assert forms_of(plant, [bare], [held.truths]) != []


def _stops(folder: Path, told: dict[str, object], home: Path) -> list[str]:
    """Return how a faulty delivery ended otherwise than it must, through the real load."""
    settings = settings_for(home)
    delivered = settings.deliveries.model_copy(update={"folder": folder / str(told["name"])})
    code, quarantined = 0, 0
    try:
        report = stages.load(
            settings.model_copy(update={"deliveries": delivered}), AS_OF, None
        ).deliveries
        quarantined = report.total("rows_quarantined") if report else 0
    except DeliveryRefused as stop:
        code = stop.exit_code
    if (code, quarantined > 0) == (told["exit_code"], told["expected"] == "quarantine"):
        return []
    return [f"{told['name']}: exit {code}, {quarantined} rows in quarantine"]


def _deliveries(folder: Path, home: Path) -> list[str]:
    """Return what is otherwise than planted among the faulty deliveries: six, each stopped."""
    path = folder / "bad_deliveries" / "manifest.json"
    told = json.loads(path.read_text("utf-8"))["bad_deliveries"] if path.exists() else []
    faults = [] if len(told) == 6 else [f"{len(told)} faulty deliveries"]
    return faults + [fault for one in told for fault in _stops(path.parent, one, home)]


def test_every_faulty_delivery_gets_its_verdict_and_without_the_plant_there_is_none(
    tmp_path: Path,
) -> None:
    generate(5_000, SEEDS[0], tmp_path / "with")
    stages.load(settings_for(tmp_path / "with"), AS_OF, None)
    generate(5_000, SEEDS[0], tmp_path / "bare", plants=ALL_PLANTS - {"bad_deliveries"})
    assert _deliveries(tmp_path / "with", tmp_path / "with") == []
    assert _deliveries(tmp_path / "bare", tmp_path / "with") == ["0 faulty deliveries"]


def _large(
    out: Path,
    seed: int,
    indicators: Sequence[str],
    *,
    without: Iterable[str] = (),
    years: int = 1,
    forms: Sequence[str] = FORMS,
) -> Region:
    return make(
        out,
        LARGE,
        seed,
        indicators=indicators,
        plants=ALL_PLANTS - {*without},
        years=years,
        forms=forms,
        counted=COUNTED_OVER_YEARS if years > 1 else COUNTED,
    )


@pytest.fixture(scope="session")
def more(tmp_path_factory: pytest.TempPathFactory) -> list[Region]:
    folder, asked = tmp_path_factory.mktemp("planted"), (*NEEDS, "KO02", *COPD, *DIABETES)
    return [_large(folder / f"{seed}", seed, asked) for seed in MORE_SEEDS]


@pytest.fixture(scope="session")
def years(tmp_path_factory: pytest.TempPathFactory) -> list[Region]:
    asked = sorted({one for held in OVER_YEARS.values() for one in held})
    folder = tmp_path_factory.mktemp("planted")
    return [
        _large(folder / f"{seed}", seed, asked, years=5, forms=FORMS_OVER_YEARS)
        for seed in MORE_SEEDS
    ]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("plant", sorted({*JUDGED} - SCARCE))
def test_what_was_planted_is_found_in_every_large_region(plant: str, more: list[Region]) -> None:
    truths = [one.truths for one in more]
    assert judge(plant, more, truths) + forms_of(plant, more, truths) == []


@pytest.mark.timeout(1800)
def test_dimensions_without_a_plant_stay_silent_in_large_regions(more: list[Region]) -> None:
    assert silence(more) == []


@pytest.fixture(scope="session")
def large_without(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[Region]]:
    """Return the twins of the large regions of some seeds without some plants, made once."""

    @cache
    def made(plants: tuple[str, ...], seeds: tuple[int, ...], *, years: int = 1) -> list[Region]:
        folder = tmp_path_factory.mktemp("large_without")
        asked = asked_of(plants, JUDGED_IN_LARGE if years == 1 else OVER_YEARS)
        forms = FORMS if years == 1 else FORMS_OVER_YEARS
        return [
            _large(folder / f"{seed}", seed, asked, without=plants, years=years, forms=forms)
            for seed in seeds
        ]

    return made


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("plant", [*SEEN_IN_LARGE, *(sorted(FAINT) if ALL else ())])
def test_a_truth_is_not_found_in_large_regions_without_its_plant(
    plant: str, more: list[Region], large_without: Callable[..., list[Region]]
) -> None:
    seeds = MORE_SEEDS if plant in FAINT else MORE_SEEDS[:1]
    plants = (plant,) if plant in FAINT else apart(SEEN_IN_LARGE)[plant]
    bare = large_without(plants, tuple(seeds))
    truths = [one.truths for one in more[: len(seeds)]]
    assert judge(plant, bare, truths) != []
    if plant in IN_FORMS:
        assert forms_of(plant, bare, truths) != []


@pytest.mark.timeout(1800)
def test_a_gap_that_closes_by_levelling_down_is_seen(years: list[Region]) -> None:
    assert levelling_down(years, [one.truths for one in years]) == []


@pytest.mark.timeout(1800)
def test_strata_without_a_plant_do_not_stand_apart(years: list[Region]) -> None:
    assert silent_strata([Told.of(one) for one in years], [one.truths for one in years]) == []


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("plant", OVER_YEARS)
def test_what_takes_years_to_show_is_found_and_only_where_planted(
    plant: str, years: list[Region], large_without: Callable[..., list[Region]]
) -> None:
    truths = [one.truths for one in years]
    [bare] = large_without(apart(OVER_YEARS)[plant], (MORE_SEEDS[0],), years=5)
    assert judge_forms(plant, [Told.of(one) for one in years], truths) == []
    if plant == "area_figures":  # the break is declared; what broke stands in the figures
        assert register_change(years) == []
        assert register_change([bare]) != []
    else:
        assert judge_forms(plant, [Told.of(bare)], truths[:1]) != []
    if plant == "blood_pressure_levelling_down":
        assert levelling_down([bare], truths[:1]) != []
