"""The customer profile: what every topic knows of each customer, one row each."""

from __future__ import annotations

import pandas as pd

from analysis import actions, churn, ltv, owners, portfolio, profitability, satisfaction, segmentation
from analysis.customer_columns import in_order
from analysis.dataset import Dataset
from analysis.not_possible import NotPossible
from analysis.portfolio import GrowthPotential
from analysis.segmentation import Abc
from analysis.segmentation.life_cycle import LifeCycle


def customer_profile(dataset: Dataset, activity_window: int | None = None) -> pd.DataFrame:
    """Return one row per customer with what the topics know of it.

    The notebooks show the same figures, since the same functions give them.

    Parameters
    ----------
    dataset
        The data set.
    activity_window
        Days after which a customer counts as inactive; None: that of the data set, or from the data.

    Returns
    -------
    pandas.DataFrame
        The columns of `analysis.customer_columns.MEANINGS`, which says what each means, but for the action,
        which ``08_action_plan`` adds (`analysis.actions.recommend`). What a topic cannot tell is missing;
        ``active`` is absent without an activity window, and what the table of customers says (``name``,
        ``owner``, ``sector``, ``region``, ``type``, ``consent``) where it says it of nobody.

    Examples
    --------
    >>> from analysis import open_dataset
    >>> profile = customer_profile(open_dataset("cdnow-sample"))
    >>> profile[["customer_id", "purchase_days", "active", "segment"]].head(2)
      customer_id  purchase_days  active          segment
    0       00004              4   False  needs_attention
    1       00018              1   False             lost
    """
    as_of, customers = dataset.as_of, dataset.query("customers")
    pairs = dataset.query("purchase_gaps")
    window = portfolio.activity_window(pairs, activity_window or dataset.activity_window)
    horizon = churn.horizon(window, pairs, as_of)
    snapshots = churn.snapshots(dataset, horizon)
    values = ltv.profile(dataset)
    scored = churn.scored(churn.forecast(snapshots), snapshots, dataset, values)
    contact = churn.contact_terms(dataset, window, activity_window)
    parts: list[pd.DataFrame | pd.Series] = [
        owners.profile(dataset, customers),
        portfolio.profile(customers, as_of, window),
        _by_year(dataset),
        _told(portfolio.growth_potential(dataset), potential="growth_potential", potential_in="category"),
        segmentation.profile(customers, as_of, window, dataset.rfm),
        segmentation.segment_history(dataset, window),
        _told(segmentation.abc(customers), abc="abc"),
        _told(segmentation.life_cycle(dataset, window), life_cycle="stage"),
        churn.usual_gaps(customers),
        churn.profile(scored),
        churn.worth_contacting(dataset, scored, values, contact),
        churn.lapsed_profile(churn.lapsed_lines(dataset, horizon)),
        values,
        profitability.profile(dataset),
        profitability.owed(dataset),
        satisfaction.profile(dataset),
    ]
    profile = customers.set_index("customer_id")
    for part in parts:
        profile = profile.join(part)
    profile = profile.reset_index()
    advised = actions.recommend(profile, None, actions.effects(dataset, window=activity_window))
    by_id = advised.set_index("contact_id").reindex(profile["customer_id"])
    profile["action"], profile["action_gain"] = by_id["action"].array, by_id["expected_gain"].array
    profile = in_order(profile)
    profile.attrs = customers.attrs
    return profile


def _by_year(dataset: Dataset) -> pd.DataFrame:
    """Return net sales by customer and calendar year, 0 in a year without any."""
    rows = dataset.query("customer_years")
    return rows.pivot_table("net_sales", "customer_id", "year", "sum", fill_value=0).add_prefix("net_sales_")


def _told(found: Abc | LifeCycle | GrowthPotential | NotPossible, **columns: str) -> pd.DataFrame:
    """Return columns of the customers of a result, by the names that the profile gives them."""
    empty = pd.DataFrame(columns=["customer_id", *columns.values()])
    rows = empty if isinstance(found, NotPossible) else found.customers
    return rows.set_index("customer_id")[list(columns.values())].set_axis(list(columns), axis="columns")
