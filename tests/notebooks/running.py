"""Run notebooks for tests: with papermill as anybody would, or quickly, in this very process."""

import warnings

from analysis.language import use_language
from analysis.report import execution, notebooks
from analysis.report import results as results_module


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def is_parameters(cell):
    return "parameters" in cell["metadata"].get("tags", [])


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell["outputs"]]


def with_papermill(name, folder, **values):
    """Execute a notebook in ``folder``; return it as left behind."""
    papermill = execution.import_papermill()
    target = folder / f"{name}.ipynb"
    with warnings.catch_warnings():  # of the tools that run it, not of the notebook
        warnings.simplefilter("ignore")
        papermill.execute_notebook(
            str(notebooks.folder() / f"{name}.ipynb"),
            str(target),
            parameters=values,
            progress_bar=False,
            cwd=str(folder),
        )
    return notebooks.load(target)


def in_process(name, monkeypatch, *, lessons=True, **values):
    """Run the cells here, where a warning is an error; return what was shown, in order."""
    shown = []
    monkeypatch.setattr(results_module, "display", lambda data, raw, metadata: shown.append(data))
    namespace = {}
    try:
        for cell in code_cells(notebooks.read(name)):
            if notebooks.is_lesson(cell) and not lessons:
                continue
            exec(compile(cell["source"], f"{name} {cell['id']}", "exec"), namespace)
            if is_parameters(cell):
                namespace |= values
    finally:
        use_language("en")
    return shown
