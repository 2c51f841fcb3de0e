"""The account of a data set of several tables, as the terminal, the front page and the notebooks show it."""

import pytest

from analysis import open_dataset
from analysis.report import account
from intake import opened, write

SALES = """\
    customer_id,date,amount
    A,2024-01-10,100
    B,2024-02-11,50
    B,soon,10
    """


@pytest.fixture
def several(tmp_path):
    """Sales with a row that is rejected, and surveys of whom one did not buy."""
    write(tmp_path, "sales.csv", SALES)
    write(tmp_path, "surveys.csv", "customer_id,date,score\nA,2024-02-01,9\nZ,2024-02-02,3\n")
    return open_dataset(str(tmp_path))


def test_sales_alone_need_no_overview(tmp_path):
    dataset = opened(tmp_path, SALES)
    assert account.overview(dataset) is None
    assert account.missing_tables(dataset) == ""
    assert [one.frame["rows"].tolist() for one in account.accounts(dataset)] == [[2, 1, 3]]


def test_overview_counts_each_table(several):
    overview = account.overview(several)
    assert overview.frame.to_dict("records") == [
        {"table": "Sales", "rows": 3, "kept": 2, "excluded": 0, "rejected": 1},
        {"table": "Surveys", "rows": 2, "kept": 2, "excluded": 0, "rejected": 0},
    ]


def test_links_are_shown_with_their_verdict(several):
    links = account.accounts(several)[-1].frame
    assert links.to_dict("records") == [
        {
            "what": "Surveys: rows of customers without sales: 1 of 2 (customers: 1, such as 'Z').",
            "verdict": "look at it",
        }
    ]


def test_tables_not_given_are_named(several):
    sentence = account.missing_tables(several)
    assert sentence.startswith("Not given: Customers, Invoices,")
    assert "Surveys" not in sentence


def test_check_prints_every_table_of_demo_and_each_link(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    account.print_account("demo", None)
    printed = capsys.readouterr().out
    for title in ("Sales", "Customers", "Invoices", "Surveys", "Leads", "Acquisition spending", "Campaigns",
                  "Contracts", "Market", "Stock", "Deliveries"):  # fmt: skip
        assert f"│ {title} " in printed
    assert printed.count("holds") >= 15
    assert "look at it" not in printed
