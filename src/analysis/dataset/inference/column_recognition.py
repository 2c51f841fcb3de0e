"""Which raw column is which canonical one: by the user's word, else by its usual names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass

from analysis.dataset.files.readers import RawTable
from analysis.dataset.quality import Note
from analysis.dataset.questions import Choice, Question
from analysis.dataset.schema import Column, Table, normalised, same_name
from analysis.dataset.yaml_file import as_yaml
from analysis.errors import CarteraError
from analysis.language import N_, _, listing
from analysis.suggestions import nearest

_MAKING_AMOUNT = ("quantity", "unit_price", "gross_amount", "discount", "discount_pct")
"""Columns from which an amount that is not given is worked out."""

_MONEY = re.compile(r"[€$£]|\b(?:eur|usd|gbp)", re.IGNORECASE)
_LINE = {"line", "lines", "lineitem", "linea", "lineas"}
"""What names the value of a line, where another is of the whole order."""
_CONTRACT = ("contract", "contrato")
_OPEN_DISCOUNTS = ("discount", "descuento", "dto", "dcto")
_DISCOUNT_LEFT_OUT = N_(
    "Column '{header}' was left out: it could be money or percent. Say which in dataset.yml: "
    "'discount: {header}' or 'discount_pct: {header}' under 'columns'."
)
_NO_HEADER = N_(
    "{file} has no line of column names: the first one holds {found}. List the names in their order in "
    "dataset.yml, such as 'names: [{names}]'."
)
_DISCOUNT_OPEN = N_("{file}: '{header}' could be a discount in money or in percent.")


@dataclass(frozen=True)
class Recognition:
    """What the raw columns are.

    Parameters
    ----------
    columns
        Canonical name → header as written.
    questions
        What the user must say: which of several headers is meant, or which one a needed column is.
    facts
        What was recognised, and what was left out for want of a choice.
    """

    columns: dict[str, str]
    questions: tuple[Question, ...]
    facts: tuple[Note, ...]


def recognise(
    raw: RawTable,
    table: Table,
    given: dict[str, str],
    proved: Callable[[list[str], dict[str, str]], str | None] = lambda _headers, _chosen: None,
    alike: Callable[[Column], list[str]] = lambda _column: [],
) -> Recognition:
    """Find the canonical columns of a raw table.

    Parameters
    ----------
    raw
        The raw table.
    table
        What it is taken for.
    given
        Canonical name → header, from ``dataset.yml``; it settles any doubt.
    proved
        Says which of several headers the cells prove to be the amount, beside the columns chosen; None where
        they prove nothing.
    alike
        Says which headers have cells like those of a column.

    Raises
    ------
    CarteraError
        If a header given is missing, or a needed one stands twice in the file.
    """
    chosen = {name: _given(raw, name, header) for name, header in given.items()}
    candidates = _add_recognised(raw, table, chosen)
    carriage = chosen.get("shipping")  # the same word heads a way or a country of delivery
    if carriage and "shipping" not in given and carriage not in alike(table.column("shipping")):
        del chosen["shipping"]
    kind = chosen.get("contract_id", "")  # of one row per customer with a flag, what it has, not its number
    if "churned" in chosen and "plan" not in chosen and same_name(kind) in _CONTRACT:
        chosen["plan"] = chosen.pop("contract_id")
    _check_not_twice(raw, chosen)
    either = None if {"discount", "discount_pct"} & given.keys() else _open_discount(chosen)
    deciding = _deciding(table, chosen)
    if amount := proved(candidates["amount"], chosen) if "amount" in candidates else None:
        chosen["amount"] = amount
        del candidates["amount"]
    asked = {name: headers for name, headers in candidates.items() if name in deciding}
    questions = [_which(raw.file, table, name, headers) for name, headers in asked.items()]
    questions += _missing(raw, table, chosen, asked, alike)
    facts = [_recognised(raw, chosen)]
    if either and "amount" in chosen:
        facts.append(Note(_DISCOUNT_LEFT_OUT, {"header": either}))
    elif either:
        text = _(_DISCOUNT_OPEN).format(file=raw.file, header=either)
        choices = (
            _is_column("discount", either, _("If it is money")),
            _is_column("discount_pct", either, _("If it is percent, or a part of one")),
        )
        questions.append(Question(text, choices))
    facts += [
        Note(
            N_("Column '{name}' was left out: it could be {headers}. Choose one in dataset.yml."),
            {"name": name, "headers": ", ".join(f"'{header}'" for header in headers)},
        )
        for name, headers in candidates.items()
        if name not in asked
    ]
    return Recognition(chosen, tuple(questions), tuple(facts))


def _add_recognised(raw: RawTable, table: Table, chosen: dict[str, str]) -> dict[str, list[str]]:
    """Add to ``chosen`` what goes by a known name; return the columns that several headers could be.

    A needed column takes its header first, whatever else goes by that name.
    """
    found: dict[str, str] = {}
    candidates: dict[str, list[str]] = {}

    def seek(columns: list[Column], ranks: slice) -> None:
        for declared in columns:
            if declared.name in {*chosen, *found, *candidates}:
                continue
            free = [h for h in raw.columns if h not in chosen.values() and h not in found.values()]
            named = next(filter(None, (_named(free, names) for names in declared.ranks[ranks])), [])
            of_lines = [header for header in named if _LINE & {*normalised(header).split()}]
            named = of_lines if len(of_lines) == 1 else named
            if len(named) == 1:
                found[declared.name] = named[0]
            elif named:
                candidates[declared.name] = named

    seek([column for column in table.columns if column.name in table.required], slice(None))
    seek(list(table.columns), slice(1))
    seek(list(table.columns), slice(1, None))
    chosen |= {column.name: found[column.name] for column in table.columns if column.name in found}
    return candidates


def _deciding(table: Table, chosen: dict[str, str]) -> set[str]:
    """Return the columns on which a figure hangs: two candidates are a question, not a column left out."""
    deciding = {*table.required, "currency"}
    if not set(table.any_of) & chosen.keys():
        deciding |= set(table.any_of)
    return deciding if "amount" in chosen else deciding | set(_MAKING_AMOUNT)


def _which(file: str, table: Table, name: str, headers: list[str]) -> Question:
    """Return the question which header is the canonical column ``name``."""
    text = _("{file}: {headers} could each be '{name}' ({meaning}). Choose one.").format(
        file=file,
        headers=listing([f"'{header}'" for header in headers]),
        name=name,
        meaning=_(table.column(name).meaning),
    )
    return Question(text, tuple(_is_column(name, header) for header in headers))


def _is_column(name: str, header: str, consequence: str = "") -> Choice:
    """Return the answer that a header is a canonical column."""
    says = consequence or _("If it is '{header}'").format(header=header)
    return Choice(f"columns: {{{name}: {as_yaml(header)}}}", says)


def _open_discount(chosen: dict[str, str]) -> str | None:
    """Take out a discount whose name does not say whether it is money or percent; return its header."""
    header = chosen.get("discount", "")
    if same_name(header) not in _OPEN_DISCOUNTS or _MONEY.search(header):
        return None
    return chosen.pop("discount")


def _named(headers: list[str], names: tuple[str, ...]) -> list[str]:
    known = {same_name(name) for name in names}
    return [header for header in headers if same_name(header) in known]


def _given(raw: RawTable, name: str, header: str) -> str:
    if header in raw.columns:
        return header
    same = [written for written in raw.columns if same_name(written) == same_name(header)]
    if len(same) == 1:
        return same[0]
    raise CarteraError(
        _("{file} has no column '{header}', which dataset.yml gives as '{name}'. {hint}").format(
            file=raw.file, header=header, name=name, hint=nearest(header, list(raw.columns))
        )
    )


def _check_not_twice(raw: RawTable, chosen: dict[str, str]) -> None:
    for name, header in chosen.items():
        if header in raw.repeated:
            raise CarteraError(
                _(
                    "{file} has the column '{header}' twice, and it is needed ('{name}'). "
                    "Rename or delete one of them."
                ).format(file=raw.file, header=header, name=name)
            )


def amount_is_given(columns: dict[str, str]) -> bool:
    """Tell whether the amount is there, or can be worked out."""
    worked_out = {"quantity", "unit_price"} <= columns.keys() or "gross_amount" in columns
    return "amount" in columns or worked_out


def _missing(
    raw: RawTable,
    table: Table,
    chosen: dict[str, str],
    asked: dict[str, list[str]],
    alike: Callable[[Column], list[str]],
) -> list[Question]:
    """Return the questions for needed columns of which there is no trace."""
    known = chosen | {name: headers[0] for name, headers in asked.items()}
    given = known | {"amount": ""} if amount_is_given(known) else known
    missing = [name for name in table.required if name not in given]
    found = ", ".join(f"'{header}'" for header in raw.columns)
    nameless = [header for header in raw.columns if not any(map(str.isalpha, header))]
    if missing and 2 * len(nameless) > len(raw.columns):
        text = _(_NO_HEADER).format(file=raw.file, found=found, names=", ".join(table.required))
        return [Question(text)]
    if table.any_of and not set(table.any_of) & known.keys():
        missing.append(table.any_of[0])
    text = _("{file}: no column for '{name}' ({meaning}) was recognised. Columns found: {found}.")
    questions = []
    for name in missing:
        column = table.column(name)
        said = text.format(file=raw.file, name=name, meaning=_(column.meaning), found=found)
        likely = _likely(raw, column, chosen, alike)
        if not likely:
            said += " " + _("Put '{name}: <its column>' under 'columns'.").format(name=name)
        questions.append(Question(said, tuple(_is_column(name, header) for header in likely)))
    return questions


def _likely(
    raw: RawTable, wanted: Column, chosen: dict[str, str], alike: Callable[[Column], list[str]]
) -> list[str]:
    """Return the headers that may be a column: by a similar name, else by cells of its kind."""
    free = {same_name(header): header for header in raw.columns if header not in chosen.values()}
    known = [same_name(name) for name in wanted.all_names]
    near = [header for key, header in free.items() if difflib.get_close_matches(key, known, n=1, cutoff=0.75)]
    prices = {chosen[name] for name in ("unit_price", "gross_amount") if name in chosen}
    return near or [h for h in alike(wanted) if h in prices or h in free.values()][:3]


def _recognised(raw: RawTable, chosen: dict[str, str]) -> Note:
    pairs = ", ".join(f"{header} → {name}" for name, header in chosen.items())
    return Note(N_("{file}: columns recognised: {pairs}."), {"file": raw.file, "pairs": pairs})


def unused(raw: RawTable, chosen: dict[str, str]) -> list[Note]:
    """Return the note on columns that nothing is done with; none if there are none."""
    unused = [f"'{header}'" for header in raw.columns if header not in chosen.values()]
    message = N_("{file}: columns not used: {headers}.")
    return [Note(message, {"file": raw.file, "headers": ", ".join(unused)})] if unused else []
