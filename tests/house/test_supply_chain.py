"""What is not ours: locked with hashes, listed in a bill of materials, silent, and never code."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
BIN = Path(sys.executable).parent
# formats that run what they read, and makers of code from text
NEVER_IMPORTED = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml"}
NEVER_CALLED = {"eval", "exec", "compile", "__import__", "system", "popen", "read_pickle"}
STARTS_PROCESSES = {"pipeline/auditing.py", "pipeline/publisher.py"}
KEPT_SECURITY_RULES_OFF = {"S101", "S608"}  # asserts in tests; SQL has a test of its own below
SQL = re.compile(r"\b(select|insert into|update|delete from|create|attach|set|copy|comment on)\b")
# what stands between apostrophes of SQL and cannot hold one: dates, names of the vocabulary and of
# periods, a zone that the settings have looked up, and what doubles its apostrophes
QUOTED_OTHERWISE = {"limit.isoformat()", "value.isoformat()", "start", "_quoted(folder)",
                    "_quoted(beside)", "name", "one",
                    "settings.region.time_zone",
                    "readers.both(label).replace(chr(39), chr(39) * 2)"}  # fmt: skip


def trees() -> Iterator[tuple[str, ast.Module]]:
    source = ROOT / "src" / "equity_pipeline"
    for folder in (source, ROOT / "flows"):
        for path in sorted(folder.rglob("*.py")):
            yield path.relative_to(folder).as_posix(), ast.parse(path.read_text("utf-8"))


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name.partition(".")[0] for one in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module.partition(".")[0]]
    return []


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        ours = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
        return "" if ours else node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def test_nothing_is_read_that_could_run_and_no_text_becomes_code():
    found = [
        f"{name}:{node.lineno} {used}"
        for name, tree in trees()
        for node in ast.walk(tree)
        for used in [*imported(node), called(node)]
        if used in NEVER_IMPORTED | NEVER_CALLED
    ]
    assert found == []


def test_only_the_publisher_and_the_audit_start_a_process_and_nobody_a_shell():
    starts = {
        name for name, tree in trees() for node in ast.walk(tree) if "subprocess" in imported(node)
    }
    assert starts == STARTS_PROCESSES
    shells = [
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "shell"
    ]
    assert shells == []


def between_marks(tree: ast.Module) -> Iterator[tuple[int, ast.expr]]:
    """Yield what a formatted text puts between two apostrophes of its SQL."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        words = "".join(str(one.value) for one in node.values if isinstance(one, ast.Constant))
        for before, held, after in zip(node.values, node.values[1:], node.values[2:], strict=False):
            closed = isinstance(before, ast.Constant) and isinstance(after, ast.Constant)
            if not closed or not isinstance(held, ast.FormattedValue) or not SQL.search(words):
                continue
            if str(before.value).endswith("'") and str(after.value).startswith("'"):
                yield node.lineno, held.value


def test_no_value_is_put_between_quotation_marks_of_sql_unbound():
    rooms = ("cli/", "sources/")  # those write commands for people and addresses, not SQL
    found = [
        f"{name}:{line} {ast.unparse(value)}"
        for name, tree in trees()
        if not name.startswith(rooms)
        for line, value in between_marks(tree)
        if not (isinstance(value, ast.Name) and value.id.isupper())
        and ast.unparse(value) not in QUOTED_OTHERWISE
    ]
    assert found == []


def test_the_rules_of_security_are_on():
    lint = PROJECT["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    assert {one for one in lint["ignore"] if one.startswith("S")} == KEPT_SECURITY_RULES_OFF
    assert not any(path.startswith(("src", "flows")) for path in lint["per-file-ignores"])


def test_everything_is_installed_by_hash_and_nothing_else():
    installs = [line for line in MAKEFILE.splitlines() if "pip install" in line]
    assert installs
    for line in installs:
        assert "--require-hashes" in line or "--no-deps --no-build-isolation --editable ." in line


def bill(path: Path) -> Path:
    """Make the bill of materials with the command of `make sbom`."""
    [line] = [one.strip() for one in MAKEFILE.splitlines() if "$(BIN)/cyclonedx-py" in one]
    words = line.replace("$(BIN)", str(BIN)).replace("''", "").split(" ")
    words[words.index("sbom.cdx.json")] = str(path)
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return path


@pytest.fixture(scope="module")
def sbom(tmp_path_factory) -> Path:
    return bill(tmp_path_factory.mktemp("sbom") / "one.json")


def test_the_bill_lists_every_locked_package_with_its_hashes(sbom):
    listed = {
        (one["name"], one["version"]): {
            held["content"]
            for place in one["externalReferences"]
            for held in place.get("hashes", [])
        }
        for one in json.loads(sbom.read_text("utf-8"))["components"]
    }
    entries = re.split(r"^(?=\w)", LOCK, flags=re.M)[1:]
    locked = {
        (found[1], found[2]): set(re.findall(r"--hash=sha256:(\w+)", entry))
        for entry in entries
        if (found := re.match(r"([\w.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", entry))
    }
    assert len(locked) == len(entries) > 100
    assert listed == locked


def test_the_bill_is_valid_by_its_schema(sbom):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(sbom.read_text("utf-8")) is None
    told = json.loads(sbom.read_text("utf-8")) | {"components": [{"name": "without a type"}]}
    assert validator.validate_str(json.dumps(told)) is not None


def test_the_bill_is_the_same_each_time_and_names_no_index_and_no_machine(sbom, tmp_path):
    assert bill(tmp_path / "two.json").read_bytes() == sbom.read_bytes()
    text = sbom.read_text("utf-8")
    strange = r"file:|localhost|127\.0\.0\.1|/home/|/tmp/|/root|/simple\b|files\.pythonhosted|index"
    assert re.findall(strange, text.replace("requirements line", "")) == []
    assert str(ROOT) not in text and "serialNumber" not in text and "timestamp" not in text
