"""The same deliveries, packed, named and ordered otherwise, and read by another machine."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path


def write(folder: Path, files: list[Path], **told: str) -> None:
    """Put files into a delivery folder with a manifest of their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in files:
        shutil.copyfile(path, folder / path.name)
    names = sorted(path.name for path in folder.iterdir() if path.suffix != ".json")
    listed = [{"name": name} for name in names]
    (folder / "manifest.json").write_text(json.dumps({"files": listed} | told), "utf-8")


def delivered(incoming: Path) -> list[tuple[dict[str, str], list[Path]]]:
    """What the manifest of each folder says, and the files beside it."""
    found = []
    for manifest in sorted(incoming.rglob("manifest.json")):
        told = json.loads(manifest.read_text("utf-8"))
        kept = {name: told[name] for name in ("source", "period", "extracted_at")}
        files = sorted(path for path in manifest.parent.iterdir() if path != manifest)
        found.append((kept, files))
    return found


def renamed(incoming: Path, out: Path) -> None:
    """Folders in the opposite order, and files of a year under the name of another."""
    for place, (told, files) in enumerate(delivered(incoming)):
        folder = out / f"{'zyxwvu'[place]}_{told['source']}" / "delivered"
        folder.mkdir(parents=True)
        for path in files:
            name = path.name.replace("_202", "_209" if "person" in path.name else "_201")
            shutil.copyfile(path, folder / name)
        write(folder, [], **told)


def zipped(incoming: Path, out: Path) -> None:
    """All in one archive, the last file first."""
    out.mkdir()
    deliveries = delivered(incoming)
    with zipfile.ZipFile(out / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((one for _, files in deliveries for one in files), reverse=True):
            archive.write(path, path.name)
    write(out, [], **deliveries[0][0])


def split(incoming: Path, out: Path) -> None:
    """Every other file in a delivery of its own, and one file sent twice."""
    for told, files in delivered(incoming):
        for part in (0, 1):
            write(out / f"part_{part}" / told["source"] / told["period"], files[part::2], **told)
    contacts = min(incoming.rglob("contact_*"))
    again = out / "again" / "202501"
    again.mkdir(parents=True)
    shutil.copyfile(contacts, again / f"contact_9999{contacts.suffix}")
    write(again, [], **delivered(incoming)[0][0])


Variant = tuple[Callable[[Path, Path], None], dict[str, str]]
# each unlike the others in all that must not count
VARIANTS: dict[str, Variant] = {
    "renamed": (renamed, {
        "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "1", "EQUITY_RUN__THREADS": "2",
        "EQUITY_DELIVERIES__BLOCK_BYTES": "65536",
    }),
    "zipped": (zipped, {
        "TZ": "Europe/Stockholm", "PYTHONHASHSEED": "2", "EQUITY_RUN__THREADS": "1",
        "EQUITY_DELIVERIES__BLOCK_BYTES": "1000000",
    }),
    "split": (split, {
        "TZ": "UTC", "PYTHONHASHSEED": "3", "EQUITY_RUN__THREADS": "4",
        "EQUITY_DELIVERIES__BLOCK_BYTES": "1024",
    }),
}  # fmt: skip
