"""Every declared indicator and measure is counted by the SQL that it stands for."""

from __future__ import annotations

import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.explain import explain
from equity_pipeline.quality.origins import COLUMN_ENTITIES

from .conftest import PERIODS, Warehouse

CATALOGUE = load_catalogue()
ALL = [*CATALOGUE.select(), *CATALOGUE.measures()]


@pytest.fixture(scope="module")
def empty():
    made = Warehouse()
    made.build(periods=PERIODS)
    yield made
    made.close()


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_its_sql_runs_on_the_models(empty, one):
    assert explain(empty.connection, one) == []


def named(one):
    parts = (one.denominator, one.numerator)
    columns = {condition.column for part in parts for condition in part.where}
    return columns | {part.sum for part in parts if part.sum}


@pytest.mark.parametrize("one", CATALOGUE.select(), ids=lambda one: one.id)
def test_readiness_knows_which_delivery_its_measures_need(one):
    of_the_person = {"is_listed", "person_years", "has_named_physician", "morbidity"}
    if one.fact == "fct_person":
        assert named(one) - of_the_person <= set(COLUMN_ENTITIES)
