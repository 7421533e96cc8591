"""The page of requirements: where each is seen, and the tests that hold it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from equity_pipeline.pipeline import printing
from equity_pipeline.vocabulary import vocabulary

FILE = Path("tests") / "requirements.toml"


def requirements_page(project: Path) -> str:
    """Return the requirements, where each can be seen, and which tests hold it.

    Parameters
    ----------
    project
        A folder with ``tests/requirements.toml``.
    """
    told = tomllib.loads((project / FILE).read_text("utf-8"))
    rows = [(name, one["what"], _seen(one), _held(one)) for name, one in told.items()]
    table = printing.markdown_table(["", "What", "Seen in", "Held by"], rows)
    return "\n\n".join([
        "# Requirements",
        "<!-- Printed by `make docs` from tests/requirements.toml; change that. -->",
        "What a region's analysis of equal care must be able to do, where in the results each part "
        "is seen, and the tests that fail when it is not. A test run ends by printing how each "
        "fared.",
        table,
    ]) + "\n"  # fmt: skip


def _seen(one: Mapping[str, Any]) -> str:
    return "; ".join([
        *_forms(one.get("forms", ())),
        *(f"`{command}`" for command in one.get("commands", ())),
        *one.get("places", ()),
    ])  # fmt: skip


def _forms(names: list[str]) -> Iterator[str]:
    for name in names:
        yield f"{vocabulary().forms[name].code} `{name}`"


def _held(one: Mapping[str, Any]) -> str:
    if "not_built" in one:
        return f"not built: {one['not_built']}"
    return "<br>".join(f"`{test.rpartition('/')[2]}`" for test in one["tests"])
