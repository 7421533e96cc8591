"""Reads the files of a synthetic region and compares groups, straight from the rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from equity_pipeline.synthetic.morbidity import CONDITIONS


@lru_cache(maxsize=24)
def read(folder: Path, stem: str, source: str = "care") -> pd.DataFrame:
    held = folder / "incoming" / source / "202501"
    if (held / f"{stem}.csv").exists():
        return pd.read_csv(held / f"{stem}.csv", sep=";", dtype={"area_code": str})
    return pq.read_table(held / f"{stem}.parquet").to_pandas(date_as_object=False)


def people_of(folder: Path, year: int) -> pd.DataFrame:
    """Those listed on 1 January of the year, with the status of the day before."""
    person = read(folder, f"person_{year - 1}", "population")
    person = person[person.death_date.isna()].drop(columns="year")
    ses = read(folder, f"ses_{year - 1}", "population").drop(columns="year")
    people = person.merge(ses, on="person_id", how="left")
    people["age"] = year - 1 - people.birth_year
    people.loc[people.age < 25, "education"] = None
    listing = read(folder, "listing_202501")
    start = pd.Timestamp(year, 1, 1)
    listing = listing[
        (listing.from_date <= start) & (listing.to_date.isna() | (listing.to_date > start))
    ]
    people = people.merge(listing, on="person_id")
    unit = read(folder, "unit_202501")[["unit_hsa_id", "provider_type"]]
    return people.merge(unit, on="unit_hsa_id").set_index("person_id")


def gap_of(values: pd.Series, groups: pd.Series, focus: object, reference: object) -> float:
    means = values.groupby(groups).mean()
    return float(means[focus] - means[reference])


def mean_of_years(folder: Path, one: Callable[[int], float]) -> float:
    return float(np.mean([one(year) for year in range(2020, 2025)]))


def with_condition(folder: Path, condition: str, year: int) -> pd.DataFrame:
    people, diagnosis = people_of(folder, year), read(folder, f"diagnosis_{year}")
    return people.loc[
        people.index.isin(diagnosis.person_id[diagnosis.icd10se.str.startswith(condition)])
    ]


@lru_cache(maxsize=24)
def n_conditions(folder: Path) -> pd.Series:
    """How many chronic conditions each person is ever diagnosed with."""
    codes = [one.icd10se for one in CONDITIONS]
    years = [read(folder, f"diagnosis_{year}") for year in range(2020, 2025)]
    diagnosis = pd.concat([one[one.icd10se.isin(codes)] for one in years])
    return diagnosis.groupby("person_id").icd10se.nunique()
