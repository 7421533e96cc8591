"""A release is made anew from its raw inputs: the same bytes, or it is said what differs."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from equity_pipeline.cli import app
from equity_pipeline.errors import ConfigurationError, WarehouseError, exit_code_of
from equity_pipeline.extracts.manifest import all_hashes
from equity_pipeline.pipeline import replaying
from equity_pipeline.pipeline.replaying import Replayed, replay
from tests.faults.conftest import STANDING, Place
from tests.faults.test_damage import flip


def test_a_release_that_other_settings_or_other_code_made_is_not_replayed(
    small: Place, monkeypatch
):
    limits = small.settings.disclosure.model_copy(update={"smallest_count": 6})
    other = small.settings.model_copy(update={"disclosure": limits})
    with pytest.raises(ConfigurationError, match="made by other means: configuration") as told:
        replay(other, STANDING)
    assert "take the configuration that made it" in told.value.mend
    monkeypatch.setattr(replaying, "code_version", lambda: "9.9.9+later")
    with pytest.raises(ConfigurationError, match=r"code .*, not 9\.9\.9\+later"):
        replay(small.settings, STANDING)


def test_a_release_that_is_damaged_or_not_there_is_not_replayed(small: Place):
    with pytest.raises(ConfigurationError, match="no release '1999-01'"):
        replay(small.settings, "1999-01")
    flip(small.settings.releases / STANDING / "stratified.parquet", 40)
    with pytest.raises(WarehouseError, match=r"stratified\.parquet is not what was written"):
        replay(small.settings, STANDING)


def test_files_that_differ_are_named_and_the_command_ends_12(small: Place, monkeypatch):
    made = Replayed(STANDING, "a", "b", 20, ("gap.parquet",))
    monkeypatch.setattr(replaying, "replay", lambda *_, **__: made)
    words = ["replay", STANDING, "--json", "--config", str(small.config)]
    ended = CliRunner().invoke(app, words)
    assert exit_code_of(ended.exception) == 12
    assert "1 of 20 files differ: gap.parquet" in ended.exception.what
    assert '"is_same": false' in ended.stdout


@pytest.mark.long
def test_a_release_made_anew_from_the_delivered_files_has_the_same_bytes(place: Place):
    settings = place.settings
    name, before = place.release(), all_hashes(settings.current.resolve())
    made = replay(settings, name)
    assert (made.is_same, made.differ, made.run_id) == (True, (), made.replayed_run_id)
    assert made.files == len(before) > 8
    assert place.release() == name and all_hashes(settings.current.resolve()) == before
    assert list(settings.internal.glob(f"{replaying.PREFIX}*")) == []
    assert '"action": "replay"' in settings.access_log.read_text("utf-8")
