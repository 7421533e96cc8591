"""What is printed from the declarations is current, and what the README tells can be done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from equity_pipeline.cli.manual import commands, manual
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.pipeline.printing import embedded, readme_parts
from equity_pipeline.vocabulary import vocabulary

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
TEXTS = {"README.md": README} | {
    f"docs/{path.name}": path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md"))
}
PRINTED = manual(ROOT)
BRITISH = {
    "standardized": "standardised", "color(?!ectal)": "colour", "program ": "programme ",
    "behavior": "behaviour", "center": "centre", "anonymized": "anonymised",
}  # fmt: skip


@pytest.mark.parametrize("path", PRINTED, ids=lambda path: path.name)
def test_a_generated_text_is_current(path: Path) -> None:
    assert path.exists(), "run `make docs`"
    assert path.read_text("utf-8") == PRINTED[path], "run `make docs` and commit what it printed"


def test_a_stale_table_would_be_seen() -> None:
    stale = README.replace(load_catalogue()["VT01"].sv, "Något annat")
    assert stale != README
    assert embedded(stale, readme_parts()) == README


def test_every_indicator_and_exit_code_stands_in_the_readme() -> None:
    rows = {line.split("|")[1].strip() for line in README.splitlines() if line.startswith("| ")}
    assert rows >= {one.id for one in load_catalogue().values()}
    assert rows >= {str(code) for code in vocabulary().exit_codes}


@pytest.mark.parametrize("name", TEXTS)
def test_every_make_target_that_is_told_exists(name: str) -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", TEXTS[name], re.M)) <= made


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_that_is_told_exists(name: str) -> None:
    verbs = {one.split()[1] for one in commands() if " " in one}
    told = re.findall(r"(?:^|[`/ ])equity ([a-z]+)(?=[ `\n])", TEXTS[name], re.M)
    assert {verb for verb in told if verb not in verbs} == set()


@pytest.mark.parametrize("name", TEXTS)
def test_every_option_that_is_told_exists(name: str) -> None:
    helps = PRINTED[ROOT / "docs" / "command-line.md"]
    told = re.findall(r"(?:^|[`/ ])equity [a-z][^`\n|#]*", TEXTS[name], re.M)
    options = {option for one in told for option in re.findall(r" (--[a-z-]+)", one)}
    assert {option for option in options if option not in helps} == set()


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_that_is_pointed_to_exists(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXTS[name])
    links += re.findall(r"\b(?:configs|src|docs|flows)/[\w./-]*\w/?", TEXTS[name])
    folder = (ROOT / name).parent
    assert [one for one in links if not ((folder / one).exists() or (ROOT / one).exists())] == []


def test_every_rehearsed_fault_names_tests_that_are_there() -> None:
    table = TEXTS["docs/operations.md"].partition("## Faults that are rehearsed")[2]
    rows = [line.split("|")[3] for line in table.splitlines() if line.startswith("| ")][1:]
    told = [re.findall(r"`(\w+)`", row) for row in rows]
    assert len(told) > 30 and all(told)
    there = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert {one for row in told for one in row} <= there


@pytest.mark.parametrize("name", TEXTS)
def test_the_spelling_is_british(name: str) -> None:
    found = [word for word in BRITISH if re.search(rf"\b{word}", TEXTS[name])]
    assert found == []


def test_a_newcomer_reads_the_readme_in_minutes() -> None:
    prose = re.sub(r"^\|.*$|```.*?```", "", README, flags=re.M | re.S)
    assert len(prose.split()) < 1500
