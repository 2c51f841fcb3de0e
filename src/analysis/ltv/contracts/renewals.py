"""The contracts of a business: how many are renewed, by how often they had been, and what the model says."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.language import _, ngettext, number, percent
from analysis.ltv.contracts.model import (
    RetentionModel,
    Tenures,
    fit_retention,
    months_begun,
    renewals_due,
    tenures,
)
from analysis.ltv.estimation.equal_histories import Floats
from analysis.not_possible import NotPossible

GRACE_DAYS = 31  # a contract that begins so soon after one of the same customer ended is its renewal
AHEAD = 5  # renewals beyond those seen, as in the paper
FEW = 10  # a share of fewer contracts than this says little
LEVEL = 0.9
SEED = 20070101
DRAWS = 400
Z_95 = 1.959964
TERMS = (2, 3, 4, 6, 12, 24, 36, 60)  # months that a contract may run for from one renewal to the next
NEARLY_ALL = 0.9  # share of the cancellations at every n-th renewal that is no accident


@dataclass(frozen=True)
class Contracts:
    """The contracts of a business, and the model of how long they last.

    Attributes
    ----------
    frame
        One row per contract: ``customer_id``, ``plan``, ``price`` of a year, ``started``, ``ended`` (missing
        while it runs), ``renewals``: those that have come due since it started, for one that runs the
        renewals made.
    as_of
        The last day that counts.
    months
        From one renewal to the next.
    known
        How long they have stayed, in periods.
    model
        Fitted to that.
    """

    frame: pd.DataFrame = field(repr=False)
    as_of: dt.date
    months: int
    known: Tenures
    model: RetentionModel

    @property
    def in_force(self) -> pd.DataFrame:
        """Those that run on the last day."""
        return self.frame[self.frame["ended"].isna()]

    @property
    def up_for_renewal(self) -> Floats:
        """How many contracts came to renewal 1, 2, 3, … each."""
        lost, kept = self.known.lost, self.known.kept
        return np.asarray((lost + kept[1:])[::-1].cumsum()[::-1], float)

    @property
    def average_rate(self) -> float:
        """Share of all renewals due that were made: the rule the model is to beat."""
        due = float(self.up_for_renewal.sum())
        return 1 - float(self.known.lost.sum()) / due

    def describe(self) -> str:
        """Say how many renew, first and later, by the model."""
        first, fifth = self.model.retention(np.array([1.0, 5.0]))
        return _(
            "By the model {first} of contracts are renewed the first time and {fifth} of those left the "
            "fifth time (a = {a}, b = {b}): who is quick to leave leaves first."
        ).format(
            first=percent(float(first), 1),
            fifth=percent(float(fifth), 1),
            a=number(self.model.a, 3),
            b=number(self.model.b, 3),
        )

    @property
    def true_months(self) -> int:
        """From one renewal to the next as cancellations show it: a multiple of ``months``.

        More than ``months`` where nine of ten contracts were given up at every second, third, … renewal.
        """
        lost = self.known.lost
        longer = [
            term
            for term in TERMS
            if term > self.months
            and term % self.months == 0
            and lost[term // self.months - 1 :: term // self.months].sum() >= NEARLY_ALL * lost.sum()
        ]
        return max(longer, default=self.months)

    def caution(self) -> str:
        """Say what the data leave open; nothing where they determine the model well."""
        over = self.frame[self.frame["ended"].notna()]
        early = float((months_begun(over["started"], over["ended"]) % self.months > 0).mean())
        said = []
        if self.true_months > self.months:
            message = _("Contracts end only every {n} months: set renewal_months={n}.")
            said.append(message.format(n=self.true_months))
        said.append(self.model.caution())
        if early > 0.5:
            said.append(
                _(
                    "Beware: {share} of the contracts that ended did so more than a month before a renewal; "
                    "they count as not renewed. If renewals come more often than every {months} months, set "
                    "that."
                ).format(share=percent(early), months=number(self.months))
            )
        return " ".join(filter(None, said))


def fit_contracts(terms: pd.DataFrame | None, as_of: dt.date, months: int = 12) -> Contracts | NotPossible:
    """Fit the shifted beta-geometric model to the contracts of a business.

    A contract that begins within 31 days after another of the same customer ended counts as its renewal:
    some programs write every term as a contract of its own.

    Parameters
    ----------
    terms
        The result of ``sql/contract_terms.sql``; None where there is no table of contracts.
    as_of
        The last day that counts; what happened later is not seen.
    months
        From one renewal to the next.

    Returns
    -------
    Contracts or NotPossible
        ``NotPossible``, with the reason, where there are no contracts or too few cancellations, or the search
        found no optimum.
    """
    if terms is None or terms.empty:
        return no_contracts()
    frame = joined(until(terms, as_of))
    known = tenures(frame, as_of, months)
    model = fit_retention(known)
    if not isinstance(model, RetentionModel):
        return model
    day = pd.Series(pd.Timestamp(as_of), frame.index)
    return Contracts(
        frame.assign(renewals=renewals_due(frame["started"], day, months)), as_of, months, known, model
    )


def no_contracts() -> NotPossible:
    """Return what to say where there are none."""
    return NotPossible(
        _(
            "There are no contracts in these data: a table 'contracts' with customer_id, started and ended "
            "opens this section."
        )
    )


def until(terms: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return the contracts as they were known on a day: those that had started, ends to come unknown."""
    days = {name: pd.to_datetime(terms[name]).astype("datetime64[us]") for name in ("started", "ended")}
    known = terms.assign(**days)
    known["ended"] = known["ended"].where(known["ended"] <= pd.Timestamp(as_of))
    return known[known["started"] <= pd.Timestamp(as_of)]


def joined(terms: pd.DataFrame) -> pd.DataFrame:
    """Return contracts with their renewals in one row: the first start, and the rest from the last of them.

    Parameters
    ----------
    terms
        ``customer_id``, ``started``, ``ended`` (missing while it runs), and whatever else.
    """
    rows = terms.sort_values(["customer_id", "started"], kind="stable").reset_index(drop=True)
    rows["place"] = np.arange(len(rows))
    over = rows[rows["ended"].notna()].sort_values("ended", kind="stable")
    ahead = rows[["customer_id", "started", "place"]].sort_values("started", kind="stable")
    pairs = pd.merge_asof(
        over,
        ahead.rename(columns={"started": "next_start", "place": "next"}),
        left_on="ended",
        right_on="next_start",
        by="customer_id",
        direction="forward",
        tolerance=pd.Timedelta(days=GRACE_DAYS),
    )
    pairs = pairs[pairs["next_start"] > pairs["started"]].drop_duplicates("next")
    first = _heads(len(rows), pairs["place"].to_numpy(), pairs["next"].to_numpy(np.int64))
    last = ~pd.Series(first).duplicated(keep="last")
    began = rows["started"].to_numpy()[first]
    return rows.assign(started=began)[last.to_numpy()].drop(columns="place").reset_index(drop=True)


def _heads(size: int, before: npt.NDArray[np.int64], after: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the first link of the chain that each of the rows belongs to."""
    first = np.arange(size)
    first[after] = before
    while (first[first] != first).any():
        first = first[first]
    return first


def renewal_table(contracts: Contracts, ahead: int = AHEAD) -> pd.DataFrame:
    """Return what share of contracts is renewed each time and still there, seen and expected.

    Parameters
    ----------
    contracts
        The fitted contracts.
    ahead
        How many renewals beyond the last one seen.

    Returns
    -------
    pandas.DataFrame
        One row per renewal, ``renewal`` = 1, 2, …: ``up_for_renewal``, contracts; ``renewal_rate``, share of
        them renewed, with its 95 % interval ``rate_low``, ``rate_high`` (Wilson 1927); ``survival``, share
        still there after it (Kaplan & Meier 1958); ``model_rate`` and ``model_survival``, with the 90 %
        interval ``survival_low``, ``survival_high`` of the latter, from what the data leave open in the
        parameters; ``average_rate`` and ``average_survival``, if each time the average share were renewed.
        What was seen is missing beyond the last renewal seen.
    """
    due, lost = contracts.up_for_renewal, contracts.known.lost
    seen = len(due)
    at = np.arange(1, seen + ahead + 1, dtype=np.float64)
    rate = 1 - lost / np.where(due > 0, due, np.nan)
    low, high = _wilson(rate, due)
    random = np.random.default_rng(SEED)
    drawn = np.array([model.survival(at) for model in contracts.model.draws(random, DRAWS)])
    ends = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    table = pd.DataFrame(
        {
            "renewal": at.astype(int),
            "model_rate": contracts.model.retention(at),
            "average_rate": contracts.average_rate,
            "model_survival": contracts.model.survival(at),
            "survival_low": ends[0],
            "survival_high": ends[1],
            "average_survival": contracts.average_rate**at,
        }
    )
    seen_columns = {
        "up_for_renewal": due,
        "renewal_rate": rate,
        "rate_low": low,
        "rate_high": high,
        "survival": np.cumprod(rate),
    }
    for place, (name, values) in enumerate(seen_columns.items(), start=1):
        table.insert(place, name, pd.Series(values).reindex(table.index))
    return table


def _wilson(share: Floats, of: Floats) -> tuple[Floats, Floats]:
    """Return the 95 % interval of a share of so many."""
    n = np.where(of > 0, of, np.nan)
    middle = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 / (1 + Z_95**2 / n) * np.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    return middle - half, middle + half


def renewals_title(table: pd.DataFrame) -> str:
    """Return what a chart of the renewal rates shows: the first one, and the last one that says much.

    Parameters
    ----------
    table
        The result of `renewal_table`.
    """
    told = table[table["up_for_renewal"] >= FEW]
    if len(told) < 2:
        return _("{first} of contracts were renewed when that came due first").format(
            first=percent(table["renewal_rate"].iloc[0])
        )
    return _("{first} of contracts were renewed the first time, {last} at renewal {renewal}").format(
        first=percent(told["renewal_rate"].iloc[0]),
        last=percent(told["renewal_rate"].iloc[-1]),
        renewal=number(told["renewal"].iloc[-1]),
    )


def survival_title(table: pd.DataFrame) -> str:
    """Return what a chart of survival shows: what is expected in the end, by the model and by the average.

    Parameters
    ----------
    table
        The result of `renewal_table`.
    """
    last = table.iloc[-1]
    return _(
        "After {renewals} renewals {share} of contracts are expected to be left, where the average rate "
        "would leave {average}"
    ).format(
        renewals=number(last["renewal"]),
        share=percent(last["model_survival"], 1),
        average=percent(last["average_survival"], 1),
    )


def renewals_sentence(contracts: Contracts) -> str:
    """Say how many contracts there are, how many run, and what share is renewed on average."""
    due, lost = float(contracts.up_for_renewal.sum()), float(contracts.known.lost.sum())
    running = len(contracts.in_force)
    return ngettext(
        "Of {contracts} contracts {running} is in force; of {due} renewals that came due {made} were made "
        "({rate}).",
        "Of {contracts} contracts {running} are in force; of {due} renewals that came due {made} were made "
        "({rate}).",
        running,
    ).format(
        contracts=number(len(contracts.frame)),
        running=number(running),
        due=number(due),
        made=number(due - lost),
        rate=percent(contracts.average_rate, 1),
    )
