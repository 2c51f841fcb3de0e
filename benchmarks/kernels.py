"""The floor under ``cartera run``: the same kernels, as many at a time, with what each notebook imports."""

from __future__ import annotations

import ast
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jupyter_client.manager import KernelManager
from nbconvert.exporters import html  # noqa: F401 the runner needs it, and papermill too

from analysis.report.execution import import_papermill

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*.ipynb"))


def imports(notebook: Path) -> str:
    """Return the import statements of a notebook's code."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    found = [node for node in ast.parse(code).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(map(ast.unparse, found))


def start(statements: str) -> None:
    """Start a kernel, import what a notebook imports, stop the kernel."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(extra_arguments=["--log-level=CRITICAL"])
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        reply = client.execute_interactive(statements, timeout=120)
        if reply["content"]["status"] != "ok":
            raise RuntimeError(reply["content"]["evalue"])
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    import_papermill()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(start, list(map(imports, NOTEBOOKS))))  # Python 3.11 parses in one thread at a time
