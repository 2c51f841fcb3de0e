"""What a reader does by hand: open a copy of a notebook in JupyterLab, name other data, run all."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from analysis.report import notebooks

pytestmark = pytest.mark.slow
NOTEBOOK = "02_segmentation"
SECONDS = 120
ROWS = "6,919"
"""Of the CDNOW sample, as published (Fader and Hardie, 2001)."""


@pytest.fixture
def lab(tmp_path, chromium):
    """The address of a JupyterLab of its own that shows copies of the notebooks."""
    notebooks.write_copies(tmp_path / "copies", "en")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        "--no-browser",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--allow-root",
    ]
    options += ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    own = {
        name: str(tmp_path / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR")
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options],
        cwd=tmp_path / "copies", env=os.environ | own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}/lab"
        _wait(lambda: _answers(address))
        yield f"{address}/tree/{NOTEBOOK}.ipynb"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _answers(address):
    try:
        return urllib.request.urlopen(address, timeout=5).status == 200
    except urllib.error.URLError:
        return False


def _wait(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.3)


def _code(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_a_copy_runs_on_other_data_without_an_error(lab, browser, tmp_path):
    saved = tmp_path / "copies" / f"{NOTEBOOK}.ipynb"
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(lab)
    parameters = page.locator(".jp-Notebook .jp-CodeCell").filter(has_text="data: str").first
    line = parameters.locator(".cm-line").filter(has_text="data: str")
    line.click(timeout=SECONDS * 1000)
    page.keyboard.press("End")
    page.keyboard.press("Shift+Home")
    page.keyboard.insert_text('data: str = "cdnow-sample"')
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def all_have_run():
        page.keyboard.press("Control+s")
        page.wait_for_timeout(500)
        return all(cell["execution_count"] for cell in _code(saved))

    _wait(all_have_run)
    cells = _code(saved)
    assert 'data: str = "cdnow-sample"' in "".join(cells[0]["source"])
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    assert any(ROWS in json.dumps(output) for output in outputs)
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
