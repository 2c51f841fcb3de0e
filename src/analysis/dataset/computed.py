"""What takes long and several notebooks need alike: computed by the first of them, read by the others.

Kept as JSON in the cache folder, beside the canonical tables: a folder for each data set and edition of the
code, an entry for each set of inputs. No table of customers is kept here, but what was fitted to them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from filelock import FileLock

from analysis.dataset.cache import MARKER, cache_folder

Made = TypeVar("Made")


def computed(
    content: str | None, make: Callable[[], Made], read: Callable[[Any], Made], *inputs: object
) -> Made:
    """Return what ``make`` makes, made once for the same data, code and inputs, whoever asks.

    Parameters
    ----------
    content
        See `Dataset.content`; None: of no data set, and nothing is kept.
    make
        Computes it, from nothing but ``inputs``. Numbers, arrays and data classes of them can be kept.
    read
        Makes the same of the lists and mappings that JSON knows.
    inputs
        All that the result depends on: text, numbers, arrays, data classes; what is computed comes first.

    Returns
    -------
    Made
        The same to the last digit, kept or not. Where nothing can be kept, or what was is damaged, it is made
        anew.
    """
    if content is None:
        return make()
    path = _folder(content) / f"{_digest(map(_bytes, inputs))}.json"
    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire()
    except (OSError, NotImplementedError):  # nothing can be written there, or the disk knows no locks
        return make()
    try:
        kept = _kept(path)
        if kept is not None:
            return read(json.loads(kept))
        made = make()
        _keep(path, json.dumps(made, default=_plain))
        return made
    finally:
        lock.release()


def _folder(content: str) -> Path:
    """Return the folder of a data set, used just now."""
    folder = cache_folder() / _digest([content.encode(), _edition()])
    with suppress(OSError):
        if not (folder / MARKER).exists():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / MARKER).write_text("{}")
        os.utime(folder)
    return folder


@cache
def _edition() -> bytes:
    """Return what tells the code, and the libraries that have a part in the last digits."""
    libraries = " ".join(map(version, ("numpy", "scipy", "scikit-learn"))).encode()
    files = sorted(Path(__file__).parents[1].rglob("*.py"))
    return b"".join([libraries, *(path.read_bytes() for path in files)])


def _kept(path: Path) -> bytes | None:
    """Return what is kept, or None where nothing is, or it is not as it was written."""
    try:
        digest, _end, text = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return text if digest == _digest([text]).encode() else None


def _keep(path: Path, text: str) -> None:
    """Write an entry whole or not at all; its lock is held, so that nobody else writes it."""
    draft = path.with_suffix(".new")
    with suppress(OSError):
        draft.write_bytes(f"{_digest([text.encode()])}\n{text}".encode())
        draft.replace(path)


def _bytes(value: object) -> bytes:
    """Return what tells an input from any other."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}".encode() + value.tobytes()
    return json.dumps(value, default=_plain).encode()


def _plain(value: Any) -> Any:  # noqa: ANN401 arrays and data classes of any kind
    """Return a value as lists and mappings, its numbers to the last digit."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value.tolist()


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()[:32]
