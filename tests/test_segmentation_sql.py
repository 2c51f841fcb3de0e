"""RFM and ABC of real customers as plain SQL has them, from the lines of sales.

The rules for ties: a score is 1 + the whole fifths of all customers who are worse, an equal one counting
half; the worst value is always 1 and the best always 5. A customer is A or B if all who are larger, equal
ones not counted, make less than 80 or 95 % of the total. So equal customers always share scores and class.
"""

from __future__ import annotations

import os

import duckdb
import pytest

from analysis import open_dataset, portfolio, segmentation

RETAIL = os.environ.get("CARTERA_ONLINE_RETAIL")
SCORE = """case when {0} = min({0}) over () then 1 when {0} = max({0}) over () then 5
    else 1 + (5 * (2 * (rank() over (order by {0}) - 1) + count(*) over (partition by {0})))
    // (2 * count(*) over ()) end"""
QUERY = f"""
with bought as (
    select
        customer_id,
        max(cast(date as date)) filter (kind = 'sale') as last,
        count(distinct date) filter (kind = 'sale') as times,
        sum(cast(amount as decimal(18, 4))) as net
    from lines group by customer_id
),
classed as (
    select *, sum(net) over (order by net desc) - sum(net) over (partition by net) as larger from bought
),
totals as (select sum(net) as total from bought),
scored as (
    select
        customer_id, times, $as_of - last > $days as silent,
        {SCORE.format("last")} as recency, {SCORE.format("times")} as f, {SCORE.format("net")} as m
    from bought where last is not null
),
known as (
    select *, (f + m) // 2 as loyal, if(silent, least(recency, 3), recency) as r from scored
)
select
    customer_id, r, f, m,
    case
        when r is null then null
        when r >= 4 and known.times > 1 then
            case when loyal >= 4 then 'champions' when loyal = 3 then 'loyal' else 'potential_loyalists' end
        when r >= 4 then if(r = 5, 'new', 'promising')
        when r = 3 then if(loyal >= 3, 'needs_attention', 'about_to_sleep')
        when loyal >= 4 then 'cannot_lose'
        when loyal = 3 then 'at_risk'
        else if(r = 2, 'hibernating', 'lost')
    end as segment,
    case when larger < 0.80 * total then 'A' when larger < 0.95 * total then 'B' else 'C' end as abc
from classed join totals on true left join known using (customer_id)
order by customer_id
"""


@pytest.mark.parametrize(
    "data",
    [
        "cdnow",
        pytest.param(
            RETAIL,
            marks=[
                pytest.mark.slow,
                pytest.mark.skipif(not RETAIL, reason="CARTERA_ONLINE_RETAIL names no CSV of Online Retail"),
            ],
            id="Online Retail",
        ),
    ],
)
def test_rfm_and_abc_agree_with_plain_sql(data):
    dataset = open_dataset(data)
    customers = dataset.query("customers")
    window = portfolio.activity_window(dataset.query("purchase_gaps"))
    scored = segmentation.rfm(customers, dataset.as_of, window).customers
    classed = segmentation.abc(customers).customers[["customer_id", "abc"]]
    found = classed.merge(scored, how="left", on="customer_id").sort_values("customer_id")
    connection = duckdb.connect().register("lines", dataset.engine.head("transactions", 10**8))
    told = connection.execute(QUERY, {"as_of": dataset.as_of, "days": window.days}).df()
    assert len(told) > 4_000
    ours, theirs = (
        frame.astype("object").where(frame.notna(), None) for frame in (found[told.columns], told)
    )
    assert ours.to_numpy().tolist() == theirs.to_numpy().tolist()
