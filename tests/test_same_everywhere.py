"""The same portfolio gives the same canonical tables, whatever it is read from."""

import sqlite3
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from analysis import open_dataset
from analysis.dataset.schema import TABLES
from analysis.demo import generate, write
from analysis.demo.export import _FILES
from postgresql import postgresql  # noqa: F401 a fixture

pytestmark = pytest.mark.slow
FORMS = ["workbook", "parquet", "sqlite", "duckdb", "postgresql"]
TYPES = {"text": "varchar", "date": "date", "month": "date", "money": "decimal(18, 2)", "number": "bigint"}
CELLS = {
    "text": "{cell}",
    "date": "cast(strptime({cell}, '%d/%m/%Y') as date)",
    "month": "cast(strptime({cell}, '%m/%Y') as date)",
    "money": "cast(replace({cell}, ',', '.') as decimal(18, 2))",
    "number": "cast({cell} as bigint)",
}
DAY_FORMAT, BATCH = "dd/mm/yyyy", 10_000


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory):
    """Return a folder with a portfolio as text, and a connection to the same tables, typed."""
    folder = tmp_path_factory.mktemp("portfolio") / "ventas"
    write(generate(300, 1), folder)
    connection = duckdb.connect()
    for table in _FILES.values():
        cells = ", ".join(
            f"{CELLS[form].format(cell=quoted(header))} as {quoted(header)}"
            for header, _name, form in table.columns
        )
        connection.execute(
            f"create table {stem(table)} as select {cells} "
            f"from read_csv('{folder / table.name}', delim = ';', all_varchar = true)"
        )
    yield folder, connection
    connection.close()


def stem(table):
    return table.name.partition(".")[0]


def quoted(name):
    return '"' + name + '"'


def rows(connection, table):
    return connection.execute(f"from {stem(table)}").fetchall()


def as_workbook(folder, connection):
    path = folder / "tienda.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": DAY_FORMAT}) as workbook:
        for table in _FILES.values():
            sheet = workbook.add_worksheet(stem(table))
            sheet.write_row(0, 0, [header for header, _name, _form in table.columns])
            for i, row in enumerate(rows(connection, table), 1):
                sheet.write_row(i, 0, row)
    return str(path)


def as_parquet(folder, connection):
    for table in _FILES.values():
        connection.execute(f"copy {stem(table)} to '{folder / stem(table)}.parquet'")
    return str(folder)


def as_sqlite(folder, connection):
    """Days are text in SQLite, and decimals are real numbers."""
    path = folder / "tienda.sqlite"
    with sqlite3.connect(path) as database:
        for table in _FILES.values():
            columns = ", ".join(f"{quoted(header)} {TYPES[form]}" for header, _name, form in table.columns)
            database.execute(f"create table {stem(table)} ({columns})")
            marks = ", ".join("?" * len(table.columns))
            plain = [[plain_cell(cell) for cell in row] for row in rows(connection, table)]
            database.executemany(f"insert into {stem(table)} values ({marks})", plain)
    database.close()
    return str(path)


def plain_cell(cell):
    return cell if cell is None or isinstance(cell, int | str) else str(cell)


def as_duckdb(folder, connection):
    path = folder / "tienda.duckdb"
    connection.execute(f"attach '{path}' as tienda")
    for table in _FILES.values():
        connection.execute(f"create table tienda.{stem(table)} as from memory.main.{stem(table)}")
    connection.execute("detach tienda")
    return str(path)


def as_postgresql(server, connection, monkeypatch):
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    with server.connect() as database:
        for table in _FILES.values():
            columns = ", ".join(f"{quoted(header)} {TYPES[form]}" for header, _name, form in table.columns)
            database.execute(f"drop table if exists {stem(table)}")
            database.execute(f"create table {stem(table)} ({columns})")
            with database.cursor().copy(f"copy {stem(table)} from stdin") as copy:
                for row in rows(connection, table):
                    copy.write_row(row)
    return server.address


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTERA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield patch


@pytest.fixture(scope="module")
def from_text(portfolio, own_cache):
    return open_dataset(str(portfolio[0]))


@pytest.fixture(scope="module", params=FORMS)
def from_form(request, portfolio, own_cache, tmp_path_factory):
    connection = portfolio[1]
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "postgresql":
        return open_dataset(as_postgresql(request.getfixturevalue("postgresql"), connection, own_cache))
    write_as = {"workbook": as_workbook, "parquet": as_parquet, "sqlite": as_sqlite, "duckdb": as_duckdb}
    return open_dataset(write_as[request.param](folder, connection))


def canonical(dataset, table) -> pa.Table:
    """Return a canonical table in an order of its own: the rows of a database have none."""
    rows = pq.read_table(Path(dataset.folder) / f"{table}.parquet")
    return rows.sort_by([(name, "ascending") for name in rows.column_names])


def test_every_table_is_there(from_text, from_form):
    assert set(from_text.tables) == set(from_form.tables) == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_the_rows_are_the_same(from_text, from_form, table):
    expected, found = canonical(from_text, table), canonical(from_form, table)
    assert len(expected) > 0
    assert found.schema.equals(expected.schema)
    assert found.equals(expected)


@pytest.mark.parametrize("table", TABLES)
def test_the_account_is_the_same(from_text, from_form, table):
    columns = ["outcome", "rule", "rows"]
    expected, found = from_text.accounts[table].rows[columns], from_form.accounts[table].rows[columns]
    assert found.values.tolist() == expected.values.tolist()
    assert from_form.tables[table] == from_text.tables[table]
