"""The command line: quick, in the reader's language, one sentence where something is wrong."""

import errno
import re
import subprocess
import sys

import pytest

import tiny_notebooks
from analysis import cli
from analysis.report import notebooks


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workbook") / "notebooks"
    tiny_notebooks.write(folder, "01_portfolio", ["## Contents", ">results.findings()"])
    tiny_notebooks.write(folder, "03_churn", ["## Contents"])
    return folder


def test_help_answers_at_once():
    """Because nothing slow is imported for it; a clock would depend on the machine."""
    slow = {"pandas", "duckdb", "papermill", "nbformat", "matplotlib", "IPython", "scipy"}
    code = f"import sys, analysis.cli; sys.exit(bool({slow} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_help_names_the_commands(workbook):
    done = tiny_notebooks.cartera(workbook, "--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in ("run", "check", "notebooks"))


def test_version(workbook):
    assert tiny_notebooks.cartera(workbook, "--version").stdout.startswith("cartera 0.")


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "es_ES.UTF-8"}, "es"),
        ([], {"LANG": "es_ES.UTF-8", "LC_ALL": "C"}, "en"),
        (["run", "--language", "es"], {}, "es"),
        (["run", "--language=en"], {"LANG": "es_MX"}, "en"),
        (["run", "--language", "fr"], {"LANG": "de_DE"}, "en"),
    ],
)
def test_language_comes_from_the_option_or_the_system(arguments, environment, language):
    assert cli._language_wanted(arguments, environment) == language


def test_help_is_in_the_readers_language(workbook):
    assert (
        "Idioma del informe" in tiny_notebooks.cartera(workbook, "run", "--help", LANG="es_ES.UTF-8").stdout
    )


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        pytest.param([], ["01_sales", "04_ltv", "04_ltv_check", "12_end"], id="none means all"),
        pytest.param(["04_ltv"], ["04_ltv"], id="name"),
        pytest.param(["04"], ["04_ltv", "04_ltv_check"], id="number"),
        pytest.param(["4"], ["04_ltv", "04_ltv_check"], id="number without zero"),
        pytest.param(["ltv"], ["04_ltv"], id="topic"),
        pytest.param(["12", "ltv_check", "1"], ["01_sales", "04_ltv_check", "12_end"], id="in reading order"),
    ],
)
def test_notebooks_are_chosen_by_name_number_or_topic(monkeypatch, wanted, chosen):
    monkeypatch.setattr(notebooks, "names", lambda: ["01_sales", "04_ltv", "04_ltv_check", "12_end"])
    assert notebooks.choose(wanted) == chosen


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "nowhere.csv"], "nowhere.csv"),
        pytest.param(["check", "nowhere.csv"], "nowhere.csv", marks=pytest.mark.slow),
        pytest.param(
            ["run", "cdnow-sample", "--notebooks", "77"], "There is no notebook '77'.", marks=pytest.mark.slow
        ),
        (["run", "cdnow-sample", "--notebooks", "chrun"], "Did you mean 'churn'?"),
        (
            ["run", "cdnow-sample", "-p", "period=week"],
            "it must be one of 'month', 'quarter', 'half_year', 'year'",
        ),
        *(
            pytest.param(["run", "cdnow-sample", *options], message, marks=pytest.mark.slow)
            for options, message in [
                (["-p", "perod=year"], "Did you mean 'period'?"),
                (["-p", "period"], "write name=value"),
                (["--notebooks", "03", "-p", "abc_a=0.5"], "Unknown parameter 'abc_a'"),
                (["--as-of", "yesterday"], "as_of is 'yesterday'"),
            ]
        ),
        (["run", "a/sales.csv", "b/sales.csv"], "Two data sets have the same name"),
    ],
)
def test_what_is_wrong_is_one_sentence(workbook, tmp_path, arguments, message):
    done = tiny_notebooks.cartera(workbook, *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_errors_are_in_the_readers_language(workbook, tmp_path):
    done = tiny_notebooks.cartera(
        workbook, "run", "cdnow-sample", "-p", "perod=year", "--language", "es", cwd=tmp_path
    )
    assert "¿Querías decir «period»?" in done.stderr


def test_check_accounts_for_every_row(workbook, tmp_path):
    done = tiny_notebooks.cartera(workbook, "check", "cdnow-sample", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "6,919" in done.stdout
    assert not list(tmp_path.iterdir())


def test_check_in_spanish(workbook, tmp_path):
    done = tiny_notebooks.cartera(workbook, "check", "cdnow-sample", "--language", "es", cwd=tmp_path)
    assert "6.919" in done.stdout
    assert "Importe" in done.stdout


def test_check_does_not_take_brackets_in_data_for_its_own(workbook, tmp_path):
    (tmp_path / "[red]x.csv").write_text("customer,date,amount\na,2024-01-31,1.50\nb,2024-02-15,2\n", "utf-8")
    done = tiny_notebooks.cartera(workbook, "check", "[red]x.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "[red]x" in done.stdout


def test_check_writes_a_configuration_that_reads(workbook, tmp_path):
    (tmp_path / "sales.csv").write_text("customer,date,amount\na,2024-01-31,1.50\nb,2024-02-15,2\n", "utf-8")
    done = tiny_notebooks.cartera(workbook, "check", "sales.csv", "--write-config", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = next(path for path in tmp_path.iterdir() if path.suffix == ".yml")
    assert written.name in done.stdout
    assert tiny_notebooks.cartera(workbook, "check", written, cwd=tmp_path).returncode == 0


def test_copies_of_the_notebooks(workbook, tmp_path):
    done = tiny_notebooks.cartera(workbook, "notebooks", tmp_path / "mine", "--language", "es")
    assert done.returncode == 0, done.stderr
    copy = notebooks.load(tmp_path / "mine" / "01_portfolio.ipynb")
    assert copy["cells"][3]["source"] == "## Contenido"
    assert 'language: str = "es"' in copy["cells"][1]["source"]


def test_links_of_copies_lead_somewhere(tmp_path):
    linked = []
    for copy in notebooks.write_copies(tmp_path, "es"):
        text = "".join(cell["source"] for cell in notebooks.load(copy)["cells"])
        linked += [copy.parent / link for link in re.findall(r"\]\(([^):]+)\)", text)]
    assert len(linked) > 20
    assert [link for link in linked if not link.exists()] == []


def test_copies_that_were_edited_are_kept_until_told(workbook, tmp_path):
    arguments = ("notebooks", tmp_path, "--language", "es")
    assert tiny_notebooks.cartera(workbook, *arguments).returncode == 0
    assert tiny_notebooks.cartera(workbook, *arguments).returncode == 0
    edited = tmp_path / "01_portfolio.ipynb"
    edited.write_text(edited.read_text("utf-8").replace("Contenido", "Lo mío"), "utf-8")
    refused = tiny_notebooks.cartera(workbook, *arguments)
    assert refused.returncode == 1
    assert "01_portfolio.ipynb" in refused.stderr
    assert "Lo mío" in edited.read_text("utf-8")
    assert tiny_notebooks.cartera(workbook, *arguments, "--overwrite").returncode == 0
    assert "Lo mío" not in edited.read_text("utf-8")


def test_what_nobody_foresaw_is_one_sentence_and_a_file_without_any_data(monkeypatch, tmp_path, capsys):
    def fail(*_):
        try:
            raise KeyError("cell of Ana Pérez")
        except KeyError as first:
            raise OSError(errno.ENOSPC, "the disk is full", "geheim.csv") from first

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("analysis.report.account.print_account", fail)
    monkeypatch.setattr(sys, "argv", ["cartera", "check", "cdnow-sample"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    shown = capsys.readouterr().err
    (details,) = tmp_path.glob("cartera-*.log")
    written = details.read_text("utf-8")
    assert stopped.value.code == 1
    assert "OSError: the disk is full" in shown and str(details) in shown and shown.count("\n") == 1
    assert "builtins.OSError" in written and "builtins.KeyError" in written and "cartera 0." in written
    assert written.count("in fail\n") == 2
    assert not any(word in shown + written for word in ("Ana", "geheim"))
