"""What tells groups of customers apart, as far as it was known on a day."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from analysis.dataset import Dataset

OF_CUSTOMERS = ("acquisition_channel", "sector")


def known_groups(dataset: Dataset, as_of: dt.date | None = None) -> pd.DataFrame:
    """Return by ``customer_id`` their ``acquisition_channel`` and ``sector``, of what is known.

    The channel is that of the table of customers; where it gives none, the one of the first sale.

    Parameters
    ----------
    dataset
        The data set.
    as_of
        Until when sales are looked at; by default all that count.
    """
    known = dataset.tables.get("customers", frozenset())
    records = dataset.query("customer_records").set_index("customer_id") if known else pd.DataFrame()
    found = records[[name for name in OF_CUSTOMERS if name in known]]
    if "acquisition_channel" not in found and "channel" in dataset.columns:
        first = dataset.query("customer_channels", as_of=as_of or dataset.as_of).set_index("customer_id")
        found = found.join(first["first_channel"].rename("acquisition_channel"), how="outer")
    return found
