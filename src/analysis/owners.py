"""What customers are called and to whom they belong, for lists that somebody is to work with."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from analysis.dataset import Dataset

_Known = TypeVar("_Known", "pd.Series", pd.DataFrame)
OF_CUSTOMERS = ("salesperson", "sector", "region", "size", "type", "acquisition_channel")
OF_SALES = ("salesperson", "channel", "category", "product_id")


def belongs_to(dataset: Dataset, column: str) -> pd.Series:
    """Return by customer_id to whom or what each customer belongs: a salesperson, a region, a channel.

    Parameters
    ----------
    dataset
        The data set.
    column
        One of `OF_CUSTOMERS` or `OF_SALES`: what the table of customers says, else the value with most of
        the customer's net sales in the twelve months to ``as_of``, else none.
    """
    found = pd.Series(index=pd.Index([], name="customer_id"), dtype="object")
    if column in OF_CUSTOMERS and column in dataset.tables.get("customers", frozenset()):
        records = dataset.query("customer_records", ["customer_id", column])
        found = records.set_index("customer_id")[column].dropna()
    if column in OF_SALES and column in dataset.columns:
        sold = dataset.query("customer_main_value", column=column).set_index("customer_id")["value"]
        found = found.combine_first(sold) if len(found) else sold
    return found.rename(column)


def looked_up(customer_ids: pd.Series, known: _Known) -> _Known:
    """Return what is known of each customer, missing where nothing is.

    As ``customer_ids.map(known)``, without an object for each identifier: of ten millions these take a
    gigabyte.

    Parameters
    ----------
    customer_ids
        The customers.
    known
        By ``customer_id``, each of them once.
    """
    places = np.full(len(customer_ids), -1)
    if len(known):
        ids = pa.array(customer_ids)
        places = np.asarray(pc.index_in(ids, value_set=pa.array(known.index, type=ids.type)).fill_null(-1))
    found = known.reset_index(drop=True).reindex(places)
    return found.set_axis(customer_ids.index)


def named(dataset: Dataset, rows: pd.DataFrame) -> pd.DataFrame:
    """Add ``name`` and ``owner`` after ``customer_id``, as far as the data know them.

    The owner of a customer is the salesperson it belongs to: see `belongs_to`.

    Parameters
    ----------
    dataset
        The data set.
    rows
        Rows with ``customer_id``.
    """
    known = pd.DataFrame(index=pd.Index(rows["customer_id"]))
    if "name" in dataset.tables.get("customers", frozenset()):
        known = known.join(dataset.query("customer_records").set_index("customer_id")["name"])
    if len(owners := belongs_to(dataset, "salesperson")):
        known = known.join(owners.rename("owner"))
    told = known.dropna(axis="columns", how="all").reset_index(drop=True)
    others = rows.drop(columns="customer_id").reset_index(drop=True)
    found = pd.concat([rows[["customer_id"]].reset_index(drop=True), told, others], axis=1)
    found.attrs = rows.attrs
    return found


def profile(dataset: Dataset, customers: pd.DataFrame) -> pd.DataFrame:
    """Return what the table of customers says for the customer profile, by customer_id.

    ``name`` and ``owner``, as in `named`; ``sector``, ``region``, ``type`` and ``consent``. A column of which
    the data know nothing is absent.
    """
    found = named(dataset, customers[["customer_id"]]).set_index("customer_id")
    if "customers" in dataset.tables:
        records = dataset.query("customer_records").set_index("customer_id")
        consent = records["consent"].map({"yes": True, "no": False}).astype("boolean")
        found = found.join(records[["sector", "region", "type"]].assign(consent=consent))
    return found.dropna(axis="columns", how="all")


def called(rows: pd.DataFrame) -> pd.Series:
    """Return the name of the customer of each row, or its code where it has none."""
    return rows["name"].fillna(rows["customer_id"]) if "name" in rows else rows["customer_id"]
