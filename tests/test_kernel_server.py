"""A kernel that begins as a copy is as one that begins from nothing, and ends as it does."""

import asyncio
import sys
import time

import psutil
import pytest
from jupyter_client.manager import AsyncKernelManager

from analysis.report.kernel_server import AVAILABLE, KernelServer

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="kernels begin as copies on Linux only")
WHAT_IT_SEES = """
import os, signal, sys
import matplotlib, pandas as pd
from analysis import portfolio
environment = {key: value for key, value in os.environ.items() if key != "JPY_PARENT_PID"}
signals = [str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)]
options = [pd.get_option(f"display.{name}") for name in ("max_columns", "width", "large_repr")]
drawing = [matplotlib.get_backend(), dict(matplotlib.rcParams)]
group = [os.getpgid(0) == os.getpid(), int(os.environ["JPY_PARENT_PID"]) == os.getppid(), os.read(0, 9)]
print([os.getcwd(), sys.path, sys.argv[1:2], environment, signals, options, drawing, group])
"""


@pytest.fixture(scope="module")
def server():
    with KernelServer() as server:
        yield server


def begin(kind, folder, code):
    """Execute ``code`` in a new kernel; return what it printed and whether the kernel was alive then."""

    async def go():
        manager, printed = kind(kernel_name="python3"), []
        await manager.start_kernel(cwd=str(folder))
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        process = psutil.Process(manager.provisioner.pid)
        running = client.execute_interactive(
            code, output_hook=lambda message: printed.append(message["content"].get("text", ""))
        )
        await asyncio.wait([asyncio.ensure_future(running)], timeout=3 if "_exit" in code else 30)
        alive = await manager.is_alive()
        await manager.shutdown_kernel(now=True)
        client.stop_channels()
        assert not await manager.is_alive()
        return "".join(printed), alive, process

    return asyncio.run(go())


def test_it_sees_what_a_kernel_sees_that_begins_from_nothing(server, tmp_path, monkeypatch):
    monkeypatch.setenv("SET_SINCE", "the server started")
    copy, alive, process = begin(server.manager(), tmp_path, WHAT_IT_SEES)
    assert alive
    assert not process.is_running()
    assert "the server started" in copy
    fresh, *_ = begin(AsyncKernelManager, tmp_path, WHAT_IT_SEES)
    assert copy == fresh


def test_it_has_imported_what_notebooks_need(server, tmp_path):
    code = "import sys; print(all(name in sys.modules for name in ('analysis.portfolio', 'seaborn')))"
    assert begin(server.manager(), tmp_path, code)[0] == "True\n"


def test_that_it_died_is_noticed_and_the_next_lives(server, tmp_path):
    _printed, alive, _process = begin(server.manager(), tmp_path, "import os; os._exit(1)")
    assert not alive
    assert begin(server.manager(), tmp_path, "print(1)")[0] == "1\n"


def test_another_python_is_left_to_jupyter(server):
    assert server.fork(["python2", "-m", "ipykernel_launcher", "-f", "k.json"], {}, "/") is None
    assert server.fork([sys.executable, "-m", "other"], {}, "/") is None


@pytest.mark.slow
def test_kernels_end_with_the_server_and_later_ones_start_without_it(tmp_path):
    with KernelServer() as server:
        kind = server.manager()
        kernel = server.fork([sys.executable, "-m", "ipykernel_launcher", "-f", str(tmp_path / "k")], {}, "/")
        until = time.monotonic() + 60
        while not (tmp_path / "k").exists():  # it writes this file when it is up
            assert time.monotonic() < until
            time.sleep(0.1)
        assert kernel.poll() is None
    psutil.wait_procs([kernel], timeout=30)
    assert kernel.poll() == 0
    kernel.send_signal(15)  # nobody hears it
    assert begin(kind, tmp_path, "print(1)")[0] == "1\n"
