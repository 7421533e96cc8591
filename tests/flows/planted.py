"""Makes synthetic regions and takes them through the real stages, to hold the tables against."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.indicators.asked import PARTS
from equity_pipeline.pipeline import stages
from equity_pipeline.pipeline.tabulating import Tabulated
from equity_pipeline.quality.results import GateReport
from equity_pipeline.settings import Settings, load_settings
from equity_pipeline.synthetic import ALL_PLANTS, generate
from equity_pipeline.synthetic.files import Delivery
from equity_pipeline.warehouse.database import open_person

PROJECT = Path(__file__).resolve().parents[2]
AS_OF = date(2025, 1, 15)
COUNTED = PARTS - {"pairs", "waits"}  # nobody looks at these two here
YEAR_END = date(2025, 1, 1)

GROUND = ("person_2023", "person_2024", "ses_2023", "area_2023", "listing_202501", "unit_202501")
# what the facts of 2024 look back on, beside the ground (deaths of 2024 stand in person_2024)
EVENTS: Mapping[str, tuple[str, ...]] = {
    "contact": ("contact_2023", "contact_2024"),
    "cost": ("cost_2024",),
    "diagnosis": ("diagnosis_2023", "diagnosis_2024"),  # some conditions every other year
    "dispensing": ("dispensing_2024",),
    "emergency_visit": ("emergency_visit_2024",),
    "inpatient": ("inpatient_2022", "inpatient_2023", "inpatient_2024"),
    "measurement": ("measurement_2023", "measurement_2024"),
    "programme": ("programme", "programme_activity", "success_factors"),
    "procedure": ("procedure_2023", "procedure_2024"),
    "survey": ("survey_2024",),
    "vaccination": ("vaccination_2024",),
}
NEEDS: Mapping[str, tuple[str, ...]] = {
    "BR02": ("diagnosis", "procedure"),
    "BR07": ("diagnosis", "measurement"),
    "BR08": ("diagnosis", "measurement"),
    "BR11": ("diagnosis", "measurement"),
    "BR14": ("dispensing",),
    "BR19": ("diagnosis", "inpatient"),
    "FP01": ("vaccination",),
    "KO01": ("diagnosis", "cost"),
    "TG02": ("diagnosis", "inpatient", "contact"),
    "TG03": ("contact",),
    "TG07": (),
    "UP07": ("survey",),
    "VT01": ("contact",),
    "VT03": ("contact",),
}
# what is judged in other forms than T1 and T2
NEEDS_OF_FORMS: Mapping[str, tuple[str, ...]] = {
    "BR01": ("diagnosis", "measurement"),
    "BR03": ("diagnosis", "dispensing", "contact"),
    "BR06": ("diagnosis", "inpatient"),
    "BR10": ("diagnosis", "dispensing"),
    **{
        f"CC0{step}": (
            "contact",
            "diagnosis",
            "dispensing",
            "inpatient",
            "measurement",
            "procedure",
        )
        for step in range(1, 9)
    },
    **{f"CD0{step}": ("diagnosis", "dispensing", "measurement") for step in range(1, 5)},
    "FP05": ("diagnosis", "measurement", "procedure"),
    "KO02": ("diagnosis", "cost"),
    "TG05": ("contact",),
    "TG10": ("emergency_visit",),
}
EVERY_NEED = {**NEEDS_OF_FORMS, **NEEDS}


@dataclass(frozen=True, slots=True)
class Region:
    """A region that went through load, build and tabulate.

    ``gaps`` (T2), ``levels`` (T1) and ``readiness`` (T0) are the forms before the door;
    ``recent`` has, of those listed in 2024 and 25 or older, how many had been under two years in
    Sweden and how many of these have no known education, ``employed`` the share employed by the
    year that areas are described for, as the warehouse holds them.
    """

    persons: int
    settings: Settings
    truths: Mapping[str, dict[str, Any]]
    tabulated: Tabulated
    gaps: pd.DataFrame
    levels: pd.DataFrame
    readiness: pd.DataFrame
    recent: Mapping[str, int]
    employed: Mapping[int, float]

    def slope(self, truth: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the last row of T5 of the indicator and dimension that a truth speaks of."""
        held = _frame(self.tabulated, "trend")
        for column in ("indicator_id", "dimension"):
            held = held[held[column] == truth[column]]
        return None if held.empty else dict(held.sort_values("period_end").iloc[-1])

    def pair(self, truth: Mapping[str, Any], year_end: date = YEAR_END) -> dict[str, Any] | None:
        """Return the row of T2 that a truth speaks of, or None where no such gap can be made."""
        return pair(self.gaps, truth, year_end)


def pair(
    gaps: pd.DataFrame, truth: Mapping[str, Any], year_end: date = YEAR_END
) -> dict[str, Any] | None:
    """Return the row of the region's gaps that a truth speaks of, or None where there is none."""
    held = gaps[gaps["period_end"] == year_end]
    for column, key in (
        ("indicator_id", "indicator_id"),
        ("dimension", "dimension"),
        ("focus_level", "focus"),
        ("reference_level", "reference"),
        ("adjustment", "adjustment"),
    ):
        held = held[held[column] == truth[key]]
    return None if held.empty else dict(held.iloc[0])


def make(
    out: Path,
    persons: int,
    seed: int,
    *,
    indicators: Iterable[str],
    plants: frozenset[str] = ALL_PLANTS,
    years: int = 1,
    forms: Iterable[str] = ("trend",),
    counted: frozenset[str] = COUNTED,
) -> Region:
    """Return a region of that size and seed, seen through the stages of a night.

    Only the files are written and delivered that the indicators look back on, and only those
    parts of the cells ``counted`` that somebody looks at: the rest is time. The gate of the night
    is not asked: it judges deliveries, not differences. Nothing is left on disk.
    """
    chosen, forms = tuple(sorted(indicators)), tuple(forms)
    parts = parts_of(chosen, forms)
    with _writing_only(stems_of(parts, years)):
        made = generate(persons, seed, out, plants=plants - {"bad_deliveries"})
    deliver_only(out / "incoming", parts, years)
    settings = settings_for(out, chosen, years, forms)
    stages.load(settings, AS_OF, None)
    stages.build(settings, AS_OF)
    tabulated = stages.tabulate(settings, AS_OF, "planted", GateReport(), None, parts=counted)
    with open_person(settings, read_only=True) as connection:
        counted = connection.execute(RECENT).fetchall()[0]
        employed = dict(connection.execute(EMPLOYED).fetchall())
    shutil.rmtree(out)
    return Region(
        persons=persons,
        settings=settings,
        truths={one["id"]: one for one in made.truth["truths"]},
        tabulated=tabulated,
        gaps=_frame(tabulated, "gap"),
        levels=_frame(tabulated, "stratified"),
        readiness=_frame(tabulated, "readiness"),
        recent=dict(zip(("recent", "recent_missing", "all", "all_missing"), counted, strict=True)),
        employed=employed,
    )


def settings_for(
    out: Path,
    indicators: tuple[str, ...] = (),
    years: int = 1,
    forms: tuple[str, ...] = (),
) -> Settings:
    """Return the demonstration's settings with a home and a delivery folder inside ``out``."""
    settings = load_settings(PROJECT / "configs" / "demo.toml", environment={}).settings
    changed: dict[str, dict[str, Any]] = {
        "run": {"home": out / "home", "indicators": indicators, "forms": forms, "threads": 1},
        "deliveries": {"folder": out / "incoming"},
        "periods": {"count": years, "quarters": 0},
    }
    sections = {
        name: getattr(settings, name).model_copy(update=update) for name, update in changed.items()
    }
    return settings.model_copy(update=sections)


def parts_of(indicators: Iterable[str], forms: Iterable[str]) -> set[str]:
    """Return the parts of `EVENTS` that the indicators and the forms look back on."""
    asked = {part for one in indicators for part in EVERY_NEED[one]}
    return asked | ({"programme"} if "programme_effect" in forms else set())


def deliver_only(incoming: Path, parts: set[str], years: int) -> None:
    """Leave in the delivery what the parts look back on, the years of an entity in one file."""
    wanted = stems_of(parts, years)
    for path in incoming.glob("*/*/manifest.json"):
        told = json.loads(path.read_text("utf-8"))
        held: dict[str, list[Path]] = {}
        for name in (one["name"] for one in told["files"]):
            file = path.with_name(name)
            if file.stem in wanted:
                held.setdefault(_entity(file.stem), []).append(file)
            else:
                file.unlink()
        told["files"] = [{"name": _as_one(files).name} for files in held.values()]
        path.write_text(json.dumps(told), encoding="utf-8")


def stems_of(parts: Iterable[str], years: int) -> set[str]:
    """Return the files that the parts look back on from each of so many years, with the ground."""
    newest = {*GROUND, *(stem for part in parts for stem in EVENTS[part])}
    return {_before(stem, back) for stem in newest for back in range(years)}


@contextmanager
def _writing_only(stems: set[str]) -> Iterator[None]:
    """Let a region be generated as it is, but write only these files of its delivery."""
    write = Delivery.add

    def add(delivery: Delivery, source: str, stem: str, *given: Any, **told: Any) -> None:
        if stem in stems:
            write(delivery, source, stem, *given, **told)

    with patch.object(Delivery, "add", add):
        yield


def _before(stem: str, years: int) -> str:
    """Return the file of so many years before; one that is of no year is of every year."""
    return re.sub(r"(?<=_)20\d\d", lambda year: str(int(year[0]) - years), stem)


def _as_one(files: list[Path]) -> Path:
    """Put the rows of all files into the last, and return it: each file more is load time."""
    *older, last = files
    if last.suffix == ".csv":
        lines = [one.read_text("utf-8").splitlines(keepends=True) for one in files]
        last.write_text("".join(lines[0][:1] + [row for one in lines for row in one[1:]]), "utf-8")
    elif older:
        pq.write_table(pa.concat_tables([pq.read_table(one) for one in files]), last)
    for one in older:
        one.unlink()
    return last


def _entity(stem: str) -> str:
    return re.sub(r"_20\d+$", "", stem)


def _frame(tabulated: Tabulated, form: str) -> pd.DataFrame:
    """Return the rows of a form that are of the whole region."""
    frame: pd.DataFrame = tabulated.tables[form].data.to_pandas(date_as_object=True)
    if "geography_level" in frame:
        frame = frame[frame["geography_level"] == "region"]
    return frame


RECENT = """
select
    count(*) filter (where is_recent) as n_recent,
    count(*) filter (where is_recent and education = 'missing') as n_recent_missing,
    count(*) as n_all,
    count(*) filter (where education = 'missing') as n_all_missing
from (
    select education, coalesce(person.years_in_sweden_group = '<2', false) as is_recent
    from mart.fct_person
    left join raw.person on person.person_key = fct_person.person_key and person.year = 2023
    where period_code = 'r12-2024-12' and is_listed and education is not null
)
"""
EMPLOYED = """
select year, sum(population * share_employed_20_64) / sum(population)
from mart.dim_area
where area_kind = 'deso' and share_employed_20_64 is not null
group by year
"""
