"""What customers are called and who looks after them, for lists that somebody is to work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from analysis.dataset import Dataset


def named(dataset: Dataset, rows: pd.DataFrame) -> pd.DataFrame:
    """Add ``name`` and ``owner`` after ``customer_id``, as far as the data know them.

    The owner of a customer is the salesperson in the table of customers, else the seller with most of its net
    sales in the twelve months to ``as_of``, else none.

    Parameters
    ----------
    dataset
        The data set.
    rows
        Rows with ``customer_id``.
    """
    known = pd.DataFrame(index=pd.Index(rows["customer_id"]))
    if {"name", "salesperson"} & dataset.tables.get("customers", frozenset()):
        records = dataset.query("customer_records").set_index("customer_id")
        known = known.join(records.rename(columns={"salesperson": "owner"})[["name", "owner"]])
    if "salesperson" in dataset.columns:
        sellers = dataset.query("customer_sellers").set_index("customer_id")
        known = known.join(sellers)
        known["owner"] = (
            known["owner"].fillna(known["salesperson"]) if "owner" in known else known["salesperson"]
        )
    told = known.filter(["name", "owner"]).dropna(axis="columns", how="all").reset_index(drop=True)
    others = rows.drop(columns="customer_id").reset_index(drop=True)
    found = pd.concat([rows[["customer_id"]].reset_index(drop=True), told, others], axis=1)
    found.attrs = rows.attrs
    return found
