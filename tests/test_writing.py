"""A dataset.yml that is written says what was recognised, and reads as the file itself does."""

import pytest
import yaml

from analysis import open_dataset
from analysis.dataset.config import Policies, read_config
from analysis.dataset.schema import TRANSACTIONS
from analysis.dataset.writing import write_config
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
