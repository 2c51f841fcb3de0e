"""The contest: rules and models on the last cut-off, which none has seen; and how true the best is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from analysis.churn.model import BASELINES, ChurnModel, baselines, default_models, fit, tuned
from analysis.churn.snapshots import Snapshots, feature_label
from analysis.language import _, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result
from analysis.statistics import cumulative_gains, wilson

Floats = npt.NDArray[np.float64]
MIN_OF_EACH = 10
"""Customers who bought, and customers who did not, that it takes to check."""
MEASURES = ("brier", "log_loss", "ece", "auc", "average_precision", "lift")
LOWER_IS_BETTER = ("brier", "log_loss", "ece")
DRAWS, DRAWN, SEED = 500, 5_000, 20240229
BINS = 10
DISGUISED = 0.99
"""Area under the curve of one feature by itself above which it is the outcome in disguise."""


@dataclass(frozen=True)
class Contest(Result):
    """How well rules and models foretold who did not buy after the check.

    Attributes
    ----------
    frame
        By ``rule``, the simplest first: ``brier``, ``log_loss`` and ``ece`` (the lower, the better), ``auc``,
        ``average_precision`` and ``lift`` in the top decile, each with its 95 % interval ``…_low`` to
        ``…_high``; ``behind``, by how much its Brier score is above the lowest, ``behind_low`` to
        ``behind_high``; ``is_behind``, where that interval leaves out 0.
    chosen
        The simplest rule or model that is not behind.
    against
        By simple rule, what was chosen is better by: ``brier_gain`` and ``precision_gain`` (average
        precision), with the 95 % intervals ``…_low`` to ``…_high``.
    gains
        ``rule``; ``called``, share of customers called; ``found``, share of those without a purchase among
        them.
    scores
        ``customer_id`` and ``no_purchase`` of the customers of the check, and what each rule gave them.
    models
        What was fitted, by rule.
    pipelines
        What it was fitted from.
    disguised
        Features that tell the outcome so well by themselves that they must know it.
    """

    name: ClassVar[str] = "gains"
    frame: pd.DataFrame
    chosen: str
    against: pd.DataFrame
    gains: pd.DataFrame
    scores: pd.DataFrame = field(repr=False)
    models: dict[str, ChurnModel] = field(repr=False)
    pipelines: dict[str, Pipeline] = field(repr=False)
    disguised: tuple[str, ...] = ()

    @property
    def model(self) -> ChurnModel:
        """What was chosen, as it was checked."""
        return self.models[self.chosen]

    @property
    def tells(self) -> bool:
        """Whether what was chosen is better than chance: its interval of the area lies above one half."""
        return bool(self.frame["auc_low"][self.chosen] > 0.5)

    @property
    def rival(self) -> str:
        """The rule with the lowest Brier score among the baselines."""
        return str(self.frame.loc[self.frame.index.isin(list(BASELINES)), "brier"].idxmin())

    def title(self, called: float = 0.2) -> str:
        """Return what a chart of the gains shows."""
        at = self.gains[np.isclose(self.gains["called"], called)].set_index("rule")["found"]
        return _("Calling {called} of customers by “{rule}” finds {found} of those who will not buy").format(
            called=percent(called), rule=rule_name(self.chosen), found=percent(at[self.chosen])
        )

    def sentence(self) -> str:
        """Return what was chosen, and how far it is better than the best simple rule."""
        best, rows = str(self.frame["brier"].idxmin()), self.frame
        values = {
            "chosen": rule_name(self.chosen),
            "best": rule_name(best),
            "rival": rule_name(self.rival),
            "auc": percent(rows["auc"][self.chosen], 1),
            "rival_auc": percent(rows["auc"][self.rival], 1),
            "skill": percent(1 - rows["brier"][self.chosen] / rows["brier"][self.rival], 1),
        }
        if self.chosen == "share":
            return _(
                "Nothing foretold who would buy better than one probability for all: every customer is given "
                "the same, and no list puts one before another."
            )
        if self.chosen in BASELINES:
            return _(
                "No model is better than the simple rule “{chosen}” by more than chance, so the rule is "
                "used: of two customers, one who bought and one who did not, it tells which is which {auc} "
                "of the time."
            ).format(**values)
        text = _(
            "“{chosen}” is used: of two customers, one who bought and one who did not, it tells which is "
            "which {auc} of the time, the best simple rule (“{rival}”) {rival_auc}; the error of its "
            "probabilities (Brier score) is {skill} lower."
        ).format(**values)
        clear = (self.against[["brier_gain_low", "precision_gain_low"]] > 0).all()
        if clear.all():
            text += " " + _("It beats every simple rule by more than chance, in error and in order.")
        elif clear["brier_gain_low"]:
            text += " " + _("It beats every simple rule by more than chance in error, but not in order.")
        else:
            text += " " + _("It does not beat every simple rule by more than chance.")
        if best != self.chosen:
            text += " " + _(
                "“{best}” is better by no more than chance, so the simpler of the two is taken."
            ).format(**values)
        return text

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the measures by the names of the rules, intervals left out."""
        shown = self.frame[["brier", "auc", "average_precision", "lift", "is_behind"]]
        return {"contest": shown.rename(index=rule_name).reset_index()}

    def findings(self) -> list[Finding]:
        """Return what was chosen; before it, which features know the outcome."""
        gain = float(1 - self.frame["brier"][self.chosen] / self.frame["brier"][self.rival])
        found = [Finding("churn.contest", self.sentence(), gain, "share", good=self.chosen not in BASELINES)]
        if self.disguised:
            text = _(
                "Beware: {features} by itself tells nearly all who buy from who do not (AUC above {limit}). "
                "No honest feature does: it probably knows the outcome, and then nothing below holds. Leave "
                "it out."
            ).format(
                features="; ".join(f"“{feature_label(name)}”" for name in self.disguised),
                limit=number(DISGUISED, 2),
            )
            found.insert(0, Finding("churn.outcome_in_disguise", text, good=False))
        return found


def rule_name(rule: str) -> str:
    """Return what a rule or a model is called in tables and figures; its own name where a reader added it."""
    names = {
        "share": _("One probability for all"),
        "frequency": _("Fewest purchases"),
        "recency": _("Longest without buying"),
        "rhythm": _("Longest against the usual gap"),
        "p_alive": _("Lowest P(alive)"),
        "expected": _("Fewest expected purchases"),
        "logistic": _("Logistic regression"),
        "boosted": _("Boosted trees"),
    }
    return names.get(rule, rule)


def measure_name(measure: str) -> str:
    """Return what a measure is called in tables and figures."""
    return {
        "brier": _("Brier score"),
        "log_loss": _("Log loss"),
        "ece": _("Calibration error"),
        "auc": _("AUC"),
        "average_precision": _("Average precision"),
        "lift": _("Lift in the top decile"),
    }[measure]


@or_not_possible
def contest(snapshots: Snapshots, models: Mapping[str, Pipeline] | None = None) -> Contest | NotPossible:
    """Let simple rules and models foretell who does not buy after the check, and choose one.

    Parameters
    ----------
    snapshots
        The result of `analysis.churn.snapshots`.
    models
        Classifiers of scikit-learn by name, the simpler first; by default `default_models`, the boosted trees
        `tuned`.

    Returns
    -------
    Contest or NotPossible
        Not possible where too few bought or did not at the cut-offs to learn from (20 of each) or at the
        check (10 of each).

    Notes
    -----
    Customers of the check are drawn with replacement, the same for all rules; the intervals are of these
    draws, and so are those of the differences. The simplest is chosen whose Brier score is not above the
    lowest by more than its interval.
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
    if models is None:
        usual = default_models()
        models = usual | {"boosted": tuned(snapshots, usual["boosted"])}
    given = {name: (pipeline, snapshots.features) for name, pipeline in models.items()}
    candidates = {**baselines(snapshots.features), **given}
    fitted = {}
    for name, (pipeline, features) in candidates.items():
        model = fit(snapshots, pipeline, features)
        if isinstance(model, NotPossible):
            return model
        fitted[name] = model
    scores = pd.DataFrame({name: model.risk(test) for name, model in fitted.items()})
    frame, against = compared(absent, scores)
    known = test[["customer_id"]].assign(no_purchase=absent)
    return Contest(
        frame,
        str(frame.index[~frame["is_behind"]][0]),
        against,
        gains(absent, scores),
        known.join(scores),
        fitted,
        {name: pipeline for name, (pipeline, _features) in candidates.items()},
        disguised(snapshots),
    )


@or_not_possible
def latest(contest: Contest, snapshots: Snapshots) -> ChurnModel | NotPossible:
    """Fit what was chosen anew, from the newest outcomes, to forecast from today."""
    return fit(snapshots, contest.pipelines[contest.chosen], contest.model.features, on="check")


@or_not_possible
def in_full(contest: Contest) -> pd.DataFrame:
    """Return one row per measure and rule: ``measure``, ``rule``, ``value``, ``low``, ``high``."""
    rows = [
        (measure_name(measure), rule_name(str(rule)), *row[[measure, f"{measure}_low", f"{measure}_high"]])
        for measure in MEASURES
        for rule, row in contest.frame.iterrows()
    ]
    return pd.DataFrame(rows, columns=["measure", "rule", "value", "low", "high"])


@or_not_possible
def against(contest: Contest) -> pd.DataFrame:
    """Return what was chosen against each simple rule, by its name; see `Contest`."""
    return contest.against.rename(index=rule_name).reset_index()


@or_not_possible
def side_by_side(one: Contest, other: Contest) -> pd.DataFrame:
    """Return what two contests give five customers with what each chose, to see whether they agree.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``by_hand`` (by the first) and ``helper`` (by the second).
    """
    first = one.scores.head(5)
    return first[["customer_id"]].assign(by_hand=first[one.chosen], helper=other.scores[other.chosen].head(5))


def compared(absent: npt.NDArray[np.bool_], scores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the measures of each column of scores, and what the one chosen adds; see `Contest`."""
    random, count = np.random.default_rng(SEED), len(absent)
    drawn = min(count, DRAWN)
    rows = np.linspace(0, count - 1, drawn).astype(int)
    weights = random.multinomial(drawn, np.full(drawn, 1 / drawn), DRAWS).astype(np.float64)
    found = np.stack([measures(absent, score, np.ones((1, count))) for score in scores.to_numpy().T])[:, :, 0]
    draws = np.stack([measures(absent[rows], score[rows], weights) for score in scores.to_numpy().T])
    draws = (draws - draws.mean(axis=2, keepdims=True)) * np.sqrt(
        drawn / count
    )  # as wide as if all were drawn
    low, high = found + np.percentile(draws, (2.5, 97.5), axis=2)
    columns: dict[str, Floats] = {}
    for place, measure in enumerate(MEASURES):
        columns |= {
            measure: found[:, place],
            f"{measure}_low": low[:, place],
            f"{measure}_high": high[:, place],
        }
    table = pd.DataFrame(columns, pd.Index(scores.columns, name="rule"))
    best = int(found[:, 0].argmin())
    behind = found[:, 0] - found[best, 0]
    ends = behind + np.percentile(draws[:, 0] - draws[best, 0], (2.5, 97.5), axis=1)
    table = table.assign(behind=behind, behind_low=ends[0], behind_high=ends[1], is_behind=ends[0] > 0)
    chosen = int((~table["is_behind"]).to_numpy().argmax())
    gained: dict[str, Floats] = {}
    for name, place, sign in (("brier_gain", 0, 1), ("precision_gain", 4, -1)):
        gain = sign * (found[:, place] - found[chosen, place])
        spread = np.percentile(sign * (draws[:, place] - draws[chosen, place]), (2.5, 97.5), axis=1)
        gained |= {name: gain, f"{name}_low": gain + spread[0], f"{name}_high": gain + spread[1]}
    others = table.index.isin(list(BASELINES)) & (np.arange(len(table)) != chosen)
    return table, pd.DataFrame(gained, table.index)[others]


def measures(absent: npt.NDArray[np.bool_], score: Floats, weights: Floats) -> Floats:
    """Return the `MEASURES` (rows) of a probability for each row of weights (columns), ties counted as such.

    Weights are how often each customer was drawn. The area under the ROC curve is the share of pairs, one who
    bought and one who did not, that are in the right order, ties half; average precision is the mean, over
    those who did not buy, of the share of them among all ranked as high. The calibration error is the mean
    distance of predicted and actual share in ten groups of equal size.
    """
    order = np.argsort(-score, kind="stable")
    y, p, w = absent[order].astype(np.float64), score[order], weights[:, order]
    firsts = np.flatnonzero(np.diff(p, prepend=np.inf))
    found, all_ = (np.add.reduceat(w * part, firsts, axis=1) for part in (y, np.ones_like(y)))
    total, size = found.sum(axis=1), all_.sum(axis=1)
    up_to, called = found.cumsum(axis=1), all_.cumsum(axis=1)
    missed = all_ - found
    pairs = (found * (missed.sum(axis=1, keepdims=True) - missed.cumsum(axis=1) + missed / 2)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = pairs / (total * (size - total))
        precise = (found * np.nan_to_num(up_to / called)).sum(axis=1) / total
    at = (called < size[:, None] / 10 - 1e-9).sum(axis=1)
    row = np.arange(len(w))
    before = [np.where(at > 0, part[row, at - 1], 0) for part in (up_to, called)]
    decile = before[0] + (size / 10 - before[1]) / np.maximum(all_[row, at], 1e-9) * found[row, at]
    groups = group_of(p)
    sums = np.stack([(w * (y - p))[:, groups == group].sum(axis=1) for group in np.unique(groups)])
    sure = np.clip(p, 1e-15, 1 - 1e-15)
    losses = (p - y) ** 2, -np.log(np.where(y > 0, sure, 1 - sure))
    return np.stack(
        [
            *(w @ loss / size for loss in losses),
            np.abs(sums).sum(axis=0) / size,
            auc,
            precise,
            10 * decile / total,
        ]
    )


def group_of(score: Floats) -> npt.NDArray[np.intp]:
    """Return which of ten groups of equal size each probability is in; equal ones are in one group."""
    codes = (
        pd.qcut(score, BINS, labels=False, duplicates="drop") if np.ptp(score) > 0 else np.zeros(len(score))
    )
    return np.asarray(codes, np.intp)


def disguised(snapshots: Snapshots) -> tuple[str, ...]:
    """Return the features that by themselves tell who will not buy too well to be true.

    A word counts for the share without a purchase among those of it in the cut-offs to learn from.
    """
    learn, check = snapshots.learn, snapshots.check
    absent, found = check["no_purchase"].to_numpy(bool), []
    for name in snapshots.features:
        values = check[name]
        if not pd.api.types.is_numeric_dtype(values):
            values = values.map(learn["no_purchase"].astype(float).groupby(learn[name]).mean())
        there = values.notna().to_numpy()
        if min(absent[there].sum(), (~absent[there]).sum()) < MIN_OF_EACH:
            continue
        area = measures(absent[there], values[there].to_numpy(float), np.ones((1, there.sum())))[3, 0]
        if max(area, 1 - area) > DISGUISED:
            found.append(name)
    return tuple(found)


def gains(absent: npt.NDArray[np.bool_], scores: pd.DataFrame, points: int = 100) -> pd.DataFrame:
    """Return how many of those who did not buy one finds by calling the customers ranked highest.

    Returns
    -------
    pandas.DataFrame
        See `Contest`.
    """
    called, curves = np.linspace(0, 1, points + 1), []
    for rule in scores:
        found = cumulative_gains(absent, scores[rule].to_numpy(float)) / absent.sum()
        at = np.interp(called * len(absent), np.arange(len(absent) + 1), found)
        curves.append(pd.DataFrame({"rule": rule, "called": called, "found": at}))
    return pd.concat(curves, ignore_index=True)


@dataclass(frozen=True)
class Calibration(Result):
    """How true the probabilities are.

    Attributes
    ----------
    expected, observed
        Share of customers that was expected not to buy, and that did not.
    error
        Mean distance of predicted and actual share in groups of equal size.
    by_chance
        What this error stays below in 95 of 100 cases where all the probabilities are true.
    bins
        What `reliability` gives.
    """

    name: ClassVar[str] = "reliability"
    expected: float
    observed: float
    error: float
    by_chance: float
    bins: pd.DataFrame

    @property
    def holds(self) -> bool:
        """Whether the error is one that true probabilities show as well."""
        return self.error <= self.by_chance

    def title(self) -> str:
        """Return what a chart of predicted against observed shares shows."""
        return _("{expected} of the customers were expected not to buy; {observed} did not").format(
            expected=percent(self.expected, 1), observed=percent(self.observed, 1)
        )

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        message = (
            _(
                "At the check {expected} of the active customers were expected not to buy, and {observed} "
                "did not; the probabilities are off by {error} on average, no more than true ones would be "
                "by chance (up to {chance})."
            )
            if self.holds
            else _(
                "At the check {expected} of the active customers were expected not to buy, and {observed} "
                "did not; the probabilities are off by {error} on average, more than true ones would be by "
                "chance (up to {chance}): trust their order more than their size."
            )
        )
        return message.format(
            expected=percent(self.expected, 1),
            observed=percent(self.observed, 1),
            error=percent(self.error, 1),
            chance=percent(self.by_chance, 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {"reliability": self.bins}

    def findings(self) -> list[Finding]:
        """Return how true the probabilities are."""
        return [Finding("churn.calibration", self.sentence(), self.error, "share", good=self.holds)]


@or_not_possible
def calibration(contest: Contest) -> Calibration:
    """Return how true the probabilities of what was chosen are."""
    absent, risk = (
        contest.scores["no_purchase"].to_numpy(bool),
        contest.scores[contest.chosen].to_numpy(float),
    )
    return Calibration(
        float(risk.mean()),
        float(absent.mean()),
        float(contest.frame["ece"][contest.chosen]),
        error_by_chance(risk),
        reliability(absent > 0, risk),
    )


def error_by_chance(risk: Floats, draws: int = 1_000) -> float:
    """Return the 95th percentile of the calibration error of probabilities that are true, by simulation."""
    random, groups, off = np.random.default_rng(SEED), group_of(risk), np.zeros(draws)
    for group in np.unique(groups):
        p = risk[groups == group]
        # who stays away in a group is a sum of many independent events: normal, with its mean and variance
        off += np.abs(random.normal(0, np.sqrt((p * (1 - p)).sum()), draws))
    return float(np.percentile(off / len(risk), 95))


def reliability(absent: npt.NDArray[np.bool_], risk: Floats) -> pd.DataFrame:
    """Compare the probabilities with what happened, in groups of equal numbers of customers.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``customers``; mean ``predicted`` probability; ``observed`` share without a
        purchase, with its 95 % interval ``observed_low`` to ``observed_high`` (Wilson).
    """
    groups = pd.DataFrame({"absent": absent, "risk": risk}).groupby(group_of(risk))
    table = groups.agg(
        customers=("absent", "size"), predicted=("risk", "mean"), observed=("absent", "mean")
    ).reset_index(drop=True)
    low, high = wilson(table["observed"], table["customers"])
    return table.assign(observed_low=low, observed_high=high)
