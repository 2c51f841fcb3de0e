"""A name is the file that bears it, whatever signs it holds, and what is no file is not opened."""

import json
import os
import shutil
import socket
import sqlite3
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import xlsxwriter

import tiny_notebooks
from analysis import open_dataset
from analysis.dataset.config import read_config
from analysis.dataset.write_config import write_config
from analysis.errors import CarteraError
from intake import amounts, few, write

NAMES = [
    "sales[1].csv", "sales*.csv", "sales?.csv", "export (1).csv", "sales [copy].csv", "sales{1,2}.csv",
    "it's \"the\" sales.csv", "year=2024.csv", "100%25 #1.csv", "${HOME}.csv", "~sales.csv", " sales .csv",
]  # fmt: skip
NEIGHBOURS = ["sales1.csv", "sales.csv", "sales2.csv", "salesx.csv", "sales c.csv", "export.csv"]
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path):
    """A folder of files that patterns would find, each with an amount of 999."""
    folder = tmp_path / "exports"
    folder.mkdir()
    for name in NEIGHBOURS:
        write(folder, name, _text(999))
    return folder


def _text(amount):
    return f"customer,date,amount\nA,2024-01-31,{amount}\n"


def _parquet(path, amount):
    day = pd.to_datetime(["2024-01-31"])
    pd.DataFrame({"customer": ["A"], "date": day, "amount": [amount]}).to_parquet(path)


def _workbook(path, amount):
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["customer", "date", "amount"])
        sheet.write_row(1, 0, ["A", "2024-01-31", amount])


def _sqlite(path, amount):
    connection = sqlite3.connect(path)
    connection.execute("create table sales (customer text, date text, amount real)")
    connection.execute("insert into sales values ('A', '2024-01-31', ?)", [amount])
    connection.commit()
    connection.close()


def _duckdb(path, amount):
    with duckdb.connect(path) as connection:
        connection.execute("create table sales as select 'A' as customer, date '2024-01-31' as date")
        connection.execute(f"alter table sales add column amount integer default {amount}")


def _refusal(data):
    with pytest.raises(CarteraError) as error:
        open_dataset(str(data))
    assert "\n" not in str(error.value)
    return str(error.value)


@POSIX
@pytest.mark.parametrize("name", NAMES)
def test_a_path_is_one_file(folder, name):
    path = write(folder, name, _text(5))
    dataset = open_dataset(path)
    assert amounts(dataset) == [5]
    assert list(dataset.inputs) == [path]


@POSIX
@pytest.mark.parametrize("name", few(5, NAMES))
def test_a_dataset_yml_that_is_written_leads_back_to_the_very_file(folder, name):
    written = write_config(write(folder, name, _text(5)))
    assert read_config(written).transactions.file == name
    assert amounts(open_dataset(str(written))) == [5]


@POSIX
@pytest.mark.parametrize(
    ("make", "suffix"),
    [
        (_sqlite, "sqlite"),
        *(
            pytest.param(make, suffix, marks=pytest.mark.slow)
            for make, suffix in [
                (_parquet, "parquet"),
                (_workbook, "xlsx"),
                (_duckdb, "duckdb"),
                (_sqlite, "csv"),
            ]
        ),
    ],
)
def test_a_file_of_any_kind_may_have_any_name(folder, make, suffix):
    for name in ["sales[1]", "it's (1)? *", "${HOME}@a#b%20c&mode=rw"]:
        neighbour, path = folder / f"sales1.{suffix}", folder / f"{name}.{suffix}"
        neighbour.unlink(missing_ok=True)
        make(neighbour, 999)
        make(path, 5)
        assert amounts(open_dataset(str(path))) == [5], name
        written = write_config(str(path))
        assert amounts(open_dataset(str(written))) == [5], name
        written.unlink()


@POSIX
def test_a_folder_holds_names_and_no_patterns(tmp_path):
    folder = tmp_path / "year=2024" / "[a]*"
    folder.mkdir(parents=True)
    for name in ["sales[1].csv", "sales1.csv", "sales*.csv"]:
        write(folder, name, _text(5))
    dataset = open_dataset(str(folder))
    assert amounts(dataset) == [5, 5, 5]
    assert dataset.name == "[a]*"
    assert "year" not in dataset.columns


def test_a_name_that_is_not_there_is_a_pattern_and_what_it_stands_for_is_said(folder):
    config = write(folder, "dataset.yml", 'transactions: {file: "sales[12].csv"}\n')
    dataset = open_dataset(config)
    assert amounts(dataset) == [999, 999]
    assert "Sales: 'sales[12].csv' in dataset.yml stands for sales1.csv and sales2.csv." in (
        dataset.quality.assumptions
    )
    write(folder, "sales[12].csv", _text(5))
    dataset = open_dataset(config)
    assert amounts(dataset) == [5]
    assert not any("stands for" in said for said in dataset.quality.assumptions)


def test_a_pattern_with_a_whole_path_and_folders_among_what_it_finds(folder, tmp_path):
    (folder / "sales0.csv").mkdir()
    deep = folder / "2023" / "q1"
    deep.mkdir(parents=True)
    write(deep, "old.csv", _text(7))
    patterns = json.dumps([f"{folder}/sales[0-1].csv", "../exports/**/old*"])
    config = write(folder, "dataset.yml", f"transactions: {{file: {patterns}}}\n")
    assert sorted(amounts(open_dataset(config))) == [7, 999]


def test_a_pattern_that_stands_for_nothing(folder):
    for name in ["x*.csv", "[", "no/**/x"]:
        config = write(folder, "dataset.yml", f'transactions: {{file: "{name}"}}\n')
        assert "there is no file" in _refusal(config)
    config = write(folder, "dataset.yml", 'transactions: {file: "a\\0*"}\n')
    assert "line 1: '\\ud…' is half of a letter, and '\\0' is none" in _refusal(config)


@POSIX
@pytest.mark.parametrize("name", few(3, ["[x]", "year=2024", "it's", "*", "x?"]))
def test_the_cache_folder_may_have_any_name(folder, tmp_path, monkeypatch, name):
    """Beside it lies what the pattern would find: the tables of other customers."""
    data = tmp_path / "shop"
    data.mkdir()
    write(data, "sales.csv", _text(5))
    write(data, "customers.csv", "customer,name\nA,Ana\nB,Bea\n")
    write(data, "surveys.csv", "customer,date,score\nA,2024-01-31,9\nA,2024-03-31,9\n")
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / name))
    key = open_dataset(str(data)).folder.name
    for other in ("x", "xx"):
        shutil.copytree(tmp_path / name / key, tmp_path / other / key)
        for path in (tmp_path / other / key).glob("*.parquet"):
            frame = pd.read_parquet(path)
            pd.concat([frame, frame]).to_parquet(path)
    dataset = open_dataset(str(data), as_of="2024-02-01")
    assert amounts(dataset) == [5]
    assert dataset.query("coverage")["transactions"].sum() == 1
    assert any(said.endswith("are not seen: 1.") for said in dataset.accounts["surveys"].assumptions)
    assert "year" not in dataset.engine._connection.execute("from all_customers").df().columns
    assert [link.of for link in dataset.links] == [1, 2, 2]


# Names that are too long for working copies, or not UTF-8

_KINDS = [None, *(pytest.param(make, marks=pytest.mark.slow) for make in (_parquet, _workbook, _sqlite))]


@POSIX
@pytest.mark.parametrize("make", _KINDS)
def test_a_name_of_255_bytes(tmp_path, make):
    path = tmp_path / ("ñ" * 127 + "x")
    if make is None:
        path.write_text("title\n" + _text(5), "utf-16")
    else:
        make(tmp_path / "short", 5)
        (tmp_path / "short").rename(path)
    assert amounts(open_dataset(str(path))) == [5]
    assert amounts(open_dataset(str(write_config(str(path))))) == [5]


NOT_UTF8 = os.fsdecode(b"ventas\xf1\xff.csv")


def _made(path, make=lambda path: path.write_text(_text(5))):
    try:
        make(path)
    except (OSError, UnicodeError):
        pytest.skip("this system has no such names")
    return path


@POSIX
@pytest.mark.parametrize("form", _KINDS)
def test_a_name_that_is_not_utf8(tmp_path, form):
    path = _made(tmp_path / NOT_UTF8)
    if form:
        path.unlink()
        form(tmp_path / "plain", 5)
        (tmp_path / "plain").rename(path)
    dataset = open_dataset(str(path))
    assert amounts(dataset) == [5]
    assert dataset.name.encode() == "ventas\ufffd\ufffd".encode()
    assert str(tmp_path) in next(iter(dataset.inputs)).encode().decode()
    with pytest.raises(CarteraError, match=r"its name is not UTF-8\. Rename it"):
        write_config(str(path))


@POSIX
def test_a_duckdb_file_whose_name_is_not_utf8(tmp_path):
    _duckdb(tmp_path / "plain", 5)
    (tmp_path / "plain").rename(_made(tmp_path / NOT_UTF8))
    assert "cannot be opened by DuckDB, since its name is not UTF-8" in _refusal(tmp_path / NOT_UTF8)


@POSIX
def test_a_folder_of_names_that_are_not_utf8(tmp_path):
    folder = _made(tmp_path / NOT_UTF8, Path.mkdir)
    _made(folder / NOT_UTF8)
    (folder / "sales.csv").write_text(_text(6))
    (folder / "notas\udcff.csv").write_text("a,b\n1,2\n")
    dataset = open_dataset(str(folder))
    assert sorted(amounts(dataset)) == [5, 6]
    json.dumps([dataset.name, dataset.inputs, dataset.quality.assumptions], ensure_ascii=False).encode()
    (folder / "dataset.yml").write_text("transactions: {file: 'ventas*.csv'}\n")
    assert amounts(open_dataset(str(folder))) == [5]


@pytest.mark.slow
@POSIX
def test_a_report_of_a_name_that_is_not_utf8(tmp_path):
    path = _made(tmp_path / NOT_UTF8)
    tiny_notebooks.write(tmp_path / "notebooks", "01_portfolio", ["## Zebra", ">dataset.name"])
    done = tiny_notebooks.cartera(tmp_path / "notebooks", "run", path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = json.loads((tmp_path / "reports" / "ventas\ufffd\ufffd" / "run.json").read_text("utf-8"))
    assert run["data"]["given"].endswith("ventas\ufffd\ufffd.csv")
    assert run["notebooks"][0]["failure"] is None


# What is no file


def test_a_name_of_nobodys_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "There is no file or folder ~nobody-of-that-name/x.csv." in _refusal("~nobody-of-that-name/x.csv")
    config = write(tmp_path, "dataset.yml", "database: ~nobody-of-that-name/x.sqlite\n")
    assert "There is no database" in _refusal(config)


def test_a_name_that_no_file_can_have():
    assert "There is no file or folder" in _refusal("sales\0.csv")
    assert "There is no file or folder" in _refusal("x" * 5000)
    assert "There is no file or folder" in _refusal("x" * 5000 + "/a.csv")


def _pipe(path):
    os.mkfifo(path)


def _socket(path):
    there = Path.cwd()
    os.chdir(path.parent)  # an address is short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path.name)
    os.chdir(there)


def _device(path):
    path.symlink_to("/dev/zero")


@POSIX
@pytest.mark.parametrize("make", [_pipe, _socket, _device])
@pytest.mark.parametrize("name", ["sales.csv", "sales.yml", "sales"])
def test_what_is_no_file_is_not_opened(tmp_path, make, name):
    make(tmp_path / name)
    assert f"{name} is not a file but a" in _refusal(tmp_path / name).replace("zero", name)
    with pytest.raises(CarteraError, match="is not a file but a"):
        write_config(str(tmp_path / name))


@POSIX
@pytest.mark.parametrize("make", [_pipe, _socket, _device])
def test_what_is_no_file_among_files(folder, make):
    make(folder / "clientes.csv")
    with pytest.raises(CarteraError, match=r"Customers: clientes\.csv is not a file but a"):
        open_dataset(str(folder))
    assert "# clientes.csv is not a file but a" in write_config(str(folder)).read_text()


@POSIX
def test_a_pipe_that_dataset_yml_names_or_is(tmp_path):
    _pipe(tmp_path / "pipe")
    config = write(tmp_path, "dataset.yml", "transactions: {file: pipe}\n")
    assert "pipe is not a file but a" in _refusal(config)
    write(tmp_path, "dataset.yml", "database: pipe\n")
    assert "pipe is no SQLite or DuckDB database" in _refusal(config)
    (tmp_path / "dataset.yml").unlink()
    _pipe(tmp_path / "dataset.yml")
    assert "dataset.yml is not a file but a" in _refusal(tmp_path)


@POSIX
@pytest.mark.parametrize("target", ["sales.csv", "nowhere.csv"])
def test_a_link_that_leads_nowhere(tmp_path, target):
    (tmp_path / "sales.csv").symlink_to(target)
    assert _refusal(tmp_path / "sales.csv") == (
        "sales.csv is a link that leads nowhere. Give the file itself."
    )
    assert "sales.csv is a link that leads nowhere" in _refusal(tmp_path)
    config = write(tmp_path, "dataset.yml", "transactions: {file: sales.csv}\n")
    assert "sales.csv is a link that leads nowhere" in _refusal(config)
    (tmp_path / "dataset.yml").unlink()
    (tmp_path / "dataset.yml").symlink_to(target)
    assert "dataset.yml is a link that leads nowhere" in _refusal(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("mode", [0o000, 0o100, 0o400])
def test_a_folder_that_is_barred(folder, mode):
    """It may neither be looked into nor gone through, only gone through, only looked into."""
    folder.chmod(mode)
    try:
        if mode != 0o400:
            assert _refusal(folder) == "exports cannot be read: Permission denied."
        if mode != 0o100:
            assert _refusal(folder / "sales.csv") == "sales.csv cannot be read: Permission denied."
    finally:
        folder.chmod(0o700)


@pytest.mark.skipif(os.name == "nt", reason="a backslash divides folders there")
@pytest.mark.parametrize("name", ["back\\slash[1].csv", "back\\slash*.parquet"])
def test_a_name_that_duckdb_cannot_be_given_is_read_all_the_same(tmp_path, name):
    sales = pd.DataFrame({"customer": ["A"], "date": ["2024-01-31"], "amount": [5.5]})
    if name.endswith("csv"):
        sales.to_csv(tmp_path / name, index=False)
    else:
        sales.to_parquet(tmp_path / name)
    assert amounts(open_dataset(str(tmp_path / name))) == [5.5]
