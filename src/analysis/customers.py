"""The customer profile: what every topic knows of each customer, one row each."""

from __future__ import annotations

import pandas as pd

from analysis import churn, ltv, portfolio, profitability, satisfaction, segmentation
from analysis.dataset import Dataset


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
        The columns of ``sql/customers.sql``; ``days_since_last`` and ``active`` (portfolio); ``r``, ``f``,
        ``m``, ``segment``, ``segment_before``, that of twelve months ago, and ``segment_since``, when it
        changed (segmentation: see `segment_history`); ``risk`` of no purchase within the horizon and
        ``at_stake`` in money, of active customers, whether a contact is expected to pay
        (``worth_contacting``), ``lapsed_lines``, the product groups they no longer buy, and ``lapsed_sales``
        of them a year (churn); ``p_alive``, and over the next 52 weeks ``expected_purchases`` and ``clv``,
        with its 80 % interval ``clv_low`` to ``clv_high`` (lifetime value); ``contribution_margin`` of the
        last 12 months in money, of who bought, gave back or was served in them (profitability);
        ``nps_score``, the last answer from 0 to 10, and its day ``nps_date`` (satisfaction). What a topic
        cannot tell is missing.

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
    risks = churn.risks(churn.forecast(snapshots), snapshots, values=values)
    parts: list[pd.DataFrame | pd.Series] = [
        portfolio.profile(customers, as_of, window),
        segmentation.profile(customers, as_of, window, dataset.rfm),
        segmentation.segment_history(dataset, window),
        churn.profile(risks),
        churn.worth_contacting(dataset, risks, window),
        churn.lapsed_profile(churn.lapsed_lines(dataset, horizon)),
        values,
        profitability.profile(dataset),
        satisfaction.profile(dataset),
    ]
    profile = customers.set_index("customer_id")
    for part in parts:
        profile = profile.join(part)
    profile.attrs = customers.attrs
    return profile.reset_index()
