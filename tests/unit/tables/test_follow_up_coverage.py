"""Coverage of follow-up: the number, what hinders, and the grounds that nobody can measure."""

import pandas as pd
import pytest

from equity_pipeline.quality.texts import TEXTS
from equity_pipeline.tables.follow_up_coverage import coverage, hindrances
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import vocabulary

STOPPED = "Individuell uppgift om utbildning är inte levererad; områdestabellerna gäller."
MISSING = "Uppgift saknas för 34,5 %; kan inte bedömas."
NOTE = "Uppgift saknas för 6,5 %."


@pytest.fixture
def covered():
    rows = [
        ("VT01", "sex", "green", None), ("VT01", "education", "red", STOPPED),
        ("TG07", "sex", "yellow", NOTE), ("TG07", "education", "red", f"{MISSING} {STOPPED}"),
        ("*", "religion", "red", "Religiös tillhörighet registreras inte"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["indicator_id", "dimension", "readiness", "obstacle_sv"])
    frame["definition_hash"] = ["a", "a", "b", "b", None]
    frame["source_file"] = "file"
    made = coverage(StratifiedTable.of("readiness", frame), "run").data.to_pandas()
    return made.set_index(["coverage_part", "coverage_code", "dimension"])


def test_the_one_number_is_the_share_of_pairs_that_can_be_reported(covered):
    row = covered.loc[("share", "all", "all")]
    assert (row["n_pairs"], row["n_reportable"], row["reportable_share"]) == (4, 2, 0.5)


def test_each_dimension_has_its_share(covered):
    assert covered.loc[("dimension", "sex", "sex"), "reportable_share"] == 1.0
    assert covered.loc[("dimension", "education", "education"), "reportable_share"] == 0.0


def test_each_hindrance_says_how_many_it_hinders(covered):
    found = covered.loc["hindrance"]["n_pairs"].to_dict()
    assert found == {
        ("area_instead", "all"): 2, ("area_instead", "education"): 2,
        ("missing_stop", "all"): 1, ("missing_stop", "education"): 1,
    }  # fmt: skip


def test_the_ground_that_cannot_be_measured_is_listed(covered):
    assert covered.loc["ground"].index.get_level_values(0).tolist() == ["religion"]


def test_a_note_is_not_taken_for_a_stop():
    assert hindrances(NOTE) == ["other"]
    assert hindrances(MISSING) == ["missing_stop"]


def test_every_hindrance_but_other_is_a_sentence_of_the_readiness_table():
    assert set(vocabulary().codes["hindrance"]) - set(TEXTS) == {"other"}
