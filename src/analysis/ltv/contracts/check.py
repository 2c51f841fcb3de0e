"""Contracts against the past: who would have been expected to renew, and who did."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.language import _, date, number, percent
from analysis.ltv.contracts.model import RetentionModel, renewal_not_made, renewals_due
from analysis.ltv.contracts.renewals import (
    DRAWS,
    LEVEL,
    SEED,
    Contracts,
    fit_contracts,
    joined,
    no_contracts,
    until,
)
from analysis.ltv.estimation.equal_histories import Floats
from analysis.ltv.intervals import Interval
from analysis.not_possible import NotPossible

MOST = 7  # renewals made from which on contracts are one group
CLEARLY = 0.01  # share of the contracts by which one rule must be nearer than another


@dataclass(frozen=True)
class ContractsCheck:
    """What was expected of the contracts in force on a day, and what came.

    Attributes
    ----------
    groups
        One row per number of renewals made by the day, ``renewals`` (``"0"``, …, ``"7+"``): ``contracts``,
        those in force then that have come up for renewal since; ``actual``, those renewed every time;
        ``by_model`` and ``by_average``, as many as the shifted beta-geometric model and the average renewal
        rate expected, both fitted to what was known on the day; ``model_low`` and ``model_high``, the 90 %
        interval of the former.
    cutoff, as_of
        The day, and the last day that counts.
    contracts
        The contracts as they were known on the day.
    interval
        Of the total of ``actual`` by the model: from what the data leave open in its parameters, and chance.
    """

    groups: pd.DataFrame
    cutoff: dt.date
    as_of: dt.date
    contracts: Contracts = field(repr=False)
    interval: Interval

    @property
    def totals(self) -> pd.Series:
        """``contracts``, ``actual``, ``by_model`` and ``by_average`` over all groups."""
        return self.groups[["contracts", "actual", "by_model", "by_average"]].sum()

    def misses(self, rule: str) -> float:
        """Return by how much a rule was wrong in the groups, on average: share of their contracts."""
        return float((self.groups[rule] - self.groups["actual"]).abs().sum() / self.totals["contracts"])


def check_contracts(
    terms: pd.DataFrame | None, as_of: dt.date, months: int = 12, cutoff: dt.date | None = None
) -> ContractsCheck | NotPossible:
    """Fit to what was known on an earlier day, and compare what was then expected with what came.

    Parameters
    ----------
    terms
        The result of ``sql/contract_terms.sql``; None where there is no table of contracts.
    as_of
        The last day that counts.
    months
        From one renewal to the next.
    cutoff
        The earlier day; by default so many whole periods before ``as_of`` that half the history, or less,
        lies after it.

    Returns
    -------
    ContractsCheck or NotPossible
        ``NotPossible``, with the reason, where the history is shorter than two periods, what was known on the
        earlier day is too little for the model, or no contract has come up for renewal since.
    """
    if terms is None or terms.empty:
        return no_contracts()
    cutoff = cutoff or _half_way(terms, as_of, months)
    if cutoff >= as_of:
        return NotPossible(
            _("The contracts go back less than two periods, too little to check the model on its past.")
        )
    known = fit_contracts(terms, cutoff, months)
    if not isinstance(known, Contracts):
        return NotPossible(
            _("On {cutoff} too little was known to check the model on its past. {reason}").format(
                cutoff=date(cutoff), reason=known.reason
            )
        )
    outcomes = _outcomes(known, joined(until(terms, as_of)), as_of)
    if outcomes.empty:
        return NotPossible(_("No contract came up for renewal in time to check the model on its past."))
    names = ["contracts", "actual", "by_model", "by_average"]
    groups = outcomes.groupby(_pooled(outcomes["renewals"]))[names].sum().reset_index()
    open_ended = outcomes["renewals"].max() > MOST
    groups["renewals"] = [f"{n}+" if open_ended and n == MOST else str(n) for n in groups["renewals"]]
    futures, ends = _simulated(known, outcomes), [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    low, high = futures.quantile(ends).to_numpy()
    groups.insert(4, "model_low", low)
    groups.insert(5, "model_high", high)
    least, most = futures.sum(axis=1).quantile(ends)
    return ContractsCheck(groups, cutoff, as_of, known, Interval(float(least), float(most), LEVEL))


def _half_way(terms: pd.DataFrame, as_of: dt.date, months: int) -> dt.date:
    """Return the day so many whole periods ago that half the history, or less, lies after it."""
    last = pd.Timestamp(as_of)
    first = pd.to_datetime(terms["started"]).min()
    periods = int(renewals_due(pd.Series([first]), pd.Series([last]), months)[0])
    return (last - pd.DateOffset(months=periods // 2 * months)).date()


def _outcomes(known: Contracts, frame: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return the contracts in force that came up for renewal after the cutoff, expected and actual.

    One row per number of renewals made by the cutoff, ``renewals``, and due by ``as_of``, ``due``.
    """
    cutoff, last = pd.Timestamp(known.as_of), pd.Timestamp(as_of)
    running = frame[(frame["started"] <= cutoff) & ~(frame["ended"] <= cutoff)]
    started, ended = running["started"], running["ended"]
    made = renewals_due(started, pd.Series(cutoff, running.index), known.months)
    due = renewals_due(started, pd.Series(last, running.index), known.months)
    left_at = renewal_not_made(started, ended.fillna(last), known.months)
    renewed = ended.isna().to_numpy() | (left_at > due)
    each = pd.DataFrame({"renewals": made, "due": due, "contracts": 1, "actual": renewed.astype(int)})
    sums = each[due > made].groupby(["renewals", "due"], as_index=False).sum()
    steps = (sums["due"] - sums["renewals"]).to_numpy(float)
    return sums.assign(
        by_model=sums["contracts"] * _still(known.model, sums),
        by_average=sums["contracts"] * known.average_rate**steps,
    )


def _pooled(renewals: pd.Series) -> pd.Series:
    """Return the group that a number of renewals made is in."""
    return renewals.clip(upper=MOST)


def _still(model: RetentionModel, outcomes: pd.DataFrame) -> Floats:
    """Return the share expected to make every renewal from ``renewals`` to ``due``."""
    made, due = (outcomes[name].to_numpy(float) for name in ("renewals", "due"))
    return model.survival(due) / model.survival(made)


def _simulated(known: Contracts, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return the contracts renewed in simulated futures (rows), by renewals made before (columns).

    Each future has parameters of its own, and chance.
    """
    random = np.random.default_rng(SEED)
    contracts = outcomes["contracts"].to_numpy(np.int64)
    drawn = [
        random.binomial(contracts, np.clip(_still(model, outcomes), 0, 1))
        for model in known.model.draws(random, DRAWS)
    ]
    return pd.DataFrame(drawn).T.groupby(_pooled(outcomes["renewals"]).to_numpy()).sum().T


def contracts_check_title(check: ContractsCheck) -> str:
    """Return what a chart of the check shows."""
    totals = check.totals
    return _(
        "{actual} of {contracts} contracts were renewed until {as_of}: the model expected {model}, the "
        "average rate {average}"
    ).format(
        actual=number(totals["actual"]),
        contracts=number(totals["contracts"]),
        as_of=date(check.as_of),
        model=number(totals["by_model"]),
        average=number(totals["by_average"]),
    )


def contracts_check_sentence(check: ContractsCheck) -> str:
    """Say what was expected of the contracts in force on the earlier day, and what came."""
    totals = check.totals
    return _(
        "Of {contracts} contracts in force on {cutoff} that came up for renewal, {actual} ({share}) were "
        "renewed every time until {as_of}; the model, which knew only what came before, expected {model} "
        "({level} interval {low} to {high}), the average renewal rate {average}."
    ).format(
        contracts=number(totals["contracts"]),
        cutoff=date(check.cutoff),
        actual=number(totals["actual"]),
        share=percent(totals["actual"] / totals["contracts"]),
        as_of=date(check.as_of),
        model=number(totals["by_model"]),
        level=percent(check.interval.level),
        low=number(check.interval.low),
        high=number(check.interval.high),
        average=number(totals["by_average"]),
    )


def contracts_verdict(check: ContractsCheck) -> str:
    """Say whether the model was nearer than the average rate, in all and by renewals made."""
    totals = check.totals
    off = [
        abs(float(totals[rule] - totals["actual"])) / float(totals["contracts"])
        for rule in ("by_model", "by_average")
    ]
    model, average = check.misses("by_model"), check.misses("by_average")
    message = _verdicts()[_nearer(off[0], off[1]), _nearer(model, average)]
    return message.format(model=percent(model, 1), average=percent(average, 1))


def _nearer(model: float, average: float) -> int:
    """Return 1 where the model was off by clearly less than the average rate, −1 by clearly more, else 0."""
    return int(average - model >= CLEARLY) - int(model - average >= CLEARLY)


def _verdicts() -> dict[tuple[int, int], str]:
    """Return what to say by what was nearer in all, and by the renewals made before."""
    return {
        (1, 1): _(
            "The model was nearer than the average rate, in all and by the renewals made before, where it "
            "was wrong by {model} of the contracts, the average rate by {average}."
        ),
        (1, 0): _(
            "In all the model was nearer than the average rate; by the renewals made before there is no "
            "clear difference: it was wrong by {model} of the contracts, the average rate by {average}."
        ),
        (1, -1): _(
            "In all the model was nearer than the average rate; but by the renewals made before it was wrong "
            "by {model} of the contracts, the average rate by only {average}."
        ),
        (0, 1): _(
            "In all there is no clear difference between the model and the average rate; by the renewals "
            "made before the model was nearer: wrong by {model} of the contracts, the average rate by "
            "{average}."
        ),
        (0, 0): _(
            "There is no clear difference between the model and the average rate, in all or by the renewals "
            "made before, where they were wrong by {model} and {average} of the contracts."
        ),
        (0, -1): _(
            "In all there is no clear difference between the model and the average rate; by the renewals "
            "made before the average rate was nearer: wrong by {average} of the contracts, the model by "
            "{model}."
        ),
        (-1, 1): _(
            "In all the average rate was nearer than the model; but by the renewals made before it was wrong "
            "by {average} of the contracts, the model by only {model}."
        ),
        (-1, 0): _(
            "In all the average rate was nearer than the model; by the renewals made before there is no "
            "clear difference: it was wrong by {average} of the contracts, the model by {model}."
        ),
        (-1, -1): _(
            "The model failed this check: the average rate was nearer, in all and by the renewals made "
            "before, where it was wrong by {average} of the contracts, the model by {model}."
        ),
    }
