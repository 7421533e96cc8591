"""What became of each delivered file: verdict, counted rows, reasons - never a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from equity_pipeline.errors import DeliveryRefused, WarehouseError

Verdict = Literal["accept", "quarantine", "reject_file", "already_loaded"]

MEND = {
    "already_loaded": "nothing: these bytes are in the warehouse",
    "archive_broken": "pack the file again",
    "archive_encrypted": "pack without a password; the transfer itself is what is encrypted",
    "archive_path": "pack plain files, without folders above, links or absolute paths",
    "archive_ratio": "pack the file again; it unpacks to more than 100 times its size",
    "changed_while_read": "deliver again when the file is completely written",
    "column_empty": "fill the column, or take it from another column in the layout",
    "column_missing": "deliver the column, or correct the layout",
    "column_type": "deliver text, numbers, dates or true and false in every column",
    "column_undeclared": "map the column in the layout, or name it there as ignored with a reason",
    "empty_file": "deliver the file again",
    "encoding": "deliver in the encoding that the layout declares",
    "format_unknown": "deliver csv, parquet or xlsx, as the layout's pattern says",
    "header_duplicate": "give every column a name of its own",
    "header_unrecognised": "check the delimiter, the header row and the layout",
    "manifest_file_absent": "deliver the file that the manifest lists, or a manifest without it",
    "manifest_invalid": "deliver a manifest.json with a list of files, each named once",
    "manifest_rows": "deliver the file again with a manifest that counts its rows",
    "manifest_sha256": "deliver the file again with its own manifest",
    "manifest_unlisted": "list the file in its manifest.json, or take it out of the delivery",
    "mojibake": "the text was decoded wrongly before it was sent; make the extract again",
    "no_layout_matches": "add a [[file]] to a layout, or name the file as ignored with a reason",
    "no_rows": "deliver the file with its rows, or leave it out of the delivery",
    "not_a_file": "deliver plain files, no links or folders in their place",
    "not_csv": "deliver the format that the file's name says",
    "not_parquet": "deliver the format that the file's name says",
    "not_xlsx": "deliver the format that the file's name says",
    "nul_byte": "make the extract again; the file was cut off or is no text",
    "personal_number": "deliver pseudonyms; personal numbers belong in a declared identity column",
    "quarantine_share": "see the counted reasons; most often a code list or a format has changed",
    "quote_unclosed": "close the quotes, or double those inside a field",
}


class Refusal(Exception):
    """A whole file that is not loaded: the reason code and its rows as far as they are known."""

    def __init__(
        self, reason: str, *, rows: int = 0, reasons: Mapping[str, int] | None = None
    ) -> None:
        self.reason = reason
        self.rows = rows
        self.reasons = {reason: rows} | dict(reasons or {})
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file: every delivered row was loaded, quarantined or refused."""

    name: str
    verdict: Verdict
    rows_in: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    rows_refused: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    entities: Mapping[str, int] = field(default_factory=dict)

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
        mends = dict.fromkeys(MEND.get(reason.partition(":")[0]) for reason in self.reasons)
        return DeliveryRefused(
            f"The file was not loaded: {told}.",
            where=self.name,
            mend="; ".join(mend for mend in mends if mend),
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
