"""Models by group: they part where groups differ, stay one where not, and do no worse on what comes after."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis import ltv, open_dataset
from analysis.ltv.model_selection import Past, log_scores
from analysis.ltv.pooling import GroupCheck, GroupModels, fit_groups
from analysis.ltv.purchases import fit_one

BASE = (0.8, 8.0, 0.8, 3.0)  # r, α in weeks, a, b
DIFFERENT = {
    "a": BASE,
    "b": (0.8, 4.0, 0.8, 3.0),
    "c": (1.2, 20.0, 0.3, 3.0),
    "d": (0.5, 8.0, 2.0, 3.0),
    "e": (1.5, 6.0, 1.0, 6.0),
}
SAME = dict.fromkeys("abcde", BASE)
World = tuple[ltv.Summary, pd.Series, np.ndarray]


def one(
    random: np.random.Generator, parameters: tuple[float, ...], ends: tuple[float, float]
) -> tuple[float, ...]:
    """Simulate one customer by the story of the BG/NBD: x, t_x, T at 52 weeks, and purchases until 78."""
    r, alpha, a, b = parameters
    rate, leave = max(random.gamma(r, 1 / alpha), 1e-9), random.beta(a, b)
    born = random.uniform(0, 17)
    now, x, last, later = born, 0, 0.0, 0
    while (now := now + random.exponential(1 / rate)) <= ends[1]:
        if now <= ends[0]:
            x, last = x + 1, now - born
        else:
            later += 1
        if random.random() < leave:
            break
    return x, last, ends[0] - born, later


def world(groups: dict[str, tuple[float, ...]], sizes: tuple[int, ...], seed: int) -> World:
    random = np.random.default_rng(seed)
    names = np.repeat(list(groups), sizes)
    rows = [one(random, groups[name], (52.0, 78.0)) for name in names]
    frame = pd.DataFrame(rows, columns=["x", "t_x", "T", "later"])
    frame.insert(0, "customer_id", [f"c{i:05}" for i in range(len(frame))])
    later = frame.pop("later").to_numpy(float)
    return (
        ltv.Summary(frame.assign(z=1.0), "week", dt.date(2024, 1, 1), 0),
        pd.Series(names, frame["customer_id"]),
        later,
    )


def fitted(summary: ltv.Summary, groups: pd.Series) -> GroupModels:
    found = fit_groups(summary, groups, "bg_nbd")
    assert isinstance(found, GroupModels)
    return found


def test_groups_that_do_not_differ_keep_one_model() -> None:
    """Rao's test at 5 %: of 40 portfolios of equal groups, at most 6 are parted (more: once in 300)."""
    parted = 0
    for seed in range(40):
        summary, groups, _later = world(SAME, (200, 150, 100, 50, 25), seed)
        found = fitted(summary, groups)
        parted += bool(np.isfinite(found.strength))
        if np.isinf(found.strength):
            assert all(model is found.whole for model in found.models.values())
    assert parted <= 6


def test_on_what_comes_after_groups_do_no_worse_than_one_model() -> None:
    """Where they differ, they do better: in the totals of the groups and in the probability of what came."""
    gains = []
    for seed in range(6):
        summary, groups, later = world(DIFFERENT, (2000, 1500, 1000, 500, 250), seed)
        found = fitted(summary, groups)
        assert np.isfinite(found.strength)
        assert found.chance < 1e-6
        own, whole = (
            found.expected_purchases(26.0, summary),
            found.whole.expected_purchases(26.0, *summary.history),
        )
        names = groups.to_numpy()
        off = [
            sum(abs(expected[names == name].sum() - later[names == name].sum()) for name in DIFFERENT)
            for expected in (own, whole)
        ]
        rmse = [np.sqrt(((expected - later) ** 2).mean()) for expected in (own, whole)]
        assert rmse[0] < 1.003 * rmse[1]
        scores = []
        for name in DIFFERENT:
            rows = np.flatnonzero(names == name)
            part = ltv.Summary(summary.frame.iloc[rows].reset_index(drop=True), "week", summary.as_of, 0)
            past = Past(part, later[rows], 26)
            scores.append((log_scores(found.models[name], past) - log_scores(found.whole, past)).sum())
        gains.append((1 - off[0] / off[1], sum(scores), rmse[1] / rmse[0] - 1))
    totals, likelihoods, rmses = np.mean(gains, axis=0)
    assert totals > 0.25  # errors of the groups' totals fall by a quarter at least
    assert likelihoods > 20
    assert rmses > 0


def gap(model: ltv.PurchaseModel) -> float:
    return model.alpha / model.r


def test_small_groups_borrow_more() -> None:
    summary, groups, _later = world(DIFFERENT, (800, 600, 400, 200, 100), 3)
    found = fitted(summary, groups)
    assert np.isfinite(found.strength)
    assert list(found.models) == list("abcde")  # the largest first
    # the pace of b (every 5 weeks) and of c (every 17) end on either side of that of all
    assert gap(found.models["b"]) < gap(found.whole) < gap(found.models["c"])
    rows = np.flatnonzero(groups.to_numpy() == "a")
    alone = fit_one(replace(summary, frame=summary.frame.iloc[rows]), "bg_nbd")
    assert isinstance(alone, ltv.PurchaseModel)
    lost = alone.log_likelihood - found.models["a"].log_likelihood  # by leaning on the others
    assert 0 <= lost < 5


def test_group_models_speak_for_each_customer() -> None:
    summary, groups, _later = world(DIFFERENT, (400, 300, 200, 100, 50), 1)
    groups = groups.drop("c00000")
    found = fitted(summary, groups)
    assert "(not known)" in found.models
    expected = found.expected_purchases(10.0, summary)
    for row, name in ((0, "(not known)"), (1, "a"), (500, "b"), (1049, "e")):
        history = [part[[row]] for part in summary.history]
        assert expected[row] == pytest.approx(found.models[name].expected_purchases(10.0, *history)[0])


def test_one_group_is_the_whole() -> None:
    summary, groups, _later = world({"a": BASE}, (300,), 2)
    found = fitted(summary, groups)
    assert np.isinf(found.strength)
    assert found.models == {"a": found.whole}


def test_group_check_adds_up_on_cdnow() -> None:
    dataset = open_dataset("cdnow-sample")
    cutoff, end = dt.date(1997, 9, 30), dt.date(1998, 6, 30)
    known, later = (dataset.query("customers", as_of=day) for day in (cutoff, end))
    check = ltv.holdout(known, later, end, 39, "week")
    assert isinstance(check, ltv.Holdout)
    cohorts = ltv.cohorts(check.summary, "month")
    found = ltv.group_check(check, cohorts)
    assert isinstance(found, GroupCheck)
    table = found.frame
    assert table["customers"].iloc[:-1].sum() == table["customers"].iloc[-1] == 2357
    assert table["came"].iloc[-1] == 1882
    assert table["one_model"].iloc[-1] == pytest.approx(1653.4, abs=0.05)  # BTYD walkthrough
    sizes = cohorts.value_counts()
    assert dict(zip(table["group"][:3], table["customers"], strict=False)) == sizes.to_dict()
    actual, expected = check.customers["actual"], check.customers["bg_nbd"]
    assert table["rmse_one"].iloc[-1] == pytest.approx(np.sqrt(((expected - actual) ** 2).mean()))


def test_what_is_said_of_models_by_group() -> None:
    """Better they are only where single customers and the totals of groups are foretold better."""

    def said(own: list[float], rmse: float) -> str:
        table = pd.DataFrame({"group": ["a", "b", "All"], "customers": [3, 2, 5], "came": [60.0, 40, 100]})
        table = table.assign(one_model=[50.0, 45, 95], group_models=[*own, sum(own)])
        return GroupCheck(table.assign(rmse_one=2.0, rmse_groups=rmse)).sentence()

    assert "The groups hardly differ" in said([50, 45], 2.0)
    assert said([58, 41], 1.9) == (
        "On the holdout models by group did better than one for all: RMSE 1.900 against 2.000; totals of the "
        "groups off by 3.0% against 15.0%."
    )
    assert "one model for all is enough" in said([50, 46], 1.9)
    assert "one model for all is enough" in said([58, 41], 2.1)


@pytest.mark.parametrize("kind", ltv.KINDS)
def test_customers_of_the_last_day_are_no_obstacle(kind: ltv.Kind) -> None:
    """They have had no time to buy: in whichever group they are, they change nothing."""
    summary, groups, _later = world(DIFFERENT, (400, 300, 200, 100, 50), 4)
    new = pd.DataFrame({"customer_id": ["n1", "n2"], "x": 0, "t_x": 0.0, "T": 0.0, "z": np.nan})
    with_new = ltv.Summary(pd.concat([summary.frame, new], ignore_index=True), "week", summary.as_of, 0)
    names = pd.concat([groups, pd.Series({"n1": "a", "n2": "e"})])
    before, after = (fit_groups(one, names, kind) for one in (summary, with_new))
    assert isinstance(before, GroupModels)
    assert isinstance(after, GroupModels)
    assert np.isfinite(after.strength)
    gaps = [[gap(found.models[name]) for name in "abcde"] for found in (before, after)]
    np.testing.assert_allclose(gaps[1], gaps[0], rtol=0.05)
