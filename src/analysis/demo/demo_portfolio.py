"""From a seed to all tables of the demo portfolio and its truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.demo import demo_acquisition, documents, extras, voices
from analysis.demo.behaviour import CAMPAIGNS, Behaviour, simulate
from analysis.demo.demo_names import names
from analysis.demo.demo_people import people, scaled
from analysis.demo.demo_sales import sell
from analysis.demo.products import products
from analysis.demo.text import codes, picked, words
from analysis.demo.truth import Truth, truth
from analysis.demo.world import dates
from analysis.errors import CarteraError
from analysis.language import _, number

FEWEST = 100
"""With fewer customers, no customer could make 6 % of sales and look like life."""
_STREAMS = (
    "people", "behaviour", "products", "sales", "invoices", "names", "surveys", "leads", "spend",
    "contracts", "stock", "register",
    "service", "shortages", "consent", "lead_names", "lead_steps",
)  # fmt: skip
"""Each part has random numbers of its own; a new one goes to the end and changes none of the others."""


@dataclass(frozen=True)
class Demo:
    """A portfolio and what is true of it.

    Parameters
    ----------
    tables
        The canonical tables by name, with canonical columns and values.
    truth
        What stands in no file.
    """

    tables: dict[str, pd.DataFrame]
    truth: Truth


def generate(customers: int = 4000, seed: int = 1) -> Demo:
    """Generate a distributor's portfolio from 2022 to 2025; the same seed gives the same one.

    Parameters
    ----------
    customers
        How many; at least `FEWEST`.
    seed
        Which portfolio: a number from 0.

    Raises
    ------
    CarteraError
        If there are too few customers, or the seed is negative.
    """
    if customers < FEWEST:
        raise CarteraError(
            _("A demo portfolio has at least {least} customers; {customers} were asked for.").format(
                least=number(FEWEST), customers=number(customers)
            )
        )
    if seed < 0:
        raise CarteraError(_("The seed is a number from 0; {seed} was given.").format(seed=seed))
    stream = dict(zip(_STREAMS, np.random.SeedSequence(seed).spawn(len(_STREAMS)), strict=True))
    who = people(customers, stream["people"])
    behaviour = simulate(who.frame, stream["behaviour"])
    range_ = products(stream["products"])
    sales = sell(who, behaviour, range_, stream["sales"])
    ids = codes("C", np.arange(1, customers + 1), max(5, len(str(customers))))
    numbers = documents.numbers(who, sales)
    answers, satisfaction = voices.surveys(who, behaviour, ids, stream["surveys"])
    leads, chance, like = demo_acquisition.leads(who, ids, stream["leads"])
    who = scaled(who, sales.scale)
    agreed, renewal = extras.contracts(who, behaviour, ids, stream["contracts"])
    named = names(who.frame, stream["names"])
    served = extras.service(who, sales, stream["service"])
    sent, short = documents.deliveries(
        behaviour, sales, ids, numbers, products=range_, stream=stream["shortages"]
    )
    leads = demo_acquisition.described(leads, who, like, (named, stream["lead_names"]), stream["lead_steps"])
    records = extras.register(who, ids, named, leads, served=served, stream=stream["register"])
    tables = {
        "transactions": documents.transactions(who, sales, range_, ids, numbers),
        "customers": records.assign(consent=extras.consent(customers, stream["consent"])),
        "invoices": documents.invoices(who, sales, ids, numbers, stream["invoices"]),
        "surveys": answers,
        "leads": leads,
        "spend": demo_acquisition.spend(who, stream["spend"]),
        "campaigns": _campaigns(behaviour, ids),
        "contracts": agreed,
        "market": demo_acquisition.market(customers),
        "stock": extras.stock(sales, range_, stream["stock"]),
        "deliveries": sent,
    }
    return Demo(
        tables,
        truth(
            who,
            behaviour,
            ids=ids,
            served=served,
            surveys=satisfaction,
            leads=chance,
            contracts=renewal,
            shortages=short,
        ),
    )


def _campaigns(behaviour: Behaviour, ids: pd.Series) -> pd.DataFrame:
    """Return whom each campaign was for, and who of them was left alone."""
    contacts, treated = behaviour.contacts, behaviour.contacts["treated"]
    sent = pd.DataFrame(CAMPAIGNS).take(contacts["campaign"].to_numpy()).reset_index(drop=True)
    return pd.DataFrame(
        {
            "campaign_id": sent["id"],
            "date": dates(sent["date"].to_numpy()),
            "customer_id": picked(ids, contacts["customer"]),
            "arm": words(treated.astype(int), ("control", "treated")),
            "kind": sent["kind"],
            "cost": sent["cost"].where(treated, 0.0),
        }
    )
