"""What Great Expectations is spared: two passes over every value that no verdict hangs on."""

from decimal import Decimal
from importlib import import_module

import pandas as pd
import pytest

from equity_pipeline.quality import spared
from equity_pipeline.quality.suites import Expectation, Suite
from equity_pipeline.quality.validate import _verdicts

KINDS = {
    "whole": pd.Series([0, 1, 1, 0], dtype="int8"),
    "gaps": pd.Series([0.0, 1.0, None, 0.0]),
    "decimals": pd.Series([Decimal("0.5"), Decimal("0.7"), Decimal("0.1"), Decimal("0.1")]),
}


def _suite(column: str, most: float) -> Suite:
    kwargs = {"column": column, "min_value": 0, "max_value": most}
    one = Expectation("expect_column_mean_to_be_between", kwargs, "warning", "", (column,))
    return Suite("contact", (one,))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("most", "verdict"), [(0.2, "failed"), (0.6, "passed")])
def test_a_mean_is_judged_alike_with_and_without_the_look_for_decimals(
    kind: str, most: float, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, suite = pd.DataFrame({kind: KINDS[kind]}), _suite(kind, most)
    assert _verdicts(suite, suite.expectations, frame) == {0: verdict}
    plain = import_module("great_expectations.util").convert_pandas_series_decimal_to_float_dtype
    monkeypatch.setattr(import_module(spared.MEAN), spared.DECIMALS, plain)
    assert _verdicts(suite, suite.expectations, frame) == {0: verdict}


def test_no_number_is_looked_at_in_python_and_no_frame_is_taken_a_fingerprint_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a pass over every value")

    suite = _suite("whole", 0.6)
    frame = pd.DataFrame({"whole": KINDS["whole"]})
    util, engine = import_module("great_expectations.util"), import_module(spared.ENGINE)
    monkeypatch.setattr(util, "does_ndarray_contain_decimal_dtype", never)
    monkeypatch.setattr(engine, "hash_pandas_dataframe", never)
    assert _verdicts(suite, suite.expectations, frame) == {0: "passed"}


def test_to_be_spared_twice_is_to_be_spared_once() -> None:
    spared.spare_passes()
    held = getattr(import_module(spared.MEAN), spared.DECIMALS)
    spared.spare_passes()
    assert getattr(import_module(spared.MEAN), spared.DECIMALS) is held
