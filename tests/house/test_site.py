"""The manual becomes a site that needs no network and in which every link leads somewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from equity_pipeline.report.speech import speech

DOCS = Path(__file__).resolve().parents[2] / "docs"
# what a browser would fetch by itself; a link is followed by people
FETCHED = re.compile(r"<(?:script|img|link|iframe|source)\b[^>]*\b(?:src|href)=\"(?:https?:)?//")


def build(docs: Path, to: Path) -> subprocess.CompletedProcess[str]:
    words = ["-W", "--keep-going", "-q", "-b", "html", "-d", str(to / ".doctrees")]
    command = [sys.executable, "-m", "sphinx", *words, str(docs), str(to)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_what_the_guide_quotes_of_the_pages_stands_on_them():
    said = [str(one) for part in speech("sv").words.values() for one in part.values()]
    quoted = re.findall("”([^”]+)”", (DOCS / "kom-igang.md").read_text("utf-8"))
    assert len(quoted) > 8
    assert [one for one in quoted if not any(one in words for words in said)] == []


@pytest.mark.long
def test_the_site_is_built_strictly_and_its_pages_fetch_nothing_from_elsewhere(tmp_path):
    done = build(DOCS, tmp_path)
    assert done.returncode == 0, done.stderr
    pages = sorted(tmp_path.glob("*.html"))
    assert {one.stem for one in DOCS.glob("*.md")} <= {one.stem for one in pages}
    assert [one.name for one in pages if FETCHED.search(one.read_text("utf-8"))] == []
    sheets = [one.read_text("utf-8") for one in tmp_path.rglob("*.css")]
    assert not [
        one for one in sheets if re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", one)
    ]
    assert '<div lang="sv">' in (tmp_path / "kom-igang.html").read_text("utf-8")


@pytest.mark.long
def test_a_link_that_leads_nowhere_is_no_site(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    shutil.copy(DOCS / "conf.py", docs)
    faults = ("[away](nowhere.md)", "[away](#no-such-heading)", "[away](index.md#nor-this)")
    (docs / "index.md").write_text("\n\n".join(["# Here", *faults, ""]), "utf-8")
    done = build(docs, tmp_path / "site")
    assert done.returncode != 0
    assert [line for line in (3, 5, 7) if f"index.md:{line}" not in done.stderr] == []
