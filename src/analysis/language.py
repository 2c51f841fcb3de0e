"""The reader's language: messages through gettext, numbers, dates and money through Babel.

Everything a reader sees is written once, in English, inside ``_()``; the translation lives in
``locale/<language>/LC_MESSAGES/cartera.po``. Call ``_()`` when the text is needed, never at import.
"""

from __future__ import annotations

import datetime as dt
import gettext
import io
import math
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import resources
from typing import Literal, get_args

from babel import Locale, dates, numbers, units
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
_LOCALES: dict[str, str] = {"en": "en_GB", "es": "es_ES"}
_LARGE = 100_000
_SMALL = 1e-8
_TENTH = 0.1
_WHOLE = 10  # money from which on cents mean nothing in an estimate
_THOUSAND_MILLIONS = 1e9
_current: Language = "en"


def use_language(language: Language) -> None:
    """Make ``language`` the reader's language from here on."""
    global _current  # noqa: PLW0603 the language is one per process, as in gettext itself
    if language not in LANGUAGES:
        raise ValueError(f"language is one of {LANGUAGES}, not {language!r}")
    _current = language


def current_language() -> Language:
    """Return the reader's language."""
    return _current


def locale() -> str:
    """Return the Babel locale of the reader's language: ``en_GB`` or ``es_ES``."""
    return _LOCALES[_current]


@cache
def catalogue(language: Language) -> gettext.NullTranslations:
    """Return the messages of ``language``, read from its ``.po`` file; English needs none."""
    if language == "en":
        return gettext.NullTranslations()
    path = resources.files("analysis") / "locale" / language / "LC_MESSAGES" / "cartera.po"
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _(message: str) -> str:
    """Return ``message`` in the reader's language."""
    return catalogue(_current).gettext(message)


def N_(message: str) -> str:
    """Mark ``message`` for translation where it is written; ``_()`` translates it where it is shown."""
    return message


def ngettext(singular: str, plural: str, n: int) -> str:
    """Return the singular or plural form that ``n`` asks for, in the reader's language."""
    return catalogue(_current).ngettext(singular, plural, n)


def number(value: float, decimals: int = 0) -> str:
    """Format ``value`` with the reader's separators: ``1,234.5`` or ``1.234,5``."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return _decimal(_unsigned_zero(value, decimals), pattern, _LOCALES[_current])


@lru_cache(maxsize=100_000)
def _decimal(value: float, pattern: str, locale: str) -> str:
    """Format a number, one that is often said but once."""
    return str(numbers.format_decimal(value, format=pattern, locale=locale))


def percent(share: float, decimals: int = 0) -> str:
    """Format a share as a percentage, in Spanish with a space before the sign.

    Examples
    --------
    >>> percent(0.231, 1)
    '23.1%'
    """
    locale = _LOCALES[_current]
    pattern = Locale.parse(locale).percent_formats[None].pattern
    if decimals:
        pattern = pattern.replace("#,##0", "#,##0." + "0" * decimals)
    return str(numbers.format_percent(_unsigned_zero(share, decimals + 2), pattern, locale=locale))


def signed_percent(share: float, decimals: int = 0) -> str:
    """Format a difference as a percentage with its sign: 0.231 → ``+23%``; 0 has none."""
    return ("+" if share > 0 else "") + percent(share, decimals)


def more_or_less(share: float, decimals: int = 0) -> str:
    """Format a change for a sentence that goes on with "than": ``4% more``."""
    message = _("{share} less") if share < 0 else _("{share} more")
    return message.format(share=percent(abs(share), decimals))


def money(value: float, currency: str | None = None, decimals: int = 0) -> str:
    """Format an amount of money; ``currency`` is an ISO 4217 code, or None where it is not known.

    Examples
    --------
    >>> money(1234.5, "EUR", 2)
    '€1,234.50'
    """
    if currency is None:
        return number(value, decimals)
    locale = _LOCALES[_current]
    pattern = Locale.parse(locale).currency_formats["standard"].pattern
    pattern = pattern.replace(".00", "." + "0" * decimals if decimals else "")
    shown = _unsigned_zero(value, decimals)
    return str(numbers.format_currency(shown, currency, pattern, locale=locale, currency_digits=False))


def currency_name(currency: str | None) -> str:
    """Name the unit of amounts: ``euros``, ``pounds sterling``; that of the data where it is not known."""
    if currency is None:
        return _("the currency of the data")
    return str(numbers.get_currency_name(currency, 2, locale=locale()))


def _unsigned_zero(value: float, decimals: int) -> float:
    """Return 0 for what rounds to 0, so that no "-0" is written."""
    return 0.0 if abs(value) <= 0.5 * 10.0**-decimals else value


def brief(value: float, currency: str | None = None) -> str:
    """Format a number or money beside a mark: compactly from 100,000, with two digits or more below 10."""
    size = abs(value)
    if size >= _LARGE:
        return compact(value, currency)
    decimals = 0 if size >= 10 or not size > _SMALL else 1 - math.floor(min(math.log10(size), 0))
    return money(value, currency, max(decimals, 2) if currency and decimals else decimals)


def amount(value: float, currency: str | None) -> str:
    """Format money with two decimals, or with two significant digits below 0.1 and above 0."""
    small = 0 < abs(value) < _TENTH
    return money(value, currency, 1 - math.floor(math.log10(abs(value))) if small else 2)


def estimate(value: float, currency: str | None) -> str:
    """Format money that is estimated: from 10 on without cents, which no estimate knows."""
    return money(value, currency) if abs(value) >= _WHOLE else amount(value, currency)


def told_apart(
    first: float, second: float, decimals: int = 2, write: Callable[[float, int], str] = number
) -> tuple[str, str]:
    """Write two figures that a sentence sets against each other, so that they differ where they do.

    Parameters
    ----------
    first, second
        The figures.
    decimals
        The fewest; also taken where four do not tell the figures apart.
    write
        How a figure is written, with so many decimals: `number` or `percent`.
    """
    for places in range(decimals, 5):
        texts = write(first, places), write(second, places)
        if texts[0] != texts[1]:
            return texts
    return write(first, decimals), write(second, decimals)


def compact(value: float, currency: str | None = None) -> str:
    """Format a large amount in few characters, as on an axis: ``US$1.2M``, ``250 mil US$``, ``26.000 M``."""
    if _current == "es" and abs(value) >= _THOUSAND_MILLIONS:  # "26 mil M" is no amount anybody writes
        text = number(abs(value) / 1e6) + "\N{NO-BREAK SPACE}M"
    else:
        text = str(numbers.format_compact_decimal(round(abs(value), 2), locale=locale(), fraction_digits=1))
    return ("-" if value < 0 else "") + (text if currency is None else money(0, currency).replace("0", text))


def date(value: dt.date) -> str:
    """Format a calendar date: ``30 Sept 1997`` or ``30 sept 1997``."""
    return str(dates.format_date(value, format="medium", locale=_LOCALES[_current]))


def month(value: dt.date) -> str:
    """Format a month: ``Sept 1997`` or ``sept 1997``."""
    return str(dates.format_skeleton("yMMM", value, locale=_LOCALES[_current]))


def period(start: dt.date, unit: str) -> str:
    """Format the period that begins on ``start``: ``Sept 1997``, ``Q3 1997``, ``H2 1997``, ``1997``."""
    if unit == "half_year":
        return _("H{half} {year}").format(half=1 + start.month // 7, year=start.year)
    skeleton = {"month": "yMMM", "quarter": "yQQQ", "year": "y"}[unit]
    return str(dates.format_skeleton(skeleton, start, locale=locale()))


def duration(periods: int, unit: str) -> str:
    """Format a time: ``1 month``, ``3 quarters``, ``2 years``; half-years as ``6 months``."""
    if unit == "half_year":
        periods, unit = 6 * periods, "month"
    return str(units.format_unit(periods, f"duration-{unit}", locale=locale()))


def listing(items: list[str]) -> str:
    """Join words as a sentence does: ``a, b and c`` or ``a, b y c``."""
    return str(format_list(items, locale=_LOCALES[_current])) if items else ""
