"""How long customers stay: published curves, silence, groups, contracts that stand alone, rates in money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm

from analysis import churn, open_dataset, portfolio
from analysis.churn.rates import ChurnRates
from analysis.churn.survival import Lives, Survival, SurvivalBy, bands
from analysis.dataset import Dataset
from analysis.display_names import words
from analysis.errors import CarteraError
from analysis.language import percent
from analysis.not_possible import NotPossible
from analysis.plots import plot
from analysis.result import Listed
from conftest import transactions

Over = Callable[[pd.DataFrame, dt.date], Dataset]

# Freireich et al. (1963), weeks to relapse in acute leukaemia, as in Gehan (1965): 6-mercaptopurine against
# placebo; a + is a patient still in remission. The worked example of Kleinbaum & Klein, "Survival Analysis":
# S(6) .857, S(7) .807, S(10) .753, S(13) .690, S(16) .627, S(22) .538, S(23) .448; medians 23 and 8; log-rank
# chi-square 16.79
TREATED = "6 6 6 7 10 13 16 22 23 6+ 9+ 10+ 11+ 17+ 19+ 20+ 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}


def lived(text: str) -> pd.DataFrame:
    """Return lives from times, a + behind those that go on."""
    months = [float(one.rstrip("+")) for one in text.split()]
    return pd.DataFrame({"months": months, "ended": [not one.endswith("+") for one in text.split()]})


def logrank_by_hand(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Return the chi-square of the test: (ends − those expected)² ÷ their variance (Mantel 1966)."""
    both, gap, variance = pd.concat([one, other]), 0.0, 0.0
    for month in both.loc[both["ended"], "months"].unique():
        n, mine = (both["months"] >= month).sum(), (one["months"] >= month).sum()
        d = (both["ended"] & (both["months"] == month)).sum()
        gap += (one["ended"] & (one["months"] == month)).sum() - d * mine / n
        variance += mine * (n - mine) * d * (n - d) / (n**2 * (n - 1)) if n > 1 else 0.0
    return float(gap**2 / variance)


def survival_of(lives: Lives) -> Survival:
    found = churn.survival(lives)
    assert isinstance(found, Survival)
    return found


def test_published_curve_median_and_test() -> None:
    treated, placebo = lived(TREATED), lived(PLACEBO)
    curve = churn.kaplan_meier(treated).set_index("months")["share"]
    assert {int(week): round(curve[week], 3) for week in PUBLISHED} == PUBLISHED
    # each group is too small to be compared with others, so each patient counts for two
    both = pd.concat([treated.assign(plan="6-MP"), placebo.assign(plan="placebo")] * 2, ignore_index=True)
    result = churn.survival_by(survival_of(Lives(both.assign(customer_id="x"))), "plan")
    assert isinstance(result, SurvivalBy)
    table = result.shown["survival_by_plan"]
    assert table["median"].tolist() == [23, 8]
    assert logrank_by_hand(treated, placebo) == pytest.approx(16.79, abs=0.005)
    twice = logrank_by_hand(pd.concat([treated] * 2), pd.concat([placebo] * 2))
    assert table["p_value"].tolist() == pytest.approx([chi2.sf(twice, 1)] * 2)
    assert result.title() == "By plan, different from the others beyond chance: 6-MP and placebo"


def test_curve_and_band_against_sums_in_pandas() -> None:
    """The product of 1 − d ÷ n, and Greenwood's variance on the scale of log(−log)."""
    rng = np.random.default_rng(1)
    lives = pd.DataFrame({"months": rng.integers(1, 30, 200) / 2, "ended": rng.random(200) < 0.6})
    curve = churn.kaplan_meier(lives)
    share, variance = 1.0, 0.0
    for row in curve.itertuples():
        there = int((lives["months"] >= row.months).sum())
        gone = int((lives["ended"] & (lives["months"] == row.months)).sum())
        assert (row.at_risk, row.ended) == (there, gone)
        share *= 1 - gone / there
        assert row.share == pytest.approx(share)
        if gone < there:
            variance += gone / (there * (there - gone))
        if 0 < share < 1:
            width = norm.ppf(0.975) * np.sqrt(variance) / np.log(share)
            assert row.low == pytest.approx(share ** np.exp(-width))
            assert row.high == pytest.approx(share ** np.exp(width))
    rows = bands(lives, curve)
    assert rows["ended"].sum() == lives["ended"].sum()


def terms_of(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "started", "ended", "tenure_months", "churned"])
    days = {name: pd.to_datetime(frame[name]).astype("datetime64[us]") for name in ("started", "ended")}
    return frame.assign(**days, tenure_months=frame["tenure_months"].astype(float), plan=None)


def test_contracts_last_from_their_first_day_to_their_last() -> None:
    terms = terms_of(
        [
            ("year", "2023-02-01", "2024-01-31", None, None),  # its last day is the one before
            ("renewed", "2023-01-01", "2023-12-31", None, None),
            ("renewed", "2024-01-10", None, None, None),  # nine days later: the same contract goes on
            ("later", "2024-01-31", "2024-07-01", None, None),  # ends after the last day: it runs
            ("one day", "2024-05-01", "2024-05-01", None, None),
            ("wrong", "2024-05-01", "2024-04-01", None, None),
            ("after", "2024-07-01", None, None, None),  # not known yet
            ("telecom", None, None, 7, "yes"),
            ("telecom too", None, None, 0, "no"),
            ("open", None, None, 9, None),  # whether it ended is not known
            ("flag alone", "2024-01-01", None, None, "yes"),  # nor when this one did
            ("flag and months", "2024-01-01", None, 3, "yes"),
        ]
    )
    lives = churn.contract_lives(terms, dt.date(2024, 6, 30)).frame.set_index("customer_id")
    expected = {
        "year": (12, True), "renewed": (18, False), "later": (5 + 1 / 31, False), "one day": (1 / 31, True),
        "wrong": (0, True), "telecom": (7, True), "telecom too": (0, False), "flag and months": (3, True),
    }  # fmt: skip
    found = {name: (row.months, row.ended) for name, row in lives.iterrows()}
    assert found == {name: pytest.approx(one) for name, one in expected.items()}


def purchases(days: dict[str, list[int]], start: dt.date = dt.date(2024, 1, 1)) -> pd.DataFrame:
    """Return sales of 10 each on days after the start."""
    return transactions(
        [(name, start + dt.timedelta(day), "sale", 10) for name, when in days.items() for day in when]
    )


def test_a_silence_counts_from_its_start_and_only_once_it_is_known(data_over: Over) -> None:
    days = {
        "steady": [0, 30, 55, 80, 99],
        "once": [10],  # silent at once
        "came back": [0, 20, 60, 90],  # 40 days of silence from day 20 on
        "at the edge": [0, 30, 60, 69],  # silent for 30 days on the last day: not longer than the window
        "just over": [0, 30, 60, 68],  # for 31
        "young": [75],  # first bought within the window
    }
    dataset = data_over(purchases(days), dt.date(2024, 1, 1) + dt.timedelta(99))
    pairs = dataset.query("purchase_gaps")
    lives = churn.silence_lives(dataset, portfolio.activity_window(pairs, 30))
    assert isinstance(lives, Lives)
    frame = lives.frame.set_index("customer_id")
    month = 365.25 / 12  # all are observed up to day 69, thirty before the last
    expected = {
        "at the edge": (69, False), "came back": (20, True), "just over": (68, True), "once": (0, True),
        "steady": (69, False),
    }  # fmt: skip
    found = {name: (row.months * month, row.ended) for name, row in frame.iterrows()}
    assert found == {name: pytest.approx(one) for name, one in expected.items()}


def test_long_gaps_are_found_whatever_the_months_between(data_over: Over) -> None:
    """A gap longer than the window is never lost by counting months first."""
    rng = np.random.default_rng(5)
    days = {f"c{i:02}": sorted({0, *rng.integers(1, 700, 6).tolist()}) for i in range(40)}
    as_of = dt.date(2024, 1, 1) + dt.timedelta(700)
    dataset = data_over(purchases(days), as_of)
    for window in (29, 30, 31, 62, 200):
        lives = churn.silence_lives(
            dataset, portfolio.activity_window(dataset.query("purchase_gaps"), window)
        )
        assert isinstance(lives, Lives)
        for row in lives.frame.itertuples():
            gaps = zip(days[row.customer_id], [*days[row.customer_id][1:], 700], strict=True)
            since = [day for day, after in gaps if after - day > window]
            assert row.ended == bool(since)
            assert round(row.months * 365.25 / 12) == (since[0] if since else 700 - window)


def lives_of(ended: list[bool], **columns: object) -> Lives:
    frame = pd.DataFrame({"months": np.arange(1, len(ended) + 1) / 10, "ended": ended})
    return Lives(frame.assign(customer_id="x", **columns))


def test_hard_cases() -> None:
    refused = churn.survival(lives_of([True] * 9 + [False] * 200))
    assert isinstance(refused, NotPossible)
    assert "(here: 9)" in refused.reason
    nobody = churn.survival(lives_of([False] * 200))
    assert isinstance(nobody, NotPossible)
    assert churn.survival_by(nobody, "plan") is nobody
    everybody = survival_of(lives_of([True] * 100, plan="a"))
    assert everybody.curve["share"].iloc[-1] == 0
    assert (everybody.curve["low"] <= everybody.curve["high"]).all()
    # log(−log) interval of .6 of 100: .6^exp(1.96 · √(.4 ÷ 60) ÷ −log .6) = .497; of .4 up to .494
    assert everybody.title() == "Half of the contracts end within 5.0 months (95% interval: 4.0 to 6.0)"
    assert isinstance(churn.survival_by(everybody, "plan"), NotPossible)  # one group
    assert isinstance(churn.survival_by(everybody, "sector"), NotPossible)  # not known
    # whoever ended did so before the others came under observation: no test, and no group named
    apart = lives_of([True] * 40 + [False] * 40, plan=["a"] * 40 + ["b"] * 40)
    early = Lives(apart.frame.assign(months=[*[5.0] * 40, *[1.0] * 40]))
    result = churn.survival_by(survival_of(early), "plan")
    assert isinstance(result, SurvivalBy)
    assert result.shown["survival_by_plan"]["p_value"].isna().all()
    assert result.notes() == []
    assert result.title() == "By plan, no group differs by more than chance would"


def test_small_groups_and_those_beyond_the_largest_are_left_out() -> None:
    sizes = {"a": 60, "b": 50, "c": 40, "d": 39, "e": 38, "f": 37, "g": 36, "h": 5}
    groups = [name for name, n in sizes.items() for _i in range(n)]
    result = churn.survival_by(survival_of(lives_of([True] * len(groups), sector=groups)), "sector")
    assert isinstance(result, SurvivalBy)
    table = result.shown["survival_by_sector"]
    assert table["group"].tolist() == list("abcdef")
    assert table["customers"].tolist() == list(sizes.values())[:6]
    rows = survival_of(lives_of([True] * len(groups), sector=groups)).lives.frame.iloc[:264]
    others = logrank_by_hand(rows[rows["sector"] == "c"], rows[rows["sector"] != "c"])
    assert table["p_value"].iloc[2] == pytest.approx(min(6 * chi2.sf(others, 1), 1))  # six tests


TELECOM = (
    "customerID,gender,SeniorCitizen,Partner,Dependents,tenure,PhoneService,MultipleLines,InternetService,"
    "OnlineSecurity,OnlineBackup,Contract,PaperlessBilling,PaymentMethod,MonthlyCharges,TotalCharges,Churn"
)


def telecom_file(folder: Path) -> pd.DataFrame:
    """Write a file of the layout that telecom churn files have, charges blank at tenure 0; return it."""
    rng = np.random.default_rng(11)
    tenure = rng.integers(0, 72, 400)
    kind = rng.choice(["Month-to-month", "One year", "Two year"], 400, p=[0.5, 0.25, 0.25])
    churned = (rng.random(400) < np.where(kind == "Month-to-month", 0.5, 0.1)) & (tenure > 0)
    made = pd.DataFrame("No", index=range(400), columns=TELECOM.split(","))
    made["customerID"] = [f"{i:04}-ABCDE" for i in range(400)]
    made["tenure"], made["Contract"], made["Churn"] = tenure, kind, np.where(churned, "Yes", "No")
    made["MonthlyCharges"] = 29.85
    made["TotalCharges"] = np.where(tenure > 0, (tenure * 29.85).round(2).astype(str), " ")
    made.to_csv(folder / "WA_churn.csv", index=False)
    return made


def test_a_telecom_file_needs_tenure_and_flag_alone(tmp_path: Path) -> None:
    raw = telecom_file(tmp_path)
    dataset = open_dataset(str(tmp_path / "WA_churn.csv"), needs_sales=False)
    assert not dataset.has_sales
    assert dataset.tables["contracts"] == {"customer_id", "tenure_months", "churned", "plan"}
    assert dataset.quality.rows["rows"].sum() == len(raw)
    terms = churn.contract_terms(dataset)
    assert isinstance(terms, pd.DataFrame)
    assert (terms["churned"] == "yes").sum() == (raw["Churn"] == "Yes").sum()
    survival = survival_of(churn.contract_lives(terms, dataset.as_of, churn.known_groups(dataset)))
    share = 1.0
    for month in sorted(raw["tenure"].unique()):
        there = raw[raw["tenure"] >= month]
        share *= 1 - ((there["tenure"] == month) & (there["Churn"] == "Yes")).sum() / len(there)
        assert survival.curve.set_index("months")["share"][month] == pytest.approx(share)
    by_plan = churn.survival_by(survival, "plan")
    assert isinstance(by_plan, SurvivalBy)
    table = by_plan.shown["survival_by_plan"]
    assert dict(zip(table["group"], table["customers"], strict=True)) == dict(raw["Contract"].value_counts())
    renewals = churn.contracts(terms, dataset.as_of)
    assert isinstance(renewals, NotPossible)
    assert "the days on which they began" in renewals.reason
    assert churn.contracts_check(terms, dataset.as_of).reason == renewals.reason
    with pytest.raises(CarteraError, match="holds no sales: that is enough for 03_churn_con"):
        open_dataset(str(tmp_path / "WA_churn.csv"))


@pytest.mark.parametrize(
    ("name", "header", "config"),
    [
        pytest.param("list.csv", "Socio;Fecha alta;Fecha baja", "", id="by its columns"),
        pytest.param("mitglieder.csv", "Kunde;Eintritt;Austritt",
                     "", id="in German"),
        pytest.param("anything.csv", "a;b;c", "contracts:\n  file: anything.csv\n  columns: "
                     "{customer_id: a, started: b, ended: c}", id="by dataset.yml"),
    ],
)  # fmt: skip
def test_a_list_of_members_alone(tmp_path: Path, name: str, header: str, config: str) -> None:
    rows = "A;01/02/2023;15/05/2023\nB;13/02/2023;\nC;20/02/2023;19/03/2024\n"
    (tmp_path / name).write_text(f"{header}\n{rows}", "utf-8")
    if config:
        (tmp_path / "dataset.yml").write_text(config, "utf-8")
    dataset = open_dataset(str(tmp_path if config else tmp_path / name), needs_sales=False)
    assert dataset.as_of == dt.date(2024, 3, 19)  # the last day of which something is known
    lives = churn.contract_lives(churn.contract_terms(dataset), dataset.as_of).frame
    assert lives["ended"].tolist() == [True, False, True]
    assert lives["months"].tolist() == pytest.approx([3 + 15 / 31, 13 + 7 / 31, 13])
    assert dataset.query("customers").empty


def test_sales_are_still_sales(tmp_path: Path) -> None:
    """What has an amount is no list of members: what is missing is asked for."""
    (tmp_path / "bookings.csv").write_text("customer;from;to;amount\nA;2024-01-02;2024-02-03;10\n", "utf-8")
    with pytest.raises(CarteraError, match="'date'"):
        open_dataset(str(tmp_path / "bookings.csv"), needs_sales=False)


def test_rates_by_group_and_length_on_the_demo() -> None:
    """Against sums in pandas over the sales; groups add up to the customers of the period."""
    dataset = open_dataset("demo")
    window = portfolio.activity_window(dataset.query("purchase_gaps"))
    flow = portfolio.customer_flow(
        dataset.query("customer_flow", period="half_year"), dataset.as_of, "half_year"
    )
    rates = churn.rates(flow)
    assert isinstance(rates, ChurnRates)
    columns = ["customer_id", "date", "kind", "amount"]
    sales = pd.read_parquet(dataset.folder / "transactions.parquet", columns=columns)
    sales = sales.assign(date=pd.to_datetime(sales["date"]), amount=sales["amount"].astype(float))

    def bought(first: str, last: str) -> tuple[set[str], pd.Series]:
        rows = sales[sales["date"].between(first, last)]
        sums = rows.groupby("customer_id")["amount"].sum()
        return set(rows.loc[rows["kind"] == "sale", "customer_id"]), sums

    (before, net_before), (now, net_now) = (
        bought("2025-01-01", "2025-06-30"),
        bought("2025-07-01", "2025-12-31"),
    )
    base = net_before[sorted(before)]
    kept = net_now.reindex(base.index).fillna(0)
    last = rates.frame.iloc[-1]
    assert (last["active_before"], last["lost"]) == (len(before), len(before - now))
    assert last["sales_before"] == pytest.approx(net_before.sum())  # with what others gave back
    assert last["gross_retention"] == pytest.approx(np.minimum(base, kept).sum() / base.sum())
    assert last["net_retention"] == pytest.approx(kept.sum() / base.sum())
    gross = percent(last["gross_retention"], 1)
    assert rates.notes()[0].startswith(f"Of the net sales of H1 2025, {gross} were kept in H2 2025")
    groups = churn.rates_by(dataset, rates, window)
    assert isinstance(groups, Listed)
    assert list(groups.shown) == [
        "churn_by_segment", "churn_by_acquisition_channel", "churn_by_sector", "churn_by_cohort",
    ]  # fmt: skip
    for name, table in groups.shown.items():
        assert (table["active_before"].sum(), table["lost"].sum()) == (len(before), len(before - now))
        assert table["sales_before"].sum() == pytest.approx(base.sum())
        retained = (table["gross_retention"] * table["sales_before"]).sum() / table["sales_before"].sum()
        assert retained == pytest.approx(np.minimum(base, kept).sum() / base.sum())
        assert set(words(name, table)["labels"]) == set(table.columns)
    horizons = churn.other_horizons(dataset, window)
    assert isinstance(horizons, Listed)
    table = horizons.shown["churn_horizons"].set_index("days")
    before, now = bought("2024-01-01", "2024-12-31")[0], bought("2025-01-01", "2025-12-31")[0]
    assert tuple(table.loc[365, ["active_before", "lost"]]) == (len(before), len(before - now))
    assert set(words("churn_horizons", table)["labels"]) == {"days", *table.columns}


def test_rates_where_history_is_short(data_over: Over) -> None:
    dataset = data_over(purchases({"a": [0, 10, 20], "b": [10], "c": [40]}), dt.date(2024, 2, 10))
    window = portfolio.activity_window(dataset.query("purchase_gaps"), 15)
    found = churn.other_horizons(dataset, window)
    assert isinstance(found, Listed)
    # of who bought on days 11 to 25 (a), nobody did on days 26 to 40
    assert found.shown["churn_horizons"][["days", "active_before", "lost"]].to_numpy().tolist() == [
        [15, 1, 1]
    ]
    none = churn.other_horizons(dataset, portfolio.activity_window(dataset.query("purchase_gaps"), 25))
    assert isinstance(none, NotPossible)


def test_charts_and_names() -> None:
    dataset = open_dataset("demo")
    contracts = churn.contract_lives(
        churn.contract_terms(dataset), dataset.as_of, churn.known_groups(dataset)
    )
    window = portfolio.activity_window(dataset.query("purchase_gaps"))
    for lives in (contracts, churn.silence_lives(dataset, window)):
        survival = survival_of(lives)
        for result in (survival, churn.survival_by(survival, "cohort")):
            assert not isinstance(result, NotPossible)
            axes = plot(result).get_figure(root=True).axes
            assert sum(ax.get_visible() for ax in axes) == (2 if result is survival else len(result.curves))
            for name, frame in result.tables().items():
                assert set(words(name, frame)["labels"]) == set(frame.columns)
    # independently: of the contracts observed for a year, by hand
    terms = churn.contract_terms(dataset)
    assert isinstance(terms, pd.DataFrame)
    assert contracts.frame["ended"].sum() == (terms["ended"] <= pd.Timestamp(dataset.as_of)).sum()
