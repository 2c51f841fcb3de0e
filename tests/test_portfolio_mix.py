"""Where sales come from, and our share against the market's, worked by hand on four customers."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import open_dataset, portfolio
from analysis.plots import plot, theme
from analysis.portfolio.mix import herfindahl

SALES = """customer,date,amount,channel
ana,2022-03-01,60,web
bea,2022-04-01,40,shop
ana,2023-03-01,50,web
ana,2023-05-01,30,shop
bea,2023-12-31,60,shop
carl,2023-06-01,40,web
dora,2023-06-01,20,web
"""
CUSTOMERS = """customer,name,sector,region
ana,Ana,trade,north
bea,Bea,farming,
carl,Carl,trade,south
dora,Dora,,south
"""
MARKET = "segment,size\ntrade,100\nfarming,60\nmining,40\n"


@pytest.fixture
def data(tmp_path):
    tables = {"sales": SALES, "customers": CUSTOMERS, "market": MARKET}
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    return open_dataset(str(tmp_path))


@pytest.fixture
def mix(data):
    return portfolio.mix(data, portfolio.last_twelve_months(data))


def parts(mix, dimension):
    return mix.frame[mix.frame["dimension"] == dimension].set_index("part")


def test_the_mix_by_channel_and_sector(mix):
    """Of 200 in 2023: web 50 + 40 + 20 = 110, shop 90; of 100 in 2022, 60 and 40."""
    channels, sectors = parts(mix, "Channel"), parts(mix, "Sector")
    assert channels["net_sales"].to_dict() == {"web": 110, "shop": 90}
    assert channels["customers"].to_dict() == {"web": 3, "shop": 2}
    assert channels["share_before"].to_dict() == {"web": 0.6, "shop": 0.4}
    assert sectors["share"].to_dict() == {"trade": 0.6, "farming": 0.3, "(not known)": 0.1}


def test_diversification_by_hand(mix):
    """Channels: 0.55² + 0.45² = 0.505, 1 ÷ it 1.98; a year before 0.36 + 0.16 = 0.52, 1.92."""
    row = mix.shown["diversification"].set_index("dimension").loc["Channel"]
    assert row["herfindahl"] == pytest.approx(0.505)
    assert row["effective"] == pytest.approx(1 / 0.505)
    assert row["effective_before"] == pytest.approx(1 / 0.52)
    assert mix.title() == "south (region) makes 30.0% of net sales, after 0.0% a year before"


def test_customers_of_several_channels(mix):
    """Ana bought 80 of 200 in 2023 and has used two channels; bea, carl and dora 120 through one."""
    assert mix.shown["several_channels"]["customers"].tolist() == [3, 1]
    assert mix.shown["several_channels"]["net_sales"].tolist() == [120, 80]
    assert mix.sentence().endswith(
        "25.0% of customers have bought through several channels; they make 40.0% of net sales."
    )


def test_against_the_market(data):
    """Two of three known customers are in trade, half of the market: 1.33; nobody in mining."""
    found = portfolio.market_index(data, portfolio.last_twelve_months(data))
    index = found.shown["market_index"].set_index("part")
    assert index["customer_index"].to_dict() == pytest.approx(
        {"trade": 2 / 3 / 0.5, "farming": 1 / 3 / 0.3, "mining": 0}
    )
    assert index["sales_index"].to_dict() == pytest.approx(
        {"trade": 120 / 180 / 0.5, "farming": 60 / 180 / 0.3, "mining": 0}
    )
    assert found.sentence() == (
        "In trade our share of customers is 1.3 times that of the market; we have no customer in mining."
    )


def test_what_is_missing_is_said(data_over):
    frame = pd.DataFrame(
        [("a", "2023-01-01", "sale", 1.0)], columns=["customer_id", "date", "kind", "amount"]
    )
    data = data_over(frame, pd.Timestamp("2023-12-31").date())
    compared = portfolio.last_twelve_months(data)
    assert "would open the mix" in portfolio.mix(data, compared).reason
    assert "table market" in portfolio.market_index(data, compared).reason


@given(st.lists(st.integers(-5, 99), min_size=1, max_size=12))
def test_the_effective_number_is_between_one_and_the_number_of_parts(sales):
    index, above = herfindahl(pd.Series(sales, dtype="float64")), sum(money > 0 for money in sales)
    if above:
        assert 1 / index >= 1 - 1e-9
        assert 1 / index <= above + 1e-9
    equal = herfindahl(pd.Series([7.0] * len(sales)))
    assert equal == pytest.approx(1 / len(sales))


def test_what_was_only_returned_has_no_mix(tmp_path):
    rows = "customer,date,amount,channel\nana,2023-03-01,-60,web\nbea,2023-12-31,-5,shop\n"
    (tmp_path / "sales.csv").write_text(rows, "utf-8")
    data = open_dataset(str(tmp_path / "sales.csv"))
    assert not portfolio.mix(data, portfolio.last_twelve_months(data))


def test_every_dimension_adds_up_to_all_sales(mix):
    sums = mix.frame.groupby("dimension")[["net_sales", "share", "share_before"]].sum()
    assert sums["net_sales"].tolist() == [200] * 3
    assert sums["share"].tolist() == pytest.approx([1] * 3)
    assert sums["share_before"].tolist() == pytest.approx([1] * 3)


def test_draw(mix):
    ax = theme.axes()
    assert plot(mix, ax=ax) is ax
    ax.figure.canvas.draw()
    assert " ".join(ax.figure.get_suptitle().split()) == mix.title().removesuffix(".")
    plot(mix).figure.canvas.draw()
