-- One row per customer with a transaction up to :as_of; money and lines count after :since.
--
-- customer_id
-- first_purchase     date; NULL for a customer who only ever returned
-- lines              transactions after :since
-- gross_sales        money of sales before discounts
-- sales              the same less discounts
-- returns            money of returns and cancellations (0 or negative)
-- net_sales          sales + returns
-- sales_with_cost    sales, and
-- returns_with_cost  returns, of the lines whose cost is known
-- cost_sold          cost of the goods on these sales
-- cost_returned      cost of the goods that came back (0 or negative)
with lines as (
    select
        customer_id,
        date,
        kind,
        case when date > :since then 1 else 0 end as counts,
        amount,
        coalesce(gross_amount, amount + coalesce(discount, 0)) as gross,
        cost
    from transactions
    where date <= :as_of
),

sums as (
    select
        customer_id,
        min(case when kind = 'sale' then date end) as first_purchase,
        sum(counts) as lines,
        sum(case when kind = 'sale' then counts * gross else 0 end) as gross_sales,
        sum(case when kind = 'sale' then counts * amount else 0 end) as sales,
        sum(case when kind = 'sale' then 0 else counts * amount end) as returns,
        sum(case when kind = 'sale' and cost is not null then counts * amount else 0 end) as sales_with_cost,
        sum(case when kind <> 'sale' and cost is not null then counts * amount else 0 end) as returns_with_cost,
        sum(case when kind = 'sale' then counts * coalesce(cost, 0) else 0 end) as cost_sold,
        sum(case when kind = 'sale' then 0 else counts * coalesce(cost, 0) end) as cost_returned
    from lines
    group by customer_id
)

select
    customer_id,
    first_purchase,
    cast(lines as bigint) as lines,
    gross_sales,
    sales,
    returns,
    sales + returns as net_sales,
    sales_with_cost,
    returns_with_cost,
    cost_sold,
    cost_returned
from sums
order by customer_id
