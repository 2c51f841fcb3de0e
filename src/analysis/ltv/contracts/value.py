"""What the contracts in force are still worth: the renewals expected of each, at its price, discounted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.language import _, money, number, percent
from analysis.ltv.contracts.model import RetentionModel, residual
from analysis.ltv.contracts.renewals import DRAWS, LEVEL, SEED, Contracts
from analysis.ltv.estimation.equal_histories import Floats
from analysis.ltv.intervals import Interval
from analysis.ltv.value import DAYS_PER_YEAR
from analysis.not_possible import NotPossible

MONTHS_PER_YEAR = 12
LIVES = 4_000  # simulated futures of a contract, for the part of chance in the interval
NEARLY_0 = 1e-12


@dataclass(frozen=True)
class ContractValue:
    """The value of the contracts in force: margin of their renewals to come, discounted, without a horizon.

    Attributes
    ----------
    frame
        One row per contract in force, the most valuable first: ``customer_id``, ``plan``, ``price`` of a
        year, ``started``, ``renewals`` made, ``next_renewal`` (day), ``renews`` (probability that it then
        does), ``expected_renewals`` (discounted to the next one, DERL), ``value`` and ``average_value`` (if
        each time the average share renewed), both in money; missing where the price is not known.
    by_renewals
        One row per number of ``renewals`` made: ``contracts`` of known price, their mean ``price``,
        ``renews``, ``expected_renewals``, ``value_per_contract``, ``average_value`` per contract, ``value``
        of all of them.
    interval
        Of the total value: from what the data leave open in the parameters, and chance.
    """

    frame: pd.DataFrame = field(repr=False)
    by_renewals: pd.DataFrame
    interval: Interval

    @property
    def total(self) -> float:
        """Value of all contracts in force, in money."""
        return float(self.by_renewals["value"].sum())


def value_contracts(
    contracts: Contracts, *, annual_discount_rate: float, margin_rate: float
) -> ContractValue | NotPossible:
    """Work out what each contract in force is worth.

    Value = price of a period × margin rate × DERL ÷ (1 + d)^(years until the next renewal). DERL counts the
    renewals to come, the next as 1 and each later one discounted by (1 + d)^(−years of a period); see
    `RetentionModel.expected_residual`. What is paid for the period that runs is not in it.

    Parameters
    ----------
    contracts
        The fitted contracts.
    annual_discount_rate
        d, per year, above 0; converted exactly to the period.
    margin_rate
        Share of the price that is contribution margin.

    Returns
    -------
    ContractValue or NotPossible
        ``NotPossible``, with the reason, where the discount rate is 0, no contract runs or no price is known.
    """
    running = contracts.in_force.reset_index(drop=True)
    if annual_discount_rate <= 0:
        return NotPossible(
            _("Contracts have no last day, so their value needs a discount rate above 0 per year.")
        )
    if running.empty:
        return NotPossible(_("No contract is in force any more, so none has a value."))
    if running["price"].isna().all():
        return NotPossible(
            _("No contract in force has a known price (column price), so no value is worked out.")
        )
    years = contracts.months / MONTHS_PER_YEAR
    rate = (1 + annual_discount_rate) ** years - 1
    running["next_renewal"] = renewal_day(running["started"], running["renewals"] + 1, contracts.months)
    wait = (running["next_renewal"] - pd.Timestamp(contracts.as_of)).dt.days / DAYS_PER_YEAR
    worth = running["price"] * years * margin_rate * (1 + annual_discount_rate) ** -wait
    made = running["renewals"].to_numpy(float)
    running["renews"] = contracts.model.retention(made + 1)
    running["expected_renewals"] = _by_renewals(contracts.model, made, rate)
    running["value"] = worth * running["expected_renewals"]
    running["average_value"] = worth * average_residual(contracts.average_rate, rate)
    known = worth.notna().to_numpy()
    interval = _interval(contracts.model, made[known], worth.to_numpy(float)[known], rate)
    names = ["customer_id", "plan", "price", "started", "renewals", "next_renewal", "renews"]
    frame = running[[*names, "expected_renewals", "value", "average_value"]]
    best = frame.sort_values(["value", "customer_id"], ascending=[False, True], ignore_index=True)
    return ContractValue(best, _summed(frame[known]), interval)


def average_residual(average_rate: float, rate: float) -> float:
    """Return DERL if every renewal were made with the same probability q: q (1 + d) ÷ (1 + d − q)."""
    return average_rate * (1 + rate) / (1 + rate - average_rate)


def renewal_day(started: pd.Series, renewal: pd.Series, months: int) -> pd.Series:
    """Return the day on which a renewal of each contract is due; the month's last where it is too short."""
    month = started.dt.year * 12 + started.dt.month - 1 + renewal * months
    first = pd.to_datetime(pd.DataFrame({"year": month // 12, "month": month % 12 + 1, "day": 1}))
    days: pd.Series[int] = np.minimum(started.dt.day, first.dt.days_in_month) - 1
    return first + pd.to_timedelta(days, unit="D")


def _by_renewals(model: RetentionModel, made: Floats, rate: float) -> Floats:
    """Return DERL of each contract, worked out once for each number of renewals made."""
    distinct, places = np.unique(made, return_inverse=True)
    return model.expected_residual(distinct, rate)[places]


def _summed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the contracts by renewals made."""
    return frame.groupby("renewals", as_index=False).agg(
        contracts=("value", "size"),
        price=("price", "mean"),
        renews=("renews", "first"),
        expected_renewals=("expected_renewals", "first"),
        value_per_contract=("value", "mean"),
        average_value=("average_value", "mean"),
        value=("value", "sum"),
    )


def _interval(model: RetentionModel, made: Floats, worth: Floats, rate: float) -> Interval:
    """Return the interval of the total: parameters drawn anew, and the chance of each contract's life.

    A contract renewed n times has a probability to end that is beta with a and b + n; chance enters by the
    variance of the discounted renewals so simulated, and a total of many is normal around its expectation.
    """
    random = np.random.default_rng(SEED)
    distinct, places = np.unique(made, return_inverse=True)
    sums = np.bincount(places, worth)
    squares = np.bincount(places, worth**2)
    chance = np.sqrt(squares @ _variance(random, model, distinct, rate))
    drawn = model.draws(random, DRAWS)
    a, b = (np.array([[getattr(one, name)] for one in drawn]) for name in ("a", "b"))
    totals = residual(a, b, distinct, rate) @ sums + chance * random.standard_normal(DRAWS)
    low, high = np.quantile(totals, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(max(float(low), 0.0), float(high), LEVEL)


def _variance(random: np.random.Generator, model: RetentionModel, made: Floats, rate: float) -> Floats:
    """Return the variance of the discounted renewals to come of one contract."""
    ends = np.clip(random.beta(model.a, model.b + made, (LIVES, len(made))), NEARLY_0, 1)
    lives = random.geometric(ends) - 1
    return np.asarray((-np.expm1(-lives * np.log1p(rate)) * (1 + rate) / rate).var(axis=0), float)


def contract_value_sentence(value: ContractValue, annual_discount_rate: float, currency: str | None) -> str:
    """Say what the contracts in force are worth, and what the average rate would make of it.

    Parameters
    ----------
    value
        The result of `value_contracts`.
    annual_discount_rate
        As given to it.
    currency
        ISO 4217 code, or None.
    """
    table = value.by_renewals
    low, high = value.interval.rounded()
    return _(
        "The {contracts} contracts in force are worth {value} in margin of renewals to come, discounted at "
        "{rate} a year ({level} interval {low} to {high}); at the average renewal rate it would be {average}."
    ).format(
        contracts=number(table["contracts"].sum()),
        value=money(value.total, currency),
        rate=percent(annual_discount_rate),
        level=percent(value.interval.level),
        low=money(low, currency),
        high=money(high, currency),
        average=money(float((table["average_value"] * table["contracts"]).sum()), currency),
    )


def contract_value_title(value: ContractValue, currency: str | None) -> str:
    """Return what a chart of value by renewals shows: the contracts renewed most often, and least.

    Parameters
    ----------
    value
        The result of `value_contracts`.
    currency
        ISO 4217 code, or None.
    """
    first, last = value.by_renewals.iloc[0], value.by_renewals.iloc[-1]
    return _(
        "The contracts renewed most often are worth {old} each, the newest {new}; by the average rate "
        "it would be {old_average} and {new_average}"
    ).format(
        old=money(last["value_per_contract"], currency),
        new=money(first["value_per_contract"], currency),
        old_average=money(last["average_value"], currency),
        new_average=money(first["average_value"], currency),
    )
