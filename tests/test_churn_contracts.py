"""Contracts: the published example of the model, renewals told apart, the check on the past, the value."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import CensoredData, binomtest, ecdf

from analysis import churn, open_dataset
from analysis.churn.contract_value import ContractValue
from analysis.churn.contracts import Contracts, ContractsCheck, joined, tenures
from analysis.churn.shifted_beta_geometric import (
    RetentionLikelihood,
    RetentionModel,
    Tenures,
    fit_retention,
)
from analysis.demo.demo_portfolio import generate
from analysis.display_names import words
from analysis.ltv.intervals import Interval
from analysis.not_possible import NotPossible
from analysis.periods import months_later
from analysis.plots import plot
from analysis.profitability.margins import Margins

# Fader & Hardie (2007), "How to project customer retention": survivors of years 0 to 7, the years 8 to 12
# held out in the paper, and the estimates for 1,000 customers
HIGH_END = [1, 0.869, 0.743, 0.653, 0.593, 0.551, 0.517, 0.491]
HIGH_END_LATER = [0.468, 0.445, 0.427, 0.409, 0.394]
REGULAR = [1, 0.631, 0.468, 0.382, 0.326, 0.289, 0.262, 0.241]
REGULAR_LATER = [0.223, 0.207, 0.194, 0.183, 0.173]


def cohort(shares: list[float], customers: int = 1000) -> Tenures:
    """Return the tenures of one cohort from its survival curve."""
    left = np.array(shares, float) * customers
    return Tenures(-np.diff(left), np.append(np.zeros(len(left) - 1), left[-1]))


def retention_of(shares: list[float]) -> RetentionModel:
    model = fit_retention(cohort(shares))
    assert model is not None
    return model


@pytest.mark.parametrize(
    ("shares", "later", "published"),
    [
        pytest.param(HIGH_END, HIGH_END_LATER, (0.668, 3.806, -1611.16), id="high end"),
        pytest.param(REGULAR, REGULAR_LATER, (0.704, 1.182, -1680.27), id="regular"),
    ],
)
def test_published_example(
    shares: list[float], later: list[float], published: tuple[float, float, float]
) -> None:
    model = retention_of(shares)
    assert (model.a, model.b) == pytest.approx(published[:2], abs=6e-4)
    assert model.fit.log_likelihood == pytest.approx(published[2], abs=5e-3)
    seen = model.survival(np.arange(8))
    np.testing.assert_allclose(seen, shares, atol=0.02)  # two parameters for seven years
    ahead = model.survival(np.arange(8, 13))
    np.testing.assert_allclose(ahead, later, atol=0.02)  # the years the model had not seen


def test_survival_and_retention_agree() -> None:
    model = retention_of(HIGH_END)
    assert model.survival(np.arange(6)) == pytest.approx(
        np.cumprod([1, *model.retention(np.arange(1, 6))]), rel=1e-12
    )
    # by hand: S(1) = b / (a + b), retention rises with tenure
    assert model.survival(np.array([1.0]))[0] == pytest.approx(model.b / (model.a + model.b))
    assert (np.diff(model.retention(np.arange(1, 20))) > 0).all()


def test_gradient_and_hessian_of_the_likelihood() -> None:
    likelihood = RetentionLikelihood(Tenures(np.array([5.0, 3, 2]), np.array([4.0, 0, 6, 1])))
    at, step = np.array([0.7, 1.9]), 1e-5
    __, gradient, hessian = likelihood.evaluate(at)
    for i in range(2):
        up, down = (likelihood.evaluate(at + sign * step * np.eye(2)[i]) for sign in (1, -1))
        assert gradient[i] == pytest.approx((up[0] - down[0]) / (2 * step), rel=1e-6)
        assert hessian[i] == pytest.approx((up[1] - down[1]) / (2 * step), rel=1e-6)


def test_residual_lifetime_is_the_sum_of_its_definition() -> None:
    model = retention_of(REGULAR)
    for made in (0, 4):
        t = np.arange(made + 1, made + 4001)  # what is left out is below 1.1 ** -4000
        by_definition = (model.survival(t) / model.survival(np.array(made)) / 1.1 ** (t - made - 1)).sum()
        assert model.expected_residual(np.array(made), 0.1) == pytest.approx(by_definition, rel=1e-9)


def test_tenures_by_hand() -> None:
    contracts = pd.DataFrame(
        [
            ("2020-01-31", "2021-01-30"),  # did not renew after the first year
            ("2020-01-31", "2021-01-31"),  # nor this one, cancelled on the day itself
            ("2020-03-01", "2020-06-01"),  # left within its first year: not there at the first renewal
            ("2020-03-01", "2021-03-02"),  # renewed once, gone by the second renewal
            ("2020-02-29", None),  # three renewals by 28 February 2023
            ("2022-03-01", None),  # none yet
            ("2022-03-01", "2023-06-01"),  # cancelled, but later
            ("2023-03-01", None),  # started later
        ],
        columns=["started", "ended"],
    )
    known = tenures(contracts, dt.date(2023, 2, 28))
    assert known.lost.tolist() == [3, 1, 0]
    assert known.kept.tolist() == [2, 0, 0, 1]
    monthly = tenures(contracts.iloc[[0, 4]], dt.date(2020, 4, 30), months=1)  # both go on by then
    assert (monthly.lost.tolist(), monthly.kept.tolist()) == ([0, 0, 0], [0, 0, 1, 1])


START = dt.date(2000, 3, 1)


def contracts_of(shares: list[float], customers: int = 1000, price: float = 100.0) -> pd.DataFrame:
    """Return the contracts of a cohort of which such shares are left after 0, 1, 2, … years."""
    left = np.rint(np.array(shares) * customers).astype(int)
    ends = [pd.Timestamp(START.replace(year=START.year + year)) for year in range(1, len(left))]
    ended = np.repeat([*(end - pd.Timedelta(days=1) for end in ends), pd.NaT], [*-np.diff(left), left[-1]])
    return pd.DataFrame(
        {
            "contract_id": [f"K{i}" for i in range(customers)],
            "customer_id": [f"c{i:04}" for i in range(customers)],
            "started": pd.Timestamp(START),
            "ended": pd.to_datetime(ended),
            "plan": "basic",
            "price": price,
        }
    )


def margins(rate: float) -> Margins:
    return Margins(rate, pd.DataFrame(), "set")


def fitted(terms: pd.DataFrame, as_of: dt.date, months: int = 12) -> Contracts:
    found = churn.contracts(terms, as_of, months)
    assert isinstance(found, Contracts)
    return found


@pytest.mark.parametrize(
    ("seen", "later"),
    [
        pytest.param(HIGH_END, HIGH_END_LATER, id="high end"),
        pytest.param(REGULAR, REGULAR_LATER, id="regular"),
    ],
)
def test_years_held_out_in_the_paper(seen: list[float], later: list[float]) -> None:
    """Fitted to seven years, the model is nearer than the average rate in each of the next five."""
    terms = contracts_of([*seen, *later])
    due, made = sum(seen[:-1]), sum(seen[1:])
    for year, share in enumerate(later, start=8):
        as_of = START.replace(year=START.year + year)
        check = churn.contracts_check(terms, as_of, cutoff=START.replace(year=START.year + 7))
        assert isinstance(check, ContractsCheck)
        totals = check.totals
        assert totals["contracts"] == round(seen[-1] * 1000)
        assert totals["actual"] == round(share * 1000)
        assert totals["by_average"] == pytest.approx(1000 * seen[-1] * (made / due) ** (year - 7), rel=1e-6)
        assert abs(totals["by_model"] - 1000 * share) < abs(totals["by_average"] - 1000 * share)
        assert check.interval.contains(totals["actual"])
        assert check.misses("by_model") < check.misses("by_average")
        told = check.findings()[0]
        assert (told.value, told.usual, told.good) == (totals["actual"], totals["by_model"], True)
        assert "By the renewals made before, the model was off by" in check.notes()[0]


@pytest.mark.slow
def test_the_demo_portfolio_renews_as_its_truth_says() -> None:
    """Leavers leave first there too: the true renewal rate rises, which the model sees."""
    parts, survives = [], []
    for seed in range(21, 33):
        demo = generate(2500, seed)
        table = demo.tables["contracts"]
        left = table["customer_id"].map(demo.truth.customers["left"])
        chance = table["contract_id"].map(demo.truth.contracts)
        for year in (1, 2, 3):
            stays = ~(left < table["started"] + pd.Timedelta(days=365 * year))
            table[f"stays{year}"] = chance * (0.93 if year == 1 else 1.0) * stays
        parts.append(table.assign(customer_id=table["customer_id"] + f"-{seed}"))
    terms, as_of = pd.concat(parts, ignore_index=True), dt.date(2025, 12, 31)
    weight = np.ones(len(terms))
    for year in (1, 2, 3):
        due = (terms["started"] + pd.Timedelta(days=365 * year) <= pd.Timestamp(as_of)).to_numpy()
        then = weight * terms[f"stays{year}"].to_numpy()
        survives.append(then[due].sum() / weight[due].sum())
        weight = then
    assert survives[0] < survives[1] < survives[2]
    table = fitted(terms, as_of).renewals()
    truth = np.cumprod(survives)
    assert table["model_survival"].iloc[:3].to_numpy() == pytest.approx(truth, abs=0.03)
    assert table["average_survival"].iloc[2] < truth[2] - 0.04
    check = churn.contracts_check(terms, as_of)
    assert isinstance(check, ContractsCheck)
    assert check.cutoff == dt.date(2024, 12, 31)  # three whole years: one of them for the check
    assert check.misses("by_model") < check.misses("by_average") / 1.5


def test_a_contract_written_anew_each_year_is_one() -> None:
    rows = pd.DataFrame(
        [
            ("b", "2022-06-01", "2023-05-31", 10),  # renewed with a gap of a month, at another price
            ("a", "2022-01-01", "2022-12-31", 1),
            ("b", "2023-07-01", None, 12),
            ("a", "2022-07-01", "2023-06-30", 2),  # runs beside the first: not its renewal
            ("a", "2023-01-01", "2023-12-31", 3),
            ("a", "2024-02-02", None, 4),  # 33 days later: a new contract
            ("c", "2022-01-01", "2022-12-31", 5),  # of another customer
            ("a", "2023-07-01", None, 6),
            ("d", "2022-01-01", "2022-12-20", 7),
            ("d", "2022-03-01", "2022-12-31", 8),  # two end, one begins: the renewal of the first to end
            ("d", "2023-01-05", None, 9),
        ],
        columns=["customer_id", "started", "ended", "price"],
    )
    rows = rows.assign(started=pd.to_datetime(rows["started"]), ended=pd.to_datetime(rows["ended"]))
    found = joined(rows).sort_values(["customer_id", "started"])
    cells = [
        (who, str(start.date()), None if pd.isna(end) else str(end.date()), price)
        for who, start, end, price in found[["customer_id", "started", "ended", "price"]].itertuples(
            index=False
        )
    ]
    assert cells == [
        ("a", "2022-01-01", "2023-12-31", 3),
        ("a", "2022-07-01", None, 6),
        ("a", "2024-02-02", None, 4),
        ("b", "2022-06-01", None, 12),
        ("c", "2022-01-01", "2022-12-31", 5),
        ("d", "2022-01-01", None, 9),
        ("d", "2022-03-01", "2022-12-31", 8),
    ]


def test_who_leaves_counts_when_the_renewal_is_due() -> None:
    """Contracts of calendar years on 31 December: the leavers have an end, the stayers no renewal yet."""
    start, end = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-12-31")
    contracts = pd.DataFrame({"started": start, "ended": [end] * 20 + [pd.NaT] * 80})
    day_before, day_of = (tenures(contracts, dt.date(2024, 12, 31)), tenures(contracts, dt.date(2025, 1, 1)))
    assert (day_before.lost.tolist(), day_before.kept.tolist()) == ([], [100])
    assert (day_of.lost.tolist(), day_of.kept.tolist()) == ([20], [0, 80])
    early = tenures(contracts.assign(ended=pd.Timestamp("2024-03-31")), dt.date(2024, 6, 30))
    assert (early.lost.tolist(), early.kept.tolist()) == ([], [100])  # not yet due, whoever left


def test_survival_is_that_of_kaplan_and_meier() -> None:
    terms = contracts_of(HIGH_END[:5], 200)
    terms["started"] += pd.to_timedelta(np.arange(200) % 5 * 180, unit="D")  # seen for longer and shorter
    terms["ended"] += pd.to_timedelta(np.arange(200) % 5 * 180, unit="D")
    contracts = fitted(terms, dt.date(2003, 6, 30))
    known = contracts.known
    gone = np.repeat(np.arange(1, len(known.lost) + 1), known.lost.astype(int))
    stays = np.repeat(np.arange(len(known.kept)), known.kept.astype(int))
    curve = ecdf(CensoredData(uncensored=gone, right=stays + 0.5)).sf  # seen up to and with the renewal
    table = contracts.renewals()
    seen = table.dropna(subset="survival")
    assert seen["survival"].tolist() == pytest.approx(curve.evaluate(seen["renewal"]).tolist())
    assert len(table) == len(seen) + 5
    for due, rate, low, high in seen[["up_for_renewal", "renewal_rate", "rate_low", "rate_high"]].to_numpy():
        interval = binomtest(round(rate * due), int(due)).proportion_ci(method="wilson")
        assert (low, high) == pytest.approx((interval.low, interval.high))
    assert contracts.average_rate == pytest.approx(
        (seen["renewal_rate"] * seen["up_for_renewal"]).sum() / seen["up_for_renewal"].sum()
    )


@pytest.mark.parametrize("months", [12, 6, 1])
def test_value_by_hand(months: int) -> None:
    terms = contracts_of([1, *np.cumprod([0.7, 0.8, 0.85])], 400, price=120.0)
    as_of = dt.date(2003, 4, 15)
    contracts = fitted(terms, as_of, months)
    value = churn.contract_value(contracts, margins=margins(0.5), annual_discount_rate=0.1)
    assert isinstance(value, ContractValue)
    due = {12: dt.date(2004, 3, 1), 6: dt.date(2003, 9, 1), 1: dt.date(2003, 5, 1)}[months]
    made = 36 // months + (1 if months == 1 else 0)
    first = value.frame.iloc[0]
    assert (first["next_renewal"].date(), first["renewals"]) == (due, made)
    t = np.arange(1, 3001)
    alive = contracts.model.survival(made + t) / contracts.model.survival(np.array(made))
    wait = (due - as_of).days / 365.25
    by_hand = (120 * months / 12 * 0.5 * alive * 1.1 ** -(wait + (t - 1) * months / 12)).sum()
    assert first["value"] == pytest.approx(by_hand, rel=1e-4 if months == 1 else 1e-9)
    assert value.total == pytest.approx(value.frame["value"].sum())
    assert value.interval.contains(value.total)


def test_which_contracts_have_a_value() -> None:
    """Those in force on the last day, at a price that is known; by (b + n) ÷ (a + b + n) each renews."""
    extra = pd.DataFrame(
        [
            ("later", "2007-03-02", None, 100.0),
            ("ends today", "2006-09-01", "2007-03-01", 100.0),
            ("no price", "2006-09-01", None, np.nan),
            ("dear", "2006-09-01", None, 1e6),
            ("cheap", "2006-09-01", None, 1.0),
        ],
        columns=["customer_id", "started", "ended", "price"],
    )
    extra = extra.assign(started=pd.to_datetime(extra["started"]), ended=pd.to_datetime(extra["ended"]))
    terms = pd.concat([contracts_of(HIGH_END), extra.assign(plan="basic")], ignore_index=True)
    contracts = fitted(terms, dt.date(2007, 3, 1))
    value = churn.contract_value(contracts, annual_discount_rate=0.1, margins=margins(0.3))
    assert isinstance(value, ContractValue)
    frame = value.frame
    assert set(frame["customer_id"]) & set(extra["customer_id"]) == {"no price", "dear", "cheap"}
    assert frame["customer_id"].iloc[[0, -2, -1]].tolist() == ["dear", "cheap", "no price"]
    assert "The 493 contracts in force are worth" in value.sentence()  # without the one that has no price
    a, b = contracts.model.a, contracts.model.b
    renews = frame.groupby("renewals")["renews"].first()
    assert renews.tolist() == pytest.approx([b / (a + b), (b + 7) / (a + b + 7)])
    # at stake at the renewals of the next year: the price of a year of each × the chance that it is not made
    new, old = 1e6 + 1.0, frame.loc[frame["renewals"] == 7, "price"].sum()
    stake = new * a / (a + b) + old * a / (a + b + 7)
    assert value.findings()[0].money == pytest.approx(stake)
    assert value.findings()[0].money < value.total


def test_misses_by_hand() -> None:
    """Two too many of 20 and two too few of 30 are 4 of 50 missed, though the total is right."""
    groups = pd.DataFrame({"contracts": [20, 30], "actual": [10, 20], "by_model": [12, 18], "by_average": 0})
    check = ContractsCheck(groups, START, START, Interval(0, 1, 0.9))
    assert check.misses("by_model") == pytest.approx(4 / 50)


def test_contracts_renewed_often_are_one_group() -> None:
    """Yearly contracts taken for monthly ones: 72 renewals by the earlier day, and that is said."""
    terms, as_of = contracts_of(HIGH_END), dt.date(2007, 3, 1)
    later = contracts_of(HIGH_END[:4]).assign(started=pd.Timestamp("2003-09-01"))
    later["ended"] = later["ended"] + pd.DateOffset(months=42)
    later["customer_id"] = "n" + later["customer_id"]
    both = pd.concat([terms, later], ignore_index=True)
    check = churn.contracts_check(both, as_of, cutoff=dt.date(2004, 1, 1), months=1)
    assert isinstance(check, ContractsCheck)
    assert check.groups["renewals"].tolist() == ["4", "7+"]  # since September, and since 2000
    assert check.groups["contracts"].tolist() == [
        1000,
        (both["ended"].isna() | (both["ended"] > "2004")).sum() - 1000,
    ]


def test_renewals_fall_on_the_last_day_of_a_short_month() -> None:
    started = pd.Series(pd.to_datetime(["2023-08-31", "2024-02-29", "2023-12-15"]))
    days = months_later(started, pd.Series([6, 6, 12]))
    assert days.dt.strftime("%Y-%m-%d").tolist() == ["2024-02-29", "2024-08-29", "2024-12-15"]


@pytest.mark.slow
def test_value_interval_covers_what_comes() -> None:
    """A 90 % interval holds the value that comes in 83 to 96 % of 150 portfolios whose truth is known."""
    random, inside = np.random.default_rng(8), 0
    for _portfolio in range(150):
        ends = random.geometric(random.beta(1.2, 3.0, 600))  # the period at whose end each leaves
        age = random.integers(1, 9, 600)
        alive = ends > age
        lost = np.bincount(ends[~alive], minlength=9)[1:9].astype(float)
        known = Tenures(lost, np.bincount(age[alive], minlength=9).astype(float))
        model = fit_retention(known)
        assert model is not None
        frame = pd.DataFrame({"customer_id": "c", "plan": "p", "price": 100.0, "renewals": age[alive]})
        frame["started"] = [pd.Timestamp(2019 - years, 1, 1) for years in age[alive]]
        frame["ended"] = pd.NaT
        contracts = Contracts(frame, dt.date(2019, 12, 31), 12, known, model)
        value = churn.contract_value(contracts, annual_discount_rate=0.1, margins=margins(1.0))
        assert isinstance(value, ContractValue)
        to_come = ends[alive] - age[alive] - 1  # renewals still made, the next of them on 1 January 2020
        wait = (value.frame["next_renewal"].iloc[0] - pd.Timestamp("2019-12-31")).days / 365.25
        came = 100 * 1.1**-wait * ((1 - 1.1 ** -to_come.astype(float)) / (1 - 1 / 1.1)).sum()
        inside += value.interval.contains(came)
    assert 0.83 <= inside / 150 <= 0.96


def test_contracts_that_end_at_any_time_are_named() -> None:
    terms, as_of = contracts_of(HIGH_END), dt.date(2007, 3, 1)
    assert fitted(terms, as_of).notes() == []
    months = pd.to_timedelta(np.arange(len(terms)) % 12 * 30, unit="D")
    said = fitted(terms.assign(ended=terms["ended"] - months), as_of).notes()[-1]
    assert said.startswith(
        "Beware: 92% of the contracts that ended did so more than a month before a renewal"
    )


def test_what_is_missing_is_said_in_one_sentence() -> None:
    terms, as_of = contracts_of(HIGH_END), dt.date(2007, 3, 1)
    running = terms.assign(ended=pd.NaT)
    young = terms.assign(started=pd.Timestamp("2006-01-01"), ended=pd.NaT)
    refusals = {
        "no contracts in these data": churn.contract_terms(open_dataset("cdnow-sample")),
        "(here: 0)": churn.contracts(running, as_of),
        "On 1 Mar 2007 too little": churn.contracts_check(young, as_of),
        "On 28 Feb 2000 too little": churn.contracts_check(terms, as_of, cutoff=dt.date(2000, 2, 28)),
        "far enough": churn.contracts_check(terms, as_of, cutoff=dt.date(2007, 2, 28), months=60),
        "discount rate above 0": churn.contract_value(
            fitted(terms, as_of), annual_discount_rate=0.0, margins=margins(0.3)
        ),
        "whose price is known": churn.contract_value(
            fitted(terms.assign(price=np.nan), as_of), annual_discount_rate=0.1, margins=margins(0.3)
        ),
    }
    for said, refused in refusals.items():
        assert isinstance(refused, NotPossible), said
        assert said in refused.reason


def test_customers_all_alike_are_named() -> None:
    """Where all cancel with the same probability, only its mean can be told."""
    contracts = fitted(contracts_of(list(0.8 ** np.arange(6))), dt.date(2005, 3, 1))
    assert contracts.notes()[0].startswith("In these data it cannot be seen how much customers differ")
    assert contracts.model.survival(9) == pytest.approx(0.8**9, rel=0.01)


def test_charts_show_what_was_seen_and_both_rules() -> None:
    dataset = open_dataset("demo")
    terms = churn.contract_terms(dataset)
    contracts = fitted(terms, dataset.as_of)
    table = contracts.renewals()
    ax = plot(contracts)
    assert [line.get_ydata()[-1] for line in ax.get_lines()[:2]] == pytest.approx(
        [table["average_survival"].iloc[-1], table["model_survival"].iloc[-1]]
    )
    assert ax.get_xticklabels()[1].get_text() == "1\n(215)"
    check = churn.contracts_check(terms, dataset.as_of)
    assert isinstance(check, ContractsCheck)
    shares = check.groups["actual"] / check.groups["contracts"]
    assert [bar.get_height() for bar in plot(check).patches] == pytest.approx(shares.tolist())
    value = churn.contract_value(contracts, margins(0.3), 0.1)
    assert isinstance(value, ContractValue)
    assert value.currency == "EUR"
    for result in (contracts, check, value):
        for name, frame in result.tables().items():
            assert set(words(name, frame)["labels"]) == set(frame.columns)
