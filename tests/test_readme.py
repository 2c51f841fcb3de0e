"""What the documents say is so: commands run, options exist, links lead somewhere, settings are complete."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from analysis.dataset import action_table
from analysis.dataset.config import DatasetConfig, Policies, Transactions, read_config
from analysis.dataset.schema import TABLES, TRANSACTIONS
from analysis.dataset.segment_table import STANDARD_FILE
from analysis.dataset.sources.table_recognition import named

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
ABOUT_DATA = (ROOT / "data" / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))
DOCUMENTS = [
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
]


def commands(text):
    """Return the lines of every fenced block without a language."""
    return [line for block in re.findall(r"```\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


def run(command, folder):
    """Run a line of the README in a folder that holds a sales file and the notebooks."""
    words = shlex.split(command)
    words[0] = str(Path(sys.executable).parent / Path(words[0]).name)
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    lines = ["Invoice no;Customer no;Invoice date;Net amount"]
    for i in range(400):
        year, month, day = 2023 + i // 200, 1 + i % 12, 1 + i * 7 % 28
        lines.append(f"F{i};C{i * i % 90:03};{year}-{month:02}-{day:02};{10 + i % 37},50")
    (tmp_path / "sales.csv").write_text("\n".join(lines), "utf-8")
    return tmp_path


def test_every_make_command_is_a_target():
    shown = {line.split()[1] for line in commands(README) if line.startswith("make ")}
    assert shown == {"run", "test"}
    assert shown | set(re.findall(r"`make ([a-z]+)", README)) <= TARGETS


def test_make_help_lists_every_target():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z]+) ", shown, re.MULTILINE)) == TARGETS


def test_ci_calls_the_command_of_the_readme():
    assert "make test\n" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_windows_does_in_two_lines_what_make_run_does():
    windows = [line for line in commands(README) if line.startswith("py ") or "\\" in line]
    assert windows == ["py install.py", ".venv\\Scripts\\cartera run cdnow demo"]
    assert "install.py" in MAKEFILE
    assert "cartera run cdnow demo" in MAKEFILE


QUICK = [
    line
    for line in commands(README)
    if line.startswith(".venv/bin/cartera") and not {"run", "compare"} & set(line.split())
]
"""Without `compare`, which needs two reports: test_compare.py."""
SLOW = [line for line in commands(README) if " run sales" in line or line.startswith(".venv/bin/papermill")]


@pytest.mark.parametrize("command", [*QUICK, "cartera check sales.csv --write-config"])
def test_quick_command(command, folder):
    done = run(command, folder)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("command", [*SLOW, "papermill --help-notebook notebooks/01_portfolio.ipynb"])
def test_slow_command(command, folder):
    done = run(command, folder)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_options_of_a_run(folder):
    options = re.findall(r"`(--[a-z-]+ [^`]+|-p [^`]+)`", README)
    inline = [option for option in options if not option.startswith("--by")]  # needs a column of sales.csv
    assert len(inline) == 4
    done = run(f"cartera run sales.csv {' '.join(inline)}", folder)
    assert done.returncode == 0, done.stderr
    report = folder / "reports" / "sales"
    assert sorted(path.name for path in report.glob("0*.html")) == ["03_churn.html", "04_ltv.html"]
    assert 'lang="es"' in (report / "index.html").read_text("utf-8")


def test_other_programs_that_the_readme_calls_are_installed():
    called = {line.split()[0] for line in commands(README) if line.startswith(".venv/bin/")}
    assert [name for name in called if not (Path(sys.executable).parent / Path(name).name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files(document):
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text("utf-8"))
    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert missing == []


def test_the_table_lists_every_notebook():
    listed = re.findall(r"^\| \[(\w+)\]", README, re.MULTILINE)
    assert listed == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_the_picture_is_light():
    (picture,) = re.findall(r"!\[.+?\]\((.+?)\)", README)
    assert (ROOT / picture).stat().st_size < 200_000


def test_the_columns_of_a_sales_file_are_all_described():
    section = ABOUT_DATA.split("## A sales file")[1].split("\n## ")[0]
    table = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    named = re.findall(r"`(\w+)`", " ".join(table))
    assert sorted(named) == sorted(column.name for column in TRANSACTIONS.columns)


def test_the_columns_of_the_other_tables_are_all_described():
    section = ABOUT_DATA.split("## Several tables")[1].split("\n## ")[0]
    rows = {
        row[0]: row
        for row in re.findall(r"^\| `(\w+)` \|(.+?)\|(.+?)\|(.+?)\|(.+?)\|", section, re.MULTILINE)
    }
    assert set(rows) == set(TABLES) - {"transactions"}
    for name, (_name, usual, _row, needed, welcome) in rows.items():
        table = TABLES[name]
        assert set(re.findall(r"`(\w+)`", needed)) == {*table.required, *table.any_of}
        described = re.findall(r"`(\w+)`", needed + welcome.replace("(`order_id` of the sales)", ""))
        assert sorted(described) == sorted(table.canonical)
        assert {named(word) for word in usual.split(",")} == {name}


def test_the_settings_of_dataset_yml_are_all_shown_with_their_defaults(tmp_path):
    files, databases = ABOUT_DATA.split("## Databases")
    (shown,) = re.findall(r"```yaml\n(.*?)```", files, re.DOTALL)
    (asking,) = re.findall(r"```yaml\n(.*?)```", databases.split("\n## ")[0], re.DOTALL)
    path = tmp_path / "dataset.yml"
    path.write_text(shown, "utf-8")
    (tmp_path / "my_segments.yml").write_bytes(STANDARD_FILE.read_bytes())
    (tmp_path / "my_actions.yml").write_bytes(action_table.STANDARD_FILE.read_bytes())
    keys, others = yaml.safe_load(shown), yaml.safe_load(asking)
    assert set(keys) - set(TABLES) | {"database"} == set(DatasetConfig.model_fields) - set(TABLES)
    assert set(keys["transactions"]) | {"table", "query"} == set(Transactions.model_fields)
    assert {*others["transactions"], *others["customers"]} >= {"table", "query"}
    assert set(keys["transactions"]["policies"]) == set(Policies.model_fields)
    assert read_config(path).transactions.policies == Policies()
