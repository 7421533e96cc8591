"""Care chains as data: each step's denominator is what was asked of the step before."""

import pytest
from pydantic import ValidationError

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.pathway import pathway, pathway_measures, pathways


def where(part):
    return [one.sql() for one in part.where]


def test_each_step_is_counted_among_those_through_every_step_before():
    for chain in pathways().values():
        for before, step in zip(chain.steps, chain.steps[1:], strict=False):
            if not step.starts_anew:
                through = {*where(before.measure.denominator), *where(before.measure.numerator)}
                extra = set(where(step.measure.denominator)) - through
                assert through <= set(where(step.measure.denominator))
                assert all(one.endswith("is not null") for one in extra)


def test_the_copd_chain_begins_anew_twice_and_says_so():
    steps = pathways()["copd"].steps
    assert [step.segment for step in steps] == [1, 2, 3, 3, 3, 3, 3, 3]
    assert [step.number for step in steps if step.starts_anew] == [1, 2, 3]


def test_steps_are_measures_and_never_indicators():
    catalogue = load_catalogue()
    assert {one.id for one in pathway_measures()} <= {one.id for one in catalogue.measures()}
    assert not {one.id for one in pathway_measures()} & set(catalogue)
    assert catalogue["CC04"].role == "measure"


def test_a_step_on_a_column_that_nobody_knows_is_refused():
    step = {"sv": "A", "en": "A", "starts_anew": [], "then": [{"column": "luck", "op": "is true"}]}
    told = {"letters": "XX", "version": "1.0.0", "sv": "K", "en": "C", "steps": [step]}
    with pytest.raises(ValidationError, match="luck"):
        pathway("x", told)


def test_what_a_step_counts_is_known_to_be_delivered_before_anybody_is_in_it():
    """Of a column that nobody delivered a step has no denominator: it is not 0 per cent."""
    for chain in pathways().values():
        for step in chain.steps:
            asked = {one.column for one in step.measure.denominator.where}
            by = {one.column for one in step.measure.numerator.where}
            assert by <= asked or by == {"is_smoker"}, step.measure.id  # expected_copd needs it
