"""Every public statistic tells its source, what it refuses, and shows numbers that are run."""

from __future__ import annotations

import pytest

from equity_pipeline.cli.methods_page import Statistic, modules, statistics_of

# tools of the trade, without a formula that anybody wrote first
PLAIN = ("estimate",)
EVERY = [
    one
    for module in modules()
    if module.__name__.rpartition(".")[2] not in PLAIN
    for one in statistics_of(module)
]


def _name(one: Statistic) -> str:
    return f"{one.module.removeprefix('equity_pipeline.statistics.')}.{one.name}"


@pytest.mark.parametrize("one", EVERY, ids=_name)
def test_a_public_statistic_has_a_sentence_and_an_example_that_runs(one: Statistic) -> None:
    assert one.summary.endswith("."), "the first line says what you get"
    assert ">>> " in one.sections.get("Examples", ""), "show real numbers"
