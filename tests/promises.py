"""What the models promise, tried on portfolios with a known truth: fits without faults, intervals that hold.

The tests ask for it in a size that they can bear; ``python -m benchmarks.promises`` measures it in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import numpy as np
import pandas as pd

from analysis import ltv
from analysis.ltv.intervals import purchase_intervals, total_intervals, value_intervals
from analysis.ltv.model_selection import fit_purchases
from analysis.ltv.purchases import KINDS, Kind, in_unit, likelihood, scaled_counts
from portfolios import Portfolio, any_portfolio, simulate

Truth = Mapping[Kind, dict[str, float]]

AHEAD = 39.0  # weeks
TRUTH: Truth = {
    "bg_nbd": {"r": 0.9, "alpha": 8.0, "a": 0.8, "b": 3.0},
    "mbg_nbd": {"r": 0.9, "alpha": 8.0, "a": 0.6, "b": 3.0},
    "pareto_nbd": {"r": 0.9, "alpha": 8.0, "s": 0.8, "beta": 30.0},
}
ALL_ALIKE: Truth = {
    "bg_nbd": {"r": 0.9, "alpha": 8.0, "a": 80.0, "b": 300.0},
    "mbg_nbd": {"r": 0.9, "alpha": 8.0, "a": 60.0, "b": 300.0},
    "pareto_nbd": {"r": 0.9, "alpha": 8.0, "s": 80.0, "beta": 3000.0},
}
HARDLY_LEAVE: Truth = {
    "bg_nbd": {"r": 0.9, "alpha": 8.0, "a": 0.02, "b": 3.0},
    "mbg_nbd": {"r": 0.9, "alpha": 8.0, "a": 0.02, "b": 3.0},
    "pareto_nbd": {"r": 0.9, "alpha": 8.0, "s": 0.8, "beta": 2000.0},
}


def portfolio(seed: int, customers: int = 600, truth: Truth = TRUTH, days: int | None = None) -> Portfolio:
    """Return customers seen for 39 to 78 weeks, and what they do in the 39 after; every third of a kind."""
    kind = KINDS[seed % 3]
    ages = 78 - np.random.default_rng(seed).integers(0, 39 * 7, customers) / 7
    return simulate(kind, truth[kind], ages, AHEAD, seed, days=days)


def portfolio_of_wild_spend(seed: int) -> Portfolio:
    """Return the same customers with money so different that the free spend model misses its mean.

    Lognormal with a deviation of 1.6 between customers and 0.4 between purchases, in logarithms.
    """
    made = portfolio(seed)
    random = np.random.default_rng(1_000_000 + seed)
    usual = random.normal(4, 1.6, len(made.bought))

    def spent(purchases: np.ndarray) -> np.ndarray:
        whose = np.repeat(np.arange(len(usual)), purchases.astype(int))
        return np.bincount(whose, np.exp(random.normal(usual[whose], 0.4)), len(usual))

    x = made.summary.history[0]
    mean = np.divide(spent(x), x, out=np.full(len(x), np.nan), where=x > 0)
    summary = ltv.Summary(made.summary.frame.assign(z=mean), "week", made.summary.as_of)
    return Portfolio(made.kind, made.truth, summary, made.bought, spent(made.bought))


def fitted(made: Portfolio) -> tuple[ltv.PurchaseModel, ltv.SpendModel, np.ndarray]:
    """Return the models, and what a purchase of each customer is worth: its expected spend."""
    model, spend = fit_purchases(made.summary, made.kind), ltv.fit_spend(made.summary)
    assert isinstance(model, ltv.PurchaseModel)
    assert isinstance(spend, ltv.SpendModel)
    return model, spend, spend.expected_spend(made.summary.history[0], made.summary.frame["z"].to_numpy())


def totals_held(made: Portfolio) -> dict[str, float]:
    """Say whether the 90 % intervals hold a portfolio's purchases and their value, and how wide they are."""
    model, spend, worth = fitted(made)
    purchases, value = total_intervals(model, made.summary, AHEAD, worth, spend=spend)
    expected = model.expected_purchases(AHEAD, *made.summary.history).sum()
    return {
        "purchases": purchases.contains(made.bought.sum()),
        "value": value.contains(made.spent.sum()),
        "width": (purchases.high - purchases.low) / expected,
    }


def customers_held(made: Portfolio, seed: int) -> pd.DataFrame:
    """Say of each customer whether its 80 % intervals hold, and where what it did lies in its distribution.

    ``place`` is the value of the distribution function, drawn at random within the step of the whole number
    that came: uniform if the distribution is right (Czado, Gneiting & Held 2009, "Predictive model
    assessment for count data", Biometrics 65).
    """
    model, spend, worth = fitted(made)
    found = purchase_intervals(model, AHEAD, made.summary.history)
    found["expected"] = model.expected_purchases(AHEAD, *made.summary.history)
    found["holds"] = (made.bought >= found["low"]) & (made.bought <= found["high"])
    found["place"] = _places(model, made, np.random.default_rng(seed))
    value = value_intervals(model, spend, made.summary, AHEAD, worth)
    found["value_holds"] = (made.spent >= value["low"]) & (made.spent <= value["high"])
    return found


def _places(model: ltv.PurchaseModel, made: Portfolio, random: np.random.Generator) -> np.ndarray:
    x, t_x, t = made.summary.history
    most = int(made.bought.max())
    tails = np.stack(list(islice(model.process.at_least(AHEAD, x, t), most + 1)))
    reached = np.concatenate([np.ones((1, len(x))), tails * model.p_alive(x, t_x, t)])
    came, who = made.bought.astype(int), np.arange(len(x))
    above, at_least = reached[came + 1, who], reached[came, who]
    return 1 - at_least + random.random(len(x)) * (at_least - above)


def faults(seed: int) -> list[str]:
    """Return what goes wrong when all three models are fitted to one of the portfolios a fit must stand.

    A search that finds no optimum or fails, parameters that are no numbers, and, for the model that made the
    portfolio, a log-likelihood below that at the true parameters, which is a silent failure.
    """
    made = any_portfolio(seed)
    if made.summary.repeat_buyers < 20:
        return []
    found = []
    for kind in KINDS:
        try:
            model = fit_purchases(made.summary, kind)
        except (ArithmeticError, ValueError, Warning) as problem:
            found.append(f"{seed}, {kind}: {problem}")
            continue
        if not isinstance(model, ltv.PurchaseModel):
            found.append(f"{seed}, {kind}: {model.reason}")
        elif not np.isfinite(list(model.parameters.values())).all():
            found.append(f"{seed}, {kind}: {model.parameters}")
        elif kind == made.kind and model.fit.log_likelihood < _at_truth(made) - 1e-6:
            found.append(f"{seed}, {kind}: below the truth")
    return found


def _at_truth(made: Portfolio) -> float:
    """Return the log-likelihood of a portfolio at its true parameters, in the units of the fit."""
    counts, longest = scaled_counts(made.summary)
    truth = np.array(list(in_unit(made.truth, 1 / longest).values()))
    return likelihood(made.kind, counts).evaluate(truth)[0]
