"""Whether one model per group of customers, drawn towards that of all, foretells more than one for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, percent, told_apart
from analysis.ltv.backtest.holdout import Holdout
from analysis.ltv.estimation.search import maximise
from analysis.ltv.model_selection import log_scores, scored
from analysis.ltv.purchases import Process, in_unit, likelihood, process, scaled_counts
from analysis.ltv.summary import weeks_in
from analysis.not_possible import or_not_possible
from analysis.result import Finding, Result
from analysis.statistics import CLEAR, clear_gain

BORROWED = 100  # customers' worth of the whole that goes into the fit of each group


@dataclass(frozen=True)
class GroupCheck(Result):
    """One model for all customers against one for each group, on the holdout.

    Attributes
    ----------
    frame
        One row per group, the largest first, and one for all: ``group``, ``customers``; purchases in the
        holdout: ``actual``, ``one_model`` and ``group_models`` expected; root mean square error per
        customer: ``rmse_one`` and ``rmse_groups``.
    gain
        How clearly models by group gave more probability to what customers then did, see `clear_gain`.
    """

    name: ClassVar[str] = "group_check"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame
    gain: float

    def off(self, rule: str) -> float:
        """Return by how much the totals of groups were off: share of the actual."""
        groups, actual = self.frame.iloc[:-1], max(float(self.frame["actual"].iloc[-1]), 1.0)
        return float((groups[rule] - groups["actual"]).abs().sum()) / actual

    @property
    def pays(self) -> bool:
        """Whether models by group did better: clearly in probability, and in the totals of groups."""
        return self.gain > CLEAR and self.off("group_models") < self.off("one_model")

    def sentence(self) -> str:
        """Say whether models by group foretold the holdout better than one for all."""
        message = (
            _(
                "Models by group foretold better than one for all: totals of the groups off by {own} against "
                "{one}, RMSE {rmse_own} against {rmse_one}."
            )
            if self.pays
            else _(
                "One model for all is enough: those by group were not clearly better (totals off by {own} "
                "against {one}, RMSE {rmse_own} against {rmse_one})."
            )
        )
        whole = self.frame.iloc[-1]
        own, one = told_apart(self.off("group_models"), self.off("one_model"), 1, percent)
        rmse_own, rmse_one = told_apart(whole["rmse_groups"], whole["rmse_one"], 3)
        return message.format(own=own, one=one, rmse_own=rmse_own, rmse_one=rmse_one)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {"group_check": self.frame}

    def findings(self) -> list[Finding]:
        """Return whether models by group pay."""
        off, usual = self.off("group_models"), self.off("one_model")
        return [Finding("ltv.groups", self.sentence(), off, "share", usual=usual)]


@or_not_possible
def group_check(check: Holdout, groups: pd.Series) -> GroupCheck:
    """Compare, on the holdout, one model for all customers with one for each group.

    Parameters
    ----------
    check
        The holdout.
    groups
        The group of each customer by ``customer_id`` (the index), those without one being a group: something
        known without the purchases, such as the channel. RFM segments are made of what the model explains.
    """
    named = check.customers["customer_id"].map(groups.astype("object")).fillna(_("(not known)")).astype(str)
    models = fit_groups(check, named)
    actual = check.customers["actual"].to_numpy(np.float64)
    one_model = check.customers[check.chosen].to_numpy(np.float64)
    by_group, gains, duration = one_model.copy(), [], np.asarray(weeks_in(check.unit, check.weeks))
    for name, model in models.items():
        rows = np.flatnonzero(named == name)
        x, t_x, t = (part[rows] for part in check.summary.history)
        by_group[rows] = model.p_alive(x, t_x, t) * model.expected_if_alive(duration, x, t)
        some = rows[scored(len(rows))]
        gains.append(log_scores(model, check, some) - log_scores(check.model.process, check, some))
    frame = pd.DataFrame({"actual": actual, "one_model": one_model, "group_models": by_group})
    frame = frame.assign(rmse_one=(one_model - actual) ** 2, rmse_groups=(by_group - actual) ** 2)
    sums = dict.fromkeys(("actual", "one_model", "group_models"), "sum")
    errors = dict.fromkeys(("rmse_one", "rmse_groups"), "mean")
    whole = _("All customers")
    both = pd.concat([frame.assign(group=named.to_numpy()), frame.assign(group=whole)])
    table = both.groupby("group").agg(sums | errors).loc[[*models, whole]]
    table.insert(0, "customers", [*named.value_counts(), len(frame)])
    table[list(errors)] = np.sqrt(table[list(errors)])
    return GroupCheck(table.reset_index(), clear_gain(np.concatenate(gains)))


def fit_groups(check: Holdout, groups: pd.Series) -> dict[str, Process]:
    """Fit a model to each group of customers, the largest first.

    To the likelihood of a group's own histories comes that of all histories, scaled down to as much as 100
    customers tell: the fewer customers a group has, the more its model is that of all. Where no search
    settles, it is that of all.

    Parameters
    ----------
    check
        The holdout.
    groups
        The name of each customer's group, in the order of its summary.
    """
    counts, longest = scaled_counts(check.summary)
    history = pd.DataFrame(dict(zip(("x", "t_x", "t"), check.summary.history, strict=True)))
    place = history.groupby(["x", "t_x", "t"], sort=True).ngroup().to_numpy()
    borrowed = counts.weights * BORROWED / counts.customers
    found: dict[str, Process] = {}
    for name in groups.value_counts().index:
        weights = np.bincount(place[(groups == name).to_numpy()], minlength=len(borrowed)) + borrowed
        fit = maximise(likelihood(check.chosen, counts.reweighted(weights)))
        parameters = None if fit is None else in_unit(fit.parameters, longest)
        found[name] = process(check.chosen, parameters) if parameters else check.model.process
    return found
