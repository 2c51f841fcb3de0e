"""A dataset.yml that is written says what was recognised, and reads as the file itself does."""

import sqlite3
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
import yaml

from analysis import open_dataset
from analysis.dataset.config import Policies, read_config
from analysis.dataset.schema import TRANSACTIONS
from analysis.dataset.write_config import write_config
from analysis.errors import CarteraError
from analysis.language import use_language
from intake import account, write

TEXT = "Cliente;Fecha;Importe: neto;Uds.\n007;31/01/2024;1.234,50;1\nB;01/02/2024;-2,00;1\nB;nunca;1,00;1\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_is_written_reads_as_the_file_itself(tmp_path, language):
    use_language(language)
    path = write(tmp_path, "ventas: 2024.csv", TEXT.replace("Importe: neto", "Importe neto"))
    before = open_dataset(path)
    written = write_config(path)
    assert written == tmp_path / "dataset.yml"
    after = open_dataset(str(written))
    assert after.name == before.name == "ventas: 2024"
    assert account(after) == account(before)
    settings = read_config(written).transactions
    assert (settings.date_order, settings.decimal) == ("day-first", ",")
    assert settings.columns == {
        "customer_id": "Cliente", "date": "Fecha", "amount": "Importe neto", "quantity": "Uds.",
    }  # fmt: skip


def test_every_key_that_may_be_set_is_there(tmp_path):
    text = write_config(write(tmp_path, "sales.csv", TEXT.replace("Importe: neto", "Importe"))).read_text()
    for column in TRANSACTIONS.columns:
        assert f"    {column.name}:" in text or f"    # {column.name}:" in text
    assert yaml.safe_load(text)["transactions"]["policies"] == Policies().model_dump()


def test_open_questions_stand_beside_their_keys(tmp_path):
    path = write(tmp_path, "sales.csv", "Cliente;Fecha;Base;Neto\n1;02/03/2024;1;2\n")
    text = write_config(path).read_text()
    assert "# To decide: sales.csv: 'Base' and 'Neto' could each be 'amount'" in text
    assert "# date_order: day-first" in text
    answered = text.replace("# date_order: day-first", "date_order: day-first").replace(
        "    # amount:", "    amount: Base"
    )
    (tmp_path / "dataset.yml").write_text(answered)
    assert account(open_dataset(str(tmp_path)))["sale"] == (1, 1)


def test_a_dataset_yml_is_not_replaced(tmp_path):
    path = write(tmp_path, "sales.csv", TEXT)
    write(tmp_path, "dataset.yml", "name: mine")
    with pytest.raises(CarteraError, match=r"dataset\.yml exists already"):
        write_config(path)
    assert (tmp_path / "dataset.yml").read_text() == "name: mine"


def test_a_folder(tmp_path):
    folder = tmp_path / "months"
    folder.mkdir()
    for month in ("01", "02"):
        write(folder, f"{month}.csv", f"customer,date,amount\nA,2024-{month}-01,1\n")
    before = open_dataset(str(folder))
    assert account(open_dataset(str(write_config(str(folder))))) == account(before)


VENTAS = "Cliente;Fecha;Importe;Factura\nA;31/01/2024;1.234,50;F1\nB;01/02/2024;20,00;F2\n"
CLIENTES = "Código;Nombre;Sector;Potencial anual\nA;Ana;Hogar;1.000\nB;Bea;;2.000\n"
FACTURAS = "Nº factura;Cliente;Fecha;Vencimiento;Importe\nF1;A;31/01/2024;01/03/2024;1234,50\n"


def _tables(dataset):
    return {name: pd.read_parquet(dataset.folder / f"{name}.parquet") for name in dataset.tables}


def _same(first, second):
    before, after = _tables(first), _tables(second)
    assert list(before) == list(after)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, after[name])


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "empresa"
    path.mkdir()
    for name, text in [("ventas.csv", VENTAS), ("Clientes (2).csv", CLIENTES), ("facturas.csv", FACTURAS)]:
        write(path, name, text)
    return path


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_folder_of_tables_reads_as_without_it(folder, language):
    use_language(language)
    before = open_dataset(str(folder))
    written = write_config(str(folder))
    _same(before, open_dataset(str(written)))
    config = read_config(written)
    assert config.customers.file == "Clientes (2).csv"
    assert config.customers.columns["customer_id"] == "Código"
    assert (config.customers.decimal, config.invoices.date_order) == (",", "day-first")
    assert set(config.invoices.columns) == {"invoice_id", "customer_id", "issued", "due", "amount"}
    assert "    # paid:  # " in written.read_text()


def test_a_workbook_of_tables_reads_as_without_it(tmp_path):
    book = xlsxwriter.Workbook(str(tmp_path / "libro.xlsx"))
    for name, text in {"Ventas": VENTAS, "Clientes": CLIENTES}.items():
        sheet = book.add_worksheet(name)
        for i, line in enumerate(text.splitlines()):
            sheet.write_row(i, 0, line.split(";"))
    book.close()
    before = open_dataset(str(tmp_path / "libro.xlsx"))
    written = write_config(str(tmp_path / "libro.xlsx"))
    _same(before, open_dataset(str(written)))
    config = read_config(written)
    assert (config.customers.file, config.customers.sheet) == ("libro.xlsx", "Clientes")


def test_a_database_reads_as_without_it(tmp_path):
    connection = sqlite3.connect(tmp_path / "tienda.sqlite")
    connection.executescript("""
        create table ventas (cliente text, fecha text, importe real);
        insert into ventas values ('A', '2024-01-31', 5), ('B', '2024-02-01', 6);
        create table clientes (codigo text, nombre text);
        insert into clientes values ('A', 'Ana');
        """)
    connection.close()
    before = open_dataset(str(tmp_path / "tienda.sqlite"))
    written = write_config(str(tmp_path / "tienda.sqlite"))
    _same(before, open_dataset(str(written)))
    config = read_config(written)
    assert (config.database, config.customers.table) == ("tienda.sqlite", "clientes")


def test_questions_stand_in_the_section_of_their_table(folder):
    write(folder, "encuestas.csv", "Cliente;Fecha;Nota;Puntuación\nA;31/01/2024;9;8\n")
    text = write_config(str(folder)).read_text()
    section = text[text.index("\nsurveys:") :]
    assert "  # To decide: encuestas.csv: 'Nota' and 'Puntuación' could each be 'score'" in section
    (folder / "dataset.yml").write_text(text.replace("    # score:", "    score: Nota\n    #"))
    assert open_dataset(str(folder)).accounts["surveys"].rows["rows"].sum() == 1


def test_a_broken_table_is_a_comment(folder):
    write(folder, "encuestas.csv", "")
    with pytest.raises(CarteraError, match=r"encuestas\.csv is empty"):
        open_dataset(str(folder))
    text = write_config(str(folder)).read_text()
    assert "# surveys:\n#   file: encuestas.csv\n#   # encuestas.csv is empty." in text
    assert list(open_dataset(str(folder)).tables) == ["transactions", "customers", "invoices"]


def test_nothing_to_write(tmp_path):
    path = write(tmp_path, "ventas.csv", "")
    with pytest.raises(CarteraError, match=r"ventas\.csv is empty"):
        write_config(path)
    assert not (tmp_path / "dataset.yml").exists()


def test_what_was_said_already_is_kept(tmp_path):
    write(tmp_path, "ventas.csv", "A|2024-01-31|TEST|5\nB|2024-01-31|X|6\n")
    text = """\
        currency: EUR
        prices_include_tax: 0.21
        transactions:
          file: ventas.csv
          delimiter: "|"
          names: [customer_id, date, sku, amount]
          test_codes: []
          policies: {returns: exclude}
        """
    before = open_dataset(write(tmp_path, "mine.yml", text))
    written = write_config(str(tmp_path / "mine.yml"))
    _same(before, open_dataset(str(written)))
    config = read_config(written)
    assert (config.currency, config.prices_include_tax) == ("EUR", 0.21)
    assert (config.transactions.test_codes, config.transactions.policies.returns) == ([], "exclude")


def test_how_customers_are_scored_is_kept(tmp_path):
    write(tmp_path, "ventas.csv", "cliente,fecha,importe\nA,2024-01-31,5\nB,2024-02-28,6\n")
    write(
        tmp_path,
        "mios.yml",
        """\
        fieles: {name: 'Sí: fieles', recency: 4-5, loyalty: 1-5, purchases: several, best: true}
        ocasionales: {recency: 4-5, loyalty: 1-5, purchases: once}
        lejos: {recency: 1-3, loyalty: 1-5}
        """,
    )
    own = "stages: [Prospecto, Lead, Oferta]\n"
    scored = (
        f"{own}rfm: {{days_since_last: [20, 60.5], segments: mios.yml}}\ntransactions: {{file: ventas.csv}}\n"
    )
    before = read_config(Path(write(tmp_path, "mine.yml", scored)))
    after = read_config(write_config(str(tmp_path / "mine.yml")))
    assert (after.stages, after.rfm) == (before.stages, before.rfm)
    assert after.stages == ["Prospecto", "Lead", "Oferta"]
    assert list(after.rfm.table) == ["fieles", "ocasionales", "lejos"]


def test_a_data_set_that_comes_with_a_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written = write_config("cdnow-sample")
    assert written == tmp_path / "dataset.yml"
    _same(open_dataset("cdnow-sample"), open_dataset(str(written)))
