-- One row per customer and period (:period is 'month', 'quarter' or 'year') with a transaction up to :as_of.
--
-- customer_id
-- period         first day of the period
-- purchase_days  days with at least one sale; 0 where there were only returns
-- sales          money sold, net of discounts
-- net_sales      the same less returns and cancellations
select
    customer_id,
    cast(date_trunc(:period, date) as date) as period,
    count(distinct case when kind = 'sale' then date end) as purchase_days,
    sum(case when kind = 'sale' then amount else 0 end) as sales,
    sum(amount) as net_sales
from transactions
where date <= :as_of
group by customer_id, cast(date_trunc(:period, date) as date)
order by customer_id, period
