"""What customers brought in their first twelve months, by where they came from and how they began."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis import satisfaction
from analysis.acquisition.worth import mean_interval
from analysis.language import _, estimate, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import belongs_to
from analysis.profitability.margins import Margins
from analysis.result import Listed
from analysis.statistics import share_difference, wilson

if TYPE_CHECKING:
    from analysis.dataset import Dataset

FEWEST = 20
REFERRAL = "refer|recomend|recommend|word of mouth|boca"  # in the name of a channel


@or_not_possible
def first_year(dataset: Dataset, margins: Margins) -> Listed | NotPossible:
    """Compare customers by channel, category and discount of the first purchase, twelve months after it.

    Only customers with twelve months behind them count, in parts of at least 20. Lists by ``dimension`` and
    ``part``: ``customers``, ``first_margin`` (net sales of the twelve months × margin rate, the mean) and
    ``again``, the share who bought on another day in them, both with 95 % intervals.
    """
    rows = dataset.query("first_purchases")
    rows = rows[rows["first_purchase"] <= pd.Timestamp(dataset.as_of) - pd.Timedelta(days=365)]
    if rows.empty:
        return NotPossible(_("No customer has twelve months behind it yet."))
    rows = rows.assign(
        margin=rows["net_sales"].astype("float64") * margins.of(rows["customer_id"]),
        channel=rows["customer_id"].map(belongs_to(dataset, "acquisition_channel")),
        discount=rows["discounted"].map({1: _("With a discount"), 0: _("Without a discount")}),
        every=_("All customers"),
    )
    text = _(
        "Of {n} customers {again} bought again in their first twelve months; each brought {margin} of "
        "margin{assumed}."
    )
    told = {"n": number(len(rows)), "again": percent(rows["again"].mean(), 1), "assumed": margins.assumed()}
    said = [text.format(margin=estimate(rows["margin"].mean(), dataset.currency), **told)]
    columns = {"channel": _("Acquisition channel"), "category": _("First category")}
    tables = {name: _parts(rows, column) for column, name in columns.items()}
    for name, table in tables.items():
        if len(table) > 1 and table["first_margin_low"].iloc[0] > table["first_margin_high"].iloc[-1]:
            margin = table["first_margin"].map(lambda value: estimate(value, dataset.currency))
            parts = table["part"] + " (" + margin + ")"
            text = _("{name}: most with {most}, least with {least}.")
            said.append(text.format(name=name, most=parts.iloc[0], least=parts.iloc[-1]))
    given, not_given = (rows.loc[rows["discounted"] == one, "again"] for one in (1, 0))
    if min(len(given), len(not_given)) >= FEWEST:
        low, high = share_difference((given.mean(), len(given)), (not_given.mean(), len(not_given)))
        text = _(
            "With a discount on the first purchase {given} bought again, without one {not_given}: {low} to "
            "{high} points apart. Discounts were not drawn by lot, so this is not what they do."
        )
        shares = {"given": percent(given.mean(), 1), "not_given": percent(not_given.mean(), 1)}
        said.append(text.format(low=number(100 * low, 1), high=number(100 * high, 1), **shares))
    tables |= {_("First purchase"): _parts(rows, "discount"), _("All"): _parts(rows, "every", 1)}
    frame = pd.concat(tables, names=["dimension"]).reset_index(0)
    compared = frame.groupby("dimension")["part"].transform("size") > 1
    shown = frame[compared | (frame["dimension"] == _("All"))].reset_index(drop=True)
    shown["customers"] = shown.pop("customers")
    return Listed({"first_year": shown}, " ".join(said))


def _parts(rows: pd.DataFrame, column: str, fewest: int = FEWEST) -> pd.DataFrame:
    """Return the rows of `first_year` for one column, the part with the highest margin first."""
    groups = rows.groupby(column)
    table = groups.agg(customers=("again", "size"), first_margin=("margin", "mean"))
    ends = np.reshape([mean_interval(each) for _part, each in groups["margin"]], (-1, 2))
    table[["first_margin_low", "first_margin_high"]], table["again"] = ends, groups["again"].mean()
    table["again_low"], table["again_high"] = wilson(table["again"], table["customers"])
    table = table[table["customers"] >= fewest].rename_axis("part").reset_index()
    return table.sort_values("first_margin", ascending=False, ignore_index=True)


def referrals(dataset: Dataset) -> Listed | NotPossible:
    """Set the customers won by referral beside the promoters of the surveys, year by year.

    A channel is a referral if its name says so. Promoters count once a year, with their last answer.
    """
    channel, asked = belongs_to(dataset, "acquisition_channel"), satisfaction.answers(dataset, months=1200)
    came = channel.astype("str").str.contains(REFERRAL, case=False)
    if not came.any() or isinstance(asked, NotPossible):
        return NotPossible(
            _(
                "A channel of referrals among the acquisition channels of customers, and a table 'surveys', "
                "would set who was recommended beside who would recommend."
            )
        )
    firsts = dataset.query("first_purchases").set_index("customer_id")["first_purchase"]
    won = came.reindex(firsts.index).dropna().groupby(firsts.dt.to_period("Y").dt.start_time)
    answers = asked.frame.assign(year=asked.frame["date"].dt.to_period("Y").dt.start_time)
    answers = answers.drop_duplicates(["customer_id", "year"], keep="last")
    promoters = (answers["group"] == [*asked.groups][-1]).groupby(answers["year"])
    parts = {"customers": won.size(), "referred": won.sum(), "answers": promoters.size()}
    frame = pd.DataFrame(parts | {"promoters": promoters.sum()}).dropna().astype(int)
    text = _("Who recommended whom is not recorded: two that grow together need not be cause and effect.")
    return Listed({"referrals": frame.rename_axis("year").reset_index()}, text)
