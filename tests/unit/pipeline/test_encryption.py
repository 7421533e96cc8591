"""What doctor says of encryption is what the kernel shows, and never more."""

from __future__ import annotations

import json
import stat
import subprocess
import sys

import pytest

from equity_pipeline.pipeline import condition
from equity_pipeline.pipeline.encryption import Seal, swap, volume_of
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.database import open_cells, open_person

LUKS = "CRYPT-LUKS2-0f0e-home\n"
LVM = "LVM-AbCdEf\n"


@pytest.fixture
def system(tmp_path):
    """Write ``proc`` and ``sys`` of an invented machine; return its root and a folder on it."""

    def make(kind="ext4", number="253:0", source="/dev/mapper/home", devices=None, proc=True):
        root, folder = tmp_path / "root", tmp_path / "a folder"
        folder.mkdir()
        (root / "proc" / "self").mkdir(parents=True)
        shown = str(folder).replace(" ", "\\040")
        if proc:
            (root / "proc" / "self" / "mountinfo").write_text(
                "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
                f"2 1 {number} / {shown} rw,relatime shared:7 - {kind} {source} rw\n"
            )
        blocks = root / "sys" / "dev" / "block"
        for name, (uuid, slaves) in (devices or {}).items():
            (blocks / name / "dm").mkdir(parents=True)
            (blocks / name / "dm" / "uuid").write_text(uuid)
            (blocks / name / "slaves").mkdir()
            for slave in slaves:
                (blocks / name / "slaves" / slave).symlink_to(blocks / slave)
        return root, folder

    return make


def test_luks_beneath_the_file_system_is_seen(system):
    root, folder = system(devices={"253:0": (LUKS, [])})
    found = volume_of(folder / "not" / "yet", root=root)
    assert (found.seal, found.words) == (Seal.ENCRYPTED, "/dev/mapper/home: LUKS2")


def test_luks_beneath_logical_volumes_is_seen(system):
    devices = {"253:0": (LVM, ["253:1", "253:2"]), "253:1": (LUKS, []), "253:2": (LUKS, [])}
    root, folder = system(devices=devices)
    assert volume_of(folder, root=root).seal is Seal.ENCRYPTED


def test_a_volume_with_one_open_part_is_not_called_encrypted(system):
    devices = {"253:0": (LVM, ["253:1", "8:2"]), "253:1": (LUKS, []), "8:2": ("", [])}
    root, folder = system(devices=devices)
    assert volume_of(folder, root=root).seal is Seal.NONE_SEEN


def test_a_plain_disk_is_said_to_show_none_and_no_more_is_claimed(system):
    root, folder = system(number="8:1", source="/dev/sda1", devices={"8:1": ("", [])})
    found = volume_of(folder, root=root)
    assert found.seal is Seal.NONE_SEEN
    assert "not seen from here" in found.words


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "nfs4", "number": "0:50", "source": "server:/home"},
        {"kind": "zfs", "number": "0:51", "source": "pool/home"},
        {"kind": "overlay", "number": "0:52", "source": "overlay"},
        {"kind": "tmpfs", "number": "0:53", "source": "tmpfs"},
        {"kind": "ext4", "number": "259:9", "source": "/dev/nvme0n1p9"},
        {"kind": "btrfs", "number": "0:54", "source": "/dev/not-there"},
        {"proc": False},
    ],
)
def test_what_cannot_be_seen_is_said_to_be_unknown(system, facts):
    root, folder = system(**facts)
    assert volume_of(folder, root=root).seal is Seal.UNKNOWN


@pytest.mark.parametrize(
    ("lines", "seal"),
    [
        ("", Seal.ENCRYPTED),
        ("/dev/zram0 partition 100 0 5\n", Seal.ENCRYPTED),
        ("/dev/not-there partition 100 0 5\n", Seal.UNKNOWN),
    ],
)
def test_swap_is_looked_at_too(tmp_path, lines, seal):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "swaps").write_text("Filename Type Size Used Priority\n" + lines)
    assert swap(root=tmp_path).seal is seal
    assert swap(root=tmp_path / "nowhere").seal is Seal.UNKNOWN


def found(settings: Settings) -> dict[str, str]:
    return {one.name: one.state for one in condition.examine(settings)}


@pytest.fixture
def home(tmp_path):
    settings = Settings.model_validate({"run": {"home": tmp_path / "out", "threads": 1}})
    with open_person(settings), open_cells(settings):
        pass
    return settings


def test_doctor_finds_a_fresh_home_in_order(home):
    told = found(home)
    assert told["internal files"] == told["internal"] == told["access log"] == "fine"


def test_doctor_finds_an_internal_file_that_others_may_read(home):
    (home.internal / "person.duckdb.old").write_text("")
    (home.internal / "person.duckdb.old").chmod(0o644)
    assert found(home)["internal files"] == "wrong"


def test_doctor_finds_a_cut_access_log(home):
    home.access_log.write_text("")
    assert found(home)["access log"] == "wrong"


def test_doctor_finds_a_folder_that_others_may_enter(home):
    home.internal.chmod(stat.S_IMODE(home.internal.stat().st_mode) | 0o005)
    assert found(home)["internal"] == "wrong"


def test_doctor_as_a_command_tells_of_encryption_swap_and_umask(home):
    done = subprocess.run(
        [sys.executable, "-c", "from equity_pipeline.cli import main; main()",
         "doctor", "--out", str(home.run.home), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = {one["name"]: one for one in json.loads(done.stdout)}
    assert told["umask"]["words"].startswith("0027")
    assert any(told["encryption"]["words"].startswith(one) for one in Seal)
    assert "swap" in told
