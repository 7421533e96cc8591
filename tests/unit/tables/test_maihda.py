"""T3: what crossed groups say, when nothing is said of single ones, and who is behind each."""

from itertools import product

import numpy as np
import pytest

from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.tables.maihda import intersections
from equity_pipeline.vocabulary import vocabulary
from tests.formed import given_of, spread, stratum

FORBIDDEN = ("insats", "beror på", "svaga", "bör ", "sämst", "bäst", "riktade", "generella")
LEVELS = {
    "sex": ("female", "male"),
    "age_three": ("18-44", "45-64", "65+"),
    "education": ("pre_secondary", "upper_secondary", "post_secondary"),
}


def strata(share, *, n=200, levels=LEVELS, indicator="VT01", **more):
    """Strata with a share of events each, by the places of their levels."""
    made = []
    for places in product(*(range(len(held)) for held in levels.values())):
        held = {name: levels[name][at] for name, at in zip(levels, places, strict=True)}
        size = n(places) if callable(n) else n
        made.append(
            stratum(held, size, round(size * share(*places)), indicator_id=indicator, **more)
        )
    return made


def flat(*places):
    return 0.45 + 0.05 * sum(places)


def steep(*places):
    """Main effects that reach far, and one stratum that stands apart from them."""
    return 0.15 + 0.14 * sum(places) - 0.4 * (places == (1, 2, 2))


def made(rows, indicator="VT01", **given):
    counted = [
        *spread("q1", 400, 300, indicator_id=indicator),
        *spread("q5", 400, 320, indicator_id=indicator),
    ]
    return intersections(given_of(counted, strata=rows, **given))


def frames(rows, indicator="VT01", **given):
    tables = made(rows, indicator, **given).tables
    return [tables[f"maihda_{name}"].data.to_pandas() for name in ("model", "strata")]


def test_nothing_is_said_of_single_strata_where_they_say_little():
    model, held = frames(strata(flat, n=4000))
    assert model.loc[0, "vpc_null"] < 0.05
    assert not held["narrative_allowed"].any()
    assert held[["stratum_reading_sv", "stratum_reading_en"]].isna().all(axis=None)
    assert "inget sägs om enskilda" in model.loc[0, "reading_sv"]


def test_a_small_share_of_variance_silences_even_an_interaction_that_is_told():
    def odd(*places):
        return 0.5 + 0.10 * (places == (0, 0, 0))

    model, held = frames(strata(odd, n=9000))
    assert (held["interaction_flag"] == "positive").any()
    assert model.loc[0, "vpc_null"] < 0.05
    assert held["stratum_reading_sv"].isna().all()
    _, spoken = frames(strata(odd, n=9000), options=FormSettings(vpc_speaks_from=0.0))
    assert spoken["stratum_reading_sv"].notna().any()


def test_a_share_that_may_be_nothing_gives_no_word_on_strata_and_a_careful_reading():
    few = {name: LEVELS[name] for name in ("sex", "age_three")}
    model, held = frames(strata(lambda *places: 0.35 + 0.35 * (places[1] == 2), n=20, levels=few))
    row = model.loc[0]
    assert row["vpc_null"] > 0.05
    assert row["vpc_null_lower"] == 0
    assert "intervallet rymmer flera läsningar" in row["reading_sv"]
    assert not held["narrative_allowed"].any()
    wide = FormSettings(vpc_limits=(0.0001, 0.9, 0.91, 0.92, 0.93))
    certain, _ = frames(strata(steep), options=wide)
    assert "Intervallet ger samma läsning" in certain.loc[0, "reading_sv"]


def test_an_interaction_is_told_only_where_its_interval_excludes_zero():
    _, held = frames(strata(steep))
    told = held["interaction_effect"].notna()
    assert (held["interaction_flag"] != "none").tolist() == told.tolist()
    assert 0 < told.sum() < len(held)
    beyond = (held["interaction_effect_lower"] > 0) | (held["interaction_effect_upper"] < 0)
    assert beyond[told].all()
    [apart] = held[held["stratum_id"] == "male|65+|post_secondary"].to_dict("records")
    assert apart["interaction_flag"] == "negative"
    assert apart["pred_total"] - apart["pred_main_only"] == pytest.approx(
        apart["interaction_effect"]
    )
    assert apart["stratum_reading_sv"].startswith("Gruppens värde är lägre")


def test_without_variance_beyond_main_effects_there_is_a_sentence_and_no_zero():
    model, held = frames(strata(lambda *places: 0.3 + 0.1 * places[1] + 0.1 * places[2]))
    row = model.loc[0]
    assert row["boundary_flag"]
    assert row["boundary_sv"] == "ingen påvisbar interaktion utöver huvudeffekter"
    assert row[["sigma2_main", "vpc_main", "pcv"]].isna().all()
    assert row["vpc_main_upper"] > 0
    assert row["vpc_null"] > 0
    assert set(held["interaction_flag"]) == {"none"}


def test_strata_that_do_not_differ_at_all_are_told_without_a_zero():
    model, _ = frames(strata(lambda *_: 0.5))
    row = model.loc[0]
    assert row["boundary_sv"] == "ingen påvisbar skillnad mellan korsade grupper"
    assert row[["vpc_null", "sigma2_null", "mor_null", "vpc_main", "pcv"]].isna().all()
    assert row["vpc_label"] == "none"
    assert row[["auc_null", "delta_auc"]].isna().all()


def test_small_strata_are_fitted_counted_and_left_to_the_door():
    def size(places):
        return 12 if places == (0, 0, 0) else 300

    done = made(strata(steep, n=size))
    model = done.tables["maihda_model"].data.to_pylist()[0]
    held = done.tables["maihda_strata"].data.to_pandas()
    assert (model["n_strata"], model["n_strata_under_20"]) == (18, 1)
    assert len(held) == 18
    counts = done.persons.data.to_pandas()
    assert set(counts["dimension"]) == {"strata"}
    assert set(counts["level"]) == {*held["stratum_id"], "all", "missing"}
    [few] = counts[counts["level"] == "female|18-44|pre_secondary"].to_dict("records")
    assert (few["n_persons"], few["n_persons_with"], few["n_persons_without"]) == (12, 2, 10)
    assert few["geography_code"] == "12"


def test_who_lacks_a_dimension_is_left_out_and_counted():
    lacking = [
        stratum({"sex": one, "age_three": "18-44", "education": "missing"}, 150, 75)
        for one in LEVELS["sex"]
    ]
    done = made([*strata(flat), *lacking])
    model, held = (done.tables[f"maihda_{one}"].data.to_pandas() for one in ("model", "strata"))
    counts = done.persons.data.to_pandas().set_index("level")["n_persons"]
    assert (counts["all"], counts["missing"]) == (3600, 300)
    assert model.loc[0, "n_left_out"] == 300
    assert model.loc[0, "n_persons"] == 3600
    assert not held["stratum_id"].str.contains("missing").any()


def test_without_education_and_income_of_persons_the_areas_are_crossed_and_named_as_areas():
    levels = {
        "sex": ("female", "male"),
        "age_three": ("18-44", "45-64", "65+"),
        "birth_three": ("outside_europe", "sweden"),
        "area_class": ("resource_weak", "other"),
    }
    model, held = frames(strata(flat, levels=levels))
    assert model.loc[0, "strata_definition"] == "sex+age_three+birth_three+area_class"
    assert model.loc[0, "ses_measurement_level"] == "area"
    assert set(held["ses_measurement_level"]) == {"area"}
    assert set(held["education"]) == {"all"}


@pytest.mark.parametrize(
    ("indicator", "method"), [("VT01", "agq_counts"), ("BR19", "agq_counts"), ("VT03", "lmm_ml")]
)
def test_shares_rates_and_means_have_their_own_models(indicator, method):
    model, held = frames(strata(steep, indicator=indicator, ss=400.0), indicator)
    assert model.loc[0, "fit_method"] == method
    assert model.loc[0, "value_status"] == "shown"
    scale = 1000 if indicator == "BR19" else 1
    assert held["raw_rate"].max() == pytest.approx(scale * 0.71)
    assert (held["pred_total_lower"] < held["pred_total"]).all()
    assert held["n_events"].isna().all() == (indicator == "VT03")
    assert np.isnan(model.loc[0, "auc_null"]) == (indicator != "VT01")


def test_a_cost_over_person_years_is_told_per_person_year():
    rows = []
    for row in strata(flat, indicator="KO01", n=40_000):
        n, cost = row["n"], 1000.0 * (4 + row["s"] / row["n"])
        years = n * 0.5
        rows.append(
            row
            | {
                "d": years, "s": years * cost, "ss": years * cost**2 * 1.5,
                "sd": 0.5 * years * cost, "dd": 0.5 * years,
            }
        )  # fmt: skip
    model, held = frames(rows, "KO01")
    assert model.loc[0, "value_status"] == "shown"
    [one] = held[held["stratum_id"] == "female|18-44|pre_secondary"].to_dict("records")
    assert one["raw_rate"] == pytest.approx(4450)
    assert one["pred_total"] == pytest.approx(4450, abs=10)


@pytest.mark.parametrize(
    ("rows", "reason", "status"),
    [
        ([], "no_strata", "not_applicable"),
        (strata(flat, n=19), "few_persons", "not_estimated"),
        (
            [stratum({"sex": one}, 90, 40) for one in LEVELS["sex"]],
            "one_dimension", "not_estimated",
        ),
        (
            [stratum({"sex": a, "age_three": b}, 90, 40) for a, b in
             (("female", "18-44"), ("male", "45-64"), ("female", "65+"))],
            "few_strata", "not_estimated",
        ),
        (strata(lambda *places: 0.5 * (places[2] > 0)), "level_without_events", "not_estimated"),
    ],
)  # fmt: skip
def test_what_cannot_be_modelled_has_its_row_and_its_reason(rows, reason, status):
    model, held = frames(rows)
    [row] = model.to_dict("records")
    assert (row["not_estimated_reason"], row["value_status"]) == (reason, status)
    assert row["not_estimated_sv"]
    assert np.isnan(row["vpc_null"])
    assert held.empty


def test_places_go_from_the_lowest_with_what_the_intervals_allow():
    _, held = frames(strata(steep))
    assert held["rank_total"].sum() == 18 * 19 / 2  # those that are alike share their places
    assert held.loc[held["pred_total"].idxmin(), "rank_total"] == 1
    assert (held["rank_lower"] <= held["rank_total"]).all()
    assert (held["rank_total"] <= held["rank_upper"]).all()
    assert held["rank_upper"].max() == 18


def test_the_classes_begin_where_the_configuration_says():
    rows = strata(flat, n=4000)
    weak, _ = frames(rows)
    share = weak.loc[0, "vpc_null"]
    assert weak.loc[0, "vpc_label"] == "weak"
    limits = (share / 5, share / 4, share / 3, share / 2, share)
    assert frames(rows, options=FormSettings(vpc_limits=limits))[0].loc[0, "vpc_label"] == (
        "excellent"
    )


def test_readings_judge_nobody_and_advise_nothing():
    codes = vocabulary().codes
    for name in (
        "vpc_reading",
        "vpc_certainty",
        "stratum_reading",
        "boundary",
        "not_estimated_reason",
    ):
        for words in codes[name].values():
            assert not [bad for bad in FORBIDDEN if bad in words.sv.lower()], words.sv
    assert set(codes["vpc_reading"]) == set(codes["vpc_label"])


def test_the_same_strata_in_another_order_give_the_same_table():
    rows = strata(steep)
    once, again = made(rows), made(rows[::-1])
    for form in once.tables:
        assert once.tables[form].data.equals(again.tables[form].data)
