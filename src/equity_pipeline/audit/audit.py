"""The audit itself: every attack on one release, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from equity_pipeline.audit import (
    earlier,
    identities,
    margins,
    metadata,
    orders,
    pages,
    populations,
    rounded,
    small,
    values,
    workbooks,
)
from equity_pipeline.audit.attacker import Attacker, Step, silent
from equity_pipeline.audit.finding import CouldNotJudge, Finding
from equity_pipeline.audit.handed import Handed
from equity_pipeline.audit.known_well import confirmed
from equity_pipeline.audit.release import UNITS, Half, Release
from equity_pipeline.audit.solver import Clock

Attack = Callable[[Attacker], list[Finding]]
TIME_LIMIT = 600.0  # seconds of the solver for one release
UNIT = 0.2  # of the work of an attack is all on the files of a unit


class Kind(NamedTuple):
    """A kind of attack: what it tries in words, and how."""

    words: str
    run: Attack


# those that look at a file by itself
OF_FILES: Mapping[str, Kind] = MappingProxyType(
    {
        "rounding": Kind("numbers of the open tier that were not rounded", rounded.attack),
        "metadata": Kind("columns, files and facts beside the tables", metadata.attack),
        "pages": Kind("what the source of a page tells and the page does not show", pages.attack),
        "workbooks": Kind("what a workbook holds and does not show", workbooks.attack),
        "personal_numbers": Kind("personal numbers in any file", identities.attack),
    }
)
# those that hold numbers against each other, wherever they stand
OF_CELLS: Mapping[str, Kind] = MappingProxyType(
    {
        "small": Kind("counts that are shown and too small", small.attack),
        "values": Kind("counts that follow from a rate, an interval or a mean", values.attack),
        "order_statistics": Kind("extremes, and medians of too few persons", orders.attack),
        "margins": Kind("what totals leave for a hidden count", margins.attack),
        "populations": Kind("what indicators of the same people tell together", populations.attack),
        "earlier": Kind("what earlier releases tell beside this one", earlier.attack),
    }
)
ATTACKS: Mapping[str, Kind] = MappingProxyType({**OF_FILES, **OF_CELLS})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the attacks on one release found.

    Attributes
    ----------
    findings
        The leaks, in order; empty if no attack worked.
    unjudged
        For each attack that could not be carried through the reason.
    n_cells, n_hidden
        Cells that the release tells of, and those it hides.
    """

    findings: tuple[Finding, ...]
    unjudged: Mapping[str, str]
    n_cells: int
    n_hidden: int

    @property
    def exit_code(self) -> int:
        """Return 0 for clean, 1 for a leak, 2 if nothing was found but not all was tried."""
        return 1 if self.findings else 2 if self.unjudged else 0

    def told(self) -> dict[str, Any]:
        """Return the verdict as it stands in the JSON."""
        return {
            "verdict": ("clean", "leak", "could_not_judge")[self.exit_code],
            "exit_code": self.exit_code,
            "n_cells": self.n_cells,
            "n_hidden": self.n_hidden,
            "attacks": list(ATTACKS),
            "findings": [one.told() for one in self.findings],
            "unjudged": dict(self.unjudged),
        }


def audit(
    release: Release,
    *,
    time_limit: float = TIME_LIMIT,
    progress: Callable[[str], None] = silent,
) -> Verdict:
    """Return what every attack on a release finds, and on the parts of it that are read alone.

    Parameters
    ----------
    release
        From `read_release`; where it was read for one half of the audit, that half is done.
    time_limit
        Seconds that the solver may take in all; what it cannot prove by then is not judged.
    progress
        Is told what is tried.
    """
    sizes = {
        Half.NUMBERS: len(OF_CELLS) + len(ATTACKS) * len(release.parts),
        Half.FILES: len(ATTACKS) + len(release.units) * UNIT,
    }
    tried = _Tried(time_limit, progress, sum(sizes[half] for half in release.halves))
    whole = tried.attacker(release)
    if Half.NUMBERS in release.halves:
        tried.all_on(whole, OF_CELLS)
        for part in release.parts:
            where = f"{part.folder.name}/"
            tried.all_on(tried.attacker(part), ATTACKS, where, sift=partial(confirmed, whole))
    if Half.FILES in release.halves:
        tried.all_on(whole, OF_FILES)
        for unit in release.units:
            where = f"{UNITS}/{unit.folder.name}/"
            tried.all_on(tried.attacker(unit), OF_FILES, where, UNIT / len(OF_FILES))
        handed = Handed.of(release)
        tried.handed_to_units(handed, handed.units)
    hidden = whole.cells.hidden
    return Verdict(
        tuple(sorted(tried.found, key=lambda one: (one.attack, one.key, one.column, one.file))),
        MappingProxyType(tried.unjudged),
        len(hidden),
        int(hidden.sum()),
    )


class _Tried:
    """What was found so far, what could not be judged, and how much of the work is done."""

    def __init__(self, limit: float, progress: Callable[[str], None], size: float) -> None:
        self.found: set[Finding] = set()
        self.unjudged: dict[str, str] = {}
        self._limit, self._progress, self._size, self._done = limit, progress, size, 0.0
        self._told = ""

    def attacker(self, release: Release) -> Attacker:
        """Return who attacks a release."""
        return Attacker(
            release, Clock(self._limit), lambda more: self._tell(f"{self._told}: {more}")
        )

    def all_on(
        self,
        by: Attacker,
        attacks: Mapping[str, Kind],
        where: str = "",
        step: float = 1.0,
        sift: Callable[[Collection[Finding]], set[Finding]] = set,
    ) -> None:
        """Try attacks on a release.

        Parameters
        ----------
        by
            From `attacker`.
        where
            What files are named with before, where the release is a part of another.
        step
            How much of the work an attack is.
        sift
            Returns those of the findings that count.
        """
        found = set[Finding]()
        for name, kind in attacks.items():
            self._told = f"{where.rstrip('/')}: {kind.words}" if where else kind.words
            self._tell(self._told)
            try:
                found |= {replace(one, file=f"{where}{one.file}") for one in kind.run(by)}
            except CouldNotJudge as error:
                self.unjudged[f"{where.rstrip('/')}: {name}" if where else name] = error.what
            self._done += step
        self.found |= sift(found)

    def _tell(self, words: str) -> None:
        self._progress(Step(words, min(self._done / self._size, 1.0)))

    def handed_to_units(self, handed: Handed, units: Sequence[str]) -> None:
        """Hold what units are handed against the release.

        All their folders first: that is more than any reader has. Where that tells something, each
        half of them, and so on down to the folder of one unit, which is what its reader has.
        """
        together = handed.beside(units)
        if together is None:
            return
        tried = _Tried(self._limit, self._progress, self._size)
        tried._done = self._done
        tried.all_on(tried.attacker(together), OF_CELLS)
        if tried.found and len(units) > 1:
            middle = len(units) // 2
            for half in (units[:middle], units[middle:]):
                self.handed_to_units(handed, half)
            return
        self.found |= tried.found
        self.unjudged |= {f"{UNITS}: {name}": why for name, why in tried.unjudged.items()}
