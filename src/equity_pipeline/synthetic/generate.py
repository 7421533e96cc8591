"""Makes the whole region, year by year, so that memory stays bounded at any size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.synthetic import (
    clinical,
    drugs,
    emergency,
    register,
    registers,
    screening,
    survey,
    unit_reports,
)
from equity_pipeline.synthetic.area_rows import regso_income_rank
from equity_pipeline.synthetic.bad_deliveries import write_bad_deliveries
from equity_pipeline.synthetic.contacts import Contacts, make_contacts, write_contacts
from equity_pipeline.synthetic.costs import write_costs
from equity_pipeline.synthetic.files import EXTRACTED_AT, PERIOD, Delivery, write_json
from equity_pipeline.synthetic.ledger import Ledger
from equity_pipeline.synthetic.plants import ALL_PLANTS, MIDDLE_YEAR, STATUS_YEARS, YEARS
from equity_pipeline.synthetic.streams import Array, Plan
from equity_pipeline.synthetic.truths import Chosen, note_year, year_of
from equity_pipeline.synthetic.truths_of_forms import note_forms
from equity_pipeline.synthetic.world import World, make_world

SMALLEST, LARGEST = 5_000, 1_500_000
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SyntheticRegion:
    """A region on disk: its folder, the planted truths, and rows by file stem."""

    folder: Path
    truth: dict[str, Any]
    rows: dict[str, int]


def _plan(persons: int, seed: int, plants: frozenset[str]) -> Plan:
    if not SMALLEST <= persons <= LARGEST:
        raise ConfigurationError(
            f"A synthetic region of {persons} persons cannot be made.",
            where="persons",
            mend=f"ask for {SMALLEST} to {LARGEST}; under that the municipalities run empty",
        )
    unknown = plants - ALL_PLANTS
    if unknown:
        raise ConfigurationError(
            f"There is no planted truth named {', '.join(sorted(unknown))}.",
            where="plants",
            mend=f"choose among {', '.join(sorted(ALL_PLANTS))}",
        )
    return Plan(persons, seed, plants)


def _observed_waiting(world: World, made: Contacts) -> tuple[Array, Array]:
    """Assessed within three days and counted, by unit: what a programme would be chosen on."""
    counted = made.counts_for_waiting
    in_time = counted & (made.day - made.first_day <= 3) & ~made.is_waiting
    size = world.units.size
    return (
        np.bincount(made.unit[in_time], minlength=size).astype(float),
        np.bincount(made.unit[counted], minlength=size).astype(float),
    )


def _chosen(world: World, made: Contacts) -> Chosen:
    in_time, counted = _observed_waiting(world, made)
    worst = survey.worst_units(world, in_time, counted)
    return Chosen(worst, float(in_time[worst].sum() / counted[worst].sum()))


def _write_year(world: World, year: int, area_rank: Array, delivery: Delivery) -> Contacts:
    made = make_contacts(world, year)
    write_contacts(world, made, delivery)
    write_costs(world, made, delivery)
    clinical.write_diagnoses(world, made, delivery)
    clinical.write_procedures(world, year, delivery)
    clinical.write_measurements(world, year, delivery)
    clinical.write_vaccinations(world, year, delivery)
    registers.write_registers(world, year, delivery)
    emergency.write_emergency_visits(world, year, delivery)
    drugs.write_dispensing(world, year, area_rank, delivery)
    drugs.write_inpatient(world, year, delivery)
    survey.write_survey(world, year, delivery)
    survey.write_telephony(world, year, delivery)
    screening.write_screening(world, year, delivery)
    screening.write_register_values(world, year, delivery)
    unit_reports.write_unit_costs(world, year, delivery)
    unit_reports.write_unit_answers(world, year, delivery)
    return made


def _write_register(world: World, delivery: Delivery, individual_ses: bool) -> None:
    for year in STATUS_YEARS:
        register.write_status(world, year, delivery)
        register.write_areas(world, year, delivery)
        if individual_ses:
            register.write_socioeconomics(world, year, delivery)
    register.write_listing(world, delivery)
    register.write_units(world, delivery)
    survey.write_calendar(delivery)


def _late_rows(out: Path) -> list[list[str]]:
    path = out / "incoming" / "care" / PERIOD / f"telephony_{YEARS[0]}.parquet"
    table = pq.read_table(path).slice(0, 36)
    columns = [[str(value) for value in column.to_pylist()] for column in table.columns]
    return [table.column_names, *(list(row) for row in zip(*columns, strict=True))]


def _bad_truths(out: Path) -> None:
    write_bad_deliveries(out / "bad_deliveries", out / "incoming", _late_rows(out))


def _readme(plan: Plan) -> str:
    return (
        "# A synthetic region\n\n"
        f"Everything here is synthetic: {plan.persons} invented persons, their care and units, by\n"
        f"`equity synthesise --persons {plan.persons} --seed {plan.seed}`; nothing describes"
        " a real person or unit.\nOnly the names, codes and published totals of the municipalities"
        " are real. `truth.json` names\nthe differences that are planted, with their true values;"
        " `bad_deliveries/` holds faulty\nfiles that the doors must stop.\n"
    )


def generate(
    persons: int,
    seed: int,
    out: Path,
    *,
    plants: frozenset[str] = ALL_PLANTS,
    individual_ses: bool = True,
    progress: Progress | None = None,
) -> SyntheticRegion:
    """Write a synthetic region of ``persons`` (5 000 to 1.5 million) into the folder ``out``.

    The same arguments give the same bytes. ``plants`` are the truths to plant (``PLANTS``); data
    of one that is left out follow the model without it and the rest stay as they are.
    ``individual_ses=False`` leaves out the optional individual socioeconomics.

    Raises
    ------
    ConfigurationError
        If the size is out of bounds or a plant is unknown.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     region = generate(5_000, 1, Path(folder), plants=frozenset({"income_waiting"}))
    ...     [(one["id"], one["true_value"]) for one in region.truth["truths"]][0]
    ('P1-VT01-crude', -0.1)
    """
    plan = _plan(persons, seed, plants)
    tell = progress or (lambda _: None)
    tell("places, persons, units")
    world = make_world(plan)
    delivery = Delivery(out / "incoming")
    _write_register(world, delivery, individual_ses)
    ledger, area_rank = Ledger(plan), regso_income_rank(world, STATUS_YEARS[0])
    chosen: Chosen | None = None
    for year in YEARS:
        tell(f"{year}: contacts, care, costs, answers")
        made = _write_year(world, year, area_rank, delivery)
        now = year_of(world, made, area_rank, ledger, chosen)
        note_year(now)
        note_forms(now)
        if year == MIDDLE_YEAR:
            chosen = _chosen(world, made)
    assert chosen is not None
    survey.write_programmes(world, chosen.units, delivery)
    unit_reports.write_activities(world, chosen.units, delivery)
    unit_reports.write_success_factors(world, chosen.units, delivery)
    delivery.close()
    return _finish(plan, out, ledger, delivery, individual_ses)


def _without_plants() -> list[dict[str, Any]]:
    """What the deliveries hold that no plant touches: true values, the same in every group."""
    return [
        {"file": "screening", "what": "P(sample within a year of the invitation)",
         "true_value": screening.SAMPLED_WITHIN_A_YEAR},
        {"file": "quality_register_value", "what": "P(smokes), of persons in LVR",
         "true_value": screening.SMOKERS},
        {"file": "quality_register_value", "what": "P(offered support), of smokers in LVR",
         "true_value": screening.SUPPORTED},
        {"file": "cost_unit", "what": "kronor a month for each listed person",
         "true_value": unit_reports.MONTHLY_SEK_PER_LISTED},
        {"file": "survey_unit", "what": "forms without an answer for each form with one",
         "true_value": unit_reports.SILENT_FOR_EACH_ANSWER},
    ]  # fmt: skip


def _finish(
    plan: Plan, out: Path, ledger: Ledger, delivery: Delivery, individual_ses: bool
) -> SyntheticRegion:
    if plan.has("bad_deliveries"):
        _bad_truths(out)
    truth = {
        "synthetic": True,
        "persons": plan.persons,
        "seed": plan.seed,
        "plants": sorted(plan.plants),
        "individual_ses": individual_ses,
        "as_of": EXTRACTED_AT,
        "truths": ledger.finished(),
        "without_plants": _without_plants(),
    }
    write_json(truth, out / "truth.json")
    (out / "README.md").write_text(_readme(plan), encoding="utf-8", newline="\n")
    return SyntheticRegion(out, truth, dict(delivery.rows))
