"""Names of data sets, which become names of folders."""

from __future__ import annotations

import hashlib
import re

LONGEST = 100
_BYTES = 200
_UNFIT = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ud800-\udfff/\\]|^[\s.]*$|^-|^(con|prn|aux|nul|com\d|lpt\d)\s*(\.|$)", re.IGNORECASE
)


def names_a_folder(name: str) -> bool:
    """Tell whether a folder may be called so: one, on every system, and in the folder where it is made."""
    short = len(name) <= LONGEST and len(name.encode("utf-8", "replace")) <= _BYTES
    return short and not _UNFIT.search(name)


def folder_name(name: str) -> str:
    """Return what the folder of a data set is called: as the data set, where a folder may be called so."""
    if names_a_folder(name):
        return name
    return f"data-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
