"""T1 and T2 from the cells of the sample, beside pandas and statsmodels, and how they grow.

Run ``make run`` first, then ``python benchmarks/tables.py``. The plain way works on the same
cells with pandas group-bys and statsmodels fits, one indicator, period and dimension at a time;
it takes a sample of these slices. Values are seen to be equal, and seconds per slice compared.
Ours makes more of each slice: the plain way has no standardised values, no gaps and no gradients.

``--persons 20000 40000 80000 160000`` then generates cells of so many persons in forty units for
some of the indicators, with the night's periods, dimensions and levels, and times estimates, T1 and
T2 of each: they grow with the cells until these are full, and not with the persons.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import statsmodels.api as sm
from statsmodels.stats.proportion import proportion_confint

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.need import age_spline
from equity_pipeline.tables.block import Block, block
from equity_pipeline.tables.cells import AGE_GROUPS, AGE_MIDPOINTS, STANDARD_BAND, Slice, slices
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.effects import effects, standards
from equity_pipeline.tables.estimates import estimate
from equity_pipeline.tables.gap import gap
from equity_pipeline.tables.need_effects import AGE_KNOTS
from equity_pipeline.tables.stratified import stratified

STANDARD_PERIOD = "r12-2024-12"
UNITS = 40
Cells = Mapping[str, pa.Table]


def main() -> None:
    """Print seconds and ratios."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--cells", type=Path, default=Path("out/internal/cells.duckdb"))
    asked.add_argument("--sample", type=int, default=40, help="slices that the plain way makes")
    asked.add_argument("--persons", type=int, nargs="*", default=[])
    asked.add_argument("--grown", nargs="*", default=["VT01", "KO01"], help="their indicators")
    given = asked.parse_args()
    if not given.cells.exists():
        raise SystemExit(f"There are no cells at {given.cells}: run `make run` first.")
    with duckdb.connect(given.cells, read_only=True) as connection:
        cells = _cells(connection)
        context = _context(connection, cells)
    declared = list(context.declared.values())
    _compare(cells, declared, given.sample)
    print(f"\n{'persons':>10}{'cells':>12}{'estimates':>11}{'T1':>8}{'T2':>8}  seconds")
    _time("as loaded", cells, context)
    some = replace(context, declared={one: context.declared[one] for one in given.grown})
    for persons in given.persons:
        _time(f"{persons}", {one: _grown(cells[one], persons) for one in given.grown}, some)


def _cells(connection: duckdb.DuckDBPyConnection) -> dict[str, pa.Table]:
    catalogue = load_catalogue()
    names = [
        name
        for (name,) in connection.sql("select distinct indicator_id from one_way order by all")
        .fetchall()
        if name in catalogue
    ]  # fmt: skip
    query = "from one_way where indicator_id = $1 order by all"
    return {one: connection.sql(query, params=[one]).to_arrow_table() for one in names}


def _context(connection: duckdb.DuckDBPyConnection, cells: Cells) -> FormContext:
    catalogue = load_catalogue()
    periods = connection.sql(
        "select distinct s.period_start, s.period_end, s.period_kind, s.data_status,"
        " s.area_vintage, case s.period_kind when 'quarter' then 'q-' || year(s.period_start)"
        " || '-' || quarter(s.period_start) else 'r12-'"
        " || strftime(s.period_end - interval 1 day, '%Y-%m') end as period_code"
        " from stratified s where s.period_kind in ('quarter', 'rolling_12_months')"
    ).df()
    return FormContext(
        run_id="benchmark",
        region_code="12",
        region_name="Region",
        periods=periods,
        declared={one: catalogue[one] for one in cells},
        persons=connection.sql("from persons").df(),
        missing=connection.sql("from missing").df(),
        base_period=STANDARD_PERIOD,
    )


def _compare(cells: Cells, declared: list[Declaration], sample: int) -> None:
    """See that both ways give the same values, and print their seconds per slice."""
    every = [
        (one, number, here)
        for one in declared
        for number, here in enumerate(slices(cells[one.id]))
        if _compared(one, here)
    ]
    chosen = [every[i] for i in np.linspace(0, len(every) - 1, sample).astype(int)]
    _plain(chosen[0][0], chosen[0][2])  # a first call loads what it needs
    began = time.perf_counter()
    ours, made = {}, 0
    for one in declared:
        held = block(cells[one.id])
        if held is not None:
            ours[one.id] = _ours(one, held)
            made += held.shape[0]
    ours_seconds = (time.perf_counter() - began) / made
    began = time.perf_counter()
    plain = [_plain(one, here) for one, _, here in chosen]
    plain_seconds = (time.perf_counter() - began) / len(plain)
    for (one, number, here), theirs in zip(chosen, plain, strict=True):
        _see_equal(one, here, {k: v[number] for k, v in ours[one.id].items()}, theirs)
    print(f"{len(chosen)} of {made} slices, equal in {sum(map(len, plain))} sets of values to 1e-6")
    print(f"{'':34}{'ms a slice':>12}{'ratio':>8}")
    print(f"{'values, limits, covariances: ours':34}{1e3 * ours_seconds:12.2f}{1:8.1f}")
    ratio = plain_seconds / ours_seconds
    print(f"{'pandas and statsmodels':34}{1e3 * plain_seconds:12.2f}{ratio:8.1f}")


def _ours(declared: Declaration, cells: Block) -> dict[str, np.ndarray]:
    made = effects(cells, declared, standards(cells, STANDARD_PERIOD))
    return {name: effect.value for name, effect in made.items()}


def _time(told: str, cells: Cells, context: FormContext) -> None:
    marks = [time.perf_counter()]
    declared = context.declared.values()
    long = estimate(cells.__getitem__, declared, standard_period=STANDARD_PERIOD)
    for form in (stratified, gap):
        marks.append(time.perf_counter())
        form(long, context)
    marks.append(time.perf_counter())
    size = sum(table.num_rows for table in cells.values())
    seconds = "".join(f"{x:{w}.2f}" for x, w in zip(np.diff(marks), (11, 8, 8), strict=True))
    print(f"{told:>10}{size:12}{seconds}")


def _grown(table: pa.Table, persons: int) -> pa.Table:
    """Return cells of so many persons: every slice of the table, filled at random."""
    draw = np.random.default_rng(persons)
    held = (
        table.select(["period_code", "dimension", "level"]).to_pandas().value_counts().sort_index()
    )
    parts = []
    for (period, dimension, level), rows in held.items():
        share = rows / held[period, dimension].sum()
        size = draw.poisson(persons * share)
        key = draw.integers(0, len(AGE_GROUPS) * 2 * 4 * UNITS, size)
        cell, n = np.unique(key, return_counts=True)
        parts.append((period, dimension, level, cell, n))
    return _table(table["indicator_id"][0].as_py(), parts, draw)


def _table(
    indicator: str, parts: list[tuple[str, str, str, np.ndarray, np.ndarray]],
    draw: np.random.Generator,
) -> pa.Table:  # fmt: skip
    cell, n = (np.concatenate([one[i] for one in parts]) for i in (3, 4))
    names = {
        name: np.repeat([one[i] for one in parts], [len(one[3]) for one in parts])
        for i, name in enumerate(("period_code", "dimension", "level"))
    }
    unit, rest = np.divmod(cell, len(AGE_GROUPS) * 8)
    age, rest = np.divmod(rest, 8)
    s = draw.binomial(n, 0.6).astype(float)
    return pa.table(
        {"indicator_id": pa.array([indicator] * len(n))}
        | names
        | {
            "sex": np.array(["male", "female"])[rest % 2],
            "age_group": np.array(AGE_GROUPS)[age],
            "morbidity": np.array(["none", "one", "two", "three_or_more"])[rest // 2],
            "cluster_key": np.char.add("U", unit.astype(str)),
            "n": n,
            "d": n.astype(float),
            "s": s,
            "ss": s,
            "sd": s,
            "dd": n.astype(float),
        }
    )


def _compared(declared: Declaration, cells: Slice) -> bool:
    """The plain way leaves out what it has no single call for."""
    _, d, s, *_ = cells.by_level()
    some = bool((s > 0).all() and (d > 0).all())
    if declared.kind == "proportion":
        some = some and bool((s < d).all())
    return some and cells.n_levels > 1 and cells.dimension not in ("sex", "age_band")


def _plain(declared: Declaration, cells: Slice) -> dict[str, np.ndarray]:
    """As an analyst would: a frame of cells, group-bys, a model for each need set."""
    _, d, s, *_ = cells.sums
    frame = pd.DataFrame(
        {
            "level": cells.level,
            "stratum": STANDARD_BAND[cells.age] * 2 + cells.sex,
            "age": AGE_MIDPOINTS[cells.age],
            "sex": cells.sex,
            "morbidity": cells.morbidity,
            "unit": cells.cluster,
            "d": d,
            "s": s,
        }
    )
    sums = frame.groupby("level")[["s", "d"]].sum()
    if declared.kind == "proportion":
        proportion_confint(sums["s"], sums["d"], method="wilson")
    made = {"crude": (sums["s"] / sums["d"]).to_numpy() * declared.scale}
    columns = ["age", "sex"]
    made["need_a"] = _modelled(frame, declared, columns)
    if (cells.morbidity != cells.morbidity[0]).any():
        made["need_b"] = _modelled(frame, declared, [*columns, "morbidity"])
    return made


def _modelled(frame: pd.DataFrame, declared: Declaration, columns: list[str]) -> np.ndarray:
    levels = pd.get_dummies(frame["level"], dtype=float)
    need = [age_spline(frame["age"].to_numpy(), AGE_KNOTS), frame[["sex"]].to_numpy(float)]
    if "morbidity" in columns:
        need.append(pd.get_dummies(frame["morbidity"], drop_first=True, dtype=float).to_numpy())
    design = np.column_stack([levels, _independent(np.column_stack(need), levels)])
    used = frame["d"].to_numpy() > 0
    s, d = frame["s"].to_numpy()[used], frame["d"].to_numpy()[used]
    families = sm.families
    model = {
        "binomial": lambda: sm.GLM(np.column_stack([s, d - s]), design[used], families.Binomial()),
        "poisson": lambda: sm.GLM(s, design[used], families.Poisson(), offset=np.log(d)),
        "gaussian": lambda: sm.GLM(s / d, design[used], families.Gaussian(), var_weights=d),
        "gamma": lambda: sm.GLM(
            s / d, design[used], families.Gamma(families.links.Log()), var_weights=d
        ),
    }[declared.family]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = model().fit(
            tol=1e-10,
            tol_criterion="params",
            cov_type="cluster",
            cov_kwds={"groups": frame["unit"].to_numpy()[used]},
        )
    values = []
    for level in range(levels.shape[1]):
        everybody = design.copy()
        everybody[:, : levels.shape[1]] = 0
        everybody[:, level] = 1
        link = everybody @ fitted.params
        mean = fitted.model.family.link.inverse(link)
        values.append(float(np.average(mean, weights=frame["d"])))
    return np.array(values) * declared.scale


def _independent(need: np.ndarray, levels: pd.DataFrame) -> np.ndarray:
    """Statsmodels' pseudo-inverse loses digits on raw splines: scale, and drop what depends."""
    varies = need[:, need.std(axis=0) > 0]
    scaled = (varies - varies.mean(axis=0)) / varies.std(axis=0)
    kept: list[int] = []
    for column in range(scaled.shape[1]):
        tried = np.column_stack([levels, scaled[:, [*kept, column]]])
        if np.linalg.matrix_rank(tried, tol=1e-6 * np.sqrt(len(tried))) == tried.shape[1]:
            kept.append(column)
    return scaled[:, kept]


def _see_equal(
    declared: Declaration, cells: Slice, mine: dict[str, np.ndarray], theirs: dict[str, np.ndarray]
) -> None:
    for name, value in theirs.items():
        own = mine.get(name, np.array([np.nan]))[: cells.n_levels]
        if np.isfinite(own).all():
            np.testing.assert_allclose(
                own, value, rtol=1e-6, err_msg=f"{declared.id} {cells.dimension} {name}"
            )


if __name__ == "__main__":
    main()
