"""What the orders hold: lines, prices, discounts, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.demo import world
from analysis.demo.behaviour import Behaviour
from analysis.demo.demo_people import People
from analysis.demo.products import DEAD_SINCE, Products, choose
from analysis.demo.world import CATEGORIES, DAYS, KINDS

_LARGEST_SHARE = 0.06
_OTHERS_AT_MOST = 0.035
_NOISE = 0.65
_MOST_LINES = 14
_PART = 1 << 20


@dataclass(frozen=True)
class Sales:
    """What was sold and what came back.

    Parameters
    ----------
    lines
        ``document`` (position), ``product``, ``quantity`` (negative where it came back), ``price`` (cents per
        unit), ``discount`` (percent), and in cents ``gross``, ``amount`` and ``cost``.
    documents
        An invoice, ticket or credit note each, in the order of days: ``customer``, ``day``, ``channel``,
        ``order`` (position of the order it is for), ``credit`` (whether it is a credit note).
    scale
        What each customer's spending was multiplied by, so that one makes 6 % of sales and no other comes
        near; 1 for nearly all.
    """

    lines: pd.DataFrame
    documents: pd.DataFrame
    scale: np.ndarray


def sell(people: People, behaviour: Behaviour, products: Products, stream: np.random.SeedSequence) -> Sales:
    """Fill the orders: who buys when is known, and of what there is to choose."""
    seeds = stream.spawn(3)
    orders = behaviour.orders
    wanted = _wanted(people, orders, np.random.default_rng(seeds[0]))
    scale = _scale(people, orders, wanted)
    wanted["value"] *= scale[orders["customer"].to_numpy()[wanted["document"]]]
    lines = _priced(people, orders, products, wanted, np.random.default_rng(seeds[1]))
    returned, notes = _returned(lines, people, orders, np.random.default_rng(seeds[2]))
    return Sales(*_filed(lines, returned, orders, notes), scale)


def won_share(people: People, customer: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return the part of its open wallet that each customer gives on a day, from start to ceiling."""
    of = {name: people.frame[name].to_numpy()[customer] for name in ("start", "ceiling", "growth", "birth")}
    grown = 1.0 - np.exp(-(day - of["birth"]) / of["growth"])
    return np.asarray(of["start"] + (of["ceiling"] - of["start"]) * grown)


def _wanted(people: People, orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw each line's order (``document``), ``category``, and ``value`` to be spent in cents of 2022."""
    customer = orders["customer"].to_numpy()
    mean = np.array([kind.lines for kind in KINDS])[people.frame["kind"].to_numpy()[customer]]
    mean = np.where(customer == people.largest, 7.0, mean)
    count = 1 + np.minimum(rng.poisson(mean - 1), _MOST_LINES - 1)
    share = won_share(people, customer, orders["day"].to_numpy())
    order_value = people.frame["order_value"].to_numpy()[customer] * share
    document = np.repeat(np.arange(len(orders), dtype=np.int32), count)
    noise = np.exp(rng.normal(-_NOISE * _NOISE / 2, _NOISE, len(document)))
    value = (100 * order_value / mean)[document] * noise
    weights = np.cumsum(people.wallet * people.open, axis=1)
    category = np.empty(len(document), dtype=np.int8)
    for start in range(0, len(document), _PART):
        part = slice(start, start + _PART)
        rows = weights[customer[document[part]]]
        draws = rng.random(len(rows)) * rows[:, -1]
        category[part] = np.minimum((rows <= draws[:, None]).sum(axis=1), len(CATEGORIES) - 1)
    return pd.DataFrame({"document": document, "category": category, "value": value})


def _scale(people: People, orders: pd.DataFrame, wanted: pd.DataFrame) -> np.ndarray:
    """Return by customer the factor that gives the largest its share of all sales, and no other too much."""
    customer, day = orders["customer"].to_numpy(), orders["day"].to_numpy()
    net = world.INFLATION[world.years(day)] * (1 - people.frame["discount"].to_numpy()[customer] / 100)
    by_order = np.bincount(wanted["document"], wanted["value"], minlength=len(orders)) * net
    sales = np.bincount(customer, by_order, minlength=len(people.frame))
    large = np.arange(len(sales)) == people.largest
    scale = np.minimum(1.0, _OTHERS_AT_MOST * sales[~large].sum() / np.maximum(sales, 1.0))
    others = (sales * scale)[~large].sum()
    scale[people.largest] = _LARGEST_SHARE / (1 - _LARGEST_SHARE) * others / sales[people.largest]
    return np.asarray(scale)


def _priced(
    people: People,
    orders: pd.DataFrame,
    products: Products,
    wanted: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Choose products and quantities, one line per product of an order, and work out the money."""
    day = orders["day"].to_numpy()
    document, value = wanted["document"].to_numpy(), wanted["value"].to_numpy()
    product = choose(products, wanted["category"].to_numpy(), value, rng.random(len(value)))
    product = np.where(products.dead[product] & (day[document] >= DEAD_SINCE), product + 1, product)
    units = value / products.price[product, 0]
    quantity = np.maximum(np.floor(units + rng.random(len(value))), 1)
    once, line = np.unique(document.astype(np.int64) * len(products.id) + product, return_inverse=True)
    document, product = np.divmod(once, len(products.id))
    year = world.years(day)[document]
    discount = people.frame["discount"].to_numpy()[orders["customer"].to_numpy()[document]]
    return _money(
        pd.DataFrame(
            {
                "document": document.astype(np.int32),
                "product": product.astype(np.int16),
                "quantity": np.bincount(line, quantity).astype(np.int64),
                "price": products.price[product, year],
                "discount": discount.astype(np.int8),
                "unit_cost": products.cost[product, year],
            }
        )
    )


def _money(lines: pd.DataFrame) -> pd.DataFrame:
    """Work out gross, amount and cost in cents; a discount leaves cents rounded to the nearest."""
    lines["gross"] = lines["quantity"] * lines["price"]
    size = lines["gross"].abs() * (100 - lines["discount"].astype("int64"))
    lines["amount"] = np.sign(lines["quantity"]) * ((size + 50) // 100)
    lines["cost"] = lines["quantity"] * lines["unit_cost"]
    return lines


def _returned(
    lines: pd.DataFrame, people: People, orders: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw what comes back, whole or in part; return its lines, and the credit notes: one for each order."""
    customer = orders["customer"].to_numpy()
    chance = people.frame["returning"].to_numpy()[customer]
    back = np.flatnonzero(rng.random(len(lines)) < chance[lines["document"].to_numpy()])
    returned = lines.iloc[back].reset_index(drop=True)
    part = np.where(rng.random(len(back)) < 0.5, 1.0, rng.random(len(back)))
    returned["quantity"] = -np.maximum(np.floor(returned["quantity"] * part), 1).astype(np.int64)
    order, position = np.unique(returned["document"].to_numpy(), return_inverse=True)
    day = orders["day"].to_numpy()[order] + 4 + rng.integers(0, 24, len(order))
    day += (world.weekday(day) == 6).astype(np.int64)
    kept = day < DAYS
    place = np.cumsum(kept) - 1
    returned["document"] = place[position].astype(np.int32)
    notes = pd.DataFrame({"order": order[kept].astype(np.int32), "day": day[kept].astype(np.int16)})
    return _money(returned[kept[position]].reset_index(drop=True)), notes


def _filed(
    lines: pd.DataFrame, returned: pd.DataFrame, orders: pd.DataFrame, notes: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return lines and documents, credit notes among the others, in the order of days."""
    sold = orders[["customer", "day", "channel"]].assign(order=np.arange(len(orders), dtype=np.int32))
    credited = sold.iloc[notes["order"]].assign(day=notes["day"].to_numpy())
    documents = pd.concat([sold.assign(credit=False), credited.assign(credit=True)], ignore_index=True)
    documents = documents.sort_values("day", kind="stable")
    place = np.empty(len(documents), dtype=np.int32)
    place[documents.index] = np.arange(len(documents), dtype=np.int32)
    returned["document"] += len(orders)
    every = pd.concat([lines, returned], ignore_index=True)
    every["document"] = place[every["document"]]
    every = every.sort_values("document", kind="stable", ignore_index=True)
    return every.drop(columns="unit_cost"), documents.reset_index(drop=True)
