"""A steady delivery that lost most of its rows stops before anything of it is kept."""

import pytest

from tests.unit.deliveries.conftest import LAYOUT

STEADY = LAYOUT.replace('pattern = "contact*.csv"', 'pattern = "contact*.csv"\nsteady = true')


@pytest.mark.parametrize(("rows", "verdict"), [(10, "accept"), (9, "reject_file")])
def test_less_than_half_of_the_rows_before_is_refused(delivery, rows, verdict) -> None:
    delivery.layout = STEADY
    delivery.contacts(20)
    delivery.load()
    delivery.contacts(rows, name="contact_2.csv")
    file = delivery.load().files[-1]
    assert file.verdict == verdict
    assert ("volume_drop" in file.reasons) == (verdict == "reject_file")


def test_nothing_of_a_file_that_is_too_small_is_kept(delivery) -> None:
    delivery.layout = STEADY
    delivery.contacts(20)
    delivery.load()
    delivery.contacts(2, "C9;p1", name="contact_2.csv")
    assert delivery.load().files[-1].reasons == {"volume_drop": 3}
    assert delivery.rows("select count(*) from raw.contact") == [(20,)]
    assert delivery.rows("select count(*) from raw.quarantine") == [(0,)]


def test_only_the_last_twelve_are_held_against_a_file(delivery) -> None:
    delivery.layout = STEADY
    small, large = range(10, 22), range(100, 112)
    for place, rows in enumerate([*small, *large, 49]):
        delivery.contacts(rows, name=f"contact_{place:02d}.csv")
    files = delivery.load().files
    assert [file.verdict for file in files[:-1]] == ["accept"] * 24
    assert files[-1].reasons == {"volume_drop": 49}


def test_files_of_a_kind_that_is_not_steady_may_shrink(delivery) -> None:
    delivery.contacts(20)
    delivery.load()
    delivery.contacts(1, name="contact_2.csv")
    assert delivery.load().files[-1].verdict == "accept"
