"""Exit codes are a promise: written out here, in the tree and in the vocabulary."""

from __future__ import annotations

import pytest

from equity_pipeline import errors
from equity_pipeline.vocabulary import vocabulary

PROMISED = {
    "EquityError": 1,
    "ConfigurationError": 2,
    "DeclarationError": 10,
    "SourceError": 11,
    "WarehouseError": 12,
    "QualityStop": 13,
    "MethodError": 14,
    "DisclosureStop": 15,
    "DeliveryRefused": 16,
    "LockHeld": 75,
}


def test_each_error_ends_with_its_promised_code():
    family = [errors.EquityError, *errors.EquityError.__subclasses__()]
    tree = {kind.__name__: kind.exit_code for kind in family if kind.__module__ == errors.__name__}
    assert tree == PROMISED


def test_the_vocabulary_explains_each_code_and_no_other():
    assert set(vocabulary().exit_codes) == {0, *PROMISED.values()}


def test_the_drawing_of_the_tree_shows_each_error_with_its_code():
    drawn = errors.__doc__ or ""
    for name, code in PROMISED.items():
        (line,) = [line for line in drawn.splitlines() if name in line.split()[:2]]
        assert str(code) in line.split()


def test_a_message_says_what_where_and_how_to_mend():
    error = errors.SourceError("No answer.", where="kolada", mend="try again")
    assert str(error) == "No answer.\nWhere: kolada\nTo mend: try again"
    assert str(errors.SourceError("No answer.")) == "No answer."


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (errors.LockHeld("a"), 75),
        (ValueError("a"), 1),
        (ExceptionGroup("all", [errors.DeliveryRefused("a"), errors.QualityStop("b")]), 16),
        (ExceptionGroup("o", [ExceptionGroup("i", [errors.MethodError("a")])]), 14),
    ],
)
def test_the_exit_code_of_an_error_is_that_of_its_first_member(raised, code):
    assert errors.exit_code_of(raised) == code
