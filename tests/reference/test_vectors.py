"""Every case of the peers' vectors, beside our own functions."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.beside import absent
from tests.reference.vectors import Case, cases

ALL = cases()
ABSENT = pytest.param(None, marks=pytest.mark.skip(absent("the peers' vectors", "vectors")))


def test_the_vectors_are_where_they_are_looked_for() -> None:
    if not ALL:
        pytest.skip(absent("the peers' vectors", "vectors"))
    runners = {path.stem for path in (Path(__file__).parent / "measures").glob("*.py")}
    assert {case.measure for case in ALL} <= runners, "a measure has no runner"


@pytest.mark.parametrize("case", ALL or [ABSENT], ids=str)
def test_ours_is_the_peer_s(case: Case, record_property: pytest.RecordProperty) -> None:
    """A measure's runner is ``tests/reference/measures/<measure>.py`` with ``run(case)``."""
    runner = importlib.import_module(f"tests.reference.measures.{case.measure}")
    runner.run(case)
    figures = sum(c.figures for c in case.compared)
    largest = max((c.largest for c in case.compared if not c.loose), default=0.0)
    loosest = max((c.largest for c in case.compared if c.loose), default=0.0)
    record_property("vectors", [case.measure, case.id, figures, largest, loosest])
    loose = {(c.path, f"loosely, {c.loose}") for c in case.compared if c.loose}
    left = {(path, f"left, {why}") for path, why in case.left.items()}
    record_property("vectors_told", [str(case), sorted(loose | left)])
    faults = [f"{c.path}: {c.fault}" for c in case.compared if c.fault]
    assert not faults, "\n".join([str(case), *faults])
    assert figures > 0, f"{case}: nothing was compared"
    assert not case.unnamed(), f"{case}: nobody spoke of {sorted(case.unnamed())}"
