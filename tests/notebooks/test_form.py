"""The form of every notebook; its committed outputs are checked by ``pytest --nbval notebooks``."""

import ast
import re

import pytest
from running import code_cells, is_parameters, outputs

from analysis import parameters
from analysis.report import execution, notebooks

NAMES = notebooks.names()
CELLS = range(20, 46)
LINES = 12
BYTES = 500_000


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def notebook(name):
    return notebooks.read(name)


def parameters_source(notebook):
    return next(cell["source"] for cell in code_cells(notebook) if is_parameters(cell))


def test_there_is_a_model_for_every_notebook():
    assert list(parameters.NOTEBOOKS) == [*NAMES, *notebooks.sheets()]


def test_size(name, notebook):
    assert len(notebook["cells"]) in CELLS
    assert (notebooks.folder() / f"{name}.ipynb").stat().st_size < BYTES
    for cell in code_cells(notebook):
        assert is_parameters(cell) or len(cell["source"].splitlines()) <= LINES, cell["source"]


def test_cells_have_names_and_a_kernel_that_is_everywhere(notebook):
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])


def test_helpers_live_elsewhere(notebook):
    for cell in code_cells(notebook):
        assert not re.search(r"^\s*(def|class)\s", cell["source"], re.MULTILINE)
        assert "filterwarnings" not in cell["source"]


def test_committed_outputs_are_of_one_run_in_order(notebook):
    cells = code_cells(notebook)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        known = {"display_data", "execute_result"} | ({"stream"} if notebooks.is_lesson(cell) else set())
        assert {output["output_type"] for output in cell["outputs"]} <= known


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_has_guards(name):
    """A result that is not possible says so when it is shown; words are translated in the package."""
    for cell in code_cells(notebooks.read(name)):
        guards = (ast.If, ast.IfExp, ast.NamedExpr)
        guards += () if notebooks.is_lesson(cell) else (ast.comprehension,)
        unclear = [node for node in ast.walk(ast.parse(cell["source"])) if isinstance(node, guards)]
        assert not unclear, cell["source"]
        assert not re.search(r"\b_\(|\*\*", cell["source"]) or is_parameters(cell), cell["source"]


@pytest.mark.parametrize("name", NAMES)
def test_there_is_a_lesson_with_data_in_plain_sight(name):
    lessons = [cell["source"] for cell in code_cells(notebooks.read(name)) if notebooks.is_lesson(cell)]
    assert any(".head()" in source for source in lessons)


@pytest.mark.parametrize("name", NAMES)
def test_the_report_speaks_of_no_cells(name):
    for cell in notebooks.read(name)["cells"]:
        if cell["cell_type"] == "markdown" and not notebooks.is_lesson(cell):
            assert not re.search(r"\b(cells?|helpers?|notebook cell)\b", cell["source"]), cell["source"]


def test_every_figure_has_its_text(notebook):
    figures = [output for output in outputs(notebook) if "image/png" in output.get("data", {})]
    assert figures
    assert all(len(output["metadata"]["image/png"]["alt"]) > 20 for output in figures)


@pytest.mark.parametrize(
    "name",
    [
        "01_portfolio",
        "01_portfolio_audit",
        "02_segmentation_check",
        "03_churn",
        "03_churn_check",
        "04_ltv",
        "04_ltv_check",
        "05_profitability",
        "07_satisfaction",
        "08_action_plan",
    ],
)
def test_eight_findings_at_most(name):
    shown = [str(output.get("data", {}).get("text/html", "")) for output in outputs(notebooks.read(name))]
    assert 0 < sum('class="finding"' in html for html in shown) <= 8


def test_no_result_is_typed_into_the_story(notebook):
    """Amounts are computed: the story holds definitions, not results."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            assert not re.search(r"[$€£]\s?\d|\d\s?[€£]", cell["source"]), cell["source"]


def test_parameters_are_those_of_the_model(name, notebook):
    source = parameters_source(notebook)
    declared = re.findall(r"^(\w+): \w+ = [^#]+# \S", source, re.MULTILINE)
    assert declared == list(parameters.NOTEBOOKS[name].model_fields)
    defaults = {}
    exec(source, defaults)
    parameters.validate(name, defaults)


def test_papermill_lists_every_parameter(name):
    listed = execution.import_papermill().inspect_notebook(str(notebooks.folder() / f"{name}.ipynb"))
    assert set(listed) == set(parameters.NOTEBOOKS[name].model_fields)
    assert all(listed[parameter]["help"] for parameter in listed)


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        (["4"], ["04_ltv", "04_ltv_check"]),
        (["ltv"], ["04_ltv"]),
        (["acquisition", "03"], ["03_churn", "03_churn_check", "03_churn_contracts", "06_acquisition"]),
        (["3"], ["03_churn", "03_churn_check", "03_churn_contracts"]),
        ([], NAMES),
    ],
)
def test_a_number_means_all_notebooks_that_begin_with_it(wanted, meant):
    assert notebooks.choose(wanted) == meant
