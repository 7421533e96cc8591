"""The peers' vectors: a folder of measures, each with inputs, a call and the expected figures.

A runner reads what it needs from the case's ``params`` (or from the peer's call), computes with
our functions, and says of every expected figure either that ours agrees or why it is left. A
figure that nobody mentioned fails the case: nothing is passed over in silence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.beside import beside

FOLDER = beside("vectors")
SIMULATED = "peer_simulated"


@dataclass(frozen=True)
class Compared:
    """One set of figures beside ours: how many, and the largest relative difference."""

    path: str
    figures: int
    largest: float
    fault: str = ""
    loose: str = ""


@dataclass
class Case:
    """One case of a measure; ``agrees`` and ``leaves`` keep account of its figures."""

    measure: str
    given: dict[str, Any]
    folder: Path
    compared: list[Compared] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        return str(self.given["id"])

    @property
    def kind(self) -> str:
        return str(self.given["kind"])

    @property
    def peer(self) -> str:
        return str(self.given.get("peer", ""))

    @property
    def call(self) -> str:
        return str(self.given.get("call", ""))

    @property
    def input(self) -> str:
        return str(self.given["input"])

    @property
    def note(self) -> str:
        return str(self.given.get("note", ""))

    @property
    def params(self) -> dict[str, Any]:
        """The call's arguments; an empty list in the file means that there are none."""
        return dict(self.given.get("params") or {})

    @property
    def expected(self) -> Any:
        return self.given["expected"]

    def param(self, *names: str, default: Any = None) -> Any:
        """Return the first of these arguments that the case gives."""
        return next((self.params[name] for name in names if name in self.params), default)

    def beside(self) -> list[Case]:
        """Return the case, then the others on its input: an argument may be told only once."""
        same = [c for c in cases() if (c.measure, c.input) == (self.measure, self.input)]
        return [self, *(c for c in same if c.id != self.id)]

    def told(self, *names: str, default: Any = None) -> Any:
        """Return the first of these arguments that the case or another on its input gives."""
        found = (case.param(*names) for case in self.beside())
        return next((value for value in found if value is not None), default)

    def column(self, *names: str, frame: pd.DataFrame, default: str | None = None) -> str:
        """Return the input column that an argument names, else the default, else an error."""
        told = self.param(*names)
        found = [c for c in (told, default, *names) if isinstance(c, str) and c in frame.columns]
        if not found:
            raise AssertionError(f"{self}: no column for {names} among {list(frame.columns)}")
        return found[0]

    def frame(self, name: str | None = None) -> pd.DataFrame:
        """Return the case's input, or another file of its measure."""
        return pd.read_csv(self.folder / (name or self.given["input"]), keep_default_na=True)

    def group_columns(self, frame: pd.DataFrame) -> list[str]:
        """Return the columns that both the input and the expected rows have, in the rows' order."""
        rows = self.expected if isinstance(self.expected, list) else [self.expected]
        return [name for name in rows[0] if name in frame.columns]

    def rows(self, path: str = "") -> pd.DataFrame:
        """Return the expected list of records at a path as a frame; its columns are yet unnamed."""
        found = self.expected
        for part in filter(None, path.split(".")):
            found = found[part]
        return pd.DataFrame(found if isinstance(found, list) else [found])

    def theirs(self, path: str) -> np.ndarray:
        """Return the expected figures at a dotted path (``*`` for any key), NaN where null."""
        pairs = [(p, v) for p, v in _leaves(self.expected) if _is_at(p, path)]
        if not pairs:
            raise AssertionError(f"{self}: nothing is expected at {path!r}")
        self.named.update(p for p, _ in pairs)
        return np.array([np.nan if v is None or v in ("NaN", "NA") else float(v) for _, v in pairs])

    def agrees(
        self,
        path: str,
        ours: object,
        *,
        rtol: float | None = None,
        atol: float | None = None,
        loose: str = "",
        of: object = None,
    ) -> None:
        """Compare all figures at a path with ours, within the case's tolerance.

        A wider tolerance than the case's own needs the reason in ``loose``. ``of`` gives a size
        that ``rtol`` is taken of instead of the figure itself (an interval's width). ``ours`` may
        hold NaN only where the peer gave nothing.
        """
        theirs, mine = self.theirs(path), np.asarray(ours, dtype=float).ravel()
        tolerance = self.given["tolerance"]
        wide = (rtol or 0) > tolerance["rel"] or (atol or 0) > tolerance["abs"] or of is not None
        if wide and not loose:
            raise AssertionError(f"{self}: {path} is compared loosely without a reason")
        rtol = tolerance["rel"] if rtol is None else rtol
        atol = tolerance["abs"] if atol is None else atol
        self.compared.append(_compare(path, mine, theirs, rtol, atol, of, loose))

    def same(self, path: str, ours: Sequence[object]) -> None:
        """Compare texts (flags, names) at a path with ours, one by one."""
        pairs = [(p, v) for p, v in _leaves(self.expected) if _is_at(p, path)]
        self.named.update(p for p, _ in pairs)
        differ = sum(str(v) != str(o) for (_, v), o in zip(pairs, ours, strict=True))
        fault = f"{differ} of {len(pairs)} differ" if differ else ""
        self.compared.append(Compared(path, len(pairs), float(differ > 0), fault))

    def keys(self, *paths: str) -> None:
        """Name figures that only say which row it is, or that echo the input."""
        self.named.update(p for p, _ in _leaves(self.expected) if any(_is_at(p, k) for k in paths))

    def leaves(self, path: str, why: str) -> None:
        """Leave the figures at a path out, with a reason that the report prints."""
        self.left[path] = why
        self.keys(path)

    def unnamed(self) -> set[str]:
        """Return the paths of expected figures that no comparison, key or reason named."""
        return {
            p
            for p, v in _leaves(self.expected)
            if isinstance(v, (int, float)) and not isinstance(v, bool)
        } - self.named

    def __str__(self) -> str:
        return f"{self.measure}/{self.id}"


Runner = Callable[[Case], None]


def _compare(
    path: str,
    mine: np.ndarray,
    theirs: np.ndarray,
    rtol: float,
    atol: float,
    of: object,
    loose: str,
) -> Compared:
    if mine.shape != theirs.shape:
        fault = f"{mine.size} of ours beside {theirs.size} of theirs"
        return Compared(path, theirs.size, np.inf, fault, loose)
    known = ~np.isnan(theirs)
    size = np.broadcast_to(np.abs(theirs if of is None else np.asarray(of)), theirs.shape)
    apart, scale = np.where(mine == theirs, 0, np.abs(mine - theirs))[known], size[known]
    outside = ~(apart <= atol + rtol * scale)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(scale <= atol, 0, apart / np.where(scale == 0, np.nan, scale))
    largest = float(np.nanmax(relative, initial=0))
    fault = ""
    if outside.any():
        worst = int(np.nanargmax(np.where(outside, np.nan_to_num(apart, nan=np.inf), -1)))
        fault = (
            f"{outside.sum()} of {known.sum()} differ, first as ours {mine[known][worst]!r}, "
            f"theirs {theirs[known][worst]!r}"
        )
    return Compared(path, int(known.sum()), largest, fault, loose)


def _leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Return every leaf with its dotted path; places in lists are not part of the path."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(tree, list):
        for value in tree:
            yield from _leaves(value, path)
    else:
        yield path, tree


def _is_at(path: str, pattern: str) -> bool:
    return path == pattern or ("*" in pattern and fnmatch(path, pattern))


def cases() -> list[Case]:
    """Return every case of the folder that the peer computed or published."""
    return [
        Case(folder.parent.name, given, folder.parent)
        for folder in sorted(FOLDER.glob("*/expected.json"))
        for given in json.loads(folder.read_text("utf-8"))["cases"]
    ]


def confidences(record: dict[str, Any]) -> dict[str, float]:
    """Return the coverages that a PHE-style record has limits of, as ``{"998": 0.998}``."""
    tags = [m.group(1) for name in record if (m := re.match(r"^lower(\d+)_?cl$", name))]
    return {tag: float(f"0.{tag}") for tag in tags}


def terms(text: str) -> list[str]:
    """Return the terms of the right-hand side of an R formula, without random ones.

    >>> terms("glmer(cbind(k,n-k) ~ sex+ag3 + (1|stratum), nAGQ=1)")
    ['sex', 'ag3']
    """
    right = text.split("~", 1)[-1]
    right = re.sub(r"\(\s*1\s*\|[^)]*\)", "", right)
    right = re.split(r",|\)\s*$", right, maxsplit=1)[0]
    made = [part.strip() for part in right.split("+")]
    return [part for part in made if part and part not in ("1", "0")]


def columns(frame: pd.DataFrame, names: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Return design columns without intercept for R terms: numbers, powers, dummies of text.

    Text is coded against its first level in sorted order, as R does; ``factor(x)`` makes numbers
    into levels, ``x^2`` and ``I(x^2)`` a power.
    """
    made: list[np.ndarray] = []
    labels: list[str] = []
    for name in names:
        inner = re.fullmatch(r"(?:factor|I)\((.*)\)", name)
        bare = inner.group(1) if inner else name
        base, _, power = bare.partition("^")
        column = frame[base.strip()]
        if name.startswith("factor(") or not pd.api.types.is_numeric_dtype(column):
            levels = sorted(column.unique())
            made += [np.asarray(column == level, dtype=float) for level in levels[1:]]
            labels += [f"{name}{level}" for level in levels[1:]]
        else:
            made.append(np.asarray(column, dtype=float) ** float(power or 1))
            labels.append(name)
    return (np.column_stack(made) if made else np.empty((len(frame), 0))), labels
