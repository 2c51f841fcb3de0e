"""Growth potential on the demo portfolio, whose truth is known, with the declared potential hidden.

The tests ask for it with three seeds; ``python -m benchmarks.potential`` measures twenty.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import open_dataset, portfolio
from analysis.demo import generate, write

PRICES = 1.13  # of 2025, those of 2022 being 1


def proof(seed: int, customers: int = 4000) -> dict[str, float]:
    """Return what the top decile by estimated potential holds of the true one.

    True is, over categories, the wallet still open (in prices of the last year) less the last year's net
    sales, where that is above zero; customers whose potential cannot be estimated are left out.

    Returns
    -------
    dict
        ``lift`` of the top decile over a random one; ``by_sales``, that of the decile with most net sales;
        ``there``, the share of the top decile's true potential in the category named for each customer;
        ``there_at_random`` and ``there_at_best``, that in a random category and in the best.
    """
    made = generate(customers, seed)
    hidden = made.tables["customers"].assign(potential=np.nan)
    with tempfile.TemporaryDirectory() as folder:
        write(replace(made, tables=made.tables | {"customers": hidden}), Path(folder))
        dataset = open_dataset(folder)
        found = portfolio.growth_potential(dataset)
        rows = dataset.query("customer_categories")
    told = found.customers.dropna(subset="growth_potential").set_index("customer_id")
    sold = rows.pivot_table(index="customer_id", columns="category", values="net_sales", aggfunc="sum")
    wallet = PRICES * made.truth.wallet * made.truth.open
    true = (wallet.loc[told.index] - sold.reindex_like(wallet).fillna(0).loc[told.index]).clip(lower=0)
    each = true.sum(axis=1)
    tenth = len(told) // 10
    top = true.loc[told.index[:tenth]]
    named = told["category"].iloc[:tenth]
    largest = told["net_sales"].nlargest(tenth).index
    return {
        "lift": each.loc[top.index].mean() / each.mean(),
        "by_sales": each.loc[largest].mean() / each.mean(),
        "there": sum(top.loc[one, category] for one, category in named.items()) / top.sum().sum(),
        "there_at_random": 1 / len(wallet.columns),
        "there_at_best": top.max(axis=1).sum() / top.sum().sum(),
    }


def mean_of(seeds: range) -> pd.Series:
    """Return the mean of `proof` over seeds."""
    return pd.DataFrame([proof(seed) for seed in seeds]).mean()
