"""An indicator explains itself, and a new one is a file and nothing else."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from .conftest import AS_OF, run_night, said, write_config

COMMON = """
version = "1.0.0"
sv = "{sv}"
en = "{en}"
kind = "{kind}"
fact = "{fact}"
population_base = "{base}"
unit = "{unit}"
scale = {scale}
direction = "{direction}"
mid = {mid}
adjusters = "A1"
definition_sv = "{sv}."
definition_en = "{en}."
"""
NEW = {
    "access/tg81_video.toml": COMMON.format(
        sv="Andel besök på video", en="Share of visits by video", kind="proportion",
        fact="fct_contact", base="contacts", unit="percent", scale=1, direction="neutral", mid=0.02,
    ) + """
[denominator]
where = [{ column = "is_booked", op = "is true" }]
[numerator]
where = [{ column = "contact_form", op = "=", value = "remote_video" }]
""",
    "waiting/vt81_return_wait.toml": COMMON.format(
        sv="Dagar till återbesök", en="Days to a return visit", kind="mean",
        fact="fct_contact", base="contacts", unit="days", scale=1, direction="lower", mid=1,
    ) + """
[denominator]
where = [{ column = "wait_days", op = "is not null" }]
[numerator]
sum = "wait_days"
""",
    "access/tg82_visits.toml": COMMON.format(
        sv="Läkarbesök per 1 000 listade", en="Physician visits per 1,000 listed", kind="rate",
        fact="fct_person", base="listed", unit="per_1000", scale=1000, direction="neutral", mid=50,
    ) + """
[denominator]
where = [{ column = "is_listed", op = "is true" }]
sum = "person_years"
[numerator]
sum = "n_physician_visits"
""",
}  # fmt: skip
IDS = {"TG81", "VT81", "TG82"}


@pytest.fixture(scope="module")
def extended(incoming, tmp_path_factory):
    """A night with three indicators that lie in a folder of the region's own."""
    folder = tmp_path_factory.mktemp("extended")
    for name, text in NEW.items():
        path = folder / "declared" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return run_night(
        write_config(
            folder,
            incoming,
            indicators=("VT01", *sorted(IDS)),
            declared=(folder / "declared",),
            periods=1,
            forms=("decomposition", "excess_burden"),
            tiers=(),
        )
    )


def read(night, form):
    return pd.read_parquet(night.current / f"{form}.parquet")


def test_an_indicator_is_explained_with_definition_sql_and_first_rows(small_night):
    words = said("explain", "VT01", "--config", small_night.config)
    assert "Medicinsk bedömning inom 3 dagar" in words
    assert "three calendar days" in words
    assert "from mart.fct_contact" in words and "is_assessed_within_3_days" in words
    assert "First rows" in words
    for value in ("VT01@1.0.0", "0.03", "A0: headline is crude"):
        assert value in words


def test_the_first_rows_are_counts_and_name_no_person(small_night):
    explained = json.loads(said("explain", "VT01", "--config", small_night.config, "--json"))
    assert 0 < len(explained["rows"]) <= 5
    assert not {"person_key", "person_id", "contact_id"} & set(explained["rows"][0])


def test_without_a_run_the_explanation_says_how_to_get_rows(tmp_path):
    assert "No rows yet: run `equity demo`" in said("explain", "VT01", "--out", tmp_path)


def test_an_unknown_indicator_is_refused_with_its_exit_code(equity):
    told = equity("explain", "XX99")
    assert told.returncode == 10
    assert "XX99" in told.stderr and "To mend" in told.stderr


@pytest.mark.parametrize("form", ["stratified", "gap", "readiness"])
def test_a_new_file_gives_rows_in_every_form(extended, form):
    assert set(read(extended, form)["indicator_id"]) >= IDS


def test_a_new_indicator_is_crossed_with_the_same_dimensions_as_an_old_one(extended):
    crossed = read(extended, "stratified").groupby("indicator_id")["dimension"].agg(set)
    assert all(crossed[one] == crossed["VT01"] for one in IDS)


@pytest.mark.parametrize(
    ("indicator", "name", "unit", "column"),
    [
        ("TG81", "Andel besök på video", "percent", "contact_form = 'remote_video'"),
        ("VT81", "Dagar till återbesök", "days", "wait_days"),
        ("TG82", "Läkarbesök per 1 000 listade", "per_1000", "n_physician_visits"),
    ],
)
def test_a_new_indicator_bears_its_own_words_and_explains_itself(
    extended, indicator, name, unit, column
):
    rows = read(extended, "stratified")
    rows = rows[rows["indicator_id"] == indicator]
    assert set(rows["indicator_name_sv"]) == {name}
    assert set(rows["unit_of_measure"]) == {unit}
    told = said("explain", indicator, "--config", extended.config)
    assert name in told and column in told


def test_the_values_of_new_indicators_are_those_of_the_rows(extended, incoming):
    totals = read(extended, "stratified")
    totals = totals[(totals["dimension"] == "total") & (totals["strat2_level"] == "all")]
    totals = totals[totals["geography_level"] == "region"]
    found = totals.set_index("indicator_id")["value_crude"]
    contacts = pd.concat(pd.read_parquet(path) for path in incoming.rglob("contact_20*.parquet"))
    for name in ("first_contact_date", "contact_date", "assessment_date"):
        contacts[name] = pd.to_datetime(contacts[name])
    sought = contacts["first_contact_date"].fillna(contacts["contact_date"])
    year = contacts[sought.dt.year == 2024]
    waits = (year["assessment_date"] - year["first_contact_date"]).dt.days.dropna()
    booked = year[~year["cancelled"] & year["contact_form"].isin(
        ["visit", "home_visit", "remote_video"])]  # fmt: skip
    video = (booked["contact_form"] == "remote_video").mean()
    assert found["TG81"] == pytest.approx(video, abs=5e-5)
    assert found["VT81"] == pytest.approx(waits.mean(), rel=5e-5)


def test_the_status_and_the_catalogue_name_a_new_indicator(extended):
    told = json.loads(said("catalogue", "--config", extended.config, "--json"))
    assert {one["id"] for one in told} >= IDS
    stands = json.loads(said("status", "--config", extended.config, "--json"))
    assert {one["indicator_id"] for one in stands["values"]} == {"VT01", *IDS}
    assert (stands["run_id"], stands["as_of"]) == (extended.report.run_id, AS_OF)
