"""A data set of several tables, from the folder to the engine; what is broken is told, or left out."""

import datetime as dt

import pandas as pd
import pytest
import xlsxwriter

from analysis import open_dataset
from analysis.dataset.ledger.intake_result import Formats, load
from analysis.errors import CarteraError
from analysis.language import use_language
from intake import write

FILES = {
    "ventas_2024.csv": """\
        Nº factura;Fecha;Cliente;Importe neto
        F1;31/01/2024;00123;1.234,50
        F2;15/02/2024;B;20,00
        F3;31/03/2024;B;-5,00
        """,
    "clientes.csv": """\
        Cliente;Nombre;Sector
        00123;Ana;Hogar
        C;Carla;Hogar
        """,
    "facturas.csv": """\
        Nº factura;Cliente;Fecha;Vencimiento;Fecha cobro;Importe
        F1;00123;31/01/2024;01/03/2024;05/04/2024;1234,50
        F2;B;15/02/2024;15/03/2024;10/03/2024;21,00
        """,
    "encuestas.csv": "Cliente;Fecha;Puntuación\nB;05/02/2024;9\nB;05/04/2024;3\n",
    "notas.csv": "uno;dos\n1;2\n",
}
"""Of the sales F1 is by customer 00123, F2 and F3 by B; the last sale is of 31 March."""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "empresa"
    path.mkdir()
    for name, text in FILES.items():
        write(path, name, text)
    return path


def _rows(dataset, table, column):
    return list(pd.read_parquet(dataset.folder / f"{table}.parquet")[column])


def test_a_folder_of_tables(folder):
    dataset = open_dataset(str(folder))
    assert (
        list(dataset.tables) == list(dataset.accounts) == ["transactions", "customers", "invoices", "surveys"]
    )
    assert dataset.tables["customers"] == {"customer_id", "name", "sector"}
    assert (dataset.columns, dataset.quality) == (
        dataset.tables["transactions"],
        dataset.accounts["transactions"],
    )
    assert _rows(dataset, "customers", "customer_id") == ["00123", "C"]
    assert _rows(dataset, "invoices", "due") == [dt.date(2024, 3, 1), dt.date(2024, 3, 15)]
    assert list(dataset.inputs) == [str(folder / name) for name in list(FILES)[:4]]
    assert any("notas.csv" in sentence for sentence in dataset.quality.assumptions)


def test_what_the_engine_shows_ends_at_the_last_sale(folder, monkeypatch):
    monkeypatch.setattr(
        "analysis.engine.queries.sql_text",
        lambda name: f"select count(*) as n, count({name.split()[1]}) as filled from {name.split()[0]}",
    )
    dataset = open_dataset(str(folder))
    assert list(dataset.query("surveys score").iloc[0]) == [1, 1]
    assert list(dataset.query("invoices paid").iloc[0]) == [2, 1]
    assert list(dataset.query("all_invoices paid").iloc[0]) == [2, 2]
    assert "Rows kept that are dated after 31 Mar 2024 and are not seen: 1." in " ".join(
        dataset.accounts["surveys"].assumptions
    )


def test_links_are_kept_with_the_account(folder):
    for _again in range(2):
        checked = open_dataset(str(folder)).links
        links = [found for found in checked if found.rows]
        assert len(checked) > len(links)
        assert [(found.table, found.rows, found.of) for found in links] == [
            ("transactions", 2, 3),
            ("customers", 1, 2),
            ("invoices", 1, 2),
        ]
        assert "such as that of 'F2' (21.00 against 20.00)" in str(links[2].note)
    use_language("es")
    assert str(links[1].note) == "Clientes: filas de clientes sin ventas: 1 de 2, por ejemplo «C»."


def test_a_workbook_of_tables_is_the_same(folder, tmp_path):
    before = open_dataset(str(folder))
    book = xlsxwriter.Workbook(str(tmp_path / "empresa.xlsx"))
    for name, text in FILES.items():
        sheet = book.add_worksheet(name.removesuffix(".csv"))
        for i, line in enumerate(text.splitlines()):
            sheet.write_row(i, 0, line.strip().split(";"))
    book.close()
    after = open_dataset(str(tmp_path / "empresa.xlsx"))
    assert after.tables == before.tables
    for name in before.tables:
        first, second = (pd.read_parquet(d.folder / f"{name}.parquet") for d in (before, after))
        pd.testing.assert_frame_equal(first, second)


def test_every_broken_table_is_told(folder):
    write(folder, "encuestas.csv", "")
    write(folder, "clientes.csv", "Zona;Sector\nMadrid;Hogar\n")
    with pytest.raises(CarteraError) as error:
        open_dataset(str(folder))
    first, second, *rest = str(error.value).splitlines()
    assert first.startswith("Customers: clientes.csv: no column for 'customer_id'")
    assert second.startswith("Surveys: encuestas.csv is empty")
    assert rest == ["To go on without what cannot be read, write 'broken_tables: leave_out' in dataset.yml."]


def test_broken_sales_are_told_first_and_with_the_others(folder):
    write(folder, "ventas_2024.csv", "")
    write(folder, "encuestas.csv", "")
    write(folder, "dataset.yml", "broken_tables: leave_out\n")
    with pytest.raises(CarteraError) as error:
        open_dataset(str(folder))
    assert [line.split(" is empty")[0] for line in str(error.value).splitlines()] == [
        "Sales: ventas_2024.csv",
        "Surveys: encuestas.csv",
    ]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (
            {"encuestas.csv": ""},
            "Surveys: left out, since what there is cannot be read. encuestas.csv is empty",
        ),
        ({"dudas.csv": ""}, "dudas.csv: left out, since what there is cannot be read."),
        ({"encuestas.csv": "Cliente;Fecha;Puntuación\nB;never;9\n"}, "its only row cannot be used"),
    ],
)
def test_what_is_broken_is_left_out_if_asked(folder, broken, reason):
    for name, text in broken.items():
        write(folder, name, text)
    write(folder, "dataset.yml", "broken_tables: leave_out\n")
    dataset = open_dataset(str(folder))
    assert list(dataset.tables)[:3] == ["transactions", "customers", "invoices"]
    assert ("surveys" in dataset.tables) == ("encuestas.csv" not in broken)
    assert any(reason in sentence for sentence in dataset.quality.warnings)
    assert not (dataset.folder / "set_aside_surveys.parquet").exists() or "surveys" in dataset.tables


def test_what_was_guessed_wrongly_stops_nothing(folder):
    (folder / "encuestas.csv").unlink()
    write(folder, "llamadas.csv", "Cliente;Fecha;Nota\nB;31/01/2024;llama por la tarde\n")
    dataset = open_dataset(str(folder))
    assert "surveys" not in dataset.tables
    (alarm,) = [sentence for sentence in dataset.quality.warnings if "llamadas.csv" in sentence]
    assert alarm.startswith("Surveys: llamadas.csv seemed to hold this table by the names of its columns")
    assert not (dataset.folder / "set_aside_surveys.parquet").exists()


def test_a_missing_file_is_a_broken_table(folder):
    write(folder, "dataset.yml", "transactions: {file: ventas_2024.csv}\nsurveys: {file: nps.csv}\n")
    with pytest.raises(CarteraError, match=r"^Surveys: dataset\.yml: there is no file 'nps\.csv' beside it"):
        open_dataset(str(folder))
    write(
        folder,
        "dataset.yml",
        "broken_tables: leave_out\ntransactions: {file: ventas_2024.csv}\nsurveys: {file: nps.csv}\n",
    )
    assert list(open_dataset(str(folder)).tables) == ["transactions"]


def test_a_file_that_cannot_be_opened_is_a_broken_table(folder):
    (folder / "encuestas.csv").unlink()
    (folder / "encuestas.csv").mkdir()
    with pytest.raises(CarteraError, match=r"^Surveys: encuestas\.csv is not a file but a folder"):
        open_dataset(str(folder))


def test_a_table_that_is_left_out_is_read_once_it_is_sound(folder):
    write(folder, "dataset.yml", "broken_tables: leave_out\n")
    write(folder, "encuestas.csv", "")
    assert "surveys" not in open_dataset(str(folder)).tables
    write(folder, "encuestas.csv", FILES["encuestas.csv"])
    assert "surveys" in open_dataset(str(folder)).tables


def test_a_sentence_that_is_kept_is_in_the_language_it_is_read_in(folder):
    write(folder, "dataset.yml", "broken_tables: leave_out\n")
    write(folder, "encuestas.csv", "")
    assert "is empty" in open_dataset(str(folder)).quality.warnings[-1]
    use_language("es")
    assert "está vacío" in open_dataset(str(folder)).quality.warnings[-1]


def test_sales_alone_have_one_account(tmp_path):
    dataset = open_dataset(write(tmp_path, "ventas.csv", FILES["ventas_2024.csv"]))
    assert (list(dataset.tables), list(dataset.accounts), dataset.links) == (
        ["transactions"],
        ["transactions"],
        (),
    )


def test_the_account_is_read_back_as_it_was(folder):
    dataset = open_dataset(str(folder))
    kept = load(dataset.folder / "account.json")
    for name in ("customers", "invoices", "surveys"):
        quality = kept.tables[name].quality
        pd.testing.assert_frame_equal(quality.rows, dataset.accounts[name].rows)
        assert quality.of == name
    assert kept.sales.formats == Formats("day-first", ",", customer="code")


def test_the_tax_is_taken_out_of_every_table_that_includes_it(folder):
    write(folder, "dataset.yml", "prices_include_tax: 0.21\ninvoices: {prices_include_tax: 0}\n")
    dataset = open_dataset(str(folder))
    assert [float(amount) for amount in _rows(dataset, "transactions", "amount")][1] == 16.5289
    assert [float(amount) for amount in _rows(dataset, "invoices", "amount")][1] == 21
