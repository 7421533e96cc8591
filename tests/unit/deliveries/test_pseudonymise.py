"""Identities become pseudonyms at the door."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from equity_pipeline.deliveries.identity.keys import Keys, key_of
from equity_pipeline.deliveries.identity.pseudonymise import (
    Pseudonymiser,
    canonical,
    canonicals,
    pseudonym,
    read_key,
)
from equity_pipeline.errors import ConfigurationError

DAY = date(2025, 1, 15)


def test_every_form_of_a_number_has_the_same_pseudonym() -> None:
    forms = ["191212121212", "19121212-1212", "121212+1212"]
    assert len({pseudonym(one, b"k" * 32, as_of=DAY) for one in forms}) == 1


def test_two_keys_give_two_pseudonyms() -> None:
    one, other = (pseudonym("191212121212", key * 32, as_of=DAY) for key in (b"a", b"b"))
    assert one != other


def test_ten_digits_belong_to_the_last_century_that_has_been() -> None:
    assert canonical("121212-1212", as_of=DAY) == "201212121212"
    assert canonical("121212-1212", as_of=date(2012, 12, 11)) == "191212121212"


def test_what_is_no_number_is_invalid() -> None:
    assert pseudonym("19121212-1213", b"k" * 32, as_of=DAY) == "invalid"


@pytest.mark.parametrize(("mode", "size"), [(0o644, 64), (0o600, 31)])
def test_an_open_or_short_key_is_refused(tmp_path: Path, mode: int, size: int) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"k" * size)
    path.chmod(mode)
    with pytest.raises(ConfigurationError):
        read_key(path)


def test_a_private_key_is_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"k" * 64 + b"\n")
    path.chmod(0o600)
    assert read_key(path) == b"k" * 64


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nokey"):
        read_key(tmp_path / "nokey")


@pytest.mark.parametrize(
    "number",
    ["19121212-T123", "T191212121212", "1912121A-1212", "99121212-1212", "121272", "x", "1"],
)
def test_reserve_numbers_and_other_texts_are_no_numbers(number: str) -> None:
    assert canonical(number, as_of=DAY) is None


@pytest.mark.parametrize(
    "number",
    [
        "121272-1219",
        "19121272 1219",
        "1912-12-72-1219",
        "１９121272\u20131219",
        "1.91212721219e+11",
    ],
)
def test_a_coordination_number_keeps_its_sixty_days(number: str) -> None:
    assert canonical(number, as_of=date(2012, 12, 11)) == "191212721219"


def test_the_order_of_day_and_sign_decides_the_century_of_coordination_numbers() -> None:
    assert canonical("121272-1219", as_of=date(2012, 12, 12)) == "201212721219"
    assert canonical("121272+1219", as_of=date(2012, 12, 12)) == "191212721219"


def test_a_column_has_the_pseudonyms_of_its_numbers_one_by_one() -> None:
    rng = np.random.default_rng(5)
    days = [f"{day:%Y%m%d}" for day in np.arange("1930", "2020", dtype="datetime64[D]").tolist()]
    numbers = [f"{days[i % len(days)]}{rng.integers(0, 10**4):04d}" for i in range(4000)]
    numbers = [one[:8] + "-" + one[8:] if i % 2 else one for i, one in enumerate(numbers)]
    numbers += ["00121212-1212", "121212-1212", "191212121212.0", "x", "19121212+1212"]
    made = Pseudonymiser(Keys(key_of(b"k" * 32)), as_of=DAY).column(pa.array(numbers))
    assert made.to_pylist() == [pseudonym(one, b"k" * 32, as_of=DAY) for one in numbers]
    valid = [one for one in canonicals(pa.array(numbers), as_of=DAY) if one]
    assert 300 < len(valid) < 500


def test_blank_and_missing_identities_stay_missing() -> None:
    maker = Pseudonymiser(Keys(key_of(b"k" * 32)), as_of=DAY)
    values = pa.chunked_array([["", None], ["  ", "19121212-1212"]])
    assert [one is None for one in maker.column(values).to_pylist()] == [True, True, True, False]
    assert maker.moved().num_rows == 0


def test_with_a_key_before_each_number_is_told_under_both() -> None:
    now, before = key_of(b"a" * 32), key_of(b"b" * 32)
    maker = Pseudonymiser(Keys(now, before), as_of=DAY)
    made = maker.column(pa.array(["19121212-1212", "x", "19121212-1212"]))
    (pair,) = maker.moved().to_pylist()
    assert pair["person_id"] == made[0].as_py()
    assert pair["person_id_before"] == pseudonym("191212121212", before.secret, as_of=DAY)
    assert maker.moved().num_rows == 0
