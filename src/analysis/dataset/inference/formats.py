r"""How dates and numbers are written in a column: found from its cells, then stated as a rule in SQL.

A cell converts by the rule of its column or not at all. What the cells leave open is a question for the user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from analysis.dataset.files.readers import literal
from analysis.dataset.schema import same_name

BLANKS = (
    "",
    "-",
    "--",
    "null",
    "nan",
    "none",
    "n/a",
    "na",
    "#n/a",
    "nil",
    "undefined",
    "(blank)",
    "(en blanco)",
    "s/d",
    "n/d",
)
"""What an empty cell may look like, in lower case."""

_SPACE = r"[ \t\x{00A0}\x{2009}\x{202F}]"
_CURRENCY = r"(?:[€$£¥]|(?i:us\$|eur|euros?|usd|gbp|mxn|cop|ars|clp|pen|brl|chf|jpy|cny))"
_TIME = (
    rf"(?:,?[ T]\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}}(?:[.,]\d+)?)?(?:{_SPACE}?[AaPp]\.? ?[Mm]\.?)?"
    r"(?: ?(?:[A-Z]{1,4}|[+-]\d{2}:?\d{2}))?)?"
)
_YEAR_FIRST = rf"^(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}$"
_COMPACT = rf"^(\d{{4}})(\d{{2}})(\d{{2}}){_TIME}$"
_NAMED = rf"^(\d{{1,2}})[-/. ](?:de )?([[:alpha:]]{{3,}})\.?[-/. ](?:de )?(\d{{4}}|\d{{2}}){_TIME}$"
_NAMED_FIRST = rf"^([[:alpha:]]{{3,}})\.? (\d{{1,2}}),? (\d{{4}}){_TIME}$"
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec ene ___ ___ abr ___ ___ ___ ago set ___ ___ dic"
_WEEKDAY = (
    r"^(?i)(?:mon|tue|wed|thu|fri|sat|sun|lun|mar(?:tes|,|\.,)|mi[eé]|jue|vie|s[aá]b|dom)[[:alpha:]]*[.,]* *"
)
_YEAR_MONTH = r"^(\d{4})[-/ ](\d{1,2})$"
_COMPACT_MONTH = r"^((?:19|20)\d{2})(\d{2})$"
_MONTH_YEAR = r"^(\d{1,2})[-/. ](\d{4})$"
_NAMED_MONTH = r"^([[:alpha:]]{3,})\.?[-/. ]*(?:de )?(\d{4}|\d{2})$"
_YEAR_NAMED = r"^(\d{4})[-/. ]+([[:alpha:]]{3,})\.?$"
SERIAL = r"^[2-6]\d{4}(?:[.,]\d+)?$"
"""A day as spreadsheets count them, from 1954 to 2091."""
_YEAR_LAST = rf"^(\d{{1,2}})[-/. ](\d{{1,2}})[-/. ](\d{{4}}|\d{{2}}){_TIME}$"

_WITH_DOT = (
    r"\d+|\d*\.\d+|\d+\.|\d+(?:\.\d+)?[eE][+-]?\d+|"
    rf"[1-9]\d{{0,2}}(?:[,''’]\d{{3}})+(?:\.\d*)?|[1-9]\d{{0,2}}(?:{_SPACE}\d{{3}})+(?:\.\d*)?|"
    r"[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d*)?"
)
_WITH_COMMA = (
    r"\d+|\d*,\d+|\d+,|"
    rf"[1-9]\d{{0,2}}(?:[.''’]\d{{3}})+(?:,\d*)?|[1-9]\d{{0,2}}(?:{_SPACE}\d{{3}})+(?:,\d*)?"
)

_EDGE = r"[\x00-\x20\x7F\x{00A0}\x{2009}\x{202F}\x{FEFF}]+"
_GUARD = r"''([-−+=@(0-9.,€$£])"
"""The apostrophe with which spreadsheets guard text that would be a number or a formula."""
_SIGNS = ", ".join(map(literal, BLANKS))
_LONGEST = max(map(len, BLANKS))


def once(value: str, name: str, then: str) -> str:
    """Return the SQL of ``then``, in which ``name`` is ``value``, written and worked out once.

    Macros are texts put in place of others: a value that one names ten times would be there ten times.
    """
    return f"list_transform([{value}], lambda {name}: {then})[1]"


def _number(magnitude: str) -> str:
    """Return the SQL of a number in ``cell``, from the macro that reads one without its sign."""
    positive = once("unsigned(number)", "digits", f"{magnitude}(digits)")
    return once("plain(cell)", "number", f"sign_of(number) * {positive}")


def _date(names: str, *patterns: str) -> str:
    """Return the cases of a date in ``cell``, whose parts stand in the patterns' groups in this order."""
    parts = names.split()
    month = "month_of(parts.name)" if "name" in parts else "parts.month"
    then = f"day_of(parts.year, {month}, {'parts.day' if 'day' in parts else literal('1')})"
    found = (once(f"regexp_extract(cell, '{pattern}', {parts})", "parts", then) for pattern in patterns)
    cases = zip(patterns, found, strict=True)
    return " ".join(f"when regexp_matches(cell, '{pattern}') then {day}" for pattern, day in cases)


_MONTH_CASES = " ".join(
    [
        _date("year month", _YEAR_MONTH, _COMPACT_MONTH),
        _date("month year", _MONTH_YEAR),
        _date("name year", _NAMED_MONTH),
        _date("year name", _YEAR_NAMED),
    ]
)

MACROS = rf"""
create macro trimmed(cell) as case when regexp_matches(cell, '^{_EDGE}|{_EDGE}$|^{_GUARD}')
    then regexp_replace(regexp_replace(cell, '^{_EDGE}|{_EDGE}$', '', 'g'), '^{_GUARD}', '\1') else cell end;
create macro weekdayless(cell) as case when regexp_matches(cell, '^[[:alpha:]]')
    then regexp_replace(cell, '{_WEEKDAY}', '') else cell end;
create macro filled(cell) as case when strlen(cell) > {_LONGEST} then cell
    when lower(cell) in ({_SIGNS}) then null else cell end;
create macro one_spelling(cell) as case
    when regexp_full_match(cell, '[^@\s]+@[^@\s]+') then lower(cell)
    when regexp_full_match(cell, '\d+\.0+') then split_part(cell, '.', 1)
    else regexp_replace(nfc_normalize(cell), '{_SPACE}+', ' ', 'g') end;
create macro tax_number(cell) as case when regexp_matches(cell, '\d')
    then regexp_replace(upper(regexp_replace(cell, '[\s./-]', '', 'g')),
                        '^ES([A-Z0-9]\d{{7}}[A-Z0-9])$', '\1') else cell end;
create macro plain(cell) as regexp_replace(regexp_replace(trim(replace(cell, '−', '-')),
    '^([(+-]?){_SPACE}*{_CURRENCY}{_SPACE}*|{_SPACE}*(?:{_CURRENCY}|%)([)-]?)$', '\1\2', 'g'),
    '{_SPACE}+$', '');
create macro unsigned(number) as case
    when regexp_matches(number, '^\(.*\)$')
    then regexp_replace(number, '^\({_SPACE}*|{_SPACE}*\)$', '', 'g')
    when suffix(number, '-') then regexp_replace(number, '{_SPACE}*-$', '')
    else regexp_replace(number, '^[+-]{_SPACE}*', '') end;
create macro digits(cell) as {once("plain(cell)", "number", "unsigned(number)")};
create macro currency_of(cell) as upper(regexp_extract(cell, '{_CURRENCY}'));
create macro magnitude_with_dot(digits) as case
    when regexp_full_match(digits, '{_WITH_DOT}')
    then try_cast(regexp_replace(digits, '[,''’]|{_SPACE}', '', 'g') as decimal(24, 8)) end;
create macro magnitude_with_comma(digits) as case
    when regexp_full_match(digits, '{_WITH_COMMA}')
    then try_cast(replace(regexp_replace(digits, '[.''’]|{_SPACE}', '', 'g'), ',', '.') as decimal(24, 8))
    when regexp_full_match(digits, '\d+(?:[.,]\d+)?[eE][+-]?\d+')
    then try_cast(replace(digits, ',', '.') as decimal(24, 8)) end;
create macro sign_of(number) as case when regexp_matches(number, '^-|-$|^\(.*\)$') then -1 else 1 end;
create macro number_with_dot(cell) as {_number("magnitude_with_dot")};
create macro number_with_comma(cell) as {_number("magnitude_with_comma")};
create macro year_of(digits) as case when length(digits) = 4 then digits
    when digits < '70' then '20' || digits else '19' || digits end;
create macro month_of(name) as case when contains(' {_MONTHS} ', ' ' || lower(left(name, 3)) || ' ')
    then cast((instr('{_MONTHS}', lower(left(name, 3))) - 1) // 4 % 12 + 1 as varchar) end;
create macro day_of(year, month, day) as try_cast(year_of(year) || '-' || month || '-' || day as date);
create macro year_first(cell) as case {_date("year month day", _YEAR_FIRST, _COMPACT)}
    {_date("day name year", _NAMED)} {_date("name day year", _NAMED_FIRST)}
    when regexp_matches(cell, '{SERIAL}')
    then date '1899-12-30' + cast(floor(cast(replace(cell, ',', '.') as double)) as integer) end;
create macro day_first(cell) as
    {once("cell", "cell", f"case {_date('day month year', _YEAR_LAST)} else year_first(cell) end")};
create macro month_first(cell) as
    {once("cell", "cell", f"case {_date('month day year', _YEAR_LAST)} else year_first(cell) end")};
create macro named_month(cell) as {once("cell", "cell", f"case {_MONTH_CASES} end")};
create macro calendar_day(day) as case when day between date '0001-01-01' and date '9999-12-31' then day end;
create macro squeezed(cell) as regexp_replace(lower(strip_accents(cell)), '[^a-z0-9]', '', 'g');
"""
"""SQL functions that convert one cell; NULL where the cell does not fit the rule."""


@dataclass(frozen=True)
class Evidence:
    """What the cells of a column say of the two ways to read them.

    Parameters
    ----------
    first
        Cells that fit only the first reading (a decimal point; the day first).
    second
        Cells that fit only the second reading (a decimal comma; the month first).
    either
        Cells that fit both with different results.
    examples
        One of each of the three; None where there is none.
    """

    first: int
    second: int
    either: int
    examples: tuple[str | None, str | None, str | None]

    @property
    def verdict(self) -> str:
        """``first``, ``second``, ``either`` (open), ``mixed`` (both, more than one in twenty) or ``none``."""
        certain, rarer = self.first + self.second, min(self.first, self.second)
        if certain == 0:
            return "either" if self.either else "none"
        if rarer > 0.05 * certain:
            return "mixed"
        return "first" if self.first >= self.second else "second"


_SHAPES = {
    "date": (
        "day_first(cell)",
        "month_first(cell)",
        "a is not null and b is null",
        "a is null and b is not null",
        "a <> b",
    ),
    "number": (
        "digits(cell)",
        "null",
        r"regexp_full_match(a, '\d{4,}\.\d*|\d*\.\d{0,2}|\d*\.\d{4,}|0\d*\.\d{3}|"
        r"\d{1,3}(,\d{3})+\.\d*|\d{1,3}(,\d{3}){2,}|\d{1,2}(,\d{2})+,\d{3}(\.\d*)?')",
        r"regexp_full_match(a, '\d{4,},\d*|\d*,\d{0,2}|\d*,\d{4,}|0\d*,\d{3}|"
        r"\d{1,3}(\.\d{3})+,\d*|\d{1,3}(\.\d{3}){2,}')",
        r"regexp_full_match(a, '[1-9]\d{0,2}[.,]\d{3}')",
    ),
}


def evidence(connection: duckdb.DuckDBPyConnection, relation: str, cell: str, what: str) -> Evidence:
    """Weigh the cells of a column.

    Parameters
    ----------
    connection
        A connection that has ``MACROS``.
    relation
        What follows ``FROM``.
    cell
        SQL of the trimmed cell.
    what
        ``date`` or ``number``.
    """
    a, b, first, second, either = _SHAPES[what]
    row = connection.execute(
        f"""
        with cells as (select {cell} as cell, n from (select *, count(*) as n from {relation} group by all)),
             parts as (select cell, n, {a} as a, {b} as b from cells where cell is not null)
        select coalesce(sum(n) filter (where {first}), 0), coalesce(sum(n) filter (where {second}), 0),
               coalesce(sum(n) filter (where {either}), 0), min(cell) filter (where {first}),
               min(cell) filter (where {second}), min(cell) filter (where {either})
        from parts
        """  # noqa: S608
    ).fetchall()[0]
    return Evidence(row[0], row[1], row[2], row[3:])


def plainly_filled(cell: str) -> str:
    """Return the SQL that holds for a cell of plain characters with a digit other than 0: most are so."""
    return f"regexp_full_match({cell}, '[!-&(-~]*[1-9][!-~]*')"


def plain_name(cell: str) -> str:
    """Return the SQL that holds for such a cell without ``@`` and ``.``: as a name, it has one spelling."""
    return f"regexp_full_match({cell}, '[!-&(--/-?A-~]*[1-9][!--/-?A-~]*')"


def trimmed(cell: str) -> str:
    """Return the SQL of a text cell without spaces and controls around it, NULL where it says nothing."""
    return f"case when {plainly_filled(cell)} then {cell} else filled(trimmed({cell})) end"


def number_sql(cell: str, mark: str, decimals: int) -> str:
    """Return the SQL of a number written with ``mark``, as ``decimal(18, decimals)``."""
    kind = f"decimal(18, {decimals})"
    if mark == ".":
        return _either(f"try_cast({cell} as {kind})", f"try_cast(number_with_dot(trimmed({cell})) as {kind})")
    usual = f"case when not contains({cell}, '.') then try_cast(replace({cell}, ',', '.') as {kind}) end"
    return _either(usual, f"try_cast(number_with_comma(trimmed({cell})) as {kind})")


def date_sql(cell: str, order: str, formats: tuple[str, ...]) -> str:
    """Return the SQL of a date; ``formats`` (of ``strptime``) are tried first, for speed."""
    slow = f"{'month_first' if order == 'month-first' else 'day_first'}(weekdayless(trimmed({cell})))"
    if not formats:
        return _either(f"case when strlen({cell}) >= 10 then try_cast({cell} as date) end", slow)
    listed = ", ".join(map(literal, formats))
    usual = f"cast(try_strptime({cell}, [{listed}]) as date)"
    return f"case when ({usual}) >= date '1000-01-01' then {usual} else {slow} end"  # 03 is no year by %Y


def month_sql(cell: str, order: str) -> str:
    """Return the SQL of the first day of a month, from its name, its number and year, or a day in it."""
    day = f"date_trunc('month', {'month_first' if order == 'month-first' else 'day_first'}(trimmed({cell})))"
    return _either(f"named_month(trimmed({cell}))", f"cast({day} as date)")


def choice_sql(cell: str, choices: dict[str, tuple[str, ...]]) -> str:
    """Return the SQL of one of ``choices``, compared as names are; NULL where the cell holds none."""
    cases = " ".join(
        f"when squeezed({cell}) in ({', '.join(sorted({literal(same_name(n)) for n in names}))}) "
        f"then {literal(choice)}"
        for choice, names in choices.items()
    )
    return f"case {cases} end"


def _either(usual: str, general: str) -> str:
    """Return the SQL of the usual conversion, else the general one.

    ``case``, since DuckDB would work out both in ``coalesce``.
    """
    return f"case when ({usual}) is not null then {usual} else {general} end"


def seen_formats(
    connection: duckdb.DuckDBPyConnection, relation: str, cell: str, order: str
) -> tuple[str, ...]:
    """Return the ``strptime`` formats of the commonest ways dates are written, year-first ones left out."""
    rows = connection.execute(
        f"with cells as (select {cell} as cell, count(*) as n from {relation} group by all) "  # noqa: S608
        "select regexp_replace(cell, '\\d', '9', 'g') as shape, sum(n) from cells "
        "where shape is not null group by shape order by sum(n) desc limit 20"
    ).fetchall()
    formats = [_strptime(shape, order) for shape, _count in rows]
    return tuple(dict.fromkeys(found for found in formats if found))[:4]


def _strptime(shape: str, order: str) -> str | None:
    match = re.fullmatch(r"9{1,2}([-/. ])9{1,2}([-/. ])(9{4}|99)(?: (9{1,2}):99(:99)?)?", shape)
    if not match:
        return None
    first, second, year, hours, seconds = match.groups()
    a, b = ("%m", "%d") if order == "month-first" else ("%d", "%m")
    time = f" %H:%M{':%S' if seconds else ''}" if hours else ""
    return f"{a}{first}{b}{second}{'%Y' if len(year) == 4 else '%y'}{time}"
