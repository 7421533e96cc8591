"""What stands is told on a screen; who wants every value asks for it."""

from __future__ import annotations

import json
import re

from .conftest import said


def test_the_status_fits_on_a_screen_and_all_tells_every_value(small_night):
    told = said("status", "--config", small_night.config)
    every = said("status", "--config", small_night.config, "--all")
    assert len(told.splitlines()) < 50
    assert "release        2024-12" in told and "--all has every one" in told
    assert len(every.splitlines()) > 60 and "Values of the newest period" in every
    assert not re.search(r"\b(nan|None to None)\b", told + every)


def test_a_verdict_is_words_or_null_in_json_and_never_not_a_number(small_night):
    told = json.loads(said("status", "--config", small_night.config, "--json"))
    states = [one["evidence_state"] for one in told["gaps"]]
    assert len(states) > 30
    assert {type(one) for one in states} <= {str, type(None)}
