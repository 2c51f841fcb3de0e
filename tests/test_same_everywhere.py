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
TYPES = dict.fromkeys(("date", "month"), "date") | dict.fromkeys(("money", "percent"), "decimal(18, 2)")
TYPES |= {"number": "bigint"}
CELLS = {
    "date": "strptime({cell}, '%d/%m/%Y')",
    "month": "strptime({cell}, '%m/%Y')",
    "money": "replace({cell}, ',', '.')",
    "percent": "replace({cell}, ',', '.')",
}
DAY_FORMAT, BATCH = "dd/mm/yyyy", 10_000


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory):
    """Return a folder with a portfolio as text, and a connection to the same tables, typed."""
    folder = tmp_path_factory.mktemp("portfolio") / "ventas"
    write(generate(300, 1), folder)
    connection = duckdb.connect()
    for table, (file, columns) in _FILES.items():
        cells = ", ".join(
            f"cast({CELLS.get(kind(table, name), '{cell}').format(cell=quoted(header))} "
            f"as {sql_type(table, name)}) as {quoted(header)}"
            for header, name in columns.items()
        )
        connection.execute(
            f"create table {stem(table)} as select {cells} "
            f"from read_csv('{folder / file}', delim = ';', all_varchar = true)"
        )
    yield folder, connection
    connection.close()


def stem(table):
    return _FILES[table][0].partition(".")[0]


def kind(table, name):
    return next((column.kind for column in TABLES[table].columns if column.name == name), "text")


def sql_type(table, name):
    return TYPES.get(kind(table, name), "varchar")


def declared(table):
    """Return the columns with their types, as in ``create table``."""
    columns = _FILES[table][1]
    return ", ".join(f"{quoted(header)} {sql_type(table, name)}" for header, name in columns.items())


def quoted(name):
    return '"' + name + '"'


def rows(connection, table):
    return connection.execute(f"from {stem(table)}").fetchall()


def as_workbook(folder, connection):
    path = folder / "tienda.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": DAY_FORMAT}) as workbook:
        for table in _FILES:
            sheet = workbook.add_worksheet(stem(table))
            sheet.write_row(0, 0, list(_FILES[table][1]))
            for i, row in enumerate(rows(connection, table), 1):
                sheet.write_row(i, 0, row)
    return str(path)


def as_parquet(folder, connection):
    for table in _FILES:
        connection.execute(f"copy {stem(table)} to '{folder / stem(table)}.parquet'")
    return str(folder)


def as_sqlite(folder, connection):
    """Days are text in SQLite, and decimals are real numbers."""
    path = folder / "tienda.sqlite"
    with sqlite3.connect(path) as database:
        for table in _FILES:
            database.execute(f"create table {stem(table)} ({declared(table)})")
            marks = ", ".join("?" * len(_FILES[table][1]))
            plain = [[plain_cell(cell) for cell in row] for row in rows(connection, table)]
            database.executemany(f"insert into {stem(table)} values ({marks})", plain)
    database.close()
    return str(path)


def plain_cell(cell):
    return cell if cell is None or isinstance(cell, int | str) else str(cell)


def as_duckdb(folder, connection):
    path = folder / "tienda.duckdb"
    connection.execute(f"attach '{path}' as tienda")
    for table in _FILES:
        connection.execute(f"create table tienda.{stem(table)} as from memory.main.{stem(table)}")
    connection.execute("detach tienda")
    return str(path)


def as_postgresql(server, connection, monkeypatch):
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    with server.connect() as database:
        for table in _FILES:
            database.execute(f"drop table if exists {stem(table)}")
            database.execute(f"create table {stem(table)} ({declared(table)})")
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
