"""Simple LTV: one number for every customer, and what it hides."""

from __future__ import annotations

import datetime as dt
from typing import TypeVar

import numpy as np
import pandas as pd

from analysis.language import _, money, number, percent
from analysis.ltv.value import DAYS_PER_YEAR

Money = TypeVar("Money", float, "pd.Series[float]")
TOP = 0.1  # share of customers shown against the one number


def simple_ltv(revenue_per_year: Money, years: Money, acquisition_cost: Money) -> Money:
    """Return the simple lifetime value: revenue per year × years the relation lasts − CAC.

    Examples
    --------
    >>> simple_ltv(5_000, 10, 3_000)
    47000
    """
    return revenue_per_year * years - acquisition_cost


def simple_inputs(customers: pd.DataFrame, as_of: dt.date) -> tuple[float, float]:
    """Work out what the simple formula needs from the customer table.

    Both are taken over the same time, from each customer's first purchase to ``as_of``, so that their product
    is what the average customer has bought so far.

    Returns
    -------
    tuple of float
        Mean net sales per customer and year, and the mean years since a customer's first purchase. Both 0
        where nobody came before ``as_of``.
    """
    bought = customers[customers["first_purchase"].notna()]
    age = (pd.Timestamp(as_of) - bought["first_purchase"]).dt.days.sum() / DAYS_PER_YEAR
    if bought.empty or age == 0:
        return 0.0, 0.0
    return float(bought["net_sales"].sum() / age), float(age / len(bought))


def simple_table(revenue_per_year: float, years: float, acquisition_cost: float) -> pd.DataFrame:
    """Put the simple formula's textbook example and this portfolio side by side.

    Parameters
    ----------
    revenue_per_year, years, acquisition_cost
        Of this portfolio, see `simple_inputs`.

    Returns
    -------
    pandas.DataFrame
        ``what``, ``revenue_per_year`` (money), ``years``, ``acquisition_cost`` and ``ltv`` (money).
    """
    rows = [
        (_("Textbook example"), 5_000.0, 10.0, 3_000.0),
        (_("This portfolio"), revenue_per_year, years, acquisition_cost),
    ]
    table = pd.DataFrame(rows, columns=["what", "revenue_per_year", "years", "acquisition_cost"])
    return table.assign(ltv=simple_ltv(table["revenue_per_year"], table["years"], table["acquisition_cost"]))


def simple_sentence(
    revenue_per_year: float, years: float, acquisition_cost: float | None, currency: str | None
) -> str:
    """Say what the simple formula gives for this portfolio.

    Parameters
    ----------
    revenue_per_year, years
        As in `simple_table`.
    acquisition_cost
        Per customer in money; None where it is not known.
    currency
        ISO 4217 code, or None.
    """
    if not years:
        return _("The simple formula cannot be used: nobody has been a customer for a day or more.")
    values = {
        "ltv": money(simple_ltv(revenue_per_year, years, acquisition_cost or 0.0), currency, 2),
        "revenue": money(revenue_per_year, currency, 2),
        "years": number(years, 2),
    }
    if acquisition_cost is None:
        return _(
            "By the simple formula a customer is worth {ltv}, before what it costs to win: {revenue} a year "
            "for {years} years."
        ).format(**values)
    return _(
        "By the simple formula a customer is worth {ltv}: {revenue} a year for {years} years, less {cost} to "
        "acquire it."
    ).format(cost=money(acquisition_cost, currency, 2), **values)


def simple_misses_sentence(
    simple: float, values: pd.DataFrame, customers: pd.DataFrame, currency: str | None
) -> str:
    """Say how far the simple formula is from what single customers bring.

    Parameters
    ----------
    simple
        The simple lifetime value of this portfolio before the cost to acquire, in net sales.
    values
        The result of `clv`.
    customers
        ``sql/customers.sql`` for the same day.
    currency
        ISO 4217 code, or None.
    """
    net = values["customer_id"].map(customers.set_index("customer_id")["net_sales"].astype("float64"))
    whole = (net + values["expected_purchases"] * values["expected_spend"]).to_numpy(float)
    best = np.sort(whole)[::-1][: max(round(len(whole) * TOP), 1)]
    return _(
        "Before the cost to acquire, the simple formula says {simple} of every customer. With what each has "
        "bought and is expected to buy within the horizon, {below} of customers come to less than half of "
        "that, and the best {top} to {best} each on average."
    ).format(
        simple=money(simple, currency, 2),
        below=percent(float((whole < simple / 2).mean())),
        top=percent(TOP),
        best=money(float(best.mean()), currency, 2),
    )
