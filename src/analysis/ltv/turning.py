"""What the parameters do: the fitted model beside one whose parameters the reader has turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import beta, gamma

from analysis.errors import CarteraError
from analysis.language import _, listing, number, percent
from analysis.ltv.alive import alive_history
from analysis.ltv.counts import Floats
from analysis.ltv.meaning import model_name
from analysis.ltv.purchases import Kind, Process, PurchaseModel, process
from analysis.ltv.summary import DAYS, Unit, weeks_in
from analysis.ltv.value import DAYS_PER_YEAR

SYMBOLS = {"alpha": "α", "beta": "β"}
BINS = 20
MOST = 0.95  # share of customers, at least, whose pace has a bar of its own
SLOWEST = 0.1  # purchases per year that the bars reach to at least
WEEKS = 52


@dataclass(frozen=True)
class Turned:
    """A model of purchases with parameters of the reader's own.

    Attributes
    ----------
    fitted
        The model as it was fitted.
    parameters
        All of them by name, in ``unit``, those not turned as they were fitted.
    """

    fitted: PurchaseModel
    parameters: dict[str, float]

    @property
    def unit(self) -> Unit:
        """Time unit of the parameters, as in the fitted model."""
        return self.fitted.unit

    @property
    def process(self) -> Process:
        """The model with these parameters."""
        return process(self.fitted.kind, self.parameters)

    def p_alive(self, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """Return the probability that each customer is still one at age ``t``."""
        return self.process.p_alive(*(np.asarray(part, float) for part in (x, t_x, t)))

    def describe(self) -> str:
        """Return the parameters that differ from the fitted ones, as ``a = 2.379``."""
        fitted = self.fitted.parameters
        return listing(
            [
                f"{SYMBOLS.get(name, name)} = {number(value, 3)}"
                for name, value in self.parameters.items()
                if not np.isclose(value, fitted[name])
            ]
        )


def turn(model: PurchaseModel, **parameters: float) -> Turned:
    """Return a model with other parameters than the fitted ones.

    Parameters
    ----------
    model
        The fitted model.
    **parameters
        New values, above 0 and in the model's unit: ``r, alpha, a, b``, or of the Pareto/NBD ``r, alpha, s,
        beta``. Those not given stay as fitted.

    Raises
    ------
    CarteraError
        If the model has no such parameter, or a value is not a number above 0.
    """
    known = model.parameters
    for name, value in parameters.items():
        if name not in known:
            raise CarteraError(
                _("{model} has no parameter {name}: it has {known}.").format(
                    model=model_name(model.kind), name=name, known=listing(list(known))
                )
            )
        if not (np.isfinite(value) and value > 0):
            raise CarteraError(
                _("The parameter {name} is {value}, but it must be a number above 0.").format(
                    name=name, value=value
                )
            )
    return Turned(model, known | {name: float(value) for name, value in parameters.items()})


@dataclass(frozen=True)
class WhatIf:
    """One customer, and all of them, under the fitted parameters and under the turned ones.

    Attributes
    ----------
    turned
        The model that was turned.
    history
        ``date``; P(alive) of the customer at the end of that day, ``fitted`` and ``turned``; ``purchase``,
        whether it bought that day.
    pace
        How the purchases per year, while a customer, are spread over the customers: one row per bar, ``low``
        to ``high``, ``fitted`` and ``turned`` share of customers. The last bar holds all above, too.
    leaving
        The same for the probability to leave: after a purchase, or in the Pareto/NBD within a year.
    expected
        Purchases expected of the customer in the 52 weeks after the last day, ``fitted`` and ``turned``.
    """

    turned: Turned
    history: pd.DataFrame
    pace: pd.DataFrame
    leaving: pd.DataFrame
    expected: dict[str, float]


def what_if(turned: Turned, purchase_dates: pd.Series, as_of: pd.Timestamp) -> WhatIf:
    """Put the fitted and the turned parameters side by side.

    Parameters
    ----------
    turned
        The result of `turn`.
    purchase_dates
        Days on which the customer bought.
    as_of
        The last day that counts.
    """
    models: dict[str, PurchaseModel | Turned] = {"fitted": turned.fitted, "turned": turned}
    found = {name: alive_history(model, purchase_dates, as_of) for name, model in models.items()}
    history = pd.DataFrame(
        {
            "date": found["fitted"]["date"],
            **{name: one["p_alive"] for name, one in found.items()},
            "purchase": found["fitted"]["purchase"],
        }
    )
    kind, both = turned.fitted.kind, {"fitted": turned.fitted.parameters, "turned": turned.parameters}
    age = np.array([(len(history) - 1) / DAYS[turned.unit]])
    x = np.array([float(history["purchase"].sum() - 1)])
    ahead = np.array([weeks_in(turned.unit, WEEKS)])
    expected = {
        name: float(model.process.expected_if_alive(ahead, x, age)[0] * history[name].iloc[-1])
        for name, model in models.items()
    }
    return WhatIf(turned, history, _pace(both, turned.unit), _leaving(kind, both, turned.unit), expected)


def _pace(both: dict[str, dict[str, float]], unit: Unit) -> pd.DataFrame:
    """Return how the purchases per year are spread, by the gamma distributions."""
    year = DAYS_PER_YEAR / DAYS[unit]
    spread = {name: gamma(one["r"], scale=year / one["alpha"]) for name, one in both.items()}
    end = max(SLOWEST, *(float(one.ppf(MOST)) for one in spread.values()))
    edges = np.linspace(0, end, BINS + 1)
    shares = {name: np.diff(np.append(one.cdf(edges[:-1]), 1.0)) for name, one in spread.items()}
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], **shares})


def _leaving(kind: Kind, both: dict[str, dict[str, float]], unit: Unit) -> pd.DataFrame:
    """Return how the probabilities to leave are spread.

    Of the Pareto/NBD, whose customers leave at a rate: 1 − exp(−rate × a year), the rates being gamma.
    """
    edges = np.linspace(0, 1, BINS + 1)
    year = DAYS_PER_YEAR / DAYS[unit]
    shares = {}
    for name, one in both.items():
        if kind == "pareto_nbd":
            below = gamma(one["s"], scale=1 / one["beta"]).cdf(-np.log1p(-edges[:-1]) / year)
            below = np.append(below, 1.0)
        else:
            below = beta(one["a"], one["b"]).cdf(edges)
        shares[name] = np.diff(below)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], **shares})


def mean_leaving(kind: Kind, parameters: dict[str, float], unit: Unit) -> float:
    """Return the mean probability to leave: after a purchase, or in the Pareto/NBD within a year."""
    if kind == "pareto_nbd":
        year = DAYS_PER_YEAR / DAYS[unit]
        return float(1 - (parameters["beta"] / (parameters["beta"] + year)) ** parameters["s"])
    return parameters["a"] / (parameters["a"] + parameters["b"])


def what_if_title(customer_id: str, found: WhatIf) -> str:
    """Return what a chart of `what_if` shows.

    Parameters
    ----------
    customer_id
        Whose history it is.
    found
        The result of `what_if`.
    """
    last, changed = found.history.iloc[-1], found.turned.describe()
    if not changed:
        return _("Nothing is turned: all is as fitted")
    values = {
        "parameters": changed,
        "model": model_name(found.turned.fitted.kind),
        "customer": customer_id,
        "turned": percent(last["turned"], 1),
        "fitted": percent(last["fitted"], 1),
    }
    if values["turned"] == values["fitted"]:
        return _(
            "{parameters} ({model}) would change nothing for customer {customer}: {fitted} either way"
        ).format(**values)
    return _(
        "With {parameters} ({model}), customer {customer} would still be one with a probability of {turned}, "
        "not {fitted}"
    ).format(**values)


def what_if_sentence(found: WhatIf) -> str:
    """Say what the turned parameters mean for all customers and for this one."""
    turned = found.turned
    fitted = turned.fitted
    values = {"before": number(found.expected["fitted"], 1), "after": number(found.expected["turned"], 1)}
    for name, one in (("fitted", fitted.parameters), ("turned", turned.parameters)):
        pace = one["r"] / one["alpha"] * DAYS_PER_YEAR / DAYS[turned.unit]
        values[f"{name}_pace"] = number(pace, 1)
        values[f"{name}_leave"] = percent(mean_leaving(fitted.kind, one, turned.unit), 1)
    if fitted.kind == "pareto_nbd":
        return _(
            "As fitted, customers buy {fitted_pace} times a year on average and {fitted_leave} leave within "
            "a year; as turned, {turned_pace} times and {turned_leave}. Of this customer one would expect "
            "{after} purchases in the next 52 weeks instead of {before}."
        ).format(**values)
    return _(
        "As fitted, customers buy {fitted_pace} times a year on average and {fitted_leave} leave after a "
        "purchase; as turned, {turned_pace} times and {turned_leave}. Of this customer one would expect "
        "{after} purchases in the next 52 weeks instead of {before}."
    ).format(**values)
