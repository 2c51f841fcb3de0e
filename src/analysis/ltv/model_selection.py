"""Fit models of purchases, and choose one: by how well each foretold at earlier dates, then by likelihood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.dataset.computed import computed
from analysis.language import _, listing, ngettext, number
from analysis.ltv.estimation.equal_histories import Floats, distinct_pairs
from analysis.ltv.estimation.search import fit_of, maximise
from analysis.ltv.purchases import (
    KINDS,
    MIN_REPEAT_BUYERS,
    Kind,
    Process,
    PurchaseModel,
    likelihood,
    model_name,
    scaled_counts,
)
from analysis.ltv.summary import Histories, Summary, weeks_in
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Result

if TYPE_CHECKING:
    from analysis.ltv.backtest.holdout import Holdout

Rows = slice | npt.NDArray[np.intp]
EVERY = slice(None)
ALIKE = 1e-4  # scores so close that no one could tell the models apart
MOST_SCORED = 20_000  # customers whose purchases are scored; more would not change the choice


@dataclass(frozen=True)
class Comparison(Result):
    """Models fitted to the same customers.

    Attributes
    ----------
    models
        Those that could be fitted, by kind.
    table
        One row per model: ``model`` (kind), ``log_likelihood``; over earlier dates ``score``, the mean
        logarithm of the probability it had given to what each customer then did, ``behind``, how far that
        is below the best, and ``behind_error``, the standard error of this; and from the last check, which
        has no part in the choice, ``total_error`` (expected ÷ actual − 1) and ``rmse`` per customer.
    best
        The model to use; its ``reason`` says why.
    tried_on
        That the check is on a sample, where it is.
    """

    name: ClassVar[str] = "models"
    is_drawn: ClassVar[bool] = False
    models: dict[Kind, PurchaseModel]
    table: pd.DataFrame
    best: PurchaseModel
    tried_on: str = ""

    def sentence(self) -> str:
        """Say which model is used, and why."""
        return self.best.reason

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the models by name."""
        return {"models": self.table.assign(model=[model_name(kind) for kind in self.table["model"]])}

    def notes(self) -> list[str]:
        """Say which model is used, and why, and on whom it was tried, where that is a sample."""
        return [*filter(None, [self.sentence(), self.tried_on])]


def fit_purchases(
    known: Summary | Histories, model: Kind | Literal["auto"] = "auto"
) -> PurchaseModel | NotPossible:
    """Fit a model of purchases to the histories of customers.

    Customers with equal ``(x, t_x, T)`` are fitted as one, weighted by their number.

    Parameters
    ----------
    known
        The customers, or their histories.
    model
        Which; ``"auto"`` fits all three and takes the most likely, see `compare_models`.

    Returns
    -------
    PurchaseModel or NotPossible
        ``NotPossible``, with the reason, where fewer than 20 customers bought again, or the search found no
        optimum.
    """
    if model == "auto":
        compared = compare_models(known)
        return compared.best if isinstance(compared, Comparison) else compared
    if known.repeat_buyers < MIN_REPEAT_BUYERS:
        return NotPossible(
            _(
                "Too little data for the purchase model: it needs at least {needed} customers who bought on "
                "two days or more (here: {found})."
            ).format(needed=MIN_REPEAT_BUYERS, found=number(known.repeat_buyers))
        )
    counts, longest = scaled_counts(known)
    arrays = (counts.purchases, counts.times, counts.x, counts.t_x, counts.t, counts.weights)
    fit = computed(known.content, lambda: maximise(likelihood(model, counts)), fit_of, model, *arrays)
    if fit is None:
        return NotPossible(
            _(
                "The purchase model could not be fitted: the search for its parameters did not settle on "
                "these data, so no forecast is shown."
            )
        )
    log_likelihood = fit.log_likelihood - counts.bought * float(np.log(longest))
    customers = int(counts.customers)
    mean = counts.bought / customers
    return PurchaseModel(model, known.unit, log_likelihood, customers, fit, longest, mean)


@or_not_possible
def choose(compared: Comparison, model: Kind | Literal["auto"]) -> PurchaseModel | NotPossible:
    """Return the best model, or the one that is named; ``NotPossible`` where that could not be fitted."""
    if model == "auto":
        return compared.best
    if model not in compared.models:
        return NotPossible(_("{model} could not be fitted to these data.").format(model=model_name(model)))
    reason = _("{model} is used, as set.").format(model=model_name(model))
    return replace(compared.models[model], reason=reason)


def compare_models(
    known: Summary | Histories, check: Holdout | NotPossible | None = None
) -> Comparison | NotPossible:
    """Fit all models of purchases and choose one.

    The models are compared by the logarithm of the probability that they, fitted at each of the earlier dates
    of the check, had given to what each customer then did (the predictive log score; Gneiting & Raftery
    2007). Of those within one standard error of the best, customers being independent, the one under which
    all histories are most likely is taken: they have four parameters each, so that their likelihoods compare
    as they are. The check itself has no part in it.

    Parameters
    ----------
    known
        The customers, or their histories.
    check
        The last check, with those at earlier dates; without these the likelihood alone decides.

    Returns
    -------
    Comparison or NotPossible
        ``NotPossible`` where no model could be fitted.
    """
    fitted = {kind: fit_purchases(known, kind) for kind in KINDS}
    models = {kind: model for kind, model in fitted.items() if isinstance(model, PurchaseModel)}
    if not models:
        return next(iter(fitted.values()))  # type: ignore[return-value]
    table = pd.DataFrame({"log_likelihood": {kind: model.log_likelihood for kind, model in models.items()}})
    past = [each for each in getattr(check, "earlier", ()) if models.keys() <= each.models.keys()]
    if past:
        table = table.join(_scored(past, tuple(models)))
    tried_on = ""
    if check is not None and not isinstance(check, NotPossible):
        tried_on = check.of_whom()
        seen = [kind for kind in models if kind in check.models]
        off = check.customers[seen].sub(check.customers["actual"], axis=0)
        table["total_error"] = off.sum() / check.actual if check.actual else np.nan
        table["rmse"] = np.sqrt((off**2).mean())
    best, reason = _choice(table, len(past))
    table, used = table.rename_axis("model").reset_index(), replace(models[best], reason=reason)
    return Comparison(models, table, used, tried_on)


def _scored(past: list[Holdout], kinds: tuple[Kind, ...]) -> pd.DataFrame:
    """Return by kind the mean score at earlier dates, how far it is behind the best, and its error.

    A customer seen at several dates is one: the error is that of the mean of sums per customer.
    """
    parts = []
    for each in past:
        rows = scored(len(each.customers))
        found = {kind: log_scores(each.models[kind].process, each, rows) for kind in kinds}
        parts.append(pd.DataFrame(found, index=each.summary.frame["customer_id"].iloc[rows]))
    scores = pd.concat(parts)
    mean = scores.mean()
    lost = -scores.sub(scores[mean.idxmax()], axis=0)
    spread = (lost - lost.mean()).groupby(level=0).sum()
    errors = np.sqrt((spread**2).sum()) / len(scores)
    return pd.DataFrame({"score": mean, "behind": lost.mean(), "behind_error": errors})


def scored(customers: int) -> slice:
    """Return the customers that are scored: of more than 20,000, every n-th."""
    return slice(None, None, -(-customers // MOST_SCORED))


def log_scores(model: Process, check: Holdout, rows: Rows = EVERY) -> Floats:
    """Return the logarithm of the probability that a model gave to what customers then did.

    Parameters
    ----------
    model
        With parameters of the cut-off of the check.
    check
        Who was known then, and what they did afterwards.
    rows
        Which of the customers to score.
    """
    x, t_x, t = (part[rows] for part in check.summary.history)
    bought = check.customers["actual"].to_numpy(np.intp)[rows]
    pair_x, pair_t, places = distinct_pairs(x, t)
    at_least = model.at_least(weeks_in(check.summary.unit, check.weeks), pair_x, pair_t)
    alive = model.p_alive(x, t_x, t)
    tails = np.stack([np.ones_like(pair_x), *islice(at_least, int(bought.max(initial=0)) + 1)])
    chance = alive * (tails[bought, places] - tails[bought + 1, places]) + (1 - alive) * (bought == 0)
    return np.asarray(np.log(np.maximum(chance, 1e-300)), np.float64)


def _choice(table: pd.DataFrame, dates: int) -> tuple[Kind, str]:
    """Return the model to use, and why; see `compare_models` for the table, by kind."""
    if dates:
        table = table[table["behind"] <= table["behind_error"].clip(lower=ALIKE)]
    ranked = table["log_likelihood"].sort_values(ascending=False, kind="stable")
    best: Kind = ranked.index[0]
    if len(ranked) == 1 and not dates:
        message = _("{best} is used: no other model could be fitted.")
    elif len(ranked) == 1:
        message = ngettext(
            "{best} is used: at an earlier date it gave more probability than the others to what customers "
            "then did, by more than a standard error.",
            "{best} is used: at {dates} earlier dates it gave more probability than the others to what "
            "customers then did, by more than a standard error.",
            dates,
        )
    elif dates:
        message = ngettext(
            "{best} is used: {alike} foretold about equally well what customers did after an earlier date "
            "(within a standard error), and under {best} all histories are most likely.",
            "{best} is used: {alike} foretold about equally well what customers did after {dates} earlier "
            "dates (within a standard error), and under {best} all histories are most likely.",
            dates,
        )
    else:
        message = _("{best} is used: under it the histories are most likely (by {ahead} in log-likelihood).")
    return best, message.format(
        best=model_name(best),
        dates=number(dates),
        ahead=number(float(ranked.iloc[0] - ranked.iloc[min(1, len(ranked) - 1)]), 1),
        alike=listing([model_name(kind) for kind in ranked.index]),
    )
