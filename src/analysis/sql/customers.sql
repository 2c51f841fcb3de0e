-- One row per customer with at least one transaction up to :as_of, the last day that counts.
--
-- customer_id
-- first_purchase, last_purchase   dates; NULL for a customer who only ever returned
-- purchase_days                   days with at least one sale
-- x                               repeat purchases: purchase days after the first (0 at least)
-- orders                          distinct orders; a purchase day counts as one where the order is not known
-- sales                           money sold, net of discounts
-- returns                         money of returns and cancellations (0 or negative)
-- net_sales                       sales + returns
-- cost                            cost of the goods, returned ones taken off; NULL where no cost is known
-- repeat_value                    mean money sold per repeat purchase day; NULL where x = 0
with days as (
    select *, case when bought = 1 then date end as purchase_day
    from customer_days
    where date <= :as_of
),

totals as (
    select
        customer_id,
        min(purchase_day) as first_purchase,
        max(purchase_day) as last_purchase,
        count(purchase_day) as purchase_days,
        cast(sum(orders) as bigint) as orders,
        sum(sales) as sales,
        sum(net_sales) as net_sales,
        sum(cost) as cost,
        min_by(sales, purchase_day) as first_day_sales
    from days
    group by customer_id
)

select
    customer_id,
    first_purchase,
    last_purchase,
    purchase_days,
    greatest(purchase_days - 1, 0) as x,
    orders,
    sales,
    net_sales - sales as returns,
    net_sales,
    cost,
    case
        when purchase_days > 1 then cast(sales - first_day_sales as double) / (purchase_days - 1)
    end as repeat_value
from totals
order by customer_id
