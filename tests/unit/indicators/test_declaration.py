"""A declaration that contradicts itself or the rules is refused, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from equity_pipeline.errors import DeclarationError, exit_code_of
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.condition import Condition
from equity_pipeline.indicators.declaration import Declaration, read_declaration

WELL = """
version = "1.0.0"
sv = "Namn"
en = "Name"
kind = "proportion"
fact = "fct_person"
population_base = "listed"
unit = "percent"
direction = "higher"
mid = 0.05
adjusters = "A1"
definition_sv = "Vad"
definition_en = "What"
[denominator]
where = [{ column = "is_listed", op = "is true" }]
[numerator]
where = [{ column = "any_contact", op = "is true" }]
"""


def declare(folder: Path, text: str, name: str = "access/tg91_name.toml") -> Declaration:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return read_declaration(path)


def test_id_and_domain_come_from_the_path(tmp_path: Path) -> None:
    made = declare(tmp_path, WELL)
    assert (made.id, made.domain, made.indicator_version) == ("TG91", "access", "TG91@1.0.0")


def test_a_file_may_state_its_own_domain_and_id(tmp_path: Path) -> None:
    made = declare(tmp_path, 'id = "UP91"\ndomain = "experience"\n' + WELL, "mine.toml")
    assert (made.id, made.domain) == ("UP91", "experience")


REFUSED = {
    "unknown column": ('"any_contact"', '"any_contract"', "does not know the column"),
    "column with SQL": ('"any_contact"', '"any_contact or 1=1"', "does not know the column"),
    "unknown op": ('"any_contact", op = "is true"', '"any_contact", op = "like"', "numerator"),
    "op without value": ('"any_contact", op = "is true"', '"any_contact", op = "="', "a value"),
    "value without need": (
        '"any_contact", op = "is true"', '"any_contact", op = "is true", value = 1', "no value",
    ),
    "truth of a number": ('"any_contact"', '"n_contacts"', "needs a BOOLEAN"),
    "text for a number": (
        '"any_contact", op = "is true"', '"n_contacts", op = ">", value = "1"', "no value of",
    ),
    "code not in list": (
        '"any_contact", op = "is true"', '"sex", op = "=", value = "K"', "no code of sex",
    ),
    "in without a list": (
        '"any_contact", op = "is true"', '"sex", op = "in", value = "male"', "takes a list",
    ),
    "unknown sum": ("[numerator]", 'sum = "person_days"\n[numerator]', "does not know the column"),
    "unknown key": ("mid = 0.05", "mid = 0.05\nmidd = 1", "midd"),
    "unknown adjuster": ('"A1"', '"A7"', "adjusters"),
    "adjuster that is inequity": ('"A1"', '"income_quintile"', "remove the inequity"),
    "adjusters as a list": ('"A1"', '["age", "education"]', "remove the inequity: education"),
    "extra need that is inequity": ('"A1"', '"A3"\nneed_extra = ["country_of_birth"]', "inequity"),
    "extra need by own list": (
        '"A1"', '"A3"\nneed_extra = ["age"]\nnever_adjust = ["age"]', "inequity: age",
    ),
    "extra need without A3": ('"A1"', '"A1"\nneed_extra = ["has_copd"]', "of A3"),
    "listed from contacts": ('"fct_person"', '"fct_contact"', "counted from fct_person"),
    "no limit": ("mid = 0.05\n", "", "mid and mid_relative"),
    "two limits": ("mid = 0.05", "mid = 0.05\nmid_relative = 0.1", "mid and mid_relative"),
    "limit of nothing": ("mid = 0.05", "mid = 0", "mid"),
    "neutral in a verdict": ('"higher"', '"neutral"\nverdict = true', "no verdict"),
    "unit of another scale": ('"percent"', '"per_1000"', "scale = 1000"),
    "unknown unit": ('"percent"', '"bananas"', "no unit"),
    "mean without a sum": ('"proportion"', '"mean"', "numerator.sum"),
    "area mean of persons": ('"proportion"', '"area_mean"', "population_base 'areas'"),
    "ages crossed": ("mid = 0.05", "mid = 0.05\nminimum_age = 65\nmaximum_age = 18", "above"),
    "no numerator": (
        'where = [{ column = "any_contact", op = "is true" }]', "", "needs numerator.where",
    ),
    "unknown dimension": ("mid = 0.05", 'mid = 0.05\nexclude_dimensions = ["moon"]', "moon"),
    "no Swedish name": ('sv = "Namn"\n', "", "sv"),
    "version of two parts": ('"1.0.0"', '"1.0"', "version"),
    "ratio without an expected number": ('"proportion"', '"ratio"', "denominator.sum"),
    "ratio in percent": ('"proportion"', '"ratio"', "the unit 'ratio'"),
    "towards one of a share": ('"higher"', '"toward_one"', "ratio of observed to expected"),
    "beside itself": ("mid = 0.05", 'mid = 0.05\nbeside = "TG91"', "beside itself"),
    "measure among indicators": ("mid = 0.05", 'mid = 0.05\nrole = "measure"', "_measures/"),
    "unknown role": ("mid = 0.05", 'mid = 0.05\nrole = "step"', "role"),
    "unknown facet": ("mid = 0.05", 'mid = 0.05\naccess_facet = "mental"', "access_facet"),
    "unknown target area": ("mid = 0.05", 'mid = 0.05\ntarget_area = ["M5"]', "target_area"),
    "not TOML": ('sv = "Namn"', "sv = ", "not TOML"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_counted_or_must_not_is_refused(tmp_path: Path, case: str) -> None:
    old, new, told = REFUSED[case]
    assert old in WELL
    with pytest.raises(DeclarationError) as caught:
        declare(tmp_path, WELL.replace(old, new))
    assert told in str(caught.value)
    assert "tg91_name.toml" in caught.value.where
    assert exit_code_of(caught.value) == 10


@pytest.mark.parametrize(
    "variable",
    ["education", "income_quintile", "employment", "labour_status", "country_of_birth",
     "civil_status", "needs_interpreter", "area_class", "area_income_quintile", "cni",
     "provider_type", "corporate_group", "financing_type", "unit_hsa_id", "unit_size"],
)  # fmt: skip
def test_no_social_or_structural_variable_is_ever_need(tmp_path: Path, variable: str) -> None:
    with pytest.raises(DeclarationError, match=f"remove the inequity: {variable}"):
        declare(tmp_path, WELL.replace('"A1"', f'"A3"\nneed_extra = ["{variable}"]'))


def test_disease_and_age_may_be_need(tmp_path: Path) -> None:
    made = declare(tmp_path, WELL.replace('"A1"', '"A3"\nneed_extra = ["has_copd", "birth_year"]'))
    assert made.headline_adjustment == "need_c"


def test_a_ratio_has_its_need_in_the_expected_number(tmp_path: Path) -> None:
    text = WELL.replace('"proportion"', '"ratio"').replace('"percent"', '"ratio"')
    text = text.replace("[numerator]", 'sum = "expected_copd"\n[numerator]')
    made = declare(tmp_path, text.replace('"higher"', '"toward_one"'))
    assert (made.headline_adjustment, made.family, made.bounds) == ("crude", "poisson", None)
    assert made.enters_verdicts
    assert made.counts_events  # persons stand in the numerator, so few of them are few
    assert not load_catalogue()["KO02"].counts_events


def measure(folder: Path, text: str = WELL, name: str = "ck01_step") -> Declaration:
    body = text.replace("mid = 0.05", 'role = "measure"')
    return declare(folder, body, f"_measures/{name}.toml")


def test_a_measure_has_letters_of_its_own_and_needs_no_limit(tmp_path: Path) -> None:
    made = measure(tmp_path)
    assert (made.id, made.is_measure) == ("CK01", True)
    with pytest.raises(DeclarationError, match="a measure has its own letters"):
        measure(tmp_path, name="br98_step")
    with pytest.raises(DeclarationError, match="role"):
        declare(tmp_path, WELL, "_measures/ck02_step.toml")


def test_a_prefix_of_another_domain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="begin with VT"):
        declare(tmp_path, WELL, "waiting/tg91_name.toml")


def test_an_unknown_domain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="no domain 'moods'"):
        declare(tmp_path, WELL, "moods/tg91_name.toml")


def test_all_faults_of_one_file_are_told_together(tmp_path: Path) -> None:
    text = WELL.replace("mid = 0.05\n", "").replace('"percent"', '"bananas"')
    with pytest.raises(DeclarationError) as caught:
        declare(tmp_path, text)
    assert "mid_relative" in str(caught.value)
    assert "bananas" in str(caught.value)


def test_a_missing_source_is_allowed_and_recorded(tmp_path: Path) -> None:
    assert not declare(tmp_path, WELL).has_evidence
    assert declare(tmp_path, WELL.replace("mid = ", 'evidence_ref = "X"\nmid = ')).has_evidence


@pytest.mark.parametrize(
    ("adjusters", "headline"),
    [("A0", "crude"), ("A1", "need_a"), ("A2", "need_b"), ("A3", "need_b")],
)
def test_the_headline_is_the_indicators_own_need(
    tmp_path: Path, adjusters: str, headline: str
) -> None:
    made = declare(tmp_path, WELL.replace('"A1"', f'"{adjusters}"'))
    assert made.headline_adjustment == headline


def test_families_and_bounds_follow_the_kind() -> None:
    catalogue = load_catalogue()
    families = {one: catalogue[one].family for one in ("VT01", "VT03", "BR14", "KO01", "KO04")}
    assert families == {
        "VT01": "binomial", "VT03": "gaussian", "BR14": "poisson", "KO01": "gamma",
        "KO04": "poisson",
    }  # fmt: skip
    assert catalogue["VT01"].bounds == (0.0, 1.0)
    assert catalogue["VT03"].bounds is None


def test_neutral_indicators_enter_no_verdict() -> None:
    catalogue = load_catalogue()
    assert not catalogue["KO01"].enters_verdicts
    assert catalogue["VT01"].enters_verdicts


def test_the_hash_changes_with_the_definition_and_only_then(tmp_path: Path) -> None:
    first = declare(tmp_path, WELL).definition_hash
    assert len(first) == 12
    assert declare(tmp_path, "# a remark\n" + WELL).definition_hash == first
    assert declare(tmp_path, WELL.replace("0.05", "0.06")).definition_hash != first
    for unsaid in ('role = "indicator"', 'quality_register = "lvr"', 'beside = "TG07"'):
        again = declare(tmp_path, WELL.replace("mid = ", f"{unsaid}\nmid = "))
        assert (again.definition_hash == first) == unsaid.startswith("role")


def test_values_are_quoted() -> None:
    made = Condition(column="cluster_key", op="=", value="x'; drop table mart.fct_person; --")
    assert made.sql() == "cluster_key = 'x''; drop table mart.fct_person; --'"


def test_a_declaration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_catalogue()["VT01"].mid = 0.5


WAITED = """
[wait]
days = "waited_days"
status = "wait_status"
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"waited_days"', '"wait_dayz"', "does not know the column 'wait_dayz'"),
        ('"waited_days"', '"age"', "age is not"),
        ('"wait_status"', '"visit_type"', "visit_type is not"),
        ('kind = "mean"', 'kind = "rate"', "of the kind 'mean'"),
    ],
)
def test_a_wait_is_a_mean_of_days_with_a_column_that_says_how_it_ended(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    mean = WELL.replace('kind = "proportion"', 'kind = "mean"').replace('"percent"', '"days"')
    mean = mean.split("[numerator]")[0] + '[numerator]\nsum = "n_contacts"\n' + WAITED
    assert declare(tmp_path, mean).wait is not None
    with pytest.raises(DeclarationError, match=told):
        declare(tmp_path, mean.replace(old, new))
