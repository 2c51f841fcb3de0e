"""Whether amounts or prices include tax, and which."""

from __future__ import annotations

from analysis.dataset.ledger.meaning.rows import ORDER, SAME, Found, Known, Rows, most
from analysis.dataset.quality import KEPT, Note
from analysis.dataset.schema import normalised, same_name
from analysis.language import N_, _, number

_RATES = (0.21, 0.1, 0.04, 0.05, 0.07, 0.16, 0.19, 0.2, 0.22, 0.23, 0.25, 0.06, 0.13, 0.18, 0.08, 0.12, 0.055)
"""Usual rates of tax on sales."""
_USUAL = 0.21
"""Rate that is proposed where nothing shows one."""
_TAXED = (
    "con iva", "iva inc", "iva incl", "iva incluido", "con impuestos", "impuestos incl",
    "impuestos incluidos", "incl vat", "inc vat",
    "including vat", "with vat", "incl tax", "inc tax", "including tax", "tax incl", "tax included", "ttc",
    "vat incl", "con igic", "imp incl",
)  # fmt: skip
_LESS_TAX = N_("'{header}' includes the tax in '{tax}', which is taken off.")


def taxes(rows: Rows) -> Found:
    """Find whether the amount includes tax, and which."""
    settings, of_all = rows.config.transactions, rows.config.prices_include_tax
    given = settings.prices_include_tax is not None or of_all is not None
    if rows.meaning.less_tax or given or settings.amount_is_taxed is False:
        return None
    if not rows.has("amount") or rows.meaning.amount_is == "quantity_and_price":
        return _prices(rows)
    header = rows.header("amount")
    if not rows.has("tax"):
        return _rate(rows, header, _USUAL) if _says_taxed(header) or settings.amount_is_taxed else None
    if rows.has("total_with_all", "order_id") and (within := _within_total(rows)) is not None:
        note = Note(_LESS_TAX, {"header": header, "tax": rows.header("tax")})
        return Known(note, {"less_tax": True}) if within else None
    if same_name(header) in set(map(same_name, rows.reading.table.column("amount").names)):
        return None
    return _column(rows, header)


def _within_total(rows: Rows) -> bool | None:
    """Tell whether orders' total is their amounts and carriage, tax and all; None where nothing tells."""
    seen, within, upon = rows.row(
        f"""
        with orders as (
            select sum(amount) as amount, max(total_with_all) as total, max(tax) as tax, sum(tax) as taxes,
                   coalesce(max(shipping), 0) + coalesce(max(extra), 0) as more
            from ledger where order_id is not null and amount is not null and outcome <> 'excluded:total'
            {_not_given_back(rows)} group by {ORDER} having max(tax) <> 0 and max(total_with_all) is not null)
        select count(*), count(*) filter (abs(total - amount - more) < {SAME}),
               count(*) filter (abs(total - amount - more - tax) < {SAME}
                                or abs(total - amount - more - taxes) < {SAME}) from orders
        """  # noqa: S608
    )
    return None if not seen or most(within, seen) == most(upon, seen) else most(within, seen)


def _column(rows: Rows, header: str) -> Found:
    """Find whether the amount includes the tax in a column of its own."""
    within_tax = _near("cast(abs(tax) as double) / nullif(cast(abs(amount) - abs(tax) as double), 0)")
    upon_amount = _near("cast(abs(tax) as double) / cast(abs(amount) as double)")
    seen, within, upon = rows.row(
        f"select count(*), count(*) filter ({within_tax}), count(*) filter ({upon_amount}) "  # noqa: S608
        f"from ledger where tax <> 0 and amount <> 0 {_not_given_back(rows)}"
    )
    if not seen:
        return None
    fits, fits_not = most(within, seen), most(upon, seen)
    said = rows.config.transactions.amount_is_taxed or _says_taxed(header)
    if said or (fits and not fits_not):
        note = Note(_LESS_TAX, {"header": header, "tax": rows.header("tax")})
        return Known(note, {"less_tax": True})
    if fits_not and not fits:
        return None
    return rows.question(
        _("{file}: does '{header}' include the tax in '{tax}'?"),
        {
            "amount_is_taxed: true": _("If it does, net sales are {net}"),
            "amount_is_taxed: false": _("If not, net sales are {net}"),
        },
        header=header,
        tax=rows.header("tax"),
    )


def _not_given_back(rows: Rows) -> str:
    """Return the condition for rows of which, and of whose order, nothing was given back."""
    if not rows.has("refunded"):
        return ""
    if not rows.has("order_id"):
        return "and coalesce(refunded, 0) = 0"
    back = "from ledger as back where back.order_id = ledger.order_id and back.refunded <> 0"
    return f"and coalesce(refunded, 0) = 0 and not exists ({back})"


def _prices(rows: Rows) -> Found:
    """Ask for the rate of the tax where prices, not amounts, include it."""
    if not rows.has("unit_price"):
        return None
    header = rows.header("unit_price")
    if not rows.has("tax"):
        return _rate(rows, header, _USUAL) if _says_taxed(header) else None
    orders, within, upon, rate = rows.row(
        f"""
        with orders as (
            select cast(case when min(tax) = max(tax) then max(tax) else sum(tax) end as double) as tax,
                   cast(sum(amount) as double) as amount
            from ledger where outcome in {KEPT}
            group by {ORDER}, case when order_id is null then file_row_number end
            having sum(tax) <> 0 and sum(amount) > sum(tax))
        select count(*), count(*) filter ({_near("tax / (amount - tax)")}),
               count(*) filter ({_near("tax / amount")}), median(tax / (amount - tax)) from orders
        """  # noqa: S608
    )
    proved = most(within, orders) and not most(upon, orders)
    return _rate(rows, header, round(rate, 3)) if orders and (proved or _says_taxed(header)) else None


def _rate(rows: Rows, header: str, rate: float) -> Found:
    """Ask for the rate of a tax that no column gives."""
    return rows.question(
        _("{file}: '{header}' includes tax, and no column says how much. What is its rate?"),
        {
            f"prices_include_tax: {rate}": _(
                "If it is {percent} %, net sales are {net} (or give another rate)"
            ),
            "prices_include_tax: 0": _("If amounts are to count with tax, net sales are {net}"),
        },
        header=header,
        percent=number(100 * rate),
    )


def _near(rate: str) -> str:
    """Return the SQL that holds for a usual rate of tax."""
    known = ", ".join(map(str, _RATES))
    return f"list_bool_or(list_transform([{known}], lambda usual: abs({rate} - usual) < 0.003))"


def _says_taxed(header: str) -> bool:
    says = f" {normalised(header)} "
    return any(f" {words} " in says or f"{words} " in says for words in _TAXED)
