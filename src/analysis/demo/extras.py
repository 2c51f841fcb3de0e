"""Service contracts, stock on hand, and the register of customers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.demo import world
from analysis.demo.behaviour import Behaviour
from analysis.demo.demo_people import People
from analysis.demo.demo_sales import Sales
from analysis.demo.products import Products
from analysis.demo.text import codes, picked, words
from analysis.demo.world import ACQUISITION, CONSUMER, DAYS, NEVER

PLANS = ("Mantenimiento básico", "Mantenimiento plus")
_PRICES = np.array([190, 420])
_RENEWAL = np.array([[1.0, 1.0], [2.3, 0.8]])
"""Mean and deviation of the log-odds of renewing, by plan."""
_FIRST_RENEWAL = 0.93
"""The first renewal is somewhat less likely than later ones."""
_PER_ORDER, _PER_NOTE, _PER_VISIT = 7.0, 16.0, 22.0
_VISITS = np.array([[0, 1, 1, 2], [0, 0, 1, 1], [2, 3, 5, 8]])
"""Visits in a year, by main channel (shop, online, salesperson) and size."""
_DEMANDING, _DEMANDING_TIMES = 0.03, 7.0
"""Share of businesses that want far more service than others, and how many times as much."""
_SERVICE_KNOWN = 0.8
_CONSENT = (0.70, 0.12, 0.18)
"""Shares that agreed to be contacted, that refused, and of which it is not known."""


def contracts(
    people: People, behaviour: Behaviour, ids: pd.Series, stream: np.random.SeedSequence
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the yearly service contracts, and each one's true probability to be renewed after a year.

    A contract ends at the end of a year: by chance, or because its customer left. No customer has two.
    """
    rng = np.random.default_rng(stream)
    frame = people.frame
    wanted = (frame["kind"] != CONSUMER).to_numpy() & (rng.random(len(frame)) < 0.15)
    start = frame["birth"].to_numpy() + rng.integers(10, 420, len(frame))
    who = np.flatnonzero(wanted & (start < DAYS - 30) & (start < behaviour.left))
    who = who[np.argsort(start[who], kind="stable")]
    start, left = start[who], behaviour.left[who]
    plan = (rng.random(len(who)) < 0.4).astype(int)
    odds = rng.normal(_RENEWAL[plan, 0], _RENEWAL[plan, 1])
    renewal = 1 / (1 + np.exp(-odds))
    ended = np.full(len(who), NEVER)
    for year in range(1, 5):
        anniversary = start + 365 * year
        chance = renewal * (_FIRST_RENEWAL if year == 1 else 1.0)
        stops = (rng.random(len(who)) >= chance) | (left < anniversary)
        ended = np.where((ended == NEVER) & stops & (anniversary <= DAYS), anniversary - 1, ended)
    price = np.rint(_PRICES[plan] * world.INFLATION[world.years(start)])
    identifiers = codes("M", np.arange(1, len(who) + 1), max(4, len(str(len(who)))))
    table = pd.DataFrame(
        {
            "contract_id": identifiers,
            "customer_id": picked(ids, who),
            "started": world.dates(start),
            "ended": world.happened(ended),
            "plan": words(plan, PLANS),
            "price": price,
        }
    )
    return table, pd.Series(renewal, index=pd.Index(identifiers, name="contract_id"), name="renewal")


def stock(sales: Sales, products: Products, stream: np.random.SeedSequence) -> pd.DataFrame:
    """Return what is on the shelf on the last day: of most products a month or three of what is sold."""
    rng = np.random.default_rng(stream)
    recent = sales.documents["day"].to_numpy()[sales.lines["document"]] >= DAYS - 90
    sold = np.bincount(
        sales.lines["product"][recent], sales.lines["quantity"][recent], minlength=len(products.id)
    )
    on_hand = np.rint(np.maximum(sold, 1) * rng.uniform(0.3, 1.4, len(sold)))
    on_hand = np.where(products.dead, rng.integers(40, 180, len(sold)), on_hand)
    on_hand[rng.random(len(sold)) < 0.03] = 0
    return pd.DataFrame(
        {
            "product_id": pd.Series(products.id, dtype="str"),
            "name": pd.Series(products.name, dtype="str"),
            "on_hand": on_hand.astype(np.int64),
            "date": world.dates(DAYS - 1),
        }
    )


def service(people: People, sales: Sales, stream: np.random.SeedSequence) -> pd.DataFrame:
    """Return what serving each customer truly costs, and what is recorded of it.

    Returns
    -------
    DataFrame in the order of customers
        ``service_cost``: euros in the last year, by its orders, credit notes and visits; ``demanding``:
        whether it takes several times the usual; ``recorded``: rounded, of most businesses that bought in
        that year, else missing.
    """
    rng = np.random.default_rng(stream)
    frame, documents = people.frame, sales.documents
    lately = documents[documents["day"] >= DAYS - 365]
    notes = np.bincount(lately["customer"][lately["credit"]], minlength=len(frame))
    orders = np.bincount(lately["customer"], minlength=len(frame)) - notes
    visits = _VISITS[frame["channel"], np.maximum(frame["size"], 0)]
    business = (frame["kind"] != CONSUMER).to_numpy() & (orders > 0)
    demanding = business & (rng.random(len(frame)) < _DEMANDING) & (np.arange(len(frame)) != people.largest)
    cost = np.where(orders > 0, _PER_ORDER * orders + _PER_NOTE * notes + _PER_VISIT * visits * business, 0.0)
    cost *= np.exp(rng.normal(-0.045, 0.3, len(frame))) * np.where(demanding, _DEMANDING_TIMES, 1.0)
    known = business & (rng.random(len(frame)) < _SERVICE_KNOWN)
    recorded = np.where(known, np.maximum(np.rint(cost / 5), 1) * 5, np.nan)
    return pd.DataFrame({"service_cost": cost, "demanding": demanding, "recorded": recorded})


def consent(customers: int, stream: np.random.SeedSequence) -> pd.Series:
    """Return who agreed to be contacted, whatever else is true of them; of some nobody has asked."""
    agreed = np.random.default_rng(stream).choice(3, customers, p=_CONSENT)
    return words(np.where(agreed < 2, agreed, -1), ("yes", "no"))


def register(
    people: People,
    ids: pd.Series,
    names: pd.Series,
    leads: pd.DataFrame,
    *,
    served: pd.DataFrame,
    stream: np.random.SeedSequence,
) -> pd.DataFrame:
    """Return the customers' records; costs and potential are known of some businesses only.

    Those known as leads were in contact since then, others shortly before their first purchase.
    """
    rng = np.random.default_rng(stream)
    frame = people.frame
    business = (frame["kind"] != CONSUMER).to_numpy()
    draws = rng.random((3, len(frame)))
    noise = rng.normal(0, 1, (2, len(frame)))
    cost = np.array(world.ACQUISITION_COST)[frame["acquisition"]] * np.exp(0.3 * noise[0] - 0.045)
    potential = np.maximum(np.rint(people.wallet.sum(axis=1) * np.exp(0.25 * noise[1]) / 100), 1) * 100
    before = frame["birth"].to_numpy() - np.where(business, np.floor(20 * draws[2]), 0)
    contacted = ids.map(leads.dropna(subset="customer_id").set_index("customer_id")["created"])
    return pd.DataFrame(
        {
            "customer_id": ids,
            "name": names,
            "type": words(frame["kind"], world.KIND_NAMES),
            "sector": words(frame["sector"], world.SECTORS),
            "region": words(frame["region"], world.REGIONS),
            "size": words(np.where(business, frame["size"], -1), world.SIZES),
            "salesperson": words(frame["salesperson"], world.SALESPEOPLE),
            "acquisition_channel": words(frame["acquisition"], ACQUISITION),
            "acquisition_cost": np.where(business & (draws[0] < 0.6), np.rint(cost * 100) / 100, np.nan),
            "service_cost": served["recorded"],
            "potential": np.where(business & (draws[1] < 0.35), potential, np.nan),
            "first_contact": contacted.fillna(pd.Series(world.dates(before))),
        }
    )
