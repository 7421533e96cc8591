"""Pictures of every page type of a finished home: `make screenshots OUT=out`.

Three widths, a printed A4 and a picture of the print of each go to the folder ``screenshots``, for
people to look at.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from equity_pipeline.report.accessibility.page import held_to

WIDTHS = (1280, 768, 360)
PAPER = 703  # pixels of the style sheet between the margins of A4
ENGLISH = ("start", "indicator", "programme_measure")  # the others differ in words alone


def pages(release: Path) -> list[Path]:
    """Return one page of each type that the release holds, some in English too."""
    found = []
    for kind, patterns in held_to().pages.items():
        for folder in (release, release / "en") if kind in ENGLISH else (release,):
            found += [next(iter(sorted(folder.glob(one))), None) for one in patterns]
    return [one for one in found if one is not None]


def picture(browser: Browser, path: Path, stem: str, to: Path) -> None:
    """Write a page at three widths, as it is printed, and as an A4 PDF."""
    page = browser.new_page(offline=True)
    page.goto(path.as_uri())
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=to / f"{stem}_{width}.png", full_page=True)
    page.pdf(path=to / f"{stem}.pdf", format="A4", prefer_css_page_size=True)
    page.set_viewport_size({"width": PAPER, "height": 900})
    page.emulate_media(media="print")
    page.screenshot(path=to / f"{stem}_print.png", full_page=True)
    page.close()


def main(home: Path, to: Path) -> None:
    """Take the pictures of the release that a home shows."""
    release = (home / "current").resolve()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    to.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for path in pages(release):
            stem = str(path.relative_to(release)).replace("/", "_").removesuffix(".html")
            picture(browser, path, stem, to)
            print(f"{stem}: {len(WIDTHS)} widths, A4")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
