"""What each cell of a notebook takes on a data set, run here without a kernel, and what its queries take.

``python -m benchmarks.cells 01_portfolio DATA`` prints both as tables.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

import matplotlib as mpl
import nbformat
import psutil

from analysis.dataset import dataset

_NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere


@contextmanager
def measured(into: list[tuple[str, float, float, float]], name: str) -> Iterator[None]:
    """Add name, seconds by the clock and of processors, and the peak of memory so far in MB to ``into``."""
    clock, work = time.perf_counter(), time.process_time()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 1e6
    into.append((name, time.perf_counter() - clock, time.process_time() - work, peak))


def main(notebook: str, data: str) -> None:
    """Run the cells of ``notebook`` on ``data`` one after the other and print what each takes."""
    mpl.use("agg")
    cells: list[tuple[str, float, float, float]] = []
    queries: list[tuple[str, float, float, float]] = []
    plain = dataset.Dataset.query

    def query(self: dataset.Dataset, name: str, *columns: object, **parameters: object) -> object:
        with measured(queries, name):
            return plain(self, name, *columns, **parameters)

    dataset.Dataset.query = query
    names: dict[str, object] = {}
    for cell in nbformat.read(_NOTEBOOKS / f"{notebook}.ipynb", 4).cells:
        if cell.cell_type != "code":
            continue
        title = next(line for line in reversed(cell.source.splitlines()) if line)
        with measured(cells, f"`{title}`"), redirect_stdout(StringIO()):
            exec(cell.source, names)
        if "parameters" in cell.metadata.get("tags", []):
            names["data"] = data
    for title, rows in (("cell", cells), ("query", queries)):
        print(f"\n| {title} | clock | processors | peak so far |\n|---|---|---|---|")
        for name, clock, work, peak in rows:
            print(f"| {name} | {clock:.1f} s | {work:.1f} s | {peak:,.0f} MB |")
        total = [sum(row[i] for row in rows) for i in (1, 2)]
        print(f"| all | {total[0]:.1f} s | {total[1]:.1f} s | |")
    memory = psutil.Process().memory_info().rss / 1e6
    print(f"\n{memory:,.0f} MB held at the end.")


if __name__ == "__main__":
    main(*sys.argv[1:])
