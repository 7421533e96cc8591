"""Every reason that the door can give says how it is mended."""

import re
from pathlib import Path

import pytest

from equity_pipeline.deliveries.layouts.shipped import shipped, shipped_names
from equity_pipeline.deliveries.mends import BY_LAYOUT, MEND, mend_of

FOLDER = Path(__file__).parents[3] / "src" / "equity_pipeline" / "deliveries"
TEXTS = [path.read_text("utf-8") for path in sorted(FOLDER.rglob("*.py"))]
GIVEN = (
    r'Refusal\(\s*f?"([a-z_0-9]+)',  # of whole files
    r"then '([a-z_]+)'",  # of rows, in SQL
    r"else '([a-z_]+)'",
    r"""return "'([a-z_]+)'\"""",
    r'reason = "([a-z_]+)"',
    r'(?:_when|_told)\(\s*"([a-z_]+)"',
    r'^(?:REQUIRED|UNKNOWN|RAGGED|SUPERSEDED) = "([a-z_]+)"',
    r'"(date_[a-z_]+|out_of_range|quote_[a-z]+|line_ends)"',
)
REASONS = sorted(
    {one for text in TEXTS for form in GIVEN for one in re.findall(form, text, re.MULTILINE)}
    - {"date_of", "date_trunc", "file", "min"}
)


def test_the_reasons_are_found_in_the_code() -> None:
    named = {"volume_drop", "markup", "date_has_time", "duplicate_key", "ragged", "quote_unclosed"}
    assert named <= set(REASONS)
    assert len(REASONS) > 40


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_a_mend(reason: str) -> None:
    assert reason in MEND


def test_every_mend_is_of_a_reason_that_is_given() -> None:
    told = "\n".join(text for text in TEXTS if "OF_FILES = {" not in text)
    assert [reason for reason in MEND if reason not in told and not _in_layouts(reason)] == []


def test_a_rule_of_a_layout_has_a_mend_too() -> None:
    assert mend_of("no_such_rule") == BY_LAYOUT
    assert mend_of("date_order:contact_date") != BY_LAYOUT


def _in_layouts(reason: str) -> bool:
    files = [file for name in shipped_names() for file in shipped(name).files]
    return any(rule.reason.partition(":")[0] == reason for file in files for rule in file.rule)
