"""Who will not buy within the horizon: a model on what is known of each customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from analysis.churn.snapshots import FEATURES, Snapshots, feature_label
from analysis.language import _, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result

MIN_OF_EACH = 20  # customers who bought, and customers who did not


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model of the probability that an active customer does not buy within the horizon.

    Attributes
    ----------
    pipeline
        Anything of scikit-learn that has ``predict_proba``.
    features
        Columns of a snapshot that it looks at.
    base_rate
        Share without a purchase among the customers it learned from.
    customers
        Their number.
    varying
        Those of ``features`` that differed between them.
    """

    pipeline: Pipeline = field(repr=False)
    features: tuple[str, ...]
    base_rate: float
    customers: int
    varying: tuple[str, ...]

    def risk(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the probability of no purchase of each row of a snapshot."""
        if frame.empty:
            return np.zeros(0)
        return np.asarray(self.pipeline.predict_proba(_matrix(frame, self.features))[:, 1], dtype=float)


def default_pipeline() -> Pipeline:
    """Return the model that is used unless another is given.

    The logarithm of each feature (of 1 + value), then standardised, then a logistic regression.
    """
    return make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), LogisticRegression(max_iter=1_000))


def _matrix(frame: pd.DataFrame, features: Sequence[str]) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = frame[list(features)].to_numpy(float)
    return np.maximum(values, 0.0)


@or_not_possible
def fit(
    snapshots: Snapshots,
    pipeline: Pipeline | None = None,
    features: Sequence[str] = FEATURES,
    on: Literal["learn", "check"] = "learn",
) -> ChurnModel | NotPossible:
    """Fit a model to the customers of one cut-off.

    Parameters
    ----------
    snapshots
        The result of `analysis.churn.snapshots`.
    pipeline
        What to fit, any classifier of scikit-learn; by default `default_pipeline`.
    features
        Columns of the snapshots to look at.
    on
        The cut-off: ``learn``, to be judged at the later one, or ``check``, to forecast from today.

    Returns
    -------
    ChurnModel or NotPossible
        Not possible where fewer than 20 bought or fewer than 20 did not.
    """
    train: pd.DataFrame = getattr(snapshots, on)
    absent = train["no_purchase"].to_numpy(bool) if len(train) else np.zeros(0, bool)
    without, bought = int(absent.sum()), int((~absent).sum())
    if min(without, bought) < MIN_OF_EACH:
        return NotPossible(
            _(
                "Too little data to learn who buys again: it takes at least {needed} active customers who "
                "then bought and as many who did not (here: {bought} bought, {without} did not)."
            ).format(needed=MIN_OF_EACH, bought=number(bought), without=number(without))
        )
    matrix = _matrix(train, features)
    fitted = clone(pipeline or default_pipeline()).fit(matrix, absent)
    varying = tuple(name for name, spread in zip(features, np.ptp(matrix, axis=0), strict=True) if spread > 0)
    return ChurnModel(fitted, tuple(features), float(absent.mean()), len(train), varying)


@dataclass(frozen=True)
class Effects(Result):
    """How each feature moves the odds of no purchase, all others held equal.

    Attributes
    ----------
    frame
        One row per feature that varies, strongest first: ``feature``; ``odds_ratio``, by what the odds of no
        purchase are multiplied when the feature's logarithm rises by one standard deviation.
    """

    name: ClassVar[str] = "effects"
    frame: pd.DataFrame

    def title(self) -> str:
        """Return what a chart of the effects shows."""
        return _("“{feature}” tells most about who will not buy").format(
            feature=feature_label(self.frame["feature"].iloc[0])
        )

    def sentence(self) -> str:
        """Return which feature moves the odds most, and which way."""
        strongest = self.frame.iloc[0]
        message = (
            _(
                "The strongest sign of no purchase is a high “{feature}”: one standard deviation more "
                "multiplies the odds by {ratio}."
            )
            if strongest["odds_ratio"] > 1
            else _(
                "The strongest sign of a purchase is a high “{feature}”: one standard deviation more "
                "multiplies the odds of no purchase by {ratio}."
            )
        )
        return message.format(
            feature=feature_label(strongest["feature"]), ratio=number(strongest["odds_ratio"], 2)
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the features by their names."""
        return {"effects": self.frame.assign(feature=self.frame["feature"].map(feature_label))}

    def findings(self) -> list[Finding]:
        """Return the strongest sign."""
        ratio = float(self.frame["odds_ratio"].iloc[0])
        return [Finding("churn.strongest_sign", self.sentence(), ratio, "odds ratio")]


@or_not_possible
def effects(model: ChurnModel) -> Effects | NotPossible:
    """Return how each feature moves the odds of no purchase; a model without coefficients cannot say."""
    last = model.pipeline[-1] if isinstance(model.pipeline, Pipeline) else model.pipeline
    coefficients = np.ravel(getattr(last, "coef_", []))
    if len(coefficients) != len(model.features):
        return NotPossible(
            _("This model has no coefficient for each feature, so no odds ratios can be shown.")
        )
    if not model.varying:
        return NotPossible(_("No feature varies between these customers, so none tells who will not buy."))
    table = pd.DataFrame({"feature": model.features, "odds_ratio": np.exp(coefficients)})
    order = np.argsort(-np.abs(coefficients), kind="stable")
    strongest = table.iloc[order]
    return Effects(strongest[strongest["feature"].isin(model.varying)].reset_index(drop=True))


@or_not_possible
def side_by_side(one: ChurnModel, other: ChurnModel, snapshots: Snapshots) -> pd.DataFrame:
    """Return the risk of five customers by two models, to see whether they agree.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``by_hand`` (the first model's risk) and ``helper`` (the second's).
    """
    first = snapshots.check.head(5)
    return first[["customer_id"]].assign(by_hand=one.risk(first), helper=other.risk(first))
