"""Who is in a segment: sectors, regions, channels, salespeople, and what sets the best customers apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from analysis.language import N_, _, listing, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import belongs_to
from analysis.portfolio.mix import dimension_names
from analysis.result import Finding, Result
from analysis.segmentation.rfm import Rfm
from analysis.statistics import wilson

if TYPE_CHECKING:
    from analysis.dataset import Dataset

DIMENSIONS = ("sector", "region", "type", "size", "channel", "acquisition_channel", "salesperson")
FEWEST = 20
CHANCE = 0.05
NOTHING_KNOWN = N_(
    "Too little is known of sector, region, type, size, channel and salesperson to set any customers apart."
)
_LIFTS = ("lift", "lift_low", "lift_high")
_CELLS = ("dimension", "part", "class", "count", "customers", "share", *_LIFTS)


@dataclass(frozen=True)
class Apart(Result):
    """What sets the best customers apart from all.

    Attributes
    ----------
    frame
        One row per ``dimension`` and ``part`` of at least 20 customers: its ``customers``, how many of them
        are among the ``best``, their ``share``, ``lift`` (that share ÷ the share of all whose dimension is
        known) with its 95 % interval, and whether it ``stands_out`` beyond what chance does to so many
        parts. Those that do come first, by lift.
    """

    name: ClassVar[str] = "apart"
    frame: pd.DataFrame

    def title(self, most: int = 1) -> str:
        """Return the part, or so many at most, in which the best customers are most frequent."""
        rows = self.frame[self.frame["stands_out"] & (self.frame["lift"] > 1)].head(most)
        if rows.empty:
            return _("In no part are the best customers clearly more frequent than on average")
        message, columns = _("{part} ({dimension}, lift {lift})"), ["part", "dimension", "lift"]
        parts = [
            message.format(part=part, dimension=dimension.lower(), lift=number(lift, 1))
            for part, dimension, lift in rows[columns].itertuples(index=False)
        ]
        return _("The best customers are most frequent in {parts}").format(parts=listing(parts))

    def sentence(self) -> str:
        """Return the three parts in which they are most frequent."""
        return self.title(3) + "."

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every part."""
        return {"apart": self.frame.drop(columns="stands_out")}

    def findings(self) -> list[Finding]:
        """Return what stands out."""
        count = int(self.frame["stands_out"].sum())
        return [Finding("segmentation.apart", self.sentence(), count, "parts")]

    def notes(self) -> list[str]:
        """Return how chance and small parts are dealt with."""
        message = _(
            "Said to stand out is only what chance would bring about in one of {n} such portfolios, with all "
            "{parts} parts together. Parts of fewer than {few} customers are left out."
        )
        return [message.format(n=number(1 / CHANCE), parts=number(len(self.frame)), few=FEWEST)]


def sets_apart(dataset: Dataset, best: pd.Series[bool]) -> Apart | NotPossible:
    """Return what sets the best customers apart: sector, region, type, size, channel, salesperson.

    ``best`` says of each ``customer_id`` whether it is one. Channel and salesperson, where no table of
    customers tells them, are those of the last twelve months, so known only of who bought in them.
    """
    cells = _cells(dataset, best.map({True: "best", False: "other"}))
    frame = cells[cells["class"] == "best"].drop(columns="class").rename(columns={"count": "best"})
    if frame.empty:
        return NotPossible(_(NOTHING_KNOWN))
    return Apart(frame.sort_values(["stands_out", "lift"], ascending=False, kind="stable", ignore_index=True))


@or_not_possible
def segment_profiles(dataset: Dataset, scored: Rfm) -> pd.DataFrame | NotPossible:
    """Return for each sector, region, type, size, channel and salesperson the segment that stands out most.

    Returns
    -------
    pandas.DataFrame
        One row per ``dimension`` and ``part`` of at least 20 customers, as far as some ``segment`` is clearly
        more frequent in it than on average: the one with the highest ``lift``, its 95 % interval, ``count``
        of its ``customers``, and ``share``.
    """
    cells = _cells(dataset, scored.customers.set_index("customer_id")["segment"])
    if cells.empty:
        return NotPossible(_(NOTHING_KNOWN))
    clear = cells[cells["stands_out"] & (cells["lift"] > 1)].rename(columns={"class": "segment"})
    first = clear.loc[clear.groupby(["dimension", "part"], sort=False)["lift"].idxmax()]
    first = first.assign(segment=first["segment"].map(scored.names), of=first.pop("count"))
    return first.drop(columns="stands_out").rename(columns={"of": "count"})


def _cells(dataset: Dataset, classes: pd.Series) -> pd.DataFrame:
    """Return each class in each part of at least 20 customers, of dimensions with several parts."""
    tables = [pd.DataFrame(columns=[*_CELLS, "chance"])]
    names = dimension_names()
    names |= {"acquisition_channel": _("Acquisition channel"), "salesperson": _("Salesperson")}
    for dimension in DIMENSIONS:
        parts = belongs_to(dataset, dimension).reindex(classes.index).dropna()
        known = classes.reindex(parts.index)
        sizes, base = parts.value_counts(), known.value_counts()
        table = pd.crosstab(parts.rename("part"), known.rename("class"))
        cells = table.reset_index().melt("part", value_name="count").assign(dimension=names[dimension])
        size, of = cells["part"].map(sizes).to_numpy(), cells["class"].map(base).to_numpy()
        share = cells["count"].to_numpy() / size
        cells = cells.assign(customers=size, share=share)
        for name, ends in zip(_LIFTS, (share, *wilson(share, size)), strict=True):
            cells[name] = ends * len(parts) / of
        drawn, count = hypergeom(len(parts), of, size), cells["count"].to_numpy()
        cells["chance"] = 2 * np.minimum(drawn.sf(count - 1), drawn.cdf(count))
        if len(sizes) > 1:
            tables.append(cells[cells["customers"] >= FEWEST])
    found = pd.concat(tables[1:] or tables, ignore_index=True)
    # the last class of a part follows from the others
    free = len(found) * (1 - 1 / max(classes.nunique(), 2))
    return found[list(_CELLS)].assign(stands_out=found["chance"] < CHANCE / max(free, 1))
