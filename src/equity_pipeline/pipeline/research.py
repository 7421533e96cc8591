"""The research package: definitions, code version, released tables, methods; never a person's row.

It is made of what was released, so everything in it has been through the disclosure door.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.extracts.durable import (
    TEMPORARY,
    rename_into_place,
    restrict,
    sha256_of,
    write_text,
)
from equity_pipeline.extracts.manifest import DATAPACKAGE, verify, write_hashes
from equity_pipeline.pipeline import printing
from equity_pipeline.pipeline.identity import code_version
from equity_pipeline.pipeline.table_register import tables_page
from equity_pipeline.settings import Settings
from equity_pipeline.vocabulary import vocabulary

READ_ME = """# Research package

Aggregated tables of the release {release} (run {run_id}, as of {as_of}).

- `tables/`: the released tables as parquet. Hidden cells are empty; no row is about one person.
- `indicator_catalogue.csv`, `indicator_catalogue.md`: every definition with version and hash.
- `data_dictionary.md`, `table_register.md`: columns, codes, owners, sources and rhythms.
- `methods.md`: every statistic with its source and an example.
- `datapackage.json`, `SHA256SUMS`: what each file is, and its hash.

The tables were made with {code}; this package was written with {package_code}.
"""


def research_package(settings: Settings, to: Path, methods: str) -> dict[str, Any]:
    """Write the package into a new folder and say what is in it.

    Parameters
    ----------
    settings
        The run's settings.
    to
        A folder that is not there yet, or is empty.
    methods
        The methods appendix.

    Raises
    ------
    ConfigurationError
        If there is no release, or the folder holds something.
    WarehouseError
        If the release is not whole.
    """
    place = _release(settings)
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ConfigurationError(
            "The research package is not written over anything.",
            where=str(to),
            mend="name a folder that is not there yet",
        )
    described = json.loads((place / DATAPACKAGE).read_text("utf-8"))
    to.parent.mkdir(parents=True, exist_ok=True)
    made = to.with_name(f"{TEMPORARY}{to.name}")
    shutil.rmtree(made, ignore_errors=True)
    try:
        _fill(made, place, described, settings.run.declared, methods)
        restrict(made)
        rename_into_place(made, to)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    names = sorted(path.stem for path in (to / "tables").iterdir())
    return {"folder": str(to), "release": place.name, "tables": names}


def _release(settings: Settings) -> Path:
    if not settings.current.exists():
        raise ConfigurationError(
            "There is no release to make a research package of.",
            where=str(settings.current),
            mend="run `equity run` and `equity release` first",
        )
    place = settings.current.resolve()
    verify(place)
    return place


def _fill(
    made: Path, place: Path, described: dict[str, Any], declared: Sequence[Path], methods: str
) -> None:
    tables = made / "tables"
    tables.mkdir(parents=True)
    resources = []
    for one in described["resources"]:
        if one["name"] in vocabulary().forms:  # nothing but what the door has passed
            shutil.copyfile(place / one["path"], tables / one["path"])
            resources.append(one | {"path": f"tables/{one['path']}"})
    facts = described["run"]
    words = {name: facts.get(name, "") for name in ("run_id", "as_of", "code")}
    texts = _texts(declared, methods) | {
        "README.md": READ_ME.format(release=place.name, package_code=code_version(), **words)
    }
    for name, text in texts.items():
        write_text(made / name, text)
        resources.append(_document(made / name))
    package = described | {
        "name": "equity-pipeline-research-package",
        "run": {**facts, "release": place.name, "package_code": code_version()},
        "resources": resources,
    }
    told = json.dumps(package, ensure_ascii=False, indent=1) + "\n"
    write_text(made / DATAPACKAGE, told)
    write_hashes(made)


def _texts(declared: Sequence[Path], methods: str) -> dict[str, str]:
    return {
        "indicator_catalogue.csv": printing.indicators_csv(declared),
        "indicator_catalogue.md": printing.indicators_page(declared),
        "data_dictionary.md": printing.dictionary_page(),
        "table_register.md": tables_page(),
        "methods.md": methods,
    }


def _document(path: Path) -> dict[str, Any]:
    return {
        "name": path.stem.lower(),
        "path": path.name,
        "format": path.suffix[1:],
        "hash": f"sha256:{sha256_of(path)}",
        "bytes": path.stat().st_size,
    }
