"""A unit's own folder has what is its own, what it is read against, and no other unit by name."""

from __future__ import annotations

import stat
import time
import zipfile
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equity_pipeline.audit.audit import audit
from equity_pipeline.audit.release import read_release
from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.policy import DisclosurePolicy
from equity_pipeline.disclosure.units import NamedUnits
from equity_pipeline.errors import WarehouseError
from equity_pipeline.extracts.manifest import all_hashes, seal, verify
from equity_pipeline.extracts.release import build_candidate, promote
from equity_pipeline.extracts.tiers import write_beside
from equity_pipeline.extracts.units import unit_folder, write_units
from equity_pipeline.settings import ReleaseSettings, RunSettings, Settings
from equity_pipeline.tables.table import PersonCounts, StratifiedTable

YEAR = {"period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1)}
NAMES = {
    "SE2321-E0001": "Linden vårdcentral",
    "SE2321-E0002": "Almen läkarhus",
    "SE2321-E0003": "Boken hälsocentral",
    "SE2321-E0004": "Eken",
}
KINDS = {"VT01": "proportion", "KO01": "amount"}
FACTS = {"run_id": "0f1e2d3c4b5a"}
NUMBERS = {"n_persons": 103, "n_denominator": 103, "n_numerator": 52, "value_crude": 0.504854}
TOTAL = {"dimension": "total", "level": "all", "strat2_level": "all", "strat2_dimension": "total"}


def through(names):
    """Return what the door lets through of a region with units; a unit's costs are its own."""
    places = {"12": "Region Norr", **names}
    keys = [
        YEAR | TOTAL | {"run_id": "run-1", "indicator_id": one, "geography_code": place,
                        "geography_name": name, "value_status": "shown",
                        "geography_level": "unit" if place in names else "region"}
        for one in KINDS
        for place, name in places.items()
    ]  # fmt: skip
    of_units = [key | {"unit_name": key["geography_name"]} for key in keys
                if key["geography_level"] == "unit"]  # fmt: skip
    forms = {
        "stratified": [key | NUMBERS for key in keys],
        "unit_variation": [key | NUMBERS | {"listed_n": 900} for key in of_units],
    }
    tables = {
        form: StratifiedTable.of(form, pa.Table.from_pylist(rows)) for form, rows in forms.items()
    }
    persons = {"n_persons": 103, "n_persons_with": 52, "n_persons_without": 51}
    tops = {"top_1": 0.1, "top_2": 0.1, "top_unit_1": 0.3, "top_unit_2": 0.2}
    counts = PersonCounts.of(pa.Table.from_pylist([key | persons | tops for key in keys]))
    return disclose(
        tables, counts, DisclosurePolicy(), kinds=KINDS, named=NamedUnits(frozenset({"KO01"})),
        nesting=dict.fromkeys(names, ("unit", "12")),
    )  # fmt: skip


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """A release with the tables of four units, published and shared."""
    home = tmp_path_factory.mktemp("home")
    (home / "share").mkdir()
    settings = Settings(
        run=RunSettings(home=home / "out"), release=ReleaseSettings(share=home / "share")
    )
    disclosed = through(NAMES)

    def fill(folder):
        write_beside(disclosed, folder, FACTS, tiers=settings.release.tiers)

    return promote(build_candidate(settings, "run-1", fill), settings, "2024-12")


def everything_in(folder):
    """Return the bytes of every file, and of parquet what it holds when it is unpacked."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name.encode() + path.read_bytes()
            if path.suffix == ".parquet":
                yield str(pq.read_table(path).to_pylist()).encode()
                yield str(pq.read_schema(path).metadata).encode()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as packed:
                    yield from (packed.read(name) for name in packed.namelist())


@pytest.mark.parametrize("unit", sorted(NAMES))
def test_no_byte_of_a_units_folder_names_another_unit(unit, release):
    others = [word for code, name in NAMES.items() if code != unit for word in (code, name)]
    own = unit_folder(release / "units", unit)
    held = b"\n".join(everything_in(own))
    assert NAMES[unit].encode() in held and unit.encode() in held
    assert {path.suffix for path in own.iterdir() if path.is_file()} == {
        ".parquet", ".csv", ".json", ".xlsx", "",
    }  # fmt: skip
    assert [word for word in others if word.encode() in held] == []
    assert [path.name for path in own.rglob("*") for word in others if word in path.name] == []


def test_a_unit_has_its_costs_and_the_release_has_none_of_them(release):
    own = pq.read_table(release / "units" / "SE2321-E0001" / "unit_variation.parquet").to_pylist()
    assert {row["indicator_id"]: row["value_crude"] for row in own} == {
        "VT01": 0.505,
        "KO01": 0.5049,
    }
    beside = pq.read_table(release / "units" / "SE2321-E0001" / "stratified.parquet").to_pylist()
    assert [(row["indicator_id"], row["geography_code"]) for row in beside] == [
        ("KO01", "SE2321-E0001"), ("VT01", "SE2321-E0001"), ("KO01", "12"), ("VT01", "12"),
    ]  # fmt: skip
    history = list((release / "history").glob("*/unit_variation.parquet"))
    rows = [row for path in history for row in pq.read_table(path).to_pylist()]
    assert {row["indicator_id"] for row in rows} == {"VT01"}


def test_only_the_owner_opens_the_units_folders_until_they_are_handed_out(release):
    of_units = [release / "units", *(release / "units").rglob("*")]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in of_units}
    assert modes == {(True, 0o700), (False, 0o600)}
    of_all = [path for path in release.rglob("*") if "units" not in path.relative_to(release).parts]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in of_all}
    assert modes == {(True, 0o750), (False, 0o640)}


def test_the_share_for_all_readers_has_no_units_folder_and_is_whole(release):
    share = release.parents[2] / "share" / "2024-12"
    assert (share / "open").is_dir() and not (share / "units").exists()
    verify(share)


@pytest.mark.parametrize("name", ["unit_variation.parquet", "csv/stratified.csv", "ordlista.csv"])
def test_a_file_of_a_unit_that_was_changed_is_found(name, tmp_path):
    write_units(through(NAMES).of_units(), tmp_path / "units", FACTS)
    (tmp_path / "index.html").write_text("")
    seal(tmp_path)
    verify(tmp_path)
    (tmp_path / "units" / "SE2321-E0002" / name).write_bytes(b"x")
    with pytest.raises(WarehouseError, match=r"units/SE2321-E0002: .* is not what was written"):
        verify(tmp_path)


def test_the_files_of_two_hundred_units_take_seconds(tmp_path):
    units = through({f"SE2321-E{number:04}": f"Enhet {number}" for number in range(200)}).of_units()
    begun = time.process_time()
    made = write_units(units, tmp_path / "units", FACTS)
    seconds = time.process_time() - begun
    print(f"{len(made)} units in {seconds:.1f} s of the processor")
    assert len(made) == 200
    assert seconds < 10


@pytest.mark.parametrize("code", ["../../other", ".hidden", "a/b"])
def test_the_code_of_a_unit_leads_nowhere_else(code, tmp_path):
    place = unit_folder(tmp_path, code)
    assert place.parent == tmp_path and not place.name.startswith(".")


def test_the_audit_finds_nothing_in_a_units_folder_and_leaves_them_out_of_the_release(release):
    for unit in NAMES:
        told = audit(read_release(unit_folder(release / "units", unit))).told()
        assert (told["verdict"], told["findings"]) == ("clean", [])
    assert {one.file.partition("/")[0] for one in read_release(release).sources} & {
        "units"
    } == set()


def test_the_same_tables_give_the_same_bytes_twice(tmp_path):
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        write_beside(through(NAMES), folder, FACTS, tiers=("open", "unit"))
        seal(folder)
        made.append(all_hashes(folder))
    assert made[0] == made[1]
    of_unit = "units/SE2321-E0003"
    assert {"open/stratified.parquet", "csv/stratified.csv.zip"} < set(made[0])
    assert {f"{of_unit}/unit_variation.parquet", f"{of_unit}/equity_2024-12_sv.xlsx"} < set(made[0])


def test_only_the_tiers_that_the_settings_name_are_written(tmp_path):
    write_beside(through(NAMES), tmp_path, FACTS, tiers=ReleaseSettings(tiers=()).tiers)
    names = {path.name for path in tmp_path.iterdir()}
    assert names >= {"csv", "history", "ordlista.csv", "kodlista.csv"}
    assert names.isdisjoint({"open", "units"})
    with pytest.raises(ValueError, match=r"'open' or 'unit'"):
        ReleaseSettings(tiers=("closed",))
