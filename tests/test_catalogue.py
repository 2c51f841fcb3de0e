"""Everything a reader sees is translated, and the catalogue keeps up with the sources."""

import json

import pytest

from analysis import catalogue, notebook_text
from analysis.language import LANGUAGES

MARKDOWN = """\
# A *title*

A paragraph
on two lines with `code`.

- one item
  that goes on
- another
1. first

> a quotation
> of two lines

| a | b |
|---|---|
| one | 2 |

```python
no = "message"
```

---
12 %
"""


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_message_is_translated(language):
    assert catalogue.problems(language) == []


def test_blocks_are_split_as_documented():
    assert [block.text for block in notebook_text.blocks(MARKDOWN) if not block.verbatim] == [
        "A *title*",
        "A paragraph on two lines with `code`.",
        "one item that goes on",
        "another",
        "first",
        "a quotation of two lines",
        "| a | b |",
        "| one | 2 |",
    ]


def test_translating_keeps_the_shape():
    translated = notebook_text.translate_markdown(MARKDOWN, str.upper)
    assert translated.startswith("# A *TITLE*\n\nA PARAGRAPH ON TWO LINES WITH `CODE`.\n\n- ONE ITEM")
    assert '```python\nno = "message"\n```\n\n---\n12 %\n' in translated
    assert "> A QUOTATION OF TWO LINES" in translated
    assert "\n|---|---|\n" in translated


def test_of_code_only_the_comments_of_parameters_are_translated():
    code = 'language: str = "Contents"  # Contents\nout: str = None  # Contents\n'
    notebook = {
        "cells": [
            {"cell_type": "markdown", "source": "## Contents"},
            {"cell_type": "code", "source": code},
            {"cell_type": "code", "source": code, "metadata": {"tags": ["parameters"]}},
        ]
    }
    notebook_text.translate_notebook(notebook, "es")
    assert [cell["source"] for cell in notebook["cells"]] == [
        "## Contenido",
        code,
        code.replace("# Contents", "# Contenido"),
    ]


@pytest.fixture
def catalogue_file(tmp_path, monkeypatch):
    """A catalogue of its own, for sources of exactly one message."""
    path = tmp_path / "cartera.po"
    monkeypatch.setattr(catalogue, "_file", lambda language: path)
    monkeypatch.setattr(catalogue, "_found", lambda: iter([("x.py", "Hello {name}")]))

    def write(*entries):
        parts = [catalogue.HEADER.format(language="es")]
        parts += [f"{flag}msgid {json.dumps(a)}\nmsgstr {json.dumps(b)}\n\n" for flag, a, b in entries]
        path.write_text("".join(parts), "utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ([("", "Hello {name}", "")], "missing"),
        ([], "missing"),
        ([("#, fuzzy\n", "Hello {name}", "Hola {name}")], "fuzzy"),
        ([("", "Hello {name}", "Hola {nombre}")], "placeholders differ"),
        ([("", "Hello {name}", "Hola {name}"), ("", "Gone", "Ido")], "stale: 'Gone'"),
    ],
)
def test_problems_are_found(catalogue_file, entries, problem):
    catalogue_file(*entries)
    found = catalogue.problems("es")
    assert len(found) == 1
    assert found[0].startswith(problem)


@pytest.mark.parametrize(("known", "problems"), [("Hello {name}", 0), ("Hello", 1)])
def test_update_keeps_adds_and_drops(catalogue_file, known, problems):
    path = catalogue_file(("", "Gone", "Ido"), ("", known, "Hola {name}"))
    catalogue.update("es")
    assert len(catalogue.problems("es")) == problems
    assert "Gone" not in path.read_text("utf-8")
    before = path.read_text("utf-8")
    catalogue.update("es")
    assert path.read_text("utf-8") == before
