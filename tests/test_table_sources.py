"""Where tables come from, read from the code of notebooks and of what they call."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from analysis import open_dataset
from analysis.report import notebooks
from analysis.report.execution import Execution
from analysis.report.sources import in_words, sources, tables_of


def executed(staging, name, cells):
    """Return a notebook as if each table had been shown from its line, and leave a file for each."""
    shown = []
    for source, outputs in cells:
        about = [
            {"metadata": {"cartera_anchor": f"table-{table}", "cartera_line": line}}
            for table, line in outputs
        ]
        shown.append({"cell_type": "code", "source": source, "metadata": {}, "outputs": about})
        for table, _line in outputs:
            path = staging / "new" / "tables" / name / f"{table}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return Execution(name, {"cells": shown}, 0.0, None)


@pytest.fixture(scope="module")
def demo():
    return open_dataset("demo")


def test_functions_and_queries_are_found_through_variables_and_calls(tmp_path, demo):
    """``concentration`` runs no query itself; ``named`` asks for the customers' names and salespeople."""
    cells = [
        ("from analysis import portfolio, open_dataset\nfrom analysis.owners import named", []),
        (
            "customers = dataset.query('customers')\n"
            "who, years = named(dataset, customers), dataset.query('customer_years')",
            [],
        ),
        (
            "results.show(portfolio.concentration(who))\n"
            "results.show(\n    portfolio.concentration_trend(dataset)\n)\n"
            "for by in ('sector',):\n    results.table('by', customers[['customer_id']])",
            [("largest", 1), ("trend", 3), ("by", 6)],
        ),
        (
            "results.table('typed', pd.DataFrame({'x': [1]}))\nresults.data_quality(dataset)",
            [("typed", 1), ("rows", 2)],
        ),
        ("results.customers(customers)\nresults.leave(portfolio.made(years))", []),
    ]  # fmt: skip
    done = executed(tmp_path, "01_portfolio", cells)
    (tmp_path / "new/tables/01_portfolio/rows.parquet").unlink()
    (tmp_path / "new/tables/01_portfolio/plan.parquet").touch()
    found = sources([done], tmp_path, demo)
    names = ["customers", "customer_records", "customer_main_value"]
    assert {name: (entry["function"], entry["queries"]) for name, entry in found.items()} == {
        "01_portfolio/largest": ("portfolio.concentration", names),
        "01_portfolio/trend": ("portfolio.concentration_trend", ["coverage", "customer_years", *names[1:]]),
        "01_portfolio/by": ("notebooks/01_portfolio.ipynb", ["customers"]),
        "01_portfolio/typed": ("notebooks/01_portfolio.ipynb", []),
        "customers": ("notebooks/01_portfolio.ipynb", ["customers"]),
        "01_portfolio/plan": ("portfolio.made", ["customer_years"]),
    }
    largest = found["01_portfolio/largest"]
    assert largest["tables"] == ["transactions", "customers"]
    assert [Path(file).name for file in largest["files"]] == ["ventas.csv.gz", "clientes.csv"]
    assert set(largest["files"]) <= demo.inputs.keys()
    said = "sql/customers.sql, sql/customer_records.sql and sql/customer_main_value.sql"
    line = f"portfolio.concentration · {said} · ventas.csv.gz and clientes.csv"
    assert in_words(largest) == line
    assert done.notebook["cells"][2]["outputs"][0]["metadata"]["cartera_source"] == f"Source: {line}"
    assert in_words(largest | {"queries": [*"abcde"]}).startswith(
        "portfolio.concentration · sql/a.sql, sql/b.sql, sql/c.sql and 2 more · "
    )


def test_queries_of_tables_that_are_not_there_are_left_out(tmp_path):
    """Without a table of customers their records are not read; the sample has sales alone."""
    source = (
        "from analysis.owners import named\nresults.table('x', named(dataset, dataset.query('customers')))"
    )
    cells = [(source, [("x", 2)])]
    found = sources([executed(tmp_path, "01_portfolio", cells)], tmp_path, open_dataset("cdnow-sample"))
    entry = found["01_portfolio/x"]
    assert (entry["queries"], entry["tables"]) == (["customers", "customer_main_value"], ["transactions"])


def test_parts_of_a_query_are_no_tables():
    assert tables_of("sales_by_period") == {"transactions"}
    assert tables_of("customer_days") == {"transactions"}
    assert tables_of("survey_deliveries") == {"transactions", "surveys", "deliveries"}


@pytest.mark.parametrize("name", notebooks.names())
def test_all_that_a_notebook_shows_has_a_function_queries_and_files(name, tmp_path, demo):
    cells, lessons = [], set()
    for i, cell in enumerate(cell for cell in notebooks.read(name)["cells"] if cell["cell_type"] == "code"):
        lines = [
            node.end_lineno
            for node in ast.walk(ast.parse(cell["source"]))
            if isinstance(node, ast.Expr)
            and ast.unparse(node).startswith(("results.show(", "results.table("))
        ]
        tables = [(f"table_{i}_{line}", line) for line in lines]
        lessons |= {f"{name}/{table}" for table, _line in tables if notebooks.is_lesson(cell)}
        cells.append((cell["source"], tables))
    found = sources([executed(tmp_path, name, cells)], tmp_path, demo)
    assert len(found) >= sum(len(tables) for _source, tables in cells) > 0
    for key, entry in found.items():
        made_here = entry["function"].startswith("notebooks/")
        assert not made_here or key in lessons or key == "customers"
        fed = entry["queries"] and entry["tables"] and entry["files"]
        assert fed or key in lessons or _of_an_earlier_run(entry)


def _of_an_earlier_run(entry):
    """Whether a table holds the folder ``previous`` against what has happened."""
    return entry["function"] in {"churn.earlier_forecast", "actions.earned"}
