"""Make ``.venv`` and install the workbook into it, exactly as ``requirements.lock`` says.

Needs nothing but Python. A second call finds that all is in place and does nothing. It must start on an old
Python too, to say that it is too old: so no annotation here that one would stumble on.
"""

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
STAMP = VENV / "installed.txt"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
NEEDED = (3, 11)


def main() -> int:
    """Install if something is new; return the exit status."""
    problem = missing(sys.version_info[:2], find_spec("ensurepip") is not None)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    wanted = stamp()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text("utf-8") == wanted:
        return 0
    print("Installing into .venv; the first time this takes a minute or two.", flush=True)
    try:
        install()
    except subprocess.CalledProcessError:
        print(
            "The installation stopped; the reason stands above. Try again with the same command.",
            file=sys.stderr,
        )
        return 1
    STAMP.write_text(wanted, "utf-8")
    return 0


def missing(version: tuple, ensurepip: bool) -> str:
    """Return what this Python lacks, in one sentence that says what to do; empty if nothing.

    Parameters
    ----------
    version
        Major and minor version of this Python.
    ensurepip
        Whether this Python can put pip into a new environment.
    """
    name = ".".join(str(part) for part in version)
    if version < NEEDED:
        return (
            f"Cartera needs Python 3.11 or newer, and this is Python {name}: "
            "install a newer one, and name it if it is not the default (make run PYTHON=python3.13)."
        )
    if not ensurepip:
        return (
            "This Python cannot make virtual environments: "
            f"on Debian and Ubuntu, sudo apt install python{name}-venv puts that right."
        )
    return ""


def stamp() -> str:
    """Return what an installation depends on: the place, the Python, the locked packages, the project."""
    digest = hashlib.sha256()
    for name in ("requirements.lock", "pyproject.toml", "install.py"):
        digest.update((HERE / name).read_bytes())
    return f"{HERE}\nPython {sys.version_info[0]}.{sys.version_info[1]}\n{digest.hexdigest()}\n"


def install() -> None:
    """Make the environment, anew if it was made in another place or by another Python, and fill it."""
    if STAMP.exists() and STAMP.read_text("utf-8").split("\n")[:2] != stamp().split("\n")[:2]:
        run(sys.executable, "-m", "venv", "--clear", str(VENV))
    else:
        run(sys.executable, "-m", "venv", str(VENV))
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check"]
    run(*pip, "--require-hashes", "--no-deps", "--no-compile", "--requirement", "requirements.lock")
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", ".")
    # pip would compile on one core, and the packages' own tests too
    run(str(PYTHON), "-m", "compileall", "-qq", "-j", "0", "-x", r"[\\/]tests?[\\/]", str(VENV / "lib"))


def run(*command: str) -> None:
    """Run a command in the project's folder."""
    subprocess.run(command, cwd=HERE, check=True)  # noqa: S603 the words are written above


if __name__ == "__main__":
    sys.exit(main())
