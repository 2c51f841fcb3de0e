"""How much customers spend per purchase: the Gamma-Gamma model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.language import _, money, number
from analysis.ltv.fitting import Floats, gamma_gamma
from analysis.ltv.purchases import MIN_REPEAT_BUYERS
from analysis.ltv.summary import Summary
from analysis.models import NotFitted

NEAR_ZERO = 0.2  # a correlation the spend model can live with


@dataclass(frozen=True)
class SpendModel:
    """A fitted Gamma-Gamma model of money per purchase (Fader & Hardie 2013).

    A customer's purchases vary around a mean of its own; the means vary between customers. The fewer
    purchases are known of a customer, the closer its expected spend is to the average of all.

    Attributes
    ----------
    p, q, v
        The parameters; ``v`` is in money.
    log_likelihood
        Log-likelihood at the optimum.
    customers
        Repeat buyers it was fitted on.
    left_out
        Repeat buyers without money in their repeat purchases, who cannot be part of the fit.
    correlation
        Correlation between ``x`` and ``z`` among repeat buyers; the model assumes there is none.
    library
        The ``lifetimes.GammaGammaFitter`` with these parameters.
    """

    p: float
    q: float
    v: float
    log_likelihood: float
    customers: int
    left_out: int
    correlation: float
    library: Any = field(repr=False)

    @property
    def mean(self) -> float:
        """Mean money per purchase over all customers: p v ÷ (q − 1)."""
        return self.p * self.v / (self.q - 1)

    def expected_spend(self, x: Floats, z: Floats) -> Floats:
        """Return the money expected per future purchase (eq. 5 of the paper).

        Parameters
        ----------
        x
            Repeat purchases.
        z
            Mean money per repeat purchase; ignored where ``x`` is 0.
        """
        known = np.where(np.asarray(x) > 0, z, 0.0)
        return np.asarray(
            self.library.conditional_expected_average_profit(np.asarray(x, float), known), float
        )

    def describe(self, currency: str | None = None) -> str:
        """Say what the parameters mean for this portfolio."""
        message = (
            _(
                "Over {customers} repeat buyers a purchase is worth {mean} on average (p = {p}, q = {q}, v = "
                "{v}); how often and how much they buy correlate by {correlation}, close to the 0 that the "
                "model assumes."
            )
            if abs(self.correlation) < NEAR_ZERO
            else _(
                "Over {customers} repeat buyers a purchase is worth {mean} on average (p = {p}, q = {q}, v = "
                "{v}); how often and how much they buy correlate by {correlation}, far from the 0 that the "
                "model assumes: the values of the busiest customers are off."
            )
        )
        return message.format(
            customers=number(self.customers),
            mean=money(self.mean, currency, 2),
            p=number(self.p, 2),
            q=number(self.q, 2),
            v=number(self.v, 2),
            correlation=number(self.correlation, 2),
        )


def fit_spend(summary: Summary) -> SpendModel | NotFitted:
    """Fit the Gamma-Gamma model to the repeat buyers of a summary.

    Returns
    -------
    SpendModel or NotFitted
        ``NotFitted``, with the reason, where fewer than 20 repeat buyers spent money, the optimiser
        found no optimum, or the fitted spend has no finite mean (q ≤ 1).
    """
    repeat = summary.frame[summary.frame["x"] > 0]
    spent = repeat[repeat["z"] > 0]
    if len(spent) < MIN_REPEAT_BUYERS:
        return NotFitted(
            _(
                "Too little data for the spend model: it needs at least {needed} customers with money in "
                "their repeat purchases (here: {found})."
            ).format(needed=MIN_REPEAT_BUYERS, found=number(len(spent)))
        )
    x, z = spent["x"].to_numpy(float), spent["z"].to_numpy(float)
    fit = gamma_gamma(x, z)
    if fit is None or fit.library.params_["q"] <= 1:
        return NotFitted(
            _(
                "The spend model could not be fitted: the money per purchase differs too little or too "
                "wildly between customers for it, so no value is shown."
            )
        )
    parameters = {name: float(fit.library.params_[name]) for name in ("p", "q", "v")}
    return SpendModel(
        **parameters,
        log_likelihood=fit.log_likelihood,
        customers=len(spent),
        left_out=len(repeat) - len(spent),
        correlation=_correlation(x, z),
        library=fit.library,
    )


def _correlation(x: Floats, z: Floats) -> float:
    """Return Pearson's correlation, 0 where one of the two never varies."""
    if np.ptp(x) == 0 or np.ptp(z) == 0:
        return 0.0
    return float(np.corrcoef(x, z)[0, 1])
