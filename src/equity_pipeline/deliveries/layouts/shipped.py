"""The layouts that come with the project."""

from __future__ import annotations

from equity_pipeline.bundled import bundled
from equity_pipeline.deliveries.layouts.layout import Layout, read_layout
from equity_pipeline.errors import ConfigurationError


def shipped_names() -> tuple[str, ...]:
    """Return the names of the layouts that come with the project.

    Examples
    --------
    >>> "flat_visits" in shipped_names()
    True
    """
    return tuple(sorted(path.stem for path in bundled("configs/layouts").glob("*.toml")))


def shipped(name: str) -> Layout:
    """Return a layout that comes with the project.

    Raises
    ------
    ConfigurationError
        If there is none of this name.
    """
    if name not in shipped_names():
        raise ConfigurationError(
            f"There is no layout {name!r}.",
            where="layouts that come with the project",
            mend=f"one of {', '.join(shipped_names())}, or the path of a layout's file",
        )
    return read_layout(bundled("configs/layouts") / f"{name}.toml")
