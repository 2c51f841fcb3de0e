"""Customers with a contract, who give notice: how many renew, how often, and what that is worth.

By the shifted beta-geometric model those who are quick to leave leave first, so the renewal rate rises with
every renewal made: who carries on the average rate undervalues those who have stayed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.churn.shifted_beta_geometric import RetentionModel, Tenures, fit_retention
from analysis.churn.survival import Lives, grouped
from analysis.dataset import Dataset
from analysis.language import _, date, ngettext, number, percent
from analysis.ltv.estimation.equal_histories import Codes, Floats
from analysis.ltv.intervals import Interval
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import months_between, months_later
from analysis.result import Finding, Result, currency_of
from analysis.statistics import wilson

MIN_LOST = 10  # fewer cancellations tell two parameters too little
GRACE_DAYS = 31  # a contract that begins so soon after one of the same customer ended is its renewal
AHEAD = 5  # renewals beyond those seen, as in the paper
MOST = 7  # renewals made from which on contracts are one group
LEVEL, SEED, DRAWS = 0.9, 20070101, 400  # of the simulated intervals
SHOWN = [
    *("renewal", "up_for_renewal", "renewal_rate", "model_rate", "average_rate"),
    *("survival", "model_survival", "average_survival"),
    *("rate_low", "rate_high", "survival_low", "survival_high"),
]
ENDS = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]


@dataclass(frozen=True)
class Contracts(Result):
    """The contracts of a business, how many are renewed each time, and the model of how long they last.

    Attributes
    ----------
    frame
        One row per contract: ``customer_id``, ``plan``, ``price`` of a year, ``started``, ``ended`` (missing
        while it runs), ``renewals``: those that have come due since it started, for one that runs the
        renewals made.
    as_of, months
        The last day that counts; from one renewal to the next.
    known, model, currency
        How long they have stayed, in periods; the model fitted to that; ISO 4217 code, or None.
    """

    name: ClassVar[str] = "contract_survival"
    frame: pd.DataFrame = field(repr=False)
    as_of: dt.date
    months: int
    known: Tenures
    model: RetentionModel
    currency: str | None = None

    @property
    def in_force(self) -> pd.DataFrame:
        """Those that run on the last day."""
        return self.frame[self.frame["ended"].isna()].reset_index(drop=True)

    @property
    def up_for_renewal(self) -> Floats:
        """How many contracts came to renewal 1, 2, 3, … each."""
        lost, kept = self.known.lost, self.known.kept
        return np.asarray((lost + kept[1:])[::-1].cumsum()[::-1], float)

    @property
    def average_rate(self) -> float:
        """Share of all renewals due that were made: the rule the model is to beat."""
        return 1 - float(self.known.lost.sum()) / float(self.up_for_renewal.sum())

    def renewals(self) -> pd.DataFrame:
        """Return what share of contracts is renewed each time and still there, seen and expected.

        Returns
        -------
        pandas.DataFrame
            One row per renewal, ``renewal`` = 1, 2, … up to five beyond the last one seen:
            ``up_for_renewal``, contracts; ``renewal_rate``, share of them renewed, with its 95 % interval
            ``rate_low``, ``rate_high``; ``survival``, share still there after it (Kaplan & Meier 1958);
            ``model_rate`` and ``model_survival``, with the 90 % interval ``survival_low``, ``survival_high``
            of the latter, from what the data leave open in the parameters; ``average_rate`` and
            ``average_survival``, if each time the average share were renewed.
        """
        due, lost = self.up_for_renewal, self.known.lost
        at = np.arange(1, len(due) + AHEAD + 1, dtype=np.float64)
        rate = 1 - lost / np.where(due > 0, due, np.nan)
        low, high = wilson(rate, due)
        seen = {"up_for_renewal": due, "renewal_rate": rate, "rate_low": low, "rate_high": high}
        table = pd.DataFrame(seen | {"survival": np.cumprod(rate)}).reindex(range(len(at)))
        table.insert(0, "renewal", at.astype(int))
        drawn = [model.survival(at) for model in self.model.draws(np.random.default_rng(SEED), DRAWS)]
        table["model_rate"], table["average_rate"] = self.model.retention(at), self.average_rate
        table["model_survival"] = self.model.survival(at)
        table["survival_low"], table["survival_high"] = np.quantile(drawn, ENDS, axis=0)
        return table.assign(average_survival=self.average_rate**at)

    def title(self) -> str:
        """Return what a chart of survival shows: what is expected in the end, by both rules."""
        last = self.renewals().iloc[-1]
        return _(
            "After {renewals} renewals {share} of contracts are expected to be left, where the average rate "
            "would leave {average}"
        ).format(
            renewals=number(last["renewal"]),
            share=percent(last["model_survival"], 1),
            average=percent(last["average_survival"], 1),
        )

    def sentence(self) -> str:
        """Say how many contracts there are, how many run, and what share is renewed on average."""
        due, running = float(self.up_for_renewal.sum()), len(self.in_force)
        return ngettext(
            "{running} of {contracts} contracts is in force; of {due} renewals {made} were made ({rate}).",
            "{running} of {contracts} contracts are in force; of {due} renewals {made} were made ({rate}).",
            running,
        ).format(
            contracts=number(len(self.frame)),
            running=number(running),
            due=number(due),
            made=number(due - float(self.known.lost.sum())),
            rate=percent(self.average_rate, 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the renewals."""
        return {"contracts": self.renewals()[SHOWN]}

    def findings(self) -> list[Finding]:
        """Return how many are renewed."""
        return [Finding("contracts.renewals", self.sentence(), self.average_rate, "share")]

    def notes(self) -> list[str]:
        """Say what the data leave open."""
        said = []
        if self.model.fit.loose[1]:
            said.append(
                _(
                    "In these data it cannot be seen how much customers differ in their readiness to cancel: "
                    "forecasts beyond the periods seen are not sound."
                )
            )
        over = self.frame[self.frame["ended"].notna()]
        early = float((months_between(over["started"], over["ended"], begun=True) % self.months > 0).mean())
        if early > 0.5:
            message = _(
                "Beware: {share} of the contracts that ended did so more than a month before a renewal; they "
                "count as not renewed. If renewals come more often than every {months} months, set that."
            )
            said.append(message.format(share=percent(early), months=number(self.months)))
        return said


def contract_terms(dataset: Dataset) -> pd.DataFrame | NotPossible:
    """Return the result of ``sql/contract_terms.sql``; ``NotPossible`` where there is no such table."""
    terms = dataset.query("contract_terms") if "contracts" in dataset.tables else pd.DataFrame()
    if terms.empty:
        return NotPossible(
            _(
                "There are no contracts in these data: a table 'contracts' with customer_id, started and "
                "ended would show who renews; with price, what that is worth."
            )
        )
    return terms


@or_not_possible
def contracts(terms: pd.DataFrame, as_of: dt.date, months: int = 12) -> Contracts | NotPossible:
    """Fit the shifted beta-geometric model to the contracts of a business.

    Parameters
    ----------
    terms
        The result of `contract_terms`.
    as_of, months
        The last day that counts: what happened later is not seen; from one renewal to the next.
    """
    if terms["started"].isna().all():
        return NotPossible(
            _("How many contracts are renewed, and what that is worth, takes the days on which they began.")
        )
    frame = joined(known_on(terms, as_of))
    known = tenures(frame, as_of, months)
    lost = float(known.lost.sum())
    model = fit_retention(known) if lost >= MIN_LOST else None
    if model is None:
        return NotPossible(
            _(
                "The model of contracts cannot be fitted to these data: it needs cancellations, {needed} at "
                "least (here: {found})."
            ).format(needed=MIN_LOST, found=number(lost))
        )
    made = months_between(frame["started"], pd.Series(pd.Timestamp(as_of), frame.index)) // months
    return Contracts(frame.assign(renewals=made), as_of, months, known, model, currency_of(terms))


def tenures(contracts: pd.DataFrame, as_of: dt.date, months: int = 12) -> Tenures:
    """Count how many contracts, ``started`` and ``ended``, ended at which renewal, and how many go on.

    What became of a renewal counts from the day it is due: who leaves before then is no more known to have
    left than those are to stay who will renew. Else the last period would be full of leavers alone.
    """
    known = known_on(contracts, as_of)
    due = months_between(known["started"], pd.Series(pd.Timestamp(as_of), known.index)) // months
    left_at = _renewal_not_made(known["started"], known["ended"].fillna(known["started"]), months)
    over = known["ended"].notna().to_numpy() & (left_at <= due)
    periods = np.where(over, left_at, due)
    longest = int(periods.max(initial=0))
    lost = np.bincount(periods[over], minlength=longest + 1)[1:]
    kept = np.bincount(periods[~over], minlength=longest + 1)
    return Tenures(lost.astype(np.float64), kept.astype(np.float64))


def known_on(terms: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return the contracts as they were known on a day: those that had started, ends to come unknown."""
    days = {name: pd.to_datetime(terms[name]).astype("datetime64[us]") for name in ("started", "ended")}
    known = terms.assign(**days)
    known["ended"] = known["ended"].where(known["ended"] <= pd.Timestamp(as_of))
    return known[known["started"] <= pd.Timestamp(as_of)]


def joined(terms: pd.DataFrame) -> pd.DataFrame:
    """Return contracts with their renewals in one row: the first start, and the rest from the last of them.

    Some programs write every term as a contract of its own: each that ended is followed by the next of the
    same customer to begin within 31 days; where two end and one begins, that which ended first.
    """
    rows = terms.sort_values(["customer_id", "started"], kind="stable").reset_index(drop=True)
    rows["place"] = np.arange(len(rows))
    over = rows[rows["ended"].notna()].sort_values("ended", kind="stable")
    ahead = rows[["customer_id", "started", "place"]].sort_values("started", kind="stable")
    ahead = ahead.rename(columns={"started": "next_start", "place": "next"})
    pairs = pd.merge_asof(
        over,
        ahead,
        left_on="ended",
        right_on="next_start",
        by="customer_id",
        direction="forward",
        tolerance=pd.Timedelta(days=GRACE_DAYS),
    )
    pairs = pairs[pairs["next_start"] > pairs["started"]].drop_duplicates("next")
    first = np.arange(len(rows))  # the first link of the chain that each row belongs to
    first[pairs["next"].to_numpy(np.int64)] = pairs["place"].to_numpy()
    while (first[first] != first).any():
        first = first[first]
    last = ~pd.Series(first).duplicated(keep="last")
    began = rows["started"].to_numpy()[first]
    return rows.assign(started=began)[last.to_numpy()].drop(columns="place").reset_index(drop=True)


def _renewal_not_made(started: pd.Series, ended: pd.Series, months: int) -> Codes:
    """Return which renewal each contract that ended did not come to, 1 for the first.

    Its last day may be the day of the renewal, or the one before; who leaves within a period does not come to
    the renewal at its end.
    """
    return np.maximum(-(-months_between(started, ended, begun=True) // months), 1)


@or_not_possible
def contract_lives(terms: pd.DataFrame, as_of: dt.date, groups: pd.DataFrame | None = None) -> Lives:
    """Return how long what `contract_terms` gives has lasted: by days, or else by months and a flag.

    A month is full on the day of the month of the start; days beyond count as 31sts. A contract that begins
    within 31 days after one of the same customer ended is the same; one that ends after the last day runs.
    One of which it is not known whether, or after how long, it ended is left out.
    """
    flag = terms["churned"]
    is_dated = terms["started"].notna() & (terms["ended"].notna() | ~flag.eq("yes"))
    bare = terms[~is_dated & flag.notna() & terms["tenure_months"].notna()]
    dated = joined(known_on(terms[is_dated], as_of))
    began = dated["started"]
    after = (dated["ended"].fillna(pd.Timestamp(as_of)) + pd.Timedelta(days=1)).clip(lower=began)
    whole = months_between(began, after)
    beyond = (after - months_later(began, pd.Series(whole, dated.index))).dt.days
    dated = dated.assign(
        months=whole + beyond / 31, ended=dated["ended"].notna(), cohort=began.dt.year.astype(str)
    )
    bare = bare.assign(months=bare["tenure_months"].astype(float), ended=flag[bare.index].eq("yes"))
    return Lives(grouped(pd.concat([dated, bare], ignore_index=True), groups))


@dataclass(frozen=True)
class ContractsCheck(Result):
    """What was expected of the contracts in force on an earlier day, and the actual renewals.

    Attributes
    ----------
    groups
        One row per number of renewals made by the day, ``renewals`` (``"0"``, …, ``"7+"``): ``contracts``,
        those in force then that have come up for renewal since; ``actual``, those renewed every time;
        ``by_model`` and ``by_average``, as many as the model and the average renewal rate expected, both
        fitted to what was known on the day; ``model_low`` and ``model_high``, the 90 % interval of the
        former, from what the data leave open in its parameters, and chance.
    cutoff, as_of, interval
        The day; the last day that counts; the interval of the total.
    """

    name: ClassVar[str] = "contract_check"
    groups: pd.DataFrame
    cutoff: dt.date
    as_of: dt.date
    interval: Interval

    @property
    def totals(self) -> pd.Series:
        """``contracts``, ``actual``, ``by_model`` and ``by_average`` over all groups."""
        return self.groups[["contracts", "actual", "by_model", "by_average"]].sum()

    def misses(self, rule: str) -> float:
        """Return by how much a rule was wrong in the groups, on average: share of their contracts."""
        return float((self.groups[rule] - self.groups["actual"]).abs().sum() / self.totals["contracts"])

    def title(self) -> str:
        """Return what a chart of the check shows."""
        actual, model, average = (number(self.totals[name]) for name in ("actual", "by_model", "by_average"))
        message = _("{actual} contracts were renewed: the model expected {model}, the average rate {average}")
        return message.format(actual=actual, model=model, average=average)

    def sentence(self) -> str:
        """Say what was expected of the contracts in force on the earlier day, and how many were renewed."""
        totals = self.totals
        return _(
            "Of {contracts} contracts that came up for renewal from {cutoff} to {as_of}, {actual} were "
            "renewed every time; the forecast expected {model} (90% interval {low} to {high}), the average "
            "rate {average}."
        ).format(
            contracts=number(totals["contracts"]),
            cutoff=date(self.cutoff),
            actual=number(totals["actual"]),
            as_of=date(self.as_of),
            model=number(totals["by_model"]),
            low=number(self.interval.low),
            high=number(self.interval.high),
            average=number(totals["by_average"]),
        )

    def notes(self) -> list[str]:
        """Say which rule was nearer, by the renewals made before."""
        verdict = _(
            "By the renewals made before, the model was off by {model} of the contracts, the average rate by "
            "{average}."
        )
        misses = {"model": self.misses("by_model"), "average": self.misses("by_average")}
        return [verdict.format(**{name: percent(share, 1) for name, share in misses.items()})]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {"contract_check": self.groups}

    def findings(self) -> list[Finding]:
        """Return the actual and the expected renewals."""
        actual, expected = (float(self.totals[name]) for name in ("actual", "by_model"))
        held = bool(self.interval.low <= actual <= self.interval.high)
        return [Finding("contracts.check", self.sentence(), actual, "contracts", good=held, usual=expected)]


@or_not_possible
def contracts_check(
    terms: pd.DataFrame, as_of: dt.date, months: int = 12, cutoff: dt.date | None = None
) -> ContractsCheck | NotPossible:
    """Fit to what was known on an earlier day, and compare what was then expected with the actual renewals.

    Parameters
    ----------
    terms, as_of, months, cutoff
        As for `contracts`; the earlier day, by default so many whole periods before ``as_of`` that half the
        history, or less, lies after it.
    """
    last = pd.Timestamp(as_of)
    if terms["started"].isna().all():
        return NotPossible(
            _("How many contracts are renewed, and what that is worth, takes the days on which they began.")
        )
    first = pd.to_datetime(terms["started"]).nsmallest(1).reset_index(drop=True)
    halves = int(months_between(first, pd.Series([last]))[0] // months) // 2
    cutoff = cutoff or (last - pd.DateOffset(months=halves * months)).date()
    known = contracts(terms, cutoff, months)
    if not isinstance(known, Contracts):
        return NotPossible(
            _("On {cutoff} too little was known to check the model on its past. {reason}").format(
                cutoff=date(cutoff), reason=known.reason
            )
        )
    outcomes = _outcomes(known, joined(known_on(terms, as_of)), last)
    if outcomes.empty:
        return NotPossible(_("The contracts do not go back far enough to check the model on its past."))
    pooled = outcomes["renewals"].clip(upper=MOST)
    groups = outcomes.groupby(pooled)[["contracts", "actual", "by_model", "by_average"]].sum().reset_index()
    groups["renewals"] = [f"{n}+" if n == MOST else str(n) for n in groups["renewals"]]
    random = np.random.default_rng(SEED)
    many = outcomes["contracts"].to_numpy(np.int64)
    models = known.model.draws(random, DRAWS)  # each future has parameters of its own, and chance
    drawn = [random.binomial(many, np.clip(_still(one, outcomes), 0, 1)) for one in models]
    futures = pd.DataFrame(drawn).T.groupby(pooled.to_numpy()).sum().T
    groups["model_low"], groups["model_high"] = futures.quantile(ENDS).to_numpy()
    low, high = futures.sum(axis=1).quantile(ENDS)
    return ContractsCheck(groups, cutoff, as_of, Interval(float(low), float(high), LEVEL))


def _outcomes(known: Contracts, frame: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """Return the contracts in force that came up for renewal after the cutoff, expected and actual.

    One row per number of renewals made by the cutoff, ``renewals``, and due by the last day, ``due``.
    """
    cutoff = pd.Timestamp(known.as_of)
    running = frame[(frame["started"] <= cutoff) & ~(frame["ended"] <= cutoff)]
    started, ended = running["started"], running["ended"]
    made, due = (
        months_between(started, pd.Series(day, running.index)) // known.months for day in (cutoff, last)
    )
    left_at = _renewal_not_made(started, ended.fillna(last), known.months)
    renewed = ended.isna().to_numpy() | (left_at > due)
    each = pd.DataFrame({"renewals": made, "due": due, "contracts": 1, "actual": renewed.astype(int)})
    sums = each[due > made].groupby(["renewals", "due"], as_index=False).sum()
    steps = (sums["due"] - sums["renewals"]).to_numpy(float)
    by_model, by_average = _still(known.model, sums), known.average_rate**steps
    return sums.assign(by_model=sums["contracts"] * by_model, by_average=sums["contracts"] * by_average)


def _still(model: RetentionModel, outcomes: pd.DataFrame) -> Floats:
    """Return the share expected to make every renewal from ``renewals`` to ``due``."""
    return model.survival(outcomes["due"]) / model.survival(outcomes["renewals"])
