"""Reads ``equity.toml`` and ``EQUITY_*`` from the environment, read once, passed down.

A key of a section is set from outside as ``EQUITY_SECTION__KEY``, for example
``EQUITY_RUN__HOME=/srv/equity`` or ``EQUITY_SOURCES__KOLADA__BASE_URL=http://127.0.0.1:8080/v3``.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from equity_pipeline import clock
from equity_pipeline.errors import ConfigurationError
from equity_pipeline.settings.sections import Settings

ENVIRONMENT_PREFIX = "EQUITY_"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings with where each value came from; ``folder`` is what relative paths start from."""

    settings: Settings
    origins: Mapping[str, str]
    folder: Path


def load_settings(
    path: Path | None = None, environment: Mapping[str, str] | None = None
) -> Configuration:
    """Return the settings of a file and the environment, with the origin of every value.

    Parameters
    ----------
    path
        A TOML file; relative paths in it start from its folder. None takes the defaults.
    environment
        The variables to read; the process's own if None.

    Raises
    ------
    ConfigurationError
        Names each key that is unknown or has a value that cannot be.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    folder = Path.cwd()
    if path is not None:
        values = _read(path)
        folder = path.resolve().parent
        values = _resolve_paths(values, folder)
        origins.update((key, str(path)) for key, _ in _leaves(values))
    for name, value in sorted((os.environ if environment is None else environment).items()):
        if name.startswith(ENVIRONMENT_PREFIX) and "__" in name:
            keys = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
            _set(values, keys, value, name)
            origins[".".join(keys)] = f"environment {name}"
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(
            _say(error),
            where=str(path or "environment"),
            mend="see `equity config show --origin` for all keys and their values",
        ) from None
    every = {key: origins.get(key, "default") for key, _ in _leaves(settings.model_dump())}
    return Configuration(settings, MappingProxyType(every), folder)


def leaves(settings: Settings) -> Iterator[tuple[str, Any]]:
    """Yield every key with its value, as ``section.key``."""
    yield from _leaves(settings.model_dump(mode="json"))


def as_of_or_today(as_of: date | None, settings: Settings) -> date:
    """Return the date that a run is for: the one given, else today in the region's time zone."""
    if as_of is not None:
        return as_of
    from zoneinfo import ZoneInfo

    return clock.now().astimezone(ZoneInfo(settings.region.time_zone)).date()


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            "The configuration file does not exist.",
            where=str(path),
            mend="give the path of an equity.toml with --config",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The configuration file is not TOML: {error}", where=str(path)
        ) from None


PATH_KEYS = {
    ("run", "home"),
    ("run", "declared"),
    ("deliveries", "folder"),
    ("deliveries", "layouts"),
    ("sources", "http", "certificate_authority"),
    ("sources", "*", "folder"),
    ("sources", "*", "unit_file"),
    ("sources", "*", "municipality_file"),
    ("release", "share"),
    ("retention", "backups"),
}


def _resolve_paths(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    for *sections, key in PATH_KEYS:
        for held in _sections(values, sections):
            if key in held:
                given = held[key]
                held[key] = (
                    [_from(folder, one) for one in given]
                    if isinstance(given, list)
                    else _from(folder, given)
                )
    return values


def _from(folder: Path, given: Any) -> Any:
    return str(folder / given) if isinstance(given, str) else given  # judged with the rest


def _sections(values: Any, names: list[str]) -> Iterator[dict[str, Any]]:
    if not isinstance(values, dict):
        return
    if not names:
        yield values
        return
    first, *rest = names
    for name in values if first == "*" else [first]:
        yield from _sections(values.get(name), rest)


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and name not in {"sources.kolada.area_measures"}:
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value


def _set(values: dict[str, Any], keys: list[str], value: str, name: str) -> None:
    held = values
    for key in keys[:-1]:
        held = held.setdefault(key, {})
        if not isinstance(held, dict):
            raise ConfigurationError(
                "A variable goes below a key that is not a section.", where=name
            )
    held[keys[-1]] = _json(value, name) if value.startswith(("[", "{")) else value


def _json(value: str, name: str) -> Any:
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise ConfigurationError(
            f"A variable begins as a list or a table and is no JSON: {error.msg}.", where=name
        ) from None


def _say(error: ValidationError) -> str:
    told = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()]
    return "The settings cannot be used:\n  " + "\n  ".join(told)
