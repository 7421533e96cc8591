"""What a power cut leaves: a name is given to a release only when its bytes are on the disk.

The system calls of a real publication are written down by strace, in their order.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import publishing
from tests.faults.conftest import Place

CALLS = "openat,creat,write,pwrite64,writev,pwritev,ftruncate,fsync,fdatasync," \
    "rename,renameat,renameat2,symlink,symlinkat,mkdir,mkdirat"  # fmt: skip
LINE = re.compile(r"^\d+ +(?P<call>\w+)\((?P<rest>.*)\) += (?P<result>-?\d+)")
OPEN = re.compile(r"^\d+<(?P<path>[^>]*)>")
QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True)
class Call:
    """One system call that succeeded: what was done, to which path, and the new name if any."""

    what: str
    path: str
    new: str = ""


def calls(log: Path, home: Path) -> list[Call]:
    """Return what was written, flushed and named below a home, in its order."""
    made = []
    for line in log.read_text("utf-8", "replace").splitlines():
        found = LINE.match(line)
        if found is None or int(found["result"]) < 0:
            continue
        call, rest = found["call"], found["rest"]
        named = QUOTED.findall(rest)
        opened = OPEN.match(rest)
        if call.startswith("rename"):
            made.append(Call("rename", *named[-2:]))
        elif call.startswith("symlink"):
            made.append(Call("link", named[-1]))
        elif opened and "sync" in call:
            made.append(Call("flush", opened["path"]))
        elif opened and call != "openat":
            made.append(Call("write", opened["path"]))
    return [one for one in made if one.path.startswith(str(home))]


@pytest.fixture(scope="module")
def traced(made_small: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Call]]:
    """The home of a publication, and its calls."""
    if shutil.which("strace") is None:
        pytest.skip("strace is absent, which writes down the system calls: apt-get install strace")
    folder = tmp_path_factory.mktemp("traced") / "small"
    shutil.copytree(made_small, folder, symlinks=True)
    log = folder / "calls.txt"
    words = ["strace", "-f", "-y", "-qq", "-s", "4096", "-e", f"trace={CALLS}", "-o", str(log)]
    ended = subprocess.run(
        [*words, *publishing.command(folder / "equity.toml", "run-3", "2025-02", 50)],
        env=Place.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "ptrace" in ended.stderr.lower():
        pytest.skip("this user may not trace a process: allow ptrace to have it")
    assert ended.returncode == 0, ended.stderr
    return folder / "home", calls(log, folder / "home")


def at(made: list[Call], what: str, path: str, new: str = "") -> int:
    """Return the place of the last such call."""
    places = [i for i, one in enumerate(made) if (one.what, one.path) == (what, path)
              and new in ("", one.new)]  # fmt: skip
    assert places, f"no {what} of {path} {new}"
    return places[-1]


@pytest.mark.parametrize(
    ("folder", "made"), [("candidates", ".tmp-run-3"), ("releases", ".tmp-2025-02")]
)
def test_every_file_and_folder_is_on_the_disk_before_it_gets_its_name(folder, made, traced):
    home, done = traced
    place = home / folder / made
    final = place.with_name(made.removeprefix(".tmp-"))
    named = at(done, "rename", str(place), str(final))
    files = [path.relative_to(final) for path in final.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        flushed = at(done[:named], "flush", str(place / path))
        late = [one for one in done[flushed:] if one.path == str(place / path)
                and one.what == "write"]  # fmt: skip
        assert late == [], path
    for below in (place, *(place / path.parent for path in files)):
        at(done[:named], "flush", str(below))
    assert done[named + 1] == Call("flush", str(home / folder))


def test_readers_are_led_to_a_release_only_after_its_name_and_its_line_are_on_the_disk(traced):
    home, done = traced
    switched = at(done, "rename", str(home / ".tmp-current"), str(home / "current"))
    steps = [
        at(done, "rename", str(home / "releases" / ".tmp-2025-02")),
        at(done, "flush", str(home / "releases")),
        at(done, "write", str(home / "releases" / ".history.jsonl")),
        at(done, "flush", str(home / "releases" / ".history.jsonl")),
        at(done, "link", str(home / ".tmp-current")),
        switched,
        at(done, "flush", str(home)),
    ]
    assert steps == sorted(steps)
