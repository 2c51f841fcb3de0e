"""The environment is the same for pip, conda and everybody else, and installs with one command."""

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
CONDA_NAMES = {"duckdb": "python-duckdb", "matplotlib": "matplotlib-base", "seaborn": "seaborn-base"}
GIVEN = {"jupyterlab", "pandas", "seaborn", "scikit-learn", "lifetimes", "papermill", "nbval"}


def declared():
    """Return what everybody installs who works on Cartera; Spark, of 450 MB, only those who use it."""
    extras = {
        name: given for name, given in PROJECT["project"]["optional-dependencies"].items() if name != "spark"
    }
    return [Requirement(text) for text in sum(extras.values(), PROJECT["project"]["dependencies"])]


def locked():
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK, re.MULTILINE))


def test_conda_installs_the_same_packages():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    named = [text for text in environment["dependencies"] if isinstance(text, str)]
    by_pip = [text for text in environment["dependencies"][-1]["pip"] if not text.startswith("--")]
    python = f"python{PROJECT['project']['requires-python']}"
    ours = {f"{CONDA_NAMES.get(need.name, need.name)}{need.specifier}" for need in declared()}
    assert {*named, *by_pip} == ours | {python, "pip"}


def test_the_lock_file_holds_every_package_in_a_version_that_fits():
    versions = locked()
    unfit = [str(need) for need in declared() if not need.specifier.contains(versions.get(need.name, "0"))]
    assert unfit == []


def test_every_locked_package_has_hashes():
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    without = [
        entry for entry in entries if not re.match(r"[a-z0-9-]+==\S+( ;.*)? \\\n +--hash=sha256:", entry)
    ]
    assert without == []


def test_the_lock_file_names_no_index():
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links| @ ", LOCK)


def test_the_given_packages_are_there():
    assert {need.name for need in declared()} >= GIVEN


def test_every_package_is_used():
    """A dependency that nobody imports, and that is no tool, is dropped."""
    tools = {
        "jupyterlab",
        "ipykernel",
        "editables",
        "hatchling",
        "mypy",
        "nbval",
        "pre-commit",
        "pytest-xdist",
    }
    tools |= {"ruff", "pandas-stubs", "types-pyyaml"}
    imported = {"scikit-learn": "sklearn", "pyyaml": "yaml", "python-calamine": "python_calamine"}
    imported |= {"pillow": "PIL", "python-stdnum": "stdnum", "axe-playwright-python": "axe_playwright_python"}
    code = "\n".join(
        path.read_text("utf-8") for folder in ("src", "tests") for path in (ROOT / folder).rglob("*.py")
    )
    names = {need.name for need in declared()} - tools
    unused = [n for n in names if not re.search(rf"\b(import|from) {imported.get(n, n)}\b", code)]
    assert unused == []


def test_settings_of_other_tools_can_be_read():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert container["postCreateCommand"] == "python3 install.py"
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    assert all(hook["entry"].startswith(".venv/bin/ruff ") for hook in hooks)


def test_the_wheel_holds_everything_that_is_not_code(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    held = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    package = ROOT / "src" / "analysis"
    files = [path.relative_to(package) for path in package.rglob("*") if path.is_file()]
    expected = {f"analysis/{path.as_posix()}" for path in files if "__pycache__" not in path.parts}
    expected |= {f"analysis/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    expected |= {"analysis/docs/glossary.md", "analysis/data/README.md", "analysis/benchmarks/README.md"}
    assert expected <= held


@pytest.fixture
def installer(tmp_path, monkeypatch):
    """Return install.py at work in a folder of its own, with a list of the commands it would run."""
    spec = spec_from_file_location("install", ROOT / "install.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / ".venv"
    for name, value in {"HERE": tmp_path, "VENV": venv, "STAMP": venv / "installed.txt"}.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(module, "PYTHON", venv / "python")
    for name in ("requirements.lock", "pyproject.toml", "install.py"):
        (tmp_path / name).write_text(name)
    commands = []

    def pretend(*command):
        commands.append(command)
        venv.mkdir(exist_ok=True)
        (venv / "python").touch()

    monkeypatch.setattr(module, "run", pretend)
    return module, commands


def test_a_second_call_does_not_install_again(installer):
    module, commands = installer
    assert module.main() == 0
    first = list(commands)
    assert module.main() == 0
    assert commands == first
    assert "--require-hashes" in first[1]
    assert "--no-build-isolation" in first[2]


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_change_installs_again_into_the_same_environment(installer, changed):
    module, commands = installer
    module.main()
    (module.HERE / changed).write_text("changed")
    commands.clear()
    assert module.main() == 0
    assert len(commands) == 4
    assert "--clear" not in commands[0]


def test_an_environment_made_elsewhere_or_by_another_python_is_made_anew(installer):
    module, commands = installer
    module.main()
    module.STAMP.write_text(module.STAMP.read_text().replace("Python 3.", "Python 2."))
    commands.clear()
    assert module.main() == 0
    assert "--clear" in commands[0]


def test_an_installation_that_stopped_is_not_taken_for_done(installer, monkeypatch, capsys):
    module, _commands = installer

    def fail(*command):
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(module, "run", fail)
    assert module.main() == 1
    assert not module.STAMP.exists()
    assert "Try again" in capsys.readouterr().err


def test_what_python_lacks_is_said_in_one_sentence(installer):
    module, _commands = installer
    assert module.missing((3, 11), ensurepip=True) == ""
    assert "needs Python 3.11 or newer, and this is Python 3.9" in module.missing((3, 9), ensurepip=True)
    assert "python3.12-venv" in module.missing((3, 12), ensurepip=False)
