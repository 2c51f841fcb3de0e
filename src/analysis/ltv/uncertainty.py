"""How far a total, or a customer, may lie from its expectation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.ltv.counts import Floats, distinct_pairs
from analysis.ltv.purchases import Process, PurchaseModel
from analysis.ltv.spend import SpendModel
from analysis.ltv.summary import Summary, weeks_in

SEED = 20050502
DRAWS = 400  # simulated futures
MOST_SIMULATED = 5_000  # customers whose chance is simulated; of more, as many, and their chance scaled up


@dataclass(frozen=True)
class Interval:
    """A range that holds ``level`` of the simulated totals.

    Attributes
    ----------
    low, high
        Its ends, in the unit of the total.
    level
        Share of simulated totals inside, 0.9 for a 90 % interval.
    """

    low: float
    high: float
    level: float

    def rounded(self) -> tuple[float, float]:
        """Return the ends to three digits: simulated ones deserve no more."""
        return _three_digits(self.low), _three_digits(self.high)

    def contains(self, value: float) -> bool:
        """Say whether ``value`` lies inside."""
        return self.low <= value <= self.high


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")


def simulate_totals(
    model: PurchaseModel,
    duration: float,
    history: tuple[Floats, Floats, Floats],
    worth: Floats,
    *,
    spend: SpendModel | None = None,
    z: Floats | None = None,
    most: int = MOST_SIMULATED,
) -> Floats:
    """Simulate the total purchases, and what they are worth, of customers with a known history.

    Each future has parameters of its own. In it, every customer is still one or not, with its P(alive), and
    if so has a rate of purchase, and a readiness to leave, drawn from what its history leaves open.

    Of more than ``most`` customers, every n-th is simulated. Their total then stands for that of all:
    its expectation moves with the parameters in proportion, and its chance grows with the root of the number.

    Parameters
    ----------
    model
        The fitted model.
    duration
        How far ahead, in the model's unit.
    history
        ``x``, ``t_x`` and ``T`` of each customer.
    worth
        What a purchase of each customer counts on average.
    spend, z
        The fitted model of spend, and the mean money per repeat purchase of each customer; without them,
        every purchase counts its average.
    most
        Customers to simulate.

    Returns
    -------
    numpy.ndarray
        Two columns, total purchases and their worth, one row per future; the same at every call.
    """
    random = np.random.default_rng(SEED)
    drawn = model.draws(random, DRAWS)
    step = -(-len(worth) // most)
    rows = slice(step // 2, None, step)
    some = tuple(part[rows] for part in history)
    x, t = some[0], some[2]
    pair_x, pair_t, places = distinct_pairs(x, t)
    totals, means = np.empty((2, len(drawn), 2))
    for future, one in enumerate(drawn):
        alive = one.p_alive(*some)
        bought = _bought(one, random, duration, some, alive)
        earned, counts = bought, worth[rows]
        if spend is not None and z is not None:
            usual, paid = spend.expected_spend(x, z[rows]), spend.drawn(random)
            earned = paid.simulate(random, bought, x, z[rows]) / usual
            counts = worth[rows] * paid.expected_spend(x, z[rows]) / usual
        totals[future] = bought.sum(), worth[rows] @ earned
        if step > 1:
            expected = alive * one.expected_if_alive(np.asarray(duration), pair_x, pair_t)[places]
            means[future] = expected.sum(), counts @ expected
    if step == 1:
        return totals
    return _of_all(model.expected_purchases(duration, *history), worth, rows, totals, means)


def _of_all(expected: Floats, worth: Floats, rows: slice, totals: Floats, means: Floats) -> Floats:
    """Return the totals of all customers, from the totals of some and what was expected of these.

    Parameters
    ----------
    expected, worth
        Purchases expected of each customer, and what one counts.
    rows
        The customers that were simulated.
    totals, means
        Their total in each future, and its expectation with the parameters of that future.
    """
    whole = np.array([expected.sum(), worth @ expected])
    part = np.array([expected[rows].sum(), worth[rows] @ expected[rows]])
    share = np.divide(means, part, out=np.ones_like(means), where=part > 0)
    root = np.sqrt(len(worth) / len(worth[rows]))
    return np.asarray(whole * share + root * (totals - means), np.float64)


def _bought(
    model: Process,
    random: np.random.Generator,
    duration: float,
    history: tuple[Floats, ...],
    alive: Floats,
) -> Floats:
    """Draw the purchases of each customer within ``duration``."""
    x, __, t = history
    still = random.random(len(x)) < alive
    bought = np.zeros(len(x))
    bought[still] = model.simulate(random, duration, x[still], t[still])
    return bought


def total_intervals(
    model: PurchaseModel,
    summary: Summary,
    horizon_weeks: float,
    worth: Floats,
    *,
    level: float = 0.9,
    spend: SpendModel | None = None,
) -> tuple[Interval, Interval]:
    """Return the intervals for the portfolio's purchases and for what they are worth.

    They cover chance (who buys when, who leaves) and the uncertainty of the model's parameters; with
    ``spend``, that of the money too. They do not cover what the model does not know: seasons, campaigns, a
    changing market. On simulated portfolios 90 % intervals held the purchases that came in 89 to 93 % of
    300 and their value in 88 to 96 %, whether customers leave all alike, hardly or very differently, whether
    purchases of a day count once or not, and with spend too wild for its model.

    Parameters
    ----------
    model
        The fitted model.
    summary
        The customers, at any date.
    horizon_weeks
        How far ahead, in weeks.
    worth
        What a purchase of each customer counts on average.
    level
        Share of simulated totals inside each interval.
    spend
        The fitted model of spend.
    """
    duration, z = weeks_in(summary.unit, horizon_weeks), summary.frame["z"].to_numpy(float)
    totals = simulate_totals(model, duration, summary.history, worth, spend=spend, z=z)
    low, high = np.quantile(totals, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Interval(float(low[0]), float(high[0]), level), Interval(float(low[1]), float(high[1]), level)


def total_interval(model: PurchaseModel, summary: Summary, horizon_weeks: float) -> Interval:
    """Return the first of `total_intervals`, of the purchases, at 90 %."""
    return total_intervals(model, summary, horizon_weeks, np.zeros(len(summary.frame)))[0]
