"""How often customers will buy: the models of "buy till you die", fitted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol, get_args

import numpy as np
import pandas as pd
from scipy.special import betaln

from analysis.language import _, listing, number, percent
from analysis.ltv.estimation.bg_nbd import Geometric, GeometricLikelihood
from analysis.ltv.estimation.equal_histories import Counts, Floats, distinct_pairs
from analysis.ltv.estimation.pareto_nbd import ParetoLikelihood, ParetoNbd
from analysis.ltv.estimation.search import Fit
from analysis.ltv.summary import Histories, Summary, Unit, unit_name
from analysis.result import Finding, Result

Kind = Literal["bg_nbd", "mbg_nbd", "pareto_nbd"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MIN_REPEAT_BUYERS = 20  # fewer tell four parameters too little
SYMBOLS = {"alpha": "α", "beta": "β"}
CHUNK = 1_000_000  # customers whose P(alive) is worked out at a time
HARDLY = 0.01  # share of leavers, over a typical history or the longest age, that cannot be told from 0


class Process(Protocol):
    """A model with known parameters: what it expects of customers with a history."""

    def p_alive(self, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """Return P(alive) at age ``t``."""

    def expected_if_alive(self, duration: Floats, x: Floats, t: Floats) -> Floats:
        """Return the purchases expected within ``duration`` of one alive at ``t``."""

    def at_least(self, duration: float | Floats, x: Floats, t: Floats) -> Iterator[Floats]:
        """Give the probability of at least 1, 2, 3, … purchases of one alive at ``t``."""

    def simulate(self, random: np.random.Generator, duration: float, x: Floats, t: Floats) -> Floats:
        """Draw purchases of customers alive at ``t``."""


def process(kind: Kind, parameters: dict[str, float]) -> Process:
    """Return the model of a kind with these parameters."""
    if kind == "pareto_nbd":
        return ParetoNbd(**parameters)
    return Geometric(**parameters, chances=int(kind == "mbg_nbd"))


@dataclass(frozen=True)
class PurchaseModel(Result):
    """A fitted model of purchases.

    While alive, a customer buys at random at a rate of its own; the rates follow a gamma distribution
    with shape ``r`` and scale ``1 / alpha``. In the BG/NBD (Fader, Hardie & Lee 2005) it may leave for good
    after each repeat purchase, in the MBG/NBD (Batislam, Denizel & Filiztekin 2007) after the first one
    too, with a probability of its own; these follow a beta distribution with parameters ``a`` and ``b``.
    In the Pareto/NBD (Schmittlein, Morrison & Colombo 1987) it may leave at any time, at a rate of its
    own; these follow a gamma distribution with shape ``s`` and scale ``1 / beta``.

    Attributes
    ----------
    kind
        Which of the models.
    unit
        Time unit of ``alpha``, ``beta`` and every duration given to the model.
    log_likelihood
        Log-likelihood at the optimum, in ``unit``.
    customers
        Customers it was fitted on.
    fit
        The optimum, in units of the longest age.
    longest
        The longest age, in ``unit``.
    mean_purchases
        Repeat purchases per customer it was fitted on.
    reason
        Why this model and not another, as a sentence; empty where it was asked for by name.
    """

    name: ClassVar[str] = "parameters"
    is_drawn: ClassVar[bool] = False
    kind: Kind
    unit: Unit
    log_likelihood: float
    customers: int
    fit: Fit = field(repr=False)
    longest: float
    mean_purchases: float
    reason: str = ""

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name, in ``unit``."""
        return in_unit(self.fit.parameters, self.longest)

    @property
    def leaving_seen(self) -> bool:
        """Whether the data show how many customers have left: some have, and the mean is determined."""
        mean = self.fit.loose[3 if self.kind == "pareto_nbd" else 2]
        return not (mean or nobody_leaves(self))

    @property
    def covariance(self) -> Floats:
        """Asymptotic covariance of the logarithms of the parameters, in their order."""
        return self.fit.covariance

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors of the parameters, by the delta method."""
        errors = np.sqrt(np.diag(self.covariance))
        return {
            name: float(value * error)
            for (name, value), error in zip(self.parameters.items(), errors, strict=True)
        }

    @property
    def process(self) -> Process:
        """The model with these parameters."""
        return process(self.kind, self.parameters)

    def with_parameters(self, **changed: float) -> Process:
        """Return the model with some of its parameters changed, the others as they were fitted.

        To see what a parameter does: ``purchases.with_parameters(a=3 * purchases.a)``.

        Parameters
        ----------
        **changed
            New values by name, ``alpha`` and ``beta`` in ``unit``; all above 0.
        """
        if unknown := changed.keys() - self.parameters.keys():
            raise TypeError(f"{model_name(self.kind)} has no parameter {', '.join(sorted(unknown))}")
        return process(self.kind, self.parameters | changed)

    def __str__(self) -> str:
        return str({name: round(value, 4) for name, value in self.parameters.items()})

    @property
    def r(self) -> float:
        """Shape of the rates of purchase: the larger, the more alike are customers."""
        return self._parameter("r")

    @property
    def alpha(self) -> float:
        """Inverse scale of the rates of purchase, in ``unit``."""
        return self._parameter("alpha")

    @property
    def a(self) -> float:
        """First parameter of the probabilities of leaving (not of the Pareto/NBD)."""
        return self._parameter("a")

    @property
    def b(self) -> float:
        """Second parameter of the probabilities of leaving (not of the Pareto/NBD)."""
        return self._parameter("b")

    @property
    def s(self) -> float:
        """Shape of the rates of leaving (Pareto/NBD only)."""
        return self._parameter("s")

    @property
    def beta(self) -> float:
        """Inverse scale of the rates of leaving, in ``unit`` (Pareto/NBD only)."""
        return self._parameter("beta")

    def _parameter(self, name: str) -> float:
        if name not in self.fit.axes.names:
            raise AttributeError(f"{model_name(self.kind)} has no parameter {name}")
        return self.parameters[name]

    def p_alive(self, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """Return the probability that each customer is still a customer at age ``t``.

        In the BG/NBD it is 1 for customers with one purchase: one can only leave after a repeat purchase.
        """
        history = [np.asarray(part, float) for part in (x, t_x, t)]
        parts = [slice(start, start + CHUNK) for start in range(0, np.size(x), CHUNK)]
        if len(parts) < 2:
            return self.process.p_alive(*history)
        return np.concatenate([self.process.p_alive(*(each[rows] for each in history)) for rows in parts])

    def expected_if_alive(self, duration: float | Floats, x: Floats, t: Floats) -> Floats:
        """Return the purchases expected within ``duration`` of a customer known to be alive at age ``t``."""
        return self.process.expected_if_alive(*(np.asarray(part, float) for part in (duration, x, t)))

    def expected_purchases(self, duration: float, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """Return the purchases each customer is expected to make within ``duration`` after age ``t``.

        Parameters
        ----------
        duration
            In ``unit``.
        x, t_x, t
            Repeat purchases, age at the last one, and age now, of each customer.
        """
        pair_x, pair_t, places = distinct_pairs(np.asarray(x, float), np.asarray(t, float))
        return self.expected_if_alive(duration, pair_x, pair_t)[places] * self.p_alive(x, t_x, t)

    def expected_new(self, age: Floats) -> Floats:
        """Return the repeat purchases expected of a new customer up to each ``age``, in ``unit``."""
        zero = np.zeros(1)
        stays = float(self.p_alive(zero, zero, zero)[0])
        return stays * self.expected_if_alive(np.asarray(age, float), zero, zero)

    def draws(self, random: np.random.Generator, size: int) -> list[Process]:
        """Draw models with parameters as uncertain as they are: see `Fit.draws`."""
        return [process(self.kind, in_unit(one, self.longest)) for one in self.fit.draws(random, size)]

    def sentence(self) -> str:
        """Say what the parameters mean for this portfolio."""
        message = (
            _(
                "A typical customer of these {customers} buys again every {gap} {unit} while it stays, and "
                "leaves at a rate of once in {life} {unit}."
            )
            if self.kind == "pareto_nbd"
            else _(
                "A typical customer of these {customers} buys again every {gap} {unit} while it stays, and "
                "leaves after a purchase with a probability of {share}."
            )
        )
        share = leaving(self)
        return message.format(
            customers=number(self.customers),
            gap=number(self.alpha / self.r, 1),
            unit=unit_name(self.unit),
            life=number(1 / share, 1),
            share=percent(share, 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the parameters."""
        return {"parameters": parameter_table(self)}

    def findings(self) -> list[Finding]:
        """Return that these data do not show who has left, where they do not."""
        return [] if self.leaving_seen else [Finding("ltv.caution", self.caution())]

    def notes(self) -> list[str]:
        """Say what the parameters mean, and which of them the data leave open."""
        return [self.sentence(), *([self.caution()] if self.leaving_seen and self.caution() else [])]

    def caution(self) -> str:
        """Say what these data leave open, and what still holds; nothing where all is well determined."""
        pace, __, third, fourth = self.fit.loose
        alike = third if self.kind == "pareto_nbd" else fourth
        said = []
        if nobody_leaves(self):
            said.append(
                _(
                    "Beware: dropout is not identifiable in these data: hardly anyone seems to leave, or the "
                    "history is too short to see it. Forecasts far ahead assume that nobody leaves."
                )
            )
        elif not self.leaving_seen:
            said.append(
                _(
                    "Beware: dropout is not identifiable in these data: they do not tell how many leave. "
                    "Totals over a time no longer than the history are still sound."
                )
            )
        elif alike:
            said.append(
                _(
                    "These data do not tell how much customers differ in their readiness to leave: {names} "
                    "mean nothing by themselves, only their ratio does. Forecasts hold."
                ).format(names=listing([SYMBOLS.get(name, name) for name in self.fit.axes.names[2:]]))
            )
        if pace and self.fit.on_edge[0] >= 0:
            said.append(
                _("These customers hardly differ in their pace, so the forecast is nearly the same for all.")
            )
        return " ".join(said)


def in_unit(parameters: dict[str, float], longest: float) -> dict[str, float]:
    """Return the parameters of times in units of the longest age for times in the unit that it is in."""
    return {
        name: value * longest if name in {"alpha", "beta"} else value for name, value in parameters.items()
    }


def likelihood(kind: Kind, counts: Counts) -> GeometricLikelihood | ParetoLikelihood:
    """Return the likelihood of a kind of model, times in units of the longest age."""
    return (
        ParetoLikelihood(counts)
        if kind == "pareto_nbd"
        else GeometricLikelihood(counts, int(kind == "mbg_nbd"))
    )


def scaled_counts(known: Summary | Histories) -> tuple[Counts, float]:
    """Return the counted histories of customers in units of the longest age, and that age.

    So all parameters are of the size of 1 whatever the unit, and one set of bounds and starts serves all.
    """
    counts = known.counts
    longest = float(counts.times[-1])
    return counts.rescaled(longest), longest


def model_name(kind: str) -> str:
    """Return what a model is called."""
    return {"bg_nbd": _("BG/NBD"), "mbg_nbd": _("MBG/NBD"), "pareto_nbd": _("Pareto/NBD")}[kind]


def parameter_table(model: PurchaseModel) -> pd.DataFrame:
    """Return the parameters of a model.

    Returns
    -------
    pandas.DataFrame
        ``parameter`` (its symbol), ``value``, and ``error``, its standard error; missing where the data do
        not determine the parameter by itself.
    """
    lost = undetermined(model)
    rows = [
        (SYMBOLS.get(name, name), value, np.nan if name in lost else model.standard_errors[name])
        for name, value in model.parameters.items()
    ]
    return pd.DataFrame(rows, columns=["parameter", "value", "error"])


def undetermined(model: PurchaseModel) -> tuple[str, ...]:
    """Return the names of the parameters that the data do not determine by themselves."""
    names = model.fit.axes.names
    back = np.linalg.inv(model.fit.axes.matrix)  # from the axes to the logarithms of the parameters
    tied = np.abs(back[:, np.array(model.fit.loose)]) > 1e-9
    return tuple(name for name, row in zip(names, tied, strict=True) if row.any())


def leaving(model: PurchaseModel) -> float:
    """Return the mean share of customers that leave: after a purchase, or per unit of time (Pareto/NBD)."""
    if model.kind == "pareto_nbd":
        return model.s / model.beta
    return model.a / (model.a + model.b)


def share_gone(model: PurchaseModel) -> float:
    """Return the share of customers that leave over a typical history (BG/NBD and MBG/NBD).

    After m moments at which one can leave a share B(a, b + m) ÷ B(a, b) is left. Typical is the mean of the
    repeat purchases, but one at least, for who has made none cannot leave in the BG/NBD; in the MBG/NBD the
    first purchase is one more such moment.
    """
    moments = model.mean_purchases + 1 if model.kind == "mbg_nbd" else max(model.mean_purchases, 1.0)
    return float(-np.expm1(betaln(model.a, model.b + moments) - betaln(model.a, model.b)))


def nobody_leaves(model: PurchaseModel) -> bool:
    """Say whether in these data hardly anyone seems to leave, so that dropout is not identifiable."""
    if model.kind == "pareto_nbd":
        return model.fit.on_edge[3] == -1 or leaving(model) * model.longest < HARDLY
    return model.fit.on_edge[2] == -1 or share_gone(model) < HARDLY


def unseen_leaving() -> str:
    """Return what to say instead of who has left where the data do not show it."""
    return _(
        "These data do not show who has left, so no customer is called gone here; use the time since the "
        "last purchase (03_churn)."
    )
