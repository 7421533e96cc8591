"""The audit itself: every attack on one release, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from equity_pipeline.audit import (
    earlier,
    identities,
    margins,
    metadata,
    orders,
    pages,
    small,
    values,
    workbooks,
)
from equity_pipeline.audit.attacker import Attacker, silent
from equity_pipeline.audit.finding import CouldNotJudge, Finding
from equity_pipeline.audit.release import Release
from equity_pipeline.audit.solver import Clock

Attack = Callable[[Attacker], list[Finding]]
TIME_LIMIT = 600.0  # seconds of the solver for one release
# in the order in which they are tried: what is quick first
ATTACKS: Mapping[str, Attack] = MappingProxyType(
    {
        "small": small.attack,
        "values": values.attack,
        "order_statistics": orders.attack,
        "metadata": metadata.attack,
        "pages": pages.attack,
        "workbooks": workbooks.attack,
        "personal_numbers": identities.attack,
        "margins": margins.attack,
        "earlier": earlier.attack,
    }
)


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
    """Return what every attack on a release finds.

    Parameters
    ----------
    release
        From `read_release`.
    time_limit
        Seconds that the solver may take in all; what it cannot prove by then is not judged.
    progress
        Is told what is tried.
    """
    by = Attacker(release, Clock(time_limit), progress)
    found: set[Finding] = set()
    unjudged: dict[str, str] = {}
    for name, attack in ATTACKS.items():
        progress(name)
        try:
            found |= set(attack(by))
        except CouldNotJudge as error:
            unjudged[name] = error.what
    made = by.cells
    return Verdict(
        tuple(sorted(found, key=lambda one: (one.attack, one.key, one.column, one.file))),
        MappingProxyType(unjudged),
        len(made.hidden),
        int(made.hidden.sum()),
    )
