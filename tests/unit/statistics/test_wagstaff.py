"""Wagstaff's decomposition: hand-worked numbers, errors beside a bootstrap, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.decompose import wagstaff
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.gradient import Normalisation, concentration, ranked_people

ROWS = {"y": [1.0, 2.0, 2.0, 5.0], "rank": [1, 2, 3, 4], "determinants": [[0], [1], [0], [1]]}


def people(seed: int, size: int = 500) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    income = random.integers(0, 40, size).astype(float)
    columns = np.column_stack([random.normal(3, 1, size) + income / 40, random.random(size) < 0.4])
    y = columns @ [0.7, 1.2] - 2 + random.normal(size=size)
    return {"y": y, "rank": income, "determinants": columns}


def test_four_people_worked_by_hand() -> None:
    made = wagstaff(**ROWS)
    # slope 3.5 - 1.5 = 2; means 2.5 and 0.5; 2 cov(x, rank) = (-.25 + .75) / 4 = 0.125
    assert_allclose(made.coefficients.value, [2])
    assert_allclose(made.elasticity.value, [2 * 0.5 / 2.5])
    assert_allclose(made.index.value, [0.125 / 0.5])
    assert_allclose(made.contribution.value, [0.1])
    assert_allclose(made.overall.value, 0.3)
    assert_allclose(made.residual.value, 0.2)
    assert_allclose(made.share.value, [1 / 3])


def test_errors_are_those_of_drawing_people_again() -> None:
    rows = people(1)
    random = np.random.default_rng(2)
    made = wagstaff(**rows)
    names = ("overall", "residual", "coefficients", "elasticity", "index", "contribution")
    again = []
    for _ in range(300):
        chosen = random.integers(0, 500, 500)
        one = wagstaff(**{name: a[chosen] for name, a in rows.items()})
        again.append(np.hstack([getattr(one, name).value for name in names]))
    errors = np.hstack([getattr(made, name).standard_error for name in names])
    assert_allclose(errors, np.std(again, axis=0), rtol=0.15)


def test_the_outcome_s_mean_is_uncertain_as_well() -> None:
    random = np.random.default_rng(5)
    rank = random.random(300)
    rows = {"y": 10 * rank - 2 + random.normal(size=300), "rank": rank}
    rows["determinants"] = (rank + 0.1 * random.normal(size=300))[:, np.newaxis]
    again = []
    for _ in range(300):
        chosen = random.integers(0, 300, 300)
        again.append(wagstaff(**{k: a[chosen] for k, a in rows.items()}).contribution.value)
    assert_allclose(wagstaff(**rows).contribution.standard_error, np.std(again), rtol=0.15)


@pytest.mark.parametrize(
    ("index", "bounds"),
    [
        (Normalisation.GENERALISED, None),
        (Normalisation.ERREYGERS, (-5.0, 15.0)),
        (Normalisation.WAGSTAFF, (-5.0, 15.0)),
    ],
)
def test_the_parts_are_parts_of_the_index_that_is_asked_for(
    index: Normalisation, bounds: tuple[float, float] | None
) -> None:
    rows = people(3)
    made = wagstaff(**rows, index=index, bounds=bounds)
    whole = concentration(ranked_people(rows["y"], rows["rank"]), index=index, bounds=bounds)
    assert_allclose(made.contribution.value.sum() + made.residual.value, whole.value[0])
    standard = wagstaff(**rows)
    assert_allclose(made.share.value, standard.share.value)


def test_a_determinant_of_mean_0_has_a_contribution_and_no_index() -> None:
    made = wagstaff(ROWS["y"], ROWS["rank"], [[-1], [1], [-1], [1]])
    assert np.isnan(made.index.value).all()
    assert_allclose(made.contribution.value, [0.1])


def test_rows_of_equal_people_are_those_people() -> None:
    counts = [3, 1, 2, 4]
    few = wagstaff(**ROWS, people=counts)
    many = wagstaff(**{k: np.repeat(np.asarray(a), counts, axis=0) for k, a in ROWS.items()})
    assert_allclose(few.contribution.value, many.contribution.value)
    assert_allclose(few.contribution.standard_error, many.contribution.standard_error)
    assert_allclose(few.residual.standard_error, many.residual.standard_error)


def test_few_clusters_widen_the_limits_and_are_told() -> None:
    rows = people(4)
    made = wagstaff(**rows, cluster=np.arange(500) % 10)
    width = (made.contribution.upper - made.contribution.value) / made.contribution.standard_error
    assert_allclose(width, 2.262157, rtol=1e-6)  # Student's t of nine degrees of freedom
    assert Caution.FEW_CLUSTERS in made.contribution.warnings
    assert made.contribution.method == "wagstaff_delta_cluster"


@pytest.mark.parametrize(
    "changed",
    [
        {"y": [1.0, 2.0, 2.0]},
        {"y": [1.0, 2.0, 2.0, np.nan]},
        {"rank": [1, 1, 1, 1]},
        {"determinants": [0, 1, 0, 1]},
        {"determinants": [[1], [1], [1], [1]]},
        {"determinants": [[0, 0], [1, 2], [0, 0], [1, 2]]},
        {"people": [1, 1, 1, 0]},
        {"weight": [1, 1, 1, np.inf]},
        {"cluster": [1, 1, 1, 1]},
        {"index": Normalisation.ERREYGERS},
        {"bounds": (0, 9)},
        {"confidence": 1.5},
    ],
)
def test_impossible_rows_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(MethodError):
        wagstaff(**(ROWS | changed))  # type: ignore[arg-type]
