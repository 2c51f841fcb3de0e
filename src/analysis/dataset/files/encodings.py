"""In which encoding a text is written: found from its bytes, asked for where its words are none."""

from __future__ import annotations

import codecs
import re
import string
from collections.abc import Callable, Iterable
from pathlib import Path

from analysis.errors import CarteraError
from analysis.language import _

_TAIL = 1 << 12
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13, 26, 27})
_FEW, _RARE = 5, 0.01
"""Control characters, and their share, up to which a file is text with something astray in it."""
_MIXED = "utf-8 + windows-1252"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ASCII = bytes(range(128))
_STRAY = re.compile("[\udc80-\udcff]")
_WORD = re.compile(rb"[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")
_NO_WORD = re.compile(
    rb"[A-Za-z][\x82\x84\x87\x88\x94\x95\xa1-\xa5\xb5][A-Za-z]|[a-z][\x82\x84]|[\x81\x8d\x8f\x90\x9d]"
)
"""What Windows-1252 reads as a sign within a word, such as ¤ or „, or does not know."""
_OLDER = ("cp850", "cp437", "mac_roman")
_LETTERS = frozenset("áéíóúüñçàèòïâêôöäßãõÁÉÍÓÚÜÑÇÀÈÒÖÄ")
_WORDS = 200


def _in_1252(error: UnicodeError) -> tuple[str, int]:
    """Return bytes that are not UTF-8 as Windows-1252."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("in-windows-1252", _in_1252)


def codec(encoding: str) -> tuple[str, str]:
    """Return the codec of an encoding, and what it does with bytes that do not belong to it."""
    return ("utf-8", "in-windows-1252") if encoding == _MIXED else (encoding, "replace")


def decoded(head: bytes, encoding: str) -> str:
    """Return the beginning of a file as text; a letter cut in two at its end is left out."""
    name, errors = codec(encoding)
    return codecs.getincrementaldecoder(name)(errors).decode(head)


def by_mark(head: bytes) -> str | None:
    """Return the encoding that a byte order mark says, or the zeros of UTF-16; None without either."""
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    even, odd = head[0:2000:2].count(0), head[1:2000:2].count(0)
    half = min(len(head), 2000) // 2
    if odd > 0.4 * half > even:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half > odd else None


def find_encoding(path: Path, head: bytes, blocks: Callable[[], Iterable[bytes]]) -> str:
    """Return the encoding: a byte order mark decides, then UTF-8 if all of the file is, then Windows-1252.

    Where most is UTF-8, only the rest is Windows-1252.

    Parameters
    ----------
    path
        The file.
    head
        Its beginning.
    blocks
        Reads all of it.

    Raises
    ------
    CarteraError
        If the file is binary.
    """
    marked = by_mark(head)
    if marked:
        return marked
    controls = len(head) - len(head.translate(None, _CONTROL))
    if controls > max(_FEW, _RARE * len(head)):
        raise CarteraError(
            _(
                "{file} is not a text table: it holds binary data. Give a CSV, TSV, Excel or Parquet file."
            ).format(file=path.name)
        )
    if _is_utf8(blocks()):
        return "utf-8"
    return _MIXED if _is_mostly_utf8(blocks()) else "cp1252"


def _is_utf8(blocks: Iterable[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in blocks:
            if decoder.getstate()[0] or not block.isascii():
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_utf8(blocks: Iterable[bytes]) -> bool:
    """Tell whether of what is not ASCII at least half the letters are UTF-8."""
    letters = strays = 0
    for block in blocks:
        others = block.translate(None, _ASCII).decode("utf-8", "surrogateescape")
        letters += len(others)
        strays += len(_STRAY.findall(others))
    return 2 * strays <= letters


def check_words(file: str, lines: Iterable[bytes], section: str) -> None:
    """Ask for the encoding of a file taken for Windows-1252 if its words are none.

    Parameters
    ----------
    file
        Name of the file.
    lines
        Its lines.
    section
        Section of ``dataset.yml`` for the answer.

    Raises
    ------
    CarteraError
        If words hold signs, and in an older encoding letters. Both readings are shown.
    """
    words: list[bytes] = []
    odd: tuple[int, bytes] | None = None
    for number, line in enumerate(lines, 1):
        if line.isascii():
            continue
        words += _WORD.findall(line)[:_WORDS]
        if odd is None and _NO_WORD.search(line):
            odd = number, next(word for word in _WORD.findall(line) if _NO_WORD.search(word))
        if odd and len(words) >= _WORDS:
            break
    best = max(("cp1252", *_OLDER), key=lambda name: _letters(words, name))
    if odd and best != "cp1252":
        raise CarteraError(
            _(
                "{file}, line {line}: '{wrong}' as Windows-1252, '{right}' as {encoding}. If the latter is "
                "right, write 'encoding: {encoding}' under '{section}' in a dataset.yml and give that file "
                "instead; else 'encoding: windows-1252'."
            ).format(
                file=file,
                line=odd[0],
                wrong=odd[1].decode("cp1252", "replace"),
                right=odd[1].decode(best),
                encoding=best,
                section=section,
            )
        )


def _letters(words: list[bytes], encoding: str) -> int:
    """Count the letters of Western languages outside ASCII that words hold in an encoding."""
    return sum(letter in _LETTERS for word in words for letter in word.decode(encoding, "replace"))


def known_encoding(file: str, name: str, head: bytes) -> str:
    """Return the encoding that the user names for a file that begins so.

    Raises
    ------
    CarteraError
        If Python knows none of that name that any bytes can be read in.
    """
    try:
        found = codecs.lookup(name).name
        written = string.printable.encode(found)
        if "escape" in found or written.decode(found) != string.printable:
            raise LookupError
        decoded(written + bytes(range(256)), found)
    except (LookupError, ValueError):
        raise CarteraError(
            _("{file}: '{name}' is no encoding. Usual ones are utf-8, windows-1252 and cp850.").format(
                file=file, name=name
            )
        ) from None
    if found not in {"utf-8", "utf-16", "utf-32"}:
        return found
    marked = by_mark(head) or ""
    return marked if marked.startswith(found) else {"utf-8": found}.get(found, f"{found}-le")


def text_end(path: Path) -> int:
    """Return the byte at which a text ends: before Ctrl-Z, with which old programs close it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    closed = tail.find(b"\x1a", len(tail.rstrip(b"\x1a\0 \t\r\n")))
    return size if closed < 0 else size - len(tail) + closed
