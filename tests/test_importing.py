"""``cartera import``: a folder of canonical Parquet that opens by itself and says what its source said."""

import json
import shutil

import pandas as pd
import pytest

import tiny_notebooks
from analysis import open_dataset
from intake import write

SALES = """\
    customer;date;invoice;status;units;amount
    A;2024-01-31;F1;paid;1;10,50
    A;2024-02-29;C2;paid;-1;-3,25
    B;2024-03-01;F3;;2;20
    B;2024-03-02;F4;paid;2;0
    C;2024-03-03;F5;cancelled;1;7
    B;not a day;F6;paid;1;5
    C;2024-03-04;F7;paid;-2;8
    D;2024-03-05;F8;paid;1;9
"""
AS_WRITTEN = "transactions: {returned_amounts: as_written}\n"
CONFIG = """
    name: Taller
    currency: EUR
    activity_window: 90
    transactions:
      file: sales.csv
      returned_amounts: as_written
      policies: {zero_amount: exclude}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Import the sales by the command line; return the folder above source and tables."""
    folder = tmp_path_factory.mktemp("imported")
    write(folder, "raw/sales.csv", SALES)
    done = run(folder, write(folder, "raw/dataset.yml", CONFIG), "new/lake")
    assert (done.returncode, done.stderr) == (0, done.stderr)
    assert done.stdout.splitlines()[0].startswith("8 rows were read, all accounted for")
    assert done.stdout.splitlines()[1] == "The tables are in new/lake: give it as DATA."
    return folder


@pytest.fixture
def imported(made, tmp_path):
    """Return a source and the folder that it was imported into."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return str(tmp_path / "raw" / "dataset.yml"), tmp_path / "new" / "lake"


def run(folder, *arguments):
    return tiny_notebooks.cartera(folder, "import", *arguments, cwd=folder)


def frames(dataset):
    return {name: pd.read_parquet(dataset.folder / f"{name}.parquet") for name in dataset.tables}


def assert_same(before, after):
    """Assert that two data sets hold the same rows in every table, and what is known of all of them."""
    expected, found = frames(before), frames(after)
    assert found.keys() == expected.keys()
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(found[name], frame)
    for known in ("name", "as_of", "currency", "tables", "activity_window", "rfm", "actions", "stages"):
        assert getattr(after, known) == getattr(before, known)


def test_the_folder_opens_as_what_was_imported(imported):
    """C2 was cancelled, F7 is a return only because its amount stands as it is written, F4 is left out."""
    source, folder = imported
    assert_same(open_dataset(source), open_dataset(folder))
    kinds = pd.read_parquet(folder / "transactions.parquet")["kind"].tolist()
    assert kinds == ["sale", "cancellation", "sale", "return", "sale"]
    assert not list(folder.parent.glob(".*"))


def test_the_account_and_the_rows_set_aside_are_beside_the_tables(imported):
    _source, folder = imported
    account = json.loads((folder / "account.json").read_text("utf-8"))
    rows = {
        f"{row['outcome']}:{row['rule']}": row["rows"] for row in account["tables"]["transactions"]["rows"]
    }
    assert rows == {
        "sale:": 3, "return:": 1, "cancellation:": 1, "excluded:cancelled": 1, "excluded:zero_amount": 1,
        "rejected:date": 1,
    }  # fmt: skip
    aside = pd.read_parquet(folder / "set_aside_transactions.parquet")
    assert aside["line"].tolist() == [5, 6, 7]
    assert aside["raw"].iloc[-1] == "B;not a day;F6;paid;1;5"


def test_every_table_of_demo_is_the_same(tmp_path):
    assert run(tmp_path, "demo", "lake").returncode == 0
    assert_same(open_dataset("demo"), open_dataset(tmp_path / "lake"))


def test_contracts_alone(tmp_path):
    source = write(tmp_path, "contratos.csv", "cliente;alta;baja\nA;2023-01-01;\nB;2023-02-01;2024-02-01\n")
    assert run(tmp_path, source, "lake").returncode == 0
    before, after = (open_dataset(data, needs_sales=False) for data in (source, tmp_path / "lake"))
    assert_same(before, after)


def test_words_for_stages_stay_where_the_tables_have_others(tmp_path):
    """'Lead' is the second stage of this company, and the first one of the tables: it is not said again."""
    write(tmp_path, "sales.csv", SALES)
    write(tmp_path, "leads.csv", "lead;created;stage\n1;2024-01-01;Prospect\n2;2024-01-02;Lead\n")
    source = write(tmp_path, "dataset.yml", f"stages: [Prospect, Lead, Hot]\n{AS_WRITTEN}")
    assert run(tmp_path, source, "lake").returncode == 0
    before, after = open_dataset(source), open_dataset(tmp_path / "lake")
    pd.testing.assert_frame_equal(frames(after)["leads"], frames(before)["leads"])
    assert not after.stages


def test_an_import_takes_the_place_of_an_earlier_one(imported, tmp_path):
    source, folder = imported
    write(tmp_path, "raw/sales.csv", SALES + "    E;2024-04-01;F9;paid;1;1\n")
    assert run(tmp_path, source, "new/lake").returncode == 0
    assert_same(open_dataset(source), open_dataset(folder))


@pytest.mark.parametrize("name", ["notes.txt", "dataset.yml", "transactions.parquet"])
def test_what_no_import_has_left_is_not_replaced(imported, tmp_path, name):
    """A file of the reader's, and one of ours that was edited."""
    source, folder = imported
    with (folder / name).open("ab") as file:
        file.write(b"# mine\n")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = run(tmp_path, source, "new/lake")
    assert done.returncode == 1
    assert f"'{name}' in it is not as an import has left it" in done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_data_that_cannot_be_read_change_nothing(imported, tmp_path):
    _source, folder = imported
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = run(tmp_path, write(tmp_path, "bad.csv", "a;b\n1;2\n"), "new/lake")
    assert done.returncode == 1
    assert done.stderr.startswith("bad.csv: no column for 'customer_id'")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["lake"]


def test_a_file_is_no_folder(tmp_path):
    source = write(tmp_path, "sales.csv", SALES)
    done = run(tmp_path, source, "sales.csv")
    assert done.returncode == 1
    assert done.stderr == "Nothing can be written to sales.csv: Not a directory. Choose another folder.\n"
