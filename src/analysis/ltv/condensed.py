"""A model for regular buyers: BG/NBD and MBG/NBD with gaps that are less random, "condensed".

The gap between two purchases is the sum of k exponential ones, an Erlang distribution with shape k and the
customer's own rate λ, as if only every k-th event of a random stream were a purchase. With k = 1 these are
the BG/NBD and the MBG/NBD themselves (Platzer & Reutterer 2016, "Ticking away the moments: timing regularity
helps to better predict customer activity"). Rates follow a gamma distribution (r, α), and after each purchase
a customer leaves with a probability of its own, which follows a beta distribution (a, b). With m moments so
far at which it could leave and R = r + k x, the likelihood of a history is, up to a factor that depends on
the gaps and k alone,

    α^r ÷ Γ(r) × (A × B(a, b + m) + [m > 0] Γ(R) ÷ (α + t_x)^R × B(a + 1, b + m − 1)) ÷ B(a, b),
    A = Σ over j < k of (T − t_x)^j ÷ j! × Γ(R + j) ÷ (α + T)^(R + j),

where j counts the events since the last purchase. P(alive) is the share of the first term.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betainc, betaln, expit, gammaln, logsumexp

from analysis.language import _, number, percent
from analysis.ltv.purchases import too_few
from analysis.ltv.rounding import told_apart
from analysis.ltv.summary import DAYS, Floats, Summary, Unit, weeks_in
from analysis.ltv.validation.rules import rule_name
from analysis.ltv.validation.split import Holdout
from analysis.not_possible import NotPossible

MOST_K = 4
MOST_HISTORIES = 50_000  # distinct ones on which the search runs; of more, every n-th
BOUNDS = ((-8.0, 8.0), (-10.0, 10.0), (-8.0, 8.0), (-8.0, 8.0))
TAIL = 1e-10
History = tuple[Floats, Floats, Floats]  # x, t_x and T of each customer


@dataclass(frozen=True)
class CondensedModel:
    """A fitted BG/CNBD-k or MBG/CNBD-k model.

    Attributes
    ----------
    k
        Events of the random stream per purchase; 1 is the model without condensing.
    r, alpha, a, b
        The parameters; ``alpha`` in ``unit`` per event.
    chances
        Moments to leave before the first repeat purchase: 0 in the BG, 1 in the MBG variant.
    unit
        Time unit of ``alpha`` and of all durations.
    log_likelihood
        With the factor that depends on the gaps, so that values of different ``k`` compare.
    """

    k: int
    r: float
    alpha: float
    a: float
    b: float
    chances: int
    unit: Unit
    log_likelihood: float

    def p_alive(self, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """Return the probability that each customer is still one at age ``t``."""
        x, t_x, t = (np.asarray(part, np.float64) for part in (x, t_x, t))
        alive, gone = _terms(self.k, self.chances, (self.r, self.alpha, self.a, self.b), (x, t_x, t))
        return np.asarray(expit(alive - gone), np.float64)

    def expected_purchases(self, duration: float, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """Return the purchases each customer is expected to make within ``duration`` after age ``t``.

        Given j events since the last purchase, the rate of one alive follows a gamma distribution (r + k x +
        j, α + T), so the events to come are negative binomial; n purchases take n k − j of them, and not
        leaving at the n − 1 before. The sum of the probabilities of at least 1, 2, … purchases.
        """
        x, t_x, t = (np.asarray(part, np.float64) for part in (x, t_x, t))
        stages = np.arange(self.k, dtype=np.float64)[:, None]
        power = self.r + self.k * x + stages
        logs = _stages(self.k, self.r, self.alpha, (x, t_x, t))
        weights = np.exp(logs - logsumexp(logs, axis=0))
        share = duration / (self.alpha + t + duration)
        total, stays, n = np.zeros_like(x), np.ones_like(x), 1
        open_ = np.arange(len(x))  # customers whose sum still grows
        while open_.size:
            reached = betainc(n * self.k - stages, power[:, open_], share[open_])
            more = stays[open_] * (weights[:, open_] * reached).sum(axis=0)
            total[open_] += more
            open_ = open_[more > TAIL * np.maximum(total[open_], TAIL)]
            left = self.b + x[open_] + self.chances + n - 1
            stays[open_] *= left / (self.a + left)
            n += 1
        return total * self.p_alive(x, t_x, t)

    def describe(self) -> str:
        """Say how regular the gaps of this model are."""
        return _(
            "The condensed model takes a gap between purchases as the sum of {k} random ones (r = {r}, α = "
            "{alpha}, a = {a}, b = {b}): the more there are, the sooner a silence tells that a customer has "
            "left."
        ).format(
            k=number(self.k),
            r=number(self.r, 3),
            alpha=number(self.alpha, 3),
            a=number(self.a, 3),
            b=number(self.b, 3),
        )


def _stages(k: int, r: float, alpha: float, history: History) -> Floats:
    """Return, for each number of events since the last purchase, the logarithm of its term of A."""
    x, t_x, t = history
    stages = np.arange(k, dtype=np.float64)[:, None]
    power = r + k * x + stages
    with np.errstate(divide="ignore"):  # no time has passed: no event but for none
        passed = np.where(stages > 0, stages * np.log(np.where(stages > 0, t - t_x, 1.0)), 0.0)
    return np.asarray(passed - gammaln(stages + 1) + gammaln(power) - power * np.log(alpha + t))


def _terms(k: int, chances: int, parameters: tuple[float, ...], history: History) -> tuple[Floats, Floats]:
    """Return the logarithms of the two terms of the likelihood: alive, and gone since the last purchase."""
    r, alpha, a, b = parameters
    x, t_x, _t = history
    moments, power = x + chances, r + k * x
    shared = r * np.log(alpha) - gammaln(r) - betaln(a, b)
    alive = logsumexp(_stages(k, r, alpha, history), axis=0) + betaln(a, b + moments) + shared
    could = moments > 0
    gone = (
        gammaln(power)
        - power * np.log(alpha + t_x)
        + betaln(a + 1, np.where(could, b + moments - 1, 1.0))
        + shared
    )
    return alive, np.where(could, gone, -np.inf)


def fit_condensed(summary: Summary, days: pd.DataFrame, chances: int = 0) -> CondensedModel | NotPossible:
    """Fit the condensed model, with the k from 1 to 4 under which the gaps are most likely.

    Parameters
    ----------
    summary
        The customers.
    days
        The result of ``sql/purchase_days.sql`` for the same day.
    chances
        0 for the BG variant, 1 for the MBG variant, in which one-time buyers may have left.

    Returns
    -------
    CondensedModel or NotPossible
        ``NotPossible``, with the reason, where fewer than 20 customers bought again or no search settled.
    """
    if (reason := too_few(summary)) is not None:
        return reason
    models = _fits(summary, days, chances)
    if not models:
        return NotPossible(
            _("The condensed model could not be fitted: the search for its parameters did not settle.")
        )
    return max(models, key=lambda model: model.log_likelihood)


def _fits(summary: Summary, days: pd.DataFrame, chances: int) -> list[CondensedModel]:
    """Fit the model with k = 1, 2, … 4, up to the first k under which the histories are less likely."""
    found: list[CondensedModel] = []
    for k in range(1, MOST_K + 1):
        model = _fit(summary, days, chances, k, found[-1] if found else None)
        if model is None:
            break
        found.append(model)
        if k > 1 and model.log_likelihood < found[-2].log_likelihood:
            break
    return found


def _fit(
    summary: Summary, days: pd.DataFrame, chances: int, k: int, near: CondensedModel | None = None
) -> CondensedModel | None:
    """Fit the model with one k, from the parameters of another where it is given."""
    x, t_x, t, weights = _histories(summary)
    longest = float(t.max())

    def unlikely(position: Floats) -> float:
        with np.errstate(all="ignore"):
            alive, gone = _terms(k, chances, tuple(np.exp(position)), (x, t_x / longest, t / longest))
            value = -float(weights @ np.logaddexp(alive, gone)) / float(weights.sum())
        return value if np.isfinite(value) else 1e10

    rate = max(float(weights @ x) * k / float(weights @ t) * longest, 1e-6)
    starts = [(0.0, -np.log(rate), -0.5, 0.5), (0.7, 0.7 - np.log(rate), -2.0, 1.0)]
    if near is not None:
        starts = [tuple(np.log([near.r, near.alpha / longest * near.k / k, near.a, near.b]))]
    tried = [minimize(unlikely, np.array(start), method="L-BFGS-B", bounds=BOUNDS) for start in starts]
    settled = [one for one in tried if np.isfinite(one.fun) and one.fun < 1e10]
    if not settled:
        return None
    r, alpha, a, b = np.exp(min(settled, key=lambda one: float(one.fun)).x)
    parameters = (float(r), float(alpha * longest), float(a), float(b))
    alive, gone = _terms(k, chances, parameters, summary.history)
    value = float(np.logaddexp(alive, gone).sum()) + _gap_factor(summary, days, k)
    return CondensedModel(k, *parameters, chances, summary.unit, value)


def _histories(summary: Summary) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the distinct histories, and how many customers share each; at most so many."""
    x, t_x, t = summary.history
    counts = pd.DataFrame({"x": x, "t_x": t_x, "t": t}).groupby(["x", "t_x", "t"]).size()
    counts = counts.iloc[:: -(-len(counts) // MOST_HISTORIES)]
    parts = [counts.index.get_level_values(name).to_numpy(np.float64) for name in ("x", "t_x", "t")]
    return parts[0], parts[1], parts[2], np.asarray(counts, np.float64)


def _gap_factor(summary: Summary, days: pd.DataFrame, k: int) -> float:
    """Return the logarithm of the factor that depends on the gaps and k alone: Π gap^(k − 1) ÷ (k − 1)!."""
    x, t_x, _t = summary.history
    same = (days["customer_id"] == days["customer_id"].shift()).to_numpy()
    day = days["date"].to_numpy("datetime64[D]").astype(np.int64)
    gaps = np.diff(day, prepend=day[:1])[same] / DAYS[summary.unit]
    logs = float(np.log(gaps).sum()) + float(np.log(t_x[x == 1]).sum())
    return (k - 1) * logs - float(x.sum()) * float(gammaln(k))


def condensed_check(check: Holdout, days: pd.DataFrame) -> pd.DataFrame | NotPossible:
    """Compare, on the holdout, the condensed model with the same model without condensing.

    Parameters
    ----------
    check
        The holdout.
    days
        The result of ``sql/purchase_days.sql`` at its cut-off.

    Returns
    -------
    pandas.DataFrame or NotPossible
        One row per k from 1 up to the first that is less likely than the one before, 4 at most: ``k``,
        ``log_likelihood`` of the past (with the gaps), and on the holdout ``total``, ``total_error`` (÷
        actual − 1, missing where nobody bought), ``mae`` and ``rmse`` per customer. The BG variant where
        the first model is the BG/NBD, else the MBG variant.
    """
    if (reason := too_few(check.summary)) is not None:
        return reason
    chances = int(check.chosen != "bg_nbd")
    actual, duration = check.customers["actual"].to_numpy(np.float64), weeks_in(check.unit, check.weeks)
    rows = []
    for model in _fits(check.summary, days, chances):
        expected = model.expected_purchases(duration, *check.history)
        total = float(expected.sum())
        row = {
            "k": model.k,
            "log_likelihood": model.log_likelihood,
            "total": total,
            "total_error": total / actual.sum() - 1 if actual.sum() else np.nan,
            "mae": float(np.abs(expected - actual).mean()),
            "rmse": float(np.sqrt(((expected - actual) ** 2).mean())),
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=["k", "log_likelihood", "total", "total_error", "mae", "rmse"])


def condensed_sentence(table: pd.DataFrame, check: Holdout, *, bursts: bool = False) -> str:
    """Say whether taking gaps for more regular would have made the forecast better.

    Parameters
    ----------
    table
        The result of `condensed_check`.
    check
        The holdout; its first model is the one in use.
    bursts
        Whether customers buy in bursts, of which the condensed model knows nothing.
    """
    likely = table.iloc[int(table["log_likelihood"].to_numpy().argmax())]
    if likely["k"] == 1:
        said = _(
            "Gaps more regular than random (k = 2 and more) make the histories less likely, so the models "
            "stay as they are."
        )
        beyond = _("The bursts in which these customers buy are beyond the condensed model.")
        return f"{said} {beyond}" if bursts else said
    if not check.actual:
        return _(
            "With regular gaps (condensed model, k = {k}) the histories are more likely; nobody bought in "
            "the holdout, so it does not show whether the forecast is better."
        ).format(k=number(likely["k"]))
    actual = check.customers["actual"].to_numpy(np.float64)
    used_rmse = float(np.sqrt(((check.customers[check.chosen].to_numpy(np.float64) - actual) ** 2).mean()))
    error, used_error = abs(likely["total_error"]), abs(check.predicted / check.actual - 1)
    values = {"k": number(likely["k"]), "model": rule_name(check.chosen)}
    values["rmse"], values["used"] = told_apart(likely["rmse"], used_rmse, 3)
    values["error"], values["used_error"] = told_apart(error, used_error, 1, percent)
    return _compared(bool(likely["rmse"] < used_rmse), bool(error < used_error)).format(**values)


def _compared(each: bool, total: bool) -> str:
    """Return what to say where the condensed model foretold single customers, or the total, better."""
    if each and total:
        return _(
            "With regular gaps (condensed model, k = {k}) the histories are more likely, and the forecast of "
            "the holdout would have been better: RMSE {rmse} against {used} of the {model} in use, the total "
            "off by {error} against {used_error}."
        )
    if each:
        return _(
            "With regular gaps (condensed model, k = {k}) the histories are more likely; the forecast of the "
            "holdout would have been per customer better (RMSE {rmse} against {used} of the {model} in use), "
            "in total worse ({error} against {used_error})."
        )
    if total:
        return _(
            "With regular gaps (condensed model, k = {k}) the histories are more likely; the forecast of the "
            "holdout would have been in total better ({error} against {used_error}), per customer worse "
            "(RMSE {rmse} against {used} of the {model} in use)."
        )
    return _(
        "With regular gaps (condensed model, k = {k}) the histories are more likely, yet the forecast of the "
        "holdout would have been no better: RMSE {rmse} against {used} of the {model} in use, the total off "
        "by {error} against {used_error}."
    )
