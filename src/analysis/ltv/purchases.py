"""How often customers will buy: the BG/NBD model ("buy till you die")."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.language import _, number, percent
from analysis.ltv.fitting import Floats, bg_nbd
from analysis.ltv.summary import DAYS, Summary, Unit, unit_name
from analysis.models import NotFitted

HARDLY = 0.01  # mean probability of leaving after a purchase that no history of ours can tell from 0
MIN_REPEAT_BUYERS = 20  # fewer tell four parameters too little


@dataclass(frozen=True)
class PurchaseModel:
    """A fitted BG/NBD model (Fader, Hardie & Lee 2005).

    While alive, a customer buys at random at a rate of its own; the rates follow a gamma distribution
    with shape ``r`` and scale ``1 / alpha``. After each purchase it leaves for good with a probability of
    its own; these follow a beta distribution with parameters ``a`` and ``b``.

    Attributes
    ----------
    r, alpha, a, b
        The parameters; ``alpha`` is in ``unit``.
    unit
        Time unit of ``alpha`` and of every duration given to the model.
    log_likelihood
        Log-likelihood at the optimum, in ``unit``.
    customers
        Customers it was fitted on.
    covariance
        Asymptotic covariance of the logarithms of ``r, alpha, a, b``.
    on_edge
        Parameters that the data do not determine; see `caution`.
    library
        The ``lifetimes.BetaGeoFitter`` with these parameters.
    """

    r: float
    alpha: float
    a: float
    b: float
    unit: Unit
    log_likelihood: float
    customers: int
    covariance: Floats = field(repr=False)
    on_edge: tuple[str, ...]
    library: Any = field(repr=False)

    def p_alive(self, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """Return the probability that each customer is still a customer at age ``t``.

        It is 1 for customers with one purchase: in this model one can only leave after a repeat purchase.
        """
        x, t_x, t = np.asarray(x, float), np.asarray(t_x, float), np.asarray(t, float)
        return np.asarray(self.library.conditional_probability_alive(x, t_x, t), float)

    def expected_if_alive(self, duration: float | Floats, x: Floats, t: Floats) -> Floats:
        """Return the purchases expected within ``duration`` of a customer known to be alive at age ``t``.

        The expectation (eq. 10 of the paper) depends on ``t_x`` only through P(alive), so it is that of
        a customer who bought just now divided by that customer's P(alive).
        """
        x, t = np.asarray(x, float), np.asarray(t, float)
        expected = self.library.conditional_expected_number_of_purchases_up_to_time
        with np.errstate(over="ignore"):
            return np.asarray(expected(duration, x, t, t), float) / self.p_alive(x, t, t)

    def expected_purchases(self, duration: float, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """Return the purchases each customer is expected to make within ``duration`` after age ``t``.

        Parameters
        ----------
        duration
            In ``unit``.
        x, t_x, t
            Repeat purchases, age at the last one, and age now, of each customer.
        """
        pairs = pd.DataFrame({"x": np.asarray(x, float), "t": np.asarray(t, float)})
        groups = pairs.groupby(["x", "t"], sort=False)
        distinct = pairs.drop_duplicates()
        if_alive = self.expected_if_alive(duration, distinct["x"].to_numpy(), distinct["t"].to_numpy())
        return if_alive[groups.ngroup().to_numpy()] * self.p_alive(x, t_x, t)

    def expected_new(self, age: Floats) -> Floats:
        """Return the repeat purchases expected of a new customer up to each ``age``, in ``unit``."""
        age = np.asarray(age, float)
        return np.asarray(self.library.expected_number_of_purchases_up_to_time(age), float)

    def describe(self) -> str:
        """Say what the parameters mean for this portfolio."""
        return _(
            "A typical customer of these {customers} buys again every {gap} {unit} while it stays "
            "(r = {r}, α = {alpha}), and leaves after a purchase with a probability of {leave} "
            "(a = {a}, b = {b})."
        ).format(
            customers=number(self.customers),
            gap=number(self.alpha / self.r, 1),
            unit=unit_name(self.unit),
            r=number(self.r, 3),
            alpha=number(self.alpha, 3),
            a=number(self.a, 3),
            b=number(self.b, 3),
            leave=percent(self.a / (self.a + self.b), 1),
        )

    def caution(self) -> str:
        """Say what these data leave open; nothing where they determine the model well."""
        if {"a", "b"} & set(self.on_edge) or self.a / (self.a + self.b) < HARDLY:
            return _(
                "Beware: in these data hardly anyone seems to leave, or the history is too short to see it, "
                "so P(alive) says little here."
            )
        if {"r", "alpha"} & set(self.on_edge):
            return _(
                "Beware: these customers hardly differ in their pace, so the forecast is nearly the same for "
                "all."
            )
        return ""


def fit_purchases(summary: Summary) -> PurchaseModel | NotFitted:
    """Fit the BG/NBD model to a summary.

    Customers with equal ``(x, t_x, T)`` are fitted as one, weighted by their number.

    Returns
    -------
    PurchaseModel or NotFitted
        ``NotFitted``, with the reason, where fewer than 20 customers bought again, all customers arrived
        on the last day, or the optimiser found no optimum.
    """
    frame = summary.frame
    if summary.repeat_buyers < MIN_REPEAT_BUYERS:
        return NotFitted(
            _(
                "Too little data for the purchase model: it needs at least {needed} customers who bought on "
                "two days or more (here: {found})."
            ).format(needed=MIN_REPEAT_BUYERS, found=number(summary.repeat_buyers))
        )
    distinct = frame.groupby(["x", "t_x", "T"], as_index=False).size()
    columns = [distinct[name].to_numpy(float) for name in ("x", "t_x", "T", "size")]
    fit = bg_nbd(*columns)
    if fit is None:
        return NotFitted(
            _(
                "The purchase model could not be fitted: the search for its parameters did not settle on "
                "these data, so no forecast is shown."
            )
        )
    parameters = {name: float(fit.library.params_[name]) for name in ("r", "alpha", "a", "b")}
    return PurchaseModel(
        **parameters,
        unit=summary.unit,
        log_likelihood=fit.log_likelihood,
        customers=len(frame),
        covariance=fit.covariance,
        on_edge=fit.on_edge,
        library=fit.library,
    )


def parameter_table(model: PurchaseModel) -> pd.DataFrame:
    """Return the names (``parameter``) and the ``value`` of the parameters of a model."""
    return pd.DataFrame(
        {"parameter": ["r", "α", "a", "b"], "value": [model.r, model.alpha, model.a, model.b]}
    )


def alive_title(values: pd.DataFrame) -> str:
    """Return what a chart of P(alive) shows.

    Parameters
    ----------
    values
        ``x`` and ``p_alive`` of each customer.
    """
    repeat = values[values["x"] > 0]
    return _("{share} of the {customers} repeat buyers are more likely gone than not").format(
        share=percent(float((repeat["p_alive"] < 0.5).mean())), customers=number(len(repeat))
    )


def alive_sentence(values: pd.DataFrame) -> str:
    """Say how many repeat buyers are more likely gone than not.

    Parameters
    ----------
    values
        ``x`` and ``p_alive`` of each customer.
    """
    repeat = values[values["x"] > 0]
    gone = int((repeat["p_alive"] < 0.5).sum())
    return _(
        "{gone} of the {customers} repeat buyers ({share}) are more likely gone than not; the model expects "
        "{alive} of them to be customers still."
    ).format(
        gone=number(gone),
        customers=number(len(repeat)),
        share=percent(gone / max(len(repeat), 1)),
        alive=number(repeat["p_alive"].sum()),
    )


def alive_history_title(customer_id: str, history: pd.DataFrame) -> str:
    """Return what a chart of one customer's P(alive) shows.

    Parameters
    ----------
    customer_id
        Whose history it is.
    history
        The result of `alive_history`.
    """
    return _("Customer {customer} is still a customer today with a probability of {alive}").format(
        customer=customer_id, alive=percent(history["p_alive"].iloc[-1], 1)
    )


def alive_history(model: PurchaseModel, purchase_dates: pd.Series, as_of: pd.Timestamp) -> pd.DataFrame:
    """Follow one customer's P(alive) from its first purchase, day by day.

    Parameters
    ----------
    model
        The fitted model.
    purchase_dates
        Days on which the customer bought.
    as_of
        Last day of the history.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``p_alive`` at the end of that day, ``purchase`` (whether the customer bought that day).
    """
    days = pd.date_range(purchase_dates.min(), as_of, freq="D")
    bought = pd.Index(days).isin(purchase_dates)
    age: Floats = np.arange(len(days), dtype=np.float64) / DAYS[model.unit]
    last = np.maximum.accumulate(np.where(bought, age, 0.0))
    alive = model.p_alive(np.cumsum(bought).astype(float) - 1, last, age)
    return pd.DataFrame({"date": days, "p_alive": alive, "purchase": bought})
