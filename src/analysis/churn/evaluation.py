"""Whether the model sees who leaves better than a simple rule, and whether its probabilities are true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score

from analysis.churn.model import ChurnModel
from analysis.language import _, number, percent
from analysis.not_possible import NotPossible

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
        One row per customer: ``customer_id``; ``left``; the scores ``model`` (a probability), ``recency``
        (days since the last purchase), ``silence`` (that ÷ the usual gap), ``frequency`` (days with a
        purchase, negative). Higher means more likely to leave.
    base_rate
        Share that left among the customers the model learned from.
    """

    frame: pd.DataFrame
    base_rate: float

    @property
    def left(self) -> npt.NDArray[np.bool_]:
        """Who left."""
        return self.frame["left"].to_numpy(bool)


def score(model: ChurnModel, test: pd.DataFrame) -> Scored | NotPossible:
    """Score the customers of a later cut-off with the model and with the simple rules.

    Parameters
    ----------
    model
        The model, fitted at an earlier cut-off.
    test
        The snapshot of the later one, with ``left`` known.

    Returns
    -------
    Scored or NotPossible
        ``NotPossible``, with the reason, where fewer than 10 left or fewer than 10 stayed.
    """
    left = test["left"].to_numpy(bool) if len(test) else np.zeros(0, bool)
    if min(left.sum(), (~left).sum()) < MIN_OF_EACH:
        return NotPossible(
            _(
                "Too little data to check who leaves: it takes at least {needed} customers who left and as "
                "many who stayed after the check date (here: {gone} left, {stayed} stayed)."
            ).format(needed=MIN_OF_EACH, gone=number(left.sum()), stayed=number((~left).sum()))
        )
    frame = pd.DataFrame(
        {
            "customer_id": test["customer_id"],
            "left": left,
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
        "silence": _("Longest against its usual gap first"),
        "frequency": _("Fewest purchases first"),
    }
    return names[rule]


def placements(left: npt.NDArray[np.bool_], scores: Floats) -> tuple[Floats, Floats]:
    """Return each leaver's share of stayers ranked below it, and each stayer's share of leavers above it.

    Ties count half. The mean of either is the area under the ROC curve (DeLong, DeLong &
    Clarke-Pearson 1988).
    """
    gone, stayed = scores[left], scores[~left]
    ranks = rankdata(np.concatenate([gone, stayed]))
    above = (ranks[: len(gone)] - rankdata(gone)) / len(stayed)
    below = 1 - (ranks[len(gone) :] - rankdata(stayed)) / len(gone)
    return above, below


def _spread(above: Floats, below: Floats) -> float:
    """Return the standard error of a mean placement, or of a difference of two."""
    return float(np.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)))


def ranking(scored: Scored) -> pd.DataFrame:
    """Compare how well the rules rank customers by who leaves.

    Parameters
    ----------
    scored
        The scored customers.

    Returns
    -------
    pandas.DataFrame
        One row per rule: ``rule``; ``auc`` with its 95 % interval ``auc_low``, ``auc_high`` (DeLong):
        the chance that someone who left was ranked above someone who stayed; ``average_precision``;
        ``lift``: share that left among the tenth ranked highest ÷ share that left among all.
    """
    left = scored.left
    rows = []
    for rule in RULES:
        scores = scored.frame[rule].to_numpy(float)
        above, below = placements(left, scores)
        auc, error = float(above.mean()), _spread(above, below)
        rows.append(
            {
                "rule": rule,
                "auc": auc,
                "auc_low": max(auc - Z_95 * error, 0.0),
                "auc_high": min(auc + Z_95 * error, 1.0),
                "average_precision": float(average_precision_score(left, scores)),
                "lift": top_share(left, scores, 0.1) / float(left.mean()),
            }
        )
    return pd.DataFrame(rows)


def top_share(left: npt.NDArray[np.bool_], scores: Floats, top: float) -> float:
    """Return the share that left among the ``top`` share of customers ranked highest; ties share a place."""
    expected = _found(left, scores)
    take = max(round(len(left) * top), 1)
    return float(expected[take] / take)


def _found(left: npt.NDArray[np.bool_], scores: Floats) -> Floats:
    """Return how many leavers the first 0, 1, … customers hold; within a tie, the mean over all orders."""
    frame = pd.DataFrame({"left": left.astype(float), "scores": scores})
    mean = frame.groupby("scores")["left"].transform("mean")
    ordered = mean.to_numpy()[np.argsort(-scores, kind="stable")]
    return np.concatenate([[0.0], np.cumsum(ordered)])


def gains(scored: Scored, points: int = 100) -> pd.DataFrame:
    """Return how many of those who left one finds by calling the customers ranked highest.

    Returns
    -------
    pandas.DataFrame
        ``rule``; ``called``, share of customers called; ``found``, share of those who left among them.
    """
    left = scored.left
    called = np.linspace(0, 1, points + 1)
    curves = []
    for rule in RULES:
        found = _found(left, scored.frame[rule].to_numpy(float)) / left.sum()
        at = np.interp(called * len(left), np.arange(len(left) + 1), found)
        curves.append(pd.DataFrame({"rule": rule, "called": called, "found": at}))
    return pd.concat(curves, ignore_index=True)


def gains_title(curves: pd.DataFrame, called: float = 0.2) -> str:
    """Return what a chart of the gains shows."""
    at = curves[np.isclose(curves["called"], called)].set_index("rule")["found"]
    return _(
        "Calling {called} of customers finds {model} of the leavers; the best simple rule, {rule}"
    ).format(
        called=percent(called), model=percent(at["model"]), rule=percent(max(at[rule] for rule in BASELINES))
    )


def reliability(scored: Scored, bins: int = 10) -> pd.DataFrame:
    """Compare the probabilities the model gave with what happened, in bins of equal numbers of customers.

    Returns
    -------
    pandas.DataFrame
        One row per bin: ``customers``; mean ``predicted`` probability; ``observed`` share that left, with
        its 95 % interval ``low`` to ``high`` (Wilson).
    """
    frame = scored.frame
    groups = pd.qcut(frame["model"], bins, labels=False, duplicates="drop")
    table = frame.groupby(groups).agg(
        customers=("left", "size"), predicted=("model", "mean"), observed=("left", "mean")
    )
    n, share = table["customers"], table["observed"]
    centre = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 / (1 + Z_95**2 / n) * np.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    return table.assign(low=(centre - half).clip(lower=0), high=(centre + half).clip(upper=1)).reset_index(
        drop=True
    )


@dataclass(frozen=True)
class Calibration:
    """How true the probabilities are.

    Attributes
    ----------
    expected, observed
        Share of customers the model expected to leave, and that left.
    brier
        Mean square error of the model's probabilities.
    brier_base
        The same for giving everyone the share that left in the period the model learned from.
    """

    expected: float
    observed: float
    brier: float
    brier_base: float

    def title(self) -> str:
        """Return what a chart of predicted against observed shares shows."""
        return _("The model expected {expected} of the customers to leave, and {observed} left").format(
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
                "At the check date the model expected {expected} of the active customers to leave, and "
                "{observed} did; its probabilities are {skill} closer to the truth than the same one for "
                "everybody (Brier)."
            ).format(**values)
        return _(
            "At the check date the model expected {expected} of the active customers to leave, and "
            "{observed} did; its probabilities are {skill} further from the truth than the same one for "
            "everybody (Brier): trust its order, not its probabilities."
        ).format(**values)

    @property
    def skill(self) -> float:
        """Share of the error of the constant that the model removes; negative where it adds error."""
        return 1 - self.brier / self.brier_base


def calibration(scored: Scored) -> Calibration:
    """Return how true the model's probabilities are."""
    left, risk = scored.left.astype(float), scored.frame["model"].to_numpy(float)
    return Calibration(
        expected=float(risk.mean()),
        observed=float(left.mean()),
        brier=float(((risk - left) ** 2).mean()),
        brier_base=float(((scored.base_rate - left) ** 2).mean()),
    )


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
    left = scored.left
    placed = {rule: placements(left, scored.frame[rule].to_numpy(float)) for rule in RULES}
    rule = max(BASELINES, key=lambda name: float(placed[name][0].mean()))
    above, below = (mine - its for mine, its in zip(placed["model"], placed[rule], strict=True))
    difference, error = float(above.mean()), _spread(above, below)
    auc = float(placed["model"][0].mean())
    return Gain(rule, auc, auc - difference, difference - Z_95 * error, difference + Z_95 * error)


def verdict(scored: Scored) -> str:
    """Say in words whether the model beats the best simple rule."""
    gain = gain_over_rules(scored)
    values = {
        "auc": percent(gain.auc, 1),
        "rule": rule_name(gain.rule),
        "rule_auc": percent(gain.rule_auc, 1),
        "low": number(100 * gain.low, 1),
        "high": number(100 * gain.high, 1),
    }
    if gain.beats_rule:
        return _(
            "Of two customers, one who left and one who stayed, the model picks the leaver {auc} of the "
            "time; the best simple rule (“{rule}”) does so {rule_auc}. The model adds {low} to {high} "
            "percentage points."
        ).format(**values)
    return _(
        "Of two customers, one who left and one who stayed, the model picks the leaver {auc} of the time; "
        "the simple rule “{rule}” does so {rule_auc}. The difference, {low} to {high} percentage points, "
        "may be chance: the model does not beat the rule, so use the rule."
    ).format(**values)
