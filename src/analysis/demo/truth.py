"""What is true of the demo portfolio and stands in none of its files."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.demo import world
from analysis.demo.behaviour import CAMPAIGNS, Behaviour, buying_hazard, newness, unhappiness, weibull_factor
from analysis.demo.calendar import demand
from analysis.demo.demo_people import People
from analysis.demo.text import picked, words
from analysis.demo.world import CATEGORIES, KIND_NAMES, YEAR


@dataclass(frozen=True)
class Truth:
    """The parameters and states behind the tables.

    Parameters
    ----------
    customers
        One row per customer, by ``customer_id``: ``type``, ``sector``, ``rate`` (purchases per year in an
        average season), ``shape`` (of the Weibull time between purchases; 1: no regularity), ``demand``
        (column of `calendar.demand` that it follows), ``born`` (day of the first purchase), ``left`` (day
        on which it left; missing while it is there), ``leaving`` (probability per year of leaving at a
        satisfaction of 8, once no longer new), ``satisfaction`` (0 to 10, before any delay), ``start`` and
        ``ceiling`` (share of the open wallet won at first and at last), ``growth`` (days), ``spend`` (euros
        of 2022 a year in the end, before discounts), ``losing`` (deep discounts and many returns),
        ``service_cost`` (euros that serving it cost in the last year), ``demanding`` (wants far more service
        than others).
    wallet
        True yearly purchases by customer (rows) and category (columns), from whomever, in euros of 2022.
    open
        Share of each that could be won, times ``ceiling``: the share of wallet in the end.
    purchases
        One row per purchase: ``customer_id``, ``date``, ``satisfaction`` after it.
    campaigns
        By ``campaign_id``: ``date``, ``days`` (that it works, from the day after).
    contacts
        One row per campaign and customer it was for: ``campaign_id``, ``customer_id``, ``treated``,
        ``effect`` (what the hazard to buy is multiplied by in those days where it is treated). The first two
        campaigns have one effect on all. The third, to active customers, helps those who buy often and are
        content and annoys the others: (``rate`` ÷ 3) to the power 1.5 × exp(0.4 × (satisfaction on that day −
        8)), between 0.2 and 2.
    surveys
        Satisfaction behind each answer, with the index of the table ``surveys``.
    leads
        Probability of each lead to be won in the end, with the index of the table ``leads``. It depends on
        channel, sector and interest alone, not on region, type, size, what was asked for or when it was last
        spoken to. Whether a customer agreed to be contacted depends on nothing.
    contracts
        Probability of each contract to be renewed after a year, the first time somewhat less.
    shortages
        Probability of each delivery to fall short of what was ordered, with the index of the table
        ``deliveries``.
    """

    customers: pd.DataFrame
    wallet: pd.DataFrame
    open: pd.DataFrame
    purchases: pd.DataFrame
    campaigns: pd.DataFrame
    contacts: pd.DataFrame
    surveys: pd.Series
    leads: pd.Series
    contracts: pd.Series
    shortages: pd.Series


def _customers(people: People, behaviour: Behaviour, served: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Return what is true of each customer."""
    frame = people.frame
    return pd.DataFrame(
        {
            "type": words(frame["kind"], KIND_NAMES),
            "sector": words(frame["sector"], world.SECTORS),
            "rate": frame["rate"],
            "shape": frame["shape"],
            "demand": frame["group"],
            "born": world.dates(frame["birth"].to_numpy()),
            "left": world.happened(behaviour.left),
            "leaving": frame["leaving"] * YEAR,
            "satisfaction": frame["satisfaction"],
            "start": frame["start"],
            "ceiling": frame["ceiling"],
            "growth": frame["growth"],
            "spend": (people.wallet * people.open).sum(axis=1) * frame["ceiling"],
            "losing": frame["losing"],
            "service_cost": served["service_cost"],
            "demanding": served["demanding"],
        }
    ).set_index(index)


def truth(
    people: People,
    behaviour: Behaviour,
    *,
    ids: pd.Series,
    served: pd.DataFrame,
    surveys: pd.Series,
    leads: pd.Series,
    contracts: pd.Series,
    shortages: pd.Series,
) -> Truth:
    """Put together what is true; see `Truth`."""
    frame, index = people.frame, pd.Index(ids, name="customer_id")
    orders = behaviour.orders
    campaigns = pd.DataFrame(CAMPAIGNS).set_index("id").rename_axis("campaign_id")
    return Truth(
        _customers(people, behaviour, served, index),
        pd.DataFrame(people.wallet, index, list(CATEGORIES)),
        pd.DataFrame(people.open * frame["ceiling"].to_numpy()[:, None], index, list(CATEGORIES)),
        pd.DataFrame(
            {
                "customer_id": picked(ids, orders["customer"]),
                "date": world.dates(orders["day"].to_numpy()),
                "satisfaction": orders["satisfaction"],
            }
        ),
        campaigns.assign(date=world.dates(campaigns["date"].to_numpy()))[["date", "days"]],
        pd.DataFrame(
            {
                "campaign_id": words(
                    behaviour.contacts["campaign"].to_numpy(), [one.id for one in CAMPAIGNS]
                ),
                "customer_id": picked(ids, behaviour.contacts["customer"]),
                "treated": behaviour.contacts["treated"],
                "effect": behaviour.contacts["effect"],
            }
        ),
        surveys,
        leads,
        contracts,
        shortages,
    )


def probability_to_buy(truth: Truth, date: dt.date, days: int, treated: bool | None = None) -> pd.Series:
    """Return the true probability of buying at least once in the ``days`` after ``date``.

    It is exact, given each customer's parameters and its state at the end of ``date``: until the next
    purchase only leaving and buying are random, day by day.

    Parameters
    ----------
    truth
        What is true.
    date
        Last day known.
    days
        Length of the horizon, at least 1; it may reach beyond the days simulated.
    treated
        Who received the campaigns sent by ``date``: those who did (None), all customers each was for (True),
        nobody (False). Campaigns after ``date`` are not foreseen.

    Returns
    -------
    Series by customer_id
        Of the customers whose first purchase was by ``date``; 0 for those that have left.
    """
    day = int((np.datetime64(date) - world.FIRST_DAY).astype(int))
    state = state_on(truth, date)
    age = (np.datetime64(date) - state["born"].to_numpy()).astype("timedelta64[D]").astype(int)
    elapsed = state["elapsed"].to_numpy()
    shape, column = state["shape"].to_numpy(), state["demand"].to_numpy()
    hazard = weibull_factor(state["rate"].to_numpy(), shape)
    readiness = state["leaving"].to_numpy() / YEAR * unhappiness(state["satisfaction"].to_numpy())
    boosts = _boosts(truth, state.index, day, treated)
    calendar = demand(day + 1, days)
    waiting = state["there"].to_numpy().astype(float)
    bought = np.zeros(len(state))
    for ahead in range(1, days + 1):
        m = buying_hazard(shape, hazard, elapsed + ahead) * calendar[ahead - 1].take(column)
        for boost, last_day in boosts:
            m = m * boost if day + ahead <= last_day else m
        stays = 1.0 - readiness * newness(age + ahead)
        buys = -np.expm1(-m)
        bought += waiting * stays * buys
        waiting *= stays * (1.0 - buys)
    return pd.Series(bought, state.index, name="probability")


def state_on(truth: Truth, date: dt.date) -> pd.DataFrame:
    """Return the true state at the end of ``date`` of the customers whose first purchase was by then.

    Returns
    -------
    DataFrame by customer_id
        The columns of `Truth.customers`, with ``satisfaction`` as it was then, ``elapsed`` (days since the
        last purchase) and ``there`` (whether the customer had not left).
    """
    then = np.datetime64(date)
    born = truth.customers[truth.customers["born"] <= then]
    past = truth.purchases[truth.purchases["date"] <= then]
    last = past.groupby("customer_id").last().reindex(born.index)
    return born.assign(
        satisfaction=last["satisfaction"],
        elapsed=(then - last["date"].to_numpy()).astype("timedelta64[D]").astype(int),
        there=~(born["left"] <= then),
    )


def _boosts(
    truth: Truth, customers: pd.Index, day: int, treated: bool | None
) -> list[tuple[np.ndarray, int]]:
    """Return for each campaign sent by ``day`` its effect on each customer and the last day it works."""
    found = []
    for campaign in CAMPAIGNS:
        if campaign.date > day or treated is False:
            continue
        target = truth.contacts[truth.contacts["campaign_id"] == campaign.id]
        reached = target if treated else target[target["treated"]]
        boost = reached.set_index("customer_id")["effect"].reindex(customers).fillna(1.0).to_numpy()
        found.append((boost, campaign.date + campaign.days))
    return found
