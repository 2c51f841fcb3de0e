"""What a plan earns on a demo portfolio, whose truth is known, beside what others would earn.

The tests ask for it with two seeds; ``python -m benchmarks.plans`` measures twenty.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

from analysis import actions, customer_profile, open_dataset
from analysis.demo import Truth, generate, probability_to_buy, state_on, write
from analysis.demo.behaviour import CAMPAIGNS, effects
from analysis.demo.world import FIRST_DAY

BUDGET = 1_000.0
BY_STATE = {True: "CAMP03", False: "CAMP01"}
"""What the rivals send to active and to inactive customers, as the plan does."""


def earned(seed: int, folder: Path, budget: float = BUDGET) -> pd.Series:
    """Return the true extra margin of the days measured, less the cost, of each plan for the same budget.

    ``measured``: effects as the campaigns of the data show them; ``true effects``: the same plan, with what
    the contacts truly change in the mean of each group; ``everything``: by each customer's own truth, its
    state, spend and effect; then three simple lists.
    """
    demo = generate(seed=seed)
    write(demo, folder)
    data = open_dataset(str(folder))
    profile, told = customer_profile(data), actions.effects(data)
    by = profile.set_index("customer_id")
    before, gains = truly(demo.truth, data.as_of, told.days, pd.Index(by.index))
    margin = margin_of(by, demo.truth)
    kind = by["active"].map(BY_STATE)
    cost = pd.Series({one.id: one.cost for one in CAMPAIGNS})
    known = replace(told, frame=with_true_effects(told.frame, by, before, gains))
    own = pd.Series(gains.to_numpy()[np.arange(len(by)), gains.columns.get_indexer(kind)], by.index) * margin
    per_cost = (own / kind.map(cost)).sort_values(ascending=False)
    rng = np.random.default_rng(seed)
    lists = {
        "true effects": planned(profile, known, budget),
        "measured": planned(profile, told, budget),
        "everything": kind[per_cost[per_cost > 1].index],
        "largest": kind[by["net_sales"].sort_values(ascending=False, kind="stable").index],
        "likeliest to stop": kind[by["risk"].dropna().sort_values(ascending=False, kind="stable").index],
        "at random": kind[rng.permutation(by.index)],
    }
    found = {}
    for name, plan in lists.items():
        those = plan[cost[plan].cumsum().to_numpy() <= budget]
        each = gains.to_numpy()[gains.index.get_indexer(those.index), gains.columns.get_indexer(those)]
        found[name] = float((each * margin[those.index]).sum() - cost[those].sum())
    return pd.Series(found, name=seed)


def planned(profile: pd.DataFrame, told: actions.Effects, budget: float) -> pd.Series:
    """Return by customer the campaign that a plan sends it."""
    contacts = actions.recommend(profile, None, told)
    chosen = actions.budget_plan(contacts, budget).contacts.set_index("contact_id")
    return chosen.loc[chosen["measured"], "source"].str[:6]


def with_true_effects(
    frame: pd.DataFrame, profile: pd.DataFrame, before: pd.Series, gains: pd.DataFrame
) -> pd.DataFrame:
    """Return the effects with what the contacts truly change today in each group of risk."""
    risk, rows, low = profile["risk"].fillna(2.0), [], -1.0
    for place, row in frame[frame["measured"]].iterrows():
        active = row["action"] != "reactivate"
        low = -1.0 if place == 0 or frame["action"][place - 1] != row["action"] else low
        group = profile["active"].eq(active) & ((risk > low) & (risk <= row["risk_high"]) if active else True)
        low, campaign = row["risk_high"], BY_STATE[active]
        without, change = before[group].mean(), gains.loc[group, campaign].mean()
        effect = np.log1p(-without - change) / np.log1p(-without) - 1
        source = frame["source"].where(frame["source"].str.startswith(campaign)).dropna()
        rows.append({**row, "uplift": effect, "source": next(iter(source), campaign)})
    return pd.concat([pd.DataFrame(rows), frame[~frame["measured"]]], ignore_index=True)


def truly(known: Truth, day: dt.date, days: int, ids: pd.Index) -> tuple[pd.Series, pd.DataFrame]:
    """Return the true probability to buy if left alone, and what each campaign sent that day adds to it."""
    state = state_on(known, day)
    sent = int((np.datetime64(day) - FIRST_DAY).astype(int))
    gains, without = {}, pd.Series(dtype=float)
    for campaign in CAMPAIGNS:
        effect = effects(campaign, state["rate"].to_numpy(), state["satisfaction"].to_numpy())
        contacts = {"campaign_id": campaign.id, "customer_id": state.index, "treated": True, "effect": effect}
        then = replace(known, contacts=pd.DataFrame(contacts))
        with mock.patch("analysis.demo.truth.CAMPAIGNS", (replace(campaign, date=sent),)):
            without = probability_to_buy(then, day, days, treated=False)
            gains[campaign.id] = probability_to_buy(then, day, days) - without
    return without.reindex(ids), pd.DataFrame(gains).reindex(ids)


def margin_of(profile: pd.DataFrame, known: Truth) -> pd.Series:
    """Return the true margin of a purchase: spend ÷ purchases of a year × margin rate of what it bought."""
    common = 1 - profile["cost"].sum() / profile["net_sales"].sum()
    own = 1 - profile["cost"] / profile["net_sales"].where(profile["net_sales"] > 0)
    rate = own.where(profile["purchase_days"] >= 5, common)
    return (known.customers["spend"] / known.customers["rate"]).reindex(profile.index) * rate
