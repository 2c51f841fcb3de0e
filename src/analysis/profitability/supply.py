"""What stands behind the best customers: stock of what they buy, deliveries late or short."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import N_, _, money, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.profitability.contribution import Contribution, window_start
from analysis.result import Finding, Result
from analysis.segmentation.abc_classes import abc
from analysis.statistics import wilson

if TYPE_CHECKING:
    from analysis.dataset import Dataset

RECENT_DAYS = 90
SCARCE_DAYS = 15
BANDS = (
    N_("none"),
    N_("under 15 days"),
    N_("15–30 days"),
    N_("30–60 days"),
    N_("60–90 days"),
    N_("over 90 days"),
)
_EDGES = (-np.inf, 0.0, SCARCE_DAYS, 30, 60, 90, np.inf)


def smallest_of_class_a(result: Contribution) -> float:
    """Return the net sales from which a customer is class A; infinite where there is no such class."""
    classes = abc(result.frame)
    if isinstance(classes, NotPossible):
        return float("inf")
    best = classes.customers.loc[classes.customers["abc"] == "A", "net_sales"]
    return float(best.min()) - 0.005  # a sum of cents may stand a hair below itself


@dataclass(frozen=True)
class StockCover(Result):
    """For how many days the stock lasts of what class A customers buy.

    Attributes
    ----------
    frame
        One row per product sold in the last 90 days that stands in the stock, those first that class A buys
        most of: ``product_id``, ``best_sales`` (money sold to class A in these days), ``units_per_day`` (sold
        to anybody), ``on_hand`` (units) and ``days_of_cover``, on hand ÷ units a day.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "stock_cover"
    frame: pd.DataFrame
    currency: str | None = None

    def bands(self) -> pd.DataFrame:
        """Return for each of `BANDS` of days of cover ``products`` and the ``share`` of what class A buys."""
        band = pd.cut(self.frame["days_of_cover"], list(_EDGES), labels=list(BANDS))
        sums = self.frame.groupby(band, observed=False)["best_sales"].agg(["size", "sum"])
        total = float(sums["sum"].sum())
        return pd.DataFrame(
            {
                "cover": [_(name) for name in BANDS],
                "products": sums["size"].to_numpy(),
                "share": sums["sum"].to_numpy() / (total or float("nan")),
            }
        )

    def scarce(self) -> pd.DataFrame:
        """Return the products whose stock lasts less than 15 days, those first that class A buys most of."""
        return self.frame[self.frame["days_of_cover"] <= SCARCE_DAYS].reset_index(drop=True)

    def title(self) -> str:
        """Return the share of what class A buys that is scarce."""
        share = float(self.bands()["share"].iloc[:2].sum())
        return _("{share} of what A customers buy lasts less than {days} days").format(
            share=percent(share, 1), days=number(SCARCE_DAYS)
        )

    def sentence(self) -> str:
        """Say what is scarce, and what is not there at all."""
        bands = self.bands()
        return _(
            "{title}: {products} products, {none} of them out of stock ({gone} of what A customers bought in "
            "the last {recent} days)."
        ).format(
            title=self.title(),
            products=number(bands["products"].iloc[:2].sum()),
            none=number(bands["products"].iloc[0]),
            gone=percent(bands["share"].iloc[0], 1),
            recent=number(RECENT_DAYS),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the products that are scarce."""
        scarce = self.scarce()
        return {"scarce": scarce} if len(scarce) else {}

    def notes(self) -> list[str]:
        """Return the sentence."""
        return [self.sentence()]


@or_not_possible
def stock_cover(dataset: Dataset, result: Contribution) -> StockCover | NotPossible:
    """Work out for how many days the stock lasts of what class A customers buy.

    Parameters
    ----------
    dataset
        The data set, with a table ``stock`` and sales by product and quantity.
    result
        The contribution margin of each customer, whose net sales class them.
    """
    if "stock" not in dataset.tables or not {"product_id", "quantity"} <= dataset.columns:
        return NotPossible(
            _(
                "The stock is not known: a table 'stock' with product_id and on_hand, beside product_id and "
                "quantity in the sales, would show what the best customers may soon not get."
            )
        )
    rows = dataset.query(
        "product_cover",
        since=dataset.as_of - dt.timedelta(days=RECENT_DAYS),
        window_start=window_start(dataset.as_of, result.months),
        least=smallest_of_class_a(result),
    )
    if not rows["best_sales"].astype("float64").sum() > 0:
        return NotPossible(_("Class A bought nothing lately that stands in the stock."))
    return StockCover(cover_of(rows), dataset.currency)


def cover_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `StockCover` from those of ``sql/product_cover.sql``."""
    per_day = rows["units"].astype("float64") / RECENT_DAYS
    on_hand = rows["on_hand"].astype("float64")
    return pd.DataFrame(
        {
            "product_id": rows["product_id"],
            "best_sales": rows["best_sales"].astype("float64"),
            "units_per_day": per_day,
            "on_hand": on_hand,
            "days_of_cover": on_hand.clip(lower=0) / per_day,
        }
    )


@dataclass(frozen=True)
class Deliveries(Result):
    """How late deliveries come and how often they fall short, for class A and all others.

    Attributes
    ----------
    by_month
        By month of the order: ``month``, ``deliveries``, ``late_share`` with ``late_low`` and ``late_high``
        (95 % interval), ``short_share`` (missing where quantities are not known).
    by_class
        The same for class A customers, all others, and together (``group``), with ``typical_days`` (median
        days until arrival), ``units_lacking`` (share of the units ordered that did not arrive) and
        ``lacking_value`` (money of these at their order's prices).
    promised
        Days within which an order is in time.
    is_given
        Whether these were set; else they are twice the median.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "deliveries"
    by_month: pd.DataFrame
    by_class: pd.DataFrame
    promised: int
    is_given: bool = False
    currency: str | None = None

    def title(self) -> str:
        """Return the share of deliveries that is late."""
        return _("{share} of deliveries take more than {days} days").format(
            share=percent(self.by_class["late_share"].iloc[-1], 1), days=number(self.promised)
        )

    def sentence(self) -> str:
        """Say how late deliveries come, to whom, and what did not arrive."""
        best, every = self.by_class.iloc[0], self.by_class.iloc[-1]
        said = _("{title} ({best} of those to A customers); half arrive within {typical}.").format(
            title=self.title(),
            best=percent(best["late_share"], 1) if best["deliveries"] else "–",
            typical=number(every["typical_days"]),
        )
        if pd.isna(every["short_share"]):
            return said
        return (
            said
            + " "
            + _("{short} arrive short; what did not come is worth {value}.").format(
                short=percent(every["short_share"], 1), value=money(every["lacking_value"], self.currency)
            )
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return class A and the others."""
        known = self.by_class.dropna(axis="columns", how="all")
        return {"deliveries": known}

    def findings(self) -> list[Finding]:
        """Return the share that is late; the money is what did not arrive."""
        every = self.by_class.iloc[-1]
        value = None if pd.isna(every["lacking_value"]) else float(every["lacking_value"])
        return [Finding("profitability.late", self.sentence(), every["late_share"], "share", value)]

    def notes(self) -> list[str]:
        """Say what late means, and what would show unmet demand."""
        said = _(
            "An order counts as late after {days} days, twice the median: set promised_days to your own."
        )
        notes = [] if self.is_given else [said.format(days=number(self.promised))]
        if pd.isna(self.by_class["short_share"].iloc[-1]):
            notes.append(
                _(
                    "Unmet demand is not known: the columns quantity_ordered and quantity_delivered of the "
                    "deliveries would show it."
                )
            )
        return notes


@or_not_possible
def deliveries(
    dataset: Dataset, result: Contribution, promised_days: int | None = None
) -> Deliveries | NotPossible:
    """Look at the deliveries of the months of ``result``: how late they come, and what did not arrive.

    Parameters
    ----------
    dataset
        The data set, with a table ``deliveries``.
    result
        The contribution margin of each customer, whose net sales class them.
    promised_days
        Days within which an order is in time; None: twice the median.
    """
    if "delivered" not in dataset.tables.get("deliveries", frozenset()):
        return NotPossible(
            _(
                "Deliveries are not known: a table 'deliveries' with ordered and delivered, and "
                "quantity_ordered and quantity_delivered, would show how late they come and what does not "
                "arrive."
            )
        )
    since = window_start(dataset.as_of, result.months)
    rows = dataset.query("delivery_days", since=since, least=smallest_of_class_a(result))
    return deliveries_of(rows, dataset.as_of, promised_days, dataset.currency)


def deliveries_of(
    rows: pd.DataFrame, as_of: dt.date, promised_days: int | None = None, currency: str | None = None
) -> Deliveries | NotPossible:
    """Return lateness and shortness by month and class.

    What is under way counts once it is late, and not before.

    Parameters
    ----------
    rows
        The rows of ``sql/delivery_days.sql``.
    as_of
        The last day that counts.
    promised_days
        Days within which an order is in time; None: twice the median.
    currency
        ISO 4217 code, or None where it is not known.
    """
    numbers = ["units_ordered", "units_lacking", "lacking_value"]
    frame = rows.assign(
        days=(rows["delivered"].fillna(pd.Timestamp(as_of)) - rows["ordered"]).dt.days,
        month=rows["ordered"].dt.to_period("M").dt.to_timestamp(),
        **rows[numbers].astype("float64"),
    )
    arrived = frame[frame["delivered"].notna()]
    if arrived.empty:
        return NotPossible(_("No delivery arrived in these months."))
    promised = promised_days or max(2 * int(_median(arrived)), 1)
    frame = frame[frame["delivered"].notna() | (frame["days"] > promised)]
    frame = frame.assign(late=frame["deliveries"].where(frame["days"] > promised, 0))
    by_month = _shares(frame.groupby("month")[["deliveries", "late", "short", *numbers]].sum(min_count=1))
    low, high = wilson(by_month["late_share"], by_month["deliveries"])
    by_month.insert(3, "late_low", low)
    by_month.insert(4, "late_high", high)
    groups = {_("A customers"): frame["is_best"] == 1, _("Others"): frame["is_best"] == 0}
    groups[_("Together")] = pd.Series(data=True, index=frame.index)
    sums = {
        name: frame[those][["deliveries", "late", "short", *numbers]].sum(min_count=1)
        for name, those in groups.items()
    }
    by_class = _shares(pd.DataFrame(sums).T.rename_axis("group"))
    by_class.insert(
        2, "typical_days", [_median(frame[those & frame["delivered"].notna()]) for those in groups.values()]
    )
    columns = ["month", "deliveries", "late_share", "late_low", "late_high", "short_share"]
    return Deliveries(by_month[columns], by_class, promised, promised_days is not None, currency)


def _shares(sums: pd.DataFrame) -> pd.DataFrame:
    """Return shares of deliveries and of units from their sums; ``late_share`` and ``short_share`` lead."""
    known = sums["units_ordered"].where(sums["units_ordered"] > 0)
    count = sums["deliveries"].fillna(0)
    frame = pd.DataFrame(
        {
            "deliveries": count.astype(int),
            "late_share": sums["late"] / count.where(count > 0),
            "short_share": (sums["short"] / count.where(count > 0)).where(known.notna()),
            "units_lacking": sums["units_lacking"] / known,
            "lacking_value": sums["lacking_value"],
        }
    )
    return frame.reset_index()


def _median(rows: pd.DataFrame) -> float:
    """Return the median of ``days``, each as often as there are deliveries; missing where there are none."""
    ordered = rows.sort_values("days")
    reached = ordered["deliveries"].cumsum() >= ordered["deliveries"].sum() / 2
    return float(ordered.loc[reached, "days"].iloc[0]) if len(ordered) else float("nan")
