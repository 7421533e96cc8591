"""Nothing bad goes through: every public statistic, every argument, every kind of bad number."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import numpy as np
import pytest

from equity_pipeline.errors import MethodError
from tests.property.calls import Arg, Call, numeric, public, register
from tests.property.corruption import (
    Result,
    bad_values,
    chosen,
    finite,
    infinite,
    quietly,
    reordered,
    rows_of,
    same,
    silent,
    stacked,
    taken,
)

CALLS = register()
WHOLE = [call for call in CALLS if not call.part]
IN_ROWS = [call for call in WHOLE if rows_of(call) > 1]

pytestmark = pytest.mark.timeout(60)


def _name(one: object) -> str:
    return one.name if isinstance(one, Call) else str(one)


def _parameters(call: Call) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(call.function).parameters)


def _is_told(error: MethodError) -> bool:
    return bool(error.what and error.where and error.mend)


def test_every_public_statistic_has_a_call() -> None:
    called = {call.name.removesuffix(call.label) for call in CALLS}
    assert set(public()) - called == set(), "give it one small valid call in tests/property/calls_*"


@pytest.mark.parametrize("call", CALLS, ids=_name)
def test_what_reads_its_own_arrays_is_no_part(call: Call) -> None:
    told = " ".join(map(str, _parameters(call).values()))
    assert not (call.part and "ArrayLike" in told)


@pytest.mark.parametrize("call", CALLS, ids=_name)
def test_the_call_gives_finite_numbers(call: Call) -> None:
    made = quietly(call)
    assert not isinstance(made, Exception), made
    assert call.endless or not infinite(made)


ARGUMENTS = [(call, name) for call in CALLS for name in call.arguments]


@pytest.mark.parametrize(("call", "name"), ARGUMENTS, ids=_name)
def test_bad_numbers_are_refused_or_stay_missing(call: Call, name: str) -> None:
    faults = list(_faults(call, name))
    assert not faults, "\n".join(faults)


def _faults(call: Call, name: str) -> Iterator[str]:
    one = call.arguments[name]
    for bad, value in bad_values(one, part=call.part):
        made = quietly(call, **{name: value})
        if isinstance(made, Exception):
            fault = _fault_of_error(one, bad, made)
        elif (bad in one.refused or (bad, one.nan) == ("nan", "refused")) and not call.part:
            fault = "was not refused"
        else:
            fault = _fault_of_result(call, name, bad, made)
        if fault:
            yield f"{bad}: {fault}"


def _fault_of_error(one: Arg, bad: str, error: Exception) -> str:
    if not isinstance(error, MethodError):
        return f"{type(error).__name__}: {error}"
    if not _is_told(error):
        return f"refused without words: {error!r}"
    missing = (bad, one.nan) == ("nan", "missing")
    return f"refused, not passed on: {error.what}" if missing else ""


def _fault_of_result(call: Call, name: str, bad: str, made: Result) -> str:
    if bad == "empty":
        found = finite(made, call.keeps)
    elif (bad, call.arguments[name].nan) == ("nan", "missing"):
        found = list(silent(call, name, made))
    else:
        found = [] if call.endless else infinite(made)
    return f"a number from it: {', '.join(found)}" if found else ""


@pytest.mark.parametrize("call", IN_ROWS, ids=_name)
def test_one_group_alone_gives_no_number_that_needs_two(call: Call) -> None:
    made = quietly(chosen(call, [0]))
    if isinstance(made, Exception):
        assert isinstance(made, MethodError), repr(made)
        assert _is_told(made)
    else:
        assert call.one == "taken", "one group was not refused"
        assert call.endless or not infinite(made)


@pytest.mark.parametrize("call", [c for c in IN_ROWS if not c.ordered], ids=_name)
def test_the_order_of_rows_does_not_matter(call: Call) -> None:
    base, rows = call(), rows_of(call)
    order = [rows - 1, *range(1, rows - 2), 0, rows - 2] if rows > 3 else [*range(1, rows), 0]
    for path, array in chosen(call, order)().items():
        if not call.drawn or path.endswith("value"):
            assert reordered(base[path], array, order), path


@pytest.mark.parametrize("call", [c for c in CALLS if c.leading], ids=_name)
def test_many_strata_at_once_are_each_by_itself(call: Call) -> None:
    order = [*range(1, rows_of(call)), 0]
    turned = {n: taken(one, order) for n, one in call.arguments.items() if one.rows is not None}
    single = [call(), call(**turned)]
    both = call(**{name: stacked(call, name, np.asarray(a)) for name, a in turned.items()})
    for path, array in numeric(both):
        if array.dtype.kind != "f" and "warnings" not in path:
            continue
        for place, alone in enumerate(single):
            own = alone.get(path, np.zeros(array.shape[1:], dtype=array.dtype))
            told = array[place] if array.shape == (2, *own.shape) else array
            assert told.shape == own.shape, f"{path}: {array.shape} for {own.shape}"
            assert same(told, own).all(), path


COVERAGES = [(call, name) for call in CALLS for name in _parameters(call) if "confidence" in name]


@pytest.mark.parametrize(("call", "name"), COVERAGES, ids=_name)
def test_what_is_no_coverage_is_refused(call: Call, name: str) -> None:
    for coverage in (0, 1, -1, 2, float("nan")):
        made = quietly(call, **{name: coverage})
        assert isinstance(made, MethodError), f"{coverage}: {made!r}"
        assert _is_told(made)


CHOICES = [
    (call, name)
    for call in WHOLE
    for name, one in _parameters(call).items()
    if isinstance(call.given.get(name, one.default), str) and name not in ("stratum", "name")
]


@pytest.mark.parametrize(("call", "name"), CHOICES, ids=_name)
def test_what_is_no_choice_is_refused(call: Call, name: str) -> None:
    made = quietly(call, **{name: "no such thing"})
    assert isinstance(made, MethodError), repr(made)
    assert _is_told(made)
