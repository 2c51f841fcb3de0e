"""The summary handed to pymc-marketing, for those who want posteriors of the same models.

The library is the optional extra ``bayes``: it compiles each model and takes seconds to import, so it is
imported when it is asked for. Its models have the parameters of ours, under the same names.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.errors import CarteraError
from analysis.language import _
from analysis.ltv.meaning import undetermined
from analysis.ltv.purchases import Kind, PurchaseModel, fit_one
from analysis.ltv.spend import SpendModel, fit_spend
from analysis.ltv.summary import Summary
from analysis.not_possible import NotPossible

BayesKind = Kind | Literal["gamma_gamma"]
Method = Literal["map", "mcmc", "demz"]
MODELS: dict[BayesKind, str] = {
    "bg_nbd": "BetaGeoModel",
    "mbg_nbd": "ModifiedBetaGeoModel",
    "pareto_nbd": "ParetoNBDModel",
    "gamma_gamma": "GammaGammaModel",
}
SPREAD = 2.0  # standard deviation of the logarithm of a parameter under the priors of a sample
SEED = 20050502
LEVEL = 0.9  # share of the posterior in the interval of a parameter


def hand_over(summary: Summary) -> pd.DataFrame:
    """Return the summary as the models of pymc-marketing want it.

    For priors, covariates or methods of your own::

        from pymc_marketing.clv import BetaGeoModel

        model = BetaGeoModel()  # its own priors, or model_config={"r": Prior("Weibull", alpha=2, beta=1), …}
        model.fit(data=ltv.hand_over(summary))

    Its Gamma-Gamma model takes only the rows with a ``monetary_value`` above 0.

    Returns
    -------
    pandas.DataFrame
        One row per customer: ``customer_id``; ``frequency``, repeat purchases (days of purchase after the
        first); ``recency``, age at the last purchase, and ``T``, age at the end, both in ``summary.unit``;
        ``monetary_value``, mean money per repeat purchase, 0 where there is none. Durations given to the
        library's predictions (``future_t``) are in ``summary.unit`` too; in its lifetime value
        ``future_t`` is in months, and ``time_unit`` is ``"D"`` for days, ``"W"`` for weeks.
    """
    frame = summary.frame
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "frequency": frame["x"],
            "recency": frame["t_x"],
            "T": frame["T"],
            "monetary_value": frame["z"].fillna(0.0),
        }
    )


def fit_bayes(
    summary: Summary,
    kind: BayesKind = "bg_nbd",
    method: Method = "map",
    **settings: Any,  # noqa: ANN401 whatever the library takes
) -> Any | NotPossible:  # noqa: ANN401 a model of the library
    """Fit a model of pymc-marketing to the summary.

    For the peak alone (``"map"``) the priors are flat, so the peak is the maximum of the likelihood, found by
    code that is not ours. For a sample they are log-normal: a parameter lies with a probability of two thirds
    within a factor of 7 (e²) of 1, ``alpha`` and ``beta`` of the longest age, ``v`` of the mean spend. Flat
    priors will not do there: as ``s`` and ``beta`` grow together (or ``a`` and ``b``), the likelihood hardly
    falls, and most of the posterior would lie where no data hold it. Where the data leave a parameter open
    (`PurchaseModel.caution`), its posterior is as wide as its prior. For priors of your own take the table of
    `hand_over`.

    Parameters
    ----------
    summary
        What is known of each customer; its ``unit`` becomes that of ``alpha`` and ``beta``.
    kind
        ``"bg_nbd"``, ``"mbg_nbd"`` or ``"pareto_nbd"`` for purchases; ``"gamma_gamma"`` for the money per
        purchase, fitted to the customers with money in their repeat purchases.
    method
        ``"map"``, the peak of the posterior; ``"mcmc"``, a sample of it by NUTS; ``"demz"``, one without
        gradients: of little use but for the Pareto/NBD, with which NUTS takes an hour where it takes a
        minute with the others. It needs some thousands of draws.
    **settings
        What else to tell the library's ``fit``: ``draws``, ``tune``, ``chains``, ``cores``, ``random_seed``,
        ``progressbar``. The search and the chains start at our own optimum.

    Returns
    -------
    model of pymc-marketing, or NotPossible
        Fitted: ``fit_result`` holds its posterior, ``expected_purchases(future_t=39)`` and the like
        predict. ``NotPossible`` where our own model cannot be fitted either.

    Raises
    ------
    CarteraError
        If pymc-marketing is not installed.
    """
    clv, prior = _pymc_marketing()
    ours = fit_spend(summary) if kind == "gamma_gamma" else fit_one(summary, kind)
    if isinstance(ours, NotPossible):
        return ours
    start = _parameters(ours)
    data = hand_over(summary)
    if isinstance(ours, SpendModel):
        data, centres = data[data["monetary_value"] > 0], {"v": ours.scale}
    else:
        centres = {"alpha": ours.longest, "beta": ours.longest}
    defaults: dict[str, Any]
    if method == "map":
        priors = {name: prior("HalfFlat") for name in start}
        defaults = {"start": start, "tol": 1e-12}
    else:
        logs = {name: float(np.log(centres.get(name, 1.0))) for name in start}
        priors = {name: prior("LogNormal", mu=mu, sigma=SPREAD) for name, mu in logs.items()}
        defaults = {"initvals": start, "random_seed": SEED}
    model = getattr(clv, MODELS[kind])(model_config=priors)
    model.fit(data=data, method=method, **(defaults | settings))
    return model


def bayes_table(
    ours: PurchaseModel | SpendModel,
    bayes: Any,  # noqa: ANN401 a model of the library
) -> pd.DataFrame:
    """Put our estimates beside those of the same model of pymc-marketing.

    Parameters
    ----------
    ours
        Fitted by maximum likelihood.
    bayes
        The result of `fit_bayes` for the same summary and kind.

    Returns
    -------
    pandas.DataFrame
        ``parameter``; ``value``, ours, and ``error``, its standard error, missing where the data do not
        determine the parameter by itself; ``bayes``, the mean of the posterior, or its peak after
        ``method="map"``; ``low`` and ``high``, between which lie 90 % of the posterior, missing after
        ``"map"``. ``alpha`` and ``beta`` are in the unit of the summary, ``v`` is in money.
    """
    lost = undetermined(ours) if isinstance(ours, PurchaseModel) else ()
    errors = np.sqrt(np.diag(ours.fit.covariance))
    rows = []
    for (name, value), error in zip(_parameters(ours).items(), errors, strict=True):
        drawn = np.asarray(bayes.fit_result[name], float).ravel()
        ends = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if len(drawn) > 1 else (np.nan, np.nan)
        rows.append((name, value, np.nan if name in lost else value * error, drawn.mean(), *ends))
    return pd.DataFrame(rows, columns=["parameter", "value", "error", "bayes", "low", "high"])


def _parameters(ours: PurchaseModel | SpendModel) -> dict[str, float]:
    """Return the parameters of a model by name."""
    return {name: float(getattr(ours, name)) for name in ours.fit.axes.names}


def _pymc_marketing() -> tuple[Any, Any]:
    """Return the library's models and its priors.

    What its own dependencies warn of each other while they are imported is nothing its reader could mend.
    """
    if find_spec("pymc_marketing") is None:
        raise CarteraError(
            _(
                "Posteriors need pymc-marketing, which is not installed. Install it: "
                'pip install "cartera[bayes]"'
            )
        )
    with warnings.catch_warnings():
        for category in (FutureWarning, DeprecationWarning):
            warnings.simplefilter("ignore", category)
        from pymc_extras.prior import Prior  # noqa: PLC0415 takes seconds
        from pymc_marketing import clv  # noqa: PLC0415
    return clv, Prior
