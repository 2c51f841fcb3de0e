"""The demo portfolio: the same from the same seed, whole in its links, and doing what its truth says.

Where a count is compared with its truth, the difference is measured in standard deviations that follow from
the process itself: on each day a customer buys (or leaves) with a known probability p, so that the count less
the sum of p has mean 0 and variance sum of p (1 − p). Seeds are fixed; 4 deviations were allowed.
"""

import datetime as dt
import gzip
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import cli, open_dataset
from analysis.dataset.schema import TABLES
from analysis.demo import behaviour, generate, probability_to_buy, state_on, write
from analysis.demo.calendar import demand
from analysis.errors import CarteraError

FIRST, LAST = pd.Timestamp("2022-01-01"), pd.Timestamp("2025-12-31")
DAYS = (LAST - FIRST).days + 1
COMMITTED = Path(__file__).parent.parent / "data" / "demo"
SEEDED = (
    "transactions", "customers", "invoices", "surveys", "leads", "spend", "campaigns", "contracts", "stock",
    "deliveries",
)  # fmt: skip


@pytest.fixture(scope="module")
def demo():
    return generate(4000, 1)


@pytest.fixture(scope="module")
def portfolios():
    """Return eight portfolios of 500 customers: what happens in them is the process, not luck."""
    return [generate(500, seed) for seed in range(11, 19)]


@pytest.fixture(scope="module")
def larger():
    return [generate(2500, seed) for seed in range(21, 25)]


def sales_of(demo):
    """Return the documents of sale, one row each: credit notes left out."""
    lines = demo.tables["transactions"]
    sold = lines[~lines["order_id"].str.startswith("AB")]
    return sold.groupby("order_id", sort=False)[["customer_id", "date"]].first().reset_index()


def content(path):
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


# --- the same, always ---------------------------------------------------------------------------------------


def test_same_seed_same_bytes(tmp_path):
    first = write(generate(300, 5), tmp_path / "a")
    second = write(generate(300, 5), tmp_path / "b")
    other = write(generate(300, 6), tmp_path / "c")
    assert len(first) == len(TABLES) + 1
    for a, b in zip(first, second, strict=True):
        assert a.read_bytes() == b.read_bytes(), a.name
    same = {a.name for a, c in zip(first, other, strict=True) if a.read_bytes() == c.read_bytes()}
    assert same == {"mercado.csv", "dataset.yml"}


def test_the_committed_portfolio_is_what_the_generator_makes(demo, tmp_path):
    made = {path.name: content(path) for path in write(demo, tmp_path)}
    committed = {path.name: content(path) for path in COMMITTED.iterdir()}
    assert made.keys() == committed.keys()
    assert [name for name in made if made[name] != committed[name]] == []
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) < 4e6


def test_written_over_an_earlier_one_but_over_nothing_else(tmp_path):
    write(generate(100, 1), tmp_path)
    write(generate(100, 2), tmp_path)
    (tmp_path / "mine.csv").write_text("mine", "utf-8")
    with pytest.raises(CarteraError, match=r"mine\.csv"):
        write(generate(100, 3), tmp_path)


@pytest.mark.parametrize(("customers", "seed"), [(99, 1), (500, -1)])
def test_what_cannot_be_made_is_said(customers, seed):
    with pytest.raises(CarteraError):
        generate(customers, seed)


def test_the_command_writes_the_portfolio_asked_for(monkeypatch, tmp_path, capsys):
    command = ["cartera", "demo", str(tmp_path / "a"), "--customers", "120", "--seed", "9"]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as done:
        cli.main()
    assert done.value.code == 0
    assert "12 files" in capsys.readouterr().out
    for path in write(generate(120, 9), tmp_path / "b"):
        assert path.read_bytes() == (tmp_path / "a" / path.name).read_bytes()


# --- whole in its links -------------------------------------------------------------------------------------


def test_tables_have_canonical_columns(demo):
    assert demo.tables.keys() == TABLES.keys()
    for name, table in demo.tables.items():
        known = {column.name for column in TABLES[name].columns}
        assert set(table.columns) - known <= ({"name"} if name == "stock" else set()), name
        assert set(TABLES[name].required) <= set(table.columns), name
        assert not table[list(TABLES[name].required)].isna().any().any(), name


def test_every_link_holds(demo):
    tables = demo.tables
    customers = set(tables["customers"]["customer_id"])
    assert len(customers) == len(tables["customers"]) == 4000
    assert set(tables["transactions"]["customer_id"]) == customers
    for name in ("invoices", "surveys", "campaigns", "contracts", "deliveries"):
        assert set(tables[name]["customer_id"]) <= customers, name
    assert set(tables["leads"]["customer_id"].dropna()) <= customers
    assert set(tables["transactions"]["product_id"]) <= set(tables["stock"]["product_id"])
    documents = tables["transactions"].drop_duplicates("order_id").set_index("order_id")
    for name, key in (("invoices", "invoice_id"), ("deliveries", "order_id")):
        linked = tables[name].join(documents, on=key, suffixes=("", "_sold"))
        day = {"invoices": "issued", "deliveries": "ordered"}[name]
        assert (linked["customer_id"] == linked["customer_id_sold"]).all(), name
        assert (linked[day] == linked["date"]).all(), name
    assert set(tables["customers"]["acquisition_channel"]) == set(tables["spend"]["channel"])
    assert set(tables["customers"]["sector"]) == set(tables["market"]["segment"])
    assert set(tables["leads"]["channel"]) <= set(tables["spend"]["channel"])


def test_identifiers_stand_once(demo):
    for name, key in (
        ("customers", "customer_id"), ("invoices", "invoice_id"), ("leads", "lead_id"),
        ("contracts", "contract_id"), ("stock", "product_id"), ("deliveries", "order_id"),
    ):  # fmt: skip
        assert demo.tables[name][key].is_unique, name
    lines = demo.tables["transactions"]
    assert not lines[["order_id", "customer_id", "date"]].drop_duplicates()["order_id"].duplicated().any()
    assert not lines.duplicated(["order_id", "product_id"]).any()


def test_invoices_add_up_to_the_sales_of_all_but_consumers(demo):
    lines, customers = demo.tables["transactions"], demo.tables["customers"]
    consumers = customers.loc[customers["type"] == "Particular", "customer_id"]
    sold = lines[~lines["customer_id"].isin(consumers)].groupby("order_id")["amount"].sum().round(2)
    invoiced = demo.tables["invoices"].set_index("invoice_id")["amount"]
    pd.testing.assert_series_equal(
        sold.sort_index(), invoiced.sort_index(), check_names=False, check_index_type=False
    )


def test_lines_add_up_to_the_cent(demo):
    lines = demo.tables["transactions"]
    cents = {name: np.rint(lines[name] * 100).astype(int) for name in ("gross_amount", "amount", "discount")}
    price = np.rint(lines["unit_price"] * 100).astype(int)
    assert (cents["gross_amount"] == lines["quantity"] * price).all()
    sign = np.sign(lines["quantity"])
    assert (cents["gross_amount"] - sign * cents["discount"] == cents["amount"]).all()
    exact = cents["gross_amount"] * (100 - lines["discount_pct"]) / 100
    assert (exact - cents["amount"]).abs().max() <= 0.5
    assert ((lines["quantity"] < 0) == lines["order_id"].str.startswith("AB")).all()


def test_what_is_paid_and_what_is_open(demo):
    invoices = demo.tables["invoices"]
    paid = invoices["paid"].notna()
    assert (invoices["issued"] <= invoices["due"]).all()
    assert (invoices.loc[paid, "paid"] >= invoices.loc[paid, "issued"]).all()
    assert invoices["paid"].max() <= LAST
    assert (invoices.loc[~paid, "paid_amount"] == 0).all()
    assert (invoices["paid_amount"].abs() <= invoices["amount"].abs()).all()
    assert 0 < (~paid & (invoices["due"] < LAST)).sum() < (~paid).sum()


def test_leads_come_before_the_first_purchase_and_their_stages_in_order(demo):
    leads = demo.tables["leads"]
    steps = ["created", "qualified", "advanced", "won", "lost"]
    for i, earlier in enumerate(steps):
        for later in steps[i + 1 :]:
            both = leads[[earlier, later]].dropna()
            assert (both[earlier] <= both[later]).all(), (earlier, later)
    first = demo.tables["transactions"].groupby("customer_id")["date"].min()
    won = leads[leads["stage"] == "customer"]
    assert won["won"].notna().all()
    assert (won["won"] <= won["customer_id"].map(first)).all()
    assert leads.loc[leads["stage"] != "customer", ["won", "customer_id"]].isna().all(axis=None)
    assert (leads["lost"].notna() == (leads["stage"] == "lost")).all()
    contact = demo.tables["customers"].set_index("customer_id")["first_contact"]
    assert (contact <= first.reindex(contact.index)).all()
    assert leads[steps].max().max() <= LAST
    assert set(leads["stage"]) == {"lead", "prospect", "potential", "customer", "lost"}


def test_open_leads_have_steps_behind_and_before_them(demo):
    leads = demo.tables["leads"]
    in_work = leads["won"].isna() & leads["lost"].isna()
    assert (leads["last_contact"].dropna() <= LAST).all()
    assert not (leads["last_contact"] < leads["created"]).any()
    assert not (leads["next_action"] <= leads["last_contact"]).any()
    assert leads.loc[~in_work, "next_action"].isna().all()
    due = leads.loc[in_work, "next_action"]
    assert min((due <= LAST).mean(), (due > LAST).mean(), due.isna().mean()) > 0.1
    assert leads.loc[in_work, "last_contact"].isna().any()


def test_a_lead_that_was_won_is_its_customer(demo):
    leads = demo.tables["leads"].dropna(subset="customer_id")
    known = demo.tables["customers"].set_index("customer_id").loc[leads["customer_id"]]
    same = ["name", "region", "type", "size", "sector"]
    assert leads[same].fillna("").to_numpy().tolist() == known[same].fillna("").to_numpy().tolist()
    names = demo.tables["leads"].loc[demo.tables["leads"]["customer_id"].isna(), "name"]
    assert names.isin(demo.tables["customers"]["name"]).mean() < 0.01


def test_most_customers_agreed_to_be_contacted(demo):
    found = demo.tables["customers"]["consent"].fillna("").value_counts(normalize=True)
    assert found.to_dict() == pytest.approx({"yes": 0.70, "": 0.18, "no": 0.12}, abs=0.03)


def test_contracts_end_at_the_end_of_a_year(demo):
    contracts = demo.tables["contracts"].join(demo.truth.contracts, on="contract_id")
    ended = contracts.dropna(subset="ended")
    assert (((ended["ended"] - ended["started"]).dt.days + 1) % 365 == 0).all()
    assert ended["ended"].max() <= LAST
    plans = contracts.groupby("plan")["renewal"].mean()
    assert plans["Mantenimiento plus"] > plans["Mantenimiento básico"] + 0.1


def test_nothing_is_sold_when_all_is_closed_or_after_it_went_out_of_the_range(demo):
    lines = demo.tables["transactions"]
    sunday = lines[(lines["date"].dt.day_of_week == 6) & (lines["quantity"] > 0)]
    assert set(sunday["channel"]) == {"ONLINE"}
    sold = lines[lines["quantity"] > 0]
    assert not sold["date"].dt.strftime("%m-%d").isin(["01-01", "01-06", "12-25"]).any()
    last_sold = lines[lines["quantity"] > 0].groupby("product_id")["date"].max()
    on_hand = demo.tables["stock"].set_index("product_id")["on_hand"]
    dead = last_sold[last_sold < "2023-07-01"].index
    assert len(dead) == 4
    assert (on_hand[dead] > 0).sum() >= 3


def test_read_back_as_it_was_made(demo, tmp_path):
    """Every table is recognised without a word from the user, every row kept, every value the same."""
    write(demo, tmp_path / "demo")
    dataset = open_dataset(str(tmp_path / "demo"))
    assert dataset.as_of == LAST.date()
    assert dataset.currency == "EUR"
    assert dataset.tables.keys() == demo.tables.keys()
    assert [link.note for link in dataset.links if link.rows] == []
    assert len(dataset.links) > 15
    for name, table in demo.tables.items():
        read = pd.read_parquet(dataset.folder / f"{name}.parquet")
        assert set(dataset.accounts[name].rows["outcome"]) <= {"sale", "return", "kept"}, name
        columns = [
            column.name for column in TABLES[name].columns if column.canonical and column.name in table
        ]
        assert len(read) == len(table), name
        for column in columns:
            kept, given = read[column], table[column]
            if TABLES[name].column(column).kind in {"money", "number", "percent"}:
                kept = kept.astype("float64")
            elif TABLES[name].column(column).kind in {"date", "month"}:
                kept = pd.to_datetime(kept).astype("datetime64[s]")
            if column == "discount":  # the file gives a percentage only, the amount is rounded to the cent
                kept = kept.where((kept - given).abs() > 0.00501, given)
            wrong = (kept != given) & ~(kept.isna() & given.isna())
            assert not wrong.any(), (name, column, kept[wrong].head(3), given[wrong].head(3))


# --- like life ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customers", "seed"), [(200, 7), (500, 1), (500, 33), (1200, 4), (4000, 1), (4000, 2)]
)
def test_one_customer_makes_six_percent_of_sales(customers, seed):
    lines = generate(customers, seed).tables["transactions"]
    shares = (lines.groupby("customer_id")["amount"].sum() / lines["amount"].sum()).sort_values()
    assert 0.055 <= shares.iloc[-1] <= 0.065
    assert shares.iloc[-2] < 0.04


def test_it_looks_like_life(demo):
    """The figures a reader knows from other companies; wide limits, since the seed decides the rest."""
    lines = demo.tables["transactions"]
    margin = (lines["amount"] - lines["cost"]).groupby(lines["customer_id"]).sum()
    sales = lines.groupby("customer_id")["amount"].sum().sort_values()
    n = len(sales)
    gini = ((2 * np.arange(1, n + 1) - n - 1) * sales).sum() / (n * sales.sum())
    assert 0.6 < gini < 0.85
    assert 1.005 < margin[margin > 0].sum() / margin.sum() < 1.1
    scores = demo.tables["surveys"]["score"]
    assert 0.2 < (scores >= 9).mean() - (scores <= 6).mean() < 0.4
    invoices = demo.tables["invoices"]
    year = invoices[invoices["issued"] > LAST - pd.Timedelta(days=365)]["amount"].sum()
    assert 40 < (invoices["amount"] - invoices["paid_amount"]).sum() / year * 365 < 70
    leads = demo.tables["leads"]["stage"].value_counts(normalize=True)
    assert 0.15 < leads["customer"] < 0.35
    spend = demo.tables["spend"].groupby("channel")["amount"].sum()
    earned = margin.groupby(demo.tables["customers"].set_index("customer_id")["acquisition_channel"]).sum()
    assert (earned / spend < 1).sum() == 1
    assert 70_000 < len(lines) < 90_000


# --- doing what the truth says ------------------------------------------------------------------------------


def risks(demo):
    """Return by day and customer whether it bought, and the probability to, from the book's Weibull."""
    truth = demo.truth.customers
    place = pd.Series(np.arange(len(truth)), truth.index)
    sold = sales_of(demo)
    bought = np.zeros((DAYS, len(truth)), dtype=bool)
    bought[(sold["date"] - FIRST).dt.days, sold["customer_id"].map(place)] = True
    day = np.arange(DAYS)[:, None]
    last = np.maximum.accumulate(np.where(bought, day, -1), axis=0)
    before = np.vstack([np.full((1, len(truth)), -1), last[:-1]])
    elapsed = np.where(before >= 0, day - before, 1)
    shape = truth["shape"].to_numpy()
    mean = 365.25 / truth["rate"].to_numpy()
    gaps = stats.weibull_min(shape, scale=mean / stats.weibull_min(shape).mean())
    m = gaps.logsf(elapsed - 1) - gaps.logsf(elapsed)
    m *= demand(0, DAYS)[:, truth["demand"].to_numpy()]
    for name, campaign in demo.truth.campaigns.iterrows():
        reached = demo.truth.contacts.query(f"campaign_id == {name!r} and treated")
        sent = (campaign["date"] - FIRST).days
        whose = reached["customer_id"].map(place)
        m[sent + 1 : sent + 1 + campaign["days"], whose] *= reached["effect"].to_numpy()
    left = (truth["left"] - FIRST).dt.days.fillna(DAYS).to_numpy()
    born = (truth["born"] - FIRST).dt.days.to_numpy()
    there = (day > born) & (day < left)
    return bought & (day > born), np.where(there, 1 - np.exp(-m), 0.0)


@pytest.mark.slow
def test_purchases_agree_with_the_true_rates(portfolios):
    """By kind of customer and regularity: some 15,000 purchases of each sort, so that 3 % would be seen."""
    rows = []
    for demo in portfolios:
        bought, p = risks(demo)
        assert not (bought & (p == 0)).any()
        rows.append(
            demo.truth.customers.assign(
                regular=demo.truth.customers["shape"] > 1,
                surplus=(bought - p).sum(axis=0),
                variance=(p * (1 - p)).sum(axis=0),
            )
        )
    groups = pd.concat(rows).groupby(["type", "regular"])[["surplus", "variance"]].sum()
    z = groups["surplus"] / groups["variance"] ** 0.5
    either = groups.groupby("regular").sum()
    assert (either["surplus"] / either["variance"] ** 0.5).abs().max() < 3
    assert len(z) == 11
    assert z.abs().max() < 4
    assert stats.chi2(len(z)).sf((z**2).sum()) > 0.001


def test_regular_customers_buy_at_regular_intervals(portfolios):
    """Weibull gaps of shape 1.8 to 4.5 vary by 0.25 to 0.58 of their mean, memoryless ones by 1."""
    spread = {True: [], False: []}
    for demo in portfolios:
        gaps = sales_of(demo).groupby("customer_id")["date"].diff().dt.days.dropna()
        by = gaps.groupby(sales_of(demo)["customer_id"][gaps.index]).agg(["mean", "std", "size"])
        by = by[by["size"] >= 10]
        for regular, those in (by["std"] / by["mean"]).groupby(demo.truth.customers["shape"] > 1.8):
            spread[regular].extend(those)
    assert np.median(spread[True]) < 0.6
    assert np.median(spread[False]) > 0.8


def test_leaving_agrees_with_satisfaction_channel_and_time(portfolios):
    """Those who left, against the probabilities of each day by the formula written out; unhappy ones more."""
    rows = []
    for demo in portfolios:
        truth = demo.truth.customers
        purchases = demo.truth.purchases
        day = (purchases["date"] - FIRST).dt.days.to_numpy()
        place = pd.Series(np.arange(len(truth)), truth.index)
        satisfaction = np.full((DAYS, len(truth)), np.nan)
        satisfaction[day, purchases["customer_id"].map(place)] = purchases["satisfaction"]
        before = pd.DataFrame(satisfaction).ffill().shift().to_numpy()
        age = np.arange(DAYS)[:, None] - (truth["born"] - FIRST).dt.days.to_numpy()
        left = (truth["left"] - FIRST).dt.days.fillna(DAYS).to_numpy()
        there = (age > 0) & (np.arange(DAYS)[:, None] <= left)
        q = truth["leaving"].to_numpy() / 365.25 * np.exp(-0.45 * (before - 8)) * (1 + 2 * np.exp(-age / 120))
        q = np.where(there, q, 0.0)
        gone = (np.arange(DAYS)[:, None] == left) & there
        unhappy = before < 7.5
        for group, those in (("unhappy", unhappy), ("content", ~unhappy)):
            rows.append(
                (group, gone[those].sum(), q[those].sum(), (q * (1 - q))[those].sum(), there[those].sum())
            )
    sums = (
        pd.DataFrame(rows, columns=["group", "gone", "expected", "variance", "days"]).groupby("group").sum()
    )
    z = (sums["gone"] - sums["expected"]) / sums["variance"] ** 0.5
    assert z.abs().max() < 4
    rate = sums["gone"] / sums["days"]
    assert rate["unhappy"] > 1.5 * rate["content"]


def test_late_deliveries_cost_satisfaction(portfolios):
    for demo in portfolios[:3]:
        truth = demo.truth
        after = truth.purchases.set_index(["customer_id", "date"])["satisfaction"]
        lead = (demo.tables["deliveries"]["delivered"] - demo.tables["deliveries"]["ordered"]).dt.days
        sent = demo.tables["deliveries"][["customer_id", "ordered"]].rename(columns={"ordered": "date"})
        lost = (
            sent["customer_id"].map(truth.customers["satisfaction"])
            - sent.join(after, on=["customer_id", "date"])["satisfaction"]
        )
        assert lost[lead > 6].min() > 0.8
        assert lost[lead <= 4].mean() < 0.5


def test_answers_follow_satisfaction(portfolios):
    """A score is the satisfaction plus 0.1 and noise of 0.9, rounded, within 0 and 10: its mean is known."""
    asked = pd.concat(
        [demo.tables["surveys"].assign(true=demo.truth.surveys) for demo in portfolios], ignore_index=True
    )
    steps = np.arange(11)
    edges = stats.norm.cdf(steps[1:] - 0.5, asked["true"].to_numpy()[:, None] + 0.1, 0.9)
    chances = np.diff(np.column_stack([np.zeros(len(asked)), edges, np.ones(len(asked))]), axis=1)
    asked["expected"] = chances @ steps
    asked["variance"] = chances @ steps**2 - asked["expected"] ** 2
    surplus = (asked["score"] - asked["expected"]).sum() / asked["variance"].sum() ** 0.5
    assert abs(surplus) < 3
    groups = asked.groupby(pd.qcut(asked["true"], 5))
    z = (groups["score"].sum() - groups["expected"].sum()) / groups["variance"].sum() ** 0.5
    assert z.abs().max() < 4
    assert (groups["score"].mean().diff().dropna() > 0.2).all()
    assert stats.spearmanr(asked["score"], asked["true"]).statistic > 0.6


def test_campaigns_do_what_they_do(larger):
    """Buyers among treated and control against their true probabilities, and the difference of the groups."""
    rows = []
    for demo in larger:
        for name, sent in demo.tables["campaigns"].groupby("campaign_id"):
            true = demo.truth.campaigns.loc[name]
            day, days = true["date"].date(), int(true["days"])
            p = probability_to_buy(demo.truth, day, days).reindex(sent["customer_id"])
            without = probability_to_buy(demo.truth, day, days, treated=False).reindex(sent["customer_id"])
            sold = sales_of(demo)
            window = (sold["date"] > true["date"]) & (sold["date"] <= true["date"] + pd.Timedelta(days=days))
            bought = sent["customer_id"].isin(sold.loc[window, "customer_id"]).to_numpy()
            parts = {"arm": sent["arm"].to_numpy(), "bought": bought, "p": p.to_numpy()}
            rows.append(pd.DataFrame({"campaign": name, **parts, "without": without.to_numpy()}))
    every = pd.concat(rows)
    every["variance"] = every["p"] * (1 - every["p"])
    groups = every.groupby(["campaign", "arm"])
    z = (groups["bought"].sum() - groups["p"].sum()) / groups["variance"].sum() ** 0.5
    assert z.abs().max() < 4
    control = every[every["arm"] == "control"]
    assert (control["p"] == control["without"]).all()
    shares = every.pivot_table(["bought", "p", "without"], "campaign", "arm", "mean")
    effect = shares.xs("treated", level="arm", axis=1) - shares.xs("control", level="arm", axis=1)
    noise = (groups["variance"].sum() / groups.size() ** 2).groupby("campaign").sum() ** 0.5
    assert ((effect["bought"] - effect["p"]).abs() < 4 * noise).all()
    assert effect.loc["CAMP01", "bought"] > 4 * noise["CAMP01"]
    gain = shares["p"]["treated"] - shares["without"]["treated"]
    assert gain["CAMP01"] > 0.05
    assert 0 < gain["CAMP02"] < 0.02
    # the third, by the formula of the truth: helps some and annoys others, who were of both arms alike
    for demo in larger:
        sent = demo.truth.contacts.query("campaign_id == 'CAMP03'").set_index("customer_id")
        day = demo.truth.campaigns.loc["CAMP03", "date"].date()
        state = state_on(demo.truth, day).reindex(sent.index)
        formula = (state["rate"] / 3) ** 1.5 * np.exp(0.4 * (state["satisfaction"] - 8))
        np.testing.assert_allclose(sent["effect"], formula.clip(0.2, 2), rtol=1e-12)
        assert (state["elapsed"] <= 100).all()
        gains = probability_to_buy(demo.truth, day, 45, treated=True) - probability_to_buy(
            demo.truth, day, 45, treated=False
        )
        helped = (sent["effect"] > 1).to_numpy()
        assert 0.25 < 1 - helped.mean() < 0.5
        assert gains.reindex(sent.index)[helped].mean() > 0.05
        assert gains.reindex(sent.index)[~helped].mean() < -0.03


def test_nothing_before_the_third_campaign_hangs_on_it(monkeypatch):
    """Its lots have random numbers of their own: without it, the same customers buy until its day."""
    made = generate(300, 3).truth
    monkeypatch.setattr(behaviour, "CAMPAIGNS", behaviour.CAMPAIGNS[:2])
    without = generate(300, 3).truth
    sent = made.campaigns.loc["CAMP03", "date"]
    one, other = (truth.purchases[truth.purchases["date"] <= sent] for truth in (made, without))
    pd.testing.assert_frame_equal(one, other)
    one, other = (truth.customers["left"].where(truth.customers["left"] <= sent) for truth in (made, without))
    pd.testing.assert_series_equal(one, other)
    early = made.contacts[made.contacts["campaign_id"] != "CAMP03"]
    pd.testing.assert_frame_equal(early, without.contacts[without.contacts["campaign_id"] != "CAMP03"])
    assert not made.purchases.equals(without.purchases)


def test_the_lot_decides_who_is_treated(larger):
    """The groups were alike before: their true probabilities without the campaign do not differ."""
    for name in ("CAMP01", "CAMP02", "CAMP03"):
        parts = {"treated": [], "control": []}
        for demo in larger:
            sent = demo.tables["campaigns"].query(f"campaign_id == {name!r}")
            day = sent["date"].iloc[0].date()
            without = probability_to_buy(demo.truth, day, 60, treated=False)
            for arm, those in sent.groupby("arm"):
                parts[arm].extend(without.reindex(those["customer_id"]))
        assert stats.ttest_ind(parts["treated"], parts["control"]).pvalue > 0.001


def test_leads_are_won_as_often_as_their_chance(larger):
    """By channel, sector and interest, among leads old enough to be decided."""
    every = pd.concat([demo.tables["leads"].assign(p=demo.truth.leads) for demo in larger], ignore_index=True)
    decided = every[every["created"] < "2025-06-01"]
    decided = decided[decided["stage"].isin(("customer", "lost"))].assign(won=decided["stage"] == "customer")
    for column in ("channel", "sector", "interest"):
        groups = decided.groupby(column)
        z = (groups["won"].sum() - groups["p"].sum()) / (
            (decided["p"] * (1 - decided["p"])).groupby(decided[column]).sum() ** 0.5
        )
        assert z.abs().max() < 4, column
        assert groups["won"].mean().max() > 1.4 * groups["won"].mean().min(), column


def test_contracts_are_renewed_as_often_as_their_chance(larger):
    """At each anniversary of those whose customer was still there; the first time 0.93 times the chance."""
    rows = []
    for demo in larger:
        contracts = demo.tables["contracts"].join(demo.truth.contracts, on="contract_id")
        left = contracts["customer_id"].map(demo.truth.customers["left"])
        for year in (1, 2, 3):
            last = contracts["started"] + pd.Timedelta(days=365 * year - 1)
            due = ~(contracts["ended"] < last) & (last <= LAST) & ~(left <= last)
            renewed = ~(contracts["ended"] == last)
            chance = contracts["renewal"] * (0.93 if year == 1 else 1.0)
            rows.append(pd.DataFrame({"plan": contracts["plan"], "renewed": renewed, "p": chance})[due])
    every = pd.concat(rows)
    groups = every.groupby("plan")
    z = (groups["renewed"].sum() - groups["p"].sum()) / (
        (every["p"] * (1 - every["p"])).groupby(every["plan"]).sum() ** 0.5
    )
    assert z.abs().max() < 3
    assert groups.size().min() > 150


@pytest.mark.parametrize(("day", "days"), [("2022-12-30", 365), ("2023-06-30", 90), ("2025-09-30", 30)])
def test_the_probability_to_buy_is_what_then_happens(larger, day, days):
    """Tenth by tenth of the probability, over four portfolios; and nobody buys that has left."""
    rows = []
    for demo in larger:
        p = probability_to_buy(demo.truth, dt.date.fromisoformat(day), days)
        sold = sales_of(demo)
        known = sold.loc[sold["date"] <= day, "customer_id"].unique()
        assert set(p.index) == set(known)
        until = pd.Timestamp(day) + pd.Timedelta(days=days)
        later = sold.loc[(sold["date"] > day) & (sold["date"] <= until), "customer_id"]
        left = demo.truth.customers["left"].reindex(p.index) <= day
        assert (p[left] == 0).all()
        assert not p.index[left].isin(later).any()
        rows.append(pd.DataFrame({"p": p[~left], "bought": p.index[~left].isin(later)}))
    every = pd.concat(rows)
    tenth = pd.qcut(every["p"], 10)
    z = (every["bought"] - every["p"]).groupby(tenth).sum() / (
        (every["p"] * (1 - every["p"])).groupby(tenth).sum() ** 0.5
    )
    assert z.abs().max() < 4
    assert stats.chi2(len(z)).sf((z**2).sum()) > 0.001
    assert every["p"].max() - every["p"].min() > 0.5


def test_the_probability_to_buy_by_hand(portfolios):
    """One customer after the other, day after day, in plain arithmetic."""
    truth, day, days = portfolios[0].truth, dt.date(2024, 6, 14), 45
    p = probability_to_buy(truth, day, days)
    state = state_on(truth, day)
    calendar = demand((day - FIRST.date()).days + 1, days)
    reached = set(truth.contacts.query("campaign_id == 'CAMP01' and treated")["customer_id"])
    checked = state[state["there"]].iloc[::12]
    assert len(checked) > 10
    assert (checked["shape"] > 1).any()
    assert checked.index.isin(reached).any()
    for name, one in checked.iterrows():
        scale = 365.25 / one["rate"] / math.gamma(1 + 1 / one["shape"])
        age = (day - one["born"].date()).days
        waiting, bought = 1.0, 0.0
        for ahead in range(1, days + 1):
            gap = one["elapsed"] + ahead
            m = ((gap / scale) ** one["shape"] - ((gap - 1) / scale) ** one["shape"]) * calendar[
                ahead - 1, one["demand"]
            ]
            works = day + dt.timedelta(days=ahead) <= dt.date(2024, 5, 17) + dt.timedelta(days=60)
            m *= 1.6 if name in reached and works else 1.0
            leaving = one["leaving"] / 365.25 * math.exp(-0.45 * (one["satisfaction"] - 8))
            stays = 1 - leaving * (1 + 2 * math.exp(-(age + ahead) / 120))
            bought += waiting * stays * (1 - math.exp(-m))
            waiting *= stays * math.exp(-m)
        assert p[name] == pytest.approx(bought, rel=1e-9)


def test_the_probability_to_buy_reaches_beyond_the_last_day(portfolios):
    truth = portfolios[0].truth
    year, month = (probability_to_buy(truth, LAST.date(), days) for days in (365, 30))
    there = truth.customers["left"].isna()
    assert (year[there] > month[there]).mean() > 0.95
    assert (year >= month).all()
    assert year.between(0, 1).all()


def test_spending_grows_towards_the_wallet(larger):
    """Orders at prices of 2022 against the share of wallet of that day, by years since the first purchase.

    Customers of small orders are left out: nobody buys half a bulb. The noise of an order's value around its
    mean is taken from the orders themselves.
    """
    rows = []
    for demo in larger:
        truth = demo.truth.customers
        lines = demo.tables["transactions"].query("quantity > 0")
        prices = lines["date"].dt.year.map({2022: 1.0, 2023: 1.065, 2024: 1.105, 2025: 1.13})
        real = (lines["gross_amount"] / prices).groupby(lines["order_id"]).sum()
        orders = sales_of(demo).set_index("order_id").join(truth, on="customer_id")
        age = (orders["date"] - orders["born"]).dt.days
        share = orders["start"] + (orders["ceiling"] - orders["start"]) * (
            1 - np.exp(-age / orders["growth"])
        )
        expected = orders["spend"] / orders["ceiling"] / orders["rate"] * share
        rows.append(
            pd.DataFrame({"ratio": real / expected, "expected": expected, "share": share, "year": age // 365})
        )
    every = pd.concat(rows).query("expected > 150")
    ratio = every.groupby("year")["ratio"].agg(["mean", "sem"])
    assert (ratio["mean"] - 1).abs().max() < 0.03
    assert every.groupby("year")["share"].mean().is_monotonic_increasing
    for demo in larger:
        won = demo.truth.open
        assert won.max().max() < 1
        assert (won == 0).any(axis=None)


def test_no_truth_in_any_file(demo, tmp_path):
    """Each column is one that the schema knows; none holds a customer's true parameter."""
    write(generate(300, 2), tmp_path)
    truth = generate(300, 2).truth
    named = ("rate", "leaving", "satisfaction", "ceiling", "growth")
    secret = {f"{value:.4f}" for name in named for value in truth.customers[name]}
    for path in tmp_path.glob("*.csv*"):
        cells = content(path).decode().replace(",", ".").replace("\n", ";").split(";")
        assert not secret & set(cells), path.name
    for column in (
        "rate",
        "shape",
        "leaving",
        "left",
        "satisfaction",
        "ceiling",
        "losing",
        "renewal",
        "treated",
    ):
        assert not any(column in table.columns for table in demo.tables.values()), column


def test_service_costs_most_where_customers_demand_it(larger):
    """Demanding ones cost seven times the usual: by an order and visit for visit, not in all."""
    customers = pd.concat([demo.truth.customers for demo in larger])
    records = pd.concat([demo.tables["customers"].set_index("customer_id") for demo in larger])
    served = customers["service_cost"] > 0
    assert (customers.loc[customers["demanding"], "type"] != "Particular").all()
    usual = customers[served & (customers["type"] != "Particular") & ~customers["demanding"]]
    dear = customers.loc[customers["demanding"], "service_cost"].median() / usual["service_cost"].median()
    assert 5 < dear < 10
    known = records["service_cost"].notna()
    assert not (known.to_numpy() & ~served.to_numpy()).any()
    off = records["service_cost"].to_numpy() - customers["service_cost"].to_numpy()
    assert np.nanmax(np.abs(off)) <= 5
    asked = (served & (customers["type"] != "Particular")).to_numpy()
    assert known[asked].mean() == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / asked.sum()))


def test_what_arrives_is_what_was_sold_and_falls_short_as_often_as_is_true(larger):
    for demo in larger:
        sent, chance = demo.tables["deliveries"], demo.truth.shortages
        lines = demo.tables["transactions"]
        sold = lines[lines["quantity"] > 0].groupby("order_id")["quantity"].sum()
        arrived = sent["quantity_delivered"].notna()
        assert (arrived == sent["delivered"].notna()).all()
        assert (sent["quantity_delivered"][arrived] == sent["order_id"].map(sold)[arrived]).all()
        short = sent["quantity_ordered"].to_numpy() > sent["order_id"].map(sold).to_numpy()
        deviation = math.sqrt((chance * (1 - chance)).sum())
        assert abs(short.sum() - chance.sum()) < 4 * deviation
