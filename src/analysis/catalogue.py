"""The catalogue of translations: what has to be translated, and whether it is.

Messages come from four places: ``_()``, ``N_()`` and ``ngettext()`` in Python, in modules as in the cells
of notebooks; the same in the report's templates; the texts of the notebooks, see `notebook_text`; and those
of the standard segments and actions.

``python -m analysis.catalogue`` brings ``locale/*/LC_MESSAGES/cartera.po`` up to date with the sources.
"""

from __future__ import annotations

import io
import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from analysis.dataset import action_table
from analysis.dataset.segment_table import STANDARD_FILE, TEXTS, standard_segments
from analysis.language import LANGUAGES, Language
from analysis.notebook_text import texts
from analysis.report import notebooks

PACKAGE = Path(__file__).parent
HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def messages() -> Catalog:
    """Return every message of the sources, without translations."""
    template = Catalog()
    for path, identifier in sorted(_found(), key=lambda pair: pair[0]):
        template.add(identifier, locations=[(path, 0)])
    return template


def update(language: Language) -> None:
    """Bring the file of ``language`` up to date: new messages in, stale ones out."""
    known, fresh = _translations(language), messages()
    for message in fresh:
        if message.id and (old := known.get(message.id)) is not None:
            message.string = old.string
    text = io.BytesIO()
    write_po(text, fresh, width=0, omit_header=True, include_lineno=False)
    _file(language).write_bytes(HEADER.format(language=language).encode() + text.getvalue())


def problems(language: Language) -> list[str]:
    """Return one line for each message that is missing, fuzzy or stale, or whose placeholders differ."""
    translated, template = _translations(language), messages()
    found = [f"stale: {message.id!r}" for message in translated if message.id and message.id not in template]
    for message in template:
        if message.id:
            translation = translated.get(message.id)
            found += [f"{problem}: {message.id!r}" for problem in _faults(message, translation)]
    return found


def main() -> int:
    """Update every language's file and say what is still missing."""
    missing = []
    for language in LANGUAGES:
        if language != "en":
            update(language)
            missing += problems(language)
    sys.stdout.write("".join(f"{line}\n" for line in missing))
    return int(bool(missing))


def _found() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from ((_place(path), message) for message in _in_code(path.read_bytes()))
    for path in sorted(PACKAGE.rglob("*.j2")):
        with path.open("rb") as file:
            for _line, _function, texts, _comments in babel_extract(file, ("_", "ngettext"), (), {}):
                yield _place(path), texts  # type: ignore[misc]
    for segment in standard_segments().values():
        yield from ((_place(STANDARD_FILE), getattr(segment, text)) for text in TEXTS)
    for action in action_table.standard_actions().values():
        if action.channel:
            yield _place(action_table.STANDARD_FILE), action.channel
    for name in [*notebooks.names(), *notebooks.sheets()]:
        for cell in notebooks.read(name)["cells"]:
            yield from ((f"notebooks/{name}.ipynb", message) for message in _in_cell(cell))


def _in_cell(cell: notebooks.Notebook) -> list[str | tuple[str, ...]]:
    in_code = _in_code(cell["source"].encode()) if cell["cell_type"] == "code" else []
    return [*texts(cell), *in_code]


def _in_code(source: bytes) -> list[str | tuple[str, ...]]:
    keywords = {"_": None, "N_": None, "ngettext": (1, 2)}
    return [message for _line, message, *_rest in extract("python", io.BytesIO(source), keywords=keywords)]


def _place(path: Path) -> str:
    return f"src/analysis/{path.relative_to(PACKAGE).as_posix()}"


def _file(language: Language) -> Path:
    return PACKAGE / "locale" / language / "LC_MESSAGES" / "cartera.po"


def _translations(language: Language) -> Catalog:
    with _file(language).open("rb") as file:
        return read_po(file, locale=language)


def _faults(message: Message, translation: Message | None) -> list[str]:
    if translation is None or not translation.string or not all(_texts(translation.string)):
        return ["missing"]
    faults = ["fuzzy"] if translation.fuzzy else []
    expected = {name for text in _texts(message.id) for name in _placeholders(text)}
    found = {name for text in _texts(translation.string) for name in _placeholders(text)}
    return faults + (["placeholders differ"] if expected != found else [])


def _texts(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _placeholders(text: str) -> set[str]:
    try:
        return {name for _before, name, _format, _conversion in string.Formatter().parse(text) if name}
    except ValueError:
        return set()


if __name__ == "__main__":
    sys.exit(main())
