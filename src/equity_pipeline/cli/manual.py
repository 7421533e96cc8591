"""Prints the manual: ``python -m equity_pipeline.cli.manual`` writes docs/ and the README's tables.

It is no command of ``equity``: it changes the project, not a region's results.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from equity_pipeline.cli.app import app
from equity_pipeline.cli.deliveries_page import deliveries_page, sources_page
from equity_pipeline.cli.methods_page import methods_page
from equity_pipeline.cli.requirements_page import requirements_page
from equity_pipeline.pipeline import printing
from equity_pipeline.pipeline.table_register import tables_page

WIDTH = 96


def manual(project: Path) -> dict[Path, str]:
    """Return every generated text of a project by its path.

    Parameters
    ----------
    project
        A folder with a README.md that has the marks of the embedded tables.
    """
    readme = project / "README.md"
    return {
        project / "docs" / "indicators.md": printing.indicators_page(),
        project / "docs" / "indicators.csv": printing.indicators_csv(),
        project / "docs" / "data-dictionary.md": printing.dictionary_page(),
        project / "docs" / "tables.md": tables_page(),
        project / "docs" / "methods.md": methods_page(),
        project / "docs" / "command-line.md": command_line_page(),
        project / "docs" / "deliveries.md": deliveries_page(),
        project / "docs" / "sources.md": sources_page(),
        project / "docs" / "requirements.md": requirements_page(project),
        readme: printing.embedded(readme.read_text("utf-8"), printing.readme_parts()),
    }


def command_line_page() -> str:
    """Return the help of every command, and the exit codes."""
    parts = ["# Command line", printing.NOTE]
    for name, words in _helps():
        parts.append(f"## {name}\n\n```text\n{words}\n```")
    parts.append(f"## Exit codes\n\n{printing.exit_code_table()}")
    return "\n\n".join(parts) + "\n"


def commands() -> tuple[str, ...]:
    """Return every command as it is typed.

    Examples
    --------
    >>> "equity config show" in commands()
    True
    """
    return tuple(name for name, _ in _helps())


def _helps() -> Iterator[tuple[str, str]]:
    root = typer.main.get_command(app)
    yield from _below(root, typer.Context(root, info_name="equity"))


def _below(command: Any, context: typer.Context) -> Iterator[tuple[str, str]]:
    context.max_content_width = context.terminal_width = WIDTH
    lines = command.get_help(context).splitlines()
    yield context.command_path, "\n".join(line.rstrip() for line in lines).strip()
    if isinstance(command, TyperGroup):
        for name, one in command.commands.items():
            if not one.hidden:
                yield from _below(one, typer.Context(one, info_name=name, parent=context))


def main() -> None:
    """Write the generated texts of the project in the given folder."""
    parser = argparse.ArgumentParser(description="Print the manual.")
    parser.add_argument("--project", type=Path, default=Path())
    for path, text in manual(parser.parse_args().project).items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
