"""The texts of a notebook: what of it is translated, block by block.

In Markdown one *block* is one message:

- a paragraph, a heading, a list item or a table row;
- its marks (``#``, ``-``, ``1.``, ``>``) are not part of the message, nor are spaces around it;
- line breaks inside a block become one space; emphasis, links and code spans stay as written;
- fenced code, rules (``---``), the line below a table's header and blocks without a letter are no messages.

Of code, the comments behind the parameters are translated, each a message; all else stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analysis.language import Language, catalogue

_FENCE = re.compile(r"\s*(```|~~~)")
_VERBATIM = re.compile(r"\s*(?:$|-{3,}\s*$|\*{3,}\s*$|_{3,}\s*$|\|[\s:|-]+\|\s*$)")
_MARKED = re.compile(r"(?P<mark>\s*(?:#{1,6}|[-*+]|\d+[.)]|>)\s+)(?P<text>.*)")
_ROW = re.compile(r"\s*\|.*\|\s*$")
_LETTER = re.compile(r"[^\W\d_]")
_COMMENT = re.compile(r"(?<=  # ).*$", re.MULTILINE)


@dataclass
class Block:
    """A piece of Markdown.

    Attributes
    ----------
    mark
        What stands before the text and stays as it is.
    text
        The message; for a verbatim block, what is copied unchanged.
    verbatim
        Whether the block is no message.
    """

    mark: str
    text: str
    verbatim: bool = False


def blocks(markdown: str) -> list[Block]:
    """Split ``markdown`` as the module's first lines say."""
    found: list[Block] = []
    fenced = is_open = False
    for line in markdown.split("\n"):
        fence = bool(_FENCE.match(line))
        marked = _MARKED.fullmatch(line)
        if fenced or fence or _VERBATIM.match(line):
            fenced ^= fence
            is_open = False
            found.append(Block("", line, verbatim=True))
        elif is_open and (marked is None or _continues(found[-1], marked)) and not _ROW.match(line):
            found[-1].text += " " + (marked["text"] if marked else line).strip()
        else:
            mark, text = (marked["mark"], marked["text"]) if marked else ("", line)
            found.append(Block(mark, text.strip()))
            is_open = not mark.lstrip().startswith("#") and not _ROW.match(line)
    for block in found:
        block.verbatim = block.verbatim or not _LETTER.search(block.text)
    return found


def translate_markdown(markdown: str, translate: Callable[[str], str]) -> str:
    """Return ``markdown`` with every message replaced by its translation."""
    return "\n".join(
        block.mark + (block.text if block.verbatim else translate(block.text)) for block in blocks(markdown)
    )


def texts(cell: dict[str, Any]) -> list[str]:
    """Return the messages of a cell of a notebook."""
    if cell["cell_type"] == "markdown":
        return [block.text for block in blocks(cell["source"]) if not block.verbatim]
    return _COMMENT.findall(cell["source"]) if _holds_parameters(cell) else []


def translate_notebook(notebook: dict[str, Any], language: Language) -> None:
    """Put the texts of ``notebook`` into ``language``."""
    if language == "en":
        return
    translate = catalogue(language).gettext
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = translate_markdown(cell["source"], translate)
        elif _holds_parameters(cell):
            cell["source"] = _COMMENT.sub(lambda comment: translate(comment[0]), cell["source"])


def _holds_parameters(cell: dict[str, Any]) -> bool:
    return "parameters" in cell.get("metadata", {}).get("tags", [])


def _continues(block: Block, marked: re.Match[str]) -> bool:
    """Whether a marked line goes on with the block before it: only a quotation does."""
    return marked["mark"].strip() == ">" == block.mark.strip()
