"""A run leaves a whole report, whatever happens to single notebooks, and nothing when it is stopped."""

import errno
import json
import os
import pathlib
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

import tiny_notebooks
from analysis import CarteraError
from analysis.report import execution, runner
from analysis.report.request import Request

SALES = "customer,date,amount\n" + "".join(
    f"{name},2024-0{month}-1{day},{amount}\n"
    for name, month, day, amount in [
        ("anna", 1, 1, "10.50"), ("anna", 2, 3, "20.00"), ("ben", 1, 5, "7.25"),
        ("carla", 3, 9, "100.00"), ("dan", 3, 2, "1.00"), ("eve", 4, 4, "55.10"),
    ]
)  # fmt: skip
MARK = {"format": "cartera-report", "version": 1}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a sales file and two notebooks, of which the second fails; and a first run."""
    place = tmp_path_factory.mktemp("runner")
    (place / "sales.csv").write_text(SALES, "utf-8")
    tiny_notebooks.write(place / "notebooks", "01_portfolio", tiny_notebooks.GOOD, title="Good")
    failing = ["## Where it fails", ">results.finding('s.before', 'Before.')", ">1/0", "## After it"]
    tiny_notebooks.write(place / "notebooks", "02_segmentation", failing, title="Bad")
    report = place / "reports" / "mine"
    (report / "tables" / "01_portfolio").mkdir(parents=True)
    (report / "tables" / "01_portfolio" / "foreign.xlsx").write_text("mine")
    (report / "tables" / "01_portfolio" / "stale.csv").write_text("of the run before")
    files = ["tables/01_portfolio/stale.csv", "../../sales.csv", str(place / "sales.csv")]
    (report / "run.json").write_text(json.dumps(MARK | {"files": files}))
    return place


@pytest.fixture(scope="module")
def first(place):
    return tiny_notebooks.cartera(
        place / "notebooks", "run", "sales.csv", "--out", "reports/mine", "--jobs", 2, cwd=place
    )


def test_a_failure_is_named_and_the_rest_goes_on(place, first):
    assert first.returncode == 1
    assert "The report is in reports/mine/index.html" in first.stdout
    failure = "02_segmentation stopped at cell 7, in “Where it fails”: ZeroDivisionError: division by zero"
    assert failure in first.stderr
    assert "01_portfolio: done" in first.stderr
    assert "Traceback" not in first.stderr
    assert "arning" not in first.stderr
    partial = json.loads((place / "reports/mine/notebooks/02_segmentation.ipynb").read_text("utf-8"))
    assert partial["cells"][6]["outputs"][0]["ename"] == "ZeroDivisionError"


def test_the_layout_is_that_of_the_design(place, first):
    report = place / "reports" / "mine"
    files = {path.relative_to(report).as_posix() for path in report.rglob("*") if path.is_file()}
    assert files >= {
        "index.html",
        "01_portfolio.html",
        "02_segmentation.html",
        "notebooks/01_portfolio.ipynb",
        "notebooks/02_segmentation.ipynb",
        "tables/01_portfolio/customers.csv",
        "tables/01_portfolio/customers.parquet",
        "figures/01_portfolio/curve.png",
        "findings.json",
        "run.json",
        "workspace/transactions.parquet",
    }
    assert {path.name for path in report.parent.iterdir()} == {"mine"}


def test_foreign_files_stay_and_stale_ones_go(place, first):
    tables = place / "reports" / "mine" / "tables" / "01_portfolio"
    assert (tables / "foreign.xlsx").exists()
    assert not (tables / "stale.csv").exists()
    assert (place / "sales.csv").exists()


def test_findings_of_all_notebooks_are_together(place, first):
    findings = json.loads((place / "reports/mine/findings.json").read_text("utf-8"))
    assert [(finding["id"], finding["notebook"]) for finding in findings] == [
        ("portfolio.largest", "01_portfolio"),
        ("s.before", "02_segmentation"),
    ]
    assert findings[0]["text"] == "The largest is carla."


def test_the_record_says_what_went_in(place, first):
    run = json.loads((place / "reports/mine/run.json").read_text("utf-8"))
    assert run["data"]["files"][0]["bytes"] == len(SALES)
    assert len(run["data"]["files"][0]["sha256"]) == 64
    assert run["data"]["as_of"] == "2024-04-14"
    assert sum(row["rows"] for row in run["rows"]["transactions"]) == 6
    assert sum(row["amount"] for row in run["rows"]["transactions"]) == pytest.approx(193.85)
    assert [notebook["failure"] is None for notebook in run["notebooks"]] == [True, False]
    assert {"python", "cartera", "pandas", "duckdb"} <= set(run["versions"])


def test_the_record_says_what_was_not_possible_and_where(place, first):
    run = json.loads((place / "reports/mine/run.json").read_text("utf-8"))
    reason = "There are no <costs>."
    assert run["closed"] == [{"notebook": "01_portfolio", "section": "Costs", "reason": reason}]


def test_the_record_and_the_page_say_where_a_table_comes_from(place, first):
    report = place / "reports" / "mine"
    run = json.loads((report / "run.json").read_text("utf-8"))
    made = {"function": "notebooks/01_portfolio.ipynb", "queries": ["customers"], "tables": ["transactions"]}
    made["files"] = [run["data"]["files"][0]["path"]]
    assert run["sources"]["01_portfolio/customers"] == made | {"lesson": False}
    assert run["sources"]["customers"] == made
    page = (report / "01_portfolio.html").read_text("utf-8")
    line = f"Source: notebooks/01_portfolio.ipynb · sql/customers.sql · {Path(made['files'][0]).name}"
    assert f'<p class="source">{line}</p>' in page


def test_no_path_of_the_work_area_remains(place, first):
    report = place / "reports" / "mine"
    kept = (report / "notebooks" / "01_portfolio.ipynb").read_text("utf-8")
    assert ".partial-" not in kept
    assert f'out = \\"{report.as_posix()}\\"' in kept


def test_a_mistake_of_the_reader_is_its_sentence_alone(tmp_path):
    cell = ">raise CarteraError('Column x is missing: add it.')"
    tiny_notebooks.write(tmp_path / "notebooks", "01_portfolio", ["## Here", cell])
    out = tmp_path / "{braces} and spaces"
    done = tiny_notebooks.cartera(tmp_path / "notebooks", "run", "cdnow-sample", "--out", out)
    assert done.returncode == 1
    assert "01_portfolio stopped at cell 6, in “Here”: Column x is missing: add it.\n" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to send")
@pytest.mark.parametrize(
    ("number", "names"),
    [(signal.SIGINT, ["01_portfolio", "02_segmentation"]), (signal.SIGTERM, ["01_portfolio"])],
)
def test_stopping_leaves_no_kernel_and_no_trace(tmp_path, number, names):
    begun = tmp_path / "notebooks" / "begun"
    for name in names:
        cell = f">import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(120)"
        tiny_notebooks.write(tmp_path / "notebooks", name, [cell])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run.json").write_text(json.dumps(MARK | {"files": []}))
    (tmp_path / "out" / "mine.txt").write_text("mine")
    arguments = ("run", "cdnow-sample", "--out", tmp_path / "out")
    process = subprocess.Popen(
        tiny_notebooks.command(tmp_path / "notebooks", *arguments), stderr=subprocess.PIPE, text=True
    )
    while not begun.exists():
        assert process.poll() is None
        time.sleep(0.1)
    kernels = psutil.Process(process.pid).children(recursive=True)
    assert kernels
    process.send_signal(number)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "Stopped.\n"
    assert not any(kernel.is_running() for kernel in kernels)
    assert {path.name for path in tmp_path.iterdir()} == {"notebooks", "out"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"run.json", "mine.txt"}


def test_a_kernel_that_dies_is_said_in_words(tmp_path):
    cells = [">results.note('Before.')", ">import os; os._exit(1)"]
    tiny_notebooks.write(tmp_path / "notebooks", "01_portfolio", cells)
    tiny_notebooks.write(tmp_path / "notebooks", "02_segmentation", [">results.note('Well.')"])
    done = tiny_notebooks.cartera(tmp_path / "notebooks", "run", "cdnow-sample", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.count("Python stopped in the middle of a cell") == 1
    assert "Traceback" not in done.stderr
    assert "Before." in (tmp_path / "out" / "notebooks" / "01_portfolio.ipynb").read_text("utf-8")
    assert "Before." in (tmp_path / "out" / "01_portfolio.html").read_text("utf-8")


def test_a_text_that_a_cell_prints_in_pieces_is_one_output(tmp_path):
    """Two runs kept it as one or as two, by how long the cell took between the lines."""
    cell = ">import time; print('one', flush=True); time.sleep(0.5); print('two')"
    tiny_notebooks.write(tmp_path / "notebooks", "01_portfolio", [cell])
    done = tiny_notebooks.cartera(tmp_path / "notebooks", "run", "cdnow-sample", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    notebook = json.loads((tmp_path / "out" / "notebooks" / "01_portfolio.ipynb").read_text("utf-8"))
    (printed,) = notebook["cells"][-1]["outputs"]
    assert "".join(printed["text"]) == "one\ntwo\n"


class Silent:
    """Nobody wants to know how far the notebooks are."""

    def start(self, *_):
        pass

    step = end = start


@pytest.mark.parametrize("out", ["mine", None])
def test_a_folder_of_the_reader_is_refused_before_data_are_read(tmp_path, monkeypatch, out):
    def read(*_arguments, **_options):
        raise AssertionError

    monkeypatch.setattr(runner, "open_dataset", read)
    (tmp_path / "sales.csv").write_text(SALES)
    folder = tmp_path / (out or "reports/sales")
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("mine")
    request = Request(str(tmp_path / "sales.csv"), out=out and folder, base=tmp_path / "reports")
    with pytest.raises(CarteraError, match="is no report of Cartera"):
        runner.run(request, Silent())
    assert (folder / "index.html").read_text() == "mine"


def test_a_disk_that_is_full_when_a_notebook_is_written_ends_the_run(tmp_path, monkeypatch):
    class Papermill:
        def execute_notebook(self, _source, target, **_options):
            pathlib.Path(target).write_text('{"cells": [')
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(execution, "import_papermill", Papermill)
    with pytest.raises(CarteraError, match="There is no room left for the report in"):
        runner.run(Request("cdnow-sample", out=tmp_path / "out", jobs=2), Silent())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_an_unusable_folder_is_one_sentence(tmp_path, out):
    tiny_notebooks.write(tmp_path / "notebooks", "01_portfolio", [])
    (tmp_path / "file").write_text("mine")
    done = tiny_notebooks.cartera(tmp_path / "notebooks", "run", "cdnow-sample", "--out", tmp_path / out)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Choose another folder with --out." in done.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_several_data_sets_make_a_report_each(tmp_path):
    tiny_notebooks.write(tmp_path / "notebooks", "01_portfolio", ["## Nothing"])
    for name in ("north", "south"):
        (tmp_path / f"{name}.csv").write_text(SALES)
    done = tiny_notebooks.cartera(tmp_path / "notebooks", "run", "north.csv", "south.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "reports").iterdir()} == {"north", "south"}


@pytest.mark.slow
def test_whatever_a_file_is_called_its_report_is_in_the_folder_of_reports(tmp_path):
    tiny_notebooks.write(tmp_path / "notebooks", "01_portfolio", ["## Contents"])
    (tmp_path / "...csv").write_text("customer;date;amount\na;2024-01-05;1\nb;2024-02-05;2\n")
    before = {*tmp_path.iterdir(), tmp_path / "reports"}
    done = tiny_notebooks.cartera(
        tmp_path / "notebooks", "run", "...csv", cwd=tmp_path, CARTERA_CACHE=str(tmp_path / "notebooks" / "c")
    )
    assert done.returncode == 0
    assert set(tmp_path.iterdir()) == before
    assert [path.parent.parent.name for path in tmp_path.rglob("index.html")] == ["reports"]
