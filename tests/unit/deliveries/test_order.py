"""What stands is what was delivered, whatever came first: corrections, older, late, again."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.deliveries.land import load, take
from equity_pipeline.deliveries.layouts.layout import read_layout
from equity_pipeline.vocabulary import vocabulary

from .conftest import HEADER, Delivery

DAY = date(2024, 6, 1)
ROW = "{};p{};{};2023-11-01;{};\n"
BOOKS = ("delivery", "delivery_name", "delivery_month", "quarantine", "person_surrogate")


def rows(*told: str) -> str:
    """Return a file of contacts; C1x is contact C1, with x (month and "missed") of its own."""
    made = []
    for one in told:
        contact, month, missed = one.split()
        made.append(ROW.format(contact, contact[1:], f"2024-{month}-05", missed))
    return HEADER + "".join(made)


ORIGINAL = rows("C0 01 Nej", "C1 01 Nej", "C2 01 Nej", "C3 01 Nej", "C4 01 Nej", "C5 01 Nej")
# name of each delivery: its file, the period and the moment of its manifest, and its rows
SENT = {
    "original": ("pas/1/contact_202401.csv", "202401", "2024-02-03T04:00:00", ORIGINAL),
    "correction": (
        "pas/2/contact_202401.csv", "202401", "2024-02-03T09:30:00",
        rows("C0 01 Ja", "C1 01 Nej", "C2 01 Nej", "C3 01 Ja", "C4 01 Nej"),
    ),
    "second correction": (
        "pas/3/contact_202401.csv", "202401", "2024-02-20",
        rows("C0 01 Nej", "C1 01 Ja", "C2 01 Nej", "C6 01 Nej"),
    ),
    "older": (
        "pas/4/contact_202312.csv", "202312", "2024-03-15T04:00:00",
        rows("C0 02 Ja", "C3 02 Nej", "C9 02 Nej"),
    ),
    "late rows": (
        "pas/5/contact_202402.csv", "202402", "2024-03-03T04:00:00",
        rows("C2 01 Ja", "C7 01 Nej", "C8 02 Nej"),
    ),
    "again": ("pas/6/contact_sent_again.csv", "202401", "2024-05-01T04:00:00", ORIGINAL),
}  # fmt: skip
STANDS = [
    ("C0", 1, False), ("C1", 1, True), ("C2", 1, True), ("C3", 2, False), ("C6", 1, False),
    ("C7", 1, False), ("C8", 2, False), ("C9", 2, False),
]  # fmt: skip


def send(delivery: Delivery, name: str, period: str | None, moment: str | None, text: str) -> Path:
    path = delivery.write(name, text)
    told = {"period": period, "files": [{"name": path.name}], "extracted_at": moment}
    (path.parent / "manifest.json").write_text(json.dumps(told), "utf-8")
    return path


class Inbox:
    """Every delivery of ``SENT`` on disk, and one database that is emptied between the orders."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.paths = {name: send(delivery, *one) for name, one in SENT.items()}
        self.settings = delivery.settings
        self.layouts = [read_layout(path) for path in self.settings.deliveries.layouts]
        self.take([])

    def take(self, names: Iterable[str]) -> None:
        take(
            self.settings, self.delivery.connection, [self.paths[name] for name in names],
            layouts=self.layouts, as_of=DAY, folder=self.delivery.folder,
        )  # fmt: skip

    def state(self) -> tuple[list[tuple[object, ...]], ...]:
        """What stands, what waits beneath it, and what the books say, without numbers of loads."""
        drawn = "contact_id, person_id, contact_date, first_contact_date, missed, row_number"
        line = "sha256, delivered_as_of, extracted_at"
        return tuple(
            self.delivery.rows(query)
            for query in (
                f"select {drawn}, sha256 from raw.contact join raw.person_surrogate "
                "using (person_key) join raw.delivery using (load_id) order by all",
                f"select {drawn}, sha256 from beneath.contact join raw.person_surrogate "
                "using (person_key) join raw.delivery using (load_id) order by all",
                f"select {line}, (select sha256 from raw.delivery as newer where "
                "newer.load_id = held.replaced_by) from raw.delivery as held order by all",
                "select * from raw.delivery_name order by all",
                "select sha256, entity, event_month, n_rows, content_hash "
                "from raw.delivery_month join raw.delivery using (load_id) order by all",
            )
        )

    def empty(self) -> None:
        for table in ("raw.contact", "beneath.contact", *(f"raw.{one}" for one in BOOKS)):
            self.delivery.connection.execute(f"delete from {table}")


@pytest.fixture
def inbox(delivery) -> Inbox:
    return Inbox(delivery)


def _same_in_every_order(inbox: Inbox, orders: Iterable[tuple[str, ...]]) -> None:
    inbox.take(SENT)
    first = inbox.state()
    for order in orders:
        inbox.empty()
        inbox.take(order)
        assert inbox.state() == first, order


def test_what_stands_is_the_newest_of_each_file_and_of_each_key(inbox) -> None:
    inbox.take(SENT)
    query = "select contact_id, month(contact_date), missed from raw.contact order by all"
    assert inbox.delivery.rows(query) == STANDS


@pytest.mark.long
def test_any_of_many_orders_of_arrival_leaves_the_same_rows_and_books(inbox) -> None:
    drawn = random.Random(7).sample(list(itertools.permutations(SENT)), 40)
    _same_in_every_order(inbox, [tuple(reversed(SENT)), *drawn])


@pytest.mark.long
def test_every_fifth_order_of_arrival_leaves_the_same_rows_and_books(inbox) -> None:
    _same_in_every_order(inbox, itertools.islice(itertools.permutations(SENT), 0, None, 5))


def test_what_is_delivered_again_changes_nothing_and_its_name_is_kept(inbox) -> None:
    inbox.take(["original", "correction"])
    before = inbox.state()
    inbox.take(["original", "correction", "again"])
    assert inbox.state()[:3] == before[:3]
    names = "select file_name from raw.delivery_name where file_name like '%again%'"
    assert inbox.delivery.rows(names) == [("pas/6/contact_sent_again.csv",)]


def test_a_correction_leaves_the_lines_of_what_it_replaced_in_the_history(inbox) -> None:
    inbox.take(["second correction", "original", "correction", "again"])
    history = (
        "select file_name, rows_good, delivery_state, replaced_by, len(delivered_as) "
        "from meta.delivery_history order by load_id"
    )
    assert inbox.delivery.rows(history) == [
        ("pas/3/contact_202401.csv", 4, "stands", None, 1),
        ("pas/1/contact_202401.csv", 6, "replaced", 3, 2),
        ("pas/2/contact_202401.csv", 5, "replaced", 1, 1),
    ]


def test_a_row_waits_beneath_a_newer_one_and_stands_again_when_that_is_left_out(inbox) -> None:
    inbox.take(["older", "correction"])
    asked = "select missed from {}.contact where contact_id = 'C3'"
    assert inbox.delivery.rows(asked.format("raw")) == [(True,)]
    assert inbox.delivery.rows(asked.format("beneath")) == [(False,)]
    inbox.take(["second correction"])
    assert inbox.delivery.rows(asked.format("raw")) == [(False,)]
    assert inbox.delivery.rows(asked.format("beneath")) == []


def test_other_bytes_under_the_same_path_are_the_newer_of_one_day(delivery) -> None:
    sent = [rows("C0 01 Nej"), rows("C0 01 Ja"), rows("C1 01 Ja")]
    for text in sent:
        delivery.write("pas/202401/contact.csv", text)
        delivery.load(DAY)
    assert delivery.rows("select contact_id, missed from raw.contact") == [("C1", True)]
    assert delivery.rows("select seen from raw.delivery order by load_id") == [(0,), (1,), (2,)]


def test_a_file_that_nobody_dates_is_as_old_as_the_night_that_first_saw_it(delivery) -> None:
    delivery.write("contact.csv", rows("C0 01 Nej"))
    delivery.load(date(2024, 3, 1))
    delivery.load(date(2024, 3, 2))
    assert delivery.rows("select delivered_as_of from raw.delivery") == [(date(2024, 3, 1),)]
    delivery.write("contact.csv", rows("C1 01 Ja"))
    delivery.load(date(2024, 3, 3))
    assert delivery.rows("select contact_id from raw.contact") == [("C1",)]


def test_the_moment_of_an_extract_is_compared_in_one_time_zone(delivery) -> None:
    first, second = rows("C0 01 Nej"), rows("C0 01 Ja")
    send(delivery, "pas/1/contact.csv", None, "2024-02-03T01:30:00+01:00", first)
    send(delivery, "pas/2/contact.csv", None, "2024-02-03T01:00:00Z", second)
    delivery.load(DAY)
    assert delivery.rows("select missed from raw.contact") == [(True,)]
    moments = "select extracted_at from raw.delivery order by 1"
    assert delivery.rows(moments) == [
        (datetime(2024, 2, 3, 0, 30),), (datetime(2024, 2, 3, 1, 0),),
    ]  # fmt: skip


def test_a_file_that_turns_out_older_lets_what_it_had_replaced_stand_again(delivery) -> None:
    first, second = rows("C0 01 Nej"), rows("C0 01 Ja")
    send(delivery, "pas/3/contact.csv", "202401", "2024-04-01", first)
    send(delivery, "pas/2/contact.csv", "202401", "2024-03-01", second)
    delivery.load(DAY)
    assert delivery.rows("select missed from raw.contact") == [(False,)]
    send(delivery, "pas/1/contact.csv", "202401", "2024-02-01", first)
    delivery.load(DAY)
    assert delivery.rows("select missed from raw.contact") == [(True,)]


CHOSEN = """
name = "persons"
[[file]]
pattern = "visits*.csv"
dates = ["%Y-%m-%d"]
[[file.entity]]
entity = "contact"
[file.entity.columns]
missed = { constant = "false", reason = "not delivered" }
[[file.entity]]
entity = "person"
distinct = "latest"
distinct_by = "contact.contact_date"
[file.entity.columns]
year = { constant = "2024", reason = "one year" }
"""
VISIT = "contact_id;person_id;contact_date;sex;birth_year\n"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_chosen_rows_follow_the_order_of_deliveries_too(delivery, order) -> None:
    delivery.layout = CHOSEN
    texts = ("C1;p1;2024-05-01;female;1980\nC2;p2;2024-05-01;male;1950\n",
             "C1;p1;2024-05-01;female;1981\n", "C3;p1;2024-04-01;female;1979\n")  # fmt: skip
    for n in order:
        send(delivery, f"pas/{n}/visits_{n}.csv", "202405", f"2024-06-0{n + 1}", VISIT + texts[n])
        delivery.load(DAY)
    query = "select birth_year, person_id from raw.person join raw.person_surrogate "
    assert delivery.rows(query + "using (person_key) order by all") == [(1950, "p2"), (1979, "p1")]
    contacts = "select contact_id, load_id = any(select load_id from raw.delivery where " \
        "file_name = 'pas/1/visits_1.csv') from raw.contact order by all"  # fmt: skip
    assert delivery.rows(contacts) == [("C1", True), ("C2", False), ("C3", False)]


def test_the_places_of_rows_in_a_file_do_not_choose_between_two_of_one_key(delivery) -> None:
    told = [f"C{i} 01 Nej" for i in range(20)]
    for twice in (["C0 02 Nej", "C0 01 Nej"], ["C0 01 Nej", "C0 02 Nej"]):
        with duckdb.connect() as connection:
            delivery.write("contact.csv", rows(*twice, *told))
            load(delivery.settings, connection, as_of=DAY)
            asked = "select contact_date from raw.contact where contact_id = 'C0'"
            assert connection.execute(asked).fetchall() == [(date(2024, 1, 5),)]


def test_every_entity_with_an_event_has_a_day_in_that_column() -> None:
    held = [one for one in vocabulary().entities.values() if one.event]
    assert len(held) > 10
    assert all(vocabulary().column(one.event).type == "DATE" for one in held)
    assert all(one.event in one.required for one in held)
