"""Discount discipline: who gives how much, against what others give on like purchases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, duration, money, number, percent
from analysis.not_possible import NotPossible
from analysis.profitability.contribution import window_start
from analysis.result import Finding, Result

if TYPE_CHECKING:
    from analysis.dataset import Dataset

POINT = 0.01
GROUPS = {
    "salesperson": "discounts_by_salesperson",
    "sector": "discounts_by_sector",
    "category": "discounts_by_category",
}
"""By what discounts are compared, and the table of each."""


@dataclass(frozen=True)
class Discounts(Result):
    """Discounts by salesperson, sector and category over the months to ``as_of``.

    Attributes
    ----------
    by
        For each of ``salesperson``, ``sector`` and ``category`` that the data know, one row per value, the
        highest discount first: ``group``, ``gross_sales``, ``discounts`` (money given), ``discount_rate``,
        ``like_rate`` (what the others give on like purchases: of the same category by the same type of
        customer), ``excess`` (given beyond that, in money; below zero: less) and ``point`` (what a point of
        discount costs).
    rate
        Discounts ÷ gross sales of all.
    gross_sales
        Of all, in money.
    spread
        Standard deviation of the discount rate of like purchases, each weighing as its gross sales.
    months
        How many are counted.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "discounts"
    by: dict[str, pd.DataFrame]
    rate: float
    gross_sales: float
    spread: float
    months: int
    currency: str | None = None

    @property
    def first(self) -> pd.DataFrame:
        """The groups to draw: salespeople where they are known, else sectors, else categories."""
        return next(iter(self.by.values()))

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether there are groups to compare."""
        return bool(self.by) and len(self.first) > 1

    def title(self) -> str:
        """Return the highest and the lowest discount."""
        high, low = self.first.iloc[0], self.first.iloc[-1]
        return _("From {low} to {high} of discount: {least} gives least, {most} most").format(
            low=percent(low["discount_rate"], 1),
            high=percent(high["discount_rate"], 1),
            least=low["group"],
            most=high["group"],
        )

    def sentence(self) -> str:
        """Say what is given, by whom more than by others on like purchases, and what a point costs."""
        said = _("Discounts take {rate} off gross sales; each point costs {point} in {months}.").format(
            rate=percent(self.rate, 1),
            point=money(POINT * self.gross_sales, self.currency),
            months=duration(self.months, "month"),
        )
        if not self.is_drawn:
            return said
        worst = self.first.sort_values("excess").iloc[-1]
        message = _(
            "{said} “{group}” gives {own} where others give {like} on like purchases, which comes to "
            "{excess}; the lowest is {low} (“{least}”)."
        )
        low = self.first.iloc[-1]
        return message.format(
            said=said,
            group=worst["group"],
            own=percent(worst["discount_rate"], 1),
            like=percent(worst["like_rate"], 1),
            excess=money(worst["excess"], self.currency),
            low=percent(low["discount_rate"], 1),
            least=low["group"],
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups of each kind."""
        return {GROUPS[name]: frame for name, frame in self.by.items()}

    def findings(self) -> list[Finding]:
        """Return the rate; the money is what the most generous gave beyond the others."""
        excess = max(float(self.first["excess"].max()), 0.0) if self.is_drawn else None
        good = None if excess is None else not excess > 0
        return [Finding("profitability.discounts", self.sentence(), self.rate, "share", excess, good)]

    def notes(self) -> list[str]:
        """Say how far discounts on like purchases spread."""
        return [
            _(
                "Like purchases, of the same category by the same type of customer, spread by {spread} "
                "points (standard deviation) around their mean discount."
            ).format(spread=number(100 * self.spread, 1))
        ]


def discounts(dataset: Dataset, months: int = 12) -> Discounts | NotPossible:
    """Compare discounts by salesperson, sector and category.

    Parameters
    ----------
    dataset
        The data set.
    months
        How many to ``as_of`` are counted.
    """
    rows = dataset.query("discounts", since=window_start(dataset.as_of, months))
    if not rows["discounts"].astype("float64").sum() < 0:
        return NotPossible(
            _(
                "No discount is known: a column with the discount, or with the price before it "
                "(discount, discount_pct or gross_amount), would show who gives how much."
            )
        )
    known = dataset.tables.get("customers", frozenset())
    records = dataset.query("customer_records").set_index("customer_id") if known else pd.DataFrame()
    for name in ("sector", "type"):
        rows[name] = rows["customer_id"].map(records[name]) if name in known else None
    groups = [name for name in GROUPS if rows[name].notna().any()]
    return discounts_of(rows, groups, months, dataset.currency)


def discounts_of(
    rows: pd.DataFrame, groups: list[str], months: int = 12, currency: str | None = None
) -> Discounts:
    """Return the discounts by each of ``groups``.

    Parameters
    ----------
    rows
        The result of ``sql/discounts.sql`` with ``type`` and, where they are groups, other columns of the
        customer. A value that is not known is a group of its own.
    groups
        Names of columns.
    months
        How many are counted.
    currency
        ISO 4217 code, or None where it is not known.
    """
    frame = rows.assign(
        gross=rows["gross_sales"].astype("float64"),
        given=-rows["discounts"].astype("float64"),
        like=rows["category"].fillna("").astype("str") + "\n" + rows["type"].fillna("").astype("str"),
    )
    gross, given = float(frame["gross"].sum()), float(frame["given"].sum())
    sums = frame.groupby("like")[["gross", "given"]].transform("sum")
    own, usual = _rate(frame["given"], frame["gross"]), _rate(sums["given"], sums["gross"])
    spread = float(np.sqrt((frame["gross"] * (own - usual) ** 2).sum() / gross))
    by = {name: _by(frame, name) for name in groups}
    return Discounts(by, given / gross, gross, spread, months, currency)


def _by(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of `Discounts.by` for one kind of group.

    What others give on like purchases is worked out for each kind of purchase and weighed by the group's own
    gross sales; where nobody else makes that kind of sale, it is what the group itself gives. Groups of
    category, which others cannot sell, are set against the same type of customer.
    """
    frame = frame.assign(group=frame[name].fillna(_("(not known)")))
    if name == "category":
        frame["like"] = frame["type"].fillna("").astype("str")
    cells = frame.groupby(["group", "like"], as_index=False)[["gross", "given"]].sum()
    others = cells.groupby("like")[["gross", "given"]].transform("sum") - cells[["gross", "given"]]
    nobody = others["gross"] < POINT
    rate = _rate(others["given"], others["gross"]).mask(nobody, _rate(cells["given"], cells["gross"]))
    table = cells.assign(usual=rate * cells["gross"]).groupby("group")[["gross", "given", "usual"]].sum()
    table = pd.DataFrame(
        {
            "gross_sales": table["gross"],
            "discounts": table["given"],
            "discount_rate": _rate(table["given"], table["gross"]),
            "like_rate": _rate(table["usual"], table["gross"]),
            "excess": table["given"] - table["usual"],
            "point": POINT * table["gross"],
        }
    )
    return table.sort_values("discount_rate", ascending=False, kind="stable").reset_index()


def _rate(given: pd.Series, gross: pd.Series) -> pd.Series:
    return (given / gross.where(gross > 0)).fillna(0.0)
