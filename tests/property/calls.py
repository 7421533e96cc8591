"""What the calls of the public statistics are made of, and what each argument cannot hold.

A :class:`Call` is one small valid call of a statistic. Its arrays stand in a :class:`Kind` -
counts, sizes, shares, codes - that says which numbers must be refused there; what it does not
name may be legal, and then has to give an ordinary result.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum

import numpy as np

from equity_pipeline import statistics
from equity_pipeline.statistics.estimate import Estimate

REGISTERS = ("counts", "groups", "models", "units", "waits_and_programmes")
TOOLS = ("estimate", "reading")  # not statistics: what every one returns, and reads with


@dataclass(frozen=True)
class Arg:
    """An argument of a valid call, and what becomes of bad numbers in its first place.

    ``rows`` is the axis along which it goes together with the other arguments; None where it has
    a length of its own. ``nan`` says whether a missing number is refused, or passed on as one.
    """

    value: object
    kind: str
    refused: frozenset[str]
    nan: str
    rows: int | tuple[int, int] | None


@dataclass(frozen=True)
class Kind:
    """What an array holds; ``refused`` names the corruptions that it cannot hold."""

    name: str
    refused: frozenset[str]
    nan: str
    rows: int | tuple[int, int] | None = -1

    def __call__(
        self,
        value: object,
        *,
        rows: object = ...,
        nan: str = "",
        also: Iterable[str] = (),
        legal: Iterable[str] = (),
    ) -> Arg:
        """Return an argument of this kind; ``also`` and ``legal`` change what is refused."""
        made = value if isinstance(value, Estimate) else np.asarray(value)
        axis = None if np.ndim(made) == 0 else self.rows if rows is ... else rows
        refused = (self.refused | set(also)) - set(legal)
        return Arg(made, self.name, refused, nan or self.nan, axis)  # type: ignore[arg-type]


def _kind(name: str, refused: str, nan: str, **more: object) -> Kind:
    return Kind(name, frozenset(refused.split()), nan, **more)  # type: ignore[arg-type]


VALUE = _kind("value", "inf text", "missing")
OUTCOME = _kind("outcome", "inf text", "refused")  # rows of a model: nothing may be missing
COUNT = _kind("count", "inf minus text", "missing")
EVENTS = _kind("events", "inf minus huge text", "missing")  # at most the people beside them
WEIGHT = _kind("weight", "inf minus zeros text", "refused")
SHARE = _kind("share", "inf minus huge text", "missing")
POSITIVE = _kind("positive", "inf minus zeros text", "missing")
ERROR = _kind("error", "inf minus text", "missing")
RANK = _kind("rank", "inf minus huge text", "refused")  # from 0 to 1
CODE = _kind("code", "inf minus huge part text", "refused")
FLAG = _kind("flag", "inf minus huge part text", "refused")
PLACE = _kind("place", "inf minus huge part text", "refused", rows=None)  # of a row
NUMBER = _kind("number", "inf minus huge part text", "refused", rows=None)  # of a level
NAMES = _kind("names", "", "refused")
DESIGN = _kind("design", "inf text", "refused", rows=0)
COVARIANCE = _kind("covariance", "inf minus text", "missing", rows=(-2, -1))
ESTIMATE = _kind("estimate", "", "missing", rows=None)


@dataclass(frozen=True)
class Call:
    """One valid call of a public statistic, and what is always so of its result.

    Attributes
    ----------
    function, given
        What is called, with which arguments: :class:`Arg` where bad numbers are tried.
    ordered
        Whether the order of rows means something (time, from disadvantaged to advantaged).
    one
        ``taken`` or ``refused``: what becomes of a single group or row.
    leading
        Whether arrays may have axes before those told: many strata at once.
    drawn
        Whether limits are drawn, so that only values are held to be the same in another order.
    part
        For functions that take arrays which a statistic has read already: no text, no lengths.
    own
        Whether a missing number leaves its own place missing, and counts for the others.
    endless
        Whether a limit may be infinite: the docstring says when no effect is refused.
    keeps
        Names in the result that a missing number may leave as they are: counts of what there is.
    """

    function: Callable[..., object]
    given: Mapping[str, object]
    ordered: bool = False
    one: str = "taken"
    leading: bool = False
    drawn: bool = False
    part: bool = False
    own: bool = False
    endless: bool = False
    keeps: tuple[str, ...] = ()
    label: str = ""

    @property
    def name(self) -> str:
        """Where the statistic is found, beneath the package."""
        module = self.function.__module__.removeprefix("equity_pipeline.statistics.")
        return f"{module}.{self.function.__qualname__}{self.label}"

    @property
    def arguments(self) -> dict[str, Arg]:
        """The arguments in which bad numbers are tried."""
        return {name: one for name, one in self.given.items() if isinstance(one, Arg)}

    def __call__(self, **changed: object) -> dict[str, np.ndarray]:
        """Return the flat result of the call, with some arguments changed."""
        plain = {
            name: one.value if isinstance(one, Arg) else one for name, one in self.given.items()
        }
        return flat(self.function(**(plain | changed)))


def flat(result: object, path: str = "") -> dict[str, np.ndarray]:
    """Return every array of a result, with its name."""
    if result is None or callable(result):
        return {}
    if is_dataclass(result) and not isinstance(result, type):
        return flat({one.name: getattr(result, one.name) for one in fields(result)}, path)
    if isinstance(result, Mapping):
        inner = {str(key): value for key, value in result.items()}
    elif isinstance(result, list | tuple):
        inner = {str(place): value for place, value in enumerate(result)}
    else:
        plain = np.asarray(result.value if isinstance(result, Enum) else result)
        if plain.dtype == object and all(one is None for one in plain.ravel()):
            return {}  # as many times nothing is nothing too
        return {path: plain}
    return {
        name: array
        for key, value in inner.items()
        for name, array in flat(value, f"{path}.{key}".strip(".")).items()
    }


def public() -> dict[str, Callable[..., object]]:
    """Return every public statistic by its name: exported by a room, or told in a module."""
    found: dict[str, Callable[..., object]] = {}
    for one in pkgutil.walk_packages(statistics.__path__, f"{statistics.__name__}."):
        module = importlib.import_module(one.name)
        short = one.name.removeprefix(f"{statistics.__name__}.")
        names = module.__all__ if one.ispkg else [] if "." in short or short in TOOLS else None
        told = {
            name: value
            for name, value in vars(module).items()
            if inspect.isfunction(value)
            and (name in names if names is not None else _is_told(value, one.name))
        }
        found |= {f"{f.__module__}.{f.__qualname__}": f for f in told.values()}
    return {name.removeprefix(f"{statistics.__name__}."): f for name, f in sorted(found.items())}


def _is_told(function: Callable[..., object], module: str) -> bool:
    text = inspect.getdoc(function) or ""
    sections = "Parameters\n---" in text or "Examples\n---" in text
    return function.__module__ == module and not function.__name__.startswith("_") and sections


def register() -> list[Call]:
    """Return the calls of all registers."""
    modules = [importlib.import_module(f"tests.property.calls_{name}") for name in REGISTERS]
    return [call for module in modules for call in module.CALLS]


def numeric(result: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the numbers of a result."""
    for name, array in result.items():
        if array.dtype.kind in "fiub":
            yield name, array
