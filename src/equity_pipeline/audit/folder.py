"""The folder of a release: files that its list does not have, and what the manifest tells."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from equity_pipeline.audit.finding import Finding, Key
from equity_pipeline.audit.release import HASHES, MANIFEST, Release

EXTRA_FILE, METADATA = "extra_file", "metadata"
KINDS = {".parquet", ".csv", ".html", ".htm", ".xlsx", ".xlsm", ".duckdb", ".md"}
ZIPPED = ".csv.zip"
OF_RESOURCE = {
    *("name", "code", "path", "format", "mediatype", "encoding", "compression", "dialect"),
    *("title", "title_en", "hash", "bytes", "rows", "schema"),
}
OF_FIELD = {
    *("name", "type", "title", "title_en", "unit", "constraints"),
    *("decimalChar", "falseValues", "trueValues"),
}
OF_CONSTRAINT = {"required", "enum", "unique"}


def of_folder(release: Release) -> Iterator[Finding]:
    """Yield files that a release does not have, and facts of its manifest that tell of rows."""
    listed = _listed(release.folder)
    for path in release.files():
        name = path.relative_to(release.folder).as_posix()
        if listed is not None and name not in listed:
            yield _file(name, "a file that the release's own list does not have")
        elif not _is_known(path, name):
            yield _file(name, "a file of a kind that a release does not have")
        if name.endswith(ZIPPED):
            with zipfile.ZipFile(path) as packed:
                if packed.namelist() != [path.name.removesuffix(".zip")] or packed.comment:
                    yield _file(name, "more than its table is packed in the file")
    if (release.folder / MANIFEST).exists():
        yield from _manifest(release.folder / MANIFEST)


def _listed(folder: Path) -> set[str] | None:
    if not (folder / HASHES).exists():
        return None
    lines = (folder / HASHES).read_text("utf-8", errors="replace").splitlines()
    return {HASHES, *(line.partition("  ")[2] for line in lines)}


def _is_known(path: Path, name: str) -> bool:
    return path.suffix in KINDS or name.endswith(ZIPPED) or name in (MANIFEST, HASHES)


def _file(name: str, words: str) -> Finding:
    return Finding(EXTRA_FILE, Key(), "", name, words)


def _manifest(path: Path) -> Iterator[Finding]:
    for one in json.loads(path.read_text("utf-8")).get("resources", []):
        fields = one.get("schema", {}).get("fields", [])
        more = set(one) - OF_RESOURCE
        more |= {key for field in fields for key in set(field) - OF_FIELD}
        more |= {
            key for field in fields for key in set(field.get("constraints", {})) - OF_CONSTRAINT
        }
        for key in sorted(more):
            words = f"the manifest tells of {one.get('path', '')!r} what no table does"
            yield Finding(METADATA, Key(), key, MANIFEST, words)
