"""Tables that stand beside a delivered one: in the same folder, or in the same archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from equity_pipeline.deliveries.reading import archive, spool
from equity_pipeline.deliveries.verdict import Refusal


@contextmanager
def opened(path: Path, pattern: str, staging: Path) -> Iterator[tuple[Path, str] | None]:
    """Give the bytes of the one file beside a delivered one whose bare name fits a pattern.

    Parameters
    ----------
    path
        The delivered file on disk: a plain file, or the archive that it is a member of.
    pattern
        In lower case; names are compared in lower case too.
    staging
        A private folder for a member while it is read.

    Raises
    ------
    Refusal
        ``beside_ambiguous`` if more than one file fits: no order of names chooses between them.
    """
    if path.suffix.lower() == ".zip":
        with spool.opened(path) as held:
            found = [one for one in archive.members(held) if _fits(one[0], pattern)]
            if not _is_one(found):
                yield None
                return
            name, parts = found[0]
            with spool.staged(staging, parts) as (content, _):
                yield content, name
        return
    beside = [one for one in sorted(path.parent.iterdir()) if _fits(one.name, pattern)]
    yield (beside[0], beside[0].name) if _is_one(beside) else None


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(PurePosixPath(name).name.lower(), pattern)


def _is_one(found: Sequence[object]) -> bool:
    if len(found) > 1:
        raise Refusal("beside_ambiguous")
    return bool(found)
