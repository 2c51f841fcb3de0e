"""A process that has imported what notebooks need, and becomes a kernel as often as one is wanted.

Most of a kernel's start goes into imports that are the same for every notebook. They are done once for a run,
by a process that `KernelServer` starts, and that forks for each kernel. The runner itself could not be forked
safely: by then it has threads, sockets and an open database. This process has none of these. The threads that
libraries start on import (OpenBLAS, jemalloc) are stopped by these for a fork and start anew in the copy.

Only Linux does so: Windows has no fork, and libraries of macOS do not work after one.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import uuid
from typing import Any

import psutil

AVAILABLE = sys.platform == "linux"
_SECONDS_TO_ANSWER = 120
_MODULES = (
    "ipykernel.kernelapp",
    "analysis.customers",
    "analysis.counting",
    "analysis.plots",
    "analysis.report.results",
    "matplotlib.pyplot",
    "seaborn",
)
_START = """\
import sys
sys.path[:1] = [place for place in sys.path[:1] if place]  # not what lies where the reader stands
from analysis.report import kernel_server
kernel_server.serve()
"""


class Kernel(psutil.Process):  # type: ignore[misc]
    """A process that is no child of this one, with what Jupyter asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def poll(self) -> int | None:
        """Return None as long as the process lives."""
        return None if self.is_running() else 0

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process is gone."""
        with contextlib.suppress(psutil.NoSuchProcess):
            super().send_signal(number)


class KernelServer:
    """The process that becomes kernels, as long as the context lasts."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._process = subprocess.Popen(  # noqa: S603 nothing in it comes from outside
                [sys.executable, "-c", _START], stdin=theirs.fileno(), start_new_session=True
            )
            ours.settimeout(_SECONDS_TO_ANSWER)
            self._lines = ours.makefile("rw", encoding="utf-8")
        self._turn = threading.Lock()

    def __enter__(self) -> KernelServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            self._lines.close()

    def fork(self, command: list[str], environment: dict[str, str], folder: str) -> Kernel | None:
        """Start a kernel; return None if that fails, or if ``command`` starts another than this one's Python.

        Parameters
        ----------
        command
            What Jupyter would execute.
        environment
            Environment variables of the kernel.
        folder
            Where it starts.
        """
        if command[:3] != [sys.executable, "-m", "ipykernel_launcher"]:
            return None
        wanted = {"arguments": command[3:], "environment": environment, "folder": folder}
        with self._turn, contextlib.suppress(OSError, ValueError, psutil.NoSuchProcess):
            print(json.dumps(wanted), file=self._lines, flush=True)
            return Kernel(int(self._lines.readline()))
        return None

    def manager(self) -> type[Any]:
        """Return the class of kernel managers that start kernels here, or as ever where that fails."""
        from jupyter_client.manager import AsyncKernelManager  # noqa: PLC0415 slow, and needed only here
        from jupyter_client.provisioning.local_provisioner import LocalProvisioner  # noqa: PLC0415

        fork = self.fork

        class Provisioner(LocalProvisioner):
            async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:  # noqa: ANN401
                kernel = fork(cmd, options["env"], str(options["cwd"]))
                if kernel is None:
                    return await super().launch_kernel(cmd, **options)
                self.process, self.cwd = kernel, options["cwd"]
                self.pid = self.pgid = kernel.pid
                return self.connection_info

        class Manager(AsyncKernelManager):
            async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # noqa: ANN401
                self.kernel_id, spec = str(uuid.uuid4()), self.kernel_spec
                self.provisioner = Provisioner(kernel_id=self.kernel_id, kernel_spec=spec, parent=self)
                await super().start_kernel(**options)

        return Manager


def serve() -> None:
    """Import, then answer each request with the number of a new process, which goes on as a kernel."""
    import pandas  # noqa: PLC0415 nobody else needs it here

    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # where that process is gone, a kernel ends itself
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # as kernels have it
    for module in _MODULES:
        importlib.import_module(module)
    pandas.set_option("display.max_columns", 20)  # as where it is first imported in a kernel
    signal.signal(signal.SIGCHLD, _take_note)
    gc.collect()
    gc.freeze()  # a collection would write to memory that all kernels share
    request = _fork_for_each_request()
    if request:
        _become_kernel(**json.loads(request))


def _fork_for_each_request() -> str:
    """Return the request in the new process, and nothing in this one, once the runner is gone."""
    connection = socket.socket(fileno=sys.stdin.fileno())
    with connection, connection.makefile("rw", encoding="utf-8") as lines:
        for request in lines:
            process = os.fork()
            if not process:
                return request
            with contextlib.suppress(ProcessLookupError):
                os.setpgid(process, process)  # a kernel is stopped with all that it has started
            print(process, file=lines, flush=True)
    return ""


def _take_note(*_: object) -> None:
    """Let kernels that have ended go; the time they took counts as that of this process, and of the run."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _become_kernel(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    from ipykernel import kernelapp  # noqa: PLC0415

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())  # where the connection was
    server = os.environ["JPY_PARENT_PID"]
    os.environ.clear()
    os.environ.update(environment, JPY_PARENT_PID=server)
    os.chdir(folder)
    sys.argv = ["ipykernel_launcher", *arguments]
    kernelapp.launch_new_instance()
