"""The portfolio sheet: what a salesperson looks after, on one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis import portfolio, segmentation
from analysis.errors import CarteraError
from analysis.language import N_, _, date, listing, money, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.owners import OF_CUSTOMERS, OF_SALES, belongs_to, named
from analysis.result import Finding, Result
from analysis.suggestions import nearest

if TYPE_CHECKING:
    from analysis.dataset import Dataset

TEN = 10
MOST = 1_000
"""Sheets that are made at once."""
_BILLING = {"A": N_("High (F.A)"), "B": N_("Medium (F.M)"), "C": N_("Low (F.B)")}
_TYPES = {"large": N_("Large"), "medium": N_("Medium"), "small": N_("Small"), "new": N_("New (first year)")}
_SIZES = {
    "large": ("grande", "large", "big", "gran empresa"),
    "medium": ("mediana", "medium", "mediano"),
    "small": ("pequeña", "pequena", "pequeño", "micro", "small"),
}
_OF_LEADS = {"salesperson": "salesperson", "sector": "sector", "acquisition_channel": "channel"}
"""Columns that tell whose an open lead is, and what they are called in `leads`."""
_PLACES = {"sector": N_("Speciality"), "region": N_("Area")}


@dataclass(frozen=True)
class SheetData:
    """What all portfolio sheets of a data set are made of, worked out once.

    Attributes
    ----------
    by
        The column that tells whose a customer is.
    as_of
        The last day that counts.
    accounts
        Customers with a transaction in the twelve months to ``as_of``, the most net sales first:
        ``customer_id``, ``name`` where known, ``belongs_to`` (missing where not known), ``sector`` and
        ``region``, ``net_sales`` (money, twelve months), ``billing`` (A, B or C), ``type`` (``large``,
        ``medium``, ``small`` or ``new``), ``active``; ``before``, ``now`` and ``ahead`` (money: see
        ``years``); ``growth_potential``, ``category``, ``in_category`` and ``basis`` as in `GrowthPotential`.
    years
        What ``before``, ``now`` and ``ahead`` are called: the last year, this year to date, and this year
        projected to its end; the last is missing on its last day.
    leads
        Prospects: ``belongs_to``, ``estimated_value`` and ``billing``; None where the data do not tell
        whose a lead is.
    missing
        Why there is no projection or no growth potential.
    window
        Days after a purchase during which a customer counts as active; None where it is not known.
    currency
        ISO 4217 code, or None where it is not known.
    """

    by: str
    as_of: pd.Timestamp
    accounts: pd.DataFrame
    years: tuple[str, str, str]
    leads: pd.DataFrame | None
    missing: tuple[str, ...]
    window: int | None
    currency: str | None = None

    def owners(self) -> list[str]:
        """Return whose sheets there are, in order."""
        return sorted(self.accounts["belongs_to"].dropna().unique())


@dataclass(frozen=True)
class PortfolioSheet(Result):
    """One page: the accounts of a salesperson, a sector or a region.

    Attributes
    ----------
    owner
        Whose page.
    data
        What it is taken from.
    accounts
        The rows of ``data.accounts`` that are its own.
    leads
        The rows of ``data.leads``.
    """

    name: ClassVar[str] = "portfolio_sheet"
    is_drawn: ClassVar[bool] = False
    owner: str
    data: SheetData
    accounts: pd.DataFrame
    leads: pd.DataFrame | None

    def title(self) -> str:
        """Return whose page it is."""
        return _("Customer portfolio: {owner}").format(owner=self.owner)

    def sentence(self) -> str:
        """Return how many accounts there are and what they bought."""
        total = self.data.accounts["net_sales"].sum()
        share = self.accounts["net_sales"].sum() / total if total > 0 else 0.0
        said = ngettext(
            "{accounts} account with net sales of {net} in twelve months, {share} of the whole portfolio.",
            "{accounts} accounts with net sales of {net} in twelve months, {share} of the whole portfolio.",
            len(self.accounts),
        ).format(
            accounts=number(len(self.accounts)),
            net=money(self.accounts["net_sales"].sum(), self.data.currency),
            share=percent(share, 1),
        )
        if self.data.window is None:
            return said
        active = _("{active} are active: they bought in the last {window} days.")
        told = active.format(active=number(self.accounts["active"].sum()), window=number(self.data.window))
        return f"{said} {told}"

    def places(self) -> list[str]:
        """Return the sectors and regions with most of the net sales, a line each."""
        said = []
        for column, name in _PLACES.items():
            sums = self.accounts.groupby(column)["net_sales"].sum().nlargest(3)
            sums = sums[sums > 0]
            if column != self.data.by and len(sums):
                share = percent(sums.sum() / self.accounts["net_sales"].sum())
                line = _("{what}: {names} ({share} of net sales)")
                said.append(line.format(what=_(name), names=listing([*sums.index]), share=share))
        return said

    def lines(self) -> list[str]:
        """Return what stands under the title."""
        return [date(self.data.as_of.date()), *self.places(), self.sentence()]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the parts of the page; a part that the data do not allow is left out, see `notes`."""
        tables = {
            "sheet_billing": _counted(self.accounts["billing"], _BILLING, "billing"),
            "sheet_types": _counted(self.accounts["type"], _TYPES, "account_type"),
        }
        if self.leads is not None:
            tables["sheet_prospects"] = _counted(
                self.leads["billing"], _BILLING, "perceived_potential", of="prospects"
            )
        names = ["name" if "name" in self.accounts else "customer_id"]
        best = self.accounts[self.accounts["active"]].head(TEN)
        columns = [*names, "billing", "before", "now", "ahead"]
        letters = dict(zip("ABC", ("F.A", "F.M", "F.B"), strict=True))
        shown = best[columns].assign(billing=best["billing"].map(letters))
        tables["sheet_accounts"] = shown.dropna(axis="columns", how="all").rename(
            columns={"billing": "letter"}
        )
        if len(self._growing):
            columns = [*names, "net_sales", "growth_potential", "category", "in_category", "basis"]
            tables["sheet_potential"] = self._growing.head(TEN)[columns].dropna(axis="columns", how="all")
        return {name: frame.reset_index(drop=True) for name, frame in tables.items()}

    @property
    def _growing(self) -> pd.DataFrame:
        """The accounts with growth potential, the most first."""
        known = self.accounts.reindex(columns=[*self.accounts.columns.union(["growth_potential"])])
        order = ["growth_potential", "net_sales"]
        return known[known["growth_potential"] > 0].sort_values(order, ascending=False)

    def headings(self) -> dict[str, str]:
        """Return headings that depend on the data."""
        return dict(zip(("before", "now", "ahead"), self.data.years, strict=True))

    def findings(self) -> list[Finding]:
        """Return how many accounts there are and what they bought."""
        net = float(self.accounts["net_sales"].sum())
        text = f"{self.title()}. {self.sentence()}"
        return [Finding("sheets.accounts", text, len(self.accounts), "customers", max(net, 0.0))]

    def notes(self) -> list[str]:
        """Return what is missing, and what would open it."""
        said = [*self.data.missing]
        if self._growing.empty and "growth_potential" in self.accounts:
            said.append(_("No growth potential is known of these accounts."))
        if self.leads is None:
            said.append(_("Prospects are not shown: it takes leads that say whose they are."))
        return said


def _counted(values: pd.Series, words: dict[str, str], column: str, of: str = "accounts") -> pd.DataFrame:
    """Return number and share of each class, in the reader's language."""
    counts = values.value_counts().reindex(list(words), fill_value=0)
    return pd.DataFrame(
        {
            column: [_(text) for text in words.values()],
            of: counts.to_numpy(),
            "share": (counts / max(len(values), 1)).to_numpy(),
        }
    )


def sheet_data(dataset: Dataset, by: str = "salesperson", activity_window: int | None = None) -> SheetData:
    """Work out what all portfolio sheets of a data set are made of.

    Parameters
    ----------
    dataset
        The data set.
    by
        The column of `customers` or of the sales that tells whose a customer is: see `belongs_to`.
    activity_window
        Days after which a customer counts as inactive; None: that of the data set, or from the data.

    Raises
    ------
    CarteraError
        If there is no such column, or so many owners that nobody would read their sheets.

    Notes
    -----
    Billing is high, medium or low by ABC class of the net sales of twelve months. Type is new within twelve
    months of the first purchase, else the size in the table of customers (large, medium, small and micro),
    else by terciles of these net sales. Prospects are classed by their estimated value: high from the least
    that a customer of high billing bought.
    """
    whose = belongs_to(dataset, _checked(dataset, by))
    as_of = pd.Timestamp(dataset.as_of)
    rows = dataset.query("customer_categories").groupby("customer_id")["net_sales"].sum()
    sales = dataset.query("customers").set_index("customer_id")
    recent = sales[sales["last_purchase"] > as_of - pd.DateOffset(years=1)]
    accounts = recent[["first_purchase"]].assign(net_sales=rows.reindex(recent.index), belongs_to=whose)
    accounts = named(dataset, accounts.reset_index()).drop(columns="owner", errors="ignore")
    accounts = accounts.sort_values(["net_sales", "customer_id"], ascending=[False, True], ignore_index=True)
    if accounts["belongs_to"].nunique() > MOST:
        message = _(
            "'{column}' has {count} values: a sheet for each is not to be read. Choose another column."
        )
        raise CarteraError(message.format(column=by, count=number(accounts["belongs_to"].nunique())))
    window = portfolio.activity_window(
        dataset.query("purchase_gaps"), activity_window or dataset.activity_window
    )
    active = portfolio.profile(sales.reset_index(), dataset.as_of, window)
    for column in ("sector", "region"):
        accounts[column] = accounts["customer_id"].map(belongs_to(dataset, column))
    classes = segmentation.abc(accounts)
    billing = pd.Series("C", accounts["customer_id"])
    if isinstance(classes, segmentation.Abc):
        billing.update(classes.customers.set_index("customer_id")["abc"])
    accounts = accounts.assign(
        billing=accounts["customer_id"].map(billing),
        type=_types(accounts, belongs_to(dataset, "size"), as_of),
        active=accounts["customer_id"].map(active["active"]) if "active" in active else True,
    )
    accounts, years, missing = _with_years(dataset, accounts)
    potential = portfolio.growth_potential(dataset)
    if isinstance(potential, portfolio.GrowthPotential):
        parts = potential.customers.set_index("customer_id")[
            ["growth_potential", "category", "in_category", "basis"]
        ]
        accounts = accounts.join(parts, on="customer_id")
    else:
        missing.append(str(potential))
    days = window.days if isinstance(window, portfolio.ActivityWindow) else None
    leads = _leads(dataset, by, classes)
    return SheetData(by, as_of, accounts, years, leads, tuple(missing), days, dataset.currency)


def portfolio_sheet(data: SheetData, owner: str | None = None) -> PortfolioSheet | NotPossible:
    """Return the page of one owner; not possible where it has no accounts.

    Parameters
    ----------
    data
        From `sheet_data`.
    owner
        One of ``data.owners()``; None: the first.
    """
    if owner is None:
        owner = next(iter(data.owners()), "")
    own = data.accounts[data.accounts["belongs_to"] == owner]
    if own.empty:
        hint = nearest(owner, data.owners())
        return NotPossible(_("'{owner}' has no accounts. {hint}").format(owner=owner, hint=hint))
    leads = None if data.leads is None else data.leads[data.leads["belongs_to"] == owner]
    return PortfolioSheet(owner, data, own.reset_index(drop=True), leads)


def _checked(dataset: Dataset, by: str) -> str:
    """Return ``by`` if it is a column that holds data."""
    held = dataset.tables.get("customers", frozenset())
    known = [name for name in OF_CUSTOMERS if name in held]
    known += [name for name in OF_SALES if name in dataset.columns and name not in known]
    if by in known:
        return by
    if not known:
        raise CarteraError(
            _("There is no column to make sheets by: no salesperson, sector, region or channel.")
        )
    message = _("There is no column '{column}' to make sheets by; there is {known}.")
    raise CarteraError(message.format(column=by, known=listing(known)))


def _types(accounts: pd.DataFrame, sizes: pd.Series, as_of: pd.Timestamp) -> np.ndarray:
    """Return whether each account is ``new``, or ``large``, ``medium`` or ``small``."""
    words = {word: key for key, names in _SIZES.items() for word in names}
    said = accounts["customer_id"].map(sizes).astype("object").str.strip().str.casefold().map(words)
    edges = accounts["net_sales"].quantile([1 / 3, 2 / 3])
    thirds = np.array(["small", "medium", "large"])[np.searchsorted(edges, accounts["net_sales"])]
    new = accounts["first_purchase"] > as_of - pd.DateOffset(years=1)
    return np.where(new, "new", np.where(said.notna(), said, thirds))


def _with_years(
    dataset: Dataset, accounts: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[str, str, str], list[str]]:
    """Add ``before``, ``now`` and ``ahead``; return also what these are, and why something is missing."""
    rows = dataset.query("customer_years")
    sums = rows.pivot_table(index="customer_id", columns="year", values="net_sales", aggfunc="sum")
    year = dataset.as_of.year
    over = _("{year} is over: nothing of it is left to project.").format(year=year)
    ahead: portfolio.Projection | NotPossible = NotPossible(over)
    if is_under_way := (dataset.as_of.month, dataset.as_of.day) != (12, 31):
        ahead = portfolio.projection(dataset)
    for column, one in (("before", year - 1), ("now", year)):
        values = sums[one] if one in sums else pd.Series(dtype="float64")
        accounts[column] = accounts["customer_id"].map(values).fillna(0.0)
    projected = pd.Series(dtype="float64")
    if isinstance(ahead, portfolio.Projection):
        projected = ahead.accounts.set_index("customer_id")["projected"]
    accounts["ahead"] = accounts["customer_id"].map(projected)
    now = _("{year} to date").format(year=year) if is_under_way else str(year)
    years = (str(year - 1), now, _("{year} projected").format(year=year))
    return accounts, years, [] if ahead else [str(ahead)]


def _leads(dataset: Dataset, by: str, classes: segmentation.Abc | NotPossible) -> pd.DataFrame | None:
    """Return whose each prospect is, and its class by its estimated value."""
    of = _OF_LEADS.get(by)
    if of is None or of not in dataset.tables.get("leads", frozenset()):
        return None
    leads = dataset.query("open_leads").rename(columns={of: "belongs_to"})
    value = leads["estimated_value"].fillna(0.0)
    least = pd.Series(dtype="float64")
    if isinstance(classes, segmentation.Abc):
        least = classes.sizes().set_index("abc")["smallest"]
    high, medium = (value >= least.get(key, np.inf) for key in ("A", "B"))
    return leads.assign(billing=np.select([high, medium], ["A", "B"], "C"))
