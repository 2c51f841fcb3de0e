"""What the rows of the sales mean together: blanks, values of whole orders, signs, taxes, refunds.

A sheet of clean lines needs none of it. What the rows prove is done and said; what they leave open is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import duckdb

from analysis.dataset.config import DatasetConfig
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.sales_sql import FLAGS
from analysis.dataset.ledger.states import SOLD, VOID
from analysis.dataset.quality import KEPT, Note
from analysis.dataset.questions import Choice, Question
from analysis.dataset.schema import normalised, same_name
from analysis.language import N_, _, listing, number

AmountIs = Literal["line", "order", "quantity_and_price"]
_ORDER = "order_id, customer_id, date"
_OF_ORDER = ("customer_id", "date", "status", "currency", "document_type", "reference")
"""Columns that many programs write on the first line of an order only."""
_CENT = 0.015
_MOST = 0.9
"""Share of orders that must agree for a proof; the others may have typing errors."""
_RATES = (0.21, 0.1, 0.04, 0.05, 0.07, 0.16, 0.19, 0.2, 0.22, 0.23, 0.25, 0.06, 0.13, 0.18, 0.08, 0.12, 0.055)
"""Usual rates of tax on sales."""
_TAXED = (
    "con iva", "iva incl", "iva incluido", "con impuestos", "impuestos incl", "incl vat", "inc vat",
    "including vat", "with vat", "incl tax", "inc tax", "including tax", "tax incl", "tax included", "ttc",
    "vat incl", "con igic", "imp incl",
)  # fmt: skip
_ORDERS = {"order", "invoice", "pedido", "factura", "ticket", "document", "documento", "receipt", "fra"}
_TOTALS = {"total", "amount", "value", "importe", "grand"}


_SCREEN = 200_000
"""Rows that are looked at first, since most files tell at once that their lines differ."""
_MOST_STATES = 30
"""Different words in a column up to which they are states."""
_PLACE = {flag: i for i, flag in enumerate(FLAGS, 1)}

_AS_IN_ORDER = N_("Blanks in {headers} are taken as on the other lines of the same order.")
_AS_ABOVE = N_("Blanks in {headers} are taken as on the row above (rows: {n}).")
_BY_PRICE = N_(
    "'{header}' is the value of the whole order on each of its lines, since quantities and prices add up to "
    "it: quantity × unit price is used."
)
_ONCE_PER_ORDER = N_(
    "'{header}' is the value of the whole order: it is taken once and spread over its lines."
)
_TURNED = N_("Positive amounts of negative quantities or of credit notes are returns (rows: {n}).")
_TAKEN_OFF_ONCE = N_(
    "Sales marked as refunded or cancelled that have a negative row of their own are taken off once, by that "
    "row (rows: {n})."
)
_PARTS_OF_ONE = N_(
    "No share in '{header}' is above 1: they were taken as parts of one and multiplied by 100."
)
_AFTER_DISCOUNT = N_("'{header}' is net of the discount.")
_BEFORE_DISCOUNT = N_("'{header}' is before the discount, which is taken off.")
_LESS_TAX = N_("'{header}' includes the tax in '{tax}', which is taken off.")


@dataclass(frozen=True)
class Meaning:
    """What rows mean beyond their cells.

    Parameters
    ----------
    in_order
        Columns whose blanks are as on the other lines of the order.
    from_above
        Columns whose blanks are as on the row above.
    amount_is
        Whether the amount is of the line, of the whole order on its lines, or left out for quantity × price.
    less_tax
        Whether the tax of the row is taken off its amount.
    parts_of_one
        Whether discounts in percent are given as parts of one.
    after_discount
        Whether the amount is ``net`` of the discount in percent, or ``gross``; empty where nothing says.
    once
        Whether a refunded sale with a negative row of its own is taken off by that row alone.
    spread_refunds
        Whether what was given back is of the whole order.
    """

    in_order: tuple[str, ...] = ()
    from_above: tuple[str, ...] = ()
    amount_is: AmountIs = "line"
    less_tax: bool = False
    parts_of_one: bool = False
    after_discount: Literal["", "net", "gross"] = ""
    once: bool = False
    spread_refunds: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether rows mean what their cells say."""
        return self == PLAIN

    @property
    def needs_order(self) -> bool:
        """Whether the order of the rows in the file counts."""
        return self.amount_is == "order" or self.spread_refunds or bool(self.in_order or self.from_above)


PLAIN = Meaning()
"""What clean lines mean."""


@dataclass
class Understood:
    """What was found of the meaning of rows: it, what is to be said of it, and what must be asked."""

    meaning: Meaning
    facts: list[Note]
    questions: list[Question]


def understand(
    connection: duckdb.DuckDBPyConnection, reading: Reading, config: DatasetConfig, so_far: Meaning, file: str
) -> Understood:
    """Find out what rows mean, from the view ``ledger``, which was written with ``so_far``.

    Parameters
    ----------
    connection
        One that has the view.
    reading
        How cells were read.
    config
        What the user says.
    so_far
        What is known.
    file
        Name of the first file, for the reader.
    """
    found = Understood(so_far, [], [])
    search = _Search(connection, reading, config, file, found)
    steps = (
        search.blanks, search.amounts, search.refunds, search.refunded, search.discounts, search.taxes,
        search.signs, search.states,
    )  # fmt: skip
    for step in steps:
        step()
        if found.meaning != so_far or found.questions:  # what else there is rests on the amounts then
            break
    return found


@dataclass
class _Search:
    connection: duckdb.DuckDBPyConnection
    reading: Reading
    config: DatasetConfig
    file: str
    found: Understood

    def _ask(self, text: str, choices: dict[str, str], **values: object) -> None:
        """Ask; ``choices`` are what follows from each answer, by the answer."""
        answers = [Choice(answer, follows.format(**values)) for answer, follows in choices.items()]
        self.found.questions.append(Question(text.format(file=self.file, **values), tuple(answers)))

    def _know(self, note: Note | None, **changed: object) -> None:
        self.found.meaning = replace(self.found.meaning, **changed)  # type: ignore[arg-type]
        if note:
            self.found.facts.append(note)

    def _row(self, query: str) -> tuple[object, ...]:
        return self.connection.execute(query).fetchall()[0]

    def _count(self, condition: str) -> int:
        return int(str(self._row(f"select count(*) from ledger where {condition}")[0]))  # noqa: S608

    def _sum(self, condition: str, value: str = "amount") -> str:
        total = self._row(f"select coalesce(sum({value}), 0) from ledger where {condition}")[0]  # noqa: S608
        return number(float(str(total)), 2)

    def _has(self, *names: str) -> bool:
        return set(names) <= self.reading.columns.keys()

    def _header(self, name: str) -> str:
        return self.reading.columns[name]

    def blanks(self) -> None:
        """Find blanks that mean "as on the other lines of the order", or "as above"."""
        meaning = self.found.meaning
        if meaning.in_order or meaning.from_above:
            return
        self._customer_blocks()
        if self.found.meaning != meaning or self.found.questions:
            return
        columns = tuple(name for name in _OF_ORDER if self._has("order_id", name) and self._is_shared(name))
        if columns:
            values = {"headers": self._listed(columns)}
            self._know(Note(_AS_IN_ORDER, values), in_order=columns)
            return
        block = tuple(name for name in ("order_id", "customer_id", "date") if self._has(name))
        empty = " and ".join(f"{name} is null" for name in block)
        lines = self._count(f"outcome = 'rejected:no_date' and {empty} and amount is not null")
        partly = self._count(f"outcome = 'rejected:no_date' and not ({empty})")
        if lines and not partly and len(block) > 1:
            detail = self._count(
                f"outcome = 'rejected:no_date' and {empty} and amount is not null "
                "and (product_id is not null or quantity is not null)"
            )
            self._from_above(block, lines, proved=detail == lines)
            return

    def _customer_blocks(self) -> None:
        """Find customers that stand once above the rows of several orders."""
        whole = "(select order_id from ledger group by order_id having count(customer_id) = 0)"
        nobody = f"(order_id is null or order_id in {whole})" if self._has("order_id") else "true"
        without = self._count(f"outcome = 'excluded:no_customer' and amount is not null and {nobody}")
        if not without:
            return
        lines = "count(distinct order_id)" if self._has("order_id") else "count(*)"
        counted = f"from ledger where outcome in {KEPT}"
        about = self._row(f"select {lines.replace('count(distinct ', 'approx_count_distinct(')} {counted}")[0]
        if without < 0.25 * _n(about):  # far from the half that is asked for below
            return
        named, different = map(_n, self._row(f"select {lines}, count(distinct customer_id) {counted}"))
        if named > 1 and without >= max(2, 0.5 * named) and different >= 0.8 * named:
            self._from_above(("customer_id",), without, proved=False)

    def _is_shared(self, name: str) -> bool:
        """Tell whether a column is blank on some lines of orders that have one value of it on others."""
        if not self._count(f"{name} is null and order_id is not null"):
            return False
        orders = self._row(
            "select count(*) from (select order_id from ledger where order_id in "  # noqa: S608
            f"(select order_id from ledger where {name} is null) group by order_id "
            f"having count(*) > count({name}) and count({name}) > 0 and min({name}) = max({name}))"
        )[0]
        return bool(orders)

    def _begins(self, name: str) -> bool:
        """Tell whether the first row has a value of a column."""
        rows = "(select * from ledger order by filename, file_row_number limit 1)"
        return bool(self._row(f"select count({name}) from {rows}")[0])  # noqa: S608

    def _from_above(self, columns: tuple[str, ...], lines: int, *, proved: bool) -> None:
        answer = self.config.transactions.blank_customer
        if answer == "nobody" or not self._begins(columns[0]):
            return
        values = {"headers": self._listed(columns), "n": lines}
        if proved or answer:
            also = [name for name in _OF_ORDER if self._has(name) and name not in columns]
            with_them = (*columns, *(also if len(columns) > 1 else []))
            self._know(Note(_AS_ABOVE, values | {"headers": self._listed(with_them)}), from_above=with_them)
            return
        self._ask(
            _(
                "{file}: cells in {headers} are empty on rows below a filled one (rows: {n}). Do they mean "
                "the same?"
            ),
            {
                "blank_customer: above": _("If they mean the same, net sales are {above}"),
                "blank_customer: nobody": _("If nobody is known there, net sales are {nobody}"),
            },
            headers=self._listed(columns),
            n=number(lines),
            above=self._sum(f"outcome in {KEPT} or outcome in ('excluded:no_customer', 'rejected:no_date')"),
            nobody=self._sum(f"outcome in {KEPT}"),
        )

    def amounts(self) -> None:
        """Find whether the amount is of the line or of the whole order."""
        answer = self.config.transactions.amount_is
        if answer or not self._has("amount", "order_id"):
            if answer and answer != self.found.meaning.amount_is:
                self._know(None, amount_is=answer)
            return
        if self.found.meaning.amount_is != "line":
            return
        line = "gross_amount" if not self._has("discount") else "gross_amount - coalesce(discount, 0)"
        rows = self._count("true")
        relation = f"(from ledger limit {_SCREEN})" if rows > 2 * _SCREEN else "ledger"
        told = self._orders(line, relation)
        if rows > 2 * _SCREEN and not self._varies(told):
            told = self._orders(line, "ledger")
        orders, _same, first, on_lines, exact, with_gross, example, lines, value = told
        if not orders or self._varies(told) or _n(on_lines) >= _MOST * _n(orders):
            return
        header = self._header("amount")
        if _n(with_gross) >= _MOST * _n(orders) and (
            _n(exact) >= _MOST * _n(orders) or self._is_taxed_order(line)
        ):
            self._know(Note(_BY_PRICE, {"header": header}), amount_is="quantity_and_price")
        elif _n(with_gross) < _MOST * _n(orders) and (
            _n(first) >= _MOST * _n(orders) or self._names_order(header)
        ):
            self._know(Note(_ONCE_PER_ORDER, {"header": header}), amount_is="order")
        else:
            self._ask_amount(header, str(example), _n(lines), float(str(value)), bool(with_gross))

    def _varies(self, told: tuple[object, ...]) -> bool:
        """Tell whether lines of an order differ, so that they have values of their own."""
        orders, same, first, *_rest = map(_n, told[:3])
        return bool(orders) and same + first < _MOST * orders

    def _orders(self, line: str, relation: str) -> tuple[object, ...]:
        """Return what orders of several lines tell; ``line`` is the SQL of the value of a line."""
        return self._row(
            f"""
            with orders as (
                select order_id, count(*) as lines, count(amount) as filled, min(amount) as low,
                       max(amount) as value, cast(sum({line}) as double) as gross, {self._upon()} as upon,
                       bool_and(abs(amount - ({line})) < {_CENT}) as on_lines
                from {relation} where order_id is not null and coalesce(amount, 0) >= 0
                group by {_ORDER}
                having count(amount) > 0 and min(row_hash) <> max(row_hash) {self._untouched()}),
            told as (select *, filled = lines and low = value as is_same, filled = 1 as is_first from orders)
            select count(*), count(*) filter (is_same), count(*) filter (is_first),
                   count(*) filter (is_same and on_lines),
                   count(*) filter (
                       list_bool_or([abs(abs(cast(value as double)) - abs(gross) - more) < {_CENT}
                                     for more in upon])),
                   count(gross), min_by(order_id, -lines) filter (is_same or is_first),
                   max(lines) filter (is_same or is_first),
                   min_by(value, -lines) filter (is_same or is_first)
            from told
            """  # noqa: S608
        )

    def _upon(self) -> str:
        """Return the SQL of what an order's total may have beside the value of its lines."""
        shipping = "coalesce(max(abs(shipping)), 0)" if self._has("shipping") else "0"
        taxes = [
            "0",
            *(["coalesce(max(abs(tax)), 0)", "coalesce(sum(abs(tax)), 0)"] if self._has("tax") else []),
        ]
        extras = [f"cast({one} + {tax} as double)" for one in dict.fromkeys(["0", shipping]) for tax in taxes]
        return f"[{', '.join(extras)}]"

    def _untouched(self) -> str:
        """Return the condition for orders of which nothing was given back: their amounts are as written."""
        return "and count(nullif(refunded, 0)) = 0" if self._has("refunded") else ""

    def _not_given_back(self) -> str:
        """Return the condition for rows of which, and of whose order, nothing was given back."""
        if not self._has("refunded"):
            return ""
        if not self._has("order_id"):
            return "and coalesce(refunded, 0) = 0"
        back = "from ledger as back where back.order_id = ledger.order_id and back.refunded <> 0"
        return f"and coalesce(refunded, 0) = 0 and not exists ({back})"

    def _is_taxed_order(self, line: str) -> bool:
        """Tell whether orders are worth the sum of their lines with one rate of tax upon it."""
        near, rate, orders = self._row(
            f"""
            with orders as (select cast(max(amount) as double)
                                   / nullif(cast(sum({line}) as double), 0) as ratio
                            from ledger where order_id is not null group by {_ORDER}
                            having true {self._untouched()}),
                 middle as (select median(ratio) as ratio from orders)
            select count(*) filter (abs(orders.ratio - middle.ratio) < 0.003), max(middle.ratio), count(*)
            from orders, middle where orders.ratio is not null
            """  # noqa: S608
        )
        return bool(orders) and 1.005 < float(str(rate)) < 1.3 and _n(near) >= _MOST * _n(orders)

    def _names_order(self, header: str) -> bool:
        """Tell whether a header names the total of an order or invoice, beside columns of its lines."""
        words = set(normalised(header).split())
        lines = self._has("product_id") or self._has("quantity") or self._has("description")
        return lines and bool(words & _ORDERS) and bool(words & _TOTALS)

    def _ask_amount(self, header: str, order: str, lines: int, value: float, priced: bool) -> None:
        once = self._row(
            f"select sum(value) from (select max(amount) as value from ledger where outcome in {KEPT} "  # noqa: S608
            f"group by {_ORDER}, case when order_id is null then file_row_number end)"
        )[0]
        choices = {
            "amount_is: order": _("If it is the value of the whole order, net sales are {once}"),
            "amount_is: line": _("If it is that of each line, net sales are {each}"),
        }
        if priced:
            choices["amount_is: quantity_and_price"] = _("If quantity × unit price counts, they are {gross}")
        self._ask(
            _(
                "{file}: '{header}' is {value} on all {n} lines of order '{order}'. Is it the value of the "
                "whole order, or of each line?"
            ),
            choices,
            header=header,
            value=number(value, 2),
            n=lines,
            order=order,
            once=number(float(str(once)), 2),
            each=self._sum(f"outcome in {KEPT}"),
            gross=self._sum(f"outcome in {KEPT}", "gross_amount"),
        )

    def signs(self) -> None:
        """Ask what positive amounts are where quantities or kinds of document take back."""
        turned, back = _PLACE["is_turned"], _PLACE["is_taken_back"]
        n = self._count(f"flags[{turned}]")
        as_returns = self._count(f"flags[{back}] and not flags[{turned}] and amount < 0")
        if not n:
            return
        if as_returns and self.config.transactions.returned_amounts is None:
            self._ask(
                _(
                    "{file}: rows with a negative quantity, or of credit notes, have amounts of both signs: "
                    "{turned} above zero and {n} below. Do they all take a sale back?"
                ),
                {
                    "returned_amounts: subtract": _("If they all do, net sales are {back}"),
                    "returned_amounts: as_written": _(
                        "If amounts count as they are written, net sales are {written}"
                    ),
                },
                turned=number(n),
                n=number(as_returns),
                back=self._sum(f"outcome in {KEPT}"),
                written=self._sum(
                    f"outcome in {KEPT}", f"case when flags[{turned}] then -amount else amount end"
                ),
            )
            return
        self._know(Note(_TURNED, {"n": n}))

    def states(self) -> None:
        """Ask for words of the state of an order that are not known."""
        if not self._has("status"):
            return
        rows = self.connection.execute(
            "select status, count(*), cast(coalesce(sum(amount), 0) as double) from ledger "
            "where status is not null and outcome <> 'excluded:total' group by status order by count(*) desc"
        ).fetchall()
        if len(rows) > _MOST_STATES:
            return
        known = SOLD | VOID | set(map(same_name, self.config.transactions.states))
        unknown = [(word, n, money) for word, n, money in rows if same_name(word) not in known]
        if unknown:
            shown = [
                _("'{word}' (rows: {n}, money: {money})").format(
                    word=word, n=number(n), money=number(money, 2)
                )
                for word, n, money in unknown
            ]
            example = unknown[0][0]
            self._ask(
                _("{file}: is {states} in '{header}' the state of a sale, or of one that never came to be?"),
                {
                    f"states: {{{example}: sale}}": _("If '{example}' is that of a sale, it counts"),
                    f"states: {{{example}: cancelled}}": _("If not, it is left out"),
                },
                states=listing(shown),
                header=self._header("status"),
                example=example,
            )

    def refunds(self) -> None:
        """Find refunded sales with a negative row of their own, which would be taken off twice."""
        answer, meaning = self.config.transactions.refunded, self.found.meaning
        void = "outcome = 'excluded:cancelled'"
        if answer == "twice" or not self._has("status") or not self._count(void):
            return
        link = "coalesce(back.reference, back.order_id)" if self._has("reference") else "back.order_id"
        paired = (
            "from ledger as sale where outcome = 'excluded:cancelled' and exists "
            f"(from ledger as back where back.outcome in {KEPT} and back.amount < 0 and"
        )
        linked = self._row(f"select count(*) {paired} {link} = sale.order_id)")[0]
        if linked and not meaning.once:
            self._know(Note(_TAKEN_OFF_ONCE, {"n": _n(linked)}), once=True)
            return
        own = f"exists (from ledger as other where other.order_id = {link} and other.amount > 0)"
        alike, money = self._row(
            f"select count(*), cast(coalesce(sum(amount), 0) as double) {paired} back.customer_id = "
            f"sale.customer_id and back.amount = -sale.amount and back.date >= sale.date and not {own})"
        )
        if not alike or (answer == "once" and meaning.once):
            return
        if answer == "once":
            self._know(Note(_TAKEN_OFF_ONCE, {"n": _n(alike)}), once=True)
            return
        net = float(str(self._row(f"select sum(amount) from ledger where outcome in {KEPT}")[0]))  # noqa: S608
        self._ask(
            _(
                "{file}: sales are marked as refunded or cancelled (rows: {n}), and their customers have "
                "negative rows of the same amount later on. Are these the same refunds?"
            ),
            {
                "refunded: once": _("If they are the same, net sales are {once}"),
                "refunded: twice": _("If they are others, net sales are {twice}"),
            },
            n=number(_n(alike)),
            once=number(net + float(str(money)), 2),
            twice=number(net, 2),
        )

    def refunded(self) -> None:
        """Find whether what was given back is of the whole order, on one of its lines or on all."""
        if not self._has("refunded", "order_id") or self.found.meaning.spread_refunds:
            return
        orders, whole = self._row(
            "select count(*), count(*) filter (filled = 1 or (filled = lines and low = high)) from ("  # noqa: S608
            "select count(*) as lines, count(nullif(refunded, 0)) as filled, min(refunded) as low, "
            f"max(refunded) as high from ledger where order_id is not null group by {_ORDER} "
            "having count(*) > 1 and count(nullif(refunded, 0)) > 0)"
        )
        if _n(orders) and orders == whole:
            self._know(None, spread_refunds=True)

    def discounts(self) -> None:
        """Find how a discount in percent is written, and whether the amount is net of it."""
        if not self._has("discount_pct") or self.found.meaning.after_discount:
            return
        largest = self._row("select coalesce(max(abs(discount_pct)), 0) from ledger")[0]
        if 0 < float(str(largest)) <= 1 and not self.found.meaning.parts_of_one:
            self._know(Note(_PARTS_OF_ONE, {"header": self._header("discount_pct")}), parts_of_one=True)
            return
        if not self._has("amount"):
            return
        part = f"discount_pct / {1 if self.found.meaning.parts_of_one else 100}"
        rows, net, gross = self._row(
            f"select count(*), count(*) filter (abs(amount - gross_amount * (1 - {part})) < {_CENT}), "  # noqa: S608
            "count(*) filter (abs(amount - gross_amount) < 0.015) from ledger "
            "where discount_pct > 0 and amount is not null and gross_amount is not null"
        )
        answer = self.config.transactions.amount_after_discount
        if answer is None and rows and _n(net) >= _MOST * _n(rows):
            answer = True
        elif answer is None and rows and _n(gross) >= _MOST * _n(rows):
            answer = False
        if answer is not None:
            header = {"header": self._header("amount")}
            self._know(
                Note(_AFTER_DISCOUNT if answer else _BEFORE_DISCOUNT, header),
                after_discount="net" if answer else "gross",
            )
            return
        self._ask(
            _("{file}: is '{header}' already net of the discount in '{discount}'?"),
            {
                "amount_after_discount: true": _("If it is, net sales are {net}"),
                "amount_after_discount: false": _(
                    "If the discount is still to be taken off, net sales are {gross}"
                ),
            },
            header=self._header("amount"),
            discount=self._header("discount_pct"),
            net=self._sum(f"outcome in {KEPT}"),
            gross=self._sum(f"outcome in {KEPT}", f"amount * (1 - coalesce({part}, 0))"),
        )

    def taxes(self) -> None:
        """Find whether the amount includes tax, and which."""
        settings = self.config.transactions
        given = {settings.prices_include_tax, self.config.prices_include_tax} - {None}
        if self.found.meaning.less_tax or given or settings.amount_is_taxed is False:
            return
        if not self._has("amount") or self.found.meaning.amount_is == "quantity_and_price":
            self._taxed_prices()
            return
        header, net_names = self._header("amount"), self.reading.table.column("amount").names
        taxed = _says_taxed(header)
        if not self._has("tax"):
            if taxed:
                self._ask_rate(header, 0.21)
            return
        if same_name(header) in set(map(same_name, net_names)):
            return
        within_tax = _near("cast(abs(tax) as double) / nullif(cast(abs(amount) - abs(tax) as double), 0)")
        upon_amount = _near("cast(abs(tax) as double) / cast(abs(amount) as double)")
        rows, within, upon = self._row(
            f"select count(*), count(*) filter ({within_tax}), count(*) filter ({upon_amount}) "  # noqa: S608
            f"from ledger where tax <> 0 and amount <> 0 {self._not_given_back()}"
        )
        if not rows:
            return
        fits, fits_not = (_n(n) >= _MOST * _n(rows) for n in (within, upon))
        if taxed or settings.amount_is_taxed or (fits and not fits_not):
            self._know(Note(_LESS_TAX, {"header": header, "tax": self._header("tax")}), less_tax=True)
        elif fits or not fits_not:
            self._ask(
                _("{file}: does '{header}' include the tax in '{tax}'?"),
                {
                    "amount_is_taxed: true": _("If it does, net sales are {within}"),
                    "amount_is_taxed: false": _("If not, net sales are {upon}"),
                },
                header=header,
                tax=self._header("tax"),
                within=self._sum(f"outcome in {KEPT}", "amount - sign(amount) * abs(coalesce(tax, 0))"),
                upon=self._sum(f"outcome in {KEPT}"),
            )

    def _taxed_prices(self) -> None:
        """Ask for the rate of the tax where prices, not amounts, include it."""
        if not self._has("unit_price"):
            return
        header = self._header("unit_price")
        if not self._has("tax"):
            if _says_taxed(header):
                self._ask_rate(header, 0.21)
            return
        orders, within, upon, rate = self._row(
            f"""
            with orders as (
                select cast(case when min(tax) = max(tax) then max(tax) else sum(tax) end as double) as tax,
                       cast(sum(amount) as double) as amount
                from ledger where outcome in {KEPT}
                group by {_ORDER}, case when order_id is null then file_row_number end
                having sum(tax) <> 0 and sum(amount) > sum(tax))
            select count(*), count(*) filter ({_near("tax / (amount - tax)")}),
                   count(*) filter ({_near("tax / amount")}), median(tax / (amount - tax)) from orders
            """  # noqa: S608
        )
        proved = _n(within) >= _MOST * _n(orders) > _n(upon)
        if _n(orders) and (proved or _says_taxed(header)):
            self._ask_rate(header, round(float(str(rate)), 3))

    def _ask_rate(self, header: str, rate: float) -> None:
        self._ask(
            _("{file}: '{header}' includes tax, and no column says how much. What is its rate?"),
            {
                f"prices_include_tax: {rate}": _("If it is {percent} %, it is taken off (or another rate)"),
                "prices_include_tax: 0": _("If amounts are to count with tax"),
            },
            header=header,
            percent=number(100 * rate),
        )

    def _listed(self, names: tuple[str, ...]) -> str:
        return listing([f"'{self._header(name)}'" for name in names])


def _n(value: object) -> int:
    return int(str(value or 0))


def _near(rate: str) -> str:
    """Return the SQL that holds for a usual rate of tax."""
    known = ", ".join(map(str, _RATES))
    return f"list_bool_or(list_transform([{known}], lambda usual: abs({rate} - usual) < 0.003))"


def _says_taxed(header: str) -> bool:
    says = f" {normalised(header)} "
    return any(f" {words} " in says or f"{words} " in says for words in _TAXED)
