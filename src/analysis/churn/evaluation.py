"""The contest: rules and models on the last cut-off, which none has seen; and how true the best is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline

from analysis.churn.model import BASELINES, GRID, ChurnModel, candidates, default_models, fit, too_few, tuned
from analysis.churn.snapshots import Snapshots, feature_label
from analysis.dataset.computed import computed
from analysis.language import N_, _, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Listed, Result
from analysis.statistics import Floats, wilson

Bools = npt.NDArray[np.bool_]
MIN_OF_EACH = 10  # who bought, and who did not, to check
MEASURES = {
    "brier": N_("Brier score"),
    "log_loss": N_("Log loss"),
    "ece": N_("Calibration error"),
    "auc": N_("AUC"),
    "average_precision": N_("Average precision"),
    "lift": N_("Lift in the top decile"),
}
RULES = {
    "share": N_("One probability for all"),
    "frequency": N_("Fewest purchases"),
    "recency": N_("Longest without buying"),
    "rhythm": N_("Longest against the usual gap"),
    "p_alive": N_("Lowest P(alive)"),
    "expected": N_("Fewest expected purchases"),
    "logistic": N_("Logistic regression"),
    "boosted": N_("Boosted trees"),
}
DRAWS, DRAWN, BINS, SEED = 500, 5_000, 10, 20240229
DISGUISED = 0.99  # area under the curve of one feature above which it is the outcome in disguise


@dataclass(frozen=True)
class Contest(Result):
    """How well rules and models foretold who did not buy after the check.

    Attributes
    ----------
    frame
        By ``rule``, the simplest first: ``brier``, ``log_loss`` and ``ece`` (the lower, the better), ``auc``,
        ``average_precision`` and ``lift`` in the top decile, each with its 95 % interval ``…_low`` to
        ``…_high``; ``is_behind``, whether its Brier score is above the lowest by more than chance.
    chosen
        The simplest rule or model that is not behind.
    against
        By simple rule, what was chosen is better by: ``brier_gain`` and ``precision_gain`` (average
        precision), with the 95 % intervals ``…_low`` to ``…_high``.
    scores
        ``customer_id`` and ``no_purchase`` of the customers of the check, and what each rule gave them.
    model, pipeline
        What was chosen, as it was checked, and what it was fitted from.
    disguised
        Features that tell the outcome so well by themselves that they must know it.
    """

    name: ClassVar[str] = "contest"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame
    chosen: str
    against: pd.DataFrame
    scores: pd.DataFrame = field(repr=False)
    model: ChurnModel = field(repr=False)
    pipeline: Pipeline = field(repr=False)
    disguised: tuple[str, ...] = ()

    @property
    def rival(self) -> str:
        """The rule with the lowest Brier score among the baselines."""
        return str(self.frame.loc[self.frame.index.isin(list(BASELINES)), "brier"].idxmin())

    @property
    def skill(self) -> float:
        """By what share its Brier score is below that of the rival."""
        return float(1 - self.frame["brier"][self.chosen] / self.frame["brier"][self.rival])

    def sentence(self) -> str:
        """Say how often what was chosen tells who buys of two customers, and the best simple rule."""
        auc = self.frame["auc"]
        values = {
            "chosen": rule_name(self.chosen),
            "rival": rule_name(self.rival),
            "auc": percent(auc[self.chosen], 1),
            "rival_auc": percent(auc[self.rival], 1),
        }
        if self.chosen == "share":
            return _("Nothing foretold who would buy: no list puts one customer before another.")
        if self.chosen in BASELINES:
            return _(
                "No model foretells who will buy better than a simple rule (“{chosen}”), which tells two "
                "customers apart {auc} of the time."
            ).format(**values)
        return _(
            "The forecast tells who will buy of two customers {auc} of the time, the best simple rule "
            "(“{rival}”) {rival_auc}."
        ).format(**values)

    def notes(self) -> list[str]:
        """Say of a model by how much its errors are smaller, and whether that may be chance."""
        if self.chosen in BASELINES:
            return []
        best = str(self.frame["brier"].idxmin())
        said = [
            _(
                "“{chosen}” is used: the error of its probabilities (Brier score) is {skill} below that of "
                "the best simple rule."
            ).format(chosen=rule_name(self.chosen), skill=percent(self.skill, 1))
        ]
        in_error, in_order = (self.against[["brier_gain_low", "precision_gain_low"]] > 0).all()
        said.append(
            _("It beats every simple rule by more than chance, in error and in order.")
            if in_error and in_order
            else _("It does not beat every simple rule by more than chance, in both error and order.")
        )
        if best != self.chosen:
            message = _("“{best}” is better by no more than chance, so the simpler of the two is taken.")
            said.append(message.format(best=rule_name(best)))
        return [" ".join(said)]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the measures by the names of the rules, intervals left out."""
        shown = self.frame[["brier", "auc", "average_precision", "lift", "is_behind"]]
        return {"contest": shown.rename(index=rule_name).reset_index()}

    def findings(self) -> list[Finding]:
        """Return what was chosen; before it, which features know the outcome."""
        good = True if self.chosen not in BASELINES else None
        area, usual = (float(self.frame["auc"][rule]) for rule in (self.chosen, self.rival))
        found = [Finding("churn.contest", self.sentence(), area, "share", good=good, usual=usual)]
        if self.disguised:
            text = _(
                "Beware: {features} by itself tells nearly all who buy from who do not. It probably knows "
                "the outcome, and then nothing below holds."
            ).format(features="; ".join(f"“{feature_label(name)}”" for name in self.disguised))
            action = _("Leave it out and run this again.")
            found.insert(0, Finding("churn.outcome_in_disguise", text, good=False, action=action))
        return found


def rule_name(rule: str) -> str:
    """Return what a rule or a model is called in tables and figures; its own name where a reader added it."""
    return _(RULES[rule]) if rule in RULES else rule


@or_not_possible
def contest(snapshots: Snapshots, models: Mapping[str, Pipeline] | None = None) -> Contest | NotPossible:
    """Let simple rules and models foretell who does not buy after the check, and choose one.

    ``models`` are classifiers of scikit-learn by name, the simpler first; by default `default_models`, the
    boosted trees `tuned`. Not possible where too few bought or did not at the cut-offs to learn from (20 of
    each) or at the check (10 of each).

    Notes
    -----
    Customers of the check are drawn with replacement, the same for all rules; the intervals are of these
    draws, and so are those of the differences. The simplest is chosen whose Brier score is not above the
    lowest by more than its interval.
    """
    test = snapshots.check
    absent = test["no_purchase"].to_numpy(bool)
    if few := too_few(test, MIN_OF_EACH):
        return NotPossible(few)
    if models is None:
        usual = default_models()
        models = usual | {"boosted": tuned(snapshots, usual["boosted"])}
    entered = candidates(snapshots.features, models)
    fitted = {}
    for name, (pipeline, features) in entered.items():
        model = fit(snapshots, pipeline, features)
        if isinstance(model, NotPossible):
            return model
        fitted[name] = model
    scores = pd.DataFrame({name: model.risk(test) for name, model in fitted.items()})
    frame, against = compared(absent, scores)
    chosen = str(frame.index[~frame["is_behind"]][0])
    known = test[["customer_id"]].assign(no_purchase=absent).join(scores)
    pipeline = entered[chosen][0]
    return Contest(frame, chosen, against, known, fitted[chosen], pipeline, disguised(snapshots))


@or_not_possible
def latest(contest: Contest, snapshots: Snapshots) -> ChurnModel | NotPossible:
    """Fit what was chosen anew, from the newest outcomes, to forecast from today."""
    return fit(snapshots, contest.pipeline, contest.model.features, on="check")


@or_not_possible
def forecast(snapshots: Snapshots) -> ChurnModel | NotPossible:
    """Return the `latest` model of a `contest` of the usual models, who won being `computed` once."""

    def winner() -> tuple[str, dict[str, object]] | None:
        found = contest(snapshots)
        if isinstance(found, NotPossible):
            return None
        settings = found.pipeline.get_params()
        return found.chosen, {name: settings[name] for name in GRID if name in settings}

    rows = pd.util.hash_pandas_object(snapshots.past, index=False).to_numpy()
    found = computed(snapshots.content, winner, lambda kept: kept, "churn winner", snapshots.features, rows)
    if found is None:  # the contest itself says why
        return latest(contest(snapshots), snapshots)
    pipeline, features = candidates(snapshots.features, default_models())[found[0]]
    return fit(snapshots, pipeline.set_params(**found[1]), features, on="check")


@or_not_possible
def in_full(contest: Contest) -> Listed:
    """Return each measure of each rule with its interval, and what was chosen against each simple rule."""
    rows = [
        (_(label), rule_name(str(rule)), *row[[measure, f"{measure}_low", f"{measure}_high"]])
        for measure, label in MEASURES.items()
        for rule, row in contest.frame.iterrows()
    ]
    full = pd.DataFrame(rows, columns=["measure", "rule", "value", "low", "high"])
    against = contest.against.rename(index=rule_name).reset_index()
    said = _("Intervals are of 95%, from drawing the customers of the check again and again.")
    return Listed({"contest_in_full": full, "contest_against": against}, said)


def compared(absent: Bools, scores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the measures of each column of scores, and what the one chosen adds; see `Contest`."""
    random, count = np.random.default_rng(SEED), len(absent)
    drawn = min(count, DRAWN)
    rows = np.linspace(0, count - 1, drawn).astype(int)
    weights = random.multinomial(drawn, np.full(drawn, 1 / drawn), DRAWS).astype(np.float64)
    given = scores.to_numpy().T
    found = np.stack([measures(absent, score, np.ones((1, count)))[:, 0] for score in given])
    draws = np.stack([measures(absent[rows], score[rows], weights) for score in given])
    # as wide as if all were drawn
    draws = (draws - draws.mean(axis=2, keepdims=True)) * np.sqrt(drawn / count)

    def interval(name: str, place: int, base: int | None = None, sign: int = 1) -> dict[str, Floats]:
        value, spread = sign * found[:, place], sign * draws[:, place]
        if base is not None:
            value, spread = value - value[base], spread - spread[base]
        low, high = value + np.percentile(spread, (2.5, 97.5), axis=1)
        return {name: value, f"{name}_low": low, f"{name}_high": high}

    columns: dict[str, Floats] = {}
    for place, measure in enumerate(MEASURES):
        columns |= interval(measure, place)
    table = pd.DataFrame(columns, pd.Index(scores.columns, name="rule"))
    table["is_behind"] = interval("behind", 0, int(found[:, 0].argmin()))["behind_low"] > 0
    chosen = int((~table["is_behind"]).to_numpy().argmax())
    gained = interval("brier_gain", 0, chosen) | interval("precision_gain", 4, chosen, -1)
    others = table.index.isin(list(BASELINES)) & (np.arange(len(table)) != chosen)
    return table, pd.DataFrame(gained, table.index)[others]


def measures(absent: Bools, score: Floats, weights: Floats) -> Floats:
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
    varies = np.ptp(score) > 0
    groups = pd.qcut(score, BINS, labels=False, duplicates="drop") if varies else np.zeros(len(score))
    return np.asarray(groups, np.intp)


def disguised(snapshots: Snapshots) -> tuple[str, ...]:
    """Return the features that by themselves tell who will not buy too well to be true.

    A word counts for the share without a purchase among those of it in the cut-offs to learn from.
    """
    learn, check, found = snapshots.learn, snapshots.check, []
    for name in snapshots.features:
        values = check[name]
        if not pd.api.types.is_numeric_dtype(values):
            values = values.map(learn["no_purchase"].astype(float).groupby(learn[name]).mean())
        there = values.notna()
        absent = check.loc[there, "no_purchase"].to_numpy(bool)
        if min(absent.sum(), (~absent).sum()) >= MIN_OF_EACH:
            area = roc_auc_score(absent, values[there].to_numpy(float))
            if max(area, 1 - area) > DISGUISED:
                found.append(name)
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Calibration(Listed):
    """How true the probabilities are: see `calibration`."""

    name: ClassVar[str] = "reliability"
    is_drawn: ClassVar[bool] = True


@or_not_possible
def calibration(contest: Contest) -> Calibration:
    """Return how true the probabilities of what was chosen are.

    Its table ``reliability`` has by group: ``customers``; mean ``predicted`` probability; ``observed`` share
    without a purchase, with its 95 % interval ``observed_low`` to ``observed_high`` (Wilson).
    """
    known = contest.scores[["no_purchase", contest.chosen]].set_axis(["absent", "risk"], axis="columns")
    risk = known["risk"].to_numpy(float)
    bins = known.groupby(group_of(risk)).agg(
        customers=("absent", "size"), predicted=("risk", "mean"), observed=("absent", "mean")
    )
    low, high = wilson(bins["observed"], bins["customers"])
    bins = bins.assign(observed_low=low, observed_high=high).reset_index(drop=True)
    error, by_chance = float(contest.frame["ece"][contest.chosen]), error_by_chance(risk)
    reading = _("more than true ones would be by chance (up to {chance}): trust their order, not their size.")
    if is_true := error <= by_chance:
        reading = _("no more than true ones would be by chance (up to {chance}).")
    claim = _("{expected} of the customers were expected not to buy; {observed} did not").format(
        expected=percent(risk.mean(), 1), observed=percent(known["absent"].mean(), 1)
    )
    text = _("At the check {claim}. By groups the probabilities are off by {error}, {reading}").format(
        claim=claim, error=percent(error, 1), reading=reading.format(chance=percent(by_chance, 1))
    )
    found = Finding("churn.calibration", text, error, "share", good=is_true)
    return Calibration({"reliability": bins}, text, found, claim)


def error_by_chance(risk: Floats, draws: int = 1_000) -> float:
    """Return the 95th percentile of the calibration error of probabilities that are true, by simulation."""
    random, groups, off = np.random.default_rng(SEED), group_of(risk), np.zeros(draws)
    for group in np.unique(groups):
        p = risk[groups == group]
        # who stays away in a group is a sum of many independent events: normal, with its mean and variance
        off += np.abs(random.normal(0, np.sqrt((p * (1 - p)).sum()), draws))
    return float(np.percentile(off / len(risk), 95))
