"""Real appointments in a foreign layout: every published number counted again from the rows."""

from __future__ import annotations

import json

import duckdb
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from equity_pipeline.statistics.need.spline import age_spline
from equity_pipeline.tables.need_effects import AGE_KNOTS
from tests.beside import absent

from .conftest import REAL, ROOT, run_night, said

CONFIG = ROOT / "configs" / "vitoria_2016.toml"
DIMENSIONS = (
    "total", "economic_standard", "sex", "age_band", "disability_proxy", "area_income_quintile",
)  # fmt: skip
OUTCOME = {"VT01": "within", "VT03": "wait", "TG05": "missed"}
SCALE = {"VT01": 1, "VT03": 1, "TG05": 100}
BORDERS, BANDS = [-1, 17, 44, 64, 79, 200], ["0-17", "18-44", "45-64", "65-79", "80+"]


def fifths(areas):
    """The fifth in which the middle of a block of areas with one value falls; worst first."""
    block = areas.groupby("share_low_income")["population"].sum().sort_index(ascending=False)
    middle = block.cumsum() - block / 2
    place = np.minimum(5, np.floor(5 * middle / block.sum()) + 1).astype(int)
    return areas["share_low_income"].map("q" + place.astype(str)).set_axis(areas["area_code"])


@pytest.fixture(scope="module")
def rows():
    """The appointments that count, each with what its patient's latest appointment says."""
    if not REAL.is_dir():
        pytest.skip(absent("the real appointments", "real"))
    raw = pd.read_csv(REAL / "appointments_vitoria_2016.csv.zip", dtype={"PatientId": str})
    day = {name: pd.to_datetime(raw[name].str[:10]) for name in ("ScheduledDay", "AppointmentDay")}
    made = pd.DataFrame(
        {
            "patient": raw["PatientId"],
            "day": day["AppointmentDay"],
            "wait": (day["AppointmentDay"] - day["ScheduledDay"]).dt.days,
            "missed": (raw["No-show"] == "Yes").astype(int),
            "age": raw["Age"],
            "sex": raw["Gender"].map({"F": "female", "M": "male"}),
            "place": raw["Neighbourhood"],
            "chronic": (raw[["Hipertension", "Diabetes", "Alcoholism"]] > 0).sum(axis=1),
            "disability_proxy": np.where(raw["Handcap"] > 0, "disability", "none"),
            "economic_standard": np.where(raw["Scholarship"] == 1, "low", "not_low"),
        }
    )
    made = made[(made["wait"] >= 0) & made["age"].between(0, 110)]
    status = ["sex", "age", "place", "chronic", "disability_proxy", "economic_standard"]
    rising = [True, False, True, False, True, True, True, True]
    latest = made.sort_values(["patient", "day", *status], ascending=rising)
    latest = latest.drop_duplicates("patient")[["patient", *status]]
    counted = made[["patient", "wait", "missed"]].merge(latest, on="patient", validate="m:1")
    areas = pd.read_csv(REAL / "areas_vitoria_2016.csv", sep=";")
    return counted.assign(
        total="all",
        within=(counted["wait"] <= 3).astype(int),
        age_band=pd.cut(counted["age"], BORDERS, labels=BANDS).astype(str),
        area_income_quintile=counted["place"].map(fifths(areas)),
    )


@pytest.fixture(scope="module")
def vitoria(rows, tmp_path_factory):
    return run_night(CONFIG, "2016-06-09", tmp_path_factory.mktemp("vitoria"))


@pytest.fixture(scope="module")
def internal(vitoria):
    with duckdb.connect(str(vitoria.settings.cells_database), read_only=True) as cells:
        names = ("stratified", "gap")
        return {name: cells.sql(f"from {name}").df() for name in names}


def counted_again(rows, indicator, dimension):
    values = rows.groupby(dimension)[OUTCOME[indicator]]
    return values.mean() * SCALE[indicator], values.size()


def shown(table, indicator, dimension):
    held = table[
        (table["indicator_id"] == indicator)
        & (table["dimension"] == dimension)
        & (table["strat2_level"] == "all")
        & (table["geography_level"] == "region")
    ]
    return held.set_index("level").sort_index()


def gap_row(table, indicator, adjustment, dimension="economic_standard"):
    (found,) = table[
        (table["indicator_id"] == indicator)
        & (table["dimension"] == dimension)
        & (table["adjustment"] == adjustment)
        & (table["geography_level"] == "region")
        & table["is_declared_contrast"]
    ].to_dict("records")
    return found


def test_every_row_of_the_file_is_loaded_or_set_aside(vitoria, rows):
    with duckdb.connect(str(vitoria.settings.person_database), read_only=True) as connection:
        told = connection.execute(
            "select rows_in, rows_loaded, rows_quarantined, rows_refused from raw.delivery "
            "order by rows_in"
        ).fetchall()
    assert told == [(81, 81, 0, 0), (110_527, 110_516, 11, 0)]
    assert len(rows) == 110_516


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("indicator", OUTCOME)
def test_the_internal_table_is_what_the_rows_say(internal, rows, indicator, dimension):
    value, n = counted_again(rows, indicator, dimension)
    held = shown(internal["stratified"], indicator, dimension)
    assert held["n_denominator"].to_dict() == n.to_dict()
    assert held["value_crude"].to_numpy() == pytest.approx(value.to_numpy(), rel=0, abs=1e-9)
    assert held["n_persons"].to_dict() == rows.groupby(dimension)["patient"].nunique().to_dict()


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("indicator", OUTCOME)
def test_the_published_table_is_the_same_but_for_its_rounding(vitoria, rows, indicator, dimension):
    held = shown(pd.read_parquet(vitoria.current / "stratified.parquet"), indicator, dimension)
    value, n = counted_again(rows, indicator, dimension)
    assert set(held["value_status"]) == {"shown"}
    assert set(held.index) == set(value.index)
    for level, published in held["value_crude"].items():
        more = n[level] >= 4000
        digits = 3 if indicator == "VT01" else 3 - int(np.floor(np.log10(value[level])))
        assert published == pytest.approx(
            value[level], rel=0, abs=0.5001 * 10.0 ** -(digits + more)
        )


@pytest.mark.parametrize("indicator", OUTCOME)
def test_the_gap_and_its_interval_are_those_of_the_rows_clustered_on_neighbourhoods(
    internal, rows, indicator
):
    poor = rows["economic_standard"] == "low"
    outcome = rows[OUTCOME[indicator]] * SCALE[indicator]
    gap = outcome[poor].mean() - outcome[~poor].mean()
    influence = np.where(
        poor,
        (outcome - outcome[poor].mean()) / poor.sum(),
        -(outcome - outcome[~poor].mean()) / (~poor).sum(),
    )
    by_place = pd.Series(influence).groupby(rows["place"].to_numpy()).sum()
    groups = len(by_place)
    error = np.sqrt((by_place**2).sum() * groups / (groups - 1))
    fewest = min(rows[poor]["place"].nunique(), rows[~poor]["place"].nunique())
    reach = stats.t.ppf(0.975, fewest - 1) * error
    found = gap_row(internal["gap"], indicator, "crude")
    assert (found["focus_level"], found["reference_level"]) == ("low", "not_low")
    assert found["gap_abs"] == pytest.approx(gap, abs=1e-9)
    assert found["gap_abs_lower"] == pytest.approx(gap - reach, abs=1e-9)
    assert found["gap_abs_upper"] == pytest.approx(gap + reach, abs=1e-9)
    harm = -gap if indicator == "VT01" else gap
    assert found["gap_harm"] == pytest.approx(harm, abs=1e-9)
    assert found["cluster_unit"] == "area_code"


@pytest.mark.parametrize("adjustment", ["need_a", "need_b"])
@pytest.mark.parametrize(
    ("indicator", "family"),
    [("VT01", sm.families.Binomial()), ("TG05", sm.families.Poisson())],
    ids=["VT01", "TG05"],
)
def test_the_need_adjusted_gap_is_that_of_a_model_on_rows(
    internal, rows, indicator, family, adjustment
):
    midpoint = np.where(rows["age"] >= 85, 90.0, rows["age"] // 5 * 5 + 2.5)
    columns = [*age_spline(midpoint, AGE_KNOTS).T / 50, rows["sex"] == "female"]
    if adjustment == "need_b":
        columns += [rows["chronic"] == code for code in (1, 2, 3)]
    poor = (rows["economic_standard"] == "low").to_numpy(float)
    design = np.column_stack([np.ones(len(rows)), poor, *columns]).astype(float)
    fitted = sm.GLM(rows[OUTCOME[indicator]].to_numpy(float), design, family=family).fit(tol=1e-12)
    all_poor, none_poor = design.copy(), design.copy()
    all_poor[:, 1], none_poor[:, 1] = 1, 0
    gap = fitted.predict(all_poor).mean() - fitted.predict(none_poor).mean()
    found = gap_row(internal["gap"], indicator, adjustment)
    assert found["gap_abs"] == pytest.approx(gap * SCALE[indicator], abs=1e-6 * SCALE[indicator])


def test_what_the_delivery_does_not_hold_is_said(vitoria):
    ready = pd.read_parquet(vitoria.current / "readiness.parquet")
    for dimension, sv, en in (
        ("education", "utbildning", "education"),
        ("employment", "sysselsättning", "employment"),
        ("country_of_birth", "födelseland", "country of birth"),
    ):
        held = ready[(ready["dimension"] == dimension) & (ready["indicator_id"] != "KO01")]
        assert set(held["indicator_id"]) == set(OUTCOME)
        assert set(held["readiness"]) == {"red"}
        assert set(held["obstacle_sv"]) == {f"Uppgift om {sv} är inte levererad."}
        assert set(held["obstacle_en"]) == {f"Data on {en} are not delivered."}
    gone = {"education", "employment", "country_of_birth", "income_quintile", "provider_type"}
    table = pd.read_parquet(vitoria.current / "stratified.parquet")
    assert gone.isdisjoint(table["dimension"])


def test_that_no_cost_is_delivered_is_said(vitoria):
    ready = pd.read_parquet(vitoria.current / "readiness.parquet")
    costs = ready[ready["indicator_id"] == "KO01"]
    assert set(costs["readiness"]) == {"red"}
    assert costs["obstacle_sv"].str.contains("kostnad").all()
    assert costs["obstacle_en"].str.contains("cost").all()
    assert "KO01" not in set(pd.read_parquet(vitoria.current / "gap.parquet")["indicator_id"])


def test_the_status_tells_the_numbers_of_the_tables(vitoria):
    home = vitoria.settings.run.home
    told = json.loads(said("status", "--json", "--config", CONFIG, "--out", home))
    assert told["deliveries"] == {
        "rows_in": 110_608,
        "rows_loaded": 110_597,
        "rows_quarantined": 11,
        "rows_refused": 0,
        "rows_left_aside": 0,
    }
    gaps = pd.read_parquet(vitoria.current / "gap.parquet")
    for name, adjustment in (("VT01", "crude"), ("VT03", "crude"), ("TG05", "need_a")):
        (shown_gap,) = (
            one
            for one in told["gaps"]
            if (one["indicator_id"], one["dimension"]) == (name, "economic_standard")
        )
        held = gap_row(gaps, name, adjustment)
        for number in ("gap_harm", "gap_harm_lower", "gap_harm_upper", "focus_value"):
            assert shown_gap[number] == held[number]
    values = {one["indicator_id"]: one["value"] for one in told["values"]}
    assert values == {"VT01": 0.4817, "VT03": 10.184, "TG05": 20.188}


def test_the_forms_that_the_material_carries_have_rows_and_the_others_say_why_not(vitoria):
    held = {path.stem: pd.read_parquet(path) for path in vitoria.current.glob("*.parquet")}
    for form in ("stratified", "gap", "decomposition", "excess_burden", "maihda_model"):
        assert (held[form]["value_status"] == "shown").any(), form
    # one delivery is one period: no trend, no programme, no unit
    for form in ("trend", "programme_effect", "area_description"):
        status = set(held[form]["value_status"])
        assert status <= {"shown", "not_estimated", "not_reported", "suppressed"}, form
    assert held["programme_effect"].empty and held["area_description"].empty


def test_neighbourhoods_stand_beside_a_funnel_without_a_rank(vitoria, rows):
    held = pd.read_parquet(vitoria.current / "unit_variation.parquet")
    mine = held[(held["indicator_id"] == "VT01") & (held["geography_level"] == "neighbourhood")]
    assert len(mine) == rows["place"].nunique()
    told = mine[mine["value_status"] == "shown"]
    assert len(told) > 70 and told["funnel_low95"].notna().all()
    assert (told["overdispersion_phi"] > 1).all()
    assert (told["funnel_class"] == "within").sum() > (told["chance_class"] == "within").sum()
    assert not [name for name in held.columns if "rank" in name]
