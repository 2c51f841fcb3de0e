"""What docs/scheduling.md says is so: its examples run, and runs end and repeat as it promises."""

import configparser
import contextlib
import datetime as dt
import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import Any, ClassVar

import jinja2
import papermill
import pytest
import yaml

import tiny_notebooks
from analysis import parameters
from analysis.report import notebooks
from analysis.stopping import STOPPED

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "scheduling.md").read_text("utf-8")
HOME = "/srv/cartera"
YESTERDAY = dt.date.today() - dt.timedelta(days=1)
TIMES = {"started", "seconds", "start_time", "end_time", "duration", "execution", "cache"}
"""What tells the time in run.json and in notebooks, and what tests set."""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="cron, systemd and sh")


def blocks(language):
    """Return the fenced blocks of the page in a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def line(start):
    """Return the command of the page, within a line of text, that begins so."""
    (found,) = re.findall(rf"`({re.escape(start)}[^`]*)`", PAGE)
    return found


SCRIPT, INSTALL_KERNEL, BACK_FILL, LOOK = blocks("sh")
(CRONTAB,) = blocks("crontab")
SERVICE, TIMER = blocks("ini")
(WORKFLOW,) = blocks("yaml")
(DAG,) = blocks("python")


@pytest.fixture
def place(tmp_path):
    """A folder for /srv/cartera: sales of 90 customers to yesterday, and programs; `cartera` is quick."""
    first, lines = dt.date(2023, 1, 1), ["Invoice no;Customer no;Invoice date;Net amount"]
    days = (YESTERDAY - first).days
    for i in range(800):
        day = first + dt.timedelta(days=days * i // 799)
        lines.append(f"F{i};C{i * i % 90:03};{day};{10 + i % 37},50")
    (tmp_path / "sales.csv").write_text("\n".join(lines), "utf-8")
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    (tmp_path / "reports").mkdir()
    tiny_notebooks.write(tmp_path / "tiny", "01_portfolio", tiny_notebooks.GOOD)
    program(tmp_path / ".venv" / "bin" / "cartera", *tiny_notebooks.command(tmp_path / "tiny"))
    program(tmp_path / ".venv" / "bin" / "python", sys.executable)
    (tmp_path / "nightly.sh").write_text(SCRIPT.replace(HOME, str(tmp_path)))
    (tmp_path / "nightly.sh").chmod(0o755)
    return tmp_path


def program(path, *command, more=""):
    """Leave a program that is the beginning of a command line; ``more`` is added to its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@" {more}\n')
    path.chmod(0o755)


def only(place, names):
    """Let the `cartera` of a place run these notebooks of the workbook."""
    real = str(Path(sys.executable).parent / "cartera")
    program(place / ".venv" / "bin" / "cartera", real, more=f"--notebooks {names} --jobs 1")


def run(place, command, *, shell="sh", **environment):
    """Run a command of the page as cron does: in a bare environment, at home."""
    bare = {"HOME": str(place), "PATH": "/usr/bin:/bin", "CARTERA_CACHE": str(place / "cache")}
    bare |= {"PYTHONPATH": os.environ.get("PYTHONPATH", "")} | environment
    text = command.replace(HOME, str(place))
    return subprocess.run(
        [shell, "-c", text], cwd=place, env=bare, capture_output=True, text=True, check=False
    )


def statuses():
    """Return the statuses in the page's table, in order."""
    return [int(status) for status in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)]


@pytest.mark.slow
def test_a_run_ends_with_the_statuses_of_the_table(place):
    good, bad = place / "good", place / "bad"
    tiny_notebooks.write(good, "01_portfolio", [">results.note('Well.')"])
    tiny_notebooks.write(bad, "01_portfolio", [">1/0"])
    out = place / "reports" / YESTERDAY.isoformat()

    def ended(folder, *arguments):
        return tiny_notebooks.cartera(folder, "run", *arguments, "--out", out).returncode

    def record():
        return (out / "run.json").read_text("utf-8")

    seen = [ended(good, "cdnow-sample")]
    first = record()
    seen += [ended(good, place / "nothing.csv")]
    assert record() == first
    seen += [ended(bad, "cdnow-sample")]
    last = record()
    assert last != first
    if shutil.which("jq"):
        assert run(place, LOOK).stdout == "01_portfolio: ZeroDivisionError: division by zero\n"
    seen += [ended(good, "cdnow-sample", "--nonsense"), stopped(good, out)]
    assert record() == last
    assert seen == statuses()


def stopped(folder, out):
    """Return the status of a run, and of all its processes, that systemd asks to end."""
    tiny_notebooks.write(
        folder, "01_portfolio", [f">open({str(folder / 'begun')!r}, 'w')", ">while True: pass"]
    )
    command = tiny_notebooks.command(folder, "run", "cdnow-sample", "--out", out)
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    while not (folder / "begun").exists():
        assert process.poll() is None
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGTERM)
    return process.wait(timeout=60)


def test_the_script_leads_to_the_last_report_that_ended_well(place):
    latest = place / "reports" / "latest"
    latest.symlink_to("2025-05-31")
    done = run(place, f"{HOME}/nightly.sh 2025-06-30")
    assert (done.returncode, latest.readlink()) == (0, Path("2025-06-30")), done.stderr
    assert json.loads((latest / "run.json").read_text("utf-8"))["data"]["as_of"] == "2025-06-30"
    sent_is_one_file(place)
    (place / "sales.csv").unlink()
    failed = run(place, f"{HOME}/nightly.sh 2025-07-31")
    assert (failed.returncode, latest.readlink()) == (1, Path("2025-06-30"))


def sent_is_one_file(place):
    """Assert that the page's mail takes the front page, which needs no other file."""
    program(place / "bin" / "mutt", "printf", "%s\\n")
    sent = run(place, line("mutt "), PATH=f"{place}/bin:/usr/bin:/bin").stdout.splitlines()
    (page,) = [Path(word) for word in sent if word.startswith(str(place))]
    text = page.read_text("utf-8")
    assert not re.findall(r'(?:src="|url\()(?!data:)', text)
    assert "<link" not in text


@pytest.mark.slow
def test_cron_logs_a_run_and_mails_only_what_went_wrong(place):
    variable, entry = CRONTAB.splitlines()
    assert variable.partition("=")[0] == "MAILTO"
    when, command = re.match(r"((?:\S+\s+){5})(.+)", entry).groups()
    assert re.fullmatch(r"\d+ \d+ \* \* \*", when.strip())
    assert "%" not in command
    well = run(place, command)
    assert (well.returncode, well.stdout, well.stderr) == (0, "", "")
    assert (place / "reports" / "latest").readlink() == Path(YESTERDAY.isoformat())
    assert "The report is in " in (place / "nightly.log").read_text("utf-8")
    (place / "sales.csv").unlink()
    badly = run(place, command)
    assert "There is no file or folder sales.csv." in badly.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_understands_the_units(place):
    for name, text in (("service", SERVICE), ("timer", TIMER)):
        (place / f"cartera.{name}").write_text(text.replace(HOME, str(place)))
    verify = ["systemd-analyze", "verify", "--man=no", "cartera.service", "cartera.timer"]
    verified = subprocess.run(verify, cwd=place, capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    timer = configparser.ConfigParser()
    timer.read_string(TIMER)
    subprocess.run(["systemd-analyze", "calendar", timer["Timer"]["OnCalendar"]], check=True)


def test_systemd_takes_a_run_that_was_stopped_for_no_failure():
    service = configparser.RawConfigParser()
    service.optionxform = str
    service.read_string(SERVICE)
    assert service["Service"]["SuccessExitStatus"].split() == [str(STOPPED), "SIGTERM"]
    assert service["Service"]["ExecStart"] == f"{HOME}/nightly.sh"


@pytest.mark.slow
def test_the_workflow_makes_the_report_that_it_keeps(place):
    workflow = yaml.safe_load(WORKFLOW)
    assert [workflow[True]["schedule"][0]["cron"]] == re.findall(r'cron: "(.+?)"', WORKFLOW)
    steps = workflow["jobs"]["report"]["steps"]
    (install, report), (keep,) = (
        [step for step in steps if "run" in step],
        [step for step in steps if "upload-artifact" in step.get("uses", "")],
    )
    assert (ROOT / install["run"].removeprefix("python ")).exists()
    with contextlib.closing(sqlite3.connect(place / "shop.sqlite")) as shop, shop:
        shop.execute("create table sales (customer text, date text, amount real)")
        days = [(YESTERDAY - dt.timedelta(days=3 * i)).isoformat() for i in range(200)]
        rows = [(f"C{i % 30}", day, 10.5) for i, day in enumerate(days)]
        shop.executemany("insert into sales values (?, ?, ?)", rows)
    (place / "shop.yml").write_text("database: ${SHOP_USER}\ntransactions:\n  table: sales\n")
    names = {name: re.search(r"secrets\.(\w+)", secret)[1] for name, secret in report["env"].items()}
    assert all(name == secret for name, secret in names.items())
    done = run(place, report["run"], shell="bash", SHOP_USER=f"sqlite:///{place}/shop.sqlite")
    assert done.returncode == 0, done.stderr
    assert (place / keep["with"]["path"] / "index.html").exists()


class Operator:
    """What Airflow's papermill operator takes, and which of it are templates."""

    made: ClassVar[list[Any]] = []

    def __init__(self, *, task_id, input_nb, output_nb, parameters, kernel_name):
        self.input_nb, self.output_nb, self.kernel_name = input_nb, output_nb, kernel_name
        self.parameters, self.task_id = parameters, task_id
        self.made.append(self)

    def rendered(self, value, day):
        """Return a template as Airflow fills it in on a day."""
        macros = types.SimpleNamespace(
            ds_add=lambda ds, n: (dt.date.fromisoformat(ds) + dt.timedelta(n)).isoformat()
        )
        return jinja2.Template(value).render(ds=day, macros=macros) if isinstance(value, str) else value


@pytest.fixture
def task(monkeypatch):
    """The only task of the page's DAG, which is run with modules in place of Airflow's."""

    def dag(_name, *, schedule, start_date, catchup, max_active_runs, default_args):
        assert (schedule, catchup, max_active_runs) == ("15 3 * * *", False, 1)
        assert isinstance(start_date, dt.datetime)
        assert default_args == {"retries": 1}
        return contextlib.nullcontext()

    operators = types.SimpleNamespace(PapermillOperator=Operator)
    monkeypatch.setitem(sys.modules, "airflow.sdk", types.SimpleNamespace(DAG=dag))
    monkeypatch.setitem(sys.modules, "airflow.providers.papermill.operators.papermill", operators)
    monkeypatch.setattr(Operator, "made", [])
    exec(compile(DAG, "dag.py", "exec"), {})
    (made,) = Operator.made
    return made


def test_the_parameters_of_the_dag_are_those_of_its_notebook(task):
    path = Path(task.input_nb.replace(HOME, str(ROOT)))
    assert path.exists()
    given = {name: task.rendered(value, "2026-01-01") for name, value in task.parameters.items()}
    assert given["as_of"] == "2025-12-31"
    known = notebooks.defaults(path.stem)
    assert set(given) <= set(known)
    parameters.validate(path.stem, known | given)


@pytest.mark.slow
def test_the_task_of_the_dag_leaves_its_results(place, task):
    (place / "airflow").mkdir()
    day = dt.date.today().isoformat()
    filled = {name: task.rendered(value, day) for name, value in task.parameters.items()}
    given = {name: str(value).replace(HOME, str(place)) for name, value in filled.items()}
    output = task.rendered(task.output_nb, day).replace(HOME, str(place))
    papermill.execute_notebook(
        task.input_nb.replace(HOME, str(place)),
        output,
        parameters=filled | {name: given[name] for name in ("data", "out")},
        kernel_name="python3",
        progress_bar=False,
        report_mode=True,
    )
    assert Path(output).exists()
    assert json.loads((Path(given["out"]) / "findings.json").read_text("utf-8"))


def test_the_kernel_of_the_dag_is_the_one_that_is_made_known(place, task):
    done = run(place, INSTALL_KERNEL, JUPYTER_DATA_DIR=str(place / "jupyter"))
    assert done.returncode == 0, done.stderr
    (spec,) = (place / "jupyter" / "kernels").iterdir()
    assert spec.name == task.kernel_name
    assert json.loads((spec / "kernel.json").read_text("utf-8"))["argv"][0] == sys.executable


@pytest.mark.slow
def test_a_back_fill_holds_each_month_against_the_one_before(place):
    only(place, "08_action_plan")
    done = run(place, BACK_FILL)
    assert done.returncode == 0, done.stderr
    days = ["2025-07-31", "2025-08-31", "2025-09-30"]
    assert sorted(path.name for path in (place / "reports").iterdir()) == days
    for day, before in zip(days, [None, *days], strict=False):
        report = place / "reports" / day
        record = json.loads((report / "run.json").read_text("utf-8"))
        assert record["data"]["as_of"] == day
        given = record["parameters"]["08_action_plan"].get("previous")
        assert given == (before and str(place / "reports" / before))
        assert (report / "changes.json").exists() == bool(before)


def test_old_reports_go_and_young_ones_and_the_link_stay(place):
    reports = place / "reports"
    for name, age in (("2025-01-31", 61), ("2025-06-30", 1)):
        (reports / name / "tables").mkdir(parents=True)
        when = time.time() - age * 86400 - 3600
        os.utime(reports / name, (when, when))
    (reports / "latest").symlink_to("2025-06-30")
    done = run(place, line("find "))
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in reports.iterdir()) == ["2025-06-30", "latest"]


@pytest.mark.slow
def test_the_same_day_twice_gives_the_same_report(place):
    """The second run has an empty cache: what was read and fitted is worked out anew."""
    only(place, "01,02_segmentation,03_churn,04_ltv,08")
    report, seen = place / "reports" / "2025-06-30", []
    for cache in ("one", "two"):
        done = run(place, f"{HOME}/nightly.sh 2025-06-30", CARTERA_CACHE=str(place / cache))
        assert done.returncode == 0, done.stderr
        seen.append({path.relative_to(report): told(path) for path in report.rglob("*") if path.is_file()})
    assert seen[0].keys() == seen[1].keys()
    assert [str(path) for path in seen[0] if seen[0][path] != seen[1][path]] == []


def told(path):
    """Return a file's bytes, or of one that the page says holds times, its content without them."""
    if path.name == "run.json" or path.parent.name == "notebooks":
        return timeless(json.loads(path.read_text("utf-8")))
    return path.read_bytes()


def timeless(value):
    """Return JSON without what tells the time."""
    if isinstance(value, dict):
        return {key: timeless(one) for key, one in value.items() if key not in TIMES}
    return [timeless(one) for one in value] if isinstance(value, list) else value
