"""The notebook of one portfolio sheet: it shows what the command makes, and each parameter has an effect."""

import pytest
from running import in_process

NAME = "sheets/portfolio_sheet"
SALES = """customer_id,date,amount,salesperson,channel
ana,2022-03-01,5,Leo,web
ana,2023-05-01,50,Leo,web
ana,2024-05-01,800,Leo,web
bea,2024-12-31,150,Leo,shop
carl,2024-03-01,40,Mia,shop
"""
CHANGES = {
    "by": "channel",
    "owner": "Mia",
    "activity_window": 200,
    "as_of": "2024-05-31",
    "language": "es",
}


@pytest.fixture
def sales(tmp_path):
    (tmp_path / "sales.csv").write_text(SALES, "utf-8")
    return str(tmp_path / "sales.csv")


def test_it_shows_the_page(sales, monkeypatch):
    shown = "".join(data["text/plain"] for data in in_process(NAME, monkeypatch, data=sales))
    assert "Customer portfolio: Leo. 2 accounts with net sales of 950 in twelve months, 96.0%" in shown
    assert "The ten best active accounts" in shown


@pytest.mark.parametrize("name", CHANGES)
def test_every_parameter_has_an_effect(name, sales, monkeypatch):
    default = in_process(NAME, monkeypatch, data=sales)
    assert in_process(NAME, monkeypatch, data=sales, **{name: CHANGES[name]}) != default
