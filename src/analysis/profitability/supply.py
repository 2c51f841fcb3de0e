"""What stands behind the best customers: stock of what they buy, deliveries late or short."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd

from analysis.language import _, money, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.profitability.contribution import Contribution, window_start
from analysis.result import Finding, Listed
from analysis.segmentation.abc_classes import abc

if TYPE_CHECKING:
    from analysis.dataset import Dataset

RECENT_DAYS = 90
SCARCE_DAYS = 15


def smallest_of_class_a(result: Contribution) -> float:
    """Return the net sales from which a customer is class A; infinite where there is no such class."""
    classes = abc(result.frame)
    if isinstance(classes, NotPossible):
        return float("inf")
    best = classes.customers.loc[classes.customers["abc"] == "A", "net_sales"]
    return float(best.min()) - 0.005  # a sum of cents may stand a hair below itself


@or_not_possible
def stock_cover(dataset: Dataset, result: Contribution) -> Listed | NotPossible:
    """Work out for how many days the stock lasts of what class A customers by net sales buy.

    Lists the products sold in the last 90 days that stand in the stock, the scarcest first: ``best_sales``
    (money sold to class A), ``units_per_day`` (sold to anybody), ``on_hand`` and ``days_of_cover``.
    """
    if "stock" not in dataset.tables or not {"product_id", "quantity"} <= dataset.columns:
        missing = _("A table 'stock', and product_id and quantity in the sales, would show what may run out.")
        return NotPossible(missing)
    rows = dataset.query(
        "product_cover",
        since=dataset.as_of - dt.timedelta(days=RECENT_DAYS),
        window_start=window_start(dataset.as_of, result.months),
        least=smallest_of_class_a(result),
    )
    sold, total = rows["best_sales"].astype("float64"), float(rows["best_sales"].sum())
    if not total > 0:
        return NotPossible(_("Class A bought nothing lately that stands in the stock."))
    rows["units_per_day"] = rows.pop("units").astype("float64") / RECENT_DAYS
    cover = rows["on_hand"].astype("float64").clip(lower=0) / rows["units_per_day"]
    text = _(
        "Of what A customers bought in the last {recent} days {share} is in stock for less than {days} days "
        "({products} products), and {gone} is out of stock ({none})."
    ).format(
        recent=number(RECENT_DAYS),
        share=percent(sold[cover < SCARCE_DAYS].sum() / total, 1),
        days=number(SCARCE_DAYS),
        products=number((cover < SCARCE_DAYS).sum()),
        gone=percent(sold[cover == 0].sum() / total, 1),
        none=number((cover == 0).sum()),
    )
    frame = rows.assign(days_of_cover=cover).sort_values("days_of_cover", kind="stable", ignore_index=True)
    return Listed({"stock_cover": frame}, text)


@or_not_possible
def deliveries(
    dataset: Dataset, result: Contribution, promised_days: int | None = None
) -> Listed | NotPossible:
    """Look at the deliveries of the months of ``result``: how late they come, and what did not arrive.

    Lists class A customers, and all together: ``deliveries``, ``typical_days`` (median days until arrival),
    ``late_share``, ``short_share`` and ``lacking_value`` (money, at the order's prices). An order is late
    after ``promised_days``; None: twice the median. What is under way counts once it is late, not before.
    """
    if "delivered" not in dataset.tables.get("deliveries", frozenset()):
        missing = _("A table 'deliveries' with ordered and delivered would show how late they come.")
        return NotPossible(missing)
    since = window_start(dataset.as_of, result.months)
    rows = dataset.query("delivery_days", since=since, least=smallest_of_class_a(result))
    arrived = rows["delivered"].notna()
    if not arrived.any():
        return NotPossible(_("No delivery arrived in these months."))
    rows["days"] = (rows["delivered"].fillna(pd.Timestamp(dataset.as_of)) - rows["ordered"]).dt.days
    promised = promised_days or max(2 * int(_median(rows)), 1)
    rows["late"] = rows["deliveries"].where(rows["days"] > promised, 0)
    rows = rows[arrived | (rows["late"] > 0)]
    best, every = _summed(rows[rows["is_best"] == 1]), _summed(rows)
    text = _("{share} of deliveries take more than {days} days.")
    if best["deliveries"]:
        text = _("{best} of deliveries to A customers take more than {days} days, and {share} of all.")
    text = text.format(
        share=percent(every["late_share"], 1),
        days=number(promised),
        best=percent(best["late_share"], 1) if best["deliveries"] else "–",
    )
    worth, short = None, _("quantity_ordered and quantity_delivered would show what did not arrive.")
    if pd.notna(every["short_share"]):
        worth, short = every["lacking_value"], _("{short} arrive short; what is lacking is worth {value}.")
    value = money(every["lacking_value"], dataset.currency)
    text = f"{text} {short.format(short=percent(every['short_share'], 1), value=value)}"
    late = float(best["late_share"] if best["deliveries"] else every["late_share"])
    action = _("Set stock and transport aside for the orders of A customers.")
    good = False if worth or late > every["late_share"] else None
    found = Finding(
        "profitability.late", text, late, "share", worth, good, action, float(every["late_share"])
    )
    frame = pd.DataFrame([{"group": _("A customers")} | best, {"group": _("Together")} | every])
    return Listed({"deliveries": frame}, text, found)


def _summed(rows: pd.DataFrame) -> dict[str, float]:
    """Return the columns of `deliveries` for some of its rows."""
    numbers = ["deliveries", "late", "short", "units_ordered", "lacking_value"]
    sums = rows[numbers].astype("float64").sum(min_count=1)
    return {
        "deliveries": float(rows["deliveries"].sum()),
        "typical_days": _median(rows),
        "late_share": sums["late"] / sums["deliveries"],
        "short_share": sums["short"] / sums["deliveries"] if sums["units_ordered"] > 0 else float("nan"),
        "lacking_value": sums["lacking_value"],
    }


def _median(rows: pd.DataFrame) -> float:
    """Return the days within which half of the deliveries that arrived did so."""
    arrived = rows[rows["delivered"].notna()]
    days = arrived["days"].repeat(arrived["deliveries"].astype(int).tolist())
    return float(days.quantile(interpolation="lower"))
