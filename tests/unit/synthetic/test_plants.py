"""Each planted truth is in the data, and is gone from data made without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from equity_pipeline.synthetic import ALL_PLANTS, generate
from tests.unit.synthetic.rows import (
    gap_of,
    mean_of_years,
    n_conditions,
    people_of,
    read,
    with_condition,
)

pytestmark = pytest.mark.long

SEED, SIZE = 11, 20_000
Table = Callable[[Path], float]


def _waiting(folder: Path) -> float:
    def one(year: int) -> float:
        contact = read(folder, f"contact_{year}")
        kept = contact[
            (contact.visit_type == "new")
            & contact.guarantee_covered
            & ~contact.patient_chosen_wait
            & ~contact.cancelled
            & (contact.profession != "other")
        ]
        days = (kept.assessment_date - kept.first_contact_date).dt.days
        income = kept.person_id.map(people_of(folder, year).income_quintile)
        return gap_of(days <= 3, income, 1, 5)

    return mean_of_years(folder, one)


def _spirometry(folder: Path) -> float:
    def one(year: int) -> float:
        people, procedure = with_condition(folder, "J44", year), read(folder, f"procedure_{year}")
        done = people.index.isin(procedure.person_id[procedure.kva_code.str.startswith("AG05")])
        return gap_of(
            pd.Series(done, people.index), people.education, "pre_secondary", "post_secondary"
        )

    return mean_of_years(folder, one)


def _named(folder: Path) -> float:
    people = people_of(folder, 2022)
    return gap_of(people.named_physician, people.income_quintile, 1, 5)


def _interpreter_need(folder: Path) -> float:
    return float(people_of(folder, 2022).needs_interpreter.mean())


def _antibiotics(folder: Path, year: int) -> tuple[pd.DataFrame, pd.Series]:
    people, drug = people_of(folder, year), read(folder, f"dispensing_{year}")
    number = drug[drug.atc_code.str.startswith("J01")].groupby("person_id").size()
    return people, number.reindex(people.index, fill_value=0)


def _antibiotics_income(folder: Path) -> float:
    def one(year: int) -> float:
        people, number = _antibiotics(folder, year)
        return gap_of(number, people.income_quintile, 1, 5)

    return mean_of_years(folder, one)


def _antibiotics_area(folder: Path) -> float:
    def one(year: int) -> float:
        people, number = _antibiotics(folder, year)
        area = read(folder, f"area_{year - 1}", "population").set_index("area_code")
        regso = people.area_code.map(area.regso_code)
        fifth = pd.qcut(regso.map(area.share_low_income), 5, labels=False, duplicates="drop")
        return gap_of(number, fifth, fifth.max(), 0)

    return mean_of_years(folder, one)


def _antibiotics_provider(folder: Path) -> float:
    def one(year: int) -> float:
        people, number = _antibiotics(folder, year)
        means = number.groupby(people.provider_type).mean()
        return float(means["private_corporate"] / means["region"])

    return mean_of_years(folder, one)


def _conditions(folder: Path, year: int, people: pd.DataFrame) -> pd.Series:
    return n_conditions(folder).reindex(people.index, fill_value=0).clip(upper=3)


def _cost_given_need(folder: Path) -> float:
    """Ratio q1 to q5 over cells of ten-year age and conditions, weighted by everybody."""

    def one(year: int) -> float:
        people, cost = people_of(folder, year), read(folder, f"cost_{year}")
        people["cost"] = cost.groupby("person_id").cost_sek.sum().reindex(people.index).fillna(0)
        people["cell"] = people.age // 10 * 10 + _conditions(folder, year, people)
        means = people.pivot_table(values="cost", index="cell", columns="income_quintile")
        weight = people.groupby("cell").size().reindex(means.index)
        both = means[1].notna() & means[5].notna()
        return float((means[1] * weight)[both].sum() / (means[5] * weight)[both].sum())

    return mean_of_years(folder, one)


def _no_contact(folder: Path) -> float:
    def one(year: int) -> float:
        people = people_of(folder, year)
        needing = people[people.index.isin(n_conditions(folder).index)]
        contact = read(folder, f"contact_{year}")
        seen = contact.person_id[~contact.missed & ~contact.cancelled]
        absent = pd.Series(~needing.index.isin(seen), needing.index)
        return gap_of(absent, needing.age >= 70, True, False)

    return mean_of_years(folder, one)


def _avoidable(folder: Path, group: str, focus: object, reference: object) -> float:
    def one(year: int) -> float:
        people, stay = people_of(folder, year), read(folder, f"inpatient_{year}")
        people = people[people.age >= 18]
        codes = ("J441", "I509", "E119", "N109", "A099", "J069", "D509", "G409", "J039")
        number = stay[stay.main_diagnosis.isin(codes)].groupby("person_id").size()
        return 1000 * gap_of(
            number.reindex(people.index, fill_value=0), people[group], focus, reference
        )

    return mean_of_years(folder, one)


def _vaccination(folder: Path) -> float:
    def one(year: int) -> float:
        people, jab = people_of(folder, year), read(folder, f"vaccination_{year}")
        people = people[people.age >= 65]
        done = pd.Series(people.index.isin(jab.person_id), people.index)
        return gap_of(done, people.income_quintile, 1, 5)

    return mean_of_years(folder, one)


def _pressure(folder: Path) -> float:
    """The gap of the first year less that of the last."""

    def gap(year: int) -> float:
        people, value = people_of(folder, year), read(folder, f"measurement_{year}")
        wide = value.pivot(
            index="person_id", columns="measurement_type", values="measurement_value"
        )
        wide = wide.dropna(subset=["systolic_bp", "diastolic_bp"])
        good = (wide.systolic_bp < 140) & (wide.diastolic_bp < 90)
        education = people.education.reindex(good.index)
        return gap_of(good, education, "pre_secondary", "post_secondary")

    return (gap(2020) + gap(2021)) / 2 - (gap(2023) + gap(2024)) / 2


def _programme(folder: Path) -> float:
    """Change from 2022 to the two years after in programme A less that of the units in neither."""

    def shares(year: int) -> pd.Series:
        contact = read(folder, f"contact_{year}")
        kept = contact[
            (contact.visit_type == "new") & ~contact.patient_chosen_wait & ~contact.cancelled
        ]
        days = (kept.assessment_date - kept.first_contact_date).dt.days
        return (days <= 3).groupby(kept.unit_hsa_id).mean()

    table = read(folder, "programme")
    staying = table.unit_hsa_id[(table.programme_id == "A") & table.to_date.isna()]
    change = (shares(2023) + shares(2024)) / 2 - (shares(2021) + shares(2022)) / 2
    return float(change[staying].mean() - change[~change.index.isin(table.unit_hsa_id)].mean())


def _missed(folder: Path) -> float:
    def one(year: int) -> float:
        contact = read(folder, f"contact_{year}")
        people = people_of(folder, year)
        group = (people.income_quintile == 1) & (people.country_of_birth == "outside_europe")
        booked = contact[~contact.cancelled]
        inside = booked.person_id.map(group).fillna(False).astype(bool)
        held = booked[inside]
        return gap_of(held.missed, held.person_id.map(people.sex), "K", "M")

    return mean_of_years(folder, one)


def _education_missing(folder: Path) -> float:
    people = people_of(folder, 2023)
    recent = people[(people.years_in_sweden_group == "<2") & (people.age >= 25)]
    return float((recent.education == "missing").mean())


def _measured(folder: Path) -> float:
    def one(year: int) -> float:
        people, value = with_condition(folder, "E11", year), read(folder, f"measurement_{year}")
        done = people.index.isin(value.person_id[value.measurement_type == "hba1c"])
        born = people.country_of_birth
        return gap_of(pd.Series(done, people.index), born, "outside_europe", "sweden")

    return mean_of_years(folder, one)


def _high(folder: Path) -> float:
    def one(year: int) -> float:
        people, value = people_of(folder, year), read(folder, f"measurement_{year}")
        hba1c = value[value.measurement_type == "hba1c"]
        income = hba1c.person_id.map(people.income_quintile)
        return gap_of(hba1c.measurement_value > 70, income, 1, 5)

    return mean_of_years(folder, one)


def _difference_of_parts(folder: Path) -> float:
    area = read(folder, "area_2022", "population")
    parts = area[area.area_kind == "regso"].groupby("municipality_code").population.sum()
    towns = area[area.area_kind == "municipality"].set_index("municipality_code").population
    return float((parts - towns).abs().sum())


def _survey(folder: Path) -> float:
    def one(year: int) -> float:
        answer = read(folder, f"survey_{year}", "survey")
        answer = answer[answer.survey_dimension == "accessibility"]
        return gap_of(answer.is_positive, answer.education, "pre_secondary", "post_secondary")

    return mean_of_years(folder, one)


# plant, what is computed, true value and tolerance with it, the same without it
EXPECTED: tuple[tuple[str, Table, float, float, float, float], ...] = (
    ("income_waiting", _waiting, -0.10, 0.01, 0.0, 0.01),
    ("copd_spirometry", _spirometry, -0.12, 0.10, 0.0, 0.10),
    ("named_physician_equal", _named, 0.0, 0.04, -0.10, 0.04),
    ("interpreter_few", _interpreter_need, 0.005, 0.002, 0.05, 0.015),
    ("antibiotics_reversal", _antibiotics_income, 0.104, 0.03, 0.0, 0.03),
    ("antibiotics_reversal", _antibiotics_area, -0.14, 0.05, 0.0, 0.04),
    ("cost_by_need", _cost_given_need, 0.90, 0.04, 1.0, 0.04),
    ("no_contact_by_age", _no_contact, 0.08, 0.04, 0.0, 0.025),
    ("avoidable_by_need", lambda f: _avoidable(f, "income_quintile", 1, 5), 7.5, 4.5, 0.0, 3.5),
    ("vaccination_between_units", _vaccination, -0.14, 0.05, 0.0, 0.03),
    ("blood_pressure_levelling_down", _pressure, -0.06, 0.05, 0.0, 0.05),
    ("programme_effect", _programme, 0.044, 0.025, 0.0, 0.025),
    ("missed_interaction", _missed, 0.063, 0.02, 0.003, 0.015),
    ("provider_casemix",
     lambda f: _avoidable(f, "provider_type", "private_corporate", "region"), -3.5, 2.5, 0.0, 2.2),
    ("provider_antibiotics", _antibiotics_provider, 1.24, 0.10, 1.0, 0.08),
    ("education_missing", _education_missing, 0.25, 0.09, 0.005, 0.02),
    ("hba1c_not_measured", _measured, -0.10, 0.06, 0.0, 0.05),
    ("hba1c_high", _high, 0.04, 0.03, 0.0, 0.03),
    ("area_figures", _difference_of_parts, 90.0, 75.0, 0.0, 0.5),
    ("survey_opposite", _survey, 0.05, 0.03, 0.0, 0.03),
)  # fmt: skip


# left out of one region together: no two of a group are measured on the same column
TOGETHER = (
    {
        "income_waiting", "copd_spirometry", "named_physician_equal", "antibiotics_reversal",
        "cost_by_need", "no_contact_by_age", "avoidable_by_need", "vaccination_between_units",
        "blood_pressure_levelling_down", "hba1c_not_measured",
    },
    {
        "interpreter_few", "programme_effect", "missed_interaction", "provider_casemix",
        "provider_antibiotics", "education_missing", "hba1c_high", "area_figures",
        "bad_deliveries",
    },
    {"survey_opposite"},
)  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(SIZE, SEED, tmp_path_factory.mktemp("planted")).folder


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of a region that was made without a plant, and without its group."""
    made = [
        generate(SIZE, SEED, tmp_path_factory.mktemp("without"), plants=ALL_PLANTS - group).folder
        for group in TOGETHER
    ]
    return lambda plant: next(at for at, one in zip(made, TOGETHER, strict=True) if plant in one)


@pytest.mark.parametrize(
    ("plant", "measure", "there", "near", "gone", "close"),
    EXPECTED,
    ids=[f"{row[0]}-{row[1].__name__}" for row in EXPECTED],
)
def test_a_planted_truth_is_in_the_data_and_is_gone_without_its_plant(
    plant: str,
    measure: Table,
    there: float,
    near: float,
    gone: float,
    close: float,
    planted: Path,
    without: Callable[[str], Path],
) -> None:
    assert measure(planted) == pytest.approx(there, abs=near)
    assert measure(without(plant)) == pytest.approx(gone, abs=close)


def test_bad_deliveries_are_left_out_with_their_plant(without: Callable[[str], Path]) -> None:
    assert not (without("bad_deliveries") / "bad_deliveries").exists()


def test_taking_one_plant_out_leaves_the_other_files_as_they_are(
    planted: Path, without: Callable[[str], Path]
) -> None:
    other = without("survey_opposite")
    for path in sorted((planted / "incoming" / "care").rglob("*.parquet")):
        assert path.read_bytes() == (other / path.relative_to(planted)).read_bytes()


def test_sex_has_no_part_in_income(planted: Path) -> None:
    people = people_of(planted, 2022)
    women = (people.sex == "K").groupby(people.income_quintile).mean()
    assert women.max() - women.min() < 0.05


def test_the_codes_of_the_divided_areas_change_with_the_status_of_2024(planted: Path) -> None:
    before, after = (read(planted, f"person_{year}", "population") for year in (2023, 2024))
    known = set(read(planted, "area_2024", "population").area_code)
    assert set(after.area_code) <= known
    assert not set(before.area_code) <= known
