"""The examples in the docstrings say what happens."""

import doctest
import pkgutil
from importlib import import_module

import pytest

import analysis

MODULES = [module.name for module in pkgutil.walk_packages(analysis.__path__, "analysis.")]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("start")])
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


def test_there_are_examples_for_what_a_reader_meets_first():
    finder = doctest.DocTestFinder(exclude_empty=True)
    met = {
        test.name.rsplit(".", 1)[-1]
        for name in MODULES
        if not name.endswith("start")
        for test in finder.find(import_module(name))
        if test.examples
    }
    assert met >= {
        "open_dataset", "customer_profile", "concentration", "activity_window", "score", "abc",
        "return_curve", "plot", "money", "percent",
    }  # fmt: skip
