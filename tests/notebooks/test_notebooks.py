"""Every notebook: its form, its committed outputs, plain papermill, and an effect of every parameter."""

import json
import re
import subprocess
import sys
import warnings

import pytest

from analysis import parameters
from analysis.report import execution, notebooks

NAMES = notebooks.names()
COMMON = set(parameters.Common.model_fields)
CELLS = range(20, 46)
LINES = 12
BYTES = 500_000

HOSTILE = """\
customer,date,amount,order
<script>alert(1)</script>,2023-01-15,100.00,1
=cmd(),2023-01-16,-40.00,2
=cmd(),2023-02-16,0.00,3
"O'Brien & Söhne, S.A.",2023-03-17,1000000.00,4
<script>alert(1)</script>,2023-04-18,0.01,5
00123,2023-04-18,12.50,6
only returns,2023-05-02,-5.00,7
NULL,2023-05-02,5.00,8
00123,2023-06-30,99.99,9
"""
ONE_CUSTOMER = "customer,date,amount\nanna,2023-01-15,10.50\nanna,2023-02-20,12.00\n"
ONE_DAY = "customer,date,amount\nanna,2023-01-15,10.50\nben,2023-01-15,12.00\n"
ALL_ZERO = "customer,date,amount\nanna,2023-01-15,0.00\nben,2023-02-15,0.00\nanna,2023-03-20,0.00\n"
SMALL = {"hostile": HOSTILE, "one customer": ONE_CUSTOMER, "one day": ONE_DAY, "all zero": ALL_ZERO}

OVERRIDES = {
    "01_portfolio": {"period": "quarter", "activity_window": 30},
    "02_segmentation": {"abc_a": 0.5, "abc_b": 0.7},
    "03_churn": {"period": "month", "return_share": 0.5, "horizon_days": 60, "calls": 7},
    "04_ltv": {
        "unit": "day",
        "horizon_weeks": 26,
        "annual_discount_rate": 0.5,
        "margin_rate": 0.6,
        "acquisition_cost": 5.0,
        "holdout_weeks": 12,
    },
}


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def parameters_cell(notebook):
    return next(cell for cell in notebook["cells"] if "parameters" in cell["metadata"].get("tags", []))


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell["outputs"]]


def run(name, data, folder, **values):
    """Execute a notebook with papermill as anybody would; return it as left behind."""
    papermill = execution.import_papermill()
    target = folder / f"{name}.ipynb"
    with warnings.catch_warnings():  # of the tools that run it, not of the notebook
        warnings.simplefilter("ignore")
        papermill.execute_notebook(
            str(notebooks.folder() / f"{name}.ipynb"),
            str(target),
            parameters={"data": str(data)} | values,
            progress_bar=False,
            cwd=str(folder),
        )
    return notebooks.load(target)


def shown(notebook):
    """Return all that a reader sees, as one text."""
    return json.dumps([output.get("data", output.get("text")) for output in outputs(notebook)])


def test_there_is_a_model_for_every_notebook():
    assert list(parameters.NOTEBOOKS) == NAMES


def test_form(name):
    notebook = notebooks.read(name)
    assert len(notebook["cells"]) in CELLS
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    for cell in code_cells(notebook):
        if cell is not parameters_cell(notebook):
            assert len(cell["source"].splitlines()) <= LINES, cell["source"]
        assert not re.search(r"^\s*(def|class)\s|\blambda\b.*:=", cell["source"], re.MULTILINE)
        assert "filterwarnings" not in cell["source"]
    assert (notebooks.folder() / f"{name}.ipynb").stat().st_size < BYTES


def test_committed_outputs_are_of_one_run_in_order(name):
    cells = code_cells(notebooks.read(name))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for output in outputs(notebooks.read(name)) if output["output_type"] == "error"]
    assert not [output for output in outputs(notebooks.read(name)) if output["output_type"] == "stream"]


def test_every_figure_has_its_text(name):
    for output in outputs(notebooks.read(name)):
        if "image/png" in output.get("data", {}):
            assert len(output["metadata"]["image/png"]["alt"]) > 20


def test_no_number_is_typed_into_the_story(name):
    """Money and shares of customers are computed: the story holds definitions, not results."""
    for cell in notebooks.read(name)["cells"]:
        if cell["cell_type"] == "markdown":
            assert not re.search(r"[$€£]\s?\d|\d\s?[€£]", cell["source"]), cell["source"]


def test_parameters_are_those_of_the_model(name):
    source = parameters_cell(notebooks.read(name))["source"]
    declared = re.findall(r"^(\w+): [^=]+=[^#]+# \S", source, re.MULTILINE)
    assert declared == list(parameters.NOTEBOOKS[name].model_fields)
    defaults = {}
    exec(source, defaults)  # the parameters cell is assignments only
    parameters.validate(name, defaults)


def test_papermill_lists_every_parameter(name):
    listed = execution.import_papermill().inspect_notebook(str(notebooks.folder() / f"{name}.ipynb"))
    assert set(listed) == set(parameters.NOTEBOOKS[name].model_fields)


def test_every_parameter_is_overridden_below():
    for name in NAMES:
        assert set(OVERRIDES[name]) == set(parameters.NOTEBOOKS[name].model_fields) - COMMON


@pytest.mark.slow
def test_committed_outputs_reproduce(name):
    path = notebooks.folder() / f"{name}.ipynb"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        pytest.param((name, parameter), value, id=f"{name}-{parameter}")
        for name, values in OVERRIDES.items()
        for parameter, value in values.items()
    ],
)
def test_every_parameter_has_an_effect(parameter, value, tmp_path, default_outputs):
    name, key = parameter
    changed = run(name, "cdnow-sample", tmp_path, **{key: value})
    assert shown(changed) != default_outputs(name)


@pytest.fixture(scope="module")
def default_outputs(tmp_path_factory):
    """What a notebook shows on cdnow-sample with its defaults; each runs once."""
    known = {}

    def get(name):
        if name not in known:
            known[name] = shown(run(name, "cdnow-sample", tmp_path_factory.mktemp("default")))
        return known[name]

    return get


@pytest.mark.slow
def test_common_parameters_have_an_effect(name, tmp_path, default_outputs):
    notebook = run(
        name, "cdnow-sample", tmp_path, as_of="1998-03-31", language="es", out=str(tmp_path / "out")
    )
    assert shown(notebook) != default_outputs(name)
    assert (tmp_path / "out" / "findings.json").exists()
    assert list((tmp_path / "out" / "tables" / name).glob("*.csv"))
    assert list((tmp_path / "out" / "figures" / name).glob("*.png"))
    assert not [output for output in outputs(notebook) if output["output_type"] == "stream"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", SMALL)
def test_small_and_hostile_files(name, kind, tmp_path):
    (tmp_path / "sales.csv").write_text(SMALL[kind], "utf-8")
    notebook = run(name, "sales.csv", tmp_path, out="out")
    assert not [output for output in outputs(notebook) if output["output_type"] == "stream"]
    html = "".join(
        output["data"]["text/html"] for output in outputs(notebook) if "text/html" in output.get("data", {})
    )
    assert "<script" not in html
    for path in (tmp_path / "out").rglob("*.csv"):
        assert not re.search(r"(?:^|,)=cmd", path.read_text("utf-8-sig"), re.MULTILINE)


@pytest.mark.slow
def test_a_wrong_parameter_is_one_sentence(name, tmp_path):
    with pytest.raises(Exception, match="Unknown parameter 'perod'"):
        run(name, "cdnow-sample", tmp_path, perod="year")
