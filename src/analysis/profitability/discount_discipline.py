"""Discount discipline: who gives how much, against what others give on like purchases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from analysis.language import _, duration, money, number, percent
from analysis.not_possible import NotPossible
from analysis.profitability.contribution import window_start
from analysis.result import Finding, Result

if TYPE_CHECKING:
    from analysis.dataset import Dataset

GROUPS = {
    "salesperson": "discounts_by_salesperson",
    "sector": "discounts_by_sector",
    "category": "discounts_by_category",
}
"""By what discounts are compared, and the table of each."""
_KINDS, _AMOUNTS = [*GROUPS, "type"], ["gross", "given", "above", "squares"]


@dataclass(frozen=True)
class Discounts(Result):
    """Discounts by salesperson, sector and category over the months to ``as_of``.

    Attributes
    ----------
    by
        By table of `GROUPS`, as the data allow, a row per value, the highest discount first: ``group``,
        ``gross_sales``, ``discounts`` (money given), ``discount_rate``, ``like_rate`` (what the others give
        on like purchases: of the same category by the same type of customer), ``excess`` (given beyond that,
        in money; below zero: less) and ``point`` (what a point of discount costs).
    spread
        Standard deviation of the discount rate of like purchases, each weighing as its gross sales.
    months, currency
        How many months are counted, and the ISO 4217 code where it is known.
    """

    name: ClassVar[str] = "discounts"
    by: dict[str, pd.DataFrame]
    spread: float
    months: int
    currency: str | None = None

    @property
    def first(self) -> pd.DataFrame:
        """The groups to draw: salespeople where they are known, else sectors, else categories."""
        return next(iter(self.by.values()))

    @property
    def worst(self) -> pd.Series:
        """The group, of those known, that gave most beyond the others on like purchases."""
        known = self.first[self.first["group"] != _("(not known)")]
        return known.sort_values("excess").iloc[-1]

    def title(self) -> str:
        """Return the lowest and the highest discount."""
        high, low = self.first.iloc[0], self.first.iloc[-1]
        return _("“{most}” gives {high} of discount, “{least}” {low}").format(
            low=percent(low["discount_rate"], 1),
            high=percent(high["discount_rate"], 1),
            least=low["group"],
            most=high["group"],
        )

    def sentence(self) -> str:
        """Say what is given, and by whom more than by others on like purchases."""
        worst, sums = self.worst, self.first[["discounts", "point"]].sum()
        rate = percent(sums["discounts"] / sums["point"] / 100, 1)
        said = _("Discounts take {rate} off gross sales.").format(rate=rate)
        if not worst["excess"] > 0:
            return said
        most = _(
            "“{group}” stands most beyond others on like purchases, with {own} against {like}: {excess} in "
            "{months}."
        )
        most = most.format(
            group=worst["group"],
            own=percent(worst["discount_rate"], 1),
            like=percent(worst["like_rate"], 1),
            excess=money(worst["excess"], self.currency),
            months=duration(self.months, "month"),
        )
        return f"{said} {most}"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups of each kind."""
        return self.by

    def findings(self) -> list[Finding]:
        """Return the rate of who gave most beyond the others; the money is what was given beyond them."""
        rate, usual, excess = (float(self.worst[name]) for name in ("discount_rate", "like_rate", "excess"))
        action = _("Agree on a ceiling of discounts for “{group}”.").format(group=self.worst["group"])
        found = Finding("profitability.discounts", self.sentence(), rate, "share", usual=usual)
        return [replace(found, money=excess, good=False, action=action) if excess > 0 else found]

    def notes(self) -> list[str]:
        """Say what a point of discount costs, and how far like purchases are apart."""
        said = _(
            "A point of discount costs {point} in {months}; the discounts of like purchases spread by "
            "{spread} points."
        )
        return [
            said.format(
                point=money(self.first["point"].sum(), self.currency),
                months=duration(self.months, "month"),
                spread=number(100 * self.spread, 1),
            )
        ]


def discounts(dataset: Dataset, months: int = 12) -> Discounts | NotPossible:
    """Compare discounts by salesperson, sector and category over the ``months`` to ``as_of``.

    A value that is not known is a group of its own.
    """
    frame = dataset.gathered(lambda part: _given(part, months))
    groups = [name for name in GROUPS if frame[name].notna().any()]
    if not (groups and frame["given"].sum() > 0):
        missing = _(
            "A discount (or gross_amount) by salesperson, sector or category would show who gives how much."
        )
        return NotPossible(missing)
    frame = frame.astype(dict.fromkeys(_KINDS, "object")).fillna(dict.fromkeys(_KINDS, _("(not known)")))
    sums = frame.groupby(["category", "type"])[_AMOUNTS].sum()
    like = _rate(sums["given"], sums["gross"])
    squares = (sums["squares"] - 2 * like * sums["above"] + like**2 * sums["gross"]).sum()
    spread = float(max(squares, 0.0) / sums["gross"].sum()) ** 0.5
    return Discounts({GROUPS[name]: _by(frame, name) for name in groups}, spread, months, dataset.currency)


def _given(dataset: Dataset, months: int) -> pd.DataFrame:
    """Return the discounts of the months by `_KINDS`, added up, as far as these are known.

    ``gross`` and ``given`` are money; for the spread, of the customers with gross sales, what was given
    (``above``) and the squares of that ÷ their gross sales.
    """
    rows = dataset.query("discounts", since=window_start(dataset.as_of, months))
    if known := dataset.tables.get("customers", frozenset()) & {"sector", "type"}:
        records = dataset.query("customer_records")[["customer_id", *known]]
        rows = rows.merge(records, "left", on="customer_id")
    gross, given = rows["gross_sales"].astype("float64"), -rows["discounts"].astype("float64")
    above = given.where(gross > 0, 0.0)
    squares = (above**2 / gross.where(gross > 0)).fillna(0.0)
    rows = rows.reindex(columns=_KINDS).assign(gross=gross, given=given, above=above, squares=squares)
    return rows.groupby(_KINDS, dropna=False)[_AMOUNTS].sum().reset_index()


def _by(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of `Discounts.by` for one kind of group.

    What others give on like purchases is worked out for each kind of purchase and weighed by the group's own
    gross sales; where nobody else makes that kind of sale, it is what the group itself gives. Groups of
    category, which others cannot sell, are set against the same type of customer.
    """
    like = ["type"] if name == "category" else ["category", "type"]
    cells = frame.groupby([name, *like])[["gross", "given"]].sum()
    others = cells.groupby(like).transform("sum") - cells
    others = others.mask(others["gross"] < 0.01, cells)
    cells["usual"] = _rate(others["given"], others["gross"]) * cells["gross"]
    table = cells.groupby(name).sum().rename_axis("group").reset_index()
    table = table.rename(columns={"gross": "gross_sales", "given": "discounts"}).assign(
        discount_rate=_rate(table["given"], table["gross"]),
        like_rate=_rate(table["usual"], table["gross"]),
        excess=table["given"] - table["usual"],
        point=table["gross"] / 100,
    )
    table = table.drop(columns="usual")
    return table.sort_values("discount_rate", ascending=False, kind="stable", ignore_index=True)


def _rate(given: pd.Series, gross: pd.Series) -> pd.Series:
    return (given / gross.where(gross > 0)).fillna(0.0)
