"""What in the sales looks like a mistake is said with its line; what leads to net sales adds up."""

import datetime as dt

import pytest

from analysis.report.account import reconciliation
from intake import opened, write


def _sales(rows, header="customer,date,amount"):
    return header + "\n" + "\n".join(rows) + "\n"


def _days(n, amount="10", first=dt.date(2023, 1, 1), step=7):
    return [f"C{i % 9},{first + dt.timedelta(days=step * i)},{amount}" for i in range(n)]


def test_a_line_that_is_most_of_the_money(tmp_path):
    rows = _days(80)
    rows[40] = "C1,2023-10-08,900"  # of 79 × 10 + 900 = 1690 that is 53 %
    said = opened(tmp_path, _sales(rows)).quality.warnings
    assert said[0] == "sales.csv, line 42: 900.00 is 53 % of all money. Is it right?"


def test_money_on_rejected_rows_is_an_alarm_though_the_rows_are_few(tmp_path):
    rows = [*_days(80), "C1,31/02/2024,90"]  # 90 of 80 × 10 + 90 = 890 is 10 %, one row of 81 is 1 %
    said = opened(tmp_path, _sales(rows)).quality.warnings
    assert said[0].startswith("10 % of the money (90.00) is on rows that were rejected")


def test_a_price_far_from_that_of_the_product(tmp_path):
    rows = [f"C{i % 9},2023-{1 + i % 12:02}-01,P1,2,10" for i in range(60)]
    rows[9] = "C1,2023-05-01,P1,1,8000"  # 8,000 each, where 5 each is usual
    dataset = opened(tmp_path, _sales(rows, "customer,date,product,quantity,amount"))
    assert (
        "sales.csv, line 11: a price of 8,000.00 for 'P1', whose usual price is 5.00. Is it right?"
        in dataset.quality.warnings
    )


def test_months_without_sales_and_years_far_from_all_others(tmp_path):
    rows = [*_days(60), *_days(60, first=dt.date(2024, 6, 3))]  # nothing from 18 February to 3 June 2024
    assert (
        "There is no sale between Mar 2024 and May 2024. Are rows missing?"
        in opened(tmp_path, _sales(rows)).quality.warnings
    )
    said = opened(tmp_path, _sales(["C1,2005-03-01,10", *_days(120)])).quality.warnings
    assert said[0].startswith("Rows lie 213 months apart from all others (1, such as in sales.csv, line 2,")


@pytest.mark.parametrize(("last", "is_short"), [("20", True), ("28", False)])
def test_a_last_month_that_is_not_whole(tmp_path, last, is_short):
    rows = [*_days(45), f"C1,2023-12-{last},10"]
    said = f"The data end on {last} Dec 2023: the last month is not whole."
    assert (said in opened(tmp_path, _sales(rows)).quality.warnings) == is_short


def test_names_that_may_be_one_customer_are_told_and_merged_only_on_demand(tmp_path):
    text = "customer,date,amount\nAna Ruiz,2024-01-02,10\nANA RUIZ,2024-01-03,5\nPeña S.L.,2024-01-04,7\n"
    dataset = opened(tmp_path, text)
    assert len(dataset.query("customers")) == 3
    (said,) = (one for one in dataset.quality.warnings if "may be the same" in one)
    assert "(groups: 1, net sales: 15.00), such as 'Ana Ruiz' and 'ANA RUIZ'" in said
    settings = "same_customer: [[Ana Ruiz, ANA RUIZ]]\ntransactions: {file: sales.csv}\n"
    from analysis import open_dataset

    merged = open_dataset(write(tmp_path, "dataset.yml", settings)).query("customers")
    assert merged.set_index("customer_id")["net_sales"].astype(float).to_dict() == {
        "Ana Ruiz": 15, "Peña S.L.": 7,
    }  # fmt: skip


def test_the_way_from_the_total_of_the_file_to_net_sales(tmp_path):
    """By hand: the file has 121 + 12.10 + 30 + 60.50 = 223.60; 21 + 2.10 + 10.50 of it are tax."""
    text = (
        "order,customer,date,status,total with tax,tax\n"
        "1,A,2023-03-01,paid,121.00,21.00\n"
        "2,B,2024-01-05,paid,12.10,2.10\n"
        "3,,2024-01-06,paid,30.00,\n"
        "4,A,2024-02-01,cancelled,60.50,10.50\n"
    )
    table = reconciliation(opened(tmp_path, text)).frame.set_index("what")
    assert table["All"].round(2).to_dict() == {
        "Total of the file": 223.6,
        "Worked out: order values, signs, taxes, discounts, refunds": -33.6,
        "Left out: No customer": -30,
        "Left out: Sales marked as cancelled": -50,
        "Net sales": 110,
    }
    assert table.loc["Net sales"].to_dict() == {"2023": 100, "2024": 10, "All": 110}
    assert (table.iloc[:-1].sum() - table.iloc[-1]).abs().max() < 1e-9
    by_month = reconciliation(opened(tmp_path, text), "month").frame.set_index("what")
    assert by_month["Net sales"].to_dict() == {"2023-03": 100, "2024-01": 10, "2024-02": 0, "All": 110}


def test_the_total_of_the_file_has_credit_notes_as_they_are_written(tmp_path):
    """By hand: the file has 10 + 20 + 4 = 34; the 4 are taken off, so that net sales are 34 − 8 = 26."""
    rows = "A,2024-01-01,10,Invoice\nB,2024-01-05,20,Invoice\nA,2024-02-03,4,Credit note\n"
    dataset = opened(tmp_path, f"customer,date,amount,document type\n{rows}")
    steps = reconciliation(dataset).frame.set_index("what")["All"]
    assert (steps["Total of the file"], steps["Net sales"]) == (34, 26)
