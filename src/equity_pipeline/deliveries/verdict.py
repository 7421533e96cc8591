"""What became of each delivered file: verdict, counted rows, reasons - never a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from equity_pipeline.deliveries.mends import mends_of
from equity_pipeline.errors import DeliveryRefused, WarehouseError

Verdict = Literal["accept", "quarantine", "reject_file", "already_loaded", "superseded"]
SUPERSEDED: Final = "superseded"  # in the books: a newer file of the series was there first


# Whoever counted these rows would have read what was refused before it was read.
UNCOUNTED = frozenset(
    (
        *("archive_broken", "archive_encrypted", "archive_nested", "archive_path", "archive_ratio"),
        *("changed_while_read", "format_unknown", "no_layout_matches", "not_a_file"),
        *("not_csv", "not_parquet", "not_xlsx", "still_written", "too_large"),
        *("manifest_file_absent", "manifest_invalid", "manifest_sha256", "manifest_unlisted"),
    )
)


class Refusal(Exception):
    """A whole file that is not loaded: the reason code and its rows as far as they are known.

    ``is_counted`` is false where rows cannot be counted without decoding what nobody should.
    """

    def __init__(
        self,
        reason: str,
        *,
        rows: int = 0,
        reasons: Mapping[str, int] | None = None,
        is_counted: bool | None = None,
    ) -> None:
        self.reason = reason
        self.rows = rows
        known = rows > 0 or reason not in UNCOUNTED
        self.is_counted = known if is_counted is None else is_counted
        self.reasons = {reason: rows} | dict(reasons or {})
        super().__init__(reason)

    def beside(self, has_personal_number: bool) -> Refusal:
        """Return the same refusal, with the reason beside it that the file holds a number."""
        if not has_personal_number:
            return self
        reasons = dict(self.reasons) | {"personal_number": self.rows}
        return Refusal(self.reason, rows=self.rows, reasons=reasons, is_counted=self.is_counted)


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file: every delivered row was loaded, quarantined or refused.

    ``warnings`` are no faults: the rows are taken in. ``rows_before`` are those of a file that is
    already loaded, which count nowhere again.
    """

    name: str
    verdict: Verdict
    rows_in: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    rows_refused: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    entities: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    is_counted: bool = True
    rows_before: int = 0

    def __post_init__(self) -> None:
        if self.rows_in != self.rows_loaded + self.rows_quarantined + self.rows_refused:
            raise WarehouseError(
                f"Rows were lost: {self.rows_in} in, {self.rows_loaded} loaded, "
                f"{self.rows_quarantined} quarantined, {self.rows_refused} refused.",
                where=self.name,
                mend="nothing of this file was kept; report the fault",
            )

    def refusal(self) -> DeliveryRefused:
        """Return the error that says why the file was not loaded and how to mend it."""
        told = ", ".join(
            f"{reason} ({n})" if n else reason for reason, n in sorted(self.reasons.items())
        )
        return DeliveryRefused(
            f"The file was not loaded: {told}.",
            where=self.name,
            mend="; ".join(mends_of(self.reasons)),
        )


@dataclass(frozen=True, slots=True)
class LoadReport:
    """All files of a load, in the order in which they were read."""

    files: tuple[FileReport, ...] = ()

    def total(self, counted: str) -> int:
        """Return the sum over the files of ``rows_in``, ``rows_loaded`` and so on.

        Examples
        --------
        >>> LoadReport((FileReport("a", "accept", 2, 2), FileReport("b", "accept", 3, 3))).rows_in
        5
        """
        return sum(int(getattr(file, counted)) for file in self.files)

    @property
    def rows_in(self) -> int:
        """Rows of the files that were read; a file that is already loaded counts none."""
        return self.total("rows_in")

    @property
    def rows_loaded(self) -> int:
        """Rows that are now in the warehouse."""
        return self.total("rows_loaded")

    @property
    def rows_quarantined(self) -> int:
        """Rows that were set aside, each with a reason."""
        return self.total("rows_quarantined")

    @property
    def rows_refused(self) -> int:
        """Rows of files that were refused whole."""
        return self.total("rows_refused")

    @property
    def reasons(self) -> Mapping[str, int]:
        """Rows by reason, over all files."""
        found: dict[str, int] = {}
        for file in self.files:
            for reason, n in file.reasons.items():
                found[reason] = found.get(reason, 0) + n
        return MappingProxyType(dict(sorted(found.items())))

    def with_verdict(self, verdict: Verdict) -> tuple[FileReport, ...]:
        """Return the files with one verdict."""
        return tuple(file for file in self.files if file.verdict == verdict)

    def raise_if_refused(self) -> None:
        """Raise when any file was refused; the others are loaded, and the night stops here.

        Raises
        ------
        DeliveryRefused
            If one file was refused; of several, an ExceptionGroup with one error for each.
        """
        refused = [file.refusal() for file in self.with_verdict("reject_file")]
        if len(refused) == 1:
            raise refused[0]
        if refused:
            raise ExceptionGroup(f"{len(refused)} delivered files were refused", refused)
