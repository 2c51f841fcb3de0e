"""Portfolios made by the models' own stories, with parameters that are known."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import ltv
from analysis.ltv.purchases import KINDS, Kind
from analysis.ltv.summary import Unit

SPEND = {"p": 4.0, "q": 4.0, "v": 30.0}


@dataclass(frozen=True)
class Portfolio:
    """A summary of made-up customers, what they did afterwards, and the truth about them."""

    kind: Kind
    truth: dict[str, float]
    summary: ltv.Summary
    bought: np.ndarray
    spent: np.ndarray


def simulate(
    kind: Kind,
    truth: dict[str, float],
    ages: np.ndarray,
    ahead: float,
    seed: int,
    *,
    unit: Unit = "week",
    days: int | None = None,
) -> Portfolio:
    """Let customers of these ages buy until they leave, and for some time after the summary.

    ``days`` in a unit: where given, purchases of one day count once, as in the workbook; else the story is
    told in continuous time.
    """
    random, n = np.random.default_rng(seed), len(ages)
    rate = random.gamma(truth["r"], 1 / truth["alpha"], n)
    end = ages + ahead
    if kind == "pareto_nbd":
        leaving = np.maximum(random.gamma(truth["s"], 1 / truth["beta"], n), 1e-300)
        end, leave = np.minimum(end, random.exponential(1, n) / leaving), np.zeros(n)
    else:
        leave = random.beta(truth["a"], truth["b"], n)
    x, t_x, later, now, last = np.zeros((5, n))
    active = np.arange(n)
    if kind == "mbg_nbd":
        active = active[random.random(n) >= leave]
    while len(active):
        now[active] += random.exponential(1, len(active)) / np.maximum(rate[active], 1e-300)
        active = active[now[active] < end[active]]
        when = np.ceil(now[active] * days) / days if days else now[active]
        past, counts = when <= ages[active], when > last[active]
        x[active[past & counts]] += 1
        t_x[active[past]] = when[past]
        later[active[~past & counts]] += 1
        last[active] = when
        active = active[random.random(len(active)) >= leave[active]]
    spend = _Spend(random, n)
    return Portfolio(kind, truth, _summary(x, t_x, ages, unit, spend), later, spend.of(later))


class _Spend:
    """Money per purchase by the Gamma-Gamma story."""

    def __init__(self, random: np.random.Generator, n: int) -> None:
        self._random, self._rate = random, random.gamma(SPEND["q"], 1 / SPEND["v"], n)

    def of(self, purchases: np.ndarray) -> np.ndarray:
        return self._random.standard_gamma(SPEND["p"] * purchases) / self._rate


def _summary(x: np.ndarray, t_x: np.ndarray, ages: np.ndarray, unit: Unit, spend: _Spend) -> ltv.Summary:
    mean = np.divide(spend.of(x), x, out=np.full(len(x), np.nan), where=x > 0)
    frame = pd.DataFrame({"x": x.astype(int), "t_x": t_x, "T": ages.astype(float), "z": mean})
    frame.insert(0, "customer_id", [f"c{i:05}" for i in range(len(x))])
    return ltv.Summary(frame, unit, dt.date(2025, 6, 30))


def any_portfolio(seed: int) -> Portfolio:
    """Return one of the portfolios a fit must stand: of every kind, size and pace.

    200 to 20,000 customers, seen for half a year to four years, in days or weeks; from one purchase a year
    to one a week; alike or very different in their pace; who leave at once, late or hardly.
    """
    random = np.random.default_rng(seed)
    kind = KINDS[seed % 3]
    unit: Unit = "day" if random.random() < 0.5 else "week"
    days = 1 if unit == "day" else 7

    def between(low: float, high: float) -> float:
        return float(np.exp(random.uniform(np.log(low), np.log(high))))

    span, n = int(random.integers(26, 209)) * 7, int(between(200, 20_000))
    r, rate = between(0.2, 5), between(1 / 365, 1 / 7)
    truth = {"r": r, "alpha": r / rate / days}
    if kind == "pareto_nbd":
        s, life = between(0.2, 5), span * between(0.05, 5)
        truth |= {"s": s, "beta": s * life / days}
    else:
        mean, alike = between(0.02, 0.6), between(0.3, 20)
        truth |= {"a": mean * alike, "b": (1 - mean) * alike}
    ages = (span - random.integers(0, span // 2, n)) / days
    return simulate(kind, truth, ages, 0.0, seed, unit=unit, days=days)
