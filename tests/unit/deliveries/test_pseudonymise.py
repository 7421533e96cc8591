"""Identities become pseudonyms at the door."""

from datetime import date
from pathlib import Path

import pytest

from equity_pipeline.deliveries.pseudonymise import canonical, pseudonym, read_key
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
