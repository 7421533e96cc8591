"""Where the project's own text files are: in the checkout, else inside the installed package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def bundled(folder: str) -> Path:
    """Return a folder of the project's files: ``sql``, ``expectations`` or ``configs/layouts``.

    Examples
    --------
    >>> (bundled("sql") / "staging").is_dir(), bundled("configs/layouts").name
    (True, 'layouts')
    """
    checkout = Path(__file__).resolve().parents[2] / folder
    if checkout.is_dir():
        return checkout
    return Path(str(resources.files("equity_pipeline").joinpath("_bundled", Path(folder).name)))
