"""Lapsed lines: a customer still buys, but no longer a product group that it used to buy at a rhythm.

A *line* is one product group of one customer. It is followed where the group was bought on four days or more,
at a usual gap within the horizon, and the customer is active.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.churn.horizon import Horizon
from analysis.dataset import Dataset
from analysis.language import _, date, listing, money, ngettext, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import named
from analysis.result import Finding, Listed
from analysis.statistics import wilson

LEAST_DAYS = 4  # purchase days of a group that make a rhythm
UNLIKELY = 0.05
LONGEST_DAYS = 365  # a silence longer than that is no news
MIN_LAPSED = 10  # that a check needs
_BANDS = 5  # of usual gaps, within which lines are compared


@or_not_possible
def lapsed_lines(dataset: Dataset, horizon: Horizon, chance: float = UNLIKELY) -> Listed | NotPossible:
    """Return which customers still buy, but no longer a product group they used to buy at a rhythm.

    Parameters
    ----------
    dataset
        The data set; its sales must say the category.
    horizon
        The horizon: who has bought within its window is active, and no rhythm is slower than it.
    chance
        A line has lapsed where so long a silence had at most this chance; see `rhythm`.

    Returns
    -------
    Listed or NotPossible
        Its table ``lapsed_lines``, most money first: ``customer_id``, ``name`` and ``owner`` where known,
        ``category``, ``last_purchase`` of it, ``days_since_last``, ``usual_pause`` in days,
        ``purchases_since`` (purchase days of the customer without it) and ``net_sales`` of the group in the
        year before the silence, which are at stake.

    Notes
    -----
    No line has lapsed that has been silent for more than a year, which is no news, or that was silent on the
    same days a year before, which is its season.
    """
    followed = _followed(dataset, horizon, dataset.as_of, chance)
    if isinstance(followed, NotPossible):
        return followed
    order = ["net_sales", "customer_id", "category"]
    lapsed = followed[followed["lapsed"]].sort_values(order, ascending=[False, True, True])
    columns = ["customer_id", "category", "last_purchase", "days_since_last", "usual_pause"]
    listed = named(dataset, lapsed[[*columns, "purchases_since", "net_sales"]])
    customers, stake = listed["customer_id"].nunique(), float(listed["net_sales"].sum())
    message = ngettext(
        "{customers} customer still buys, but no longer a product group that it used to buy at a rhythm: "
        "{lapsed} of {followed} lines have lapsed, which made {sales} in the year before.",
        "{customers} customers still buy, but no longer a product group that they used to buy at a rhythm: "
        "{lapsed} of {followed} lines have lapsed, which made {sales} in the year before.",
        customers,
    )
    if not customers:
        message = _(
            "Of the lines followed ({followed}) none has lapsed: customers buy their product groups as ever."
        )
    text = message.format(
        customers=number(customers),
        followed=number(len(followed)),
        lapsed=number(len(listed)),
        sales=money(stake, dataset.currency),
    )
    found = Finding("churn.lapsed_lines", text, stake, "money", max(stake, 0.0), good=listed.empty)
    return Listed({"lapsed_lines": listed}, text, found)


def _followed(dataset: Dataset, horizon: Horizon, day: dt.date, chance: float) -> pd.DataFrame | NotPossible:
    """Return the lines followed on a day, with their rhythm and whether they have ``lapsed``."""
    if "category" not in dataset.columns:
        return NotPossible(
            _("The sales name no category, so nothing tells which product group a customer no longer buys.")
        )
    rows = dataset.query("product_lines", as_of=day, until=dataset.as_of, least=LEAST_DAYS)
    lines = rhythm(rows, day)
    active = (pd.Timestamp(day) - lines["customer_last"]).dt.days <= horizon.window
    is_news = lines["days_since_last"] <= LONGEST_DAYS
    followed: pd.DataFrame = lines[active & is_news & (lines["usual_pause"] <= horizon.days)]
    if followed.empty:
        return NotPossible(
            _(
                "No active customer has bought a product group on {days} days or more, at gaps within the "
                "horizon."
            ).format(days=number(LEAST_DAYS))
        )
    is_old = (followed["last_purchase"] - followed["first_purchase"]).dt.days >= LONGEST_DAYS
    seasonal = is_old & (followed["same_days"] == 0)
    return followed.assign(lapsed=(followed["chance"] <= chance) & ~seasonal).reset_index(drop=True)


def rhythm(lines: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Measure how unusual the silence of each line is, by its own rhythm.

    Parameters
    ----------
    lines
        As in ``sql/product_lines.sql``; other columns than those of the example are kept.
    day
        The last day that counts.

    Returns
    -------
    pandas.DataFrame
        The same with ``days_since_last``; ``usual_pause``, the usual gap in days; ``chance`` of so long a
        silence if the line goes on as before.

    Notes
    -----
    Let n gaps between purchases of the group add up to S, and g be the mean gap of the group over all lines.
    The usual gap is (S + g) ÷ (n + 1): as if the line had shown one more gap, of average length. Gaps that
    come as by chance about a mean so uncertain exceed t with probability ((S + g) ÷ (S + g + t))^(n + 1), the
    predictive distribution of an exponential under its conjugate prior.

    The clock runs twice: in days, and in purchase days of the customer. The larger chance counts, so that
    neither a customer who buys less of everything nor one who comes more often for less is mistaken.

    Examples
    --------
    >>> first, last = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-04-01")
    >>> line = {"category": ["Paper"], "first_purchase": first, "last_purchase": last, "purchase_days": 4}
    >>> lines = pd.DataFrame(line | {"purchases_between": 6, "purchases_since": 12})
    >>> rhythm(lines, dt.date(2025, 9, 28))[["days_since_last", "usual_pause", "chance"]].round(4)
       days_since_last  usual_pause  chance
    0              180         30.0  0.0256
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
    """Return what `lapsed_lines` tells of each customer.

    Returns
    -------
    pandas.DataFrame
        By ``customer_id``: ``lapsed_lines``, the names of the groups, most money first; ``lapsed_sales`` of
        them in the year before the silence.
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

    Parameters
    ----------
    dataset, horizon, chance
        As for `lapsed_lines`.

    Returns
    -------
    Listed or NotPossible
        Its table ``lapsed_check`` has a row for the lines beyond their own rhythm and one for as many lines
        by days of silence alone: ``rule``, ``lines``; ``lasting``, share of them not bought within the
        horizon, with its 95 % interval; ``others``, the same share of all other lines of a like rhythm;
        ``excess`` of the first over the second, with its interval.

    Notes
    -----
    Lines bought seldom are often not bought within a horizon, silent or not: so the others are weighted, by
    fifth of the usual gap, as the lines of the rule. Lines of one customer go together: intervals (Wilson
    1927; of the difference, Newcombe 1998) are those of as many lines as tell as much on their own.
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
    own, fixed = (_lasted(lines, chosen) for chosen in (lines["lapsed"], lines.index.isin(longest)))
    rules = [_("Beyond its own rhythm"), _("Silent for {days} days or more")]
    rules[1] = rules[1].format(days=number(silence[longest].min()))
    frame = pd.DataFrame([own, fixed])
    frame.insert(0, "rule", rules)
    is_sign = own["excess_low"] > 0
    message = _(
        "Of {lines} lines beyond their own rhythm on {day}, {lasting} were not bought in the {days} days "
        "after; of others with a like usual gap, {others}: "
    ) + (
        _("such a silence is a sign, by {low} to {high} percentage points.")
        if is_sign
        else _("the difference may be chance, so such a silence is no sign in these data.")
    )
    text = message.format(
        lines=number(count),
        day=date(day),
        lasting=percent(own["lasting"]),
        days=number(horizon.days),
        others=percent(own["others"]),
        low=number(100 * own["excess_low"]),
        high=number(100 * own["excess_high"]),
    )
    found = Finding("churn.lapsed_check", text, own["excess"], "share", good=is_sign)
    return Listed({"lapsed_check": frame}, text, found)


def _lasted(lines: pd.DataFrame, chosen: npt.ArrayLike) -> dict[str, float]:
    """Return how many of the lines chosen were not bought afterwards, against others of a like gap."""
    mine = np.asarray(chosen, bool)
    band = np.ceil(lines["usual_pause"].rank(pct=True) * _BANDS)
    share = pd.Series(mine).groupby(band).transform("mean").to_numpy()
    lasting, low, high = _share(lines[mine], np.ones(mine.sum()))
    others, others_low, others_high = _share(lines[~mine], (share / (1 - share * ~mine))[~mine])
    excess = lasting - others
    return {
        "lines": int(mine.sum()),
        "lasting": lasting,
        "lasting_low": low,
        "lasting_high": high,
        "others": others,
        "excess": excess,
        "excess_low": excess - float(np.hypot(lasting - low, others_high - others)),
        "excess_high": excess + float(np.hypot(high - lasting, others - others_low)),
    }


def _share(lines: pd.DataFrame, weights: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the weighted share of lines not bought afterwards, with its interval."""
    lasting = (lines["bought_after"] == 0).to_numpy(float)
    share = float(np.average(lasting, weights=weights))
    off = pd.Series(weights * (lasting - share)).groupby(lines["customer_id"].to_numpy()).sum()
    variance = float((off**2).sum() / weights.sum() ** 2)
    most = float(weights.sum() ** 2 / (weights**2).sum())
    low, high = wilson(share, min(share * (1 - share) / variance, most) if variance > 0 else most)
    return share, float(low), float(high)
