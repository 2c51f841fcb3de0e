"""What is kept is whole, of no harm to what lies beside it, and the same for all of a run."""

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

import tiny_notebooks
from analysis import open_dataset
from analysis.dataset import kept_tables
from analysis.dataset.cache import MARKER, VARIABLE, shared_with_kernels
from analysis.dataset.kept_tables import changes
from analysis.errors import CarteraError
from intake import amounts, few, write

TEXT = "customer,date,amount\nA,2024-01-01,1\nB,2024-01-02,2\n"
OTHER = TEXT.replace("01,1", "01,7")
LONG_AGO = time.time() - 40 * 86_400


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def sales(tmp_path):
    return Path(write(tmp_path, "sales.csv", TEXT))


@pytest.fixture
def reading(monkeypatch):
    """Let something happen whenever a source has been read; return the folders it was read into."""
    reading, real = SimpleNamespace(folders=[], then=lambda: None), kept_tables.take_in

    def take_in(source, folder):
        reading.folders.append(folder)
        taken = real(source, folder)
        reading.then()
        return taken

    monkeypatch.setattr(kept_tables, "take_in", take_in)
    return reading


# What lies beside it


def test_nothing_of_others_is_ever_removed(cache, sales):
    for name in (".git", "photos", "0123456789abcdef0123456789abcdef"):
        (cache / name).mkdir(parents=True)
        (cache / name / "mine.txt").write_text("mine")
        os.utime(cache / name, (LONG_AGO, LONG_AGO))
    (cache / "letter.txt").write_text("mine")
    unused = open_dataset(str(sales)).folder
    os.utime(unused, (LONG_AGO, LONG_AGO))
    sales.write_text(OTHER)
    used = open_dataset(str(sales)).folder
    assert not unused.exists()
    assert {path.name for path in cache.iterdir()} == {
        ".git", "photos", "0123456789abcdef0123456789abcdef", "letter.txt", used.name,
    }  # fmt: skip
    assert all((cache / name / "mine.txt").exists() for name in (".git", "photos"))


def test_what_a_killed_run_left_goes_in_the_end(cache, sales):
    (cache / ".cartera-killed").mkdir(parents=True)
    (cache / ".cartera-killed" / MARKER).write_text("{}")
    os.utime(cache / ".cartera-killed", (LONG_AGO, LONG_AGO))
    open_dataset(str(sales))
    assert not (cache / ".cartera-killed").exists()


# Damage


def _cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def _altered(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _emptied(path):
    path.write_bytes(b"")


def _list(path):
    path.write_text("[1, 2]")


@pytest.mark.parametrize("harm", few(3, [_cut, _altered, Path.unlink, _emptied, _list, shutil.rmtree]))
@pytest.mark.parametrize("name", ["transactions.parquet", "account.json", MARKER])
def test_what_is_damaged_is_read_again(sales, reading, harm, name):
    folder = open_dataset(str(sales)).folder
    harm(folder / name if harm is not shutil.rmtree else folder)
    again = open_dataset(str(sales))
    assert amounts(again) == [1, 2]
    assert again.folder == folder
    assert len(reading.folders) == 2
    open_dataset(str(sales))
    assert len(reading.folders) == 2
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_file_in_the_place_of_what_is_kept(sales):
    folder = open_dataset(str(sales)).folder
    shutil.rmtree(folder)
    folder.write_text("?")
    assert open_dataset(str(sales)).folder == folder
    assert folder.is_dir()


@pytest.mark.slow
def test_two_at_once_on_one_cache(cache, sales):
    """Both find what is damaged, both read, and none is in the way of the other."""

    def amounts_of(_number):
        return amounts(open_dataset(str(sales)))

    folder = cache / open_dataset(str(sales)).folder.name
    for _round in range(3):
        _cut(folder / "transactions.parquet")
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(amounts_of, range(4))) == [[1, 2]] * 4
        assert [path.name for path in cache.iterdir()] == [folder.name]


@pytest.mark.slow
def test_processes_at_once_on_one_cache(cache, sales):
    code = "import sys; from analysis import open_dataset; print(open_dataset(sys.argv[1]).folder)"
    command = [sys.executable, "-c", code, str(sales)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _n in range(4)]
    said = {process.communicate(timeout=120)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert said == {f"{next(cache.iterdir())}\n"}


# A cache that cannot be written to


def _not_kept(dataset):
    return [said for said in dataset.quality.assumptions if "is not kept" in said]


@pytest.mark.parametrize("below", ["", "below/it"])
def test_a_cache_that_is_a_file(tmp_path, cache, sales, below, monkeypatch):
    cache.write_text("mine")
    monkeypatch.setenv("CARTERA_CACHE", str(cache / below))
    dataset = open_dataset(str(sales))
    assert amounts(dataset) == [1, 2]
    (said,) = _not_kept(dataset)
    assert str(cache / below) in said
    assert "CARTERA_CACHE" in said
    assert cache.read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_that_is_read_only(cache, sales):
    open_dataset(str(sales))
    cache.chmod(0o500)
    try:
        assert not _not_kept(open_dataset(str(sales)))
        sales.write_text(OTHER)
        dataset = open_dataset(str(sales))
        assert (amounts(dataset), len(_not_kept(dataset))) == ([7, 2], 1)
    finally:
        cache.chmod(0o700)


def test_a_cache_that_is_full(cache, sales, reading):
    def full():
        if reading.folders[-1].is_relative_to(cache):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    reading.then = full
    dataset = open_dataset(str(sales))
    assert amounts(dataset) == [1, 2]
    assert "No space left on device" in _not_kept(dataset)[0]
    assert list(cache.iterdir()) == []


def test_a_computer_that_is_full(cache, sales, reading):
    def full():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    reading.then = full
    with pytest.raises(CarteraError, match=r"sales could not be read .*: No space left on device"):
        open_dataset(str(sales))


def test_what_is_not_kept_is_gone_with_the_process(tmp_path, cache, sales):
    cache.write_text("mine")
    (tmp_path / "temporary").mkdir()
    code = "import sys; from analysis import open_dataset; print(open_dataset(sys.argv[1]).folder)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(sales)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=os.environ | {"TMPDIR": str(tmp_path / "temporary")},
    )
    assert done.stdout.startswith(str(tmp_path / "temporary"))
    assert list((tmp_path / "temporary").iterdir()) == []


# What changes while it is read, or after


def test_a_file_that_changes_while_it_is_read_is_read_again(sales, reading):
    reading.then = lambda: sales.write_text(OTHER)
    assert amounts(open_dataset(str(sales))) == [7, 2]
    assert len(reading.folders) == 2


def test_a_file_that_is_only_touched_is_not(sales, reading):
    reading.then = lambda: os.utime(sales)
    open_dataset(str(sales))
    assert len(reading.folders) == 1


def test_a_file_that_goes_on_changing(cache, sales, reading):
    reading.then = lambda: sales.write_text(sales.read_text() + "C,2024-01-03,3\n")
    with pytest.raises(CarteraError, match=r"^sales\.csv: changed while being read\. Wait until"):
        open_dataset(str(sales))
    assert list(cache.iterdir()) == []


def test_a_file_that_is_removed_before_it_is_read(sales, monkeypatch):
    real = kept_tables.spelled

    def spelled(source):
        sales.unlink()
        return real(source)

    monkeypatch.setattr(kept_tables, "spelled", spelled)
    with pytest.raises(CarteraError, match=r"^sales\.csv cannot be read: No such file"):
        open_dataset(str(sales))


def test_a_run_reads_once_whatever_happens_to_the_data_and_the_cache(tmp_path, cache, sales, reading):
    data = str(sales)
    with shared_with_kernels():
        first = open_dataset(data)
        (kept_folder,) = cache.glob("[!.]*")
        shutil.rmtree(kept_folder)
        sales.write_text(OTHER)
        assert amounts(open_dataset(data)) == [1, 2]
        sales.unlink()
        again = open_dataset(data, as_of="2024-01-01")
        assert again.inputs == first.inputs
        assert again.quality.rows["rows"].sum() == 2
        first.export(tmp_path / "workspace")
    assert len(reading.folders) == 1
    assert {path.name for path in (tmp_path / "workspace").iterdir()} == {
        "transactions.parquet", "set_aside_transactions.parquet", "reconciliation.parquet", "account.json",
        "transactions.sql",
    }  # fmt: skip
    assert not [path for path in cache.iterdir() if path.name.startswith(".")]


def _changed(data):
    return [str(note) for note in changes(data)]


def test_what_changed_during_a_run_is_said(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    write(folder, "sales.csv", TEXT)
    write(folder, "dataset.yml", "currency: EUR\n")
    data = str(folder)
    with shared_with_kernels():
        open_dataset(data)
        assert _changed(data) == []
        os.utime(folder / "sales.csv")
        assert _changed(data) == []
        write(folder, "sales.csv", OTHER)
        write(folder, "customers.csv", "customer,name\nA,Ana\n")
        write(folder, "dataset.yml", "currency: USD\n")
        assert _changed(data) == [
            "The data changed while the report was made (customers.csv, dataset.yml and sales.csv). All of "
            "it shows them as they were at its start; run it again for the new ones."
        ]
        (folder / "sales.csv").unlink()
        (folder / "customers.csv").unlink()
        assert "(The folder shop holds no sales file. Known are" in _changed(data)[0]


CHANGE = ">from pathlib import Path\n_ = Path(data).write_text({text!r})"


@pytest.mark.parametrize("text", [OTHER, pytest.param(None, marks=pytest.mark.slow)])
def test_a_report_shows_the_data_of_its_start_and_says_that_they_changed(tmp_path, sales, text):
    change = ">from pathlib import Path\nPath(data).unlink()" if text is None else CHANGE.format(text=text)
    total = [">results.finding('x.total', str(dataset.query('coverage')['net_sales'].sum()))"]
    tiny_notebooks.write(tmp_path / "notebooks", "01_portfolio", [change])
    tiny_notebooks.write(tmp_path / "notebooks", "02_segmentation", total)
    done = tiny_notebooks.cartera(
        tmp_path / "notebooks", "run", sales, "--out", "out", "--jobs", 1, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    (finding,) = json.loads((tmp_path / "out" / "findings.json").read_text("utf-8"))
    assert finding["text"] == "3.0"
    sentence = "The data changed while the report was made (" + ("sales.csv)" if text else "There is no file")
    assert sentence in done.stderr
    assert sentence in json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["warnings"][0]
    assert sentence in (tmp_path / "out" / "index.html").read_text("utf-8")


@pytest.mark.slow
def test_a_run_without_a_cache(tmp_path, cache, sales):
    cache.write_text("mine")
    (tmp_path / "temporary").mkdir()
    tiny_notebooks.write(tmp_path / "notebooks", "01_portfolio", [">dataset.folder"])
    done = tiny_notebooks.cartera(
        tmp_path / "notebooks", "run", sales, "--out", "out", cwd=tmp_path, TMPDIR=str(tmp_path / "temporary")
    )
    assert done.returncode == 0, done.stderr
    assert "What was read is not kept" in (tmp_path / "out" / "index.html").read_text("utf-8")
    assert not [path for path in (tmp_path / "temporary").iterdir() if "cartera" in path.name]
    assert VARIABLE not in os.environ
