"""Write files whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from analysis.errors import CarteraError
from analysis.language import _


def write_bytes(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``: a reader sees the old file or the new one, never half of one.

    Raises
    ------
    CarteraError
        If the folder cannot be made or written to.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise CarteraError(
            _("{path} cannot be written: {reason}. Choose another folder.").format(
                path=path, reason=error.strerror
            )
        ) from error


def write_text(path: Path, text: str) -> None:
    """Put ``text`` at ``path`` in UTF-8, whole or not at all; see `write_bytes`."""
    write_bytes(path, text.encode("utf-8"))
