"""How far each rule was off, customer by customer, and how well it told the good customers from the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, money, ngettext, number, percent, signed_percent
from analysis.ltv.backtest.baselines import NAIVE, rule_name
from analysis.ltv.backtest.holdout import Holdout
from analysis.ltv.rounding import told_apart
from analysis.ltv.spend import estimate, spend_power
from analysis.ltv.summary import Floats
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result
from analysis.statistics import rank_correlation

DECILES = 10
STEADY = 0.05  # share by which spend per purchase may change and not be worth a word
CLEAR = 1.645  # standard errors within which 9 of 10 chance differences lie
MEASURES = ("total_error", "mae", "rmse", "rank_correlation", "lift")


@dataclass(frozen=True)
class Accuracy(Result):
    """All rules compared on the purchases of the holdout.

    Attributes
    ----------
    frame
        See `scores`.
    check
        The holdout.
    """

    name: ClassVar[str] = "scores"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame
    check: Holdout

    def title(self) -> str:
        """Return what the table is about."""
        return _("The model against baselines, on purchases it had not seen")

    def sentence(self) -> str:
        """Say how the first model did against the past and the best naive rule, by RMSE."""
        check, rmse = self.check, self.frame.set_index("model")["rmse"]
        naive = rmse[[rule for rule in NAIVE if rule in rmse.index]]
        best = str(naive.idxmin())
        clear = clear_gain(check, best)
        came = ngettext(
            "In the last week the model, which had not seen it, expected {predicted} purchases and {actual} "
            "came",
            "In the last {weeks} weeks the model, which had not seen them, expected {predicted} purchases "
            "and {actual} came",
            check.weeks,
        )
        if clear > CLEAR:
            off = _(
                "per customer it was off by {model_rmse} (RMSE), the best naive rule (“{naive}”) by "
                "{naive_rmse}: the model adds something."
            )
        elif clear < -CLEAR:
            off = _(
                "per customer it was off by {model_rmse} (RMSE), the naive rule “{naive}” by {naive_rmse}: "
                "the model fails this check, so do not rely on its forecasts for single customers."
            )
        else:
            off = _(
                "per customer it was off by {model_rmse} (RMSE), the naive rule “{naive}” by {naive_rmse}, "
                "which is no clear difference: for single customers the model does no better than that rule."
            )
        model_rmse, naive_rmse = told_apart(rmse[check.chosen], naive.min())
        return f"{came}; {off}".format(
            weeks=number(check.weeks),
            predicted=number(check.predicted),
            actual=number(check.actual),
            naive=rule_name(best),
            model_rmse=model_rmse,
            naive_rmse=naive_rmse,
        )

    def interval_sentence(self) -> str:
        """Say whether the holdout total fell inside the first model's own interval."""
        check = self.check
        low, high = check.interval.rounded()
        message = (
            ngettext(
                "The model's {level} interval for those purchases, {low} to {high}, holds the one that came.",
                "The model's {level} interval for those purchases, {low} to {high}, holds the {actual} that "
                "came.",
                check.actual,
            )
            if check.interval.contains(check.actual)
            else ngettext(
                "The model's {level} interval for those purchases, {low} to {high}, misses the one that "
                "came, though it allows for misses such as at earlier dates: the one for the future may be "
                "too narrow too.",
                "The model's {level} interval for those purchases, {low} to {high}, misses the {actual} that "
                "came, though it allows for misses such as at earlier dates: the one for the future may be "
                "too narrow too.",
                check.actual,
            )
        )
        level = percent(check.interval.level)
        return message.format(level=level, low=number(low), high=number(high), actual=number(check.actual))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the rules by name, actual first."""
        return {"scores": _named(self.frame, float(self.check.actual))}

    def findings(self) -> list[Finding]:
        """Return the verdicts on customers and on the total."""
        check = self.check
        error = check.predicted / check.actual - 1 if check.actual else None
        return [
            Finding("ltv.holdout", self.sentence(), error, "share"),
            Finding("ltv.holdout_interval", self.interval_sentence(), check.actual, "purchases"),
        ]

    def notes(self) -> list[str]:
        """Say who is left out of the check."""
        return [newcomers_sentence(self.check)]


@dataclass(frozen=True)
class ValueAccuracy(Result):
    """All rules compared on the net sales of the holdout.

    Attributes
    ----------
    frame
        As `scores`, with ``total``, ``mae`` and ``rmse`` in money.
    check
        The holdout.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "value_scores"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame
    check: Holdout
    currency: str | None = None

    def title(self) -> str:
        """Return what the table is about."""
        return _("The models against baselines, on net sales they had not seen")

    def sentence(self) -> str:
        """Say how the value forecast of the first model did."""
        own = self.frame[self.frame["model"] == self.check.chosen].iloc[0]
        return _(
            "In money the model expected {predicted} of net sales in those {weeks} weeks and {actual} came; "
            "the decile of customers it rated highest made {share} of them."
        ).format(
            weeks=number(self.check.weeks),
            predicted=money(own["total"], self.currency),
            actual=money(float(self.check.customers["actual_value"].sum()), self.currency),
            share=percent(own["lift"] / DECILES),
        )

    def parts_sentence(self) -> str:
        """Say whether money was missed by the number of purchases or by what each was worth.

        Nothing where no money came, or more was returned than sold.
        """
        check = self.check
        if np.isnan(check.value_error) or not check.actual:
            return ""
        expected = float(check.customers[f"value_{check.chosen}"].sum()) / check.predicted
        came = float(check.customers["actual_value"].sum()) / check.actual
        parts = _(
            "The number of purchases was off by {purchases}, the money per purchase by {spend}: {expected} "
            "was expected of each, and {came} came."
        ).format(
            purchases=signed_percent(check.predicted / check.actual - 1, 1),
            spend=signed_percent(expected / came - 1, 1),
            expected=estimate(expected, self.currency),
            came=estimate(came, self.currency),
        )
        change = spend_change(check)
        if np.isnan(change) or abs(change) < STEADY:
            return parts
        message = (
            _("The same customers spent {change} more each time than before.")
            if change > 0
            else _("The same customers spent {change} less each time than before.")
        )
        return f"{parts} {message.format(change=percent(abs(change), 1))}"

    def level_sentence(self) -> str:
        """Say how spend was followed over time, and how the forecast would have been without."""
        check, power = self.check, spend_power(self.check.earlier)
        if np.isnan(check.value_error) or not check.earlier:
            return ""
        if not power:
            return _("At earlier dates spend at the level of all time foretold money best, so it is used.")
        message = (
            _(
                "At earlier dates spend at the level of the last period foretold money best, so it is used "
                "({change} against all time); without that, net sales would have been off by {without}."
            )
            if power == 1
            else _(
                "At earlier dates spend with its trend going on foretold money best, so it is used ({change} "
                "against all time); without that, net sales would have been off by {without}."
            )
        )
        level = check.level**power
        without = (1 + check.value_error) / level - 1
        return message.format(change=signed_percent(level - 1, 1), without=signed_percent(without, 1))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the rules by name, actual first."""
        table = _named(self.frame, float(self.check.customers["actual_value"].sum()))
        return {"value_scores": table.rename(columns={n: f"{n}_value" for n in ("total", "mae", "rmse")})}

    def findings(self) -> list[Finding]:
        """Return the forecast and the actual values."""
        return [Finding("ltv.holdout_value", self.sentence(), self.check.value_error, "share")]

    def notes(self) -> list[str]:
        """Say where the error came from, and how spend was followed."""
        return [text for text in (self.parts_sentence(), self.level_sentence()) if text]


@or_not_possible
def accuracy(check: Holdout) -> Accuracy:
    """Compare all rules on the purchases of the holdout."""
    return Accuracy(scores(check), check)


@or_not_possible
def value_accuracy(check: Holdout, currency: str | None) -> ValueAccuracy | NotPossible:
    """Compare all rules on the net sales of the holdout; ``NotPossible`` without a spend model."""
    if isinstance(check.spend, NotPossible):
        return check.spend
    return ValueAccuracy(scores(check, "value_"), check, currency)


def scores(check: Holdout, prefix: str = "") -> pd.DataFrame:
    """Compare all rules on the purchases of the holdout, or with ``"value_"`` on its net sales.

    Returns
    -------
    pandas.DataFrame
        One row per ``model`` (a name of `Holdout.rules`): predicted ``total``; ``total_error`` (total ÷
        actual − 1, missing where nobody bought); ``mae`` mean absolute and ``rmse`` root mean square
        error, both per customer; ``rank_correlation``, Spearman's, between forecast and actual, missing
        for a rule that forecasts the same for all; ``lift``, value-weighted: the share of the holdout's net
        sales made by the decile of customers with the highest forecast ÷ 0.1 (purchases where there is no
        money).
    """
    outcome = "actual_value" if prefix else "actual"
    actual = check.customers[outcome].to_numpy(float)
    value = check.customers["actual_value"].to_numpy(float)
    weight = value if value.sum() > 0 else check.customers["actual"].to_numpy(float)
    rows = []
    for rule in check.rules:
        predicted = check.customers[prefix + rule].to_numpy(float)
        error = predicted - actual
        rows.append(
            {
                "model": rule,
                "total": predicted.sum(),
                "total_error": predicted.sum() / actual.sum() - 1 if actual.sum() > 0 else np.nan,
                "mae": np.abs(error).mean(),
                "rmse": np.sqrt((error**2).mean()),
                "rank_correlation": rank_correlation(predicted, actual),
                "lift": DECILES * top_share(predicted, weight),
            }
        )
    return pd.DataFrame(rows, columns=["model", "total", *MEASURES])


def top_share(predicted: Floats, outcome: Floats) -> float:
    """Return the share of the outcome that the decile of customers with the highest forecast made.

    Customers with the same forecast share their outcome evenly, so that the order of rows is of no
    consequence and a rule that tells nobody apart gives a tenth. Missing where nothing came.
    """
    order = np.argsort(-predicted, kind="stable")
    ranked = predicted[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) + 1
    sums = np.append(0.0, np.cumsum(outcome[order])[ends - 1])
    total = float(outcome.sum())
    made = float(np.interp(len(ranked) / DECILES, np.append(0, ends), sums))
    return made / total if total > 0 else float("nan")


def _named(table: pd.DataFrame, came: float) -> pd.DataFrame:
    named = table.assign(model=[rule_name(rule) for rule in table["model"]])
    actual = pd.DataFrame({"model": [_("Actual")], "total": [came]})
    return pd.concat([actual, named], ignore_index=True)


def clear_gain(check: Holdout, naive: str) -> float:
    """Return how clearly the first model beats a naive rule: mean gain ÷ its standard error.

    The gain of a customer is the naive rule's squared error less the model's. Below −1.64 or above 1.64 the
    difference is more than chance would give in 9 of 10 cases; infinite where the same gain is made with
    every customer, 0 where there is none.
    """
    actual = check.customers["actual"].to_numpy(float)
    own, other = ((check.customers[rule].to_numpy(float) - actual) ** 2 for rule in (check.chosen, naive))
    gain = other - own
    mean, error = float(gain.mean()), float(gain.std() / np.sqrt(len(gain)))
    if error > abs(mean) * 1e-9:
        return mean / error
    return float(np.sign(mean) * np.inf) if mean else 0.0


def spend_change(check: Holdout) -> float:
    """Return how much more the same customers spent per purchase in the holdout than before.

    Over customers with repeat purchases before it and purchases in it: their net sales in the holdout ÷ what
    these would have been at their mean money per repeat purchase before, − 1; missing where there are none.
    """
    both = check.customers[(check.customers["x"] > 0) & (check.customers["actual"] > 0)]
    before = float((both["actual"] * both["z"]).sum())
    return float(both["actual_value"].sum()) / before - 1 if before > 0 else float("nan")


def newcomers_sentence(check: Holdout) -> str:
    """Say who is left out of the check because nothing was known of them at the cut-off."""
    if not check.newcomers:
        return _("Nobody is left out of the check: every customer was known before the holdout.")
    return ngettext(
        "One customer arrived in the holdout and is left out of the check, with what it bought again in it "
        "(repeat purchases: {purchases}): no model could have known of it.",
        "{newcomers} customers arrived in the holdout and are left out of the check, with what they bought "
        "again in it (repeat purchases: {purchases}): no model could have known of them.",
        check.newcomers,
    ).format(newcomers=number(check.newcomers), purchases=number(check.of_all - check.actual))
