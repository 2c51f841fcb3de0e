"""dataset.yml: what is wrong is named, with what would be right."""

from pathlib import Path

import pytest

from analysis import open_dataset
from analysis.dataset.config import DatasetConfig, read_config
from analysis.dataset.naming import folder_name
from analysis.dataset.schema import TABLES
from analysis.dataset.sources.open_source import language_of
from analysis.errors import CarteraError
from intake import kept, opened, write


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


BAD_NAMES = [
    "../../x",
    "/x",
    "..",
    "...",
    " ",
    "",
    "a/b",
    "a\\b",
    "-x",
    "CON",
    "lpt1.txt",
    "x" * 101,
    "ñ" * 101,
]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("curency: EUR", "unknown key 'curency'. Did you mean 'currency'?"),
        ("transactions: {polices: {}}", "unknown key 'transactions.polices'. Did you mean 'policies'?"),
        (
            "transactions: {policies: {return: keep}}",
            "unknown key 'transactions.policies.return'. Did you mean 'returns'?",
        ),
        (
            "zzz: 1",
            "unknown key 'zzz'. Known are: name, system, currency, as_of, language, activity_window, ",
        ),
        (
            "currency: eur",
            "'currency: eur' cannot be used. A code of three letters was expected, such as EUR.",
        ),
        ("as_of: today", "'as_of: today' cannot be used. A day was expected, such as 2024-12-31."),
        ("as_of: 2024-13-01", "holds a day that is not in the calendar"),
        ("transactions: 3", "'transactions: 3' cannot be used. Lines of the form 'key: value' were expected"),
        ("transactions: {policies: {returns: maybe}}", "Known are: 'subtract', 'exclude', 'stop'."),
        ("transactions: {date_order: dmy}", "Known are: 'day-first', 'month-first'."),
        ("transactions: {prices_include_tax: 21}", "A rate from 0 to 1 was expected, such as 0.21 for 21 %."),
        ("transactions: {header_line: 0}", "The number of a line was expected, from 1."),
        ("transactions: {columns: [a]}", "Lines of the form 'amount: Importe' were expected"),
        (
            "transactions: {columns: {amont: x}}",
            "'amont', which is no canonical column. Did you mean 'amount'?",
        ),
        ("transactions: {names: 5}", "A list of column names was expected"),
        ("transations: {file: a.csv}", "unknown key 'transations'. Did you mean 'transactions'?"),
        ("customers: {fiel: a.csv}", "unknown key 'customers.fiel'. Did you mean 'file'?"),
        (
            "customers: {columns: {nmae: Nombre}}",
            "'customers.columns' names 'nmae', which is no canonical column. Did you mean 'name'?",
        ),
        (
            "surveys: {columns: {amount: Importe}}",
            "'amount', which is no canonical column. Known are: customer_id, date, score, scale and comment.",
        ),
        ("invoices: {prices_include_tax: 21}", "A rate from 0 to 1 was expected"),
        ("leads: [a, b]", "Lines of the form 'key: value' were expected, indented below it."),
        ("stages: lead", "'stages: lead' cannot be used. Three different words were expected"),
        ("stages: [lead, prospect]", "Three different words were expected"),
        ("stages: [prospect, Prospecto, potential]", "Three different words were expected"),
        ("stages: [lead, prospect, Ganado]", "Three different words were expected"),
        ("stages: [[lead], prospect, potential]", "Three different words were expected"),
        ("language: fr", "'language: fr' cannot be used. Known are: 'en', 'es'."),
        ("broken_tables: ignore", "Known are: 'stop', 'leave_out'."),
        # a key that is right elsewhere
        ("transactions: {currency: EUR}", "'currency' belongs at the top of the file, not indented."),
        ("customers: {as_of: 2024-01-01}", "'as_of' belongs at the top of the file, not indented."),
        ("surveys: {database: x.db}", "'database' belongs at the top of the file, not indented."),
        ("date_order: day-first", "unknown key 'date_order'. 'date_order' belongs under 'transactions'."),
        ("columns: {amount: x}", "'columns' belongs under 'transactions'."),
        ("test_codes: [X]", "'test_codes' belongs under 'transactions'."),
        ("customers: {test_codes: [X]}", "'test_codes' belongs under 'transactions'."),
        ("customers: {policies: {returns: keep}}", "'policies' belongs under 'transactions'."),
        (
            "transactions: {duplicates: exclude}",
            "'duplicates' belongs under 'policies', which stands under 'transactions'.",
        ),
        ("duplicates: exclude", "'duplicates' belongs under 'policies', which stands under 'transactions'."),
        ("transactions: {policies: {decimal: ','}}", "'decimal' belongs under 'transactions'."),
        # where a table is
        (
            "customers: {file: a.csv, table: b}",
            "'customers' names both 'file' and 'table'. Keep the one that holds it.",
        ),
        ("database: x.db\nleads: {table: a, query: b}", "'leads' names both 'table' and 'query'."),
        ("surveys: {table: nps}", "'surveys.table' asks a database, but the file names none."),
        ("surveys: {query: select 1}", "'surveys.query' asks a database, but the file names none."),
        ("surveys: {file: []}", "The name of a file was expected, or a list of names."),
        ("surveys: {file: {a: b}}", "'surveys.file: {'a': 'b'}' cannot be used. The name of a file"),
        # what must not become the name of a folder, or a line of its own
        *((f"name: {name!r}", "A name that a folder can have was expected") for name in BAD_NAMES),
        ('name: "a\\0b"', "'\\0' is none"),
        ('name: "a\\nb"', "'name: a b' cannot be used"),
        ('"a\\nb": 1', "unknown key 'a b'"),
        ("database: {password: geheim}", "'database: …' cannot be used"),
        ("- a\n- b", "a list of 'key: value' lines was expected"),
        ("name: x\ncurrency: [", "line 2: this is not valid YAML"),
    ],
)
def test_wrong_keys_and_values(tmp_path, text, message):
    path = tmp_path / "dataset.yml"
    path.write_text(text)
    with pytest.raises(CarteraError) as error:
        read_config(path)
    assert message in str(error.value)
    assert str(error.value).startswith("dataset.yml")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["..", ".", "", " ", "a/../..", "/", "x\0", "\ud800", "con", "x" * 5000])
def test_what_a_file_or_a_database_is_called_makes_one_folder_in_its_place(tmp_path, name):
    folder = (tmp_path / folder_name(name)).resolve()
    assert folder.parent == tmp_path
    folder.mkdir()
    assert folder_name("Muebles Pérez, S.L.") == "Muebles Pérez, S.L."


def test_all_keys(tmp_path):
    text = """\
        name: Tienda Ñandú
        currency: EUR
        as_of: 2024-12-31
        transactions:
          file: [a.csv, b.csv]
          sheet: 2024
          encoding: cp850
          delimiter: tab
          header_line: 3
          columns:
            amount: Importe
          date_order: day-first
          decimal: ","
          prices_include_tax: 0.21
          test_codes: [X]
          postage_codes: [Y]
          policies:
            returns: exclude
    """
    for encoding in ("utf-8", "utf-8-sig", "cp1252"):
        write(tmp_path, "dataset.yml", text, encoding)
        config = read_config(tmp_path / "dataset.yml")
        assert (config.name, config.currency, str(config.as_of)) == ("Tienda Ñandú", "EUR", "2024-12-31")
        assert (config.transactions.sheet, config.transactions.delimiter) == ("2024", "\t")
        assert config.transactions.policies.returns == "exclude"


def test_every_table_has_a_section():
    assert set(TABLES) < set(DatasetConfig.model_fields)


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("", {"transactions": 0, "invoices": 0, "spend": 0}),
        (
            "prices_include_tax: 0.21",
            {"transactions": 0.21, "invoices": 0.21, "contracts": 0.21, "spend": 0, "leads": 0},
        ),
        (
            "prices_include_tax: 0.21\ninvoices: {prices_include_tax: 0}\nspend: {prices_include_tax: 0.1}",
            {"transactions": 0.21, "invoices": 0, "spend": 0.1},
        ),
        ("transactions: {prices_include_tax: 0.21}", {"transactions": 0.21, "invoices": 0}),
    ],
)
def test_the_tax_that_amounts_include(tmp_path, text, rates):
    config = read_config(Path(write(tmp_path, "dataset.yml", text)))
    assert {table: config.tax_rate(table) for table in rates} == rates


def test_amounts_without_the_tax_that_all_tables_include(tmp_path):
    write(tmp_path, "sales.csv", "customer;date;amount\nA;2024-01-01;121\n")
    config = write(tmp_path, "dataset.yml", "prices_include_tax: 0.21\n")
    assert list(kept(open_dataset(config))["amount"]) == [100]


def test_the_language_that_a_data_set_asks_for(tmp_path):
    write(tmp_path, "sales.csv", "customer;date;amount\nA;2024-01-01;121\n")
    assert [language_of(data) for data in ("cdnow", "demo", str(tmp_path), "", "x" * 5000)] == [None] * 5
    write(tmp_path, "dataset.yml", "language: es\n")
    assert language_of(str(tmp_path)) == "es"
    assert language_of(str(tmp_path / "dataset.yml")) == "es"
    assert language_of(str(tmp_path / "sales.csv")) is None


def test_sections_that_hold_nothing_but_comments(tmp_path):
    text = """\
        transactions:
          columns:
            # amount: Importe
          policies:
        customers:
          # file: clientes.csv
        """
    config = read_config(Path(write(tmp_path, "dataset.yml", text)))
    assert config == DatasetConfig()
    assert "customers" in config.model_fields_set


def test_an_empty_dataset_yml_says_nothing(tmp_path):
    assert read_config(Path(write(tmp_path, "dataset.yml", ""))) == DatasetConfig()


def test_columns_that_are_given_settle_every_doubt(tmp_path):
    text = "Cliente;Razón social;Fecha;Base;Total\n1;Uno;2024-01-01;100;121\n"
    rows = kept(opened(tmp_path, text, "columns: {amount: total, customer_id: RAZON SOCIAL}"))
    assert (rows["customer_id"][0], rows["amount"][0]) == ("Uno", 121)


def test_a_column_that_is_given_but_not_there(tmp_path):
    with pytest.raises(CarteraError, match=r"no column 'Importe', which dataset\.yml gives as 'amount'.*Imp"):
        opened(tmp_path, "Cliente;Fecha;Importes\n1;2024-01-01;100\n", "columns: {amount: Importe}")


@pytest.mark.parametrize(("config", "amount"), [('decimal: "."', "1.234"), ('decimal: ","', "1234")])
def test_the_decimal_mark_that_is_given(tmp_path, config, amount):
    dataset = opened(tmp_path, "customer;date;amount\nA;2024-01-01;1.234\n", config)
    assert float(kept(dataset)["amount"][0]) == float(amount)


@pytest.mark.parametrize(("order", "day"), [("day-first", "2024-03-04"), ("month-first", "2024-04-03")])
def test_the_order_of_dates_that_is_given(tmp_path, order, day):
    dataset = opened(tmp_path, "customer;date;amount\nA;04/03/2024;1\n", f"date_order: {order}")
    assert str(kept(dataset)["date"][0]) == day


def test_codes_that_are_given(tmp_path):
    text = "customer;date;amount;sku\nA;2024-01-01;1;PROBE\nA;2024-01-01;2;TEST\nA;2024-01-01;4;o'neil\n"
    config = """\
        test_codes: [probe]
        postage_codes: ["O'NEIL"]
        policies: {postage: exclude}
        """
    assert list(kept(opened(tmp_path, text, config))["amount"]) == [2]


def test_a_file_that_is_not_beside_dataset_yml(tmp_path):
    config = write(tmp_path, "dataset.yml", "transactions: {file: nowhere.csv}")
    with pytest.raises(CarteraError, match=r"dataset\.yml: there is no file 'nowhere\.csv' beside it"):
        open_dataset(config)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a: &a [x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n", "line 2: a part that stands for another"),
        ("transactions: &t\n  columns: *t\n", "line 2: a part that stands for another"),
        ("[" * 5000, "line 1: too many levels"),
        ("{a: " * 5000, "line 1: too many levels"),
        ("name: one\nname: two\n", "line 2: 'name' is there already"),
        ('name: "\\ud800"\n', "line 1: '\\ud…' is half of a letter"),
        ("name: a\0b\n", "line 1: this is not valid YAML"),
        (f"name: {'1' * 5000}\n", "a number beyond all sense"),
        (f"name: {'x' * (1 << 20)}\n", "is larger than 1 MB"),
        (f"name: 0x{'F' * 5000}\n", "a number beyond all sense"),
        ("name: !!timestamp never\n", "a day that is not in the calendar"),
        ("name: !!bool perhaps\n", "a number beyond all sense"),
        ('database: "a\\0b"\n', "line 1: '\\ud…' is half of a letter, and '\\0' is none"),
        ("as_of: 2024-02-30\n", "a day that is not in the calendar"),
    ],
)
def test_yaml_that_no_hand_wrote_is_one_sentence(tmp_path, text, part):
    path = write(tmp_path, "dataset.yml", text)
    with pytest.raises(CarteraError) as error:
        open_dataset(path)
    assert str(error.value).startswith("dataset.yml")
    assert part in str(error.value)
    assert "\n" not in str(error.value)
