"""Small notebooks, and ``cartera`` run on them, for tests of the runner and the report."""

import json
import os
import subprocess
import sys

PARAMETERS = """\
data: str = "cdnow"            # what to read
as_of: str = None              # last day that counts
out: str = None                # folder
language: str = "en"           # language
"""
SET_UP = """\
import pandas as pd
from analysis import CarteraError, open_dataset, use_language
from analysis.report.results import Results
use_language(language)
dataset = open_dataset(data, as_of=as_of)
results = Results("{name}", folder=out, currency=dataset.currency)
"""
GOOD = [
    "## Zebra\n\nWhat was read, see [the next](02_segmentation.ipynb).",
    ">results.data_quality(dataset)",
    "## Zebra\n\nThe same heading again.",
    ">customers = dataset.query('customers', as_of=dataset.as_of).nlargest(30, 'net_sales')\n"
    "results.table('customers', customers[['customer_id', 'net_sales']])",
    ">from matplotlib.figure import Figure\nax = Figure().add_subplot()\n"
    "results.figure('curve', ax, alt='The \"largest\" <one>: ' + customers['customer_id'].iloc[0])",
    ">results.table('customers', customers[['customer_id']])",
    ">results.finding('portfolio.largest', 'The largest is ' + customers['customer_id'].iloc[0] + '.')",
    ">import sys; print('secret code'); sys.stderr.write('secret warning')",
    "~## Lesson\n\nChange this cell.",
    "~>results.note('only for learners')",
    ">results.table('wide', pd.DataFrame({f'c{i}': range(21) for i in range(9)}))",
    ">results.leave({'plan.xlsx': b'workbook', 'plan_odoo.csv': b'id'})",
    "## Okapi",
    ">results.customers(customers[['customer_id', 'net_sales']])",
    "## Costs",
    ">from analysis.not_possible import NotPossible; results.show(NotPossible('There are no <costs>.'))",
    "## Quagga\n\nWhat it would take is said before.",
    ">silent = 1",
    "## Findings",
    ">results.findings()",
]


def write(folder, name, cells, title="A title"):
    """Write notebook ``name``; a cell that starts with ``>`` is code, with ``~`` before it a lesson."""
    sources = [f"# {title}", ">" + PARAMETERS, ">" + SET_UP.format(name=name), *cells]
    built = []
    for number, written in enumerate(sources):
        source = written.removeprefix("~")
        cell = {"id": f"cell-{number}", "metadata": {}, "source": source.removeprefix(">")}
        if written != source:
            cell["metadata"] = {"tags": ["lesson"]}
        if source.startswith(">"):
            cell |= {"cell_type": "code", "outputs": [], "execution_count": None}
        else:
            cell |= {"cell_type": "markdown"}
        built.append(cell)
    built[1]["metadata"] = {"tags": ["parameters"]}
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = {"cells": built, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook), "utf-8")


def command(folder, *arguments):
    """Return the command line of ``cartera`` with ``folder`` as the workbook's notebooks."""
    begin = "from analysis.stopping import stop_at_once; stop_at_once()"
    patch = f"import pathlib; from analysis.report import notebooks; F = pathlib.Path({str(folder)!r})"
    start = "notebooks.folder = lambda: F; from analysis.start import main; main()"
    return [sys.executable, "-c", f"{begin}; {patch}; {start}", *map(str, arguments)]


def cartera(folder, *arguments, cwd=None, **environment):
    """Run ``cartera`` with ``folder`` as the workbook's notebooks."""
    return subprocess.run(
        command(folder, *arguments),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
        cwd=cwd,
        env=os.environ | {"LANG": "C.UTF-8", "LC_ALL": "", "COLUMNS": "200"} | environment,
        check=False,
    )
