"""What became of every row that was read, and what holds between the tables, as a reader sees it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.dataset import Dataset, open_dataset
from analysis.dataset.quality import KEPT, Quality, label
from analysis.dataset.schema import TABLES
from analysis.display_names import words
from analysis.language import _, date, listing, ngettext, number
from analysis.report import tables


@dataclass(frozen=True)
class Account:
    """A table about the data, ready to show.

    Attributes
    ----------
    name
        What its columns are entered under in `analysis.display_names`.
    caption
        What it says.
    frame
        Its rows.
    """

    name: str
    caption: str
    frame: pd.DataFrame

    def shown(self, currency: str | None) -> tables.Shown:
        """Return it as text; ``currency`` is that of its amounts."""
        said = words(self.name, self.frame)
        return tables.shown(self.frame, said["labels"], said["formats"], currency)


@dataclass(frozen=True)
class Reconciliation(Account):
    """A table whose columns are periods or steps, in money to the cent."""

    def shown(self, currency: str | None) -> tables.Shown:
        """Return it as text."""
        first, *others = self.frame.columns
        labels = {first: "", **dict(zip(others, others, strict=True))}
        return tables.shown(self.frame, labels, dict.fromkeys(others, "number2"), currency)


def accounts(dataset: Dataset) -> list[Account]:
    """Return all there is to account for: each table, what was found in it, and the links between them."""
    several = overview(dataset)
    made = [several] if several else []
    for name, quality in dataset.accounts.items():
        parts = [_found(quality)]
        if name == dataset.main or _lost(quality):
            parts.insert(0, rows(quality))
        prefix = f"{_(TABLES[name].title)} · " if several else ""
        made += [replace(part, caption=prefix + part.caption) for part in parts]
    return [one for one in (*made, _links(dataset)) if len(one.frame)]


def in_one_line(accounts: Collection[Quality]) -> str:
    """Return how many rows of the tables were read, and how many warnings there are, in one sentence."""
    total = sum(int(quality.rows["rows"].sum()) for quality in accounts)
    said = sum(len(quality.alarms) for quality in accounts)
    counted = ngettext(
        "{rows} row was read and is accounted for", "{rows} rows were read, all accounted for", total
    ).format(rows=number(total))
    if not said:
        return _("{counted}.").format(counted=counted)
    warned = ngettext("{n} warning", "{n} warnings", said).format(n=number(said))
    return _("{counted}; {warned}.").format(counted=counted, warned=warned)


def overview(dataset: Dataset) -> Account | None:
    """Return one row per table: rows read, kept, left out and rejected; None where there are only sales."""
    if len(dataset.accounts) == 1:
        return None
    counted = [
        {"table": _(TABLES[name].title), **_summary(quality)} for name, quality in dataset.accounts.items()
    ]
    return Account("overview", _("The tables that were read"), pd.DataFrame(counted))


def _summary(quality: Quality) -> dict[str, int]:
    """Return rows read, kept, left out and rejected of one table."""
    by_outcome = quality.rows.groupby("outcome")["rows"].sum()
    lost = {outcome: int(by_outcome.get(outcome, 0)) for outcome in ("excluded", "rejected")}
    total = int(by_outcome.sum())
    return {"rows": total, "kept": total - sum(lost.values()), **lost}


def _lost(quality: Quality) -> bool:
    summary = _summary(quality)
    return summary["kept"] < summary["rows"]


def rows(quality: Quality) -> Account:
    """Return what became of the rows of one table."""
    return Account("rows", _("Every row that was read, and what became of it"), quality.table())


def _found(quality: Quality) -> Account:
    found = quality.found_table()
    caption = _("What was found among all rows, and what is done with it")
    return Account("found", caption, found[found["rows"] > 0])


def _links(dataset: Dataset) -> Account:
    """Return what was checked between the tables, what does not hold first."""
    checked = sorted(dataset.links, key=lambda link: link.rows == 0)
    verdicts = [_("look at it") if link.rows else _("holds") for link in checked]
    found = pd.DataFrame({"what": [str(link.note) for link in checked], "verdict": verdicts})
    return Account("links", _("What links the tables"), found)


def reconciliation(dataset: Dataset, unit: str = "year") -> Reconciliation:
    """Return what leads from the total of the sales file to net sales, by ``year`` or ``month``.

    Every step is what was taken off or added; they add up to net sales, over all rows, whatever ``as_of`` is.
    """
    found = dataset.reconciliation()
    day = pd.to_datetime(found["month"])
    found["period"] = day.dt.strftime("%Y" if unit == "year" else "%Y-%m").fillna(_("no date"))
    found["lost"] = ~found["outcome"].isin(KEPT)
    periods = sorted(found["period"].unique())
    steps = {_("Total of the file"): found.groupby("period")["written"].sum()}
    changed = found["amount"].fillna(0) - found["written"].fillna(0)
    if changed.abs().sum() > 0.005:
        steps[_("Worked out: order values, signs, taxes, discounts, refunds")] = changed.groupby(
            found["period"]
        ).sum()
    for (outcome, rule), rows in found[found["lost"]].groupby(["outcome", "rule"], sort=False):
        unknown = int(outcome == "rejected")  # money that cannot be read is not 0
        steps[label(str(outcome), str(rule))] = -rows.groupby("period")["amount"].sum(min_count=unknown)
    steps[_("Net sales")] = found[~found["lost"]].groupby("period")["amount"].sum()
    frame = pd.DataFrame(steps).reindex(periods)
    everything = frame.sum(min_count=1)
    for what, step in steps.items():
        frame[what] = step.reindex(periods, fill_value=0.0)
    frame.loc[_("All")] = everything
    if unit == "year":
        frame = frame.T
    caption = _("From the total of the file to net sales, to hold against your own figures")
    return Reconciliation("reconciliation", caption, frame.rename_axis("what").reset_index())


def warnings(dataset: Dataset) -> list[str]:
    """Return what must be known before a figure is trusted, of all tables."""
    return [text for quality in dataset.accounts.values() for text in quality.warnings]


def assumptions(dataset: Dataset) -> list[str]:
    """Return how the data were read, of all tables."""
    return [text for quality in dataset.accounts.values() for text in quality.assumptions]


def missing_tables(dataset: Dataset) -> str:
    """Say which optional tables the data do not give; nothing where there are only sales, or all."""
    missing = [_(table.title) for name, table in TABLES.items() if name not in dataset.accounts]
    if len(dataset.accounts) == 1 or not missing:
        return ""
    return _("Not given: {tables}.").format(tables=listing(missing))


def print_account(data: str, as_of: str | None, by_month: bool = False) -> None:
    """Read ``data`` and print what became of every row, what was assumed, and what to beware of.

    Raises
    ------
    CarteraError
        If the data cannot be read.
    """
    dataset = open_dataset(data, as_of=as_of, needs_sales=False)
    console = Console(highlight=False)
    console.print(
        Text(_("{name}, as of {day}").format(name=dataset.name, day=date(dataset.as_of)), style="bold")
    )
    reconciled = [reconciliation(dataset, "month" if by_month else "year")] if dataset.has_sales else []
    for account in [*accounts(dataset), *reconciled]:
        console.print(_table(account.caption, account.shown(dataset.currency)))
    if missing := missing_tables(dataset):
        console.print(Text(missing))
    for sentence in assumptions(dataset):
        console.print(Text(f"- {sentence}"))
    for sentence in warnings(dataset):
        console.print(Text.assemble((_("Beware"), "bold red"), " ", sentence))


def _table(caption: str, shown: tables.Shown) -> Table:
    table = Table(title=Text(caption), title_justify="left")
    for heading, numeric in zip(shown.headings, shown.numeric, strict=True):
        table.add_column(heading, justify="right" if numeric else "left")
    for row in shown.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
