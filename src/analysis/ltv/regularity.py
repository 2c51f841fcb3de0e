"""Whether customers buy at random, as the models assume: a test and its finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from analysis.language import _, number
from analysis.ltv.summary import Floats
from analysis.not_possible import NotPossible
from analysis.result import Finding, Result
from analysis.statistics import Z_95

MIN_CUSTOMERS = 30  # fewer with two gaps or more tell too little
SHAPES = (0.05, 50.0)  # of the intervals; outside they look the same
NEAR_RANDOM = (0.8, 1.25)  # shapes so close to 1 that the models are not misled


@dataclass(frozen=True)
class Regularity(Result):
    """How regular the gaps between purchases are.

    Attributes
    ----------
    shape
        Shape k of a gamma distribution of the gaps of one customer: 1 is random, as the models assume;
        above, gaps are alike; below, purchases come in bursts.
    low, high
        Its 95 % interval.
    customers
        Customers with two gaps or more.
    """

    name: ClassVar[str] = "regularity"
    is_drawn: ClassVar[bool] = False
    shape: float
    low: float
    high: float
    customers: int

    def title(self) -> str:
        """Return what it is about."""
        return _("Customers who buy regularly, at random and in bursts")

    def sentence(self) -> str:
        """Say whether these customers buy at random, and what follows for the models.

        They do not where the interval clears 1 and the shape lies well away from it.
        """
        if self.shape >= SHAPES[1]:
            message = _(
                "These customers buy at more regular intervals than chance would give: shape {shape} or more "
                "(1 is random) over {customers} customers with two gaps or more. The models take them for "
                "random, so they notice too late when a regular customer has left."
            )
        elif self.low > 1 and self.shape > NEAR_RANDOM[1]:
            message = _(
                "These customers buy at more regular intervals than chance would give: shape {shape} (95% "
                "interval {low} to {high}; 1 is random) over {customers} customers with two gaps or more. "
                "The models take them for random, so they notice too late when a regular customer has left."
            )
        elif self.high < 1 and self.shape < NEAR_RANDOM[0]:
            message = _(
                "These customers buy in bursts: shape {shape} of the gaps (95% interval {low} to {high}; 1 "
                "is random) over {customers} customers with two gaps or more. Seasons and campaigns do that "
                "too. The models take them for random, so they give up too early on customers between two "
                "bursts."
            )
        else:
            message = _(
                "Purchases come about as randomly as the models assume: shape {shape} of the gaps (95% "
                "interval {low} to {high}; 1 is random) over {customers} customers with two gaps or more."
            )
        return message.format(
            shape=number(self.shape, 2),
            low=number(self.low, 2),
            high=number(self.high, 2),
            customers=number(self.customers),
        )

    def findings(self) -> list[Finding]:
        """Return whether these customers buy at random."""
        return [Finding("ltv.regularity", self.sentence(), self.shape, "shape")]


def regularity(days: pd.DataFrame) -> Regularity | NotPossible:
    """Test whether customers buy at random.

    If a customer buys at random, at whatever pace of its own, and leaves at whatever moment, then, given its
    first and last purchase, those between lie anywhere with equal chance. The sum of the squared gaps, as
    shares of the whole, then has a known mean (Greenwood 1946): with n gaps, 2 ÷ (n + 1), and with gaps
    from a gamma distribution of shape k, (k + 1) ÷ (n k + 1). For two gaps that is the test of Wheat and
    Morrison (1990). Every customer counts the same; the interval is from the variance between customers.

    Parameters
    ----------
    days
        The result of ``sql/purchase_days.sql``.

    Returns
    -------
    Regularity or NotPossible
        ``NotPossible`` with fewer than 30 customers.
    """
    gaps, spread = spreads(days)
    if len(gaps) < MIN_CUSTOMERS:
        return NotPossible(
            _(
                "Too little data to tell whether customers buy regularly: it takes at least {needed} who "
                "bought on three days or more (here: {found})."
            ).format(needed=MIN_CUSTOMERS, found=number(len(gaps)))
        )
    mean, error = float(spread.mean()), float(spread.std(ddof=1) / np.sqrt(len(spread)))
    shape, low, high = (_shape(gaps, mean + step * Z_95 * error) for step in (0, 1, -1))
    return Regularity(shape, low, high, len(gaps))


def spreads(days: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return the gaps of each customer with two or more, and their variance ÷ that which chance would give.

    Days of purchase cannot coincide, which makes gaps look more alike than they are: of whole days, the part
    of the mean above 1 ÷ n is smaller by the factor 1 − n ÷ (days in all). Who bought every single day is
    left out.
    """
    ids = days["customer_id"]
    starts = (ids != ids.shift()).to_numpy()
    owner = np.cumsum(starts) - 1
    day = days["date"].to_numpy("datetime64[D]").astype(np.int64)
    gap = np.where(starts, 0, np.diff(day, prepend=day[:1])).astype(np.float64)
    size = int(owner[-1]) + 1 if len(owner) else 0
    count = np.bincount(owner, ~starts, size)
    whole, squares = np.bincount(owner, gap, size), np.bincount(owner, gap**2, size)
    kept = (count >= 2) & (whole > count)
    n, whole, squares = count[kept].astype(np.float64), whole[kept], squares[kept]
    by_chance = (n - 1) / (n * (n + 1)) * (1 - n / whole)
    return n, (squares / whole**2 - 1 / n) / by_chance


def _shape(gaps: Floats, spread: float) -> float:
    """Return the shape of the gaps under which the mean spread would be this one: (n + 1) ÷ (n k + 1)."""
    sizes, counts = np.unique(gaps, return_counts=True)

    def off(shape: float) -> float:
        return float(((sizes + 1) / (sizes * shape + 1)) @ counts / counts.sum()) - spread

    low, high = SHAPES
    if off(low) <= 0:
        return low
    return high if off(high) >= 0 else float(brentq(off, low, high))
