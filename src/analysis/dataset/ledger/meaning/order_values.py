"""Whether the amount is that of the line, or of the whole order on its lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analysis.dataset.ledger.meaning.rows import ORDER, SAME, Found, Known, Rows, most
from analysis.dataset.quality import Note
from analysis.dataset.schema import normalised
from analysis.language import N_, _, number

_ORDERS = {"order", "invoice", "pedido", "factura", "ticket", "document", "documento", "receipt", "fra"}
_TOTALS = {"total", "amount", "value", "importe", "grand"}
_SCREEN = 200_000
"""Rows that are looked at first, since most files tell at once that their lines differ."""
_OF_LINES = {"line", "linea", "net", "neto", "base", "sin", "excl", "ex", "untaxed", "subtotal"}
"""Words of a total that is of a line, or of goods."""
_MORE = 1.3
"""How many times its lines an order may be worth, with tax and carriage."""
_ENOUGH = 5
"""Orders of several lines that prove it where the rates differ."""
_CARRIAGE = N_("'{header}' includes the carriage in '{shipping}', which is taken off.")
_BY_PRICE = N_(
    "'{header}' is the value of the whole order on each of its lines, since quantities and prices add up to "
    "it, tax and carriage apart: quantity × unit price is used."
)
_ONCE = N_("'{header}' is the value of the whole order: it is taken once and spread over its lines.")


@dataclass(frozen=True)
class _Told:
    """What orders of several lines tell.

    ``same`` of the ``orders`` have one amount on all lines, ``first`` have one on a single line; in ``lined``
    ones each line is worth the amount, and ``added`` ones are worth their lines together. ``priced`` ones
    have prices. ``example`` is the longest of the first two: its ``code``, ``lines`` and ``value``, and
    whether ``all`` lines have it.
    """

    orders: int
    same: int
    first: int
    lined: int
    added: int
    priced: int
    example: dict[str, Any]

    @property
    def varies(self) -> bool:
        """Whether lines of an order have values of their own."""
        return bool(self.orders) and not most(self.same + self.first, self.orders)


def order_values(rows: Rows) -> Found:
    """Find whether the amount is of the line or of the whole order."""
    answer = rows.config.transactions.amount_is
    if answer:
        return Known(changed={"amount_is": answer}) if answer != rows.meaning.amount_is else None
    if rows.meaning.amount_is != "line" or not rows.has("amount", "order_id"):
        return None
    line = "gross_amount - coalesce(discount, 0)" if rows.has("discount") else "gross_amount"
    large = rows.count("true") > 2 * _SCREEN
    told = _told(rows, line, f"(from ledger limit {_SCREEN})" if large else "ledger")
    if large and not told.varies:
        told = _told(rows, line, "ledger")
    if not told.orders or told.varies or most(told.lined, told.orders):
        return None
    header, priced = rows.header("amount"), most(told.priced, told.orders)
    if priced and (most(told.added, told.orders) or _is_more_than_lines(rows, line)):
        return Known(Note(_BY_PRICE, {"header": header}), {"amount_is": "quantity_and_price"})
    if not priced and (most(told.first, told.orders) or _names_order(rows, header)):
        return Known(Note(_ONCE, {"header": header}), {"amount_is": "order"})
    return _asked(rows, told)


def _told(rows: Rows, line: str, relation: str) -> _Told:
    """Return what orders of several lines tell; ``line`` is the SQL of the value of a line."""
    told = rows.row(
        f"""
        with orders as (
            select order_id, count(*) as lines, count(amount) as filled, min(amount) as low,
                   max(amount) as value, cast(sum({line}) as double) as gross, {_upon(rows)} as upon,
                   bool_and(abs(amount - ({line})) < {SAME}) as lined
            from {relation} where order_id is not null and coalesce(amount, 0) >= 0
            group by {ORDER}
            having count(amount) > 0 and min(row_hash) <> max(row_hash) {_untouched(rows)}),
        told as (select *, filled = lines and low = value as is_same, filled = 1 as is_first from orders)
        select count(*), count(*) filter (is_same), count(*) filter (is_first),
               count(*) filter (is_same and lined),
               count(*) filter (list_bool_or([abs(abs(cast(value as double)) - abs(gross) - more) < {SAME}
                                              for more in upon])),
               count(gross),
               max_by({{'code': order_id, 'lines': lines, 'value': value, 'all': is_same}}, lines)
                   filter (is_same or is_first)
        from told
        """  # noqa: S608
    )
    return _Told(*told)


def _upon(rows: Rows) -> str:
    """Return the SQL of what an order's total may have beside the value of its lines."""
    others = [f"coalesce(max(abs({name})), 0)" for name in ("shipping", "extra") if rows.has(name)]
    taxes = ["coalesce(max(abs(tax)), 0)", "coalesce(sum(abs(tax)), 0)"] if rows.has("tax") else []
    sums = dict.fromkeys(["0", *others, " + ".join(others) or "0"])
    extras = [f"cast({one} + {tax} as double)" for one in sums for tax in ["0", *taxes]]
    return f"[{', '.join(extras)}]"


def _untouched(rows: Rows) -> str:
    """Return the condition for orders of which nothing was given back: their amounts are as written."""
    return "and count(nullif(refunded, 0)) = 0" if rows.has("refunded") else ""


def _is_more_than_lines(rows: Rows, line: str) -> bool:
    """Tell whether orders are worth their lines and, by one rate or by a little, more: tax or carriage.

    Were it the value of each line, a line of an order of two would be worth about twice its price.
    """
    near, rate, orders, more, several = rows.row(
        f"""
        with orders as (select cast(max(amount) as double) / nullif(cast(sum({line}) as double), 0) as ratio,
                               count(*) > 1 as several
                        from ledger where order_id is not null group by {ORDER}
                        having true {_untouched(rows)}),
             middle as (select median(ratio) as ratio from orders)
        select count(*) filter (abs(orders.ratio - middle.ratio) < 0.003), max(middle.ratio), count(*),
               count(*) filter (several and orders.ratio between 0.9995 and {_MORE}),
               count(*) filter (several)
        from orders, middle where orders.ratio is not null
        """  # noqa: S608
    )
    if orders and 1.005 < rate < _MORE and most(near, orders):
        return True
    return several >= _ENOUGH and most(more, several)


def _names_order(rows: Rows, header: str) -> bool:
    """Tell whether a header names the total of an order or invoice, beside columns of its lines."""
    words = set(normalised(header).split())
    lines = any(map(rows.has, ("product_id", "quantity", "description")))
    return lines and bool(words & _ORDERS) and bool(words & _TOTALS)


def shipping(rows: Rows) -> Found:
    """Find whether a total includes the carriage in a column of its own."""
    answer, meaning = rows.config.transactions.amount_has_shipping, rows.meaning
    if answer is False or meaning.less_shipping or meaning.amount_is == "quantity_and_price":
        return None
    if not rows.has("amount", "shipping") or not rows.count("shipping <> 0"):
        return None
    header, carriage = rows.header("amount"), rows.header("shipping")
    if answer:
        return Known(Note(_CARRIAGE, {"header": header, "shipping": carriage}), {"less_shipping": True})
    says = set(normalised(header).split())
    if not says & {"total", "grand"} or says & _OF_LINES or rows.has("unit_price"):
        return None
    return rows.question(
        _("{file}: does '{header}' include the carriage in '{shipping}', which is no sale of goods?"),
        {
            "amount_has_shipping: true": _("If it does, net sales are {net}"),
            "amount_has_shipping: false": _("If not, net sales are {net}"),
        },
        header=header,
        shipping=carriage,
    )


def _asked(rows: Rows, told: _Told) -> Found:
    choices = {
        "amount_is: order": _("If it is the value of the whole order, net sales are {net}"),
        "amount_is: line": _("If it is that of each line, net sales are {net}"),
    }
    if told.priced:
        choices["amount_is: quantity_and_price"] = _("If quantity × unit price counts, net sales are {net}")
    on_all = _(
        "{file}: '{header}' is {value} on all {n} lines of order '{order}'. Is it the value of the "
        "whole order, or of each line?"
    )
    on_one = _(
        "{file}: '{header}' is {value} on one of the {n} lines of order '{order}', and empty on the others. "
        "Is it the value of the whole order, or of that line?"
    )
    return rows.question(
        on_all if told.example["all"] else on_one,
        choices,
        header=rows.header("amount"),
        value=number(float(told.example["value"]), 2),
        n=told.example["lines"],
        order=told.example["code"],
    )
