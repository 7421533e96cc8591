"""T1 and T2 for twelve indicators from the cells of the sample, beside pandas and statsmodels.

Run ``make run`` first, then ``python benchmarks/tables.py``. The plain way works on the same
cells with pandas group-bys and statsmodels fits, one indicator, period and dimension at a time;
it takes a sample of these, and both ways are timed on that sample after their values are seen to
be equal. Ours makes more of each slice: the plain way has no standardised values, no gaps and no
gradients. All of T1 and T2 is then timed with ours alone.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.stats.proportion import proportion_confint

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.need import age_spline
from equity_pipeline.tables.cells import AGE_MIDPOINTS, STANDARD_BAND, Slice, slices
from equity_pipeline.tables.contrasts import contrasts
from equity_pipeline.tables.effects import AGE_KNOTS, effects, standard_weights
from equity_pipeline.tables.estimates import estimate

INDICATORS = (
    "BR02", "BR07", "BR08", "BR11", "BR14", "KO01", "TG02", "TG05", "TG07", "VT01", "VT03", "FP01",
)  # fmt: skip


def main() -> None:
    """Print the table of ratios."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--cells", type=Path, default=Path("out/internal/cells.duckdb"))
    asked.add_argument("--sample", type=int, default=40, help="slices that the plain way makes")
    given = asked.parse_args()
    if not given.cells.exists():
        raise SystemExit(f"There are no cells at {given.cells}: run `make run` first.")
    catalogue = load_catalogue()
    declared = [catalogue[name] for name in INDICATORS]
    with duckdb.connect(given.cells, read_only=True) as connection:
        cells = {one.id: _cells(connection, one.id) for one in declared}
    held = {one.id: list(slices(cells[one.id])) for one in declared}
    standard = standard_weights(next(s for s in held["TG07"] if s.dimension == "total"))
    every = [(one, s) for one in declared for s in held[one.id] if _compared(one, s)]
    chosen = [every[i] for i in np.linspace(0, len(every) - 1, given.sample).astype(int)]

    _ours(*chosen[0], standard), _plain(*chosen[0])  # first calls load what both need
    began = time.perf_counter()
    ours = [_ours(one, s, standard) for one, s in chosen]
    ours_seconds = time.perf_counter() - began
    began = time.perf_counter()
    plain = [_plain(one, s) for one, s in chosen]
    plain_seconds = time.perf_counter() - began
    _see_equal(chosen, ours, plain)

    began = time.perf_counter()
    long = estimate(cells.__getitem__, declared, standard_period=held["TG07"][0].period_code)
    whole = time.perf_counter() - began
    print(f"{len(chosen)} of {len(every)} slices, equal in {sum(map(len, plain))} values to 1e-6")
    print(f"{'':34}{'seconds':>10}{'ratio':>8}")
    print(f"{'values, limits, covariances: ours':34}{ours_seconds:10.2f}{1:8.1f}")
    print(f"{'pandas and statsmodels':34}{plain_seconds:10.2f}{plain_seconds / ours_seconds:8.1f}")
    print(
        f"all of T1 and T2, {len(declared)} indicators, {len(every)} slices and all gaps and "
        f"gradients: {whole:.1f} s, {len(long)} estimates"
    )


def _cells(connection: duckdb.DuckDBPyConnection, indicator: str) -> object:
    return connection.sql(
        "select * from one_way where indicator_id = $1 "
        "order by period_code, dimension, level, sex, age_group, morbidity, cluster_key",
        params=[indicator],
    ).to_arrow_table()


def _compared(declared: Declaration, cells: Slice) -> bool:
    """The plain way leaves out what it has no single call for."""
    _, d, s, *_ = cells.by_level()
    some = bool((s > 0).all() and (d > 0).all())
    if declared.kind == "proportion":
        some = some and bool((s < d).all())
    return some and cells.n_levels > 1 and cells.dimension not in ("sex", "age_band")


def _ours(declared: Declaration, cells: Slice, standard: np.ndarray) -> dict[str, np.ndarray]:
    made = effects(cells, declared, standard)
    for effect in made.values():
        list(contrasts(cells, declared, effect))
    return {name: effect.value for name, effect in made.items()}


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


def _see_equal(chosen: list, ours: list, plain: list) -> None:
    for (declared, cells), mine, theirs in zip(chosen, ours, plain, strict=True):
        for name, value in theirs.items():
            if name in mine and np.isfinite(mine[name]).all():
                np.testing.assert_allclose(
                    mine[name], value, rtol=1e-6,
                    err_msg=f"{declared.id} {cells.dimension} {name}",
                )  # fmt: skip


if __name__ == "__main__":
    main()
