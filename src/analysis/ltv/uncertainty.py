"""How far a total may lie from its expectation: simulated futures of the same customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.ltv.counts import Floats
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.summary import Summary, weeks_in

SEED = 20050502


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
    draws: int = 200,
) -> Floats:
    """Simulate the total purchases, and what they are worth, of customers with a known history.

    Each draw takes parameters from their asymptotic distribution, and for every customer whether it is
    alive and, given its history, its rate (gamma with shape r + x, rate α + T) and its probability of
    leaving (beta with a, b + x). It then buys a Poisson number of times unless it leaves before: the
    smaller of a Poisson and a geometric number.

    Parameters
    ----------
    model
        The fitted model.
    duration
        How far ahead, in the model's unit.
    history
        ``x``, ``t_x`` and ``T`` of each customer.
    worth
        What a purchase of each customer counts.
    draws
        Simulated futures.

    Returns
    -------
    numpy.ndarray
        Two columns, total purchases and their worth, one row per draw; the same at every call.
    """
    random = np.random.default_rng(SEED)
    x, t_x, t = history
    totals = np.empty((draws, 2))
    for draw, drawn in enumerate(model.draws(random, draws)):
        alive = random.random(len(x)) < drawn.p_alive(x, t_x, t)
        bought = drawn.simulate(random, duration, x[alive], t[alive])
        totals[draw] = bought.sum(), (bought * worth[alive]).sum()
    return totals


def total_intervals(
    model: PurchaseModel, summary: Summary, horizon_weeks: int, worth: Floats, level: float = 0.9
) -> tuple[Interval, Interval]:
    """Return the intervals for the portfolio's purchases and for what they are worth.

    They cover chance (who buys when, who leaves) and the uncertainty of the model's parameters. They do
    not cover what the model does not know: seasons, campaigns, a changing market, the spend per purchase.

    Parameters
    ----------
    model
        The fitted model.
    summary
        The customers, at any date.
    horizon_weeks
        How far ahead, in weeks.
    worth
        What a purchase of each customer counts.
    level
        Share of simulated totals inside each interval.
    """
    totals = simulate_totals(model, weeks_in(summary.unit, horizon_weeks), summary.history, worth)
    low, high = np.quantile(totals, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Interval(float(low[0]), float(high[0]), level), Interval(float(low[1]), float(high[1]), level)


def total_interval(model: PurchaseModel, summary: Summary, horizon_weeks: int) -> Interval:
    """Return the first of `total_intervals`, of the purchases, at 90 %."""
    return total_intervals(model, summary, horizon_weeks, np.zeros(len(summary.frame)))[0]
