"""Inactive customers: how many come back after so long, and what sleeps in those who have not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, money, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import named
from analysis.periods import MONTH_DAYS
from analysis.portfolio.activity import Activity
from analysis.result import Finding, Listed, largest_first
from analysis.statistics import wilson

if TYPE_CHECKING:
    from analysis.dataset import Dataset

AHEAD = 12
_LONGEST, _FEWEST, _TOP = 36, 30, 10
_BANDS = (0, 6, 12, 18, 24, 36)


@dataclass(frozen=True, kw_only=True)
class Sleeping(Listed):
    """What inactive customers bought in their last active year, and how many come back after so long.

    Of customers, ``expected`` is what they bought in their last active year, ``last_year_sales``, × the
    ``rate`` at which those silent for as long came back within twelve months; missing where none is known.

    Attributes
    ----------
    rates
        ``months`` of silence, ``silent`` (how often a customer had bought nothing for so long and was then
        observed for twelve months more), ``returned`` of them, ``rate``, and its 95 % interval ``rate_low``
        and ``rate_high``.
    window
        Activity window in days.
    """

    name: ClassVar[str] = "reactivation"
    is_drawn: ClassVar[bool] = True
    rates: pd.DataFrame
    window: int


@or_not_possible
def sleeping(dataset: Dataset, pairs: pd.DataFrame, activity: Activity) -> Listed | NotPossible:
    """Return what sleeps, and how much of it comes back, by ``pairs`` (``sql/purchase_gaps.sql``).

    Notes
    -----
    A silence of m months counts where nothing was bought for so long after a purchase, and the twelve months
    after that had passed by ``as_of``. A customer may have had several. Rates stand where there were at least
    30 silences; their interval is that of Wilson. After longer silences than are known, none is expected. No
    chart where no rate stands.
    """
    found = dataset.gathered(lambda part: _silent(part, activity.window))
    if found.empty:
        return NotPossible(_("Nobody is inactive."))
    rates = _rates(pairs, dataset.as_of)
    months = found.pop("months")
    found["rate"] = months.clip(lower=1).map(rates.set_index("months")["rate"])
    found["expected"] = found["last_year_sales"] * found["rate"]
    names = [_("{low} to {high} months").format(low=a, high=b) for a, b in pairwise(_BANDS)]
    names.append(_("over {low} months").format(low=_BANDS[-1]))
    silence = pd.cut(months.rename("silence"), [*_BANDS, np.inf], right=False, labels=names)
    groups = found.assign(customers=1).groupby(silence, observed=True)
    bands = groups[["customers", "last_year_sales", "expected"]].sum(min_count=1).reset_index()
    worth = named(dataset, largest_first(found, ["expected", "last_year_sales"], _TOP))
    total, expected = (float(found[name].sum()) for name in ("last_year_sales", "expected"))
    text = _("{customers} inactive customers bought for {total} in their last active years.")
    if expected:
        text = _(
            "{customers} customers are inactive. At the rates at which others came back, those return within "
            "twelve months who bought for {expected} in their last active year, of {total} that all bought."
        )
    bought, back = (money(value, activity.currency) for value in (total, expected))
    text = text.format(customers=number(len(found)), total=bought, expected=back)
    stake = max(expected, 0.0) or None
    action = _(
        "Contact those whom the action plan says to reactivate: the longer they wait, the fewer return."
    )
    finding = Finding("portfolio.sleeping", text, stake, "money", stake, action=action)
    tables = {"sleeping": bands.astype({"silence": "str"}), "worth_a_call": worth}
    shown = {name: table.dropna(axis="columns", how="all") for name, table in tables.items()}
    if rates.empty:
        note = _(
            "How many come back after a silence cannot be told yet: it takes more than thirteen months of "
            "sales, and {few} silences."
        ).format(few=_FEWEST)
        return Listed(shown, text, finding, notes_on=(note,))
    row = rates.iloc[min(max(int(np.ceil(activity.window / MONTH_DAYS)), 1), len(rates)) - 1]
    rate, low, high = (percent(share) for share in row[["rate", "rate_low", "rate_high"]])
    claim = _(
        "Of those silent for {months} months, {rate} came back within the next twelve (between {low} and "
        "{high})"
    ).format(months=number(row["months"]), rate=rate, low=low, high=high)
    shown = {"reactivation": rates[rates["months"] % 3 == 0].reset_index(drop=True), **shown}
    return Sleeping(shown, text, finding, claim, rates=rates, window=activity.window)


def _silent(dataset: Dataset, window: int) -> pd.DataFrame:
    """Return the last active year of each inactive customer, and the ``months`` since."""
    rows = dataset.query("last_active_year")
    days = (pd.Timestamp(dataset.as_of) - rows["last_purchase"]).dt.days
    silent: pd.DataFrame = rows.assign(months=days // MONTH_DAYS)[days > window]
    return silent.reset_index(drop=True)


def _rates(pairs: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    gap = (pairs["date"] - pairs["previous"]).dt.days.fillna(np.inf).to_numpy()
    seen = (pd.Timestamp(as_of) - pairs["previous"]).dt.days.to_numpy()
    weight = pairs["gaps"].to_numpy()
    rows = []
    for months in range(1, _LONGEST + 1):
        end = (months + AHEAD) * MONTH_DAYS
        silent = (gap > months * MONTH_DAYS) & (seen >= end)
        rows.append((months, weight[silent].sum(), weight[silent & (gap <= end)].sum()))
    rates = pd.DataFrame(rows, columns=["months", "silent", "returned"])
    rates = rates[rates["silent"] >= _FEWEST]
    low, high = wilson(share := rates["returned"] / rates["silent"], rates["silent"])
    return rates.assign(rate=share, rate_low=low, rate_high=high)
