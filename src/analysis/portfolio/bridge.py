"""From gross sales to net sales, and to the margin where cost is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, money, percent
from analysis.result import Listed, currency_of

_OFF = ["discounts", "returns", "cancellations"]


@dataclass(frozen=True, kw_only=True)
class Waterfall(Listed):
    """Steps from a first total to a last one: ``bars`` are their amounts in this order, by name."""

    name: ClassVar[str] = "bridge"
    is_drawn: ClassVar[bool] = True
    bars: dict[str, float]
    currency: str | None = None


def sales_bridge(rows: pd.DataFrame) -> Listed:
    """Return the sales bridge of the one row that ``sql/sales_bridge.sql`` gives, and the margin if known.

    It has a chart where anything is taken off.

    Notes
    -----
    Net sales = gross sales − discounts − returns − cancellations.
    """
    row, currency = rows.iloc[0].astype("float64"), currency_of(rows)
    gross, net, known, cost = row[["gross_sales", "net_sales", "net_sales_with_cost", "cost"]]
    names = [_("Gross sales"), _("Discounts"), _("Returns"), _("Cancellations"), _("Net sales")]
    amounts = row[["gross_sales", *_OFF, "net_sales"]].to_numpy()
    steps = pd.DataFrame({"step": names, "amount": amounts, "share_of_gross": amounts / (gross or math.nan)})
    off = float(row[_OFF].sum())
    text = _("Of {gross} gross sales so far, {share} is taken off, which leaves net sales of {net}.")
    if not gross:
        text = _("Gross sales are zero and net sales {net}.")
    elif not off:
        text = _(
            "Net sales so far are {net}, the same as gross sales: no discounts or returns are taken off. "
            "What was left out before, such as sales marked as cancelled, is in neither."
        )
    taken = percent(-off / (gross or math.nan), 1)
    text = text.format(gross=money(gross, currency), share=taken, net=money(net, currency))
    note = _("No cost is known, so no margin: a column with the cost of each line would open it.")
    if known > 0 and net > 0:
        note = _(
            "The gross margin so far is {margin}, {rate} of the net sales whose cost is known ({known} of "
            "all net sales)."
        )
        rate, share = percent(1 - cost / known, 1), percent(known / net)
        note = note.format(margin=money(known - cost, currency), rate=rate, known=share)
    shown, bars, notes = {"bridge": steps}, dict(zip(names, amounts.tolist(), strict=True)), (note,)
    if not off:
        return Listed(shown, text, notes_on=notes)
    return Waterfall(shown, text, notes_on=notes, bars=bars, currency=currency)
