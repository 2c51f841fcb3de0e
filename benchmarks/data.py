"""Generated sales: the same rows every time, made once and kept in ``benchmarks/.data``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import numpy as np

FOLDER = Path(__file__).parent / ".data"
AS_OF = dt.date(2023, 12, 31)
_DAYS = 1461  # 2020-01-01 to 2023-12-31
_LINES = 3  # lines of an order
_ROWS_PER_CUSTOMER = 10

_SALES = f"""
with lines as (
    select i, i // {_LINES} as o, hash(i) % 50 = 0 as is_return from range(cast($rows as bigint)) t(i)
),
priced as (
    select
        *, 1 + hash(i, 1) % 5 as quantity, cast(1 + (hash(i, 2) % 10000) / 100.0 as decimal(18, 2)) as price
    from lines
)
select
    printf('%07d', if(o < $customers, o * 7919 % $customers, hash(o) % $customers)) as customer_id,
    date '2020-01-01' + cast(o * {_DAYS} // ($rows // {_LINES} + 1) as integer) as date,
    'A' || o as order_id,
    'P' || hash(i, 3) % 2000 as product_id,
    if(is_return, -1, 1) * cast(quantity as integer) as quantity,
    if(is_return, -1, 1) * quantity * price as amount
from priced
"""

_CANONICAL = """
select
    customer_id, date, if(amount < 0, 'return', 'sale') as kind, cast(amount as decimal(18, 4)) as amount,
    order_id, product_id, cast(null as varchar) as category, cast(quantity as decimal(18, 4)) as quantity,
    cast(null as decimal(18, 4)) as gross_amount, cast(null as decimal(18, 4)) as discount,
    cast(null as decimal(18, 4)) as cost, cast(null as varchar) as channel,
    cast(null as varchar) as salesperson
from sales
"""

_WIDE = """
with sales as ($sales)
select
    customer_id, date, order_id, product_id, 'C' || hash(product_id) % 12 as category, quantity,
    amount as gross_amount, cast(amount * (100 - hash(order_id) % 16) / 100 as decimal(18, 2)) as amount,
    cast(amount * (50 + hash(product_id) % 40) / 100 as decimal(18, 2)) as cost,
    'channel ' || hash(order_id, 1) % 3 as channel, 'S' || hash(customer_id) % 40 as salesperson
from sales
"""

_LAKE = f"""
with customers as (
    select
        i, (hash(i, 1) >> 11) / 9007199254740992.0 as u1, (hash(i, 2) >> 11) / 9007199254740992.0 as u2,
        (hash(i, 3) >> 11) / 9007199254740992.0 as u3, (hash(i, 4) >> 11) / 9007199254740992.0 as u4
    from range($customers) t(i)
),
lives as (
    select
        i, u4, cast(floor(1441 * u1) as integer) as entry, -ln(1 - u3) / 129.3 as rate,
        least({_DAYS - 1} - floor(1441 * u1), -700 * ln(1 - u2)) as life
    from customers
),
orders as (
    select i, entry, life, unnest(range(cast(1 + floor(life * rate + u4) as bigint))) as o from lives
),
dated as (
    select
        i, o, unnest(range(cast(1 + hash(i, o, 6) % 5 as bigint))) as line,
        entry + if(o = 0, 0, cast(floor(life * ((hash(i, o, 5) >> 11) / 9007199254740992.0)) as integer))
            as day
    from orders
),
priced as (
    select
        i, day, i * 1000 + o as order_no, hash(i, o, line) as h, 1 + hash(i, o, line, 1) % 5 as quantity,
        cast((1 + (hash(i, o, line, 2) % 10000) / 100.0) * (0.5 + (hash(i) % 100) / 100.0) as decimal(18, 2))
            as price,
        if(hash(i, o, line) % 50 = 0, -1, 1) as sign
    from dated
)
select
    printf('%08d', i) as customer_id, date '2020-01-01' + day as date, 'A' || order_no as order_id,
    'P' || h % 2000 as product_id, 'C' || hash(h % 2000) % 12 as category,
    sign * cast(quantity as integer) as quantity,
    cast(sign * quantity * price * (100 - hash(order_no) % 16) / 100 as decimal(18, 2)) as amount,
    cast(sign * quantity * price as decimal(18, 2)) as gross_amount,
    cast(sign * quantity * price * (40 + hash(h % 2000) % 30) / 100 as decimal(18, 2)) as cost,
    'channel ' || hash(i, 7) % 3 as channel
from priced order by date
"""


def csv(rows: int) -> Path:
    """Return a CSV of so many order lines, as a shop would export it, in the order of their dates."""
    path = FOLDER / f"sales_{rows}.csv"
    if not path.exists():
        customers = max(rows // _ROWS_PER_CUSTOMER, 1)
        query = _SALES.replace("$rows", str(rows)).replace("$customers", str(customers))
        _make(path, query, "header")
    return path


def wide_csv(rows: int) -> Path:
    """Return a CSV of the same order lines with every column that sales can have, discounts and costs too."""
    path = FOLDER / f"wide_{rows}.csv"
    if not path.exists():
        customers = max(rows // _ROWS_PER_CUSTOMER, 1)
        sales = _SALES.replace("$rows", str(rows)).replace("$customers", str(customers))
        _make(path, _WIDE.replace("$sales", sales), "header")
    return path


def canonical(rows: int) -> Path:
    """Return the same order lines as a canonical Parquet file."""
    path = FOLDER / f"transactions_{rows}.parquet"
    if not path.exists():
        types = "{'customer_id': 'varchar', 'quantity': 'integer', 'amount': 'decimal(18, 2)'}"
        sales = f"with sales as (from read_csv('{csv(rows)}', types = {types}))"
        _make(path, f"{sales} {_CANONICAL}", "format parquet")
    return path


def customer_days(rows: int) -> Path:
    """Return what these canonical order lines come to by customer and day."""
    path = FOLDER / f"customer_days_{rows}.parquet"
    if not path.exists():
        from analysis.dataset.customer_days import write_customer_days

        part = path.with_suffix(".part")
        with duckdb.connect() as connection:
            write_customer_days(connection, canonical(rows), part)
        part.rename(path)
    return path


def lake(rows: int) -> Path:
    """Return Parquet of about so many order lines of a tenth as many customers, in the order of their dates.

    Customers come, buy each at a pace of their own, and leave.
    """
    path = FOLDER / f"lake_{rows}.parquet"
    if not path.exists():
        customers = str(rows // _ROWS_PER_CUSTOMER)
        _make(path, _LAKE.replace("$customers", customers), "format parquet")
    return path


def histories(kind: str, customers: int) -> Path:
    """Return x, t_x and T in days of customers who live by the story of ``bg_nbd`` or ``pareto_nbd``.

    With the parameters of the CDNOW sample, seen for half a year to two years, purchases counted by day.
    """
    path = FOLDER / f"{kind}_{customers}.npy"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        np.save(path, _histories(kind, customers))
    return path


def _histories(kind: str, customers: int) -> np.ndarray:
    random = np.random.default_rng(20050502)
    ages = random.integers(180, 730, customers).astype(float)
    end, leaving = ages.copy(), np.zeros(customers)
    if kind == "bg_nbd":
        rate = random.gamma(0.243, 1 / (7 * 4.414), customers)
        leaving = random.beta(0.793, 2.426, customers)
    else:
        rate = random.gamma(0.553, 1 / (7 * 10.578), customers)
        stay = random.exponential(1, customers) / random.gamma(0.606, 1 / (7 * 11.669), customers)
        end = np.minimum(end, stay)
    x, t_x, now = np.zeros((3, customers))
    active = np.arange(customers)
    while len(active):
        now[active] += random.exponential(1, len(active)) / np.maximum(rate[active], 1e-300)
        active = active[now[active] < end[active]]
        day = np.ceil(now[active])
        x[active] += day > t_x[active]
        t_x[active] = day
        active = active[random.random(len(active)) >= leaving[active]]
    return np.stack([x, t_x, ages])


def _make(path: Path, query: str, options: str) -> None:
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar=false")
        connection.execute(f"set memory_limit='8GB'; set temp_directory='{path.with_suffix('.spill')}'")
        connection.execute(f"copy ({query}) to '{part}' ({options})")
    part.rename(path)
