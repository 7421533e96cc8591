"""Damaged deliveries of every kind: each has a verdict, every row is counted, no value is told."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from . import contract
from .judging import LAYOUT, Judged, check_by, night
from .more import COLUMNS, rows, written

pytestmark = pytest.mark.long

BREAKS = [*'";\n\r\t\0', "\r\n"]
TEXTS = [*" \u00a0\ufeff\u200b\ufffd\u2028å٤１=<'\\,.-\U0001f6000Z", "a\u030a", "Ã¥", "{{"]
SIGNS = BREAKS + TEXTS
BYTES = [b"\xff", b"\x80", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x1a", b"PK\x03\x04"]
ENCODINGS = ("latin-1", "cp1252", "utf-16", "utf-32-be", "cp437", "mac_roman", "cp500", "utf-8-sig")
CELLS = [
    *("", "0", "1", "-1", "007", "45.0", "1e1", "130", "131", "K", "k", "SE", "NULL", "Å", "U001"),
    *("2024-02-29", "2023-02-29", "2026-11-01", "2026-11-02", "1999-12-31", "2000-01-01"),
    *("20261001", "1 234,50", "1\u00a0234,5", "1.234,50", "10000000", "10000000,01", "-0,01"),
    *("1234,", ",5", "1,5", "1280A0010", "1280D0010", "1280a0010", "1280", "e119", "E11,9"),
    *("I48.9B", "A" * 121, "Å" * 120),
]
MANY = int(os.environ.get("EQUITY_FUZZ", "40"))  # damaged files of each kind
VALUE = re.compile("[0-9a-f]{32}|[KC][0-9]{6}|Ekdungen|Öbacka|Björken|I10|J45|E11")


def _clean(draw: random.Random) -> bytes:
    end = draw.choice(("\n", "\n", "\r\n"))
    return written(rows(draw.choice((3, 20, 20, 40))), end=end).encode()


def _bytes(data: bytes, draw: random.Random) -> bytes:
    """Flip, drop, double and put in bytes and signs anywhere."""
    for _ in range(draw.choice((1, 1, 2, 5, 30))):
        at = draw.randrange(len(data) + 1)
        more = draw.choice(
            [bytes([draw.randrange(256)]), draw.choice(BYTES), draw.choice(SIGNS).encode()]
        )
        gone = draw.choice((0, 0, 1, 1, 3, 200))
        data = data[:at] + more * draw.choice((0, 1, 1, 2)) + data[at + gone :]
    return data


def _whole(data: bytes, draw: random.Random) -> bytes:
    """Cut, double, turn or encode the file otherwise, or move its lines."""
    text, lines = data.decode(), data.decode().splitlines(keepends=True)
    kind = draw.randrange(6)
    if kind == 0:
        return data[: draw.randrange(len(data))]
    if kind == 1:
        return text.encode(draw.choice(ENCODINGS), "replace")
    if kind == 2:
        return data.decode(draw.choice(ENCODINGS[:2]), "replace").encode()
    if kind == 3:
        draw.shuffle(lines)
    if kind == 4:
        del lines[draw.randrange(len(lines)) :: 2]
    at = draw.randrange(len(lines) + 1)
    return "".join([*lines[:at], "".join(lines[at:]).replace("\n", draw.choice(SIGNS), 1)]).encode()


def _cells(data: bytes, draw: random.Random) -> bytes:
    """Swap and change single fields, so that the file stays a table."""
    held = rows(draw.choice((5, 10, 20, 20)))
    columns = draw.sample(COLUMNS, len(COLUMNS))
    for _ in range(draw.choice((1, 1, 2, 3, 6))):
        row, other, name = draw.choice(held), draw.choice(held), draw.choice(COLUMNS)
        at, sign = draw.randrange(len(row[name]) + 1), draw.choice(TEXTS)
        row[name] = draw.choice([
            draw.choice(CELLS), other[name], row[draw.choice(COLUMNS)], row[name] + " ",
            row[name][:at] + sign + row[name][at:], row[name][:at] + row[name][at + 1 :],
        ])  # fmt: skip
    held += draw.choice(([], [], [], [dict(held[0])]))
    return written(held, columns).encode()


def _made(change: Callable[[bytes, random.Random], bytes], n: int, seed: int) -> list[bytes]:
    draw = random.Random(seed)
    return [change(_clean(draw), draw) for _ in range(n)]


def _layout(folder: Path) -> Path:
    # Many files are judged in one warehouse, so that none may be refused for its size beside them.
    path = folder / "flat_visits.toml"
    path.write_text(LAYOUT.read_text("utf-8").replace("steady = true", ""), "utf-8")
    return path


def _judged(files: list[bytes], folder: Path) -> tuple[list[Judged], str]:
    paths = [folder / f"visits_{place:03d}.csv" for place in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    return check_by(_layout(folder), paths)


@pytest.mark.parametrize("change", [_bytes, _whole, _cells], ids=["bytes", "whole", "cells"])
def test_every_damaged_file_has_a_verdict_and_all_its_rows(change, tmp_path) -> None:
    files = _made(change, MANY, seed=20261101)
    judged, told = _judged(files, tmp_path)
    assert len(judged) == len(files)
    for one, data in zip(judged, files, strict=True):
        assert one.verdict in ("accept", "quarantine", "reject_file")
        if one.verdict != "reject_file":
            assert one.rows_in == one.rows_loaded + one.rows_quarantined > 0, data
        assert (one.verdict == "accept") == (not one.reasons)
    assert not VALUE.findall(told)


def test_the_door_and_a_judge_written_from_the_contract_agree_on_fields(tmp_path) -> None:
    files = _made(_cells, MANY, seed=7)
    judged, _ = _judged(files, tmp_path)
    for one, data in zip(judged, files, strict=True):
        assert (one.verdict, one.rows_loaded, one.rows_quarantined) == contract.verdict(data), data


def test_a_load_does_with_damaged_files_what_the_check_says(tmp_path) -> None:
    files = [data for change in (_bytes, _whole, _cells) for data in _made(change, 4, seed=3)]
    judged, _ = _judged(files, tmp_path)
    for place, (one, data) in enumerate(zip(judged, files, strict=True)):
        home = tmp_path / str(place)
        home.mkdir()
        loaded, _ = night(home, [[("visits.csv", data)]])
        assert loaded == one
