"""The value of contracts in force: the margin of their renewals to come, discounted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.churn.contracts import DRAWS, ENDS, LEVEL, SEED, Contracts
from analysis.churn.shifted_beta_geometric import RetentionModel
from analysis.language import _, money, number, percent
from analysis.ltv.estimation.equal_histories import Floats
from analysis.ltv.intervals import Interval
from analysis.ltv.value import DAYS_PER_YEAR
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import MONTHS, months_later
from analysis.profitability.margins import Margins
from analysis.result import Finding, Result

COLUMNS = [
    *("customer_id", "plan", "price", "started", "renewals", "next_renewal", "renews", "value"),
    "expected_renewals",
]


@dataclass(frozen=True)
class ContractValue(Result):
    """The value of the contracts in force: margin of their renewals to come, discounted, without a horizon.

    Attributes
    ----------
    frame
        One row per contract in force, the most valuable first: ``customer_id``, ``plan``, ``price`` of a
        year, ``started``, ``renewals`` made, ``next_renewal`` (day), ``renews`` (probability that it then
        does), ``expected_renewals`` (discounted to the next one, DERL) and ``value`` in money, missing where
        the price is not known.
    interval
        Of the total value: from what the data leave open in the parameters, and chance.
    annual_discount_rate, margins, as_of, currency
        The rate of the discount; the margins applied, at their rate over all; the last day; ISO 4217 code, or
        None.
    """

    name: ClassVar[str] = "contract_value"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame = field(repr=False)
    interval: Interval
    annual_discount_rate: float
    margins: Margins
    as_of: dt.date
    currency: str | None = None

    @property
    def total(self) -> float:
        """Value of all contracts in force of known price, in money."""
        return float(self.frame["value"].sum())

    @property
    def due(self) -> pd.DataFrame:
        """The contracts of known price whose next renewal is due within a year."""
        known = self.frame[self.frame["price"].notna()]
        return known[known["next_renewal"] <= pd.Timestamp(self.as_of) + pd.DateOffset(years=1)]

    @property
    def at_stake(self) -> float:
        """Price of a year of the renewals due within one that are expected not to be made, in money."""
        return float((self.due["price"] * (1 - self.due["renews"])).sum())

    def sentence(self) -> str:
        """Say what the contracts in force are worth, and what is at stake at their next renewals."""
        low, high = self.interval.rounded()
        return _(
            "The {contracts} contracts in force are worth {value} in discounted margin of renewals to come "
            "(90% interval {low} to {high}). Of the {due} due within a year {lost} are expected not to be "
            "made: {stake} of sales a year."
        ).format(
            contracts=number(self.frame["value"].notna().sum()),
            value=money(self.total, self.currency),
            low=money(low, self.currency),
            high=money(high, self.currency),
            lost=number((1 - self.due["renews"]).sum()),
            due=number(len(self.due)),
            stake=money(self.at_stake, self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the contracts."""
        return {"contract_values": self.frame}

    def findings(self) -> list[Finding]:
        """Return the value of all."""
        action = _("Speak to these customers before their renewal is due, the least likely to renew first.")
        return [
            Finding("contracts.value", self.sentence(), self.total, "money", self.at_stake, action=action)
        ]

    def notes(self) -> list[str]:
        """Say which margin and which discount were applied."""
        rate = percent(self.annual_discount_rate)
        return [self.margins.sentence(), _("Discounted at {rate} a year.").format(rate=rate)]


@or_not_possible
def contract_value(
    contracts: Contracts, margins: Margins, annual_discount_rate: float
) -> ContractValue | NotPossible:
    """Work out what each contract in force is worth.

    Value = price of a period × margin rate × DERL ÷ (1 + d)^(years until the next renewal); see
    `RetentionModel.expected_residual`. What is paid for the period that runs is not in it.

    Parameters
    ----------
    contracts, margins
        The fitted contracts; their rate over all is the share of the price that is contribution margin.
    annual_discount_rate
        d, per year, above 0; converted exactly to the period.
    """
    running, model = contracts.in_force, contracts.model
    if annual_discount_rate <= 0 or running["price"].isna().all():
        return NotPossible(
            _(
                "The value of contracts needs one in force whose price is known (column price), and, since "
                "contracts have no last day, a discount rate above 0."
            )
        )
    years = contracts.months / MONTHS["year"]
    rate = (1 + annual_discount_rate) ** years - 1
    running["next_renewal"] = months_later(running["started"], (running["renewals"] + 1) * contracts.months)
    wait = (running["next_renewal"] - pd.Timestamp(contracts.as_of)).dt.days / DAYS_PER_YEAR
    worth = running["price"] * years * margins.rate * (1 + annual_discount_rate) ** -wait
    made, places = np.unique(running["renewals"].to_numpy(float), return_inverse=True)
    running["renews"] = model.retention(made + 1)[places]
    running["expected_renewals"] = model.expected_residual(made, rate)[places]
    running["value"] = worth * running["expected_renewals"]
    random, each = np.random.default_rng(SEED), worth.fillna(0).to_numpy(float)
    totals = [_lived(random, one, made[places], rate) @ each for one in model.draws(random, DRAWS)]
    low, high = np.quantile(totals, ENDS)
    frame = running.sort_values(["value", "customer_id"], ascending=[False, True], ignore_index=True)
    interval = Interval(float(low), float(high), LEVEL)
    as_of, currency = contracts.as_of, contracts.currency
    return ContractValue(
        frame[[*filter(frame.columns.__contains__, COLUMNS)]],
        interval,
        annual_discount_rate,
        margins,
        as_of,
        currency,
    )


def _lived(random: np.random.Generator, model: RetentionModel, made: Floats, rate: float) -> Floats:
    """Draw the discounted renewals to come of each contract: a chance to end that is beta (a, b + n)."""
    lives = random.geometric(np.clip(random.beta(model.a, model.b + made), 1e-12, 1)) - 1
    return np.asarray(-np.expm1(-lives * np.log1p(rate)) * (1 + rate) / rate, float)
