"""Whether customers buy at random, as the models assume, or regularly: a test, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from analysis.language import _, number, percent, signed_percent
from analysis.ltv.backtest.holdout import Holdout
from analysis.ltv.summary import DAYS, Floats
from analysis.not_possible import NotPossible

MIN_CUSTOMERS = 30  # fewer with two gaps or more tell too little
MIN_GAPS = 3  # from which on a single customer is called regular or not
SHAPES = (0.05, 50.0)  # of the intervals; outside they look the same
NEAR_RANDOM = (0.8, 1.25)  # shapes so close to 1 that the models are not misled
CLEARLY = 1.0  # standard deviations from random at which a single customer is called regular, or in bursts
SEED = 19460101
DRAWS = 4_000
OVERDUE = 2.0  # usual gaps of silence from which on a customer is late
Kind = Literal["regular", "random", "bursts"]
KINDS: tuple[Kind, ...] = ("regular", "random", "bursts")


@dataclass(frozen=True)
class Regularity:
    """How regular the gaps between purchases are.

    Attributes
    ----------
    shape
        Shape k of a gamma distribution of the gaps of one customer: 1 is random, as the models assume;
        above, gaps are alike; below, purchases come in bursts.
    low, high
        Its 95 % interval.
    customers
        One row per customer with two gaps or more: ``customer_id``; ``gaps``; ``mean_gap`` in days;
        ``spread``, the variance of the gaps ÷ the one that chance would give (1 on average at random, less
        where regular); ``kind``, ``"regular"``, ``"random"`` or ``"bursts"`` (missing below three gaps).
    """

    shape: float
    low: float
    high: float
    customers: pd.DataFrame

    @property
    def kind(self) -> Kind:
        """What the customers are as a whole: the interval clears 1, and the shape lies well away from it."""
        if self.low > 1 and self.shape > NEAR_RANDOM[1]:
            return "regular"
        if self.high < 1 and self.shape < NEAR_RANDOM[0]:
            return "bursts"
        return "random"

    def sentence(self) -> str:
        """Say whether these customers buy at random, and what follows for the models."""
        values = {
            "shape": number(self.shape, 2),
            "low": number(self.low, 2),
            "high": number(self.high, 2),
            "customers": number(len(self.customers)),
        }
        if self.shape >= SHAPES[1]:
            return _(
                "These customers buy at more regular intervals than chance would give: shape {most} or more "
                "(1 is random) over {customers} customers with two gaps or more. The models take them for "
                "random, so they notice too late when a regular customer has left."
            ).format(most=number(SHAPES[1]), **values)
        if self.kind == "regular":
            return _(
                "These customers buy at more regular intervals than chance would give: shape {shape} (95% "
                "interval {low} to {high}; 1 is random) over {customers} customers with two gaps or more. "
                "The models take them for random, so they notice too late when a regular customer has left."
            ).format(**values)
        if self.kind == "bursts":
            return _(
                "These customers buy in bursts: shape {shape} of the gaps (95% interval {low} to {high}; 1 "
                "is random) over {customers} customers with two gaps or more. Seasons and campaigns do that "
                "too. The models take them for random, so they give up too early on customers between two "
                "bursts."
            ).format(**values)
        return _(
            "Purchases come about as randomly as the models assume: shape {shape} of the gaps (95% interval "
            "{low} to {high}; 1 is random) over {customers} customers with two gaps or more."
        ).format(**values)

    def shares(self) -> pd.DataFrame:
        """Return how many customers are regular, random and in bursts.

        Returns
        -------
        pandas.DataFrame
            One row per kind: ``kind``, ``regularity`` (its name), ``customers`` with three gaps or more,
            ``share`` of them, ``by_chance``, the share to be expected if all bought at random,
            ``mean_gap`` (median over the customers, in days).
        """
        known = self.customers[self.customers["kind"].notna()]
        groups = known.groupby("kind")["mean_gap"]
        counts = groups.size().reindex(list(KINDS), fill_value=0)
        return pd.DataFrame(
            {
                "kind": list(KINDS),
                "regularity": [kind_name(kind) for kind in KINDS],
                "customers": counts.to_numpy(),
                "share": (counts / max(len(known), 1)).to_numpy(),
                "by_chance": _by_chance(known["gaps"].to_numpy(np.float64)),
                "mean_gap": groups.median().reindex(list(KINDS)).to_numpy(),
            }
        )


def kind_name(kind: str) -> str:
    """Return what a kind of customer is called."""
    return {"regular": _("Regular"), "random": _("Random"), "bursts": _("In bursts")}[kind]


def how_regular(days: pd.DataFrame) -> Regularity | NotPossible:
    """Test whether customers buy at random.

    If a customer buys at random, at whatever pace of its own, and leaves at whatever moment, then, given its
    first and last purchase, those between lie anywhere with equal chance. The sum of the squared gaps, as
    shares of the whole, then has a known mean (Greenwood 1946): with n gaps, 2 ÷ (n + 1), and with gaps
    from a gamma distribution of shape k, (k + 1) ÷ (n k + 1). For two gaps that is the test of Wheat and
    Morrison (1990). Days of purchase cannot coincide, which makes gaps look more alike than they are: of
    whole days, the part of the mean above 1 ÷ n is smaller by the factor 1 − n ÷ (days in all).

    Every customer counts the same. The interval comes from the variance between customers.

    Parameters
    ----------
    days
        The result of ``sql/purchase_days.sql``.

    Returns
    -------
    Regularity or NotPossible
        ``NotPossible`` with fewer than 30 customers.
    """
    customers = _gaps(days)
    if len(customers) < MIN_CUSTOMERS:
        return NotPossible(
            _(
                "Too little data to tell whether customers buy regularly: it takes at least {needed} who "
                "bought on three days or more (here: {found})."
            ).format(needed=MIN_CUSTOMERS, found=number(len(customers)))
        )
    gaps = customers["gaps"].to_numpy(np.float64)
    spread = customers["spread"].to_numpy(np.float64)
    mean, error = float(spread.mean()), float(spread.std(ddof=1) / np.sqrt(len(spread)))
    shape, low, high = (_shape(gaps, mean + step * 1.959964 * error) for step in (0, 1, -1))
    return Regularity(shape, low, high, customers)


def _gaps(days: pd.DataFrame) -> pd.DataFrame:
    """Return the customers with two gaps or more that did not buy every single day, and their spreads."""
    ids = days["customer_id"]
    starts = (ids != ids.shift()).to_numpy()
    owner = np.cumsum(starts) - 1
    day = days["date"].to_numpy("datetime64[D]").astype(np.int64)
    gap = np.where(starts, 0, np.diff(day, prepend=day[:1])).astype(np.float64)
    size = int(owner[-1]) + 1 if len(owner) else 0
    count = np.bincount(owner, ~starts, size)
    whole, squares = np.bincount(owner, gap, size), np.bincount(owner, gap**2, size)
    kept = (count >= 2) & (whole > count)
    n, whole, squares = count[kept], whole[kept], squares[kept]
    by_chance = (n - 1) / (n * (n + 1)) * (1 - n / whole)
    spread = (squares / whole**2 - 1 / n) / by_chance
    return pd.DataFrame(
        {
            "customer_id": ids[starts].to_numpy()[kept],
            "gaps": n.astype(int),
            "mean_gap": whole / n,
            "spread": spread,
            "kind": _kinds(n.astype(np.float64), spread),
        }
    )


def _kinds(n: Floats, spread: Floats) -> pd.Series:
    """Call customers regular or in bursts by how far their spread lies from 1, in standard deviations.

    At random the variance of the sum of squared shares is 4 (n − 1) ÷ ((n + 1)² (n + 2) (n + 3)).
    """
    usual = 2 * n / np.sqrt((n - 1) * (n + 2) * (n + 3))
    away = (1 - spread) / usual
    found = np.select([away >= CLEARLY, away <= -CLEARLY], ["regular", "bursts"], "random")
    return pd.Series(found).where(n >= MIN_GAPS)


def _by_chance(gaps: Floats) -> Floats:
    """Return the shares of customers of each kind that would be called so if all bought at random."""
    random = np.random.default_rng(SEED)
    sizes, counts = np.unique(gaps, return_counts=True)
    shares = np.zeros(len(KINDS))
    for size, count in zip(sizes.astype(int), counts, strict=True):
        parts = random.standard_exponential((DRAWS, size))
        squares = ((parts / parts.sum(axis=1, keepdims=True)) ** 2).sum(axis=1)
        spread = (squares - 1 / size) / ((size - 1) / (size * (size + 1)))
        kinds = _kinds(np.full(DRAWS, float(size)), spread)
        shares += count * np.array([(kinds == kind).mean() for kind in KINDS])
    return np.asarray(shares / max(counts.sum(), 1), np.float64)


def _shape(gaps: Floats, spread: float) -> float:
    """Return the shape of the gaps under which the mean spread would be this one."""
    sizes, counts = np.unique(gaps, return_counts=True)

    def off(shape: float) -> float:
        return float(((sizes + 1) / (sizes * shape + 1)) @ counts / counts.sum()) - spread

    low, high = SHAPES
    if off(low) <= 0:
        return low
    return high if off(high) >= 0 else float(brentq(off, low, high))


def regularity_effect(check: Holdout, found: Regularity) -> pd.DataFrame:
    """Show what regularity does to the forecasts of a holdout.

    Parameters
    ----------
    check
        The holdout.
    found
        The regularity at its cut-off: of ``sql/purchase_days.sql`` as of that day.

    Returns
    -------
    pandas.DataFrame
        One row per kind of customer and silence, of customers with three gaps or more: ``regularity`` and
        ``silence`` (names; late is after more than two of the customer's own mean gaps), ``customers``,
        mean purchases in the holdout per customer: ``actual`` and one column per model; ``model_error``, the
        mean the first model expected ÷ actual − 1 (missing where nobody bought).
    """
    kinds = found.customers.dropna(subset="kind").set_index("customer_id")
    customers, models = check.customers, list(check.models)
    frame = customers[customers["customer_id"].isin(kinds.index)]
    gap = frame["customer_id"].map(kinds["mean_gap"]) / DAYS[check.unit]
    late = frame["T"] - frame["t_x"] > OVERDUE * gap
    groups = frame.groupby([frame["customer_id"].map(kinds["kind"]), late.rename("late")])
    table = groups[["actual", *models]].mean()
    table.insert(0, "customers", groups.size())
    order = [(kind, is_late) for kind in KINDS for is_late in (False, True)]
    table = table.reindex([row for row in order if row in table.index])
    actual = table["actual"].where(table["actual"] > 0)
    names = [(kind_name(kind), _("late") if is_late else _("not late")) for kind, is_late in table.index]
    table.insert(0, "regularity", [name for name, _silence in names])
    table.insert(1, "silence", [silence for _name, silence in names])
    table["model_error"] = table[check.chosen] / actual - 1
    return table.reset_index(drop=True)


def regularity_effect_sentence(check: Holdout, table: pd.DataFrame) -> str:
    """Say how forecasts differ between regular and other customers.

    Parameters
    ----------
    check
        The holdout.
    table
        The result of `regularity_effect`.
    """
    totals = (
        table[["actual", check.chosen]].mul(table["customers"], axis=0).groupby(table["regularity"]).sum()
    )
    errors = totals[check.chosen] / totals["actual"].where(totals["actual"] > 0) - 1
    regular, rest = kind_name("regular"), totals.drop(index=kind_name("regular"), errors="ignore").sum()
    if regular not in errors or pd.isna(errors[regular]) or not rest["actual"]:
        return _("Too few regular customers bought in the holdout to tell whether they are forecast worse.")
    others = rest[check.chosen] / rest["actual"] - 1
    return _(
        "In the holdout the model's forecast of regular customers was off by {regular}, that of the others "
        "by {others}."
    ).format(regular=signed_percent(float(errors[regular]), 1), others=signed_percent(float(others), 1))


def regularity_title(found: Regularity) -> str:
    """Return what a chart of the shares shows."""
    regular = found.shares().iloc[0]
    return _(
        "{share} of customers buy at regular intervals; chance alone would make {chance} look so"
    ).format(share=percent(regular["share"]), chance=percent(regular["by_chance"]))
