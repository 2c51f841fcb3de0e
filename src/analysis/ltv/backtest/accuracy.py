"""How far each rule was off, customer by customer, and how well it told the good customers from the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.language import _, listing, money, ngettext, number, percent, signed_percent
from analysis.ltv.backtest.baselines import NAIVE, rule_name
from analysis.ltv.backtest.holdout import Holdout
from analysis.ltv.rounding import told_apart
from analysis.ltv.spend import amount
from analysis.ltv.summary import Floats
from analysis.statistics import rank_correlation

DECILES = 10
STEADY = 0.05  # share by which spend per purchase may change and not be worth a word
CLEAR = 1.645  # standard errors within which 9 of 10 chance differences lie
BETTER_HIGH = ("rank_correlation", "lift")
MEASURES = ("total_error", "mae", "rmse", *BETTER_HIGH)


def scores(check: Holdout) -> pd.DataFrame:
    """Compare all rules on the purchases of the holdout.

    Returns
    -------
    pandas.DataFrame
        One row per ``model`` (a name of `Holdout.rules`): predicted ``total``; ``total_error`` (total ÷
        actual − 1, missing where nobody bought); ``mae`` mean absolute and ``rmse`` root mean square
        error, both in purchases per customer; ``rank_correlation``, Spearman's, between forecast and
        purchases, missing for a rule that forecasts the same for all; ``lift``, value-weighted: the share
        of the holdout's net sales made by the decile of customers with the highest forecast ÷ 0.1
        (purchases where there is no money).
    """
    return _scores(check, "actual", {rule: rule for rule in check.rules})


def value_scores(check: Holdout) -> pd.DataFrame:
    """Compare all rules on the net sales of the holdout.

    Returns
    -------
    pandas.DataFrame
        As `scores`, with ``total``, ``mae`` and ``rmse`` in money; no rows without a spend model.
    """
    columns = {rule: f"value_{rule}" for rule in check.rules if f"value_{rule}" in check.customers}
    if not check.spend:
        columns = {}
    return _scores(check, "actual_value", columns)


def _scores(check: Holdout, outcome: str, columns: dict[str, str]) -> pd.DataFrame:
    actual = check.customers[outcome].to_numpy(float)
    weight = _weight(check)
    rows = []
    for rule, column in columns.items():
        predicted = check.customers[column].to_numpy(float)
        error = predicted - actual
        rows.append(
            {
                "model": rule,
                "total": predicted.sum(),
                "total_error": predicted.sum() / actual.sum() - 1 if actual.sum() > 0 else np.nan,
                "mae": np.abs(error).mean(),
                "rmse": np.sqrt((error**2).mean()),
                "rank_correlation": rank_correlation(predicted, actual),
                "lift": DECILES * deciles(predicted, weight)["share"].iloc[0],
            }
        )
    return pd.DataFrame(rows, columns=["model", "total", *MEASURES])


def _weight(check: Holdout) -> Floats:
    """Return what a customer counts in the lift: its net sales, or purchases where there is no money."""
    value = check.customers["actual_value"].to_numpy(float)
    return value if value.sum() > 0 else check.customers["actual"].to_numpy(float)


def deciles(predicted: Floats, outcome: Floats) -> pd.DataFrame:
    """Return what each decile of customers made, those with the highest forecast first.

    Customers with the same forecast share their outcome evenly, so that the order of rows is of no
    consequence and a rule that tells nobody apart gives every decile a tenth.

    Parameters
    ----------
    predicted
        Forecast of each customer.
    outcome
        What came of each, in any unit.

    Returns
    -------
    pandas.DataFrame
        Ten rows: ``decile`` (1 is the best), ``predicted`` and ``outcome`` (means per customer), ``share``
        of the outcome of all (missing where nothing came).
    """
    order = np.argsort(-predicted, kind="stable")
    ranked = predicted[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) + 1
    places = np.linspace(0, len(ranked), DECILES + 1)
    sums = {
        name: np.diff(
            np.interp(places, np.append(0, ends), np.append(0.0, np.cumsum(values[order])[ends - 1]))
        )
        for name, values in (("predicted", predicted), ("outcome", outcome))
    }
    each, total = len(ranked) / DECILES, outcome.sum()
    return pd.DataFrame(
        {
            "decile": np.arange(1, DECILES + 1),
            "predicted": sums["predicted"] / each,
            "outcome": sums["outcome"] / each,
            "share": sums["outcome"] / total if total > 0 else np.nan,
        }
    )


def value_deciles(check: Holdout) -> pd.DataFrame:
    """Return net sales, expected and actual, by deciles of the first model's forecast value.

    Returns
    -------
    pandas.DataFrame
        See `deciles`; money per customer. No rows without a spend model.
    """
    column = f"value_{check.chosen}"
    if column not in check.customers:
        return pd.DataFrame(columns=["decile", "predicted", "outcome", "share"])
    customers = check.customers
    return deciles(customers[column].to_numpy(float), customers["actual_value"].to_numpy(float))


def value_deciles_title(table: pd.DataFrame) -> str:
    """Return what a chart of `value_deciles` shows."""
    return _("The top decile of customers by forecast made {share} of actual net sales").format(
        share=percent(table["share"].iloc[0])
    )


def scores_table(check: Holdout) -> pd.DataFrame:
    """Return `scores` with the actual total first and the rules by name."""
    return _named(scores(check), float(check.actual))


def value_scores_table(check: Holdout) -> pd.DataFrame:
    """Return `value_scores` with the actual total first and the rules by name; ``total`` is ``value``."""
    table = _named(value_scores(check), float(check.customers["actual_value"].sum()))
    money = {name: f"{name}_value" for name in ("total", "mae", "rmse")}
    return table.rename(columns=money)


def _named(table: pd.DataFrame, came: float) -> pd.DataFrame:
    named = table.assign(model=[rule_name(rule) for rule in table["model"]])
    actual = pd.DataFrame({"model": [_("What came")], "total": [came]})
    return pd.concat([actual, named], ignore_index=True)


def beaten(table: pd.DataFrame, model: str) -> dict[str, str]:
    """Return on which measures a naive rule does better than a model, and which does best there.

    Parameters
    ----------
    table
        The result of `scores` or `value_scores`.
    model
        The model's name.

    Returns
    -------
    dict
        Name of the best naive rule by measure (of `MEASURES`) on which it beats the model.
    """
    rows = table.set_index("model")
    naive = rows.loc[[rule for rule in NAIVE if rule in rows.index]]
    found = {}
    for measure in MEASURES:
        loss = -rows[measure] if measure in BETTER_HIGH else rows[measure].abs()
        if naive[measure].notna().any() and loss[naive.index].min() < loss[model]:
            found[measure] = str(loss[naive.index].idxmin())
    return found


def _measure_name(measure: str) -> str:
    names = {
        "total_error": _("the total"),
        "mae": _("the mean absolute error"),
        "rmse": _("the RMSE"),
        "rank_correlation": _("the rank correlation"),
        "lift": _("the lift of the top decile"),
    }
    return names[measure]


def clear_gain(check: Holdout, naive: str) -> float:
    """Return how clearly the first model beats a naive rule: mean gain ÷ its standard error.

    The gain of a customer is the naive rule's squared error less the model's. Below −1.64 or above 1.64 the
    difference is more than chance would give in 9 of 10 cases; 0 where no customer tells the two apart.
    """
    actual = check.customers["actual"].to_numpy(float)
    own, other = ((check.customers[rule].to_numpy(float) - actual) ** 2 for rule in (check.chosen, naive))
    gain = other - own
    spread = gain.std()
    return float(gain.mean() / spread * np.sqrt(len(gain))) if spread > 0 else 0.0


def verdict(check: Holdout) -> str:
    """Say in words how the first model did against the past and the naive rules."""
    table = scores(check).set_index("model")
    naive = table.loc[[rule for rule in NAIVE if rule in table.index], "rmse"]
    best = str(naive.idxmin())
    clear = clear_gain(check, best)
    model_rmse, naive_rmse = told_apart(table["rmse"][check.chosen], naive.min())
    values = {
        "weeks": number(check.weeks),
        "predicted": number(check.predicted),
        "actual": number(check.actual),
        "model_rmse": model_rmse,
        "naive_rmse": naive_rmse,
        "naive": rule_name(best),
    }
    came = ngettext(
        "In the last week the model, which had not seen it, expected {predicted} purchases and {actual} came",
        "In the last {weeks} weeks the model, which had not seen them, expected {predicted} purchases and "
        "{actual} came",
        check.weeks,
    )
    if clear > CLEAR:
        off = _(
            "per customer it was off by {model_rmse} (RMSE), the best naive rule (“{naive}”) by "
            "{naive_rmse}: the model adds something."
        )
    elif clear < -CLEAR:
        off = _(
            "per customer it was off by {model_rmse} (RMSE), the naive rule “{naive}” by {naive_rmse}: the "
            "model fails this check, so do not rely on its forecasts for single customers."
        )
    else:
        off = _(
            "per customer it was off by {model_rmse} (RMSE), the naive rule “{naive}” by {naive_rmse}, which "
            "is no clear difference: for single customers the model does no better than that rule."
        )
    return f"{came}; {off}".format(**values)


def models_sentence(check: Holdout) -> str:
    """Say which model did best on the holdout, and which of them loses to a naive rule, and where."""
    table = scores(check)
    compared = list(check.models)
    best = str(table.set_index("model").loc[compared, "rmse"].idxmin())
    parts = []
    if len(compared) > 1:
        message = _("Of the models {best} missed by least per customer (RMSE).")
        parts.append(message.format(best=rule_name(best)))
    by_losses: dict[str, list[str]] = {}
    for model in compared:
        places = _places(beaten(table, model), _("on {measure}"))
        by_losses.setdefault(places, []).append(rule_name(model))
    if winners := by_losses.pop("", []):
        message = _("Better than every naive rule on every measure: {models}.")
        parts.append(message.format(models=listing(winners)))
    if by_losses:
        losers = [f"{listing(models)} {places}" for places, models in by_losses.items()]
        parts.append(_("Beaten by a naive rule: {losers}.").format(losers="; ".join(losers)))
    return " ".join(parts)


def value_verdict(check: Holdout, currency: str | None) -> str:
    """Say how the value forecast of the first model did against the past and the naive rules.

    Parameters
    ----------
    check
        A holdout with a spend model.
    currency
        ISO 4217 code, or None.
    """
    table = value_scores(check)
    own = table[table["model"] == check.chosen].iloc[0]
    came = float(check.customers["actual_value"].sum())
    losses = beaten(table, check.chosen)
    values = {
        "weeks": number(check.weeks),
        "predicted": money(own["total"], currency),
        "actual": money(came, currency),
        "share": percent(own["lift"] / DECILES),
    }
    first = _(
        "In money the model expected {predicted} of net sales in those {weeks} weeks and {actual} came; the "
        "decile of customers it rated highest made {share} of them."
    ).format(**values)
    if "rmse" in losses:
        second = _(
            "Per customer the naive rule “{naive}” came closer: the model's values of single customers fail "
            "this check."
        ).format(naive=rule_name(losses["rmse"]))
        return f"{first} {second}"
    if losses:
        return f"{first} " + _("It loses to a naive rule on {places}.").format(places=_places(losses))
    return first


def value_parts_sentence(check: Holdout, currency: str | None) -> str:
    """Say whether the money of the holdout was missed by the number of purchases or by what each was worth.

    Nothing where no money came, or more was returned than sold.

    Parameters
    ----------
    check
        A holdout with a spend model.
    currency
        ISO 4217 code, or None.
    """
    if np.isnan(check.value_error):
        return ""
    customers = check.customers
    expected = float(customers[f"value_{check.chosen}"].sum()) / check.predicted
    came = float(customers["actual_value"].sum()) / check.actual
    parts = _(
        "The number of purchases was off by {purchases}, the money per purchase by {spend}: {expected} was "
        "expected of each, and {came} came."
    ).format(
        purchases=signed_percent(check.predicted / check.actual - 1, 1),
        spend=signed_percent(expected / came - 1, 1),
        expected=amount(expected, currency),
        came=amount(came, currency),
    )
    why = _why_off(expected / came - 1, spend_change(check))
    return f"{parts} {why}".strip()


def _why_off(error: float, change: float) -> str:
    """Say why money per purchase was off by ``error``: the same customers spent otherwise, or others came."""
    if np.isnan(change):
        return ""
    if error * change >= 0 or abs(change) < STEADY:
        if abs(error) <= STEADY:
            return ""
        return (
            _("It was the customers with larger purchases who came.")
            if error < 0
            else _("It was the customers with smaller purchases who came.")
        )
    message = (
        _("The same customers spent {change} more each time than before, which the spend model cannot know.")
        if change > 0
        else _(
            "The same customers spent {change} less each time than before, which the spend model cannot know."
        )
    )
    return message.format(change=percent(abs(change), 1))


def spend_change(check: Holdout) -> float:
    """Return how much more the same customers spent per purchase in the holdout than before.

    Over customers with repeat purchases before it and purchases in it: their net sales in the holdout ÷ what
    these would have been at their mean money per repeat purchase before, − 1; missing where there are none.
    """
    both = check.customers[(check.customers["x"] > 0) & (check.customers["actual"] > 0)]
    before = float((both["actual"] * both["z"]).sum())
    return float(both["actual_value"].sum()) / before - 1 if before > 0 else float("nan")


def _places(losses: dict[str, str], each: str = "{measure}") -> str:
    """Return where a model loses, each measure in the words given, and to which rule."""
    by_rule: dict[str, list[str]] = {}
    for measure, rule in losses.items():
        by_rule.setdefault(rule, []).append(each.format(measure=_measure_name(measure)))
    named = _("{measure} (“{rule}”)")
    return listing(
        [named.format(measure=listing(names), rule=rule_name(rule)) for rule, names in by_rule.items()]
    )


def interval_verdict(check: Holdout) -> str:
    """Say whether the holdout total fell inside the first model's own interval."""
    low, high = check.interval.rounded()
    values = {
        "level": percent(check.interval.level),
        "low": number(low),
        "high": number(high),
        "actual": number(check.actual),
    }
    if check.interval.contains(check.actual):
        return ngettext(
            "The model's {level} interval for those purchases, {low} to {high}, holds the one that came.",
            "The model's {level} interval for those purchases, {low} to {high}, holds the {actual} that "
            "came.",
            check.actual,
        ).format(**values)
    return ngettext(
        "The model's {level} interval for those purchases, {low} to {high}, misses the one that came: the "
        "interval knows chance, not seasons, campaigns or a changing shop, so the one for the future is too "
        "narrow too.",
        "The model's {level} interval for those purchases, {low} to {high}, misses the {actual} that came: "
        "the interval knows chance, not seasons, campaigns or a changing shop, so the one for the future is "
        "too narrow too.",
        check.actual,
    ).format(**values)
