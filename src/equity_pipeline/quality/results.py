"""What a check says: one frozen result a check, gathered into the report of the gate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from equity_pipeline.errors import QualityStop
from equity_pipeline.vocabulary import Label

Kind = Literal["gx", "own"]
Severity = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class GateResult:
    """One check of one entity; ``detail`` speaks of counts and columns, never of a row's value.

    ``loads`` are those that failed, where single ones can be named; ``asked`` is what an
    expectation asks for, in both languages.
    """

    entity: str
    check: str
    kind: Kind
    severity: Severity
    passed: bool
    n_checked: int
    detail: str
    column: str = ""
    files: tuple[str, ...] = ()
    loads: tuple[int, ...] = ()
    asked: Label | None = None


@dataclass(frozen=True, slots=True)
class GateReport:
    """All results of a gate, in the order in which they were made.

    Examples
    --------
    >>> bad = GateResult("person", "row_count", "own", "critical", False, 0, "no rows")
    >>> odd = GateResult("contact", "mean", "gx", "warning", False, 9, "mean outside its range")
    >>> report = GateReport((bad, odd))
    >>> len(report.failed_critical), len(report.failed_warning)
    (1, 1)
    """

    results: tuple[GateResult, ...] = field(default=())

    @property
    def failed_critical(self) -> tuple[GateResult, ...]:
        """Return the failed checks that stop publication."""
        return self._failed("critical")

    @property
    def failed_warning(self) -> tuple[GateResult, ...]:
        """Return the failed checks that the readiness table tells of."""
        return self._failed("warning")

    def of(self, entity: str) -> tuple[GateResult, ...]:
        """Return the results of one entity."""
        return tuple(one for one in self.results if one.entity == entity)

    def summary(self) -> str:
        """Return how many checks there were and how many failed.

        Examples
        --------
        >>> GateReport().summary()
        '0 checks, 0 critical and 0 warning failed'
        """
        return (
            f"{len(self.results)} checks, {len(self.failed_critical)} critical and "
            f"{len(self.failed_warning)} warning failed"
        )

    def raise_if_critical(self) -> None:
        """Do nothing when no critical check failed.

        Raises
        ------
        QualityStop
            Lists every failed critical check with its entity and files.
        """
        failed = self.failed_critical
        if not failed:
            return
        told = "\n".join(f"  {one.entity}: {one.check}: {one.detail}" for one in failed)
        raise QualityStop(
            f"{len(failed)} critical check(s) failed; nothing is published and the old release "
            f"stands.\n{told}",
            where="; ".join(sorted({_place(one) for one in failed})),
            mend="have the files delivered again as agreed, or correct the layout, then run again; "
            "a suite that is wrong is changed in expectations/<entity>.json",
        )

    def _failed(self, severity: Severity) -> tuple[GateResult, ...]:
        return tuple(r for r in self.results if not r.passed and r.severity == severity)


def _place(result: GateResult) -> str:
    files = f" ({', '.join(result.files)})" if result.files else ""
    return f"raw.{result.entity}{files}"
