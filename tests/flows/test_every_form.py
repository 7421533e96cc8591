"""The demonstration's release: all forms are there, and each tells what it is for."""

from __future__ import annotations

import re
import shutil

import duckdb
import numpy as np
import pandas as pd
import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.settings import Settings, load_settings
from equity_pipeline.vocabulary import vocabulary

from .planted import PROJECT
from .same_on_pages import of_other_pages

pytestmark = [pytest.mark.long, pytest.mark.timeout(2400)]

CODES = {f"T{number}" for number in range(13)}
MUST = (
    "sex", "age_band", "country_of_birth", "education", "income_quintile", "employment",
    "area_income_quintile", "disability_proxy",
)  # fmt: skip
# cards and tables with numbers on the pages that are neither of an indicator nor of a unit
HELD = (
    "effects", "costs", "who", "measures", "kpis", "change", "balance", "ways", "unit-1",
    "delivered", "limits", "decisions", "gaps of VT01",
)  # fmt: skip
# the first number of a table, or of a limit among the methods; of a programme the first with
# decimals, since a whole number may be the mark of what was tried then
NUMBER_IN_CELL = re.compile(r'(?:<td class="n">|Gräns: )(\d)')
NUMBER_WITH_DECIMALS = re.compile(r'<td class="n">(\d)[\d\xa0]*,')
# of the rows of a form, those without a shown value may be at most this share in a region this
# small; why each is not shown stands in the table and is printed
MOST_UNSHOWN = {
    "readiness": 0.20, "checks": 0.20, "deliveries": 0.20, "stratified": 0.75, "gap": 0.60,
    "waits": 0.75, "maihda_model": 0.40, "maihda_strata": 0.95, "unit_variation": 0.60,
    "structure_variation": 0.60, "trend": 0.60, "decomposition": 0.60, "excess_burden": 0.60,
    "programme_effect": 0.60, "run_chart": 0.60, "area_description": 0.50, "area_priority": 0.70,
    "decision_register": 0.50, "reach": 0.60, "care_chain": 0.70,
}  # fmt: skip


@pytest.fixture(scope="module")
def settings(demonstration) -> Settings:
    """The settings of the night that the demonstration ran."""
    made = load_settings(PROJECT / "configs" / "demo.toml", environment={}).settings
    return made.model_copy(update={"run": made.run.model_copy(update={"home": demonstration})})


@pytest.fixture(scope="module")
def forms(settings) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in sorted(settings.current.glob("*.parquet"))}


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["value_status"] == "shown"]


def test_every_number_on_the_pages_of_programmes_chains_checks_and_methods_is_the_files(settings):
    held = of_other_pages(settings.current)
    print(f"cells compared: {dict(held.cells)}, {dict(held.cards)}")
    assert held.faults == []
    assert held.cells["sv page"] == held.cells["en page"] > 2_000
    assert {*HELD, "copd-chain", "copd-gap", "copd-groups"} <= {*+held.cards}


def test_another_number_on_any_of_these_pages_is_found(settings, tmp_path):
    shutil.copytree(settings.current / "program", tmp_path / "program")
    for name in ("kvalitet.html", "metod.html", "vardkedjor.html", "equity.duckdb"):
        shutil.copy(settings.current / name, tmp_path)
    for path in settings.current.glob("*.parquet"):
        shutil.copy(path, tmp_path)
    changed = []
    for path in [*tmp_path.glob("*.html"), *tmp_path.glob("program/program-*.html")]:
        text = path.read_text("utf-8")
        of_programme = path.parent != tmp_path
        found = (NUMBER_WITH_DECIMALS if of_programme else NUMBER_IN_CELL).search(text)
        if found is not None:  # of some measures everything is hidden
            at = found.start(1)
            path.write_text(f"{text[:at]}9{text[at:]}", "utf-8")
            changed.append(path.stem)
    assert {"kvalitet", "metod", "vardkedjor", "program-A", "program-A-VT01"} <= {*changed}
    faults = of_other_pages(tmp_path).faults
    assert [one for one in changed if not any(f" {one} " in told for told in faults)] == []


def test_every_form_of_the_dictionary_is_published(forms):
    assert set(forms) == set(vocabulary().forms)
    assert {vocabulary().forms[name].code for name in forms} >= CODES


def test_every_form_has_rows_that_are_shown(forms):
    assert [name for name, frame in forms.items() if shown(frame).empty] == []


@pytest.mark.parametrize("name", vocabulary().forms)
def test_most_rows_are_shown_and_it_is_told_why_the_others_are_not(forms, name):
    status = forms[name]["value_status"]
    print(f"{name}: {status.value_counts(normalize=True).round(3).to_dict()}")
    assert status.notna().all() and set(status) <= set(vocabulary().codes["value_status"])
    assert (status != "shown").mean() <= MOST_UNSHOWN.get(name, 0.5)


def test_a_row_that_is_not_shown_has_no_number(forms):
    for name, frame in forms.items():
        form = vocabulary().forms[name]
        numbers = [
            one
            for one in form.columns[form.columns.index("value_status") + 1 :]
            if one not in form.door.kept and vocabulary().columns[one].type == "DOUBLE"
        ]
        hidden = frame[frame["value_status"] == "suppressed"]
        assert hidden[numbers].isna().all().all(), name


def test_every_domain_has_computed_indicators(forms):
    held = shown(forms["stratified"])
    held = held[(held["dimension"] == "total") & held["value_crude"].notna()]
    catalogue = load_catalogue()
    by_domain = pd.Series({one: catalogue[one].domain for one in held["indicator_id"].unique()})
    counted = by_domain.value_counts().to_dict()
    assert set(counted) == set(vocabulary().domains) - {"open_data"}
    assert counted["prevention"] >= 4 and counted["experience"] >= 3


def test_waiting_results_and_costs_stand_in_every_table_of_differences(forms):
    for name in ("stratified", "gap", "decomposition", "excess_burden"):
        held = set(shown(forms[name])["indicator_id"].str[:2])
        assert held >= {"VT", "BR", "KO"}, name


def test_a_wait_is_told_with_those_who_still_wait_and_those_who_gave_up(forms):
    held = shown(forms["waits"])
    region = held[(held["geography_level"] == "region") & held["n_waits"].notna()]
    assert (region["n_waits"] > region["n_finished"]).all()
    whole = region[region["dimension"] == "total"]
    assert whole["median_status"].eq("shown").all() and len(whole) > 1
    assert (whole["median_days"] <= whole["p90_days"]).all()
    assert {"region", "municipality", "unit"} <= set(held["geography_level"])


def test_provision_has_gaps_and_a_financing_of_five_units_is_told(forms):
    for form in ("stratified", "gap", "structure_variation"):
        frame = shown(forms[form])
        column = "structure_dimension" if form == "structure_variation" else "dimension"
        assert "provider_type" in set(frame[column]), form
    for form in ("stratified", "gap"):
        held = shown(forms[form])
        assert len(held[held["dimension"] == "financing_type"]) > 500, form


def test_every_dimension_that_must_be_has_a_gap_or_a_reason(forms):
    told = forms["readiness"].set_index(["indicator_id", "dimension"])
    held = set(zip(forms["gap"]["indicator_id"], forms["gap"]["dimension"], strict=True))
    counted = [
        one.id for one in load_catalogue().select() if one.population_base in ("listed", "contacts")
    ]
    for indicator in counted:
        for dimension in MUST:
            if (indicator, dimension) not in held:
                reasons = told.loc[[(indicator, dimension)], "obstacle_sv"]
                assert reasons.notna().all(), (indicator, dimension)


def test_no_published_column_ranks(forms):
    """Crossed groups have places with limits, areas a place among areas for each criterion."""
    held = {
        name: {column for column in frame.columns if "rank" in column.split("_")}
        for name, frame in forms.items()
    }
    may = {"maihda_strata", "area_classification"}
    assert {name: ranks for name, ranks in held.items() if ranks and name not in may} == {}


def test_the_parts_of_a_gap_sum_to_it_under_two_need_models(settings):
    held = internal(settings, "decomposition")
    held = held[held["contribution"].notna()]
    keys = ["indicator_id", "dimension", "period_end", "need_model"]
    parts = held.pivot_table(index=keys, columns="component", values="contribution")
    # of a dimension that is itself age, or of people of one age, there is no part of demography
    sums = parts[["demography", "need"]].sum(axis=1) + parts["remaining"]
    assert (parts["total_crude"] - sums).abs().max() < 1e-9
    within = parts.dropna(subset=["between_units", "within_units"])
    assert len(within) > 50
    both = within["between_units"] + within["within_units"]
    assert (within["remaining"] - both).abs().max() < 1e-9
    assert {"need_a", "need_b"} <= set(held["adjustment"])


def internal(settings, form: str) -> pd.DataFrame:
    from equity_pipeline.warehouse.database import open_cells

    with open_cells(settings, read_only=True) as cells:
        return cells.sql(f"from {form}").df()


def test_what_lies_between_units_is_told_apart_from_what_lies_within(forms):
    held = shown(forms["decomposition"])
    assert {"between_units", "within_units"} <= set(held["component"])
    assert shown(forms["unit_variation"])["within_gap_harm"].notna().any()


def test_the_cost_of_the_region_is_what_its_need_asks_for(forms):
    held = forms["stratified"]
    region = held[(held["geography_level"] == "region") & (held["period_kind"] != "quarter")]
    whole = region[(region["indicator_id"] == "KO02") & (region["dimension"] == "total")]
    assert np.allclose(whole.loc[whole["strat2_level"] == "all", "value_crude"], 1.0, atol=1e-3)


def test_a_gap_is_held_against_another_division_into_areas(forms):
    held = forms["gap"]
    held = held[held["dimension"].isin(["area_income_quintile", "area_education_quintile"])]
    newest = held[held["period_end"] == held["period_end"].max()]
    newest = newest[newest["period_kind"] != "quarter"]
    declared = newest[newest["is_declared_contrast"] & (newest["geography_level"] == "region")]
    assert declared["maup_flag"].notna().mean() > 0.5


def test_those_who_do_not_come_are_in_the_denominator(forms):
    held = shown(forms["reach"])
    assert set(held["need_definition"]) == {"observed", "expected_model"}
    whole = held[(held["dimension"] == "total") & (held["geography_level"] == "region")]
    seen = whole[whole["need_definition"] == "observed"].iloc[0]
    assert 0 < seen["n_need_no_contact_18m"] < seen["n_need"] < seen["n_listed"]
    assert held["limitation_id"].notna().all()


def test_every_unit_is_described_with_every_group_of_items_but_its_own_economy(forms):
    held = forms["area_description"]
    groups = held.groupby("unit_hsa_id")["item_group"].agg(set)
    assert len(groups) == held["unit_hsa_id"].nunique() > 5
    assert all(one == set(vocabulary().codes["item_group"]) - {"economy"} for one in groups)


def test_a_unit_has_a_run_chart_month_by_month(forms):
    held = forms["run_chart"]
    assert not held.duplicated(["unit_hsa_id", "indicator_id", "month"]).any()
    assert held["spc_signal"].dropna().isin(vocabulary().codes["spc_signal"]).all()
    assert held["activity_id"].notna().any()


def test_a_programme_is_told_with_those_who_left_and_three_strands(forms):
    held = forms["programme_effect"]
    assert set(held["strand"]) == {"outcome", "process", "health_economics"}
    enrolled = held.groupby("programme_id")[["n_units_enrolled", "n_units_active"]].max()
    assert (enrolled["n_units_enrolled"] == 9).all()
    assert enrolled["n_units_active"].min() == 7
    assert set(held["estimand"]) == {"itt", "per_protocol"}


def test_each_indicator_with_strata_has_its_crossed_groups(forms):
    held = forms["maihda_model"]
    asked = {
        one.id for one in load_catalogue().select() if one.population_base in ("listed", "contacts")
    }
    assert asked - set(held["indicator_id"]) == set()


COUNTED = """
select c.indicator_id, c.contacts, p.n_persons, p.n_persons_with, p.n_persons_without
from (
    select indicator_id, period_code, dimension, level, sum(n) as contacts
    from one_way
    group by all
) as c
left join persons as p
    on p.indicator_id = c.indicator_id
    and p.period_code = c.period_code
    and p.dimension = c.dimension
    and p.level = c.level
    and p.strat2_level = 'all'
"""


@pytest.fixture(scope="module")
def counted(settings) -> pd.DataFrame:
    """Return every cell with its contacts or people, and the persons that the door judges."""
    with duckdb.connect(str(settings.cells_database), read_only=True) as connection:
        return connection.execute(COUNTED).df()


@pytest.mark.parametrize(
    "declared",
    [one for one in (*load_catalogue().select(), *load_catalogue().measures()) if one.fact
     and one.kind != "area_mean"],
    ids=lambda one: one.id,
)  # fmt: skip
def test_persons_are_judged_and_never_their_contacts(counted, declared):
    """A person with ten visits is one person: with the outcome, without it, or both."""
    rows = counted[counted["indicator_id"] == declared.id]
    if declared.population_base == "calls":
        assert not rows["n_persons"].fillna(0).any()  # of no known person, and exempt
        return
    assert len(rows) and rows["n_persons"].notna().all()
    assert (rows["n_persons"] <= rows["contacts"]).all()
    assert (rows[["n_persons_with", "n_persons_without"]].max(axis=1) <= rows["n_persons"]).all()
    both = rows["n_persons_with"] + rows["n_persons_without"]
    assert (both >= rows["n_persons"]).all()
    if declared.population_base == "contacts":
        assert rows["n_persons"].sum() < rows["contacts"].sum()  # some come twice
    else:
        assert (rows["n_persons"] == rows["contacts"]).all()
