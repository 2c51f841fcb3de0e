"""One model per group of customers, each drawn towards that of all as far as the data ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from analysis.language import _, percent
from analysis.ltv.backtest.holdout import Holdout
from analysis.ltv.estimation.equal_histories import Codes, Counts, count
from analysis.ltv.estimation.search import Fit, maximise
from analysis.ltv.purchases import Kind, PurchaseModel, fit_one, likelihood, scaled_counts
from analysis.ltv.rounding import told_apart
from analysis.ltv.summary import Floats, Summary, weeks_in
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result

LEVEL = 0.05  # probability by chance below which groups are said to differ
STRENGTHS = np.logspace(2, 7, 101)  # customers' worth of all that may go into a group's fit
DETERMINED = 4.0  # information of all customers along a direction from which on it is compared


@dataclass(frozen=True)
class GroupCheck(Result):
    """One model for all customers against one for each group, on the holdout.

    Attributes
    ----------
    frame
        One row per group and one for all: ``group``, ``customers``; purchases in the holdout: ``came``,
        ``one_model`` and ``group_models`` expected; root mean square error per customer: ``rmse_one`` and
        ``rmse_groups``.
    """

    name: ClassVar[str] = "group_check"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame

    def off(self, rule: str) -> float:
        """Return by how much the totals of groups were off: share of the actual."""
        groups, came = self.frame.iloc[:-1], max(float(self.frame["came"].iloc[-1]), 1.0)
        return float((groups[rule] - groups["came"]).abs().sum()) / came

    @property
    def pays(self) -> bool:
        """Whether models by group did better, per customer and in the totals of groups."""
        whole = self.frame.iloc[-1]
        better = bool(whole["rmse_groups"] < whole["rmse_one"])
        return better and self.off("group_models") < self.off("one_model")

    def title(self) -> str:
        """Return what the table is about."""
        return _("One model for all against one for each group, on the holdout")

    def sentence(self) -> str:
        """Say whether models by group foretold the holdout better than one for all."""
        groups, whole = self.frame.iloc[:-1], self.frame.iloc[-1]
        if np.allclose(groups["one_model"], groups["group_models"], rtol=1e-6):
            return _("The groups hardly differ, so models by group are the same as one for all.")
        message = (
            _(
                "On the holdout models by group did better than one for all: RMSE {rmse_own} against "
                "{rmse_one}; totals of the groups off by {own} against {one}."
            )
            if self.pays
            else _(
                "On the holdout models by group did no better than one for all (RMSE {rmse_own} against "
                "{rmse_one}; totals of the groups off by {own} against {one}): one model for all is enough."
            )
        )
        own, one = told_apart(self.off("group_models"), self.off("one_model"), 1, percent)
        rmse_own, rmse_one = told_apart(whole["rmse_groups"], whole["rmse_one"], 3)
        return message.format(own=own, one=one, rmse_own=rmse_own, rmse_one=rmse_one)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {"group_check": self.frame}

    def findings(self) -> list[Finding]:
        """Return whether models by group pay."""
        return [Finding("ltv.groups", self.sentence())]


@or_not_possible
def group_check(check: Holdout, groups: pd.Series) -> GroupCheck | NotPossible:
    """Compare, on the holdout, one model for all customers with one for each group.

    Parameters
    ----------
    check
        The holdout.
    groups
        The group of each customer by ``customer_id`` (the index), known at the cut-off.
    """
    fitted = fit_groups(check.summary, groups, check.model.kind)
    if isinstance(fitted, NotPossible):
        return fitted
    duration = weeks_in(check.unit, check.weeks)
    actual = check.customers["actual"].to_numpy(np.float64)
    frame = pd.DataFrame(
        {
            "group": fitted.groups.to_numpy(),
            "came": actual,
            "one_model": fitted.whole.expected_purchases(duration, *check.history),
            "group_models": fitted.expected_purchases(duration, check.summary),
        }
    )
    for error, rule in (("rmse_one", "one_model"), ("rmse_groups", "group_models")):
        frame[error] = (frame[rule] - actual) ** 2
    sums = dict.fromkeys(("came", "one_model", "group_models"), "sum")
    errors = dict.fromkeys(("rmse_one", "rmse_groups"), "mean")
    both = pd.concat([frame, frame.assign(group=_("All customers"))])
    table = both.groupby("group").agg(sums | errors).loc[[*fitted.models, _("All customers")]]
    table.insert(0, "customers", both["group"].value_counts())
    table[list(errors)] = np.sqrt(table[list(errors)])
    return GroupCheck(table.reset_index())


@dataclass(frozen=True)
class GroupModels:
    """The model of each group of customers, the largest first, and that of the whole.

    ``groups`` names each customer's, in the order of the summary. ``strength`` is how many customers' worth
    of all went into the fit of a group; infinite where groups differ no more than chance makes them in
    ``chance`` of the cases, so that each has the model of all.
    """

    whole: PurchaseModel
    models: Mapping[str, PurchaseModel]
    groups: pd.Series
    strength: float
    chance: float

    def expected_purchases(self, duration: float, summary: Summary) -> Floats:
        """Return the purchases expected within ``duration`` of each customer, by the model of its group."""
        found = np.zeros(len(summary.frame))
        for name, rows in self.groups.groupby(self.groups.to_numpy()).indices.items():
            history = (part[rows] for part in summary.history)
            found[rows] = self.models[str(name)].expected_purchases(duration, *history)
        return found


def fit_groups(summary: Summary, groups: pd.Series, kind: Kind) -> GroupModels | NotPossible:
    """Fit one model per group of customers, each drawn towards that of all.

    The parameters of groups are taken to scatter around those of all with a covariance c × the inverse
    information of one customer (empirical Bayes): at the parameters of all, the score of a group of n,
    weighed with the inverse information, then follows (1 + n c) χ². The most likely c makes 1 ÷ c the
    strength: to a group's own likelihood comes that of all, scaled down to so many customers. Where the
    scores are no larger than chance gives in 1 of 20 cases (Rao's test), all groups have the model of all.

    Parameters
    ----------
    summary
        The customers.
    groups
        The group of each by ``customer_id`` (the index), those without one being a group: something known
        without the purchases, such as the channel. RFM segments are made of what the model is to explain.
    kind
        Which model.
    """
    whole = fit_one(summary, kind)
    if isinstance(whole, NotPossible):
        return whole
    named = summary.frame["customer_id"].map(groups.astype("object")).fillna(_("(not known)")).astype(str)
    rows = {str(name): np.flatnonzero(named == name) for name in named.value_counts().index}
    own = {
        name: count(*(part[some] for part in summary.history)).rescaled(whole.longest)
        for name, some in rows.items()
    }
    strength, chance = _strength(whole, own)
    models = dict.fromkeys(rows, whole)
    if np.isfinite(strength):
        models = _pooled(summary, rows, own, whole, strength)
    return GroupModels(whole, models, named, strength, chance)


def _strength(whole: PurchaseModel, own: Mapping[str, Counts]) -> tuple[float, float]:
    """Return how far groups are to be drawn together, and how likely chance alone would part them so far."""
    slopes = [_slopes(whole.kind, counts, whole.fit) for counts in own.values()]
    sizes = np.array([counts.customers for counts in own.values()])
    bend = -np.sum([hessian for _gradient, hessian in slopes], axis=0)
    values, vectors = np.linalg.eigh(bend) if np.isfinite(bend).all() else (np.zeros(1), np.zeros((1, 1)))
    told = values > DETERMINED
    if len(own) < 2 or not told.any():
        return np.inf, 1.0
    along = np.array([vectors[:, told].T @ gradient for gradient, _hessian in slopes])
    far = (along**2 / (values[told] / sizes.sum())).sum(axis=1) / sizes
    freedom = int(told.sum())
    chance = float(chdtrc(freedom * (len(own) - 1), far.sum()))
    far = far / (1 - sizes / sizes.sum())  # the whole holds the group itself
    wide = 1 + sizes[:, None] / STRENGTHS
    unlikely = (freedom * np.log(wide) + far[:, None] / wide).sum(axis=0)
    best = int(np.argmin(unlikely))
    differ = chance < LEVEL and unlikely[best] < far.sum()
    return (float(STRENGTHS[best]) if differ else np.inf), chance


def _slopes(kind: Kind, counts: Counts, fit: Fit) -> tuple[Floats, Floats]:
    """Return gradient and Hessian of a group's log-likelihood along the free axes, at the optimum of all."""
    back = np.linalg.inv(fit.axes.matrix)
    parameters = np.exp(back @ fit.position)
    with np.errstate(all="ignore"):  # of customers who arrived on the last day no time has passed
        _value, gradient, hessian = likelihood(kind, counts).evaluate(parameters)
    by_log = parameters * gradient
    bent = parameters[:, None] * hessian * parameters + np.diag(by_log)
    free = np.array(fit.on_edge) == 0
    return (back.T @ by_log)[free], (back.T @ bent @ back)[np.ix_(free, free)]


def _pooled(
    summary: Summary,
    rows: Mapping[str, Codes],
    own: Mapping[str, Counts],
    whole: PurchaseModel,
    strength: float,
) -> dict[str, PurchaseModel]:
    """Fit each group to its own customers and the whole, scaled down to ``strength`` customers."""
    counts, longest = scaled_counts(summary)
    history = pd.DataFrame(dict(zip(("x", "t_x", "t"), summary.history, strict=True)))
    place = history.groupby(["x", "t_x", "t"], sort=True).ngroup().to_numpy()
    borrowed = counts.weights * strength / counts.customers
    found = dict.fromkeys(rows, whole)
    for name, customers in rows.items():
        weights = np.bincount(place[customers], minlength=len(borrowed)) + borrowed
        if (fit := maximise(likelihood(whole.kind, counts.reweighted(weights)))) is not None:
            with np.errstate(all="ignore"):
                value = likelihood(whole.kind, own[name]).evaluate(np.array([*fit.parameters.values()]))[0]
            value -= own[name].bought * float(np.log(longest))
            mean = own[name].bought / len(customers)
            found[name] = PurchaseModel(whole.kind, summary.unit, value, len(customers), fit, longest, mean)
    return found
