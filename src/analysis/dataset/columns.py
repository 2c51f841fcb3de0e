"""Which raw column is which canonical one: by the user's word, else by its usual names."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from analysis.dataset.config import nearest
from analysis.dataset.quality import Note
from analysis.dataset.readers import RawTable
from analysis.dataset.schema import TRANSACTIONS, same_name
from analysis.errors import CarteraError
from analysis.language import N_, _, listing

_DECIDING = ("customer_id", "date", "amount", "currency")
_MAKING_AMOUNT = ("quantity", "unit_price", "gross_amount", "discount", "discount_pct")
"""Columns on which a figure hangs: two candidates are a question, not a column left out."""

_MONEY = re.compile(r"[€$£]|\b(?:eur|usd|gbp)", re.IGNORECASE)
_OPEN_DISCOUNTS = ("discount", "descuento", "dto", "dcto")
_DISCOUNT_LEFT_OUT = N_(
    "Column '{header}' was left out: it could be money or percent. Say which in dataset.yml: "
    "'discount: {header}' or 'discount_pct: {header}' under 'columns'."
)
_NO_HEADER = N_(
    "{file} has no line of column names: the first one holds {found}. List the names in their order in "
    "dataset.yml, such as 'names: [customer_id, date, amount]'."
)
_DISCOUNT_OPEN = N_(
    "{file}: '{header}' could be a discount in money or in percent. "
    "Choose: 'discount: {header}' or 'discount_pct: {header}' under 'columns'."
)


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
    questions: tuple[str, ...]
    facts: tuple[Note, ...]


def recognise(table: RawTable, given: dict[str, str]) -> Recognition:
    """Find the canonical columns of a raw table.

    Parameters
    ----------
    table
        The raw table.
    given
        Canonical name → header, from ``dataset.yml``; it settles any doubt.

    Raises
    ------
    CarteraError
        If a header given is missing, or a needed one stands twice in the file.
    """
    chosen = {name: _given(table, name, header) for name, header in given.items()}
    free = [header for header in table.columns if header not in chosen.values()]
    candidates: dict[str, list[str]] = {}
    for declared in TRANSACTIONS.columns:
        if declared.name in chosen:
            continue
        found = next(filter(None, (_named(free, names) for names in declared.ranks)), [])
        if len(found) == 1:
            chosen[declared.name] = found[0]
        elif found:
            candidates[declared.name] = found
    _check_not_twice(table, chosen)
    either = None if {"discount", "discount_pct"} & given.keys() else _open_discount(chosen)
    deciding = _DECIDING if "amount" in chosen else _DECIDING + _MAKING_AMOUNT
    asked = {name: headers for name, headers in candidates.items() if name in deciding}
    questions = [_which(table.file, name, headers) for name, headers in asked.items()]
    questions += _missing(table, chosen, asked)
    facts = [_recognised(table, chosen)]
    if either and "amount" in chosen:
        facts.append(Note(_DISCOUNT_LEFT_OUT, {"header": either}))
    elif either:
        questions.append(_(_DISCOUNT_OPEN).format(file=table.file, header=either))
    facts += [
        Note(
            N_("Column '{name}' was left out: it could be {headers}. Choose one in dataset.yml."),
            {"name": name, "headers": ", ".join(f"'{header}'" for header in headers)},
        )
        for name, headers in candidates.items()
        if name not in asked
    ]
    return Recognition(chosen, tuple(questions), tuple(facts))


def _which(file: str, name: str, headers: list[str]) -> str:
    """Return the sentence that asks which header is the canonical column ``name``."""
    return _(
        "{file}: {headers} could each be '{name}' ({meaning}). Choose one: '{name}: {first}' under 'columns'."
    ).format(
        file=file,
        headers=listing([f"'{header}'" for header in headers]),
        name=name,
        meaning=_(TRANSACTIONS.column(name).meaning),
        first=headers[0],
    )


def _open_discount(chosen: dict[str, str]) -> str | None:
    """Take out a discount whose name does not say whether it is money or percent; return its header."""
    header = chosen.get("discount", "")
    if same_name(header) not in _OPEN_DISCOUNTS or _MONEY.search(header):
        return None
    return chosen.pop("discount")


def _named(headers: list[str], names: tuple[str, ...]) -> list[str]:
    known = {same_name(name) for name in names}
    return [header for header in headers if same_name(header) in known]


def _given(table: RawTable, name: str, header: str) -> str:
    if header in table.columns:
        return header
    same = [written for written in table.columns if same_name(written) == same_name(header)]
    if len(same) == 1:
        return same[0]
    raise CarteraError(
        _("{file} has no column '{header}', which dataset.yml gives as '{name}'. {hint}").format(
            file=table.file, header=header, name=name, hint=nearest(header, list(table.columns))
        )
    )


def _check_not_twice(table: RawTable, chosen: dict[str, str]) -> None:
    for name, header in chosen.items():
        if header in table.repeated:
            raise CarteraError(
                _(
                    "{file} has the column '{header}' twice, and it is needed ('{name}'). "
                    "Rename or delete one of them."
                ).format(file=table.file, header=header, name=name)
            )


def amount_is_given(columns: dict[str, str]) -> bool:
    """Tell whether the amount is there, or can be worked out."""
    worked_out = {"quantity", "unit_price"} <= columns.keys() or "gross_amount" in columns
    return "amount" in columns or worked_out


def _missing(table: RawTable, chosen: dict[str, str], asked: dict[str, list[str]]) -> list[str]:
    """Return the sentences that ask for needed columns of which there is no trace."""
    known = chosen | {name: headers[0] for name, headers in asked.items()}
    given = known | {"amount": ""} if amount_is_given(known) else known
    missing = [name for name in TRANSACTIONS.required if name not in given]
    found = ", ".join(f"'{header}'" for header in table.columns)
    nameless = [header for header in table.columns if not any(map(str.isalpha, header))]
    if missing and 2 * len(nameless) > len(table.columns):
        return [_(_NO_HEADER).format(file=table.file, found=found)]
    return [
        _("{file}: no column for '{name}' ({meaning}) was recognised. Columns found: {found}. {hint}").format(
            file=table.file,
            name=name,
            meaning=_(TRANSACTIONS.column(name).meaning),
            found=found,
            hint=_hint(table, name, chosen),
        )
        for name in missing
    ]


def _hint(table: RawTable, name: str, chosen: dict[str, str]) -> str:
    free = {same_name(header): header for header in table.columns if header not in chosen.values()}
    known = [same_name(known) for known in TRANSACTIONS.column(name).all_names]
    near = [header for key, header in free.items() if difflib.get_close_matches(key, known, n=1, cutoff=0.75)]
    example = (near or list(free.values()) or ["…"])[0]
    if near:
        return _("Nearest: {near}. If it is the one, put '{name}: {example}' under 'columns'.").format(
            near=", ".join(f"'{header}'" for header in near), name=name, example=example
        )
    return _("Put '{name}: <its column>' under 'columns'.").format(name=name)


def _recognised(table: RawTable, chosen: dict[str, str]) -> Note:
    pairs = ", ".join(f"{header} → {name}" for name, header in chosen.items())
    return Note(N_("{file}: columns recognised: {pairs}."), {"file": table.file, "pairs": pairs})
