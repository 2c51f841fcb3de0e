"""How customers were won: leads with their stages, what was spent, and the market they come from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.demo import world
from analysis.demo.demo_names import names
from analysis.demo.demo_people import People
from analysis.demo.text import codes, picked, words
from analysis.demo.world import ACQUISITION, CONSUMER, DAYS, NEVER, SALESPEOPLE, SECTORS

INTERESTS = ("cold", "warm", "hot")
_INTEREST_SHARES = np.array([0.45, 0.35, 0.20])
_INTEREST_CONVERSION = np.array([0.45, 1.1, 2.0])
_CHANNEL_CONVERSION = np.array([0.28, 0.19, 0.13, 0.24, 0.14, 0.40, 0.25])
_SECTOR_CONVERSION = np.array([1.0, 1.15, 0.9, 1.2, 0.85, 0.8, 1.0, 1.1, 1.0, 1.2])
_KNOWN_AS_LEAD = 0.7
_NEVER_CONTACTED = 0.2
_WITH_NEXT_ACTION = 0.75
_OVERDUE, _PLANNED = 15, 30
"""The next step of an open lead is due so many days before the last day, to so many after it."""
_KNOWN_INTEREST = 0.8
_AHEAD = 150
"""Leads that will be won in so many days after the last one are open."""


def leads(
    people: People, ids: pd.Series, stream: np.random.SeedSequence
) -> tuple[pd.DataFrame, pd.Series, np.ndarray]:
    """Draw the leads.

    Each customer that was a lead stands for those like it, of the same channel and sector, that were not won:
    as many as make the true conversion, which depends on channel, sector and interest.

    Returns
    -------
    tuple of DataFrame, Series and array
        The leads, with the same index each one's true probability of being won in the end, and the position
        of the customer that each is or is like.
    """
    rng = np.random.default_rng(stream)
    frame = people.frame
    birth = frame["birth"].to_numpy()
    won = np.flatnonzero((frame["kind"] != CONSUMER) & (rng.random(len(frame)) < _KNOWN_AS_LEAD))
    recent = won[birth[won] >= DAYS - _AHEAD]
    like = np.concatenate([won, recent])  # as many as lately are on their way to be won next
    conversion = (
        _CHANNEL_CONVERSION[frame["acquisition"].to_numpy()[like]]
        * _SECTOR_CONVERSION[frame["sector"].to_numpy()[like]]
    )
    by_interest = np.minimum(conversion[:, None] * _INTEREST_CONVERSION, 0.95)
    converted = (by_interest * _INTEREST_SHARES).sum(axis=1)
    interest = world.chosen(_INTEREST_SHARES * by_interest, rng.random(len(like)))
    first = _won_days(np.concatenate([birth[won], birth[recent] + _AHEAD]), interest, rng)
    beside = np.repeat(np.arange(len(like)), rng.poisson((1 - converted) / converted))
    second = _lost_days(first["created"].to_numpy()[beside], rng)
    every = pd.concat([first, second], ignore_index=True)
    every = every.where(every < DAYS, NEVER)
    every["customer"] = np.concatenate([won, np.full(len(recent) + len(beside), -1)])
    every.loc[every["customer"] < 0, "won"] = NEVER
    every["like"] = np.concatenate([like, like[beside]])
    lost_interest = world.chosen(_INTEREST_SHARES * (1 - by_interest[beside]), rng.random(len(beside)))
    every["interest"] = np.concatenate([interest, lost_interest])
    every["chance"] = np.concatenate([by_interest, by_interest[beside]])[
        np.arange(len(every)), every["interest"]
    ]
    every["value"] = _estimates(people, every["like"].to_numpy(), rng)
    every = every[every["created"] < DAYS].sort_values("created", kind="stable", ignore_index=True)
    return _lead_table(every, frame, ids), every["chance"], every["like"].to_numpy()


def described(
    leads: pd.DataFrame,
    people: People,
    like: np.ndarray,
    named: tuple[pd.Series, np.random.SeedSequence],
    stream: np.random.SeedSequence,
) -> pd.DataFrame:
    """Return the leads with who they are, what they asked for, and the steps taken and planned.

    Those not won have names of their own, and are else what the customer is that they are like. What they
    asked for changes nothing, nor does the date of a step.

    Parameters
    ----------
    leads, like
        The result of `leads`.
    people
        The customers.
    named
        Their names, and the random numbers for those of leads.
    stream
        The random numbers for the rest.
    """
    rng = np.random.default_rng(stream)
    frame = people.frame.take(like)
    own = leads["customer_id"].notna()
    reached = leads[["created", "qualified", "advanced", "won", "lost"]].max(axis=1)
    today = pd.Timestamp(world.dates(DAYS - 1).max())
    is_open = leads["stage"].isin(("lead", "prospect", "potential"))
    waited = (rng.random(len(leads)) * (today - reached).dt.days).astype("int64")
    contacted = reached + pd.to_timedelta(waited.where(is_open, 0), unit="D")
    never = (leads["stage"] == "lead") & (rng.random(len(leads)) < _NEVER_CONTACTED)
    ahead = pd.to_timedelta(rng.integers(-_OVERDUE, _PLANNED, len(leads)), unit="D")
    due = (today + ahead).where(today + ahead > contacted, contacted + pd.Timedelta(days=1))
    planned = is_open & (rng.random(len(leads)) < _WITH_NEXT_ACTION)
    wanted = world.chosen(
        people.wallet[like] / people.wallet[like].sum(axis=1, keepdims=True), rng.random(len(leads))
    )
    asked = rng.random(len(leads)) < _KNOWN_INTEREST
    return leads.assign(
        name=picked(named[0], like).where(own, names(frame, named[1])),
        region=words(frame["region"], world.REGIONS),
        type=words(frame["kind"], world.KIND_NAMES),
        size=words(frame["size"], world.SIZES),
        product_interest=words(np.where(asked, wanted, -1), world.CATEGORIES),
        last_contact=contacted.where(~never),
        next_action=due.where(planned),
    )


def _won_days(birth: np.ndarray, interest: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return the days of the stages of leads that were won, back from their first purchase."""
    pace = np.array([1.4, 1.0, 0.6])[interest]
    gaps = np.floor(rng.exponential(1.0, (3, len(birth))) * np.array([[10], [12], [14]]) * pace)
    won = birth - rng.integers(0, 8, len(birth))
    advanced = won - 2 - gaps[2].astype(np.int64)
    qualified = advanced - 1 - gaps[1].astype(np.int64)
    created = qualified - gaps[0].astype(np.int64)
    return pd.DataFrame(
        {"created": created, "qualified": qualified, "advanced": advanced, "won": won, "lost": NEVER}
    )


def _lost_days(like: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return the days of the stages of leads that are not won."""
    n = len(like)
    created = np.maximum(like + rng.integers(-60, 61, n), like.min(initial=0))
    reached = (rng.random(n) < 0.55).astype(int) * (1 + (rng.random(n) < 0.4))
    gaps = np.floor(rng.exponential(1.0, (3, n)) * np.array([[12], [18], [38]])).astype(np.int64)
    qualified = created + 1 + gaps[0]
    advanced = qualified + 2 + gaps[1]
    lost = np.select([reached == 0, reached == 1], [created, qualified], advanced) + 5 + gaps[2]
    return pd.DataFrame(
        {
            "created": created,
            "qualified": np.where(reached >= 1, qualified, NEVER),
            "advanced": np.where(reached == 2, advanced, NEVER),
            "won": NEVER,
            "lost": lost,
        }
    )


def _estimates(people: People, like: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return what a salesperson expects a lead to buy in a year, to the nearest 50 euros."""
    frame = people.frame
    yearly = (frame["order_value"] * frame["rate"] * frame["ceiling"]).to_numpy()[like]
    estimated = yearly * np.exp(rng.normal(0, 0.45, len(like)))
    return np.asarray(np.maximum(np.rint(estimated / 50), 1) * 50)


def _lead_table(every: pd.DataFrame, frame: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    steps = ("lost", "won", "advanced", "qualified")
    stage = np.select([every[name] < DAYS for name in steps], [4, 3, 2, 1], 0)
    of = {name: frame[name].to_numpy()[every["like"]] for name in ("acquisition", "sector", "salesperson")}
    return pd.DataFrame(
        {
            "lead_id": codes("L", np.arange(1, len(every) + 1), max(5, len(str(len(every))))),
            "created": world.dates(every["created"].to_numpy()),
            "stage": words(stage, ("lead", "prospect", "potential", "customer", "lost")),
            **{name: world.happened(every[name].to_numpy()) for name in reversed(steps)},
            "channel": words(of["acquisition"], ACQUISITION),
            "sector": words(of["sector"], SECTORS),
            "interest": words(every["interest"], INTERESTS),
            "estimated_value": every["value"],
            "salesperson": words(of["salesperson"], SALESPEOPLE),
            "customer_id": picked(ids, every["like"]).where(every["customer"] >= 0),
        }
    )


def spend(people: People, stream: np.random.SeedSequence) -> pd.DataFrame:
    """Return what was spent on acquisition, by month, channel and kind."""
    rng = np.random.default_rng(stream)
    months = np.arange(world.FIRST_DAY.astype("datetime64[M]"), np.datetime64("2026-01"))
    month = world.dates(people.frame["birth"].to_numpy()).astype("datetime64[M]")
    position = (month - months[0]).astype(int)
    frames = []
    for channel, name in enumerate(ACQUISITION):
        those = people.frame["acquisition"].to_numpy() == channel
        won = np.bincount(position[those], minlength=len(months)).astype(float)
        around = np.convolve(np.pad(won, 1, mode="edge"), np.ones(3) / 3, mode="valid")
        budget = (around + won.mean() * 0.1) / 1.1 * world.ACQUISITION_COST[channel]
        for kind, share in world.SPEND_KINDS[channel]:
            amount = np.rint(budget * share * np.exp(rng.normal(0, 0.1, len(months))) * 100) / 100
            frames.append(pd.DataFrame({"month": months, "channel": name, "kind": kind, "amount": amount}))
    table = pd.concat(frames, ignore_index=True)
    return table[table["amount"] > 0].sort_values("month", kind="stable", ignore_index=True)


def market(customers: int) -> pd.DataFrame:
    """Return how many possible customers each sector has, and its share of the market in percent."""
    size = np.rint(world.SECTOR_MARKET * customers / 4000)
    return pd.DataFrame(
        {
            "segment": words(np.arange(len(SECTORS)), SECTORS),
            "size": size.astype(np.int64),
            "share": np.rint(1e4 * size / size.sum()) / 100,
        }
    )
