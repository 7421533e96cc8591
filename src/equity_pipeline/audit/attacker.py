"""Who attacks: the release that is seen, what was read from it, how long it may still take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from equity_pipeline.audit.cells import Cells, cells
from equity_pipeline.audit.release import Release
from equity_pipeline.audit.solver import Clock


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
    """

    release: Release
    clock: Clock = field(default_factory=lambda: Clock(600))
    progress: Callable[[str], None] = silent

    @cached_property
    def cells(self) -> Cells:
        """Every cell of the release, read once."""
        return cells(self.release)
