"""What became of the rows of a table, counted, and what has to be said of it."""

from __future__ import annotations

import duckdb
import pandas as pd

from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.ledger import Ledger
from analysis.dataset.ledger.rejects import example
from analysis.dataset.quality import KEPT, Note, Quality
from analysis.errors import CarteraError
from analysis.language import N_, _, listing, ngettext, number

_MUCH = 0.05
"""Share of rows, or of money, from which rows that were rejected are an alarm."""
_READABLE = "cast(if(outcome like 'rejected:%', sum(amount), coalesce(sum(amount), 0)) as double)"
"""Money of the rows of one outcome: of no row rejected is it 0 because it cannot be read."""


def one_currency(found: list[tuple[str, int]], given: str | None, file: str) -> str | None:
    """Return the currency of the sales; two without a word from the user are an error (their sum is none).

    Parameters
    ----------
    found
        What rows say of it, the usual first, each with the number of rows.
    given
        The currency that the user names.
    file
        Name of the first file.
    """
    if given:
        return given
    if len(found) > 1:
        raise CarteraError(
            _(
                "{file} mixes currencies: {currencies}. Convert the amounts to one, or keep the rows of one "
                "only: 'currency: {first}' in dataset.yml; the others are left out and counted."
            ).format(
                file=file,
                currencies=listing(
                    [_("{currency} (rows: {rows})").format(currency=c, rows=number(n)) for c, n in found]
                ),
                first=next((code for code, _rows in found if len(code) == 3), "USD"),
            )
        )
    code = found[0][0] if found else None
    return code if code and len(code) == 3 else None


def count_outcomes(
    connection: duckdb.DuckDBPyConnection, counted: str, refused: int, *, money: bool
) -> pd.DataFrame:
    """Return rows and readable money by outcome.

    Parameters
    ----------
    connection
        One that has the relation.
    counted
        A relation with ``outcome``, ``rows`` and, where the table has amounts, their sum ``amount``.
    refused
        Records that could not be split into cells.
    money
        Whether the table has amounts.

    Returns
    -------
    pandas.DataFrame
        ``outcome``, ``rule``, ``rows``, ``amount`` (currency; NaN in a table without, and where none of it
        can be read).
    """
    amount = _READABLE if money else "null"
    outcomes = connection.execute(
        f"select outcome, cast(sum(if(outcome = 'refund', 0, rows)) as bigint), {amount} "  # noqa: S608
        f"from {counted} group by outcome"
    ).fetchall()
    rows = [(*outcome.partition(":")[::2], n, amount) for outcome, n, amount in outcomes]
    if refused:
        rows.append(("rejected", "cells", refused, None))
    order = {outcome: i for i, outcome in enumerate((*KEPT, "excluded", "rejected"))}
    rows.sort(key=lambda row: (order[row[0]], -row[2], row[1]))
    columns = ["outcome", "rule", "rows", "amount"]
    return pd.DataFrame(rows, columns=columns).astype({"amount": "float64"})


def check_usable(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Raise an error if no row was kept, with the reasons and an example from the first file."""
    account, raw, reading = ledger.outcomes, ledger.raws[0], ledger.reading
    if account["outcome"].isin(KEPT).any():
        return
    total = ledger.rows
    if total == 0:
        raise CarteraError(_("{file} has column names but no rows. Export it again.").format(file=raw.file))
    if set(account["rule"]) <= {"no_customer", "no_customer_id"}:
        raise CarteraError(
            ngettext(
                "{file}: its only row names no customer (column '{header}'). "
                "Export it with the customer's code.",
                "{file}: none of the {n} rows names a customer (column '{header}'). "
                "Export it with the customer's code.",
                total,
            ).format(file=raw.file, n=number(total), header=reading.columns["customer_id"])
        )
    quality = Quality(account, pd.DataFrame(), of=reading.table.name)
    line, text = example(connection, raw, ledger.refused[0])
    reasons = [f"{row.what}: {number(int(str(row.rows)))}" for row in quality.table().iloc[:-1].itertuples()]
    raise CarteraError(
        ngettext(
            "{file}: its only row cannot be used. {reasons}. It is line {line}: '{raw}'. "
            "Check which columns were taken: {columns}.",
            "{file}: none of the {n} rows can be used. {reasons}. One of them is line {line}: '{raw}'. "
            "Check which columns were taken: {columns}.",
            total,
        ).format(
            file=raw.file,
            n=number(total),
            reasons="; ".join(reasons),
            line=line,
            raw=text,
            columns=", ".join(f"{name} ← '{header}'" for name, header in reading.columns.items()),
        )
    )


def tax_fact(reading: Reading, rate: float) -> tuple[Note, ...]:
    """Return the fact that tax was taken out; none where there was none."""
    if not rate or not any(reading.table.column(name).kind == "money" for name in reading.columns):
        return ()
    return (Note(N_("Amounts include tax of {rate}, which was taken out."), {"rate": f"{100 * rate:g} %"}),)


def rejected_alarm(ledger: Ledger) -> tuple[Note, ...]:
    """Return the alarm that many rows, or much money, were rejected; none where it was little."""
    is_rejected = ledger.outcomes["outcome"] == "rejected"
    rejected, money = int(ledger.outcomes.loc[is_rejected, "rows"].sum()), ledger.outcomes["amount"].abs()
    if rejected > _MUCH * ledger.rows:
        message = N_("{share} % of the rows ({n}) were rejected: see why before trusting the figures.")
        return (Note(message, {"share": f"{100 * rejected / ledger.rows:.0f}", "n": rejected}),)
    lost, total = float(money[is_rejected].sum()), float(money.sum())
    if lost <= _MUCH * total:
        return ()
    message = N_(
        "{share} % of the money ({money}) is on rows that were rejected: see why before trusting the figures."
    )
    return (Note(message, {"share": f"{100 * lost / total:.0f}", "money": lost}),)


def unknown_money(n: int) -> tuple[Note, ...]:
    """Return the alarm that money on so many rejected rows cannot be read, so that no total has it."""
    message = N_("Money is unknown on rows that were rejected, and in no total (rows: {n}).")
    return (Note(message, {"n": n}),) if n else ()
