"""How often customers will buy: the models of "buy till you die", fitted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

import numpy as np

from analysis.language import _, number
from analysis.ltv.counts import Counts, Floats, count, distinct_pairs
from analysis.ltv.fitting import Fit, maximise
from analysis.ltv.geometric import Geometric, GeometricLikelihood
from analysis.ltv.meaning import caution, describe, leaving_seen, model_name
from analysis.ltv.pareto_nbd import ParetoLikelihood, ParetoNbd
from analysis.ltv.summary import Summary, Unit
from analysis.not_possible import NotPossible

Kind = Literal["bg_nbd", "mbg_nbd", "pareto_nbd"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MIN_REPEAT_BUYERS = 20  # fewer tell four parameters too little


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
class PurchaseModel:
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
        """Whether the data show how many customers have left, so that P(alive) says something."""
        return leaving_seen(self)

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
        return self.process.p_alive(*(np.asarray(part, float) for part in (x, t_x, t)))

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

    def describe(self) -> str:
        """Say what the parameters mean for this portfolio."""
        return describe(self)

    def caution(self) -> str:
        """Say what these data leave open, and what still holds; nothing where all is well determined."""
        return caution(self)


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


def scaled_counts(summary: Summary) -> tuple[Counts, float]:
    """Return the counted histories of a summary in units of the longest age, and that age."""
    counts = count(*summary.history)
    longest = float(counts.times[-1])
    return counts.rescaled(longest), longest


def too_few(summary: Summary) -> NotPossible | None:
    """Return why a summary is too small for a model, or None."""
    if summary.repeat_buyers >= MIN_REPEAT_BUYERS:
        return None
    return NotPossible(
        _(
            "Too little data for the purchase model: it needs at least {needed} customers who bought on "
            "two days or more (here: {found})."
        ).format(needed=MIN_REPEAT_BUYERS, found=number(summary.repeat_buyers))
    )


def fit_one(summary: Summary, kind: Kind) -> PurchaseModel | NotPossible:
    """Fit a model of one kind to a summary.

    Customers with equal ``(x, t_x, T)`` are fitted as one, weighted by their number.

    Returns
    -------
    PurchaseModel or NotPossible
        ``NotPossible``, with the reason, where fewer than 20 customers bought again, or the search found no
        optimum.
    """
    if (reason := too_few(summary)) is not None:
        return reason
    counts, longest = scaled_counts(summary)
    fit = maximise(likelihood(kind, counts))
    if fit is None:
        return NotPossible(
            _(
                "The purchase model could not be fitted: the search for its parameters did not settle on "
                "these data, so no forecast is shown."
            )
        )
    log_likelihood = fit.log_likelihood - counts.bought * float(np.log(longest))
    customers = len(summary.frame)
    return PurchaseModel(
        kind, summary.unit, log_likelihood, customers, fit, longest, counts.bought / customers
    )
