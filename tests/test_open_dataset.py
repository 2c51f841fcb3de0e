"""A data set is read once, kept by content, and found by name."""

import os
from pathlib import Path

import pytest

from analysis import open_dataset
from analysis.dataset import kept_tables
from analysis.errors import CarteraError
from intake import account, opened, write

TEXT = "customer,date,amount\nA,2024-01-01,1\nB,2024-01-02,2\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def readings(monkeypatch):
    """Count how often a file is read."""
    read = []
    real = kept_tables.take_in

    def take_in(*arguments):
        read.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(kept_tables, "take_in", take_in)
    return read


def test_what_is_known_is_not_read_again(tmp_path, readings):
    path = write(tmp_path, "sales.csv", TEXT)
    first, second = open_dataset(path), open_dataset(Path(path), as_of="2024-01-01")
    assert len(readings) == 1
    assert first.folder == second.folder
    assert second.quality.assumptions[: len(first.quality.assumptions)] == first.quality.assumptions
    assert account(first) == {"sale": (2, 3)}


def test_a_changed_file_is_noticed_even_with_the_size_and_time_it_had(tmp_path, readings):
    path = Path(write(tmp_path, "sales.csv", TEXT))
    open_dataset(str(path))
    before = path.stat()
    path.write_text(TEXT.replace("01,1", "01,7"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert account(open_dataset(str(path))) == {"sale": (2, 9)}
    assert len(readings) == 2


def test_settings_that_change_are_noticed(tmp_path, readings):
    text = TEXT + "C,2024-01-02,0\n"
    assert account(opened(tmp_path, text, "policies: {zero_amount: keep}"))["sale"][0] == 3
    assert account(opened(tmp_path, text, "policies: {zero_amount: exclude}"))["sale"][0] == 2
    assert len(readings) == 2


def test_the_same_content_elsewhere_is_known(tmp_path, readings):
    (tmp_path / "other").mkdir()
    open_dataset(write(tmp_path, "sales.csv", TEXT))
    open_dataset(write(tmp_path / "other", "sales.csv", TEXT))
    assert len(readings) == 1


def test_what_fails_leaves_nothing(tmp_path, cache):
    with pytest.raises(CarteraError):
        open_dataset(write(tmp_path, "sales.csv", "customer,date\nA,2024-01-01\n"))
    assert list(cache.iterdir()) == []


def test_nothing_is_written_beside_the_data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    open_dataset(write(folder, "sales.csv", "title\n" + TEXT, "utf-16"))
    assert [path.name for path in folder.iterdir()] == ["sales.csv"]


def test_a_folder_that_holds_a_dataset_yml(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    write(folder, "sales.csv", TEXT)
    write(folder, "dataset.yml", "name: The shop\ncurrency: EUR\n")
    dataset = open_dataset(str(folder))
    assert (dataset.name, dataset.currency) == ("The shop", "EUR")


def test_columns_that_hold_data(tmp_path):
    text = "customer,date,amount,invoice,cost\nA,2024-01-01,1,F1,\n"
    assert opened(tmp_path, text).columns == {"customer_id", "date", "amount", "order_id"}


def test_export(tmp_path):
    dataset = opened(tmp_path, TEXT)
    dataset.export(tmp_path / "workspace")
    assert {path.name for path in (tmp_path / "workspace").iterdir()} >= {
        "transactions.parquet",
        "set_aside_transactions.parquet",
        "transactions.sql",
    }
    again = open_dataset(str(tmp_path / "workspace"))
    assert again.query("customers").equals(dataset.query("customers"))
