"""What the newer indicators and forms count is in the data, at its level and without a gap."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from equity_pipeline.synthetic import ALL_PLANTS, generate
from equity_pipeline.synthetic.ledger import words
from equity_pipeline.synthetic.morbidity import CONDITIONS
from equity_pipeline.synthetic.more_drugs import OLD
from equity_pipeline.synthetic.truths_of_forms import main_effects
from tests.flows.claims import FORM_CLAIMS
from tests.unit.synthetic.rows import (
    gap_of,
    mean_of_years,
    n_conditions,
    people_of,
    read,
    with_condition,
)

SEED, SIZE = 11, 20_000
YEARS = range(2020, 2025)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(SIZE, SEED, tmp_path_factory.mktemp("planted")).folder


def _all(folder: Path, entity: str) -> pd.DataFrame:
    return pd.concat([read(folder, f"{entity}_{year}") for year in YEARS])


@lru_cache(maxsize=4)
def _first(folder: Path, code: str) -> pd.DataFrame:
    """Each person's first diagnosis that begins with a code."""
    held = _all(folder, "diagnosis")
    held = held[held.icd10se.str.startswith(code)]
    return held.sort_values("diagnosis_date").drop_duplicates("person_id")


def _share(folder: Path, step: str, year: int) -> pd.Series:
    """Who of those with COPD a step of its chain holds in a year."""
    people = with_condition(folder, "J44", year)
    procedure, drug = read(folder, f"procedure_{year}"), read(folder, f"dispensing_{year}")
    value, diagnosis = read(folder, f"measurement_{year}"), read(folder, f"diagnosis_{year}")
    done = {
        "smoking_recorded": value.person_id[value.measurement_type == "smoking"],
        "support_offered": procedure.person_id[procedure.kva_code == "DV112"],
        "maintenance_drug": drug.person_id[drug.atc_code.str.startswith("R03B")],
        "revisit": diagnosis.person_id[diagnosis.position == 2],
        "exacerbation": diagnosis.person_id[diagnosis.icd10se == "J441"],
    }[step]
    return pd.Series(people.index.isin(done), people.index)


STEPS = (
    ("smoking_recorded", 0.50),
    ("support_offered", 0.50),
    ("maintenance_drug", 0.70),
    ("revisit", 0.64),
    ("exacerbation", 0.18),
)


@pytest.mark.parametrize(("step", "share"), STEPS)
def test_a_step_of_the_lung_chain_has_its_share_and_no_gap(
    step: str, share: float, planted: Path
) -> None:
    def gap(year: int) -> float:
        education = with_condition(planted, "J44", year).education
        return gap_of(_share(planted, step, year), education, "pre_secondary", "post_secondary")

    assert mean_of_years(
        planted, lambda y: float(_share(planted, step, y).mean())
    ) == pytest.approx(share, abs=0.03)
    assert mean_of_years(planted, gap) == pytest.approx(0.0, abs=0.08)


def test_six_in_a_hundred_lung_patients_are_found_in_each_of_three_years(planted: Path) -> None:
    first = _first(planted, "J44")
    listed = people_of(planted, 2020).index
    year = first[first.person_id.isin(listed)].diagnosis_date.dt.year
    share = year.value_counts(normalize=True).reindex(YEARS, fill_value=0.0)
    assert share[2021] == 0
    assert share[[2022, 2023, 2024]].to_numpy() == pytest.approx([0.06] * 3, abs=0.02)


def test_a_first_diagnosis_is_made_in_hospital_for_one_in_seven(planted: Path) -> None:
    late = pd.concat([_first(planted, code) for code in ("J44", "E11")])
    late = late[late.diagnosis_date.dt.year > 2020]
    share = late.care_level.value_counts(normalize=True)
    assert share[["PV", "OV", "SV"]].to_numpy() == pytest.approx([0.75, 0.10, 0.15], abs=0.07)


def _pairs(folder: Path, years: range, codes: set[str]) -> set[tuple[str, str]]:
    held = pd.concat([read(folder, f"diagnosis_{year}") for year in years])
    held = held[held.icd10se.isin(codes)]
    return set(zip(held.person_id, held.icd10se, strict=True))


@pytest.mark.parametrize("last", [2022, 2023, 2024])
def test_nobody_is_three_years_without_a_record_of_what_he_has(last: int, planted: Path) -> None:
    codes = {one.icd10se for one in CONDITIONS}
    living = set(people_of(planted, last).index)
    known = _pairs(planted, range(2020, last + 1), codes)
    recent = _pairs(planted, range(last - 1, last + 1), codes)  # two of the three years suffice
    assert {one for one in known - recent if one[0] in living} == set()


def test_four_in_ten_new_episodes_of_depression_are_treated_within_half_a_year(
    planted: Path,
) -> None:
    held = _all(planted, "diagnosis")
    held = held[held.icd10se == "F329"].sort_values(["person_id", "diagnosis_date"])
    since = held.diagnosis_date - held.groupby("person_id").diagnosis_date.shift()
    new = held[(since.dt.days > 366) & (held.diagnosis_date < pd.Timestamp(2024, 7, 1))]
    treatment = _all(planted, "procedure").query("kva_code == 'DU011'")
    both = new.merge(treatment, on="person_id")
    days = (both.procedure_date - both.diagnosis_date).dt.days
    treated = both[(days >= 0) & (days <= 182)].drop_duplicates(["person_id", "diagnosis_date"])
    assert len(new) / 3.5 / (0.8 * SIZE) == pytest.approx(0.035, abs=0.01)
    assert len(treated) / len(new) == pytest.approx(0.40, abs=0.04)


def test_the_usual_physician_is_met_most_and_who_it_is_has_nothing_to_do_with_income(
    planted: Path,
) -> None:
    contact = read(planted, "contact_2023")
    assert contact.physician_key.notna().equals(contact.profession == "physician")
    per_unit = contact.groupby("unit_hsa_id").physician_key.nunique()
    assert set(per_unit) == {3, 4, 5, 6}
    met = contact.groupby(["person_id", "physician_key"]).size()
    n = met.groupby("person_id").sum()
    index = ((met * (met - 1)).groupby("person_id").sum() / (n * (n - 1)))[n >= 3]
    assert index.mean() == pytest.approx(0.42, abs=0.02)
    income = people_of(planted, 2023).income_quintile.reindex(index.index)
    assert gap_of(index, income, 1, 5) == pytest.approx(0.0, abs=0.04)


def test_emergency_visits_follow_conditions_and_nothing_else(planted: Path) -> None:
    people = people_of(planted, 2023)
    number = read(planted, "emergency_visit_2023").groupby("person_id").size()
    visits = number.reindex(people.index, fill_value=0)
    code = n_conditions(planted).reindex(people.index, fill_value=0).clip(upper=3)
    assert visits.mean() == pytest.approx(0.25, abs=0.02)
    healthy = visits[(code == 0) & people.age.between(20, 74)]
    assert visits[code == 3].mean() > 2 * healthy.mean()
    assert gap_of(healthy, people.income_quintile[healthy.index], 1, 5) == pytest.approx(
        0, abs=0.04
    )


def test_one_in_nine_of_the_old_has_ten_drugs_and_no_drug_of_the_old_makes_a_need(
    planted: Path,
) -> None:
    people, drug = people_of(planted, 2023), read(planted, "dispensing_2023")
    number = drug.groupby("person_id").atc_code.nunique().reindex(people.index, fill_value=0)
    assert (number[people.age >= 75] >= 10).mean() == pytest.approx(0.11, abs=0.03)
    assert not any(one.startswith(("A10", "C10AA", "B01A", "R03", "C07", "J01")) for one in OLD)


def test_seven_in_ten_with_diabetes_have_a_statin_and_their_pressure_is_measured(
    planted: Path,
) -> None:
    people = with_condition(planted, "E11", 2023)
    drug, value = read(planted, "dispensing_2023"), read(planted, "measurement_2023")
    statin = drug.person_id[drug.atc_code == "C10AA05"]
    pressed = value.person_id[value.measurement_type == "systolic_bp"]
    assert people.index.isin(statin).mean() == pytest.approx(0.70, abs=0.04)
    assert people.index.isin(pressed).mean() == pytest.approx(0.92, abs=0.03)


def test_a_third_of_those_with_a_habit_and_a_condition_and_half_of_smokers_got_a_measure(
    planted: Path,
) -> None:
    value = read(planted, "measurement_2023")
    habit = value[value.measurement_unit.isna() & (value.measurement_value == 1)].person_id
    smokes = value[value.measurement_type == "smoking"].set_index("person_id").measurement_value
    ill = n_conditions(planted).index
    measure = read(planted, "procedure_2023").query("kva_code.str.startswith('DV1')").person_id
    chosen = pd.Index(habit.unique()).intersection(ill)
    assert chosen.isin(measure).mean() == pytest.approx(0.40, abs=0.03)
    assert smokes[smokes == 1].index.isin(measure).mean() == pytest.approx(0.5, abs=0.04)
    copd = with_condition(planted, "J44", 2023).index.intersection(smokes.index)
    assert smokes.mean() == pytest.approx(0.12, abs=0.02)
    assert smokes[copd].mean() == pytest.approx(0.34, abs=0.06)


def test_all_seven_dimensions_of_the_survey_are_asked_about(planted: Path) -> None:
    answer = read(planted, "survey_2023", "survey")
    means = answer.groupby("survey_dimension").is_positive.mean()
    assert means.size == 7
    assert means[["emotional_support", "continuity"]].to_numpy() == pytest.approx(
        [0.77, 0.72], abs=0.03
    )


def test_each_programme_has_nine_units_and_two_approaches_and_two_units_leave(
    planted: Path,
) -> None:
    table = read(planted, "programme")
    assert table.groupby("programme_id").size().to_dict() == {"A": 9, "B": 9}
    assert table.groupby("programme_id").approach_code.nunique().to_dict() == {"A": 2, "B": 2}
    left = table[table.to_date.notna()]
    assert (set(left.programme_id), len(left)) == ({"A"}, 2)
    assert set(table.from_date) == {"2023-01-01"}  # twelve quarters before, eight after


def _lung_register(folder: Path) -> float:
    people = with_condition(folder, "J44", 2023)
    held = pd.concat(
        [read(folder, f"quality_register_{year}", "quality") for year in range(2020, 2024)]
    )
    inside = people.index.isin(held.person_id[held.register_code == "LVR"])
    return gap_of(
        pd.Series(inside, people.index), people.education, "pre_secondary", "post_secondary"
    )


def test_the_lung_register_covers_fewer_of_the_focus_group_only_where_planted(
    planted: Path, tmp_path: Path
) -> None:
    bare = generate(SIZE, SEED, tmp_path, plants=ALL_PLANTS - {"register_coverage"}).folder
    there, gone = _lung_register(planted), _lung_register(bare)
    assert there - gone == pytest.approx(-0.15, abs=0.05)
    assert gone == pytest.approx(0.0, abs=0.12)  # some 120 persons a group


def test_without_plants_no_truth_is_told_and_with_them_the_forms_have_theirs(
    tmp_path: Path,
) -> None:
    bare = generate(5_000, SEED, tmp_path / "bare", plants=frozenset()).truth["truths"]
    told = generate(5_000, SEED, tmp_path / "told").truth["truths"]
    assert bare == []
    assert len(told) == len({one["id"] for one in told})
    by_id = {one["id"]: one["true_value"] for one in told}
    assert by_id["P2-copd-spirometry-crude"] == pytest.approx(-0.12, abs=1e-6)
    assert by_id["P2-copd-support_offered-crude"] == 0.0
    assert by_id["P8-FP01-between-crude"] == by_id["P8-FP01-crude"]
    assert by_id["P8-VT01-within-crude"] == pytest.approx(-0.1)
    assert by_id["P9-BR11-slope-crude"] == pytest.approx(-0.02)
    assert by_id["P10-VT01-A-focus-crude"] == 0.044
    assert 0 < by_id["P10-VT01-A-itt-crude"] < 0.044
    assert by_id["P6-KO02-focus-crude"] < 1


def test_the_ratio_to_expected_cost_is_that_of_the_model(planted: Path) -> None:
    truth = {one["id"]: one for one in generate_truths(planted)}
    held = truth["P6-KO02-focus-crude"]["true_value"]
    assert 0.90 < held < 0.94  # 0.90 over what is expected of all, of whom a fifth cost 0.90
    assert truth["P6-KO01-crude"]["true_value"] > 1


def generate_truths(folder: Path) -> list[dict[str, object]]:
    return list(pd.read_json(folder / "truth.json", typ="series")["truths"])


def test_every_claim_of_a_form_speaks_of_a_truth_that_is_told(planted: Path) -> None:
    told = {one["id"]: one["plant"] for one in generate_truths(planted)}
    for plant, claims in FORM_CLAIMS.items():
        for claim in claims:
            assert told[claim.truth] == plant
    assert set(FORM_CLAIMS) <= ALL_PLANTS
    assert {
        claim.truth.split("-", 1)[1].rsplit("-", 1)[0]
        for one in FORM_CLAIMS.values()
        for claim in one
    } <= set(words())


def test_what_main_effects_explain_leaves_no_interaction() -> None:
    both = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    odds = np.exp(np.array([-2.0, -1.5, -1.0, -0.5]))
    share = odds / (1 + odds)
    assert main_effects(both, share, np.array([9.0, 2, 3, 4])) == pytest.approx(share)


def test_a_file_holds_only_what_the_year_saw_or_what_followed_of_it(planted: Path) -> None:
    table = pq.read_table(
        planted / "incoming/care/202501/procedure_2024.parquet", columns=["procedure_date"]
    )
    days = table.column(0).to_pylist()
    assert max(days).isoformat() <= "2025-01-15"
    assert min(days).isoformat() >= "2024-01-01"
