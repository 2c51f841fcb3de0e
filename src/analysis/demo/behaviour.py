"""Day by day: who buys, who leaves, whom a campaign reaches.

A customer that is still there on a day first leaves, with a probability that depends on its satisfaction, its
channel and its time as a customer; if it stays, it buys with probability 1 − exp(−m). The intensity m is the
Weibull hazard of the days since its last purchase, times the season and the day of the week, times the effect
of a campaign it received. A late delivery lowers satisfaction from the day of the order on.

Between two purchases nothing else is random, so that the probability to buy within any horizon follows
exactly: see `truth.probability_to_buy`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gamma

from analysis.demo import world
from analysis.demo.calendar import demand
from analysis.demo.world import DAYS, FIELD, NEVER, ONLINE, SHOP, YEAR

_BLOCK = 1 << 14
_WINDOW = 30
_UNHAPPY = 0.45
"""How fast leaving rises with each point of satisfaction lost."""
_LATE = np.array([1.3, 0.8, 0.8, 0.9, 0.8, 0.8, 1.0, 1.6, 0.9, 0.9, 1.3, 1.9]) * 0.12
"""Share of deliveries that come late, by month."""
_OTHER_CHANNEL = np.array([ONLINE, SHOP, ONLINE])


@dataclass(frozen=True)
class Campaign:
    """A past campaign: whom it was for, and what it did.

    Parameters
    ----------
    id, kind
        As the data say it.
    date
        Day it was sent, counted from the first.
    silence
        It was for those whose last purchase lay this many days back (from, to).
    businesses
        Whether consumers were left out.
    treated
        Share of them, by lot, that received it.
    cost
        Per contact, in euros.
    effect
        What the hazard to buy was multiplied by, of a customer with three purchases a year and a satisfaction
        of 8.
    days
        How many days it worked, from the day after.
    by_rate, by_satisfaction
        How the effect differs between customers: see `effects`. 0: it was the same for all.
    own_lots
        Whether its lots are drawn from random numbers of their own, so that all that comes before it stays as
        it was without it.
    """

    id: str
    kind: str
    date: int
    silence: tuple[int, int]
    businesses: bool
    treated: float
    cost: float
    effect: float
    days: int
    by_rate: float = 0.0
    by_satisfaction: float = 0.0
    own_lots: bool = False


CAMPAIGNS = (
    Campaign("CAMP01", "Correo con vale", 867, (60, 400), False, 0.6, 1.80, 1.60, 60),
    Campaign("CAMP02", "Catálogo impreso", 1220, (30, 300), True, 0.5, 4.20, 1.03, 45),
    Campaign("CAMP03", "Llamada comercial", 1409, (0, 100), False, 0.5, 6.50, 1.0, 45, 1.5, 0.4, True),
)
"""Sent on 17 May 2024, on 5 May and on 10 November 2025. The first one works, the second hardly does; the
third, to active customers, helps where they buy often and are content, and annoys the others."""
_LEAST, _MOST = 0.2, 2.0


@dataclass(frozen=True)
class Behaviour:
    """What happened.

    Parameters
    ----------
    orders
        One row per purchase in the order of days: ``customer`` (position), ``day``, ``channel``,
        ``delivery`` (days until it came; -1 where it was taken along), ``satisfaction`` (after it).
    left
        Day on which each customer left; `world.NEVER` if it has not.
    contacts
        One row per campaign and customer in its target: ``campaign``, ``customer``, ``treated``, ``effect``
        (what its hazard to buy was multiplied by if it was treated, and would have been if not).
    """

    orders: pd.DataFrame
    left: np.ndarray
    contacts: pd.DataFrame


def weibull_factor(rate: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Return the factor of elapsed days to the power ``shape`` that gives ``rate`` purchases per year."""
    return np.asarray((gamma(1 + 1 / shape) * rate / YEAR) ** shape)


def buying_hazard(shape: np.ndarray, hazard: np.ndarray, elapsed: np.ndarray) -> np.ndarray:
    """Return the intensity of buying on the day ``elapsed`` days after the last purchase.

    That is the increase of the Weibull's cumulated hazard over that day, ``hazard`` being its
    `weibull_factor`, with which the mean time between purchases is a year over the rate.
    """
    return np.asarray(hazard * (np.maximum(elapsed, 0.0) ** shape - np.maximum(elapsed - 1.0, 0.0) ** shape))


def unhappiness(satisfaction: np.ndarray) -> np.ndarray:
    """Return how much more readily a customer leaves than one of satisfaction 8."""
    return np.asarray(np.exp(-_UNHAPPY * (satisfaction - 8.0)))


def newness(age: np.ndarray) -> np.ndarray:
    """Return how much more readily a customer leaves that many days after its first purchase than later."""
    return np.asarray(1 + 2 * np.exp(-age / 120))


def effects(campaign: Campaign, rate: np.ndarray, satisfaction: np.ndarray) -> np.ndarray:
    """Return what a campaign multiplies the hazard to buy by, of customers with these rates on its day.

    effect × (rate ÷ 3) to the power ``by_rate`` × exp(``by_satisfaction`` × (satisfaction − 8)), between 0.2
    and 2.
    """
    by_customer = (rate / 3) ** campaign.by_rate * np.exp(campaign.by_satisfaction * (satisfaction - 8))
    return np.asarray(np.clip(campaign.effect * by_customer, _LEAST, _MOST))


def simulate(frame: pd.DataFrame, stream: np.random.SeedSequence) -> Behaviour:
    """Simulate all days of the customers in `People.frame`, for some thousands of them at a time."""
    starts = range(0, len(frame), _BLOCK)
    calendar = demand(0, DAYS)
    done = [
        _Block(frame.iloc[start : start + _BLOCK], calendar, seed).run()
        for start, seed in zip(starts, stream.spawn(len(starts)), strict=True)
    ]
    orders = pd.concat([one.orders for one in done])
    contacts = pd.concat([one.contacts for one in done])
    return Behaviour(
        orders.sort_values(["day", "customer"], kind="stable", ignore_index=True),
        np.concatenate([one.left for one in done]),
        contacts.sort_values(["campaign", "customer"], kind="stable", ignore_index=True),
    )


class _Block:
    """Some thousands of customers on their way through the days."""

    def __init__(self, frame: pd.DataFrame, calendar: np.ndarray, seed: np.random.SeedSequence) -> None:
        self.calendar, self.rng = calendar, np.random.default_rng(seed)
        self.lots = np.random.default_rng(seed.spawn(1)[0])
        self.newness = newness(np.arange(DAYS))
        self.weekday, self.month = world.weekday(np.arange(DAYS)), world.month(np.arange(DAYS))
        self.of = {name: frame[name].to_numpy() for name in frame.columns}
        self.birth = self.of["birth"]
        self.last = self.birth.copy()
        self.left = np.full(len(frame), NEVER)
        self.penalty = np.zeros(len(frame))
        self.boost = np.ones(len(frame))
        self.readiness = self.of["leaving"] * unhappiness(self.of["satisfaction"])
        sold_by = np.maximum(self.of["salesperson"], 0)
        by_salesperson = np.where(self.of["salesperson"] < 0, 1.0, world.SALESPERSON_LATE[sold_by])
        self.late = world.REGION_LATE[self.of["region"]] * by_salesperson
        self.position = frame.index.to_numpy()
        self.orders: list[pd.DataFrame] = []
        self.contacts: list[pd.DataFrame] = []

    def run(self) -> Behaviour:
        for start in range(0, DAYS, _WINDOW):
            stop = min(start + _WINDOW, DAYS)
            there = np.flatnonzero((self.birth < stop) & (self.left == NEVER))
            regular = self.of["shape"][there] > 1.0
            self._window(np.concatenate([there[regular], there[~regular]]), int(regular.sum()), start, stop)
        return Behaviour(pd.concat(self.orders), self.left, pd.concat(self.contacts))

    def _window(self, those: np.ndarray, regular: int, start: int, stop: int) -> None:
        """Simulate the days from ``start`` to ``stop`` for those still there, the regular ones first."""
        birth, last, readiness = self.birth[those], self.last[those], self.readiness[those]
        hazard, shape = self.of["hazard"][those], self.of["shape"][those[:regular]]
        groups, boost = self.of["group"][those], self.boost[those]
        before = hazard[:regular] * np.maximum(start - 1 - last[:regular], 0.0) ** shape
        for day in range(start, stop):
            elapsed = day - last
            m = hazard * (elapsed > 0)
            now = hazard[:regular] * np.maximum(elapsed[:regular], 0.0) ** shape
            m[:regular], before = now - before, now
            m *= self.calendar[day].take(groups)
            if any(one.date < day <= one.date + one.days for one in CAMPAIGNS):
                m *= boost
            age = day - birth
            leaves = readiness * self.newness.take(np.maximum(age, 0)) * (age > 0)
            buys = (1.0 - leaves) * -np.expm1(-m)
            draw = self.rng.random(len(those))
            gone = np.flatnonzero(draw < leaves)
            if len(gone):
                self.left[those[gone]] = day
                last[gone] = birth[gone] = NEVER
            bought = np.flatnonzero((draw >= 1.0 - buys) | (birth == day))
            if len(bought):
                self._order(those[bought], day)
                last[bought], readiness[bought] = day, self.readiness[those[bought]]
                before[bought[bought < regular]] = 0.0
            for i, campaign in enumerate(CAMPAIGNS):
                if day == campaign.date:
                    self._send(i, campaign)
                    boost = self.boost[those]

    def _order(self, who: np.ndarray, day: int) -> None:
        """Note the orders of a day; what comes late leaves its customer less satisfied."""
        draws = self.rng.random((4, len(who)))
        main = self.of["channel"][who]
        channel = np.where(draws[0] < 0.1, _OTHER_CHANNEL[main], main)
        if self.weekday[day] == 6:
            channel[:] = ONLINE
        sent = channel != SHOP
        late = sent & (draws[1] < _LATE[self.month[day]] * self.late[who])
        delivery = 1 + np.floor(3 * draws[2]) + np.where(late, 4 + np.floor(-5 * np.log1p(-draws[3])), 0)
        delivery = np.where(channel == FIELD, delivery + 1, delivery)
        self.penalty[who] = 0.6 * self.penalty[who] + np.where(late, 0.8 + 0.12 * np.minimum(delivery, 20), 0)
        satisfaction = np.maximum(self.of["satisfaction"][who] - self.penalty[who], 0.0)
        self.readiness[who] = self.of["leaving"][who] * unhappiness(satisfaction)
        self.last[who] = day
        delivery = np.where(sent, delivery, -1).astype(np.int64)
        orders = {"customer": self.position[who], "day": day, "channel": channel, "delivery": delivery}
        self.orders.append(pd.DataFrame({**orders, "satisfaction": satisfaction}))

    def _send(self, i: int, campaign: Campaign) -> None:
        """Send a campaign to a part, by lot, of those it is for; the others of them are its control."""
        since = campaign.date - self.last
        target = (since >= campaign.silence[0]) & (since <= campaign.silence[1])
        if campaign.businesses:
            target &= self.of["kind"] != world.CONSUMER
        who = np.flatnonzero(target)
        rng = self.lots if campaign.own_lots else self.rng
        treated = rng.random(len(who)) < campaign.treated
        satisfaction = np.maximum(self.of["satisfaction"][who] - self.penalty[who], 0.0)
        effect = effects(campaign, self.of["rate"][who], satisfaction)
        self.boost[:] = 1.0
        self.boost[who[treated]] = effect[treated]
        contacts = {"campaign": i, "customer": self.position[who], "treated": treated, "effect": effect}
        self.contacts.append(pd.DataFrame(contacts))
