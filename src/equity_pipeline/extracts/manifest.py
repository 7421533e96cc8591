"""What stands beside the files of a release: its description, its hashes, what changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from equity_pipeline.errors import WarehouseError
from equity_pipeline.extracts.changes import Change, change_of
from equity_pipeline.extracts.durable import files_of, sha256_of, write_text
from equity_pipeline.extracts.excel_csv import DECIMAL, SEPARATOR
from equity_pipeline.extracts.places import CSV, UNITS, is_of_units, parts_of
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
TABLE = "| table | new | changed | removed | definition | hidden | shown | values |"
# how the files for Excel write what could be written otherwise
WRITTEN: Mapping[str, Mapping[str, Any]] = {
    "number": {"decimalChar": DECIMAL},
    "boolean": {"trueValues": ["true"], "falseValues": ["false"]},
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
    """Describe a folder's tables, parquet and CSV, in ``datapackage.json`` (Frictionless).

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
    tables = sorted(folder.glob("*.parquet"))
    package = {
        "name": "equity-pipeline",
        "title": "Jämlik vård: skillnader i primärvården",
        "title_en": "Equitable care: differences in primary care",
        "version": str(facts["run_id"]),
        "run": {name: _plain(facts[name]) for name in sorted(facts)},
        "licenses": [dict(licence or UNDECIDED)],
        "sources": [dict(source) for source in sources],
        "resources": [
            *(_resource(path) for path in tables),
            *(_for_excel(path, folder) for path in sorted((folder / CSV).glob("*.csv*"))),
        ],
    }
    return write_text(folder / DATAPACKAGE, _by_line(package))


def _by_line(package: Mapping[str, Any]) -> str:
    """Return JSON with a line for each fact and each resource: to be read, and quickly written."""
    lines = []
    for name, value in package.items():
        held = json.dumps(value, ensure_ascii=False)
        if name == "resources":
            of_each = ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in value)
            held = f"[\n  {of_each}\n ]"
        lines.append(f" {json.dumps(name)}: {held}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


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
        "schema": {"fields": _fields(form.name), "primaryKey": list(form.key)},
    }


def _for_excel(path: Path, folder: Path) -> dict[str, Any]:
    """Describe a table for Excel; the dialect must be told, since readers guess it wrong."""
    form = vocabulary().forms[path.name.partition(".")[0]]
    packed = {"compression": "zip"} if path.suffix == ".zip" else {}
    return {
        "name": f"{form.name}-csv",
        "code": form.code,
        "path": path.relative_to(folder).as_posix(),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8-sig",
        **packed,
        "title": form.label.sv,
        "title_en": form.label.en,
        "hash": f"sha256:{sha256_of(path)}",
        "bytes": path.stat().st_size,
        "dialect": {"delimiter": SEPARATOR},
        "schema": {"fields": [_with_comma(one) for one in _fields(form.name)]},
    }


def _with_comma(field: Mapping[str, Any]) -> dict[str, Any]:
    return {**field, **WRITTEN.get(field["type"], {})}


@cache
def _fields(form: str) -> list[dict[str, Any]]:
    return [_field(name) for name in vocabulary().forms[form].columns]


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
    """Write ``SHA256SUMS`` over every file below a folder, as ``sha256sum -c`` reads it.

    The units' own folders have lists of their own: who reads the release does not read them.
    """
    lines = [f"{sha256_of(path)}  {name}" for name, path in _listed(folder).items()]
    return write_text(folder / HASHES, "\n".join(lines) + "\n")


def seal(folder: Path) -> None:
    """Write the hashes of a release: first of each part that is handed out by itself."""
    for part in parts_of(folder):
        write_hashes(part)
    write_hashes(folder)


def _listed(folder: Path) -> dict[str, Path]:
    """Return the files that a folder's list of hashes is of, by their names there."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in files_of(folder)
        if path != folder / HASHES and not is_of_units(path, folder)
    }


def read_hashes(folder: Path) -> dict[str, str]:
    """Return the hash of each file as ``SHA256SUMS`` says it; empty if there is none."""
    path = folder / HASHES
    if not path.exists():
        return {}
    pairs = (line.split("  ", 1) for line in path.read_text("utf-8").splitlines() if line)
    return {name: digest for digest, name in pairs}


def all_hashes(folder: Path) -> dict[str, str]:
    """Return the hashes of a release and of its units' own folders, by path below the release."""
    found = read_hashes(folder)
    for part in parts_of(folder):
        if is_of_units(part, folder):
            below = part.relative_to(folder).as_posix()
            found |= {f"{below}/{name}": digest for name, digest in read_hashes(part).items()}
    return found


def verify(folder: Path) -> None:
    """Hold every file below a folder against ``SHA256SUMS``, and the units' own against theirs.

    Raises
    ------
    WarehouseError
        Names the files that are absent, changed or not listed.
    """
    wrong = _wrong(folder)
    for part in parts_of(folder):
        if is_of_units(part, folder):
            wrong += [f"{UNITS}/{part.name}: {words}" for words in _wrong(part)]
    if wrong:
        raise WarehouseError(
            f"The release is not whole: {'; '.join(wrong)}.",
            where=str(folder),
            mend="build it again; what stands in `current` is untouched",
        )


def _wrong(folder: Path) -> list[str]:
    listed, found = read_hashes(folder), _listed(folder)
    if not listed:
        return ["it has no SHA256SUMS"]
    wrong = [f"{name} is absent" for name in listed if name not in found]
    wrong += [f"{name} is not listed" for name in found if name not in listed]
    return wrong + [
        f"{name} is not what was written"
        for name, path in found.items()
        if name in listed and sha256_of(path) != listed[name]
    ]


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
        names = sorted({path.name for one in (folder, previous) for path in one.glob("*.parquet")})
        changes = [change_of(folder / name, previous / name) for name in names]
        lines += [f"Against: {_run_of(previous)}", "", TABLE, "|---|---|---|---|---|---|---|---|"]
        lines += [_row(one) for one in changes]
        defined = sorted({words for one in changes for words in one.definitions})
        lines += ["", "## Definitions", "", *(f"- {words}" for words in defined or ["unchanged"])]
    return write_text(folder / CHANGES, "\n".join(lines) + "\n")


def _row(one: Change) -> str:
    rows = one.rows
    of_changed = (rows.definition, rows.hidden, rows.shown, rows.values)
    told = (one.form, rows.new, rows.changed, rows.removed, *of_changed)
    return f"| {' | '.join(str(number) for number in told)} |"


def _run_of(folder: Path) -> str:
    package = folder / DATAPACKAGE
    if not package.exists():
        return "unknown"
    return str(json.loads(package.read_text("utf-8"))["run"]["run_id"])
