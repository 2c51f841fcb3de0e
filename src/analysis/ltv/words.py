"""What the tables of ``04_ltv`` and their columns are called."""

from __future__ import annotations

from typing import TypedDict

import pandas as pd

from analysis.language import _
from analysis.ltv.summary import Unit, unit_name

_FORMATS = {
    "revenue_per_year": "money2",
    "years": "number2",
    "acquisition_cost": "money2",
    "ltv": "money2",
    "x": "number",
    "t_x": "number2",
    "T": "number2",
    "z": "money2",
    "by_hand": "number4",
    "helper": "number4",
    "value": "number4",
    "error": "number4",
    "total": "number",
    "total_error": "percent1",
    "mae": "number3",
    "rmse": "number3",
    "p_alive": "percent1",
    "expected_purchases": "number2",
    "expected_spend": "money2",
    "clv": "money2",
    "customers": "number",
    "actual": "number2",
    "bg_nbd": "number2",
    "mbg_nbd": "number2",
    "pareto_nbd": "number2",
    "segments": "number2",
    "last_period": "number2",
    "same_rate": "number2",
    "rank_correlation": "number2",
    "lift": "number1",
    "total_value": "money",
    "mae_value": "money2",
    "rmse_value": "money2",
    "tenth": "number",
    "predicted": "money2",
    "outcome": "money2",
    "share": "percent1",
    "mean": "money2",
    "low": "money2",
    "high": "money2",
    "median": "money2",
    "fitted": "money2",
    "observed": "money2",
    "days": "number",
    "own_rate": "percent1",
    "margin_rate": "percent1",
    "share_of_customers": "percent1",
    "alive": "number",
    "share_of_equity": "percent1",
    "clv_per_customer": "money2",
    "past_margin": "money2",
    "last_purchase": "date",
    "chance": "percent",
    "expected_by": "date",
    "week": "number",
    "until": "date",
    "spent": "money",
    "ratio": "number1",
    "by_chance": "percent1",
    "mean_gap": "number1",
    "model_error": "percent1",
    "condensed": "number2",
    "condensed_error": "percent1",
    "k": "number",
    "log_likelihood": "number1",
    "own_weight": "percent",
    "gap": "number1",
    "expected_new": "number2",
    "came": "number",
    "one_model": "number",
    "group_models": "number",
    "rmse_one": "number3",
    "rmse_groups": "number3",
    "score": "number4",
    "purchases_low": "number",
    "purchases_high": "number",
    "equity_low": "money",
    "equity_high": "money",
    "clv_low": "money2",
    "clv_high": "money2",
    "renewal": "number",
    "up_for_renewal": "number",
    "renewal_rate": "percent1",
    "model_rate": "percent1",
    "average_rate": "percent1",
    "survival": "percent1",
    "model_survival": "percent1",
    "average_survival": "percent1",
    "rate_low": "percent1",
    "rate_high": "percent1",
    "survival_low": "percent1",
    "survival_high": "percent1",
    "renewals": "number",
    "contracts": "number",
    "by_model": "number",
    "by_average": "number",
    "model_low": "number",
    "model_high": "number",
    "price": "money2",
    "renews": "percent1",
    "expected_renewals": "number2",
    "value_per_contract": "money2",
    "average_value": "money2",
    "started": "date",
    "next_renewal": "date",
}
_OF_TABLE = {
    "distribution": dict.fromkeys(("actual", "bg_nbd", "mbg_nbd", "pareto_nbd"), "number"),
    "equity_by_group": {"clv": "money", "expected_purchases": "number"},
    "one_time": {"expected_purchases": "number"},
    "acquisition": {"total_value": "money2"},
    "contract_check": {"actual": "number"},
    "contract_value": {"value": "money"},
    "contract_values": {"value": "money2"},
}


class Words(TypedDict):
    """The arguments of ``Results.table`` that tell a reader what it shows."""

    caption: str
    labels: dict[str, str]
    formats: dict[str, str]


def words(name: str, frame: pd.DataFrame, unit: Unit = "week") -> Words:
    """Return caption, headings and formats of a table.

    Parameters
    ----------
    name
        Name of the table.
    frame
        What it shows; ``t_x_weeks`` counts as ``t_x``, and so on.
    unit
        Time unit, named in the headings.
    """
    labels = _labels(unit_name(unit)) | _labels_of_table(name)
    shown = _FORMATS | _OF_TABLE.get(name, {})
    plain = {column: column.removesuffix(f"_{unit}s") for column in frame.columns}
    return {
        "caption": _captions()[name],
        "labels": {column: labels[key] for column, key in plain.items()},
        "formats": {
            column: shown[key]
            for column, key in plain.items()
            if key in shown and not pd.api.types.is_string_dtype(frame[column])
        },
    }


def _captions() -> dict[str, str]:
    return {
        "simple_ltv": _("Simple lifetime value: revenue per year × years − cost to acquire"),
        "one_customer": _("One customer in four numbers, by hand and by the helper"),
        "models": _("Three models of purchases, on all data and on those held out"),
        "parameters": _("Parameters of the purchase model"),
        "p_alive": _("P(alive) of three customers, by hand and by the helper"),
        "scores": _("The model against naive rules, on purchases it had not seen"),
        "by_frequency": _("Mean purchases in the holdout by what customers had done before"),
        "expected_spend": _("Expected spend of five customers, by hand and by the helper"),
        "one_clv": _("The value of one customer, by hand and by the helper"),
        "customer_value": _("Customers by lifetime value"),
        "value_scores": _("The models against naive rules, on net sales they had not seen"),
        "by_recency": _("Mean purchases in the holdout by the weeks since the last purchase"),
        "distribution": _("Customers by the purchases they made in the holdout"),
        "value_tenths": _("Net sales in the holdout by tenths of the forecast, per customer"),
        "spend_by_purchases": _("Spend per purchase by how often customers bought"),
        "spend_fit": _("Spend per purchase of the repeat buyers, observed and fitted"),
        "margins": _("Margin rates of customers, from their costs"),
        "equity_by_group": _("Customer equity by group of customers"),
        "next_purchase": _("When customers are expected to buy again"),
        "due": _("Customers expected to buy again, week by week"),
        "one_time": _("What each model says of customers who bought once"),
        "acquisition": _("What customers bring against what they cost to win, of those whose cost is known"),
        "cac": _("Cost to win a customer by channel: what was spent on it ÷ all customers it won"),
        "regularity": _("Customers who buy regularly, at random and in bursts"),
        "regularity_effect": _("Forecasts of regular and other customers against what came, per customer"),
        "condensed": _("The same model with gaps of different regularity, on the holdout"),
        "group_models": _("What the models of the groups say"),
        "contracts": _("Contracts renewed and still there, seen and expected"),
        "contract_check": _("Contracts renewed since the earlier day, by the renewals made before"),
        "contract_value": _("What a contract is worth by the renewals made"),
        "contract_values": _("Contracts in force by value"),
        "group_check": _("One model for all against one for each group, on the holdout"),
    }


def _labels(unit: str) -> dict[str, str]:
    return (
        {
            "what": _("What"),
            "revenue_per_year": _("Revenue per customer and year"),
            "years": _("Years it lasts"),
            "acquisition_cost": _("Cost to acquire"),
            "ltv": _("Simple LTV"),
            "customer_id": _("Customer"),
            "measure": _("Measure"),
            "x": _("x (repeat purchases)"),
            "t_x": _("t_x ({unit})").format(unit=unit),
            "T": _("T ({unit})").format(unit=unit),
            "z": _("z (mean per repeat purchase)"),
            "by_hand": _("By hand"),
            "helper": _("Helper"),
            "parameter": _("Parameter"),
            "value": _("Value"),
            "error": _("Standard error"),
            "model": _("Rule"),
            "total": _("Purchases in all"),
            "total_error": _("Error of the total"),
            "mae": _("Mean absolute error"),
            "rmse": _("RMSE"),
            "p_alive": _("P(alive)"),
            "expected_purchases": _("Expected purchases"),
            "expected_spend": _("Expected spend per purchase"),
            "clv": _("CLV"),
            "customers": _("Customers"),
            "actual": _("What came"),
            "bg_nbd": _("BG/NBD"),
            "mbg_nbd": _("MBG/NBD"),
            "pareto_nbd": _("Pareto/NBD"),
            "segments": _("Mean of the RFM segment"),
            "last_period": _("Same as last period"),
            "same_rate": _("Same rate as before"),
        }
        | _labels_of_checks(unit)
        | _labels_of_value()
        | _labels_of_contracts()
    )


def _labels_of_table(name: str) -> dict[str, str]:
    return {"model": _("Model")} if name in {"models", "one_time"} else {}


def _labels_of_checks(unit: str) -> dict[str, str]:
    return {
        "rank_correlation": _("Rank correlation"),
        "lift": _("Lift (top 10%)"),
        "score": _("Mean log probability of what came"),
        "mae_value": _("Mean absolute error"),
        "rmse_value": _("RMSE"),
        "weeks_since_last": _("Weeks since the last purchase"),
        "purchases": _("Purchases"),
        "tenth": _("Tenth"),
        "predicted": _("Expected"),
        "outcome": _("What came"),
        "share": _("Share"),
        "mean": _("Mean"),
        "low": _("from"),
        "high": _("to"),
        "median": _("Median"),
        "fitted": _("Fitted"),
        "observed": _("Observed"),
        "regularity": _("Kind of buyer"),
        "silence": _("Silence"),
        "by_chance": _("By chance"),
        "mean_gap": _("Usual gap in days"),
        "model_error": _("Error of the forecast"),
        "condensed": _("Condensed model"),
        "condensed_error": _("Error, condensed model"),
        "k": _("k (1 is random)"),
        "log_likelihood": _("Log-likelihood"),
        "group": _("Group"),
        "own_weight": _("Weight of its own customers"),
        "gap": _("One purchase every … {unit}").format(unit=unit),
        "expected_new": _("Repeat purchases of a new customer in 52 weeks"),
        "came": _("What came"),
        "one_model": _("One model for all"),
        "group_models": _("Models by group"),
        "rmse_one": _("RMSE, one for all"),
        "rmse_groups": _("RMSE, by group"),
    }


def _labels_of_value() -> dict[str, str]:
    return {
        "days": _("Purchase days with known cost"),
        "own_rate": _("Own margin"),
        "margin_rate": _("Margin used"),
        "share_of_customers": _("Share of customers"),
        "alive": _("Expected to be still there"),
        "share_of_equity": _("Share of customer equity"),
        "clv_per_customer": _("CLV per customer"),
        "past_margin": _("Margin so far"),
        "total_value": _("Total value"),
        "purchases_low": _("Purchases, 80% interval from"),
        "purchases_high": _("to (purchases)"),
        "equity_low": _("CLV, 90% interval from"),
        "equity_high": _("to"),
        "clv_low": _("CLV, 80% interval from"),
        "clv_high": _("to (CLV)"),
        "last_purchase": _("Last purchase"),
        "chance": _("Probability of a purchase within the horizon"),
        "expected_by": _("Expected again by"),
        "week": _("Week"),
        "until": _("Until"),
        "channel": _("Channel"),
        "spent": _("Spent"),
        "ratio": _("LTV : CAC"),
    }


def _labels_of_contracts() -> dict[str, str]:
    return {
        "renewal": _("Renewal"),
        "up_for_renewal": _("Up for renewal"),
        "renewal_rate": _("Renewed"),
        "rate_low": _("Renewed, from"),
        "rate_high": _("Renewed, to"),
        "survival": _("Still there"),
        "model_rate": _("Renewed, model"),
        "model_survival": _("Still there, model"),
        "survival_low": _("Model, from"),
        "survival_high": _("Model, to"),
        "average_rate": _("Renewed, average rate"),
        "average_survival": _("Still there, average rate"),
        "renewals": _("Renewals made"),
        "contracts": _("Contracts"),
        "by_model": _("Expected by the model"),
        "by_average": _("Expected by the average rate"),
        "model_low": _("Model, from"),
        "model_high": _("Model, to"),
        "plan": _("Plan"),
        "price": _("Price of a year"),
        "started": _("Started"),
        "next_renewal": _("Next renewal"),
        "renews": _("Probability to renew"),
        "expected_renewals": _("Renewals to come, discounted"),
        "value_per_contract": _("Value per contract"),
        "average_value": _("Value at the average rate"),
    }
