"""What a plan earns on a demo portfolio, whose truth is known, beside what others would earn.

The tests ask for it with two seeds; ``python -m benchmarks.plans`` measures twenty.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

from analysis import actions, customer_profile, open_dataset, portfolio
from analysis.demo import Truth, generate, probability_to_buy, state_on, write
from analysis.demo.behaviour import CAMPAIGNS, effects
from analysis.demo.world import FIRST_DAY

BUDGET = 1_000.0
PLANS = ("true", "measured", "largest", "likeliest to stop", "at random")


def earned(seed: int, folder: Path, budget: float = BUDGET) -> pd.Series:
    """Return the true extra margin, less the cost, of each of `PLANS` with the same budget."""
    demo = generate(seed=seed)
    write(demo, folder)
    data = open_dataset(str(folder))
    profile = with_potential(customer_profile(data), data)
    told = actions.effects(data)
    contacts = actions.recommend(profile, None, told)
    sources = told.frame[told.frame["measured"]].groupby("action")["source"].first().str[:6]
    gains = true_gains(demo.truth, data.as_of, told.days).mul(margin_of(profile, demo.truth), axis=0)
    cost = pd.Series({one.id: one.cost for one in CAMPAIGNS})
    profile = profile.set_index("customer_id")
    by_state = pd.Series(
        np.where(profile["active"], sources.get("retain", "CAMP03"), sources.get("reactivate", "CAMP01")),
        profile.index,
    )
    best = (gains - cost).idxmax(axis=1)
    rng = np.random.default_rng(seed)
    worth = (gains - cost).max(axis=1)
    chosen = actions.budget_plan(contacts, budget).contacts
    lists = {
        "true": best[(worth / cost[best].to_numpy())[worth > 0].sort_values(ascending=False).index],
        "measured": chosen.set_index("contact_id")["source"].str[:6],
        "largest": by_state[profile["net_sales"].sort_values(ascending=False).index],
        "likeliest to stop": by_state[profile["risk"].dropna().sort_values(ascending=False).index],
        "at random": by_state[rng.permutation(by_state.index)],
    }
    found = {}
    for name, plan in lists.items():
        paid = cost[plan].cumsum().to_numpy() <= budget
        those = plan[paid]
        each = gains.to_numpy()[gains.index.get_indexer(those.index), gains.columns.get_indexer(those)]
        found[name] = each.sum() - cost[those].sum()
    return pd.Series(found)


def with_potential(profile: pd.DataFrame, data) -> pd.DataFrame:
    if "potential" in profile:
        return profile
    known = portfolio.growth_potential(data).customers.set_index("customer_id")
    known = known[["growth_potential", "category"]].set_axis(["potential", "potential_in"], axis=1)
    return profile.join(known, on="customer_id")


def true_gains(known: Truth, day, days: int) -> pd.DataFrame:
    """Return by customer and campaign what being contacted on that day adds to the probability to buy."""
    state = state_on(known, day)
    sent = int((np.datetime64(day) - FIRST_DAY).astype(int))
    found = {}
    for campaign in CAMPAIGNS:
        effect = effects(campaign, state["rate"].to_numpy(), state["satisfaction"].to_numpy())
        contacts = pd.DataFrame(
            {"campaign_id": campaign.id, "customer_id": state.index, "treated": True, "effect": effect}
        )
        with mock.patch("analysis.demo.truth.CAMPAIGNS", (replace(campaign, date=sent),)):
            then = replace(known, contacts=contacts)
            found[campaign.id] = probability_to_buy(then, day, days) - probability_to_buy(
                then, day, days, treated=False
            )
    return pd.DataFrame(found)


def margin_of(profile: pd.DataFrame, known: Truth) -> pd.Series:
    """Return the true margin of a purchase: what a customer spends a year ÷ its purchases × margin rate."""
    sales = profile.set_index("customer_id")
    common = 1 - sales["cost"].sum() / sales["net_sales"].sum()
    own = (1 - sales["cost"] / sales["net_sales"].where(sales["net_sales"] > 0)).where(
        sales["purchase_days"] >= 5, common
    )
    return (known.customers["spend"] / known.customers["rate"]).reindex(sales.index) * own
