"""A programme's pages tell who took part, what changed, what it cost - and what cannot be told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.programme.page import file_of, write_programmes
from tests.described import published
from tests.programmes import (
    balance_row,
    cost_row,
    effect_row,
    log_rows,
    month_rows,
    process_row,
    programme_tables,
)

FACTS = PageFacts("Region Norr", "run-1", True, "", 0, "12")
VT01 = load_catalogue().select(["VT01"])


@pytest.fixture
def made(tmp_path):
    """Write the pages of some tables and return the folder."""

    def write(**tables: list[dict[str, Any]]) -> Path:
        write_programmes(published(**programme_tables(**tables)), VT01, FACTS, tmp_path)
        return tmp_path

    return write


def text(folder: Path, name: str = "program-A") -> str:
    return (folder / "program" / f"{name}.html").read_text("utf-8").replace("\u00a0", " ")


def bare(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_programme_has_a_page_a_page_for_each_measure_and_a_line_in_the_list(made):
    folder = made()
    names = ["index.html", "program-A-VT01.html", "program-A.html"]
    assert sorted(one.name for one in (folder / "program").iterdir()) == names
    assert sorted(one.name for one in (folder / "en" / "program").iterdir()) == names
    assert 'href="program-A.html">Program A<' in text(folder, "index")
    assert 'href="program-A-VT01.html">VT01 Medicinsk' in text(folder)


def test_the_lead_tells_who_began_who_left_and_why_and_what_was_found(made):
    lead = bare(text(made()))
    assert "2 enheter har deltagit, den första från 2023-01-01." in lead
    assert "1 deltar fortfarande och 1 har slutat: Personalbrist (1)." in lead
    assert "1 av 1 bedömda mått har förbättrats mer än hos jämförelseenheterna." in lead


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ((0.021, 0.049), "1 av 1 bedömda mått har förbättrats mer än hos jämförelseenheterna."),
        ((-0.01, 0.08), "0 av 1 bedömda mått har förbättrats mer än hos jämförelseenheterna."),
        ((-0.06, -0.01), "0 av 1 bedömda mått har förbättrats mer än hos jämförelseenheterna, 1"),
    ],
    ids=["better", "unclear", "worse"],
)
def test_an_effect_is_counted_as_better_only_where_its_interval_leaves_out_zero(
    made, limits, found
):
    low, high = limits
    costs = [cost_row(delta_effect=(low + high) / 2, delta_effect_lower=low,
                      delta_effect_upper=high)]  # fmt: skip
    assert found in bare(text(made(programme_effect=[effect_row(), *costs])))


def test_who_took_part_stands_by_name_with_days_activities_and_the_reason_for_leaving(made):
    page = bare(text(made()))
    assert "Enhetsnamn 1 Besök 2023-01-01 2023-05 Tolk bokas deltar" in page
    assert "Enhetsnamn 2 Besök 2023-03-01 2023-05 Tolk bokas 2023-10-01 Personalbrist" in page


def test_cost_stands_beside_effect_and_is_not_divided_without_one(made):
    divided = bare(text(made()))
    assert "180 kr 3,5 procentenheter 2,1 till 4,9 5 089 kr (3 763 till 7 861)" in divided
    alone = cost_row(icer=None, icer_lower=None, icer_upper=None, icer_quadrant="undecided")
    page = bare(text(made(programme_effect=[effect_row(), alone])))
    assert "5 089" not in page and "effekten kan inte avgöras; kostnaden står för sig" in page


def test_a_measure_without_a_good_side_has_no_improvement_and_is_not_called_hidden(made):
    neutral = cost_row(delta_effect=None, delta_effect_lower=None, delta_effect_upper=None)
    page = bare(text(made(programme_effect=[effect_row(), neutral])))
    assert "180 kr bedöms inte" in page and "Ingen förändring kan bedömas." in page


def test_what_lacks_is_told_in_words_and_what_is_hidden_by_its_sign(made):
    none = {"did": None, "pre_pilot": None, "post_pilot": None, "pre_comp": None,
            "post_comp": None}  # fmt: skip
    lacking = [effect_row(value_status="not_estimated", **none), process_row()]
    page = text(
        made(programme_effect=lacking, programme_balance=[], run_chart=[]), "program-A-VT01"
    )
    assert "visas inte: för få perioder eller enheter." in page
    assert "Inga månader kan visas" in page and "Balansen mot jämförelseenheter visas inte" in page
    hidden = [effect_row(value_status="suppressed", did=0.987), cost_row(value_status="suppressed")]
    folder = made(programme_effect=hidden)
    assert "Förändringen mot jämförelseenheterna visas inte: ..." in text(folder, "program-A-VT01")
    assert "98,7" not in bare(text(folder) + text(folder, "program-A-VT01"))
    assert "Programmets kostnader är inte lämnade, eller visas inte." in text(folder)


def test_a_release_without_a_log_says_so_and_names_no_unit(made):
    folder = made(programme_log=[])
    assert "Utgåvan innehåller inte vilka enheter som deltar." in text(folder)
    assert "Enhetsnamn" not in text(folder) + text(folder, "program-A-VT01")


def test_no_programme_means_no_page(tmp_path):
    assert write_programmes(published(), VT01, FACTS, tmp_path) == []
    assert list(tmp_path.rglob("*.html")) == []


def test_before_and_after_stand_for_all_and_for_the_focus_group_with_how_it_was_inferred(made):
    page = bare(text(made(), "program-A-VT01"))
    assert "från 83,0 % till 87,0 %, hos jämförelseenheterna från 84,4 % till 84,2 %" in page
    assert "Fokusgruppen 83,0 % 87,0 % 84,4 % 84,2 % 3,5 procentenheter 2,1 till 4,9" in page
    assert "19 683 möjliga fördelningar" in page and "(p 0,660)" in page
    assert "Nivå före start 0,830 0,845 −0,99 −1,07" in page


def test_trends_that_differed_before_the_start_weaken_the_comparison_in_words(made):
    page = text(made(programme_effect=[effect_row(pre_trend_p=0.002)]), "program-A-VT01")
    assert "skilde sig åt (p 0,002): jämförelsen är svagare" in page


def test_each_approach_and_those_who_went_through_with_it_stand_beside_the_headline(made):
    rows = [effect_row(), effect_row(estimand="per_protocol", did=0.04, n_units_compared=1.0),
            effect_row(approach_code="visit", value_status="not_estimated", did=None)]  # fmt: skip
    page = bare(text(made(programme_effect=rows), "program-A-VT01"))
    assert "Alla arbetssätt Alla som började (intention to treat) 2 3,5 procentenheter" in page
    assert "De som fullföljde (per protocol) 1 4,0 procentenheter" in page
    assert "Besök Alla som började (intention to treat) 2 för få perioder eller enheter" in page
    assert "Räknat på andra sätt" not in text(made(programme_effect=rows[:1]), "program-A-VT01")


def test_a_target_stands_with_whether_it_was_met_and_the_reason_that_people_wrote(made):
    missed = effect_row(target_value=0.9, reason_status="given", reason_text="Sen start.")
    page = text(made(programme_effect=[missed]), "program-A-VT01")
    assert "Mål: 90,0 %; orsaken är beskriven. Sen start." in page


def test_a_run_chart_tells_its_signal_by_its_rule_since_the_unit_began(made):
    page = text(made(), "program-A-VT01")
    assert "Nivåskifte sedan starten: 12 månader, den första 2023-01" in page
    quiet = [*month_rows(1, spc_signal="none")]
    assert "Ingen signal sedan starten" in text(made(run_chart=quiet), "program-A-VT01")


def test_a_chart_whose_lines_are_hidden_says_so_and_not_that_nothing_signalled(made):
    bare_rows = month_rows(1, centre_line=None, lcl=None, ucl=None, spc_signal=None)
    page = text(made(run_chart=bare_rows), "program-A-VT01")
    assert "Mittlinje och signaler visas inte" in page and "Ingen signal" not in page


def test_the_table_of_a_chart_has_its_events_and_a_hidden_month_is_two_dots(made):
    rows = month_rows(2)
    rows[3] |= {"value_status": "suppressed", "value": 0.987}
    page = bare(text(made(run_chart=rows), "program-A-VT01"))
    assert "2023-03 87,0 120 72,0 till 90,0 nivåskifte började" in page
    assert "2023-10 85,0 120 72,0 till 90,0 nivåskifte slutade" in page
    assert "2022-04 .. .." in page and "98,7" not in page
    assert "1 månader visas inte" in page and "Slutade: Personalbrist." in page


def test_no_programmes_name_leads_out_of_the_folder(made):
    renamed = [one | {"programme_id": "../x"} for one in [effect_row(), process_row()]]
    folder = made(programme_effect=renamed, programme_log=[])
    assert (folder / "program" / f"{file_of('../x')}.html").is_file()
    assert not list(folder.parent.glob("x*.html"))


def test_a_rows_words_are_escaped(made):
    logged = [one | {"unit_name": "<b>Enhet</b>"} for one in log_rows()]
    folder = made(programme_log=logged, programme_balance=[balance_row()])
    assert "<b>Enhet" not in text(folder) + text(folder, "program-A-VT01")


def test_fifteen_units_of_ten_years_stay_below_300_kilobytes(made):
    log, charts = [], []
    for at in range(15):
        unit = {"unit_hsa_id": f"SE-{at:04d}", "unit_name": f"Exempelvårdcentralen {at:02d}"}
        log += [one | unit for one in log_rows() if one["unit_hsa_id"] == "SE-0002"]
        for year in range(2015, 2025):
            months = month_rows(at)[:12]
            charts += [one | {"month": one["month"].replace(year=year)} for one in months]
    folder = made(programme_log=log, run_chart=charts)
    page = folder / "program" / "program-A-VT01.html"
    assert 100_000 < page.stat().st_size < 300_000
    assert "2020-01" in text(folder, "program-A-VT01")
    assert "2019-12" not in text(folder, "program-A-VT01")
