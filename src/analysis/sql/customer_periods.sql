-- One row per customer and period (:period is 'month', 'quarter' or 'year') with a transaction up to :as_of.
--
-- customer_id
-- period         first day of the period
-- purchase_days  days with at least one sale; 0 where there were only returns
-- sales          money sold, net of discounts
-- net_sales      the same less returns and cancellations
with days as (
    select
        customer_id,
        date,
        max(case when kind = 'sale' then 1 else 0 end) as bought,
        sum(case when kind = 'sale' then amount else 0 end) as sales,
        sum(amount) as net_sales
    from transactions
    where date <= :as_of
    group by customer_id, date
)

select
    customer_id,
    cast(date_trunc(:period, date) as date) as period,
    count(case when bought = 1 then 1 end) as purchase_days,
    sum(sales) as sales,
    sum(net_sales) as net_sales
from days
group by customer_id, cast(date_trunc(:period, date) as date)
order by customer_id, period
