"""What the need models of the tables may hold, whoever builds their design."""

import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.statistics.need import NeedVariable
from equity_pipeline.tables import effects
from equity_pipeline.tables.cells import slices


@pytest.fixture(name="slice_of")
def _slice_of(cells):
    def make(dimension, levels):
        return next(slices(cells("VT01", dimension, levels)))

    return make


def test_an_income_column_in_a_need_design_is_refused(slice_of):
    here = slice_of("country_of_birth", {"sweden": 0.6, "nordic_eu_eea": 0.5})
    income = NeedVariable.categorical("income_quintile", here.sex, n_codes=2)
    with pytest.raises(MethodError, match="income_quintile"):
        effects._need(here, load_catalogue()["VT01"], (income,))


def test_age_and_sex_are_left_out_of_tables_by_age_and_by_sex(slice_of):
    by_sex = effects._need_sets(slice_of("sex", {"female": 0.6, "male": 0.5}))
    by_age = effects._need_sets(slice_of("age_band", {"18-44": 0.6, "45-64": 0.5}))
    by_income = effects._need_sets(slice_of("income_quintile", {"q1": 0.6, "q5": 0.5}))
    assert [[v.name for v in one[0][1]] for one in (by_sex, by_age, by_income)] == [
        ["age"],
        ["sex"],
        ["age", "sex"],
    ]


def test_a_need_model_among_strata_of_itself_is_refused(slice_of):
    here = slice_of("sex", {"female": 0.6, "male": 0.5})
    sex = NeedVariable.categorical("sex", here.sex, n_codes=2)
    with pytest.raises(MethodError, match="sex"):
        effects._need(here, load_catalogue()["VT01"], (sex,))
