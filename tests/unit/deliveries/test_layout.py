"""A layout that contradicts itself or the vocabulary is told by file and key."""

from pathlib import Path

import pytest

from equity_pipeline.deliveries.layouts.layout import find_layout, read_layout, shape_of
from equity_pipeline.deliveries.layouts.shipped import shipped, shipped_names
from equity_pipeline.errors import ConfigurationError, DeclarationError

GOOD = """
name = "small"
[[file]]
pattern = "person_*.csv"
[[file.entity]]
entity = "person"
[file.entity.columns]
sex = { map = { K = "female", M = "male" } }
"""


def _read(tmp_path: Path, text: str):
    path = tmp_path / "layout.toml"
    path.write_text(text, "utf-8")
    return read_layout(path)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('pattern = "person_*.csv"', 'pattern = "p"\nseparator = ";"', "file.0.separator"),
        ('entity = "person"', 'entity = "people"', "people"),
        ("sex = {", "gender = {", "gender"),
        ("sex = {", 'year = { constant = "2016" }\nsex = {', "reason"),
        ("sex = {", 'year = { from = "a", year_of = "b" }\nsex = {', "more than one place"),
        ("sex = {", 'person_id = { pattern = "(" }\nsex = {', "regular expression"),
        ("sex = {", 'person_id = { role = "identity" }\nsex = {', "key_file"),
        ('entity = "person"', 'entity = "person"\ndistinct = "latest"', "distinct_by"),
        ("[[file.entity]]", 'dates = ["%d/%m/%y"]\n[[file.entity]]', "date format"),
        ("[[file.entity]]", '[[file.rule]]\nreason = "r"\n[[file.entity]]', "file.0.rule.0"),
        (
            "[[file.entity]]",
            '[[file.rule]]\nreason = "r"\nearlier = "x.y"\nlater = "person.year"\n[[file.entity]]',
            "x.y",
        ),
        (
            "sex = {",
            'death_date = { date_of = { from = "a", written_in = "UTC", time_zone = "Mars" } }\n'
            "sex = {",
            "Mars",
        ),
        ('name = "small"', 'name = "small', "TOML"),
        ('entity = "person"', 'entity = "person"\ntotal = "year"', "added up"),
        ("[[file.entity]]", 'thousands = ["."]\n[[file.entity]]', "thousands"),
        ("[[file.entity]]", '[[file.checked]]\nname = "a"\n[[file.entity]]', "reason"),
        ("sex = {", 'death_date = { max = "tomorrow" }\nsex = {', "death_date"),
    ],
)
def test_a_fault_is_told_with_its_file_and_key(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        _read(tmp_path, GOOD.replace(old, new, 1))
    assert told in str(caught.value)
    assert "layout.toml" in str(caught.value)


def test_a_file_finds_its_layout_by_its_bare_name(tmp_path: Path) -> None:
    layout = _read(tmp_path, GOOD)
    found = find_layout([layout], "scb/202501/person_2024.csv")
    assert found is not None and found[1].entity[0].entity == "person"
    assert find_layout([layout], "people.csv") is None


def test_another_text_has_another_digest(tmp_path: Path) -> None:
    assert _read(tmp_path, GOOD).digest != _read(tmp_path, GOOD + "\n").digest


def test_an_identity_wins_over_the_default_role_of_another_entity(tmp_path: Path) -> None:
    entity = '[[file.entity]]\nentity = "listing"\n'
    identity = 'person_id = { role = "identity" }\nsex = {'
    text = GOOD.replace('"small"', '"small"\nkey_file = "k"').replace("sex = {", identity)
    assert _read(tmp_path, text + entity).files[0].roles()["person_id"] == "identity"


def test_a_date_format_is_read_at_full_width() -> None:
    assert shape_of("%Y%m%d") == r"\d{4}\d{2}\d{2}"


@pytest.mark.parametrize("name", ["standard", "vitoria_2016"])
def test_the_layouts_of_the_project_can_be_read(name: str) -> None:
    root = Path(__file__).parents[3]
    assert read_layout(root / "configs" / "layouts" / f"{name}.toml").name == name


def test_every_layout_that_is_shipped_has_its_own_name() -> None:
    assert {"flat_visits", "standard", "vitoria_2016"} <= set(shipped_names())
    assert all(shipped(name).name == name for name in shipped_names())


def test_a_layout_that_is_not_shipped_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="flat_visits"):
        shipped("nothing")


def test_a_closed_file_takes_only_the_mentioned_columns(tmp_path: Path) -> None:
    assert "death_date" in _read(tmp_path, GOOD).files[0].known
    closed = GOOD.replace("[[file.entity]]", "closed = true\n[[file.entity]]", 1)
    assert "death_date" not in _read(tmp_path, closed).files[0].known
