"""Which model of purchases: by likelihood, and by how well each would have foretold the recent past."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import ClassVar, Literal, Protocol

import numpy as np
import pandas as pd

from analysis.language import _, listing, number
from analysis.ltv.estimation.equal_histories import Floats, distinct_pairs
from analysis.ltv.estimation.search import INDIFFERENT
from analysis.ltv.purchases import KINDS, Kind, PurchaseModel, fit_one, model_name
from analysis.ltv.summary import Summary, weeks_in
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Result

CLEARLY = 2.0  # standard errors from which on a difference between two models is not chance
MOST_SCORED = 20_000  # customers whose purchases are scored; more would not change the choice


@dataclass(frozen=True)
class Past:
    """What was known at an earlier date, and what came after it.

    Attributes
    ----------
    summary
        The customers at that date.
    bought
        Purchases of each of them afterwards, in the order of the summary.
    weeks
        For how long.
    """

    summary: Summary
    bought: Floats
    weeks: float


class HasPast(Protocol):
    """A holdout, as far as the choice of a model is concerned."""

    @property
    def past(self) -> Past:
        """What was known at its cut-off and what came after it."""


@dataclass(frozen=True)
class Comparison(Result):
    """Models fitted to the same customers.

    Attributes
    ----------
    models
        Those that could be fitted, by kind.
    table
        One row per model: ``model`` (kind), ``log_likelihood``; and where there is a past to foretell,
        fitted at its date: ``total_error`` (expected ÷ actual − 1), ``rmse`` per customer, and ``score``,
        the mean logarithm of the probability it had given to what each customer then did.
    best
        The model to use; its ``reason`` says why.
    """

    name: ClassVar[str] = "models"
    is_drawn: ClassVar[bool] = False
    models: dict[Kind, PurchaseModel]
    table: pd.DataFrame
    best: PurchaseModel

    def take(self, model: Kind | Literal["auto"]) -> PurchaseModel | NotPossible:
        """Return the best model, or the one that is named; ``NotPossible`` where that could not be fitted."""
        if model == "auto":
            return self.best
        if model not in self.models:
            return NotPossible(
                _("{model} could not be fitted to these data.").format(model=model_name(model))
            )
        return replace(
            self.models[model], reason=_("{model} is used, as set.").format(model=model_name(model))
        )

    def title(self) -> str:
        """Return what the table is about."""
        return _("Three models of purchases, on all data and on those held out")

    def sentence(self) -> str:
        """Say which model is used, and why."""
        return self.best.reason

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the models by name."""
        return {"models": self.table.assign(model=[model_name(kind) for kind in self.table["model"]])}

    def notes(self) -> list[str]:
        """Say which model is used, and why."""
        return [self.sentence()]


def fit_purchases(
    summary: Summary, model: Kind | Literal["auto"] = "bg_nbd", past: Past | None = None
) -> PurchaseModel | NotPossible:
    """Fit a model of purchases to a summary.

    Parameters
    ----------
    summary
        The customers.
    model
        Which; ``"auto"`` fits all three and takes the best, see `compare_models`.
    past
        An earlier date and what came after it, for ``"auto"``.

    Returns
    -------
    PurchaseModel or NotPossible
        ``NotPossible``, with the reason, where fewer than 20 customers bought again, or the search found no
        optimum.
    """
    if model != "auto":
        return fit_one(summary, model)
    compared = compare_models(summary, past)
    return compared.best if isinstance(compared, Comparison) else compared


@or_not_possible
def choose(compared: Comparison, model: Kind | Literal["auto"]) -> PurchaseModel | NotPossible:
    """Return the best model, or the one that is named; see `Comparison.take`."""
    return compared.take(model)


def compare_models(
    summary: Summary, check: Past | HasPast | NotPossible | None = None
) -> Comparison | NotPossible:
    """Fit all models of purchases and choose one.

    The models have four parameters each, so that their likelihoods compare as they are. The one under which
    the data are most likely is taken; of several about as likely, the one that gave the highest probabilities
    to what customers did in the past that is held out. A model that is less likely, but gave them clearly
    higher probabilities, goes before: by more than two standard errors of the mean difference per customer.

    Parameters
    ----------
    summary
        The customers.
    check
        An earlier date and what came after it, or a holdout that knows it; without it, the likelihood alone
        decides.

    Returns
    -------
    Comparison or NotPossible
        ``NotPossible`` where no model could be fitted.
    """
    past = check if isinstance(check, Past) else getattr(check, "past", None)
    fitted = {kind: fit_one(summary, kind) for kind in KINDS}
    models = {kind: model for kind, model in fitted.items() if isinstance(model, PurchaseModel)}
    if not models:
        return next(iter(fitted.values()))  # type: ignore[return-value]
    scored = _scored(past, tuple(models)) if past is not None else {}
    figures = {kind: _figures(past, *found) for kind, found in scored.items()} if past is not None else {}
    rows = [
        {"model": kind, "log_likelihood": model.log_likelihood} | figures.get(kind, {})
        for kind, model in models.items()
    ]
    best, reason = _choice(models, {kind: scores for kind, (_model, scores) in scored.items()})
    return Comparison(models, pd.DataFrame(rows), replace(models[best], reason=reason))


def _scored(past: Past, kinds: tuple[Kind, ...]) -> dict[Kind, tuple[PurchaseModel, Floats]]:
    """Return the models fitted at the past date, and the score of each customer."""
    found: dict[Kind, tuple[PurchaseModel, Floats]] = {}
    for kind in kinds:
        model = fit_one(past.summary, kind)
        if isinstance(model, PurchaseModel):
            found[kind] = (model, log_scores(model, past))
    return found


def _figures(past: Past, model: PurchaseModel, scores: Floats) -> dict[str, float]:
    duration = weeks_in(past.summary.unit, past.weeks)
    expected = model.expected_purchases(duration, *past.summary.history)
    came = float(past.bought.sum())
    return {
        "total_error": float(expected.sum()) / came - 1 if came else np.nan,
        "rmse": float(np.sqrt(((expected - past.bought) ** 2).mean())),
        "score": float(scores.mean()),
    }


def log_scores(model: PurchaseModel, past: Past) -> Floats:
    """Return the logarithm of the probability that a model gave to what customers then did.

    Parameters
    ----------
    model
        Fitted at the past date.
    past
        What came after it. Of more than 20,000 customers, every n-th is scored.
    """
    rows = slice(None, None, -(-len(past.bought) // MOST_SCORED))
    x, t_x, t = (part[rows] for part in past.summary.history)
    bought = past.bought[rows].astype(np.intp)
    pair_x, pair_t, places = distinct_pairs(x, t)
    duration = weeks_in(past.summary.unit, past.weeks)
    at_least = model.process.at_least(duration, pair_x, pair_t)
    alive = model.p_alive(x, t_x, t)
    tails = np.stack([np.ones_like(pair_x), *islice(at_least, int(bought.max(initial=0)) + 1)])
    chance = alive * (tails[bought, places] - tails[bought + 1, places]) + (1 - alive) * (bought == 0)
    return np.asarray(np.log(np.maximum(chance, 1e-300)), np.float64)


def _choice(models: dict[Kind, PurchaseModel], scores: dict[Kind, Floats]) -> tuple[Kind, str]:
    """Return the model to use, and why."""
    ranked = sorted(models, key=lambda kind: -models[kind].log_likelihood)
    favourite, most = ranked[0], models[ranked[0]].log_likelihood
    words = {"favourite": model_name(favourite), "best": model_name(favourite)}
    if len(ranked) == 1:
        return favourite, _("{best} is used: no other model could be fitted.").format(**words)
    words["ahead"] = number(most - models[ranked[1]].log_likelihood, 1)
    foretold = sorted(scores, key=lambda kind: -float(scores[kind].mean()))
    for kind in foretold:
        if favourite in scores and _clearly_better(scores[kind], scores[favourite]):
            return kind, _(
                "{best} is used: under {favourite} the histories are more likely, but {best} gave clearly "
                "more probability to what customers did in the weeks held out."
            ).format(**words | {"best": model_name(kind)})
    alike = [kind for kind in ranked if most - models[kind].log_likelihood < INDIFFERENT]
    if len(alike) > 1:
        best = next((kind for kind in foretold if kind in alike), favourite)
        words |= {"best": model_name(best), "alike": listing([model_name(kind) for kind in alike])}
        return best, (
            _(
                "{best} is used: the histories are about as likely under {alike}, and of these it gave the "
                "most probability to what customers did in the weeks held out; the choice makes little "
                "difference."
            )
            if scores
            else _(
                "{best} is used: the histories are about as likely under {alike}, so the choice makes "
                "little difference."
            )
        ).format(**words)
    return favourite, (
        _(
            "{best} is used: under it the histories are most likely (by {ahead} in log-likelihood), and no "
            "other model gave clearly more probability to what customers did in the weeks held out."
        )
        if scores
        else _("{best} is used: under it the histories are most likely (by {ahead} in log-likelihood).")
    ).format(**words)


def _clearly_better(scores: Floats, others: Floats) -> bool:
    """Say whether one model foretold better than another, beyond what chance makes of as many customers."""
    ahead = scores - others
    return bool(ahead.mean() > CLEARLY * ahead.std() / np.sqrt(len(ahead)))
