"""Customers with a contract: how long they stay, by the shifted beta-geometric model (Fader & Hardie 2007).

At the end of each period a customer cancels with a probability of its own; these follow a beta distribution
with parameters a and b (α and β in the paper). Nobody's probability changes, and yet the retention rate of a
cohort rises from year to year: those who are quick to leave leave first. Who extrapolates the average
retention rate, or a curve through the survivors, undervalues those who have stayed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import betaln, polygamma, psi

from analysis.language import _, number, percent
from analysis.ltv.estimation.equal_histories import Floats
from analysis.ltv.estimation.search import Axes, Fit, maximise
from analysis.not_possible import NotPossible

NAMES = ("a", "b")
MATRIX = np.array([[1, -1], [0.5, 0.5]])
"""The axes of the search: log odds of leaving; how alike customers leave."""
MIN_LOST = 10  # fewer cancellations tell two parameters too little


@dataclass(frozen=True)
class Tenures:
    """How long the customers of a contract business have stayed, in periods.

    Attributes
    ----------
    lost
        Customers who cancelled at the end of period 1, 2, 3, …
    kept
        Customers still there who have been through 0, 1, 2, … renewals, as many entries and one more.
    """

    lost: Floats
    kept: Floats

    @property
    def customers(self) -> int:
        """All of them."""
        return int(self.lost.sum() + self.kept.sum())


def cohort(shares: Floats, customers: int) -> Tenures:
    """Return the tenures of one cohort from its survival curve.

    Parameters
    ----------
    shares
        Share of the cohort still there after 0, 1, 2, … periods; the first is 1.
    customers
        Its size at the start.
    """
    left = np.asarray(shares, np.float64) * customers
    kept = np.zeros(len(left))
    kept[-1] = left[-1]
    return Tenures(-np.diff(left), kept)


def tenures(contracts: pd.DataFrame, as_of: dt.date, months: int = 12) -> Tenures:
    """Count how many contracts ended at which renewal, and how many go on.

    What became of a renewal counts from the day it is due: who leaves before then is no more known to have
    left than those are to stay who will renew. Else the last period would be full of leavers alone.

    Parameters
    ----------
    contracts
        ``started`` and ``ended`` of each contract; the latter missing, or after ``as_of``, where it goes on.
        Those that started after ``as_of`` do not count.
    as_of
        The last day that counts.
    months
        Length of a period, from one renewal to the next.
    """
    known = pd.to_datetime(contracts["started"]) <= pd.Timestamp(as_of)
    started, ended = (pd.to_datetime(contracts.loc[known, name]) for name in ("started", "ended"))
    due = renewals_due(started, pd.Series(pd.Timestamp(as_of), started.index), months)
    over = (ended <= pd.Timestamp(as_of)).to_numpy()
    left_at = renewal_not_made(started, ended.where(over, started), months)
    over = over & (left_at <= due)
    periods = np.where(over, left_at, due)
    longest = int(periods.max(initial=0))
    lost = np.bincount(periods[over], minlength=longest + 1)[1:]
    kept = np.bincount(periods[~over], minlength=longest + 1)
    return Tenures(lost.astype(np.float64), kept.astype(np.float64))


def renewals_due(started: pd.Series, day: pd.Series, months: int) -> npt.NDArray[np.int64]:
    """Return how many renewals of each contract have come due by a day: whole periods since its start.

    A renewal is due on the day of the month of the start, or on the last day of a month that is too short.
    """
    return _whole_months(started, day) // months


def renewal_not_made(started: pd.Series, ended: pd.Series, months: int) -> npt.NDArray[np.int64]:
    """Return which renewal each contract that ended did not come to, 1 for the first.

    Its last day may be the day of the renewal, or the one before; who leaves within a period does not come to
    the renewal at its end.
    """
    return np.maximum(-(-months_begun(started, ended) // months), 1)


def months_begun(started: pd.Series, day: pd.Series) -> npt.NDArray[np.int64]:
    """Return the months of each contract by a day, one that has only begun counted as a whole one."""
    begun = (day.dt.day != _anniversary(started, day)).to_numpy(np.int64)
    return np.asarray(_whole_months(started, day) + begun, np.int64)


def _whole_months(started: pd.Series, day: pd.Series) -> npt.NDArray[np.int64]:
    begun = (day.dt.year - started.dt.year) * 12 + day.dt.month - started.dt.month
    return np.asarray(begun - (day.dt.day < _anniversary(started, day)), np.int64)


def _anniversary(started: pd.Series, day: pd.Series) -> npt.NDArray[np.int64]:
    """Return the day of the month on which a month of each contract is full."""
    return np.asarray(np.minimum(started.dt.day, day.dt.days_in_month), np.int64)


class RetentionLikelihood:
    """The log-likelihood of tenures, with gradient and Hessian.

    With S(t) = B(a, b + t) ÷ B(a, b), the share still there after t renewals: log (S(t − 1) − S(t)), that is
    log B(a + 1, b + t − 1) ÷ B(a, b), for those who cancelled at the end of period t; log S(t) for the rest.
    """

    def __init__(self, known: Tenures) -> None:
        self._known = known
        self.customers = float(known.customers)
        self._lost, self._kept = known.lost, known.kept
        self._at = np.arange(len(known.lost), dtype=np.float64)
        self._after = np.arange(len(known.kept), dtype=np.float64)

    @property
    def axes(self) -> Axes:
        """Where to search, and from where."""
        starts = np.array([[-1.0, 0.0], [0.0, 1.0], [-3.0, 1.0]])
        return Axes(NAMES, MATRIX, np.array([-12.0, -7.0]), np.array([12.0, 7.0]), starts)

    def thinned(self, most: int) -> RetentionLikelihood:
        """Return the likelihood itself: it is quick enough."""
        return self

    def evaluate(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return the log-likelihood at ``a, b``, its gradient and its Hessian."""
        a, b = parameters
        lost, kept, n = self._lost, self._kept, self.customers
        value = lost @ betaln(a + 1, b + self._at) + kept @ betaln(a, b + self._after) - n * betaln(a, b)
        lost_both, kept_both = a + 1 + b + self._at, a + b + self._after
        both = n * psi(a + b) - lost @ psi(lost_both) - kept @ psi(kept_both)
        gradient = np.array(
            [
                lost.sum() * psi(a + 1) + kept.sum() * psi(a) - n * psi(a) + both,
                lost @ psi(b + self._at) + kept @ psi(b + self._after) - n * psi(b) + both,
            ]
        )
        cross = n * polygamma(1, a + b) - lost @ polygamma(1, lost_both) - kept @ polygamma(1, kept_both)
        hessian = np.full((2, 2), cross)
        hessian[0, 0] += lost.sum() * (polygamma(1, a + 1) - polygamma(1, a))
        hessian[1, 1] += (
            lost @ polygamma(1, b + self._at) + kept @ polygamma(1, b + self._after) - n * polygamma(1, b)
        )
        return float(value), gradient, hessian


@dataclass(frozen=True)
class RetentionModel:
    """A fitted shifted beta-geometric model.

    Attributes
    ----------
    a, b
        The parameters.
    log_likelihood
        Log-likelihood at the optimum.
    customers
        Customers it was fitted on.
    fit
        The optimum.
    """

    a: float
    b: float
    log_likelihood: float
    customers: int
    fit: Fit = field(repr=False)

    def survival(self, periods: Floats) -> Floats:
        """Return the share of a cohort still there after so many renewals: B(a, b + t) ÷ B(a, b)."""
        t = np.asarray(periods, float)
        return np.asarray(np.exp(betaln(self.a, self.b + t) - betaln(self.a, self.b)), float)

    def retention(self, period: Floats) -> Floats:
        """Return the share that renews at the end of period 1, 2, 3, …: (b + t − 1) ÷ (a + b + t − 1)."""
        t = np.asarray(period, float)
        return np.asarray((self.b + t - 1) / (self.a + self.b + t - 1), float)

    def expected_residual(self, renewals: Floats, rate: float) -> Floats:
        """Return DERL, the discounted expected number of renewals to come, the next of them today.

        Σ over t ≥ n of S(t) ÷ S(n − 1) ÷ (1 + d)^(t − n), for a customer in its n-th period (Fader & Hardie
        2010, "Customer-base valuation in a contractual setting").

        Parameters
        ----------
        renewals
            Renewals made so far, n − 1.
        rate
            Discount rate d per period, above 0.
        """
        return residual(self.a, self.b, np.asarray(renewals, np.float64), rate)

    def draws(self, random: np.random.Generator, size: int) -> list[RetentionModel]:
        """Draw models from the asymptotic distribution of the parameters."""
        return [replace(self, a=one["a"], b=one["b"]) for one in self.fit.draws(random, size)]

    def describe(self) -> str:
        """Say what the parameters mean."""
        first, later = self.retention(np.array([1.0, 5.0]))
        return _(
            "Of these {customers} customers {first} renew after the first period and {later} of those left "
            "after the fifth (a = {a}, b = {b}): who is quick to leave leaves first."
        ).format(
            customers=number(self.customers),
            first=percent(float(first), 1),
            later=percent(float(later), 1),
            a=number(self.a, 3),
            b=number(self.b, 3),
        )

    def caution(self) -> str:
        """Say what the data leave open; nothing where they determine the model well."""
        if self.fit.on_edge[0] == -1:
            return _("Beware: hardly anyone has cancelled, so the data do not tell how long customers stay.")
        if self.fit.loose[1]:
            return _(
                "In these data it cannot be seen how much customers differ in their readiness to cancel: the "
                "mean share that cancels, {share}, is sound, forecasts beyond the periods seen are not."
            ).format(share=percent(self.a / (self.a + self.b), 1))
        return ""


def residual(a: float | Floats, b: float | Floats, made: Floats, rate: float) -> Floats:
    """Return DERL, see `RetentionModel.expected_residual`, under one or many pairs of parameters.

    The paper gives it as a hypergeometric function; here the terms, all positive, are added up until the rest
    cannot matter.

    Parameters
    ----------
    a, b
        The parameters; arrays that go with ``made`` by broadcasting.
    made
        Renewals made so far.
    rate
        Discount rate per period, above 0.
    """
    factor: Floats = np.ones(np.broadcast_shapes(np.shape(a), np.shape(made)))
    total, stays, steps = np.zeros_like(factor), b + made, 0
    while steps == 0 or (factor > 1e-12 * rate * total).any():
        factor = factor * stays / (a + stays)
        total = total + factor
        factor = factor / (1 + rate)
        stays, steps = stays + 1, steps + 1
    return total


def fit_retention(known: Tenures) -> RetentionModel | NotPossible:
    """Fit the shifted beta-geometric model to tenures.

    Returns
    -------
    RetentionModel or NotPossible
        ``NotPossible``, with the reason, where fewer than ten customers cancelled, or the search found no
        optimum.
    """
    lost = float(known.lost.sum())
    if lost < MIN_LOST:
        return NotPossible(
            _(
                "Too little data for the model of contracts: it needs at least {needed} cancellations (here: "
                "{found})."
            ).format(needed=MIN_LOST, found=number(lost))
        )
    fit = maximise(RetentionLikelihood(known))
    if fit is None:
        return NotPossible(_("The model of contracts could not be fitted to these data."))
    return RetentionModel(fit.parameters["a"], fit.parameters["b"], fit.log_likelihood, known.customers, fit)
