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
with days as (
    select
        *,
        case when bought = 1 then date end as purchase_day,
        case when date > :since then 1 else 0 end as counts
    from customer_days
    where date <= :as_of
),

sums as (
    select
        customer_id,
        min(purchase_day) as first_purchase,
        sum(counts * lines) as lines,
        sum(counts * gross_sales) as gross_sales,
        sum(counts * sales) as sales,
        sum(counts * net_sales) as net_sales,
        sum(counts * sales_with_cost) as sales_with_cost,
        sum(counts * net_sales_with_cost) as net_sales_with_cost,
        sum(counts * coalesce(cost_sold, 0)) as cost_sold,
        sum(counts * coalesce(cost, 0)) as cost
    from days
    group by customer_id
)

select
    customer_id,
    first_purchase,
    cast(lines as bigint) as lines,
    gross_sales,
    sales,
    net_sales - sales as returns,
    net_sales,
    sales_with_cost,
    net_sales_with_cost - sales_with_cost as returns_with_cost,
    cost_sold,
    cost - cost_sold as cost_returned
from sums
order by customer_id
