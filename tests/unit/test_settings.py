"""Settings come from a file and the environment, and each value knows where from."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from equity_pipeline.errors import ConfigurationError, exit_code_of
from equity_pipeline.settings import Settings, as_of_or_today, leaves, load_settings


def write(folder: Path, text: str) -> Path:
    path = folder / "equity.toml"
    path.write_text(text, "utf-8")
    return path


def test_without_a_file_every_value_is_the_default():
    held = load_settings(None, {})
    assert held.settings == Settings()
    assert set(held.origins.values()) == {"default"}


def test_the_file_and_then_the_environment_decide_and_each_origin_is_known(tmp_path):
    path = write(tmp_path, '[region]\ncode = "03"\nname = "A"\n[run]\nthreads = 3\n')
    held = load_settings(path, {"EQUITY_RUN__THREADS": "4", "PATH": "/bin"})
    assert (held.settings.region.code, held.settings.run.threads) == ("03", 4)
    assert held.origins["region.code"] == str(path)
    assert held.origins["run.threads"] == "environment EQUITY_RUN__THREADS"
    assert held.origins["run.memory_limit"] == "default"


def test_a_nested_section_is_reached_from_the_environment():
    url = "http://127.0.0.1:8080/v3"
    held = load_settings(None, {"EQUITY_SOURCES__KOLADA__BASE_URL": url})
    assert held.settings.sources.kolada.base_url == url


def test_an_empty_variable_is_an_empty_value_and_a_torn_list_is_named():
    held = load_settings(None, {"EQUITY_DELIVERIES__PURPOSE": ""})
    assert held.settings.deliveries.purpose == ""
    with pytest.raises(ConfigurationError, match="EQUITY_SOURCES__SCB__URLS"):
        load_settings(None, {"EQUITY_SOURCES__SCB__URLS": '["a"'})


def test_a_list_is_given_as_json_in_the_environment():
    held = load_settings(None, {"EQUITY_RUN__INDICATORS": '["VT01", "KO01"]'})
    assert held.settings.run.indicators == ("VT01", "KO01")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[run]\nthread = 2\n", "run.thread"),
        ("[rum]\n", "rum"),
        ("[run]\nthreads = 0\n", "run.threads"),
        ('[release]\npolicy = "sometimes"\n', "release.policy"),
        ("[disclosure]\nsmallest_count = 0\n", "disclosure.smallest_count"),
        ('[region]\ncode = "12\'; drop"\n', "region.code"),
        ('[region]\ntime_zone = "UTC\'; drop"\n', "region.time_zone"),
    ],
)
def test_a_key_that_is_unknown_or_cannot_be_is_named_and_ends_with_2(tmp_path, text, named):
    with pytest.raises(ConfigurationError) as error:
        load_settings(write(tmp_path, text), {})
    assert named in error.value.what
    assert exit_code_of(error.value) == 2


def test_an_unknown_key_of_the_environment_is_named():
    with pytest.raises(ConfigurationError, match=r"run\.thread"):
        load_settings(None, {"EQUITY_RUN__THREAD": "2"})


def test_all_faults_are_told_at_once(tmp_path):
    with pytest.raises(ConfigurationError) as error:
        load_settings(write(tmp_path, "[run]\nthread = 2\n[areas]\nkind = 'county'\n"), {})
    assert "run.thread" in str(error.value)
    assert "areas.kind" in str(error.value)


def test_a_file_that_is_absent_or_no_toml_is_a_configuration_error(tmp_path):
    with pytest.raises(ConfigurationError, match="does not exist"):
        load_settings(tmp_path / "none.toml", {})
    with pytest.raises(ConfigurationError, match="not TOML"):
        load_settings(write(tmp_path, "[run\n"), {})


def test_a_relative_path_starts_from_the_folder_of_its_file(tmp_path):
    text = '[run]\nhome = "night"\n[deliveries]\nfolder = "in"\nlayouts = ["a.toml"]\n'
    held = load_settings(write(tmp_path, text), {})
    assert held.settings.run.home == tmp_path / "night"
    assert held.settings.deliveries.folder == tmp_path / "in"
    assert held.settings.deliveries.layouts == (tmp_path / "a.toml",)


def test_settings_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Settings().run.threads = 3


def test_the_digest_changes_with_what_can_change_a_result_and_with_nothing_else():
    def digest(name, value):
        return load_settings(None, {name: value}).settings.digest()

    same = Settings().digest()
    assert digest("EQUITY_RUN__HOME", "/srv/elsewhere") == same
    assert digest("EQUITY_RUN__THREADS", "8") == same
    assert digest("EQUITY_SOURCES__KOLADA__BASE_URL", "http://127.0.0.1:1/v3") == same
    assert digest("EQUITY_DISCLOSURE__SMALLEST_COUNT", "6") != same
    assert digest("EQUITY_REGION__CODE", "03") != same


def test_the_protected_folder_is_below_home():
    held = Settings()
    assert held.person_database == Path("out/internal/person.duckdb")
    assert {held.cells_database.parent, held.snapshots.parent} == {held.internal}


def test_the_date_of_a_run_is_the_one_given():
    assert as_of_or_today(date(2025, 1, 15), Settings()) == date(2025, 1, 15)


def test_every_key_is_listed_with_its_value():
    assert dict(leaves(Settings()))["disclosure.smallest_denominator"] == 20
