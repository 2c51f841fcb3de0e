"""Which of several amounts is the net one of lines: proved by quantities, prices, postage or each other."""

from __future__ import annotations

import duckdb

from analysis.dataset.files.readers import RawTable, quoted
from analysis.dataset.inference.formats import trimmed
from analysis.dataset.schema import normalised

SAMPLE_ROWS = 50_000
MOST = 0.9
"""Share of rows that must agree for a proof."""
_POSTAGE = {"shipping", "postage", "freight", "delivery", "envio", "portes", "transporte"}
_TIPS = {"tip", "tips", "gratuity", "propina", "fee", "fees", "recargo"}


def net_amount(
    connection: duckdb.DuckDBPyConnection, raw: RawTable, headers: list[str], chosen: dict[str, str]
) -> str | None:
    """Return the one of several amounts that the others, or the columns chosen, prove to be that of lines."""
    return _without_postage(connection, raw, headers) or _of_lines(connection, raw, headers, chosen)


def _of_lines(
    connection: duckdb.DuckDBPyConnection, raw: RawTable, headers: list[str], chosen: dict[str, str]
) -> str | None:
    """Return the only amount that is quantity × unit price, of the line or, where none is, of its order.

    Without prices, the only one of which orders' sums are all the others.
    """
    rows = f"(from {raw.relation} limit {SAMPLE_ROWS})"
    if {"quantity", "unit_price"} <= chosen.keys():
        price = f"{written_number(chosen['quantity'])} * {written_number(chosen['unit_price'])}"
        fits = [f"count(*) filter (abs({written_number(one)} - {price}) < 0.015)" for one in headers]
        query = f"select count({price}), {', '.join(fits)} from {rows}"  # noqa: S608
        found = _only_fit(connection, rows, headers, query)
        return found or _of_orders(connection, rows, headers, price, chosen)
    if "order_id" in chosen:
        names = {header: f"amount_{i}" for i, header in enumerate(headers)}
        sums = [
            " and ".join(
                f"max({other}) = min({other}) and abs(max({other}) - sum({one})) < 0.015"
                for other in names.values()
                if other != one
            )
            for one in names.values()
        ]
        cells = ", ".join(f"{written_number(header)} as {name}" for header, name in names.items())
        orders = (
            f"(select {', '.join(f'{fits} as fits_{i}' for i, fits in enumerate(sums))} from "  # noqa: S608
            f"(select {quoted(chosen['order_id'])} as code, {cells} from {rows}) "
            "where code is not null group by code having count(*) > 1)"
        )
        fits = [f"count(*) filter (fits_{i})" for i in range(len(sums))]
        query = f"select count(*), {', '.join(fits)} from {orders}"  # noqa: S608
        return _only_fit(connection, rows, headers, query)
    return None


def _of_orders(
    connection: duckdb.DuckDBPyConnection, rows: str, headers: list[str], price: str, chosen: dict[str, str]
) -> str | None:
    """Return the only amount that is the same on all lines of an order, and which their prices make up."""
    if "order_id" not in chosen:
        return None
    cells = ", ".join(f"{written_number(header)} as amount_{i}" for i, header in enumerate(headers))
    code = quoted(chosen["order_id"])
    fits = [
        f"count(*) filter (highest_{i} = lowest_{i} and abs(highest_{i} - value) < 0.015)"
        for i in range(len(headers))
    ]
    ends = ", ".join(
        f"max(amount_{i}) as highest_{i}, min(amount_{i}) as lowest_{i}" for i in range(len(headers))
    )
    orders = (
        f"select sum(price) as value, {ends} from (select {code} as code, {price} as price, {cells} "  # noqa: S608
        f"from {rows}) where code is not null group by code"
    )
    query = f"select count(value), {', '.join(fits)} from ({orders})"  # noqa: S608
    return _only_fit(connection, rows, headers, query)


def _only_fit(connection: duckdb.DuckDBPyConnection, rows: str, headers: list[str], query: str) -> str | None:
    """Return the only header that fits in most of what ``query`` counts, unless another amount is smaller.

    Prices may be with tax, or before a discount: what they add up to is then not the net value.
    """
    n, *counts = connection.execute(query).fetchall()[0]
    fitting = [header for header, count in zip(headers, counts, strict=True) if n and count >= MOST * n]
    if len(fitting) != 1:
        return None
    sums = ", ".join(f"sum({written_number(header)})" for header in headers)
    totals = connection.execute(f"select {sums} from {rows}").fetchall()[0]  # noqa: S608
    least = min(total for total in totals if total is not None)
    return fitting[0] if totals[headers.index(fitting[0])] <= least else None


def _without_postage(connection: duckdb.DuckDBPyConnection, raw: RawTable, headers: list[str]) -> str | None:
    """Return the one of several amounts that is without postage, where the others are it with postage."""
    words = {header: {*normalised(header).split()} for header in raw.columns}
    postage = [header for header, said in words.items() if said & _POSTAGE and header not in headers]
    taxes = [header for header, said in words.items() if said & {"tax", "taxes", "iva", "vat"}]
    if len(postage) != 1:
        return None
    extra = written_number(postage[0])
    tips = [f"coalesce({written_number(header)}, 0)" for header, said in words.items() if said & _TIPS]
    bases = [extra, " + ".join([extra, *tips])] if tips else [extra]
    also = [
        *bases,
        *(f"{one} + {written_number(tax)}" for one in bases for tax in taxes if tax not in headers),
    ]
    for one in headers:
        others = [header for header in headers if header != one]
        off = [f"abs({written_number(other)} - {written_number(one)} - ({{}}))" for other in others]
        with_it = " and ".join(f"least({', '.join(map(each.format, also))}) < 0.015" for each in off)
        rows, same = connection.execute(
            f"select count(*), count(*) filter ({with_it}) from (from {raw.relation} limit {SAMPLE_ROWS}) "  # noqa: S608
            f"where {written_number(one)} is not null and {extra} <> 0"
        ).fetchall()[0]
        if rows and same >= MOST * rows:
            return one
    return None


def written_number(header: str) -> str:
    """Return the SQL of a number whose decimal mark is not known yet."""
    cell = trimmed(f"cast({quoted(header)} as varchar)")
    return f"coalesce(number_with_dot({cell}), number_with_comma({cell}))"
