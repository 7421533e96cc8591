"""Health centres and who is listed where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.synthetic.areas import Geography
from equity_pipeline.synthetic.facts import municipalities
from equity_pipeline.synthetic.morbidity import Morbidity
from equity_pipeline.synthetic.persons import Persons
from equity_pipeline.synthetic.plants import NAMED_BY_INCOME_IF_UNEQUAL, YEARS
from equity_pipeline.synthetic.streams import Array, Plan, day_of, largest_remainder

PROVIDER = ("region", "private_corporate", "private_independent", "non_profit")
PROVIDER_SHARES = np.array([0.525, 0.30, 0.125, 0.05])
FINANCING = ("choice_system", "own_budget")
MOVE_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Units:
    """One entry a unit (length u); ``municipality`` and ``regso`` say where it stands."""

    hsa_ids: tuple[str, ...]
    municipality: Array
    regso: Array
    provider: Array
    financing: Array
    size_weight: Array

    @property
    def size(self) -> int:
        """Number of units."""
        return len(self.hsa_ids)


@dataclass(frozen=True, slots=True)
class Listing:
    """Unit of each person on 1 January by year (n x 5), and when the first listing began."""

    unit: Array
    first_day: Array
    draws: Array  # uniform, for the named physician of each listing

    def moved(self, place: int) -> Array:
        """Return who changed unit on 1 January of the year with this place."""
        return np.asarray(self.unit[:, place] != self.unit[:, place - 1])


def number_of_units(persons: int) -> int:
    """Return how many units a region of this size has.

    Examples
    --------
    >>> number_of_units(20_000), number_of_units(1_414_324)
    (40, 170)
    """
    return int(min(170, max(24, round(40 * (persons / 20_000) ** 0.34))))


def _providers(number: int) -> Array:
    """Types in turn, each as soon as its share is due, so that every town has a mixture."""
    held = np.zeros(PROVIDER_SHARES.size)
    types = []
    for place in range(1, number + 1):
        chosen = int(np.argmax(PROVIDER_SHARES * place - held))
        held[chosen] += 1
        types.append(chosen)
    return np.array(types)


def make_units(plan: Plan, geography: Geography) -> Units:
    """Return the units: in the largest places, each with a home area in turn."""
    population = np.array([one.population for one in municipalities()], dtype=float)
    number = number_of_units(plan.persons)
    per = largest_remainder(population, number)
    municipality = np.repeat(np.arange(per.size), per)
    place = np.arange(number) - (np.cumsum(per) - per)[municipality]
    first = np.searchsorted(geography.regso_municipality, municipality)
    n_regso = np.bincount(geography.regso_municipality)[municipality]
    provider = _providers(number)
    publicly_run = np.cumsum(provider == 0)
    return Units(
        hsa_ids=tuple(f"SE2321000255-S{one:07d}" for one in range(1, number + 1)),
        municipality=municipality,
        regso=first + place * n_regso // per[municipality],
        provider=provider,
        financing=((provider == 0) & (publicly_run % 4 == 2)).astype(np.int64),
        size_weight=np.exp(plan.stream("units", "size").normal(0, 0.3, number)),
    )


def catchments(units: Units) -> Array:
    """Return for each municipality the municipality whose units its people choose among."""
    codes = np.array([int(one.code) for one in municipalities()])
    served = np.unique(units.municipality)
    nearest = np.abs(codes[:, None] - codes[served][None, :]).argmin(axis=1)
    return np.asarray(served[nearest])


def _choose(
    plan: Plan, geography: Geography, people: Persons, morbidity: Morbidity, units: Units
) -> tuple[Array, Array]:
    """First choice and the unit of those who move; the healthier prefer private chains."""
    serving = catchments(units)[people.municipality]
    hidden = geography.regso_disadvantage
    first = np.zeros(people.size, dtype=np.int64)
    second = np.zeros(people.size, dtype=np.int64)
    noise = plan.stream("listing", "choice")
    sick = np.where(morbidity.code == 0, 0.7, -0.6 * morbidity.code)
    strength = 1.0 if plan.has("provider_casemix") else 0.0
    for town in np.unique(serving):
        live = np.flatnonzero(serving == town)
        here = np.flatnonzero(units.municipality == town)
        wish = np.log(units.size_weight[here])[None, :].repeat(live.size, axis=0)
        wish += 1.6 * (people.regso[live][:, None] == units.regso[here][None, :])
        apart = hidden[people.regso[live]][:, None] - hidden[units.regso[here]][None, :]
        wish -= 0.9 * np.abs(apart)
        wish += strength * sick[live][:, None] * (units.provider[here] == 1)[None, :]
        first[live] = here[(wish + noise.gumbel(size=wish.shape)).argmax(axis=1)]
        second[live] = here[(wish + noise.gumbel(size=wish.shape)).argmax(axis=1)]
    return first, second


def make_listing(
    plan: Plan, geography: Geography, people: Persons, morbidity: Morbidity, units: Units
) -> Listing:
    """Return the listings; about two in a hundred change unit on each 1 January."""
    first, second = _choose(plan, geography, people, morbidity, units)
    moves = plan.stream("listing", "move").random(people.size)
    place = np.arange(len(YEARS))
    has_moved = moves[:, None] < MOVE_SHARE * place[None, :]
    has_moved &= people.present_from[:, None] < np.array(YEARS)[None, :] - 1
    came = np.array([day_of(year) for year in range(1900, 2026)])
    begun = came[np.maximum(people.present_from, 1900) - 1900]
    start = plan.stream("listing", "start").random((2, people.size))
    long_ago = day_of(2012) + np.floor(start[0] * 2500).astype(np.int64)
    in_year = begun + np.floor(start[1] * 360).astype(np.int64)
    return Listing(
        unit=np.where(has_moved, second[:, None], first[:, None]),
        first_day=np.where(people.present_from < 2012, long_ago, np.maximum(in_year, begun)),
        draws=plan.stream("listing", "named").random((people.size, len(YEARS))),
    )


def named_probability(plan: Plan, income: Array) -> Array:
    """Return P(named physician) by income fifth (0-4): the same for all, when planted."""
    steps = np.array(NAMED_BY_INCOME_IF_UNEQUAL)
    if plan.has("named_physician_equal"):
        steps = np.zeros(5)
    return np.asarray(0.45 + steps[income])
