"""How much hangs on a few customers: Lorenz curve, Gini, life without the largest, and the trend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, date, listing, money, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.owners import called, named
from analysis.periods import begins_whole
from analysis.result import Finding, Listed, never_bought, only_returned

if TYPE_CHECKING:
    from analysis.dataset import Dataset

TOP_PERCENT = (1, 5, 10, 20)
LARGEST = (1, 5, 10)
GOAL = 0.80
MAJOR = 0.10
"""Share of sales from which a customer is a major one, on whom a company says that it depends (IFRS 8.34)."""
_CURVE_POINTS = 500
_ROUNDING = 1e-9
_KNOWN = ("customer_id", "name", "owner", "purchase_days", "last_purchase")


@dataclass(frozen=True, kw_only=True)
class Concentration(Listed):
    """How a total is spread over customers.

    Attributes
    ----------
    gini
        0 where all have the same value, near 1 where one has everything; above 1 only where some are below 0.
    customers_for_80, share_for_80
        The fewest customers who together make 80 % of the total, and their share of all.
    curve
        Lorenz curve: ``share_of_customers``, smallest first, and their ``share_of_sales``.
    """

    name: ClassVar[str] = "lorenz"
    is_drawn: ClassVar[bool] = True
    customers: int
    gini: float
    customers_for_80: int
    share_for_80: float
    curve: pd.DataFrame


def concentration(
    customers: pd.DataFrame, value: str = "net_sales", dataset: Dataset | None = None
) -> Concentration | NotPossible:
    """Return how ``value``, a column with money, is spread over customers, one per row.

    The largest are named as far as ``dataset`` knows their names.

    Notes
    -----
    With values sorted upwards, Gini = Σ (2i − n − 1) · xᵢ ÷ (n · Σ xᵢ), which is 1 − 2 × the area
    under the Lorenz curve.

    Examples
    --------
    >>> import pandas as pd
    >>> found = concentration(pd.DataFrame({"net_sales": [10, 20, 30, 40, 100]}))
    >>> found.customers_for_80, round(found.gini, 2)
    (3, 0.4)
    """
    rising = np.sort(customers[value].to_numpy(dtype="float64"))
    count, total = len(rising), float(rising.sum())
    if total <= _ROUNDING * np.abs(rising).sum():
        return NotPossible(_("Net sales add up to zero or less: nobody can have a share of them."))
    falling, ranks = np.cumsum(rising[::-1]), np.arange(1, count + 1)
    gini = float(((2 * ranks - count - 1) * rising).sum() / (count * total))
    few = 1 + int(np.argmax(falling >= GOAL * total - _ROUNDING * total))
    top = pd.DataFrame({"top": TOP_PERCENT, "customers": [-(-count * one // 100) for one in TOP_PERCENT]})
    top["net_sales"] = falling[top["customers"] - 1]
    top = top.assign(top=top["top"] / 100, share_of_sales=top["net_sales"] / total)
    without = pd.DataFrame({"largest": [one for one in LARGEST if one < count] or [count]})
    without["sales_lost"] = falling[without["largest"] - 1]
    without = without.assign(left=total - without["sales_lost"], share_lost=without["sales_lost"] / total)
    points = np.linspace(0, count, min(count, _CURVE_POINTS) + 1).round().astype(int)
    below = np.append(0, np.cumsum(rising))[points] / total
    ranked = customers.loc[customers[value] >= rising[-10:][0]].filter([*_KNOWN, value])
    ranked = ranked.assign(share_of_sales=ranked[value] / total)
    principal = ranked.sort_values(ranked.columns[0], kind="stable").nlargest(10, value)
    if dataset is not None:
        principal = named(dataset, principal)
    share = few / count
    text = ngettext(
        "It takes {few} of {customers} customers ({share}) to make 80% of net sales; without the largest one "
        "these would be {lost} lower.",
        "It takes {few} of {customers} customers ({share}) to make 80% of net sales; without the {most} "
        "largest these would be {lost} lower.",
        int(without["largest"].iloc[-1]),
    ).format(
        few=number(few),
        customers=number(count),
        share=percent(share, 1),
        most=number(without["largest"].iloc[-1]),
        lost=percent(without["share_lost"].iloc[-1], 1),
    )
    text = f"{text} {only_returned(never_bought(customers))}".strip()
    return Concentration(
        {"top": top, "without": without, "largest": principal},
        text,
        Finding("portfolio.customers_for_80", text, share, "share"),
        _("{share} of customers make 80% of net sales").format(share=percent(share, 1)),
        customers=count,
        gini=gini,
        customers_for_80=few,
        share_for_80=share,
        curve=pd.DataFrame({"share_of_customers": points / count, "share_of_sales": below}),
    )


@dataclass(frozen=True, kw_only=True)
class ConcentrationTrend(Listed):
    """How concentrated net sales were in each year.

    Its table has one row per year that ends on the day of ``as_of``: ``until`` (its last day), ``customers``,
    ``top_ten`` and ``top_fifth`` (shares of net sales of the ten largest and of the largest 20 %), ``gini``,
    and who ``entered`` and ``left`` the ten largest since the year before.
    """

    name: ClassVar[str] = "concentration_trend"
    is_drawn: ClassVar[bool] = True


def concentration_trend(dataset: Dataset) -> ConcentrationTrend | NotPossible:
    """Return how concentrated net sales were in each of the years that end on the day of ``as_of``.

    A year whose beginning was not recorded is left out.
    """
    years, as_of = dataset.gathered(_by_year), dataset.as_of
    first_day = dataset.query("coverage")["first_date"].iloc[0].date()
    largest, before = pd.DataFrame(), pd.Series(dtype="object")
    rows: list[dict[str, Any]] = []
    for year, part in years.groupby("year"):
        until = pd.Timestamp(as_of) - pd.DateOffset(years=as_of.year - int(str(year)))
        start = until - pd.DateOffset(years=1) + pd.Timedelta(days=1)
        result = concentration(part)
        if isinstance(result, NotPossible) or not begins_whole(start, first_day, "year"):
            continue
        largest = named(dataset, result.shown["largest"])
        now = called(largest).set_axis(largest["customer_id"])
        rows.append(
            {
                "until": until,
                "customers": result.customers,
                "top_ten": float(largest["share_of_sales"].sum()),
                "top_fifth": float(result.shown["top"]["share_of_sales"].iloc[-1]),
                "gini": result.gini,
                "entered": listing([*now.drop(before.index, errors="ignore")] if len(before) else []),
                "left": listing([*before.drop(now.index, errors="ignore")]),
            }
        )
        before = now
    if len(rows) < 2:
        return NotPossible(_("The trend of concentration takes two whole years of sales."))
    first, last = rows[0], rows[-1]
    text = _("The ten largest made {now} of net sales in the year to {until}, {before} in that to {first}")
    text = text.format(
        now=percent(last["top_ten"], 1),
        until=date(last["until"]),
        before=percent(first["top_ten"], 1),
        first=date(first["until"]),
    )
    return ConcentrationTrend(
        {"concentration_trend": pd.DataFrame(rows)},
        text,
        _major(largest, last["until"], dataset.currency),
    )


def _by_year(dataset: Dataset) -> pd.DataFrame:
    """Return net sales of each customer in each ``year`` that ends on the day of ``as_of``."""
    rows = dataset.query("customer_years", ["customer_id", "year", "later", "net_sales"])
    year = (rows["year"] + rows["later"]).astype("int16").rename("year")
    return rows.groupby(["customer_id", year], sort=False)["net_sales"].sum().reset_index()


def _major(largest: pd.DataFrame, until: pd.Timestamp, currency: str | None) -> Finding | None:
    """Return the finding on the largest customer of a year, if it is a major one: its sales are at stake."""
    first = largest.iloc[0]
    if first["share_of_sales"] < MAJOR:
        return None
    name = str(called(largest).iloc[0])
    text = _("{name} alone makes {share} of the net sales of the year to {day}: {money}.").format(
        name=name,
        share=percent(first["share_of_sales"], 1),
        day=date(until),
        money=money(first["net_sales"], currency),
    )
    action = _("Agree on a contract with {name}, and see who could make up for it.").format(name=name)
    found = (float(first["share_of_sales"]), "share", float(first["net_sales"]))
    return Finding("portfolio.major_customer", text, *found, good=False, action=action, usual=MAJOR)
