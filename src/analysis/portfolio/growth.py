"""Is it growing or shrinking: sales by period, a period against a year before, and which factors moved."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import pandas as pd

from analysis.language import _, money, more_or_less, number, percent, period, signed_percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import MONTHS, calendar
from analysis.portfolio.bridge import Waterfall
from analysis.portfolio.compared import Compared
from analysis.portfolio.factors import FACTORS, factor_effects, with_factors
from analysis.result import Finding, Listed, currency_of

_SALES = [*FACTORS[1:], "net_sales", "complete"]


@dataclass(frozen=True, kw_only=True)
class SalesByPeriod(Listed):
    """Net sales of each period and the three factors they are made of.

    ``frame`` has one row per period of the calendar: its first day, called as the ``unit``; ``customers``,
    ``purchases`` (days), ``purchases_per_customer``, ``value_per_purchase`` (net of returns; both missing
    where nobody bought), ``net_sales`` (money) and ``complete``: whole and over.
    """

    name: ClassVar[str] = "sales"
    is_drawn: ClassVar[bool] = True
    frame: pd.DataFrame
    unit: str
    currency: str | None = None


def sales_by_period(rows: pd.DataFrame, as_of: dt.date, unit: str) -> SalesByPeriod:
    """Return the rows of ``sql/sales_by_period.sql``, at least one, on a calendar without holes."""
    frame = _by_period(rows, as_of, unit)[[unit, "customers", "purchases", *_SALES]]
    closed, currency, text = frame[frame["complete"]], currency_of(rows), _("No period is complete yet")
    if len(closed):
        last, net = closed.iloc[-1], closed["net_sales"].where(closed["net_sales"] > 0)
        change = net.pct_change(12 // MONTHS[unit], fill_method=None).iloc[-1]
        message = _("Net sales of {period}: {net}")
        if pd.notna(change):
            message = _("Net sales of {period}: {net}, {change} than in {before}")
        text = message.format(
            period=period(last[unit], unit),
            net=money(last["net_sales"], currency),
            change=more_or_less(change, 1),
            before=period(last[unit] - pd.DateOffset(years=1), unit),
        )
    shown = {"sales_by_period": frame[::-1]}
    return SalesByPeriod(shown=shown, text=text, frame=frame, unit=unit, currency=currency)


def _by_period(rows: pd.DataFrame, as_of: dt.date, unit: str) -> pd.DataFrame:
    """Return rows by ``period`` on a calendar without holes, with their factors."""
    frame = calendar(rows["first_day"].min(), as_of, unit).merge(rows, on="period", how="left")
    counts = frame.filter(["customers", "new_customers", "purchases"]).fillna(0).astype(int)
    frame = frame.assign(**counts, net_sales=frame["net_sales"].fillna(0))
    return with_factors(frame).rename(columns={"period": unit})


@dataclass(frozen=True, kw_only=True)
class FactorChange(Waterfall):
    """The change of the margin, or of net sales, between two periods, split over its factors.

    ``factors`` are those that `factor_effects` returns; ``value`` is their product, before and now, and
    ``change`` that of it, as a share.
    """

    name: ClassVar[str] = "factor_change"
    factors: pd.DataFrame
    value: tuple[float, float]
    change: float

    @classmethod
    def of(
        cls,
        factors: pd.DataFrame,
        names: tuple[str, str],
        currency: str | None,
        message: str,
        *,
        age: str = "",
        usual: float | None = None,
        **more: Any,  # noqa: ANN401 what a subclass adds
    ) -> Self:
        """Return what a split change says; ``message`` holds now, change and before, and may hold the age.

        ``usual`` is the change that was to be expected.
        """
        (first, second), (before, now) = names, (float(x) for x in factors[["before", "now"]].prod())
        change, labels = now / before - 1, factors["factor"].map(factor_names())
        title = message.format(now=second, before=first, change=more_or_less(change, 1), age=age)
        moved = zip(labels.str.lower(), factors["change"], strict=True)
        text = _("{title} ({now} and {before}): {changes}.").format(
            title=title,
            now=money(now, currency),
            before=money(before, currency),
            changes=", ".join(f"{label} {signed_percent(share, 1)}" for label, share in moved),
        )
        table = factors.assign(factor=labels)
        for side in ("before", "now"):
            values = zip(factors["factor"], factors[side], strict=True)
            table[side] = [_in_its_unit(factor, value, currency) for factor, value in values]
        worst = labels.iloc[int(factors["effect"].argmin())].lower()
        action = _("Begin with the factor that took most off: {factor}.").format(factor=worst)
        stake, good = None if age else abs(now - before), now >= before
        found = Finding(
            f"portfolio.{cls.name}", text, change, "share", stake, good, "" if good or age else action, usual
        )
        return cls(
            {**more.pop("shown", {}), cls.name: table},
            text,
            found,
            title,
            bars={first: before, **dict(zip(labels, factors["effect"], strict=True)), second: now},
            currency=currency,
            factors=factors,
            value=(before, now),
            change=change,
            **more,
        )


@or_not_possible
def factor_change(compared: Compared) -> FactorChange | NotPossible:
    """Split the change of the margin between two periods exactly over its factors.

    Notes
    -----
    Margin = customers × purchases per customer × value per purchase × margin rate, the rate being that of the
    lines whose cost is known, and as much was to be expected of it as of net sales. Without cost, net sales =
    the first three, which is no finding beside that of `growth`. See `factor_effects`.
    """
    totals = compared.totals()
    factors: tuple[str, ...] = FACTORS
    message = _("Net sales of {now}: {change} than in {before}")
    if (totals["net_sales_with_cost"] > 0).all():
        totals["margin_rate"] = 1 - totals["cost"] / totals["net_sales_with_cost"]
        factors, message = (*FACTORS, "margin_rate"), _("Gross margin of {now}: {change} than in {before}")
    split = factor_effects(totals.iloc[0], totals.iloc[1], factors)
    if split["effect"].isna().any():
        return NotPossible(_("The margin was not above zero in both periods, so its change cannot be split."))
    usual = math.prod(1 + share for share in split["change"].tolist()[:3]) - 1
    found = FactorChange.of(split, compared.names, compared.currency, message, usual=usual)
    return found if len(factors) > len(FACTORS) else replace(found, found=None)


@dataclass(frozen=True, kw_only=True)
class Growth(FactorChange):
    """Each year, and the change of net sales between two periods.

    ``frame`` has the columns of `SalesByPeriod`, ``new_customers`` and, where discounts are known,
    ``discount_rate`` (÷ gross sales).
    """

    name: ClassVar[str] = "growth"
    unit: ClassVar[str] = "year"
    frame: pd.DataFrame


@or_not_possible
def growth(years: pd.DataFrame, compared: Compared) -> Growth:
    """Return each year (the rows of ``sql/sales_by_year.sql``), and what moved between the two periods.

    The usual change is that of the last whole year before the later period.
    """
    frame = _by_period(years.rename(columns={"year": "period"}), compared.as_of, "year")
    names = ["year", "net_sales", "customers", "new_customers", *FACTORS[1:], "complete", "purchases"]
    if years["discounts"].any():
        rate = -frame["discounts"] / frame["gross_sales"].where(frame["gross_sales"] > 0)
        frame, names = frame.assign(discount_rate=rate), [*names[:-2], "discount_rate", *names[-2:]]
    frame, totals = frame[names], compared.totals()
    whole = frame.loc[
        frame["complete"] & (frame["year"].dt.year < compared.now[0].year), "net_sales"
    ].tolist()
    usual = whole[-1] / whole[-2] - 1 if len(whole) > 1 and whole[-2] > 0 else None
    return Growth.of(
        factor_effects(totals.iloc[0], totals.iloc[1]),
        compared.names,
        compared.currency,
        _("Net sales of {now}: {change} than in {before}"),
        usual=usual,
        shown={"sales_by_year": frame},
        frame=frame,
    )


def factor_names() -> dict[str, str]:
    """Return what each factor is called."""
    return {
        "size": _("Customers in the cohort"),
        "retention": _("Share who bought"),
        "customers": _("Customers"),
        "purchases_per_customer": _("Purchases per customer"),
        "value_per_purchase": _("Value per purchase"),
        "margin_rate": _("Margin rate"),
    }


def _in_its_unit(factor: str, value: float, currency: str | None) -> str:
    if factor in ("retention", "margin_rate"):
        return percent(value, 1)
    if factor == "value_per_purchase":
        return money(value, currency, 2)
    return number(value, 0 if factor in ("size", "customers") else 2)
