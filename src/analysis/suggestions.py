"""What was meant by a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from analysis.language import _, listing

_SHOWN = 20


def closest(wrong: str, known: Sequence[str]) -> str | None:
    """Return the known name that is nearest to ``wrong``, case aside; None if none is near."""
    folded = {name.casefold(): name for name in reversed(known)}
    close = difflib.get_close_matches(wrong.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def nearest(wrong: str, known: Sequence[str]) -> str:
    """Return a hint at the known name that is nearest to ``wrong``, or at all of them."""
    close = closest(wrong, known)
    if close is not None:
        return _("Did you mean '{name}'?").format(name=close)
    more = ["…"] if len(known) > _SHOWN else []
    return _("Known are: {names}.").format(names=listing([*known[:_SHOWN], *more]))
