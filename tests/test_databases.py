"""Databases are copied in their own types and from one state; of their credentials nothing is ever seen."""

import datetime as dt
import hashlib
import json
import sqlite3
import subprocess
import sys
from collections import UserDict
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import postgresql as servers
import tiny_notebooks
from analysis import open_dataset
from analysis.dataset.cache import read_once, shared_with_kernels
from analysis.dataset.config import TableConfig
from analysis.dataset.databases import (
    columns_of,
    is_address,
    is_database_file,
    name_of,
    resolved,
    shown,
    stage,
)
from analysis.dataset.databases import server as engines
from analysis.dataset.databases.addresses import find_server
from analysis.dataset.databases.batches import write_batches
from analysis.dataset.databases.reasons import not_opened
from analysis.errors import CarteraError
from postgresql import OWNER, PASSWORD, READER, postgresql  # noqa: F401 a fixture

TABLE = """
create table ventas (
    factura text, cliente text, momento timestamptz, importe numeric(12, 2), unidades integer, peso real,
    pagada boolean, dia date, nota text, logo bytea
)
"""
ROWS = [
    # 23:30 in London is 0:30 of the next day in Madrid, where this server is
    ("F1", "0012", "2024-01-05 23:30+00", "1234.50", 3, 0.5, True, "2024-01-06", "05/01/2024", b"\0\1"),
    ("F2", "0013", "2024-07-01 12:00+02", "-0.10", None, 2.0, False, "2024-07-01", None, None),
    ("F3", "0013", None, None, 7, None, None, None, "31/12/2023", None),
]
COPIED = {
    "factura": ["F1", "F2", "F3"],
    "cliente": ["0012", "0013", "0013"],
    "momento": [dt.datetime(2024, 1, 6, 0, 30), dt.datetime(2024, 7, 1, 12), None],
    "importe": [Decimal("1234.50"), Decimal("-0.10"), None],
    "unidades": [3, None, 7],
    "peso": [0.5, 2.0, None],
    "pagada": [True, False, None],
    "dia": [dt.date(2024, 1, 6), dt.date(2024, 7, 1), None],
    "nota": ["05/01/2024", None, "31/12/2023"],
}


EXAMPLE = f"""
create table invoices (invoice_no text, customer_no text, issued date);
create table invoice_lines (invoice_no text, product_no text, quantity int, net_amount numeric, cost numeric);
create table customers (customer_no text, name text, line_of_trade text);
create schema ledger;
create table ledger.receivables (invoice_no text, customer_no text, issued date, due date, amount numeric);
insert into invoices values ('F1', '0012', '2024-1-5'), ('F2', '0013', '2024-2-5'), ('F0', '0012', '2021-1-1')
;
insert into invoice_lines values ('F0', 'P', 1, 1, 1), ('F1', 'P1', 2, 20.50, 11), ('F2', 'P2', 1, 9.99, 5);
insert into customers values ('0012', 'Ana', 'hotels'), ('0013', 'Bea', 'bars');
insert into ledger.receivables select *, issued + 30, 10 from invoices where invoice_no <> 'F0';
grant usage on schema ledger to {READER};
grant select on all tables in schema public, ledger to {READER};
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def shop(postgresql):  # noqa: F811
    """Return a server with a table, a view and a table in another schema."""
    with postgresql.connect() as connection:
        connection.execute(TABLE)
        connection.cursor().executemany(f"insert into ventas values ({', '.join(['%s'] * 10)})", ROWS)
        connection.execute(
            "create view por_cliente as select cliente, sum(importe) total from ventas group by 1"
        )
        connection.execute("create table apuntes (cuenta text, dia date) partition by range (dia)")
        connection.execute("create table apuntes_antes partition of apuntes default")
        connection.execute("create schema archivo")
        connection.execute(f"grant usage on schema archivo to {READER}")
        connection.execute("create table archivo.ventas_2023 (factura text, importe double precision)")
        connection.execute("insert into archivo.ventas_2023 values ('A1', 1.5), ('A2', 1e300)")
        connection.execute("create sequence numero")
        connection.execute("create table nominas (empleado text, sueldo numeric)")
        connection.execute(f"revoke all on nominas from {READER}")
    return postgresql


@pytest.fixture
def address(shop, monkeypatch):
    for name, value in shop.environment.items():
        monkeypatch.setenv(name, value)
    return shop.address


def copied(database: str, table: str | None = None, query: str | None = None) -> dict[str, list[object]]:
    """Return the columns of a copy, or raise why there is none."""
    with read_once():
        found = stage(database, {"transactions": TableConfig(table=table, query=query)})["transactions"]
        if isinstance(found, CarteraError):
            raise found
        return pq.read_table(found).to_pydict()


def refusal(database: str, table: str | None = None, query: str | None = None) -> str:
    with pytest.raises(CarteraError) as caught:
        copied(database, table, query)
    said = str(caught.value)
    assert "\n" not in said
    assert not any(secret in said for secret in (PASSWORD, READER, OWNER))
    return said


def test_a_table_keeps_its_types_and_its_blobs_stay_where_they_are(address):
    assert copied(address, "ventas") == COPIED


def test_a_view_a_query_and_a_table_in_another_schema(address):
    totals = copied(address, "por_cliente")
    assert dict(zip(totals["cliente"], totals["total"], strict=True)) == {
        "0012": Decimal("1234.50"),
        "0013": Decimal("-0.10"),
    }
    query = "select cliente as quien, 'a;b:c%d' as nota, 1 as n, 2 as n from ventas where importe > 0;"
    assert copied(address, query=query) == {"quien": ["0012"], "nota": ["a;b:c%d"], "n": [1], "n (2)": [2]}
    assert copied(address, "archivo.ventas_2023")["importe"] == [1.5, 1e300]


def test_tables_and_views_are_listed_with_the_columns_that_can_be_read(address):
    with read_once():
        columns = columns_of(address)
    assert columns["ventas"] == tuple(COPIED)
    assert columns["por_cliente"] == ("cliente", "total")
    assert columns.keys() == {"ventas", "por_cliente", "apuntes", "nominas"}  # partitions only as a whole
    assert copied(address, "public.apuntes_antes") == {"cuenta": [], "dia": []}


def test_a_query_without_rows_has_its_columns_all_the_same(address):
    assert copied(address, query="select cliente, importe from ventas where false") == {
        "cliente": [],
        "importe": [],
    }


@pytest.mark.parametrize("rows", [1, 2, 50_000])
def test_batches_make_no_difference(address, monkeypatch, rows):
    monkeypatch.setattr(engines, "BATCH_ROWS", rows)
    assert copied(address, "ventas") == COPIED


def test_rows_are_not_all_in_memory(address, monkeypatch):
    """What the server has not worked out yet cannot have been fetched: here it fails at row 5000."""
    fetched, write = [], engines.write_batches

    def watched(names, batches, target):
        write(names, (fetched.append(len(rows)) or rows for rows in batches), target)

    monkeypatch.setattr(engines, "BATCH_ROWS", 1000)
    monkeypatch.setattr(engines, "write_batches", watched)
    said = refusal(address, query="select 1 / (5000 - n) as x from generate_series(1, 5001) as n")
    assert "division by zero" in said
    assert fetched == [1000] * 4


def test_nothing_can_be_changed(shop, address, monkeypatch):
    """Not even by the owner of the tables."""
    monkeypatch.setenv("TIENDA_USER", OWNER)
    changing = [
        "with gone as (delete from ventas returning *) select * from gone",
        "select nextval('numero')",
    ]
    for query in changing:
        assert "changes data in 127.0.0.1/tienda, and Cartera only reads" in refusal(address, query=query)
    for query in (
        "delete from ventas",
        "select 1; commit; drop table ventas",
        "/* select */ truncate ventas",
    ):
        assert "is not one SELECT" in refusal(address, query=query)
    with shop.connect() as connection:
        assert connection.execute("select count(*) from ventas").fetchone() == (3,)


def test_all_tables_are_of_one_state_of_the_database(shop, address):
    """A sale that comes in between two copies is in neither."""

    class Meanwhile(UserDict):
        def items(self):
            for name, section in self.data.items():
                yield name, section
                with shop.connect() as connection:
                    connection.execute("insert into archivo.ventas_2023 values ('A3', 3)")

    wanted = {name: TableConfig(table="archivo.ventas_2023") for name in ("transactions", "invoices")}
    wanted["invoices"] = TableConfig(query="select * from archivo.ventas_2023")
    try:
        with read_once():
            sizes = [pq.read_metadata(path).num_rows for path in stage(address, Meanwhile(wanted)).values()]
        assert sizes == [2, 2]
    finally:
        with shop.connect() as connection:
            connection.execute("delete from archivo.ventas_2023 where factura = 'A3'")


def test_what_is_worked_out_together_is_read_once(tmp_path, shop, address, monkeypatch):
    with shared_with_kernels():
        before = copied(address, "archivo.ventas_2023")
        monkeypatch.setenv("TIENDA_PASSWORD", "no longer right")
        assert copied(address, "archivo.ventas_2023") == before
    assert "does not accept" in refusal(address, "archivo.ventas_2023")
    assert list((tmp_path / "cache").glob("*")) == []


def test_what_is_wrong_is_one_sentence(shop, address, monkeypatch):
    place = f"127.0.0.1:{shop.port}"
    login = "postgresql://${TIENDA_USER}:${TIENDA_PASSWORD}@"
    assert "There is no table 'venta' in 127.0.0.1/tienda. Did you mean 'ventas'?" in refusal(
        address, "venta"
    )
    assert "Did you mean 'ventas'?" in refusal(address, "VENTAS")
    assert "Did you mean 'archivo.ventas_2023'?" in refusal(address, "archivo.ventas_2032")
    assert "Table 'nominas' of 127.0.0.1/tienda may not be read" in refusal(address, "nominas")
    assert 'column "clinte" does not exist' in refusal(address, query="select clinte from ventas")
    assert "no database 'tiende' at 127.0.0.1" in refusal(f"{login}{place}/tiende", "ventas")
    port = servers._free_port()
    assert f"No database answers at 127.0.0.1, port {port}." in refusal(
        f"{login}127.0.0.1:{port}/x", "ventas"
    )
    assert "cannot be understood" in refusal(f"{login}127.0.0.1:port/x", "ventas")
    assert "No driver is installed for databases 'postgress'" in refusal(f"postgress://{place}/x", "ventas")
    monkeypatch.setenv("TIENDA_PASSWORD", "wrong")
    assert "127.0.0.1/tienda does not accept the user and the password" in refusal(address, "ventas")
    monkeypatch.delenv("TIENDA_PASSWORD")
    assert "the environment variable TIENDA_PASSWORD, which is not set" in refusal(address, "ventas")


def test_what_a_driver_says_is_shown_without_secrets(address, monkeypatch):
    """As a server in Spanish says it, in words that are not known here."""
    monkeypatch.setenv("PGUSER", "otra_persona")
    said = f"FATAL: falló para «{READER}» (otra_persona), clave '{PASSWORD}', {servers.QUOTED}, lectora"
    shown = str(not_opened(find_server(address), OSError(f"{said}\nsecond line")))
    assert shown == "127.0.0.1/tienda cannot be opened: FATAL: falló para «…» (…), clave '…', …, lectora."


def test_a_driver_that_is_not_installed(monkeypatch):
    assert "pip install pymysql" in refusal("mysql+pymysql://localhost/tienda", "ventas")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert 'pip install "psycopg[binary]"' in refusal("postgresql://localhost/tienda", "ventas")


@pytest.mark.parametrize(
    "written",
    [
        f"postgresql://{READER}:{PASSWORD}@host/tienda",
        f"postgresql://{READER}@host/tienda",
        "postgresql://${TIENDA_USER}:s3cr/to?p@host/tienda",
        f"postgresql://host/tienda?user={READER}&password=geheim",
        "mssql+pyodbc://?odbc_connect=Driver%3DSQL;UID%3Dana;PWD%3Dgeheim",
    ],
)
def test_credentials_written_in_an_address_are_refused(written):
    said = refusal(written, "ventas")
    assert "${DB_USER}:${DB_PASSWORD}@host/database" in said
    assert "geheim" not in said
    assert "s3cr" not in said


@pytest.mark.parametrize(
    "value",
    [
        "postgres://ana:geh@eim@host/tienda",
        "postgres://ana:geh@eim/y@host/tienda",
        "ana:geheim@host/tienda",
        "geheim",
        "postgres://ana:geheim@host:eim/tienda",
    ],
)
def test_an_address_that_is_written_wrong_is_not_repeated(value, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", value)
    said = refusal("${DATABASE_URL}", "ventas")
    assert said.startswith("The address of the database cannot be understood.")
    assert "eim" not in said


def test_a_database_that_does_not_open_is_told_once(address, tmp_path, monkeypatch):
    tables = "transactions:\n  table: ventas\ncustomers:\n  table: clientes\n"
    (tmp_path / "dataset.yml").write_text(f"database: {address}\n{tables}")
    monkeypatch.setenv("TIENDA_PASSWORD", "wrong")
    with pytest.raises(CarteraError, match=r"^127\.0\.0\.1/tienda does not accept [^\n]+$"):
        open_dataset(str(tmp_path))


def test_files_are_read_without_sqlalchemy(tmp_path):
    """Whose import takes a while."""
    (tmp_path / "sales.csv").write_text("customer;date;amount\na;2024-01-05;1,50\nb;2024-02-05;2,50\n")
    code = "import sys, analysis; analysis.open_dataset('sales.csv'); sys.exit('sqlalchemy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_libpq_finds_credentials_in_its_own_variables(shop, monkeypatch):
    monkeypatch.setenv("PGUSER", READER)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert copied(f"postgresql+psycopg://127.0.0.1:{shop.port}/tienda", "ventas") == COPIED
    monkeypatch.setenv("PGPASSWORD", "wrong")
    refusal(f"postgresql+psycopg://127.0.0.1:{shop.port}/tienda", "ventas")


def test_an_address_may_be_in_a_variable_as_a_whole(shop, monkeypatch):
    whole = f"postgres://{READER}:{servers.QUOTED}@127.0.0.1:{shop.port}/tienda"
    monkeypatch.setenv("DATABASE_URL", whole)
    assert is_address("${DATABASE_URL}")
    assert copied("${DATABASE_URL}", "ventas") == COPIED
    assert shown("${DATABASE_URL}") == "127.0.0.1/tienda"
    assert name_of("${DATABASE_URL}") == "tienda"
    assert resolved("${DATABASE_URL}", Path("/")) == "${DATABASE_URL}"


@pytest.fixture(scope="module")
def report(shop, tmp_path_factory):
    """Return a folder with a report on sales that differ at each look, and with what was said meanwhile."""
    place = tmp_path_factory.mktemp("report")
    total = (
        ">sales = dataset.query('customers', as_of=dataset.as_of)['net_sales'].sum()\n"
        "results.finding('x.total', f'{sales:.2f}')"
    )
    for name in ("01_portfolio", "03_churn"):
        tiny_notebooks.write(place / "notebooks", name, [*tiny_notebooks.GOOD[:4], total])
    tiny_notebooks.write(place / "notebooks", "04_ltv", [">import os\n1 / 0"])
    config = {
        "database": shop.address,
        "transactions": {
            "query": "select 'F' || n as factura, 'C' || n % 5 as cliente, date '2024-01-01' + n as fecha, "
            "round((1 + random() * 1000)::numeric, 2) as importe from generate_series(1, 60) as n"
        },
    }
    (place / "dataset.yml").write_text(yaml.safe_dump(config))
    credentials = shop.environment | {"CARTERA_CACHE": str(place / "cache")}
    done = tiny_notebooks.cartera(
        place / "notebooks", "run", "dataset.yml", "--out", "out", "--jobs", 2, cwd=place, **credentials
    )
    wrong = credentials | {"TIENDA_PASSWORD": f"{PASSWORD}?"}
    refused = tiny_notebooks.cartera(place / "notebooks", "check", "dataset.yml", cwd=place, **wrong)
    for number, one in enumerate([done, refused]):
        (place / f"said{number}.txt").write_text(one.stdout + one.stderr, "utf-8")
    return place


@pytest.mark.slow
def test_all_notebooks_of_a_run_see_the_same_rows(report):
    findings = json.loads((report / "out" / "findings.json").read_text("utf-8"))
    first, second = (found["text"] for found in findings if found["id"] == "x.total")
    assert first == second
    assert len(pq.read_table(report / "out" / "workspace" / "transactions.parquet")) == 60


@pytest.mark.slow
def test_a_report_says_where_the_data_are_from_and_nothing_of_the_credentials(report):
    files = [path for path in report.rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        held = path.name.encode() + path.read_bytes()
        for secret in (PASSWORD, servers.QUOTED, READER, "s3cr"):
            assert secret.encode() not in held, path
    about = json.loads((report / "out" / "run.json").read_text("utf-8"))
    assert [file["path"] for file in about["data"]["files"]] == ["127.0.0.1/tienda [transactions]"]
    assert (report / "said1.txt").read_text("utf-8").count("does not accept the user and the password") == 1


def test_the_example_of_the_documentation_works(shop, tmp_path, monkeypatch):
    about = (Path(__file__).parents[1] / "data" / "README.md").read_text("utf-8").split("## Databases")[1]
    example = about.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "dataset.yml").write_text(example.replace("erp.example.com:5432", f"127.0.0.1:{shop.port}"))
    monkeypatch.setenv("SHOP_USER", READER)
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    with shop.connect("postgres") as connection:
        connection.execute("create database shop")
    with shop.connect("shop") as connection:
        connection.execute(EXAMPLE)
    dataset = open_dataset(str(tmp_path / "dataset.yml"))
    assert (dataset.name, dataset.currency) == ("shop", "EUR")
    assert set(dataset.tables) == {"transactions", "customers", "invoices"}
    assert dataset.tables["transactions"] >= {"order_id", "product_id", "quantity", "amount", "cost"}
    assert {account.rows["rows"].sum() for account in dataset.accounts.values()} == {2}
    assert dataset.tables["customers"] == {"customer_id", "name", "sector"}
    assert list(dataset.inputs) == [
        "127.0.0.1/shop [transactions]", "127.0.0.1/shop [customers]", "127.0.0.1/shop [ledger.receivables]"
    ]  # fmt: skip


@pytest.fixture
def sqlite_file(tmp_path):
    """Return a file whose name does not say what it is, with what SQLite lets one put into a column."""
    path = tmp_path / "tienda 100%.dat"
    with sqlite3.connect(path) as connection:
        connection.execute("create table ventas (cliente, fecha date, importe numeric, codigo, foto blob)")
        rows = [("0012", "05/01/2024", "1.234,50", 12, b"x"), (13, "2024-01-06", 1.234, "A7", None)]
        connection.executemany("insert into ventas values (?, ?, ?, ?, ?)", rows)
        connection.execute("insert into ventas (cliente) values (cast(x'4dfcf161' as text))")
        connection.execute("create view nombres as select cliente from ventas")
    connection.close()
    return path


def test_cells_of_sqlite_are_as_they_were_put(sqlite_file):
    """A real number among text gets an exponent: 1.234 is no thousand; Windows-1252 is read as such."""
    assert copied(str(sqlite_file), "ventas") == {
        "cliente": ["0012", "13", "Müña"],
        "fecha": ["05/01/2024", "2024-01-06", None],
        "importe": ["1.234,50", "1.234e0", None],
        "codigo": ["12", "A7", None],
    }
    assert copied(f"sqlite:///{sqlite_file}", "nombres") == {"cliente": ["0012", "13", "Müña"]}
    assert name_of(str(sqlite_file)) == "tienda 100%"


def test_a_file_is_known_by_its_first_bytes_and_left_as_it_is(tmp_path, sqlite_file):
    digest = hashlib.sha256(sqlite_file.read_bytes()).hexdigest()
    refusal(str(sqlite_file), query="with x as (select 1) delete from ventas")
    assert hashlib.sha256(sqlite_file.read_bytes()).hexdigest() == digest
    assert is_database_file(sqlite_file)
    (tmp_path / "ventas.sqlite").write_text("fecha;importe")
    assert not is_database_file(tmp_path / "ventas.sqlite")
    assert "is no SQLite or DuckDB database" in refusal(str(tmp_path / "ventas.sqlite"), "ventas")
    assert "There is no database" in refusal(str(tmp_path / "tienda.sqlite"), "ventas")


def test_a_view_that_no_longer_works_does_not_hide_the_rest(sqlite_file):
    with sqlite3.connect(sqlite_file) as connection:
        connection.execute("create view rota as select * from nombres")
        connection.execute("drop view nombres")
    connection.close()
    with read_once():
        assert columns_of(str(sqlite_file)).keys() == {"ventas", "rota"}
    assert "Table 'rota' of tienda 100%.dat cannot be read: no such table" in refusal(
        str(sqlite_file), "rota"
    )
    assert len(copied(str(sqlite_file), "ventas")["cliente"]) == 3


def test_a_variable_may_hold_the_path_of_a_file(sqlite_file, monkeypatch):
    monkeypatch.setenv("TIENDA", sqlite_file.name)
    assert resolved("${TIENDA}", sqlite_file.parent) == str(sqlite_file)
    assert resolved("sqlite:///${TIENDA}", sqlite_file.parent) == str(sqlite_file)


def test_a_duckdb_file(tmp_path):
    path = tmp_path / "tienda.db"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table ventas as select '0012' as cliente, 1.50 as importe, "
                           "date '2024-01-05' as dia, [1] as lista, 'x'::blob as logo")  # fmt: skip
        connection.execute(
            "create schema archivo; create view archivo.v as select sum(2) as n, uuid() is null as u"
        )
    with read_once():
        assert columns_of(str(path)) == {"ventas": ("cliente", "importe", "dia", "lista")}
    assert copied(str(path), "ventas") == {
        "cliente": ["0012"], "importe": [Decimal("1.50")], "dia": [dt.date(2024, 1, 5)], "lista": ["[1]"],
    }  # fmt: skip
    assert copied(str(path), "archivo.v") == {"n": [Decimal(2)], "u": [False]}
    assert copied(str(path), query="from ventas select dia, dia -- twice") == {
        "dia": [dt.date(2024, 1, 5)], "dia (2)": [dt.date(2024, 1, 5)],
    }  # fmt: skip
    assert "Did you mean 'ventas'?" in refusal(str(path), "venta")
    assert "is not one SELECT" in refusal(str(path), query="drop table ventas")
    assert "Table with name venta does not exist" in refusal(str(path), query="select * from venta")
    code = f"import duckdb; c = duckdb.connect({str(path)!r}); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        assert "tienda.db is open in another program" in refusal(str(path), "ventas")
        other.communicate(b"\n")


CELL = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.text(max_size=3), st.dates(),
    st.decimals(-(10**9), 10**9, places=3), st.floats(-1e9, 1e9).map(lambda number: round(number, 3)),
    st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1)),
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(CELL, min_size=1, max_size=8), st.data())
def test_cells_do_not_depend_on_where_a_batch_ends(tmp_path_factory, cells, data):
    """Whatever types come one after the other."""
    folder = tmp_path_factory.mktemp("batches")
    cut = data.draw(st.integers(0, len(cells)))
    rows = [(cell,) for cell in cells]
    write_batches(["x"], [rows], folder / "whole")
    write_batches(["x"], [part for part in (rows[:cut], rows[cut:]) if part], folder / "parts")
    whole, parts = pq.read_table(folder / "whole"), pq.read_table(folder / "parts")
    assert whole.schema == parts.schema
    assert whole.to_pylist() == parts.to_pylist()


def test_whole_numbers_beside_a_real_one_lose_no_digit(tmp_path):
    write_batches(["x"], [[(2**53 + 1,)], [(0.5,)], [(7,)]], tmp_path / "numbers")
    assert pq.read_table(tmp_path / "numbers")["x"].to_pylist() == ["9007199254740993", "0.5e0", "7"]
