"""How much single purchases of one customer vary, against what the spend model takes them to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from analysis.language import _, percent
from analysis.ltv.purchases import MIN_REPEAT_BUYERS
from analysis.ltv.spend import SpendModel

APART = 2.0  # times the one may be the other before a word is lost on it
WIDEST = 1e6  # a square of a coefficient of variation above all that is seen


@dataclass(frozen=True)
class Spread:
    """The coefficient of variation of the money of one customer's purchases.

    The Gamma-Gamma model sees only means. Where all customers have about as many purchases, it cannot tell
    whether means differ because customers do or because purchases do.

    Attributes
    ----------
    seen
        Standard deviation ÷ mean within customers, in the data.
    model
        The same in the spend model, 1 ÷ √p.
    customers
        Customers with two or more repeat purchases.
    """

    seen: float
    model: float
    customers: int

    @property
    def agrees(self) -> bool:
        """Whether neither is more than twice the other."""
        return self.seen <= APART * self.model and self.model <= APART * self.seen

    def sentence(self) -> str:
        """Say that the model trusts a customer's own mean too little or too much; empty where it agrees."""
        if self.agrees:
            return ""
        message = (
            _(
                "The spend model takes single purchases of a customer to vary by {model} of their mean; here "
                "they vary by {seen}, so it trusts a customer's own mean too little."
            )
            if self.model > self.seen
            else _(
                "The spend model takes single purchases of a customer to vary by {model} of their mean; here "
                "they vary by {seen}, so it trusts a customer's own mean too much."
            )
        )
        return message.format(model=percent(self.model), seen=percent(self.seen))


def spread_check(spend: SpendModel, spread: pd.DataFrame) -> Spread | None:
    """Compare how single purchases vary with what the spend model says of it.

    Parameters
    ----------
    spend
        The model.
    spread
        The result of ``sql/spend_spread.sql``.

    Returns
    -------
    Spread or None
        None with fewer than 20 customers.
    """
    if len(spread) < MIN_REPEAT_BUYERS:
        return None
    return Spread(within_customers(spread), float(1 / np.sqrt(spend.p)), len(spread))


def within_customers(spread: pd.DataFrame) -> float:
    """Return the coefficient of variation of purchases within customers.

    The shares that n gamma-distributed amounts have of their sum follow a Dirichlet distribution, so that n
    times the sum of their squares is expected to be 1 + c (n − 1) ÷ (n + c), with c the square of the
    coefficient of variation. It is found from these sums, each customer weighing n.

    Parameters
    ----------
    spread
        The result of ``sql/spend_spread.sql``.
    """
    n, sums, squares = (spread[name].to_numpy(np.float64) for name in ("days", "sales", "squares"))
    seen = float((n * np.maximum(n * squares / sums**2 - 1, 0)).sum())

    def above(c: float) -> float:
        return float((n * c * (n - 1) / (n + c)).sum()) - seen

    return float(np.sqrt(brentq(above, 0, WIDEST))) if above(WIDEST) > 0 else float(np.sqrt(WIDEST))
