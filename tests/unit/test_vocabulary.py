"""The dictionary agrees with itself."""

from __future__ import annotations

import pytest

from equity_pipeline.errors import DeclarationError
from equity_pipeline.vocabulary import vocabulary

WORDS = vocabulary()


@pytest.mark.parametrize("name", sorted(WORDS.dimensions))
def test_the_contrast_of_a_dimension_is_of_its_levels_and_never_of_the_missing(name):
    dimension = WORDS.dimensions[name]
    contrast = {dimension.focus, dimension.reference} - {None}
    assert contrast <= set(WORDS.levels(name)) - {"missing"}
    assert len(contrast) == (0 if dimension.focus_rule == "descriptive" else 2)


def test_what_is_measured_on_areas_is_marked_and_said():
    for name, dimension in WORDS.dimensions.items():
        assert (dimension.level == "area") == dimension.family.startswith("area")
        for level in WORDS.levels(name):
            said = WORDS.level_label(name, level).sv
            assert said.startswith("Boende i ") == (dimension.level == "area")


def test_the_lowest_fifth_comes_first():
    assert list(WORDS.levels("income_quintile")) == ["q1", "q2", "q3", "q4", "q5", "missing"]
    assert WORDS.dimensions["income_quintile"].focus == "q1"


def test_every_list_of_codes_that_a_column_names_exists():
    named = {column.codes for column in WORDS.columns.values() if column.codes is not None}
    assert named - set(WORDS.codes) == set()


def test_missing_stands_last_in_every_list():
    for codes in WORDS.codes.values():
        assert "missing" not in codes or list(codes)[-1] == "missing"


def test_an_interval_has_its_two_limits():
    for end in ("gap_harm_lower", "gap_harm_upper", "value_std_lower", "sii_upper"):
        assert WORDS.columns[end].type == "DOUBLE"
    assert "n_persons_lower" not in WORDS.columns


def test_the_key_of_an_entity_is_delivered_and_required():
    for entity in WORDS.entities.values():
        required = {"person_key" if n == "person_id" else n for n in entity.required}
        assert set(entity.key) <= required


def test_the_key_of_a_form_is_of_its_columns():
    for form in WORDS.forms.values():
        assert set(form.key) <= set(form.columns)
        assert len(set(form.columns)) == len(form.columns)


def test_an_unknown_column_or_code_is_named():
    with pytest.raises(DeclarationError, match="shoe_size"):
        WORDS.column("shoe_size")
    with pytest.raises(DeclarationError, match="'sex' has no code 'x'"):
        WORDS.label("sex", "x")


def test_the_dictionary_cannot_be_changed():
    with pytest.raises(TypeError):
        WORDS.columns["sex"] = None


def test_a_standardised_value_is_not_called_direct_where_units_are_standardised_indirectly():
    held = [form.name for form in vocabulary().forms.values() if "value_std" in form.columns]
    label = vocabulary().columns["value_std"].label
    assert held == ["stratified", "unit_variation"]
    assert "direkt i stratifierad" in label.sv and "indirekt för varje vårdenhet" in label.sv
    assert "directly in the stratified" in label.en and "indirectly for each care unit" in label.en
