"""Portfolio sheets: worked by hand on four accounts, made for all from the command line, and as pages."""

from __future__ import annotations

import json
import re

import openpyxl
import pytest

from analysis import cli, open_dataset
from analysis.errors import CarteraError
from analysis.language import use_language
from analysis.not_possible import NotPossible
from analysis.owners import named
from analysis.sheets import portfolio_sheet, sheet_data

# Net sales of the twelve months to 31 December 2024: 800, 150, 40 and 10, in all 1,000. So ana is A (up to
# 80 %), bea B (up to 95 %), the others C. carl is new; dora, whose size is not known, is in the lowest third,
# and belongs to Mia, who sold to her. eve bought in 2022 only and is no account.
SALES = """customer_id,date,amount,salesperson,channel
ana,2022-03-01,5,Leo,web
ana,2023-05-01,50,Leo,web
ana,2024-05-01,800,Mia,web
bea,2022-04-01,5,Leo,web
bea,2024-12-31,150,Leo,shop
carl,2024-03-01,40,Leo,shop
dora,2022-05-01,5,Mia,shop
dora,2024-01-01,30,Mia,shop
dora,2024-02-01,-20,Mia,shop
eve,2022-06-01,5,Mia,shop
"""
CUSTOMERS = """customer_id,name,size,sector,salesperson,potential
ana,Ana Ltd,Grande,Trade,Leo,
bea,Bea <Ltd>,mediana,Trade,Leo,500
carl,Carl,Grande,Industry,Leo,
dora,Dora,,Industry,,
eve,Eve,Micro,Trade,Mia,
"""
# Of Leo's prospects one may buy as much as the least of class A (800), one as the least of B (150).
LEADS = """lead_id,created,stage,estimated_value,salesperson
L1,2024-10-01,prospect,900,Leo
L2,2024-10-01,potential,200,Leo
L3,2024-10-01,prospect,,Leo
L4,2024-10-01,lead,900,Leo
L5,2024-10-01,customer,900,Leo
L6,2024-10-01,prospect,900,Mia
"""


@pytest.fixture
def folder(tmp_path):
    data = tmp_path / "firm"
    data.mkdir()
    for name, text in (("sales", SALES), ("customers", CUSTOMERS), ("leads", LEADS)):
        (data / f"{name}.csv").write_text(text, "utf-8")
    return data


@pytest.fixture
def sheet(folder):
    return portfolio_sheet(sheet_data(open_dataset(str(folder)), activity_window=300), "Leo")


def test_accounts_by_billing_and_type(sheet):
    assert sheet.accounts["customer_id"].tolist() == ["ana", "bea", "carl"]
    tables = sheet.tables()
    assert tables["sheet_billing"]["accounts"].tolist() == [1, 1, 1]
    assert tables["sheet_billing"]["billing"].tolist() == ["High (F.A)", "Medium (F.M)", "Low (F.B)"]
    assert tables["sheet_types"]["account_type"].tolist() == ["Large", "Medium", "Small", "New (first year)"]
    assert tables["sheet_types"]["accounts"].tolist() == [1, 1, 0, 1]
    assert tables["sheet_types"]["share"].tolist() == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3])
    mias = portfolio_sheet(sheet.data, "Mia")
    assert mias.accounts[["customer_id", "type", "billing"]].to_numpy().tolist() == [["dora", "small", "C"]]


def test_prospects_are_classed_as_customers_are(sheet):
    assert sheet.tables()["sheet_prospects"]["prospects"].tolist() == [1, 1, 1]


def test_best_active_accounts(sheet):
    """carl's purchase lies 305 days back, ana's 244, bea's none."""
    best = sheet.tables()["sheet_accounts"]
    assert best.to_dict("list") == {
        "name": ["Ana Ltd", "Bea <Ltd>"],
        "letter": ["F.A", "F.M"],
        "before": [50, 0],
        "now": [800, 150],
    }
    assert sheet.headings()["before"] == "2023"
    assert sheet.headings()["now"] == "2024"
    assert "2024 is over: nothing of it is left to project." in sheet.notes()


def test_growth_potential_says_where_and_on_what_it_rests(sheet):
    assert sheet.tables()["sheet_potential"].to_dict("list") == {
        "name": ["Bea <Ltd>"],
        "net_sales": [150],
        "growth_potential": [350],  # of the 500 it declares
        "basis": ["declared"],
    }
    mias = portfolio_sheet(sheet.data, "Mia")
    assert "sheet_potential" not in mias.tables()
    assert "No growth potential is known of these accounts." in mias.notes()


def test_what_stands_under_the_title(sheet):
    assert sheet.lines() == [
        "31 Dec 2024",
        "Speciality: Trade and Industry (100% of net sales)",
        "3 accounts with net sales of 990 in twelve months, 99.0% of the whole portfolio. 2 are active: they "
        "bought in the last 300 days.",
    ]


def test_a_year_under_way_is_projected():
    data = sheet_data(open_dataset("demo", as_of="2025-09-30"))
    assert data.years == ("2024", "2025 to date", "2025 projected")
    assert data.owners() == ["V01", "V02", "V03", "V04", "V05", "V06"]
    best = portfolio_sheet(data, "V06").tables()["sheet_accounts"]
    assert len(best) == 10
    assert (best["ahead"] >= best["now"] - 0.01).all()  # cents: sums in another order
    on_sheets = sum(len(portfolio_sheet(data, owner).accounts) for owner in data.owners())
    assert on_sheets == data.accounts["belongs_to"].notna().sum()


@pytest.mark.parametrize(
    ("by", "owners"), [("channel", ["shop", "web"]), ("sector", ["Industry", "Trade"]), ("size", None)]
)
def test_sheets_by_another_column(folder, by, owners):
    data = sheet_data(open_dataset(str(folder)), by)
    assert data.owners() == (owners or ["Grande", "mediana"])
    page = portfolio_sheet(data, data.owners()[0])
    assert "Prospects are not shown: it takes leads that say whose they are." in page.notes()


def test_a_column_or_an_owner_that_is_not_there_is_named(folder):
    dataset = open_dataset(str(folder))
    with pytest.raises(CarteraError, match="there is salesperson, sector, size and channel"):
        sheet_data(dataset, "region")
    missing = portfolio_sheet(sheet_data(dataset), "Leon")
    assert isinstance(missing, NotPossible)
    assert "Did you mean 'Leo'?" in missing.reason


def test_without_any_owner():
    with pytest.raises(CarteraError, match="no salesperson, sector, region or channel"):
        sheet_data(open_dataset("cdnow-sample"))


def ran(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["cartera", "run", *map(str, arguments)])
    with pytest.raises(SystemExit) as done:
        cli.main()
    return done.value.code


def test_the_command_makes_them_all(monkeypatch, folder, tmp_path, capsys):
    out = tmp_path / "out"
    for _time in range(2):  # the second run takes the place of the first
        assert ran(monkeypatch, folder, "--by", "salesperson", "--out", out) == 0
    printed = capsys.readouterr()
    assert len(re.findall("Portfolio sheets: done after", printed.err)) == 2
    made = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert made == [
        "index.html",
        "run.json",
        *(f"sheets/{n}.{k}" for n in ("Leo", "Mia") for k in ("html", "xlsx")),
    ]
    index = (out / "index.html").read_text("utf-8")
    assert 'href="sheets/Leo.html"' in index
    assert "on no sheet" not in index
    page = (out / "sheets" / "Leo.html").read_text("utf-8")
    assert "Bea &lt;Ltd&gt;" in page
    assert "<Ltd>" not in page
    book = openpyxl.load_workbook(out / "sheets" / "Leo.xlsx")
    cells = [cell.value for row in book["Leo"].iter_rows() for cell in row if cell.value is not None]
    assert cells[0] == "Customer portfolio: Leo"
    assert cells[-1] == "Notes"
    assert {"Bea <Ltd>", 800, 350} <= set(cells)
    assert json.loads((out / "run.json").read_text("utf-8"))["notebooks"] == []


def test_by_default_beside_the_report(monkeypatch, folder, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert ran(monkeypatch, folder, "--by", "sector") == 0
    assert (tmp_path / "reports" / "firm-by-sector" / "sheets" / "Trade.html").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "colour"], "There is no column 'colour'"),
        (["--by", "sector", "--notebooks", "1"], "leave out --notebooks"),
        (["--by", "sector", "-p", "activity_window=9"], "leave out --notebooks, --parameter and --pdf"),
    ],
)
def test_what_cannot_be_made_is_said_in_one_sentence(monkeypatch, folder, capsys, arguments, message):
    out = folder.parent / "out"
    assert ran(monkeypatch, folder, *arguments, "--out", out) == 1
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_owner_is_the_seller_of_most_where_the_customers_name_none(tmp_path):
    """Customers name Mia for ana. To bea Leo sold most in twelve months, Mia before; to cy nobody known."""
    rows = ["ana,2023-01-10,9,Leo", "bea,2021-01-10,99,Mia", "bea,2023-02-10,9,Leo", "bea,2023-03-10,5,Mia"]
    sales = "\n".join(["customer_id,date,amount,salesperson", *rows, "cy,2023-03-10,5,"])
    (tmp_path / "sales.csv").write_text(sales, "utf-8")
    (tmp_path / "customers.csv").write_text("customer_id,name,salesperson\nana,Ana,Mia\nbea,Bea,\n", "utf-8")
    dataset = open_dataset(str(tmp_path))
    found = named(dataset, dataset.query("customers"))
    assert found["owner"].fillna("").tolist() == ["Mia", "Leo", ""]
    assert found["name"].fillna("").tolist() == ["Ana", "Bea", ""]


def test_files_of_owners_whose_names_differ_in_case_only(monkeypatch, tmp_path):
    data = tmp_path / "sales.csv"
    rows = [("a", "leo"), ("b", "LEO"), ("c", "no/name")]
    lines = [f"{one},2024-0{i}-01,10,{owner}" for one, owner in rows for i in range(1, 9)]
    data.write_text("customer_id,date,amount,salesperson\n" + "\n".join(lines), "utf-8")
    assert ran(monkeypatch, data, "--by", "salesperson", "--out", tmp_path / "out") == 0
    names = {path.stem for path in (tmp_path / "out" / "sheets").glob("*.html")}
    assert len({name.casefold() for name in names}) == 3


def test_in_spanish(sheet):
    use_language("es")
    assert sheet.title() == "Cartera de clientes: Leo"
    assert sheet.tables()["sheet_types"]["account_type"].tolist()[-1] == "Nueva (primer año)"
