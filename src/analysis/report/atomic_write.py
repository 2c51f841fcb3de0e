"""Write files whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import uuid
from collections.abc import Iterator
from pathlib import Path

from analysis.errors import CarteraError
from analysis.language import _
from analysis.temporary import prefix


def write_bytes(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``, whole or not at all; see `written`."""
    with written(path) as draft, draft.open("xb") as file:
        file.write(content)


@contextlib.contextmanager
def written(path: Path) -> Iterator[Path]:
    """Give the path of a draft that takes the place of ``path`` once it is written.

    A reader sees the old file or the new one, never half of one.

    Raises
    ------
    CarteraError
        If the folder cannot be made or written to.
    """
    draft = path.with_name(f"{prefix()}{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise CarteraError(
            _("{path} cannot be written: {reason}. Choose another folder.").format(
                path=path, reason=error.strerror
            )
        ) from error


def is_full(error: Exception) -> bool:
    """Tell whether an error says that a disk, or what may be used of it, is full."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def write_text(path: Path, text: str) -> None:
    """Put ``text`` at ``path`` in UTF-8, whole or not at all; see `write_bytes`."""
    write_bytes(path, text.encode("utf-8"))
