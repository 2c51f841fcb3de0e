"""``report.xlsx``, opened with another library: what is in it, and every cell as in the Parquet file."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pandas as pd
import pytest

from analysis import open_dataset
from analysis.display_names import words
from analysis.report import tables, workbook
from analysis.year_figures import YearFigure

TITLES = {"01_portfolio": "1. The portfolio: what", "01_portfolio_audit": "1b", "03_churn": "3. Churn: who"}
FOUND = [
    {"text": "Small.", "money": 5.5, "action": "", "notebook": "01_portfolio"},
    {"text": "=cmd()", "money": None, "action": None, "notebook": "03_churn"},
    {"text": "Large.", "money": 100, "action": "Call.", "notebook": "03_churn"},
]


FIGURES = [
    YearFigure("net_sales", 1200.5, 1000.25, pd.Series(dtype=float), "USD"),
    YearFigure("new_customers", 7, None, pd.Series(dtype=float)),
    YearFigure("satisfied_share", 0.5, 0.75, pd.Series(dtype=float)),
]


def profile(size=40):
    """Customers in another order than by net sales, with cells of every kind, missing ones too."""
    return pd.DataFrame(
        {
            "customer_id": [f"{i:04}" for i in range(size)],
            "name": ["=1+1", None, *["Ñu"] * (size - 2)],
            "last_purchase": pd.to_datetime([None, *["2024-02-29"] * (size - 1)]),
            "purchase_days": range(size),
            "net_sales": [i + 0.25 for i in range(size)],
            "net_sales_2023": [float("nan"), *[1.0] * (size - 1)],
            "active": [True, False] * (size // 2),
            "consent": pd.array([None, True] * (size // 2), dtype="boolean"),
            "risk": [0.5] * size,
        }
    )


@pytest.fixture
def report(tmp_path):
    """Tables of three notebooks as a run leaves them."""
    small = pd.DataFrame({"step": ["a", "b"], "amount": [1.5, None]})
    left = {
        "01_portfolio/bridge": small,
        "01_portfolio/growth": small.assign(amount=2.0),
        "01_portfolio/five": small.assign(amount=5.0),  # of a lesson
        "01_portfolio_audit/mix": small,
        "03_churn/again": small,  # shown before
        "03_churn/nothing": small.head(0),
        "03_churn/everybody": profile()[["customer_id", "risk"]],
        "03_churn/watch_list": profile(38),
    }
    for name, frame in left.items():
        path = tmp_path / "tables" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tables.to_parquet(frame))
    (tmp_path / "customers.parquet").write_bytes(tables.to_parquet(profile()))
    return tmp_path


def written(report):
    entry = {"function": "topic.made", "queries": ["customers"], "files": ["/data/sales.csv"]}
    names = [
        path.relative_to(report / "tables").with_suffix("") for path in report.glob("tables/*/*.parquet")
    ]
    sources = {name.as_posix(): entry | {"lesson": name.name == "five"} for name in names}
    told = workbook.Told(FIGURES, FOUND, TITLES, sources | {"customers": entry})
    workbook.write(report, told, open_dataset("cdnow-sample"))
    return openpyxl.load_workbook(report / workbook.NAME)


def test_what_has_a_sheet(report):
    """Small tables of a part together, each list alone; no empty one, none twice, no check of models."""
    book = written(report)
    assert book.sheetnames == [
        "Summary",
        "Contents",
        "Every customer, with all…",
        "1. The portfolio",
        "3 Active customers  those…",
    ]
    rows = [[cell.value for cell in row] for row in book["Contents"].iter_rows(min_row=6)]
    assert [(row[0], row[3], row[4]) for row in rows] == [
        ("Every customer, with all…", 40, "customers.parquet"),
        ("1. The portfolio", 2, "tables/01_portfolio/bridge.parquet"),
        ("1. The portfolio", 2, "tables/01_portfolio/growth.parquet"),
        ("3 Active customers  those…", 38, "tables/03_churn/watch_list.parquet"),
    ]
    assert {row[5] for row in rows} == {"topic.made · sql/customers.sql · sales.csv"}
    for cell in (cell for cell, *_rest in book["Contents"].iter_rows(min_row=6)):
        assert cell.hyperlink.location == f"'{cell.value}'!A1"


def test_the_first_sheet_has_the_figures_of_the_front_page_and_the_findings(report):
    """Each figure in its own unit, with its difference; the findings with most money first."""
    sheet = written(report)["Summary"]
    rows = [
        [(cell.value, cell.number_format) for cell in row[:4]]
        for row in sheet.iter_rows(min_row=7, max_row=9)
    ]
    money, count, share = '"US$"#,##0', "#,##0", "0.0%"
    assert rows == [
        [("Net sales", "@"), (1200.5, money), (1000.25, money), (200.25, money)],
        [("New customers", "@"), (7, count), (None, "General"), (None, "General")],
        [("Satisfied customers", "@"), (0.5, share), (0.75, share), (-0.25, share)],
    ]
    found = [[cell.value for cell in row[:3]] for row in sheet.iter_rows(min_row=13)]
    assert found == [["Large.", 100, "Call."], ["Small.", 5.5, None], ["=cmd()", None, None]]
    assert sheet["A15"].data_type == "s"


@pytest.mark.parametrize(("sheet", "file"), [(2, "customers"), (4, "tables/03_churn/watch_list")])
def test_every_cell_is_what_the_parquet_file_has(report, sheet, file):
    sheet = written(report).worksheets[sheet]
    frame = pd.read_parquet(report / f"{file}.parquet")
    if file == "customers":
        frame = frame.sort_values("net_sales", ascending=False)
    head = int(sheet.freeze_panes.removeprefix("A")) - 1
    labels = words("customer_profile", frame)["labels"]
    assert labels["net_sales_2023"] == "Net sales 2023"
    if file == "customers":
        assert [cell.value for cell in sheet[head]] == [labels[name] for name in frame]
        money = [
            sheet.cell(head + 1, 1 + list(frame).index(name)) for name in ("net_sales", "net_sales_2023")
        ]
        assert {cell.number_format for cell in money} == {'"US$"#,##0'}
    assert sheet.auto_filter.ref == f"A{head}:I{head + len(frame)}"
    cells_below = sheet.iter_rows(min_row=head + 1)
    for row, cells in zip(frame.itertuples(index=False, name=None), cells_below, strict=True):
        for value, cell in zip(row, cells, strict=True):
            if pd.isna(value):
                assert cell.value is None
            elif pd.api.types.is_bool(value):
                assert cell.value == ("yes" if value else "no")
            elif isinstance(value, pd.Timestamp):
                assert isinstance(cell.value, dt.datetime)
                assert cell.value == value
                assert cell.is_date
            else:
                assert cell.value == value
                assert cell.data_type == ("s" if isinstance(value, str) else "n")


def test_a_sheet_has_the_first_rows_and_says_so(report, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 35)
    sheet = written(report).worksheets[2]
    assert sheet["A2"].value == "The first 35 of 40 rows by value; all of them are in customers.parquet."
    amounts = [sheet.cell(row, 5).value for row in range(6, 41)]
    assert (amounts[0], amounts[-1], sheet.max_row) == (39.25, 5.25, 40)


def test_without_customers_or_findings(tmp_path):
    workbook.write(tmp_path, workbook.Told([], [], TITLES, {}), open_dataset("cdnow-sample"))
    assert openpyxl.load_workbook(tmp_path / workbook.NAME).sheetnames == ["Summary", "Contents"]
