"""Queries over sales by customer and day give what the lines give, cut on any day."""

from __future__ import annotations

import datetime as dt
from importlib import resources

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine.queries import parameters_of, sql_text

LAST = dt.date(2024, 5, 10)
DAYS = {
    "as_of": dt.date(2024, 3, 20),
    "since": dt.date(2023, 3, 20),
    "cutoff": dt.date(2023, 6, 30),
    "before_from": dt.date(2023, 1, 1),
    "before_to": dt.date(2023, 3, 20),
    "now_from": dt.date(2024, 1, 1),
    "now_to": dt.date(2024, 3, 20),
    "active_since": dt.date(2023, 8, 20),
    "season_start": dt.date(2023, 3, 20),
    "season_end": dt.date(2023, 6, 30),
}

money = st.integers(0, 99).map(float)
lines = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.one_of(st.sampled_from(list(DAYS.values())), st.dates(dt.date(2022, 3, 1), LAST)),
        st.sampled_from(["sale", "sale", "sale", "return", "refund", "cancellation"]),
        money,
        st.sampled_from([None, "1", "2", "3"]),  # an order may go over several days, and to two customers
        st.none() | money,
        st.none() | money,
        st.none() | money,
    ),
    min_size=1,
    max_size=25,
)

PERIOD = "date_trunc('quarter', date)"
FIRSTS = "(select customer_id, min(date) as first from sales group by all)"
PLAIN = {
    "churn_features": """
        select customer_id, count(distinct date) filter (kind = 'sale' and date > $since),
            coalesce(sum(amount) filter (date > $since), 0),
            count(distinct date) filter (kind = 'sale' and date > $season_start and date <= $season_end),
            sum(coalesce(gross_amount, amount + coalesce(discount, 0))) filter (kind = 'sale')
        from known group by all having max(date) filter (kind = 'sale') >= $active_since""",
    "histories": """
        select x, first, last, count(*)
        from (
            select customer_id, count(distinct date) - 1 as x, min(date) as first, max(date) as last
            from sales where date <= $as_of group by all
        ) group by all""",
    "long_gaps": """
        select customer_id, date,
            coalesce(lead(date) over (partition by customer_id order by date), $as_of) as till
        from (select distinct customer_id, date from sales)
        qualify date_diff('month', date, till) >= 3""",
    "coverage": """
        select min(date), max(date), count(distinct customer_id) filter (kind = 'sale'), count(*),
            coalesce(sum(amount), 0)
        from known""",
    "customers": f"""
        select customer_id, min(date) filter (kind = 'sale'), max(date) filter (kind = 'sale'),
            count(distinct date) filter (kind = 'sale') as days, greatest(days - 1, 0),
            count(distinct order_id) filter (kind = 'sale')
                + count(distinct date) filter (kind = 'sale' and order_id is null),
            coalesce(sum(amount) filter (kind = 'sale'), 0), coalesce(sum(amount) filter (kind <> 'sale'), 0),
            sum(amount), sum(cost),
            cast(sum(amount) filter (kind = 'sale' and date > first) as double) / nullif(days - 1, 0)
        from known left join {FIRSTS} using (customer_id) group by all""",
    "customer_margins": """
        select customer_id, count(*), sum(sold), sum(paid), sum(margin), sum(margin * margin)
        from (
            select customer_id, date, sum(amount) as sold, sum(cost) as paid,
                greatest(least(1 - cast(paid as double) / nullif(cast(sold as double), 0), 1), -1)
                    ::decimal(9, 8) as margin
            from sales where cost is not null group by all having sold > 0
        ) group by all""",
    "customer_profit": """
        select customer_id, min(date) filter (kind = 'sale'), count(*) filter (recent),
            coalesce(sum(coalesce(gross_amount, amount + coalesce(discount, 0))) filter (recent_sale), 0),
            coalesce(sum(amount) filter (recent_sale), 0),
            coalesce(sum(amount) filter (recent and kind <> 'sale'), 0),
            coalesce(sum(amount) filter (recent), 0),
            coalesce(sum(amount) filter (recent_sale and cost is not null), 0),
            coalesce(sum(amount) filter (recent and kind <> 'sale' and cost is not null), 0),
            coalesce(sum(cost) filter (recent_sale), 0),
            coalesce(sum(cost) filter (recent and kind <> 'sale'), 0)
        from (select *, date > $since as recent, recent and kind = 'sale' as recent_sale from known)
        group by all""",
    "customer_purchases": "select date, sum(amount) from sales where customer_id = 'a' group by all",
    "customer_trend": f"""
        select customer_id, first, max(last), coalesce(sum(net) filter (number > today - 10000), 0),
            coalesce(sum(sold) filter (now), 0), coalesce(sum(sold) filter (before), 0),
            coalesce(sum(sold * sold) filter (now or before), 0)
        from (
            select customer_id, first, strftime(date, '%Y%m%d')::int as number,
                strftime(first, '%Y%m%d')::int as start, strftime($as_of::date, '%Y%m%d')::int as today,
                number > today - 10000 and number - 10000 > start as now,
                number <= today - 10000 and number > today - 20000 and number > start as before,
                max(date) filter (kind = 'sale') as last, sum(amount) as net,
                coalesce(sum(amount) filter (kind = 'sale'), 0)::double as sold
            from known join {FIRSTS} using (customer_id) group by all
        ) group by customer_id, first""",
    "customer_years": """
        select customer_id, year(date), case when strftime(date, '%m-%d') > '03-20' then 1 else 0 end,
            min(date), sum(amount)
        from known group by all""",
    "customers_compared": """
        select customer_id, count(distinct date) filter (kind = 'sale' and date < $before_from),
            count(distinct date) filter (kind = 'sale' and date > $before_to and date < $now_from),
            count(distinct date) filter (kind = 'sale' and before),
            count(distinct date) filter (kind = 'sale' and now),
            coalesce(sum(amount) filter (before), 0), coalesce(sum(amount) filter (now), 0),
            sum(cost) filter (before), sum(cost) filter (now),
            coalesce(sum(amount) filter (before and cost is not null), 0),
            coalesce(sum(amount) filter (now and cost is not null), 0)
        from (
            select *, date between $before_from and $before_to as before, date >= $now_from as now from known
        ) group by customer_id having bool_or(before or now)""",
    "cohorts": f"""
        select date_trunc('quarter', first), {PERIOD}, count(distinct customer_id) filter (kind = 'sale'),
            count(distinct (customer_id, date)) filter (kind = 'sale'), sum(amount)
        from known join {FIRSTS} using (customer_id) group by all""",
    "customer_flow": """
        with visits as (
            select customer_id, year(date) * 4 + quarter(date) - 1 as number,
                bool_or(kind = 'sale') as bought, sum(amount) as net,
                min(date) filter (kind = 'sale') as first_day,
                min(case when bought then number end) over (partition by customer_id) as first_number
            from known group by customer_id, number
        )
        select number * 3, case
                when now.bought and before.bought then 'retained'
                when now.bought and number = now.first_number then 'new'
                when now.bought then 'reactivated' when before.bought then 'lost' else 'returned'
            end as status,
            count(*), sum(coalesce(before.net, 0)), sum(coalesce(now.net, 0)),
            sum(least(coalesce(before.net, 0), coalesce(now.net, 0))), min(now.first_day)
        from (select customer_id, number from visits union select customer_id, number + 1 from visits) cells
        left join visits now using (customer_id, number)
        left join visits before on before.customer_id = cells.customer_id and before.number = cells.number - 1
        where cells.number <= year($as_of) * 4 + quarter($as_of) - 1 group by all""",
    "last_active_year": """
        select customer_id, sum(amount), last from known
        join (select customer_id, max(date) as last from sales group by all) using (customer_id)
        where strftime(date, '%Y%m%d')::int > strftime(last, '%Y%m%d')::int - 10000 group by all""",
    "purchase_days": """
        select distinct customer_id, date from sales
        qualify count(distinct date) over (partition by customer_id) >= 3""",
    "purchase_gaps": """
        select bought.date as previous, (
            select min(date) from sales where customer_id = bought.customer_id and date > bought.date
        ) as next, count(*)
        from (select distinct customer_id, date from sales) bought group by all""",
    "repeat_purchases_by_day": f"""
        select date, count(distinct customer_id), count(distinct customer_id) filter (date = first)
        from sales join {FIRSTS} using (customer_id) where first <= $cutoff group by all""",
    "sales_by_day": "select date, sum(amount) from known group by all",
    "sales_by_period": f"""
        select {PERIOD}, min(date), max(date), count(distinct customer_id) filter (kind = 'sale'),
            count(distinct (customer_id, date)) filter (kind = 'sale'),
            coalesce(sum(amount) filter (kind = 'sale'), 0), sum(amount)
        from known group by all""",
    "sales_by_year": f"""
        select date_trunc('year', date), min(date), count(distinct customer_id) filter (kind = 'sale'),
            count(distinct customer_id) filter (kind = 'sale' and date = first),
            count(distinct (customer_id, date)) filter (kind = 'sale'), sum(amount),
            coalesce(sum(coalesce(gross_amount, amount + coalesce(discount, 0))) filter (kind = 'sale'), 0),
            coalesce(sum(amount - coalesce(gross_amount, amount + coalesce(discount, 0)))
                filter (kind = 'sale'), 0)
        from known left join {FIRSTS} using (customer_id) group by all""",
}
"""What each query says it returns, read off the lines as plainly as DuckDB allows."""
ELSEWHERE = {
    "delivery_days",
    "first_purchases",  # it reads the category of lines, too: test_acquisition.py
    "product_cover",  # they take the best customers from there: test_profitability.py
    "product_lines",  # it takes days for visits only: test_churn_lapsed_lines.py
    "survey_purchases",  # test_satisfaction.py
}
NAMES = [path.name.removesuffix(".sql") for path in (resources.files("analysis") / "sql").iterdir()]


def frame_of(lines):
    """Return canonical transactions; what is given back is below 0, with what it had cost."""
    names = ["customer_id", "date", "kind", "amount", "order_id", "gross_amount", "discount", "cost"]
    frame = pd.DataFrame(lines, columns=names).astype({"cost": "float64"})
    frame.loc[frame["kind"] != "sale", ["amount", "cost"]] *= -1
    return frame


def plainly(engine, name):
    """Return the rows of the plain query over the lines known on the day."""
    connection = engine._connection
    connection.execute("create table if not exists known as from transactions")
    connection.execute("create view if not exists sales as from known where kind = 'sale'")
    used = {day: value for day, value in DAYS.items() if f"${day}" in PLAIN[name]}
    return connection.execute(PLAIN[name], used).df()


def comparable(rows):
    """Return rows in one order: numbers to the ninth decimal, days as texts, what is missing as None."""
    values = rows.astype("object").where(rows.notna(), None).to_numpy().tolist()
    return sorted(([_plain(value) for value in row] for row in values), key=repr)


def _plain(value):
    if isinstance(value, int | float):
        return round(float(value), 9) + 0.0  # no zero below zero
    return value and str(value)


def test_every_query_over_days_has_a_plain_one():
    assert {name for name in NAMES if "from customer_days" in sql_text(name)} == PLAIN.keys() | ELSEWHERE


@settings(max_examples=15, deadline=None)
@given(lines=lines)
def test_days_say_what_the_lines_say(engine_over, lines):
    engine = engine_over(frame_of(lines), DAYS["as_of"])
    given = DAYS | {"months": 3, "customer_id": "a"}
    for name in PLAIN:
        rows = engine.query(name, **{key: given[key] for key in parameters_of(name)})
        assert comparable(rows) == comparable(plainly(engine, name)), name


def test_an_order_that_goes_over_two_days_is_one_on_every_day(engine_over):
    """Order 1 is bought on the 1st and the 3rd, order 2 on the 4th: by then one, one and two are known."""
    days = ["2024-01-01", "2024-01-03", "2024-01-04"]
    frame = pd.DataFrame(
        {"customer_id": "a", "date": days, "kind": "sale", "amount": 1, "order_id": ["1", "1", "2"]}
    )
    engine = engine_over(frame)
    known = [engine.query("customers", as_of=dt.date(2024, 1, day))["orders"].item() for day in (1, 3, 4)]
    assert known == [1, 1, 2]
