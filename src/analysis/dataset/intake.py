"""All tables of a data set: raw files → canonical Parquet, each accounted for, and what links them."""

from __future__ import annotations

from pathlib import Path

from analysis.dataset.config import DatasetConfig
from analysis.dataset.files.peek import heads_of
from analysis.dataset.inference.customer_column import kinds
from analysis.dataset.integrity import find_links
from analysis.dataset.lake import lake_sales
from analysis.dataset.ledger import table_intake
from analysis.dataset.ledger.intake_result import Formats, Intake, Records
from analysis.dataset.no_sales import without_sales
from analysis.dataset.parts import write_parts
from analysis.dataset.quality import Note
from analysis.dataset.questions import OpenQuestionError
from analysis.dataset.schema import TABLES, in_own_words
from analysis.dataset.sources.inputs import Source
from analysis.dataset.user_files import remove
from analysis.errors import CarteraError
from analysis.language import N_, _

_NOT_WHAT_IT_SEEMED = N_(
    "{table}: {files} seemed to hold this table by the names of its columns, but cannot be read as such, "
    "and was left out. {reason}"
)
_LEFT_OUT = N_("{table}: left out, since what there is cannot be read. {reason}")


def take_in(source: Source, target: Path) -> Intake:
    """Read the raw files of every table into canonical Parquet in the folder ``target``.

    Parameters
    ----------
    source
        The raw files.
    target
        An empty folder, left with ``<table>.parquet`` for each table, and ``set_aside_<table>.parquet`` for
        its rows that were not kept; and with parts where there are many customers (`write_parts`).

    Raises
    ------
    CarteraError
        If the sales cannot be read, or are missing where there are no contracts; or another table, unless
        ``broken_tables`` is ``leave_out``. It says what is wrong with each.
    """
    config, broken = source.config, dict(source.broken)
    taken: dict[str, Records] = {}
    guessed: dict[str, str] = {}
    asked: OpenQuestionError | None = None
    formats = known_beside(source) if "transactions" in source.inputs else Formats()
    for name, given in source.inputs.items():  # the sales come first
        try:
            if name == "transactions" and config.engine == "spark":
                taken[name] = lake_sales.take_in(given, config, formats, target)
                formats = taken[name].formats
                continue
            own_words = name == "leads" and config.stages
            table = in_own_words(config.stages) if own_words else TABLES[name]
            taken[name] = table_intake.take_in(table, given, config, formats, target)
        except CarteraError as error:
            (guessed if given.guessed else broken)[name] = str(error)
            asked = asked or (error if isinstance(error, OpenQuestionError) else None)
            for left in (f"{name}.parquet", f"set_aside_{name}.parquet", f"{name}.sql"):
                remove(target / left)
        if name == "transactions" and name in taken:
            formats = taken[name].formats
    if asked and broken.keys() == {asked.table}:
        raise asked
    if {"contracts", "surveys"} & taken.keys() and "transactions" not in source.inputs.keys() | broken.keys():
        taken = {"transactions": without_sales(taken, target), **taken}
    if "transactions" not in taken or (broken and config.broken_tables == "stop"):
        raise CarteraError(_what_is_wrong(broken, config))
    links = find_links(taken, target)
    write_parts(target)
    left_out = (*_left_out(broken), *_misjudged(guessed, source))
    tables = {name: records.noted(alarms=links.alarms.get(name, ())) for name, records in taken.items()}
    tables["transactions"] = tables["transactions"].noted(source.notes, left_out)
    return Intake(tables, links.findings)


def known_beside(source: Source) -> Formats:
    """Return how the sales have to be read: by name, where another table knows customers by name only."""
    for name, given in source.inputs.items():
        if name == "transactions" or "customer_id" not in TABLES[name].canonical:
            continue
        heads = [head for head in heads_of(given.files[0]) if head.sheet in {None, given.settings.sheet}]
        told = {kind for head in heads for kind in kinds(head.headers, TABLES[name]).values()}
        if "customer_id" not in given.settings.columns and told and told <= {"plain", "name"}:
            return Formats(customer="name")
    return Formats()


def _what_is_wrong(broken: dict[str, str], config: DatasetConfig) -> str:
    """Return what is wrong with each table, the sales first, and how to go on where they are sound."""
    if broken.keys() == {"transactions"}:
        return broken["transactions"]
    order = sorted(broken, key=lambda name: [*TABLES, name].index(name))
    lines = [f"{_title(name)}: {broken[name]}" for name in order]
    if "transactions" not in broken and config.broken_tables == "stop":
        lines.append(
            _("To go on without what cannot be read, write 'broken_tables: leave_out' in dataset.yml.")
        )
    return "\n".join(lines)


def _title(name: str) -> str:
    return _(TABLES[name].title) if name in TABLES else name


def _left_out(broken: dict[str, str]) -> list[Note]:
    return [
        Note(_LEFT_OUT, {"reason": reason}, {"table": TABLES[name].title})
        if name in TABLES
        else Note(_LEFT_OUT, {"table": name, "reason": reason})
        for name, reason in broken.items()
    ]


def _misjudged(guessed: dict[str, str], source: Source) -> list[Note]:
    files = {name: ", ".join(path.name for path in source.inputs[name].files) for name in guessed}
    return [
        Note(_NOT_WHAT_IT_SEEMED, {"files": files[name], "reason": reason}, {"table": TABLES[name].title})
        for name, reason in guessed.items()
    ]
