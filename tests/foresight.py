"""How near the forecast of churn comes to the truth of a demo portfolio.

The tests ask for it with three seeds; ``python -m benchmarks.foresight`` measures twenty.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

from analysis import churn, open_dataset, portfolio
from analysis.churn.evaluation import error_by_chance
from analysis.demo import Truth, generate, probability_to_buy, state_on, world, write
from analysis.demo.behaviour import buying_hazard, newness, unhappiness, weibull_factor
from analysis.demo.calendar import demand


def measured(seed: int, folder: Path) -> dict[str, float]:
    """Return how the forecast of a portfolio compares with its truth on the last period.

    ``error`` of calibration and what true probabilities stay below ``by_chance``; the ``distance``, the mean
    |p − true p|, of the forecast, and ``distance_knowable``, that of one who knows how each customer buys but
    not who has left in silence; the areas under the curve ``auc``, ``auc_knowable`` and ``auc_true``; and
    ``beats``, whether what was chosen beats every simple rule by more than chance.
    """
    demo = generate(seed=seed)
    write(demo, folder)
    data = open_dataset(str(folder))
    pairs = data.query("purchase_gaps")
    ahead = churn.horizon(portfolio.activity_window(pairs, data.activity_window), pairs, data.as_of)
    told = churn.snapshots(data, ahead)
    found = churn.contest(told)
    day, ids = told.days[-2], found.scores["customer_id"]
    absent, risk = found.scores["no_purchase"], found.scores[found.chosen]
    true = 1 - probability_to_buy(demo.truth, day, ahead.days).reindex(ids).to_numpy()
    known = 1 - knowable(demo.truth, day, ahead.days).reindex(ids).to_numpy()
    return {
        "error": churn.calibration(found).found.value,
        "by_chance": error_by_chance(risk.to_numpy()),
        "distance": float(np.abs(risk - true).mean()),
        "distance_knowable": float(np.abs(known - true).mean()),
        "auc": float(roc_auc_score(absent, risk)),
        "auc_knowable": float(roc_auc_score(absent, known)),
        "auc_true": float(roc_auc_score(absent, true)),
        "precision": float(average_precision_score(absent, risk)),
        "beats": float((found.against[["brier_gain_low", "precision_gain_low"]] > 0).all(axis=None)),
    }


def knowable(truth: Truth, date: dt.date, days: int) -> pd.Series:
    """Return the probability of buying in the ``days`` after ``date`` for one who does not see who has left.

    It is the true one of a customer who is there, times the probability that it is, given its parameters and
    its silence: day by day since the last purchase it may have left, or have stayed and not bought.
    """
    state, end = state_on(truth, date), int((np.datetime64(date) - world.FIRST_DAY).astype(int))
    elapsed, shape = state["elapsed"].to_numpy(), state["shape"].to_numpy()
    age = (np.datetime64(date) - state["born"].to_numpy()).astype("timedelta64[D]").astype(int)
    factor, column = weibull_factor(state["rate"].to_numpy(), shape), state["demand"].to_numpy()
    readiness = state["leaving"].to_numpy() / world.YEAR * unhappiness(state["satisfaction"].to_numpy())
    there, gone = np.ones(len(state)), np.zeros(len(state))
    calendar = demand(0, end + 1)
    for back in range(int(elapsed.max()) - 1, -1, -1):
        silent = elapsed > back
        leaves = readiness * newness(np.maximum(age - back, 0))
        bought = buying_hazard(shape, factor, elapsed - back) * calendar[end - back].take(column)
        gone = np.where(silent, gone + there * leaves, gone)
        there = np.where(silent, there * (1 - leaves) * np.exp(-bought), there)
    staying = replace(truth, customers=truth.customers.assign(left=pd.NaT))
    return probability_to_buy(staying, date, days) * (there / (there + gone))
