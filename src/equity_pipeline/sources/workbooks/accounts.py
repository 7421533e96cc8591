"""What became of every figure in a workbook: taken, or refused with a reason and a place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from equity_pipeline.errors import SourceError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Refused:
    """One figure that was not taken, and where it stands."""

    reason: str
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class Account:
    """The books of one workbook: figures in are figures taken and figures refused.

    ``unknown`` are headings that no word declares, ``unread`` sheets without a table, and
    ``hidden`` sheets that the workbook hides; none of them is read.

    Examples
    --------
    >>> Account("a.xlsx", 3, 2, (Refused("total_row", "Blad1", 9),)).reasons
    {'total_row': 1}
    """

    file: str
    figures_in: int
    taken: int
    refused: tuple[Refused, ...] = ()
    unknown: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.figures_in != self.taken + len(self.refused):
            raise SourceError(
                f"{self.figures_in} figures came in, {self.taken} were taken and "
                f"{len(self.refused)} refused.",
                where=self.file,
                mend="this is a fault of the reader, not of the file: report it",
            )

    @property
    def reasons(self) -> dict[str, int]:
        """Return how many figures each reason refused."""
        return dict(sorted(Counter(one.reason for one in self.refused).items()))


@dataclass(slots=True)
class Ledger(Generic[T]):
    """Gathers figures with their places while a workbook is read."""

    file: str
    entries: list[tuple[T, str, int]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)

    def take(self, entry: T, sheet: str, row: int) -> None:
        """Note a figure that could be read."""
        self.entries.append((entry, sheet, row))

    def refuse(self, reason: str, sheet: str, row: int, times: int = 1) -> None:
        """Note figures of a row that could not."""
        self.refused.extend([Refused(reason, sheet, row)] * times)

    def close(self, key: Callable[[T], Hashable]) -> tuple[tuple[T, ...], Account]:
        """Return the figures that stand, and the account.

        Of figures with the same key and the same content one stands; where they contradict each
        other none does, since nobody can say which is right.
        """
        figures_in = len(self.entries) + len(self.refused)
        kept = list(self._settled(key))
        account = Account(
            self.file,
            figures_in,
            len(kept),
            tuple(self.refused),
            tuple(dict.fromkeys(self.unknown)),
            tuple(self.unread),
            tuple(self.hidden),
        )
        return tuple(kept), account

    def _settled(self, key: Callable[[T], Hashable]) -> Iterable[T]:
        groups: dict[Hashable, list[tuple[T, str, int]]] = {}
        for one in self.entries:
            groups.setdefault(key(one[0]), []).append(one)
        for same in groups.values():
            first, *more = same
            agree = all(entry == first[0] for entry, _, _ in more)
            reason = "duplicate" if agree else "contradictory"
            for _, sheet, row in more if agree else same:
                self.refuse(reason, sheet, row)
            if agree:
                yield first[0]


def tell(accounts: Iterable[Account]) -> Mapping[str, int]:
    """Return the refusals of several workbooks together, by reason."""
    total: Counter[str] = Counter()
    for one in accounts:
        total.update(one.reasons)
    return dict(sorted(total.items()))
