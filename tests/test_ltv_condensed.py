"""The condensed models: the plain ones at k = 1, and calibrated forecasts of regular buyers at k = 3."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis import ltv, open_dataset
from analysis.display_names import words
from analysis.ltv.condensed import _fit
from analysis.not_possible import NotPossible

CUTOFF, AS_OF = dt.date(1997, 9, 30), dt.date(1998, 6, 30)
START = pd.Timestamp("2022-01-03")
TRUTH = (1.2, 4.0, 0.8, 3.0)  # r, α in weeks per event, a, b


def simulated(k: int, customers: int, seed: int) -> tuple[ltv.Summary, pd.DataFrame, np.ndarray]:
    """Simulate by the model's own story: 60 weeks known, 30 more; gaps of k exponential parts."""
    random = np.random.default_rng(seed)
    r, alpha, a, b = TRUTH
    rows, days, later = [], [], np.zeros(customers)
    for i in range(customers):
        rate, leave, born = random.gamma(r, 1 / alpha), random.beta(a, b), random.uniform(0, 20)
        now, seen = born, [born]
        while (now := now + random.gamma(k, 1 / max(rate, 1e-9))) <= 90:
            if now <= 60:
                seen.append(now)
            else:
                later[i] += 1
            if random.random() < leave:
                break
        rows.append((f"c{i:05}", len(seen) - 1, seen[-1] - born, 60 - born))
        if len(seen) >= 3:
            days += [(f"c{i:05}", week) for week in seen]
    frame = pd.DataFrame(rows, columns=["customer_id", "x", "t_x", "T"]).assign(z=1.0)
    bought = pd.DataFrame(days, columns=["customer_id", "week"])
    bought["date"] = START + pd.to_timedelta((bought["week"] * 7).astype(int), unit="D")
    bought = bought.drop_duplicates(["customer_id", "date"])
    return ltv.Summary(frame, "week", dt.date(2024, 1, 1), 0), bought, later


@pytest.fixture(scope="module")
def check() -> ltv.Holdout:
    dataset = open_dataset("cdnow-sample")
    known, later = (dataset.query("customers", as_of=day) for day in (CUTOFF, AS_OF))
    found = ltv.holdout(known, later, AS_OF, 39, "week")
    assert isinstance(found, ltv.Holdout)
    return found


@pytest.fixture(scope="module")
def days() -> pd.DataFrame:
    return open_dataset("cdnow-sample").query("purchase_days", as_of=CUTOFF)


@pytest.mark.parametrize(("chances", "kind"), [(0, "bg_nbd"), (1, "mbg_nbd")])
def test_without_condensing_it_is_the_plain_model(
    check: ltv.Holdout, days: pd.DataFrame, chances: int, kind: str
) -> None:
    plain, model = check.models[kind], _fit(check.summary, days, chances, 1)
    assert model is not None
    assert model.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-3)
    ours, theirs = (np.array([one.r, one.alpha, one.a, one.b]) for one in (model, plain))
    np.testing.assert_allclose(ours, theirs, rtol=0.01)
    same = ltv.CondensedModel(1, *theirs, chances, "week", 0.0)
    np.testing.assert_allclose(same.p_alive(*check.history), plain.p_alive(*check.history), rtol=1e-9)
    np.testing.assert_allclose(
        same.expected_purchases(39.0, *check.history),
        plain.expected_purchases(39.0, *check.history),
        rtol=1e-6,
    )


def test_forecasts_of_regular_buyers_are_calibrated_under_the_truth() -> None:
    """With the true parameters, what comes agrees with what is expected, for every length of silence."""
    summary, _days, later = simulated(3, 12_000, 1)
    model = ltv.CondensedModel(3, *TRUTH, 0, "week", 0.0)
    expected = model.expected_purchases(30.0, *summary.history)
    x, t_x, t = summary.history
    gap = np.where(x > 0, t_x / np.maximum(x, 1), 1.0)
    for low, high in ((0, 0.5), (0.5, 1), (1, 2), (2, 4), (4, 99)):
        rows = (x > 1) & ((t - t_x) / gap >= low) & ((t - t_x) / gap < high)
        error = (later[rows] - expected[rows]).std() * np.sqrt(rows.sum())
        assert later[rows].sum() == pytest.approx(expected[rows].sum(), abs=4 * error)
    alive = model.p_alive(*summary.history)
    assert (alive[x == 0] == 1).all()
    silent = (x > 1) & (t - t_x > 4 * gap)
    plain = ltv.CondensedModel(1, TRUTH[0], TRUTH[1] * 3, *TRUTH[2:], 0, "week", 0.0)
    assert alive[silent].mean() < 0.5 * plain.p_alive(*summary.history)[silent].mean()


def test_regularity_is_found_by_likelihood_and_forecasts_gain() -> None:
    summary, days, later = simulated(3, 4_000, 2)
    model = ltv.fit_condensed(summary, days)
    assert isinstance(model, ltv.CondensedModel)
    assert model.k == 3
    # gaps are known to the day only, which moves the likelihood of k, not the parameters
    assert np.log([model.r, model.alpha, model.a, model.b]) == pytest.approx(np.log(TRUTH), abs=0.35)
    plain = ltv.fit_one(summary, "bg_nbd")
    assert isinstance(plain, ltv.PurchaseModel)
    off = [
        np.sqrt(((one.expected_purchases(30.0, *summary.history) - later) ** 2).mean())
        for one in (model, plain)
    ]
    assert off[0] < 0.97 * off[1]


def test_random_buyers_need_no_condensing() -> None:
    summary, days, _later = simulated(1, 2_000, 3)
    model = ltv.fit_condensed(summary, days)
    assert isinstance(model, ltv.CondensedModel)
    assert model.k == 1


def test_check_on_cdnow(check: ltv.Holdout, days: pd.DataFrame) -> None:
    table = ltv.condensed_check(check, days)
    assert isinstance(table, pd.DataFrame)
    assert table["k"].tolist() == [1, 2]  # the second is less likely
    assert table["total"].iloc[0] == pytest.approx(1653.4, abs=0.2)  # BTYD walkthrough
    assert ltv.condensed_sentence(table, check).endswith("so the models stay as they are.")
    assert "bursts in which these" in ltv.condensed_sentence(table, check, bursts=True)


def test_the_condensed_model_is_compared_with_the_one_in_use(check: ltv.Holdout) -> None:
    """It is better only where single customers and the total are; the total is off by 12.1 % (BTYD)."""
    used = ltv.scores(check).set_index("model").loc["bg_nbd"]
    assert f"{used['rmse']:.3f}" == "1.608"
    table = pd.DataFrame({"k": [1, 2], "log_likelihood": [0.0, 1], "total_error": 9.0, "rmse": 9.0})

    def said(rmse: float, error: float) -> str:
        found = table.assign(rmse=[0.0, rmse], total_error=[0.0, error])
        return ltv.condensed_sentence(found, check)

    assert "would have been better: RMSE 1.500 against 1.608 of the BG/NBD in use, the total off" in said(
        1.5, -0.1
    )
    assert "10.0% against 12.1%" in said(1.5, -0.1)
    assert "per customer better (RMSE 1.500 against 1.608 of the BG/NBD in use), in total worse" in said(
        1.5, 0.2
    )
    assert "in total better (10.0% against 12.1%), per customer worse" in said(1.7, 0.1)
    assert "no better" in said(1.7, 0.2)


def test_effect_and_words_on_cdnow(check: ltv.Holdout, days: pd.DataFrame) -> None:
    table = ltv.condensed_check(check, days)
    assert isinstance(table, pd.DataFrame)
    found = ltv.how_regular(days)
    model = ltv.fit_condensed(check.summary, days)
    assert isinstance(found, ltv.Regularity)
    assert isinstance(model, ltv.CondensedModel)
    effect = ltv.regularity_effect(check, found, model)
    assert set(words("regularity_effect", effect)["labels"]) == set(effect.columns)
    few = ltv.fit_condensed(ltv.Summary(check.summary.frame.head(10), "week", CUTOFF, 0), days)
    assert isinstance(few, NotPossible)
