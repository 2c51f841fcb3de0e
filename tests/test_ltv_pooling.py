"""Models by group: they part where groups differ, stay one where not, and do no worse on what comes after."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis import ltv, open_dataset
from analysis.ltv.backtest.holdout import holdout
from analysis.ltv.pooling import GroupCheck, fit_groups
from analysis.ltv.purchases import KINDS, Kind
from analysis.not_possible import NotPossible

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
        ltv.Summary(frame.assign(z=1.0), "week", dt.date(2024, 1, 1)),
        pd.Series(names, frame["customer_id"]),
        later,
    )


def checked(made: World, kind: Kind = "bg_nbd") -> tuple[ltv.Holdout, pd.Series]:
    """Return the check of a world over its 26 last weeks, as far as models by group need it."""
    summary, groups, later = made
    model = ltv.fit_purchases(summary, kind)
    assert isinstance(model, ltv.PurchaseModel)
    customers = summary.frame.assign(actual=later)
    customers[kind] = model.expected_purchases(26.0, *summary.history)
    none = NotPossible("no spend")
    return ltv.Holdout(summary.as_of, 26, {kind: model}, summary, none, customers, 0), groups


def judged(made: World) -> GroupCheck:
    found = ltv.group_check(*checked(made))
    assert isinstance(found, GroupCheck)
    return found


@pytest.mark.slow
def test_groups_that_do_not_differ_are_seldom_said_to() -> None:
    """A clear gain is one in twenty by chance: of 20 portfolios, at most 3 (more: once in 60)."""
    assert sum(judged(world(SAME, (200, 150, 100, 50, 25), seed)).pays for seed in range(20)) <= 3


def test_on_what_comes_after_groups_that_differ_do_better_with_models_of_their_own() -> None:
    for seed in range(3):
        found = judged(world(DIFFERENT, (2000, 1500, 1000, 500, 250), seed))
        assert found.pays
        assert found.off("group_models") < 0.75 * found.off("one_model")


def test_small_groups_lean_on_the_whole() -> None:
    """A group of two customers has nearly the model of all, a large one nearly that of its own fit alone."""
    check, groups = checked(world(DIFFERENT, (800, 600, 400, 200, 100), 3))
    names = groups.to_numpy()
    names[:2] = "few"
    found = fit_groups(check, pd.Series(names))
    assert list(found) == ["a", "b", "c", "d", "e", "few"]  # the largest first
    rows = check.summary.frame[names == "b"].reset_index(drop=True)
    alone = ltv.fit_purchases(replace(check.summary, frame=rows), "bg_nbd")
    assert isinstance(alone, ltv.PurchaseModel)
    gap, own, few = (one.alpha / one.r for one in (check.model, found["b"], found["few"]))
    assert few == pytest.approx(gap, rel=0.05)
    assert own < 0.8 * gap
    assert own == pytest.approx(alone.alpha / alone.r, rel=0.1)


def test_customers_without_a_group_are_one_and_one_group_is_the_whole() -> None:
    check, groups = checked(world(DIFFERENT, (400, 300, 200, 100, 50), 1))
    found = ltv.group_check(check, groups.drop("c00000"))
    assert isinstance(found, GroupCheck)
    assert found.frame["group"].tolist() == [*"abcde", "(not known)", "All customers"]
    assert found.frame["customers"].tolist() == [399, 300, 200, 100, 50, 1, 1050]
    whole = fit_groups(check, pd.Series("all", index=range(1050)))["all"]
    assert whole.alpha / whole.r == pytest.approx(check.model.alpha / check.model.r, rel=1e-4)


def test_group_check_adds_up_on_cdnow() -> None:
    dataset = open_dataset("cdnow-sample")
    cutoff, end = dt.date(1997, 9, 30), dt.date(1998, 6, 30)
    known, later = (dataset.query("customers", as_of=day) for day in (cutoff, end))
    check = holdout(known, later, end, 39, "week")
    assert isinstance(check, ltv.Holdout)
    cohorts = ltv.cohorts(check.summary)
    found = ltv.group_check(check, cohorts)
    assert isinstance(found, GroupCheck)
    table = found.frame
    assert table["customers"].iloc[:-1].sum() == table["customers"].iloc[-1] == 2357
    assert table["actual"].iloc[-1] == 1882
    assert table["one_model"].iloc[-1] == pytest.approx(1653.4, abs=0.05)  # BTYD walkthrough
    sizes = cohorts.value_counts()
    assert dict(zip(table["group"][:3], table["customers"], strict=False)) == sizes.to_dict()
    actual, expected = check.customers["actual"], check.customers["bg_nbd"]
    assert table["rmse_one"].iloc[-1] == pytest.approx(np.sqrt(((expected - actual) ** 2).mean()))


def test_what_is_said_of_models_by_group() -> None:
    """Better they are only where single customers, clearly, and the totals of groups are foretold better."""

    def said(own: list[float], gain: float) -> str:
        table = pd.DataFrame({"group": ["a", "b", "All"], "customers": [3, 2, 5], "actual": [60.0, 40, 100]})
        table = table.assign(one_model=[50.0, 45, 95], group_models=[*own, sum(own)])
        return GroupCheck(table.assign(rmse_one=2.0, rmse_groups=1.9), gain).sentence()

    assert said([58, 41], 2.0) == (
        "Models by group foretold better than one for all: totals of the groups off by 3.0% against 15.0%, "
        "RMSE 1.900 against 2.000."
    )
    assert "One model for all is enough" in said([50, 46], 2.0)
    assert "One model for all is enough" in said([58, 41], 1.6)


@pytest.mark.parametrize("kind", KINDS)
def test_customers_of_the_last_day_are_no_obstacle(kind: Kind) -> None:
    """They have had no time to buy: in whichever group they are, they change nothing."""
    summary, groups, later = world(DIFFERENT, (400, 300, 200, 100, 50), 4)
    new = pd.DataFrame({"customer_id": ["n1", "n2"], "x": 0, "t_x": 0.0, "T": 0.0, "z": np.nan})
    with_new = ltv.Summary(pd.concat([summary.frame, new], ignore_index=True), "week", summary.as_of)
    names = pd.concat([groups, pd.Series({"n1": "a", "n2": "e"})])
    found = []
    for made in ((summary, groups, later), (with_new, names, np.append(later, [0, 0]))):
        check, group = checked(made, kind)
        found.append(fit_groups(check, group))
    gaps = [[models[name].alpha / models[name].r for name in "abcde"] for models in found]
    np.testing.assert_allclose(gaps[1], gaps[0], rtol=0.05)
