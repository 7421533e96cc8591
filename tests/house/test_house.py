"""The house holds: lengths, floors, words, labels, and a lock that any index can serve."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from equity_pipeline.quality.suites import load_suite
from equity_pipeline.vocabulary import read_words, vocabulary

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "equity_pipeline"
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
LONGEST_MODULE = 300
LONGEST_MEDIAN = 200
# the words themselves, and what people may say of a verdict that is theirs
MAY_SAY = {"vocabulary/wording.toml", "vocabulary/forms/t10_decision_register.toml"}
# what is held against the world outside: files, servers, and the log that is evidence
OWN_CLOCK = {"warehouse/access_log.py", "pipeline/retention.py", "pipeline/rotating.py",
             "deliveries/reading/spool.py", "sources/asking/refusals.py"}  # fmt: skip
CLOCK_READ = re.compile(r"datetime\.now\(|date\.today\(|\btime\.time\(|utcnow\(")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    part
                    for part in node.body
                    if isinstance(part, ast.FunctionDef) and not part.name.startswith("_")
                )


def test_no_module_is_longer_than_its_limit():
    assert {
        str(p.relative_to(ROOT)): lines(p) for p in modules() if lines(p) > LONGEST_MODULE
    } == {}


def test_the_time_is_asked_of_the_one_clock_that_a_rehearsal_can_set():
    found = {str(p.relative_to(SOURCE)) for p in modules() if CLOCK_READ.search(p.read_text())}
    assert found == OWN_CLOCK | {"clock.py"}


def test_the_median_module_is_short():
    assert statistics.median(lines(path) for path in modules()) < LONGEST_MEDIAN


def test_the_floors_hold():
    linter = Path(sys.executable).with_name("lint-imports")
    if not linter.exists():
        pytest.skip("no lint-imports beside this python: `make test` installs import-linter")
    told = subprocess.run(
        [linter, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout[-3000:]


def test_every_module_says_what_it_is():
    silent = [p for p in modules() if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert [str(path.relative_to(ROOT)) for path in silent] == []


def test_every_public_name_has_a_docstring():
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules()
        for node in public(ast.parse(path.read_text("utf-8")))
        if not ast.get_docstring(node)
    ]
    assert silent == []


def test_nothing_in_the_source_is_marked_unfinished():
    marked = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in modules()
        for line in path.read_text("utf-8").splitlines()
        if UNFINISHED.search(line)
    ]
    assert marked == []


def swedish() -> Iterator[tuple[str, str]]:
    for path in sorted(
        [*SOURCE.rglob("vocabulary/**/*.toml"), *SOURCE.rglob("declared/**/*.toml")]
    ):
        yield str(path.relative_to(ROOT)), path.read_text("utf-8")
    for path in sorted((SOURCE / "report").rglob("*")):
        if path.suffix in {".html", ".j2", ".jinja", ".toml", ".py"}:
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")
    yield "quality/texts.py", (SOURCE / "quality" / "texts.py").read_text("utf-8")


def test_no_label_judges_before_the_review_has():
    said = [
        (where, fault)
        for where, text in swedish()
        if not where.endswith(tuple(MAY_SAY))
        for fault in vocabulary().misspoken(text)
    ]
    assert said == []


def test_the_lock_pins_every_package_with_hashes():
    entries = re.split(r"^(?=\w)", LOCK, flags=re.M)[1:]
    assert len(entries) > 50
    assert [first for entry in entries if "==" not in (first := entry.splitlines()[0])] == []
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_address_and_no_path():
    spoken = [line for line in LOCK.splitlines() if not line.lstrip().startswith("#")]
    strange = re.compile(r"file:|https?:|localhost|127\.0\.0\.1|/home/|/tmp/|--index|--find")
    assert [line for line in spoken if strange.search(line)] == []


def labels() -> Iterator[tuple[str, dict[str, object]]]:
    raw = read_words()
    for name, entries in raw["codes"].items():
        yield from ((f"codes.{name}.{code}", words) for code, words in entries.items())
    for section in ("columns", "dimensions", "entities", "forms", "domains", "exit_codes"):
        yield from ((f"{section}.{name}", words) for name, words in raw[section].items())
    yield from ((f"not_measurable.{n}", words) for n, words in raw["not_measurable"].items())


def test_every_word_of_the_vocabulary_stands_in_both_languages():
    assert [where for where, words in labels() if not words.get("sv") or not words.get("en")] == []


@pytest.mark.parametrize("name", sorted(vocabulary().codes))
def test_the_order_of_a_code_list_is_unique(name):
    orders = [label.order for label in vocabulary().codes[name].values()]
    assert len(set(orders)) == len(orders)
    assert 0 not in orders


def test_the_order_of_the_dimensions_is_unique():
    orders = [dimension.label.order for dimension in vocabulary().dimensions.values()]
    assert len(set(orders)) == len(orders)


def test_every_column_of_an_entity_and_a_form_is_in_the_dictionary():
    held = vocabulary()
    named = {name for entity in held.entities.values() for name in (*entity.columns, *entity.key)}
    named |= {name for form in held.forms.values() for name in (*form.columns, *form.key)}
    assert named - set(held.columns) == set()


def test_every_delivered_entity_has_a_suite():
    assert all(load_suite(entity).expectations for entity in vocabulary().entities)
