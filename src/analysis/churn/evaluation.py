"""Whether the model ranks customers better than a simple rule, and whether its probabilities are true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score

from analysis.churn.model import ChurnModel
from analysis.churn.snapshots import Snapshots
from analysis.language import _, ngettext, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result
from analysis.statistics import cumulative_gains, lift, wilson

Floats = npt.NDArray[np.float64]
BASELINES = ("recency", "silence", "frequency")
RULES = ("model", *BASELINES)
MIN_OF_EACH = 10
Z_95 = 1.959964


@dataclass(frozen=True)
class Scored:
    """Customers of a later cut-off with what each rule said of them and what they did.

    Attributes
    ----------
    frame
        One row per customer: ``customer_id``; ``no_purchase``; the scores ``model`` (a probability),
        ``recency`` (days since the last purchase), ``silence`` (that ÷ the usual gap), ``frequency``
        (purchases, negative). Higher means more likely not to buy.
    base_rate
        Share without a purchase among the customers the model learned from.
    """

    frame: pd.DataFrame
    base_rate: float

    @property
    def absent(self) -> npt.NDArray[np.bool_]:
        """Who did not buy."""
        return self.frame["no_purchase"].to_numpy(bool)


@or_not_possible
def score(model: ChurnModel, snapshots: Snapshots) -> Scored | NotPossible:
    """Score the customers of the check date with the model and with the simple rules.

    Parameters
    ----------
    model
        The model, fitted at the earlier cut-off.
    snapshots
        The result of `analysis.churn.snapshots`.

    Returns
    -------
    Scored or NotPossible
        Not possible where fewer than 10 bought or fewer than 10 did not.
    """
    test = snapshots.check
    absent = test["no_purchase"].to_numpy(bool) if len(test) else np.zeros(0, bool)
    if min(absent.sum(), (~absent).sum()) < MIN_OF_EACH:
        return NotPossible(
            _(
                "Too little data to check the model: it takes at least {needed} customers active on the "
                "check date who then bought and as many who did not (here: {bought} bought, {without} did "
                "not)."
            ).format(needed=MIN_OF_EACH, bought=number((~absent).sum()), without=number(absent.sum()))
        )
    frame = pd.DataFrame(
        {
            "customer_id": test["customer_id"],
            "no_purchase": absent,
            "model": model.risk(test),
            "recency": test["days_since_last"],
            "silence": test["relative_silence"],
            "frequency": -test["purchase_days"],
        }
    )
    return Scored(frame, model.base_rate)


def rule_name(rule: str) -> str:
    """Return what a rule is called in tables and figures."""
    names = {
        "model": _("Model"),
        "recency": _("Longest without buying first"),
        "silence": _("Longest against the usual gap first"),
        "frequency": _("Fewest purchases first"),
    }
    return names[rule]


def placements(absent: npt.NDArray[np.bool_], scores: Floats) -> tuple[Floats, Floats]:
    """Return each absent customer's share of buyers ranked below it, and each buyer's of absent ones above.

    Ties count half. The mean of either is the area under the ROC curve (DeLong, DeLong &
    Clarke-Pearson 1988).
    """
    missing, bought = scores[absent], scores[~absent]
    ranks = rankdata(np.concatenate([missing, bought]))
    above = (ranks[: len(missing)] - rankdata(missing)) / len(bought)
    below = 1 - (ranks[len(missing) :] - rankdata(bought)) / len(missing)
    return above, below


def _spread(above: Floats, below: Floats) -> float:
    """Return the standard error of a mean placement, or of a difference of two."""
    return float(np.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)))


@dataclass(frozen=True)
class Ranking(Result):
    """How well the model and the simple rules rank customers by who then did not buy.

    Attributes
    ----------
    frame
        One row per rule: ``rule``; ``auc`` with its 95 % interval ``auc_low``, ``auc_high`` (DeLong): the
        probability that a customer who did not buy was ranked above one who did; ``average_precision``;
        ``lift``: share without a purchase in the top decile ÷ share among all.
    gains
        ``rule``; ``called``, share of customers called; ``found``, share of those without a purchase among
        them.
    gain
        What the model adds to the best simple rule.
    """

    name: ClassVar[str] = "gains"
    frame: pd.DataFrame
    gains: pd.DataFrame
    gain: Gain

    def title(self, called: float = 0.2) -> str:
        """Return what a chart of the gains shows."""
        at = self.gains[np.isclose(self.gains["called"], called)].set_index("rule")["found"]
        return _(
            "Calling {called} of customers finds {model} of those who will not buy; the best simple rule, "
            "{rule}"
        ).format(
            called=percent(called),
            model=percent(at["model"]),
            rule=percent(max(at[rule] for rule in BASELINES)),
        )

    def sentence(self) -> str:
        """Return whether the model beats the best simple rule."""
        values = {
            "auc": percent(self.gain.auc, 1),
            "rule": rule_name(self.gain.rule),
            "rule_auc": percent(self.gain.rule_auc, 1),
            "low": number(100 * self.gain.low, 1),
            "high": number(100 * self.gain.high, 1),
        }
        if self.gain.beats_rule:
            return _(
                "Of two customers, one who bought and one who did not, the model tells which is which {auc} "
                "of the time; the best simple rule (“{rule}”) does so {rule_auc}. The model adds {low} to "
                "{high} percentage points."
            ).format(**values)
        return _(
            "Of two customers, one who bought and one who did not, the model tells which is which {auc} of "
            "the time; the simple rule “{rule}” does so {rule_auc}. The difference, {low} to {high} "
            "percentage points, may be chance: the model does not beat the rule, so use the rule."
        ).format(**values)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the rules by their names."""
        return {"ranking": self.frame.assign(rule=self.frame["rule"].map(rule_name))}

    def findings(self) -> list[Finding]:
        """Return the verdict."""
        added, good = self.gain.auc - self.gain.rule_auc, self.gain.beats_rule
        return [Finding("churn.model_against_rule", self.sentence(), added, "auc", good=good)]


@or_not_possible
def ranking(scored: Scored) -> Ranking:
    """Compare how well the model and the simple rules rank customers by who then did not buy."""
    absent = scored.absent
    rows = []
    for rule in RULES:
        scores = scored.frame[rule].to_numpy(float)
        above, below = placements(absent, scores)
        auc, error = float(above.mean()), _spread(above, below)
        rows.append(
            {
                "rule": rule,
                "auc": auc,
                "auc_low": max(auc - Z_95 * error, 0.0),
                "auc_high": min(auc + Z_95 * error, 1.0),
                "average_precision": float(average_precision_score(absent, scores)),
                "lift": lift(absent, scores),
            }
        )
    return Ranking(pd.DataFrame(rows), gains(scored), gain_over_rules(scored))


def gains(scored: Scored, points: int = 100) -> pd.DataFrame:
    """Return how many of those who did not buy one finds by calling the customers ranked highest.

    Returns
    -------
    pandas.DataFrame
        See `Ranking`.
    """
    absent = scored.absent
    called = np.linspace(0, 1, points + 1)
    curves = []
    for rule in RULES:
        found = cumulative_gains(absent, scored.frame[rule].to_numpy(float)) / absent.sum()
        at = np.interp(called * len(absent), np.arange(len(absent) + 1), found)
        curves.append(pd.DataFrame({"rule": rule, "called": called, "found": at}))
    return pd.concat(curves, ignore_index=True)


@dataclass(frozen=True)
class Calibration(Result):
    """How true the probabilities are.

    Attributes
    ----------
    expected, observed
        Share of customers the model expected not to buy, and that did not.
    brier
        Mean square error of the model's probabilities.
    brier_base
        The same for giving everyone the share without a purchase in the period the model learned from.
    bins
        What `reliability` gives.
    """

    name: ClassVar[str] = "reliability"

    expected: float
    observed: float
    brier: float
    brier_base: float
    bins: pd.DataFrame

    def title(self) -> str:
        """Return what a chart of predicted against observed shares shows."""
        return _("The model expected {expected} of the customers not to buy; {observed} did not").format(
            expected=percent(self.expected), observed=percent(self.observed)
        )

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        values = {
            "expected": percent(self.expected, 1),
            "observed": percent(self.observed, 1),
            "skill": percent(abs(self.skill), 1),
        }
        if self.skill > 0:
            return _(
                "At the check date the model expected {expected} of the active customers not to buy, and "
                "{observed} did not; its Brier score is {skill} lower than that of one probability for all."
            ).format(**values)
        return _(
            "At the check date the model expected {expected} of the active customers not to buy, and "
            "{observed} did not; its Brier score is {skill} higher than that of one probability for all: "
            "trust its order, not its probabilities."
        ).format(**values)

    @property
    def skill(self) -> float:
        """Share of the error of the constant that the model removes; negative where it adds error."""
        return 1 - self.brier / self.brier_base

    def off_line(self) -> str:
        """Return on which side of the line the groups lie beyond chance."""
        above = int((self.bins["observed_low"] > self.bins["predicted"]).sum())
        below = int((self.bins["observed_high"] < self.bins["predicted"]).sum())
        groups = number(len(self.bins))
        count = max(above, below)
        if above > below:
            message = ngettext(
                "{count} of {groups} groups lies above the line beyond chance: more customers stayed away "
                "than the model said, and sums of its probabilities are too low.",
                "{count} of {groups} groups lie above the line beyond chance: more customers stayed away "
                "than the model said, and sums of its probabilities are too low.",
                count,
            )
        elif below:
            message = ngettext(
                "{count} of {groups} groups lies below the line beyond chance: fewer customers stayed away "
                "than the model said, and sums of its probabilities are too high.",
                "{count} of {groups} groups lie below the line beyond chance: fewer customers stayed away "
                "than the model said, and sums of its probabilities are too high.",
                count,
            )
        else:
            message = _("No group of {groups} lies off the line by more than chance.")
        return message.format(count=number(count), groups=groups)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {"reliability": self.bins}

    def findings(self) -> list[Finding]:
        """Return how true the probabilities are."""
        return [Finding("churn.calibration", self.sentence(), self.skill, "share", good=self.skill > 0)]

    def notes(self) -> list[str]:
        """Return on which side of the line the groups lie."""
        return [self.off_line()]


@or_not_possible
def calibration(scored: Scored) -> Calibration:
    """Return how true the model's probabilities are."""
    absent, risk = scored.absent.astype(float), scored.frame["model"].to_numpy(float)
    return Calibration(
        expected=float(risk.mean()),
        observed=float(absent.mean()),
        brier=float(((risk - absent) ** 2).mean()),
        brier_base=float(((scored.base_rate - absent) ** 2).mean()),
        bins=reliability(scored),
    )


def reliability(scored: Scored, bins: int = 10) -> pd.DataFrame:
    """Compare the probabilities the model gave with what happened, in bins of equal numbers of customers.

    Returns
    -------
    pandas.DataFrame
        One row per bin: ``customers``; mean ``predicted`` probability; ``observed`` share without a purchase,
        with its 95 % interval ``observed_low`` to ``observed_high`` (Wilson).
    """
    frame = scored.frame
    groups = pd.qcut(frame["model"], bins, labels=False, duplicates="drop")
    table = frame.groupby(groups).agg(
        customers=("no_purchase", "size"),
        predicted=("model", "mean"),
        observed=("no_purchase", "mean"),
    )
    low, high = wilson(table["observed"], table["customers"])
    return table.assign(observed_low=low, observed_high=high).reset_index(drop=True)


@dataclass(frozen=True)
class Gain:
    """What the model's ranking adds to the best simple rule, in area under the ROC curve.

    Attributes
    ----------
    rule
        The best simple rule.
    auc, rule_auc
        Areas of the model and of the rule.
    low, high
        95 % interval of their difference (DeLong).
    """

    rule: str
    auc: float
    rule_auc: float
    low: float
    high: float

    @property
    def beats_rule(self) -> bool:
        """Whether the difference is above 0 beyond chance."""
        return self.low > 0


def gain_over_rules(scored: Scored) -> Gain:
    """Compare the model's ranking with the best of the simple rules."""
    absent = scored.absent
    placed = {rule: placements(absent, scored.frame[rule].to_numpy(float)) for rule in RULES}
    rule = max(BASELINES, key=lambda name: float(placed[name][0].mean()))
    above, below = (mine - its for mine, its in zip(placed["model"], placed[rule], strict=True))
    difference, error = float(above.mean()), _spread(above, below)
    auc = float(placed["model"][0].mean())
    return Gain(rule, auc, auc - difference, difference - Z_95 * error, difference + Z_95 * error)
