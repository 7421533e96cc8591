"""How often intervals hold the truth: a long test that prints its table."""

from __future__ import annotations

import pytest

from tests.coverage import gradients_and_need, models, shares_and_rates, waits_and_programmes
from tests.coverage.simulated import Interval

BOOKS = (shares_and_rates, gradients_and_need, waits_and_programmes, models)
EVERY = [one for book in BOOKS for one in book.BOOK.intervals]


@pytest.mark.long
@pytest.mark.parametrize("one", EVERY, ids=str)
def test_an_interval_holds_the_truth_as_often_as_it_says(
    one: Interval, record_property: pytest.RecordProperty
) -> None:
    share = one.measured()
    record_property("coverage", [one.name, one.case, share, one.conservative, one.reason])
    if one.reason:
        assert not one.is_ordinary(share), f"{one}: {share:.4f} needs no reason any more"
    else:
        assert one.is_ordinary(share), f"{one}: {share:.4f}"
