"""From the customer table to the four numbers that the lifetime models need."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.language import _, number
from analysis.ltv.estimation.equal_histories import Counts, count
from analysis.not_possible import NotPossible
from analysis.result import Result, currency_of

if TYPE_CHECKING:
    from analysis.dataset import Dataset

Floats = npt.NDArray[np.float64]
Unit = Literal["day", "week"]
DAYS: dict[Unit, int] = {"day": 1, "week": 7}
TYPICAL_PURCHASES = 10
COLUMNS = [
    *("customer_id", "first_purchase", "last_purchase", "x", "sales", "net_sales", "repeat_value"),
]
"""Columns of ``sql/customers.sql`` that a summary is made of."""
SILENT_GAPS = 3  # an example customer is "silent" after this many of its own usual gaps


@dataclass(frozen=True)
class Summary:
    """What the lifetime models know of each customer, in one time unit.

    Attributes
    ----------
    frame
        One row per customer that ever bought: ``customer_id``; ``first_purchase``, ``last_purchase``;
        ``x`` repeat purchases (purchase days after the first); ``t_x`` age at the last purchase and
        ``T`` age at the end, both in ``unit``; ``z`` mean money per repeat purchase day, net of the
        customer's own returns (see `kept_share`), missing where ``x`` is 0.
    unit
        The time unit of ``t_x`` and ``T``. Days of purchase are counted, whatever the unit: counting
        *weeks* with a purchase would be another model.
    as_of
        The last day that counts.
    currency
        ISO 4217 code, or None where it is not known.
    content
        What tells the data set from others, so that what is computed of it is kept; None: of no data set.
    """

    frame: pd.DataFrame
    unit: Unit
    as_of: dt.date
    currency: str | None = None
    content: str | None = None

    @property
    def repeat_buyers(self) -> int:
        """Customers with at least one repeat purchase."""
        return int((self.frame["x"] > 0).sum())

    @property
    def history(self) -> tuple[Floats, Floats, Floats]:
        """``x``, ``t_x`` and ``T`` of each customer."""
        x, t_x, t = (self.frame[name].to_numpy(np.float64) for name in ("x", "t_x", "T"))
        return x, t_x, t

    @cached_property
    def counts(self) -> Counts:
        """The histories, each with the number of customers that share it."""
        return count(*self.history)


@dataclass(frozen=True)
class Histories:
    """The histories of all customers, each with the number of customers that share it.

    Attributes
    ----------
    counts
        The histories, times in ``unit``.
    unit, content
        See `Summary`.
    """

    counts: Counts
    unit: Unit
    content: str | None = None

    @property
    def repeat_buyers(self) -> int:
        """Customers with at least one repeat purchase."""
        return int(self.counts.weights[self.counts.purchases[self.counts.x] > 0].sum())


def histories(dataset: Dataset, unit: Unit = "week") -> Histories:
    """Return the histories of all customers of a data set, counted by the engine.

    Models of purchases fitted to these are those fitted to the summary of all customers.

    Parameters
    ----------
    dataset
        The data set.
    unit
        ``"day"`` or ``"week"``: the unit of their times.
    """
    rows = dataset.query("histories")
    first, last = rows["first_purchase"], rows["last_purchase"]
    ages = ((until - first).dt.days / DAYS[unit] for until in (last, pd.Timestamp(dataset.as_of)))
    numbers = (part.to_numpy(np.float64) for part in (rows["x"], *ages, rows["customers"]))
    return Histories(count(*numbers), unit, dataset.content)


def summary_of(dataset: Dataset, unit: Unit = "week") -> Summary:
    """Return the summary of all customers of a data set, read in parts where these are many.

    Parameters
    ----------
    dataset
        The data set.
    unit
        See `summarise`.
    """
    parts = [summarise(part.query("customers", COLUMNS), dataset.as_of, unit) for part in dataset.batches()]
    return replace(parts[0], frame=pd.concat([part.frame for part in parts], ignore_index=True))


def summarise(customers: pd.DataFrame, as_of: dt.date, unit: Unit = "week") -> Summary:
    """Turn the customer table into the summary of the lifetime models.

    Parameters
    ----------
    customers
        The result of ``sql/customers.sql``.
    as_of
        The last day that counts, the one the table was made for.
    unit
        ``"day"`` or ``"week"``: the unit of ``t_x`` and ``T``.

    Returns
    -------
    Summary
        One row per customer that ever bought.
    """
    bought = customers[customers["first_purchase"].notna()].reset_index(drop=True)
    first, last = pd.to_datetime(bought["first_purchase"]), pd.to_datetime(bought["last_purchase"])
    frame = pd.DataFrame(
        {
            "customer_id": bought["customer_id"],
            "first_purchase": first,
            "last_purchase": last,
            "x": bought["x"].astype("int64"),
            "t_x": (last - first).dt.days / DAYS[unit],
            "T": (pd.Timestamp(as_of) - first).dt.days / DAYS[unit],
            "z": bought["repeat_value"].astype("float64") * kept_share(bought),
        }
    )
    return Summary(frame, unit, as_of, currency_of(customers), customers.attrs.get("content"))


def kept_share(customers: pd.DataFrame) -> pd.Series:
    """Return the share of the money sold to each customer that stayed after returns.

    Net sales ÷ sales of the customer, between 0 and 1; 1 where nothing was sold for money. Returns do not
    say which purchase they undo, so they lower all of them alike.

    Parameters
    ----------
    customers
        The result of ``sql/customers.sql``.
    """
    sold = customers["sales"].astype("float64")
    return (customers["net_sales"].astype("float64") / sold.where(sold > 0)).clip(0, 1).fillna(1.0)


def name_units(frame: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """Return ``frame`` with the time unit in the names of the columns that have one."""
    return frame.rename(columns={name: f"{name}_{unit}s" for name in ("t_x", "T", "gap")})


def weeks_in(unit: Unit, weeks: float) -> float:
    """Return so many weeks in ``unit``."""
    return weeks * DAYS["week"] / DAYS[unit]


def unit_name(unit: Unit) -> str:
    """Return the unit as a word for labels: ``days`` or ``weeks``."""
    return _("days") if unit == "day" else _("weeks")


@dataclass(frozen=True)
class OneCustomer(Result):
    """One customer's purchases on a line of time.

    Attributes
    ----------
    row
        The customer's row of the summary.
    purchases
        ``sql/customer_purchases.sql``: ``date`` and ``sales`` of each purchase day.
    unit
        Time unit of the row.
    as_of
        The last day that counts.
    """

    name: ClassVar[str] = "timeline"
    row: pd.Series
    purchases: pd.DataFrame
    unit: Unit
    as_of: dt.date

    def title(self) -> str:
        """Return the history: how many purchases, how often, and how long it has been silent."""
        row = self.row
        return _(
            "Customer {customer}: {days} purchases, one every {gap} {unit}, then {silence} {unit} of silence"
        ).format(
            customer=row["customer_id"],
            days=number(row["x"] + 1),
            gap=number(row["t_x"] / row["x"], 1),
            silence=number(row["T"] - row["t_x"], 1),
            unit=unit_name(self.unit),
        )


def example_customer(dataset: Dataset, summary: Summary) -> OneCustomer | NotPossible:
    """Pick the customer whose history explains the model; ``NotPossible`` where nobody bought twice."""
    row = silent_after_a_pace(summary.frame)
    if row is None:
        return NotPossible(
            _("Nobody has bought on two different days, so there is no history of repeat purchases to show.")
        )
    bought = dataset.query("customer_purchases", customer_id=row["customer_id"], as_of=summary.as_of)
    return OneCustomer(row, bought, summary.unit, summary.as_of)


def silent_after_a_pace(frame: pd.DataFrame) -> pd.Series | None:
    """Return the customer who was busy once and is silent now.

    Among the customers silent for at least three of their own usual gaps (where there are none, among
    all who bought again), the one whose repeat purchases are closest to ten: enough to show a pace, few
    enough to count. None where nobody bought twice.
    """
    x, t_x, t = (frame[name].to_numpy(np.float64) for name in ("x", "t_x", "T"))
    repeat = (x > 0) & (t_x > 0)
    silent = repeat & (t - t_x >= SILENT_GAPS * t_x / np.maximum(x, 1))
    rows = np.flatnonzero(silent if silent.any() else repeat)
    if not len(rows):
        return None
    distance = np.abs(x[rows] - TYPICAL_PURCHASES)
    alike = frame.iloc[rows[distance == distance.min()]]
    first: pd.Series = alike.sort_values(["t_x", "customer_id"], ascending=[False, True]).iloc[0]
    return first
