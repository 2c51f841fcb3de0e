"""Which of the files, sheets or tables that lie together is which canonical table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from analysis.dataset.config import DatasetConfig
from analysis.dataset.heads import Head
from analysis.dataset.identify import fits, identify, named
from analysis.dataset.quality import Note
from analysis.dataset.schema import TABLES
from analysis.errors import CarteraError
from analysis.language import N_, _, listing

_SHOWN = 6
_LEFT_OUT = N_(
    "Left out, since neither name nor columns are those of a table that is known: {tables}. To use one, "
    "name it in dataset.yml under the table that it is."
)
_MOVED = N_("{tables}: taken as the sales, since nothing else holds them.")


@dataclass(frozen=True)
class Discovery:
    """What lies together.

    Parameters
    ----------
    tables
        What holds each canonical table that was found, in the order of the schema.
    rest
        What can be read and is no such table.
    unreadable
        What cannot be read, and whose name says nothing.
    notes
        What was decided for the user.
    """

    tables: dict[str, list[Head]]
    rest: list[Head]
    unreadable: list[Head]
    notes: tuple[Note, ...] = ()


def discover(heads: list[Head], config: DatasetConfig, needs_sales: bool = True) -> Discovery:
    """Sort what lies together by canonical table.

    Where nothing was recognised as the sales, invoices or deliveries with amounts are; else the only table
    that is nothing else, so that its columns can be asked for.

    Parameters
    ----------
    heads
        What lies there.
    config
        What ``dataset.yml`` says of its columns.
    needs_sales
        Whether the sales must be among them.

    Raises
    ------
    CarteraError
        If two kinds of tables could be the sales.
    """
    given = {name: config.table(name).columns for name in TABLES}
    found: dict[str, list[Head]] = {}
    rest: list[Head] = []
    unreadable: list[Head] = []
    for head in heads:
        table = identify(head.names, head.headers, given)
        if table:
            found.setdefault(table, []).append(head)
        else:
            (rest if head.headers or head.path.suffix.lower() == ".txt" else unreadable).append(head)
    notes = []
    if needs_sales and found and "transactions" not in found:
        moved = _stand_in(found, given["transactions"])
        if moved:
            found["transactions"] = found.pop(moved)
            notes.append(Note(_MOVED, {"tables": labels(found["transactions"])}))
        elif len(rest) == 1:
            found["transactions"] = [rest.pop()]
    if needs_sales:
        _check_one_kind_of_sales(found.get("transactions", []))
    return Discovery({name: found[name] for name in TABLES if name in found}, rest, unreadable, tuple(notes))


def left_out(heads: list[Head]) -> tuple[Note, ...]:
    """Return the note that names what is not taken; none where there is nothing."""
    return (Note(_LEFT_OUT, {"tables": labels(heads)}),) if heads else ()


def labels(heads: list[Head]) -> str:
    """Return what the reader is told they are; of many, the first and how many more."""
    shown = [head.label for head in heads[:_SHOWN]]
    more = [f"… (+{len(heads) - _SHOWN})"] if len(heads) > _SHOWN else []
    return ", ".join(shown + more)


def _stand_in(found: dict[str, list[Head]], given: dict[str, str]) -> str | None:
    """Return the table whose columns would do as those of the sales."""
    for name in ("invoices", "deliveries"):
        if name in found and all(fits(TABLES["transactions"], h.headers, given) for h in found[name]):
            return name
    return None


def _check_one_kind_of_sales(heads: list[Head]) -> None:
    """Refuse invoices beside their lines: summed together, money would count twice."""
    kinds = {name: list(group) for name, group in groupby(sorted(heads, key=_kind), key=_kind) if name}
    if len(kinds) > 1 and len({head.headers for head in heads}) > 1:
        first = [group[0].label for group in kinds.values()]
        raise CarteraError(
            _(
                "{tables} look like sales, but their columns differ: summed together, money could count "
                "twice. Say which holds them: '{choice}' under 'transactions' in dataset.yml."
            ).format(tables=listing(first), choice=heads[0].choice)
        )


def _kind(head: Head) -> str:
    """Return the canonical table that the name alone says; empty where it says none."""
    return next(filter(None, map(named, head.names)), "")
