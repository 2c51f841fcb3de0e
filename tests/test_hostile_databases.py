"""Databases that are damaged, odd or ill-meant: one sentence each, nothing else is read, Ctrl-C ends it."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from decimal import Decimal

import duckdb
import psutil
import pyarrow.parquet as pq
import pytest
import yaml

from analysis import cli, open_dataset
from analysis.dataset.cache import read_once
from analysis.dataset.config import TableConfig
from analysis.dataset.databases import stage
from analysis.errors import CarteraError
from postgresql import postgresql  # noqa: F401 a fixture

SALES = "create table ventas as select 'C' || {n} % 7 as cliente, '2024-01-05' as fecha, {n} as importe"
OUTSIDE = "asks for files or extensions outside the database"
ENDLESS = {
    "sqlite": "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
    "duckdb": "select sum(a.range % b.range) from range(1000000000) a, range(1000000000) b",
    "postgresql": "select count(*) from generate_series(1, 1000000000) a, generate_series(1, 1000000000) b",
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


def copied(database, table=None, query=None):
    with read_once():
        found = stage(str(database), {"transactions": TableConfig(table=table, query=query)})["transactions"]
        if isinstance(found, CarteraError):
            raise found
        return pq.read_table(found).to_pydict()


def refusal(database, table=None, query=None):
    with pytest.raises(CarteraError) as caught:
        copied(database, table, query)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text("a\ngeheim\n")
    return path


@pytest.fixture
def duckdb_file(tmp_path, secret):
    path = tmp_path / "shop [1]'.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(SALES.format(n="i") + " from range(9000) as t(i)")
        connection.execute(f"create view spy as from read_text('{secret}')")
        connection.execute("create macro spies(x) as table from read_text(x)")
    return path


@pytest.fixture
def sqlite_file(tmp_path):
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        numbers = "with recursive r(n) as (select 1 union all select n + 1 from r limit 9000)"
        connection.execute(f"{SALES.format(n='n')} from ({numbers} select n from r)")
    connection.close()
    return path


@pytest.mark.parametrize(
    "query",
    [
        "from read_text('{secret}')",
        "from read_csv('{secret}')",
        "from read_blob('{folder}/*')",
        "from glob('{folder}/*')",
        "from glob('{folder}/cache/*')",
        "from sniff_csv('{secret}')",
        "from spies('{secret}')",
        "from spy",
        "from query('from read_text(''{secret}'')')",
        "from duckdb_extensions()",
        "select $$'$$; attach '{secret}' as x; select $$'$$",
        "select $$'$$; copy (select 1) to '{secret}'; select $$'$$",
        "select $$'$$; install httpfs; select $$'$$",
        "select $$'$$; load httpfs; select $$'$$",
    ],
)
def test_a_query_of_a_duckdb_file_reads_nothing_else(duckdb_file, secret, query):
    asked = query.format(secret=secret, folder=secret.parent)
    assert OUTSIDE in refusal(duckdb_file, query=asked)
    assert secret.read_text() == "a\ngeheim\n"


@pytest.mark.parametrize(
    "query",
    [
        "from '{secret}'",
        "from held",
        "from enable_logging(storage_path = '{secret}')",
        "select $$'$$; set enable_external_access = true; select $$'$$",
        "select $$'$$; set lock_configuration = false; select $$'$$",
        "select getenv('HOME')",
        "select $written",
    ],
)
def test_nor_does_it_loosen_what_holds_it(duckdb_file, secret, query):
    held = duckdb.sql("select 1")  # which DuckDB would find by its name
    assert "does not work" in refusal(duckdb_file, query=query.format(secret=secret))
    assert held.fetchall() == [(1,)]


def test_a_view_of_a_duckdb_file_that_reads_another_file(duckdb_file):
    assert OUTSIDE in refusal(duckdb_file, "spy")
    assert len(copied(duckdb_file, "ventas")["cliente"]) == 9000


@pytest.mark.parametrize("query", ["select load_extension('x')", "select readfile('{secret}')"])
def test_a_query_of_a_sqlite_file_reads_nothing_else(sqlite_file, secret, query):
    assert "does not work in shop.sqlite" in refusal(sqlite_file, query=query.format(secret=secret))


def _has_open(running, place):
    """Tell whether a process has opened this file, or a connection."""
    process = psutil.Process(running.pid)
    return any(file.path.endswith(place) for file in process.open_files()) or process.net_connections()


@pytest.mark.parametrize("kind", ENDLESS)
def test_ctrl_c_ends_a_query_that_does_not_end(request, tmp_path, kind):
    """DuckDB and SQLite do not hear of signals, or not always, while they work."""
    environment = {"CARTERA_CACHE": str(tmp_path / "cache")}
    if kind == "postgresql":
        server = request.getfixturevalue(kind)
        place, environment = server.address, environment | server.environment
    else:
        place = request.getfixturevalue(f"{kind}_file").name
    (tmp_path / "dataset.yml").write_text(
        f'database: "{place}"\ntransactions: {{query: "{ENDLESS[kind]}"}}\n'
    )
    command = [sys.executable, "-c", "from analysis.cli import main; main()", "check", "dataset.yml"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=os.environ | environment, stderr=subprocess.PIPE
    ) as running:
        while not _has_open(running, place):
            time.sleep(0.05)
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        try:
            assert running.communicate(timeout=30)[1].decode() == "Stopped.\n"
        finally:
            running.kill()
    assert running.returncode == 130
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_whole_number_of_39_digits_does_not_spoil_the_others(tmp_path):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table ventas as select (2::hugeint << 100) as n, 1::uhugeint as m")
        connection.execute(f"create table grandes as select unnest([1::hugeint, {2**127 - 1}]) as n")
    assert copied(path, "ventas") == {"n": [Decimal(2 << 100)], "m": [Decimal(1)]}
    assert copied(path, "grandes") == {"n": ["1", str(2**127 - 1)]}


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
@pytest.mark.parametrize("damage", ["cut", "head", "noise"])
def test_damaged_files(request, kind, damage):
    path = request.getfixturevalue(f"{kind}_file")
    whole = path.read_bytes()
    half = len(whole) // 2
    noise = bytes(range(256)) * (half // 512)
    path.write_bytes(
        {"cut": whole[:half], "head": whole[:100], "noise": whole[:100] + noise + whole[100 + len(noise) :]}[
            damage
        ]
    )
    said = refusal(path, "ventas")
    assert said.startswith((path.name, f"Table 'ventas' of {path.name} cannot be read"))
    assert "open in another program" not in said


@pytest.mark.parametrize("kind", [sqlite3, duckdb])
def test_a_database_without_tables(tmp_path, kind):
    connection = kind.connect(str(tmp_path / "empty.db"))
    connection.execute("create table x (a integer)")
    connection.execute("drop table x")
    connection.close()
    with pytest.raises(CarteraError, match=r"^.*empty\.db holds no table that can be read\.$"):
        open_dataset(str(tmp_path / "empty.db"))


def test_of_a_long_table_name_the_file_is_still_named(tmp_path):
    name = "v" * 300
    connection = sqlite3.connect(tmp_path / "tienda.db")
    connection.execute(f"create table {name} (customer text, date text, amount text)")
    connection.execute(f"insert into {name} values ('', '', '')")
    connection.commit()
    connection.close()
    with pytest.raises(CarteraError, match=r"^tienda\.db .*its only row cannot"):
        open_dataset(str(tmp_path / "tienda.db"))


def test_odd_tables_of_sqlite(tmp_path):
    path = tmp_path / f"{'ñ' * 100}.sqlite"
    wide = ", ".join(f"c{i}" for i in range(1990))
    with sqlite3.connect(path) as connection:
        connection.execute(f"create table ventas ({wide}, '' text, ' ' text, 'a\nb' text, n numeric)")
        connection.execute("insert into ventas (c0, n) values (cast(x'ff00' as text), 9223372036854775807)")
        connection.execute("insert into ventas (c0, n) values (x'fe', 'x')")
        connection.execute(f"create table '{'v' * 300}\n../..' as select 1 as a")
        connection.execute("create view gira as select 1 as a")
        connection.execute("pragma writable_schema = on")
        gira = "create view gira as select * from gira"
        connection.execute("update sqlite_master set sql = ? where name = 'gira'", [gira])
        module = "create virtual table m using no(x)"
        connection.execute("insert into sqlite_master values ('table', 'm', 'm', 0, ?)", [module])
    connection.close()
    ventas = copied(path, "ventas")
    assert len(ventas) == 1994
    assert (ventas["c0"], ventas["n"]) == (["ÿ\0", "\ufffd"], ["9223372036854775807", "x"])
    assert copied(path, f"{'v' * 300}\n../..") == {"a": [1]}
    assert "circularly defined" in refusal(path, "gira")
    assert "no such module" in refusal(path, "m")


WRITTEN = [
    "jdbc:postgresql://host/tienda;user=ana;password=geheim",
    "jdbc:oracle:thin:ana/geheim@host",
    "ana:geheim@host/tienda",
    "//ana:geheim@host/tienda",
    "postgresql:/ana:geheim@host/tienda",
    "postgresql://host/tienda;password=geheim",
    "postgresql://host/tienda password = geheim",
    "postgresql://host/tienda?user=ana&password=geheim",
    "host=h dbname=tienda password=geheim",
    "Server=tcp:host;Database=tienda;Uid=ana;Pwd=geheim;",
    "mongodb+srv://ana:geheim@host",
    "sqlite:///host;Password=geheim",
    "postgres:geheim",
]


PLACES = {
    "given": None,
    "with a space": None,
    "in lines": None,
    "database": {"database": " {}"},
    "file": {"transactions": {"file": "{}"}},
    "variable": {"database": "${WHOLE}"},
    "path": {"database": "sqlite:///${WHOLE}"},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("address", WRITTEN)
def test_a_password_in_any_form_of_address_is_not_repeated(tmp_path, monkeypatch, capfd, address, place):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHOLE", address)
    data = {"with a space": f" {address}", "in lines": f"\n{address}\n"}.get(place, address)
    if PLACES[place]:
        data = "dataset.yml"
        (tmp_path / data).write_text(yaml.safe_dump(PLACES[place]).replace("{}", address))
    monkeypatch.setattr(sys, "argv", ["cartera", "check", data])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = "".join(capfd.readouterr())
    assert ended.value.code == 1
    assert said.count("\n") == 1
    assert "geheim" not in said
    assert "unforeseen" not in said
