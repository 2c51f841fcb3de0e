"""How names of columns, files and sheets are compared: without case, accents and punctuation."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_UNIT = re.compile(r"\s*[(\[]\s*(?:[€$£]|eur|euros?|usd|gbp|uds?|units?|pcs)\.?\s*[)\]]\s*$", re.IGNORECASE)
_FORMAT = re.compile(
    r"[\s(\[]+(d{1,2}|m{1,2}|[ya]{2,4})([-/. ])(?:d{1,2}|m{1,2})\2(?:d{1,2}|[ya]{2,4})[)\]]?\s*$",
    re.IGNORECASE,
)
_CURRENCY_WORDS = {"eur", "euro", "euros", "usd", "gbp"}


@cache
def normalised(name: str) -> str:
    """Return ``name`` as names are compared: lower case, no accents, unit or format, one space between words.

    >>> normalised("Cód. Cliente"), normalised("InvoiceNo"), normalised("% Dto."), normalised("Importe (€)")
    ('cod cliente', 'invoice no', 'pct dto', 'importe')
    """
    without_unit = _FORMAT.sub("", _UNIT.sub("", name)) or name
    spelt = without_unit.replace("%", " pct ").replace("º", "o ").replace("ª", "a ")
    letters = without_accents(spelt)
    spaced = "".join(
        (" " + c if c.isupper() and before.islower() else c) if c.isalnum() else " "
        for before, c in zip(" " + letters, letters, strict=False)
    )
    words = spaced.lower().split()
    return " ".join([word for word in words if word not in _CURRENCY_WORDS] or words)


def stated_order(header: str) -> str | None:
    """Return the order of dates that a header ends in; None where it says none or puts the year first.

    >>> stated_order("Fecha dd/mm/yyyy"), stated_order("Date (MM/DD/YYYY)"), stated_order("Fecha")
    ('day-first', 'month-first', None)
    """
    said = _FORMAT.search(header)
    return {"d": "day-first", "m": "month-first"}.get(said[1][0].lower()) if said else None


def without_accents(text: str) -> str:
    """Return a text without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def same_name(header: str) -> str:
    """Return the key under which spellings of a name are the same: ``Cód. Cliente`` and ``codcliente``."""
    return normalised(header).replace(" ", "")
