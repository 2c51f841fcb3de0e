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
    select
        customer_id,
        case when kind = 'sale' then date end as purchase_day,
        sum(case when kind = 'sale' then amount else 0 end) as sales,
        sum(case when kind = 'sale' then 0 else amount end) as returns,
        sum(cost) as cost,
        max(case when kind = 'sale' and order_id is null then 1 else 0 end) as without_order
    from transactions
    where date <= :as_of
    group by customer_id, case when kind = 'sale' then date end
),

named_orders as (
    select customer_id, count(distinct order_id) as orders
    from transactions
    where date <= :as_of and kind = 'sale' and order_id is not null
    group by customer_id
),

totals as (
    select
        customer_id,
        min(purchase_day) as first_purchase,
        max(purchase_day) as last_purchase,
        count(purchase_day) as purchase_days,
        count(case when without_order = 1 then 1 end) as days_without_order,
        sum(sales) as sales,
        sum(returns) as returns,
        sum(cost) as cost,
        min_by(sales, purchase_day) as first_day_sales
    from days
    group by customer_id
)

select
    totals.customer_id,
    first_purchase,
    last_purchase,
    purchase_days,
    greatest(purchase_days - 1, 0) as x,
    days_without_order + coalesce(orders, 0) as orders,
    sales,
    returns,
    sales + returns as net_sales,
    cost,
    case
        when purchase_days > 1 then cast(sales - first_day_sales as double) / (purchase_days - 1)
    end as repeat_value
from totals
left join named_orders on named_orders.customer_id = totals.customer_id
order by totals.customer_id
