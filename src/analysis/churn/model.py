"""Who will not buy within the horizon: scikit-learn pipelines on what is known of each customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from analysis.churn.snapshots import Snapshots
from analysis.language import _, number
from analysis.not_possible import NotPossible, or_not_possible

MIN_OF_EACH = 20  # who bought, and who did not, to learn
MOST_ROWS = 100_000  # customers that are learned from; of more, every n-th
MOST_TUNED = 20_000  # the same where settings are tried
BASELINES = {
    "share": None,
    "frequency": "purchase_days",
    "recency": "days_since_last",
    "rhythm": "relative_silence",
    "p_alive": "p_alive",
    "expected": "expected_purchases",
}
"""Rules that look at one feature at most, the simplest first."""
GRID = {"histgradientboostingclassifier__max_iter": [50, 100, 200]}  # how many trees are tried


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model of the probability that an active customer does not buy within the horizon.

    ``pipeline`` is what was fitted, calibrated where there was a cut-off for it; ``features`` are the columns
    of a snapshot that it looks at.
    """

    pipeline: Any = field(repr=False)
    features: tuple[str, ...]

    def risk(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the probability of no purchase of each row of a snapshot."""
        return self.of(described(frame, self.features)) if len(frame) else np.zeros(0)

    def of(self, told: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the probability of no purchase of features as `described`."""
        with threadpool_limits(1):  # the same to the last digit on any machine
            return np.asarray(self.pipeline.predict_proba(told)[:, 1], dtype=float)


def described(frame: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Return the features of a snapshot as the pipelines take them: numbers from 0 on, or words."""
    found = frame[list(features)]
    numbers = found.select_dtypes(["number", "boolean"]).columns
    return found.assign(**found[numbers].astype(float).clip(lower=0))


def default_models() -> dict[str, Pipeline]:
    """Return the models that are tried unless others are given, the simpler first, before they are tuned.

    ``logistic``: the logarithm of each number (of 1 + value), a missing one taken for the median and told
    apart, standardised; words as columns of 0 and 1; then a logistic regression. ``boosted``: the numbers as
    they are, gaps and all, and words as above; then gradient-boosted trees.
    """
    words = OneHotEncoder(handle_unknown="ignore", min_frequency=20, sparse_output=False)
    numbers = make_pipeline(
        FunctionTransformer(np.log1p),
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    is_number = make_column_selector(dtype_include="number")
    is_word = make_column_selector(dtype_exclude="number")
    trees = HistGradientBoostingClassifier(
        learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=40, early_stopping=False, random_state=1
    )
    return {
        "logistic": make_pipeline(
            make_column_transformer((numbers, is_number), (words, is_word)),
            LogisticRegression(max_iter=1_000),
        ),
        "boosted": make_pipeline(make_column_transformer((words, is_word), remainder="passthrough"), trees),
    }


def candidates(
    features: tuple[str, ...], models: Mapping[str, Pipeline]
) -> dict[str, tuple[Pipeline, tuple[str, ...]]]:
    """Return by name the rules that any model must beat, and the models, with the features each looks at.

    One number becomes a probability by a logistic regression on its logarithm.
    """
    rules = {"share": (make_pipeline(DummyClassifier()), features[:1])}
    for name, feature in BASELINES.items():
        if feature in (*features, "relative_silence"):
            rules[name] = default_models()["logistic"], (feature,)
    return rules | {name: (pipeline, features) for name, pipeline in models.items()}


@or_not_possible
def fit(
    snapshots: Snapshots,
    pipeline: Pipeline | None = None,
    features: Sequence[str] | None = None,
    on: Literal["learn", "check"] = "learn",
) -> ChurnModel | NotPossible:
    """Fit a model, and calibrate it on the cut-off after those that it learned from.

    What to fit is any classifier of scikit-learn, by default the logistic regression of `default_models`; on
    ``learn`` it is to be judged at the check, on ``check``, the newest outcomes, to forecast from today. Not
    possible where fewer than 20 bought or fewer than 20 did not.

    Notes
    -----
    Calibration is that of Platt (1999): a logistic regression of what happened on the model's score. Where
    fewer than 20 of each kind are there to calibrate on, or no later cut-off is, it is left out.
    """
    train, later = snapshots.known(1 if on == "learn" else 0)
    features = tuple(snapshots.features if features is None else features)
    if few := too_few(train):
        return NotPossible(few)
    train = thinned(train, MOST_ROWS)
    with threadpool_limits(1):
        fitted = clone(pipeline or default_models()["logistic"])
        fitted.fit(described(train, features), _absent(train))
        if not too_few(later):
            later = thinned(later, MOST_ROWS)
            calibrated = CalibratedClassifierCV(FrozenEstimator(fitted), method="sigmoid")
            fitted = calibrated.fit(described(later, features), _absent(later))
    return ChurnModel(fitted, features)


def thinned(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return every n-th row of more than so many."""
    return frame.iloc[:: -(-len(frame) // most)] if len(frame) > most else frame


def too_few(frame: pd.DataFrame, needed: int = MIN_OF_EACH) -> str:
    """Say that too few customers bought, or too few did not, to learn or to check; else return nothing."""
    absent = _absent(frame)
    message = _(
        "Too little data to learn who buys again, or to check it: it takes at least {needed} active "
        "customers who then bought and as many who did not (here: {bought} bought, {without} did not)."
    ).format(needed=needed, bought=number((~absent).sum()), without=number(absent.sum()))
    return message if min(absent.sum(), (~absent).sum()) < needed else ""


def _absent(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return frame["no_purchase"].to_numpy(bool)


@or_not_possible
def tuned(snapshots: Snapshots, pipeline: Pipeline, grid: Mapping[str, Sequence[object]] = GRID) -> Pipeline:
    """Return a pipeline with the best settings of a ``grid``, as scikit-learn's `GridSearchCV` takes it.

    Each cut-off after the first is foretold from those before it, and the settings with the lowest log loss
    are taken; neither the cut-off to calibrate on nor the check has a part in it. The pipeline is given back
    as it is where there is one cut-off to learn from only, or too few customers.
    """
    train = thinned(snapshots.learn, MOST_TUNED)
    days = train["cut_off"].unique()
    folds = [(train["cut_off"] < day, train["cut_off"] == day) for day in days[1:]]
    if not folds or any(too_few(train[part]) for fold in folds for part in fold):
        return pipeline
    rows = [tuple(np.flatnonzero(part) for part in fold) for fold in folds]
    search = GridSearchCV(pipeline, grid, scoring="neg_log_loss", cv=rows, refit=False)
    with threadpool_limits(1):
        search.fit(described(train, snapshots.features), _absent(train))
    return clone(pipeline).set_params(**search.best_params_)
