"""The summary handed to pymc-marketing; what needs that library is skipped where it is not installed."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import ltv, open_dataset
from analysis.engine.duckdb import DuckDBEngine
from analysis.errors import CarteraError
from analysis.ltv.bayes import BayesKind, bayes_table, fit_bayes, hand_over
from analysis.not_possible import NotPossible

CUTOFF = dt.date(1997, 9, 30)
ELSEWHERE: dict[BayesKind, dict[str, float]] = {
    "bg_nbd": {"r": 1.0, "alpha": 10.0, "a": 1.0, "b": 1.0},
    "mbg_nbd": {"r": 1.0, "alpha": 10.0, "a": 1.0, "b": 1.0},
    "pareto_nbd": {"r": 1.0, "alpha": 10.0, "s": 1.0, "beta": 10.0},
    "gamma_gamma": {"p": 1.0, "q": 2.0, "v": 10.0},
}


@pytest.fixture(scope="module")
def cdnow() -> ltv.Summary:
    return ltv.summarise(open_dataset("cdnow-sample").query("customers", as_of=CUTOFF), CUTOFF, "week")


@pytest.fixture
def pymc_marketing() -> None:
    pytest.importorskip("pymc_marketing", reason='pip install ".[bayes]"')


# --- what is handed over -----------------------------------------------------------------------------


def test_hand_over_of_six_customers(
    six_customers: pd.DataFrame, engine_over: Callable[[pd.DataFrame], DuckDBEngine]
) -> None:
    # to 15 April, by hand from the days in conftest; eve only returned; ana's repeat days 80, 60, 40
    as_of = dt.date(2024, 4, 15)
    summary = ltv.summarise(engine_over(six_customers).query("customers", as_of=as_of), as_of, "day")
    handed = hand_over(summary).sort_values("customer_id")
    assert handed.to_dict("list") == {
        "customer_id": ["ana", "bea", "carl", "dora", "fay"],
        "frequency": [3, 1, 0, 0, 0],
        "recency": [96.0, 60.0, 0.0, 0.0, 0.0],
        "T": [101.0, 86.0, 75.0, 60.0, 15.0],
        "monetary_value": [60.0, 30.0, 0.0, 0.0, 0.0],
    }


def test_the_extra_is_named_where_the_library_is_missing(
    cdnow: ltv.Summary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymc_marketing", None)
    with pytest.raises(CarteraError, match=r'not installed.*pip install "cartera\[bayes\]"'):
        fit_bayes(cdnow)


def test_the_library_is_not_imported_before_it_is_asked_for(pymc_marketing: None) -> None:
    code = "import sys, analysis.ltv.bayes; sys.exit('pymc_marketing' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# --- the library's models ----------------------------------------------------------------------------


def fitted_by_us(summary: ltv.Summary, kind: BayesKind) -> ltv.PurchaseModel | ltv.SpendModel:
    model = ltv.fit_spend(summary) if kind == "gamma_gamma" else ltv.fit_one(summary, kind)
    assert not isinstance(model, NotPossible)
    return model


@pytest.mark.slow
@pytest.mark.parametrize("kind", ELSEWHERE)
def test_the_peak_of_the_posterior_is_our_optimum(
    cdnow: ltv.Summary, kind: BayesKind, pymc_marketing: None
) -> None:
    """Two likelihoods written and maximised apart from each other, on CDNOW, from another start."""
    ours = fitted_by_us(cdnow, kind)
    theirs = fit_bayes(cdnow, kind, start=ELSEWHERE[kind], progressbar=False)
    table = bayes_table(ours, theirs)
    # both searches end within 1/500 of a standard error of the optimum
    assert (np.abs(table["bayes"] - table["value"]) < table["error"] / 500).all()
    assert table[["low", "high"]].isna().all(axis=None)
    predicted = expected_by_library(theirs, cdnow, kind)
    np.testing.assert_allclose(predicted, expected_by_us(ours, cdnow), rtol=5e-4)


@pytest.mark.slow
def test_a_sample_of_the_posterior_lies_around_our_optimum(cdnow: ltv.Summary, pymc_marketing: None) -> None:
    sizes = {"draws": 300, "tune": 300, "chains": 2, "cores": 1}
    sampled = fit_bayes(cdnow, "bg_nbd", "mcmc", progressbar=False, **sizes)
    assert sampled.fit_result["alpha"].size == 2 * 300
    table = bayes_table(fitted_by_us(cdnow, "bg_nbd"), sampled)
    assert (np.abs(table["bayes"] - table["value"]) < table["error"] / 2).all()
    # where a posterior is close to a normal curve, 90 % of it lie within ±1.645 standard errors
    np.testing.assert_allclose((table["high"] - table["low"]) / (2 * 1.645 * table["error"]), 1, atol=0.3)


def test_too_few_customers_are_refused(cdnow: ltv.Summary, pymc_marketing: None) -> None:
    few = ltv.Summary(cdnow.frame.head(20), "week", CUTOFF, 0)
    for kind in ("bg_nbd", "gamma_gamma"):
        assert isinstance(fit_bayes(few, kind), NotPossible)


def expected_by_library(model: Any, summary: ltv.Summary, kind: BayesKind) -> np.ndarray:
    """Return each customer's purchases in 39 weeks, or money per purchase."""
    found = (
        model.expected_customer_spend(data=hand_over(summary))
        if kind == "gamma_gamma"
        else model.expected_purchases(future_t=39)
    )
    assert found["customer_id"].to_numpy().tolist() == summary.frame["customer_id"].tolist()
    return found.mean(("chain", "draw")).to_numpy()


def expected_by_us(model: ltv.PurchaseModel | ltv.SpendModel, summary: ltv.Summary) -> np.ndarray:
    x, t_x, t = summary.history
    if isinstance(model, ltv.SpendModel):
        return model.expected_spend(x, summary.frame["z"].to_numpy(float))
    return model.expected_purchases(39, x, t_x, t)
