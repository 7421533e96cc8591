"""The tiers name what the forms have, and every form has its place in each of them."""

from __future__ import annotations

import pytest

from equity_pipeline.disclosure.propagate import numbers_of
from equity_pipeline.disclosure.rules import REASONS, SHOWN
from equity_pipeline.settings import DisclosureSettings
from equity_pipeline.tables.table import schema_of
from equity_pipeline.vocabulary import vocabulary

TIERS = vocabulary().tiers
CHOOSING = {name: one for name, one in TIERS.items() if one.forms is not None}
COUNTS = ("int64", "int32")
HELD = [
    (name, form, held) for name, one in CHOOSING.items() for form, held in (one.forms or {}).items()
]


def test_the_tiers_are_those_that_rows_are_marked_with():
    assert set(TIERS) == set(vocabulary().codes["disclosure_tier"])


@pytest.mark.parametrize(("tier", "form", "held"), HELD)
def test_a_tier_names_numbers_of_its_forms(tier, form, held):
    known = {*numbers_of(form), "*"}
    named = {*held.numbers, *held.shares}
    named |= {one for share in held.shares.values() for one in (share.part, share.whole)}
    assert named - known == set(), f"{tier}: {form} has no such numbers"


@pytest.mark.parametrize(("tier", "form", "held"), HELD)
def test_what_a_tier_takes_as_it_is_are_counts(tier, form, held):
    schema = schema_of(form)
    if held.numbers != ("*",):
        kinds = {one: str(schema.field(one).type) for one in held.numbers}
        assert {one for one, kind in kinds.items() if kind not in COUNTS} == set()


@pytest.mark.parametrize(("tier", "form", "held"), HELD)
def test_a_share_is_reckoned_from_counts_that_the_tier_has(tier, form, held):
    for share in held.shares.values():
        assert {share.part, share.whole} <= set(held.numbers)


@pytest.mark.parametrize(("tier", "form", "held"), HELD)
def test_only_a_form_that_nobody_stands_behind_is_taken_whole(tier, form, held):
    if held.numbers == ("*",):
        assert vocabulary().forms[form].door.by == "nobody"


@pytest.mark.parametrize("form", sorted(vocabulary().forms))
def test_words_that_stay_in_a_hidden_row_are_no_measured_numbers(form):
    declared = {"mid", "data_age_days", "gx_failed_critical", "gx_failed_warning"}
    schema = schema_of(form)
    kept = vocabulary().forms[form].door.kept
    numbers = {one for one in kept if str(schema.field(one).type) in ("double", *COUNTS)}
    assert numbers - declared == set()


@pytest.mark.parametrize("form", sorted(vocabulary().forms))
def test_what_is_said_to_rest_on_many_cells_is_a_number_of_the_form(form):
    door = vocabulary().forms[form].door
    named = {*door.of_many, *door.medians, *door.tails}
    assert named - set(numbers_of(form)) == set()


@pytest.mark.parametrize("tier", sorted(TIERS))
def test_what_a_unit_is_read_against_are_forms_with_rows_of_places(tier):
    for form in TIERS[tier].reference:
        assert {"geography_level", "geography_code"} <= set(vocabulary().forms[form].columns)


def test_columns_that_name_a_unit_are_columns():
    held = vocabulary().own_to_units
    names = {*held.columns, *(one for where in held.columns.values() for one in where)}
    assert names - set(vocabulary().columns) == set()
    assert set(held.entities) <= set(vocabulary().entities)
    assert set(held.domains) <= set(vocabulary().domains)
    assert set(held.item_groups) <= set(vocabulary().codes["item_group"])


def test_every_rule_has_its_reason_in_the_settings():
    assert set(DisclosureSettings().reasons) == set(REASONS) - {SHOWN}
