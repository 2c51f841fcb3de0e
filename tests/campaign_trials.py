"""Campaigns measured on demo portfolios, whose truth is known: do the 90 % intervals hold it?

The tests ask for it with twenty seeds; ``python -m benchmarks.campaigns`` measures two hundred.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis import churn, open_dataset, portfolio
from analysis.demo import generate, probability_to_buy, write

READ = {"ventas.csv.gz", "campanas.csv", "dataset.yml"}


def trial(seed: int, customers: int = 4000) -> pd.DataFrame:
    """Measure the campaigns of a portfolio, and the third by risk, against what they truly changed.

    True is the mean over the contacted of the probability to buy when treated less that when not, in the days
    measured.

    Returns
    -------
    DataFrame
        One row per campaign and per group of risk, ``what``: ``effect``, ``low`` and ``high``, ``true``,
        ``covered``; and ``differ``, whether the groups of risk are said to.
    """
    made = generate(customers, seed)
    with tempfile.TemporaryDirectory() as folder:
        for path in write(made, Path(folder)):
            if path.name not in READ:
                path.unlink()
        dataset = open_dataset(folder)
        window = portfolio.activity_window(dataset.query("purchase_gaps"))
        effects = churn.campaign_effects(churn.campaign_contacts(dataset), window)
        by_risk = churn.effects_by_risk(effects, dataset)
        last = effects.for_active.iloc[0]
        risk = churn.risk_on(replace(dataset, as_of=last["date"].date()))
    rows = []
    for _place, row in effects.frame.iterrows():
        sent = effects.contacts[effects.contacts["campaign"] == row["campaign"]]
        gain = _gain(made.truth, row).reindex(sent.loc[sent["treated"], "customer_id"])
        rows.append((row["campaign"][:6], row, gain.mean()))
    gain = gain[gain.index.isin(risk.index)]  # of the last campaign
    for place, row in by_risk.frame.iterrows():
        inside = risk[gain.index].between(row["risk_low"], row["risk_high"])
        assert inside.sum() == row["treated"]
        rows.append((f"risk {place + 1}", row, gain[inside].mean()))
    found = pd.DataFrame(
        [(what, row["effect"], row["effect_low"], row["effect_high"], true) for what, row, true in rows],
        columns=["what", "effect", "low", "high", "true"],
    )
    return found.assign(
        covered=found["true"].between(found["low"], found["high"]), differ=by_risk.differs, seed=seed
    )


def _gain(truth, campaign: pd.Series) -> pd.Series:
    """Return what being contacted adds to each customer's probability to buy in the days measured."""
    when = campaign["date"].date(), int(campaign["days"])
    return probability_to_buy(truth, *when, treated=True) - probability_to_buy(truth, *when, treated=False)


def trials(seeds: range) -> pd.DataFrame:
    """Return the rows of `trial` for several seeds."""
    return pd.concat([trial(seed) for seed in seeds], ignore_index=True)
