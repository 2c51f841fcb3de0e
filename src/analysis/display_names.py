"""What every table and column of a result is called, and how it is shown: one concept, one name, one format.

Formats are those of `analysis.report.tables.shown`. A column has one entry in `COLUMNS`; only where a general
word such as ``share`` means another thing in one table does `OF_TABLE` say what.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import pandas as pd
from pandas.api.types import is_string_dtype

from analysis.language import N_, _

_OF_TEXT = ("text", "date", "month")
COLUMNS: dict[str, tuple[str, str]] = {
    "T": ("T", "number2"),
    "T_days": (N_("T (days)"), "number2"),
    "T_weeks": (N_("T (weeks)"), "number2"),
    "abc": (N_("Class"), "text"),
    "acquisition_cost": (N_("Cost to acquire"), "money2"),
    "active": (N_("Active"), "number"),
    "active_before": (N_("Active before"), "number"),
    "actual": (N_("Actual"), "number2"),
    "age": (N_("Age"), "number"),
    "alive": (N_("Expected to be still customers"), "number"),
    "amount": (N_("Amount"), "money"),
    "at_risk": (N_("Observed that long"), "number"),
    "at_stake": (N_("At stake"), "money"),
    "auc": (N_("AUC"), "number3"),
    "auc_high": (N_("AUC, 95% high"), "number3"),
    "auc_low": (N_("AUC, 95% low"), "number3"),
    "average_precision": (N_("Average precision"), "number3"),
    "average_rate": (N_("Renewed, average rate"), "percent1"),
    "average_survival": (N_("Still there, average rate"), "percent1"),
    "basis": (N_("What it rests on"), "text"),
    "behind": (N_("Behind the best"), "number4"),
    "behind_error": (N_("Standard error of that"), "number4"),
    "bg_nbd": (N_("BG/NBD"), "number2"),
    "by_average": (N_("Expected at the average rate"), "number"),
    "by_hand": (N_("By hand"), "number4"),
    "by_model": (N_("Expected by the model"), "number"),
    "category": (N_("Category"), "text"),
    "chance": (N_("Probability of a purchase within the horizon"), "percent"),
    "channel": (N_("Channel"), "text"),
    "clv": (N_("CLV"), "money"),
    "clv_high": (N_("CLV, 80% high"), "money"),
    "clv_low": (N_("CLV, 80% low"), "money"),
    "clv_per_customer": (N_("CLV per customer"), "money"),
    "cohorts": (N_("Cohorts observed"), "number"),
    "complete": (N_("Complete"), ""),
    "contracts": (N_("Contracts"), "number"),
    "cumulative_share": (N_("Cumulative share"), "percent1"),
    "customer_id": (N_("Customer"), "text"),
    "customers": (N_("Customers"), "number"),
    "days": (N_("Days"), "number"),
    "days_since_last": (N_("Days since the last purchase"), "number"),
    "days_since_last_max": (N_("Days since the last purchase, most"), "number"),
    "days_since_last_min": (N_("Days since the last purchase, least"), "number"),
    "difference": (N_("Difference"), "money"),
    "discount_rate": (N_("Discounts, share of gross sales"), "percent1"),
    "earlier_sales": (N_("Net sales before"), "money"),
    "equity_high": (N_("CLV, 90% high"), "money"),
    "equity_low": (N_("CLV, 90% low"), "money"),
    "error": (N_("Standard error"), "number4"),
    "excluded": (N_("Left out"), "number"),
    "expected_by": (N_("Expected again by"), "date"),
    "expected_purchases": (N_("Expected purchases"), "number2"),
    "expected_renewals": (N_("Renewals to come, discounted"), "number2"),
    "expected_spend": (N_("Expected spend per purchase"), "money"),
    "f": (N_("Frequency"), "number"),
    "feature": (N_("Feature"), "text"),
    "features_until": (N_("Features as of"), "date"),
    "fitted": (N_("Fitted"), "money"),
    "from_lost": (N_("From lost"), "money"),
    "from_new": (N_("From new"), "money"),
    "from_reactivated": (N_("From reactivated"), "money"),
    "from_returned": (N_("Only returned"), "money"),
    "gross_retention": (N_("Gross revenue retention"), "percent1"),
    "group": (N_("Group"), "text"),
    "group_models": (N_("Models by group"), "number"),
    "growth": (N_("Growth of retained"), "money"),
    "growth_potential": (N_("Growth potential"), "money"),
    "half_year": (N_("Half-year from"), "date"),
    "helper": (N_("Helper"), "number4"),
    "high": (N_("High"), "money2"),
    "in_category": (N_("In that category"), "money"),
    "inactive": (N_("Inactive"), "number"),
    "kept": (N_("Kept"), "number"),
    "largest": (N_("Largest customers taken away"), "number"),
    "last_period": (N_("Same as last period"), "number2"),
    "last_purchase": (N_("Last purchase"), "date"),
    "later_sales": (N_("Net sales now"), "money"),
    "left": (N_("Net sales left"), "money"),
    "lift": (N_("Lift in the top decile"), "number2"),
    "log_likelihood": (N_("Log-likelihood"), "number1"),
    "lost": (N_("Lost"), "number"),
    "low": (N_("Low"), "money2"),
    "loyalty": (N_("Loyalty"), "number1"),
    "loyalty_score": (N_("Mean of frequency and monetary value"), "text"),
    "ltv": (N_("Simple LTV"), "money"),
    "m": (N_("Monetary value"), "number"),
    "mae": (N_("Mean absolute error"), "number3"),
    "mae_value": (N_("Mean absolute error"), "money"),
    "margin_rate": (N_("Margin used"), "percent1"),
    "mbg_nbd": (N_("MBG/NBD"), "number2"),
    "mean": (N_("Mean"), "money2"),
    "meaning": (N_("Customers who"), "text"),
    "measure": (N_("Measure"), "text"),
    "median": (N_("Median"), "money2"),
    "model": (N_("Model"), "text"),
    "model_high": (N_("Model, 90% high"), "number"),
    "model_low": (N_("Model, 90% low"), "number"),
    "model_rate": (N_("Renewed, model"), "percent1"),
    "model_survival": (N_("Still there, model"), "percent1"),
    "month": (N_("Month"), "month"),
    "name": (N_("Name"), "text"),
    "net_retention": (N_("Net revenue retention"), "percent1"),
    "net_sales": (N_("Net sales"), "money"),
    "net_sales_max": (N_("Net sales, most"), "money"),
    "net_sales_min": (N_("Net sales, least"), "money"),
    "new": (N_("New"), "number"),
    "new_customers": (N_("New customers"), "number"),
    "next_renewal": (N_("Next renewal"), "date"),
    "no_purchase_share": (N_("Without a purchase"), "percent1"),
    "observed": (N_("Actual"), "percent1"),
    "observed_high": (N_("Actual, 95% high"), "percent1"),
    "observed_low": (N_("Actual, 95% low"), "percent1"),
    "odds_ratio": (N_("Odds ratio"), "number2"),
    "one_model": (N_("One model for all"), "number"),
    "outcome_known": (N_("Outcome known on"), "date"),
    "own_rate": (N_("Own margin"), "percent1"),
    "owner": (N_("Salesperson"), "text"),
    "p_alive": (N_("P(alive)"), "percent1"),
    "parameter": (N_("Parameter"), "text"),
    "pareto_nbd": (N_("Pareto/NBD"), "number2"),
    "past_margin": (N_("Margin so far"), "money"),
    "plan": (N_("Plan"), "text"),
    "policy": (N_("What is done"), "text"),
    "potential": (N_("Declared potential"), "money"),
    "predicted": (N_("Predicted"), "percent1"),
    "price": (N_("Price of a year"), "money2"),
    "purchase_days": (N_("Purchase days"), "number"),
    "purchases": (N_("Purchases"), "number"),
    "purchases_high": (N_("Purchases, 80% high"), "number"),
    "purchases_low": (N_("Purchases, 80% low"), "number"),
    "purchases_max": (N_("Purchases, most"), "number"),
    "purchases_min": (N_("Purchases, least"), "number"),
    "purchases_per_customer": (N_("Purchases per customer"), "number2"),
    "quarter": (N_("Quarter from"), "date"),
    "r": (N_("Recency"), "number"),
    "rank_correlation": (N_("Rank correlation"), "number2"),
    "rate": (N_("Churn rate"), "percent1"),
    "rate_high": (N_("Renewed, 95% high"), "percent1"),
    "rate_low": (N_("Renewed, 95% low"), "percent1"),
    "ratio": (N_("LTV : CAC"), "number1"),
    "readier": (N_("If they left more readily"), "number4"),
    "reactivated": (N_("Reactivated"), "number"),
    "recency": (N_("Recency score"), "text"),
    "recent_net_sales": (N_("Net sales in the last horizon"), "money"),
    "rejected": (N_("Rejected"), "number"),
    "renewal": (N_("Renewal"), "number"),
    "renewal_rate": (N_("Renewed"), "percent1"),
    "renewals": (N_("Renewals made"), "number"),
    "renews": (N_("Probability to renew"), "percent1"),
    "retained": (N_("Retained"), "number"),
    "retention": (N_("Retention"), "percent1"),
    "returned": (N_("Followed by a purchase on that day"), "number"),
    "revenue_per_year": (N_("Revenue per customer and year"), "money"),
    "risk": (N_("Risk"), "percent"),
    "rmse": (N_("RMSE"), "number3"),
    "rmse_groups": (N_("RMSE, by group"), "number3"),
    "rmse_one": (N_("RMSE, one model for all"), "number3"),
    "rmse_value": (N_("RMSE"), "money"),
    "rows": (N_("Rows"), "number"),
    "rule": (N_("Rule"), "text"),
    "sales_before": (N_("Net sales before"), "money"),
    "sales_lost": (N_("Net sales lost"), "money"),
    "sales_per_customer": (N_("Net sales so far per customer"), "money2"),
    "same_rate": (N_("Same rate as before"), "number2"),
    "score": (N_("Score at earlier dates"), "number4"),
    "segment": (N_("Segment"), "text"),
    "segments": (N_("Mean of the RFM segment"), "number2"),
    "share": (N_("Share"), "percent1"),
    "share_lost": (N_("Share lost"), "percent1"),
    "share_of_customers": (N_("Share of customers"), "percent1"),
    "share_of_equity": (N_("Share of customer equity"), "percent1"),
    "share_of_gross": (N_("Share of gross sales"), "percent1"),
    "share_of_sales": (N_("Share of net sales"), "percent1"),
    "share_of_wallet": (N_("Share of wallet"), "percent"),
    "shrinkage": (N_("Shrinkage of retained"), "money"),
    "silence": (N_("Silence"), "text"),
    "smallest": (N_("Smallest in the class"), "money2"),
    "snapshot": (N_("Used to"), "text"),
    "spent": (N_("Spent"), "money"),
    "started": (N_("Started"), "date"),
    "status": (N_("Status"), "text"),
    "step": (N_("Step"), "text"),
    "survival": (N_("Still there"), "percent1"),
    "survival_high": (N_("Model, 90% high"), "percent1"),
    "survival_low": (N_("Model, 90% low"), "percent1"),
    "t_x": ("t_x", "number2"),
    "table": (N_("Table"), "text"),
    "t_x_days": (N_("t_x (days)"), "number2"),
    "t_x_weeks": (N_("t_x (weeks)"), "number2"),
    "top": (N_("Top"), "percent"),
    "total": (N_("Total purchases"), "number"),
    "total_error": (N_("Error of the total"), "percent1"),
    "total_value": (N_("Total value"), "money"),
    "typical_days": (N_("Days since the last purchase, median"), "number"),
    "typical_purchases": (N_("Purchases, median"), "number"),
    "typical_sales": (N_("Net sales, median"), "money"),
    "until": (N_("Until"), "date"),
    "up_for_renewal": (N_("Up for renewal"), "number"),
    "usual_pause": (N_("Usual gap in days"), "number"),
    "value": (N_("Value"), "number4"),
    "value_per_purchase": (N_("Value per purchase"), "money"),
    "verdict": (N_("Verdict"), "text"),
    "week": (N_("Week"), "number"),
    "weeks_since_last": (N_("Weeks since the last purchase"), "text"),
    "weight": (N_("Weight"), "number"),
    "what": (N_("What"), "text"),
    "x": (N_("x (repeat purchases)"), "number"),
    "year": (N_("Year from"), "date"),
    "years": (N_("Years it lasts"), "number2"),
    "z": (N_("z (mean per repeat purchase)"), "money2"),
}
OF_TABLE: dict[str, dict[str, tuple[str, str]]] = {
    "acquisition": {"total_value": (N_("Total value"), "money")},
    "change": {
        "amount": (N_("Net sales gained or lost"), "money"),
        "share": (N_("Share of earlier net sales"), "percent1"),
    },
    "contract_check": {"actual": (N_("Actual"), "number")},
    "contract_values": {"value": (N_("Value"), "money2")},
    "equity_by_": {
        "clv": (N_("CLV"), "money"),
        "expected_purchases": (N_("Expected purchases"), "number"),
    },
    "five_gaps": {"by_hand": (N_("By hand"), "percent1")},
    "found": {"what": (N_("What was found"), "text")},
    "group_check": {"actual": (N_("Actual"), "number")},
    "growth_potential": {"category": (N_("Where the largest part lies"), "text")},
    "in_the_open": {"by_hand": (N_("By hand"), "percent1"), "helper": (N_("Helper"), "percent1")},
    "links": {"what": (N_("What was checked"), "text")},
    "margins": {"days": (N_("Purchase days with known cost"), "number")},
    "rows": {"what": (N_("What became of them"), "text")},
    "scores": {"model": (N_("Rule"), "text")},
    "spend_by_purchases": {
        "high": (N_("Mean, 95% high"), "money2"),
        "low": (N_("Mean, 95% low"), "money2"),
    },
    "value_scores": {"model": (N_("Rule"), "text")},
}
"""Columns that mean something of their own in one table; a name that ends in ``_`` begins several."""

CAPTIONS: dict[str, str] = {
    "a_away": N_("A customers who have not bought lately, largest first"),
    "abc": N_("Classes by cumulative share of net sales"),
    "acquisition": N_("Value of customers against their cost of acquisition, where that is known"),
    "activity": N_("Active and inactive customers"),
    "bridge": N_("From gross sales to net sales"),
    "by_frequency": N_("Mean purchases in the holdout by what customers had done before"),
    "by_hand": N_("Worked by hand"),
    "by_recency": N_("Mean purchases in the holdout by the weeks since the last purchase"),
    "c_keen": N_("Champions and loyal customers of class C"),
    "cac": N_("Cost of acquisition by channel: what was spent on it ÷ all customers it won"),
    "change": N_("From the earlier net sales to the later ones"),
    "churn_rate": N_("Churn rate by period"),
    "cohorts": N_("The average cohort by age in periods"),
    "contract_check": N_("Contracts renewed since the earlier day, by the renewals made before"),
    "contract_values": N_("Contracts in force by value"),
    "contracts": N_("Contracts renewed and still there, actual and expected"),
    "counts": N_("How many customers there are, counted in different ways"),
    "customer_value": N_("Customers by lifetime value"),
    "customers": N_("Every customer with scores, segment and class"),
    "effects": N_("What raises and lowers the odds of no purchase"),
    "equity_by_": N_("Customer equity by group of customers"),
    "fallen": N_("The ten customers who took most off net sales"),
    "five_gaps": N_("Five purchases: three were followed by another, two are not yet"),
    "flow": N_("Customers from one period to the next"),
    "flow_money": N_("The change of net sales from one period to the next"),
    "group_check": N_("One model for all against one for each group, on the holdout"),
    "growth_potential": N_("Customers with most growth potential, and where it lies"),
    "in_the_open": N_("Five customers: the risk by the pipeline above and by the helper"),
    "largest": N_("The top 10 customers"),
    "margins": N_("Margin rates of customers, from their costs"),
    "models": N_("Three models of purchases, on all data, at earlier dates and in the last check"),
    "next_purchase": N_("When customers are expected to buy again"),
    "p_alive": N_("P(alive) of three customers, by hand and by the helper"),
    "parameters": N_("Parameters of the purchase model"),
    "potential_basis": N_("What the growth potential rests on"),
    "potential_by_category": N_("Growth potential by category"),
    "ranking": N_("How well each rule ranks customers by who then did not buy"),
    "reliability": N_("Predicted and actual share without a purchase, in groups of equal size"),
    "risen": N_("The ten customers who added most to net sales"),
    "rules": N_("The rule of each segment"),
    "sales_by_period": N_("Net sales and what they are made of"),
    "sales_by_year": N_("Year by year"),
    "score_ranges": N_("What each score stands for"),
    "scores": N_("The model against baselines, on purchases it had not seen"),
    "segments": N_("Segments, best first"),
    "simple_ltv": N_("Simple lifetime value: revenue per year × years − cost to acquire"),
    "snapshots": N_("The three cut-off dates and the customers active on each"),
    "spend_by_purchases": N_("Spend per purchase by how often customers bought"),
    "top": N_("What the top customers make"),
    "value_scores": N_("The models against baselines, on net sales they had not seen"),
    "watch_list": N_("Active customers, most money at stake first"),
    "without": N_("Net sales without the largest customers"),
}
"""What each table says; a name that ends in ``_`` begins those of several."""


class Words(TypedDict):
    """What a reader is told of a table: see `analysis.report.results.Results.table`."""

    caption: str
    labels: dict[str, str]
    formats: dict[str, str]


WHY_COUNTS_DIFFER = N_(
    "The first counts look back, at who has bought and when; the number expected to buy looks ahead, and "
    "P(alive) asks neither, but who has not left for good, however long until the next purchase. Whoever "
    "buys seldom may therefore be alive without being active, and active without buying in the next days."
)
"""What is to be said of the table ``counts``."""


def words(name: str, frame: pd.DataFrame) -> Words:
    """Return caption, headings and formats of a table, in the reader's language.

    Parameters
    ----------
    name
        Name of the table.
    frame
        What it shows; a named index counts as columns. What has no entry is shown by its name.
    """
    known = COLUMNS | OF_TABLE.get(_entry(name, OF_TABLE), {})
    columns = {column: known[column] for column in (*frame.index.names, *frame.columns) if column in known}
    return {
        "caption": _(caption) if (caption := CAPTIONS.get(_entry(name, CAPTIONS))) else name,
        "labels": {column: _(heading) for column, (heading, _form) in columns.items()},
        "formats": {
            column: form
            for column, (_heading, form) in columns.items()
            if form and (form in _OF_TEXT or column not in frame or not is_string_dtype(frame[column]))
        },
    }


def _entry(name: str, entries: Mapping[str, object]) -> str:
    """Return what ``name`` is entered under: itself, or the beginning it shares with others."""
    begun = [key for key in entries if key.endswith("_") and name.startswith(key)]
    return next(iter(begun), name)
