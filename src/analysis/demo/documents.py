"""Papers: numbers of invoices and tickets, what is due and paid, what was delivered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.demo import world
from analysis.demo.behaviour import Behaviour
from analysis.demo.demo_people import People
from analysis.demo.demo_sales import Sales
from analysis.demo.products import Products
from analysis.demo.text import codes, picked, words
from analysis.demo.world import CATEGORIES, CHANNELS, CONSUMER, DAYS, KINDS, NEVER, SALESPEOPLE

_SERIES = ("TK", "FV", "AB")
_NEVER_PAID = 0.002
_PAID_IN_PART = 0.004
_SHORT = np.array([2.0, 1.5, 1.5, 1.5, 1.5, 3.0, 4.5, 4.0, 2.0, 1.5, 4.0, 5.0]) * 0.01
"""Share of deliveries that arrive short of what was ordered, by month."""
_SHORT_COOLING = 4.0
"""How much more often that happens in summer where something for cooling was ordered."""


def numbers(people: People, sales: Sales) -> pd.Series:
    """Return each document's number, such as FV23/00042: series, year, and its place among them.

    Consumers get tickets (TK), all others invoices (FV); what comes back is on credit notes (AB).
    """
    documents = sales.documents
    consumer = people.frame["kind"].to_numpy()[documents["customer"]] == CONSUMER
    series = np.where(documents["credit"], 2, np.where(consumer, 0, 1))
    group = series * 10 + world.years(documents["day"].to_numpy())
    place = pd.Series(group).groupby(group).cumcount().to_numpy() + 1
    heads = [f"{name}{22 + year}/" for name in _SERIES for year in range(10)]
    return words(group, heads) + codes("", place, max(5, len(str(place.max()))))


def transactions(
    people: People, sales: Sales, products: Products, ids: pd.Series, number: pd.Series
) -> pd.DataFrame:
    """Return the table of sales, one row per line, with each customer's code and each document's number."""
    lines, documents = sales.lines, sales.documents
    document = lines["document"].to_numpy()
    product = lines["product"].to_numpy()
    of = {name: documents[name].to_numpy() for name in ("customer", "day", "channel")}
    sold_by = np.where(
        of["channel"] == world.ONLINE, -1, people.frame["salesperson"].to_numpy()[of["customer"]]
    )
    return pd.DataFrame(
        {
            "order_id": picked(number, document),
            "date": world.dates(of["day"])[document],
            "customer_id": picked(picked(ids, of["customer"]), document),
            "product_id": picked(pd.Series(products.id, dtype="str"), product),
            "category": words(products.category[product], CATEGORIES),
            "quantity": lines["quantity"],
            "unit_price": lines["price"] / 100,
            "discount_pct": lines["discount"].astype("int64"),
            "gross_amount": lines["gross"] / 100,
            "discount": (lines["gross"] - lines["amount"]).abs() / 100,
            "amount": lines["amount"] / 100,
            "cost": lines["cost"] / 100,
            "channel": words(of["channel"][document], CHANNELS),
            "salesperson": words(sold_by[document], SALESPEOPLE),
        }
    )


def invoices(
    people: People, sales: Sales, ids: pd.Series, number: pd.Series, stream: np.random.SeedSequence
) -> pd.DataFrame:
    """Return invoices and credit notes; what is paid after the last day is open. Consumers pay at once."""
    rng = np.random.default_rng(stream)
    documents, frame = sales.documents, people.frame
    cents = np.bincount(sales.lines["document"], sales.lines["amount"]).astype(np.int64)
    terms, punctuality = _terms(frame, rng)
    kept = np.flatnonzero(frame["kind"].to_numpy()[documents["customer"]] != CONSUMER)
    customer, day, credit = (documents[name].to_numpy()[kept] for name in ("customer", "day", "credit"))
    amount = cents[kept]
    due = day + np.where(credit, 0, terms[customer])
    late = np.rint(punctuality[customer] + rng.normal(0, 5, len(kept)))
    slow = rng.random(len(kept)) < 0.04
    late += np.where(slow, np.floor(20 + 60 * rng.random(len(kept))), 0)
    paid = np.where(credit, day + 10, np.maximum(due + late.astype(np.int64), day))
    draw = rng.random(len(kept))
    in_part = ~credit & (draw < _NEVER_PAID + _PAID_IN_PART)
    paid_amount = np.where(in_part, amount // 2, amount)
    paid = np.where(~credit & (draw < _NEVER_PAID), NEVER, paid)
    return pd.DataFrame(
        {
            "invoice_id": picked(number, kept),
            "customer_id": picked(ids, customer),
            "issued": world.dates(day),
            "due": world.dates(due),
            "paid": world.happened(paid),
            "amount": amount / 100,
            "paid_amount": np.where(paid < DAYS, paid_amount, 0) / 100,
        }
    )


def _terms(frame: pd.DataFrame, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return each customer's days to pay, and how many days late it usually is."""
    kind = frame["kind"].to_numpy()
    terms = world.drawn([one.terms for one in KINDS], kind, rng.random(len(frame))).astype(np.int64)
    usual = np.array([one.late for one in KINDS])[kind]
    return terms, usual * np.exp(rng.normal(0, 0.6, len(frame))) - 2


def deliveries(
    behaviour: Behaviour,
    sales: Sales,
    ids: pd.Series,
    number: pd.Series,
    *,
    products: Products,
    stream: np.random.SeedSequence,
) -> tuple[pd.DataFrame, pd.Series]:
    """Return what was sent, every order but those taken along from the shop, and what arrived short.

    What was invoiced is what arrived; now and then more was ordered than there was.

    Returns
    -------
    tuple of DataFrame and Series
        The deliveries, and with the same index the true probability that each falls short of its order.
    """
    rng = np.random.default_rng(stream)
    documents = sales.documents
    orders = documents[~documents["credit"]]
    delivery = behaviour.orders["delivery"].to_numpy()[orders["order"]]
    sent = delivery >= 0
    ordered = orders["day"].to_numpy()[sent]
    arrived = ordered + delivery[sent]
    arrived += world.weekday(arrived) == 6
    month = world.month(ordered)
    cool = products.category[sales.lines["product"]] == CATEGORIES.index("Climatización")
    cooling = np.bincount(sales.lines["document"], cool, minlength=len(documents))[orders.index[sent]] > 0
    summer = (month >= world.JUNE) & (month <= world.AUGUST)
    chance = _SHORT[month] * np.where(cooling & summer, _SHORT_COOLING, 1.0)
    units = np.bincount(sales.lines["document"], sales.lines["quantity"])[orders.index[sent]].astype(np.int64)
    lacking = np.ceil(units * rng.uniform(0.1, 0.7, len(units))).astype(np.int64)
    lacking = np.where(rng.random(len(units)) < chance, lacking, 0)
    table = pd.DataFrame(
        {
            "order_id": picked(number, orders.index.to_numpy()[sent]),
            "customer_id": picked(ids, orders["customer"].to_numpy()[sent]),
            "ordered": world.dates(ordered),
            "delivered": world.happened(arrived),
            "quantity_ordered": units + lacking,
            "quantity_delivered": pd.Series(units, dtype="Int64").where(arrived < DAYS),
        }
    )
    return table, pd.Series(chance, table.index, name="short")
