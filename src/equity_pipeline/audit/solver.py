"""The solver: one solution of a system, in the time that is left, or none."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from scipy import optimize

from equity_pipeline.audit.bounds import BIG, SMALL, Floats, Ints, System
from equity_pipeline.audit.finding import CouldNotJudge

DONE, INFEASIBLE = 0, 2  # what the solver says


@dataclass(frozen=True, slots=True)
class Clock:
    """How long the solver may still work."""

    seconds: float
    started: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Return the seconds that are left.

        Raises
        ------
        CouldNotJudge
            If there are none: what was not proved is never taken as proved.
        """
        left = self.seconds - (time.monotonic() - self.started)
        if left <= 0:
            raise CouldNotJudge(
                "The time limit was reached before every hidden cell was judged.",
                where="the search for intervals",
                mend="give more time with --time-limit",
            )
        return left


def solved(made: System, aim: Floats, clock: Clock, *, whole: bool) -> Floats | None:
    """Return the solution with the least of ``aim``; None if nothing fulfils the equations."""
    zero = np.zeros(made.n_rows)
    answer = optimize.milp(
        aim,
        integrality=np.full(made.n_cells, int(whole)),
        bounds=optimize.Bounds(made.low, made.high),
        constraints=optimize.LinearConstraint(made.matrix(), zero, zero),
        options={"time_limit": clock.left()},
    )
    if answer.status == INFEASIBLE:
        return None
    if answer.status != DONE or answer.x is None:
        clock.left()
        raise CouldNotJudge(
            f"The solver gave no answer: {answer.message}",
            where="the search for intervals",
            mend="give more time with --time-limit",
        )
    return np.asarray(answer.x, np.float64)


def refuted(made: System, clock: Clock) -> tuple[Ints, Ints]:
    """Return the equations that cannot hold: those with a rest, and those with too much in them.

    Of all ways to mend the system the one that changes the counts least is taken.

    Examples
    --------
    >>> from equity_pipeline.audit.bounds import system
    >>> told = np.array([9.0, 4.0, 3.0])
    >>> rest, much = refuted(system([(0, [1, 2])], told, told), Clock(1))
    >>> rest.tolist(), much.tolist()
    ([0], [])
    """
    n, rows = made.n_cells, np.arange(made.n_rows)
    loose = np.full(2 * len(rows), BIG)
    wider = System(
        np.concatenate([made.row, rows, rows]),
        np.concatenate([made.column, n + rows, n + len(rows) + rows]),
        np.concatenate([made.sign, -np.ones(len(rows)), np.ones(len(rows))]),
        np.concatenate([made.low, np.zeros(len(loose))]),
        np.concatenate([made.high, loose]),
    )
    aim = np.concatenate([np.zeros(n), np.ones(len(loose))])
    point = solved(wider, aim, clock, whole=False)
    slack = np.zeros(len(loose)) if point is None else point[n:]
    over = slack > SMALL
    return np.flatnonzero(over[: len(rows)]), np.flatnonzero(over[len(rows) :])
