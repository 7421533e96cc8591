"""Bad numbers in the first place of an argument, and what hangs on that place in a result."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np

from equity_pipeline.statistics.estimate import Estimate
from tests.property.calls import Arg, Call, numeric

Result = dict[str, np.ndarray]

BAD = {"nan": np.nan, "inf": np.inf, "minus": -1.0, "huge": 1e9, "part": 0.5}
WORDS = ("uncertain", "not_estimated")  # what codes say of a number that is missing
NUDGES: tuple[Callable[[float], float], ...] = (
    lambda x: x * 1.1,
    lambda x: x * 0.9,
    lambda x: x + 1,
    lambda x: x - 1,
    lambda x: x + 0.01,
    lambda x: x + 1e-6,
)


def quietly(call: Callable[..., Result], **changed: object) -> Result | Exception:
    """Return the result, or what was raised; a warning is an exception."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return call(**changed)
    except Exception as error:
        return error


def bad_values(one: Arg, *, part: bool) -> Iterator[tuple[str, object]]:
    """Yield the argument with bad numbers in its first place, and with bad shapes."""
    if isinstance(one.value, Estimate):
        place = np.arange(one.value.value.size).reshape(one.value.value.shape)
        yield "nan", one.value.where(place > 0)
        return
    array = np.asarray(one.value)
    numbers = list(_bad_numbers(array))
    if part:  # the statistic before it has refused all but these
        yield from (two for two in numbers if two[0] == "nan" and one.kind != "code")
        return
    yield from numbers
    if array.ndim:
        yield from _bad_shapes(one, array)


def _bad_numbers(array: np.ndarray) -> Iterator[tuple[str, object]]:
    if array.dtype.kind == "U":
        yield "nan", [np.nan, *array.tolist()[1:]]
        return
    for bad, number in BAD.items():
        changed = array.astype(np.float64)
        changed[(0,) * array.ndim] = number
        yield bad, changed
    yield "zeros", np.zeros(array.shape, dtype=array.dtype)


def _bad_shapes(one: Arg, array: np.ndarray) -> Iterator[tuple[str, object]]:
    if one.kind != "names":
        yield "text", np.full(array.shape, "x")
    axis = one.rows if isinstance(one.rows, int) else -1
    yield "empty", np.take(array, [], axis=axis)
    if one.rows is not None:
        yield "long", np.concatenate([array, np.take(array, [0], axis=axis)], axis=axis)


def infinite(made: Result) -> list[str]:
    """Return the names of what is infinite."""
    return [path for path, array in numeric(made) if np.isinf(array).any()]


def finite(made: Result, keeps: tuple[str, ...]) -> list[str]:
    """Return the names of what is a number, but for counts of what there was."""
    told = {"n", *keeps}
    return [
        path
        for path, array in numeric(made)
        if array.dtype.kind == "f" and not told & set(path.split(".")) and np.isfinite(array).any()
    ]


def silent(call: Call, name: str, made: Result) -> Iterator[str]:
    """Yield what hangs on the first number and is not missing where that is.

    A result is also right if it is that of the call without the first row: left out, as told.
    """
    base, others = call(), list(_nudged(call, name))
    assert others, "no other number is legal in the place of the first"
    without = quietly(chosen(call, list(range(1, rows_of(call)))))
    for path, array in made.items():
        if {"method", "warnings", *call.keeps} & set(path.split(".")):
            continue
        moved = _moved(array, base.get(path, array), [other.get(path) for other in others])
        if call.own:
            moved &= np.arange(moved.shape[-1]) == 0 if moved.ndim else False
        if (moved & ~_missing(array)).any() and not _left_out(array, without, path):
            yield path


def _moved(array: np.ndarray, base: np.ndarray, others: list[np.ndarray | None]) -> np.ndarray:
    made = np.zeros(array.shape, dtype=bool)
    for other in others:
        if other is not None and other.shape == base.shape == array.shape:
            made |= ~same(other, base)
    return made


def _nudged(call: Call, name: str) -> Iterator[Result]:
    value = call.arguments[name].value
    if isinstance(value, Estimate):
        shift = np.where(np.arange(value.value.size) == 0, 0.01, 0.0).reshape(value.value.shape)
        limits = (value.value + shift, value.lower + shift, value.upper + shift)
        yield call(**{name: Estimate(*limits, value.standard_error, value.method, value.n)})
        return
    for change in NUDGES:
        moved = np.asarray(value).astype(np.float64)
        first = (0,) * moved.ndim
        moved[first] = change(moved[first])
        made = quietly(call, **{name: moved})
        if not isinstance(made, Exception):
            yield made


def same(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return which numbers are the same to nine digits; a missing one is like another."""
    if one.dtype.kind not in "fc":
        return np.asarray(one == other)
    return np.isclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True)


def _missing(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "U":
        return np.isin(array, WORDS)
    return np.isnan(array) if array.dtype.kind == "f" else np.asarray(array == 0)


def _left_out(array: np.ndarray, without: Result | Exception, path: str) -> bool:
    if isinstance(without, Exception) or path not in without:
        return False
    rest = without[path]
    if rest.shape == array.shape:
        return bool(same(array, rest).all())
    return any(
        bool(_missing(np.take(array, 0, axis)).all())
        and bool(same(np.delete(array, 0, axis), rest).all())
        for axis in range(array.ndim)
        if array.ndim == rest.ndim and array.shape[axis] == rest.shape[axis] + 1
    )


def taken(one: Arg, places: list[int]) -> object:
    """Return an argument's rows at some places."""
    if one.rows is None or isinstance(one.value, Estimate):
        return one.value
    array = np.asarray(one.value)
    for axis in one.rows if isinstance(one.rows, tuple) else (one.rows,):
        array = np.take(array, places, axis=axis)
    return array


def rows_of(call: Call) -> int:
    """Return how many rows or groups the arguments of a call share."""
    sizes = {
        np.shape(one.value)[one.rows if isinstance(one.rows, int) else -1]
        for one in call.arguments.values()
        if one.rows is not None and not isinstance(one.value, Estimate)
    }
    assert len(sizes) < 2, "the rows of the arguments do not go together"
    return sizes.pop() if sizes else 0


def chosen(call: Call, places: list[int]) -> Callable[..., Result]:
    """Return the call with some of its rows only, or with all of them in another order."""
    told = {name: taken(one, places) for name, one in call.arguments.items()}
    for name, one in call.arguments.items():
        if one.kind == "place":
            whole = len(places) == rows_of(call)
            told[name] = np.argsort(places)[np.asarray(one.value)] if whole else 0
    return lambda **changed: call(**(told | changed))


def reordered(base: np.ndarray, made: np.ndarray, order: list[int]) -> bool:
    """Return whether a result is the same, or has moved along with its rows."""
    axes = [axis for axis in range(base.ndim) if base.shape[axis] == len(order)]
    for some in (s for count in range(len(axes) + 1) for s in combinations(axes, count)):
        moved = base
        for axis in some:
            moved = np.take(moved, order, axis=axis)
        if moved.shape == made.shape and same(moved, made).all():
            return True
    return False


def stacked(call: Call, name: str, other: np.ndarray) -> np.ndarray:
    """Return an argument beside another, with as many axes between as the widest one has."""
    kinds = {n: one for n, one in call.arguments.items() if one.rows is not None}
    widest = max(_own_axes(one) for one in kinds.values())
    made = np.stack([np.asarray(kinds[name].value), other])
    return made.reshape(2, *[1] * (widest - _own_axes(kinds[name])), *made.shape[1:])


def _own_axes(one: Arg) -> int:
    return np.ndim(one.value) - isinstance(one.rows, tuple)  # type: ignore[arg-type]
