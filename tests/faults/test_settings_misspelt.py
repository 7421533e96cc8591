"""Every setting, misspelt or of another kind, ends with 2 and its name before anything is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from equity_pipeline.errors import ConfigurationError, exit_code_of
from equity_pipeline.settings import Settings, load_settings
from tests.faults.conftest import Place


def known(model: type[BaseModel], above: str = "") -> Iterator[str]:
    """Yield every key of the settings with its sections."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from known(kind, f"{above}{name}.")
        elif above:
            yield f"{above}{name}"


KEYS = tuple(known(Settings))


def fault_of(folder: Path, key: str, value: str) -> ConfigurationError:
    """Write one key to a file, and return why it cannot be read."""
    section, _, name = key.rpartition(".")
    path = folder / "equity.toml"
    path.write_text(f"[{section}]\n{name} = {value}\n", "utf-8")
    with pytest.raises(ConfigurationError) as stop:
        load_settings(path, {})
    assert exit_code_of(stop.value) == 2
    return stop.value


def test_there_are_keys_to_misspell():
    assert len(KEYS) > 150 and {"run.home", "sources.http.attempts"} <= {*KEYS}


@pytest.mark.parametrize("slip", [lambda name: name[:-1], lambda name: f"{name}s", str.upper],
                         ids=["shorter", "longer", "upper case"])  # fmt: skip
def test_a_misspelt_key_is_named_wherever_it_stands(slip, tmp_path):
    for key in KEYS:
        section, _, name = key.rpartition(".")
        wrong = f"{section}.{slip(name)}"
        if wrong not in KEYS:
            assert wrong in fault_of(tmp_path, wrong, '"x"').what, wrong


def test_a_value_of_another_kind_is_told_with_its_key(tmp_path):
    for key in KEYS:
        assert key in fault_of(tmp_path, key, "1979-05-27T07:32:00").what, key


def test_a_misspelt_section_stops_a_night_before_it_makes_a_folder(small: Place, tmp_path):
    text = small.config.read_text("utf-8")
    small.config.write_text(text.replace("[deliveries]", "[delivery]"), "utf-8")
    told = small.call("run", EQUITY_RUN__HOME=str(tmp_path / "new"))
    assert told.returncode == 2 and "delivery" in told.stderr
    assert not (tmp_path / "new").exists()
