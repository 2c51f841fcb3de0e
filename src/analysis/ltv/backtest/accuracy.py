"""How far each rule was off, customer by customer, and how well it told the good customers from the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, duration, money, ngettext, number, percent, signed_percent, told_apart
from analysis.ltv.backtest.baselines import NAIVE, rule_name
from analysis.ltv.backtest.holdout import Holdout
from analysis.ltv.spend import spend_power
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result
from analysis.statistics import CLEAR, clear_gain, lift, rank_correlation

WORTH = 0.02  # share by which an error must be lower to be worth a model


@dataclass(frozen=True)
class Accuracy(Result):
    """All rules compared on the purchases of the holdout: ``frame`` is what `scores` gives."""

    name: ClassVar[str] = "scores"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame
    check: Holdout

    def sentence(self) -> str:
        """Say what the first model expected, and the actual total."""
        return ngettext(
            "In the last week the model, which had not seen it, expected {predicted} purchases; there were "
            "{actual}.",
            "In the last {weeks} weeks the model, which had not seen them, expected {predicted} purchases; "
            "there were {actual}.",
            self.check.weeks,
        ).format(
            weeks=number(self.check.weeks),
            predicted=number(self.check.predicted),
            actual=number(self.check.actual),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the rules by name, actual first."""
        return {"scores": _named(self.frame, float(self.check.actual))}

    def notes(self) -> list[str]:
        """Say how it did, also against the best baseline, and who is left out of the check."""
        said = [self.sentence(), _verdict(self.check, self.frame, number)]
        if not self.check.newcomers:
            return said
        message = ngettext(
            "One customer arrived in the holdout and is left out of the check, since no model could have "
            "known of it.",
            "{newcomers} customers arrived in the holdout and are left out of the check, since no model "
            "could have known of them.",
            self.check.newcomers,
        )
        return [*said, message.format(newcomers=number(self.check.newcomers))]


@dataclass(frozen=True)
class ValueAccuracy(Accuracy):
    """All rules compared on the net sales of the holdout, as `Accuracy` compares them on the purchases."""

    name: ClassVar[str] = "value_scores"

    def sentence(self) -> str:
        """Say how the first model did against the actual net sales and the best baseline."""
        check = self.check

        def write(value: float, decimals: int = 0) -> str:
            return money(value, check.summary.currency, decimals)

        total = _(
            "In money the model expected {predicted} of net sales in those {weeks} weeks; there were "
            "{actual}."
        ).format(
            weeks=number(check.weeks),
            predicted=write(float(check.customers[f"value_{check.chosen}"].sum())),
            actual=write(float(check.customers["actual_value"].sum())),
        )
        return f"{total} {_verdict(check, self.frame, write, 'value_')}"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the rules by name, actual first."""
        table = _named(self.frame, float(self.check.customers["actual_value"].sum()))
        return {"value_scores": table.rename(columns={n: f"{n}_value" for n in ("total", "mae", "rmse")})}

    def notes(self) -> list[str]:
        """Say what was expected and what came, and how the forecast would have been had spend not moved."""
        power, said = spend_power(self.check.earlier), [self.sentence()]
        if not power or np.isnan(self.check.value_error):
            return said
        level = self.check.level**power
        message = _(
            "Of spend, {way} foretold money best at earlier dates and is used ({change} against all time); "
            "without it, net sales would have been off by {without}."
        )
        followed = message.format(
            way=_("the level of the last period") if power == 1 else _("the trend going on"),
            change=signed_percent(level - 1, 1),
            without=signed_percent((1 + self.check.value_error) / level - 1, 1),
        )
        return [*said, followed]


def last_forecast(check: Holdout | NotPossible) -> list[Finding]:
    """Say in one sentence how far the last forecast of net sales was off, and whether its interval held.

    At stake is that miss, in money; none where nothing was forecast, or nothing came.
    """
    if isinstance(check, NotPossible) or np.isnan(check.value_error):
        return []
    actual = float(check.customers["actual_value"].sum())
    expected, held = (1 + check.value_error) * actual, check.value_held
    low = _(
        "The forecast for the last {weeks} was {share} too low: {expected} of net sales expected of the "
        "customers known then, {actual} came, {held}."
    )
    high = _(
        "The forecast for the last {weeks} was {share} too high: {expected} of net sales expected of the "
        "customers known then, {actual} came, {held}."
    )
    text = (low if expected < actual else high).format(
        weeks=duration(check.weeks, "week"),
        share=percent(abs(check.value_error), 1),
        expected=money(expected, check.summary.currency),
        actual=money(actual, check.summary.currency),
        held=_("within its interval") if held else _("outside its interval"),
    )
    action = _("Plan with a miss of this size either way.")
    miss = abs(expected - actual) if check.drawn is None else None  # of some customers, not the company's
    text = " ".join(filter(None, [text, check.of_whom()]))
    return [Finding("ltv.holdout_value", text, check.value_error, "share", miss, held, action)]


@or_not_possible
def accuracy(check: Holdout) -> Accuracy:
    """Compare all rules on the purchases of the holdout."""
    return Accuracy(scores(check), check)


@or_not_possible
def value_accuracy(check: Holdout) -> ValueAccuracy | NotPossible:
    """Compare all rules on the net sales of the holdout; ``NotPossible`` without a spend model."""
    if isinstance(check.spend, NotPossible):
        return check.spend
    return ValueAccuracy(scores(check, "value_"), check)


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
                "lift": lift(weight, predicted),
            }
        )
    return pd.DataFrame(rows)


def _verdict(check: Holdout, frame: pd.DataFrame, write: Callable[..., str], prefix: str = "") -> str:
    """Say whether the first model beat the best baseline, by RMSE per customer; see `scores`."""
    rmse = frame.set_index("model")["rmse"]
    naive = rmse[[rule for rule in NAIVE if rule in rmse.index]]
    best = str(naive.idxmin())
    names = ("actual_value" if prefix else "actual", prefix + check.chosen, prefix + best)
    actual, own, other = (check.customers[name].to_numpy(float) for name in names)
    clear = clear_gain((other - actual) ** 2 - (own - actual) ** 2)
    if clear > CLEAR and rmse[check.chosen] < (1 - WORTH) * naive.min():
        verdict = _("the model adds something.")
    elif clear < -CLEAR:
        verdict = _("the model fails this check, so do not rely on its forecasts for single customers.")
    else:
        verdict = _("no clear difference, so for single customers the model does no better.")
    ours, theirs = told_apart(rmse[check.chosen], naive.min(), 0 if prefix else 2, write)
    off = _(
        "Per customer it was off by {model_rmse} (RMSE), the best baseline (“{baseline}”) by {baseline_rmse}:"
    )
    return f"{off.format(model_rmse=ours, baseline_rmse=theirs, baseline=rule_name(best))} {verdict}"


def _named(table: pd.DataFrame, actual: float) -> pd.DataFrame:
    named = table.assign(model=[rule_name(rule) for rule in table["model"]])
    first = pd.DataFrame({"model": [_("Actual")], "total": [actual]})
    return pd.concat([first, named], ignore_index=True)
