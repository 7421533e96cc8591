"""Seconds for each table form from its cells, and how they grow with persons.

``python benchmarks/forms.py`` makes synthetic regions of 1, 2, 4 and 8 times the persons of the
sample, runs load, build and tabulate on each, and prints the seconds of cells, estimates and every
form. Forms are functions of strata, units and areas: a form that grows with persons would show.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path

from equity_pipeline.pipeline import stages
from equity_pipeline.settings import Settings, load_settings
from equity_pipeline.synthetic import generate

ROOT = Path(__file__).resolve().parents[1]
AS_OF = date(2025, 1, 15)
SAMPLE, SEED = 20_000, 2024


def main() -> None:
    """Print the table of seconds and the growth from the smallest region to the largest."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--times", type=float, nargs="+", default=[1, 2, 4, 8])
    given = asked.parse_args()
    columns: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for times in given.times:
            home = Path(folder) / f"{times:g}"
            columns.append(_seconds(home, int(SAMPLE * times)))
            print(f"{times:g} times the sample: {sum(columns[-1].values()):.1f} s from rows")
    _print(given.times, columns)


def _seconds(home: Path, persons: int) -> dict[str, float]:
    incoming = home / "incoming"
    generate(persons, SEED, home)
    settings = _settings(home, incoming)
    stages.load(settings, AS_OF, None)
    gate = stages.check(settings, AS_OF)
    stages.build(settings, AS_OF)
    made = stages.tabulate(settings, AS_OF, "benchmark", gate, None)
    return dict(made.seconds)


def _settings(home: Path, incoming: Path) -> Settings:
    shipped = load_settings(ROOT / "configs" / "demo.toml").settings
    run = shipped.run.model_copy(update={"home": home / "out"})
    deliveries = shipped.deliveries.model_copy(update={"folder": incoming})
    return shipped.model_copy(update={"run": run, "deliveries": deliveries})


def _print(times: list[float], columns: list[dict[str, float]]) -> None:
    heads = "".join(f"{f'x{one:g}':>10}" for one in times)
    print(f"\n{'seconds':24}{heads}{'growth':>10}")
    for name in columns[-1]:
        told = [column.get(name, float("nan")) for column in columns]
        growth = told[-1] / told[0] if told[0] else float("nan")
        print(f"{name:24}" + "".join(f"{one:10.2f}" for one in told) + f"{growth:10.1f}")
    forms = [sum(v for k, v in one.items() if k not in {"cells", "estimates"}) for one in columns]
    print(f"{'all forms':24}" + "".join(f"{one:10.2f}" for one in forms))


if __name__ == "__main__":
    main()
