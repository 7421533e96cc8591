"""What stands beside the files of a release: its description, its hashes, what changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from equity_pipeline.errors import WarehouseError
from equity_pipeline.extracts.changes import Change, change_of
from equity_pipeline.extracts.durable import files_of, sha256_of, write_text
from equity_pipeline.vocabulary import vocabulary

DATAPACKAGE, HASHES, CHANGES = "datapackage.json", "SHA256SUMS", "CHANGES.md"
FRICTIONLESS = {
    "VARCHAR": "string",
    "DOUBLE": "number",
    "BIGINT": "integer",
    "INTEGER": "integer",
    "SMALLINT": "integer",
    "DECIMAL": "number",
    "DATE": "date",
    "BOOLEAN": "boolean",
}
UNDECIDED = {
    "name": "undecided",
    "title": "Villkor beslutas av regionen | Terms are decided by the region",
}


def write_datapackage(
    folder: Path,
    facts: Mapping[str, object],
    *,
    sources: Sequence[Mapping[str, str]] = (),
    licence: Mapping[str, str] | None = None,
) -> Path:
    """Describe the parquet files of a folder in ``datapackage.json`` (Frictionless).

    Parameters
    ----------
    folder
        Holds the files; hashes and sizes are read from it.
    facts
        What is to be known of the run, with ``run_id``; no clock time.
    sources
        Each with ``title``, and where known ``path`` and ``licence``.
    licence
        Terms of the release: ``name``, ``title``, ``path``.
    """
    package = {
        "name": "equity-pipeline",
        "title": "Jämlik vård: skillnader i primärvården",
        "title_en": "Equitable care: differences in primary care",
        "version": str(facts["run_id"]),
        "run": {name: _plain(facts[name]) for name in sorted(facts)},
        "licenses": [dict(licence or UNDECIDED)],
        "sources": [dict(source) for source in sources],
        "resources": [_resource(path) for path in sorted(folder.glob("*.parquet"))],
    }
    return write_text(
        folder / DATAPACKAGE, json.dumps(package, ensure_ascii=False, indent=1) + "\n"
    )


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _resource(path: Path) -> dict[str, Any]:
    form = vocabulary().forms[path.stem]
    return {
        "name": form.name,
        "code": form.code,
        "path": path.name,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "title": form.label.sv,
        "title_en": form.label.en,
        "hash": f"sha256:{sha256_of(path)}",
        "bytes": path.stat().st_size,
        "rows": pq.read_metadata(path).num_rows,
        "schema": {
            "fields": [_field(name) for name in form.columns],
            "primaryKey": list(form.key),
        },
    }


def _field(name: str) -> dict[str, Any]:
    column = vocabulary().column(name)
    made: dict[str, Any] = {
        "name": name,
        "type": FRICTIONLESS[column.type.partition("(")[0]],
        "title": column.label.sv,
        "title_en": column.label.en,
    }
    if column.unit:
        made["unit"] = column.unit
    if column.codes:
        made["constraints"] = {"enum": list(vocabulary().codes[column.codes])}
    return made


def write_hashes(folder: Path) -> Path:
    """Write ``SHA256SUMS`` over every other file below a folder, as ``sha256sum -c`` reads it."""
    lines = [
        f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}"
        for path in files_of(folder)
        if path.name != HASHES
    ]
    return write_text(folder / HASHES, "\n".join(lines) + "\n")


def read_hashes(folder: Path) -> dict[str, str]:
    """Return the hash of each file as ``SHA256SUMS`` says it; empty if there is none."""
    path = folder / HASHES
    if not path.exists():
        return {}
    pairs = (line.split("  ", 1) for line in path.read_text("utf-8").splitlines() if line)
    return {name: digest for digest, name in pairs}


def verify(folder: Path) -> None:
    """Hold every file below a folder against ``SHA256SUMS``.

    Raises
    ------
    WarehouseError
        Names the files that are absent, changed or not listed.
    """
    listed = read_hashes(folder)
    found = {
        path.relative_to(folder).as_posix(): path
        for path in files_of(folder)
        if path.name != HASHES
    }
    wrong = [f"{name} is absent" for name in listed if name not in found]
    wrong += [f"{name} is not listed" for name in found if name not in listed]
    wrong += [
        f"{name} is not what was written"
        for name, path in found.items()
        if name in listed and sha256_of(path) != listed[name]
    ]
    if wrong or not listed:
        raise WarehouseError(
            f"The release is not whole: {'; '.join(wrong) or 'it has no SHA256SUMS'}.",
            where=str(folder),
            mend="build it again; what stands in `current` is untouched",
        )


def write_changes(folder: Path, previous: Path | None, facts: Mapping[str, object]) -> Path:
    """Write ``CHANGES.md``: rows and definitions that differ from the previous release.

    Parameters
    ----------
    folder
        The new files.
    previous
        The folder of the release before, None if this is the first.
    facts
        What is to be known of the run, with ``run_id``.
    """
    lines = ["# Ändringar | Changes", "", f"Run: {facts['run_id']}"]
    if previous is None:
        lines += ["", "First release."]
    else:
        lines += [f"Against: {_run_of(previous)}", "", "| table | new | changed | removed |"]
        changes = [
            change_of(path, previous / path.name) for path in sorted(folder.glob("*.parquet"))
        ]
        lines += ["|---|---|---|---|", *(_row(one) for one in changes)]
        defined = sorted({words for one in changes for words in one.definitions})
        lines += ["", "## Definitions", "", *(f"- {words}" for words in defined or ["unchanged"])]
    return write_text(folder / CHANGES, "\n".join(lines) + "\n")


def _row(one: Change) -> str:
    return f"| {one.form} | {one.new} | {one.changed} | {one.removed} |"


def _run_of(folder: Path) -> str:
    package = folder / DATAPACKAGE
    if not package.exists():
        return "unknown"
    return str(json.loads(package.read_text("utf-8"))["run"]["run_id"])
