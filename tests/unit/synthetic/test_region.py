"""The synthetic region is reproducible, bounded, calibrated, and names nobody."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.synthetic import ALL_PLANTS, SyntheticRegion, generate
from equity_pipeline.synthetic.facts import municipalities
from equity_pipeline.vocabulary import vocabulary
from tests.beside import absent, beside

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "data" / "sample"
CALIBRATION = beside("calibration") / "skane_2022.csv"


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> SyntheticRegion:
    return generate(20_000, 2024, tmp_path_factory.mktemp("region"))


def test_the_committed_sample_is_what_the_generator_makes(region: SyntheticRegion) -> None:
    assert _hashes(SAMPLE) == _hashes(region.folder)


def test_the_committed_sample_is_at_most_25_megabytes() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 25_000_000


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    first = generate(5_000, 7, tmp_path / "a")
    again = generate(5_000, 7, tmp_path / "b")
    other = generate(5_000, 8, tmp_path / "c")
    assert _hashes(first.folder) == _hashes(again.folder)
    name = "incoming/care/202501/contact_2022.parquet"
    assert _hashes(first.folder)[name] != _hashes(other.folder)[name]


def test_without_individual_socioeconomics_only_their_files_are_missing(
    tmp_path: Path,
) -> None:
    full = _hashes(generate(5_000, 7, tmp_path / "full").folder / "incoming")
    area = _hashes(generate(5_000, 7, tmp_path / "area", individual_ses=False).folder / "incoming")
    missing = {name for name in full if name not in area}
    assert {Path(name).stem[:4] for name in missing} == {"ses_"}
    changed = {name for name, held in area.items() if full[name] != held}
    assert changed == {"population/202501/manifest.json"}


@pytest.mark.parametrize("persons", [0, 4_999, 2_000_000])
def test_a_region_out_of_bounds_is_a_configuration_error(persons: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be made"):
        generate(persons, 1, tmp_path)


def test_an_unknown_plant_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no planted truth named"):
        generate(5_000, 1, tmp_path, plants=frozenset({"weather"}))


def test_the_facts_are_the_published_figures() -> None:
    if not CALIBRATION.exists():
        pytest.skip(absent("the published figures", "calibration"))
    with CALIBRATION.open(encoding="utf-8") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    for one in municipalities():
        row = rows[one.code]
        assert (one.name, one.population) == (row["name"], int(float(row["population"])))
        assert one.pre_secondary == float(row["pct_pre_secondary_25_64"])
        assert one.post_secondary == float(row["pct_post_secondary_25_64"])
        assert one.median_income == float(row["median_net_income_sek_20plus"])
        assert one.employed == float(row["pct_employed_20_64"])
        assert one.foreign_born == float(row["pct_foreign_born"])
        assert one.foreign_born_ex_eu == float(row["pct_foreign_born_ex_eu_efta"])
        assert one.low_standard == float(row["pct_low_economic_standard_20_64"])
        assert one.sickness_days == float(row["sickness_days_ohalsotal"])


def test_the_largest_towns_have_the_published_shares(region: SyntheticRegion) -> None:
    areas = pd.read_csv(
        region.folder / "incoming/population/202501/area_2022.csv",
        sep=";",
        dtype={"area_code": str, "municipality_code": str},
    )
    towns = areas[areas.area_kind == "municipality"].set_index("area_code")
    for one in municipalities():
        if one.population < 80_000:
            continue
        town = towns.loc[one.code]
        assert town.share_low_education == pytest.approx(one.pre_secondary / 100, abs=0.02)
        assert town.share_low_income == pytest.approx(one.low_standard / 100, abs=0.03)
        assert town.share_foreign_born == pytest.approx(one.foreign_born / 100, abs=0.04)
        assert town.share_employed_20_64 == pytest.approx(one.employed / 100, abs=0.05)
        assert town.median_income_sek == pytest.approx(one.median_income, rel=0.03)


def test_every_delivered_column_and_code_is_in_the_vocabulary(region: SyntheticRegion) -> None:
    known = vocabulary()
    by_stem = {"ses": "individual_ses"}
    for path in sorted((region.folder / "incoming").rglob("*_*.parquet")):
        table = pq.read_table(path)
        stem = re.sub(r"_\d+$", "", path.stem)
        entity = known.entities[by_stem.get(stem, stem)]
        assert set(table.column_names) <= set(entity.columns), path.name
        assert set(entity.required) <= set(table.column_names), path.name
        for name in set(table.column_names) - {"sex", "income_quintile"}:
            codes = known.columns[name].codes
            if codes is not None:
                held = set(table.column(name).unique().to_pylist()) - {None}
                assert held <= set(known.codes[codes]), (path.name, name)


def test_every_key_is_unique(region: SyntheticRegion) -> None:
    known, by_stem = vocabulary(), {"ses": "individual_ses"}
    for path in sorted((region.folder / "incoming").rglob("*_*.parquet")):
        stem = re.sub(r"_\d+$", "", path.stem)
        key = [
            {"person_key": "person_id"}.get(name, name)
            for name in known.entities[by_stem.get(stem, stem)].key
        ]
        frame = pq.read_table(path, columns=key).to_pandas()
        assert not frame.duplicated().any(), path.name


def test_the_manifests_tell_rows_and_hashes(region: SyntheticRegion) -> None:
    for path in (region.folder / "incoming").rglob("manifest.json"):
        told = json.loads(path.read_text("utf-8"))
        here = {one.name for one in path.parent.iterdir()} - {"manifest.json"}
        assert {one["name"] for one in told["files"]} == here
        for one in told["files"]:
            held = hashlib.sha256((path.parent / one["name"]).read_bytes()).hexdigest()
            assert held == one["sha256"]


def _is_personal_number(digits: str) -> bool:
    try:
        date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return False
    doubled = [int(one) * (2 - place % 2) for place, one in enumerate(digits)]
    return sum(one // 10 + one % 10 for one in doubled) % 10 == 0


def test_no_text_holds_a_personal_number_but_in_the_faulty_delivery(
    region: SyntheticRegion,
) -> None:
    pattern = re.compile(r"(?<!\d)(?:\d\d)?(\d{6})[-+ ]?(\d{4})(?!\d)")
    found = set()
    for path in sorted(region.folder.rglob("*")):
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            texts = [
                str(one)
                for field in table.schema
                if str(field.type) == "string"
                for one in table.column(field.name).unique().to_pylist()
            ]
        elif path.suffix == ".csv":
            texts = [path.read_text("utf-8")]
        else:
            continue
        for text in texts:
            if any(_is_personal_number(a + b) for a, b in pattern.findall(text)):
                found.add(path.relative_to(region.folder).parts[1])
    assert found == {"personal-number"}


def test_every_plant_is_told_in_the_truths(region: SyntheticRegion) -> None:
    assert {one["plant"] for one in region.truth["truths"]} == ALL_PLANTS
    assert json.loads((region.folder / "truth.json").read_text("utf-8")) == region.truth


def test_every_faulty_delivery_is_there_with_what_must_happen(region: SyntheticRegion) -> None:
    folder = region.folder / "bad_deliveries"
    told = json.loads((folder / "manifest.json").read_text("utf-8"))["bad_deliveries"]
    assert {one["name"] for one in told} == {
        "missing-column",
        "wrong-code",
        "empty-file",
        "personal-number",
        "duplicates",
        "late",
    }
    for one in told:
        assert (folder / one["file"]).stat().st_size < 10_000
        assert one["expected"] in {"refused", "quarantine"}
