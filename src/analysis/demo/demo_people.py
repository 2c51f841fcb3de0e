"""Who the customers are, and the true parameters of what they do."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.demo import world
from analysis.demo.behaviour import weibull_factor
from analysis.demo.calendar import demand, group
from analysis.demo.world import CATEGORIES, COMPANY, CONSUMER, DAYS, DISTRIBUTOR, KINDS, YEAR, chosen

_SIZE_SHARES = np.array([
    [1, 0, 0, 0], [0.45, 0.33, 0.17, 0.05], [0.10, 0.30, 0.40, 0.20],
    [0.15, 0.40, 0.35, 0.10], [0.50, 0.35, 0.12, 0.03], [0.25, 0.35, 0.28, 0.12],
])  # fmt: skip
_SIZE_RATE = np.array([0.8, 1.0, 1.3, 1.7])
_SIZE_WALLET = np.array([0.5, 1.0, 2.1, 4.5])
_CHANNEL_LEAVING = np.array([1.0, 1.35, 0.75])
_BIRTHS = np.array([0.44, 0.22, 0.18, 0.16])
"""Share of the customers won in each year."""
_LARGEST_WALLET = 0.012
"""No customer but the largest buys more than this share of what all buy together."""
_DISCOUNTS = (
    ((0, 0.75), (5, 0.15), (10, 0.10)),
    ((0, 0.25), (5, 0.35), (10, 0.28), (15, 0.12)),
    ((0, 0.40), (5, 0.40), (8, 0.20)),
    ((12, 0.30), (18, 0.45), (22, 0.25)),
    ((0, 0.40), (5, 0.60)),
    ((0, 0.30), (8, 0.40), (12, 0.30)),
)
"""Usual discount in percent and how often, by kind of customer."""


@dataclass(frozen=True)
class People:
    """The customers in the order of their first purchase.

    Parameters
    ----------
    frame
        One row per customer: ``kind``, ``sector``, ``region``, ``size``, ``channel`` (main), ``acquisition``
        (positions in the lists of `world`; -1 for none), ``salesperson``, ``birth`` (day of the first
        purchase), ``group`` (column of `calendar.demand`), ``rate`` (purchases per year), ``shape`` (of the
        Weibull time between purchases; 1 is no regularity), ``hazard`` (factor of elapsed days to the power
        ``shape``), ``leaving`` (per day, at a satisfaction of 8), ``satisfaction`` (before any delay),
        ``order_value`` (euros of 2022 in a purchase, where all the wallet were won), ``start``, ``ceiling``
        (share of the wallet won at first and at last), ``growth`` (days on the way between), ``discount``
        (percent), ``returning`` (probability that a line comes back), ``losing`` (deep discounts and many
        returns).
    wallet
        True purchases per year in each category, from whomever, in euros of 2022.
    open
        Share of each category that the company could ever win, before ``ceiling``.
    largest
        Position of the one customer that makes 6 % of sales.
    """

    frame: pd.DataFrame
    wallet: np.ndarray
    open: np.ndarray
    largest: int


def scaled(people: People, scale: np.ndarray) -> People:
    """Return the customers with what each buys multiplied by a factor of its own."""
    frame = people.frame.assign(order_value=people.frame["order_value"] * scale)
    return replace(people, frame=frame, wallet=people.wallet * scale[:, None])


def people(customers: int, stream: np.random.SeedSequence) -> People:
    """Draw the customers: so many, from these random numbers."""
    seeds = stream.spawn(5)
    frame = _arrivals(customers, np.random.default_rng(seeds[0]))
    largest = _largest(frame)
    _place(frame, np.random.default_rng(seeds[1]))
    _behaviour(frame, largest, np.random.default_rng(seeds[2]))
    _terms(frame, largest, np.random.default_rng(seeds[3]))
    wallet, open_ = _spending(frame, largest, np.random.default_rng(seeds[4]))
    return People(frame, wallet, open_, largest)


def _arrivals(customers: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw kind, sector, channel and first day, in the order of that day."""
    kind = chosen(np.array([one.share for one in KINDS]), rng.random(customers))
    sector = chosen(world.SECTOR_SHARES[kind], rng.random(customers))
    channel = chosen(np.array([one.channels for one in KINDS])[kind], rng.random(customers))
    groups = group(sector, kind == CONSUMER, channel == world.ONLINE)
    year = world.years(np.arange(DAYS))
    tapering = np.where(year == 0, np.exp(-np.arange(DAYS) / 250), 1.0)  # the opening brought many at once
    weights = demand(0, DAYS) * (_BIRTHS[year] / np.bincount(year, tapering)[year] * tapering)[:, None]
    birth = np.empty(customers, dtype=np.int64)
    for one in np.unique(groups):
        those = np.flatnonzero(groups == one)
        birth[those] = chosen(weights[:, one], rng.random(len(those)))
    frame = pd.DataFrame(
        {"kind": kind, "sector": sector, "channel": channel, "group": groups, "birth": birth}
    )
    return frame.sort_values("birth", kind="stable", ignore_index=True)


def _largest(frame: pd.DataFrame) -> int:
    """Make an early customer the large distributor; return its position."""
    early = np.arange(len(frame)) >= len(frame) // 200
    candidates = np.flatnonzero(early & frame["kind"].isin((COMPANY, DISTRIBUTOR)))
    largest = int(candidates[0])
    trade = world.SECTORS.index("Comercio")
    column = int(group(np.array(trade), np.array(False), np.array(False)))
    frame.loc[largest, ["kind", "sector", "channel", "group"]] = (DISTRIBUTOR, trade, world.FIELD, column)
    return largest


def _place(frame: pd.DataFrame, rng: np.random.Generator) -> None:
    n = len(frame)
    kind = frame["kind"].to_numpy()
    draws = rng.random((4, n))
    region = chosen(world.REGION_SHARES, draws[0])
    abroad = kind == world.FOREIGN
    region[abroad] = world.ABROAD + chosen(world.ABROAD_SHARES, draws[0][abroad])
    frame["region"] = region
    frame["salesperson"] = np.where(kind == CONSUMER, -1, world.REGION_SALESPERSON[region])
    frame["size"] = chosen(_SIZE_SHARES[kind], draws[1])
    frame["acquisition"] = chosen(np.array([one.acquired for one in KINDS])[kind], draws[2])


def _behaviour(frame: pd.DataFrame, largest: int, rng: np.random.Generator) -> None:
    """Draw how often and how regularly each buys, how it is satisfied and how ready to leave."""
    n = len(frame)
    kind, sector, size = (frame[name].to_numpy() for name in ("kind", "sector", "size"))
    typical = np.array([one.rate for one in KINDS])[kind] * world.SECTOR_RATE[sector] * _SIZE_RATE[size]
    often = rng.random(n) < 0.2
    rate = typical * np.exp(rng.normal(-0.15, 0.5, n) + 0.9 * often)
    networks = frame["acquisition"] == world.ACQUISITION.index("Redes sociales")
    rate = np.minimum(np.where(networks, 0.6 * rate, rate), 120.0)
    regular = rng.random(n) < np.array([one.regular for one in KINDS])[kind]
    shape = np.where(regular, rng.uniform(1.8, 4.5, n), 1.0)
    leaving = np.array([one.leaving for one in KINDS])[kind] * _CHANNEL_LEAVING[frame["channel"]]
    leaving *= np.exp(rng.normal(0, 0.6, n)) * np.where(networks, 1.6, 1.0) / YEAR
    frame["rate"], frame["shape"], frame["leaving"] = rate, shape, leaving
    frame["satisfaction"] = np.clip(rng.normal(8.6, 1.0, n), 4, 10)
    frame.loc[largest, ["rate", "shape", "leaving", "satisfaction"]] = (46.0, 3.0, 0.0, 8.5)
    frame["hazard"] = weibull_factor(frame["rate"].to_numpy(), frame["shape"].to_numpy())


def _terms(frame: pd.DataFrame, largest: int, rng: np.random.Generator) -> None:
    """Draw discounts and returns; a few customers have so much of both that they lose money."""
    n = len(frame)
    kind = frame["kind"].to_numpy()
    draws = rng.random((3, n))
    discount = world.drawn(_DISCOUNTS, kind, draws[0])
    served = frame["salesperson"] >= 0
    discount[served] += world.SALESPERSON_DISCOUNT[frame["salesperson"][served]]
    losing = served & (draws[1] < 0.03)
    losing[largest] = False
    frame["discount"] = np.where(losing, np.floor(42 + 11 * draws[2]), discount)
    frame.loc[largest, "discount"] = 14.0
    frame["returning"] = np.where(losing, 0.18, np.where(frame["channel"] == world.ONLINE, 0.035, 0.015))
    frame["losing"] = losing


def _spending(frame: pd.DataFrame, largest: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw what each buys in a year and what part of it can be won; return both by category."""
    n = len(frame)
    kind, sector, size = (frame[name].to_numpy() for name in ("kind", "sector", "size"))
    typical = np.array([one.wallet for one in KINDS])[kind] * world.SECTOR_WALLET[sector] * _SIZE_WALLET[size]
    total = typical * np.exp(rng.normal(0, 0.55, n) + 0.8 * (rng.random(n) < 0.15))
    total = np.where(frame["losing"], 1.8 * total, total)
    total = np.minimum(total, max(_LARGEST_WALLET * total.sum(), 20 * np.median(total)))
    mix = world.SECTOR_TASTE[sector] * np.exp(rng.normal(0, 0.7, (n, len(CATEGORIES))))
    mix /= mix.sum(axis=1, keepdims=True)
    wallet = total[:, None] * mix
    open_ = np.where(rng.random((n, len(CATEGORIES))) < 0.3, 0.0, rng.uniform(0.35, 1.0, wallet.shape))
    main = mix.argmax(axis=1)
    rows = np.arange(n)
    open_[rows, main] = np.maximum(open_[rows, main], 0.6)
    frame["ceiling"] = rng.uniform(0.4, 0.92, n)
    frame["start"] = frame["ceiling"] * rng.uniform(0.2, 0.6, n)
    frame["growth"] = 320 * np.exp(rng.normal(0, 0.4, n))
    open_[largest] = 0.8
    frame.loc[largest, ["start", "ceiling", "growth"]] = (0.6, 0.8, 300.0)
    frame["order_value"] = (wallet * open_).sum(axis=1) / frame["rate"]
    return wallet, open_
