"""Turned parameters: what they do to one customer and to all, against formulas and draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import ltv, open_dataset
from analysis.errors import CarteraError
from analysis.ltv.turning import mean_leaving
from analysis.plots import ltv as plots

CUSTOMER = "12024"
Given = tuple[ltv.Summary, pd.Series, pd.Timestamp]


@pytest.fixture(scope="module")
def cdnow() -> Given:
    dataset = open_dataset("cdnow-sample")
    customers = dataset.query("customers", as_of=dataset.as_of)
    bought = dataset.query("customer_purchases", customer_id=CUSTOMER, as_of=dataset.as_of)
    return ltv.summarise(customers, dataset.as_of), bought["date"], pd.Timestamp(dataset.as_of)


@pytest.fixture(scope="module", params=ltv.KINDS)
def model(request: pytest.FixtureRequest, cdnow: Given) -> ltv.PurchaseModel:
    fitted = ltv.fit_one(cdnow[0], request.param)
    assert isinstance(fitted, ltv.PurchaseModel)
    return fitted


def test_three_times_a_makes_the_odds_of_having_left_three_times_as_high(
    cdnow: Given,
) -> None:
    """By the formula of P(alive): its odds are a ÷ (b + x − 1) × …, and nothing else holds a."""
    model = ltv.fit_one(cdnow[0], "bg_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    history = ltv.what_if(ltv.turn(model, a=3 * model.a), *cdnow[1:]).history
    again = history["fitted"] < 1  # after the first repeat purchase
    odds = {name: 1 / history.loc[again, name] - 1 for name in ("fitted", "turned")}
    assert (odds["turned"] / odds["fitted"]).to_numpy() == pytest.approx(3)
    assert history["purchase"].sum() == len(cdnow[1])


def test_nothing_turned_changes_nothing(model: ltv.PurchaseModel, cdnow: Given) -> None:
    found = ltv.what_if(ltv.turn(model), *cdnow[1:])
    for table in (found.history, found.pace, found.leaving):
        assert table["turned"].tolist() == pytest.approx(table["fitted"].tolist())
    assert ltv.what_if_title(CUSTOMER, found) == "Nothing is turned: all is as fitted"
    x, age = np.array([float(len(cdnow[1]) - 1)]), (cdnow[2] - cdnow[1].min()).days / 7
    last = np.array([(cdnow[1].max() - cdnow[1].min()).days / 7])
    expected = model.expected_purchases(52.0, x, last, np.array([age]))[0]
    assert found.expected == pytest.approx({"fitted": expected, "turned": expected})


def test_shares_are_those_of_drawn_customers(model: ltv.PurchaseModel, cdnow: Given) -> None:
    random, n, year = np.random.default_rng(5), 200_000, 365.25 / 7
    turned = ltv.turn(model, r=2 * model.r, alpha=model.alpha / 2)
    found = ltv.what_if(turned, *cdnow[1:])
    pace = random.gamma(2 * model.r, 2 / model.alpha, n) * year
    counts = np.histogram(np.minimum(pace, found.pace["high"].iloc[-1]), [0, *found.pace["high"]])[0]
    assert found.pace["turned"].to_numpy() == pytest.approx(counts / n, abs=0.005)
    if model.kind == "pareto_nbd":
        leaving = -np.expm1(-random.gamma(model.s, 1 / model.beta, n) * year)
    else:
        leaving = random.beta(model.a, model.b, n)
    counts = np.histogram(leaving, [0, *found.leaving["high"]])[0]
    assert found.leaving["fitted"].to_numpy() == pytest.approx(counts / n, abs=0.005)
    said, mean = ltv.what_if_sentence(found), model.r / model.alpha * year
    leave = mean_leaving(model.kind, model.parameters, "week")
    assert leave == pytest.approx(leaving.mean(), abs=0.005)
    assert f"customers buy {mean:.1f} times a year on average and {leave:.1%} leave" in said
    assert f"as turned, {4 * mean:.1f} times" in said


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"alfa": 1.0}, "BG/NBD has no parameter alfa: it has r, alpha, a and b.", id="name"),
        pytest.param({"a": 0.0}, "The parameter a is 0.0, but it must be a number above 0.", id="zero"),
        pytest.param({"r": np.inf}, "The parameter r is inf", id="infinite"),
    ],
)
def test_what_cannot_be_turned_is_said(cdnow: Given, given: dict[str, float], words: str) -> None:
    model = ltv.fit_one(cdnow[0], "bg_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    with pytest.raises(CarteraError) as caught:
        ltv.turn(model, **given)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("times", [1e-6, 3.0, 1e3])
def test_chart_of_any_turn(model: ltv.PurchaseModel, cdnow: Given, times: float) -> None:
    for name in model.parameters:
        found = ltv.what_if(ltv.turn(model, **{name: model.parameters[name] * times}), *cdnow[1:])
        for table in (found.pace, found.leaving):
            assert table[["fitted", "turned"]].sum().tolist() == pytest.approx([1, 1])
        ax = plots.turned(found, ltv.what_if_title(CUSTOMER, found))
        assert [line.get_ydata()[-1] for line in ax.get_lines()[:2]] == pytest.approx(
            found.history[["fitted", "turned"]].iloc[-1].tolist()
        )
        names = {"alpha": "α", "beta": "β"}
        title = ax.get_title(loc="left").replace("\n", " ")
        assert title.removeprefix("With ").startswith(f"{names.get(name, name)} = ")
        assert f"({ltv.model_name(model.kind)})" in title
        printed = found.history[["fitted", "turned"]].iloc[-1].map("{:.1%}".format).tolist()
        assert ("either way" in title) == (printed[0] == printed[1])
        assert (", not " in title) == (printed[0] != printed[1])
