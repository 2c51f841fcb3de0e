"""When each customer will buy again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, date, ngettext, number, percent
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.summary import DAYS, Floats, Summary, weeks_in
from analysis.not_possible import or_not_possible
from analysis.result import LISTED, Finding, Result, most, only_first

CHUNK = 200_000  # customers at a time
EVEN = 0.5  # probability of having bought again by the date
LONGEST_DAYS = 3 * 365  # a date further away is no date
SOON = 13  # weeks that are in sight


@dataclass(frozen=True)
class NextPurchase(Result):
    """When each customer is expected to buy again.

    Attributes
    ----------
    frame
        One row per customer, in the order of the summary: ``customer_id``, ``last_purchase``, ``p_alive``,
        ``chance``, the probability of a purchase within the horizon, and ``expected_by``, the date.
    as_of
        The day of the forecast.
    """

    name: ClassVar[str] = "due"
    frame: pd.DataFrame
    as_of: dt.date

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether anybody is due."""
        return bool(self.by_week()["customers"].any())

    def by_week(self) -> pd.DataFrame:
        """Return ``week`` (1, 2, …), ``until`` (its last day), ``customers`` whose date lies in it."""
        ahead = (self.frame["expected_by"] - pd.Timestamp(self.as_of)).dt.days.dropna().to_numpy()
        place = -(-ahead // DAYS["week"]).astype(int)
        counts = np.bincount(np.clip(place, 1, SOON + 1), minlength=SOON + 2)[1 : SOON + 1]
        week = np.arange(1, SOON + 1)
        until = pd.Timestamp(self.as_of) + pd.to_timedelta(7 * week, unit="D")
        return pd.DataFrame({"week": week, "until": until, "customers": counts})

    def title(self) -> str:
        """Return how many are due soon."""
        table = self.by_week()
        return _(
            "For {soon} customers a purchase within a week is at least as likely as not, for {later} within "
            "{weeks} weeks"
        ).format(
            soon=number(table["customers"].iloc[0]),
            later=number(table["customers"].sum()),
            weeks=number(len(table)),
        )

    def sentence(self) -> str:
        """Say for how many customers a next purchase is in sight."""
        until, dates = pd.Timestamp(self.as_of) + pd.Timedelta(weeks=SOON), self.frame["expected_by"]
        soon = int((dates <= until).sum())
        said = (
            ngettext(
                "{soon} of {customers} customers is expected back by {date}, with even odds or better.",
                "{soon} of {customers} customers are expected back by {date}, each with even odds or better.",
                soon,
            )
            if soon
            else _("No customer is expected back by {date} with even odds.")
        )
        return said.format(soon=number(soon), customers=number(len(dates)), date=date(until))

    def notes(self) -> list[str]:
        """Say for whom no purchase is in sight."""
        dates, cut = self.frame["expected_by"], only_first(len(self.frame))
        if not (never := int(dates.isna().sum())):
            return cut
        said = _("For {never} ({share}) no purchase within three years is as likely as not.")
        return [said.format(never=number(never), share=percent(never / len(dates))), *cut]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the customers, who is due first; of more than a million, these."""
        soon = (pd.Timestamp(self.as_of) - self.frame["expected_by"]).dt.days.fillna(-np.inf)
        due = self.frame.iloc[most(soon, LISTED)].sort_values(["expected_by", "customer_id"])
        return {"next_purchase": due.head(LISTED)}

    def findings(self) -> list[Finding]:
        """Return for how many a purchase is in sight."""
        soon = int(self.by_week()["customers"].sum())
        return [Finding("ltv.next_purchase", self.sentence(), soon, "customers")]


@or_not_possible
def next_purchase(summary: Summary, purchases: PurchaseModel, horizon_weeks: int) -> NextPurchase:
    """Return when each customer is expected to buy again.

    The date is the first day by whose end the customer will have bought again with even odds, by the model:
    P(alive) × the probability that one alive buys at least once by then is one half. A purchase is as likely
    before it as after it or never. It is missing where that takes more than three years or never comes,
    because the customer is more likely gone.

    Parameters
    ----------
    summary
        The customers.
    purchases
        The fitted model.
    horizon_weeks
        For the probability of a purchase within the horizon.
    """
    x, t_x, t = summary.history
    alive = purchases.p_alive(x, t_x, t)
    unit = DAYS[summary.unit]
    low, high = np.zeros(len(x), np.int64), np.full(len(x), LONGEST_DAYS, np.int64)
    comes = alive * _buys(purchases, high / unit, x, t) >= EVEN
    rows = np.flatnonzero(comes)
    while (rows := rows[high[rows] - low[rows] > 1]).size:
        middle = (low[rows] + high[rows]) // 2
        reached = alive[rows] * _buys(purchases, middle / unit, x[rows], t[rows]) >= EVEN
        low[rows], high[rows] = np.where(reached, low[rows], middle), np.where(reached, middle, high[rows])
    days = pd.to_timedelta(np.where(comes, high, 0), unit="D")
    horizon: Floats = np.full(len(x), weeks_in(summary.unit, horizon_weeks))
    frame = pd.DataFrame(
        {
            "customer_id": summary.frame["customer_id"],
            "last_purchase": summary.frame["last_purchase"],
            "p_alive": alive if purchases.leaving_seen else np.nan,
            "chance": alive * _buys(purchases, horizon, x, t),
            "expected_by": (pd.Timestamp(summary.as_of) + days)
            .to_series(index=summary.frame.index)
            .where(comes),
        }
    )
    return NextPurchase(frame, summary.as_of)


def _buys(model: PurchaseModel, duration: Floats, x: Floats, t: Floats) -> Floats:
    """Return the probability that a customer alive at ``t`` buys within ``duration``."""
    parts = [slice(start, start + CHUNK) for start in range(0, len(x), CHUNK)]
    found = [next(model.process.at_least(duration[part], x[part], t[part])) for part in parts]
    return np.concatenate(found) if found else np.zeros(0)
