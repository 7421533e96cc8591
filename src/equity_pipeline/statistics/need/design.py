"""Need as variables: a code per cell, and what each code stands for in the model.

A region's need has few values (18 ages, two sexes, four classes of morbidity), so a model's normal
equations are sums over pairs of codes, and no row of the design is ever written out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.reading import numbers

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class NeedVariable:
    """One variable of need.

    Attributes
    ----------
    name
        The variable's name, that the never-adjust list is held against.
    code
        Code of each cell (m,), whole numbers 0 to c - 1.
    basis
        What each code puts into the model (c, q): dummies, a spline's columns, plain numbers.

    Examples
    --------
    >>> NeedVariable.categorical("morbidity", [0, 2, 1], n_codes=3).basis
    array([[0., 0.],
           [1., 0.],
           [0., 1.]])
    >>> age = NeedVariable.numeric("age", [70.0, 40.0, 70.0])
    >>> age.code, age.basis
    (array([1, 0, 1]), array([[40.],
           [70.]]))
    """

    name: str
    code: IntArray
    basis: FloatArray

    def __post_init__(self) -> None:
        code = np.asarray(self.code)
        basis = numbers(self.basis, where="NeedVariable, basis")
        whole = np.issubdtype(code.dtype, np.integer) or np.issubdtype(code.dtype, np.bool_)
        require(
            code.ndim == 1 and basis.ndim == 2 and (whole or not code.size),
            f"The need variable {self.name!r} has no codes of cells, or no table of columns.",
            where="NeedVariable",
            mend="give whole codes (m,) and a basis of shape (codes, columns)",
        )
        inside = not code.size or (code.min() >= 0 and code.max() < len(basis))
        require(
            inside and np.isfinite(basis).all(),
            f"The need variable {self.name!r} has a code without columns, or missing columns.",
            where="NeedVariable",
            mend="give each code 0 to c - 1 a row of finite numbers",
        )
        object.__setattr__(self, "code", code.astype(np.int64, copy=False))
        object.__setattr__(self, "basis", basis)

    @classmethod
    def categorical(cls, name: str, code: ArrayLike, *, n_codes: int) -> NeedVariable:
        """Return a variable with an effect of its own for each code above 0."""
        require(
            n_codes >= 1,
            f"The need variable {name!r} has no codes.",
            where="NeedVariable.categorical",
            mend="give n_codes, one or more",
        )
        return cls(name, np.asarray(code), np.eye(n_codes)[:, 1:])

    @classmethod
    def numeric(cls, name: str, values: ArrayLike) -> NeedVariable:
        """Return a variable of plain numbers: (m,), or (m, q) for several columns of one name."""
        columns = numbers(values, where="NeedVariable.numeric")
        columns = columns[:, np.newaxis] if columns.ndim == 1 else columns
        require(
            columns.ndim == 2 and np.isfinite(columns).all(),
            f"The need variable {name!r} is no column of finite numbers.",
            where="NeedVariable.numeric",
            mend="give numbers (m,) or (m, q) without gaps",
        )
        first, code = unique_rows(columns)
        return cls(name, code, columns[first])


Design = ArrayLike | Sequence[NeedVariable]


def need_variables(
    design: Design, names: Sequence[str] | None, cells: int
) -> tuple[NeedVariable, ...]:
    """Return the design as variables; columns of one name are one variable.

    Columns without names are one variable called "need".
    """
    if isinstance(design, (list, tuple)) and all(isinstance(x, NeedVariable) for x in design):
        if len(design):
            return _checked(tuple(design), names, cells)
        design = np.zeros((cells, 0))
    columns = numbers(cast(ArrayLike, design), where="marginal_standardisation")
    require(
        columns.ndim == 2 and len(columns) == cells,
        "The need design does not have a row for each cell.",
        where="marginal_standardisation",
        mend="give 1-d arrays of one length m, and a design of shape (m, q)",
    )
    require(
        np.isfinite(columns).all(),
        "Cells hold missing or impossible numbers in their need.",
        where="marginal_standardisation",
        mend="give finite need columns; code what is unknown as a class of its own",
    )
    if names is None:
        return (NeedVariable.numeric("need", columns),) if columns.shape[1] else ()
    require(
        len(names) == columns.shape[1],
        f"{columns.shape[1]} need columns have {len(names)} names.",
        where="marginal_standardisation",
        mend="give one name per column",
    )
    return tuple(
        NeedVariable.numeric(name, columns[:, [n == name for n in names]])
        for name in dict.fromkeys(names)
    )


def _checked(
    variables: tuple[NeedVariable, ...], names: Sequence[str] | None, cells: int
) -> tuple[NeedVariable, ...]:
    own = tuple(variable.name for variable in variables)
    require(
        len(set(own)) == len(own) and (names is None or tuple(names) == own),
        "Need variables share a name, or are called otherwise than the names that are given.",
        where="marginal_standardisation",
        mend="give each variable a name of its own, and leave names out",
    )
    require(
        all(len(variable.code) == cells for variable in variables),
        "A need variable does not have a code for each cell.",
        where="marginal_standardisation",
        mend="give 1-d arrays of one length m",
    )
    return variables


def unique_rows(rows: FloatArray) -> tuple[IntArray, IntArray]:
    """Return one place of each unique row, and for each row the number of its unique one."""
    if rows.shape[1] == 1:
        _, first, inverse = np.unique(rows[:, 0], return_index=True, return_inverse=True)
        return first.astype(np.int64), inverse.astype(np.int64)
    # a weighted sum of the columns tells rows apart ten times faster than comparing them all;
    # two different rows with one sum would fail the check and be compared in full
    mix = np.random.default_rng(2013).normal(size=rows.shape[1])
    key = (rows * mix).sum(axis=1)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    if not np.array_equal(rows[first][inverse], rows):
        _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first.astype(np.int64), inverse.reshape(-1).astype(np.int64)


LARGEST_KEY = 2**62
LARGEST_MERGED = 256  # small variables are read together while they have at most so many codes


@dataclass(frozen=True, slots=True)
class Merged:
    """Variables side by side that are read as one: their numbers, and columns by joint code.

    Two variables have as many sums as one of the joint code, and half the passes over the cells.
    """

    members: tuple[int, ...]
    basis: FloatArray


def merged(variables: Sequence[NeedVariable], apart: Collection[str] = ()) -> tuple[Merged, ...]:
    """Return neighbours merged while their joint codes are few; those named apart stay alone."""
    made: list[Merged] = []
    alone = True
    for number, variable in enumerate(variables):
        own = variable.name in apart
        together = made[-1] if made and not alone and not own else None
        if together and len(together.basis) * len(variable.basis) <= LARGEST_MERGED:
            basis = _side_by_side(together.basis, variable.basis)
            made[-1] = Merged((*together.members, number), basis)
        else:
            made.append(Merged((number,), variable.basis))
        alone = own
    return tuple(made)


def _side_by_side(one: FloatArray, two: FloatArray) -> FloatArray:
    return np.hstack([np.repeat(one, len(two), axis=0), np.tile(two, (len(one), 1))])


def fold(codes: Sequence[IntArray], sizes: Sequence[int], length: int) -> tuple[IntArray, int]:
    """Return the number of each combination of codes (m,), and how many there are."""
    key, total = np.zeros(length, dtype=np.int64), 1
    for code, size in zip(codes, sizes, strict=True):
        if total * size > LARGEST_KEY:
            key, total = _renumbered(key, total)
        key, total = key * size + code, total * size
    return _renumbered(key, total)


def _renumbered(key: IntArray, total: int) -> tuple[IntArray, int]:
    if total > 4 * len(key) + 4096:
        unique, inverse = np.unique(key, return_inverse=True)
        return inverse.reshape(-1).astype(np.int64), len(unique)
    seen = np.zeros(total, dtype=np.int64)
    seen[key] = 1
    place = np.cumsum(seen)
    return (place - 1)[key], int(place[-1]) if total else 0
