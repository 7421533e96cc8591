"""What the need models of the tables may hold, whoever builds their design."""

import numpy as np
import pyarrow as pa
import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.statistics.need import NeedVariable
from equity_pipeline.tables import need_effects
from equity_pipeline.tables.block import block


@pytest.fixture(name="block_of")
def _block_of(cells):
    def make(**dimensions):
        tables = [cells("VT01", name, levels) for name, levels in dimensions.items()]
        return block(pa.concat_tables(tables))

    return make


def adjusted(here, *names):
    chosen = np.ones(here.shape[0], bool)
    return need_effects._adjusted(here, load_catalogue()["VT01"], chosen, [names])


def test_an_income_column_in_a_need_design_is_refused(block_of, monkeypatch):
    here = block_of(country_of_birth={"sweden": 0.6, "nordic_eu_eea": 0.5})
    income = NeedVariable.categorical("income_quintile", here.sex, n_codes=2)
    monkeypatch.setattr(need_effects, "_variable", lambda name, codes: income)
    with pytest.raises(MethodError, match="income_quintile"):
        adjusted(here, "sex")


def test_age_and_sex_are_left_out_of_tables_by_age_and_by_sex(block_of):
    here = block_of(
        sex={"female": 0.6, "male": 0.5},
        age_band={"18-44": 0.6, "45-64": 0.5},
        income_quintile={"q1": 0.6, "q5": 0.5},
    )
    assert dict(zip(here.dimension, need_effects.need_names(here), strict=True)) == {
        "sex": ("age",),
        "age_band": ("sex",),
        "income_quintile": ("age", "sex"),
    }


def test_a_need_model_among_strata_of_itself_is_refused(block_of):
    with pytest.raises(MethodError, match="sex"):
        adjusted(block_of(sex={"female": 0.6, "male": 0.5}), "sex")
