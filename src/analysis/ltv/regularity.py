"""Whether customers buy at random, as the models assume: a test and its finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, number
from analysis.ltv.summary import Floats
from analysis.not_possible import NotPossible
from analysis.result import Finding, Result
from analysis.statistics import Z_95

MIN_CUSTOMERS = 30  # fewer with two gaps or more tell too little
NEAR_RANDOM = (0.8, 1.25)  # variances ÷ that of chance so close to 1 that the models are not misled


@dataclass(frozen=True)
class Regularity(Result):
    """The variance of the gaps of one customer ÷ that of chance, its 95 % interval, and of how many.

    1 is random, as the models assume; below, gaps are alike; above, purchases come in bursts.
    """

    name: ClassVar[str] = "regularity"
    is_drawn: ClassVar[bool] = False
    variance: float
    low: float
    high: float
    customers: int

    def sentence(self) -> str:
        """Say whether customers buy at random: not where the interval leaves out 1, the variance far off."""
        if self.high < 1 and self.variance < NEAR_RANDOM[0]:
            verdict = _(
                "Customers buy more regularly than the models assume, which so notice too late when one has "
                "left."
            )
        elif self.low > 1 and self.variance > NEAR_RANDOM[1]:
            verdict = _(
                "Customers buy in bursts, as seasons and campaigns make them do, so the models give up too "
                "early on those between two bursts."
            )
        else:
            verdict = _("Purchases are about as random as the models assume.")
        measured = _(
            "The variance of the gaps between purchases is {variance} times that of chance (95% interval "
            "{low} to {high}; {customers} customers)."
        )
        figures = {name: number(getattr(self, name), 2) for name in ("variance", "low", "high")}
        return f"{verdict} {measured.format(**figures, customers=number(self.customers))}"

    def findings(self) -> list[Finding]:
        """Return whether these customers buy at random."""
        return [Finding("ltv.regularity", self.sentence(), self.variance, "ratio", usual=1.0)]


def regularity(days: pd.DataFrame) -> Regularity | NotPossible:
    """Test whether the customers of ``sql/purchase_days.sql`` buy at random, each counting the same."""
    found = variances(days)
    if len(found) < MIN_CUSTOMERS:
        return NotPossible(
            _(
                "Too little data to tell whether customers buy regularly: it takes at least {needed} who "
                "bought on three days or more (here: {found})."
            ).format(needed=MIN_CUSTOMERS, found=number(len(found)))
        )
    mean, reach = float(found.mean()), Z_95 * float(found.std(ddof=1) / np.sqrt(len(found)))
    return Regularity(mean, max(mean - reach, 0.0), mean + reach, len(found))


def variances(days: pd.DataFrame) -> Floats:
    """Return, of each customer with two gaps or more, their variance ÷ that which chance would give.

    If a customer buys at random, at whatever pace of its own, and leaves at whatever moment, then, given its
    first and last purchase, those between lie anywhere with equal chance. The sum of the squares of n gaps,
    as shares of the whole, then has the mean 2 ÷ (n + 1) (Greenwood 1946); for two gaps that is the test of
    Wheat and Morrison (1990). Days of purchase cannot coincide: of whole days, the part of the mean above
    1 ÷ n is smaller by the factor 1 − n ÷ (days in all). Who bought every single day is left out.
    """
    ids = days["customer_id"]
    bought = days["date"].to_numpy("datetime64[D]").astype(np.int64)
    gaps = pd.Series(bought).groupby(ids.to_numpy()).diff().dropna()
    each = pd.DataFrame({"gap": gaps, "square": gaps**2}).groupby(ids.to_numpy()[gaps.index])
    n, whole, squares = each["gap"].size(), each["gap"].sum(), each["square"].sum()
    by_chance = (n - 1) / (n * (n + 1)) * (1 - n / whole)
    found = (squares / whole**2 - 1 / n) / by_chance
    return found[(n >= 2) & (whole > n)].to_numpy(np.float64)
