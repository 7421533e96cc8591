"""The commands on a key: begin a rotation, move the persons, end it, or say how it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from equity_pipeline.deliveries.identity.keys import previous_path
from equity_pipeline.deliveries.identity.rederive import rederive
from equity_pipeline.deliveries.identity.rotation import Rotation, recorded
from equity_pipeline.deliveries.layouts.layout import Layout, read_layout
from equity_pipeline.deliveries.schema import create_raw_schema
from equity_pipeline.errors import ConfigurationError
from equity_pipeline.settings import Settings, as_of_or_today
from equity_pipeline.warehouse.database import Lock, open_person


def begin(settings: Settings, layout: str | None = None, as_of: date | None = None) -> str:
    """Put a new key in the place of the old one, and return in words what follows."""
    with _rotation(settings, layout, as_of) as rotation:
        held = rotation.begin()
        return (
            f"Key {held.key_id} has taken the place of {held.previous_key_id}; {held.left} persons "
            "are known by the old one. Every load now recognises them; `equity rotate-key "
            "--rekey` reads what still lies in the delivery folder, --finish ends it."
        )


def rekey(settings: Settings, layout: str | None = None, as_of: date | None = None) -> str:
    """Read the identities of the delivered files again with both keys, and say who is left."""
    with _rotation(settings, layout, as_of) as rotation:
        if rotation.standing().previous_key_id is None:
            raise ConfigurationError(
                "No rotation of this key has begun.",
                where=str(rotation.key_file),
                mend="`equity rotate-key` begins one",
            )
        same = [one for one in _with_key(settings) if _file(one) == rotation.key_file]
        files, persons = rederive(
            settings, rotation.connection, same, rotation.keys(), as_of=rotation.as_of
        )
        rotation.moved(persons)
        left = rotation.standing().left
        return f"{files} files read again, {persons} persons moved, {left} left under the old key."


def finish(
    settings: Settings, layout: str | None = None, as_of: date | None = None, *, forget: int = 0
) -> str:
    """Destroy the old key, and say so."""
    with _rotation(settings, layout, as_of) as rotation:
        held = rotation.finish(forget=forget)
        lost = f" {held.left} persons stay under it, out of reach." if held.left else ""
        which = held.previous_key_id or "before"
        return f"The key {which} is overwritten and removed.{lost}"


def status(
    settings: Settings, layout: str | None = None, as_of: date | None = None
) -> dict[str, Any]:
    """Return key ids, their ages in days, persons by key and the record of rotations."""
    with _rotation(settings, layout, as_of) as rotation:
        held = rotation.standing()
        return {
            "key_file": str(rotation.key_file),
            "key_id": held.key_id,
            "age_days": _age(rotation.key_file),
            "previous_key_id": held.previous_key_id,
            "previous_age_days": _age(previous_path(rotation.key_file)),
            "persons_by_key_id": dict(held.persons),
            "persons_left": held.left,
            "rotations": recorded(rotation.connection),
        }


@contextmanager
def _rotation(settings: Settings, layout: str | None, as_of: date | None) -> Iterator[Rotation]:
    path = _file(_chosen(settings, layout))
    named = (settings.deliveries.folder, settings.release.share)
    outside = (settings.releases, settings.candidates, *(one for one in named if one))
    with Lock(settings.run.home), open_person(settings) as connection:
        create_raw_schema(connection)
        yield Rotation(connection, path, as_of_or_today(as_of, settings), outside)


def _with_key(settings: Settings) -> list[Layout]:
    layouts = (read_layout(path) for path in settings.deliveries.layouts)
    return [one for one in layouts if one.key_file is not None]


def _file(layout: Layout) -> Path:
    assert layout.key_file is not None
    return layout.key_file.resolve()


def _chosen(settings: Settings, name: str | None) -> Layout:
    held = [one for one in _with_key(settings) if name in (None, one.name)]
    if len({_file(one) for one in held}) == 1:
        return held[0]
    names = ", ".join(one.name for one in _with_key(settings)) or "none"
    raise ConfigurationError(
        "It is not clear which key is meant." if held else "There is no layout with such a key.",
        where=f"layouts with a key_file: {names}",
        mend="name one with --layout; only layouts with identity columns have a key",
    )


def _age(path: Path) -> int | None:
    if not path.exists():
        return None
    made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return (datetime.now(UTC) - made).days
