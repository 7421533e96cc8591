"""Who attacks: the release that is seen, what was read from it, how long it may still take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from equity_pipeline.audit.cells import Cells, cells
from equity_pipeline.audit.readings import Numbers
from equity_pipeline.audit.release import Release
from equity_pipeline.audit.solver import Clock
from equity_pipeline.audit.sums import Sums, sums


class Step(str):
    """What is tried, in words, with how much of the work lies behind: from 0 to 1.

    Examples
    --------
    >>> step = Step("what totals leave for a hidden count", 0.9)
    >>> step, step.share
    ('what totals leave for a hidden count', 0.9)
    """

    share: float

    def __new__(cls, words: str, share: float) -> Step:
        """Make a text that knows its share of the work."""
        made = super().__new__(cls, words)
        made.share = share
        return made


def silent(text: str) -> None:
    """Tell nobody how far it is."""


@dataclass(frozen=True)
class Attacker:
    """A reader of a release who tries to find what it hides.

    Attributes
    ----------
    release
        What is read; nothing else is.
    clock
        How long the solver may work.
    progress
        Is told what is tried.
    given
        The cells, where they are others than those that the release tells.
    """

    release: Release
    clock: Clock = field(default_factory=lambda: Clock(600))
    progress: Callable[[str], None] = silent
    given: Cells | None = None

    @cached_property
    def cells(self) -> Cells:
        """Every cell of the release, read once."""
        return cells(self.release) if self.given is None else self.given

    @cached_property
    def numbers(self) -> Numbers:
        """The number of each cell by its key."""
        return Numbers(self.cells.keys)

    @cached_property
    def sums(self) -> Sums:
        """What adds up to what among them."""
        return sums(self.cells, self.release)
