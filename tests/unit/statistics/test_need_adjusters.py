"""What would remove the inequity itself never gets into a need model."""

from __future__ import annotations

import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.need import (
    Family,
    NeedVariable,
    calibration,
    marginal_standardisation,
    need_model,
    need_set,
    refuse_adjusters,
    within_units,
)
from equity_pipeline.vocabulary import vocabulary

CELLS = {
    "s": [3, 4, 5, 6],
    "d": [10, 10, 10, 10],
    "level": [0, 0, 1, 1],
    "design": [[0], [1], [0], [1]],
    "n_levels": 2,
    "family": Family.BINOMIAL,
}


@pytest.mark.parametrize(
    "name",
    [
        "income_quintile", "education", "economic_standard", "employment", "country_of_birth",
        "area_class", "area_income_quintile", "cni", "provider_type", "unit", "unit_size",
        "needs_interpreter", "Deprivation Q", "lives-alone",
    ],
)  # fmt: skip
def test_socioeconomics_origin_area_provider_and_unit_are_refused(name: str) -> None:
    with pytest.raises(MethodError, match="never adjusted for") as refused:
        refuse_adjusters(["age", name])
    assert refused.value.where
    assert refused.value.mend


@pytest.mark.parametrize(
    "name", ["age", "sex", "morbidity", "birth_year", "severity", "acg_weight"]
)
def test_need_passes(name: str) -> None:
    refuse_adjusters([name], stratum="income_quintile")


def test_the_stratum_s_own_variable_is_refused_and_age_and_sex_are_dropped() -> None:
    for stratum, names, dropped in (
        ("age_band", ("sex", "morbidity"), ("age",)),
        ("sex", ("age", "morbidity"), ("sex",)),
        ("gender", ("age", "morbidity"), ("sex",)),
        ("sex_x_income_quintile", ("age", "morbidity"), ("sex",)),
        ("income_quintile", ("age", "sex", "morbidity"), ()),
    ):
        made = need_set(["age", "sex", "morbidity"], stratum=stratum)
        assert (made.names, made.dropped) == (names, dropped)
    assert (
        need_set(["birth_year"], stratum="age_group").label
        == "unadjusted; unadjusted for birth_year"
    )
    with pytest.raises(MethodError, match="morbidity_class cannot be adjusted for morbidity"):
        need_set(["age", "morbidity"], stratum="morbidity_class")
    with pytest.raises(MethodError, match="sex cannot be adjusted for sex"):
        refuse_adjusters(["sex"], stratum="sex")


def test_an_indicator_may_name_more_that_it_is_never_adjusted_for() -> None:
    with pytest.raises(MethodError, match="contact_form"):
        need_set(["age", "contact_form"], stratum="sex", also=["contact_form"])


@pytest.mark.parametrize("call", [marginal_standardisation, need_model, calibration])
def test_every_need_model_refuses_by_the_names_of_its_columns(call: object) -> None:
    cells = CELLS | {"cluster": [0, 1, 0, 1]}
    call(**cells, names=["age"], stratum="income_quintile")
    with pytest.raises(MethodError, match="income"):
        call(**cells, names=["income"])
    with pytest.raises(MethodError, match="age"):
        call(**cells, names=["age"], stratum="age_band")
    variable = NeedVariable.categorical("education", [0, 1, 0, 1], n_codes=2)
    with pytest.raises(MethodError, match="education"):
        call(**(cells | {"design": [variable]}))


def test_the_unit_is_no_need_within_units_either() -> None:
    with pytest.raises(MethodError, match="unit"):
        within_units(**CELLS, unit=[0, 1, 0, 1], reference=0, names=["unit"])


def test_no_dimension_of_the_vocabulary_but_age_and_sex_could_be_a_need_variable() -> None:
    """Disability is need in one indicator and a stratum in another; the rest are never need."""
    passed = []
    for name in vocabulary().dimensions:
        try:
            refuse_adjusters([name])
        except MethodError:
            continue
        passed.append(name)
    assert passed == ["total", "sex", "age_band", "disability_proxy"]
