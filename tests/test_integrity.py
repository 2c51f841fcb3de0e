"""What the tables say of each other, counted by hand."""

import pandas as pd
import pytest

from analysis.dataset.integrity import find_links
from analysis.dataset.ledger.intake_result import Records
from analysis.dataset.quality import Quality
from tables import write_table

SALES = """
    customer_id date amount order_id product_id
    A 2024-01-10 60 F1 X
    A 2024-01-10 40 F1 Y
    B 2024-02-10 50 F2 X
    C 2024-03-10 70 F3 X
    """
"""F1 adds up to 100, F2 to 50, F3 to 70."""


@pytest.fixture
def links(tmp_path):
    """Return a function that gives the links of the sales and other tables."""

    def found(sales=SALES, **tables):
        nothing = Quality(pd.DataFrame(), pd.DataFrame())
        texts = {"transactions": sales, **tables}
        for name, text in texts.items():
            write_table(tmp_path, name, text)
        columns = {name: text.split("\n")[1].split() for name, text in texts.items()}
        return find_links({name: Records(nothing, frozenset(c)) for name, c in columns.items()}, tmp_path)

    return found


def _checked(found):
    return found.table, found.rows, found.of, str(found.note)


def _said(links):
    return [_checked(found) for found in links.findings if found.rows]


def test_tables_that_hold_together_say_nothing(links):
    found = links(
        customers="\ncustomer_id name\nA Ana\nB Bea\nC Carl\n",
        invoices="\ninvoice_id customer_id issued due amount\nF1 A 2024-01-10 2024-02-10 100\n",
        stock="\nproduct_id on_hand\nX 5\n",
    )
    assert (_said(found), found.alarms) == ([], {})


def test_customers_without_sales_and_sales_without_a_customer_record(links):
    found = links(customers="\ncustomer_id name\nA Ana\nD Dora\nE Eva\nF Fay\n")
    assert _said(found) == [
        (
            "transactions",
            2,
            4,
            "Sales: rows of customers without a record: 2 of 4 (customers: 2, such as 'B').",
        ),
        ("customers", 3, 4, "Customers: rows of customers without sales: 3 of 4, such as 'D'."),
    ]
    assert not found.alarms


def test_rows_and_customers_are_counted_apart(links):
    surveys = "\ncustomer_id date score\nA 2024-01-01 9\nZ 2024-01-01 9\nZ 2024-02-01 1\nY 2024-01-01 9\n"
    assert _said(links(surveys=surveys)) == [
        (
            "surveys",
            3,
            4,
            "Surveys: rows of customers without sales: 3 of 4 (customers: 2, such as 'Y').",
        ),
    ]


def test_a_code_that_is_not_given_is_no_broken_link(links):
    leads = "\nlead_id created customer_id\nL1 2024-01-01 A\nL2 2024-01-01 -\nL3 2024-01-01 Z\n"
    assert [(rows, of) for _table, rows, of, _note in _said(links(leads=leads))] == [(1, 2)]


def test_days_out_of_sequence(links):
    leads = """
        lead_id created qualified won
        L1 2024-01-10 2024-01-10 2024-01-10
        L2 2024-01-10 2024-01-05 2024-01-09
        L3 2024-01-10 2024-02-10 2024-02-09
        L4 2024-01-10 - 2023-12-31
        L5 2024-01-10 - -
        """
    assert [(rows, of, note) for _table, rows, of, note in _said(links(leads=leads))] == [
        (2, 4, "Leads: rows won before they were created: 2 of 4, such as 'L2'."),
        (1, 3, "Leads: rows won before they were qualified: 1 of 3, such as 'L3'."),
    ]


def test_invoices_that_are_not_the_sum_of_their_lines(links):
    invoices = """
        invoice_id customer_id issued due amount
        F1 A 2024-01-10 2024-02-10 60
        F1 A 2024-01-10 2024-02-10 39.99
        F2 B 2024-02-10 2024-03-10 50.02
        F9 B 2024-02-10 2024-03-10 999
        """
    found = links(invoices=invoices)
    assert _said(found) == [
        ("invoices", 1, 4, "Invoices: rows that stand in no sale: 1 of 4, such as 'F9'."),
        (
            "invoices",
            1,
            2,
            "Invoices: totals that differ from the sum of their lines by more than 0.01: 1 of 2, such as "
            "that of 'F2' (50.02 against 50.00).",
        ),
    ]
    assert not found.alarms


def test_invoices_with_tax(links):
    invoices = """
        invoice_id customer_id issued due amount
        F1 A 2024-01-10 2024-02-10 121
        F2 B 2024-02-10 2024-03-10 60.5
        F3 C 2024-02-10 2024-03-10 84.7
        """
    (alarm,) = links(invoices=invoices).alarms["invoices"]
    assert "amounts are about 21 % above the sum of their lines" in str(alarm)
    assert "'prices_include_tax' under 'invoices'" in str(alarm)


def test_a_link_without_codes_in_the_sales_is_not_checked(links):
    sales = "\ncustomer_id date amount\nA 2024-01-10 60\n"
    invoices = "\ninvoice_id customer_id issued due amount\nF1 A 2024-01-10 2024-02-10 60\n"
    assert [note for *_counts, note in map(_checked, links(sales=sales, invoices=invoices).findings)] == [
        "Invoices: no rows of customers without sales, out of 1.",
        "Invoices: no rows due before they were issued, out of 1.",
    ]


@pytest.mark.parametrize("codes", ["0001 0002 0003", "c-1 c-2 c-3", "C1 C2 C3"])
def test_codes_that_match_but_for_zeros_signs_or_case(links, codes):
    first, second, third = codes.split()
    sales = (
        f"\ncustomer_id date amount\n{first} 2024-01-10 60\n{second} 2024-01-10 60\n{third} 2024-01-10 60\n"
    )
    other = {"0001": "1 2 3", "c-1": "C1 C2 C3", "C1": "c01 c2 c3"}[first].split()
    surveys = "\ncustomer_id date score\n" + "".join(f"{code} 2024-01-01 9\n" for code in other)
    (alarm,) = links(sales=sales, surveys=surveys).alarms["surveys"]
    if first == "C1":
        assert "case: 2, such as" in str(alarm), "c01 is another code than C1"
    else:
        assert "Surveys: codes in 'customer_id' that are in 'customer_id' of the table Sales" in str(alarm)
        assert f"case: 3, such as '{other[0]}'" in str(alarm)
    assert "but for leading zeros, signs or case" in str(alarm)


def test_names_of_which_no_letter_is_latin_are_not_alike(links):
    sales = "\ncustomer_id date amount\n東京 2024-01-10 60\n- 2024-01-10 60\n00 2024-01-10 60\n"
    surveys = "\ncustomer_id date score\n大阪 2024-01-01 9\n0 2024-01-01 9\n"
    (alarm,) = links(sales=sales, surveys=surveys).alarms["surveys"]
    assert "only 0 are in" in str(alarm)


def test_codes_that_have_nothing_in_common(links):
    surveys = "\ncustomer_id date score\nana@x.es 2024-01-01 9\nbea@x.es 2024-01-01 9\n"
    (alarm,) = links(surveys=surveys).alarms["surveys"]
    assert str(alarm) == (
        "Surveys: of 2 codes in 'customer_id', such as 'ana@x.es', only 0 are in 'customer_id' of the "
        "table Sales, such as 'A'. Are codes written alike in both?"
    )


def test_most_customers_without_sales_are_no_alarm_while_some_match(links):
    customers = "\ncustomer_id name\nA Ana\n" + "".join(f"Q{i} Quim\n" for i in range(10, 25))
    assert "customers" not in links(customers=customers).alarms
