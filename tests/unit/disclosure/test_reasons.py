"""Every limit of the policy has its reason in words, and every rule that hides one too."""

from __future__ import annotations

import pytest

from equity_pipeline.disclosure.policy import DisclosureLimits, DisclosurePolicy
from equity_pipeline.disclosure.rules import REASONS as RULES
from equity_pipeline.disclosure.rules import SHOWN
from equity_pipeline.settings import DisclosureSettings
from equity_pipeline.settings.disclosure import LIMITS, REASONS
from equity_pipeline.vocabulary import vocabulary

WORDS = {"reason", "reasons"}
NO_LIMITS = {"audit", "audit_seconds"}  # how long the audit may take hides nothing


def test_every_limit_belongs_to_a_rule_with_a_reason():
    limits = set(DisclosureSettings.model_fields) - WORDS - NO_LIMITS
    assert {name for names in LIMITS.values() for name in names} == limits
    assert set(LIMITS) <= set(REASONS)


def test_every_rule_that_hides_a_cell_has_swedish_and_english_words():
    labels = vocabulary().codes["hidden_reason"]
    assert set(RULES) - {SHOWN} == set(labels)
    assert all(one.sv.endswith(".") and one.en.endswith(".") for one in labels.values())


def test_the_door_goes_by_every_limit_of_the_settings():
    """A limit that the settings have and the policy has not would do nothing."""
    held = set(DisclosureSettings.model_fields) - NO_LIMITS
    asked = {name for name in vars(DisclosureLimits) if not name.startswith("_")}
    assert held == asked == set(DisclosurePolicy.__dataclass_fields__)


@pytest.mark.parametrize("rule", REASONS)
def test_a_region_may_say_it_in_its_own_words(rule):
    told = DisclosurePolicy.of(DisclosureSettings(reasons={rule: "Vårt skäl."})).reasons
    assert told == {**REASONS, rule: "Vårt skäl."}


def test_a_reason_for_a_rule_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="no rule is called small_median"):
        DisclosureSettings(reasons={"small_median": "x"})
