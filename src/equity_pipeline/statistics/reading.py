"""Reads what a statistic is given - numbers, codes, flags, names, choices - or says what is wrong.

Statistics read their arguments here, each with its own name as ``where``. A missing number (NaN)
passes where a statistic may have strata without data; infinity and text never do. What the
numbers mean (counts, shares, variances) is for the statistic itself to check.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import (
    BoolArray,
    FloatArray,
    arrays,
    floats,
    require,
)

IntArray = NDArray[np.int64]
Code = TypeVar("Code", bound=StrEnum)


def numbers(value: ArrayLike, *, where: str) -> FloatArray:
    """Return an array of numbers as float64; refuses text and infinity, NaN passes.

    Raises
    ------
    MethodError
        If there is anything but finite or missing numbers.

    Examples
    --------
    >>> numbers([1, float("nan")], where="example")
    array([ 1., nan])
    """
    made = floats(value, where=where)
    require(
        ~np.isinf(made),
        "A number is infinite.",
        where=where,
        mend="check what the number was divided by; give NaN where there is no number",
    )
    return made


def together(*values: ArrayLike, where: str) -> list[FloatArray]:
    """Return arrays of numbers in one common shape, as :func:`numbers`.

    Raises
    ------
    MethodError
        If a number is infinite or text, or the shapes do not go together.

    Examples
    --------
    >>> together([1, 2], 3, where="example")
    [array([1., 2.]), array([3., 3.])]
    """
    return arrays(*(numbers(value, where=where) for value in values), where=where)


def codes(value: ArrayLike, *, where: str) -> IntArray:
    """Return an array of whole numbers; refuses missing ones and parts of numbers.

    Raises
    ------
    MethodError
        If a number is missing, infinite, or not whole.

    Examples
    --------
    >>> codes([0.0, 2.0], where="example")
    array([0, 2])
    """
    told = np.asarray(value) if not isinstance(value, list | tuple) else floats(value, where=where)
    if told.dtype.kind not in "iub":
        told = numbers(told, where=where)
        require(
            told == np.floor(told),
            "Codes are missing, or are not whole-number codes.",
            where=where,
            mend="give whole numbers; leave rows without a code out",
        )
    return told.astype(np.int64, copy=False)


def flags(value: ArrayLike, *, where: str) -> BoolArray:
    """Return an array of truths from 0 and 1, or false and true; refuses everything else.

    Raises
    ------
    MethodError
        If anything is neither 0 nor 1.

    Examples
    --------
    >>> flags([0, 1], where="example")
    array([False,  True])
    """
    told = floats(value, where=where)
    require(
        (told == 0) | (told == 1),
        "A flag is neither 0 nor 1.",
        where=where,
        mend="give true or false, or 1 or 0, for every row",
    )
    return told.astype(bool)


def labels(value: ArrayLike, *, where: str) -> tuple[NDArray[Any], IntArray]:
    """Return the different names in order, and the place of each row's name among them.

    Parameters
    ----------
    value
        Names or numbers of any kind, such as those of care units; none may be missing.
    where
        Who asks, for messages.

    Raises
    ------
    MethodError
        If a name is missing, or names are of kinds that have no order together.

    Examples
    --------
    >>> labels(["b", "a", "b"], where="example")
    (array(['a', 'b'], dtype='<U1'), array([1, 0, 1]))
    """
    told = np.asarray(value)
    if told.dtype.kind in "UO":  # a missing name among texts would be read as the text "nan"
        given = value if isinstance(value, np.ndarray) else np.array(value, dtype=object)
        known = given.dtype.kind == "U" or all(
            one is not None and one == one for one in given.ravel()
        )
    else:
        known = told.dtype.kind != "f" or not np.isnan(told).any()
    require(
        known,
        "A name or code of a group is missing.",
        where=where,
        mend="leave rows without a group out, or give them a group of their own",
    )
    try:
        names, place = np.unique(told, return_inverse=True)
    except TypeError:
        raise MethodError(
            "Names of groups are of several kinds.",
            where=where,
            mend="give all names as text, or all as numbers",
        ) from None
    return names, place.reshape(told.shape).astype(np.int64, copy=False)


def covariance_of(levels: FloatArray, covariance: ArrayLike, *, where: str) -> FloatArray:
    """Return the covariance (..., L, L) of levels (..., L), one for each of the leading places.

    Raises
    ------
    MethodError
        If it is not square, does not go with the levels, or a variance is negative.

    Examples
    --------
    >>> covariance_of(np.array([0.1, 0.2]), [[4.0, 1.0], [1.0, 4.0]], where="example").shape
    (2, 2)
    """
    made, size = numbers(covariance, where=where), levels.shape[-1]
    square = made.ndim > 1 and made.shape[-2:] == (size, size)
    try:
        shape = np.broadcast_shapes(levels.shape[:-1], made.shape[:-2])
    except ValueError:
        square, shape = False, ()
    require(
        square and shape == levels.shape[:-1],
        f"The covariance is not one of the {size} levels, one for each stratum.",
        where=where,
        mend="give the covariance of the levels on its last two axes",
    )
    own = np.diagonal(made, axis1=-2, axis2=-1)
    require(
        ~(own < -1e-12 * np.nanmax(np.abs(own), initial=0.0)),
        "A variance is negative.",
        where=where,
        mend="give variances, squared standard errors, on the diagonal",
    )
    return np.broadcast_to(made, (*shape, size, size))


def above_zero(number: ArrayLike, *, where: str) -> FloatArray:
    """Return numbers that must be above 0 and finite, such as a scale.

    Raises
    ------
    MethodError
        If a number is missing, infinite, or not above 0.

    Examples
    --------
    >>> float(above_zero(1000, where="example, scale"))
    1000.0
    """
    made = numbers(number, where=where)
    require(
        made > 0,
        "A number that must be above 0 is missing, or not above 0.",
        where=where,
        mend="give a number above 0, such as 1",
    )
    return made


def one_of(choice: str, known: type[Code], *, where: str) -> Code:
    """Return a choice as one of the known codes.

    Raises
    ------
    MethodError
        If there is no such choice.

    Examples
    --------
    >>> from equity_pipeline.statistics.gradient import Scale
    >>> one_of("log", Scale, where="example, scale").name
    'LOG'
    """
    try:
        return known(choice)
    except ValueError:
        raise MethodError(
            f"{choice!r} is none of the choices.",
            where=where,
            mend="choose one of " + ", ".join(known),
        ) from None


def pair_of(
    levels: int, focus: ArrayLike, reference: ArrayLike, *, where: str
) -> tuple[IntArray, IntArray]:
    """Return level numbers of a focus and a reference in one shape, all of them levels.

    Raises
    ------
    MethodError
        If a number is not that of a level, or the shapes do not go together.

    Examples
    --------
    >>> pair_of(3, [0, 1], 2, where="example")
    (array([0, 1]), array([2, 2]))
    """
    both = together(codes(focus, where=where), codes(reference, where=where), where=where)
    require(
        all(bool(((one >= 0) & (one < levels)).all()) for one in both),
        f"There are {levels} levels; a contrast asks for another.",
        where=where,
        mend="give level numbers from 0 and up",
    )
    return both[0].astype(np.int64), both[1].astype(np.int64)
