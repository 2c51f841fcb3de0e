"""Lapsed lines: a customer still buys, but no longer a product group that it used to buy at a rhythm.

A *line* is one product group of one customer. It is followed where the group was bought on four days or more,
at a usual gap within the horizon, and the customer is active.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from analysis.churn.horizon import Horizon
from analysis.dataset import Dataset
from analysis.language import _, date, listing, money, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import named
from analysis.result import Finding, Listed
from analysis.statistics import Z_95

LEAST_DAYS = 4  # purchase days of a group that make a rhythm
UNLIKELY = 0.05
LONGEST_DAYS = 365  # a silence longer than that is no news
MIN_LAPSED = 10  # that a check needs
_BANDS = 5  # of usual gaps, within which lines are compared


@or_not_possible
def lapsed_lines(dataset: Dataset, horizon: Horizon, chance: float = UNLIKELY) -> Listed | NotPossible:
    """Return which customers still buy, but no longer a product group they used to buy at a rhythm.

    Its table ``lapsed_lines``, most money first: ``customer_id``, ``name`` and ``owner`` where known,
    ``category``, ``last_purchase`` of it, ``days_since_last``, ``usual_pause`` in days, ``purchases_since``
    (purchase days of the customer without it) and ``net_sales`` of the group in the year before the silence.

    A line has lapsed where so long a silence had at most this ``chance``, see `rhythm`: unless it has been
    silent for more than a year, which is no news, or was on the same days a year before, which is its season.
    """
    followed = _followed(dataset, horizon, dataset.as_of, chance)
    if isinstance(followed, NotPossible):
        return followed
    order = ["net_sales", "customer_id", "category"]
    lapsed = followed[followed["lapsed"]].sort_values(order, ascending=[False, True, True])
    columns = ["customer_id", "category", "last_purchase", "days_since_last", "usual_pause"]
    listed = named(dataset, lapsed[[*columns, "net_sales", "purchases_since"]])
    stake = float(listed["net_sales"].sum())
    message = _(
        "Customers who still buy, but no longer a product group that they used to buy at a rhythm: "
        "{customers} ({lapsed} of {followed} such groups). These made {sales} in the year before."
    )
    if listed.empty:
        message = _("None of the {followed} product groups that customers buy at a rhythm has been dropped.")
    text = message.format(
        customers=number(listed["customer_id"].nunique()),
        followed=number(len(followed)),
        lapsed=number(len(listed)),
        sales=money(stake, dataset.currency),
    )
    action = "" if listed.empty else _("Have their salesperson ask why they stopped.")
    found = Finding("churn.lapsed_lines", text, stake, "money", max(stake, 0.0), listed.empty, action)
    return Listed({"lapsed_lines": listed}, text, found)


def _followed(dataset: Dataset, horizon: Horizon, day: dt.date, chance: float) -> pd.DataFrame | NotPossible:
    """Return the lines followed on a day, with their rhythm and whether they have ``lapsed``."""
    if "category" not in dataset.columns:
        return NotPossible(
            _("The sales name no category, so nothing tells which product group a customer no longer buys.")
        )
    end = dataset.as_of
    lines = dataset.gathered(lambda part: part.query("product_lines", as_of=day, until=end, least=LEAST_DAYS))
    lines = rhythm(lines, day)
    active = (pd.Timestamp(day) - lines["customer_last"]).dt.days <= horizon.window
    is_news = lines["days_since_last"] <= LONGEST_DAYS
    followed: pd.DataFrame = lines[active & is_news & (lines["usual_pause"] <= horizon.days)]
    if followed.empty:
        return NotPossible(_("No active customer buys a product group at a rhythm within the horizon."))
    known = (followed["last_purchase"] - followed["first_purchase"]).dt.days
    seasonal = (known >= LONGEST_DAYS) & (followed["same_days"] == 0)
    return followed.assign(lapsed=(followed["chance"] <= chance) & ~seasonal).reset_index(drop=True)


def rhythm(lines: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Measure how unusual the silence of each line of ``sql/product_lines.sql`` is, by its own rhythm.

    Adds ``days_since_last``; ``usual_pause``, the usual gap in days; and ``chance``, that of so long a
    silence if the line goes on as before.

    Notes
    -----
    Let n gaps between purchases of the group add up to S, and g be the mean gap of the group over all lines.
    The usual gap is (S + g) ÷ (n + 1): as if the line had shown one more gap, of average length. Gaps that
    come as by chance about a mean so uncertain exceed t with probability ((S + g) ÷ (S + g + t))^(n + 1), the
    predictive distribution of an exponential under its conjugate prior.

    The clock runs twice: in days, and in purchase days of the customer. The larger chance counts, so that
    neither a customer who buys less of everything nor one who comes more often for less is mistaken.
    """
    gaps = lines["purchase_days"] - 1
    since = (pd.Timestamp(day) - lines["last_purchase"]).dt.days
    span = (lines["last_purchase"] - lines["first_purchase"]).dt.days
    seen = pd.DataFrame({"days": span, "purchases": lines["purchases_between"]})
    silence = pd.DataFrame({"days": since, "purchases": lines["purchases_since"]})
    sums = seen.assign(gaps=gaps).groupby(lines["category"]).transform("sum")
    known = seen + sums[["days", "purchases"]].div(sums["gaps"], axis=0)
    chances = (known / (known + silence)).pow(gaps + 1, axis=0)
    pause = known["days"] / (gaps + 1)
    return lines.assign(days_since_last=since, usual_pause=pause, chance=chances.max(axis=1))


def lapsed_profile(found: Listed | NotPossible) -> pd.DataFrame:
    """Return by customer_id what `lapsed_lines` found.

    ``lapsed_lines`` names the groups, most money first; ``lapsed_sales`` are theirs in the year before.
    """
    lines = found.shown["lapsed_lines"] if isinstance(found, Listed) else pd.DataFrame()
    if lines.empty:
        none = pd.DataFrame({"lapsed_lines": [], "lapsed_sales": []}, pd.Index([], name="customer_id"))
        return none.astype({"lapsed_lines": "object", "lapsed_sales": "float64"})
    by_customer = lines.groupby("customer_id")
    names = by_customer["category"].agg(lambda groups: listing(list(groups)))
    return pd.DataFrame({"lapsed_lines": names, "lapsed_sales": by_customer["net_sales"].sum()})


@or_not_possible
def lapsed_check(dataset: Dataset, horizon: Horizon, chance: float = UNLIKELY) -> Listed | NotPossible:
    """Look one horizon back, and count which of the lines that had lapsed by then were bought again.

    Its table ``lapsed_check`` has a row for the lines beyond their own rhythm and one for as many lines by
    days of silence alone: ``rule``, ``lines``; ``lasting``, share of them not bought within the horizon;
    ``excess`` over all others of a like rhythm, with its 95 % interval; ``others``, the first less that.

    Notes
    -----
    Lines bought seldom are often not bought within a horizon, silent or not: so lines are compared within
    quintiles of the usual gap. The lines of one customer go together: the interval of this regression is that
    for clusters (Liang & Zeger 1986).
    """
    day = dataset.as_of - dt.timedelta(days=horizon.days)
    lines = _followed(dataset, horizon, day, chance)
    if isinstance(lines, NotPossible):
        return lines
    count = int(lines["lapsed"].sum())
    if not MIN_LAPSED <= count < len(lines):
        return NotPossible(
            _(
                "Whether such a silence lasts cannot be checked: by {day} {found} of {lines} lines had "
                "lapsed, and it takes {needed}."
            ).format(day=date(day), needed=MIN_LAPSED, found=number(count), lines=number(len(lines)))
        )
    silence = lines["days_since_last"].where(lines["purchases_since"] > 0, -1)
    longest = silence.sort_values(ascending=False, kind="stable").index[:count]
    fixed = _("Silent for {days} days or more").format(days=number(silence[longest].min()))
    rules = {_("Beyond its own rhythm"): lines["lapsed"], fixed: pd.Series(lines.index.isin(longest))}
    frame = pd.DataFrame({"rule": rule} | _lasted(lines, chosen) for rule, chosen in rules.items())
    own = frame.iloc[0]
    is_sign = bool(own["excess_low"] > 0)
    message = (
        _("such a silence is a sign, by {low} to {high} percentage points.")
        if is_sign
        else _("the difference may be chance, so such a silence is no sign in these data.")
    )
    text = _(
        "Of {lines} product groups silent beyond their rhythm on {day}, {lasting} were not bought in the "
        "{days} days after; of others with a like gap, {others}: {reading}"
    ).format(
        lines=number(count),
        day=date(day),
        lasting=percent(own["lasting"]),
        days=number(horizon.days),
        others=percent(own["others"]),
        reading=message.format(low=number(100 * own["excess_low"]), high=number(100 * own["excess_high"])),
    )
    lasting, usual = float(own["lasting"]), float(own["others"])
    found = Finding("churn.lapsed_check", text, lasting, "share", good=is_sign, usual=usual)
    return Listed({"lapsed_check": frame}, text, found)


def _lasted(lines: pd.DataFrame, chosen: pd.Series) -> dict[str, float]:
    """Return how many of the lines chosen were not bought afterwards, against others of a like gap."""
    band = np.ceil(lines["usual_pause"].rank(pct=True) * _BANDS)
    both = pd.DataFrame({"lasting": lines["bought_after"] == 0, "chosen": chosen}).astype(float)
    apart = both - both.groupby(band).transform("mean")
    weight = max(float((apart["chosen"] ** 2).sum()), np.finfo(float).tiny)
    excess = float((apart["chosen"] * apart["lasting"]).sum()) / weight
    off = apart["chosen"] * (apart["lasting"] - excess * apart["chosen"])
    half = Z_95 * float(np.sqrt((off.groupby(lines["customer_id"]).sum() ** 2).sum())) / weight
    lasting = float(both.loc[both["chosen"] == 1, "lasting"].mean())
    rates = {"lasting": lasting, "others": lasting - excess}
    ends = {"excess": excess, "excess_low": excess - half, "excess_high": excess + half}
    return {"lines": int(both["chosen"].sum())} | rates | ends
