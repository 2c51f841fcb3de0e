"""A data set ready for questions: canonical tables on an engine, read once and kept by content."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.dataset.action_table import Action, ActionName, standard_actions
from analysis.dataset.as_of import records_until, sales_until, views
from analysis.dataset.cache import MARKER
from analysis.dataset.config import DatasetConfig
from analysis.dataset.customer_days import CUSTOMER_DAYS
from analysis.dataset.kept_tables import take
from analysis.dataset.ledger.intake_result import load
from analysis.dataset.parts import is_part, narrowed, part_files, together
from analysis.dataset.quality import LinkFinding, Note, Quality
from analysis.dataset.schema import CUSTOMERS
from analysis.dataset.segment_table import Scoring
from analysis.engine.duckdb import DuckDBEngine, write_as_one
from analysis.engine.queries import Engine, Parameter, parameters_of, sql_text
from analysis.engine.spark import SparkEngine, session
from analysis.errors import CarteraError
from analysis.language import _, listing

WITHOUT_SALES = {"contracts": "03_churn_contracts", "surveys": "07_satisfaction"}
"""The tables that may stand alone, and the notebook for which each will do."""


@dataclass(frozen=True)
class Dataset:
    """A company's canonical tables on an engine.

    Parameters
    ----------
    name
        What the data set is called.
    engine
        Runs queries over the canonical tables, which end at ``as_of``.
    as_of
        The last day that counts.
    currency
        ISO 4217 code, or None where it is not known.
    tables
        Canonical columns that hold data, by table; ``transactions`` is always there.
    accounts
        What became of the raw rows, by table.
    links
        What does not hold within the tables and between them, over all their rows.
    inputs
        SHA-256 of each raw file, by its path, or by what it is called where it was copied from a database.
    folder
        Where the Parquet files are kept.
    activity_window
        Days after a purchase during which a customer counts as active, as ``dataset.yml`` says; None: not
        set.
    rfm
        How customers are scored, and into which segments, as ``dataset.yml`` says.
    stages
        The company's words for the stages ``lead``, ``prospect`` and ``potential`` of a lead, in this order,
        as ``dataset.yml`` says; none: these. The tables have the canonical ones.
    actions
        What can be done with customers and leads, as ``dataset.yml`` says.
    files
        The raw files of each table, by what ``inputs`` calls them.
    whole
        The data set of which this one has some of the customers; None: this has all.
    """

    name: str
    engine: Engine
    as_of: dt.date
    currency: str | None
    tables: dict[str, frozenset[str]]
    accounts: dict[str, Quality]
    links: tuple[LinkFinding, ...]
    inputs: dict[str, str]
    folder: Path
    activity_window: int | None = None
    rfm: Scoring = field(default_factory=Scoring)
    stages: tuple[str, ...] = ()
    actions: dict[ActionName, Action] = field(default_factory=standard_actions)
    files: dict[str, list[str]] = field(default_factory=dict)
    whole: Dataset | None = None

    @property
    def columns(self) -> frozenset[str]:
        """Canonical columns of ``transactions`` that hold data."""
        return self.tables["transactions"]

    @cached_property
    def content(self) -> str:
        """Digest of the canonical tables."""
        return hashlib.sha256((self.folder / MARKER).read_bytes()).hexdigest()

    @property
    def days(self) -> tuple[dt.date | None, dt.date]:
        """First day with a transaction, where there is any, and the last day that counts."""
        first = self.query("coverage")["first_date"].iloc[0] if self.has_sales else None
        return (None if pd.isna(first) else first.date()), self.as_of

    @property
    def has_sales(self) -> bool:
        """Whether there are sales: contracts, or surveys, may stand alone."""
        return bool(self.columns)

    @property
    def main(self) -> str:
        """The table without which there is no data set: the sales, or what stands alone."""
        return next(name for name in ("transactions", *WITHOUT_SALES) if name in self.accounts)

    @property
    def quality(self) -> Quality:
        """What became of the raw rows of the main table."""
        return self.accounts[self.main]

    def query(self, name: str, columns: Sequence[str] = (), /, **parameters: Parameter) -> pd.DataFrame:
        """Run ``sql/<name>.sql``; see `Engine.query`.

        Parameters
        ----------
        name
            Name of the query, without ``.sql``.
        columns
            Those that are needed, where the rows are many; none: all.
        **parameters
            Values of its parameters; ``as_of`` is that of the data set unless given.

        Returns
        -------
        pandas.DataFrame
            Its rows; ``attrs["currency"]`` is the currency of their amounts, ``attrs["content"]`` tells the
            data set from others (see `computed`).
        """
        if "as_of" in parameters_of(name):
            parameters = {"as_of": self.as_of, **parameters}
        rows = self.engine.query(name, columns, **parameters)
        rows.attrs |= {"currency": self.currency, "content": self.content}
        return rows

    def sql(self, name: str) -> str:
        """Return the text of the query ``name``, to read or to learn from."""
        return sql_text(name)

    def head(self, table: str = "transactions", rows: int = 5) -> pd.DataFrame:
        """Return the first rows of a canonical table, with the columns that hold data."""
        first = self.engine.head(table, rows)
        return first[[name for name in first.columns if name in self.tables[table]]]

    def reconciliation(self) -> pd.DataFrame:
        """Return what leads from the total of the sales file to net sales, over all rows that were read.

        Returns
        -------
        pandas.DataFrame
            ``month`` (first day; missing where a row has no date), ``outcome`` and ``rule`` as in `Quality`,
            ``rows``, ``written`` (the amounts as the file has them), ``amount`` (as they count).
        """
        return pd.read_parquet(self.folder / "reconciliation.parquet")

    @property
    def in_parts(self) -> bool:
        """Whether there are too many customers to hold at once; see `batches`."""
        return self.whole is None and bool(part_files(self.folder, CUSTOMER_DAYS))

    def batches(self) -> Iterator[Dataset]:
        """Yield the data set in parts, each with all that is known of some of its customers.

        A data set of up to a million customers is one part, a larger one has parts of a quarter of a million
        (`analysis.dataset.parts`). What is worked out for each customer alone comes to the same.
        """
        if not self.in_parts:
            yield self
            return
        names = [*self.tables, CUSTOMER_DAYS]
        files = {name: found for name in names if (found := part_files(self.folder, name))}
        for part in range(len(files[CUSTOMER_DAYS])):
            engine = self.engine.over({name: found[part] for name, found in files.items()})
            yield replace(self, engine=engine, whole=self)

    def gathered(self, made: Callable[[Dataset], pd.DataFrame]) -> pd.DataFrame:
        """Return the rows that a function makes of each of the `batches`, one after the other.

        Of a large data set, words that repeat come as categories, and whole numbers in 32 bits.
        """
        if not self.in_parts:
            return made(self)
        return together([narrowed(made(part)) for part in self.batches()])

    def sampled(self) -> Dataset:
        """Return the data set with a quarter of a million of its customers, drawn by lot.

        A data set of up to a million customers is returned as it is. `Results.sample` says which it was.
        """
        return next(self.batches())

    def warned(self, notes: tuple[Note, ...]) -> Dataset:
        """Return the data set with these alarms before all others."""
        main = replace(self.quality, alarms=(*notes, *self.quality.alarms))
        return replace(self, accounts=self.accounts | {self.main: main})

    def export(self, folder: Path) -> None:
        """Copy canonical tables and the rows set aside to ``folder``, which can be opened as a data set."""
        folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.iterdir():
            if not path.name.startswith(".") and path.stem != CUSTOMER_DAYS and not is_part(path):
                (write_as_one if path.is_dir() else shutil.copyfile)(path, folder / path.name)


def _engine(config: DatasetConfig, tables: dict[str, Path], seen: dict[str, str]) -> Engine:
    """Return what answers queries over these files, of which there is to see what ``seen`` says."""
    if config.engine == "spark":
        return SparkEngine(session(config.master, config.spark), tables, seen)
    return DuckDBEngine(tables, seen)


def open_dataset(
    data: str | os.PathLike[str], as_of: str | None = None, *, needs_sales: bool = True
) -> Dataset:
    """Open a data set; its files are read only if their content is new.

    Parameters
    ----------
    data
        ``cdnow``, ``cdnow-sample``, ``demo``, a file (CSV, TSV, Excel, OpenDocument, Parquet), a workbook
        with a sheet per table, a folder of files, a ``dataset.yml``, a SQLite or DuckDB file, or the address
        of a database.
    as_of
        The last day that counts, ``YYYY-MM-DD``; by default the last transaction's date.
    needs_sales
        Whether contracts alone, such as a list of members, or surveys alone will not do.

    Returns
    -------
    Dataset

    Raises
    ------
    CarteraError
        If the data cannot be read, leave a question open, or end before ``as_of`` begins.

    Examples
    --------
    >>> dataset = open_dataset("cdnow-sample", as_of="1997-12-31")
    >>> dataset.as_of
    datetime.date(1997, 12, 31)
    >>> dataset.query("customers")[["customer_id", "purchase_days", "net_sales"]].head(2)
      customer_id  purchase_days  net_sales
    0       00004              4     100.50
    1       00018              1      14.96
    """
    wanted = _day(as_of) if as_of else None
    source = take(os.fspath(data))
    folder = source.folder
    taken = load(folder / "account.json")
    if needs_sales and not taken.sales.columns:
        enough = listing([notebook for table, notebook in WITHOUT_SALES.items() if table in taken.tables])
        message = _("{name} holds no sales: that is enough for {notebooks}, and for no other.")
        raise CarteraError(message.format(name=source.name, notebooks=enough))
    first, last = taken.days
    last_day = wanted or source.config.as_of or last
    if last_day < first:
        raise CarteraError(
            _("as_of is {as_of}, but the first sale in {name} is of {first}. Give a later day.").format(
                as_of=last_day.isoformat(), name=source.name, first=first.isoformat()
            )
        )
    tables = {name: records.columns for name, records in taken.tables.items()}
    if (folder / f"{CUSTOMERS.name}.parquet").exists():  # the sales may name them where no table does
        tables.setdefault(CUSTOMERS.name, frozenset({"customer_id", "name"}))
    accounts = {
        name: records_until(records.quality, name, folder, last_day)
        for name, records in taken.tables.items()
        if name != "transactions"
    }
    sold = taken.sales.quality
    if last_day < last:
        whole = _engine(source.config, {"transactions": folder / "transactions.parquet"}, {})
        sold = sales_until(sold, whole, last_day, source.config)
    kept = {name: folder / f"{name}.parquet" for name in (*tables, CUSTOMER_DAYS)}
    engine = _engine(source.config, kept, views(kept, last_day))
    return Dataset(
        source.name,
        engine,
        last_day,
        taken.sales.currency,
        tables,
        {"transactions": sold} | accounts if taken.sales.columns else accounts,
        taken.links,
        source.inputs,
        folder,
        source.config.activity_window,
        source.config.rfm,
        tuple(source.config.stages),
        source.config.actions or standard_actions(),
        {name: source.files.get(name, source.files.get("transactions", [])) for name in tables},
    )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CarteraError(
            _("as_of is '{text}'; a day such as 2024-12-31 was expected.").format(text=text)
        ) from None
