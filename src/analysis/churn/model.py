"""Who leaves next: a logistic regression on what is known of each customer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from analysis.churn.snapshot import FEATURES, feature_label
from analysis.language import _, money, ngettext, number, percent
from analysis.not_possible import NotPossible

MIN_OF_EACH = 20  # customers who left, and customers who stayed


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model of the probability that an active customer leaves within the horizon.

    Attributes
    ----------
    pipeline
        Logarithm of each feature (of 1 + value), then standardised, then a logistic regression.
    base_rate
        Share that left among the customers it learned from.
    customers
        Their number.
    """

    pipeline: Pipeline = field(repr=False)
    base_rate: float
    customers: int

    def risk(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the probability of leaving of each row of a snapshot."""
        if frame.empty:
            return np.zeros(0)
        return np.asarray(self.pipeline.predict_proba(_matrix(frame))[:, 1], dtype=float)


def _matrix(frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = frame[list(FEATURES)].to_numpy(float)
    return np.maximum(values, 0.0)


def fit(train: pd.DataFrame) -> ChurnModel | NotPossible:
    """Fit the model to a snapshot that knows who left.

    Parameters
    ----------
    train
        The result of `analysis.churn.snapshot.snapshot` with ``left`` known.

    Returns
    -------
    ChurnModel or NotPossible
        ``NotPossible``, with the reason, where fewer than 20 left or fewer than 20 stayed.
    """
    left = train["left"].to_numpy(bool) if len(train) else np.zeros(0, bool)
    gone, stayed = int(left.sum()), int((~left).sum())
    if min(gone, stayed) < MIN_OF_EACH:
        return NotPossible(
            _(
                "Too little data to learn who leaves: it takes at least {needed} customers who left and as "
                "many who stayed in the period to learn from (here: {gone} left, {stayed} stayed)."
            ).format(needed=MIN_OF_EACH, gone=number(gone), stayed=number(stayed))
        )
    pipeline = make_pipeline(
        FunctionTransformer(np.log1p), StandardScaler(), LogisticRegression(max_iter=1_000)
    )
    pipeline.fit(_matrix(train), left)
    return ChurnModel(pipeline, float(left.mean()), len(train))


def effects(model: ChurnModel, train: pd.DataFrame) -> pd.DataFrame:
    """Return how each feature moves the odds of leaving, all others held equal.

    Parameters
    ----------
    model
        The fitted model.
    train
        The snapshot it was fitted on.

    Returns
    -------
    pandas.DataFrame
        One row per feature that varies, strongest first: ``feature``; ``odds_ratio``, by what the odds of
        leaving are multiplied when the feature's logarithm rises by one standard deviation.
    """
    coefficients = model.pipeline[-1].coef_[0]
    varies = np.ptp(_matrix(train), axis=0) > 0
    table = pd.DataFrame({"feature": FEATURES, "odds_ratio": np.exp(coefficients)})
    order = np.argsort(-np.abs(coefficients), kind="stable")
    return table.iloc[[i for i in order if varies[i]]].reset_index(drop=True)


def effects_title(table: pd.DataFrame) -> str:
    """Return what a chart of `effects` shows."""
    if table.empty:
        return _("No feature varies between these customers")
    return _("“{feature}” tells most about who leaves").format(
        feature=feature_label(table["feature"].iloc[0])
    )


def effects_sentence(table: pd.DataFrame) -> str:
    """Say which feature moves the odds of leaving most, and which way.

    Parameters
    ----------
    table
        The result of `effects`.
    """
    if table.empty:
        return _("No feature varies between these customers, so none tells who leaves.")
    strongest = table.iloc[0]
    message = (
        _("The strongest sign of leaving is a high “{feature}”: one step up multiplies the odds by {ratio}.")
        if strongest["odds_ratio"] > 1
        else _(
            "The strongest sign of staying is a high “{feature}”: one step up multiplies the odds of leaving "
            "by {ratio}."
        )
    )
    return message.format(
        feature=feature_label(strongest["feature"]), ratio=number(strongest["odds_ratio"], 2)
    )


def risk_bands(listed: pd.DataFrame) -> pd.DataFrame:
    """Return the active customers by band of risk.

    Parameters
    ----------
    listed
        The result of `watch_list`.

    Returns
    -------
    pandas.DataFrame
        Five rows: ``low`` and ``high`` end of the band of risk; ``customers``; ``recent_net_sales`` and
        ``at_stake`` in money.
    """
    band = (listed["risk"] * 5).astype(int).clip(upper=4)
    sums = listed.groupby(band)[["recent_net_sales", "at_stake"]].sum().reindex(range(5), fill_value=0.0)
    counts = band.value_counts().reindex(range(5), fill_value=0)
    edges = np.arange(6) / 5
    return sums.assign(low=edges[:-1], high=edges[1:], customers=counts)[
        ["low", "high", "customers", "recent_net_sales", "at_stake"]
    ].reset_index(drop=True)


def bands_title(bands: pd.DataFrame) -> str:
    """Return what a chart of `risk_bands` shows."""
    likely, total = bands[bands["low"] >= 0.6], float(bands["recent_net_sales"].sum())
    customers = int(likely["customers"].sum())
    return ngettext(
        "{customers} customer has a risk of {risk} or more, and {sales} of recent net sales",
        "{customers} customers have a risk of {risk} or more, and {sales} of recent net sales",
        customers,
    ).format(
        customers=number(customers),
        risk=percent(0.6),
        sales=percent(float(likely["recent_net_sales"].sum()) / total if total > 0 else 0.0),
    )


def risk_sentence(listed: pd.DataFrame, days: int, currency: str | None) -> str:
    """Say how many active customers will leave and what they bought lately.

    Parameters
    ----------
    listed
        The result of `watch_list`.
    days
        The horizon.
    currency
        ISO 4217 code, or None.
    """
    leaving, low, high = expected_leavers(listed["risk"])
    return _(
        "Of {active} active customers the model expects {leaving} to leave within {days} days (90% interval "
        "by chance alone: {low} to {high}); {stake} of their net sales in the last {days} days are at stake."
    ).format(
        active=number(len(listed)),
        leaving=number(leaving),
        days=number(days),
        low=number(low),
        high=number(high),
        stake=money(float(listed["at_stake"].sum()), currency),
    )


def calls_sentence(listed: pd.DataFrame, calls: int, currency: str | None) -> str:
    """Say how much of the money at stake the first calls would reach.

    Parameters
    ----------
    listed
        The result of `watch_list`.
    calls
        Customers there is time to call.
    currency
        ISO 4217 code, or None.
    """
    first, total = listed.head(calls), float(listed["at_stake"].sum())
    reached = float(first["at_stake"].sum())
    return ngettext(
        "Calling the {calls} customer at the top of the list reaches {reached} at stake, {share} of it all.",
        "Calling the {calls} customers at the top of the list reaches {reached} at stake, {share} of it all.",
        len(first),
    ).format(
        calls=number(len(first)),
        reached=money(reached, currency),
        share=percent(reached / total if total else 0.0),
    )


def expected_leavers(risk: pd.Series) -> tuple[float, float, float]:
    """Return how many of these customers will leave: the expectation and a 90 % interval.

    The interval covers chance alone, given that the probabilities are right: Σ p ± 1.645 √Σ p (1 − p).
    """
    mean = float(risk.sum())
    half = 1.644854 * float(np.sqrt((risk * (1 - risk)).sum()))
    return mean, max(mean - half, 0.0), min(mean + half, float(len(risk)))


def watch_list(model: ChurnModel, today: pd.DataFrame) -> pd.DataFrame:
    """Return the active customers with their risk of leaving and the money at stake, most at stake first.

    Parameters
    ----------
    model
        The fitted model.
    today
        The snapshot as of now.

    Returns
    -------
    pandas.DataFrame
        ``customer_id, last_purchase, days_since_last, purchase_days, net_sales``; ``recent_net_sales`` in
        the last horizon; ``risk`` of leaving; ``at_stake`` = risk × recent net sales (0 where those are
        negative).
    """
    columns = ["customer_id", "last_purchase", "days_since_last", "purchase_days", "net_sales"]
    listed = today[[*columns, "recent_net_sales"]].copy()
    listed["risk"] = model.risk(today)
    listed["at_stake"] = listed["risk"] * listed["recent_net_sales"].clip(lower=0)
    order = np.lexsort([listed["customer_id"], -listed["at_stake"]])
    return listed.iloc[order].reset_index(drop=True)
